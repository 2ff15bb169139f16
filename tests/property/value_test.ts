import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { PyConversionError } from "../../mod.ts";
import { evaluate, forGood, fromEnvironment, py, test } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

const identity = forGood(() => evaluate("lambda x: x"));
const listed = forGood(() => evaluate("lambda x: [x, {'k': x}, (x,)]"));

/** Asserts for every example, each in a scope of its own. */
function always<T>(arbitrary: fc.Arbitrary<T>, claim: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, (value) => py.scope(() => claim(value))), RUNS);
}

/** A value that converts back by itself does so everywhere. */
function comesBack(value: unknown): void {
  assert.ok(Object.is(identity(value), value), `result: ${String(identity(value))}`);
  const [item, dict, tuple] = listed(value).$.toJs();
  assert.ok(Object.is(item, value) && Object.is(dict.k, value) && Object.is(tuple[0], value));
  assert.ok(Object.is(py.toPython(value).$.toJs(), value));
  let passed: unknown;
  evaluate("lambda f, x: f(x)")((got: unknown) => passed = got, value);
  assert.ok(Object.is(passed, value));
}

/** Text of any UTF-16 code units. */
const units = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.constantFrom(0, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfeff, 0xfffe, 0x41),
  ),
  { maxLength: 60 },
).map((codes) => String.fromCharCode(...codes));

const longText = fc.tuple(units, fc.integer({ min: 0, max: 300 })).map(([text, times]) =>
  text.repeat(times)
);

/** Whole numbers around every power of two. */
const wholes = fc.tuple(fc.nat(300), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
  .map(([bits, off, negative]) => (negative ? -1n : 1n) * 2n ** BigInt(bits) + off);

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

describe("toJs(toPython(x)) is x", () => {
  test("for numbers", () => always(fc.double(), comesBack));
  test("for safe integers", () => always(fc.maxSafeInteger(), comesBack));
  test("for small integers", () => always(fc.integer({ min: -300, max: 300 }), comesBack));
  test("for any 32 bits", () => always(fc.integer(), comesBack));
  test("for doubles of any bits", () =>
    always(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (bits) => {
      const value = new Float64Array(new BigUint64Array([bits]).buffer)[0]!;
      comesBack(value);
    }));
  test("for booleans and null", () => always(fc.constantFrom(true, false, null), comesBack));
  test("for text", () => always(fc.string({ unit: "binary", maxLength: 200 }), comesBack));
  test("for graphemes", () => always(fc.string({ unit: "grapheme", maxLength: 200 }), comesBack));
  test("for text of any code units", () => always(units, comesBack));
  test("for long text of any code units", () => always(longText, comesBack));

  test("for bigints, which come back as numbers where they are safe", () => {
    always(
      fc.oneof(wholes, fc.bigInt(), fc.bigInt({ min: -(2n ** 2000n), max: 2n ** 2000n })),
      (value) => {
        const expected = isSafe(value) ? Number(value) : value;
        assert.strictEqual(identity(value), expected);
        assert.strictEqual(listed(value).$.toJs()[0], expected);
        assert.strictEqual(listed(value).$.toJs({ ints: "bigint" })[0], value);
        assert.strictEqual(evaluate("str")(value), String(value));
        assert.strictEqual(evaluate("int")(String(value)), expected);
      },
    );
  });

  test("for bytes, with any offset", () => {
    always(
      fc.tuple(fc.uint8Array({ maxLength: 3000 }), fc.nat(50), fc.nat(50)),
      ([bytes, from, less]) => {
        const part = bytes.subarray(Math.min(from, bytes.length), Math.max(0, bytes.length - less));
        assert.deepStrictEqual(identity(part), new Uint8Array(part));
        assert.deepStrictEqual(listed([part]).$.toJs()[0][0], new Uint8Array(part));
      },
    );
  });

  test("for keys of objects", () => {
    always(fc.dictionary(fc.oneof(units, fc.string()), fc.integer()), (object) => {
      // Without its prototype an example would come back with another one.
      const value = Object.assign({}, object);
      assert.deepStrictEqual(identity(value).$.toJs(), value);
      assert.deepStrictEqual(Object.keys(identity(value).$.toJs()), Object.keys(value));
    });
  });

  test("for values of JSON", () => {
    always(fc.jsonValue({ noUnicodeString: false, stringUnit: "binary" }), (value) => {
      assert.deepStrictEqual(listed(value).$.toJs()[0], value);
    });
  });

  test("for Maps and Sets whose keys Python tells apart; else an error", () => {
    const key = fc.oneof(
      fc.integer({ min: -2, max: 2 }),
      fc.boolean(),
      fc.constant(null),
      fc.string({ maxLength: 1 }),
      fc.bigInt({ min: 0n, max: 2n }),
      fc.double(),
      fc.constant(undefined),
    );
    always(fc.array(fc.tuple(key, fc.integer()), { maxLength: 6 }), (entries) => {
      const map = new Map<unknown, number>(entries);
      const distinct = new Set(Array.from(map.keys(), inPython)).size === map.size;
      for (const value of [map, new Set(map.keys())]) {
        if (!distinct) {
          assert.throws(() => identity(value), PyConversionError);
          continue;
        }
        const back = identity(value).$.toJs({ dicts: "map" });
        assert.deepStrictEqual(
          Array.from(back.keys(), inPython).sort(),
          Array.from(value.keys(), inPython).sort(),
        );
      }
    });
  });
});

/** Equal texts for keys that Python takes for equal. */
function inPython(key: unknown): string {
  if (key === null || key === undefined) return "None";
  return typeof key === "string" ? `str ${key}` : String(Number(key));
}
