import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { mapError, pyClass, PythonError, type PyValue } from "../../mod.ts";
import { caughtFrom, errorOf, since } from "../fixtures/errors.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

function thrower(thrown: unknown): () => never {
  return () => {
    throw thrown;
  };
}

/** The exception as which a thrown value arrives in Python, asked by a lambda. */
function asked(thrown: unknown, question: string): PyValue {
  return evaluate(
    `import pyduet, asyncio\ndef ask(f):\n  try:\n    f()\n  except BaseException as e:\n    return [${question}]\nask`,
  )(thrower(thrown))[0];
}

const isA = (thrown: unknown, kind: string): boolean => asked(thrown, `isinstance(e, ${kind})`);

const system = forGood(() =>
  evaluate(
    "import pyduet\ndef system(f):\n  try:\n    f()\n  except OSError as e:\n" +
      "    return type(e).__mro__[2].__name__, e.errno, e.strerror, e.filename, e.filename2, str(e), isinstance(e, pyduet.JsError)\nsystem",
  )
);
const systemFacts = (call: () => unknown): unknown[] => system(call).$.toJs();

describe("the kinds of JS errors in Python", () => {
  test("are those of the table", () => {
    const table: [Error, string][] = [
      [new TypeError("m"), "TypeError"],
      [new RangeError("m"), "ValueError"],
      [new SyntaxError("m"), "SyntaxError"],
      [new DOMException("m", "AbortError"), "asyncio.CancelledError"],
      [
        Object.assign(new Error("m"), { name: "AbortError", code: "ABORT_ERR" }),
        "asyncio.CancelledError",
      ],
      [new DOMException("m", "TimeoutError"), "TimeoutError"],
      [Object.assign(new Error("m"), { name: "TimeoutError" }), "TimeoutError"],
      [Object.assign(new Error("m"), { name: "NotCapable" }), "PermissionError"],
    ];
    for (const [error, kind] of table) {
      assert.strictEqual(isA(error, kind), true, `${error.name} is no ${kind}`);
      assert.strictEqual(isA(error, "pyduet.JsError"), true);
      assert.strictEqual(asked(error, "e.message"), "m");
      assert.strictEqual(asked(error, "e.name"), error.name);
      assert.strictEqual(asked(error, "e.js"), error);
    }
    const plain = [
      new Error("m"),
      new ReferenceError("m"),
      new EvalError("m"),
      new URIError("m"),
      new DOMException("m", "NotFoundError"),
      new DOMException("m", "SyntaxError"),
      new DOMException("m", "DataCloneError"),
      Object.assign(new Error("m"), { code: "ERR_INVALID_ARG_TYPE" }),
      Object.assign(new Error("m"), { code: 2 }),
    ];
    for (const error of plain) {
      assert.strictEqual(asked(error, "type(e) is pyduet.JsError"), true, error.name);
      assert.strictEqual(
        asked(error, "str(e)"),
        error.name === "Error" ? "m" : `${error.name}: m`,
      );
    }
  });

  test("a traceback can be printed of each", () => {
    for (const kind of [TypeError, RangeError, SyntaxError, EvalError]) {
      const text = asked(new kind("m"), "__import__('traceback').format_exc()");
      assert.match(text, new RegExp(`pyduet\\.Js\\w*Error: .*m\\n$`), text);
    }
  });

  test("JsError can be raised and extended by Python itself", () => {
    assert.strictEqual(
      errorOf("import pyduet\nraise pyduet.JsError('x')").message,
      "pyduet.JsError: x",
    );
    const own = errorOf("import pyduet\nclass Own(pyduet.JsError): pass\nraise Own('x', 1)");
    assert.strictEqual(own.message, "Own: ('x', 1)");
  });
});

