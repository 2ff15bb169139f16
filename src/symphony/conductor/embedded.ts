/**
 * The Conductor in this process: its Python runs beside the Pit, a decision is a direct call.
 * @module
 */
import { type PyObject, type Python, PythonError, startPython } from "../../../mod.ts";
import { PortError } from "../error.ts";
import type {
  ConductorPort,
  ConductorStatus,
  Decision,
  DecisionContext,
  DecisionRecord,
  Feedback,
  LearningMetrics,
  PitPort,
  Policy,
} from "../ports.ts";
import { PitAccess } from "../python/pit_access_face.ts";
import { makePit } from "./pit_choice.ts";
import { installConductor } from "./python_package.ts";
import type { ConductorSettings } from "./settings.ts";

/** Which Conductor, and beside what it runs. */
export interface EmbeddedConductorOptions extends ConductorSettings {
  /** The Python; default `startPython()`. */
  readonly py?: Python;
  /** The Pit that it can use; in Python it is `conductor.pit`, a `PitAccess`. */
  readonly pit?: PitPort;
  /** A Conductor that Python code made, instead of one by the settings. */
  readonly instance?: PyObject;
}

type DecisionFields = [id: string, choice: string, confidence: number, reasoning: string | null];
type RecordFields = [
  [contextType: string, data: Record<string, unknown>, options: string[]],
  DecisionFields,
  seconds: number,
];

/**
 * The Conductor in this process. `pip install numpy` for every policy but `"mock"`.
 *
 * @example
 * ```ts
 * import { EmbeddedConductor } from "pyduet/symphony";
 * const conductor = new EmbeddedConductor({ policy: "linucb", seed: 1 });
 * await conductor.startConductor();
 * const context = { contextType: "route", data: { load: 0.5 }, options: ["left", "right"] };
 * const { id } = await conductor.submitDecision(context);
 * await conductor.submitFeedback({ decisionId: id, score: 1 });
 * (await conductor.getLearningMetrics()).totalDecisions; // 1
 * await conductor.stopConductor();
 * ```
 */
export class EmbeddedConductor implements ConductorPort {
  /** The Pit that it can use. */
  readonly pit: PitPort;
  readonly #options: EmbeddedConductorOptions;
  #python: { readonly conductor: PyObject; readonly calls: PyObject } | null = null;
  #failed = false;

  /** Takes which one, and beside what. Nothing runs before {@link startConductor}. */
  constructor(options: EmbeddedConductorOptions = {}) {
    this.#options = options;
    this.pit = options.pit ?? makePit();
  }

  /** Python's object; `null` while it does not run. */
  get instance(): PyObject | null {
    return this.#python?.conductor ?? null;
  }

  /** Makes Python's object, which takes up what it learned before. */
  startConductor(): Promise<void> {
    return this.#attempt("start_conductor", () => {
      if (this.#python) return;
      this.#failed = true; // unless what follows succeeds
      const py = this.#options.py ?? startPython();
      installConductor(py);
      this.#python = py.scope(() => {
        const calls = py.import("symphony_conductor._calls");
        const conductor = this.#options.instance ??
          calls.make(this.#settings(), new PitAccess(this.pit));
        conductor.start();
        return { calls, conductor };
      });
      this.#failed = false;
    });
  }

  /** Writes down what it learned, and lets Python's object go. */
  stopConductor(): Promise<void> {
    return this.#attempt("stop_conductor", () => {
      const python = this.#python;
      this.#failed = false;
      if (!python) return;
      this.#python = null;
      try {
        python.conductor.stop();
      } finally {
        python.calls.$.release();
        if (python.conductor !== this.#options.instance) python.conductor.$.release();
      }
    });
  }

  /** How it is. */
  getConductorStatus(): Promise<ConductorStatus> {
    const none: ConductorStatus = this.#failed ? "Failed" : "Stopped";
    return this.#attempt(
      "get_conductor_status",
      () => this.#python ? this.#python.calls.get_status(this.#python.conductor) : none,
    );
  }

  /** A choice among options. */
  submitDecision(context: DecisionContext): Promise<Decision> {
    const { contextType, data, options } = context;
    return this.#ask("submit_decision", [contextType, data, options], decisionOf);
  }

  /** The last decisions, the newest first. */
  getDecisionHistory(limit: number): Promise<readonly DecisionRecord[]> {
    return this.#ask(
      "get_decision_history",
      [limit],
      (records: RecordFields[]) => records.map(recordOf),
    );
  }

  /** Sets a policy's rules. */
  updatePolicy({ id, name, rules }: Policy): Promise<void> {
    return this.#ask("update_policy", [id, name, rules], () => {});
  }

  /** The policies in force. */
  getActivePolicies(): Promise<readonly Policy[]> {
    return this.#ask("get_active_policies", [], (policies: Policy[]) => policies);
  }

  /** Tells how good a decision was. */
  submitFeedback({ decisionId, score, message }: Feedback): Promise<void> {
    return this.#ask("submit_feedback", [decisionId, score, message ?? null], () => {});
  }

  /** How well it learns. */
  getLearningMetrics(): Promise<LearningMetrics> {
    return this.#ask(
      "get_learning_metrics",
      [],
      ([totalDecisions, averageConfidence, successRate, learningRate]: number[]) => ({
        totalDecisions,
        averageConfidence,
        successRate,
        learningRate,
      } as LearningMetrics),
    );
  }

  /** Calls a function of `_calls.py`, and makes plain data of what it gives. */
  #ask<F, R>(operation: string, args: readonly unknown[], read: (fields: F) => R): Promise<R> {
    return this.#attempt(operation, () => {
      if (!this.#python) {
        throw new Error(
          `it does not run (${this.#failed ? "Failed" : "Stopped"}); start it first`,
        );
      }
      const { conductor, calls } = this.#python;
      const answer = calls[operation](conductor, ...args);
      if (answer === null) return read(null as F);
      const fields = answer.$.toJs();
      answer.$.release();
      return read(fields);
    });
  }

  #settings(): Record<string, unknown> {
    const { policy, seed, path, historyLimit, factory } = this.#options;
    const settings = { policy, seed, path, factory, history_limit: historyLimit };
    return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  }

  #attempt<R>(operation: string, act: () => R): Promise<R> {
    try {
      return Promise.resolve(act());
    } catch (cause) {
      if (cause instanceof PortError) return Promise.reject(cause);
      const { message } = cause as Error;
      // The exception's name is Python's; the port's errors say what happened.
      const reason = cause instanceof PythonError
        ? message.replace(`${cause.type}: `, "")
        : message;
      return Promise.reject(
        new PortError("ConductorOperationFailed", operation, reason, { cause }),
      );
    }
  }
}

function decisionOf([id, choice, confidence, reasoning]: DecisionFields): Decision {
  return reasoning === null ? { id, choice, confidence } : { id, choice, confidence, reasoning };
}

function recordOf([[contextType, data, options], decision, seconds]: RecordFields): DecisionRecord {
  const context = { contextType, data, options };
  return { id: decision[0], context, decision: decisionOf(decision), timestamp: seconds * 1000 };
}
