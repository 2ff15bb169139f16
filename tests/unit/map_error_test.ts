import assert from "node:assert/strict";
import { describe } from "node:test";
import { kw, mapError, PythonError } from "../../mod.ts";
import type { TieOptions } from "../../mod.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import {
  FULL,
  FullError,
  limit,
  LimitError,
  NAME,
  POOL,
  pool,
  PoolError,
  seenBy,
  thrower,
  withTies,
} from "../fixtures/pool.ts";
import { evaluate, py, references, test } from "../fixtures/python.ts";

describe("mapError(), an error of TypeScript in Python", () => {
  test("is an instance of the tied class and a JsError, with all that one has", () => {
    withTies([POOL], () => {
      const error = new PoolError("empty");
      const seen = seenBy(thrower(error), pool);
      assert.deepEqual([0, 1, 2, 3, 5, 6, 7].map((i) => seen[i]), [
        ...["PoolError", NAME, true, "empty"],
        ...["PoolError", "empty", true],
      ]);
      assert.deepEqual(seen[4].$.toJs(), ["empty"]);
      assert.strictEqual(seen[8], error);
    });
    assert.strictEqual(seenBy(thrower(new PoolError("free")), pool)[0], "JsError");
  });

  test("a subclass too, unless that has its own tie; the latest wins", () => {
    withTies([POOL], () => {
      assert.strictEqual(seenBy(thrower(new LimitError("m")), pool)[0], "PoolError");
      withTies([FULL], () => {
        assert.strictEqual(seenBy(thrower(new LimitError("m")), pool)[0], "FullError");
        assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "PoolError");
      });
      withTies([[FullError, "ValueError"]], () => {
        assert.strictEqual(seenBy(thrower(new FullError("m")), pool)[0], "ValueError");
      });
      withTies([[PoolError, "KeyError"]], () => {
        assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "KeyError");
      });
      assert.strictEqual(seenBy(thrower(new FullError("m")), pool)[0], "PoolError");
    });
  });

  test("its class is made once", () => {
    withTies([POOL], () => {
      const same = evaluate("lambda f, g, p: type(p.see(f)) is type(p.see(g))");
      assert.strictEqual(
        same(thrower(new PoolError("a")), thrower(new PoolError("b")), pool),
        true,
      );
    });
  });

  test("toPython gives the arguments, also by keyword", () => {
    const options = { toPython: (e: LimitError) => [e.message, 5, kw({ unit: e.name })] };
    withTies([limit(options)], () => {
      const seen = pool.see(thrower(new LimitError("m")));
      const facts = evaluate("lambda f, p: (lambda e: [e.limit, e.unit, str(e)])(p.see(f))")(
        thrower(new LimitError("m")),
        pool,
      );
      assert.deepEqual(facts.$.toJs(), [5, "LimitError", "m"]);
      assert.ok(seen instanceof LimitError); // as a value it is the very error
    });
  });

  test("what cannot be made says why, and the error is its cause", () => {
    const cases: [TieOptions<LimitError>, RegExp][] = [
      [{ toPython: () => [] }, /LimitError\(\) raised TypeError: .*missing 1 required .*'message'/],
      [{ toPython: thrower(new RangeError("no")) }, /its toPython threw RangeError: no/],
      [{ toPython: () => 5 as never }, /its toPython gave 5, not an array of arguments/],
      [{ toPython: () => [new Date(NaN)] }, /Cannot convert \$\[0\]: .*invalid Date/],
      [{ toPython: () => ["m", kw({ no: 1 })] }, /LimitError\('m', no=1\) raised TypeError/],
    ];
    for (const [options, words] of cases) {
      withTies([limit(options)], () => {
        const error = new LimitError("m");
        const caught = caughtFrom(() => evaluate("f()", { f: thrower(error) }));
        assert.ok(caught instanceof PythonError, String(caught));
        assert.strictEqual(caught.type, "TypeError");
        assert.match(caught.message, /could not be raised as its tied class: /);
        assert.match(caught.message, words);
        assert.strictEqual(caught.cause, error);
      });
    }
  });

  test("a class of Python may do anything with its instances", () => {
    const bodies = [
      "def __setattr__(s, n, v): raise KeyError(n)",
      "__slots__ = ('x',)",
      "name = property(lambda s: 1 / 0)\n  message = property(lambda s: 1 / 0)",
      "__cause__ = property(lambda s: 1 / 0)",
      "def __str__(s): raise KeyError",
      "def __eq__(s, o): raise KeyError\n  __hash__ = None",
      "def __del__(s): pass",
      "def __getattribute__(s, n): raise KeyError(n)",
      "def __new__(c, *a): return ValueError('other')",
      "def __init_subclass__(c): raise KeyError('final')",
    ];
    for (const body of bodies) {
      const kind = evaluate(`class Odd(Exception):\n  ${body}\nOdd`);
      withTies([[PoolError, kind]], () => {
        const error = new PoolError("m", { cause: new Error("c") });
        const back = caughtFrom(() => evaluate("f()", { f: thrower(error) }));
        assert.ok(back === error || (back as PythonError).cause === error, body);
      });
    }
  });

  test("the class keeps its own members but for name, message, stack and js", () => {
    const kind = evaluate(
      "class Rich(Exception):\n  def errors(s): return ['own']\n  code = property(lambda s: s.args[0] + '!')\nRich",
    );
    withTies([[PoolError, kind]], () => {
      const facts = evaluate(
        "def see(f):\n  try:\n    f()\n  except Exception as e:\n    return e.errors(), e.code, e.message\nsee",
      )(thrower(new PoolError("m")));
      assert.deepEqual(facts.$.toJs(), [["own"], "m!", "m"]);
    });
  });

  test("other bases: OSError, BaseException, a class made for pyduet.JsError, a group", () => {
    const bases = "OSError KeyError SyntaxError SystemExit KeyboardInterrupt ImportError".split(
      " ",
    );
    for (const base of bases) {
      withTies([[PoolError, base]], () => {
        const caught = evaluate(
          `import pyduet\ndef see(f):\n  try:\n    f()\n  except ${base} as e:\n    return isinstance(e, pyduet.JsError), e.js, e.name\nsee`,
        )(thrower(new PoolError("m")));
        assert.strictEqual(caught[0], true, base);
        assert.ok(caught[1] instanceof PoolError);
        assert.strictEqual(caught[2], "PoolError");
      });
    }
    const own = evaluate("import pyduet\nclass Own(pyduet.JsError): pass\nOwn");
    withTies([[PoolError, own]], () => {
      const error = new PoolError("m");
      assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(error) })), error);
      const raised = caughtFrom(() => evaluate("raise Own('python')", { Own: own }));
      assert.ok(raised instanceof PoolError);
      assert.strictEqual(raised.message, "python");
    });
  });

  test("in a group, as a cause, and as a value", () => {
    withTies([POOL], () => {
      const inner = new PoolError("inner");
      const outer = new AggregateError([inner], "outer", { cause: inner });
      const facts = evaluate(
        "def see(f, kind):\n  try:\n    f()\n  except Exception as e:\n" +
          "    return isinstance(e.errors[0], kind), e.errors[0] is e.__cause__\nsee",
      )(thrower(outer), pool.PoolError);
      assert.deepEqual(facts.$.toJs(), [true, true]);
      assert.strictEqual(
        evaluate("lambda e, kind: isinstance(e, kind)")(inner, pool.PoolError),
        true,
      );
      assert.strictEqual(evaluate("lambda e: e")(inner), inner);
    });
  });
});

