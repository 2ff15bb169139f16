/**
 * Function Quest: a level in play. Models are functions, their orchestration is the order of the calls, a project's
 * success is victory.
 * @module
 */
import { SymphonyError } from "../error.ts";
import type { SymphonyModelFunction } from "./function.ts";
import { countedOf, mapOf, type QuestLevel, type QuestMap, startOf } from "./level.ts";
import { QuestReward, type RewardOptions } from "./reward.ts";
import type { FunctionQuestState, QuestCall, QuestGoal } from "./state.ts";

/** How a quest is played. */
export interface QuestOptions extends RewardOptions {
  /** After so many calls an episode is over. Default: four times the fewest, and six. */
  readonly maxCalls?: number;
  /** A level with more states is refused. Default: 100 000. */
  readonly maxStates?: number;
}

/** What one call came to. */
export interface QuestStep {
  /** The call. */
  readonly call: QuestCall;
  /** The number of the state after it. */
  readonly state: number;
  /** What it was worth; see `QuestReward`. */
  readonly reward: number;
  /** Whether the goal is reached. */
  readonly terminated: boolean;
  /** Whether the calls are used up. */
  readonly truncated: boolean;
}

/** What was found of a sequence of calls. */
export interface QuestVerdict {
  /** Whether it ends in victory, with every call needed up to there a success. */
  readonly valid: boolean;
  /** What is wrong with it; `null` if nothing is. */
  readonly reason: string | null;
  /** The fewest calls, divided by those used; 0 without victory. */
  readonly efficiency: number;
}

/**
 * A level in play.
 *
 * @example
 * ```ts
 * import { FunctionQuest, questLevel } from "pyduet/symphony";
 * const quest = new FunctionQuest(questLevel("locked_door"));
 * quest.call("open_door").call.error; // "open_door() depends on use_key(), which has not succeeded"
 * for (const name of quest.deduceFunctionSequence()) quest.call(name);
 * quest.currentState.goalAchieved; // true
 * quest.efficiency; // 0.75: three calls would have done
 * ```
 */
export class FunctionQuest {
  /** What is played. */
  readonly level: QuestLevel;
  /** Every state that can be reached. */
  readonly map: QuestMap;
  /** What calls are worth. */
  readonly reward: QuestReward;
  /** The fewest calls that win. */
  readonly minimumCalls: number;
  /** After so many calls an episode is over. */
  readonly maxCalls: number;
  /** The functions' names, in the order in which actions are numbered. */
  readonly functionNames: readonly string[];
  readonly #byName: ReadonlyMap<string, SymphonyModelFunction>;
  readonly #counted: readonly string[];
  #state: FunctionQuestState;
  #number = 0;

  /** Looks through the level; refuses one that cannot be won. */
  constructor(level: QuestLevel, { maxCalls, maxStates, ...reward }: QuestOptions = {}) {
    this.level = level;
    this.map = mapOf(level, maxStates === undefined ? {} : { maxStates });
    this.reward = new QuestReward(this.map, reward);
    this.minimumCalls = this.map.distance[0]!;
    if (this.minimumCalls === Infinity) {
      throw new SymphonyError(
        "Validation",
        `The level ${level.name} cannot be won: none of the ${this.map.keys.length} states that can be reached ` +
          `is its goal, ${JSON.stringify(level.goal)}`,
      );
    }
    if (this.minimumCalls === 0) {
      throw new SymphonyError("Validation", `The level ${level.name} is won before the first call`);
    }
    this.maxCalls = maxCalls ?? 4 * this.minimumCalls + 6;
    if (!Number.isSafeInteger(this.maxCalls) || this.maxCalls < this.minimumCalls) {
      throw new RangeError(
        `maxCalls must be a whole number of at least ${this.minimumCalls}, the fewest calls that win ` +
          `${level.name}, not ${this.maxCalls}`,
      );
    }
    this.functionNames = level.functions.map(({ name }) => name);
    this.#byName = new Map(level.functions.map((each) => [each.name, each]));
    this.#counted = countedOf(level);
    this.#state = startOf(level);
  }

  /** What can be called. */
  get availableFunctions(): readonly SymphonyModelFunction[] {
    return this.level.functions;
  }

  /** Where it stands. */
  get currentState(): FunctionQuestState {
    return this.#state;
  }

  /** The number of the state in the map. */
  get stateNumber(): number {
    return this.#number;
  }

  /** What must be reached. */
  get goalCondition(): QuestGoal {
    return this.level.goal;
  }

  /** The calls since the last {@link reset}. */
  get executionHistory(): readonly QuestCall[] {
    return this.#state.functionCallHistory;
  }

  /** The fewest calls that win, divided by the calls used; 0 before victory. */
  get efficiency(): number {
    return this.#state.goalAchieved ? this.minimumCalls / this.executionHistory.length : 0;
  }

  /** Whether the episode is over. */
  get over(): boolean {
    return this.#state.goalAchieved || this.executionHistory.length >= this.maxCalls;
  }

  /** Begins again. */
  reset(): FunctionQuestState {
    this.#state = startOf(this.level);
    this.#number = 0;
    return this.#state;
  }

