import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  DagTracker,
  topologicalOrder,
  type Workflow,
  type WorkflowEdge,
  WorkflowError,
  type WorkflowNode,
  workflowProblems,
} from "../../src/symphony/mod.ts";
import { PriorityHeap } from "../../src/symphony/pit/dag_heap.ts";
import { checkExecutionStep, EXECUTION_STATES } from "../../src/symphony/pit/dag_state.ts";

function node(id: string, more: Partial<WorkflowNode> = {}): WorkflowNode {
  return { id, kind: "Instrument", type: "work", configuration: {}, ...more };
}

function edge(from: string, to: string, more: Partial<WorkflowEdge> = {}): WorkflowEdge {
  return { from, to, kind: "Data", ...more };
}

function workflow(ids: string[], edges: WorkflowEdge[], more: Partial<Workflow> = {}): Workflow {
  return { name: "w", version: "1", nodes: ids.map((id) => node(id)), edges, ...more };
}

describe("createWorkflow()", () => {
  it("names all that is wrong at once", () => {
    const bad = workflow(["a", "b", "a", "c"], [
      edge("a", "nowhere"),
      edge("b", "b"),
      edge("a", "b"),
      edge("a", "b", { kind: "Control" }),
      edge("b", "c"),
      edge("c", "a"),
    ], { timeout: -1 });
    assert.throws(() => new DagTracker().createWorkflow(bad), (error: unknown) => {
      assert.ok(error instanceof WorkflowError);
      assert.strictEqual(error.operation, "create_workflow");
      assert.deepEqual(error.problems.map(({ kind }) => kind), [
        "DuplicateNode",
        "Invalid",
        "UnknownNode",
        "SelfEdge",
        "DuplicateEdge",
        "Cycle",
      ]);
      assert.strictEqual(
        error.message,
        'create_workflow: workflow "w": there are two nodes "a"; ' +
          "the timeout must be a number above 0, not -1; " +
          'the edge "a" -> "nowhere" names "nowhere", which is no node; node "b" needs itself; ' +
          'the edge "a" -> "b" stands there twice; there is a cycle: "a" -> "b" -> "c" -> "a"',
      );
      return true;
    });
  });

  it("names what is wrong with a node", () => {
    const problems = workflowProblems({
      ...workflow([], []),
      nodes: [
        node("control", { kind: "Control" }),
        node("late", { timeout: 0 }),
        node("first", { priority: NaN }),
        node("again", { recovery: { kind: "Retry", maxAttempts: 0 } }),
        node("back", {
          recovery: {
            kind: "Retry",
            maxAttempts: 2,
            backoff: { kind: "Linear", initial: -1, increment: 1 },
            then: { kind: "Fallback" },
          },
        }),
        node("other", { recovery: { kind: "Fallback", node: "none" } }),
        node("odd", { recovery: { kind: "Pray" } as never }),
      ],
    });
    assert.deepEqual(problems.map(({ message }) => message), [
      'node "control": a control node needs a control type: Branch, Merge, Loop, Parallel or Join',
      'node "late": its timeout must be a number above 0, not 0',
      'node "first": its priority must be a finite number, not NaN',
      'node "again": maxAttempts must be a whole number above 0, not 0',
      'node "back": initial of its backoff must be a number, 0 or above, not -1',
      'node "back": a Fallback needs a node or a value',
      'the fallback of node "other", "none", is none',
      'node "odd": its recovery must be Retry, Fallback, Skip, Fail or RestartFromCheckpoint, not "Pray"',
    ]);
  });

  it("refuses an edge of a fallback", () => {
    const problems = workflowProblems({
      ...workflow([], [edge("a", "b")]),
      nodes: [node("a", { recovery: { kind: "Fallback", node: "b" } }), node("b")],
    });
    assert.deepEqual(problems.map(({ message }) => message), [
      'node "b" is a fallback and runs in the place of another one, so it can have no edge, such as "a" -> "b"',
    ]);
  });

  it("refuses fallbacks that go round, which would never end", () => {
    const falls = (id: string, to: string) =>
      node(id, {
        recovery: { kind: "Retry", maxAttempts: 2, then: { kind: "Fallback", node: to } },
      });
    const problems = workflowProblems({
      ...workflow([], []),
      nodes: [falls("a", "b"), falls("b", "c"), falls("c", "b")],
    });
    assert.deepEqual(problems, [{
      kind: "Cycle",
      nodes: ["b", "c", "b"],
      message: 'the fallbacks go round: "b" -> "c" -> "b"',
    }]);
    const itself = workflowProblems({ ...workflow([], []), nodes: [falls("a", "a")] });
    assert.deepEqual(itself.map(({ message }) => message), ['the fallbacks go round: "a" -> "a"']);
    const chain = { ...workflow([], []), nodes: [falls("a", "b"), falls("b", "c"), node("c")] };
    assert.deepEqual(workflowProblems(chain), []);
  });

  it("takes names that mean something to JavaScript, and an empty workflow", () => {
    const ids = ["__proto__", "constructor", "a,b", "", "0"];
    assert.deepEqual(
      workflowProblems(workflow(ids, ids.slice(1).map((id) => edge(ids[0]!, id)))),
      [],
    );
    assert.deepEqual(workflowProblems(workflow([], [])), []);
  });

  it("takes a cycle of Parallel dependencies, which say nothing of the order", () => {
    const edges = [
      edge("a", "b", { dependencyType: "Parallel" }),
      edge("b", "a", { dependencyType: "Parallel" }),
    ];
    assert.deepEqual(workflowProblems(workflow(["a", "b"], edges)), []);
  });

  it("overflows at no depth", () => {
    const ids = Array.from({ length: 100_000 }, (_, i) => String(i));
    const chain = ids.slice(1).map((id, i) => edge(String(i), id));
    assert.deepEqual(workflowProblems(workflow(ids, chain)), []);
    const [problem, ...more] = workflowProblems(workflow(ids, [...chain, edge("99999", "0")]));
    assert.deepEqual(more, []);
    assert.strictEqual(problem?.kind, "Cycle");
    assert.strictEqual(problem.nodes.length, 100_001);
  });
});

