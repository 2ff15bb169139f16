/**
 * The whole Pit for Python: `PitManager` and `WorkflowExecutor`, of `symphony_bridge`.
 * @module
 */
import {
  kw,
  type PyBuffer,
  type PyClass,
  pyClass,
  type PyObject,
  type PyValue,
  startPython,
  t,
} from "../../../mod.ts";
import { type Pit, sharedPit } from "../pit/pit.ts";
import { CHOSEN, PythonArbitrationEngine, RESOLUTION } from "./arbitration_face.ts";
import { PythonArtifactStore } from "./artifact_face.ts";
import { PythonDagTracker, WORKFLOW_RESULT, type WorkflowResultDict } from "./dag_face.ts";
import { asPython } from "./error_face.ts";
import { PythonModelHandle, PythonPoolManager, wantedOf } from "./pool_face.ts";
import type { Dict } from "./spec.ts";
import { CLEANUP, PythonStaleManager } from "./stale_face.ts";
import { PythonWorkflow } from "./workflow_face.ts";

/** Microseconds in which a loaded model is to be had. */
const TARGET = 10;

/** A Pit as Python has it: the process's own, or one that TypeScript gives. */
export class PitManager {
  /** The Pit. */
  readonly pit: Pit;
  readonly #pool: PythonPoolManager;
  readonly #workflows: PythonDagTracker;
  readonly #arbitration: PythonArbitrationEngine;
  #artifacts: PythonArtifactStore | undefined;
  #stale: PythonStaleManager | undefined;

  /** Takes a Pit. */
  constructor(pit: Pit = sharedPit()) {
    this.pit = pit;
    this.#pool = new PythonPoolManager(pit.pool);
    this.#workflows = new PythonDagTracker(pit.workflows);
    this.#arbitration = new PythonArbitrationEngine(pit.arbitration);
  }

  /** Models. */
  get pool(): PythonPoolManager {
    return this.#pool;
  }

  /** Workflows. */
  get workflows(): PythonDagTracker {
    return this.#workflows;
  }

  /** Content. */
  get artifacts(): PythonArtifactStore {
    this.#artifacts ??= new PythonArtifactStore(asPython(() => this.pit.artifacts));
    return this.#artifacts;
  }

  /** Who gets what. */
  get arbitration(): PythonArbitrationEngine {
    return this.#arbitration;
  }

  /** What nobody wants any more. */
  get stale(): PythonStaleManager {
    this.#stale ??= new PythonStaleManager(asPython(() => this.pit.stale));
    return this.#stale;
  }

  /** A loaded model at once; warns where a model that was loaded already took its time. */
  allocateModel(spec: PyValue): PythonModelHandle {
    const begun = performance.now();
    const wanted = asPython(() => wantedOf(spec));
    const known = asPython(() => this.pit.pool.tryAllocate(wanted));
    const took = (performance.now() - begun) * 1000;
    if (known === undefined) return this.#pool.allocateNow(wanted);
    if (took > TARGET) warnOfSlowness(took);
    return new PythonModelHandle(known);
  }

