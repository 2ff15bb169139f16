import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { buildInPython, buildJs, graphs, shapeInPython, shapeOf } from "../fixtures/graph.ts";
import { evaluate, forGood, fromEnvironment, py, test } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

const identity = forGood(() => evaluate("lambda x: x"));

describe("random graphs", () => {
  test("toPython() keeps the shape of any graph", () => {
    fc.assert(
      fc.property(graphs(["array", "object", "map", "set"]), (spec) =>
        py.scope(() => {
          const value = buildJs(spec);
          assert.strictEqual(shapeInPython(value), shapeOf(value));
        })),
      RUNS,
    );
  });

  test("$.toJs() undoes toPython() for arrays, objects and Sets", () => {
    fc.assert(
      fc.property(graphs(["array", "object", "set"]), (spec) =>
        py.scope(() => {
          const value = [buildJs(spec)];
          const back = identity(value).$.toJs();
          assert.strictEqual(shapeOf(back), shapeOf(value));
          assert.deepStrictEqual(kinds(back), kinds(value));
        })),
      RUNS,
    );
  });

  test("$.toJs({ dicts: map }) undoes toPython() for arrays, Maps and Sets", () => {
    fc.assert(
      fc.property(graphs(["array", "map", "set"]), (spec) =>
        py.scope(() => {
          const value = [buildJs(spec)];
          const back = identity(value).$.toJs({ dicts: "map" });
          assert.strictEqual(shapeOf(back), shapeOf(value));
          assert.deepStrictEqual(kinds(back), kinds(value));
        })),
      RUNS,
    );
  });

  test("$.toJs() keeps the shape of any graph made in Python", () => {
    fc.assert(
      fc.property(
        graphs(["list", "tuple", "dict", "record", "set", "ordered"]),
        (spec) =>
          py.scope(() => {
            const graph = buildInPython(JSON.stringify(spec));
            assert.strictEqual(shapeOf(graph.$.toJs()), shapeInPython(graph));
            assert.strictEqual(shapeOf(graph.$.toJs({ dicts: "map" })), shapeInPython(graph));
          }),
      ),
      RUNS,
    );
  });

  test("$.toJs() twice gives equal graphs that share nothing", () => {
    fc.assert(
      fc.property(graphs(["list", "tuple", "dict", "userlist"]), (spec) =>
        py.scope(() => {
          const graph = buildInPython(JSON.stringify(spec));
          const [a, b] = [graph.$.toJs(), graph.$.toJs()];
          assert.strictEqual(shapeOf(a), shapeOf(b));
          const seen = containers(a);
          for (const each of containers(b)) assert.ok(!seen.has(each));
        })),
      RUNS,
    );
  });
});

function containers(value: unknown, found: Set<object> = new Set()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  const inner = value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
  for (const each of inner) containers(each, found);
  return found;
}

/** What each container is, in the order in which they are met. */
function kinds(value: unknown): string[] {
  return Array.from(containers(value), (each) => Object.prototype.toString.call(each));
}
