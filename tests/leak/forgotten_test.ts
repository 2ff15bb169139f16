import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PyValue } from "../../mod.ts";
import { collectJs, collectUntil, turn } from "../fixtures/collector.ts";
import {
  collectPython,
  evaluate,
  forGood,
  fromEnvironment,
  py,
  references,
} from "../fixtures/python.ts";

/** How many are forgotten in each test. */
const FORGOTTEN = Math.min(fromEnvironment("PYDUET_LOOPS", 100_000) / 5, 200_000);

/** Conservative stacks and registers may keep a few alive for longer. */
const STRAGGLERS = 10;

/** Without the scope of other tests: these handles are the collector's. */
function forgets(
  name: string,
  make: (probe: PyValue) => PyValue,
  use: (made: PyValue, probe: PyValue, i: number) => unknown,
): void {
  it(name, { timeout: 240_000 }, async () => {
    const [probe, made] = forGood(() => {
      const probe = evaluate("object()");
      return [probe, make(probe)];
    });
    collectJs();
    await turn();
    const before = { ...py.debug.counts(), references: references(probe) };
    for (let i = 0; i < FORGOTTEN; i++) {
      use(made, probe, i);
      if (i % 1000 === 999) await turn();
    }
    const released = await collectUntil(() => {
      collectPython();
      const { handles, hostValues, buffers } = py.debug.counts();
      return buffers <= before.buffers + STRAGGLERS && handles <= before.handles + STRAGGLERS &&
        hostValues <= before.hostValues + STRAGGLERS &&
        references(probe) <= before.references + STRAGGLERS;
    });
    const after = { ...py.debug.counts(), references: references(probe) };
    assert.ok(released, `before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    assert.ok(after.references >= before.references, "given back more often than taken");
    assert.strictEqual(probe.$.type, "object");
    probe.$.release();
    made?.$?.release();
  });
}

describe("handles forgotten to the collector are given back", () => {
  forgets("results", (probe) => evaluate("lambda p: lambda: p")(probe), (f) => f());
  forgets("attributes", (probe) => {
    const holder = evaluate("class H: pass\nH()");
    holder.p = probe;
    return holder;
  }, (holder) => holder.p);
  forgets("clones", () => null, (_made, probe) => probe.$.clone());
  forgets(
    "methods held apart from their objects",
    () => evaluate("lambda p: [p]"),
    (f, probe) => f(probe).append.$.repr(),
  );
  forgets("iterators never finished", () => evaluate("lambda p: iter([p, p])"), (f, probe) => {
    const iterator = f(probe)[Symbol.iterator]();
    return iterator.next();
  });
  forgets("converted arguments", () => evaluate("lambda x: x"), (f, probe) => f([probe]));
  forgets(
    "$.toJs() results with live objects inside",
    (probe) => evaluate("lambda p: [p]")(probe),
    (list) => list.$.toJs(),
  );
  forgets(
    "functions that are held by an object that is forgotten",
    () => evaluate("lambda f: [f]"),
    (f) => f(() => 1),
  );
  forgets(
    "buffers",
    () => evaluate("class Bytes(bytearray): pass\nlambda p: Bytes(8)"),
    (f, probe, i) => {
      if (i % 10 > 0) return;
      const bytes = f(probe);
      bytes.probe = probe;
      return bytes.$.buffer().data;
    },
  );
  forgets(
    "typed arrays held by an object that is forgotten",
    () => evaluate("lambda x: [x]"),
    (f, _probe, i) => i % 10 > 0 ? undefined : f(new Float64Array(2)),
  );
  forgets(
    "JS objects there and back",
    () => evaluate("lambda x: [x]"),
    (f) => f(new (class Temp {})()),
  );
});

describe("errors forgotten to the collector are given back", () => {
  forgets("Python's", () => evaluate("def f(p):\n    raise ValueError(p)\nf"), (f, probe, i) => {
    if (i % 20 > 0) return;
    try {
      f(probe);
    } catch {
      // forgotten
    }
  });
});
