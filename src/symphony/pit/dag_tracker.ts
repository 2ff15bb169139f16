/**
 * The DAG Tracker: workflows, what runs their nodes, and their executions.
 * @module
 */
import { randomUUID } from "node:crypto";
import { PortError } from "../error.ts";
import type {
  ExecutionContext,
  WorkflowDefinition,
  WorkflowResult,
  WorkflowStatus,
} from "../ports.ts";
import type { CheckpointStore } from "./dag_checkpoint.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { runOf } from "./dag_control.ts";
import { Execution, type ExecutionOptions, type ExecutionParts } from "./dag_execution.ts";
import { graphOf, type WorkflowGraph } from "./dag_graph.ts";
import { latestState } from "./dag_progress.ts";
import { type NodeRunner, type RunFunction, RunnerTable } from "./dag_runner.ts";
import { isTerminal } from "./dag_state.ts";
import { type Workflow, type WorkflowNode, workflowOf } from "./workflow.ts";

/** How a tracker works. */
export interface DagTrackerOptions extends ExecutionOptions {
  /** Where checkpoints are kept. Default: there are none. */
  readonly checkpoints?: CheckpointStore;
  /** The time. */
  readonly clock?: Clock;
  /** So many executions that ended are remembered. Default: 100. */
  readonly keepExecutions?: number;
}

/** An execution that failed. */
export class ExecutionFailed extends PortError {
  /** The class's name, as printed. */
  override name = "ExecutionFailed";
  /** What there was by then. */
  readonly result: WorkflowResult;

  /** Takes the workflow's name, the result and the error behind it. */
  constructor(workflow: string, result: WorkflowResult, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `workflow ${JSON.stringify(workflow)} failed: ${reason}`;
    super("PitOperationFailed", "execute_workflow", text, { cause });
    this.result = result;
  }
}

/** What a workflow runs with. */
interface Known {
  readonly graph: WorkflowGraph;
  last: Execution | undefined;
}

/**
 * Runs workflows: each node after all that it needs, as many at a time as may be, the most urgent first.
 *
 * @example
 * ```ts
 * import { DagTracker } from "pyduet/symphony";
 * const tracker = new DagTracker();
 * tracker.register("number", ({ configuration }) => configuration.value);
 * tracker.register("sum", (_, { a, b }) => (a as number) + (b as number));
 * const id = tracker.createWorkflow({
 *   name: "sum",
 *   version: "1.0",
 *   steps: [
 *     { name: "a", stepType: "number", configuration: { value: 1 } },
 *     { name: "b", stepType: "number", configuration: { value: 2 } },
 *     { name: "c", stepType: "sum", configuration: {} },
 *   ],
 *   dependencies: [
 *     { from: "a", to: "c", dependencyType: "Hard" },
 *     { from: "b", to: "c", dependencyType: "Hard" },
 *   ],
 * });
 * (await tracker.executeWorkflow(id)).data; // { a: 1, b: 2, c: 3 }
 * ```
 */
export class DagTracker {
  readonly #options: DagTrackerOptions;
  readonly #clock: Clock;
  readonly #runners = new RunnerTable();
  readonly #workflows = new Map<string, Known>();
  readonly #executions = new Map<string, Execution>();