  /** The same for what takes time to be loaded. */
  async allocateModelAsync(
    spec: PyValue,
    timeout: number | null,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<PythonModelHandle> {
    return await this.#pool.allocateAsync(spec, timeout, { signal });
  }

  /** Takes a workflow in and runs it. */
  async executeWorkflow(
    definition: PyValue,
    context: PyValue,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<WorkflowResultDict> {
    const id = this.#workflows.createWorkflow(definition);
    try {
      return await this.#workflows.executeWorkflow(id, context, null, null, { signal });
    } finally {
      this.#workflows.deleteWorkflow(id);
    }
  }

  /** See {@link executeWorkflow}. */
  async executeWorkflowAsync(
    definition: PyValue,
    context: PyValue,
    given: { readonly signal: AbortSignal },
  ): Promise<WorkflowResultDict> {
    return await this.executeWorkflow(definition, context, given);
  }

  /** Keeps content. */
  storeArtifact(content: string | PyBuffer, metadata: PyValue): string {
    return this.artifacts.storeArtifact(content, metadata);
  }

  /** Content that was kept. */
  retrieveArtifact(id: string): Uint8Array | null {
    return this.artifacts.retrieveArtifact(id);
  }

  /** See {@link retrieveArtifact}. */
  getArtifact(id: string): Uint8Array | null {
    return this.retrieveArtifact(id);
  }

  /** Decides who gets what. */
  arbitrate(requests: readonly unknown[]): ReturnType<PythonArbitrationEngine["arbitrate"]> {
    return this.#arbitration.arbitrate(requests);
  }

  /** A choice among options. */
  submitDecision(context: Dict): Dict {
    return this.#arbitration.submitDecision(context);
  }

  /** Removes what the rules give up. */
  async runCleanup(): Promise<Dict> {
    return await this.stale.cleanup("safe", false, 32);
  }

  /** Lets everything go. */
  async close(): Promise<void> {
    await this.pit.close();
  }
}

/** Runs workflows in a Pit. */
export class WorkflowExecutor {
  readonly #workflows: PythonDagTracker;

  /** Takes a manager; by default that of the process's Pit. */
  constructor(manager: PitManager | null = null) {
    this.#workflows = manager?.workflows ?? new PythonDagTracker(sharedPit().workflows);
  }

  /** Says what runs the steps of a type. */
  register(stepType: string, runner: PyObject): void {
    this.#workflows.register(stepType, runner, false);
  }

  /** Takes a workflow in and runs it. */
  async execute(
    definition: PyValue,
    context: PyValue,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<WorkflowResultDict> {
    const id = this.#workflows.createWorkflow(definition);
    try {
      return await this.#workflows.executeWorkflow(id, context, null, null, { signal });
    } finally {
      this.#workflows.deleteWorkflow(id);
    }
  }
}

function warnOfSlowness(took: number): void {
  const py = startPython();
  py.scope(() => {
    const text = `a loaded model took ${took.toFixed(0)} µs instead of ${TARGET}`;
    py.import("warnings").warn(text, py.builtins.RuntimeWarning, kw({ stacklevel: 2 }));
  });
}

const DICT = t.dict(t.str, t.any);
const BYTES = t.optional(t.bytes);

// What type checkers are told. At run time specs stay PyValues, which are read in one crossing.
const HANDLE = t.instance(PythonModelHandle);
const SPEC = t.union(t.str, DICT);
const SECONDS = t.float.default(null);
const CONTENT = t.union(t.str, t.buffer());
const MORE = t.optional(DICT).default(null);
const TO_BE_RUN = {
  params: { definition: t.union(t.instance(PythonWorkflow), DICT), context: MORE },
  returns: t.awaitable(WORKFLOW_RESULT),
};

/** How a workflow is run, for those who read `help()`. */
function toRun(name: string): string {
  return "Run a workflow to its end; a dict of workflow_id, status, data and duration.\n\n" +
    `It is a coroutine function: await ${name}(…), or in a thread pyduet.wait(${name}(…)). A failure is a PitError ` +
    "with the node's exception as its cause. Cancelling the task cancels the workflow.";
}

/** `PitManager`, for the modules that have it. */
export const PitManagerFace: PyClass<PitManager> = pyClass(PitManager, {
  doc: "The Pit of this process: pools, workflows, artifacts, arbitration, retention.\n\n" +
    "What takes time is awaited; a thread waits by pyduet.wait(…).",
  init: {},
  properties: {
    pool: { type: t.instance(PythonPoolManager), doc: "Models.", readonly: true },
    workflows: { type: t.instance(PythonDagTracker), doc: "Workflows.", readonly: true },
    artifacts: { type: t.instance(PythonArtifactStore), doc: "Content.", readonly: true },
    arbitration: {
      type: t.instance(PythonArbitrationEngine),
      doc: "Who gets what.",
      readonly: true,
    },
    stale: {
      type: t.instance(PythonStaleManager),
      doc: "What nobody wants any more.",
      readonly: true,
    },
  },
  methods: {
    allocateModel: {
      doc: "The model, by a spec or a registered name; loaded at once if it is not.",
      params: { spec: t.any },
      returns: HANDLE,
      overloads: [{ params: { spec: SPEC }, returns: HANDLE }],
    },
    allocateModelAsync: {
      doc: "The same for a model that takes time; the timeout is in seconds.",
      params: { spec: t.any, timeout: SECONDS },
      returns: t.awaitable(HANDLE),
      signal: true,
      overloads: [{ params: { spec: SPEC, timeout: SECONDS }, returns: t.awaitable(HANDLE) }],
    },
    executeWorkflow: {
      doc: toRun("pit.execute_workflow"),
      params: { definition: t.any, context: t.any.default(null) },
      returns: t.awaitable(WORKFLOW_RESULT),
      signal: true,
      overloads: [TO_BE_RUN],
    },
    executeWorkflowAsync: {
      doc: "The same as execute_workflow(), which is a coroutine function as well.",
      params: { definition: t.any, context: t.any.default(null) },
      returns: t.awaitable(WORKFLOW_RESULT),
      signal: true,
      overloads: [TO_BE_RUN],
    },
    storeArtifact: {
      doc: "Keep content; its id is the SHA-256 of the bytes, in 64 hexadecimal digits.",
      params: { content: CONTENT, metadata: t.any.default(null) },
      returns: t.str,
      overloads: [{ params: { content: CONTENT, metadata: MORE }, returns: t.str }],
    },
    retrieveArtifact: {
      doc: "Content that was kept, or None.",
      params: { id: t.str },
      returns: BYTES,
    },
    getArtifact: { doc: "The same as retrieve_artifact().", params: { id: t.str }, returns: BYTES },
    arbitrate: {
      doc: "Decide who gets what.",
      params: { requests: t.list(t.any) },
      returns: RESOLUTION,
      overloads: [{ params: { requests: t.list(DICT) }, returns: RESOLUTION }],
    },
    submitDecision: { doc: "A choice among options.", params: { context: DICT }, returns: CHOSEN },
    runCleanup: {
      doc: "Remove what the rules give up; a report.",
      params: {},
      returns: t.awaitable(CLEANUP),
    },
    close: {
      doc: "Let models go and close the store.",
      params: {},
      returns: t.awaitable(t.none),
    },
  },
});

/** `WorkflowExecutor`, for the modules that have it. */
export const WorkflowExecutorFace: PyClass<WorkflowExecutor> = pyClass(WorkflowExecutor, {
  doc: "Runs workflows in a Pit.",
  init: { manager: t.optional(t.instance(PitManager)).default(null) },
  methods: {
    register: {
      doc: "Say what runs the steps of a type: a function or an async function.",
      params: { step_type: t.str, runner: t.object },
      returns: t.none,
    },
    execute: {
      doc: toRun("executor.execute"),
      params: { definition: t.any, context: t.any.default(null) },
      returns: t.awaitable(WORKFLOW_RESULT),
      signal: true,
      overloads: [TO_BE_RUN],
    },
  },
});
