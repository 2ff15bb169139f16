/**
 * A level of a quest, and its map: every state that can be reached, and how far victory is from each.
 * @module
 */
import { SymphonyError } from "../error.ts";
import type { SymphonyModelFunction } from "./function.ts";
import { FunctionQuestState, type QuestGoal, type QuestStart } from "./state.ts";

/** A level: functions, where it begins, and what must be reached. */
export interface QuestLevel {
  /** Its name. */
  readonly name: string;
  /** The story, for people and for models that read. */
  readonly narrative: string;
  /** What can be called. */
  readonly functions: readonly SymphonyModelFunction[];
  /** Where it begins. Default: with nothing. */
  readonly start?: QuestStart;
  /** What must be reached. */
  readonly goal: QuestGoal;
}

/** Every state of a level that can be reached, each with a number; 0 is the beginning. */
export interface QuestMap {
  /** The states' keys. */
  readonly keys: readonly string[];
  /** The numbers of the keys. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The single facts that hold in some state, in alphabetical order. */
  readonly facts: readonly string[];
  /** For each state, which facts hold: a 0 or 1 for each. */
  readonly observed: readonly Uint8Array[];
  /** For each state, which functions would succeed: a 0 or 1 for each. */
  readonly callable: readonly Uint8Array[];
  /** For each state, where each function leads; to itself where the call fails. */
  readonly leadsTo: readonly Uint32Array[];
  /** For each state, the fewest calls to victory: 0 at the goal, Infinity where it is out of reach. */
  readonly distance: Float64Array;
}

/** How far a level is looked through. */
export interface MapOptions {
  /** More states than that are refused. Default: 100 000. */
  readonly maxStates?: number;
}

/** The functions whose successes count for what can be called later. */
export function countedOf(level: QuestLevel): string[] {
  return level.functions.filter(({ usageConstraints }) => usageConstraints.times !== undefined)
    .map(({ name }) => name);
}

/** The beginning of a level. */
export function startOf(level: QuestLevel): FunctionQuestState {
  const state = new FunctionQuestState(level.start);
  state.checkGoalCondition(level.goal);
  return state;
}

/**
 * Looks through a level: all states by breadth-first search from the beginning, then the fewest calls by
 * breadth-first search backwards from the states of victory. A quest ends at victory, so nothing leads on from there.
 */
export function mapOf(level: QuestLevel, { maxStates = 100_000 }: MapOptions = {}): QuestMap {
  const names = check(level);
  const counted = countedOf(level);
  const first = startOf(level);
  const states = [first];
  const keys = [first.key(counted)];
  const numbers = new Map([[keys[0]!, 0]]);
  const callable: Uint8Array[] = [];
  const leadsTo: Uint32Array[] = [];
  const before: number[][] = [[]];
  for (let at = 0; at < states.length; at++) {
    const here = states[at]!;
    const can = new Uint8Array(names.length);
    const to = new Uint32Array(names.length).fill(at);
    for (const [i, each] of here.goalAchieved ? [] : level.functions.entries()) {
      const next = here.copy();
      if (next.updateState(each).error !== null) continue;
      next.checkGoalCondition(level.goal);
      const key = next.key(counted);
      let number = numbers.get(key);
      if (number === undefined) {
        number = states.length;
        if (number >= maxStates) throw tooLarge(level.name, maxStates);
        numbers.set(key, number);
        keys.push(key);
        states.push(next);
        before.push([]);
      }
      can[i] = 1;
      to[i] = number;
      before[number]!.push(at);
    }
    callable.push(can);
    leadsTo.push(to);
  }
  const facts = [...new Set(states.flatMap((state) => state.facts()))].sort();
  const places = new Map(facts.map((fact, i) => [fact, i]));
  const observed = states.map((state) => {
    const seen = new Uint8Array(facts.length);
    for (const fact of state.facts()) seen[places.get(fact)!] = 1;
    return seen;
  });
  const distance = distances(states.map((state) => state.goalAchieved), before);
  return { keys, numbers, facts, observed, callable, leadsTo, distance };
}

function distances(won: readonly boolean[], before: readonly (readonly number[])[]): Float64Array {
  const distance = new Float64Array(won.length).fill(Infinity);
  let edge = won.flatMap((is, at) => is ? [at] : []);
  for (let far = 0; edge.length > 0; far++) {
    for (const at of edge) distance[at] = far;
    edge = [...new Set(edge.flatMap((at) => before[at]!))].filter((at) =>
      distance[at] === Infinity
    );
  }
  return distance;
}

function check({ name, functions }: QuestLevel): string[] {
  const names = functions.map((each) => each.name);
  const twice = names.find((each, i) => names.indexOf(each) !== i);
  if (twice !== undefined) {
    throw new SymphonyError("Validation", `The level ${name} has two functions called ${twice}`);
  }
  for (const { name: by, dependencies } of functions) {
    const missing = dependencies.find((each) => !names.includes(each));
    if (missing === undefined) continue;
    throw new SymphonyError(
      "Validation",
      `The level ${name} has no function ${missing}, on which ${by} depends`,
    );
  }
  return names;
}

function tooLarge(name: string, maxStates: number): SymphonyError {
  return new SymphonyError(
    "Validation",
    `The level ${name} has more than ${maxStates} states. Do its functions return ever new values? ` +
      `If it is as large as it should be, give a larger maxStates`,
  );
}
