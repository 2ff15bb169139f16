import assert from "node:assert/strict";
import { describe } from "node:test";
import { kw, mapError, PythonError, type PyValue, raise } from "../../mod.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import { loop, type Probed, probed, unmoved } from "../fixtures/loop.ts";
import { evaluate, forGood, py } from "../fixtures/python.ts";

class PoolError extends Error {}
class LimitError extends Error {}

const pool = forGood(() =>
  py.run(
    `
import sys, types
pool = types.ModuleType("pyduet_leak_pool")
exec('''
class PoolError(Exception): pass
class LimitError(Exception):
    def __init__(self, message, limit=None):
        super().__init__(message)
        self.limit = limit
def see(f, *a):
    try: f(*a)
    except PoolError as e: return str(e)
def bad(kind, *a): raise kind("m", *a)
''', pool.__dict__)
sys.modules["pyduet_leak_pool"] = pool
pool`,
    { globals: {} },
  )
);
const SLOW = { part: 0.005, ...unmoved };

/** What a loop uses, while both classes are tied. */
function tied<T>(make: (probe: PyValue) => T): () => Probed & { it: T; off: () => void } {
  return () => {
    const ties = [
      mapError(PoolError, "pyduet_leak_pool.PoolError"),
      mapError(LimitError, pool.LimitError, {
        toJs: (error) => new LimitError(`over ${error.value.limit}`),
        toPython: (error) => [error.message, kw({ limit: 5 })],
      }),
    ];
    return { ...probed(make)(), off: () => ties.forEach((off) => off()) };
  };
}

/** As {@link unmoved}, with the classes untied. */
const untied = {
  part: 0.005,
  after(made: Probed & { off: () => void }): void {
    made.off();
    unmoved.after(made);
  },
};

describe("mapped errors", () => {
  loop(
    "TypeScript's, caught by Python",
    tied(() => pool.see),
    ({ it, probe }) =>
      it((each: PyValue) => {
        throw new PoolError("mine", { cause: each });
      }, probe),
    untied,
  );
  loop(
    "TypeScript's, through Python",
    tied(() => evaluate("lambda f, p: f(p)")),
    ({ it, probe }) => {
      const error = new LimitError("mine");
      const caught = caughtFrom(() =>
        it(() => {
          throw error;
        }, probe)
      );
      assert.ok(caught === error);
    },
    untied,
  );
  loop("Python's", tied(() => pool.bad), ({ it, probe }) => {
    assert.ok(caughtFrom(() => it(pool.PoolError, probe)) instanceof PoolError);
    assert.ok(caughtFrom(() => it(pool.LimitError, probe)) instanceof LimitError);
  }, untied);
  loop(
    "Python's, there and back, with everything read",
    tied(() =>
      evaluate("def f(g, bad, *a):\n  try: g(bad, *a)\n  except Exception as e: return 1\nf")
    ),
    ({ it, probe }) => {
      const back = (bad: PyValue, kind: PyValue, each: PyValue): never => {
        const error = caughtFrom(() => bad(kind, each));
        assert.ok(error instanceof PoolError || error instanceof LimitError);
        assert.ok(typeof error.stack === "string");
        throw error;
      };
      it(back, pool.bad, pool.PoolError, probe);
      it(back, pool.bad, pool.LimitError, probe);
    },
    untied,
  );
  loop("that cannot be made", tied(() => evaluate("lambda f: f()")), ({ it }, i) => {
    const off = mapError(PoolError, pool.LimitError, { toPython: () => i % 2 ? [] : [1, 2, 3] });
    const error = new PoolError("m");
    const caught = caughtFrom(() =>
      it(() => {
        throw error;
      })
    );
    assert.ok(caught instanceof PythonError && caught.cause === error);
    off();
  }, untied);
  loop(
    "tied and untied, with a class of each turn",
    probed(() => evaluate("def make(): return type('Kind', (Exception,), {})\nmake")),
    ({ it }) => {
      const kind = it();
      const off = mapError(PoolError, kind);
      assert.ok(caughtFrom(() => raise(kind, "m")) instanceof PoolError);
      off();
    },
    SLOW,
  );
});

describe("errors", () => {
  const catching = probed(() =>
    evaluate("def f(g, p):\n    try: g(p)\n    except BaseException as e: return str(e)\nf")
  );
  loop("with cycles of causes and groups", catching, ({ it, probe }) => {
    const [a, b] = [new Error("a", { cause: probe }), new Error("b")];
    const group = new AggregateError([a, b, 5, probe], "group", { cause: a });
    b.cause = group;
    group.errors.push(group);
    it(() => {
      throw group;
    }, probe);
  }, SLOW);
  loop("of the system", catching, ({ it, probe }) =>
    it(() => {
      throw Object.assign(new Error("m"), { code: "ENOENT", path: "p", dest: "d" });
    }, probe), SLOW);
  loop("as values", probed(() => evaluate("lambda e, p: e")), ({ it, probe }) => {
    const error = new TypeError("value", { cause: probe });
    assert.ok(it(error, probe) === error);
    const python = caughtFrom(() => raise(py.builtins.KeyError, probe));
    assert.ok(it(python, probe).$.is(python.value));
  }, SLOW);
  loop(
    "in finalisers",
    probed(() =>
      evaluate(
        "import sys\nclass C:\n  def __init__(s, f): s.f = f\n  def __del__(s): s.f()\n" +
          "def act(f):\n  before, sys.unraisablehook = sys.unraisablehook, lambda a: None\n" +
          "  try: C(f)\n  finally: sys.unraisablehook = before\nact",
      )
    ),
    ({ it }) =>
      it(() => {
        throw new Error("nobody");
      }),
    SLOW,
  );
  loop("raise() with keywords, and what is no exception", catching, ({ it, probe }) => {
    it(() => raise(py.builtins.ImportError, "m", kw({ name: "n", path: probe })), probe);
    it(() => raise(py.builtins.list, probe), probe);
    it(() => raise(probe), probe);
  }, SLOW);
});
