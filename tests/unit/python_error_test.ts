import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PyConversionError, PythonError, type PyValue } from "../../mod.ts";
import { caughtFrom, errorOf, since } from "../fixtures/errors.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";

describe("PythonError", () => {
  it(
    "type and message say what a traceback's last line says",
    balanced(() => {
      const cases: [string, string, string][] = [
        ["raise ValueError('bad')", "ValueError", "ValueError: bad"],
        ["raise ValueError", "ValueError", "ValueError"],
        ["raise ValueError('')", "ValueError", "ValueError"],
        ["raise ValueError(1, 2)", "ValueError", "ValueError: (1, 2)"],
        ["{}['k']", "KeyError", "KeyError: 'k'"],
        ["1 / 0", "ZeroDivisionError", "ZeroDivisionError: division by zero"],
        ["raise Exception('a\\x00b\\ud800é🐍\\nc')", "Exception", "Exception: a\0b\ud800é🐍\nc"],
        [
          "import json\njson.loads('{')",
          "json.decoder.JSONDecodeError",
          "json.decoder.JSONDecodeError",
        ],
        ["class A:\n  class B(Exception): pass\nraise A.B('x')", "A.B", "A.B: x"],
        ["assert False, 'no'", "AssertionError", "AssertionError: no"],
        ["raise KeyboardInterrupt", "KeyboardInterrupt", "KeyboardInterrupt"],
        ["raise GeneratorExit('g')", "GeneratorExit", "GeneratorExit: g"],
        ["raise BaseException('b')", "BaseException", "BaseException: b"],
        ["raise StopIteration(3)", "StopIteration", "StopIteration: 3"],
        [
          "raise OSError(2, 'No', 'f')",
          "FileNotFoundError",
          "FileNotFoundError: [Errno 2] No: 'f'",
        ],
        [
          "raise UnicodeDecodeError('utf-8', b'x', 0, 1, 'r')",
          "UnicodeDecodeError",
          "UnicodeDecodeError",
        ],
        ["raise 1", "TypeError", "TypeError: exceptions must derive from BaseException"],
      ];
      for (const [code, type, message] of cases) {
        const error = errorOf(code);
        assert.equal(error.type, type, code);
        assert.ok(error.message.startsWith(message), `${code}: ${error.message}`);
        assert.equal(error.name, "PythonError");
        assert.ok(error instanceof Error);
        assert.equal(error.value.$.type, type);
      }
    }),
  );

  it(
    "value is the live exception",
    balanced(() => {
      const error = errorOf("class E(Exception): code = 7\nraise E('x', 1)");
      assert.equal(error.value.code, 7);
      assert.deepEqual(error.value.args.$.toJs(), ["x", 1]);
      assert.equal(error.value.__traceback__ === null, false);
      const known = evaluate("e = ValueError(1)\ne");
      assert.equal(errorOf("raise e", { e: known }).value.$.is(known), true);
    }),
  );

  it(
    "matches() is what except would catch",
    balanced(() => {
      const error = errorOf("{}['k']");
      const { KeyError, LookupError, Exception, ValueError, tuple } = py.builtins;
      assert.equal(error.matches(KeyError), true);
      assert.equal(error.matches(LookupError), true);
      assert.equal(error.matches(Exception), true);
      assert.equal(error.matches(ValueError), false);
      assert.equal(error.matches(tuple([ValueError, LookupError])), true);
      assert.equal(error.matches(1), false);
    }),
  );

  it(
    "cause follows __cause__, else __context__ unless suppressed",
    balanced(() => {
      const chained = errorOf(
        "try:\n  raise ValueError('B')\nexcept ValueError as b:\n  raise KeyError('A') from b",
      );
      assert.ok(chained.cause instanceof PythonError);
      assert.equal(chained.cause.type, "ValueError");
      assert.equal(chained.cause.cause, undefined);
      const context = errorOf("try:\n  1 / 0\nexcept Exception:\n  raise KeyError('A')");
      assert.equal((context.cause as PythonError).type, "ZeroDivisionError");
      const none = errorOf("try:\n  1 / 0\nexcept Exception:\n  raise KeyError('A') from None");
      assert.equal(none.cause, undefined);
      const js = new RangeError("js");
      const mixed = errorOf("try:\n  f()\nexcept Exception as e:\n  raise KeyError('A') from e", {
        f: () => {
          throw js;
        },
      });
      assert.equal(mixed.cause, js);
      const cycle = errorOf(
        "a = ValueError('a')\nb = ValueError('b')\na.__cause__ = b\nb.__cause__ = a\nraise a",
      );
      assert.equal(((cycle.cause as PythonError).cause as PythonError).message, "ValueError: a");
      assert.equal(typeof cycle.traceback, "string");
    }),
  );

  it(
    "notes and errors give what 3.11 added, and nothing before",
    balanced(() => {
      assert.deepEqual(errorOf("raise ValueError").notes, []);
      assert.deepEqual(errorOf("raise ValueError").errors, []);
      assert.deepEqual(errorOf("e = ValueError()\ne.__notes__ = ['n', 1]\nraise e").notes, [
        "n",
        "1",
      ]);
      if (!since(3, 11)) return;
      assert.deepEqual(
        errorOf("e = ValueError()\ne.add_note('a')\ne.add_note('b')\nraise e").notes,
        ["a", "b"],
      );
      const group = errorOf(
        "raise ExceptionGroup('g', [ValueError(1), TypeError(2), ExceptionGroup('h', [KeyError(3)])])",
      );
      assert.equal(group.type, "ExceptionGroup");
      assert.equal(group.message, "ExceptionGroup: g (3 sub-exceptions)");
      const [first, second, third] = group.errors as PythonError[];
      assert.deepEqual([first!.type, second!.type], ["ValueError", "TypeError"]);
      assert.equal((third!.errors[0] as PythonError).type, "KeyError");
    }),
  );

  it(
    "traceback is Python's own text, and shows the lines of code given as text",
    balanced(() => {
      const error = errorOf("def f(x):\n    return 1 / x\n\ndef g():\n    f(0)\n\ng()");
      const lines = error.traceback.replace(/ *[~^]+\n/g, "").replaceAll(/<py\.run \d+>/g, "FILE");
      assert.equal(
        lines,
        'Traceback (most recent call last):\n  File "FILE", line 7, in <module>\n    g()\n' +
          '  File "FILE", line 5, in g\n    f(0)\n' +
          '  File "FILE", line 2, in f\n    return 1 / x\n' +
          "ZeroDivisionError: division by zero\n",
      );
      const named = caughtFrom(() => py.run("\n\nboom()", { filename: "mine.py", globals: {} }));
      assert.match(named.traceback, /File "mine.py", line 3, in <module>\n {4}boom\(\)\n/);
      const syntax = errorOf("x = 1\nif x\n  pass");
      assert.equal(syntax.type, "SyntaxError");
      assert.match(syntax.traceback, /line 2\n {4}if x\n/);
      const both = errorOf("try:\n  1 / 0\nexcept Exception as e:\n  raise KeyError('A') from e");
      assert.match(both.traceback, /direct cause of the following exception/);
      assert.match(both.traceback, /ZeroDivisionError: division by zero[^]*KeyError: 'A'\n$/);
      assert.doesNotMatch(both.traceback, /pyduet/);
    }),
  );

  it(
    "stack names the frames of both languages, innermost first",
    balanced(() => {
      const a: PyValue = evaluate("def e():\n  raise ValueError('deep')\ne");
      function d(): unknown {
        return a() ?? null; // no tail call: Bun leaves out its frame
      }
      const c = evaluate("def c(): return d()\nc", { d });
      function b(): unknown {
        return c() ?? null; // no tail call: Bun leaves out its frame
      }
      const error = caughtFrom(b);
      const names = [...String(error.stack).matchAll(/^ +at (?:async )?([\w.<>]+)/gm)].map((m) =>
        m[1]
      );
      const found = names.filter((name) => ["e", "d", "c", "b"].includes(name!));
      assert.deepEqual(found, ["e", "d", "c", "b"], error.stack);
      assert.match(error.stack, /^PythonError: ValueError: deep\n/);
      assert.doesNotMatch(error.stack, /src\/(objects|interpreter)\//);
      const order = [...error.traceback.matchAll(/, in (\w+)$/gm)].map((m) => m[1]);
      assert.deepEqual(order.filter((name) => ["c", "d", "e"].includes(name)), ["c", "d", "e"]);
    }),
  );

  it(
    "stack and traceback of a JS error that passed one Python function name all frames",
    balanced(() => {
      function c(): never {
        throw new TypeError("from js");
      }
      const b = evaluate("def b(f):\n  return f()\nb");
      function a(): unknown {
        return b(c) ?? null;
      }
      const error = caughtFrom(a);
      const names = [...String(error.stack).matchAll(/^ +at (?:async )?([\w.<>]+)/gm)].map((m) =>
        m[1]
      );
      assert.deepEqual(names.filter((n) => /^[a-c]$/.test(n!)), ["c", "b", "a"], error.stack);
      assert.match(error.stack, /^TypeError: from js\n/);
      const text = evaluate(
        "import traceback\ndef outer(b, c):\n  try:\n    b(c)\n  except Exception:\n    return traceback.format_exc()\nouter",
      )(b, c);
      const order = [...text.matchAll(/, in (\w+)$/gm)].map((m) => m[1]);
      assert.deepEqual(order, ["outer", "b", "c"], text);
      assert.match(text, /TypeError: from js\n$/);
    }),
  );

  it(
    "stack and traceback of a JS error name the frames of both languages in order",
    balanced(() => {
      function e(): unknown {
        throw new TypeError("from js");
      }
      const d = evaluate("def d(f): return f()\nd");
      function c(): unknown {
        return d(e) ?? null; // no tail call: Bun leaves out its frame
      }
      const b = evaluate("def b(f): return f()\nb");
      function a(): unknown {
        return b(c) ?? null; // no tail call: Bun leaves out its frame
      }
      const error = caughtFrom(a);
      assert.ok(error instanceof TypeError);
      const names = [...String(error.stack).matchAll(/^ +at (?:async )?([\w.<>]+)/gm)].map((m) =>
        m[1]
      );
      assert.deepEqual(
        names.filter((n) => /^[a-e]$/.test(n!)),
        ["e", "d", "c", "b", "a"],
        error.stack,
      );
      const text = evaluate(
        "import traceback\ndef outer(f):\n  try:\n    f()\n  except Exception:\n    return traceback.format_exc()\nouter",
      )(a);
      const order = [...text.matchAll(/, in (\w+)$/gm)].map((m) => m[1]);
      assert.deepEqual(order.filter((n) => /^([a-e]|outer)$/.test(n!)), [
        "outer",
        "a",
        "b",
        "c",
        "d",
        "e",
      ], text);
      assert.match(text, /TypeError: from js\n$/);
    }),
  );

  it(
    "properties can be assigned, serialised and read twice",
    balanced(() => {
      const error = errorOf("raise ValueError('x')");
      error.stack = "mine";
      assert.equal(error.stack, "mine");
      error.cause = 5;
      assert.equal(error.cause, 5);
      assert.equal(error.traceback, error.traceback);
      assert.equal(String(error), "PythonError: ValueError: x");
      assert.ok(Object.prototype.toString.call(error).includes("Error"));
      assert.equal(typeof JSON.stringify(error), "string");
      const copy = structuredCloneOrNull(error);
      if (copy) assert.equal((copy as Error).message, "ValueError: x");
    }),
  );
});

function structuredCloneOrNull(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return null; // a function or a PyObject inside cannot be cloned
  }
}

