/**
 * The DAG Tracker for Python: `DagTracker` and `Execution`.
 * @module
 */
import { type PyClass, pyClass, type PyObject, type PyValue, t, type Type } from "../../../mod.ts";
import type { Execution, ExecutionEvent, ExecutionOptions } from "../pit/dag_execution.ts";
import { DagTracker } from "../pit/dag_tracker.ts";
import type { WorkflowResult } from "../ports.ts";
import { CheckpointFace, type CheckpointFields, checkpointToPython } from "./checkpoint_face.ts";
import { PythonCheckpointStore } from "./checkpoint_face.ts";
import { plain } from "./dict_reader.ts";
import { checkAtLeast, refuse, tellListener } from "./error_face.ts";
import { asStorage } from "./storage_error.ts";
import { pythonRunner } from "./python_runner.ts";
import { type Dict, readExecutionContext, readWorkflowDefinition } from "./spec.ts";
import { PythonWorkflow } from "./workflow_face.ts";

/** How a workflow ended, as a dict. */
export const WORKFLOW_RESULT: Type<WorkflowResultDict> = t.record("WorkflowResult", {
  workflow_id: t.str,
  status: t.str,
  data: t.dict(t.str, t.any),
  duration: t.float,
});

/** A result as Python has it; the time in seconds. */
export interface WorkflowResultDict {
  /** The workflow that ran. */
  readonly workflow_id: string;
  /** How it ended. */
  readonly status: string;
  /** What its nodes gave, by their names. */
  readonly data: Record<string, unknown>;
  /** Seconds. */
  readonly duration: number;
}

function resultToDict(
  { workflowId, status, data, duration }: WorkflowResult,
): WorkflowResultDict {
  return { workflow_id: workflowId, status, data: { ...data }, duration: duration / 1000 };
}

/** An execution as Python has it. */
export class PythonExecution {
  /** The execution. */
  readonly execution: Execution;
  readonly #tracker: DagTracker;

  /** Made by `DagTracker.start()`. */
  constructor(tracker: DagTracker, execution: Execution) {
    this.#tracker = tracker;
    this.execution = execution;
  }

  /** See {@link Execution.id}. */
  get id(): string {
    return this.execution.id;
  }

  /** See {@link Execution.workflowId}. */
  get workflowId(): string {
    return this.execution.workflowId;
  }

  /** See {@link Execution.state}. */
  get state(): string {
    return this.execution.state;
  }

  /** See {@link Execution.error}. */
  get error(): unknown {
    return this.execution.error ?? null;
  }

  /** See {@link Execution.waitingFor}. */
  get waitingFor(): string[] {
    return this.execution.waitingFor;
  }

  /** See {@link Execution.nodeState}. */
  nodeState(name: string): string {
    return asStorage(() => this.execution.nodeState(name));
  }

  /** See {@link Execution.nodeStates}. */
  nodeStates(): Record<string, string> {
    return this.execution.nodeStates();
  }

  /** See {@link Execution.outputs}. */
  outputs(): Record<string, unknown> {
    return this.execution.outputs();
  }

  /** See {@link Execution.pause}. */
  pause(): void {
    asStorage(() => this.execution.pause());
  }

  /** See {@link Execution.resume}. */
  resume(): void {
    asStorage(() => this.execution.resume());
  }

  /** See {@link Execution.cancel}. */
  cancel(): void {
    asStorage(() => this.execution.cancel());
  }

  /** See {@link Execution.provideInput}. */
  provideInput(name: string, value: unknown): void {
    asStorage(() => this.execution.provideInput(name, plain(value)));
  }

  /** See {@link Execution.checkpoint}. */
  checkpoint(): CheckpointFields {
    return checkpointToPython(asStorage(() => this.execution.checkpoint()));
  }

