import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DagTracker,
  type Execution,
  type WorkflowEdge,
  type WorkflowNode,
} from "../../src/symphony/mod.ts";
import { ManualClock, until } from "../fixtures/manual_clock.ts";
import { edge, Gates, node, workflow } from "../fixtures/workflows.ts";

describe("Execution", () => {
  function started(
    nodes: WorkflowNode[],
    edges: WorkflowEdge[] = [],
    options = {},
    timeout?: number,
  ) {
    const gates = new Gates();
    const clock = new ManualClock();
    const tracker = new DagTracker({ clock });
    tracker.register("work", gates.run);
    const id = tracker.createWorkflow({
      ...workflow(nodes, edges),
      ...(timeout === undefined ? {} : { timeout }),
    });
    const execution: Execution = tracker.start(id, {}, options);
    return { execution, gates, clock, tracker, id };
  }

  it("pause() lets no further node begin, resume() goes on", async () => {
    const { execution, gates, tracker, id } = started([node("a"), node("b")], [edge("a", "b")]);
    await until(() => gates.open.has("a"));
    execution.pause();
    assert.strictEqual(tracker.getWorkflowStatus(id), "Paused");
    gates.open.get("a")!(1);
    await until(() => execution.nodeState("a") === "Completed");
    assert.strictEqual(execution.nodeState("b"), "Queued");
    assert.throws(() => execution.pause(), {
      message:
        `execute_workflow: execution ${execution.id} is Paused and cannot become Paused; from there it can ` +
        "become Running, Cancelled",
    });
    execution.resume();
    await until(() => gates.open.has("b"));
    gates.open.get("b")!(2);
    assert.strictEqual((await execution.result).status, "Completed");
    assert.throws(() => execution.resume(), {
      message:
        `execute_workflow: execution ${execution.id}: it is Completed, and only what is Paused can be resumed`,
    });
    assert.throws(
      () => execution.cancel(),
      /is Completed and cannot become Cancelled; it has ended/,
    );
  });

  it("fails after a pause for what failed in it", async () => {
    const { execution, gates } = started([node("a"), node("b")]);
    await until(() => gates.open.size === 2);
    execution.pause();
    gates.fail.get("a")!(new Error("in the pause"));
    await until(() => execution.nodeState("a") === "Failed");
    assert.strictEqual(execution.state, "Paused");
    assert.strictEqual(gates.signals.get("b")!.aborted, true);
    execution.resume();
    assert.strictEqual((await execution.result).status, "Failed");
    assert.strictEqual((execution.error as Error).message, "in the pause");
    assert.deepEqual(execution.nodeStates(), { a: "Failed", b: "Failed" });
  });

  it("cancel() ends it at once and tells the nodes that run", async () => {
    const { execution, gates, tracker } = started([node("a"), node("b")], [edge("a", "b")]);
    await until(() => gates.open.has("a"));
    const ended = tracker.ended(execution);
    execution.cancel();
    await assert.rejects(ended, {
      name: "AbortError",
      message: `execution ${execution.id} was cancelled`,
    });
    assert.strictEqual(gates.signals.get("a")!.reason, execution.error);
    assert.deepEqual(execution.nodeStates(), { a: "Failed", b: "Skipped" });
    let idle = false;
    const waiting = execution.idle().then(() => idle = true);
    await until(() => true);
    assert.strictEqual(idle, false);
    gates.open.get("a")!("too late");
    await waiting;
    assert.deepEqual((await execution.result).data, {});
  });

  it("the signal given cancels it, also before it begins", async () => {
    const aborting = new AbortController();
    const one = started([node("a")], [], { signal: aborting.signal });
    aborting.abort("enough");
    assert.strictEqual((await one.execution.result).status, "Cancelled");
    assert.strictEqual(one.execution.error, "enough");
    const two = started([node("a")], [], { signal: aborting.signal });
    assert.strictEqual(two.execution.state, "Cancelled");
    assert.deepEqual(two.execution.nodeStates(), { a: "Skipped" });
  });

  it("waits for an input, and goes on with it", async () => {
    const nodes = [
      node("in", { kind: "Input", type: "Input" }),
      node("early", { kind: "Input", type: "Input" }),
    ];
    const { execution, tracker, id } = started(nodes);
    execution.provideInput("early", 2);
    await until(() => execution.state === "WaitingForInput");
    assert.deepEqual(execution.waitingFor, ["in"]);
    assert.strictEqual(tracker.getWorkflowStatus(id), "Paused");
    assert.throws(() => execution.pause(), /is WaitingForInput and cannot become Paused/);
    assert.throws(() => execution.provideInput("no", 1), {
      message: `execute_workflow: execution ${execution.id}: there is no node "no"`,
    });
    execution.provideInput("in", 1);
    assert.strictEqual(execution.state, "Running");
    assert.deepEqual((await execution.result).data, { in: 1, early: 2 });
    assert.throws(() => execution.provideInput("in", 1), {
      message:
        `execute_workflow: execution ${execution.id}: node "in" has its value already, or is not wanted any more`,
    });
  });

  it("takes an input while it is paused", async () => {
    const { execution, gates } = started([node("in", { kind: "Input", type: "Input" }), node("a")]);
    await until(() => gates.open.has("a"));
    execution.pause();
    execution.provideInput("in", 1);
    gates.open.get("a")!(0);
    execution.resume();
    assert.strictEqual((await execution.result).status, "Completed");
  });

  it("counts the time while it runs, neither pauses nor waiting", async () => {
    const { execution, clock } = started([node("a")], [], {}, 100);
    await until(() => execution.runningNodes === 1);
    clock.pass(60);
    execution.pause();
    clock.pass(1000);
    execution.resume();
    assert.deepEqual(clock.alarms, [40]);
    clock.pass(39);
    assert.strictEqual(execution.state, "Running");
    clock.pass(1);
    assert.strictEqual((await execution.result).status, "Failed");
    assert.strictEqual(
      (execution.error as Error).message,
      'execute_workflow: workflow "w" took longer than 100 ms',
    );
    assert.deepEqual(clock.alarms, []);
  });

  it("begins the most urgent of what is ready", async () => {
    const nodes = [node("low", { priority: -1 }), node("mid"), node("high", { priority: 1 })];
    const { execution, gates } = started(nodes, [], { maxConcurrency: 1 });
    const order: string[] = [];
    while (order.length < 3) {
      await until(() => gates.open.size > order.length);
      const id = [...gates.open.keys()].at(-1)!;
      order.push(id);
      gates.open.get(id)!(0);
    }
    await execution.result;
    assert.deepEqual(order, ["high", "mid", "low"]);
  });

  it("runs 10,000 nodes, 1000 at a time and more", async () => {
    const tracker = new DagTracker({ maxConcurrency: 2000 });
    const { promise: thousand, resolve } = Promise.withResolvers<void>();
    let [now, most] = [0, 0];
    tracker.register("work", async () => {
      most = Math.max(most, ++now);
      if (now === 1500) resolve();
      await thousand;
      now -= 1;
    });
    const nodes = Array.from({ length: 10_000 }, (_, i) => node(String(i)));
    const edges = nodes.slice(2000).map(({ id }, i) => edge(String(i), id));
    await tracker.executeWorkflow(tracker.createWorkflow(workflow(nodes, edges)));
    assert.ok(most >= 1500 && most <= 2000, `${most} at a time`);
  });

  it("runs a chain of 10,000 synchronous nodes, and lets the event loop have its turns", async () => {
    const tracker = new DagTracker();
    tracker.register("work", () => 0);
    const nodes = Array.from({ length: 10_000 }, (_, i) => node(String(i)));
    const edges = nodes.slice(1).map(({ id }, i) => edge(String(i), id));
    let turns = 0;
    let going = true;
    const tick = (): void => {
      turns += 1;
      if (going) setTimeout(tick, 0);
    };
    tick();
    await tracker.executeWorkflow(tracker.createWorkflow(workflow(nodes, edges)));
    going = false;
    assert.ok(turns > 5, `${turns} turns`);
  });

  it("may be cancelled, or paused and resumed, by who is told of any event", async () => {
    for (const act of ["cancel", "pause"] as const) {
      // The first two are told before start() gives the execution.
      for (let at = 2; at < 8; at++) {
        const tracker = new DagTracker();
        tracker.register("work", ({ id }) => id);
        const told: string[] = [];
        const id = tracker.createWorkflow(workflow([node("a"), node("b")], [edge("a", "b")]));
        const execution = tracker.start(id, {}, {
          onEvent: ({ node = "-", state }) => {
            told.push(`${node} ${state}`);
            if (told.length !== at + 1 || execution.state !== "Running") return;
            execution[act]();
            if (act === "pause") execution.resume();
          },
        });
        const { status, data } = await execution.result;
        const all = [
          ...["a Queued", "- Running", "a Running", "a Completed", "b Queued", "b Running"],
          ...["b Completed", "- Completed"],
        ];
        const place = `${act} at ${told[at]}`;
        if (act === "cancel" && status === "Cancelled") {
          assert.deepEqual(told.slice(0, at + 1), all.slice(0, at + 1), place);
          assert.equal(told.at(-1), "- Cancelled", place);
        } else {
          assert.deepEqual(data, { a: "a", b: "b" }, place);
          const pauses = told.filter((each) => each === "- Paused").length;
          assert.equal(told.length, all.length + 2 * pauses, place);
          assert.equal(told.at(-1), "- Completed", place);
        }
      }
    }
  });

  it("may be cancelled by a runner, or a condition, that is not asynchronous", async () => {
    const tracker = new DagTracker();
    const stop = (): boolean => {
      execution.cancel("enough");
      return true;
    };
    tracker.register("work", () => 1);
    tracker.register("stop", () => stop());
    const conditional = edge("a", "b", { kind: "Conditional", when: stop });
    const flows = [
      workflow([node("a", { type: "stop" }), node("b")], [edge("a", "b")]),
      workflow([node("a"), node("b")], [conditional]),
    ];
    let execution: Execution;
    for (const flow of flows) {
      execution = tracker.start(tracker.createWorkflow(flow));
      assert.equal((await execution.result).status, "Cancelled");
      assert.equal(execution.error, "enough");
      await execution.idle();
    }
  });

  it("refuses a concurrency below one", () => {
    assert.throws(() => started([node("a")], [], { maxConcurrency: 0 }), {
      message: "maxConcurrency must be a number from 1, not 0",
    });
  });
});
