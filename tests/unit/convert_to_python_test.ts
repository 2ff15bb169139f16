import assert from "node:assert/strict";
import { describe } from "node:test";
import { PyConversionError, PyReleasedError, PythonError } from "../../mod.ts";
import { evaluate, forGood, py, seen, test, thrownBy } from "../fixtures/python.ts";
import { refused } from "../fixtures/refused.ts";

const identity = forGood(() => evaluate("lambda x: x"));

class Temp {
  degrees = 20;
}

describe("containers to Python", () => {
  const ROWS: [string, () => unknown, string][] = [
    ["an empty array", () => [], "list []"],
    ["an array", () => [1, "a", null, true, 1.5], "list [1, 'a', None, True, 1.5]"],
    ["nested arrays", () => [[], [[]], [[1]]], "list [[], [[]], [[1]]]"],
    ["an empty object", () => ({}), "dict {}"],
    ["an object", () => ({ a: 1, b: { c: [2] } }), "dict {'a': 1, 'b': {'c': [2]}}"],
    ["an object in its own order", () => ({ b: 1, a: 2 }), "dict {'b': 1, 'a': 2}"],
    ["integer keys as str", () => ({ 2: "b", 1: "a" }), "dict {'1': 'a', '2': 'b'}"],
    [
      "an object without prototype",
      () => Object.assign(Object.create(null), { a: 1 }),
      "dict {'a': 1}",
    ],
    [
      "a Map",
      () => new Map<unknown, unknown>([[1, "a"], ["1", "b"], [null, 0]]),
      "dict {1: 'a', '1': 'b', None: 0}",
    ],
    ["an empty Map", () => new Map(), "dict {}"],
    ["a Map of containers", () => new Map([["a", [1]], ["b", [2]]]), "dict {'a': [1], 'b': [2]}"],
    ["a Set", () => new Set([3]), "set {3}"],
    ["an empty Set", () => new Set(), "set set()"],
    ["undefined inside", () => ({ a: undefined, b: [undefined] }), "dict {'a': None, 'b': [None]}"],
    ["-0 and NaN inside", () => [-0, NaN, 0], "list [-0.0, nan, 0]"],
    ["bytes inside", () => [new Uint8Array([65])], "list [b'A']"],
    ["an array's own extra properties", () => Object.assign([1], { extra: 2 }), "list [1]"],
    ["a frozen object", () => Object.freeze({ a: Object.freeze([1]) }), "dict {'a': [1]}"],
    ["getters", () => ({
      get a() {
        return 1;
      },
    }), "dict {'a': 1}"],
    [
      "a key that is no identifier",
      () => ({ "": 1, "a b": 2, "\0": 3 }),
      "dict {'': 1, 'a b': 2, '\\x00': 3}",
    ],
    [
      "__proto__",
      () => JSON.parse('{"__proto__": {"polluted": 1}}'),
      "dict {'__proto__': {'polluted': 1}}",
    ],
    [
      "names of Object.prototype",
      () => ({ constructor: 1, toString: 2, hasOwnProperty: 3 }),
      "dict {'constructor': 1, 'toString': 2, 'hasOwnProperty': 3}",
    ],
  ];
  for (const [name, value, text] of ROWS) {
    test(`toPython() takes ${name}`, () => assert.strictEqual(seen(value()), text));
  }

  test("toPython() leaves out symbol keys and what is not enumerable", () => {
    const value = Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 });
    assert.strictEqual(seen(value), "dict {'a': 1}");
  });

  test("toPython() gives None for the holes of a sparse array", () => {
    // deno-lint-ignore no-sparse-arrays
    assert.strictEqual(seen([1, , 2]), "list [1, None, 2]");
    assert.strictEqual(seen(new Array(3)), "list [None, None, None]");
  });

  test("toPython() gives list, dict and set of exactly these types", () => {
    const types = evaluate(
      "lambda x: [type(x[0]) is list, type(x[1]) is dict, type(x[2]) is set, type(x[3]) is dict]",
    );
    assert.deepEqual(types([[], {}, new Set(), new Map()]).$.toJs(), [true, true, true, true]);
  });

  test("toPython() reads the own elements of subclasses of Array, Map and Set", () => {
    class List extends Array<number> {}
    class Table extends Map<string, number> {}
    class Group extends Set<number> {}
    assert.strictEqual(seen(List.from([1, 2])), "List [1, 2]".replace("List", "list"));
    assert.strictEqual(seen(new Table([["a", 1]])), "dict {'a': 1}");
    assert.strictEqual(seen(new Group([1])), "set {1}");
  });

  test("a set of strings and numbers has what the Set has", () => {
    assert.strictEqual(
      evaluate("lambda s: s == {1, 'a', 2.5, None}")(new Set([1, "a", 2.5, null])),
      true,
    );
  });

  test("a Proxy of an array or an object is what it stands for", () => {
    assert.strictEqual(seen(new Proxy([1, 2], {})), "list [1, 2]");
    assert.strictEqual(seen({ x: new Proxy({ a: [1] }, {}) }), "dict {'x': {'a': [1]}}");
    const answering = new Proxy({}, {
      get: (_target, key) => `value of ${String(key)}`,
      ownKeys: () => ["a", "b"],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 0 }),
    });
    assert.strictEqual(seen(answering), "dict {'a': 'value of a', 'b': 'value of b'}");
  });
});

