import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DagTracker,
  type ExecutionEvent,
  ExecutionFailed,
  type WorkflowDefinition,
  type WorkflowEdge,
  type WorkflowNode,
} from "../../src/symphony/mod.ts";
import { ManualClock, until } from "../fixtures/manual_clock.ts";
import { edge, Gates, node, workflow } from "../fixtures/workflows.ts";

describe("DagTracker.executeWorkflow()", () => {
  const definition: WorkflowDefinition = {
    name: "sum",
    version: "1.0",
    steps: [
      { name: "a", stepType: "number", configuration: { value: 1 } },
      { name: "b", stepType: "number", configuration: { value: 2 } },
      { name: "c", stepType: "sum", configuration: {} },
    ],
    dependencies: [
      { from: "a", to: "c", dependencyType: "Hard" },
      { from: "b", to: "c", dependencyType: "Hard" },
    ],
  };

  it("gives each node the outputs of what it needs, by their names", async () => {
    const clock = new ManualClock();
    const tracker = new DagTracker({ clock });
    tracker.register("number", { run: ({ configuration }) => configuration.value });
    tracker.register("sum", (_, { a, b }) => Promise.resolve((a as number) + (b as number)));
    const id = tracker.createWorkflow(definition);
    assert.strictEqual(tracker.getWorkflowStatus(id), "Pending");
    const result = await tracker.executeWorkflow(id);
    assert.deepEqual(result, {
      workflowId: id,
      status: "Completed",
      data: { a: 1, b: 2, c: 3 },
      duration: 0,
    });
    assert.strictEqual(tracker.getWorkflowStatus(id), "Completed");
    tracker.deleteWorkflow(id);
    assert.throws(() => tracker.getWorkflowStatus(id), {
      message: `get_workflow_status: Workflow ${id} not found`,
    });
  });

  it("tells runners the variables, the user, the attempt and the execution", async () => {
    const tracker = new DagTracker();
    tracker.register("work", (_, __, { signal: _s, ...told }) => told);
    const execution = tracker.start(
      tracker.createWorkflow(workflow([node("a")])),
      { variables: { x: 1 }, userId: "ada" },
    );
    const { data } = await execution.result;
    assert.deepEqual(data.a, {
      executionId: execution.id,
      variables: { x: 1 },
      userId: "ada",
      attempt: 1,
    });
    assert.strictEqual(tracker.execution(execution.id), execution);
  });

  it("refuses a workflow whose runners are missing, before anything runs", () => {
    const tracker = new DagTracker();
    tracker.register("sum", () => 1);
    const id = tracker.createWorkflow(definition);
    assert.throws(() => tracker.start(id), {
      name: "PortError",
      message:
        'execute_workflow: workflow "sum" has nodes of the type number, for which no runner is registered. ' +
        "Registered: sum",
    });
  });

  it("rejects with the node's error as its cause, and ends what runs", async () => {
    const gates = new Gates();
    const tracker = new DagTracker();
    tracker.register("work", gates.run);
    const id = tracker.createWorkflow(
      workflow([node("a"), node("b"), node("c"), node("d")], [edge("a", "c"), edge("c", "d")]),
    );
    const execution = tracker.start(id);
    const ended = tracker.ended(execution);
    await until(() => gates.open.size === 2);
    const error = new RangeError("too much");
    gates.fail.get("a")!(error);
    await assert.rejects(ended, (thrown: unknown) => {
      assert.ok(thrown instanceof ExecutionFailed);
      assert.strictEqual(thrown.message, 'execute_workflow: workflow "w" failed: too much');
      assert.strictEqual(thrown.cause, error);
      assert.strictEqual(thrown.result.status, "Failed");
      return true;
    });
    assert.deepEqual(execution.nodeStates(), {
      a: "Failed",
      b: "Failed",
      c: "Skipped",
      d: "Skipped",
    });
    assert.strictEqual(execution.nodeError("a"), error);
    assert.strictEqual(gates.signals.get("b")!.reason, error);
    gates.open.get("b")!(0);
    await execution.idle();
  });

  it("tells what happens in its order", async () => {
    const events: ExecutionEvent[] = [];
    const tracker = new DagTracker({ onEvent: (event) => events.push(event) });
    tracker.register("work", () => 1);
    await tracker.executeWorkflow(
      tracker.createWorkflow(workflow([node("a"), node("b")], [edge("a", "b")])),
    );
    assert.deepEqual(events.map(({ node = "-", state }) => `${node} ${state}`), [
      "a Queued",
      "- Running",
      "a Running",
      "a Completed",
      "b Queued",
      "b Running",
      "b Completed",
      "- Completed",
    ]);
  });
});

