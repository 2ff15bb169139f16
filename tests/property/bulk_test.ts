import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { registerConverter, type ToJsOptions } from "../../mod.ts";
import { formInPython, outcome } from "../fixtures/form.ts";
import { mixedGraphs, mixedInJs, mixedInPython, type MixedSpec } from "../fixtures/mixed_graph.ts";
import { evaluate, fromEnvironment, py, test, testWith } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

const options: fc.Arbitrary<ToJsOptions> = fc.record({
  ints: fc.constantFrom("auto", "number", "bigint"),
  dicts: fc.constantFrom("auto", "object", "map"),
  unknown: fc.constantFrom("keep", "throw"),
}, { requiredKeys: [] });

/** A depth, even one without an end, is only known to the general way. */
function sameInTypeScript(spec: MixedSpec, asked: ToJsOptions): void {
  py.scope(() => {
    const list = mixedInPython(JSON.stringify(spec));
    assert.strictEqual(
      outcome(() => list.$.toJs(asked)),
      outcome(() => list.$.toJs({ ...asked, depth: Infinity })),
    );
  });
}

/** Where a predicate must see every object there is no bulk way. */
function inGeneral<T>(act: () => T): T {
  const off = registerConverter({ when: () => false, toPython: () => undefined });
  try {
    return act();
  } finally {
    off();
  }
}

function sameInPython(value: unknown): void {
  py.scope(() => {
    const convert = (): string => outcome(() => py.toPython(value), formInPython);
    assert.strictEqual(convert(), inGeneral(convert));
  });
}

describe("the bulk way to TypeScript is the general way", () => {
  test("for plain graphs", () => {
    fc.assert(fc.property(mixedGraphs(0), options, sameInTypeScript), RUNS);
  });

  test("for graphs with a few values of other types", () => {
    fc.assert(fc.property(mixedGraphs(3), options, sameInTypeScript), RUNS);
  });

  test("for graphs of anything", () => {
    fc.assert(fc.property(mixedGraphs(60), options, sameInTypeScript), RUNS);
  });

  testWith(["numpy"], "for graphs with numpy's scalars and arrays", () => {
    fc.assert(fc.property(mixedGraphs(20, true), options, sameInTypeScript), RUNS);
  });

  const ALONE = [
    "{float('nan'): 1, float('nan'): 2}",
    "{float('nan'), float('nan')}",
    "{'\\ud83d\\ude00': 1, '\\U0001F600': 2}",
    "{'\\ud83d\\ude00', '\\U0001F600'}",
    "{'a': {}, 1: {}}",
    "{1: {}, 'a': {}}",
    "{'__proto__': {'__proto__': None}, 'constructor': []}",
    "{(1, (2, 'x')): [(1, (2, 'x'))]}",
    "{frozenset([1, 2]): frozenset([(1,), 'a'])}",
    "[[[]], (()), {}, {()}, {frozenset(): ()}]",
    "{2**53: 1, 2**53 + 1: 2, -2**53: 3}",
    "{1: 'int', 1.5: 'float', None: 'none', 'x': 'str', (): 'tuple'}",
    "[2**n for n in range(120)] + [-2**n for n in range(120)] + [2**n - 1 for n in range(120)]",
    "[chr(n) for n in (0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff)]",
    "[chr(n) + 'x' * 30 for n in (0xd800, 0xdbff, 0xdc00, 0xdfff, 0xd7ff)]",
    "['x' * n for n in range(70)] + ['x' * 255, 'x' * 256, 'é' * 24, 'é' * 25]",
    "[list(range(100)) for _ in range(3)] * 3",
  ];
  for (const code of ALONE) {
    test(`for ${code}`, () => {
      const list = evaluate(`[${code}]`);
      for (const ints of ["auto", "number", "bigint"] as const) {
        for (const dicts of ["auto", "object", "map"] as const) {
          assert.strictEqual(
            outcome(() => list.$.toJs({ ints, dicts })),
            outcome(() => list.$.toJs({ ints, dicts, depth: Infinity })),
          );
        }
      }
    });
  }
});

describe("the bulk way to Python is the general way", () => {
  test("for plain graphs", () => {
    fc.assert(fc.property(mixedInJs(0), sameInPython), RUNS);
  });

  test("for graphs with a few values of other types", () => {
    fc.assert(fc.property(mixedInJs(3), sameInPython), RUNS);
  });

  test("for graphs of anything", () => {
    fc.assert(fc.property(mixedInJs(60), sameInPython), RUNS);
  });

  const bits = Array.from({ length: 140 }, (_, n) => 2n ** BigInt(n));
  const ALONE: readonly (readonly [string, () => unknown])[] = [
    [
      "ints around every power of two",
      () => [...bits, ...bits.map((n) => -n), ...bits.map((n) => n - 1n)],
    ],
    [
      "numbers around every power of two",
      () => bits.flatMap((n) => [Number(n), -Number(n), Number(n) - 1]),
    ],
    [
      "text of every length",
      () => Array.from({ length: 300 }, (_, n) => "x".repeat(n) + (n % 3 ? "" : "é")),
    ],
    [
      "keys of every length",
      () => Array.from({ length: 300 }, (_, n) => ({ ["x".repeat(n)]: n, é: 1 })),
    ],
    [
      "keys that repeat",
      () => Array.from({ length: 100 }, (_, n) => ({ a: n, b: { a: n }, "": [] })),
    ],
    [
      "Maps of every key",
      () => new Map<unknown, unknown>([[0, 1], ["0", 2], [null, 3], [NaN, 4], [-1.5, 5]]),
    ],
    ["Maps whose keys Python merges", () => [new Map<unknown, number>([[0, 1], [false, 2]])]],
    ["Maps with null and undefined", () => new Map([[null, 1], [undefined, 2]])],
    ["Sets of containers", () => [new Set([[1]])]],
    ["holes", () => [, 1, , new Array(5)]],
    ["arrays of 199 to 203 levels", () =>
      [199, 200, 201, 202, 203].map((count) => {
        let value: unknown[] = [];
        for (let i = 0; i < count; i++) value = i % 2 ? [value, i] : [new Map([[i, value]])];
        return value;
      })],
  ];
  for (const [name, make] of ALONE) {
    test(`for ${name}`, () => {
      const bulk = outcome(() => py.toPython(make()), formInPython);
      assert.strictEqual(bulk, inGeneral(() => outcome(() => py.toPython(make()), formInPython)));
    });
  }
});
