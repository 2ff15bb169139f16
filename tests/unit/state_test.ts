import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PyReleasedError, type PyValue } from "../../mod.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";
import { CALLS, makeThings, unusual } from "../fixtures/public_calls.ts";

/** Each state runs `ask` inside itself. */
const STATES: Record<string, (ask: () => void) => void> = {
  "in the ordinary way": (ask) => ask(),
  "inside a JS callback called by Python": (ask) => void evaluate("f()", { f: () => ask() }),
  "inside a JS callback called by a Python callback called by JS": (ask) => {
    const callback = evaluate("lambda f: f()");
    const outer = () => callback(() => ask());
    evaluate("f()", { f: outer });
  },
  "while Python handles an exception": (ask) =>
    void evaluate("try:\n  raise KeyError('handled')\nexcept KeyError:\n  f()", { f: () => ask() }),
  "while Python handles an exception that JS threw": (ask) =>
    void evaluate("try:\n  g()\nexcept Exception:\n  f()", {
      f: () => ask(),
      g: () => {
        throw new Error("thrown");
      },
    }),
  "inside a finally with an exception on its way": (ask) => {
    assert.throws(
      () => evaluate("try:\n  raise KeyError('k')\nfinally:\n  f()", { f: () => ask() }),
      {
        type: "KeyError",
      },
    );
  },
  "inside a finaliser of Python": (ask) =>
    void evaluate("class C:\n  def __del__(s): f()\nc = C()\ndel c", { f: () => ask() }),
  "inside a property, a comparison, a conversion to text": (ask) => {
    const object: PyValue = evaluate(
      "class C:\n  p = property(lambda s: f())\n  def __eq__(s, o): f(); return True\n  def __str__(s): f(); return ''\nC()",
      { f: () => ask() },
    );
    void object.p;
    object.$.equals(1);
    void `${object}`;
  },
  "inside a generator": (ask) => {
    for (const _ of evaluate("def g():\n  f()\n  yield 1\n  f()\ng()", { f: () => ask() })) ask();
  },
  "inside a getter of an argument": (ask) => {
    const argument = {
      get v() {
        ask();
        return 1;
      },
    };
    py.builtins.len([argument, argument]);
  },
  "inside a scope inside a scope": (ask) => py.scope(() => py.scope(ask)),
};

describe("every public call works", () => {
  for (const [name, enter] of Object.entries(STATES)) {
    it(
      name,
      balanced(() => {
        const things = makeThings(py);
        let asked = 0;
        enter(() => {
          asked++;
          assert.deepEqual(unusual(things), []);
        });
        assert.ok(asked > 0);
      }),
    );
  }

  it("in a microtask, a timer and an async scope", async () => {
    await py.scope(async () => {
      const things = makeThings(py);
      assert.deepEqual(unusual(things), []);
      await Promise.resolve();
      assert.deepEqual(unusual(things), []);
      await new Promise((resolve) => setTimeout(resolve, 1));
      assert.deepEqual(unusual(things), []);
    });
  });
});

describe("every public call on a released object", () => {
  it("throws PyReleasedError, in every state", () => {
    for (
      const enter of [STATES["in the ordinary way"]!, STATES["while Python handles an exception"]!]
    ) {
      const things = makeThings(py);
      for (const key of ["list", "dict", "object", "fn", "method"] as const) {
        things[key].$.release();
      }
      things.error.value.$.release();
      enter(() => {
        for (const [name, call, result] of CALLS) {
          py.scope(() => {
            try {
              const answer = call(things);
              const independent =
                /^(py\.|new|number|generator|isPyObject|\$\.hash|PythonError|error\.)/.test(name);
              assert.ok(independent, `${name} gave ${String(answer)}`);
              if (!name.startsWith("error.")) assert.ok(Object.is(answer, result), name);
            } catch (error) {
              assert.ok(error instanceof PyReleasedError, `${name}: ${error}`);
            }
          });
        }
      });
    }
  });
});
