import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DagTracker,
  type DagTrackerOptions,
  type RecoveryStrategy,
  type WorkflowNode,
} from "../../src/symphony/mod.ts";
import { delayAfter } from "../../src/symphony/pit/workflow_recovery.ts";
import { ManualClock, until } from "../fixtures/manual_clock.ts";

function node(id: string, more: Partial<WorkflowNode> = {}): WorkflowNode {
  return { id, kind: "Instrument", type: "work", configuration: {}, ...more };
}

/** Runs `a`, whose first attempts fail, and `b` after it. */
function run(
  recovery: RecoveryStrategy | undefined,
  { failures = Infinity, spare = false, timeout = 0, options = {} as DagTrackerOptions } = {},
) {
  const clock = new ManualClock();
  const attempts: number[] = [];
  const tracker = new DagTracker({ clock, ...options });
  tracker.register("work", ({ id }, inputs, { attempt, signal }) => {
    if (id !== "a") return [id, Object.keys(inputs)];
    attempts.push(attempt);
    if (timeout > 0) {
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
    if (attempts.length <= failures) throw new Error(`attempt ${attempts.length}`);
    return "done";
  });
  const execution = tracker.start(tracker.createWorkflow({
    name: "w",
    version: "1",
    nodes: [
      node("a", {
        ...(recovery === undefined ? {} : { recovery }),
        ...(timeout === 0 ? {} : { timeout }),
      }),
      node("b"),
      ...(spare ? [node("spare")] : []),
    ],
    edges: [{ from: "a", to: "b", kind: "Data" }],
  }));
  return { clock, execution, attempts };
}

describe("recovery of a node", () => {
  it("Fail, the default, fails the execution", async () => {
    for (const recovery of [undefined, { kind: "Fail" } as const]) {
      const { execution } = run(recovery);
      assert.strictEqual((await execution.result).status, "Failed");
      assert.deepEqual(execution.nodeStates(), { a: "Failed", b: "Skipped" });
    }
  });

  it("Retry runs it again after each delay", async () => {
    const { execution, clock, attempts } = run({
      kind: "Retry",
      maxAttempts: 4,
      backoff: { kind: "Exponential", initial: 100, multiplier: 2, max: 300 },
    }, { failures: 3 });
    for (const delay of [100, 200, 300]) {
      await until(() => clock.alarms.length > 0);
      assert.deepEqual(clock.alarms, [delay]);
      clock.pass(delay);
    }
    assert.deepEqual((await execution.result).data, { a: "done", b: ["b", ["a"]] });
    assert.deepEqual(attempts, [1, 2, 3, 4]);
  });

  it("Retry gives up after so many attempts, and then does what `then` says", async () => {
    const retry = { kind: "Retry", maxAttempts: 2 } as const;
    const one = run(retry);
    await until(() => one.clock.alarms.length > 0);
    one.clock.pass(0);
    assert.strictEqual((await one.execution.result).status, "Failed");
    assert.strictEqual((one.execution.error as Error).message, "attempt 2");
    const two = run({ ...retry, then: { kind: "Skip", default: null } });
    await until(() => two.clock.alarms.length > 0);
    two.clock.pass(0);
    assert.deepEqual((await two.execution.result).data, { a: null, b: ["b", ["a"]] });
    assert.deepEqual(two.attempts, [1, 2]);
  });

  it("a cancellation ends the waiting for the next attempt", async () => {
    const { execution, clock } = run({
      kind: "Retry",
      maxAttempts: 2,
      backoff: { kind: "Constant", delay: 1e6 },
    });
    await until(() => clock.alarms.length > 0);
    execution.cancel();
    assert.strictEqual((await execution.result).status, "Cancelled");
    assert.deepEqual(clock.alarms, []);
  });

  it("Fallback gives a value, or runs another node with the same inputs", async () => {
    const value = run({ kind: "Fallback", value: 0 });
    assert.deepEqual((await value.execution.result).data, { a: 0, b: ["b", ["a"]] });
    const other = run({ kind: "Fallback", node: "spare" }, { spare: true });
    assert.deepEqual((await other.execution.result).data, {
      a: ["spare", []],
      b: ["b", ["a"]],
    });
    assert.deepEqual(other.execution.nodeStates(), {
      a: "Completed",
      b: "Completed",
      spare: "Skipped",
    });
  });

  it("Skip goes on without it; only with a default can what needs it run", async () => {
    const without = run({ kind: "Skip" });
    assert.deepEqual((await without.execution.result).data, {});
    assert.deepEqual(without.execution.nodeStates(), { a: "Skipped", b: "Skipped" });
    const given = run({ kind: "Skip", default: 7 });
    assert.deepEqual((await given.execution.result).data, { a: 7, b: ["b", ["a"]] });
    assert.deepEqual(given.execution.nodeStates(), { a: "Skipped", b: "Completed" });
  });

  it("RestartFromCheckpoint begins again, so many times", async () => {
    const { execution, attempts } = run(
      { kind: "RestartFromCheckpoint", maxRestarts: 2 },
      { failures: 2 },
    );
    assert.deepEqual((await execution.result).data, { a: "done", b: ["b", ["a"]] });
    assert.deepEqual(attempts, [1, 1, 1]);
    const gone = run({ kind: "RestartFromCheckpoint" });
    assert.strictEqual((await gone.execution.result).status, "Failed");
    assert.strictEqual((gone.execution.error as Error).message, "attempt 2");
  });

  it("a timeout ends an attempt, and aborts its signal", async () => {
    const { execution, clock, attempts } = run(
      { kind: "Retry", maxAttempts: 2 },
      { timeout: 50 },
    );
    await until(() => clock.alarms.length > 0);
    clock.pass(50);
    await until(() => clock.alarms.length > 0);
    clock.pass(0);
    await until(() => attempts.length === 2);
    clock.pass(50);
    assert.strictEqual((await execution.result).status, "Failed");
    assert.strictEqual(
      (execution.error as Error).message,
      'execute_workflow: node "a" took longer than 50 ms',
    );
    await execution.idle();
  });
});

describe("delayAfter()", () => {
  it("is constant, linear or exponential", () => {
    const delays = (backoff: Parameters<typeof delayAfter>[1]) =>
      [1, 2, 3, 4].map((attempt) => delayAfter(attempt, backoff));
    assert.deepEqual(delays(undefined), [0, 0, 0, 0]);
    assert.deepEqual(delays({ kind: "Constant", delay: 5 }), [5, 5, 5, 5]);
    assert.deepEqual(delays({ kind: "Linear", initial: 5, increment: 2 }), [5, 7, 9, 11]);
    assert.deepEqual(
      delays({ kind: "Exponential", initial: 1, multiplier: 3, max: 10 }),
      [1, 3, 9, 10],
    );
  });
});