describe("mapError() and names", () => {
  test("a name is looked up when its module is there, and imports nothing", () => {
    const name = "pyduet_test_late_pool";
    withTies([[PoolError, `${name}.Late`]], () => {
      const error = new PoolError("m");
      assert.strictEqual(seenBy(thrower(error), pool)[0], "JsError");
      assert.strictEqual(evaluate(`import sys\n"${name}" in sys.modules`), false);
      evaluate(
        `import sys, types\nm = types.ModuleType("${name}")\nexec("class Late(Exception): pass", m.__dict__)\nsys.modules["${name}"] = m`,
      );
      assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "Late");
      const caught = caughtFrom(() => evaluate(`import ${name} as m\nraise m.Late("there")`));
      assert.ok(caught instanceof PoolError);
      evaluate(`import sys\ndel sys.modules["${name}"]`);
      assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "JsError");
    });
  });

  test("a class given as a PyObject is held by the tie alone", () => {
    const kind = evaluate("class Held(Exception): pass\nHeld");
    const before = references(kind);
    const off = mapError(PoolError, kind.$.clone());
    py.scope(() => assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "Held"));
    off();
    off();
    py.builtins.__import__("gc").collect();
    assert.strictEqual(references(kind), before + 1); // the clone
  });

  test("wrong arguments are TypeErrors", () => {
    const wrong: [unknown[], RegExp][] = [
      [[5, "ValueError"], /^mapError\(\) takes an error class first, not 5$/],
      [[Map, "ValueError"], /an error class first; Map does not extend Error$/],
      [[() => 1, "ValueError"], /does not extend Error$/],
      [[Error, "ValueError"], /a class of its own kind of errors first, not Error/],
      [[PythonError, "ValueError"], /not PythonError, which other errors are too$/],
      [[PoolError, ""], /a name of Python's class such as "module\.PyClass", not ""$/],
      [[PoolError, "a..b"], /not "a\.\.b"$/],
      [[PoolError, 5], /a Python exception class or its name, "module\.PyClass", not 5$/],
      [[PoolError, undefined], /not undefined$/],
      [[PoolError, "list"], /^mapError\(\): list is no exception class of Python$/],
      [[PoolError, "sys.path"], /^mapError\(\): sys\.path, an object of type list, is no /],
      [[PoolError, py.builtins.list], /^mapError\(\): list is no exception class of Python$/],
      [[PoolError, py.builtins.ValueError("x")], /an object of type ValueError is no exception/],
      [[PoolError, py.builtins], /an object of type module is no exception class/],
      [[PoolError, "ValueError", 5], /options as \{ toJs, toPython \}, not 5$/],
      [[PoolError, "ValueError", { toJS: () => 1 }], /there is no "toJS"$/],
      [[PoolError, "ValueError", { toJs: 1 }], /a function for toJs, not 1$/],
    ];
    for (const [args, words] of wrong) {
      assert.throws(() => (mapError as (...all: unknown[]) => unknown)(...args), {
        name: "TypeError",
        message: words,
      });
    }
    const released = evaluate("class R(Exception): pass\nR");
    released.$.release();
    assert.throws(() => mapError(PoolError, released), { name: "PyReleasedError" });
    assert.strictEqual(seenBy(thrower(new PoolError("m")), pool)[0], "JsError");
  });
});
