/**
 * One decision of the Conductor: in this process, in a process of its own, and by a peer that was written by hand. The
 * native column is the Python class called by Python; "json" is plain Python behind two pipes, which speaks JSON by
 * lines and remembers nothing.
 * @module
 */

import { ConductorProcess, EmbeddedConductor, installConductor } from "../src/symphony/mod.ts";
import type { DecisionContext, LearningPolicyName } from "../src/symphony/mod.ts";
import { startPeer } from "./json_peer.ts";
import { type Contender, type SelfTimed, sideBySide } from "./measure.ts";
import type { Bench, Measured, Row, Topic } from "./topic.ts";

const CONTEXT: DecisionContext = {
  contextType: "route",
  data: { load: 0.5, place: "north" },
  options: ["left", "right", "wait"],
};
const AT_ONCE = 100;

const CODE = `
from symphony_conductor import Conductor, DecisionContext
def conductor_of(policy):
    conductor = Conductor(policy=policy, history_limit=1000)
    conductor.start()
    return conductor
mock_conductor, linucb_conductor = conductor_of("mock"), conductor_of("linucb")
def decide(conductor):
    return conductor.submit_decision(
        DecisionContext("route", {"load": 0.5, "place": "north"}, ("left", "right", "wait"))
    )
`;

/** Rows of deciding. */
export function topic({ py, native }: Bench): Topic {
  installConductor(py);
  py.run(CODE);
  const python: string = py.info.executable;

  const oneByOne = (work: () => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      for (let i = 0; i < times; i++) await work();
      return (performance.now() - began) * 1e6;
    },
  });
  const together = (work: () => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      for (let left = times; left > 0; left -= AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, work));
      }
      return (performance.now() - began) * 1e6;
    },
  });

  async function embedded(policy: LearningPolicyName): Promise<Measured> {
    const conductor = new EmbeddedConductor({ py, policy, historyLimit: 1000 });
    await conductor.startConductor();
    try {
      return await sideBySide<"native" | "ours">({
        native: native(`decide(${policy}_conductor)`),
        ours: oneByOne(() => conductor.submitDecision(CONTEXT)),
      });
    } finally {
      await conductor.stopConductor();
    }
  }

  async function apart(timed: (work: () => Promise<unknown>) => Contender): Promise<Measured> {
    const settings = { policy: "mock", historyLimit: 1000 } as const;
    const conductor = new ConductorProcess({ conductor: settings });
    await conductor.start();
    const peer = startPeer(python);
    try {
      return await sideBySide<"json" | "ours">({
        json: timed(() => peer.decide(CONTEXT)),
        ours: timed(() => conductor.submitDecision(CONTEXT)),
      });
    } finally {
      peer.end();
      await conductor.stop();
    }
  }

  const goals = [{ against: "json", times: 6 }] as const;
  const note =
    "over the peer: Python's Conductor itself (the rows above), which remembers and averages, and a " +
    "conversation of two sides with errors, timeouts and cancelling";
  const rows: Row[] = [
    { name: "a decision in this process, mock policy", measure: () => embedded("mock") },
    { name: "a decision in this process, LinUCB", measure: () => embedded("linucb") },
    {
      ...{ name: "a decision in the Conductor's process, mock policy", goals, note },
      measure: () => apart(oneByOne),
    },
    {
      ...{ name: `the same, ${AT_ONCE} at once, for each`, goals, note },
      measure: () => apart(together),
    },
  ];
  return { title: "The Conductor", rows };
}
