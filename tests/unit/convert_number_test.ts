import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { bigintOf, bytesOf } from "../../src/convert/number.ts";
import { evaluate, py, seen, test } from "../fixtures/python.ts";

/** What Python writes, and what TypeScript gets. */
const INTS: [string, number | bigint][] = [
  ["0", 0],
  ["1", 1],
  ["-1", -1],
  ["-2", -2],
  ["-5", -5],
  ["-6", -6],
  ["256", 256],
  ["257", 257],
  ["2**15", 2 ** 15],
  ["2**30-1", 2 ** 30 - 1],
  ["2**30", 2 ** 30],
  ["-(2**30)", -(2 ** 30)],
  ["2**31", 2 ** 31],
  ["2**32", 2 ** 32],
  ["-(2**32)", -(2 ** 32)],
  ["2**52", 2 ** 52],
  ["2**53-2", 9007199254740990],
  ["2**53-1", 9007199254740991],
  ["-(2**53)+1", -9007199254740991],
  ["2**53", 9007199254740992n],
  ["-(2**53)", -9007199254740992n],
  ["2**53+1", 9007199254740993n],
  ["-(2**53)-1", -9007199254740993n],
  ["2**60-1", 2n ** 60n - 1n],
  ["2**60", 2n ** 60n],
  ["2**63-1", 2n ** 63n - 1n],
  ["2**63", 2n ** 63n],
  ["-(2**63)", -(2n ** 63n)],
  ["-(2**63)-1", -(2n ** 63n) - 1n],
  ["2**64-1", 2n ** 64n - 1n],
  ["2**64", 2n ** 64n],
  ["-(2**64)", -(2n ** 64n)],
  ["2**64+1", 2n ** 64n + 1n],
  ["-(2**127)", -(2n ** 127n)],
  ["2**127", 2n ** 127n],
  ["2**128-1", 2n ** 128n - 1n],
  ["2**1023", 2n ** 1023n],
  ["2**1024", 2n ** 1024n],
  ["-(2**1024)", -(2n ** 1024n)],
  ["10**400", 10n ** 400n],
  ["-(10**400)", -(10n ** 400n)],
];

describe("int", () => {
  for (const [text, value] of INTS) {
    test(`intToJs() gives ${text} exactly`, () => {
      assert.strictEqual(evaluate(text), value);
    });

    test(`toPython() gives ${text} exactly, and an int`, () => {
      const same = evaluate(`lambda x: x == ${text} and type(x) is int`);
      assert.strictEqual(same(value), true);
      assert.strictEqual(same(BigInt(value)), true);
      assert.strictEqual(same([value].at(0)), true);
      assert.strictEqual(
        evaluate(`lambda x: x == [${text}, ${text}]`)([value, BigInt(value)]),
        true,
      );
    });
  }

  test("intToJs() gives -1 without an error left behind", () => {
    const minus = evaluate("lambda x: -x");
    assert.strictEqual(minus(1), -1);
    assert.deepEqual(evaluate("[-1, -1]").$.toJs(), [-1, -1]);
    assert.strictEqual(minus(minus(1)), 1);
  });

  test("numberToPython() gives CPython's own small ints", () => {
    const isSmall = evaluate("import builtins\nlambda x, text: x is eval(text)");
    for (const value of [-5, -1, 0, 1, 2, 255, 256]) {
      assert.strictEqual(isSmall(value, String(value)), true, `${value} is not the small int`);
      const inList = evaluate("lambda xs, text: xs[0] is eval(text)");
      assert.strictEqual(inList([value], String(value)), true, `[${value}] holds another int`);
    }
  });

  test("bigintToPython() gives CPython's own small ints", () => {
    const isSmall = evaluate("lambda x, text: x is eval(text)");
    for (const value of [-5n, -1n, 0n, 1n, 256n]) {
      assert.strictEqual(isSmall(value, String(value)), true, `${value}n is not the small int`);
    }
  });

  test("toPython() gives an int for 2**53n and a float for 2**53", () => {
    assert.strictEqual(seen(2n ** 53n), "int 9007199254740992");
    assert.strictEqual(seen(2 ** 53), "float 9007199254740992.0");
    assert.strictEqual(seen(-(2 ** 53)), "float -9007199254740992.0");
    assert.strictEqual(seen(2 ** 53 - 1), "int 9007199254740991");
    assert.strictEqual(seen(1e21), "float 1e+21");
  });

  test("bytesOf() and bigintOf() undo one another at every border", () => {
    for (let bits = 0n; bits < 140n; bits++) {
      for (const off of [-2n, -1n, 0n, 1n, 2n]) {
        for (const sign of [1n, -1n]) {
          const value = sign * 2n ** bits + off;
          assert.strictEqual(bigintOf(bytesOf(value)), value);
        }
      }
    }
  });

  test("an int of 100,000 digits crosses both ways", () => {
    const value = 10n ** 100_000n + 7n;
    assert.strictEqual(evaluate("lambda x: x == 10**100_000 + 7")(value), true);
    assert.strictEqual(evaluate("10**100_000 + 7") === value, true);
    assert.strictEqual(evaluate("-(10**100_000)") === -(10n ** 100_000n), true);
  });

  test("a subclass of int stays a PyObject", () => {
    const user = evaluate("class UserId(int): pass\nUserId(7)");
    assert.ok(isPyObject(user));
    assert.strictEqual(user.$.type, "UserId");
    assert.strictEqual(user.$.toJs(), 7);
    const big = evaluate("class UserId(int): pass\nUserId(-2**70)");
    assert.strictEqual(big.$.toJs(), -(2n ** 70n));
  });

  test("toPython() holds an int that would convert back by itself", () => {
    const one = py.toPython(1);
    assert.ok(isPyObject(one));
    assert.strictEqual(one.$.type, "int");
    assert.strictEqual(one.$.toJs(), 1);
    assert.strictEqual(evaluate("lambda x: x")(one), 1);
  });
});

