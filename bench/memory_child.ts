/**
 * One process of bench/handle.ts:
 *
 *     memory_child.ts proxy|registered|scope|collector COUNT      bytes of the JS heap for a live handle
 *     memory_child.ts calls|callbacks|conversions|attributes COUNT   MB grown on the way
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
    case "registered":
      return bytesOfEach(() => {
        const registry = new FinalizationRegistry(() => {});
        return (kept) => {
          const face = new Proxy({}, {});
          registry.register(face, 1);
          kept.push(face);
        };
      });
    case "proxy":
      return bytesOfEach(() => (kept) => kept.push(new Proxy({}, {})));
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
  const before = (await settled()).heapUsed;
  kept.length = 0;
  for (let i = 0; i < count; i++) add(kept);
  const after = (await settled()).heapUsed;
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

/**
 * From the second quarter to the last, the least value of each. Of the JS heap only what is in use
 * counts: V8 gives empty pages back at some collections and not at others, 8 or 16 MB at once.
 */
async function growth(work: (times: number) => void): Promise<number> {
  const steps = 40;
  const sizes: number[] = [];
  for (let step = 0; step < steps; step++) {
    work(Math.round(count / steps));
    const { rss, heapTotal, heapUsed } = await settled();
    sizes.push(rss - heapTotal + heapUsed);
  }
  const least = (from: number) => Math.min(...sizes.slice(from, from + steps / 4));
  return (least(steps * 3 / 4) - least(steps / 4)) / 1e6;
}

/** The process's memory, after everything that is garbage has gone. */
async function settled(): Promise<NodeJS.MemoryUsage> {
  for (let i = 0; i < 4; i++) {
    backend.collectGarbage();
    await setTimeout(5);
  }
  return process.memoryUsage();
}