  /** Its options are those of each execution that has none of its own. */
  constructor(options: DagTrackerOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Says what runs the nodes of a type: a function, or an object with `run()`. */
  register(type: string, runner: NodeRunner | RunFunction): void {
    this.#runners.set(type, runner);
  }

  /** Takes a workflow in; its id. A `WorkflowError` names all that is wrong with it. */
  createWorkflow(given: WorkflowDefinition | Workflow): string {
    const id = randomUUID();
    this.#workflows.set(id, { graph: graphOf(workflowOf(given)), last: undefined });
    return id;
  }

  /** Forgets a workflow; its executions go on. */
  deleteWorkflow(id: string): void {
    this.#known("delete_workflow", id);
    this.#workflows.delete(id);
  }

  /** A workflow that was taken in. */
  workflow(id: string): Workflow {
    return this.#known("get_workflow", id).graph.workflow;
  }

  /** Begins an execution. */
  start(
    id: string,
    context: Partial<ExecutionContext> = {},
    options: ExecutionOptions = {},
  ): Execution {
    return this.#begin(id, options, {
      id: randomUUID(),
      from: undefined,
      variables: context.variables ?? {},
      userId: context.userId,
      timeout: context.timeout,
    });
  }

  /** Runs a workflow to its end: rejects with an {@link ExecutionFailed}, or with the reason of a cancellation. */
  async executeWorkflow(
    id: string,
    context: Partial<ExecutionContext> = {},
    options: ExecutionOptions = {},
  ): Promise<WorkflowResult> {
    return await this.ended(this.start(id, context, options));
  }

  /**
   * Goes on with an execution from what is kept of it, also after a crash, and in another process: what had completed
   * does not run again. The workflow must be the same one, by its name and version.
   */
  resumeExecution(
    workflowId: string,
    executionId: string,
    options: ExecutionOptions & { readonly timeout?: number } = {},
  ): Execution {
    const store = this.#options.checkpoints;
    const refused = (reason: string): PortError =>
      new PortError("PitOperationFailed", "resume_execution", reason);
    if (store === undefined) throw refused("this tracker has no place for checkpoints");
    const { graph: { workflow, numbers } } = this.#known("resume_execution", workflowId);
    const running = this.#executions.get(executionId);
    if (running !== undefined && !isTerminal(running.state)) {
      throw refused(`execution ${executionId} runs already`);
    }
    const from = latestState(store, executionId);
    if (from.executionState === "Completed" || from.executionState === "Cancelled") {
      throw refused(`execution ${executionId} is ${from.executionState} already`);
    }
    const name = `${workflow.name}@${workflow.version}`;
    const known = [
      from.completedNodes,
      from.skippedNodes ?? [],
      Object.keys(from.failedNodes ?? {}),
    ];
    const missing = known.flat().find((node) => !numbers.has(node));
    if (from.workflow !== undefined && from.workflow !== name || missing !== undefined) {
      const lacks = missing === undefined ? "" : `, which has no node ${JSON.stringify(missing)}`;
      throw refused(
        `execution ${executionId} is one of ${
          from.workflow ?? "an unknown workflow"
        }, not of ${name}${lacks}`,
      );
    }
    const { variables = {}, userId } = from;
    const { timeout } = options;
    return this.#begin(workflowId, options, { id: executionId, from, variables, userId, timeout });
  }

  /** The executions in the checkpoints that have not ended well or by cancellation. */
  resumableExecutions(): string[] {
    const store = this.#options.checkpoints;
    return (store?.executions() ?? []).filter((id) => {
      const state = store!.latest(id)?.executionState;
      return state !== undefined && state !== "Completed" && state !== "Cancelled";
    });
  }

  /** How a workflow's last execution is; one that waits for an input is paused. */
  getWorkflowStatus(id: string): WorkflowStatus {
    const state = this.#known("get_workflow_status", id).last?.state ?? "Pending";
    return state === "WaitingForInput" ? "Paused" : state;
  }

  /** An execution that runs, or ended not long ago. */
  execution(id: string): Execution {
    const execution = this.#executions.get(id);
    if (execution !== undefined) return execution;
    throw new PortError("PitOperationFailed", "get_execution", `Execution ${id} not found`);
  }

  /** The result of an execution that completes; rejects for one that does not. */
  async ended(execution: Execution): Promise<WorkflowResult> {
    const result = await execution.result;
    if (result.status === "Cancelled") throw execution.error;
    if (result.status === "Completed") return result;
    const name = this.#workflows.get(execution.workflowId)?.graph.workflow.name ?? "";
    throw new ExecutionFailed(name, result, execution.error);
  }

  #begin(
    workflowId: string,
    options: ExecutionOptions,
    more: Pick<ExecutionParts, "id" | "from" | "variables" | "userId" | "timeout">,
  ): Execution {
    const known = this.#known("execute_workflow", workflowId);
    const { graph } = known;
    this.#checkRunners(graph);
    const execution = new Execution({
      ...more,
      timeout: more.timeout ?? graph.workflow.timeout,
      workflowId,
      graph,
      clock: this.#clock,
      store: this.#options.checkpoints,
      runner: (node) => this.#runner(node)!,
    }, { ...this.#options, ...options });
    known.last = execution;
    this.#executions.set(execution.id, execution);
    this.#forget();
    return execution;
  }

  #runner(node: WorkflowNode): RunFunction | undefined {
    return runOf(node, this.#runners.get(node.type));
  }

  #checkRunners({ nodes, workflow }: WorkflowGraph): void {
    const lacking = nodes.filter((node) =>
      node.kind !== "Input" && this.#runner(node) === undefined
    );
    const types = [...new Set(lacking.map(({ type }) => type))];
    if (types.length === 0) return;
    const known = this.#runners.types.join(", ") || "none";
    throw new PortError(
      "PitOperationFailed",
      "execute_workflow",
      `workflow ${JSON.stringify(workflow.name)} has nodes of the type ${
        types.join(", ")
      }, for which no runner is ` +
        `registered. Registered: ${known}`,
    );
  }

  /** The oldest that ended go first. */
  #forget(): void {
    const ended = [...this.#executions.values()].filter(({ state }) => isTerminal(state));
    const { keepExecutions = 100 } = this.#options;
    for (const { id } of ended.slice(0, Math.max(0, ended.length - keepExecutions))) {
      this.#executions.delete(id);
    }
  }

  #known(operation: string, id: string): Known {
    const known = this.#workflows.get(id);
    if (known !== undefined) return known;
    throw new PortError("PitOperationFailed", operation, `Workflow ${id} not found`);
  }
}
