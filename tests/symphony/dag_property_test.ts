import process from "node:process";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  CheckpointStore,
  DagTracker,
  topologicalOrder,
  type Workflow,
  type WorkflowEdge,
  WorkflowError,
} from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/folder.ts";
import { until } from "../fixtures/manual_clock.ts";

/** PYDUET_RUNS=2000 for a long look. */
const RUNS = {
  numRuns: Number(process.env.PYDUET_RUNS ?? 60),
  seed: Number(process.env.PYDUET_SEED ?? 1),
};

/** How a node behaves: synchronous, after so many turns, failing. */
const behaviour = fc.constantFrom("sync", "sync", "soon", "late", "fails");
const dependencyType = fc.constantFrom(
  "Hard" as const,
  "Hard" as const,
  "Soft" as const,
  "Optional" as const,
);

interface Plan {
  readonly workflow: Workflow;
  readonly behaviours: readonly string[];
}

/** A workflow whose edges lead from lower numbers to higher ones, its nodes in any order. */
const plan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc.record({
    order: fc.shuffledSubarray(Array.from({ length: count }, (_, i) => i), { minLength: count }),
    behaviours: fc.array(behaviour, { minLength: count, maxLength: count }),
    priorities: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: count, maxLength: count }),
    pairs: fc.uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1), dependencyType), {
      maxLength: 3 * count,
      selector: ([a, b]) => `${Math.min(a, b)},${Math.max(a, b)}`,
    }),
  }).map(({ order, behaviours, priorities, pairs }) => ({
    behaviours,
    workflow: {
      name: "random",
      version: "1",
      nodes: order.map((i) => ({
        id: String(i),
        kind: "Instrument",
        type: "work",
        configuration: {},
        priority: priorities[i]!,
      })),
      edges: pairs.filter(([a, b]) => a !== b).map(([a, b, dependencyType]) => ({
        from: String(Math.min(a, b)),
        to: String(Math.max(a, b)),
        kind: "Data",
        dependencyType,
      })),
    },
  }))
);

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

