import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyClass, pyFunction, pyModule, type PyValue, raise, t } from "../../mod.ts";
import { collectedTo, testCollected } from "../fixtures/collected.ts";
import { loop, probed, unmoved } from "../fixtures/loop.ts";
import {
  collectPython,
  evaluate,
  fromEnvironment,
  py,
  test,
  thrownBy,
} from "../fixtures/python.ts";
import { made, standing } from "../fixtures/twins.ts";

class Point {
  readonly x: number;
  constructor(x: number) {
    this.x = x;
  }
  label(): string {
    return `point ${this.x}`;
  }
  say(): string {
    return this.label();
  }
}
const P = standing(pyClass(Point, {
  init: { x: t.int.default(0) },
  properties: { x: t.int },
  methods: { label: { returns: t.str }, say: { returns: t.str } },
  dunders: { __add__: (self, other) => new Point(self.x + other.x), __len__: (self) => self.x },
}));
class Failure extends Error {}
const F = standing(pyClass(Failure, { init: { message: t.str } }));

describe("calls of what is declared", () => {
  const f = pyFunction("f", {
    params: {
      a: t.int,
      b: t.list(t.str).default(["x"]),
      c: t.optional(t.any).default(null),
      args: t.args(t.any),
      kwargs: t.kwargs(t.any),
    },
    returns: t.list(t.any),
  }, (...values) => values);
  const calling = (code: string) =>
    probed((probe) => ({ call: evaluate(`lambda f, p, P: ${code}`), f: py.toPython(f), probe }));
  loop("with defaults", calling("f(1)"), ({ it }) => it.call(it.f, it.probe, P), {
    part: 0.1,
    ...unmoved,
  });
  loop(
    "with arguments of every kind",
    calling("f(1, ['a'], p, 5, p, k=p)"),
    ({ it }) => it.call(it.f, it.probe, P),
    { part: 0.1, ...unmoved },
  );
  loop("with wrong arguments", calling("f(p)"), ({ it }) => {
    thrownBy(() => it.call(it.f, it.probe, P));
  }, { part: 0.02, ...unmoved });
  loop("with a wrong argument inside", calling("f(1, ['a', p])"), ({ it }) => {
    thrownBy(() => it.call(it.f, it.probe, P));
  }, { part: 0.02, ...unmoved });
  loop(
    "with results that do not fit",
    probed(() => pyFunction("g", { params: { x: t.any }, returns: t.list(t.int) }, (x) => [1, x])),
    ({ it, probe }) => {
      thrownBy(() => evaluate("g(p)", { g: it, p: probe }));
    },
    { part: 0.01, ...unmoved },
  );
  loop(
    "with buffers",
    probed(() => pyFunction("g", { params: { x: t.buffer() } }, (x) => x.data.length)),
    ({ it }) => evaluate("g(bytearray(8))", { g: it }),
    { part: 0.01 },
  );
  loop(
    "with TypedDicts, tuples and sets",
    probed((probe) => ({
      g: pyFunction("g", {
        params: { x: t.record("R", { a: t.tuple(t.any, t.set(t.int)) }) },
        returns: t.record("R", { a: t.tuple(t.any, t.set(t.int)) }),
      }, (x) => x),
      value: evaluate("{'a': (p, {1, 2})}", { p: probe }),
    })),
    ({ it }) => evaluate("g(v)", { g: it.g, v: it.value }),
    { part: 0.01, ...unmoved },
  );
});

describe("instances of declared classes", () => {
  loop("made by Python", probed(() => evaluate("lambda P: P(1)")), ({ it }) => it(P), {
    part: 0.1,
  });
  loop(
    "made by TypeScript",
    probed(() => evaluate("lambda p: None")),
    ({ it }) => it(new Point(1)),
    {
      part: 0.1,
    },
  );
  loop(
    "made by operators",
    probed(() => evaluate("lambda P: (P(1) + P(2)).x")),
    ({ it }) => it(P),
    {
      part: 0.05,
    },
  );
  loop(
    "with methods called",
    probed(() => evaluate("p = P(1)\nlambda: (p.say(), p.x, len(p))", { P })),
    ({ it }) => it(),
    {
      part: 0.05,
    },
  );
  loop("whose constructor refuses", probed(() => evaluate("lambda P: P('x')")), ({ it }) => {
    thrownBy(() => it(P));
  }, { part: 0.02 });
  loop(
    "that are errors, raised by Python",
    probed(() => evaluate("def f(F):\n    raise F('x')\nf")),
    ({ it }) => {
      thrownBy(() => it(F));
    },
    { part: 0.02 },
  );
  loop(
    "that are errors, thrown by TypeScript",
    probed(() =>
      evaluate(
        "def f(g):\n    try:\n        g()\n    except Exception as e:\n        return e.message\nf",
      )
    ),
    ({ it }) =>
      it(() => {
        throw new Failure("x");
      }),
    { part: 0.02 },
  );
});