describe("identity to Python and back", () => {
  test("a class instance is a live JsObject and comes back as itself", () => {
    const temp = new Temp();
    assert.match(seen(temp), /^JsObject /);
    assert.strictEqual(identity(temp), temp);
    assert.strictEqual(identity([temp]).$.get(0), temp);
    assert.strictEqual(identity({ temp }).$.toJs().temp, temp);
    assert.strictEqual(identity([temp]).$.toJs({ unknown: "throw" })[0], temp);
  });

  test("the same instance is the same Python object while Python holds it", () => {
    const temp = new Temp();
    assert.strictEqual(evaluate("lambda xs, y: xs[0] is xs[1] is y")([temp, temp], temp), true);
    assert.strictEqual(evaluate("lambda xs: xs[0] is xs[1]")([new Temp(), new Temp()]), false);
    const holder = identity([temp]);
    assert.strictEqual(evaluate("lambda xs, y: xs[0] is y")(holder, temp), true);
  });

  const LIVE: Record<string, () => unknown> = {
    "a symbol": () => Symbol("s"),
    "a registered symbol": () => Symbol.for("s"),
    "a RegExp": () => /x/,
    "an iterator": () => [1].values(),
    "a generator": () => (function* () {})(),
    "a WeakMap": () => new WeakMap(),
    "an object of another prototype": () => Object.create({ a: 1 }),
    "a function": () => () => 1,
    "a class": () => Temp,
    "an async function": () => async () => {},
    "an Error": () => new RangeError("r"),
    "globalThis": () => globalThis,
    "a URL": () => new URL("x:y"),
    "an AbortSignal": () => new AbortController().signal,
    "a boxed string": () => Object("s"),
    "a boxed symbol": () => Object(Symbol("s")),
  };
  for (const [name, make] of Object.entries(LIVE)) {
    test(`${name} comes back as the very same value`, () => {
      const value = make();
      assert.ok(identity(value) === value);
      assert.ok(identity([value]).$.get(0) === value);
      assert.ok(identity({ x: [value] }).$.toJs().x[0] === value);
      assert.ok(identity(new Map([["k", value]])).$.toJs({ dicts: "map" }).get("k") === value);
      assert.ok(identity(new Set([value])).$.toJs().has(value));
    });
  }

  test("live values can be keys", () => {
    const temp = new Temp();
    const symbol = Symbol("k");
    const fn = () => 1;
    const back = identity(new Map<unknown, number>([[temp, 1], [symbol, 2], [fn, 3]])).$.toJs();
    assert.strictEqual(back.get(temp), 1);
    assert.strictEqual(back.get(symbol), 2);
    assert.strictEqual(back.get(fn), 3);
  });

  test("a PyObject is the very same Python object, at any depth", () => {
    const object = evaluate("object()");
    const is = evaluate("lambda x, y: x is y");
    assert.strictEqual(is(object, object), true);
    assert.strictEqual(evaluate("lambda xs, y: xs[0]['k'] is y")([{ k: object }], object), true);
    assert.strictEqual(
      evaluate("lambda m, y: m[y] is y")(new Map([[object, object]]), object),
      true,
    );
    assert.strictEqual(evaluate("lambda s, y: y in s")(new Set([object]), object), true);
    const list = evaluate("[1]");
    assert.strictEqual(is(list, list.$.clone()), true);
  });

  test("a method of a PyObject is that bound method", () => {
    const list = evaluate("[]");
    evaluate("lambda f: f(5)")(list.append);
    evaluate("lambda fs: fs[0](6)")([list.append]);
    assert.deepEqual(list.$.toJs(), [5, 6]);
  });

  test("a released PyObject is named wherever it stands, and nothing is left", () => {
    const gone = evaluate("[1]");
    gone.$.release();
    const temp = new Temp();
    for (
      const value of [gone, [gone], { a: [temp, gone] }, new Map([["k", gone]]), new Set([gone])]
    ) {
      const error = thrownBy(() => identity(value));
      assert.ok(error instanceof PyReleasedError, `${error.name}: ${error.message}`);
      assert.match(error.message, /list/);
    }
  });
});

