import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type Checkpoint,
  CheckpointStore,
  DagTracker,
  type Workflow,
  type WorkflowNode,
} from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/folder.ts";
import { until } from "../fixtures/manual_clock.ts";

const CHECKPOINT: Checkpoint = {
  id: "c1",
  executionId: "e1",
  timestamp: 1,
  completedNodes: ["a"],
  nodeOutputs: {},
  executionState: "Running",
};

/** Without waiting for the disk: what is tested is the process's end. */
function storeIn(folder: string): CheckpointStore {
  return new CheckpointStore(folder, { durable: false });
}

describe("CheckpointStore", () => {
  it("keeps values that JSON would lose", () =>
    inFolder((folder) => {
      const nodeOutputs = {
        big: 2n ** 70n,
        bytes: Uint8Array.of(0, 255),
        numbers: [NaN, Infinity, -0, 1.5],
        nothing: undefined,
        none: null,
        date: new Date(5),
        never: new Date(NaN),
        map: new Map<unknown, unknown>([[1, new Set(["x"])], [null, 2]]),
        ours: { $bytes: 1, $odd: [{ $map: 0 }] },
        ["__proto__"]: { ["__proto__"]: 1 },
        text: "\0\u2028\uD800é",
        deep: { list: [[[]]], object: {} },
      };
      storeIn(folder).save({ ...CHECKPOINT, nodeOutputs });
      assert.deepStrictEqual(storeIn(folder).load("c1"), { ...CHECKPOINT, nodeOutputs });
    }));

  it("names what cannot be kept, and keeps nothing then", () =>
    inFolder((folder) => {
      const store = storeIn(folder);
      const save = (value: unknown) => () =>
        store.save({ ...CHECKPOINT, nodeOutputs: { a: { b: [1, value] } } });
      assert.throws(save(() => {}), {
        message:
          "checkpoint c1 of execution e1 cannot be kept: $.nodeOutputs.a.b[1] is a function. " +
          "Give plain data: numbers, text, bytes, dates, arrays, Maps, Sets and plain objects of these.",
      });
      assert.throws(save(new URL("a:b")), /\$\.nodeOutputs\.a\.b\[1\] is an instance of URL\./);
      const cycle: unknown[] = [];
      cycle.push(cycle);
      assert.throws(save(cycle), /\$\.nodeOutputs\.a\.b\[1\]\[0\] is a cycle\./);
      assert.deepEqual(store.list("e1"), []);
    }));

  it("save(), load(), latest(), list(), delete(), prune()", () =>
    inFolder((folder) => {
      const store = storeIn(folder);
      for (let i = 1; i <= 12; i++) store.save({ ...CHECKPOINT, id: `c${i}`, timestamp: i });
      assert.strictEqual(store.list("e1").length, 12);
      assert.deepEqual(store.list("e1").slice(-3), ["c10", "c11", "c12"]);
      assert.strictEqual(store.latest("e1")?.timestamp, 12);
      assert.strictEqual(store.load("c3")?.timestamp, 3);
      assert.strictEqual(store.load("no"), null);
      assert.strictEqual(store.latest("no"), null);
      assert.strictEqual(store.delete("c12"), true);
      assert.strictEqual(store.delete("c12"), false);
      assert.strictEqual(store.latest("e1")?.id, "c11");
      store.save({ ...CHECKPOINT, id: "c3", timestamp: 33 });
      assert.strictEqual(store.latest("e1")?.timestamp, 33);
      store.prune("e1", 2);
      assert.deepEqual(store.list("e1"), ["c11", "c3"]);
      assert.deepEqual(store.executions(), ["e1"]);
      store.deleteExecution("e1");
      assert.deepEqual(store.executions(), []);
    }));

  it("takes no id that would name another file", () =>
    inFolder((folder) => {
      const store = storeIn(folder);
      assert.throws(() => store.save({ ...CHECKPOINT, executionId: "../e" }), {
        message:
          "The id of the execution names a file and may have letters, digits, _ and - alone, 100 at most, " +
          'not "../e"',
      });
      assert.throws(
        () => store.save({ ...CHECKPOINT, id: "a/b" }),
        /The id of the checkpoint names/,
      );
      assert.throws(() => store.list(".."), /The id of the execution names/);
    }));

  it("a damaged checkpoint is an error that names the file and the way out", () =>
    inFolder((folder) => {
      const store = storeIn(folder);
      store.save(CHECKPOINT);
      store.save({ ...CHECKPOINT, id: "c2" });
      const path = join(folder, "e1", "00000002.c2.json");
      writeFileSync(path, readFileSync(path, "utf8").replace('"a"', '"b"'));
      assert.throws(() => store.latest("e1"), {
        message:
          `The checkpoint ${path} is damaged. delete("c2") removes it; the one before it, if there is one, ` +
          "is the newest then.",
      });
      store.delete("c2");
      assert.strictEqual(store.latest("e1")?.id, "c1");
    }));
});

