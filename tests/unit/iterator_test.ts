import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kw, PyReleasedError, type PyValue } from "../../mod.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";

const LOGGING =
  "def gen(log):\n  try:\n    log('start')\n    for i in range(10):\n      yield i\n" +
  "  finally:\n    log('finally')\ngen";

/** A generator that tells when its `finally` ran. */
function logging(): { gen: PyValue; log: string[] } {
  const log: string[] = [];
  return { gen: evaluate(LOGGING)((text: string) => void log.push(text)), log };
}

describe("iteration", () => {
  it(
    "for…of, spread, destructuring and Array.from read every kind of iterable",
    balanced(() => {
      const cases: [string, unknown[]][] = [
        ["[1, 'a', None]", [1, "a", null]],
        ["(1, 2)", [1, 2]],
        ["range(3)", [0, 1, 2]],
        ["{'a': 1, 'b': 2}", ["a", "b"]],
        ["{'a': 1}.items()", [["a", 1]]],
        ["{5}", [5]],
        ["iter([1, 2])", [1, 2]],
        ["(x * x for x in [1, 2])", [1, 4]],
        ["zip([1], ['x'])", [[1, "x"]]],
        ["enumerate('a')", [[0, "a"]]],
        ["type('S', (), {'__getitem__': lambda s, i: [7, 8][i]})()", [7, 8]],
        ["type('S', (), {'__iter__': lambda s: iter([9])})()", [9]],
        ["bytearray(b'ab')", [97, 98]],
        ["memoryview(b'ab')", [97, 98]],
        ["__import__('collections').deque([1])", [1]],
        ["[]", []],
      ];
      for (const [code, expected] of cases) {
        const make = () => evaluate(code);
        const plain = (items: unknown[]) =>
          items.map((item) => (item as PyValue)?.$?.toJs() ?? item);
        assert.deepEqual(plain([...make()]), expected, code);
        assert.deepEqual(plain(Array.from(make())), expected, code);
        const items: unknown[] = [];
        for (const item of make()) items.push(item);
        assert.deepEqual(plain(items), expected, code);
      }
      const [a, , c = 5, ...rest] = evaluate("[1, 2, 3, 4, 5]");
      assert.deepEqual([a, c, rest], [1, 3, [4, 5]]);
      const [x, y = 6] = evaluate("(1,)");
      assert.deepEqual([x, y], [1, 6]);
      assert.equal(new Set(evaluate("[1, 1, 2]") as Iterable<number>).size, 2);
      assert.equal(Math.max(...evaluate("[1, 9, 2]")), 9);
      assert.deepEqual(Object.fromEntries(evaluate("{'a': 1}.items()")), { a: 1 });
    }),
  );

  it(
    "of what is not iterable is a TypeError",
    balanced(() => {
      for (const code of ["object()", "5 .real.__class__", "len", "lambda: 1"]) {
        const object = evaluate(code);
        assert.throws(() => [...object], TypeError, code);
        assert.equal(object[Symbol.iterator], undefined, code);
      }
      for (
        const body of [
          "__iter__ = None",
          "def __iter__(s): return 5",
          "def __iter__(s): raise KeyError('i')",
        ]
      ) {
        const object = evaluate(`class C:\n  ${body}\nC()`);
        const error = caughtFrom(() => [...object]);
        assert.ok(
          error instanceof TypeError || ["TypeError", "KeyError"].includes(error.type),
          `${body}: ${error}`,
        );
      }
    }),
  );

  it(
    "ends with the error that the iterator raises, once",
    balanced(() => {
      const gen = evaluate("def g():\n  yield 1\n  raise ValueError('mid')\ng()");
      const items: unknown[] = [];
      assert.throws(() => {
        for (const item of gen) items.push(item);
      }, { type: "ValueError" });
      assert.deepEqual(items, [1]);
      assert.deepEqual([...gen], []);
      const broken = evaluate(
        "class I:\n  def __iter__(s): return s\n  def __next__(s): raise KeyError('n')\nI()",
      );
      assert.throws(() => [...broken], { type: "KeyError" });
      const grown = evaluate("{'a': 1}");
      assert.throws(() => {
        for (const key of grown) grown.$.set(`${key}x`, 1);
      }, { type: "RuntimeError" });
    }),
  );

  it(
    "left early closes a generator, and only a generator",
    balanced(() => {
      const early = logging();
      for (const i of early.gen) if (i === 2) break;
      assert.deepEqual(early.log, ["start", "finally"]);
      assert.deepEqual([...early.gen], []);

      const thrown = logging();
      assert.throws(() => {
        for (const _ of thrown.gen) throw new RangeError("out");
      }, RangeError);
      assert.deepEqual(thrown.log, ["start", "finally"]);

      const taken = logging();
      const [first, second] = taken.gen;
      assert.deepEqual([first, second], [0, 1]);
      assert.deepEqual(taken.log, ["start", "finally"]);

      const whole = logging();
      assert.equal([...whole.gen].length, 10);
      assert.deepEqual(whole.log, ["start", "finally"]);

      const list = evaluate("iter([1, 2, 3])");
      for (const _ of list) break;
      assert.deepEqual([...list], [2, 3]);
      const file = evaluate("import io\nio.StringIO('a\\nb\\n')");
      for (const _ of file) break;
      assert.equal(file.closed, false);
      assert.equal(file.read(), "b\n");
    }),
  );

  it("of an object whose scope ended is a PyReleasedError, never a silent end", () => {
    const iterator = py.scope(() => {
      const made = evaluate("[1, 2]")[Symbol.iterator]();
      made.next();
      return { made };
    }).made;
    assert.throws(() => iterator.next(), PyReleasedError);
  });

  it(
    "two iterations of one list do not disturb each other",
    balanced(() => {
      const list = evaluate("[1, 2]");
      const pairs: number[][] = [];
      for (const a of list) for (const b of list) pairs.push([a, b]);
      assert.deepEqual(pairs, [[1, 1], [1, 2], [2, 1], [2, 2]]);
    }),
  );
});

