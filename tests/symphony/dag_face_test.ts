import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PyObject } from "../../mod.ts";
import {
  CheckpointFace,
  CheckpointStoreFace,
  DagTracker,
  DagTrackerFace,
  ExecutionFace,
  ExecutionFailed,
  PoolManagerFace,
  PythonDagTracker,
  pythonRunner,
  WorkflowFace,
} from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/folder.ts";
import { until } from "../fixtures/manual_clock.ts";
import { PitErrorFace } from "../../src/symphony/python/error_face.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

const NAMES = {
  Checkpoint: CheckpointFace,
  CheckpointStore: CheckpointStoreFace,
  DagTracker: DagTrackerFace,
  Execution: ExecutionFace,
  PoolManager: PoolManagerFace,
  Workflow: WorkflowFace,
};

// Their classes are made once, and stay.
forGood(() => evaluate("list(names)", { names: [...Object.values(NAMES), PitErrorFace] }));

/** Runs the body of a coroutine; its result, or what it raised as text. */
const outcomeOf: (code: string, names: unknown) => Promise<unknown> = forGood(() =>
  evaluate(`
import asyncio, textwrap
async def outcome(code, names):
    names = dict(names, asyncio=asyncio)
    try:
        exec("async def body():\\n" + textwrap.indent(textwrap.dedent(code), "  "), names)
        return await names["body"]()
    except BaseException as error:
        cause = error.__cause__
        return "%s: %s%s" % (type(error).__name__, error, "" if cause is None else " <- %r" % cause)
    finally:
        names.clear()
outcome`)
);

async function outcome(code: string, names: Record<string, unknown> = {}): Promise<unknown> {
  const result = await py.scope(() =>
    outcomeOf(code, new Map(Object.entries({ ...NAMES, ...names })))
  ) as PyObject;
  return result?.$?.toJs() ?? result;
}

const DEFINITION = `{
    "name": "mixed", "version": "1.0",
    "steps": [
        {"name": "a", "step_type": "ts", "configuration": {"value": 1}},
        {"name": "b", "step_type": "py", "configuration": {"value": 2}},
        {"name": "c", "step_type": "async_py"},
    ],
    "dependencies": [{"from": "a", "to": "c"}, {"from": "b", "to": "c", "dependency_type": "Hard"}],
}`;