describe("a system error in Python", () => {
  test("has errno, strerror and the files", () => {
    assert.deepEqual(systemFacts(() => readFileSync("/nowhere/é x")), [
      ...["FileNotFoundError", 2, "No such file or directory", "/nowhere/é x", null],
      ...["[Errno 2] No such file or directory: '/nowhere/é x'", true],
    ]);
    assert.deepEqual(systemFacts(() => renameSync("/nowhere/a", "/nowhere/b")), [
      ...["FileNotFoundError", 2, "No such file or directory", "/nowhere/a", "/nowhere/b"],
      ...["[Errno 2] No such file or directory: '/nowhere/a' -> '/nowhere/b'", true],
    ]);
    const folder = mkdtempSync(join(tmpdir(), "pyduet-"));
    assert.strictEqual(systemFacts(() => mkdirSync(folder))[0], "FileExistsError");
    rmdirSync(folder);
    assert.strictEqual(
      systemFacts(() => readFileSync("/etc/passwd/x"))[0],
      "NotADirectoryError",
    );
    assert.strictEqual(systemFacts(() => readFileSync("/"))[0], "IsADirectoryError");
  });

  test("of a code is the class that Python has for it", () => {
    const codes: Record<string, string> = {
      ENOENT: "FileNotFoundError",
      EACCES: "PermissionError",
      EPERM: "PermissionError",
      EEXIST: "FileExistsError",
      EISDIR: "IsADirectoryError",
      ENOTDIR: "NotADirectoryError",
      ECONNREFUSED: "ConnectionRefusedError",
      ECONNRESET: "ConnectionResetError",
      ECONNABORTED: "ConnectionAbortedError",
      EPIPE: "BrokenPipeError",
      ETIMEDOUT: "TimeoutError",
      EINTR: "InterruptedError",
      EAGAIN: "BlockingIOError",
      ESRCH: "ProcessLookupError",
      ECHILD: "ChildProcessError",
      EMFILE: "OSError",
      ENOSPC: "OSError",
      EADDRINUSE: "OSError",
    };
    for (const [code, kind] of Object.entries(codes)) {
      const error = Object.assign(new Error(`my words`), { code });
      const facts = systemFacts(thrower(error));
      assert.strictEqual(facts[0], kind, code);
      assert.strictEqual(facts[1], evaluate(`import errno\nerrno.${code}`));
      assert.deepEqual(facts.slice(2, 5), ["my words", null, null]);
      const named = Object.assign(new Error(`${code}: lower words, open 'f'`), { code, path: "f" });
      assert.strictEqual(
        systemFacts(thrower(named))[5],
        evaluate(`import os, errno\nf"[Errno {errno.${code}}] {os.strerror(errno.${code})}: 'f'"`),
      );
    }
  });

  test("with odd codes, paths and destinations is still that error", () => {
    const odd = [undefined, null, 5, "", "\0", "\ud800", {}, Symbol("s"), "x".repeat(10_000)];
    for (const value of odd) {
      for (const name of ["code", "path", "dest", "errno"]) {
        const error = Object.assign(new Error("m"), { code: "ENOENT", path: "p", [name]: value });
        assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(error) })), error);
        if (name !== "code") assert.strictEqual(isA(error, "FileNotFoundError"), true);
      }
    }
  });
});

class Declared extends Error {}
const DeclaredFace = pyClass(Declared, { name: "Declared", bases: ["builtins.RuntimeError"] });
forGood(() => py.toPython(DeclaredFace));

describe("a cause in Python", () => {
  test("is that of an error of a declared class too", () => {
    const exception = evaluate("KeyError('k')");
    const error = new Declared("outer", { cause: exception });
    assert.strictEqual(asked(error, "e.__cause__").$.is(exception), true);
    const inner = new Declared("inner", { cause: new TypeError("deep") });
    assert.strictEqual(
      asked(new Error("m", { cause: inner }), "str(e.__cause__.__cause__)"),
      "TypeError: deep",
    );
    const self = new Declared("itself");
    self.cause = self;
    assert.strictEqual(asked(self, "e.__cause__ is e"), true);
    assert.strictEqual(asked(new Declared("none"), "e.__cause__"), null);
    const given = new Declared("given one in Python", { cause: new Error("mine") });
    assert.strictEqual(
      evaluate(
        "try:\n  try: fail()\n  except RuntimeError as e: raise e from ValueError('theirs')\n" +
          "except RuntimeError:\n  try: fail()\n  except RuntimeError as e: seen = str(e.__cause__)\nseen",
        {
          fail: () => {
            throw given;
          },
        },
      ),
      "theirs",
    );
  });

  test("is __cause__, whatever it is", () => {
    for (const cause of ["text", 5, { a: 1 }, Symbol("s"), () => 1, false, 0]) {
      const error = new Error("outer", { cause });
      assert.strictEqual(isA(error, "pyduet.JsError"), true);
      assert.strictEqual(asked(error, "e.__cause__.js"), cause);
      assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(error) })), error);
    }
    for (const cause of [undefined, null]) {
      assert.strictEqual(asked(new Error("outer", { cause }), "e.__cause__"), null);
    }
    const exception = evaluate("KeyError('object')");
    assert.strictEqual(
      asked(new Error("m", { cause: exception }), "e.__cause__").$.is(exception),
      true,
    );
    const list = evaluate("[1]");
    assert.strictEqual(asked(new Error("m", { cause: list }), "e.__cause__.js").$.is(list), true);
  });

  test("chains and cycles of them are as they are", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => new Error(name)) as [Error, Error, Error];
    a.cause = b;
    b.cause = c;
    c.cause = a;
    assert.strictEqual(
      asked(a, "e.__cause__.__cause__.__cause__ is e and str(e.__cause__.__cause__) == 'c'"),
      true,
    );
    const self = new Error("self");
    self.cause = self;
    assert.strictEqual(asked(self, "e.__cause__ is e"), true);
    const text = asked(a, "__import__('traceback').format_exc()");
    assert.match(text, /JsError: c\n[^]*JsError: b\n[^]*JsError: a\n$/);
    assert.strictEqual(
      [...errorOf("raise KeyError from e", { e: a }).traceback.matchAll(/JsError: /g)].length,
      3,
    );
    const endless = new Error("0");
    Object.defineProperty(endless, "cause", {
      get: () => Object.create(endless, { message: { value: "next" } }),
    });
    assert.strictEqual(asked(endless, "e.__cause__.message"), "next");
  });
});