describe("bool", () => {
  test("True and False are true and false, and no ints", () => {
    assert.strictEqual(evaluate("True"), true);
    assert.strictEqual(evaluate("False"), false);
    assert.deepEqual(evaluate("[True, 1, False, 0]").$.toJs(), [true, 1, false, 0]);
  });

  test("true and false are the very True and False", () => {
    assert.strictEqual(evaluate("lambda x: x is True")(true), true);
    assert.strictEqual(evaluate("lambda x: x is False")(false), true);
    assert.strictEqual(evaluate("lambda x: x is True")(1), false);
    assert.strictEqual(evaluate("lambda x: x[0] is True and x[1] is False")([true, false]), true);
  });

  test("boxed primitives are class instances and keep their identity", () => {
    const boxed = Object(1) as object;
    assert.strictEqual(evaluate("lambda x: x")(boxed), boxed);
  });
});

describe("None", () => {
  test("null and undefined are None; None is null", () => {
    const isNone = evaluate("lambda x: x is None");
    assert.strictEqual(isNone(null), true);
    assert.strictEqual(isNone(undefined), true);
    assert.strictEqual(evaluate("None"), null);
    assert.deepEqual(evaluate("lambda x: x")([null, undefined]).$.toJs(), [null, null]);
    assert.strictEqual(py.toPython(null).$.toJs(), null);
  });
});

describe("float", () => {
  const FLOATS: [number, string][] = [
    [-0, "float -0.0"],
    [NaN, "float nan"],
    [Infinity, "float inf"],
    [-Infinity, "float -inf"],
    [42.5, "float 42.5"],
    [42, "int 42"],
    [0.1, "float 0.1"],
    [Number.MIN_VALUE, "float 5e-324"],
    [Number.MAX_VALUE, "float 1.7976931348623157e+308"],
    [Number.EPSILON, "float 2.220446049250313e-16"],
  ];
  for (const [value, text] of FLOATS) {
    test(`numberToPython() makes ${Object.is(value, -0) ? "-0" : value} ${text}`, () => {
      assert.strictEqual(seen(value), text);
      assert.strictEqual(
        evaluate("lambda x: type(x[0]).__name__ + ' ' + repr(x[0])")([value]),
        text,
      );
    });

    test(`toJs() brings ${Object.is(value, -0) ? "-0" : value} back`, () => {
      assert.ok(Object.is(evaluate("lambda x: x")(value), value));
      assert.ok(Object.is(evaluate("lambda x: x")([value]).$.toJs()[0], value));
    });
  }

  test("a whole float is a number as well", () => {
    assert.strictEqual(evaluate("42.0"), 42);
    assert.strictEqual(evaluate("float(2**53)"), 2 ** 53);
    assert.strictEqual(evaluate("1e300"), 1e300);
    assert.ok(Object.is(evaluate("-0.0"), -0));
    assert.ok(Number.isNaN(evaluate("float('nan')")));
    assert.strictEqual(evaluate("-1.0"), -1);
  });

  test("a subclass of float stays a PyObject", () => {
    const metres = evaluate("class Metres(float): pass\nMetres(1.5)");
    assert.ok(isPyObject(metres));
    assert.strictEqual(metres.$.toJs(), 1.5);
  });
});
