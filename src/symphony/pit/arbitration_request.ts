/**
 * What is asked of the Arbitration Engine, and how much there is.
 * @module
 */

/** An amount of everything that can be had; what is left out is none. */
export interface Resources {
  /** Instances of models. */
  readonly models?: number;
  /** Megabytes. */
  readonly memoryMb?: number;
  /** Cores, parts of one included. */
  readonly cpuCores?: number;
  /** Money, in whatever the budget counts. */
  readonly cost?: number;
}

/** What can be had. */
export type ResourceName = keyof Resources;

/** All of them, in the order in which they are looked at. */
export const RESOURCE_NAMES: readonly ResourceName[] = ["models", "memoryMb", "cpuCores", "cost"];

/** What a request is worth; each 0 to 1. */
export interface RequestValue {
  /** To the business. */
  readonly businessValue?: number;
  /** To its user. */
  readonly userImpact?: number;
  /** For what it costs. */
  readonly costEfficiency?: number;
  /** For what is learnt by it. */
  readonly learningValue?: number;
}

/** One who wants something. */
export interface ResourceRequest {
  /** Unique among the requests that are decided or wait. */
  readonly id: string;
  /** For whom. */
  readonly userId: string;
  /** How urgent: 1000, 100, 0, -100 and -1000 have names, and any other number will do. Default: 0. */
  readonly priority?: number;
  /** What it needs, all of it or nothing. */
  readonly needs: Resources;
  /** When it was asked for, in milliseconds since 1970. Default: when the engine first saw it. */
  readonly requestedAt?: number;
  /** What it is worth. */
  readonly value?: RequestValue;
}

/** How much each kind of value counts. */
export type ScoreWeights = Required<RequestValue>;

/** All alike. */
export const EVEN_WEIGHTS: ScoreWeights = {
  businessValue: 1,
  userImpact: 1,
  costEfficiency: 1,
  learningValue: 1,
};

/** What a request is worth, 0 to 1: the mean of its values by their weights. What is not said counts as a half. */
export function scoreOf(value: RequestValue = {}, weights: ScoreWeights = EVEN_WEIGHTS): number {
  let [sum, all] = [0, 0];
  for (const key of Object.keys(EVEN_WEIGHTS) as (keyof ScoreWeights)[]) {
    sum += weights[key] * Math.min(1, Math.max(0, value[key] ?? 0.5));
    all += weights[key];
  }
  return all === 0 ? 0 : sum / all;
}

/** Parts of a core or of money do not add up exactly: 0.3 without 0.1 is less than 0.2 by a hair. */
const ROUNDING = 1e-9;

/** How much there is of everything. What a capacity does not name is without limit. */
export class Stock {
  readonly #left: Record<ResourceName, number>;

  /** Takes what there is. */
  constructor(capacity: Resources) {
    this.#left = { models: Infinity, memoryMb: Infinity, cpuCores: Infinity, cost: Infinity };
    for (const name of RESOURCE_NAMES) this.#left[name] = capacity[name] ?? Infinity;
  }

  /** How much is left of one thing. */
  left(name: ResourceName): number {
    return this.#left[name];
  }

  /** The first thing of which there is too little; `undefined` if all fits. */
  lacking(needs: Resources): ResourceName | undefined {
    return RESOURCE_NAMES.find((name) => (needs[name] ?? 0) > this.#left[name] + ROUNDING);
  }

  /** Takes it away. */
  take(needs: Resources): void {
    for (const name of RESOURCE_NAMES) this.#left[name] -= needs[name] ?? 0;
  }
}

/** Throws a RangeError for an amount that is none. */
export function checkResources(
  what: string,
  resources: Resources,
  most: number = Infinity,
): void {
  for (const name of RESOURCE_NAMES) {
    const amount = resources[name];
    if (amount !== undefined && !(amount >= 0 && amount <= most)) {
      throw new RangeError(`${what}: ${name} must be a number of at least 0, not ${amount}`);
    }
  }
}
