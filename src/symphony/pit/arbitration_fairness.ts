/**
 * How fairly was shared.
 * @module
 */
import { RESOURCE_NAMES, type Resources } from "./arbitration_request.ts";

/** How fairly was shared. */
export interface FairnessMetrics {
  /** How unequally grants are spread over the users: 0 is equal, towards 1 one has all. */
  readonly gini: number;
  /** The longest wait for a grant, in milliseconds. */
  readonly maxWait: number;
  /** The mean wait for a grant, in milliseconds. */
  readonly averageWait: number;
  /** How many requests each user made. */
  readonly requestsByUser: Readonly<Record<string, number>>;
  /** What each user was granted. */
  readonly resourcesByUser: Readonly<Record<string, Required<Resources>>>;
}

/**
 * The Gini coefficient: half the mean difference of all pairs, as a share of the mean. 0 where all are equal (none,
 * one, or all nothing included), (n - 1) / n where one of n has all.
 */
export function gini(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const sum = sorted.reduce((all, each) => all + each, 0);
  if (sum === 0) return 0;
  const { length } = sorted;
  const weighted = sorted.reduce((all, each, i) => all + (2 * (i + 1) - length - 1) * each, 0);
  return weighted / (length * sum);
}

/** Counts who asked and who got. */
export class Fairness {
  readonly #requests = new Map<string, number>();
  readonly #grants = new Map<string, number>();
  readonly #resources = new Map<string, Required<Resources>>();
  #waits = 0;
  #waited = 0;
  #longest = 0;

  /** How often each user was granted something. */
  get grants(): ReadonlyMap<string, number> {
    return this.#grants;
  }

  /** Someone asks. */
  asked(userId: string): void {
    this.#requests.set(userId, (this.#requests.get(userId) ?? 0) + 1);
    if (!this.#grants.has(userId)) this.#grants.set(userId, this.#least());
  }

  /** Who comes later is not owed what others got before. */
  #least(): number {
    return this.#grants.size === 0 ? 0 : Math.min(...this.#grants.values());
  }

  /** Someone gets something after so many milliseconds. */
  granted(userId: string, needs: Resources, waited: number): void {
    this.#grants.set(userId, (this.#grants.get(userId) ?? 0) + 1);
    const before = this.#resources.get(userId);
    this.#resources.set(
      userId,
      Object.fromEntries(
        RESOURCE_NAMES.map((name) => [name, (before?.[name] ?? 0) + (needs[name] ?? 0)]),
      ) as unknown as Required<Resources>,
    );
    this.#waits++;
    this.#waited += waited;
    this.#longest = Math.max(this.#longest, waited);
  }

  /** All numbers. `grantsByUser` are those since the beginning. */
  metrics(grantsByUser: ReadonlyMap<string, number>): FairnessMetrics {
    return {
      gini: gini([...this.#requests.keys()].map((user) => grantsByUser.get(user) ?? 0)),
      maxWait: this.#longest,
      averageWait: this.#waits === 0 ? 0 : this.#waited / this.#waits,
      requestsByUser: Object.fromEntries(this.#requests),
      resourcesByUser: Object.fromEntries(this.#resources),
    };
  }
}
