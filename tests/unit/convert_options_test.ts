import assert from "node:assert/strict";
import { describe } from "node:test";
import { PyConversionError } from "../../mod.ts";
import { evaluate, test, thrownBy } from "../fixtures/python.ts";

describe("$.toJs(options)", () => {
  const NAMES = "depth, dicts, dates, ints, arrays and unknown";
  const ROWS: [unknown, string][] = [
    [{ dates: "ISO" }, '$.toJs(): dates may be "date", "iso" or "temporal", not "ISO"'],
    [{ dates: null }, '$.toJs(): dates may be "date", "iso" or "temporal", not null'],
    [{ dicts: "Map" }, '$.toJs(): dicts may be "auto", "object" or "map", not "Map"'],
    [{ ints: BigInt }, '$.toJs(): ints may be "auto", "number" or "bigint", not a function'],
    [{ arrays: ["typed"] }, '$.toJs(): arrays may be "nested" or "typed", not an Array'],
    [{ unknown: true }, '$.toJs(): unknown may be "keep" or "throw", not true'],
    [{ depth: -1 }, "$.toJs(): depth may be a whole number from 0 on, or Infinity, not -1"],
    [{ depth: 1.5 }, "$.toJs(): depth may be a whole number from 0 on, or Infinity, not 1.5"],
    [{ depth: NaN }, "$.toJs(): depth may be a whole number from 0 on, or Infinity, not NaN"],
    [{ depth: "1" }, '$.toJs(): depth may be a whole number from 0 on, or Infinity, not "1"'],
    [{ depth: 1n }, "$.toJs(): depth may be a whole number from 0 on, or Infinity, not 1n"],
    [{ date: "iso" }, `$.toJs() has no option "date"; there are ${NAMES}`],
    [{ toString: 1 }, `$.toJs() has no option "toString"; there are ${NAMES}`],
    [JSON.parse('{ "__proto__": 1 }'), `$.toJs() has no option "__proto__"; there are ${NAMES}`],
    [null, "$.toJs() takes an object of options or a schema, not null"],
    [2, "$.toJs() takes an object of options or a schema, not 2"],
    ["iso", '$.toJs() takes an object of options or a schema, not "iso"'],
    [() => 1, "$.toJs() takes an object of options or a schema, not a function"],
  ];
  for (const [options, message] of ROWS) {
    test(`says: ${message}`, () => {
      const error = thrownBy(() => evaluate("[1]").$.toJs(options as object));
      assert.ok(error instanceof TypeError && !(error instanceof PyConversionError));
      assert.strictEqual(error.message, message);
    });
  }

  test("takes what there is, and undefined for the default", () => {
    const value = evaluate("[[1]]");
    for (
      const options of [
        {},
        { depth: 0 },
        { depth: 2 ** 40 },
        { depth: Infinity },
        { dicts: "auto", dates: "date", ints: "auto", unknown: "keep" },
        { dicts: "map", dates: "temporal", ints: "number", arrays: "typed", unknown: "throw" },
        { depth: undefined, dicts: undefined, dates: undefined, arrays: undefined },
      ]
    ) {
      const result: unknown = value.$.toJs(options as object);
      if (!("depth" in options) || options.depth !== 0) assert.deepStrictEqual(result, [[1]]);
    }
  });
});
