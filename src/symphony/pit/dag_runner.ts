/**
 * What runs the nodes of workflows.
 * @module
 */
import type { WorkflowNode } from "./workflow.ts";

/** What a runner is told besides the node and its inputs. */
export interface RunContext {
  /** Aborted when the result is no longer wanted: by a timeout, a cancellation, or a failure elsewhere. */
  readonly signal: AbortSignal;
  /** The number of the attempt, the first being 1. */
  readonly attempt: number;
  /** The execution's id. */
  readonly executionId: string;
  /** The variables of the execution. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** For whom it runs. */
  readonly userId?: string;
}

/** A function that runs nodes: their output, or a Promise of it. */
export type RunFunction = (
  node: WorkflowNode,
  inputs: Record<string, unknown>,
  context: RunContext,
) => unknown;

/** An object that runs nodes. */
export interface NodeRunner {
  /** The node's output, or a Promise of it. */
  run: RunFunction;
}

/** Runners by the types of the nodes that they run. */
export class RunnerTable {
  readonly #runners = new Map<string, RunFunction>();

  /** Puts one in, in the place of an earlier one for the type. */
  set(type: string, runner: NodeRunner | RunFunction): void {
    if (typeof runner === "function") this.#runners.set(type, runner);
    else this.#runners.set(type, (node, inputs, context) => runner.run(node, inputs, context));
  }

  /** The one for a type. */
  get(type: string): RunFunction | undefined {
    return this.#runners.get(type);
  }

  /** The types that have one. */
  get types(): string[] {
    return [...this.#runners.keys()];
  }
}
