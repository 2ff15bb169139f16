/**
 * Handles: what making one and giving it up costs, in each of the ways there are,
 * and what many of them, or many calls, cost in memory.
 * @module
 */

import { setTimeout } from "node:timers/promises";
import { backend } from "../src/ffi/select.ts";
import { runHere } from "./child.ts";
import { each, type Loop, type Stats, statsOf } from "./measure.ts";
import {
  atMost,
  type Bench,
  inScopes,
  ofFloor,
  PER_SCOPE,
  piece,
  type Row,
  row,
  type Topic,
} from "./topic.ts";

/** Handles that wait for the collector at once. */
const DROPPED = 20_000;
/** Fresh processes for a number of bytes. */
const PROCESSES = 3;

/** Rows of handles. */
export function topic({ py, floor, full }: Bench): Topic {
  const { Py_IncRef, Py_DecRef } = floor.functions;
  py.run("thing = [1]");
  const { thing } = py.globals;
  const raw = floor.global("thing");
  const registry = new FinalizationRegistry<unknown>(() => {});
  const traps = {};

  /** A reference, a face for it, and what gives it back should the face be forgotten. */
  const safest: Loop = floor.attached(each(() => {
    Py_IncRef(raw);
    const face = new Proxy({}, traps);
    registry.register(face, raw, face);
    registry.unregister(face);
    Py_DecRef(raw);
  }));

  const calls = full ? 10_000_000 : 1_000_000;
  return {
    title: "Handles",
    rows: [
      row(`made, released by scope (${PER_SCOPE} a scope)`, {
        floor: safest,
        ours: inScopes(py, () => thing.$.clone()),
      }, { goals: [ofFloor(1, 30)] }),
      row("made, released by using", {
        floor: safest,
        ours: each(() => {
          using _clone = thing.$.clone();
        }),
      }, {
        note: "left over $.release() are the `using` declaration itself and the Proxy's trap for " +
          "Symbol.dispose",
      }),
      row("made, released by $.release()", {
        floor: safest,
        ours: each(() => thing.$.clone().$.release()),
      }),
      byCollector(py, thing, floor.attached, Py_IncRef, Py_DecRef, raw),
      inMemory("JS heap of a live handle, in a scope", "proxy", "scope"),
      inMemory("JS heap of a live handle, for the collector", "registered", "collector"),
      ...["calls", "callbacks", "conversions", "attributes"].map((what) => growth(what, calls)),
    ],
    pieces: [
      piece(
        "Py_IncRef + Py_DecRef",
        floor.attached(each(() => {
          Py_IncRef(raw);
          Py_DecRef(raw);
        })),
      ),
      piece(
        "using, of a plain object",
        each(() => {
          using _plain = { [Symbol.dispose]() {} };
        }),
      ),
      piece("a new Proxy", each(() => new Proxy({}, traps))),
      piece("FinalizationRegistry: register", each(() => registry.register({}, raw))),
      piece(
        "FinalizationRegistry: register with a token, unregister",
        each(() => {
          const target = {};
          registry.register(target, raw, target);
          registry.unregister(target);
        }),
      ),
    ],
  };
}

/** The time from making many to the last one's end, the collector's own work included. */
function byCollector(
  py: Bench["py"],
  thing: ReturnType<Bench["py"]["toPython"]>,
  attached: (loop: Loop) => Loop,
  ...[incRef, decRef, raw]: [(object: unknown) => void, (object: unknown) => void, unknown]
): Row {
  const count = () => py.debug.counts().handles;
  let live = 0;
  const registry = new FinalizationRegistry<unknown>(
    attached(() => {
      live--;
      decRef(raw);
    }) as () => void,
  );
  const forgetOurs = async (): Promise<void> => {
    const before = count();
    for (let i = 0; i < DROPPED; i++) thing.$.clone();
    await collectUntil(() => count() <= before);
  };
  const forgetFloor = async (): Promise<void> => {
    attached(() => {
      for (let i = 0; i < DROPPED; i++) {
        incRef(raw);
        live++;
        registry.register(new Proxy({}, {}), raw);
      }
    })(1);
    await collectUntil(() => live <= 0);
  };
  return {
    name: `made, released by the collector (${DROPPED} at once)`,
    measure: async () => {
      const taken: [number[], number[]] = [[], []];
      for (let i = 0; i < 12; i++) {
        for (const [which, forget] of [forgetFloor, forgetOurs].entries()) {
          await collectUntil(() => true);
          const begun = performance.now();
          await forget();
          taken[which]!.push((performance.now() - begun) * 1e6 / DROPPED);
        }
      }
      return { floor: statsOf(taken[0]), ours: statsOf(taken[1]) };
    },
  };
}

/** A few may stay reachable from the stack for a while; the rounds end all the same. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let round = 0; round < 20; round++) {
    backend.collectGarbage();
    await setTimeout(0);
    if (done()) return;
  }
}

function inMemory(name: string, floor: string, ours: string): Row {
  return {
    name,
    unit: "bytes",
    goals: [atMost(200)],
    note: "the floor is a Proxy with a target of its own (and a registration); the rest is the " +
      "handle, what stands behind the Proxy, and the ledger's and the scope's slot",
    measure: () => {
      const count = String(200_000);
      const bytes = (what: string) => sample(() => runHere("memory_child.ts", [what, count]).said);
      return Promise.resolve({ floor: bytes(floor), ours: bytes(ours) });
    },
  };
}

/** What the process grows by from the second quarter of many calls to the last: flat is nothing. */
function growth(what: string, calls: number): Row {
  return {
    name: `growth over ${calls.toLocaleString("en")} ${what}`,
    unit: "MB",
    goals: [atMost(1)],
    measure: () =>
      Promise.resolve({
        ours: sample(() => runHere("memory_child.ts", [what, String(calls)]).said, 1),
      }),
  };
}

function sample(run: () => unknown, processes: number = PROCESSES): Stats {
  return statsOf(Array.from({ length: processes }, () => run() as number));
}