  /** The functions that would succeed now. */
  callable(): string[] {
    const can = this.map.callable[this.#number]!;
    return this.functionNames.filter((_, i) => can[i] === 1);
  }

  /** Calls a function, by its name or its number. */
  call(which: string | number): QuestStep {
    const called = typeof which === "string"
      ? this.#byName.get(which)
      : this.level.functions[which];
    if (called === undefined) throw this.#unknown(which);
    if (this.over) {
      throw new SymphonyError(
        "Validation",
        `The episode of ${this.level.name} is over, ${
          this.#state.goalAchieved ? "won" : "its calls are used up"
        }: begin again by reset()`,
      );
    }
    const call = this.#state.updateState(called);
    const terminated = this.#state.checkGoalCondition(this.level.goal);
    const before = this.#number;
    // A failure changes nothing.
    if (call.error === null) this.#number = this.#numberNow(call);
    const truncated = !terminated && this.executionHistory.length >= this.maxCalls;
    const reward = this.reward.of(before, this.#number);
    return { call, state: this.#number, reward, terminated, truncated };
  }

  /**
   * The functions of which the story speaks, in the order in which it first does: by their names, whole or as words
   * (`find_key`, "find the key").
   */
  analyzeNarrative(): string[] {
    const story = words(this.level.narrative);
    const found = this.functionNames.map((name) => [firstOf(words(name), story), name] as const);
    return found.filter(([at]) => at >= 0).sort(([a], [b]) => a - b).map(([, name]) => name);
  }

  /** The fewest calls from here to victory; the earlier function in the level where several do. */
  deduceFunctionSequence(): string[] {
    const { distance, leadsTo } = this.map;
    const sequence: string[] = [];
    let at = this.#number;
    if (distance[at] === Infinity) {
      throw new SymphonyError(
        "Validation",
        `Victory is out of reach in ${this.level.name} after ${
          this.executionHistory.map(({ name }) => name).join(", ")
        }: begin again by reset()`,
      );
    }
    while (distance[at]! > 0) {
      const next = leadsTo[at]!.findIndex((to) => distance[to] === distance[at]! - 1);
      sequence.push(this.functionNames[next]!);
      at = leadsTo[at]![next]!;
    }
    return sequence;
  }

  /** What calls would come to from here; nothing changes. */
  simulateExecution(sequence: readonly string[]): QuestStep[] {
    const [state, number] = [this.#state, this.#number];
    this.#state = state.copy();
    try {
      const steps: QuestStep[] = [];
      for (const name of sequence) {
        if (this.over) break;
        steps.push(this.call(name));
      }
      return steps;
    } finally {
      [this.#state, this.#number] = [state, number];
    }
  }

  /** Whether a sequence of calls wins from the beginning; nothing changes. */
  validateSolution(sequence: readonly string[]): QuestVerdict {
    const [state, number] = [this.#state, this.#number];
    let steps: QuestStep[];
    try {
      this.reset();
      steps = this.simulateExecution(sequence);
    } finally {
      [this.#state, this.#number] = [state, number];
    }
    const failure = steps.find(({ call }) => call.error !== null)?.call.error ?? null;
    if (failure !== null) return { valid: false, reason: failure, efficiency: 0 };
    const won = steps.at(-1)?.terminated === true;
    const reason = won
      ? null
      : `${sequence.length} calls do not reach the goal of ${this.level.name}`;
    return { valid: won, reason, efficiency: won ? this.minimumCalls / sequence.length : 0 };
  }

  /** The state as text, for people. */
  render(): string {
    const { goalAchieved } = this.#state;
    const calls = this.executionHistory.map(({ name, returned, error }) =>
      error === null ? `  ${name}() -> ${JSON.stringify(returned)}` : `  ${name}() failed: ${error}`
    );
    return [
      `${this.level.name}: ${calls.length} of ${this.maxCalls} calls${
        goalAchieved ? `, won, efficiency ${this.efficiency.toFixed(2)}` : ""
      }`,
      ...calls,
      `  facts: ${this.#state.facts().join(", ") || "none"}`,
      `  callable: ${this.over ? "none" : this.callable().join(", ") || "none"}`,
    ].join("\n");
  }

  #numberNow({ name }: QuestCall): number {
    const key = this.#state.key(this.#counted);
    const found = this.map.numbers.get(key);
    if (found !== undefined) return found;
    throw new SymphonyError(
      "Validation",
      `${name}() of ${this.level.name} led to a state that was not there when the level was looked through: ${key}. ` +
        `A function must do the same for the same view`,
    );
  }

  #unknown(which: string | number): SymphonyError {
    return new SymphonyError(
      "Validation",
      `The level ${this.level.name} has no function ${
        typeof which === "string" ? which : `number ${which}`
      }; it has ${this.functionNames.join(", ")}`,
    );
  }
}

function words(text: string): string[] {
  return text.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "" && word !== "the");
}

function firstOf(wanted: readonly string[], story: readonly string[]): number {
  return story.findIndex((_, at) => wanted.every((word, i) => story[at + i] === word));
}
