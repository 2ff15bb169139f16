import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef } from "../../mod.ts";
import { collectJs } from "../fixtures/collector.ts";
import { loop, probed, unmoved } from "../fixtures/loop.ts";
import { collectPython, evaluate, py, test } from "../fixtures/python.ts";

class Point {
  x = 1;
  held: unknown = null;
  plus(n: number): number {
    return this.x + n;
  }
  *[Symbol.iterator](): Generator<number> {
    yield 1;
    yield 2;
  }
  get bad(): never {
    throw new RangeError("no");
  }
}

describe("JsObjects", () => {
  const by = (expression: string) => probed(() => evaluate(`lambda o, p=None: ${expression}`));
  loop("attributes of one that stays", () => ({ it: evaluate("lambda o: o.x"), o: new Point() }), ({
    it,
    o,
  }) => it(o), { part: 0.2 });
  loop("attributes", by("o.x"), ({ it }) => it(new Point()), { part: 0.2, ...unmoved });
  loop("methods", by("o.plus(1) == o.plus(1)"), ({ it }) => it(new Point()), {
    part: 0.1,
    ...unmoved,
  });
  loop("bound methods kept in a cycle", by("[o.plus].append(o)"), ({ it }) => it(new Point()), {
    part: 0.1,
    ...unmoved,
  });
  loop("attributes set", by("setattr(o, 'held', p)"), ({ it, probe }) => {
    const point = new Point();
    it(point, probe);
    point.held = null;
  }, { part: 0.05 });
  loop("missing attributes", by("hasattr(o, 'nope')"), ({ it }) => it(new Point()), {
    part: 0.05,
    ...unmoved,
  });
  loop("getters that throw", by("getattr(o, 'bad', None)"), ({ it }) => {
    assert.throws(() => it(new Point()), RangeError);
  }, { part: 0.003, ...unmoved });
  loop("dir()", by("dir(o)"), ({ it }) => it(new Point()), { part: 0.01, ...unmoved });
  loop("iteration", by("list(o)"), ({ it }) => it(new Point()), { part: 0.03, ...unmoved });
  loop("iteration left early", by("next(iter(o))"), ({ it }) => it(new Point()), {
    part: 0.05,
    ...unmoved,
  });
  loop("items of arrays", by("(o[0], o[-1], o[:], 5 in o, o.append(p))"), ({ it, probe }) => {
    it(byRef([1, 2]), probe);
  }, { part: 0.03 });
  loop("items of Maps", by("(o['a'], 'b' in o, dict(o))"), ({ it }) => {
    it(byRef(new Map([["a", 1]])));
  }, { part: 0.03, ...unmoved });
  loop("new by a class", by("o().plus(1)"), ({ it }) => it(Point), { part: 0.05, ...unmoved });
  loop("classes passed and dropped", by("o.name"), ({ it }) => it(class {}), {
    part: 0.05,
    ...unmoved,
  });
  loop(
    "import js",
    probed(() => evaluate("def f():\n  import js\n  return js.Math.abs(-1)\nf")),
    ({ it }) => it(),
    { part: 0.05, ...unmoved },
  );

  test("keep nothing alive after they were dropped", async () => {
    const ended: string[] = [];
    const registry = new FinalizationRegistry((name: string) => ended.push(name));
    const use = evaluate("lambda o: (o.x, o.plus(1), list(o), dir(o), o['x'], o.plus)");
    const make = (): void =>
      py.scope(() => {
        const point = new Point();
        const array = [new Point()];
        registry.register(point, "point");
        registry.register(array, "array");
        use(point);
        evaluate("lambda a: (a[0].x, [*a], a.map)")(byRef(array));
      });
    make();
    collectPython();
    py.debug.counts(); // hears what was dropped
    for (let i = 0; i < 50 && ended.length < 2; i++) {
      collectJs();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(ended.sort(), ["array", "point"]);
  });
});
