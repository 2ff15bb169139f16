import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { PythonError, type PyValue } from "../../mod.ts";
import { caughtFrom, errorOf, since } from "../fixtures/errors.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";

/** A JS function that throws. */
function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** What Python sees when a function throws: the class's MRO names, `str()`, the exception. */
function seenBy(thrown: unknown): { mro: string[]; text: string; error: PyValue } {
  const [mro, text, error] = evaluate(
    "def see(f):\n  try:\n    f()\n  except BaseException as e:\n" +
      "    return [c.__name__ for c in type(e).__mro__], str(e), [e]\nsee",
  )(thrower(thrown));
  return { mro: mro.$.toJs(), text, error: error };
}

describe("raise() of a JS error in Python", () => {
  it(
    "is a pyduet.JsError, and the builtin class that fits",
    balanced(() => {
      class Mine extends TypeError {
        override name = "Mine";
      }
      const cases: [unknown, string[], string][] = [
        [new Error("m"), ["JsError", "Exception"], "m"],
        [new Error(""), ["JsError", "Exception"], ""],
        [new TypeError("m"), ["JsError", "TypeError"], "TypeError: m"],
        [new RangeError("m"), ["JsError", "ValueError"], "RangeError: m"],
        [new SyntaxError("m"), ["JsError", "SyntaxError"], "SyntaxError: m"],
        [new EvalError("m"), ["JsError", "Exception"], "EvalError: m"],
        [new Mine("m"), ["JsError", "TypeError"], "Mine: m"],
        [new Error("a\0b\ud800é🐍\nc"), ["JsError"], "a\0b\ud800é🐍\nc"],
        [new Error("x".repeat(100_000)), ["JsError"], "x".repeat(100_000)],
        [new DOMException("stop", "AbortError"), ["JsError", "CancelledError"], "stop"],
        [new DOMException("m", "DataError"), ["JsError"], "DataError: m"],
      ];
      for (const [error, classes, text] of cases) {
        const seen = seenBy(error);
        for (const name of classes) assert.ok(seen.mro.includes(name), `${error}: ${seen.mro}`);
        assert.equal(seen.text, text);
      }
    }),
  );

  it(
    "gives name, message, stack and the very error",
    balanced(() => {
      const error = new RangeError("m");
      const seen = evaluate(
        "import pyduet\ndef see(f):\n  try:\n    f()\n  except pyduet.JsError as e:\n" +
          "    return e.name, e.message, e.stack, e.js, e.args, repr(e)\nsee",
      )(thrower(error));
      assert.equal(seen[0], "RangeError");
      assert.equal(seen[1], "m");
      assert.match(seen[2], /thrower|raise_test/);
      assert.equal(seen[3], error);
      assert.deepEqual(seen[4].$.toJs(), ["m"]);
      assert.match(seen[5], /RangeError\('m'\)/);
    }),
  );

  it(
    "of a system error is the fitting OSError with errno",
    balanced(() => {
      const facts = evaluate(
        "def see(f):\n  try:\n    f()\n  except OSError as e:\n" +
          "    return type(e).__mro__[2].__name__, e.errno, str(e), e.filename, e.name\nsee",
      );
      const missing = facts(() => readFileSync("/nowhere/file.txt"));
      assert.equal(missing[0], "FileNotFoundError");
      assert.equal(missing[1], 2);
      assert.match(missing[2], /ENOENT|No such file/);
      const folder = facts(() => readFileSync("/"));
      assert.equal(folder[0], "IsADirectoryError");
      const made = facts(thrower(Object.assign(new Error("m"), { code: "ECONNREFUSED" })));
      assert.equal(made[0], "ConnectionRefusedError");
      const plain = seenBy(Object.assign(new Error("m"), { code: "ERR_OTHER" }));
      assert.equal(plain.mro.includes("OSError"), false);
      for (const code of ["__name__", "__doc__", "errorcode", "", "\0", "\ud800"]) {
        const odd = seenBy(Object.assign(new Error("m"), { code }));
        assert.ok(odd.mro.includes("JsError"), code);
        assert.equal(odd.text, "m");
      }
    }),
  );

  it(
    "of an AggregateError is an ExceptionGroup since 3.11",
    balanced(() => {
      const inner = [new TypeError("a"), new RangeError("b")];
      const seen = seenBy(new AggregateError(inner, "many"));
      assert.ok(seen.mro.includes("JsError"));
      assert.equal(seen.mro.includes("ExceptionGroup"), since(3, 11));
      for (
        const odd of [
          new AggregateError([], "none"),
          new AggregateError([1, null, undefined, "x", Symbol("s")], "odd"),
          new AggregateError([new AggregateError([new Error("x")])]),
        ]
      ) {
        assert.ok(seenBy(odd).mro.includes("JsError"));
        assert.equal(caughtFrom(() => evaluate("f()", { f: thrower(odd) })), odd);
      }
      const own = new AggregateError([], "self");
      own.errors.push(own);
      assert.ok(seenBy(own).mro.length > 0);
      const exit = caughtFrom(() => evaluate("raise SystemExit(1)"));
      const withExit = new AggregateError([exit, new Error("x")], "with exit");
      assert.ok(seenBy(withExit).mro.length > 0);
      if (!since(3, 11)) return;
      const text = evaluate(
        "def see(f):\n  try:\n    f()\n  except* TypeError as g:\n    global r\n    r = [str(e) for e in g.exceptions]\n" +
          "  except* ValueError: pass\n  return r\nsee",
      )(thrower(new AggregateError(inner, "many")));
      assert.deepEqual(text.$.toJs(), ["TypeError: a"]);
    }),
  );

  it(
    "of anything at all is a JsError, and comes back the same",
    balanced(() => {
      const frozen = Object.freeze(new Error("frozen"));
      const getters = Object.defineProperties(new Error("getters"), {
        ...Object.fromEntries(
          ["name", "message", "stack", "cause", "code", "errors", "toString"].map((name) => [name, {
            get() {
              throw new Error(`get ${name}`);
            },
          }]),
        ),
      });
      const strange = Object.defineProperties(new Error("strange"), {
        name: { value: 5 },
        message: { value: { a: 1 } },
        stack: { value: Symbol("stack") },
        cause: { value: 12n },
        code: { value: [] },
      });
      const looped = new Error("looped");
      looped.cause = looped;
      let deep = new Error("deepest");
      for (let i = 0; i < 1000; i++) deep = new Error(`${i}`, { cause: deep });
      const trap = () => {
        throw new Error("trap");
      };
      const hostile = new Proxy({}, {
        get: trap,
        has: trap,
        getPrototypeOf: trap,
        ownKeys: trap,
        getOwnPropertyDescriptor: trap,
      });
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      const values: unknown[] = [
        ...[undefined, null, true, 0, -0, NaN, 12n, "", "abc", "\ud800\0", Symbol("s"), Symbol()],
        ...[{}, Object.create(null), [], [1], new Map(), new Date(NaN), /x/, () => 1, class A {}],
        ...[frozen, getters, strange, looped, deep, new Uint8Array(2), Promise.resolve(1)],
        ...[globalThis, new WeakRef({}), Object.create(Error.prototype), hostile, revoked.proxy],
        ...[new Proxy(new Error("proxied"), {}), new Proxy(() => 1, {}), {
          toString: trap,
          name: "x",
        }],
      ];
      values.forEach((value, i) => {
        const { mro } = seenBy(value);
        assert.ok(mro.includes("JsError"), `${i}: ${mro}`);
        const back = caughtFrom(() => evaluate("f()", { f: thrower(value) }));
        assert.ok(Object.is(back, value), `${i}: came back as another value`);
        assert.equal(evaluate("1"), 1);
      });
    }),
  );

  it(
    "has its cause as __cause__",
    balanced(() => {
      const error = new Error("outer", { cause: new TypeError("inner") });
      const cause = evaluate(
        "def see(f):\n  try:\n    f()\n  except Exception as e:\n    return str(e.__cause__), e.__cause__.js\nsee",
      );
      const seen = cause(thrower(error));
      assert.equal(seen[0], "TypeError: inner");
      assert.equal(seen[1], error.cause);
      const python = errorOf("raise KeyError('k')");
      const mixed = evaluate(
        "def see(f):\n  try:\n    f()\n  except Exception as e:\n    return e.__cause__\nsee",
      )(thrower(new Error("outer", { cause: python })));
      assert.equal(mixed.$.is(python.value), true);
    }),
  );

  it(
    "keeps identity on the way through Python",
    balanced(() => {
      const error = new Error("e");
      const ways = [
        "f()",
        "try:\n  f()\nfinally:\n  pass",
        "try:\n  f()\nexcept KeyError:\n  pass",
        "try:\n  f()\nexcept Exception:\n  raise",
        "try:\n  f()\nexcept Exception as e:\n  raise e",
        "try:\n  f()\nexcept Exception as e:\n  raise e.with_traceback(None)",
        "list(map(lambda _: f(), [1]))",
        "next(f() for _ in [1])",
        "def g():\n  yield f()\nlist(g())",
        "import contextlib\nwith contextlib.suppress(KeyError):\n  f()",
        "import functools\nfunctools.lru_cache(None)(lambda: f())()",
        "sorted([1, 2], key=lambda _: f())",
        "class C:\n  __getattr__ = lambda s, n: f()\nC().x",
        "class C:\n  def __del__(s): pass\n  def __iter__(s): f()\nfor x in C(): pass",
        "import threading\nl = threading.Lock()\nwith l:\n  f()",
        "__import__('concurrent.futures').futures\nf()",
      ];
      for (const code of ways) {
        for (let i = 0; i < 2; i++) {
          assert.equal(caughtFrom(() => evaluate(code, { f: thrower(error) })), error, code);
        }
      }
      const nested = (n: number): unknown =>
        n === 0 ? thrower(error)() : evaluate("f(n - 1)", { f: nested, n });
      assert.equal(caughtFrom(() => nested(20)), error);
    }),
  );

  it(
    "raised again later by Python is still the same error",
    balanced(() => {
      const error = new Error("kept");
      const box = evaluate("[]");
      evaluate("try:\n  f()\nexcept Exception as e:\n  box.append(e)", { f: thrower(error), box });
      assert.equal(caughtFrom(() => evaluate("raise box[0]", { box })), error);
      assert.equal(box.$.get(0).js ?? box.$.get(0), error);
      const other = caughtFrom(() => evaluate("raise KeyError('k') from box[0]", { box }));
      assert.equal(other.cause, error);
    }),
  );

  it(
    "passed as a value is an exception that Python can raise",
    balanced(() => {
      const error = new TypeError("value");
      assert.equal(evaluate("isinstance(e, TypeError)", { e: error }), true);
      assert.equal(caughtFrom(() => evaluate("raise e", { e: error })), error);
      assert.equal(evaluate("lambda e: e")(error), error);
      assert.equal(evaluate("lambda e: [e, e]")(error)[1], error);
      assert.equal(caughtFrom(() => evaluate("raise KeyError from e", { e: error })).cause, error);
    }),
  );
});

