import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef, type PyValue } from "../../mod.ts";
import { collectPython, evaluate, py, test } from "../fixtures/python.ts";

class Point {
  x = 1;
  plus(n: number): number {
    return this.x + n;
  }
}

/** Objects of Python that use a JsObject when garbage collection ends them. */
const TRASH = `
import gc, types
class Trash:
    on = True
    ran = 0
    def __init__(self): self.me = self
    def __del__(self):
        if not Trash.on: return
        Trash.ran += 1
        assert o.x == 1 and o.plus(2) == 3 and a[-1] == 3 and list(a) == [1, 2, 3]
        assert m["k"] == "v" and fresh().plus(1) == 2 and not hasattr(o, "nope")
        o.last = Trash.ran
        Trash()
def start(threshold):
    Trash()
    gc.set_threshold(threshold)
def stop():
    Trash.on = False
    gc.set_threshold(700)
types.SimpleNamespace(start=start, stop=stop, ran=lambda: Trash.ran)`;

describe("a __del__ that touches a JsObject", () => {
  test("when garbage collection runs it in the middle of other operations", () => {
    const point = new Point();
    const trash = evaluate(TRASH, {
      o: point,
      a: byRef([1, 2, 3]),
      m: byRef(new Map([["k", "v"]])),
      fresh: () => new Point(),
    });
    const work = evaluate(`
def work(o, a, new):
    for i in range(30):
        p = new()
        assert p.plus(i) == 1 + i and [x for x in a] == [1, 2, 3]
        kept = [p.plus, {"a": [p, a, o]}, (p, dir(p))]
        assert kept[0](1) == 2 and kept[1]["a"][2] is o
work`);
    try {
      for (let threshold = 5; threshold < 120; threshold += 9) {
        py.scope(() => {
          trash.start(threshold);
          work(point, byRef([1, 2, 3]), () => new Point());
        });
      }
    } finally {
      trash.stop();
    }
    assert.ok((trash.ran() as number) > 10);
  });

  test("when it is itself in the garbage, and when the last reference goes", () => {
    const seen: unknown[] = [];
    evaluate(
      `
class Node:
    def __init__(self, o): self.o, self.me, self.method = o, self, o.plus
    def __del__(self): tell(self.o.x + self.method(1))
for i in range(20): Node(new())
class Plain:
    def __del__(self): tell(self.o.x)
p = Plain()
p.o = new()
del p`,
      { new: () => new Point(), tell: (value: unknown) => void seen.push(value) },
    );
    collectPython();
    assert.strictEqual(seen.length, 21);
    assert.ok(seen.every((value) => value === 3 || value === 1));
  });

  test("when it keeps it from its end: the value is the same ever after", () => {
    const points = Array.from({ length: 10 }, () => new Point());
    const saved = evaluate(
      `
saved = []
class Saver:
    def __init__(self, o, f): self.o, self.f, self.me = o, f, self
    def __del__(self): saved.append((self.o, self.f))
for o in points: Saver(o, fn(o))
del points, o
saved`,
      { points, fn: (point: Point) => () => point.x },
    );
    collectPython();
    py.debug.counts(); // hears what was dropped, and gives numbers out again
    const others = py.toPython(Array.from({ length: 50 }, () => [new Point(), () => 7]));
    assert.strictEqual(saved.length, 10);
    for (const pair of saved) {
      assert.ok(points.includes(pair[0]));
      assert.strictEqual(pair[1](), 1);
    }
    others.clear();
    saved.clear();
  });

  test("when the iterator of a loop is closed by garbage collection, its return() may use Python", () => {
    let closed = 0;
    const count = evaluate("lambda x: len(x)");
    function* numbers(): Generator<number> {
      try {
        for (let n = 0;; n++) yield n;
      } finally {
        closed += count([1]) as number;
      }
    }
    evaluate(
      "class Box: pass\nfor i in range(10):\n  b = Box()\n  b.me, b.it = b, iter(o)\n  next(b.it)\ndel b",
      { o: byRef({ [Symbol.iterator]: numbers }) },
    );
    collectPython();
    assert.strictEqual(closed, 10);
  });

  test("an error of return() goes to sys.unraisablehook, and the loop goes on", () => {
    const iterable = byRef({
      *[Symbol.iterator]() {
        try {
          yield 1;
        } finally {
          // deno-lint-ignore no-unsafe-finally -- what a program may do
          throw new RangeError("while closing");
        }
      },
    });
    const found: PyValue = evaluate(
      `
import sys
said = []
hook, sys.unraisablehook = sys.unraisablehook, lambda args: said.append(str(args.exc_value))
try:
    for x in o: break
finally:
    sys.unraisablehook = hook
said`,
      { o: iterable },
    );
    assert.deepEqual(found.$.toJs(), ["RangeError: while closing"]);
  });
});