describe("topologicalOrder()", () => {
  it("puts the higher priority first, and of equals what was named first", () => {
    const nodes = [
      node("low", { priority: -1 }),
      node("a"),
      node("high", { priority: 5 }),
      node("b"),
      node("after high", { priority: 9 }),
    ];
    const order = topologicalOrder({
      ...workflow([], [edge("high", "after high")]),
      nodes,
    });
    assert.deepEqual(order, ["high", "after high", "a", "b", "low"]);
  });
});

describe("PriorityHeap", () => {
  it("gives what sorting would", () => {
    const heap = new PriorityHeap();
    const priorities = Array.from({ length: 500 }, (_, i) => (i * 7919) % 13);
    priorities.forEach((priority, item) => heap.push(item, priority));
    const given = priorities.map(() => heap.pop()!);
    const sorted = [...priorities.keys()].sort((a, b) => priorities[b]! - priorities[a]! || a - b);
    assert.deepEqual(given, sorted);
    assert.strictEqual(heap.pop(), undefined);
    assert.strictEqual(heap.size, 0);
  });
});

describe("checkExecutionStep()", () => {
  it("allows the steps of the table and names the others", () => {
    assert.deepEqual(EXECUTION_STATES.Paused, ["Running", "Cancelled"]);
    assert.throws(() => checkExecutionStep("e", "Paused", "Completed"), {
      message:
        "execute_workflow: execution e is Paused and cannot become Completed; from there it can become Running, " +
        "Cancelled",
    });
    assert.throws(() => checkExecutionStep("e", "Failed", "Running"), {
      message: "execute_workflow: execution e is Failed and cannot become Running; it has ended",
    });
  });
});
