/**
 * The Conductor for Python: `ConductorManager`, `ConductorError` and their records, of `symphony_ipc` and
 * `symphony_bridge`.
 * @module
 */
import {
  type ModuleDeclaration,
  type PyClass,
  pyClass,
  type PyEnum,
  pyEnum,
  type PyRecord,
  pyRecord,
  t,
  type Type,
} from "../../../mod.ts";
import { EmbeddedConductor } from "../conductor/embedded.ts";
import { ConductorProcess } from "../conductor/process.ts";
import { RemotePit } from "../conductor/remote_pit.ts";
import type { LearningPolicyName } from "../conductor/settings.ts";
import { PortError, SymphonyError } from "../error.ts";
import type { ConductorPort, ConductorStatus, DecisionRecord } from "../ports.ts";
import {
  forPython,
  PitAccess,
  plainFields,
  PyPitAccess,
  type PythonDict,
} from "./pit_access_face.ts";

/** A Conductor's operation failed: a `RuntimeError` in Python. */
export class ConductorError extends SymphonyError {
  /** The class's name, as printed. */
  override name = "ConductorError";
  /** The operation in the port's words: `"submit_feedback"`. */
  readonly operation: string;

  /** Takes the port's error. */
  constructor(error: PortError) {
    super(error.kind, error.message, { cause: error.cause ?? error });
    this.operation = error.operation;
  }
}

/** How `ConductorManager` runs its Conductor. */
export type ConductorMode = "embedded" | "subprocess";

/** What follows the mode; the timeout in seconds. */
export type ManagerSettings = [
  policy?: LearningPolicyName,
  seed?: number,
  path?: string | null,
  startupTimeout?: number,
  maxRestarts?: number,
];

/** A Conductor, as Python manages it. */
export class ConductorManager {
  /** The Conductor. */
  readonly conductor: ConductorPort;
  readonly #pit: PitAccess;

  /** Takes a Conductor that the program made; or, as Python gives them, how one is to be made. */
  constructor(
    given: EmbeddedConductor | ConductorProcess | ConductorMode = "embedded",
    ...settings: ManagerSettings
  ) {
    const conductor = typeof given === "string" ? made(given, settings) : given;
    this.conductor = conductor;
    this.#pit = new PitAccess(
      conductor instanceof EmbeddedConductor ? conductor.pit : new RemotePit(conductor),
    );
  }

  /** See {@link ConductorPort.startConductor}. */
  async startConductor(): Promise<null> {
    return await this.#do(() => this.conductor.startConductor(), () => null);
  }

  /** See {@link ConductorPort.stopConductor}. */
  async stop(): Promise<null> {
    return await this.#do(() => this.conductor.stopConductor(), () => null);
  }

  /** Stops it and starts it again. */
  async restart(): Promise<null> {
    await this.stop();
    return await this.startConductor();
  }

  /** See {@link ConductorPort.getConductorStatus}. */
  async getStatus(): Promise<ConductorStatus> {
    return await this.#do(() => this.conductor.getConductorStatus(), (status) => status);
  }

  /** The Pit beside the Conductor. */
  getPitAccess(): PitAccess {
    return this.#pit;
  }

  /** See {@link ConductorPort.submitDecision}. */
  async submitDecision(contextType: string, options: string[], data: PythonDict): Promise<unknown> {
    const context = { contextType, options, data: plainFields(data) };
    return await this.#do(() => this.conductor.submitDecision(context), decision);
  }

  /** See {@link ConductorPort.submitFeedback}. */
  async submitFeedback(decisionId: string, score: number, message: string | null): Promise<null> {
    const feedback = { decisionId, score, ...message === null ? {} : { message } };
    return await this.#do(() => this.conductor.submitFeedback(feedback), () => null);
  }

  /** See {@link ConductorPort.getDecisionHistory}. */
  async getDecisionHistory(limit: number): Promise<unknown> {
    return await this.#do(
      () => this.conductor.getDecisionHistory(limit),
      (records: readonly DecisionRecord[]) =>
        records.map((record) => ({
          id: record.id,
          context: forPython(record.context),
          decision: decision(record.decision),
          timestamp: record.timestamp / 1000,
        })),
    );
  }

  /** See {@link ConductorPort.updatePolicy}. */
  async updatePolicy(id: string, name: string, rules: PythonDict): Promise<null> {
    const policy = { id, name, rules: plainFields(rules) };
    return await this.#do(() => this.conductor.updatePolicy(policy), () => null);
  }

  /** See {@link ConductorPort.getActivePolicies}. */
  async getActivePolicies(): Promise<unknown> {
    return await this.#do(() => this.conductor.getActivePolicies(), (policies) => [...policies]);
  }

  /** See {@link ConductorPort.getLearningMetrics}. */
  async getLearningMetrics(): Promise<unknown> {
    return await this.#do(() => this.conductor.getLearningMetrics(), forPython);
  }

  async #do<A, R>(act: () => Promise<A>, read: (answer: A) => R): Promise<R> {
    try {
      return read(await act());
    } catch (error) {
      throw error instanceof PortError ? new ConductorError(error) : error;
    }
  }
}

