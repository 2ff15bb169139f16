import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, PyConversionError, PythonError } from "../../mod.ts";
import { deep, evaluate, py, test, thrownBy } from "../fixtures/python.ts";

const IMPORTS = `
import array, collections, dataclasses, datetime, decimal, enum, fractions, pathlib, types, typing, uuid
from collections.abc import Mapping, Sequence, Set
UTC = datetime.timezone.utc
`;

/** `$.toJs()` of an expression, with the standard library imported. */
function plain(expression: string, options = {}, statements = "") {
  return deep(expression, options, IMPORTS + statements);
}

/** The error of a conversion that is refused. */
function refused(expression: string, options = {}, statements = ""): PyConversionError {
  const error = thrownBy(() => plain(expression, options, statements));
  assert.ok(error instanceof PyConversionError, `${error.constructor.name}: ${error.message}`);
  return error;
}

class Temp {}

describe("$.toJs() of builtins", () => {
  const ROWS: [string, unknown][] = [
    ["None", null],
    ["True", true],
    ["5", 5],
    ["2**60", 2n ** 60n],
    ["-0.0", -0],
    ["'x'", "x"],
    ["[]", []],
    ["()", []],
    ["[1, (2, [3])]", [1, [2, [3]]]],
    ["{}", {}],
    ["{'a': 1, 'b': {'c': None}}", { a: 1, b: { c: null } }],
    ["{1: 'a'}", new Map([[1, "a"]])],
    ["{1: 7, '1': 9}", new Map<unknown, number>([[1, 7], ["1", 9]])],
    ["{None: 0}", new Map([[null, 0]])],
    ["{True: 0, 2: 1}", new Map<unknown, number>([[true, 0], [2, 1]])],
    ["{(2, 2): 0}", new Map([[[2, 2], 0]])],
    ["{b'a': 1}", new Map([[new Uint8Array([97]), 1]])],
    ["{frozenset([1]): 0}", new Map([[new Set([1]), 0]])],
    ["{'': 1, 'a b': 2, '1': 3}", { "": 1, "a b": 2, "1": 3 }],
    ["set()", new Set()],
    ["{1, 'a'}", new Set([1, "a"])],
    ["frozenset([(1, 2)])", new Set([[1, 2]])],
    ["[(1, 2), (3, 4), [5, 6], {'a': 1, 2: 3, 4: 9}]", [
      [1, 2],
      [3, 4],
      [5, 6],
      new Map<unknown, number>([["a", 1], [2, 3], [4, 9]]),
    ]],
    ["bytearray(b'ab')", new Uint8Array([97, 98])],
    ["memoryview(b'ab')", new Uint8Array([97, 98])],
    ["range(3)", [0, 1, 2]],
    ["range(0)", []],
    ["1+2j", { re: 1, im: 2 }],
    ["complex('nan')", { re: NaN, im: 0 }],
    ["{'a': 1}.keys()", new Set(["a"])],
    ["{'a': 1}.items()", new Set([["a", 1]])],
  ];
  for (const [code, value] of ROWS) {
    test(`$.toJs() of ${code}`, () => {
      assert.deepStrictEqual(plain(code), value);
    });
  }

  test("$.toJs() keeps the order of a dict", () => {
    assert.deepEqual(Object.keys(plain("{'b': 1, 'a': 2}")), ["b", "a"]);
    assert.deepEqual([...plain("{'b': 1, 2: 2, 'a': 3}").keys()], ["b", 2, "a"]);
  });

  test("$.toJs() makes __proto__ an own property", () => {
    const value = plain("{'__proto__': {'polluted': 1}, 'constructor': 2}");
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
    assert.deepEqual(Object.getOwnPropertyDescriptor(value, "__proto__"), {
      value: { polluted: 1 },
      writable: true,
      enumerable: true,
      configurable: true,
    });
    assert.strictEqual(Object.getPrototypeOf(value), Object.prototype);
    assert.strictEqual(({} as Record<string, unknown>)["polluted"], undefined);
  });

  test("$.toJs() of what has no plain form gives the PyObject", () => {
    for (
      const code of [
        "object()",
        "len",
        "int",
        "lambda: 1",
        "iter([])",
        "types",
        "...",
        "slice(1)",
        "(x for x in ())",
        "ValueError('x')",
      ]
    ) {
      const value = plain(code);
      assert.ok(isPyObject(value), code);
      assert.match(
        refused(code, { unknown: "throw" }).message,
        /^Cannot convert \$\[0\]: .* has no plain form/,
        code,
      );
      assert.strictEqual(
        refused(`{'users': [(${code},)]}`, { unknown: "throw" }).path,
        "$[0].users[0][0]",
      );
    }
  });

  test("$.toJs() gives a TypeScript value that Python held, also with unknown: throw", () => {
    const pass = evaluate("lambda *x: x");
    for (const value of [new Temp(), () => 1, Symbol("s"), new Error("e"), /x/]) {
      assert.strictEqual(pass(value).$.toJs()[0], value);
      assert.strictEqual(pass([value], { v: value }).$.toJs({ unknown: "throw" })[0][0], value);
    }
  });

  test("$.toJs() of a scalar that is held gives the scalar", () => {
    for (const value of [null, true, 5, 2n ** 70n, "x", 1.5]) {
      assert.strictEqual(py.toPython(value).$.toJs(), value);
    }
  });

  test("JSON.stringify() takes the converted value", () => {
    assert.strictEqual(JSON.stringify(evaluate("{'a': [1, (2,)]}")), '{"a":[1,[2]]}');
  });
});

