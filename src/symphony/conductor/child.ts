/**
 * What a Conductor's process does: it embeds Python and the Pit, and answers over two pipes of its own, so that
 * the standard streams are free for whoever prints.
 * @module
 */
import fs from "node:fs";
import { isAbsolute } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { isPyObject, type StartOptions, startPython } from "../../../mod.ts";
import type { DecisionContext, Feedback, Policy } from "../ports.ts";
import { STEADY_CLOCK } from "./clock.ts";
import { EmbeddedConductor } from "./embedded.ts";
import { LineReader, LineWriter } from "./lines.ts";
import { makePit } from "./pit_choice.ts";
import type { ResourceLimits } from "./process_options.ts";
import { servePit } from "./remote_pit.ts";
import { installConductor } from "./python_package.ts";
import { RpcPeer } from "./rpc.ts";
import type { ConductorSettings } from "./settings.ts";
import type { Setup } from "./setup.ts";

interface Configuration {
  readonly python?: string;
  readonly args?: string[];
  readonly path?: string[];
  readonly conductor: ConductorSettings;
  readonly limits: ResourceLimits;
  readonly setup: string | null;
  readonly data: unknown;
}

const [REQUESTS, ANSWERS] = [3, 4];

/**
 * Serves a Conductor to the process that started this one, by the pipes 3 and 4: what `bin/conductor.mjs` does. It
 * returns at once; the process ends when the other one says so, or ends.
 */
export function serveConductor(maxLineBytes: number): void {
  const writer = new LineWriter(fs.createWriteStream("", { fd: ANSWERS }));
  const rpc = new RpcPeer({
    write: (line) => writer.write(line),
    clock: STEADY_CLOCK,
    maxLineBytes,
    onProtocolError: (reason) => console.error(`symphony: ${reason}`),
    plain: (value) => isPyObject(value) ? value.$.toJs({ unknown: "throw" }) : value,
  });
  answerParent(rpc);
  const requests = fs.createReadStream("", { fd: REQUESTS });
  const lines = new LineReader(maxLineBytes, {
    onLine: (line) => rpc.receive(line),
    onTooLong: (bytes) =>
      console.error(`symphony: a line of ${bytes} bytes is longer than ${maxLineBytes}`),
  });
  requests.on("data", (bytes) => lines.push(bytes as Uint8Array));
  for (const end of ["end", "error"]) requests.on(end, () => process.exit(1)); // the parent has gone
}

function answerParent(rpc: RpcPeer): void {
  let status: "starting" | "ready" | "stopping" = "starting";
  let conductor: EmbeddedConductor | null = null;
  rpc.register("ping", () => ({ status, processId: process.pid }));
  rpc.register("initialize", async (params) => {
    conductor = await begin(rpc, params as Configuration);
    status = "ready";
  });
  rpc.register("shutdown", async () => {
    status = "stopping";
    await rpc.idle(1); // this very request is the one that may still run
    await conductor?.stopConductor();
  });
  // By itself it would end too early: one runtime drops what stands in the pipe of a process that has ended.
  rpc.register("exit", () => process.exit(0));
}

async function begin(rpc: RpcPeer, configuration: Configuration): Promise<EmbeddedConductor> {
  const { conductor: settings, limits, setup, data, ...python } = configuration;
  const options: StartOptions = Object.fromEntries(
    Object.entries(python).filter(([, value]) => value !== undefined),
  );
  const py = startPython(options);
  installConductor(py);
  const own = py.import("symphony_conductor._process");
  own.tie_to_parent(REQUESTS, ANSWERS, process.ppid);
  const pit = makePit();
  const conductor = new EmbeddedConductor({ ...settings, py, pit });
  await conductor.startConductor();
  own.limit(limits.memoryMb ?? null, limits.cpuSeconds ?? null);
  answerPort(rpc, conductor);
  servePit(rpc, pit);
  if (setup !== null) await (await importSetup(setup))({ py, pit, conductor, rpc, data });
  return conductor;
}

function answerPort(rpc: RpcPeer, port: EmbeddedConductor): void {
  rpc.register("get_conductor_status", () => port.getConductorStatus());
  rpc.register("submit_decision", (context) => port.submitDecision(context as DecisionContext));
  rpc.register(
    "get_decision_history",
    (params) => port.getDecisionHistory((params as { limit: number }).limit),
  );
  rpc.register("update_policy", (policy) => port.updatePolicy(policy as Policy));
  rpc.register("get_active_policies", () => port.getActivePolicies());
  rpc.register("submit_feedback", (feedback) => port.submitFeedback(feedback as Feedback));
  rpc.register("get_learning_metrics", () => port.getLearningMetrics());
}

async function importSetup(specifier: string): Promise<Setup> {
  const url = isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier;
  const module = await import(url) as { default?: unknown };
  if (typeof module.default !== "function") {
    throw new TypeError(`${specifier} has no default export that is a function: (context) => void`);
  }
  return module.default as Setup;
}