describe("DagTracker with checkpoints", () => {
  const nodes = (count: number): WorkflowNode[] =>
    Array.from({ length: count }, (_, i) => ({
      id: `n${i}`,
      kind: "Instrument",
      type: "work",
      configuration: {},
    }));
  const chain = (count: number): Workflow => ({
    name: "chain",
    version: "1",
    nodes: nodes(count),
    edges: nodes(count).slice(1).map(({ id }, i) => ({ from: `n${i}`, to: id, kind: "Data" })),
  });

  /** A tracker that stops for good at a node, as a crash would. */
  function stopped(folder: string, workflow: Workflow, at: string, more = {}) {
    const ran: string[] = [];
    const tracker = new DagTracker({ checkpoints: storeIn(folder), ...more });
    tracker.register("work", ({ id }, inputs) => {
      ran.push(id);
      return id === at ? new Promise(() => {}) : [id, Object.keys(inputs).length];
    });
    const execution = tracker.start(tracker.createWorkflow(workflow), {
      variables: { x: 1 },
      userId: "ada",
    });
    return { execution, ran };
  }

  function resumed(folder: string, workflow: Workflow, executionId: string, more = {}) {
    const ran: string[] = [];
    const seen: unknown[] = [];
    const tracker = new DagTracker({ checkpoints: storeIn(folder), ...more });
    tracker.register("work", ({ id }, inputs, { variables, userId }) => {
      ran.push(id);
      seen.push(variables, userId);
      return [id, Object.keys(inputs).length];
    });
    const id = tracker.createWorkflow(workflow);
    return { tracker, id, ran, seen, execution: tracker.resumeExecution(id, executionId) };
  }

  it("goes on after a crash without running what had completed", () =>
    inFolder(async (folder) => {
      for (const checkpointEvery of [1, 3, 1000]) {
        const { execution, ran } = stopped(folder, chain(10), "n7", { checkpointEvery });
        await until(() => ran.includes("n7"));
        const again = resumed(folder, chain(10), execution.id);
        const { data, status } = await again.execution.result;
        assert.strictEqual(status, "Completed");
        assert.deepEqual(again.ran, ["n7", "n8", "n9"]);
        assert.deepEqual(again.seen.slice(0, 2), [{ x: 1 }, "ada"]);
        assert.deepEqual(Object.keys(data).length, 10);
        assert.deepEqual(data.n3, ["n3", 1]);
        assert.throws(() => again.tracker.resumeExecution(again.id, execution.id), {
          message: `resume_execution: execution ${execution.id} is Completed already`,
        });
      }
    }));

  it("what a crash tore is not there, and what was before is", () =>
    inFolder(async (folder) => {
      const { execution, ran } = stopped(folder, chain(6), "n5");
      await until(() => ran.includes("n5"));
      const log = join(folder, execution.id, "00000001.");
      const name = readdirSync(join(folder, execution.id)).find((file) => file.endsWith(".log"))!;
      assert.ok(join(folder, execution.id, name).startsWith(log));
      const path = join(folder, execution.id, name);
      truncateSync(path, readFileSync(path).length - 5);
      const again = resumed(folder, chain(6), execution.id);
      await again.execution.result;
      assert.deepEqual(again.ran, ["n4", "n5"]);
    }));

  it("a half-written line is cut off before more is written", () =>
    inFolder(async (folder) => {
      const { execution, ran } = stopped(folder, chain(6), "n2");
      await until(() => ran.includes("n2"));
      const name = readdirSync(join(folder, execution.id)).find((file) => file.endsWith(".log"))!;
      appendFileSync(join(folder, execution.id, name), "0123456789abcdef {half");
      const again = resumed(folder, chain(6), execution.id);
      assert.strictEqual((await again.execution.result).status, "Completed");
      assert.deepEqual(again.ran, ["n2", "n3", "n4", "n5"]);
    }));

  it("keeps the endings that are no completions", () =>
    inFolder(async (folder) => {
      const workflow: Workflow = {
        name: "w",
        version: "1",
        nodes: [
          { id: "fails", kind: "Instrument", type: "fail", configuration: {} },
          {
            id: "skips",
            kind: "Instrument",
            type: "fail",
            configuration: {},
            recovery: { kind: "Skip", default: 5 },
          },
          { id: "next", kind: "Instrument", type: "work", configuration: {} },
          { id: "last", kind: "Instrument", type: "work", configuration: {} },
        ],
        edges: [
          { from: "fails", to: "next", kind: "Data", dependencyType: "Soft" },
          { from: "skips", to: "next", kind: "Data" },
          { from: "next", to: "last", kind: "Data" },
        ],
      };
      let failed = 0;
      const tracker = (last: () => unknown): DagTracker => {
        const made = new DagTracker({ checkpoints: storeIn(folder) });
        made.register("fail", () => {
          failed += 1;
          throw new Error("no");
        });
        made.register("work", ({ id }, inputs) => id === "last" ? last() : inputs);
        return made;
      };
      let reached = false;
      const first = tracker(() => {
        reached = true;
        return new Promise(() => {});
      });
      const execution = first.start(first.createWorkflow(workflow));
      await until(() => reached);
      const second = tracker(() => "end");
      const again = second.resumeExecution(second.createWorkflow(workflow), execution.id);
      assert.deepEqual((await again.result).data, { skips: 5, next: { skips: 5 }, last: "end" });
      assert.deepEqual(again.nodeStates(), {
        fails: "Failed",
        skips: "Skipped",
        next: "Completed",
        last: "Completed",
      });
      assert.strictEqual(failed, 2);
    }));

  it("an execution that failed can be taken up again", () =>
    inFolder(async (folder) => {
      const tracker = new DagTracker({ checkpoints: storeIn(folder) });
      const ran: string[] = [];
      let broken = true;
      tracker.register("work", ({ id }) => {
        ran.push(id);
        if (broken && id === "n1") throw new Error("broken");
        return id;
      });
      const id = tracker.createWorkflow(chain(3));
      const execution = tracker.start(id);
      assert.strictEqual((await execution.result).status, "Failed");
      assert.deepEqual(tracker.resumableExecutions(), [execution.id]);
      broken = false;
      const again = tracker.resumeExecution(id, execution.id);
      assert.throws(() => tracker.resumeExecution(id, execution.id), {
        message: `resume_execution: execution ${execution.id} runs already`,
      });
      assert.deepEqual((await again.result).data, { n0: "n0", n1: "n1", n2: "n2" });
      assert.deepEqual(ran, ["n0", "n1", "n1", "n2"]);
      assert.deepEqual(tracker.resumableExecutions(), []);
    }));

  it("resumeExecution() refuses another workflow", () =>
    inFolder(async (folder) => {
      const { execution, ran } = stopped(folder, chain(3), "n1");
      await until(() => ran.includes("n1"));
      assert.throws(() => resumed(folder, { ...chain(3), version: "2" }, execution.id), {
        message: `resume_execution: execution ${execution.id} is one of chain@1, not of chain@2`,
      });
      assert.throws(() => resumed(folder, { ...chain(0) }, execution.id), {
        message:
          `resume_execution: execution ${execution.id} is one of chain@1, not of chain@1, which has no node "n0"`,
      });
      assert.throws(() => resumed(folder, chain(3), "none"), {
        message: `resume_execution: execution none has no checkpoint in ${folder}`,
      });
    }));

  it("RestartFromCheckpoint goes back to the last whole checkpoint", () =>
    inFolder(async (folder) => {
      const tracker = new DagTracker({ checkpoints: storeIn(folder) });
      const ran: string[] = [];
      const workflow = chain(4);
      const last: WorkflowNode = {
        ...workflow.nodes[3]!,
        recovery: { kind: "RestartFromCheckpoint" },
      };
      tracker.register("work", ({ id }) => {
        ran.push(id);
        if (id === "n1") execution.checkpoint();
        if (id === "n3" && ran.length < 5) throw new Error("once");
        return id;
      });
      const execution = tracker.start(
        tracker.createWorkflow({ ...workflow, nodes: [...workflow.nodes.slice(0, 3), last] }),
      );
      assert.strictEqual((await execution.result).status, "Completed");
      assert.deepEqual(ran, ["n0", "n1", "n2", "n3", "n1", "n2", "n3"]);
      assert.throws(() => execution.checkpoint(), {
        message: `execute_workflow: execution ${execution.id}: it is Completed already`,
      });
    }));

  it("an output that cannot be kept fails the execution and names the node", () =>
    inFolder(async (folder) => {
      const tracker = new DagTracker({ checkpoints: storeIn(folder) });
      tracker.register("work", () => ({ f: () => {} }));
      const execution = tracker.start(tracker.createWorkflow(chain(2)));
      assert.strictEqual((await execution.result).status, "Failed");
      assert.match(
        (execution.error as Error).message,
        /^the output of node "n0" cannot be kept: \$\.output\.f is a function\. Give plain data/,
      );
      assert.deepEqual(execution.nodeStates(), { n0: "Failed", n1: "Skipped" });
    }));

  it("writes a checkpoint of 10,000 nodes", () =>
    inFolder(async (folder) => {
      const store = storeIn(folder);
      const tracker = new DagTracker({ checkpoints: store, checkpointEvery: 5000 });
      tracker.register("work", ({ id }) => ({ id, score: 0.5 }));
      const wide: Workflow = { name: "wide", version: "1", nodes: nodes(10_000), edges: [] };
      const execution = tracker.start(tracker.createWorkflow(wide));
      await execution.result;
      const kept = store.latest(execution.id)!;
      assert.strictEqual(kept.completedNodes.length, 10_000);
      assert.strictEqual(kept.executionState, "Completed");
      assert.deepEqual(kept.nodeOutputs.n9999, { id: "n9999", score: 0.5 });
    }));
});