describe("raise() of a Python exception through JS", () => {
  it(
    "keeps identity",
    balanced(() => {
      const check = evaluate(
        "def check(f, e):\n  def inner():\n    raise e\n  try:\n    f(inner)\n  except BaseException as c:\n" +
          "    return c is e\ncheck",
      );
      for (
        const code of ["ValueError(1)", "KeyboardInterrupt()", "SystemExit(3)", "GeneratorExit()"]
      ) {
        const error = evaluate(code);
        assert.equal(check((inner: PyValue) => inner(), error), true, code);
        assert.equal(
          check((inner: PyValue) => {
            try {
              return inner();
            } catch (caught) {
              throw caught;
            }
          }, error),
          true,
        );
        assert.equal(
          check((inner: PyValue) => {
            evaluate("f()", { f: inner });
          }, error),
          true,
        );
      }
      const seen: unknown[] = [];
      const outer = caughtFrom(() =>
        evaluate("f()", {
          f: () => {
            const inner = caughtFrom(() => evaluate("raise ValueError('x')"));
            seen.push(inner);
            throw inner;
          },
        })
      );
      assert.equal(outer, seen[0]);
    }),
  );

  it(
    "KeyboardInterrupt, SystemExit, GeneratorExit pass `except Exception`",
    balanced(() => {
      for (const name of ["KeyboardInterrupt", "SystemExit", "GeneratorExit"]) {
        const inner = evaluate(`def inner(): raise ${name}('through')\ninner`);
        const error = errorOf("try:\n  f()\nexcept Exception:\n  'caught'", { f: () => inner() });
        assert.equal(error.type, name);
      }
    }),
  );

  it(
    "StopIteration thrown by JS ends Python's iteration",
    balanced(() => {
      let n = 0;
      const stop = caughtFrom(() => evaluate("raise StopIteration"));
      const next = () => {
        if (++n > 3) throw stop;
        return n;
      };
      assert.deepEqual(
        evaluate("class I:\n  __iter__ = lambda s: s\n  __next__ = lambda s: f()\nlist(I())", {
          f: next,
        })
          .$.toJs(),
        [1, 2, 3],
      );
    }),
  );

  it(
    "a thrown PyObject that is an exception is raised, anything else a TypeError",
    balanced(() => {
      const exception = evaluate("KeyError('k')");
      assert.equal(errorOf("f()", { f: thrower(exception) }).value.$.is(exception), true);
      assert.equal(errorOf("f()", { f: thrower(py.builtins.KeyError) }).type, "KeyError");
      assert.equal(errorOf("f()", { f: thrower(evaluate("[]")) }).type, "TypeError");
    }),
  );

  it("a PythonError whose exception was released is still an exception", () => {
    const error = caughtFrom(() => py.run("raise KeyError('k')")) as PythonError;
    error.value.$.release();
    assert.equal(error.message, "KeyError: 'k'");
    assert.equal(typeof error.traceback, "string");
    assert.equal(typeof error.stack, "string");
    assert.equal(error.cause, undefined);
    assert.equal(error.matches(py.builtins.KeyError), false);
    const back = caughtFrom(() => py.run("f()", { globals: { f: thrower(error) } }));
    assert.ok(back === error || back instanceof PythonError, String(back));
  });

  it(
    "an exception being handled in Python is seen as the context, and survives the callback",
    balanced(() => {
      const text = evaluate(
        "import sys\ntry:\n  raise ValueError('held')\nexcept ValueError as e:\n" +
          "  g(lambda: 1)\n  r = [sys.exc_info()[1] is e]\n" +
          "  try:\n    f()\n  except Exception as i:\n    r.append(i.__context__ is e)\n" +
          "  r.append(sys.exc_info()[1] is e)\nr",
        {
          f: thrower(new Error("inner")),
          g: (call: PyValue) => {
            call();
            caughtFrom(() => evaluate("1 / 0"));
          },
        },
      );
      assert.deepEqual(text.$.toJs(), [true, true, true]);
    }),
  );

  it(
    "a conversion that fails in a result is an exception in Python",
    balanced(() => {
      const cyclic = {
        get bad() {
          throw new Error("getter");
        },
      };
      assert.match(
        evaluate("def see(f):\n  try:\n    f()\n  except TypeError as e:\n    return str(e)\nsee")(
          () => cyclic,
        ),
        /Cannot convert \$\.bad: reading it threw: getter/,
      );
    }),
  );

  it(
    "a hundred thousand exceptions through both languages",
    balanced(() => {
      const error = new Error("x");
      const count = evaluate(
        "def loop(f, n):\n  c = 0\n  for i in range(n):\n    try:\n      f(i)\n    except Exception:\n      c += 1\n  return c\nloop",
      );
      assert.equal(count(thrower(error), 5000), 5000);
      const raises = evaluate("def r(i): raise ValueError(i)\nr");
      assert.equal(count((i: number) => raises(i), 5000), 5000);
      for (let i = 0; i < 5000; i++) {
        const caught = caughtFrom(() => raises(i));
        assert.equal(caught.type, "ValueError");
        caught.value.$.release();
      }
    }),
  );
});
