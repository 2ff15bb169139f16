import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kw, PyConversionError, PythonError, type PyValue } from "../../mod.ts";
import { since } from "../fixtures/errors.ts";
import { balanced, evaluate, py, testOfExhaustion } from "../fixtures/python.ts";

/** The message of the error that a call throws. */
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof PythonError) return error.message;
    throw error;
  }
  throw new assert.AssertionError({ message: `${call} threw nothing` });
}

const COUNT = "def c(*a, **k): return [len(a), sum(a), len(k), sum(k.values())]\nc";

describe("call()", () => {
  it(
    "fills defaults as Python does",
    balanced(() => {
      const f = evaluate("def f(x=2, y=3): return [x, y]\nf");
      assert.deepEqual(f().$.toJs(), [2, 3]);
      assert.deepEqual(f(7).$.toJs(), [7, 3]);
      assert.deepEqual(f(7, -1).$.toJs(), [7, -1]);
      assert.deepEqual(f(kw({ y: 4 })).$.toJs(), [2, 4]);
      assert.deepEqual(f(8, kw({ y: 4 })).$.toJs(), [8, 4]);
      assert.deepEqual(f(undefined).$.toJs(), [null, 3]);
      assert.deepEqual(f(kw({})).$.toJs(), [2, 3]);
      assert.deepEqual(f(1, kw({})).$.toJs(), [1, 3]);
      assert.deepEqual(f.$.call().$.toJs(), [2, 3]);
      assert.deepEqual(f.$.call([1]).$.toJs(), [1, 3]);
      assert.deepEqual(f.$.call([1], { y: 5 }).$.toJs(), [1, 5]);
      assert.deepEqual(f.$.call([], {}).$.toJs(), [2, 3]);
    }),
  );

  it(
    "throws Python's TypeError for wrong arguments, in this version's words",
    balanced(() => {
      const f = evaluate("def f(x=2, y=3): return [x, y]\nf");
      const g = evaluate("def g(a, /, b, *, c): pass\ng");
      assert.equal(
        messageOf(() => f(kw({ z: 6 }))),
        "TypeError: f() got an unexpected keyword argument 'z'",
      );
      assert.equal(
        messageOf(() => f(76, kw({ x: 6 }))),
        "TypeError: f() got multiple values for argument 'x'",
      );
      assert.equal(
        messageOf(() => f(1, 2, 3)),
        "TypeError: f() takes from 0 to 2 positional arguments but 3 were given",
      );
      assert.equal(
        messageOf(() => g(1, 2)),
        "TypeError: g() missing 1 required keyword-only argument: 'c'",
      );
      assert.equal(
        messageOf(() => g(kw({ a: 1, b: 2, c: 3 }))),
        "TypeError: g() got some positional-only arguments passed as keyword arguments: 'a'",
      );
      assert.equal(
        messageOf(() => f(kw({ yy: 6 }))),
        since(3, 13)
          ? "TypeError: f() got an unexpected keyword argument 'yy'. Did you mean 'y'?"
          : "TypeError: f() got an unexpected keyword argument 'yy'",
      );
      for (
        const [call, code] of [
          [() => py.builtins.len(), "len()"],
          [() => py.builtins.len(1, 2), "len(1, 2)"],
          [() => py.builtins.int("x", kw({ base: 10 })), "int('x', base=10)"],
          [() => py.builtins.sorted(1, kw({ nope: 1 })), "sorted(1, nope=1)"],
          [() => py.builtins.print(kw({ nope: 1 })), "print(nope=1)"],
          [() => py.builtins.object(1), "object(1)"],
          [() => evaluate("'x'.upper")(1), "'x'.upper(1)"],
          [() => py.import("math").sqrt("x"), "__import__('math').sqrt('x')"],
          [() => py.import("math").sqrt(-1), "__import__('math').sqrt(-1)"],
        ] as [() => unknown, string][]
      ) {
        const own = evaluate(
          `try:\n  ${code}\nexcept Exception as e:\n  r = type(e).__name__ + ': ' + str(e)\nr`,
        );
        assert.equal(messageOf(call), own);
      }
    }),
  );

  it(
    "keeps the order of keyword arguments",
    balanced(() => {
      const k = evaluate("def k(**kw): return list(kw)\nk");
      assert.deepEqual(k(kw({ b: 1, a: 2 })).$.toJs(), ["b", "a"]);
      assert.deepEqual(k(kw({ a: 1, b: 2 })).$.toJs(), ["a", "b"]);
      assert.deepEqual(k(kw({ b: 1, a: 2, "ä b": 3, "": 4 })).$.toJs(), ["b", "a", "ä b", ""]);
      const strange = JSON.parse('{"__proto__": 1, "constructor": 2, "\\u0000": 3, "\\ud800": 4}');
      assert.deepEqual(evaluate("lambda **k: [*map(ascii, k)]")(kw(strange)).$.toJs(), [
        "'__proto__'",
        "'constructor'",
        "'\\x00'",
        "'\\ud800'",
      ]);
    }),
  );

  it(
    "takes any number of arguments",
    balanced(() => {
      const count = evaluate(COUNT);
      const bound = evaluate(
        "class C:\n  def m(self, *a, **k): return [len(a), sum(a), len(k)]\nC()",
      );
      for (const n of [0, 1, 2, 14, 15, 16, 17, 18, 31, 300, 5000]) {
        const args = Array.from({ length: n }, (_, i) => i);
        const sum = args.reduce((a, b) => a + b, 0);
        assert.deepEqual(count(...args).$.toJs(), [n, sum, 0, 0], `${n}`);
        assert.deepEqual(bound.m(...args).$.toJs(), [n, sum, 0], `${n}`);
        const names = Object.fromEntries(args.map((i) => [`k${i}`, i]));
        assert.deepEqual(count(kw(names)).$.toJs(), [0, 0, n, sum], `${n}`);
        assert.deepEqual(count(...args, kw(names)).$.toJs(), [n, sum, n, sum], `${n}`);
        assert.deepEqual(bound.m(1, kw(names)).$.toJs(), [1, 1, n], `${n}`);
        const builtin = py.builtins.dict(kw(names));
        assert.equal(builtin.$.length, n);
      }
    }),
  );

  it(
    "takes more sets of keyword names than it keeps",
    balanced(() => {
      const k = evaluate("def k(**kw): return list(kw)\nk");
      for (let i = 0; i < 2500; i++) {
        const result = k(kw({ [`a${i}`]: 1, b: 2 }));
        assert.equal(result[0], `a${i}`);
        result.$.release();
      }
    }),
  );

  it(
    "refuses kw() that is not last, or wrapped, with a clear error",
    balanced(() => {
      const f = evaluate("lambda *a, **k: None");
      assert.throws(() => f(kw({ a: 1 }), 2), (error: Error) => /last/.test(error.message));
      assert.throws(
        () => f(kw({ a: 1 }), kw({ b: 1 })),
        (error: Error) => /last/.test(error.message),
      );
      for (const wrong of [null, undefined, 1, "x", [1], new Map()]) {
        assert.throws(() => f(kw(wrong as never)), TypeError, String(wrong));
      }
    }),
  );

  it(
    "leaves nothing behind where an argument cannot be converted",
    balanced(() => {
      const f = evaluate("lambda *a, **k: None");
      const bad = {
        get x() {
          throw new Error("no");
        },
      };
      for (
        const call of [
          () => f(1, [2], bad),
          () => f([1], kw({ a: [2], b: bad })),
          () => f.$.call([[1], bad]),
          () => f(...Array.from({ length: 30 }, () => [1]), bad),
          () => evaluate("[]").append(bad),
        ]
      ) {
        assert.throws(call, PyConversionError);
      }
      assert.equal(f(), null);
    }),
  );

  it(
    "leaves the frames in order where a getter of an argument calls Python",
    balanced(() => {
      const pair = evaluate("lambda *a: list(a)");
      const nested = (n: number): unknown => ({
        get v() {
          return n === 0 ? "end" : pair("in", n, nested(n - 1));
        },
      });
      const result = pair("a", nested(5), "b");
      assert.equal(result[0], "a");
      assert.equal(result[2], "b");
      let at: PyValue = result[1];
      for (let n = 5; n > 0; n--) {
        at = at.$.get("v");
        assert.deepEqual([at[0], at[1]], ["in", n]);
        at = at[2];
      }
    }),
  );

  it(
    "gives the result, whatever the callable is",
    balanced(() => {
      const cases: [string, unknown[], unknown][] = [
        ["len", [[1, 2]], 2],
        ["lambda a, b: a - b", [5, 3], 2],
        ["__import__('functools').partial(max, 3)", [9], 9],
        ["__import__('operator').itemgetter(1)", [[4, 5]], 5],
        ["str.upper", ["x"], "X"],
        ["'a,b'.split(',').index", ["b"], 1],
        ["type('C', (), {'__call__': lambda s, x: x * 2})()", [4], 8],
        ["type('C', (), {'m': staticmethod(lambda x: x + 1)}).m", [1], 2],
        ["type('C', (), {'m': classmethod(lambda c, x: c.__name__)}).m", [1], "C"],
        ["bool", [[]], false],
      ];
      for (const [code, args, expected] of cases) {
        assert.equal(evaluate(code)(...args), expected, code);
        assert.equal(evaluate(code).$.call(args), expected, code);
      }
      const holder = evaluate(
        "class C:\n  s = staticmethod(lambda x: x + 1)\n  c = classmethod(lambda c, x: c.__name__)\n" +
          "  p = property(lambda self: lambda x: x * 3)\n  n = len\nC()",
      );
      assert.equal(holder.s(1), 2);
      assert.equal(holder.c(1), "C");
      assert.equal(holder.p(2), 6);
      assert.equal(holder.n([1]), 1);
    }),
  );

  it(
    "nests JS and Python 50 deep, with all values in place",
    balanced(() => {
      const down = evaluate("def down(f, n, *rest): return [n, f(n - 1), *rest]\ndown");
      const step = (n: number): unknown => n === 0 ? "end" : down(step, n, n, "x", [n]);
      let at: PyValue = step(45);
      for (let n = 45; n > 0; n--) {
        assert.equal(at[0], n);
        assert.equal(at[2], n);
        assert.equal(at[4][0], n);
        at = at[1];
      }
      assert.equal(at, "end");
    }),
  );

  it(
    "endless recursion of Python alone is a RecursionError",
    balanced(() => {
      const f = evaluate("def f(n): return f(n + 1)\nf");
      for (let i = 0; i < 3; i++) assert.throws(() => f(0), { type: "RecursionError" });
      assert.equal(evaluate("1 + 1"), 2);
    }),
  );

  it(
    "endless mutual recursion is a RecursionError, seen by both languages",
    balanced(() => {
      let deepest = 0;
      const down = evaluate("def down(f, n): return f(f, n + 1)\ndown");
      const step = (f: unknown, n: number): unknown => {
        deepest = Math.max(deepest, n);
        return down(f, n);
      };
      for (let i = 0; i < 3; i++) {
        assert.throws(() => step(step, 0), { type: "RecursionError" });
      }
      assert.ok(deepest >= 50, `${deepest}`);
      const seen = evaluate(
        "def g(f):\n  try:\n    return f(f, 0)\n  except RecursionError as e:\n    return str(e)\ng",
      )(step);
      assert.match(String(seen), /deep/);
      assert.equal(evaluate("1 + 1"), 2);
    }),
  );

  it(
    "endless mutual recursion through every kind of hook ends in an error, never a crash",
    balanced(() => {
      const object = evaluate(
        "class C:\n" +
          "  def __getattr__(self, n): return hook(self)\n" +
          "  def __iter__(self): return iter([hook(self)])\n" +
          "  def __str__(self): return str(hook(self))\n" +
          "  def __len__(self): return hook(self)\n" +
          "  def __getitem__(self, k): return hook(self)\n" +
          "  def __eq__(self, o): return hook(self)\n" +
          "  def __hash__(self): return hook(self)\n" +
          "C()",
        { hook: (self: PyValue) => current(self) },
      );
      let current: (self: PyValue) => unknown;
      const ways: ((self: PyValue) => unknown)[] = [
        (self) => self.anything,
        (self) => [...self],
        (self) => `${self}`,
        (self) => self.$.length,
        (self) => self.$.get(0),
        (self) => self.$.equals(1),
        (self) => self.$.hash(),
        (self) => self.$.toJs(),
      ];
      for (current of ways) {
        let depth = 0;
        const way = current;
        current = (self) => {
          if (++depth > 20000) throw new Error("endless");
          return way(self);
        };
        try {
          way(object);
        } catch (error) {
          assert.doesNotMatch(String(error), /endless/, String(way));
        }
      }
      assert.equal(evaluate("1 + 1"), 2);
    }),
  );

  // Where no JS stack is left to set an exception, Python raises a SystemError; a debug build ends
  // the process instead (call.c, _Py_CheckFunctionResult).
  testOfExhaustion(
    "a deep JS stack below a call into Python and back is an error, never a crash",
    () => {
      const call = evaluate("lambda f: f()");
      let results = 0;
      const deep = (): number => {
        try {
          return deep() + 1;
        } catch (error) {
          // Near the end of the JS stack: Python is called from here, frame by frame.
          if (results < 40) {
            try {
              results++;
              call(() => 1);
            } catch (inner) {
              if (!(inner instanceof RangeError) && !(inner instanceof PythonError)) throw inner;
            }
          }
          throw error;
        }
      };
      assert.throws(deep, RangeError);
      assert.equal(call(() => 1), 1);
    },
  );
});
