import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, PyConversionError } from "../../mod.ts";
import {
  collectPython,
  evaluate,
  forGood,
  py,
  references,
  seen,
  test,
} from "../fixtures/python.ts";
import { refused } from "../fixtures/refused.ts";

const identity = forGood(() => evaluate("lambda x: x"));

class Temp {
  degrees = 20;
}

describe("what cannot cross to Python", () => {
  const date = new Date(NaN);
  const ROWS: [string, unknown, string][] = [
    ["the value itself", date, "$"],
    ["an element", [1, date], "$[1]"],
    ["a property", { when: date }, "$.when"],
    ["API.md's own example", { users: [0, 1, 2, { tags: date }] }, "$.users[3].tags"],
    ["a name that is no identifier", { "a b": { 'q"': date } }, '$["a b"]["q\\""]'],
    ["an empty name", { "": date }, '$[""]'],
    ["a name with $ and digits", { $a1: date }, "$.$a1"],
    ["a Greek name", { αβ: date }, "$.αβ"],
    ["a Map's value", new Map([[1, date]]), "$[1]"],
    ["a Map's value by text", new Map([["k", [date]]]), "$.k[0]"],
    ["a Map's value by bigint", new Map([[1n, date]]), "$[1n]"],
    ["a Map's value by null", new Map([[null, date]]), "$[null]"],
    ["a Map's value by symbol", new Map([[Symbol("s"), date]]), "$[Symbol(s)]"],
    ["a Map's key", new Map([[date, 1]]), "$[a value of class Date]"],
    ["a Set's element", new Set([date]), "$[a value of class Date]"],
  ];
  for (const [name, value, path] of ROWS) {
    test(`PyConversionError names the place of ${name}`, () => {
      assert.match(refused(value, path).message, /cannot cross yet|invalid Date/);
    });
  }

  test("a getter that throws is an error with its path and cause", () => {
    const cause = new Error("no value today");
    const value = {
      users: [{
        get name(): string {
          throw cause;
        },
      }],
    };
    const error = refused(value, "$.users[0].name");
    assert.strictEqual(
      error.message,
      "Cannot convert $.users[0].name: reading it threw: no value today",
    );
    assert.strictEqual(error.cause, cause);
  });

  test("a getter may throw anything", () => {
    for (
      const thrown of [undefined, null, "text", 12n, Symbol("s"), {}, Object.create(null), () => {}]
    ) {
      const error = refused([{
        get x(): never {
          throw thrown;
        },
      }], "$[0].x");
      assert.strictEqual(error.cause, thrown);
      assert.match(error.message, /: reading it threw: /);
    }
  });

  test("a getter of an array is read once", () => {
    let reads = 0;
    const array = Object.defineProperty([0, 0], 1, { get: () => ++reads, enumerable: true });
    assert.strictEqual(seen(array), "list [0, 1]");
    assert.strictEqual(reads, 1);
  });

  test("a getter that makes its array grow does not hang the conversion", () => {
    const array: unknown[] = [];
    const grow = { get: () => array.push(0), enumerable: true, configurable: true };
    Object.defineProperty(array, 0, grow);
    assert.match(seen(array), /^list \[/);
  });

  const traps: [string, () => unknown, string][] = [
    ["a revoked Proxy", () => revoked({}), "$"],
    ["a revoked Proxy of an array", () => revoked([]), "$"],
    ["a revoked Proxy of a function", () => revoked(() => {}), "$"],
    ["a revoked Proxy inside", () => ({ users: [revoked({})] }), "$.users[0]"],
    ["a revoked Proxy of a function inside", () => [revoked(() => {})], "$[0]"],
    ["a revoked Proxy in a Map", () => new Map([["k", revoked({})]]), "$.k"],
    ["a Proxy whose get trap throws", () => [new Proxy({ a: 1 }, { get: fail })], "$[0].a"],
    ["a Proxy whose ownKeys trap throws", () => [new Proxy({ a: 1 }, { ownKeys: fail })], "$[0]"],
    [
      "a Proxy whose getPrototypeOf trap throws",
      () => [new Proxy({ a: 1 }, { getPrototypeOf: fail })],
      "$[0]",
    ],
    [
      "a Proxy whose length throws",
      () => [
        new Proxy([1], {
          get: (target, key) => key === "length" ? fail() : Reflect.get(target, key),
        }),
      ],
      "$[0]",
    ],
    ["a Proxy of a Map", () => ({ m: [new Proxy(new Map(), {})] }), "$.m[0]"],
    ["a Proxy of a Set", () => ({ m: [new Proxy(new Set(), {})] }), "$.m[0]"],
    ["a Map in name only", () => [Object.create(Map.prototype)], "$[0]"],
  ];
  for (const [name, make, path] of traps) {
    test(`${name} is a PyConversionError`, () => void refused(make(), path));
  }

  test("a Proxy is not asked for more than its keys and values", () => {
    const asked: (string | symbol)[] = [];
    const value = new Proxy({ a: 1 }, {
      get(target, key) {
        asked.push(key);
        return Reflect.get(target, key);
      },
    });
    assert.strictEqual(seen(value), "dict {'a': 1}");
    assert.deepEqual(asked.filter((key) => typeof key === "string"), ["a"]);
  });

  function revoked(target: object): object {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  }

  function fail(): never {
    throw new Error("trapped");
  }

  test("a conversion that fails leaves every probe and every held value as it was", () => {
    const probe = evaluate("object()");
    const before = references(probe);
    const temp = new Temp();
    const failing = [
      new Date(NaN),
      revoked({}),
      {
        get x(): never {
          throw new Error("x");
        },
      },
      new Map<unknown, number>([[0, 1], [false, 2]]),
      new Set([[]]),
    ];
    for (const bad of failing) {
      for (
        const value of [
          [probe, temp, () => 1, bad],
          { a: probe, b: [probe, { c: temp }], z: bad },
          new Map<unknown, unknown>([[probe, probe], [temp, [temp]], ["z", bad]]),
          [new Set([probe, temp]), bad],
          [[[probe]], [[bad]], [[probe]]],
        ]
      ) {
        assert.throws(() => py.toPython(value));
        assert.throws(() => identity(probe, value));
        assert.throws(() => identity(value, probe));
      }
    }
    collectPython();
    assert.strictEqual(references(probe), before);
  });

  test("a conversion that fails in $.set, an attribute or kw leaves the object as it was", () => {
    const list = evaluate("[1, 2]");
    assert.throws(() => list.$.set(0, [new Date(NaN)]), PyConversionError);
    assert.throws(() => list[0] = { a: new Date(NaN) }, PyConversionError);
    assert.deepEqual(list.$.toJs(), [1, 2]);
    const object = evaluate("import types\ntypes.SimpleNamespace(a=1)");
    assert.throws(
      () => object.a = new Map([[1, 1], [1n, 1]] as [unknown, number][]),
      PyConversionError,
    );
    assert.deepEqual(object.$.toJs(), { a: 1 });
    assert.ok(isPyObject(object));
  });
});