describe("an AggregateError in Python", () => {
  test("has its errors, each once", () => {
    const shared = new TypeError("shared");
    const group = new AggregateError([shared, shared, new RangeError("b")], "many", {
      cause: shared,
    });
    const facts = asked(
      group,
      "(len(e.errors), e.errors[0] is e.errors[1] is e.__cause__, [x.message for x in e.errors])",
    );
    assert.deepEqual([facts[0], facts[1], facts[2].$.toJs()], [3, true, ["shared", "shared", "b"]]);
    assert.strictEqual(asked(new Error("m"), "hasattr(e, 'errors')"), false);
    if (!since(3, 11)) return;
    assert.strictEqual(
      asked(group, "isinstance(e, ExceptionGroup) and e.exceptions == e.errors"),
      true,
    );
    const caught = errorOf(
      "try:\n  f()\nexcept* TypeError: pass",
      { f: thrower(group) },
    );
    assert.strictEqual(caught.type, "ExceptionGroup");
    assert.strictEqual(caught.errors[0] as Error, group.errors[2]);
  });

  test("that holds itself, anything, or SystemExit is still one", () => {
    const own = new AggregateError([], "own");
    own.errors.push(own, new AggregateError([own], "inner"));
    assert.strictEqual(asked(own, "e.errors[0].js"), own);
    assert.strictEqual(asked(own, "e.errors[1].errors[0].js"), own);
    assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(own) })), own);
    const exit = caughtFrom(() => evaluate("raise SystemExit(1)"));
    const withExit = new AggregateError([exit, 5, "x", undefined], "exit");
    assert.strictEqual(asked(withExit, "type(e.errors[0]).__name__"), "SystemExit");
    assert.strictEqual(asked(withExit, "e.errors[1].js"), 5);
    assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(withExit) })), withExit);
    const odd = new AggregateError([new Error("x")], "odd");
    odd.errors = {
      length: 5,
      [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }),
    } as never;
    assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(odd) })), odd);
    let deep = new AggregateError([], "deepest");
    for (let i = 0; i < 100; i++) deep = new AggregateError([deep, deep], `${i}`, { cause: deep });
    assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(deep) })), deep);
  });
});

describe("a PythonError given to Python", () => {
  test("as a value is the exception itself", () => {
    const error = errorOf("raise KeyError('k')");
    assert.strictEqual(evaluate("lambda e: type(e) is KeyError")(error), true);
    assert.strictEqual(evaluate("lambda e: e")(error).$.is(error.value), true);
    assert.strictEqual(evaluate("lambda e: e[0]")([error]).$.is(error.value), true);
    assert.strictEqual(caughtFrom(() => evaluate("raise e", { e: error })), error);
    error.value.$.release();
    assert.strictEqual(evaluate("lambda e: e")(error), error);
  });
});

describe("errors with hostile getters", () => {
  test("that call Python, throw, or change while they are read", () => {
    let count = 0;
    const error = new Error("m");
    for (const name of ["name", "message", "stack", "cause", "code", "path", "errors"]) {
      Object.defineProperty(error, name, {
        get() {
          count++;
          caughtFrom(() => evaluate("1 / 0"));
          if (count % 3 === 0) throw new Error("get");
          return evaluate("'text'") + count;
        },
      });
    }
    for (let i = 0; i < 5; i++) {
      assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(error) })), error);
      assert.strictEqual(evaluate("1"), 1);
    }
    const same = new Error("same");
    Object.defineProperty(same, "cause", {
      get: () => caughtFrom(() => evaluate("f()", { f: thrower(same) })),
    });
    const limited = caughtFrom(() => evaluate("f()", { f: thrower(same) }));
    assert.ok(limited === same || limited instanceof PythonError, String(limited));
    const proxied = new Proxy(new TypeError("proxied"), {
      getPrototypeOf: () => {
        throw new Error("trap");
      },
    });
    const off = mapError(class Mine extends Error {}, "KeyError");
    assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(proxied) })), proxied);
    off();
  });
});
