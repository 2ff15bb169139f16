import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyClass, PythonError, t } from "../../mod.ts";
import { outcome, standing } from "../fixtures/twins.ts";
import { testCollected } from "../fixtures/collected.ts";
import { evaluate, py, test, thrownBy } from "../fixtures/python.ts";

describe("a declared class that extends one of JavaScript's own", () => {
  class Table extends Map<string, number> {}
  class Row extends Array<number> {
    get total(): number {
      return this.reduce((a, b) => a + b, 0);
    }
  }
  class Failure extends Error {
    code = 5;
    override name = "Failure";
  }
  class Worse extends Failure {}
  const T = standing(pyClass(Table, {
    dunders: { __len__: "size", __getitem__: "get", __contains__: "has", __setitem__: "set" },
  }));
  const R = standing(
    pyClass(Row, { properties: { total: t.int }, dunders: { __len__: "length" } }),
  );
  const F = standing(
    pyClass(Failure, { init: { message: t.str.default("") }, properties: { code: t.int } }),
  );
  const W = standing(pyClass(Worse, { init: { message: t.str.default("") } }));
  class Request extends Error {
    constructor(readonly from: number, readonly to: number) {
      super(`${from} to ${to}`);
    }
  }
  const Q = standing(pyClass(Request, { init: { from_: t.int, to: t.int } }));
  const names = { T, R, F, W };

  test("crosses as itself, not as a container", () => {
    const table = new Table([["a", 1]]);
    assert.strictEqual(evaluate("v", { v: table }), table);
    assert.strictEqual(
      outcome("type(v).__name__, v['a'], 'a' in v, len(v)", { v: table }),
      "tuple ('T', 1, True, 1)".replace("'T'", "'Table'"),
    );
    assert.strictEqual(outcome("t = T()\nt['x'] = 2\nt['x']", names), "int 2");
    const row = Row.from([1, 2, 3]) as Row;
    assert.strictEqual(evaluate("v", { v: row }), row);
    assert.strictEqual(
      outcome("type(v).__name__, v.total, len(v)", { v: row }),
      "tuple ('Row', 6, 3)",
    );
    assert.strictEqual(evaluate("[v][0]", { v: [row] })[0], row);
    assert.deepStrictEqual(evaluate("x", { x: [1, 2] }).$.toJs(), [1, 2]);
  });

  test("is an exception class if it extends Error", () => {
    const cases: [string, string][] = [
      ["raise F('bad')\n0", "raises Failure: bad"],
      [
        "try:\n    raise F('bad')\nexcept F as e:\n    got = e.message, e.code, e.name\ngot",
        "tuple ('bad', 5, 'Failure')",
      ],
      ["try:\n    raise W('bad')\nexcept F as e:\n    got = type(e).__name__\ngot", "str 'Worse'"],
      [
        "issubclass(F, Exception), issubclass(W, F), F.__mro__[1].__name__",
        "tuple (True, True, 'JsError')",
      ],
      ["f = F('x')\nf.with_traceback(None) is f, f.args", "tuple (True, ('x',))"],
      [
        "try:\n    try:\n        raise KeyError('k')\n    except KeyError as k:\n        raise F('y') from k\nexcept F as e:\n    got = type(e.__cause__).__name__\ngot",
        "str 'KeyError'",
      ],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, py.scope(() => outcome(code, names))]),
      cases.map(([code, wanted]) => [code, wanted]),
    );
  });

  test("crosses as the same error when it is thrown and raised", () => {
    const failure = new Failure("thrown");
    const fail = (): never => {
      throw failure;
    };
    assert.strictEqual(
      outcome("try:\n    fail()\nexcept F as e:\n    got = e is v, type(e).__name__, e.code\ngot", {
        ...names,
        fail,
        v: failure,
      }),
      "tuple (True, 'Failure', 5)",
    );
    assert.strictEqual(thrownBy(() => evaluate("fail()", { fail })), failure);
    assert.strictEqual(thrownBy(() => evaluate("raise v", { v: failure })), failure);
    const raised = thrownBy(() => evaluate("raise F('from Python')", { F }));
    assert.ok(raised instanceof Failure);
    assert.strictEqual(raised.message, "from Python");
    assert.strictEqual(evaluate("v", { v: raised }), raised);
    const caused = new Error("outer", { cause: failure });
    const outer = () => {
      throw caused;
    };
    assert.strictEqual(
      outcome(
        "try:\n    outer()\nexcept Exception as e:\n    got = type(e.__cause__).__name__\ngot",
        { outer },
      ),
      "str 'Failure'",
    );
  });

  test("has its cause in Python, whatever that is, unless Python gave it one", () => {
    const cases: [Failure, string][] = [
      [
        Object.assign(new Failure("a"), { cause: new RangeError("far") }),
        "ValueError: RangeError: far",
      ],
      [Object.assign(new Failure("b"), { cause: new Worse("worse") }), "Worse: worse"],
      [Object.assign(new Failure("c"), { cause: "a text" }), "JsError: a text"],
      [
        Object.assign(new Failure("d"), { cause: thrownBy(() => evaluate("{}['key']")) }),
        "KeyError: 'key'",
      ],
      [new Failure("e"), "NoneType: None"],
    ];
    for (const [failure, wanted] of cases) {
      const fail = (): never => {
        throw failure;
      };
      const seen = evaluate(
        "try:\n    fail()\nexcept F as e:\n    c = e.__cause__\n" +
          "    kind = next((k for k in (ValueError, F, KeyError) if isinstance(c, k)), type(c))\n" +
          "    got = (type(c) if kind is F else kind).__name__ + ': ' + str(c)\ngot",
        { ...names, fail },
      );
      assert.strictEqual(seen, wanted);
    }
    const round = new Failure("round");
    Object.assign(round, { cause: round });
    const fail = (): never => {
      throw round;
    };
    assert.strictEqual(
      evaluate("try:\n    fail()\nexcept F as e:\n    got = e.__cause__ is e\ngot", {
        ...names,
        fail,
      }),
      true,
    );
    const own = Object.assign(new Failure("own"), { cause: new RangeError("js") });
    assert.strictEqual(
      outcome(
        "try:\n    try:\n        raise own from KeyError('k')\n    except F as e:\n        again(e)\n" +
          "except F as e:\n    got = type(e.__cause__).__name__\ngot",
        {
          ...names,
          own,
          again: (error: unknown) => {
            throw error;
          },
        },
      ),
      "str 'KeyError'",
    );
  });

  testCollected("has its message in Python, however it was made, and is its own .js", () => {
    const cases: [string, string][] = [
      ["str(Q(1, 2))", "str '1 to 2'"],
      ["str(Q(to=2, from_=1))", "str '1 to 2'"],
      ["str(made)", "str '3 to 4'"],
      [
        "class S(Q):\n    def __str__(self): return 'S ' + super().__str__()\nstr(S(1, 2))",
        "str 'S 1 to 2'",
      ],
      ["class S(Q):\n    def __init__(self): pass\nstr(S())", "str ''"],
      ["made.js is made", "bool True"],
    ];
    const made = new Request(3, 4);
    assert.deepStrictEqual(
      cases.map(([code]) => [code, outcome(code, { Q, made })]),
      cases,
    );
    assert.strictEqual(evaluate("made.js", { made }), made);
    assert.strictEqual(outcome("raise Q(1, to=2)\n0", { Q }), "raises Request: 1 to 2");
  });

  test("has the cause that Python raised it from, unless it has one", () => {
    const raised = (code: string, given: Record<string, unknown> = {}): Error =>
      thrownBy(() => evaluate(code, { ...names, ...given }));
    const error = raised("raise F('y') from KeyError('k')");
    assert.ok(error instanceof Failure);
    assert.ok(error.cause instanceof PythonError);
    assert.strictEqual(error.cause.message, "KeyError: 'k'");
    assert.deepStrictEqual(Object.keys(error), ["code", "name"]);
    const chain = raised("raise F('a') from W('b')\n").cause as Worse;
    assert.ok(chain instanceof Worse);
    assert.strictEqual(chain.message, "b");
    const round = raised("a, b = F('a'), F('b')\nb.__cause__ = a\nraise a from b");
    assert.strictEqual(((round.cause as Error).cause as Error).cause, round.cause);
    const own = Object.assign(new Failure("own"), { cause: "its own" });
    assert.strictEqual(raised("raise own from KeyError('k')", { own }).cause, "its own");
    const frozen = Object.freeze(new Failure("frozen"));
    assert.strictEqual(raised("raise frozen from KeyError('k')", { frozen }), frozen);
    assert.ok(!("cause" in raised("raise F('y')")));
    let length = 0;
    const long =
      "e = None\nfor i in range(1000):\n    f = F(str(i))\n    f.__cause__ = e\n    e = f\nraise e";
    for (let at: unknown = raised(long); at instanceof Failure; at = at.cause) length++;
    assert.strictEqual(length, 17);
  });

  testCollected(
    "refuses to be copied and pickled, which would lose what the constructor was not given",
    () => {
      const refused =
        "raises TypeError: cannot pickle or copy 'Failure' object: its state is in TypeScript; " +
        "declare __reduce__, __copy__ or __deepcopy__ for it";
      for (const use of ["copy.copy(F('x'))", "copy.deepcopy(F('x'))", "pickle.dumps(F('x'))"]) {
        assert.strictEqual(outcome(`import copy, pickle\n${use}`, names), refused);
      }
      assert.strictEqual(
        outcome(
          "import copy\nclass P(F):\n    def __reduce__(self): return P, ('again',)\ncopy.copy(P('p')).message",
          names,
        ),
        "str 'again'",
      );
    },
  );

  testCollected("can be subclassed by Python", () => {
    const cases: [string, string][] = [
      [
        "class P(F):\n    pass\ntry:\n    raise P('p')\nexcept F as e:\n    got = type(e).__name__, e.message\ngot",
        "tuple ('P', 'p')",
      ],
      ["class P(T):\n    def more(self): return len(self)\np = P()\np['a'] = 1\np.more()", "int 1"],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, outcome(code, names)]),
      cases.map(([code, wanted]) => [code, wanted]),
    );
  });
});
