/**
 * One process of bench/handle.ts:
 *
 *     memory_child.ts floor|scope|collector COUNT      bytes of a live handle
 *     memory_child.ts calls|callbacks|conversions|attributes COUNT   MB grown in the second half
 * @module
 */

import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { type Python, startPython } from "../mod.ts";
import { backend } from "../src/ffi/select.ts";

const [what = "", given = ""] = process.argv.slice(2);
const count = Number(given);
const py = startPython({ args: ["-I"] });
console.log(JSON.stringify(await measured(py)));

async function measured(py: Python): Promise<number> {
  switch (what) {
    case "floor":
      return bytesOfEach(() => {
        const registry = new FinalizationRegistry(() => {});
        return (kept) => {
          const face = new Proxy({}, {});
          registry.register(face, 1);
          kept.push(face);
        };
      });
    case "scope": {
      const { promise, resolve } = Promise.withResolvers<number>();
      await py.scope(async () => resolve(await clones(py)));
      return promise;
    }
    case "collector":
      return clones(py);
    default:
      return growth(workOf(py));
  }
}

function clones(py: Python): Promise<number> {
  const thing = py.toPython([1]);
  return bytesOfEach(() => (kept) => kept.push(thing.$.clone()));
}

/** The array that holds them is not in the number. */
async function bytesOfEach(begin: () => (kept: unknown[]) => void): Promise<number> {
  const kept: unknown[] = [];
  const add = begin();
  // The code is compiled and the first tables are made before anything counts.
  for (let i = 0; i < 20_000; i++) add(kept);
  kept.length = 0;
  for (let i = 0; i < count; i++) kept.push(i);
  const before = await resident();
  kept.length = 0;
  for (let i = 0; i < count; i++) add(kept);
  const after = await resident();
  if (kept.length !== count) throw new Error("some are missing");
  return (after - before) / count;
}

function workOf(py: Python): (times: number) => void {
  py.run(`
def f(a): return a
def loop(fn, times):
    for i in range(times):
        fn(i, "text")
class Holder: pass
holder = Holder()
holder.items = [1]
`);
  const { f, loop, holder } = py.globals;
  switch (what) {
    case "calls":
      return (times) => {
        for (let i = 0; i < times; i++) f(i);
      };
    case "callbacks":
      return (times) => loop((a: number, _b: string) => a, times);
    case "conversions":
      return (times) => {
        for (let i = 0; i < times; i++) f(`text number ${i}`);
      };
    case "attributes":
      return (times) => {
        for (let done = 0; done < times; done += 100) {
          py.scope(() => {
            for (let i = 0; i < 100; i++) holder.items;
          });
        }
      };
    default:
      throw new Error(`no part "${what}"`);
  }
}

/** From the middle to the end, each the median of five values that lie close together. */
async function growth(work: (times: number) => void): Promise<number> {
  const steps = 40;
  const sizes: number[] = [];
  for (let step = 0; step < steps; step++) {
    work(Math.round(count / steps));
    sizes.push(await resident());
  }
  const middle = sizes.slice(steps / 2 - 2, steps / 2 + 3);
  return (median(sizes.slice(-5)) - median(middle)) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** The process's memory in bytes, after everything that is garbage has gone. */
async function resident(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    backend.collectGarbage();
    await setTimeout(5);
  }
  return process.memoryUsage().rss;
}
