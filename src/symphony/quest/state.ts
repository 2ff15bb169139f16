/**
 * Where a quest stands.
 * @module
 */
import type { QuestEffect, QuestView, SymphonyModelFunction } from "./function.ts";
import { canonicalText, type QuestValue, type QuestValues, sameValue } from "./value.ts";

/** A call that was made. */
export interface QuestCall {
  /** The function. */
  readonly name: string;
  /** What it returned; `null` where it failed. */
  readonly returned: QuestValue;
  /** Why it failed; `null` where it did not. */
  readonly error: string | null;
}

/** What must be so for victory. All of it must hold. */
export interface QuestGoal {
  /** These are in the inventory. */
  readonly inventory?: readonly string[];
  /** The world is so. */
  readonly environment?: QuestValues;
  /** These functions last returned these values. */
  readonly returns?: QuestValues;
}

/** Where a quest begins. */
export interface QuestStart {
  /** What is in the inventory. */
  readonly inventory?: readonly string[];
  /** How the world is. */
  readonly environment?: QuestValues;
}

/** Where a quest stands: what is held, how the world is, what was called and what came of it. */
export class FunctionQuestState implements QuestView {
  readonly #inventory: Set<string>;
  #environment: QuestValues;
  #returns: QuestValues = {};
  readonly #history: QuestCall[] = [];
  readonly #successes = new Map<string, number>();
  #view: QuestView | null = null;
  /** Whether the goal has been reached; set by {@link checkGoalCondition}. */
  goalAchieved = false;

  /** Begins. */
  constructor({ inventory = [], environment = {} }: QuestStart = {}) {
    this.#inventory = new Set(inventory);
    this.#environment = environment;
  }

  /** What functions are shown: plain data. */
  get view(): QuestView {
    this.#view ??= Object.freeze({
      inventory: Object.freeze([...this.#inventory].sort()),
      environmentState: this.#environment,
      currentReturnValues: this.#returns,
    });
    return this.#view;
  }

  /** What is held, in alphabetical order. */
  get inventory(): readonly string[] {
    return this.view.inventory;
  }

  /** How the world is. */
  get environmentState(): QuestValues {
    return this.#environment;
  }

  /** Every call, failures included, in their order. */
  get functionCallHistory(): readonly QuestCall[] {
    return this.#history;
  }

  /** What each function returned when it last succeeded. */
  get currentReturnValues(): QuestValues {
    return this.#returns;
  }

  /** How often a function succeeded. */
  successes(name: string): number {
    return this.#successes.get(name) ?? 0;
  }

  /** Calls a function: what it does is done, a failure changes nothing but the history. */
  updateState(called: SymphonyModelFunction): QuestCall {
    const { name } = called;
    let error = called.obstacle(this.view, this.successes(name));
    let returned: QuestValue = null;
    if (error === null) {
      try {
        const effect = called.execute(this.view);
        returned = effect.returns;
        this.#apply(name, effect);
      } catch (thrown) {
        error = thrown instanceof Error ? thrown.message : String(thrown);
      }
    }
    const call = { name, returned, error };
    this.#history.push(call);
    return call;
  }

  /** Whether the goal is reached now. */
  checkGoalCondition(goal: QuestGoal): boolean {
    const holds = (wanted: QuestValues = {}, now: QuestValues) =>
      Object.entries(wanted).every(([key, value]) =>
        Object.hasOwn(now, key) && sameValue(now[key], value)
      );
    this.goalAchieved = (goal.inventory ?? []).every((item) => this.#inventory.has(item)) &&
      holds(goal.environment, this.#environment) && holds(goal.returns, this.#returns);
    return this.goalAchieved;
  }

  /** Single facts that hold, as texts: `item:key`, `door="open"`, `find_key()="rusty_key"`. */
  facts(): string[] {
    const entries = (values: QuestValues, after: string) =>
      Object.entries(values).map(([key, value]) => `${key}${after}=${canonicalText(value)}`).sort();
    return [
      ...this.inventory.map((item) => `item:${item}`),
      ...entries(this.#environment, ""),
      ...entries(this.#returns, "()"),
    ];
  }

  /**
   * A text that is equal for states with the same future: the facts, and how often those of `counted` succeeded.
   */
  key(counted: readonly string[] = []): string {
    const counts = counted.map((name) => [name, this.successes(name)] as const)
      .filter(([, count]) => count > 0).map(([name, count]) => `${name}×${count}`);
    return [...this.facts(), ...counts].join(", ");
  }

  /** The same state, with a life of its own. */
  copy(): FunctionQuestState {
    const made = new FunctionQuestState({
      inventory: [...this.#inventory],
      environment: this.#environment,
    });
    made.#returns = this.#returns;
    made.#history.push(...this.#history);
    for (const [name, count] of this.#successes) made.#successes.set(name, count);
    made.goalAchieved = this.goalAchieved;
    return made;
  }

  #apply(name: string, { returns, gains = [], loses = [], environment }: QuestEffect): void {
    for (const item of loses) this.#inventory.delete(item);
    for (const item of gains) this.#inventory.add(item);
    if (environment) this.#environment = { ...this.#environment, ...environment };
    this.#returns = { ...this.#returns, [name]: returns };
    this.#successes.set(name, this.successes(name) + 1);
    this.#view = null;
  }
}
