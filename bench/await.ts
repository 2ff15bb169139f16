/**
 * Awaiting both ways. The native column is plain asyncio on a loop and a thread of its own, while TypeScript waits
 * for that thread; the floor is JavaScript awaiting JavaScript.
 * @module
 */

import type { SelfTimed } from "./measure.ts";
import { atMost, type Bench, ofNative, piece, row, type Topic } from "./topic.ts";

const CODE = `
import asyncio, threading, time

async def at_once(): return 1

async def await_at_once(times):
    for _ in range(times): await at_once()

async def await_tasks(times):
    create_task = asyncio.get_running_loop().create_task
    for _ in range(times): await create_task(at_once())

async def await_futures(times):
    loop = asyncio.get_running_loop()
    for _ in range(times):
        future = loop.create_future()
        loop.call_soon(future.set_result, 1)
        await future

async def await_calls(function, times):
    for _ in range(times): await function()

async def await_same(promise, times):
    for _ in range(times): await promise

async def sleep_zero(times):
    for _ in range(times): await asyncio.sleep(0)

async def gather(times):
    await asyncio.gather(*[at_once() for _ in range(times)])

def plain(work, times):
    """Nanoseconds on a loop of plain asyncio."""
    took = []
    async def main():
        began = time.perf_counter_ns()
        await work(times)
        took.append(time.perf_counter_ns() - began)
    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    return took[0]
`;

/** Rows of awaiting. */
export function topic({ py }: Bench): Topic {
  py.run(CODE);
  const names = py.globals;
  const { at_once: atOnce, await_calls: awaitCalls, await_same: awaitSame } = names;
  const { sleep_zero: sleepZero, gather, plain } = names;

  const timed = (work: (times: number) => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      await work(times);
      return (performance.now() - began) * 1e6;
    },
  });
  const plainly = (name: string): SelfTimed => {
    const work = names[name];
    return { nanoseconds: (times) => Number(plain(work, times)) };
  };
  const resolved = Promise.resolve(1);
  const give = (): Promise<number> => Promise.resolve(1);
  // deno-lint-ignore require-await -- what is measured
  const jsAtOnce = async (): Promise<number> => 1;
  const awaitJs = timed(async (times) => {
    for (let i = 0; i < times; i++) await jsAtOnce();
  });

  return {
    title: "await",
    rows: [
      row("TypeScript awaits a coroutine that returns at once", {
        floor: awaitJs,
        native: plainly("await_tasks"),
        ours: timed(async (times) => {
          for (let i = 0; i < times; i++) await atOnce();
        }),
      }, {
        goals: [atMost(3000)],
        note:
          "beside it plain asyncio, which makes a task for each coroutine too. Left on 3.11: nearly half is the task " +
          "(its entry among all tasks is Python code before 3.12, weakref.WeakSet; from 3.12 on the task is eager, has " +
          "none, and costs half as much), and the rest the coroutine's PyObject, which JavaScript's collector has to " +
          "watch, and four calls of C",
      }),
      row("Python awaits a Promise of a TypeScript function", {
        floor: awaitJs,
        native: plainly("await_futures"),
        ours: timed((times) => awaitCalls(give, times).$.promise()),
      }, {
        goals: [atMost(4000)],
        note:
          "beside it plain asyncio awaiting a future that the loop answers. What the row below does not have, a new " +
          "Promise each time, is a third of it: the function's call, and a JsObject with its reference, made and dropped",
      }),
      row("Python awaits the same Promise again", {
        floor: awaitJs,
        native: plainly("await_futures"),
        ours: timed((times) => awaitSame(resolved, times).$.promise()),
      }, {
        goals: [atMost(4000)],
        note:
          "more than half is Python's: __await__, a Future, its answer and the step of the task. The rest are two " +
          "crossings, two reactions of Promises, and the GIL taken and given back",
      }),
      row("asyncio.sleep(0) in a loop", {
        native: plainly("sleep_zero"),
        ours: timed((times) => sleepZero(times).$.promise()),
      }, { goals: [ofNative(1.5)] }),
      row("asyncio.gather() of many coroutines, for each", {
        native: plainly("gather"),
        ours: timed((times) => gather(times).$.promise()),
      }),
    ],
    pieces: [
      piece("await of an async function of JavaScript", awaitJs),
      piece("plain asyncio: await of a coroutine, without a task", plainly("await_at_once")),
    ],
  };
}
