import assert from "node:assert/strict";
import { describe } from "node:test";
import { kw, PythonError, raise } from "../../mod.ts";
import { caughtFrom, errorOf } from "../fixtures/errors.ts";
import { evaluate, py, test, thrownBy } from "../fixtures/python.ts";

describe("raise()", () => {
  test("a class with arguments, also by keyword", () => {
    const { KeyError, ImportError } = py.builtins;
    assert.strictEqual(thrownBy(() => raise(KeyError, "k")).message, "KeyError: 'k'");
    const error = thrownBy(() => raise(ImportError, "m", kw({ name: "n", path: "p" })));
    assert.ok(error instanceof PythonError);
    assert.strictEqual(error.value.name, "n");
    assert.strictEqual(error.value.path, "p");
    assert.deepEqual(error.value.args.$.toJs(), ["m"]);
    assert.match(error.stack!, /throw_test/);
  });

  test("an exception, with its cause, context and notes as they are", () => {
    const instance = evaluate(
      "e = KeyError('k')\ne.__cause__ = ValueError('c')\ne.__notes__ = ['n']\ne",
    );
    const error = thrownBy(() => raise(instance)) as PythonError;
    assert.strictEqual(error.value.$.is(instance), true);
    assert.strictEqual((error.cause as Error).message, "ValueError: c");
    assert.deepEqual(error.notes, ["n"]);
    const through = errorOf("f()", { f: () => raise(instance) });
    assert.strictEqual(through.value.$.is(instance), true);
    assert.strictEqual((through.cause as Error).message, "ValueError: c");
    const handled = errorOf("try:\n  1 / 0\nexcept Exception:\n  f()", {
      f: () => raise(py.builtins.KeyError, "k"),
    });
    assert.strictEqual((handled.cause as PythonError).type, "ZeroDivisionError");
  });

  test("what is no exception is a TypeError in Python's words", () => {
    const cases: [() => unknown, RegExp][] = [
      [
        () => raise(py.builtins.list),
        /^TypeError: exceptions must derive from BaseException, not list$/,
      ],
      [() => raise(evaluate("[1]")), /must derive from BaseException, not list$/],
      [
        () => raise(py.builtins.ValueError("x"), 1),
        /^TypeError: instance exception may not have a separate value$/,
      ],
      [
        () => raise(evaluate("class E(Exception):\n  def __new__(c): return 5\nE")),
        /calling E should have returned an instance of BaseException, not int$/,
      ],
      [
        () => raise(evaluate("class E(Exception):\n  def __init__(s, a): pass\nE")),
        /missing 1 required positional argument: 'a'$/,
      ],
      [() => raise(py.builtins.KeyError, kw({ a: 1 })), /takes no keyword arguments$/],
    ];
    for (const [call, words] of cases) {
      const error = caughtFrom(call);
      assert.ok(error instanceof PythonError, String(error));
      assert.strictEqual(error.type, "TypeError");
      assert.match(error.message, words);
    }
  });

  test("what is not of Python is a TypeError that says what to do", () => {
    const caught = errorOf("1 / 0");
    for (
      const [value, words] of [
        [caught, /not a value of class PythonError; an error that was caught goes on by throw$/],
        [
          "KeyError",
          /^raise\(\) takes a Python exception class or exception first, not "KeyError"/,
        ],
        [undefined, /not undefined/],
      ] as [never, RegExp][]
    ) {
      assert.throws(() => raise(value), { name: "TypeError", message: words });
    }
    const gone = evaluate("class Gone(Exception): pass\nGone");
    gone.$.release();
    assert.throws(() => raise(gone), { name: "PyReleasedError" });
  });
});