describe("shapes to Python", () => {
  test("a shared array stays shared", () => {
    const a = [1];
    assert.strictEqual(evaluate("lambda xs: all(x is xs[0] for x in xs)")([a, a, a, a, a]), true);
    assert.strictEqual(evaluate("lambda d: d['x'] is d['y']['z']")({ x: a, y: { z: a } }), true);
    assert.strictEqual(evaluate("lambda d: d[1] is d[2]")(new Map([[1, a], [2, a]])), true);
    assert.strictEqual(evaluate("lambda xs: xs[0] is xs[1]")([[1], [1]]), false);
  });

  test("shared objects, Maps and Sets stay shared", () => {
    for (const value of [{}, { a: 1 }, new Map(), new Map([[1, 2]]), new Set(), new Set([1])]) {
      assert.strictEqual(evaluate("lambda xs: xs[0] is xs[1]")([value, value]), true);
      const back = identity([value, value]).$.toJs();
      assert.strictEqual(back[0], back[1]);
    }
  });

  test("cycles stay cycles", () => {
    const list: unknown[] = [];
    list.push(list);
    assert.strictEqual(evaluate("lambda x: x[0] is x and len(x) == 1")(list), true);
    const object: Record<string, unknown> = {};
    object["self"] = object;
    assert.strictEqual(evaluate("lambda x: x['self'] is x")(object), true);
    const map = new Map<string, unknown>();
    map.set("self", map);
    assert.strictEqual(evaluate("lambda x: x['self'] is x")(map), true);
    const long: { m: Map<number, unknown> } = { m: new Map() };
    long.m.set(1, [long, long.m]);
    assert.strictEqual(
      evaluate("lambda x: x['m'][1][0] is x and x['m'][1][1] is x['m']")(long),
      true,
    );
    const back = identity(long).$.toJs();
    assert.strictEqual(back.m.get(1)[0], back);
    assert.strictEqual(back.m.get(1)[1], back.m);
  });

  test("two conversions share nothing", () => {
    const a = [1];
    assert.strictEqual(evaluate("lambda x, y: x is y")(a, a), false);
  });

  test("a depth of 100,000 crosses, of every container", () => {
    const depth = 100_000;
    let list: unknown = [];
    let object: unknown = {};
    let map: unknown = new Map();
    let mixed: unknown = 7;
    for (let i = 0; i < depth; i++) {
      list = [list];
      object = { x: object };
      map = new Map([[1, map]]);
      mixed = i % 3 === 0 ? [mixed] : i % 3 === 1 ? { x: mixed } : new Map([["x", mixed]]);
    }
    const measure = evaluate(`
def depth(x):
    n = 0
    while isinstance(x, (list, dict)) and len(x):
        x = x[0] if isinstance(x, list) else next(iter(x.values()))
        n += 1
    return n
depth`);
    for (const value of [list, object, map, mixed]) {
      const held = py.toPython(value);
      assert.strictEqual(measure(held), depth);
      held.$.release();
    }
  });

  test("an error at a depth of 100,000 has a path that can be read", () => {
    let value: unknown = [new Date(NaN)];
    for (let i = 0; i < 100_000; i++) value = [value];
    const error = thrownBy(() => py.toPython(value));
    assert.ok(error instanceof PyConversionError);
    assert.match(error.message, /^Cannot convert \$(\[0\])+…(\[0\])+: an invalid Date/);
    assert.ok(error.message.length < 500);
  });

  test("1,000,000 elements cross", () => {
    const sum = evaluate("sum");
    assert.strictEqual(sum(Array.from({ length: 1_000_000 }, (_, i) => i)), 499999500000);
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => ["k" + i, i]));
    assert.strictEqual(evaluate("lambda d: len(d) == 100000 and d['k99999'] == 99999")(wide), true);
    assert.strictEqual(
      evaluate("len")(new Set(Array.from({ length: 100_000 }, (_, i) => i))),
      100_000,
    );
  });
});