describe("generators", () => {
  it(
    "next(value) sends, as in the table of cases",
    balanced(() => {
      const gen = evaluate("def g():\n  n = 0\n  for _ in range(3):\n    n = yield n + 2\ng()");
      assert.deepEqual(gen.next(), { value: 2, done: false });
      assert.deepEqual(gen.next(3), { value: 5, done: false });
      assert.deepEqual(gen.next(4), { value: 6, done: false });
      assert.deepEqual(gen.next(5), { value: undefined, done: true });
      assert.deepEqual(gen.next(6), { value: undefined, done: true });
    }),
  );

  it(
    "a return value comes with the end",
    balanced(() => {
      const gen = evaluate("def g():\n  yield 1\n  return 'end'\ng()");
      assert.deepEqual(gen.next(), { value: 1, done: false });
      assert.deepEqual(gen.next(), { value: "end", done: true });
      assert.deepEqual(gen.next(), { value: undefined, done: true });
      function* outer(): Generator<unknown, unknown, unknown> {
        return yield* evaluate("def g():\n  x = yield 1\n  return ['got', x]\ng()");
      }
      const delegated = outer();
      assert.deepEqual(delegated.next(), { value: 1, done: false });
      assert.deepEqual((delegated.next("sent") as PyValue).value.$.toJs(), ["got", "sent"]);
    }),
  );

  it(
    "return() runs finally and ends; a second one does nothing",
    balanced(() => {
      const { gen, log } = logging();
      gen.next();
      assert.deepEqual(gen.return("v"), { value: "v", done: true });
      assert.deepEqual(log, ["start", "finally"]);
      assert.deepEqual(gen.return("w"), { value: "w", done: true });
      assert.deepEqual(gen.next(), { value: undefined, done: true });
      const stubborn = evaluate(
        "def g():\n  try:\n    yield 1\n  finally:\n    raise KeyError('f')\ng()",
      );
      stubborn.next();
      assert.throws(() => stubborn.return(), { type: "KeyError" });
      const undying = evaluate(
        "def g():\n  while True:\n    try:\n      yield 1\n    except GeneratorExit:\n      pass\ng()",
      );
      undying.next();
      assert.throws(() => undying.return(), { type: "RuntimeError" });
    }),
  );

  it(
    "throw() raises where the generator stands",
    balanced(() => {
      const source =
        "def g():\n  while True:\n    try:\n      x = yield 'ready'\n    except Exception as e:\n" +
        "      yield type(e).__name__\ng()";
      const gen = evaluate(source);
      gen.next();
      assert.deepEqual(gen.throw(new TypeError("t")), { value: "JsTypeError", done: false });
      gen.next();
      assert.deepEqual(gen.throw(evaluate("KeyError('k')")), { value: "KeyError", done: false });
      gen.next();
      assert.deepEqual(gen.throw(py.builtins.ValueError), { value: "ValueError", done: false });
      const error = new Error("through");
      const open = evaluate("def g():\n  yield 1\ng()");
      open.next();
      assert.equal(caughtFrom(() => open.throw(error)), error);
      assert.deepEqual(open.next(), { value: undefined, done: true });
      const fresh = evaluate("def g():\n  yield 1\ng()");
      assert.equal(caughtFrom(() => fresh.throw(error)), error);
      const ended = evaluate("def g():\n  yield 1\ng()");
      assert.deepEqual([...ended], [1]);
      assert.equal(caughtFrom(() => ended.throw(error)), error);
      for (const odd of [undefined, "text", 5, null, {}]) {
        const g = evaluate("def g():\n  yield 1\ng()");
        g.next();
        const caught = caughtFrom(() => g.throw(odd));
        assert.ok(Object.is(caught, odd), `throw(${String(odd)}) threw ${caught}`);
      }
    }),
  );

  it(
    "keep their methods send, throw and close of Python",
    balanced(() => {
      const gen = evaluate("def g():\n  x = yield 1\n  yield x\ng()");
      assert.equal(gen.send(null), 1);
      assert.equal(gen.send(7), 7);
      gen.close();
      assert.deepEqual([...gen], []);
      assert.equal(gen.$.attr("throw").__name__, "throw");
    }),
  );

  it(
    "re-entered are a ValueError, and a generator that calls JS works",
    balanced(() => {
      const gen: PyValue = evaluate("def g(f):\n  yield f()\ng")(() => gen.next());
      assert.throws(() => gen.next(), { type: "ValueError" });
      const steps = evaluate("def g(f):\n  for i in range(3):\n    yield f(i)\ng")((i: number) => {
        const inner = evaluate("(x for x in range(5))");
        return [...inner].length + i;
      });
      assert.deepEqual([...steps], [5, 6, 7]);
    }),
  );

  it(
    "a Python iterator that is no generator has next() alone",
    balanced(() => {
      const iterator = evaluate("iter([1, 2])");
      assert.deepEqual(iterator.next(), { value: 1, done: false });
      assert.deepEqual(iterator.next("ignored"), { value: 2, done: false });
      assert.deepEqual(iterator.next(), { value: undefined, done: true });
      assert.equal(iterator.return, undefined);
      assert.equal(iterator.throw, undefined);
      const own = evaluate(
        "class C:\n  def next(self): return 'mine'\n  def __iter__(self): return iter([1])\nC()",
      );
      assert.equal(own.next(), "mine");
    }),
  );

  it(
    "iterators have JavaScript's helpers by way of Symbol.iterator",
    balanced(() => {
      const iterator = evaluate("[1, 2, 3]")[Symbol.iterator]();
      assert.equal(iterator[Symbol.iterator](), iterator);
      assert.deepEqual(iterator.next(), { value: 1, done: false });
      assert.deepEqual(iterator.return?.("x"), { value: "x", done: true });
      assert.deepEqual(iterator.next(), { value: undefined, done: true });
    }),
  );

  it(
    "None as a yielded or returned value",
    balanced(() => {
      const gen = evaluate("def g():\n  yield None\n  return None\ng()");
      assert.deepEqual(gen.next(), { value: null, done: false });
      assert.deepEqual(gen.next(), { value: undefined, done: true });
    }),
  );

  it(
    "a million steps hold nothing",
    balanced(() => {
      let sum = 0;
      for (const i of evaluate("range(200000)")) sum += i as number;
      assert.equal(sum, 19999900000);
      const before = py.debug.counts().handles;
      let last: PyValue;
      for (const pair of evaluate("((i, i) for i in range(5000))")) {
        last = pair;
        pair.$.release();
      }
      assert.equal(last.$.released, true);
      assert.ok(py.debug.counts().handles - before <= 2);
    }),
  );
});

