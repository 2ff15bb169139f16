import assert from "node:assert/strict";
import { describe } from "node:test";
import { PythonError, type PyValue } from "../../mod.ts";
import { loop, probed, unmoved } from "../fixtures/loop.ts";
import { evaluate, thrownBy } from "../fixtures/python.ts";

class Temp {}

describe("callbacks", () => {
  const caller = probed(() => evaluate("lambda f, *a: f(*a)"));
  const fn = (...all: unknown[]) => all.length;
  loop("the same function", caller, ({ it }) => it(fn), unmoved);
  loop("with arguments", caller, ({ it, probe }, i) => it(fn, i, "text", probe), {
    part: 0.3,
    ...unmoved,
  });
  loop("with 20 arguments", caller, ({ it, probe }) => it(fn, ...Array(20).fill(probe)), {
    part: 0.1,
    ...unmoved,
  });
  loop("giving an object back", caller, ({ it, probe }) => it((x: unknown) => x, probe), {
    part: 0.1,
    ...unmoved,
  });
  loop(
    "a function passed and dropped",
    probed(() => evaluate("lambda f: None")),
    ({ it }) => it(() => 1),
    { part: 0.3, ...unmoved },
  );
  loop(
    "functions whose names are always new",
    probed(() => evaluate("lambda f: None")),
    ({ it }, i) => it({ ["f" + i]: () => 1 }["f" + i]),
    { part: 0.1, ...unmoved },
  );
  loop(
    "functions kept, called and dropped later",
    probed(() =>
      evaluate(
        "from collections import deque\nq = deque(maxlen=50)\ndef put(f):\n    q.append(f)\n    return q[0]()\nput",
      )
    ),
    ({ it }, i) => it(() => i),
    { part: 0.1 },
  );
  loop(
    "keyword arguments to TypeScript",
    probed(() => evaluate("lambda f, p: f(1, k=p)")),
    ({ it, probe }) => it(fn, probe),
    { part: 0.1, ...unmoved },
  );
  loop(
    "class instances passed and dropped",
    probed(() => evaluate("lambda x: None")),
    ({ it }) => it(new Temp()),
    { part: 0.1, ...unmoved },
  );
  loop(
    "class instances there and back",
    probed(() => evaluate("lambda x: x")),
    ({ it }) => it(new Temp()),
    { part: 0.1, ...unmoved },
  );
  loop(
    "symbols there and back",
    probed(() => evaluate("lambda x: x")),
    ({ it }) => it(Symbol("s")),
    { part: 0.1, ...unmoved },
  );
  loop(
    "sorted() with a key",
    probed(() => evaluate("lambda f: sorted([3, 1, 2], key=f)")),
    ({ it }) => it((x: number) => -x),
    { part: 0.1, ...unmoved },
  );
});

describe("errors", () => {
  const raising = probed(() => evaluate("def f(x):\n    raise ValueError(x)\nf"));
  loop("Python's", raising, ({ it, probe }) => assert.throws(() => it(probe), PythonError), {
    part: 0.005,
    ...unmoved,
  });
  loop("Python's, with everything read", raising, ({ it, probe }) => {
    const error = thrownBy(() => it(probe)) as PythonError;
    const { type, message, traceback, stack, notes, errors, cause } = error;
    assert.ok(type + message + traceback + stack + notes + errors + cause);
  }, { part: 0.005, ...unmoved });
  loop(
    "TypeScript's through Python",
    probed(() => evaluate("lambda f, p: f(p)")),
    ({ it, probe }) => {
      const thrown = new Error("mine");
      try {
        it(() => {
          throw thrown;
        }, probe);
      } catch (error) {
        assert.ok(error === thrown);
      }
    },
    { part: 0.005, ...unmoved },
  );
  loop(
    "TypeScript's, caught by Python",
    probed(() =>
      evaluate("def f(g, p):\n    try: g(p)\n    except Exception as e: return str(e)\nf")
    ),
    ({ it, probe }) =>
      it(() => {
        throw new RangeError("mine");
      }, probe),
    { part: 0.005, ...unmoved },
  );
  loop(
    "anything thrown through Python",
    probed(() => evaluate("lambda f, p: f(p)")),
    ({ it, probe }, i) => {
      const odd = [undefined, null, {}, "text", 12n, Symbol("s")][i % 6];
      try {
        it(() => {
          throw odd;
        }, probe);
      } catch (error) {
        assert.ok(error === odd);
      }
    },
    { part: 0.005, ...unmoved },
  );
  loop(
    "Python's through TypeScript and Python",
    probed(() =>
      evaluate(
        "def bad(p): raise KeyError(p)\ndef f(g, p):\n    try: g(bad, p)\n    except KeyError as e: return 1\nf",
      )
    ),
    ({ it, probe }) => it((bad: PyValue, p: PyValue) => bad(p), probe),
    { part: 0.005, ...unmoved },
  );
  loop("AttributeError and KeyError by $", probed(() => evaluate("{}")), ({ it, probe }) => {
    assert.throws(() => it.$.get(probe), PythonError);
    assert.throws(() => it.$.attr("x"), PythonError);
  }, { part: 0.005, ...unmoved });
  loop(
    "a call with wrong arguments",
    probed(() => evaluate("lambda x: x")),
    ({ it, probe }) => assert.throws(() => it(probe, probe), PythonError),
    { part: 0.005, ...unmoved },
  );
});
