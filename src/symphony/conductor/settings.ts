/**
 * Which Conductor runs, whichever way it runs.
 * @module
 */

/** The policies that come with `symphony_conductor`. */
export type LearningPolicyName = "linucb" | "thompson" | "q_learning" | "mock";

/** Which Conductor runs, and where it keeps what it learned. */
export interface ConductorSettings {
  /** How it chooses; default `"linucb"`. */
  readonly policy?: LearningPolicyName;
  /** Of what is random in it; default 0. */
  readonly seed?: number;
  /** A folder for what it learns: there before a decision or feedback is acknowledged. Default: memory alone. */
  readonly path?: string;
  /** How many decisions are remembered, and can be given feedback; default 10,000. */
  readonly historyLimit?: number;
  /** A Python class instead of `symphony_conductor.Conductor`: `"module:Class"`. */
  readonly factory?: string;
}