  /** Settles as `execute_workflow()` would. */
  async wait(): Promise<WorkflowResultDict> {
    return resultToDict(await asStorage(() => this.#tracker.ended(this.execution)));
  }

  /** See {@link Execution.idle}. */
  async idle(): Promise<void> {
    await this.execution.idle();
  }
}

/** `Execution`, for the modules that have it. */
export const ExecutionFace: PyClass<PythonExecution> = pyClass(PythonExecution, {
  name: "Execution",
  doc: "One execution of a workflow.",
  init: false,
  properties: {
    id: { type: t.str, doc: "Its id.", readonly: true },
    workflowId: { type: t.str, doc: "The id of its workflow.", readonly: true },
    state: {
      type: t.str,
      doc: "Pending, Running, Paused, WaitingForInput, Completed, Failed or Cancelled.",
      readonly: true,
    },
    error: { type: t.any, doc: "Why it failed or was cancelled.", readonly: true },
    waitingFor: {
      type: t.list(t.str),
      doc: "The inputs that it waits for.",
      readonly: true,
    },
  },
  methods: {
    nodeState: {
      doc: "How a node is: Pending, Queued, Running, Completed, Failed or Skipped.",
      params: { name: t.str },
      returns: t.str,
    },
    nodeStates: { doc: "How all nodes are.", params: {}, returns: t.dict(t.str, t.str) },
    outputs: { doc: "The outputs that there are.", params: {}, returns: t.dict(t.str, t.any) },
    pause: {
      doc: "Let no further node begin; those that run go on.",
      params: {},
      returns: t.none,
    },
    resume: { doc: "Go on after a pause.", params: {}, returns: t.none },
    cancel: {
      doc: "End it. Coroutines that run are cancelled.",
      params: {},
      returns: t.none,
    },
    provideInput: {
      doc: "Give the value of an input, waited for or not yet.",
      params: { name: t.str, value: t.any },
      returns: t.none,
    },
    checkpoint: {
      doc: "Write a checkpoint now.",
      params: {},
      returns: t.instance(CheckpointFace),
    },
    wait: {
      doc: "The result, as a dict. A failure is a PitError with the node's exception as its cause.",
      params: {},
      returns: t.awaitable(WORKFLOW_RESULT),
    },
    idle: {
      doc: "Wait until nothing of it runs any more, the nodes included that were told to stop.",
      params: {},
      returns: t.awaitable(t.none),
    },
  },
  dunders: {
    __repr__: (self) => `<Execution ${self.id}: ${self.state}>`,
  },
});

/** What Python may say of one execution. */
export type RunArguments = readonly [maxConcurrency: number | null, onEvent: PyValue];

/** A tracker as Python has it; give it one of TypeScript's to hand that over. */
export class PythonDagTracker {
  /** The tracker. */
  readonly tracker: DagTracker;

  /** Takes the options, or a tracker. */
  constructor(
    maxConcurrency: number | DagTracker = 1000,
    checkpoints: PythonCheckpointStore | null = null,
    checkpointEvery = 1000,
  ) {
    checkAtLeast(1, { checkpoint_every: checkpointEvery });
    if (typeof maxConcurrency === "number") checkAtLeast(1, { max_concurrency: maxConcurrency });
    this.tracker = typeof maxConcurrency === "number"
      ? new DagTracker({
        maxConcurrency,
        checkpointEvery,
        ...(checkpoints === null ? {} : { checkpoints: checkpoints.store }),
      })
      : maxConcurrency;
  }

  /** Says what runs the nodes of a type. */
  register(stepType: string, runner: PyObject, thread: boolean): void {
    if (typeof runner !== "function" && !(runner as PyObject).$.hasAttr("run")) {
      const given = (runner as PyObject).$.type;
      refuse("TypeError", `runner must be callable or have a method run, not ${given}`);
    }
    this.tracker.register(stepType, pythonRunner(runner.$.clone(), { thread }));
  }

  /** A decorator that does the same. */
  runner(stepType: string, thread: boolean): (runner: PyObject) => PyObject {
    return (runner) => {
      this.register(stepType, runner, thread);
      return runner;
    };
  }

  /** Takes a workflow in; its id. */
  createWorkflow(definition: PythonWorkflow | PyValue): string {
    return asStorage(() =>
      this.tracker.createWorkflow(
        definition instanceof PythonWorkflow
          ? definition.workflow
          : readWorkflowDefinition(definition),
      )
    );
  }

  /** Forgets a workflow. */
  deleteWorkflow(id: string): void {
    asStorage(() => this.tracker.deleteWorkflow(id));
  }

  /** Begins an execution. */
  start(id: string, context: PyValue, ...more: RunArguments): PythonExecution {
    const given = context === null ? {} : readExecutionContext(context);
    return this.#made(asStorage(() => this.tracker.start(id, given, optionsOf(more))));
  }

  /** Goes on with an execution from its checkpoints. */
  resumeExecution(id: string, executionId: string, ...more: RunArguments): PythonExecution {
    return this.#made(
      asStorage(() => this.tracker.resumeExecution(id, executionId, optionsOf(more))),
    );
  }

  /** Runs a workflow to its end. */
  async executeWorkflow(
    id: string,
    context: PyValue,
    ...more: readonly [...RunArguments, { readonly signal: AbortSignal }]
  ): Promise<WorkflowResultDict> {
    const [maxConcurrency, onEvent, { signal }] = more;
    const given = context === null ? {} : readExecutionContext(context);
    const options = { ...optionsOf([maxConcurrency, onEvent]), signal };
    return resultToDict(await asStorage(() => this.tracker.executeWorkflow(id, given, options)));
  }

  /** How a workflow's last execution is. */
  getWorkflowStatus(id: string): string {
    return asStorage(() => this.tracker.getWorkflowStatus(id));
  }

  /** An execution that runs, or ended not long ago. */
  execution(id: string): PythonExecution {
    return this.#made(asStorage(() => this.tracker.execution(id)));
  }

  /** The executions in the checkpoints that can go on. */
  resumableExecutions(): string[] {
    return asStorage(() => this.tracker.resumableExecutions());
  }

  #made(execution: Execution): PythonExecution {
    return new PythonExecution(this.tracker, execution);
  }
}

