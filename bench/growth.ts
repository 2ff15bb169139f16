/**
 * Cost as the work grows, in nanoseconds for each element: beside what it is for a few
 * elements (the column "floor"), what it is for many.
 * @module
 */

import { type Stats, statsOf } from "./measure.ts";
import { type Bench, ofFloor, type Row, type Topic } from "./topic.ts";

/** The base of the comparison. */
const FEW = 1000;
/** Beyond marshal's 2000 levels, where the general way is taken. */
const SHALLOW = 3000;
const MANY = 10_000_000;
const DEEP = 100_000;
const SAMPLES = 5;

/** Rows of growth. */
export function topic({ py, full }: Bench): Topic {
  py.run("make_ = lambda n: list(range(n))\nnest_ = None");
  py.run(`
def nest_(depth):
    value = []
    for _ in range(depth): value = [value]
    return value`);
  const { make_: make, nest_: nest } = py.globals;
  const { len } = py.builtins;
  const sizes = full ? [10, 100_000, 1_000_000, MANY] : [10, 1_000_000];

  const rows: Row[] = sizes.flatMap((count) => [
    growth(`list of ${count} ints to Python`, count, (size) => {
      const items = Array.from({ length: size }, (_, i) => i);
      return () => len(items);
    }),
    growth(`list of ${count} ints to TypeScript`, count, (size) => {
      const list = make(size);
      return () => list.$.toJs();
    }),
  ]);
  for (const count of full ? [10_000, DEEP] : [DEEP]) {
    rows.push(
      growth(`${count} levels of lists to Python`, count, (size) => {
        let value: unknown[] = [];
        for (let i = 0; i < size; i++) value = [value];
        return () => len(value);
      }, SHALLOW),
      growth(`${count} levels of lists to TypeScript`, count, (size) => {
        const list = nest(size);
        return () => list.$.toJs();
      }, SHALLOW),
    );
  }
  return { title: `Growth: ns an element, few elements beside many`, rows };
}

/** `prepare` makes the work on so many elements. Ten elements may cost what a crossing costs. */
function growth(
  name: string,
  count: number,
  prepare: (size: number) => () => unknown,
  base = FEW,
): Row {
  return {
    name,
    goals: [count < FEW ? ofFloor(30) : ofFloor(3)],
    measure() {
      const [few, many] = [prepare(base), prepare(count)];
      for (let i = 0; i < 1000; i++) few();
      return Promise.resolve({ floor: timed(few, base), ours: timed(many, count) });
    },
  };
}

function timed(work: () => unknown, elements: number): Stats {
  const times = Math.max(1, Math.round(1e6 / elements / 10));
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) work();
    samples.push((performance.now() - start) * 1e6 / times / elements);
  }
  return statsOf(samples);
}
