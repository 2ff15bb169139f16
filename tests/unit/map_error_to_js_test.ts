import assert from "node:assert/strict";
import { describe } from "node:test";
import { mapError, PyduetError, PythonError, type PyValue, raise } from "../../mod.ts";
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
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

describe("mapError(), an exception of Python in TypeScript", () => {
  test("is an instance of the tied class, with str() for a message and the PythonError as cause", () => {
    withTies([POOL, FULL], () => {
      const caught = caughtFrom(() => evaluate("raise pool.PoolError('dry')", { pool }));
      assert.ok(caught instanceof PoolError);
      assert.strictEqual(caught.message, "dry");
      const { cause } = caught;
      assert.ok(cause instanceof PythonError);
      assert.strictEqual(cause.message, `${NAME}.PoolError: dry`);
      assert.strictEqual(cause.value.$.type, `${NAME}.PoolError`);
      const nearest = caughtFrom(() => evaluate("raise pool.LimitError('n')", { pool }));
      assert.strictEqual(nearest.constructor, FullError);
      const silent = caughtFrom(() => evaluate("raise pool.PoolError", { pool }));
      assert.strictEqual(silent.message, "");
      assert.ok(caughtFrom(() => raise(pool.PoolError, "raised")) instanceof PoolError);
    });
    assert.ok(caughtFrom(() => evaluate("raise pool.PoolError", { pool })) instanceof PythonError);
  });

  test("its stack shows the frames of both languages", () => {
    withTies([POOL], () => {
      const inner = evaluate("def inner(): raise pool.PoolError('deep')\ninner", { pool });
      function caller(): unknown {
        return inner() ?? null;
      }
      const { stack } = caughtFrom(caller);
      assert.match(stack, /^PoolError: deep\n {4}at inner \(<py.run \d+>:1\)\n/);
      assert.match(stack, /at caller \(.*map_error_to_js_test\.ts/);
      assert.doesNotMatch(stack, /src\/objects/);
    });
  });

  test("toJs makes the error, or leaves it by undefined", () => {
    const seen: string[] = [];
    const toJs = (error: PythonError) => {
      seen.push(error.type);
      return error.value.limit > 1 ? new LimitError(`over ${error.value.limit}`) : undefined;
    };
    withTies([limit({ toJs })], () => {
      const many = caughtFrom(() => evaluate("raise pool.LimitError('m', 7)", { pool }));
      assert.ok(many instanceof LimitError);
      assert.strictEqual(many.message, "over 7");
      assert.strictEqual(many.cause, undefined);
      const few = caughtFrom(() => evaluate("raise pool.LimitError('m', 1)", { pool }));
      assert.ok(few instanceof PythonError);
      assert.deepEqual(seen, [`${NAME}.LimitError`, `${NAME}.LimitError`]);
    });
  });

  test("a toJs that fails says so, and Python still knows its exception", () => {
    const failing: [TieOptions<LimitError>, RegExp][] = [
      [{ toJs: thrower(new RangeError("no")) }, /its toJs threw RangeError: no$/],
      [{ toJs: () => 5 as never }, /its toJs gave 5, not an Error$/],
      [{
        toJs: () => evaluate("raise pool.LimitError('again')", { pool }),
      }, /its toJs threw PythonError: pyduet_test_pool\.LimitError: again$/],
    ];
    for (const [options, words] of failing) {
      withTies([limit(options)], () => {
        const check = evaluate(
          "def check(f, pool):\n  e = pool.LimitError('m')\n  def inner(): raise e\n" +
            "  try:\n    f(inner)\n  except BaseException as c:\n    return c is e\ncheck",
        );
        let caught: Error | undefined;
        const same = check((inner: PyValue) => {
          caught = caughtFrom(() => inner());
          throw caught;
        }, pool);
        assert.ok(caught instanceof PyduetError, String(caught));
        assert.match(caught.message, /^mapError\(\): LimitError could not be made of Python's /);
        assert.match(caught.message, words);
        assert.strictEqual(same, true);
      });
    }
    class Failing extends Error {
      constructor() {
        super("x");
        throw new TypeError("never");
      }
    }
    withTies([[Failing, pool.PoolError]], () => {
      const caught = caughtFrom(() => evaluate("raise pool.PoolError('m')", { pool }));
      assert.match(caught.message, /its toJs threw TypeError: never/);
    });
  });

  test("a class that extends PythonError is both", () => {
    class PoolPythonError extends PythonError {
      get limit(): number {
        return this.value.limit;
      }
    }
    withTies([[PoolPythonError, `${NAME}.LimitError`]], () => {
      const caught = caughtFrom(() => evaluate("raise pool.LimitError('m', 3)", { pool }));
      assert.ok(caught instanceof PoolPythonError);
      assert.strictEqual(caught.limit, 3);
      assert.strictEqual(caught.type, `${NAME}.LimitError`);
      assert.match(caught.stack!, /LimitError: m\n {4}at <module>/);
    });
  });

  test("as cause and inside a group", () => {
    withTies([POOL], () => {
      const caught = caughtFrom(() =>
        evaluate("raise KeyError('k') from pool.PoolError('c')", { pool })
      );
      assert.ok(caught.cause instanceof PoolError);
      if (py.version[1] < 11) return;
      const group = caughtFrom(() =>
        evaluate("raise ExceptionGroup('g', [pool.PoolError('a'), KeyError('b')])", { pool })
      );
      assert.ok(group.errors[0] instanceof PoolError);
      assert.ok(group.errors[1] instanceof PythonError);
    });
  });

  test("lives as long as its PythonError would: released by its scope, kept by what the scope throws", () => {
    withTies([POOL], () => {
      const kept = caughtFrom(() =>
        py.scope(() => evaluate("raise pool.PoolError('k')", { pool }))
      );
      assert.strictEqual(kept.cause.value.$.released, false);
      let inner: PyValue;
      py.scope(() => {
        inner = caughtFrom(() => evaluate("raise pool.PoolError('g')", { pool }));
      });
      assert.strictEqual(inner.cause.value.$.released, true);
      assert.strictEqual(seenBy(thrower(inner), pool)[0], "PoolError"); // a new one of that class
    });
  });
});

describe("mapError() keeps identity", () => {
  const check = forGood(() =>
    evaluate(
      "def check(f, e):\n  def inner():\n    raise e\n  try:\n    f(inner)\n  except BaseException as c:\n" +
        "    return c is e\ncheck",
    )
  );

  test("of Python's exception that TypeScript throws again", () => {
    withTies([POOL, FULL], () => {
      for (const kind of [pool.PoolError, pool.FullError, pool.LimitError]) {
        const e = kind("x");
        assert.strictEqual(check((inner: PyValue) => inner(), e), true);
        assert.strictEqual(
          check((inner: PyValue) => {
            const caught = caughtFrom(() => inner());
            assert.ok(caught instanceof PoolError);
            throw caught;
          }, e),
          true,
        );
        assert.strictEqual(check((inner: PyValue) => void evaluate("f()", { f: inner }), e), true);
      }
    });
  });

  test("of TypeScript's error, whichever side made it", () => {
    withTies([POOL], () => {
      const own = new PoolError("own");
      assert.strictEqual(caughtFrom(() => evaluate("f()", { f: thrower(own) })), own);
      const fromPython = caughtFrom(() => evaluate("raise pool.PoolError('p')", { pool }));
      for (let i = 0; i < 3; i++) {
        assert.strictEqual(
          caughtFrom(() => evaluate("f()", { f: thrower(fromPython) })),
          fromPython,
        );
      }
      const nested = (n: number): unknown =>
        n === 0 ? thrower(fromPython)() : evaluate("f(n - 1)", { f: nested, n });
      assert.strictEqual(caughtFrom(() => nested(10)), fromPython);
    });
  });

  test("of several on their way at once", () => {
    withTies([POOL], () => {
      const errors = [0, 1, 2].map((n) =>
        caughtFrom(() =>
          evaluate(`raise ${n === 1 ? "KeyError" : "pool.PoolError"}(${n})`, { pool })
        )
      );
      const code = "try:\n  f()\nfinally:\n  try:\n    g()\n  except Exception:\n    pass\n" +
        "  try:\n    h()\n  except Exception:\n    pass";
      for (let i = 0; i < 3; i++) {
        const [f, g, h] = [0, 1, 2].map((n) => thrower(errors[(i + n) % 3]));
        assert.strictEqual(caughtFrom(() => evaluate(code, { f, g, h })), errors[i]);
      }
    });
  });

  test("of one that Python keeps and raises in a later turn", async () => {
    const off = mapError(...POOL);
    try {
      const error = caughtFrom(() => evaluate("raise pool.PoolError('kept')", { pool }));
      const box = evaluate("[]");
      evaluate("try:\n  f()\nexcept Exception as e:\n  box.append(e)", { f: thrower(error), box });
      await new Promise((resolve) => setTimeout(resolve, 1));
      assert.strictEqual(caughtFrom(() => evaluate("raise box[0]", { box })), error);
    } finally {
      off();
    }
  });
});