describe("random workflows", () => {
  it("each node runs once, after all that it needs, and so many at a time at most", async () => {
    await fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 5 }), async (plan, maxConcurrency) => {
        const { workflow, behaviours } = plan;
        const began: string[] = [];
        const ended = new Set<string>();
        const wrong: string[] = [];
        let [now, most] = [0, 0];
        const tracker = new DagTracker({ maxConcurrency });
        tracker.register("work", ({ id }, inputs) => {
          for (const { from, to, dependencyType } of workflow.edges) {
            if (to !== id || dependencyType === "Optional") continue;
            const state = execution.nodeState(from);
            const may = dependencyType === "Hard"
              ? state === "Completed"
              : ended.has(from) || state === "Skipped";
            // What is thrown here is the node's own failure.
            if (!may) wrong.push(`${id} began while ${from} was ${state}`);
            if (Object.hasOwn(inputs, from) !== (state === "Completed")) {
              wrong.push(`the inputs of ${id} and ${from}, which was ${state}`);
            }
          }
          began.push(id);
          most = Math.max(most, ++now);
          const end = (): string => {
            now -= 1;
            ended.add(id);
            if (behaviours[Number(id)] === "fails") throw new Error(id);
            return id;
          };
          const wait = { soon: 1, late: 4 }[behaviours[Number(id)]!];
          return wait === undefined ? end() : turns(wait).then(end);
        });
        const execution = tracker.start(tracker.createWorkflow(workflow));
        const { status } = await execution.result;
        await execution.idle();
        assert.deepEqual(wrong, []);
        assert.ok(most <= maxConcurrency, `${most} at a time`);
        assert.strictEqual(new Set(began).size, began.length);
        const states = execution.nodeStates();
        const fatal = workflow.nodes.some(({ id }) =>
          states[id] === "Failed" && !toleratesFailure(id, workflow.edges)
        );
        assert.strictEqual(status, fatal ? "Failed" : "Completed");
        for (const { id } of workflow.nodes) {
          if (began.includes(id)) continue;
          assert.strictEqual(states[id], "Skipped");
          // With nobody to stop it, a node is skipped only for what it needs and cannot have.
          const lacks = workflow.edges.some(({ from, to, dependencyType }) =>
            to === id && dependencyType === "Hard" && states[from] !== "Completed"
          );
          assert.ok(lacks || status === "Failed", `${id} was skipped`);
        }
      }),
      RUNS,
    );
  });

  it("topologicalOrder() holds every node once, after what it needs", () => {
    fc.assert(
      fc.property(plan, ({ workflow }) => {
        const order = topologicalOrder(workflow);
        assert.deepEqual([...order].sort(), workflow.nodes.map(({ id }) => id).sort());
        for (const { from, to } of workflow.edges) {
          assert.ok(order.indexOf(from) < order.indexOf(to));
        }
      }),
      RUNS,
    );
  });

  it("a cycle is refused, and the one that is named is one", () => {
    fc.assert(
      fc.property(
        plan.filter(({ workflow }) => workflow.nodes.length > 1),
        fc.array(fc.nat(), { minLength: 2, maxLength: 6 }),
        ({ workflow }, picks) => {
          const ids = workflow.nodes.map(({ id }) => id);
          const ring = [...new Set(picks.map((pick) => ids[pick % ids.length]!))];
          fc.pre(ring.length > 1);
          const has = (from: string, to: string) =>
            workflow.edges.some((edge) => edge.from === from && edge.to === to);
          const edges: WorkflowEdge[] = ring.map((from, i) => ({
            from,
            to: ring[(i + 1) % ring.length]!,
            kind: "Data" as const,
          })).filter(({ from, to }) => !has(from, to));
          const cyclic = { ...workflow, edges: [...workflow.edges, ...edges] };
          assert.throws(() => new DagTracker().createWorkflow(cyclic), (error: unknown) => {
            assert.ok(error instanceof WorkflowError);
            const [{ kind, nodes }] = error.problems as [WorkflowError["problems"][number]];
            assert.strictEqual(kind, "Cycle");
            assert.ok(nodes.length > 2);
            assert.strictEqual(nodes[0], nodes.at(-1));
            assert.strictEqual(new Set(nodes).size, nodes.length - 1);
            for (let i = 1; i < nodes.length; i++) {
              assert.ok(
                cyclic.edges.some(({ from, to }) => from === nodes[i - 1] && to === nodes[i]),
              );
            }
            return true;
          });
        },
      ),
      RUNS,
    );
  });

  it("stopped anywhere and taken up again, each node completes once", async () => {
    await fc.assert(
      fc.asyncProperty(
        plan,
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        ({ workflow }, pick, checkpointEvery) =>
          inFolder(async (folder) => {
            const checkpoints = new CheckpointStore(folder, { durable: false });
            const stop = pick % workflow.nodes.length;
            const completed: string[] = [];
            const tracker = (dies: boolean): DagTracker => {
              let ran = 0;
              const made = new DagTracker({ checkpoints, checkpointEvery, maxConcurrency: 3 });
              made.register("work", ({ id }) => {
                if (dies && ran >= stop) return new Promise(() => {});
                ran += 1;
                return id;
              });
              return made;
            };
            const note = {
              onEvent: ({ node, state }: { node?: string; state: string }) => {
                if (node !== undefined && state === "Completed") completed.push(node);
              },
            };
            const first = tracker(true);
            const execution = first.start(first.createWorkflow(workflow), {}, note);
            await until(() => execution.runningNodes > 0 && completed.length === stop);
            const second = tracker(false);
            const again = second.resumeExecution(
              second.createWorkflow(workflow),
              execution.id,
              note,
            );
            const { status, data } = await again.result;
            assert.strictEqual(status, "Completed");
            const ids = workflow.nodes.map(({ id }) => id).sort();
            assert.deepEqual(Object.keys(data).sort(), ids);
            assert.deepEqual([...completed].sort(), ids);
          }),
      ),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
    );
  });
});

function toleratesFailure(id: string, edges: readonly WorkflowEdge[]): boolean {
  const leaving = edges.filter(({ from }) => from === id);
  return leaving.length > 0 && leaving.every(({ dependencyType }) => dependencyType !== "Hard");
}