describe("$.toJs() options", () => {
  test("dicts: map makes every dict a Map", () => {
    assert.deepEqual(
      plain("{'a': {'b': 1}, 'c': {}}", { dicts: "map" }),
      new Map([["a", new Map([["b", 1]])], ["c", new Map()]]),
    );
  });

  test("dicts: object takes text keys alone", () => {
    assert.deepEqual(plain("{'a': {'b': 1}}", { dicts: "object" }), { a: { b: 1 } });
    const error = refused("{'users': [{'a': 1}, {(1, 2): 3}]}", { dicts: "object" });
    assert.strictEqual(error.path, "$[0].users[1]");
    assert.match(error.message, /the dict's key \(1, 2\) is no str/);
    assert.match(
      refused("collections.OrderedDict({1: 2})", { dicts: "object" }).message,
      /key 1 is no str/,
    );
  });

  test("ints: bigint makes every int a bigint, and nothing else", () => {
    assert.deepEqual(
      plain("[1, -1, 2**60, True, 1.0, {'a': 2}, (3,), {4}, None]", { ints: "bigint" }),
      [1n, -1n, 2n ** 60n, true, 1, { a: 2n }, [3n], new Set([4n]), null],
    );
    assert.deepEqual(plain("{1: 2}", { ints: "bigint" }), new Map([[1n, 2n]]));
    assert.strictEqual(plain("enum.IntEnum('E', 'A').A", { ints: "bigint" }), 1n);
    assert.strictEqual(plain("type('I', (int,), {})(7)", { ints: "bigint" }), 7n);
  });

  test("ints: number refuses what it would round, with the path", () => {
    assert.deepEqual(plain("[1, 2**53 - 1]", { ints: "number" }), [1, 2 ** 53 - 1]);
    const error = refused("{'users': [{'id': 2**53}]}", { ints: "number" });
    assert.strictEqual(error.path, "$[0].users[0].id");
    assert.match(error.message, /9007199254740992 is beyond the safe integers/);
    assert.match(refused("{2**60: 1}", { ints: "number" }).message, /beyond the safe integers/);
    assert.match(refused("{2**60}", { ints: "number" }).message, /beyond the safe integers/);
  });

  test("depth keeps deeper containers as PyObjects", () => {
    const value = evaluate("[1, [2, [3]], {'a': [4]}, 'x']");
    assert.ok(isPyObject(value.$.toJs({ depth: 0 })));
    assert.strictEqual(value.$.toJs({ depth: 0 }).$.is(value), true);
    const one = value.$.toJs({ depth: 1 });
    assert.strictEqual(one[0], 1);
    assert.ok(isPyObject(one[1]) && isPyObject(one[2]));
    assert.strictEqual(one[1].$.is(value[1]), true);
    assert.strictEqual(one[3], "x");
    const two = value.$.toJs({ depth: 2 });
    assert.strictEqual(two[1][0], 2);
    assert.ok(isPyObject(two[1][1]));
    assert.deepEqual(value.$.toJs({ depth: 3 }), [1, [2, [3]], { a: [4] }, "x"]);
    assert.deepEqual(value.$.toJs({ depth: Infinity }), value.$.toJs());
  });

  test("depth treats a shared object by its shortest path", () => {
    const value = evaluate("x = ['x']\n[[x], [[x]]]");
    const [[near]] = value.$.toJs({ depth: 3 });
    assert.ok(Array.isArray(near), "x stands at a depth of 2, within the limit of 3");
    const other = evaluate("x = ['x']\n[[[x]], [x]]").$.toJs({ depth: 3 });
    assert.ok(Array.isArray(other[1][0]), "whichever comes first");
  });

  test("unknown: throw names the place in a Map and in a Set", () => {
    assert.strictEqual(refused("{'a': {1: object()}}", { unknown: "throw" }).path, "$[0].a[1]");
    assert.match(
      refused("{object()}", { unknown: "throw" }).message,
      /<object object at .*> has no plain form/,
    );
  });
});

describe("$.toJs() keeps shapes", () => {
  test("shared objects stay shared", () => {
    const value = evaluate(
      "a = [1]\nt = (a,)\nd = {'a': a}\ns = {2}\n[a, a, t, t, d, d, s, s, [1]]",
    ).$.toJs();
    for (const i of [0, 2, 4, 6]) assert.strictEqual(value[i], value[i + 1]);
    assert.strictEqual(value[2][0], value[0]);
    assert.strictEqual(value[4].a, value[0]);
    assert.notStrictEqual(value[8], value[0]);
    const five = evaluate("a=[1]\n[a]*5").$.toJs();
    assert.strictEqual(five[0], five[4]);
  });

  test("shared objects of other types stay shared", () => {
    const value = plain(
      "[p, p, q, q, n, n, w, w, u, u]",
      {},
      `
p = collections.deque([1])
q = collections.OrderedDict(a=1)
n = types.SimpleNamespace(a=1)
w = datetime.datetime(2020, 1, 1)
u = object()
`,
    );
    for (let i = 0; i < 10; i += 2) assert.strictEqual(value[i], value[i + 1], `${i}`);
  });

  test("cycles stay cycles, through every container", () => {
    const list = evaluate("x = []\nx.append(x)\nx").$.toJs();
    assert.strictEqual(list[0], list);
    const dict = evaluate("d = {}\nd['d'] = d\nd").$.toJs();
    assert.strictEqual(dict.d, dict);
    const map = evaluate("d = {}\nd[1] = d\nd").$.toJs();
    assert.strictEqual(map.get(1), map);
    const tuple = evaluate("x = []\nt = (x,)\nx.append(t)\nt").$.toJs();
    assert.strictEqual(tuple[0][0], tuple);
    const namespace = plain("n", {}, "n = types.SimpleNamespace()\nn.n = n\n");
    assert.strictEqual(namespace.n, namespace);
    const deque = plain("d", {}, "d = collections.deque()\nd.append(d)\n");
    assert.strictEqual(deque[0], deque);
    const data = plain(
      "p",
      {},
      "@dataclasses.dataclass\nclass P:\n    me: object\np = P(None)\np.me = p\n",
    );
    assert.strictEqual(data.me, data);
    const member = plain("E.A", {}, "class E(enum.Enum):\n    A = []\nE.A.value.append(E.A)\n");
    assert.strictEqual(member[0], member);
  });

  test("a depth of 100,000 crosses, of every container", () => {
    for (
      const [step, next] of [
        ["[x]", (x: unknown[]) => x[0]],
        ["(x,)", (x: unknown[]) => x[0]],
        ["{'x': x}", (x: { x: unknown }) => x.x],
        ["{1: x}", (x: Map<number, unknown>) => x.get(1)],
        // No deque: CPython itself overflows the stack when it frees that many, one in the other.
        ["UserList([x])", (x: unknown[]) => x[0]],
        ["SimpleNamespace(x=x)", (x: { x: unknown }) => x.x],
      ] as [string, (x: never) => unknown][]
    ) {
      // Asking Python what an object is takes its time.
      const depth = step.includes("(x=") || step.includes("List") ? 20_000 : 100_000;
      py.scope(() => {
        let value = evaluate(`
from collections import UserList
from types import SimpleNamespace
x = None
for _ in range(${depth}):
    x = ${step}
x`).$.toJs();
        let found = 0;
        for (; value !== null; found++) value = next(value as never);
        assert.strictEqual(found, depth, step);
      });
    }
  });

  test("an unplain value at a depth of 100,000 has a path that can be read", () => {
    const error = refused(
      "x",
      { unknown: "throw" },
      "x = object()\nfor _ in range(100000):\n    x = [x]\n",
    );
    assert.match(error.message, /^Cannot convert \$(\[0\])+…(\[0\])+: /);
    assert.ok(error.message.length < 600);
  });

  test("1,000,000 elements cross", () => {
    const list = evaluate("list(range(1000000))").$.toJs();
    assert.strictEqual(list.length, 1_000_000);
    assert.strictEqual(list[999_999], 999_999);
    const dict = evaluate("{str(i): i for i in range(100000)}").$.toJs();
    assert.strictEqual(dict["99999"], 99_999);
    assert.strictEqual(evaluate("set(range(100000))").$.toJs().size, 100_000);
  });

  // {Decimal("1"): …, "1": …} are two entries in Python.
  const MERGING: Record<string, string> = {
    "two keys": "{decimal.Decimal('1'): 1, '1': 2}",
    "an enum member and its value": "{E.A: 1, 1: 2}",
    "two elements": "{decimal.Decimal('1'), '1'}",
    "two paths": "{pathlib.PurePosixPath('a'): 1, 'a': 2}",
  };
  for (const [name, code] of Object.entries(MERGING)) {
    test(`${name} that only TypeScript would merge are not lost silently`, () => {
      const act = () => plain(code, {}, "class E(enum.Enum):\n    A = 1\n");
      try {
        assert.strictEqual(act().size, 2);
      } catch (error) {
        assert.ok(error instanceof PyConversionError, (error as Error).message);
      }
    });
  }
});

describe("$.toJs(schema)", () => {
  const schema = (validate: (value: unknown) => unknown) =>
    ({ "~standard": { version: 1, vendor: "test", validate } }) as never;

  test("$.toJs(schema) gives the schema's own value", () => {
    const value = evaluate("{'a': [1]}").$.toJs(schema((value) => ({ value: { wrapped: value } })));
    assert.deepEqual(value, { wrapped: { a: [1] } });
    assert.strictEqual(evaluate("[1]").$.toJs(schema(() => ({ value: undefined }))), undefined);
  });

  test("$.toJs(schema) takes a schema that is a function", () => {
    const callable = Object.assign(() => {}, {
      "~standard": { version: 1, vendor: "f", validate: (value: unknown) => ({ value }) },
    });
    assert.deepEqual(evaluate("[1]").$.toJs(callable as never), [1]);
  });

  test("$.toJs(schema) throws the issues with their paths", () => {
    const error = thrownBy(() =>
      evaluate("{}").$.toJs(schema(() => ({
        issues: [
          { message: "expected a string", path: ["users", 3, { key: "tags" }] },
          { message: "too short", path: ["a b"] },
          { message: "wrong as a whole" },
        ],
      })))
    );
    assert.ok(error instanceof PyConversionError);
    assert.strictEqual(error.path, "$.users[3].tags");
    // The first place stands before the reasons as in every such error.
    assert.match(
      error.message,
      /^Cannot convert \$\.users\[3\]\.tags: .*expected a string; \$\["a b"\]: too short; \$: wrong as a whole$/,
    );
  });

  test("$.toJs(schema) lets an error of the schema's own pass", () => {
    const own = new Error("broken schema");
    assert.strictEqual(
      thrownBy(() =>
        evaluate("[]").$.toJs(schema(() => {
          throw own;
        }))
      ),
      own,
    );
  });

  test("$.toJs(schema) refuses a schema that answers later", () => {
    const error = thrownBy(() =>
      evaluate("[]").$.toJs(schema(() => Promise.resolve({ value: 1 })))
    );
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /asynchronously/);
  });
});

describe("$.toJs() errors of Python's", () => {
  test("what Python raises while it is asked passes as PythonError", () => {
    const error = thrownBy(() =>
      plain(
        "Bad()",
        {},
        "class Bad(Mapping):\n    def __getitem__(self, k): raise KeyError(k)\n    def __iter__(self): raise ValueError('no keys')\n    def __len__(self): return 1\n",
      )
    );
    assert.ok(error instanceof PythonError);
    assert.strictEqual(error.type, "ValueError");
  });
});