describe("DagTracker in Python", () => {
  test("runs TypeScript functions, Python functions and coroutines in one workflow", async () => {
    const ran: string[] = [];
    const tracker = new DagTracker();
    tracker.register("ts", ({ id, configuration }) => {
      ran.push(id);
      return [configuration.value];
    });
    const result = await outcome(
      `
      def one(node, inputs):
          assert inputs == {} and node["step_type"] == "py" and node["kind"] == "Instrument"
          return (node["configuration"]["value"],)

      tracker.register("py", one)

      @tracker.runner("async_py")
      async def both(node, inputs):
          await asyncio.sleep(0)
          return {"sum": sum(inputs["a"] + list(inputs["b"])), "names": {node["name"]}}

      workflow = tracker.create_workflow(${DEFINITION.replaceAll("\n", "\n      ")})
      result = await tracker.execute_workflow(workflow, {"variables": {}})
      return [result["status"], result["data"], result["workflow_id"] == workflow,
              tracker.get_workflow_status(workflow), result["duration"] >= 0]
      `,
      { tracker: new PythonDagTracker(tracker) },
    );
    assert.deepEqual(result, [
      "Completed",
      { a: [1], b: [2], c: { sum: 3, names: new Set(["c"]) } },
      true,
      "Completed",
      true,
    ]);
    assert.deepEqual(ran, ["a"]);
  });

  test("TypeScript runs the same from its side, by pythonRunner()", async () => {
    await py.scope(async () => {
      const functions = evaluate(`
import asyncio
def one(node, inputs): return 2
async def plus(node, inputs):
    await asyncio.sleep(0)
    return inputs["a"] + inputs["b"]
class Runner:
    def run(self, node, inputs): return sorted(inputs.items())
[one, plus, Runner()]`);
      const tracker = new DagTracker();
      tracker.register("ts", () => Promise.resolve(1));
      tracker.register("py", pythonRunner(functions[0]));
      tracker.register("async_py", pythonRunner(functions[1]));
      tracker.register("object", pythonRunner(functions[2]));
      tracker.register("thread", pythonRunner(functions[0], { thread: true }));
      const step = (name: string, stepType: string) => ({ name, stepType, configuration: {} });
      const { data } = await tracker.executeWorkflow(tracker.createWorkflow({
        name: "mixed",
        version: "1",
        steps: [
          step("a", "ts"),
          step("b", "py"),
          step("c", "async_py"),
          step("d", "object"),
          step("e", "thread"),
        ],
        dependencies: [["a", "c"], ["b", "c"], ["c", "d"], ["e", "d"]].map(([from, to]) => ({
          from: from!,
          to: to!,
          dependencyType: "Hard",
        })),
      }));
      assert.deepEqual(data, { a: 1, b: 2, c: 3, d: [["c", 3], ["e", 2]], e: 2 });
    });
  });

  test("what is no container passes as it is, without a copy", async () => {
    const result = await outcome(`
      tracker = DagTracker()
      class Model: pass
      model = Model()
      tracker.register("make", lambda node, inputs: model)
      tracker.register("use", lambda node, inputs: inputs["a"] is model)
      workflow = Workflow("w").add_node("a", step_type="make").add_node("b", step_type="use")
      workflow.add_edge("a", "b")
      result = await tracker.execute_workflow(tracker.create_workflow(workflow))
      return result["data"]["b"]
    `);
    assert.strictEqual(result, true);
  });

  test("a failure is a PitError with the node's exception as its cause", async () => {
    const code = (kind: string) => `
      tracker = DagTracker()
      ${kind}def work(node, inputs): raise KeyError("lost")
      tracker.register("work", work)
      workflow = tracker.create_workflow({"name": "w", "version": "1", "steps": [{"name": "a", "step_type": "work"}]})
      await tracker.execute_workflow(workflow)
    `;
    for (const kind of ["", "async "]) {
      assert.strictEqual(
        await outcome(code(kind)),
        "PitError: Port operation failed: execute_workflow: workflow \"w\" failed: KeyError: 'lost' <- KeyError('lost')",
      );
    }
  });

  test("a Python failure reaches TypeScript as the same error", async () => {
    await py.scope(async () => {
      const fail = evaluate("async def fail(node, inputs): raise ValueError('bad')\nfail");
      const tracker = new DagTracker();
      tracker.register("work", pythonRunner(fail));
      const id = tracker.createWorkflow({
        name: "w",
        version: "1",
        steps: [{ name: "a", stepType: "work", configuration: {} }],
        dependencies: [],
      });
      await assert.rejects(tracker.executeWorkflow(id), (error: unknown) => {
        assert.ok(error instanceof ExecutionFailed);
        assert.strictEqual((error.cause as { type?: string }).type, "ValueError");
        return true;
      });
    });
  });

  test("what is wrong with a workflow is named in Python's way", async () => {
    assert.strictEqual(
      await outcome(`DagTracker().create_workflow({"name": "w", "steps": []})`),
      "KeyError: \"Missing 'version' field\"",
    );
    const cyclic = `
      workflow = Workflow("w", "2").add_node("a").add_node("b").add_edge("a", "b").add_edge("b", "a")
      workflow.add_edge("a", "x")
    `;
    assert.deepEqual(await outcome(`${cyclic}\n      return workflow.problems()`), [
      'the edge "a" -> "x" names "x", which is no node',
      'there is a cycle: "a" -> "b" -> "a"',
    ]);
    assert.match(
      String(await outcome(`${cyclic}\n      DagTracker().create_workflow(workflow)`)),
      /^PitError: Port operation failed: create_workflow: workflow "w": the edge/,
    );
    assert.match(
      String(await outcome(`${cyclic}\n      workflow.validate()`)),
      /^PitError: .*there is a cycle: "a" -> "b" -> "a"/,
    );
    assert.strictEqual(
      await outcome(`Workflow("w").add_node("a", recovery={"kind": "Retry"})`),
      "KeyError: \"Missing 'recovery.max_attempts' field\"",
    );
    const said: [string, string][] = [
      ["DagTracker(max_concurrency=0)", "ValueError: max_concurrency must be at least 1, not 0"],
      ["DagTracker(checkpoint_every=0)", "ValueError: checkpoint_every must be at least 1, not 0"],
      [
        `DagTracker().start("none", max_concurrency=-1)`,
        "ValueError: max_concurrency must be at least 1, not -1",
      ],
      [
        `Workflow("w", timeout=-1)`,
        "ValueError: timeout must be a number of seconds above 0, not -1",
      ],
      [
        `Workflow("w").add_node("a", timeout=float("nan"))`,
        "ValueError: timeout must be a number of seconds above 0, not NaN",
      ],
      [
        `DagTracker().register("a", 3)`,
        "TypeError: runner must be callable or have a method run, not int",
      ],
    ];
    for (const [code, text] of said) assert.strictEqual(await outcome(code), text);
    const loop = (configuration: string) => `
      tracker = DagTracker()
      tracker.register("t", lambda node, inputs: 1)
      loop = Workflow("w").add_node("l", "Control", control="Loop", step_type="t", configuration=${configuration})
      return await tracker.execute_workflow(tracker.create_workflow(loop))`;
    const failed =
      'PitError: Port operation failed: execute_workflow: workflow "w" failed: the loop "l"';
    for (
      const [configuration, text] of [
        [`{"times": "3"}`, `: times must be a number from 0, not "3"`],
        [`{"times": -1}`, ": times must be a number from 0, not -1"],
        [`{"over": "q"}`, ` goes over "q", which is no list`],
      ] as const
    ) {
      assert.ok(String(await outcome(loop(configuration))).startsWith(`${failed}${text} <- `));
    }
    assert.strictEqual(
      await outcome(`DagTracker().execution("none")`),
      "PitError: Port operation failed: get_execution: Execution none not found <- " +
        "JsError('get_execution: Execution none not found')",
    );
  });

  test("cancelling the task cancels the workflow, and CancelledError reaches its coroutines", async () => {
    const result = await outcome(`
      seen = []
      began = asyncio.Event()
      tracker = DagTracker()
      async def work(node, inputs):
          began.set()
          try:
              await asyncio.Event().wait()
          except asyncio.CancelledError:
              seen.append("cancelled")
              raise
      tracker.register("work", work)
      workflow = tracker.create_workflow({"name": "w", "version": "1", "steps": [{"name": "a", "step_type": "work"}]})
      task = asyncio.ensure_future(tracker.execute_workflow(workflow))
      await began.wait()
      task.cancel()
      try:
          await task
      except asyncio.CancelledError:
          seen.append("task")
      while len(seen) < 2: await asyncio.sleep(0)
      return sorted(seen) + [tracker.get_workflow_status(workflow)]
    `);
    assert.deepEqual(result, ["cancelled", "task", "Cancelled"]);
  });

  test("Execution can be paused, resumed, cancelled and given inputs", async () => {
    const result = await outcome(`
      events = []
      tracker = DagTracker(max_concurrency=2)
      async def work(node, inputs):
          await asyncio.sleep(0)
          return inputs
      tracker.register("work", work)
      workflow = (Workflow("w", timeout=60)
          .add_node("in", "Input")
          .add_node("a", step_type="work", priority=2)
          .add_node("if", "Control", control="Branch")
          .add_node("yes", step_type="work").add_node("no", step_type="work")
          .add_edge("in", "a", input="x").add_edge("a", "if")
          .add_edge("if", "yes", kind="Conditional", when=lambda output: output["x"] == [1, 2])
          .add_edge("if", "no", kind="Conditional"))
      assert workflow.topological_order() == ["in", "a", "if", "yes", "no"], workflow.topological_order()
      execution = tracker.start(tracker.create_workflow(workflow), on_event=events.append)
      assert isinstance(execution, Execution)
      assert tracker.execution(execution.id).id == execution.id
      while execution.state != "WaitingForInput": await asyncio.sleep(0)
      assert execution.waiting_for == ["in"]
      execution.provide_input("in", (1, 2))
      execution.pause()
      assert execution.state == "Paused"
      execution.resume()
      result = await execution.wait()
      await execution.idle()
      assert execution.error is None and execution.node_state("no") == "Skipped"
      names = [(event["node"], event["state"]) for event in events]
      assert (None, "Paused") in names and names[-1] == (None, "Completed"), names
      assert execution.outputs() == result["data"]
      return result["data"]["yes"]
    `);
    assert.deepEqual(result, { if: { x: [1, 2] } });
  });

  test("what on_event raises is printed, and stops neither the workflow nor the program", async () => {
    const result = await outcome(`
      import contextlib, io
      tracker = DagTracker()
      tracker.register("one", lambda node, inputs: 1)
      said = io.StringIO()
      def bad(event): raise LookupError(event["state"])
      with contextlib.redirect_stderr(said):
          id = tracker.create_workflow(Workflow("w").add_node("a", step_type="one"))
          result = await tracker.execute_workflow(id, on_event=bad)
          pool = PoolManager()
          pool.register("m", lambda spec: abs)
          pool.on_transition(lambda change: 1 / 0)
          pool.allocate("m").deallocate()
      told = [line for line in said.getvalue().splitlines() if not line.startswith(" ")]
      frames = said.getvalue().count("in bad")
      return [result["data"], told, frames]
    `);
    const traceback = "Traceback (most recent call last):";
    const states = ["Queued", "Running", "Running", "Completed", "Completed"];
    assert.deepEqual(result, [
      { a: 1 },
      [
        ...states.flatMap((state) => [traceback, `LookupError: ${state}`]),
        ...Array(2).fill([traceback, "ZeroDivisionError: division by zero"]).flat(),
      ],
      5,
    ]);
  });

  test("a workflow goes on from its checkpoints", () =>
    inFolder(async (folder) => {
      const result = await outcome(
        `
        ran = []
        gate = asyncio.Event()
        async def work(node, inputs):
            ran.append(node["name"])
            if node["name"] == "b" and len(ran) == 2:
                gate.set()
                await asyncio.Event().wait()
            return b"bytes"
        def tracker():
            made = DagTracker(checkpoints=CheckpointStore(folder, durable=False), checkpoint_every=10)
            made.register("work", work)
            return made, made.create_workflow(
                Workflow("w").add_node("a", step_type="work").add_node("b", step_type="work").add_edge("a", "b"))
        first, workflow = tracker()
        execution = first.start(workflow, {"variables": {"x": 1}, "user_id": "ada"})
        await gate.wait()
        checkpoint = execution.checkpoint()
        assert isinstance(checkpoint, Checkpoint), checkpoint
        assert checkpoint.completed_nodes == ["a"] and checkpoint.node_outputs == {"a": b"bytes"}
        assert checkpoint.execution_state == "Running" and checkpoint.variables == {"x": 1}
        store = CheckpointStore(folder)
        assert store.latest(execution.id) == checkpoint and store.load(checkpoint.id) == checkpoint
        assert store.executions() == [execution.id] and checkpoint.id in store.list(execution.id)
        second, workflow = tracker()
        assert second.resumable_executions() == [execution.id]
        again = second.resume_execution(workflow, execution.id)
        result = await again.wait()
        execution.cancel()
        await execution.idle()
        assert store.load("none") is None and store.delete("none") is False
        mine = Checkpoint("mine", "other", 1.5, ["x"], {"x": {1, 2}}, "Paused")
        store.save(mine)
        assert store.latest("other").node_outputs == {"x": {1, 2}}
        assert store.latest("other").timestamp == 1.5
        assert store.delete("mine") is True
        return [ran, result["data"]["b"] == b"bytes"]
        `,
        { folder },
      );
      assert.deepEqual(result, [["a", "b", "b"], true]);
    }));

  test("recovery strategies are dicts, times in seconds", async () => {
    const result = await outcome(`
      tracker = DagTracker()
      attempts = []
      def work(node, inputs):
          attempts.append(node["name"])
          raise RuntimeError
      tracker.register("work", work)
      workflow = (Workflow("w")
          .add_node("a", step_type="work", recovery={
              "kind": "Retry", "max_attempts": 3, "backoff": {"kind": "Constant", "delay": 0},
              "then": {"kind": "Fallback", "value": 5}})
          .add_node("b", step_type="work", recovery={"kind": "Skip", "default": None})
          .add_node("c", step_type="work", recovery={"kind": "Skip"}))
      result = await tracker.execute_workflow(tracker.create_workflow(workflow))
      return [result["data"], attempts.count("a")]
    `);
    assert.deepEqual(result, [{ a: 5, b: null }, 3]);
  });

  test("a thread of Python's may wait for a workflow", async () => {
    await py.scope(async () => {
      const tracker = new DagTracker();
      tracker.register("ts", () => 42);
      const id = tracker.createWorkflow({
        name: "w",
        version: "1",
        steps: [{ name: "a", stepType: "ts", configuration: {} }],
        dependencies: [],
      });
      const run = evaluate(
        "import pyduet\ndef run(tracker, id): return pyduet.wait(tracker.execute_workflow(id))['data']['a']\nrun",
      );
      assert.strictEqual(await run.$.inThread([new PythonDagTracker(tracker), id]), 42);
    });
  });

  test("cancel() from TypeScript is a CancelledError in Python", async () => {
    await py.scope(async () => {
      const seen: string[] = [];
      const work = evaluate(
        `
import asyncio
def make(note):
    async def work(node, inputs):
        note("began")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            note("CancelledError")
            raise
    return work
make`,
      )((what: string) => void seen.push(what));
      const tracker = new DagTracker();
      tracker.register("work", pythonRunner(work));
      const execution = tracker.start(tracker.createWorkflow({
        name: "w",
        version: "1",
        steps: [{ name: "a", stepType: "work", configuration: {} }],
        dependencies: [],
      }));
      await until(() => seen.includes("began"));
      execution.cancel();
      assert.strictEqual((await execution.result).status, "Cancelled");
      await execution.idle();
      assert.deepEqual(seen, ["began", "CancelledError"]);
    });
  });
});
