/**
 * The urgent first; but whoever waits becomes urgent.
 * @module
 */

/** The named levels of urgency. */
export const PRIORITY_LEVELS = {
  CRITICAL: 1000,
  HIGH: 100,
  NORMAL: 0,
  LOW: -100,
  BACKGROUND: -1000,
} as const;

/** A named level. */
export type PriorityLevel = keyof typeof PRIORITY_LEVELS;

/** How waiting makes urgent. */
export interface StarvationOptions {
  /** After so many milliseconds of waiting, and again after as many. Default: 1000. */
  readonly boostEvery?: number;
  /** By so much. Default: 100, a level. */
  readonly boost?: number;
  /** Who waited so many milliseconds goes before everybody, in the order of asking. Default: 30 000. */
  readonly starvingAfter?: number;
}

/** What the router looks at. */
export interface Routed {
  /** Decides where all else is alike. */
  readonly id: string;
  /** How urgent it is by itself. */
  readonly priority: number;
  /** Since when it waits, in milliseconds since 1970. */
  readonly since: number;
}

/** Orders requests by urgency. */
export class PriorityRouter {
  readonly #every: number;
  readonly #boost: number;
  readonly #starvingAfter: number;

  /** Takes how waiting makes urgent. */
  constructor({ boostEvery = 1000, boost = 100, starvingAfter = 30_000 }: StarvationOptions = {}) {
    if (!(boostEvery > 0)) throw new RangeError(`boostEvery must be above 0, not ${boostEvery}`);
    this.#every = boostEvery;
    this.#boost = boost;
    this.#starvingAfter = starvingAfter;
  }

  /** How urgent it is by now. */
  effective({ priority, since }: Routed, now: number): number {
    return priority + this.#boost * Math.floor(Math.max(0, now - since) / this.#every);
  }

  /** Whether it has waited too long. */
  isStarving({ since }: Routed, now: number): boolean {
    return now - since >= this.#starvingAfter;
  }

  /** The level to which it belongs by itself: the highest that it reaches. */
  levelOf(priority: number): PriorityLevel {
    const levels = Object.entries(PRIORITY_LEVELS) as [PriorityLevel, number][];
    return levels.find(([, least]) => priority >= least)?.[0] ?? "BACKGROUND";
  }

  /** The most urgent first; of the same urgency who waits longest, then by id. */
  route<R extends Routed>(requests: readonly R[], now: number): R[] {
    return [...requests].sort((a, b) =>
      this.effective(b, now) - this.effective(a, now) || a.since - b.since || byText(a.id, b.id)
    );
  }
}

/** The order of texts, the same in every locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