function made(
  mode: ConductorMode,
  settings: ManagerSettings,
): EmbeddedConductor | ConductorProcess {
  const [policy = "linucb", seed = 0, path = null, startupTimeout = 30, maxRestarts = 5] = settings;
  const conductor = { policy, seed, ...path === null ? {} : { path } };
  if (mode === "embedded") return new EmbeddedConductor(conductor);
  return new ConductorProcess({
    conductor,
    python: { startupTimeout: startupTimeout * 1000 },
    restart: { maxRestarts },
  });
}

function decision(decided: object): unknown {
  return { reasoning: null, ...decided };
}

/** `ConductorError`, for the modules that raise it. */
export const PyConductorError: PyClass<ConductorError> = pyClass(ConductorError, {
  doc: "An operation of the Conductor failed.",
  bases: ["builtins.RuntimeError"],
  init: false,
  properties: {
    kind: { type: t.str, doc: "What went wrong, in one word.", readonly: true },
    operation: { type: t.str, doc: "The operation that failed.", readonly: true },
  },
});

/** `ConductorStatus`, for the modules that have it. */
export const PyConductorStatus: PyEnum<ConductorStatus> = pyEnum("ConductorStatus", {
  STOPPED: "Stopped",
  STARTING: "Starting",
  RUNNING: "Running",
  STOPPING: "Stopping",
  FAILED: "Failed",
}, { doc: "How a Conductor is." });

const dict = t.dict(t.str, t.any);

/** `Decision`, for the modules that have it. */
export const PyDecision: PyRecord<unknown> = pyRecord("Decision", {
  doc: "What was decided.",
  fields: { id: t.str, choice: t.str, confidence: t.float, reasoning: t.optional(t.str) },
}) as PyRecord<unknown>;

/** `DecisionRecord`, for the modules that have it. */
export const PyDecisionRecord: PyRecord<unknown> = pyRecord("DecisionRecord", {
  doc: "A decision, with what was asked, and when, in seconds since 1970.",
  fields: { id: t.str, context: dict, decision: t.instance(PyDecision), timestamp: t.float },
}) as PyRecord<unknown>;

/** `Policy`, for the modules that have it. */
export const PyPolicy: PyRecord<unknown> = pyRecord("Policy", {
  doc: "Rules by which is decided.",
  fields: { id: t.str, name: t.str, rules: dict },
}) as PyRecord<unknown>;

/** `LearningMetrics`, for the modules that have it. */
export const PyLearningMetrics: PyRecord<unknown> = pyRecord("LearningMetrics", {
  doc: "How well a Conductor learns.",
  fields: {
    total_decisions: t.int,
    average_confidence: t.float,
    success_rate: t.float,
    learning_rate: t.float,
  },
}) as PyRecord<unknown>;

const method = (doc: string, params: Readonly<Record<string, Type>>, returns: Type) => ({
  doc,
  params,
  returns: t.awaitable(returns),
});

/** `ConductorManager`, for the modules that have it. */
export const PyConductorManager: PyClass<ConductorManager> = pyClass(ConductorManager, {
  doc:
    "Starts, stops and asks a Conductor: in this process ('embedded'), or in one of its own ('subprocess').",
  init: {
    mode: t.literal("embedded", "subprocess").default("embedded"),
    policy: t.literal("linucb", "thompson", "q_learning", "mock").default("linucb"),
    seed: t.int.default(0),
    path: t.optional(t.str).default(null),
    startup_timeout: t.float.default(30),
    max_restarts: t.int.default(5),
  },
  methods: {
    startConductor: method("Starts it; ready when awaited.", {}, t.none),
    stop: method("Stops it.", {}, t.none),
    restart: method("Stops it and starts it again.", {}, t.none),
    getStatus: { ...method("How it is.", {}, t.instance(PyConductorStatus)), name: "status" },
    getPitAccess: { doc: "The Pit beside it.", params: {}, returns: t.instance(PitAccess) },
    submitDecision: method(
      "A choice among options.",
      { context_type: t.str, options: t.list(t.str), data: dict.default({}) },
      t.instance(PyDecision),
    ),
    submitFeedback: method(
      "Tells how good a decision was, from -1 to 1.",
      { decision_id: t.str, score: t.float, message: t.optional(t.str).default(null) },
      t.none,
    ),
    getDecisionHistory: method(
      "The last decisions, the newest first.",
      { limit: t.int.default(100) },
      t.list(t.instance(PyDecisionRecord)),
    ),
    updatePolicy: method(
      "Sets a policy's rules.",
      { id: t.str, name: t.str, rules: dict },
      t.none,
    ),
    getActivePolicies: method("The policies in force.", {}, t.list(t.instance(PyPolicy))),
    getLearningMetrics: method("How well it learns.", {}, t.instance(PyLearningMetrics)),
  },
});

/** What the modules of Python have of the Conductor. */
export const CONDUCTOR_MEMBERS: NonNullable<ModuleDeclaration["members"]> = [
  ...[PyConductorManager, PyConductorError, PyConductorStatus, PyPitAccess],
  ...[PyDecision, PyDecisionRecord, PyPolicy, PyLearningMetrics],
];