describe("Array methods of a sequence", () => {
  const CASES: [string, (array: PyValue) => unknown][] = [
    ["at", (a) => [a.at(0), a.at(-1), a.at(9), a.at(-9)]],
    ["concat", (a) => a.concat([9], 8)],
    ["entries", (a) => [...a.entries()]],
    ["every", (a) => [a.every((x: number) => x > 0), a.every((x: number) => x > 1)]],
    ["filter", (a) => a.filter((x: number, i: number) => x > 1 && i < 3)],
    ["find", (a) => [a.find((x: number) => x > 1), a.find((x: number) => x > 99)]],
    ["findIndex", (a) => [a.findIndex((x: number) => x > 1), a.findIndex(() => false)]],
    ["findLast", (a) => a.findLast((x: number) => x < 4)],
    ["findLastIndex", (a) => a.findLastIndex((x: number) => x < 4)],
    ["flat", (a) => a.flat()],
    ["flatMap", (a) => a.flatMap((x: number) => [x, x])],
    ["forEach", (a) => {
      const seen: unknown[] = [];
      a.forEach((x: number, i: number) => seen.push([x, i]));
      return seen;
    }],
    [
      "includes",
      (
        a,
      ) => [
        a.includes(3),
        a.includes(9),
        a.includes("3"),
        a.includes(3, 3),
        a.includes(4, -1),
        a.includes(1, -1),
      ],
    ],
    [
      "indexOf",
      (a) => [a.indexOf(3), a.indexOf(9), a.indexOf(1, 1), a.indexOf(4, -1), a.indexOf(1, -1)],
    ],
    ["join", (a) => [a.join(), a.join("-"), a.join("")]],
    ["keys", (a) => [...a.keys()]],
    [
      "lastIndexOf",
      (
        a,
      ) => [
        a.lastIndexOf(3),
        a.lastIndexOf(9),
        a.lastIndexOf(4, -2),
        a.lastIndexOf(2, -2),
        a.lastIndexOf(1, 0),
      ],
    ],
    ["map", (a) => a.map((x: number, i: number) => x * i)],
    [
      "reduce",
      (a) => [
        a.reduce((s: number, x: number) => s + x),
        a.reduce((s: string, x: number) => s + x, ""),
      ],
    ],
    ["reduceRight", (a) => a.reduceRight((s: string, x: number) => s + x, "")],
    ["slice", (a) => [a.slice(), a.slice(1), a.slice(-2), a.slice(1, 2), a.slice(9)]],
    ["some", (a) => [a.some((x: number) => x > 3), a.some((x: number) => x > 9)]],
    ["toReversed", (a) => a.toReversed()],
    ["toSorted", (a) => a.toSorted((x: number, y: number) => y - x)],
    ["toSpliced", (a) => a.toSpliced(1, 2, "x")],
    ["values", (a) => [...a.values()]],
    ["with", (a) => a.with(0, "w")],
    ["length", (a) => a.length],
    ["index keys", (a) => [a[0], a["1"], a[3], a[4], a[2.5], a["01"], a["x"]]],
  ];
  for (const [name, use] of CASES) {
    it(
      `${name} answers as an array's`,
      balanced(() => {
        const expected = use([1, 2, 3, 4]);
        for (
          const code of [
            "[1, 2, 3, 4]",
            "(1, 2, 3, 4)",
            "range(1, 5)",
            "__import__('collections').deque([1, 2, 3, 4])",
          ]
        ) {
          assert.deepEqual(use(evaluate(code)), expected, code);
        }
      }),
    );
  }

  it(
    "a method of Python's own of that name is Python's",
    balanced(() => {
      const list = evaluate("[3, 1, 2]");
      assert.equal(list.index(1), 1);
      assert.equal(list.pop(), 2);
      assert.equal(list.sort(kw({ reverse: true })), null);
      assert.deepEqual(list.$.toJs(), [3, 1]);
      assert.equal(list.push, undefined);
      const own = evaluate(
        "class L(list):\n  def map(self): return 'own'\n  length = 'own'\nL([1])",
      );
      assert.equal(own.map(), "own");
      assert.equal(own.length, "own");
    }),
  );

  it(
    "negative keys are Python's, out of range is undefined, writing out of range raises",
    balanced(() => {
      const list = evaluate("[1, 2, 3]");
      assert.deepEqual([list[-1], list[-3], list[-4], list[3]], [3, 1, undefined, undefined]);
      list[0] = "a";
      list[-1] = "z";
      assert.deepEqual(list.$.toJs(), ["a", 2, "z"]);
      assert.throws(() => (list[3] = 1), { type: "IndexError" });
      delete list[0];
      assert.deepEqual(list.$.toJs(), [2, "z"]);
      assert.throws(() => delete list[5], { type: "IndexError" });
      assert.throws(() => (evaluate("(1,)")[0] = 2), { type: "TypeError" });
      const dict = evaluate("{0: 'zero'}");
      assert.equal(dict[0], undefined);
      assert.equal(dict.length, undefined);
      assert.equal(dict.map, undefined);
      assert.equal(evaluate("{1, 2}").length, undefined);
    }),
  );

  it(
    "found items are compared as JavaScript does, Python objects by identity",
    balanced(() => {
      const [list, a, b] = evaluate("a = []\nb = []\n([float('nan'), -0.0, a, True, 1], a, b)");
      assert.equal(list.includes(NaN), true);
      assert.equal(list.indexOf(NaN), -1);
      assert.equal(list.includes(0), true);
      assert.equal(list.indexOf(a), 2);
      assert.equal(list.includes(b), false);
      assert.equal(list.indexOf(1), 4);
      assert.equal(list.indexOf(true), 3);
    }),
  );

  it(
    "a list that changes meanwhile is read as it was",
    balanced(() => {
      const list = evaluate("[1, 2, 3]");
      assert.deepEqual(list.map((x: number) => (list.append(x), x)), [1, 2, 3]);
      assert.equal(list.length, 6);
      assert.throws(() =>
        list.map(() => {
          throw new RangeError("out");
        }), RangeError);
    }),
  );
});
