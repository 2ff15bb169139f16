/**
 * One node run to its ending: with its timeout, its attempts, and what follows when all of them fail.
 * @module
 */
import { PortError } from "../error.ts";
import type { Clock } from "../clock.ts";
import type { RunContext, RunFunction } from "./dag_runner.ts";
import type { Ending } from "./dag_schedule.ts";
import { delayAfter, type RecoveryStrategy } from "./workflow_recovery.ts";
import type { WorkflowNode } from "./workflow.ts";

/** What a node needs to run. */
export interface NodeWork {
  /** The node. */
  readonly node: WorkflowNode;
  /** Its inputs. */
  readonly inputs: Record<string, unknown>;
  /** What its runner is told. */
  readonly context: Omit<RunContext, "signal" | "attempt">;
  /** Aborted when the execution no longer wants it. */
  readonly signal: AbortSignal;
  /** The time. */
  readonly clock: Clock;
  /** What runs a node. */
  runner(node: WorkflowNode): RunFunction;
  /** A node by its name, for fallbacks. */
  find(id: string): WorkflowNode;
  /** Is told of all that began, so that someone can wait for what nobody wants any more. */
  began(running: Promise<unknown>): void;
}

/** The execution must go back to its last checkpoint. */
export class RestartWanted {
  /** The node's error. */
  readonly error: unknown;
  /** How often at most. */
  readonly maxRestarts: number;

  /** Takes the node's error, and how often at most. */
  constructor(error: unknown, maxRestarts: number) {
    this.error = error;
    this.maxRestarts = maxRestarts;
  }
}

/** Runs a node to its ending. Never rejects. */
export async function runNode(work: NodeWork): Promise<Ending | RestartWanted> {
  const { recovery } = work.node;
  let error: unknown;
  for (let attempt = 1;; attempt++) {
    try {
      return { state: "Completed", output: await runOnce(work, work.node, attempt) };
    } catch (thrown) {
      error = thrown;
    }
    if (work.signal.aborted) return { state: "Failed", error: work.signal.reason };
    if (recovery?.kind !== "Retry" || attempt >= recovery.maxAttempts) break;
    await pause(work, delayAfter(attempt, recovery.backoff));
    if (work.signal.aborted) return { state: "Failed", error: work.signal.reason };
  }
  return await recover(work, recovery?.kind === "Retry" ? recovery.then : recovery, error);
}

async function recover(
  work: NodeWork,
  strategy: RecoveryStrategy | undefined,
  error: unknown,
): Promise<Ending | RestartWanted> {
  switch (strategy?.kind) {
    case "Retry":
      // A Retry within a Retry: the node begins anew with the inner one.
      return await runNode({ ...work, node: { ...work.node, recovery: strategy } });
    case "Fallback":
      if (strategy.node === undefined) return { state: "Completed", output: strategy.value };
      return await runNode({ ...work, node: work.find(strategy.node) });
    case "Skip":
      return "default" in strategy
        ? { state: "Skipped", output: strategy.default }
        : { state: "Skipped" };
    case "RestartFromCheckpoint":
      return new RestartWanted(error, strategy.maxRestarts ?? 1);
    default:
      return { state: "Failed", error };
  }
}

async function runOnce(work: NodeWork, node: WorkflowNode, attempt: number): Promise<unknown> {
  const { signal, clock } = work;
  signal.throwIfAborted();
  const aborting = new AbortController();
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {}); // a runner that is not asynchronous may stop itself, and nobody waits then
  const stop = (reason: unknown): void => {
    aborting.abort(reason);
    // Whatever the runner does now, its answer is no longer wanted.
    late.reject(reason);
  };
  const stopped = (): void => stop(signal.reason);
  signal.addEventListener("abort", stopped);
  const noAlarm = node.timeout === undefined
    ? null
    : clock.after(node.timeout, () => stop(timedOut(node)));
  try {
    const context = { ...work.context, signal: aborting.signal, attempt };
    const given = work.runner(node)(node, work.inputs, context);
    const thenable = given as { then?: unknown } | null | undefined;
    if (typeof thenable?.then !== "function") return given;
    const running = Promise.resolve(given);
    work.began(running);
    return await Promise.race([running, late.promise]);
  } finally {
    noAlarm?.();
    signal.removeEventListener("abort", stopped);
  }
}

/** Waits, but not longer than anyone cares. */
function pause({ clock, signal }: NodeWork, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      back();
      signal.removeEventListener("abort", go);
      resolve();
    };
    const back = clock.after(milliseconds, go);
    signal.addEventListener("abort", go);
  });
}

function timedOut({ id, timeout }: WorkflowNode): PortError {
  return new PortError(
    "Timeout",
    "execute_workflow",
    `node ${JSON.stringify(id)} took longer than ${timeout} ms`,
  );
}
