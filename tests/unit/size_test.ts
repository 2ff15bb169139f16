import assert from "node:assert/strict";
import process from "node:process";
import { describe } from "node:test";
import { PyConversionError } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

/** PYDUET_BIG=1 for sizes that take gigabytes. */
const BIG = process.env.PYDUET_BIG === "1";
const FLAT = BIG ? 10_000_000 : 1_000_000;
const MANY = BIG ? 1_000_000 : 200_000;
const LEVELS = 100_000;

const identity = forGood(() => evaluate("lambda x: x"));

/** How deep a nest of arrays, objects, Maps with one entry goes. */
function levels(value: unknown): number {
  let count = 0;
  for (; typeof value === "object" && value !== null; count++) {
    if (Array.isArray(value)) value = value[0];
    else value = value instanceof Map ? value.values().next().value : Object.values(value)[0];
  }
  return count;
}

const levelsInPython: (value: unknown) => number = forGood(() =>
  evaluate(`
def levels(value):
    count = 0
    while value is not None:
        value = value[0] if isinstance(value, (list, tuple)) else next(iter(value.values()))
        count += 1
    return count
levels`)
);

describe(`${LEVELS} levels`, () => {
  const PYTHON = [
    ["lists", "[x]"],
    ["tuples", "(x,)"],
    ["dicts", "{'k': x}"],
    [
      "dicts with numbers as keys",
      "{1: x}",
    ],
    ["OrderedDicts", "OrderedDict(k=x)"],
  ];
  for (const [name, code] of PYTHON) {
    test(`of ${name} come to TypeScript`, () => {
      const nest = evaluate(`
from collections import OrderedDict
x = None
for _ in range(${LEVELS}): x = ${code}
x`);
      assert.strictEqual(levels(nest.$.toJs()), LEVELS);
    });
  }

  const TYPESCRIPT: readonly (readonly [string, (value: unknown) => unknown])[] = [
    ["arrays", (value) => [value]],
    ["objects", (value) => ({ k: value })],
    ["Maps", (value) => new Map([[1, value]])],
  ];
  for (const [name, around] of TYPESCRIPT) {
    test(`of ${name} come to Python`, () => {
      let nest: unknown = null;
      for (let i = 0; i < LEVELS; i++) nest = around(nest);
      assert.strictEqual(levelsInPython(nest), LEVELS);
    });
  }

  test("of an object that makes its elements without end are an error", () => {
    const endless = evaluate(`
from collections.abc import Sequence
class Endless(Sequence):
    def __len__(self): return 1
    def __getitem__(self, i):
        if i: raise IndexError
        return Endless()
[Endless()]`);
    assert.throws(
      () => endless.$.toJs(),
      (error) =>
        error instanceof PyConversionError &&
        /nested 200000 levels deep, which looks endless; limit it with depth/.test(error.message),
    );
    assert.strictEqual(endless.$.toJs({ depth: 4 }).length, 1);
  });
});

describe("size", () => {
  test(`${FLAT} ints and floats, both ways`, () => {
    const ints = evaluate(`list(range(${FLAT}))`).$.toJs();
    assert.strictEqual(ints.length, FLAT);
    assert.strictEqual(ints[FLAT - 1], FLAT - 1);
    assert.strictEqual(evaluate("lambda x: x == list(range(len(x)))")(ints), true);
    const floats = evaluate(`[i + .5 for i in range(${FLAT})]`).$.toJs();
    assert.strictEqual(floats[FLAT - 1], FLAT - 0.5);
    assert.strictEqual(evaluate("lambda x: sum(x)")(floats), FLAT * FLAT / 2);
  });

  test(`${MANY} strings, lists and entries, both ways and by either way`, () => {
    const make = [`['s%d' % i for i in r]`, `[[i] for i in r]`, `{'k%d' % i: i for i in r}`];
    for (const code of [...make, `{i: [i] for i in r}`, `{(i, 'x') for i in r}`]) {
      py.scope(() => {
        const value = evaluate(`r = range(${MANY})\n${code}`);
        const whole = value.$.toJs();
        const general = value.$.toJs({ depth: Infinity });
        for (const each of [whole, general]) {
          assert.strictEqual(each.size ?? Object.keys(each).length, MANY);
        }
        // A tuple comes back as a list, which no set takes.
        if (!(whole instanceof Set)) {
          assert.strictEqual(evaluate("lambda x, y: x == y")(value, whole), true);
          // A PyObject inside takes the general way.
          const listed = evaluate("lambda x, y: x[0] == y")([whole, identity], value);
          assert.strictEqual(listed, true);
        }
      });
    }
  });

  test("an int of a million bits, both ways", () => {
    const bits = 1_000_000;
    const large = evaluate(`(1 << ${bits}) - 12345`);
    assert.ok(large === (1n << BigInt(bits)) - 12345n);
    assert.ok(evaluate(`[-(1 << ${bits})]`).$.toJs()[0] === -(1n << BigInt(bits)));
    assert.strictEqual(evaluate(`lambda x: x == (1 << ${bits}) - 12345`)(large), true);
    assert.strictEqual(evaluate(`lambda x: x == [-(1 << ${bits})]`)([-(1n << BigInt(bits))]), true);
  });

  test("an int beyond every bigint is an error with its place, and stays with Python", () => {
    const list = evaluate("[1, {'n': 1 << 2**30}]");
    const claim =
      /^Cannot convert \$\[1\]\.n: an int of 1073741826 bits, more than a bigint has room/;
    assert.throws(() => list.$.toJs({ depth: Infinity }), {
      name: "PyConversionError",
      message: claim,
    });
    assert.throws(() => evaluate("1 << 2**30"), {
      name: "PyConversionError",
      message: /^Cannot convert \$: an int of/,
    });
    assert.strictEqual(evaluate("lambda x: x[1]['n'].bit_length()")(list), 2 ** 30 + 1);
  });

  const text = BIG ? 100_000_000 : 1_000_000;
  // A lone surrogate costs a hundred times what another character does.
  const rows = [["x", "'x'", text], ["é", "'é'", text], ["\uD800", "'\\ud800'", MANY]] as const;
  for (const [js, python, count] of rows) {
    test(`text of ${count} times ${python}, both ways`, () => {
      py.scope(() => {
        const value = js.repeat(count);
        assert.ok(evaluate(`${python} * ${count}`) === value);
        assert.ok(evaluate(`[${python} * ${count}]`).$.toJs()[0] === value);
        const same = evaluate(`lambda x: x == ${python} * ${count}`);
        assert.strictEqual(same(value), true);
        assert.strictEqual(evaluate("lambda f, x: f(x[0])")(same, [value]), true);
      });
    });
  }
});
