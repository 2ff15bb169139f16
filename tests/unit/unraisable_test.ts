import assert from "node:assert/strict";
import { describe } from "node:test";
import { mapError, PythonError, type PyValue } from "../../mod.ts";
import { ReleaseQueue } from "../../src/interpreter/release_queue.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import { collectPython, evaluate, forGood, test } from "../fixtures/python.ts";

/** Runs code with `sys.unraisablehook` replaced; what the hook was told: exception, value's frames, object. */
const unraisable = forGood(() =>
  evaluate(`
import gc, sys, traceback
def unraisable(act):
    told = []
    def hook(args):
        told.append((args.exc_value, traceback.format_tb(args.exc_traceback), args.err_msg or "", args.exc_type))
    before, sys.unraisablehook = sys.unraisablehook, hook
    try:
        act()
        gc.collect()
    finally:
        sys.unraisablehook = before
    return told
unraisable`)
);

let latest: unknown;
function failing(): never {
  throw latest = new RangeError("nobody");
}

const finalisers: [name: string, code: string][] = [
  ["__del__", "class C:\n  def __del__(s): f()\ndef act():\n  C()\nact"],
  ["__del__ itself", "C = type('C', (), {'__del__': f})\ndef act():\n  C()\nact"],
  [
    "__del__ of a cycle",
    "class C:\n  def __del__(s): f()\ndef act():\n  c = C()\n  c.c = c\nact",
  ],
  [
    "a weakref's callback",
    "import weakref\nclass C: pass\ndef act():\n  c = C()\n  r = weakref.ref(c, f)\n  del c\nact",
  ],
  [
    "weakref.finalize",
    "import weakref\nclass C: pass\ndef act():\n  c = C()\n  weakref.finalize(c, f)\n  del c\nact",
  ],
];

describe("an error of TypeScript in a finaliser of Python", () => {
  test("goes to sys.unraisablehook, whole", () => {
    for (const [name, code] of finalisers) {
      const act = evaluate(code, { f: failing });
      const told = unraisable(act);
      assert.strictEqual(told.length, 1, name);
      const [value, frames, , kind] = told[0];
      assert.strictEqual(value, latest, name);
      assert.strictEqual(kind.__name__, "JsRangeError");
      assert.match(frames.$.toJs().join(""), /unraisable_test\.ts", line \d+, in failing/);
      assert.strictEqual(evaluate("1"), 1);
    }
  });

  test("of any kind, mapped or Python's own too, and the call around it goes on", () => {
    class Mine extends Error {}
    const off = mapError(Mine, "KeyError");
    const python = caughtFrom(() => evaluate("raise LookupError('p')"));
    const thrown = [undefined, null, "text", new Mine("m"), python, new AggregateError([1], "g")];
    for (const each of thrown) {
      const act = evaluate("class C:\n  def __del__(s): f()\ndef act():\n  C()\n  return 5\nact", {
        f() {
          throw each;
        },
      });
      const told = unraisable(act);
      const [value] = told[0];
      if (each instanceof PythonError) assert.ok(value.$.is(each.value));
      else assert.strictEqual(value, each);
    }
    off();
  });

  test("while JavaScript itself gives the object back, or raises another error", () => {
    const error = new Error("nobody");
    const make = evaluate("class C:\n  def __del__(s): f()\nC", {
      f() {
        throw error;
      },
    });
    const told = unraisable(() => {
      make().$.release();
      const fails = evaluate("def fails(C):\n  c = C()\n  raise KeyError('k')\nfails");
      const caught = caughtFrom(() => fails(make));
      assert.strictEqual(caught.message, "KeyError: 'k'");
      caught.value.$.release();
      const through = new TypeError("through");
      const passes = evaluate("def passes(C, g):\n  c = C()\n  g()\npasses");
      assert.strictEqual(
        caughtFrom(() =>
          passes(make, () => {
            throw through;
          })
        ),
        through,
      );
      collectPython();
    });
    assert.deepEqual(
      Array.from({ length: told.length }, (_, i) => told[i][0] === error),
      [true, true, true],
    );
  });

  test("that Python's hook cannot handle either ends nothing", () => {
    const act = evaluate("class C:\n  def __del__(s): f()\ndef act():\n  C()\nact", {
      f() {
        throw new Error("first");
      },
    });
    evaluate(
      "import sys, io\nbefore = sys.unraisablehook, sys.stderr\n" +
        "sys.unraisablehook = hook\nsys.stderr = io.StringIO()\n" +
        "try:\n  act()\nfinally:\n  sys.unraisablehook, sys.stderr = before",
      {
        act,
        hook: (args: PyValue) => {
          assert.ok(args);
          throw new Error("second");
        },
      },
    );
    assert.strictEqual(evaluate("1"), 1);
  });
});

describe("ReleaseQueue", () => {
  test("reports what an act throws, and does the rest", async () => {
    const queue = new ReleaseQueue(() => {});
    const done: string[] = [];
    const error = new Error("of an act");
    const reported: unknown[] = [];
    const before = globalThis.reportError;
    globalThis.reportError = (each) => void reported.push(each);
    try {
      queue.addAct(() => {
        throw error;
      });
      queue.addAct(() => void done.push("second"));
      queue.drain();
      assert.deepEqual(done, ["second"]);
      await Promise.resolve();
      await Promise.resolve();
      assert.deepEqual(reported, [error]);
    } finally {
      globalThis.reportError = before;
    }
  });
});