function optionsOf([maxConcurrency, onEvent]: RunArguments): ExecutionOptions {
  checkAtLeast(1, { max_concurrency: maxConcurrency });
  return {
    ...(maxConcurrency === null ? {} : { maxConcurrency }),
    ...(onEvent === null
      ? {}
      : { onEvent: (event: ExecutionEvent) => tellListener(onEvent, eventToDict(event)) }),
  };
}

function eventToDict({ executionId, timestamp, node, state, error }: ExecutionEvent): Dict {
  return {
    execution_id: executionId,
    timestamp: timestamp / 1000,
    node: node ?? null,
    state,
    error: error ?? null,
  };
}

const RUN = {
  max_concurrency: t.optional(t.int).default(null).keywordOnly(),
  on_event: t.optional(t.callable).default(null).keywordOnly(),
} as const;
const CONTEXT = t.optional(t.dict(t.str, t.any)).default(null);

/** `DagTracker`, for the modules that have it. */
export const DagTrackerFace: PyClass<PythonDagTracker> = pyClass(PythonDagTracker, {
  name: "DagTracker",
  doc:
    "Runs workflows: each node after all that it needs, as many at a time as may be, the most urgent " +
    "first. With checkpoints, each node that ended is on the disk before what follows it begins, and " +
    "a whole checkpoint is written after so many nodes.",
  init: {
    max_concurrency: t.int.default(1000).keywordOnly(),
    checkpoints: t.optional(t.instance(PythonCheckpointStore)).default(null).keywordOnly(),
    checkpoint_every: t.int.default(1000).keywordOnly(),
  },
  methods: {
    register: {
      doc: "Say what runs the nodes of a type: a function, `async def` or not, of a node and its " +
        "inputs, both as dicts; or an object with such a method `run`. With thread=True it is " +
        "called in a thread.",
      params: {
        step_type: t.str,
        runner: t.object,
        thread: t.bool.default(false).keywordOnly(),
      },
      returns: t.none,
    },
    runner: {
      doc: "A decorator that registers a function.",
      params: { step_type: t.str, thread: t.bool.default(false).keywordOnly() },
      returns: t.callable,
    },
    createWorkflow: {
      doc:
        "Take a workflow in: a Workflow, or a dict of name, version, steps and dependencies. Its " +
        "id. A PitError names all that is wrong with it.",
      params: { definition: t.union(t.instance(PythonWorkflow), t.dict(t.str, t.any)) },
      returns: t.str,
    },
    deleteWorkflow: {
      doc: "Forget a workflow; its executions go on.",
      params: { workflow_id: t.str },
      returns: t.none,
    },
    start: {
      doc:
        "Begin an execution. The context is a dict of variables, user_id and timeout, in seconds. on_event " +
        "is called with a dict of all that happens; what it raises is printed, and stops nothing.",
      params: { workflow_id: t.str, context: CONTEXT, ...RUN },
      returns: t.instance(PythonExecution),
    },
    executeWorkflow: {
      doc:
        "Run a workflow to its end: a dict of workflow_id, status, data and duration. A failure is " +
        "a PitError with the node's exception as its cause. It is a coroutine function: await it, or in a " +
        "thread pyduet.wait(…). Cancelling the task cancels the workflow.",
      params: { workflow_id: t.str, context: CONTEXT, ...RUN },
      returns: t.awaitable(WORKFLOW_RESULT),
      signal: true,
    },
    resumeExecution: {
      doc: "Go on with an execution from its checkpoints; what had completed does not run again.",
      params: { workflow_id: t.str, execution_id: t.str, ...RUN },
      returns: t.instance(PythonExecution),
    },
    getWorkflowStatus: {
      doc: "Pending, Running, Paused, Completed, Failed or Cancelled: its last execution.",
      params: { workflow_id: t.str },
      returns: t.str,
    },
    execution: {
      doc: "An execution that runs, or ended not long ago.",
      params: { execution_id: t.str },
      returns: t.instance(PythonExecution),
    },
    resumableExecutions: {
      doc: "The executions in the checkpoints that can go on.",
      params: {},
      returns: t.list(t.str),
    },
  },
});
