import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { backend } from "../../src/ffi/select.ts";
import { kw, type PyValue } from "../../mod.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";

/** Waits, a bounded number of turns, until the collectors of both languages have seen to it. */
async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200 && !done(); turn++) {
    backend.collectGarbage();
    py.run("__import__('gc').collect()");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(done(), "not within 200 turns");
}

describe("JS functions in Python", () => {
  it(
    "take every argument, converted",
    balanced(() => {
      const seen: unknown[][] = [];
      const f = (...args: unknown[]): void => void seen.push(args);
      evaluate(
        "f()\nf(None)\nf(1, 'a', 2.5, True, b'b')\nf(*range(16))\nf(*range(17))\nf(*range(300))",
        {
          f,
        },
      );
      assert.deepEqual(seen[0], []);
      assert.deepEqual(seen[1], [null]);
      assert.deepEqual(seen[2], [1, "a", 2.5, true, Uint8Array.of(98)]);
      assert.deepEqual(seen[3], [...Array(16).keys()]);
      assert.deepEqual(seen[4], [...Array(17).keys()]);
      assert.deepEqual(seen[5], [...Array(300).keys()]);
    }),
  );

  it(
    "take keyword arguments as one trailing object",
    balanced(() => {
      const f = (...args: unknown[]): unknown => args;
      const call = evaluate("lambda f, *a, **k: f(*a, **k)");
      assert.deepEqual(call(f, kw({ b: 1, a: 2 })).$.toJs(), [{ b: 1, a: 2 }]);
      assert.deepEqual(call(f, 1, kw({ a: null })).$.toJs(), [1, { a: null }]);
      assert.deepEqual(call(f, 1, 2, kw({})).$.toJs(), [1, 2]);
      const names = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]));
      assert.deepEqual(call(f, 1, kw(names)).$.toJs(), [1, names]);
      let keywords: Record<string, unknown> = {};
      evaluate("f(**{'__proto__': [1], 'constructor': 2, 'ä\\x00': 3})", {
        f: (k: Record<string, unknown>) => void (keywords = k),
      });
      assert.deepEqual(Object.keys(keywords), ["__proto__", "constructor", "ä\0"]);
      assert.equal(Object.getPrototypeOf(keywords), Object.prototype);
      const Sub = evaluate("class S(str): pass\nlambda f: f(**{S('x'): 1})");
      assert.deepEqual(Sub(f).$.toJs(), [{ x: 1 }]);
    }),
  );

  it(
    "give results of every kind",
    balanced(() => {
      const kind = evaluate("lambda f: type(f()).__name__");
      const results: [unknown, string][] = [
        [undefined, "NoneType"],
        [null, "NoneType"],
        [true, "bool"],
        [1, "int"],
        [-0, "float"],
        [2n ** 70n, "int"],
        ["x", "str"],
        [[], "list"],
        [{}, "dict"],
        [new Map(), "dict"],
        [new Set(), "set"],
        [new Uint8Array(1), "bytes"],
        [py.builtins.list, "type"],
        [() => 1, "builtin_function_or_method"],
        [Symbol("s"), "JsObject"],
        [new (class Temp {})(), "JsObject"],
        [new Error("e"), "JsError"],
      ];
      for (const [result, name] of results) {
        const found = kind(() => result);
        if (name === "builtin_function_or_method" && found === "function") continue; // guarded
        assert.equal(found, name, String(result));
      }
    }),
  );

  it(
    "have a name, a module, and are callable",
    balanced(() => {
      function plus(a: number, b: number): number {
        return a + b;
      }
      const facts = evaluate("lambda f: [f.__name__, f.__qualname__, f.__module__, callable(f)]");
      assert.deepEqual(facts(plus).$.toJs(), ["plus", "js.plus", "js", true]);
      assert.equal(facts(() => 1)[0], "anonymous");
      const odd = { "a b": () => 1, ["x\0y"]: () => 2, "é🐍": () => 3, [Symbol("s")]: () => 4 };
      assert.equal(facts(odd["a b"])[0], "a b");
      assert.equal(facts(odd["x\0y"])[0], "xy");
      assert.equal(facts(odd["é🐍"])[0], "é🐍");
      const long = { ["n".repeat(100_000)]: () => 5 };
      assert.equal(facts(Object.values(long)[0])[0].length, 100_000);
      const lone = { ["\ud800"]: () => 6 };
      assert.equal(evaluate("lambda f: f()")(Object.values(lone)[0]), 6);
      for (const hide of [undefined, 5, "", {}]) {
        const fn = () => 7;
        Object.defineProperty(fn, "name", { value: hide });
        assert.equal(evaluate("lambda f: f()")(fn), 7, String(hide));
        assert.equal(typeof facts(fn)[0], "string");
      }
      const hostile = () => 8;
      Object.defineProperty(hostile, "name", {
        get() {
          throw new Error("name");
        },
      });
      assert.equal(evaluate("lambda f: f()")(hostile), 8);
      for (const text of ["repr(f)", "str(f)", "f'{f}'"]) {
        assert.match(evaluate(text, { f: plus }), /plus/);
      }
    }),
  );

  it(
    "are the same Python object while Python holds them, and come back as themselves",
    balanced(() => {
      const f = () => 1;
      const g = () => 1;
      assert.equal(evaluate("lambda a, b: a is b")(f, f), true);
      assert.equal(evaluate("lambda a, b: a is b")(f, g), false);
      assert.equal(evaluate("lambda a: a[0] is a[1]['f']")([f, { f }]), true);
      assert.equal(evaluate("lambda a: a")(f), f);
      assert.equal(evaluate("lambda *a: a")(f)[0], f);
      assert.equal(evaluate("lambda a: {'f': a}")(f).$.get("f"), f);
      assert.equal(evaluate("lambda a: {'f': a}")(f).$.toJs().f, f);
      class Cls {}
      assert.equal(evaluate("lambda a: a")(Cls), Cls);
      const bound = f.bind(null);
      assert.equal(evaluate("lambda a: a")(bound), bound);
      assert.equal(evaluate("lambda a: a")(Math.max), Math.max);
      const proxy = new Proxy(f, {});
      assert.equal(evaluate("lambda a: a")(proxy), proxy);
      assert.equal(evaluate("lambda a: a()")(proxy), 1);
    }),
  );

  it("live as long as Python holds them, and no longer", async () => {
    const before = py.debug.counts().hostValues;
    const holder = py.builtins.list();
    let gone = false;
    const registry = new FinalizationRegistry(() => (gone = true));
    (() => {
      let calls = 0;
      const counter = (): number => ++calls;
      registry.register(counter, 0);
      holder.append(counter);
      holder.append(counter);
    })();
    backend.collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(py.debug.counts().hostValues, before + 1);
    assert.equal(py.run("f()", { globals: { f: holder[0] } }), 1);
    assert.equal(py.run("l[1]()", { globals: { l: holder } }), 2);
    holder.clear();
    await until(() => py.debug.counts().hostValues === before);
    if (backend.collectGarbage()) await until(() => gone);
    holder.$.release();
  });

  it("come back === after Python dropped and met them again", async () => {
    const f = (): number => 1;
    const identity = evaluate("lambda a: a");
    const before = py.debug.counts().hostValues;
    for (let round = 0; round < 5; round++) {
      assert.equal(identity(f), f);
      await until(() => py.debug.counts().hostValues === before);
    }
    const cycle = py.builtins.list([f]);
    cycle.append(cycle);
    cycle.$.release();
    const again = py.builtins.list([f]); // the old one may still wait for Python's collector
    assert.equal(again[0], f);
    again.$.release();
    identity.$.release();
    await until(() => py.debug.counts().hostValues === before);
  });

  it("in Python's garbage with a finaliser can still be called", () => {
    const seen: unknown[] = [];
    evaluate(
      "class C:\n  def __init__(s, f): s.f = f; s.me = s\n  def __del__(s): s.f('del')\nC(f)\n" +
        "import gc\ngc.collect()\nNone",
      { f: (text: string) => void seen.push(text) },
    );
    assert.deepEqual(seen, ["del"]);
  });

  it(
    "are closures, and this is undefined for them",
    balanced(() => {
      const makers = [1, 2, 3].map((n) => (m: number) => n * m);
      assert.deepEqual(evaluate("[f(10) for f in fs]", { fs: makers }).$.toJs(), [10, 20, 30]);
      assert.equal(
        evaluate("f()", {
          f(this: unknown) {
            return this === undefined;
          },
        }),
        true,
      );
    }),
  );

  it(
    "serve as Python's callbacks everywhere",
    balanced(() => {
      const list = py.builtins.list([3, 1, 2]);
      list.sort(kw({ key: (x: number) => -x }));
      assert.deepEqual(list.$.toJs(), [3, 2, 1]);
      const functools = py.import("functools");
      assert.equal(functools.reduce((a: number, b: number) => a * b, [1, 2, 3, 4]), 24);
      assert.deepEqual([...py.builtins.map((x: number) => x + 1, [1, 2])], [2, 3]);
      assert.equal(
        py.import("re").sub("[a-z]", (m: PyValue) => m.group().toUpperCase(), "a1b"),
        "A1B",
      );
      const less = functools.cmp_to_key((a: number, b: number) => b - a);
      assert.deepEqual(py.builtins.sorted([1, 3, 2], kw({ key: less })).$.toJs(), [3, 2, 1]);
      const C = evaluate("class C:\n  m = f\n  s = staticmethod(f)\n  p = property(f)\nC", {
        f: (...a: unknown[]) => a.length,
      });
      assert.equal(C.m(1, 2), 2);
      assert.equal(C.s(1), 1);
      assert.equal(new C().p, 1);
      const table = py.import("collections").defaultdict(() => 7);
      assert.equal(table.$.get("x"), 7);
      assert.equal(evaluate("list(iter(f, 3))", { f: counter() }).$.length, 2);
      const partial = functools.partial((...a: number[]) => a.join(), 1, 2);
      assert.equal(partial(3), "1,2,3");
      const weak = evaluate("import weakref\nlambda f: weakref.ref(f)() is f");
      assert.equal(weak(() => 1), true);
    }),
  );

  it(
    "may be called from within each other, in every order",
    balanced(() => {
      const fib: PyValue = evaluate("lambda f, n: n if n < 2 else f(f, n - 1) + f(f, n - 2)");
      const js = (self: unknown, n: number): number =>
        n < 2 ? n : fib(self, n - 1) + fib(self, n - 2);
      assert.equal(fib(js, 12), 144);
      const f = (...args: number[]): number =>
        args.length > 2 ? args.length : g(...args, 1) as number;
      const g = (...args: number[]): unknown => evaluate("f(*a)", { f, a: args });
      assert.equal(evaluate("f(1, f(1), f(1, 2, 3, 4))", { f }), 3);
    }),
  );

  it("many at once, each with its own name, dropped again", async () => {
    const before = py.debug.counts().hostValues;
    for (let round = 0; round < 3; round++) {
      const functions = Array.from(
        { length: 2000 },
        (_, i) => ({ [`f${round}_${i}`]: () => i })[`f${round}_${i}`],
      );
      const sum = evaluate("sum(f() for f in fs)", { fs: functions });
      assert.equal(sum, 1999000);
    }
    await until(() => py.debug.counts().hostValues === before);
  });

  it(
    "a hundred thousand calls with arguments and results",
    balanced(() => {
      let sum = 0;
      const f = (a: number, b: string): string => {
        sum += a;
        return b;
      };
      assert.equal(evaluate("all(f(i, 'x') == 'x' for i in range(100000))", { f }), true);
      assert.equal(sum, 4999950000);
    }),
  );

  it("dropped by a Python thread are dropped here", async () => {
    const before = py.debug.counts().hostValues;
    evaluate(
      "import threading\nbox = [f]\ndel f\nt = threading.Thread(target=box.clear)\nt.start()\nt.join()\n" +
        "len(box)",
      { f: () => 1 },
    );
    await until(() => py.debug.counts().hostValues === before);
  });

  it(
    "copied and pickled say clearly what they do",
    balanced(() => {
      const f = (): number => 1;
      assert.equal(
        evaluate("import copy\ncopy.copy(f) is f and copy.deepcopy(f) is f", { f }),
        true,
      );
      assert.throws(() => evaluate("import pickle\npickle.dumps(f)", { f }), Error);
      assert.equal(evaluate("{f: 1}[f]", { f }), 1);
      assert.equal(evaluate("f == f and not (f != f)", { f }), true);
      assert.equal(evaluate("callable(f) and bool(f)", { f }), true);
    }),
  );

  it(
    "globalThis crosses as itself, not as a copy",
    balanced(() => assert.ok(evaluate("lambda a: a")(globalThis) === globalThis)),
  );

  it(
    "JsObjects come back as the very same value and cannot be copied",
    balanced(() => {
      class Temp {
        x = 1;
      }
      const temp = new Temp();
      const symbol = Symbol("s");
      const values: unknown[] = [temp, symbol, /x/, new WeakMap(), new Proxy(temp, {})];
      for (const value of values) {
        assert.equal(evaluate("lambda a: a")(value), value);
        assert.equal(evaluate("lambda a, b: a is b")(value, value), true);
        assert.equal(evaluate("lambda a: [a]")(value)[0], value);
      }
      assert.throws(() => evaluate("import copy\ncopy.copy(x)", { x: temp }), {
        type: "TypeError",
      });
      assert.throws(() => evaluate("import pickle\npickle.dumps(x)", { x: temp }), {
        type: "TypeError",
      });
      assert.match(evaluate("repr(x)", { x: temp }), /Temp/);
      assert.equal(typeof evaluate("hash(x)", { x: temp }), "number");
      assert.throws(() => evaluate("type(x)()", { x: temp }), { type: "TypeError" });
    }),
  );
});

function counter(): () => number {
  let n = 0;
  return () => ++n;
}
