/**
 * A learner of Python's as the model that a Conductor plays Function Quest with.
 * @module
 */
import { kw, type Python, type PyValue } from "../../../mod.ts";
import { installConductor } from "../conductor/python_package.ts";
import type { ConductorModel, Experience } from "../quest/training.ts";

/** The settings of `symphony_conductor.QLearner`. */
export interface QLearnerOptions {
  /** Of what is random. Default: 0. */
  readonly seed?: number;
  /** How much one experience changes, 0 to 1. Default: 0.1. */
  readonly alpha?: number;
  /** What a reward one call later is worth. Default: 0.99, as that of `FunctionQuest`. */
  readonly gamma?: number;
  /** How often a call is drawn instead of the best one taken. Default: 0.1. */
  readonly epsilon?: number;
  /** By what epsilon is multiplied after each episode. Default: 1. */
  readonly epsilonDecay?: number;
  /** Epsilon becomes no smaller. Default: 0. */
  readonly epsilonMin?: number;
  /** What a call is worth that was never tried. Default: 0. */
  readonly initial?: number;
}

/**
 * A model that learns in Python: any object with `choose(state, available, explore=)`,
 * `learn(state, action, reward, next_state, next_available, done)`, `value(state, action)` and `end_episode()`.
 */
export class PythonModel implements ConductorModel {
  /** The learner; released with this one. */
  readonly learner: PyValue;
  readonly #exploring = kw({ explore: true });
  readonly #knowing = kw({ explore: false });

  /** Takes the learner, and owns it. */
  constructor(learner: PyValue) {
    this.learner = learner;
  }

  /** The next call in a state. */
  predictNextFunction(state: string, available: readonly string[], explore: boolean): string {
    return this.learner.choose(state, available, explore ? this.#exploring : this.#knowing);
  }

  /** Learns of one call. */
  learnFromExperience(
    { state, action, reward, nextState, nextAvailable, done }: Experience,
  ): void {
    this.learner.learn(state, action, reward, nextState, nextAvailable, done);
  }

  /** What the best call is worth in a state; 0 where nothing can be called. */
  evaluateStateValue(state: string, available: readonly string[]): number {
    if (available.length === 0) return 0;
    return Math.max(...available.map((action) => Number(this.learner.value(state, action))));
  }

  /** An episode is over: less is tried out. */
  endEpisode(): void {
    this.learner.end_episode();
  }

  /** Gives the learner up. */
  release(): void {
    this.learner.$.release();
  }

  /** Gives the learner up at the end of a block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A learner over a table, by numpy, in Python.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { FunctionQuest, qLearner, questLevel, trainConductor } from "pyduet/symphony";
 * const py = startPython();
 * const quest = new FunctionQuest(questLevel("locked_door"));
 * using model = qLearner(py, quest.functionNames, { seed: 1, epsilonDecay: 0.9 });
 * const { masteredAfter } = await trainConductor(quest, model);
 * masteredAfter !== null; // true
 * ```
 */
export function qLearner(
  py: Python,
  actions: readonly string[],
  options: QLearnerOptions = {},
): PythonModel {
  installConductor(py);
  const { gamma = 0.99, epsilonDecay, epsilonMin, ...rest } = options;
  const settings = {
    gamma,
    ...rest,
    ...(epsilonDecay === undefined ? {} : { epsilon_decay: epsilonDecay }),
    ...(epsilonMin === undefined ? {} : { epsilon_min: epsilonMin }),
  };
  return new PythonModel(
    py.scope(() => py.import("symphony_conductor").QLearner(actions, kw(settings))),
  );
}