describe("dependencies", () => {
  async function states(edges: WorkflowEdge[], failing: string[]): Promise<unknown> {
    const tracker = new DagTracker();
    tracker.register("work", ({ id }, inputs) => {
      if (failing.includes(id)) throw new Error(id);
      return Object.keys(inputs);
    });
    const ids = [...new Set(edges.flatMap(({ from, to }) => [from, to]))];
    const execution = tracker.start(
      tracker.createWorkflow(workflow(ids.map((id) => node(id)), edges)),
    );
    const { status, data } = await execution.result;
    return [status, execution.nodeStates(), data];
  }

  it("a Soft one waits for the end, however that is", async () => {
    const edges = [edge("a", "b", { dependencyType: "Soft" }), edge("b", "c")];
    assert.deepEqual(await states(edges, ["a"]), [
      "Completed",
      { a: "Failed", b: "Completed", c: "Completed" },
      { b: [], c: ["b"] },
    ]);
    assert.deepEqual(await states(edges, []), [
      "Completed",
      { a: "Completed", b: "Completed", c: "Completed" },
      { a: [], b: ["a"], c: ["b"] },
    ]);
  });

  it("a Hard one beside a Soft one makes the execution fail", async () => {
    const edges = [edge("a", "b", { dependencyType: "Soft" }), edge("a", "c")];
    assert.deepEqual((await states(edges, ["a"]) as unknown[])[0], "Failed");
  });

  it("an Optional one is not waited for", async () => {
    const gates = new Gates();
    const tracker = new DagTracker();
    tracker.register("slow", gates.run);
    tracker.register("work", (_, inputs) => Object.keys(inputs));
    const execution = tracker.start(tracker.createWorkflow(workflow(
      [node("a", { type: "slow" }), node("b"), node("c", { type: "slow" }), node("d")],
      [
        edge("a", "b", { dependencyType: "Optional" }),
        edge("a", "d", { dependencyType: "Optional" }),
        edge("c", "d"),
      ],
    )));
    await until(() => execution.nodeState("b") === "Completed");
    assert.strictEqual(execution.nodeState("a"), "Running");
    gates.open.get("a")!(0);
    await until(() => execution.nodeState("a") === "Completed");
    gates.open.get("c")!(0);
    const { data } = await execution.result;
    assert.deepEqual([data.b, data.d], [[], ["a", "c"]]);
  });

  it("a Parallel one says nothing of order or data", async () => {
    const edges = [
      edge("a", "b", { dependencyType: "Parallel" }),
      edge("b", "a", { dependencyType: "Parallel" }),
    ];
    assert.deepEqual((await states(edges, []) as unknown[])[2], { a: [], b: [] });
  });

  it("a Control edge brings the order alone, and an input has the name that the edge gives it", async () => {
    const edges = [
      edge("a", "c", { kind: "Control" }),
      edge("b", "c", { input: "number" }),
    ];
    assert.deepEqual((await states(edges, []) as [unknown, unknown, { c: unknown }])[2].c, [
      "number",
    ]);
  });
});

