import assert from "node:assert/strict";
import { describe } from "node:test";
import { kw, PythonError, slice } from "../../mod.ts";
import { loop, probed, unmoved } from "../fixtures/loop.ts";
import { evaluate, py } from "../fixtures/python.ts";

describe("calls", () => {
  loop("a call without arguments", () => evaluate("lambda: None"), (f) => f());
  loop(
    "a call with a PyObject",
    probed(() => evaluate("lambda x: None")),
    ({ it, probe }) => it(probe),
    unmoved,
  );
  loop(
    "a call with 20 arguments",
    probed(() => evaluate("lambda *a: len(a)")),
    ({ it, probe }) => it(...Array(20).fill(probe)),
    { part: 0.1, ...unmoved },
  );
  loop(
    "keyword arguments",
    probed(() => evaluate("lambda **k: None")),
    ({ it, probe }) => it(kw({ a: 1, b: probe })),
    { part: 0.3, ...unmoved },
  );
  loop(
    "keyword names that are always new",
    () => evaluate("lambda **k: None"),
    (f, i) => f(kw({ ["k" + i]: 1 })),
    { part: 0.1 },
  );
  loop(
    "$.call()",
    probed(() => evaluate("lambda *a, **k: a")),
    ({ it, probe }) => it.$.call([probe], { k: probe }),
    { part: 0.3, ...unmoved },
  );
  loop("a method", () => evaluate("[]"), (xs) => xs.__len__());
  loop("a method met anew on each object", () => evaluate("lambda: [1]"), (f) => f().copy(), {
    part: 0.3,
  });
  loop(
    "a method of a class in Python",
    () => evaluate("class C:\n    def m(self, x): return x\nC()"),
    (c, i) => c.m(i),
  );
  loop("new", () => evaluate("class C: pass\nC"), (C) => new C(), { part: 0.3 });
  loop(
    "results that are PyObjects",
    probed((probe) => evaluate("lambda p: lambda: p")(probe)),
    ({ it }) => it(),
    unmoved,
  );
  loop(
    "results released one by one",
    probed((probe) => evaluate("lambda p: lambda: p")(probe)),
    ({ it }) => it().$.release(),
    unmoved,
  );
  loop(
    "results released by using",
    probed((probe) => evaluate("lambda p: lambda: p")(probe)),
    ({ it }) => {
      using result = it();
      return result.$.released;
    },
    unmoved,
  );
  loop(
    "a scope each",
    probed((probe) => evaluate("lambda p: lambda: [p]")(probe)),
    ({ it }) => py.scope(() => it()[0].$.type),
    { part: 0.1, ...unmoved },
  );
  loop("$.clone()", probed(() => null), ({ probe }) => probe.$.clone(), unmoved);
  loop("py.run()", () => null, (_, i) => py.run("n + 1", { locals: { n: i } }), { part: 0.02 });
  loop("py.import()", () => null, () => py.import("math"), { part: 0.1 });
});

describe("attributes and items", () => {
  const made = probed((probe) => {
    const h = evaluate("class H:\n    def m(self): pass\nH()");
    h.p = probe;
    h.n = 1;
    return h;
  });
  loop("reading a number", made, ({ it }) => it.n, unmoved);
  loop("reading an object", made, ({ it }) => it.p, unmoved);
  loop("reading a method", made, ({ it }) => it.m, unmoved);
  loop("reading what is missing", made, ({ it }) => it.nothing, { part: 0.3, ...unmoved });
  loop("names that are always new", made, ({ it }, i) => it["no" + i], { part: 0.1, ...unmoved });
  loop("setting", made, ({ it, probe }) => it.p = probe, unmoved);
  loop("in", made, ({ it }) => "p" in it, { part: 0.3, ...unmoved });
  loop(
    "$.attr of a missing name",
    made,
    ({ it }) => assert.throws(() => it.$.attr("nothing"), PythonError),
    { part: 0.005, ...unmoved },
  );
  const listOf = probed((probe) => evaluate("lambda p: [p, 1, 2]")(probe));
  loop("an item", listOf, ({ it }) => it[0], { part: 0.3, ...unmoved });
  loop("$.get and $.set", listOf, ({ it, probe }) => {
    it.$.set(0, probe);
    return it.$.get(0);
  }, { part: 0.3, ...unmoved });
  loop(
    "$.get with a default",
    probed(() => evaluate("{}")),
    ({ it, probe }) => it.$.get("k", probe),
    { part: 0.1, ...unmoved },
  );
  loop("slices", listOf, ({ it }) => it.$.get(slice(0, 2)), { part: 0.1, ...unmoved });
  loop("iteration", listOf, ({ it }) => [...it], { part: 0.05, ...unmoved });
  loop(
    "an iteration left early",
    probed(() => evaluate("def g(p):\n    while True: yield p\ng")),
    ({ it, probe }) => {
      for (const each of it(probe)) return each;
    },
    { part: 0.05, ...unmoved },
  );
  loop(
    "generators",
    probed(() =>
      evaluate("def g(p):\n    try:\n        while True: p = yield p\n    finally: pass\ng")
    ),
    ({ it, probe }) => {
      const generator = it(probe);
      generator.next();
      generator.next(probe);
      generator.return();
    },
    { part: 0.02, ...unmoved },
  );
  loop(
    "$.repr, $.type, $.dir, $.hash",
    probed(() => null),
    ({ probe }) => [probe.$.repr(), probe.$.type, probe.$.hash(), `${probe}`],
    { part: 0.05, ...unmoved },
  );
  loop(
    "$.equals and $.isInstance",
    probed(() => null),
    ({ probe }) => probe.$.equals([probe]) || probe.$.isInstance(py.builtins.int),
    { part: 0.1, ...unmoved },
  );
});
