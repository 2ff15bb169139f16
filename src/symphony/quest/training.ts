/**
 * A Conductor learns a level: episode after episode it chooses calls and is told what they were worth.
 * @module
 */
import { type Episode, Mastery, type MasteryOptions } from "./mastery.ts";
import type { FunctionQuest } from "./quest.ts";

/** One call, as a learner is told of it. */
export interface Experience {
  /** The state before. */
  readonly state: string;
  /** The function that was called. */
  readonly action: string;
  /** What it was worth. */
  readonly reward: number;
  /** The state after. */
  readonly nextState: string;
  /** What could be called there. */
  readonly nextAvailable: readonly string[];
  /** Whether no reward comes after: it won, or nothing is left that could be called. */
  readonly done: boolean;
}

/** What chooses calls and learns: a model of reinforcement learning. */
export interface ConductorModel {
  /** The next call in a state. `explore`: it may try out others than the best it knows. */
  predictNextFunction(state: string, available: readonly string[], explore: boolean): string;
  /** Learns of one call. */
  learnFromExperience(experience: Experience): void;
  /** What it expects of a state. */
  evaluateStateValue(state: string, available: readonly string[]): number;
  /** An episode in which it learned is over. */
  endEpisode?(): void;
}

/** How is trained. */
export interface TrainingOptions {
  /** At most so many episodes. Default: 500. */
  readonly episodes?: number;
  /** The figures to be reached. */
  readonly mastery?: MasteryOptions;
  /** Goes on after mastery, to the last episode. Default: false. */
  readonly beyondMastery?: boolean;
  /** Offers only functions that would succeed. Default: true; false: every function, always. */
  readonly masked?: boolean;
  /** Stops between two episodes; the Promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** What came of a training. */
export interface Training {
  /** Every episode. */
  readonly episodes: readonly Episode[];
  /** After how many episodes the level was mastered; `null`: it was not. */
  readonly masteredAfter: number | null;
}

/** Milliseconds of learning, after which other work of the program has its turn. */
const TURN = 20;

/** Plays one episode. With `learn` the model explores and is told of every call. */
export function playEpisode(
  quest: FunctionQuest,
  model: ConductorModel,
  { learn = false, masked = true }: { readonly learn?: boolean; readonly masked?: boolean } = {},
): Episode {
  const { map, functionNames } = quest;
  quest.reset();
  const available = () => masked ? quest.callable() : functionNames;
  let offered = available();
  let reward = 0;
  while (!quest.over && offered.length > 0) {
    const state = map.keys[quest.stateNumber]!;
    const action = model.predictNextFunction(state, offered, learn);
    const step = quest.call(action);
    offered = available();
    reward += step.reward;
    if (!learn) continue;
    model.learnFromExperience({
      state,
      action,
      reward: step.reward,
      nextState: map.keys[step.state]!,
      nextAvailable: offered,
      done: step.terminated || offered.length === 0,
    });
  }
  if (learn) model.endEpisode?.();
  const { goalAchieved: success } = quest.currentState;
  return { success, efficiency: quest.efficiency, calls: quest.executionHistory.length, reward };
}

/**
 * Trains a model on a level, until it is mastered or the episodes are used up. The figures are those of the episodes
 * in which it learns and still tries things out.
 */
export async function trainConductor(
  quest: FunctionQuest,
  model: ConductorModel,
  options: TrainingOptions = {},
): Promise<Training> {
  const { episodes: most = 500, beyondMastery = false, masked = true, signal } = options;
  const mastery = new Mastery(options.mastery);
  const episodes: Episode[] = [];
  let masteredAfter: number | null = null;
  let turn = performance.now();
  while (episodes.length < most && (masteredAfter === null || beyondMastery)) {
    signal?.throwIfAborted();
    const episode = playEpisode(quest, model, { learn: true, masked });
    episodes.push(episode);
    if (mastery.add(episode)) masteredAfter ??= episodes.length;
    if (performance.now() - turn < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve));
    turn = performance.now();
  }
  return { episodes, masteredAfter };
}