describe("PythonError of difficult exceptions", () => {
  it(
    "whose __str__, __repr__ or class lie",
    balanced(() => {
      const cases = [
        "def __str__(s): raise KeyError('inner')",
        "def __str__(s): return 5",
        "def __str__(s): raise SystemExit",
        "def __str__(s): raise s",
        "def __repr__(s): raise KeyError\n  __str__ = __repr__",
        "__module__ = 5",
        "__module__ = None",
        "__qualname__ = 'Odd Name'",
        "def __getattribute__(s, n): raise KeyError(n)",
        "def __eq__(s, o): raise KeyError\n  __hash__ = None",
        "__traceback__ = property(lambda s: 1 / 0)\n  __cause__ = property(lambda s: 1 / 0)",
        "__notes__ = property(lambda s: 1 / 0)\n  exceptions = property(lambda s: 1 / 0)",
        "def __getattr__(s, n): raise ValueError(n)",
        "def __del__(s): raise ValueError",
      ];
      for (const body of cases) {
        const error = errorOf(`class E(Exception):\n  ${body}\nraise E('x')`);
        assert.equal(typeof error.type, "string", body);
        assert.equal(typeof error.message, "string", body);
        const read = () => [error.stack, error.traceback, error.notes, error.errors, error.cause];
        try {
          read();
        } catch (inner) {
          assert.fail(`${body}: reading it threw ${inner}`);
        }
        assert.equal(typeof error.stack, "string", body);
      }
    }),
  );

  it(
    "raised while making the exception",
    balanced(() => {
      const error = errorOf(
        "class E(Exception):\n  def __init__(s): raise KeyError('init')\nraise E",
      );
      assert.equal(error.type, "KeyError");
      const meta = errorOf(
        "class M(type):\n  def __call__(c): return 5\nclass E(Exception, metaclass=M): pass\nraise E",
      );
      assert.equal(meta.type, "TypeError");
    }),
  );

  it("KeyboardInterrupt, SystemExit and GeneratorExit reach the caller three times over", () => {
    for (let i = 0; i < 3; i++) {
      const exit = errorOf("import sys\nsys.exit(3)");
      assert.equal(exit.type, "SystemExit");
      assert.equal(exit.value.code, 3);
      assert.equal(errorOf("raise KeyboardInterrupt").type, "KeyboardInterrupt");
      assert.equal(errorOf("raise GeneratorExit").type, "GeneratorExit");
      assert.equal(
        errorOf("exit()").type === "SystemExit" || errorOf("exit()").type === "NameError",
        true,
      );
    }
    assert.equal(caughtFrom(() => py.run("import sys; sys.exit('text')")).type, "SystemExit");
    assert.equal(py.run("1 + 1"), 2);
  });

  it(
    "that come from everything that can raise",
    balanced(() => {
      const object = evaluate(
        "def no(*a): raise ValueError('no')\n" +
          "C = type('C', (), {n: no for n in names})\nC()",
        {
          names: [
            ..."__call__ __getitem__ __setitem__ __delitem__ __len__ __contains__ __iter__ __str__"
              .split(" "),
            ..."__repr__ __eq__ __hash__ __dir__ __float__ __int__ __index__".split(" "),
            ..."__setattr__ __delattr__ __getattr__ __bool__".split(" "),
          ],
        },
      );
      const ways: Record<string, () => unknown> = {
        call: () => object(),
        new: () => new object(),
        get: () => object.$.get(0),
        item: () => object[0],
        set: () => object.$.set(0, 1),
        delete: () => object.$.delete(0),
        length: () => object.$.length,
        has: () => object.$.has(0),
        iterate: () => [...object],
        text: () => `${object}`,
        repr: () => object.$.repr(),
        equals: () => object.$.equals(1),
        hash: () => object.$.hash(),
        dir: () => object.$.dir(),
        number: () => +object,
        setAttr: () => (object.x = 1),
        missing: () => object.y,
        has_: () => "y" in object,
        attr: () => object.$.attr("y"),
        hasAttr: () => object.$.hasAttr("y"),
        index: () => evaluate("[1, 2]").$.get(object),
      };
      for (const [name, way] of Object.entries(ways)) {
        const error = caughtFrom(way);
        assert.equal(error.message, "ValueError: no", `${name}: ${error}`);
        assert.equal(evaluate("1"), 1);
      }
    }),
  );

  it(
    "and conversions that fail leave no exception behind",
    balanced(() => {
      for (let i = 0; i < 20; i++) {
        assert.throws(() => evaluate("x", { x: new Map([[[], 1]]) }), PyConversionError);
        assert.throws(
          () => evaluate("x", { x: new Map([[evaluate("[]"), 1]]) }),
          PyConversionError,
        );
        assert.equal(evaluate("1"), 1);
      }
    }),
  );
});
