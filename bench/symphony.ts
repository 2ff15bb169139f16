/**
 * A call of the Pit by Python in this process, against the same over a Conductor process's pipes, and against a peer
 * that was written by hand and speaks JSON by lines. And what it takes until Python has Symphony's modules.
 * @module
 */

import {
  ConductorProcess,
  installSymphony,
  Pit,
  PitManager,
  RemotePit,
} from "../src/symphony/mod.ts";
import { runHere } from "./child.ts";
import { startPeer } from "./json_peer.ts";
import { type SelfTimed, sideBySide, type Stats, statsOf } from "./measure.ts";
import { atMost, type Bench, type Row, type Topic } from "./topic.ts";

const CONTEXT = { contextType: "route", data: { load: 0.5 }, options: ["left", "right"] };

/** Rows of Symphony as a whole. */
export function topic({ py, native }: Bench): Topic {
  const pit = new Pit();
  const leave = installSymphony(py, { pit });
  py.globals.pit_manager = new PitManager(pit);
  py.run(`
import symphony_bridge
def ask_pit():
    return pit_manager.submit_decision({"context_type": "route", "data": {"load": 0.5}, "options": ["left", "right"]})
`);
  leave();

  const oneByOne = (work: () => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      for (let i = 0; i < times; i++) await work();
      return (performance.now() - began) * 1e6;
    },
  });
  const rows: Row[] = [
    {
      name:
        "Python asks the Pit in its process (ours); over the pipes of a Conductor's process (json)",
      goals: [{ against: "json", times: 0.5 }],
      async measure() {
        const conductor = new ConductorProcess({ conductor: { policy: "mock" } });
        await conductor.start();
        const remote = new RemotePit(conductor);
        try {
          return await sideBySide<"json" | "ours">({
            json: oneByOne(() => remote.submitDecision(CONTEXT)),
            ours: native("ask_pit()"),
          });
        } finally {
          await conductor.stop();
        }
      },
    },
    {
      name: "the same; a peer that speaks JSON over pipes (json)",
      goals: [{ against: "json", times: 0.5 }],
      async measure() {
        const peer = startPeer(py.info.executable);
        try {
          return await sideBySide<"json" | "ours">({
            json: oneByOne(() => peer.decide(CONTEXT)),
            ours: native("ask_pit()"),
          });
        } finally {
          peer.end();
        }
      },
    },
    {
      name: "making and importing symphony_ipc, in a fresh process",
      unit: "ms",
      goals: [atMost(100)],
      note: "each declared function is compiled by Python, 0.14 ms each",
      measure: () => Promise.resolve({ ours: fresh("one") }),
    },
    {
      name: "installSymphony() and the import of its three modules, in a fresh process",
      unit: "ms",
      measure: () => Promise.resolve({ ours: fresh("all") }),
    },
  ];
  return { title: "Symphony", rows };
}

function fresh(part: string): Stats {
  const milliseconds = () => runHere("symphony_child.ts", [part]).said as number;
  return statsOf(Array.from({ length: 10 }, milliseconds));
}