/** Rounds for what ends only when both collectors have looked. */
const ROUNDS = fromEnvironment("PYDUET_LOOPS", 2000);
/** So many of them before the collectors look. */
const PORTION = 2000;

describe("instances of Python subclasses", () => {
  const subclass = (body: string): PyValue => made(`class S(P):\n${body}`, { P }).S;

  /** Makes many in portions, each of which ends before the next one. */
  function many(name: string, body: string, step: (S: PyValue, round: number) => unknown): void {
    test(name, async () => {
      const before = py.debug.counts().hostValues;
      let S: PyValue = py.scope(() => subclass(body));
      step(S, 0);
      const settled = py.debug.counts().hostValues;
      const alive: (kind: unknown) => number = evaluate(
        "import gc\nlambda kind: sum(type(each) is kind for each in gc.get_objects())",
      );
      for (let done = 0; done < ROUNDS; done += PORTION) {
        py.scope(() => {
          for (let i = Math.min(PORTION, ROUNDS - done); i > 0; i--) step(S, i);
        });
        await collectedTo(settled, () => alive(S) === 0);
      }
      S.$.release();
      S = null;
      await collectedTo(before);
    });
  }
  many(
    "end when both collectors have looked",
    "    def label(self): return 'S'",
    (S) => evaluate("S(1).say()", { S }),
  );
  many(
    "end when TypeScript made them",
    "    pass",
    (S, i) => evaluate("s.extra = 1", { s: new S(i) }),
  );
  testCollected("end with their classes", () => {
    for (let i = 0; i < 200; i++) {
      evaluate("s.say()", { s: subclass("    def label(self): return 'S'")(i) });
    }
  });
  testCollected("end though their states hold one another, in a row", () => {
    const S = subclass("    before = None");
    let last: unknown = null;
    for (let i = 0; i < 4; i++) {
      const value = new S(i) as Point & { self?: unknown };
      value.self = value;
      evaluate("s.before = last", { s: value, last });
      last = value;
    }
  });
  testCollected("end after errors in their overrides", () => {
    const S = subclass("    def label(self): raise KeyError(self.x)");
    for (let i = 0; i < 200; i++) thrownBy(() => evaluate("S(1).say()", { S }));
  });
});

describe("declarations", () => {
  loop(
    "functions declared and dropped",
    probed((probe) => evaluate("lambda f: f(p)", { p: probe })),
    ({ it }, i) =>
      it(pyFunction("f", { params: { x: t.any, y: t.list(t.int).default([i]) } }, () => 1)),
    { part: 0.02, ...unmoved },
  );
  test("a module that is taken out leaves nothing", () => {
    const register = (i: number): void => {
      const leave = py.register(pyModule("dropped_module", {
        doc: "x",
        members: [pyFunction("f", { params: { x: t.int } }, (x) => x + i)],
        constants: { A: [1, 2] },
        lazy: { late: () => ({ i }) },
      }));
      evaluate("import dropped_module\ndropped_module.f(1), dropped_module.late");
      leave();
    };
    py.scope(() => register(0));
    collectPython();
    const before = py.debug.counts();
    py.scope(() => {
      for (let i = 0; i < 50; i++) register(i);
    });
    collectPython();
    assert.deepStrictEqual(py.debug.counts(), before);
  });
  loop(
    "errors of TypeScript in declared functions",
    probed(() => pyFunction("f", { params: { x: t.any } }, () => raise(py.builtins.KeyError, "k"))),
    ({ it, probe }) => {
      thrownBy(() => evaluate("f(p)", { f: it, p: probe }));
    },
    { part: 0.01, ...unmoved },
  );
});