describe("keys", () => {
  test("keys that Python merges are an error with the path", () => {
    const pairs: [unknown, unknown][] = [[0, false], [1, true], [1, 1n], [true, 1n], [
      null,
      undefined,
    ], [2.5, evaluate("[2.5][0]") + 0 === 2.5 ? py.toPython(2.5) : 0]];
    for (const [a, b] of pairs) {
      const map = refusedKey(new Map([[a, "a"], [b, "b"]]));
      assert.match(map.message, /equals an earlier key in Python/);
      assert.match(map.message, /one of the two would be lost/);
      assert.match(refusedKey(new Set([a, b])).message, /equals an earlier element in Python/);
    }
    assert.strictEqual(
      refused(new Map<unknown, number>([[0, 1], [false, 2]]), "$[false]").name,
      "PyConversionError",
    );
    assert.match(
      refused(new Set([1, true]), "$[true]").message,
      /^Cannot convert \$\[true\]: true equals an earlier element in Python/,
    );
  });

  function refusedKey(value: unknown): PyConversionError {
    const error = thrownBy(() => py.toPython(value));
    assert.ok(error instanceof PyConversionError, `${error.name}: ${error.message}`);
    return error;
  }

  test("the path of a merged key names the key, undefined too", () => {
    const pathOf = (a: unknown, b: unknown) =>
      refusedKey({ users: [new Map([[a, 1], [b, 2]])] }).path;
    assert.strictEqual(pathOf(0, false), "$.users[0][false]");
    assert.strictEqual(pathOf(1, 1n), "$.users[0][1n]");
    assert.strictEqual(pathOf(null, undefined), "$.users[0][undefined]");
  });

  test("bytes with the same content merge", () => {
    const error = refusedKey(new Set([new Uint8Array([1]), new Uint8Array([1])]));
    assert.match(error.message, /equals an earlier element/);
    assert.strictEqual(seen(new Map([[new Uint8Array([1]), 1]])), "dict {b'\\x01': 1}");
  });

  test("keys that differ in Python cross", () => {
    const map = new Map<unknown, number>([[0, 1], ["0", 2], [null, 3], ["null", 4], [NaN, 5], [
      0.5,
      6,
    ], [2n ** 70n, 7]]);
    assert.strictEqual(evaluate("len")(map), 7);
    assert.deepEqual(identity(map).$.toJs(), map);
  });

  test("mutable keys are an error that says what to use", () => {
    for (
      const [key, kind] of [[[1], "an Array"], [{ a: 1 }, "a value of class Object"], [
        new Map(),
        "a value of class Map",
      ], [new Set(), "a value of class Set"]] as const
    ) {
      const error = refused({ tags: new Map([[key, 1]]) }, `$.tags[${kind}]`);
      assert.match(error.message, /is mutable in Python and cannot be a dict key/);
      assert.match(error.message, /py\.builtins\.tuple/);
      assert.match(refused(new Set([key]), `$[${kind}]`).message, /cannot be a set element/);
    }
  });

  test("what it says to use works", () => {
    const key = py.builtins.tuple([1, 2]);
    assert.strictEqual(seen(new Map([[key, 3]])), "dict {(1, 2): 3}");
  });

  test("an unhashable PyObject is an error with Python's reason", () => {
    const list = evaluate("[1]");
    const error = refusedKey({ a: [new Map([[list, 1]])] });
    assert.match(
      error.message,
      /^Cannot convert \$\.a\[0\]\[.*\]: .* cannot be a dict key: TypeError: .*unhashable/,
    );
    assert.ok(error.cause instanceof PythonError);
    assert.match(
      refusedKey(new Set([list])).message,
      /cannot be a set element: TypeError: .*unhashable/,
    );
  });

  test("a key whose hash or comparison raises is an error with that reason", () => {
    const { Bad, Equal } = evaluate(`
class Bad:
    def __hash__(self): raise ValueError("no hash today")
class Equal:
    def __hash__(self): return 1
    def __eq__(self, other): raise ValueError("no comparison today")
class Both: pass
Both.Bad, Both.Equal = Bad, Equal
Both`);
    assert.match(refusedKey(new Map([[new Bad(), 1]])).message, /ValueError: no hash today/);
    assert.match(refusedKey(new Set([new Bad()])).message, /ValueError: no hash today/);
    assert.match(refusedKey(new Set<unknown>([1, new Equal()])).message, /no comparison today/);
    assert.match(
      refusedKey(new Map<unknown, number>([[1, 1], [new Equal(), 1]])).message,
      /no comparison today/,
    );
  });
});
