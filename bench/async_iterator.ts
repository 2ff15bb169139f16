/**
 * Async iteration both ways, by item. Beside it what one await costs in the same direction: the goal is twice that.
 * @module
 */

import type { SelfTimed } from "./measure.ts";
import { type Bench, type Goal, row, type Topic } from "./topic.ts";

const CODE = `
import asyncio
async def async_now(): return 1

async def async_numbers(times):
    for i in range(times): yield i

async def async_pausing(times):
    for i in range(times):
        await asyncio.sleep(0)
        yield i

async def async_take(iterable):
    async for _ in iterable: pass

async def async_calls(function, times):
    for _ in range(times): await function()
`;

/** At most twice one await. */
const TWICE: Goal = { against: "floor", times: 2 };

/** Rows of async iteration. */
export function topic({ py }: Bench): Topic {
  py.run(CODE);
  const { async_now: now, async_numbers: numbers, async_pausing: pausing } = py.globals;
  const { async_take: take, async_calls: calls } = py.globals;
  const { sleep } = py.import("asyncio");

  const timed = (work: (times: number) => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      await work(times);
      return (performance.now() - began) * 1e6;
    },
  });
  const all = async (iterable: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of iterable) { /* the item alone */ }
  };
  async function* items(times: number): AsyncGenerator<number> {
    for (let i = 0; i < times; i++) yield i;
  }
  const give = (): Promise<number> => Promise.resolve(1);

  return {
    title: "async iteration, per item; the floor is one await",
    rows: [
      row("for await over a Python async generator", {
        floor: timed(async (times) => {
          for (let i = 0; i < times; i++) await now();
        }),
        ours: timed((times) => all(numbers(times))),
      }, { goals: [TWICE] }),
      row("for await over one that waits before each item", {
        floor: timed(async (times) => {
          for (let i = 0; i < times; i++) await sleep(0);
        }),
        ours: timed((times) => all(pausing(times))),
      }, { goals: [TWICE] }),
      row("async for over a generator of TypeScript", {
        floor: timed((times) => calls(give, times).$.promise()),
        ours: timed((times) => take(items(times)).$.promise()),
      }, { goals: [TWICE] }),
    ],
  };
}
