import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef } from "../../mod.ts";
import { outcomes } from "../fixtures/outcome.ts";
import { evaluate, test } from "../fixtures/python.ts";

describe("iteration over a JsObject", () => {
  class Countdown {
    closed = 0;

    *[Symbol.iterator](): Generator<number, string> {
      try {
        yield 2;
        yield 1;
        return "lift-off";
      } finally {
        this.closed++;
      }
    }
  }

  test("takes what [Symbol.iterator]() gives", () => {
    outcomes({ c: new Countdown(), s: new URLSearchParams("a=1&b=2") }, {
      "list(c), list(c), [*zip(c, c)]": "([2, 1], [2, 1], [(2, 2), (1, 1)])",
      "dict(list(s))": "{'a': '1', 'b': '2'}",
      "sum(c), max(c), sorted(c)": "(3, 2, [1, 2])",
    });
  });

  test("left early closes the iterator, and one that ended is not told again", () => {
    const countdown = new Countdown();
    evaluate("for x in c: break", { c: countdown });
    assert.strictEqual(countdown.closed, 1);
    evaluate("list(c)", { c: countdown });
    assert.strictEqual(countdown.closed, 2);
    let returns = 0;
    const iterator = {
      n: 0,
      next(): IteratorResult<number, undefined> {
        return this.n < 2 ? { done: false, value: this.n++ } : { done: true, value: undefined };
      },
      return(): IteratorResult<number, undefined> {
        returns++;
        return { done: true, value: undefined };
      },
    };
    const bare = { [Symbol.iterator]: () => iterator };
    assert.deepEqual(evaluate("list(b)", { b: byRef(bare) }).$.toJs(), [0, 1]);
    assert.strictEqual(returns, 0);
  });

  test("what a generator returned is the value of `yield from`", () => {
    assert.strictEqual(
      evaluate(
        "def g():\n  global got\n  got = yield from c\nlist(g())\ngot",
        { c: new Countdown() },
      ),
      "lift-off",
    );
  });

  test("a generator is an iterator: next(), iter() of itself, its own next", () => {
    function* numbers(): Generator<number> {
      for (let n = 0; n < 3; n++) yield n;
    }
    outcomes({ make: () => numbers() }, {
      "next(g), next(g), next(g), next(g, 'end'), next(g, 'end')": "(0, 1, 2, 'end', 'end')",
      "iter(g) is g": "True",
      "g.next(), list(g)": "({'value': 0, 'done': False}, [1, 2])",
    }, "g = make()");
  });

  test("errors in the middle are the program's own, wrong answers a TypeError", () => {
    const broken = (iterator: () => unknown): unknown => byRef({ [Symbol.iterator]: iterator });
    outcomes({
      thrown: broken(function* () {
        yield 1;
        throw new RangeError("half way");
      }),
      none: broken(() => 5),
      wrong: broken(() => ({ next: () => 7 })),
      nothing: broken(() => ({})),
    }, {
      "list(thrown)": "JsRangeError: RangeError: half way",
      "iter(none)": "JsTypeError: TypeError: the result of [Symbol.iterator]() is no object",
      "list(wrong)": "JsTypeError: TypeError: the result of next() is no object",
      "list(nothing)": /^JsTypeError: TypeError: .*next/,
    });
  });
});