describe("control nodes", () => {
  function control(id: string, type: WorkflowNode["control"], more: Partial<WorkflowNode> = {}) {
    return node(id, { kind: "Control", type: type!, control: type!, ...more });
  }

  async function run(nodes: WorkflowNode[], edges: WorkflowEdge[], variables = {}) {
    const tracker = new DagTracker();
    tracker.register("work", ({ id }, inputs) => `${id}(${Object.values(inputs).join()})`);
    tracker.register("count", (_, { index, item = null }) => [index, item]);
    const execution = tracker.start(tracker.createWorkflow(workflow(nodes, edges)), { variables });
    const { data } = await execution.result;
    if (execution.error !== undefined) throw execution.error;
    return { data, states: execution.nodeStates() };
  }

  const input = node("in", { kind: "Input", type: "Input" });

  it("Branch takes the edges whose condition holds, and Merge goes on with what there is", async () => {
    const nodes = [
      input,
      control("if", "Branch"),
      ...["small", "big", "other"].map((id) => node(id)),
      control("merge", "Merge"),
      node("out", { kind: "Output", type: "Output" }),
    ];
    const edges = [
      edge("in", "if"),
      edge("if", "small", { kind: "Conditional", when: 1 }),
      edge("if", "big", { kind: "Conditional", when: (value) => (value as number) > 10 }),
      edge("if", "other", { kind: "Conditional" }),
      ...["small", "big", "other"].map((id) => edge(id, "merge")),
      edge("merge", "out"),
    ];
    for (const [value, taken] of [[1, "small"], [11, "big"], [5, "other"]] as const) {
      const { data, states } = await run(nodes, edges, { in: value });
      assert.strictEqual(data.out, `${taken}(${value})`);
      const others = ["small", "big", "other"].filter((id) => id !== taken);
      assert.deepEqual(others.map((id) => states[id]), ["Skipped", "Skipped"]);
    }
  });

  it("Join waits for all and gives them all", async () => {
    const { data } = await run(
      [node("a"), node("b"), control("join", "Join")],
      [edge("a", "join"), edge("b", "join")],
    );
    assert.deepEqual(data.join, { a: "a()", b: "b()" });
  });

  it("Parallel passes its input to all that follow", async () => {
    const { data } = await run(
      [input, control("fan", "Parallel"), node("a"), node("b")],
      [edge("in", "fan"), edge("fan", "a"), edge("fan", "b")],
      { in: 7 },
    );
    assert.deepEqual([data.a, data.b], ["a(7)", "b(7)"]);
  });

  it("Loop runs its runner so many times, over items, or until a condition holds", async () => {
    const loop = (configuration: Record<string, unknown>) =>
      control("loop", "Loop", { type: "count", configuration });
    const one = (configuration: Record<string, unknown>, variables = {}) =>
      run([input, loop(configuration)], [edge("in", "loop")], { in: 0, ...variables })
        .then(({ data }) => data.loop);
    assert.deepEqual(await one({ times: 2 }), [[0, null], [1, null]]);
    assert.deepEqual(await one({ over: "in" }, { in: ["x", "y"] }), [[0, "x"], [1, "y"]]);
    assert.deepEqual(
      await one({ until: ([index]: [number]) => index === 2 }),
      [[0, null], [1, null], [2, null]],
    );
    await assert.rejects(one({}), {
      message: 'the loop "loop" needs times, over or until in its configuration',
    });
    await assert.rejects(one({ over: "in" }), {
      message: 'the loop "loop" goes over "in", which is no array',
    });
    await assert.rejects(one({ until: () => false, max: 3 }), {
      message: 'the loop "loop" was not at its end after 3 times; set max in its configuration',
    });
  });

  it("a condition that throws fails the execution", async () => {
    const when = (): boolean => {
      throw new Error("no");
    };
    await assert.rejects(
      run([node("a"), node("b")], [edge("a", "b", { kind: "Conditional", when })]),
      { message: "no" },
    );
  });
});
