/**
 * What a call is worth to a learner.
 *
 * Each call costs 1, and victory gives 10, so the best return is that of the fewest calls. On top comes a potential:
 * `shaping * (discount * potential(after) - potential(before))`, where the potential of a state is minus the fewest
 * calls from it to victory (one more than the longest such way, where victory is out of reach). A difference of
 * potentials, whose potential is 0 at the end, changes no policy's rank (Ng, Harada, Russell, "Policy invariance under
 * reward transformations", 1999): whatever the weight, the optimum is a shortest solution, but it is found sooner,
 * since every call says at once whether it led nearer.
 * @module
 */
import type { QuestMap } from "./level.ts";

/** What a call costs. */
export const CALL_COST = 1;
/** What victory gives. */
export const VICTORY = 10;

/** How calls are valued. */
export interface RewardOptions {
  /** The weight of the potential: 0 leaves the bare reward. Default: 1. */
  readonly shaping?: number;
  /** What a reward one call later is worth; the learner's own discount. Default: 0.99. */
  readonly discount?: number;
}

/** The rewards of a level, by the numbers of its states. */
export class QuestReward {
  /** The weight of the potential. */
  readonly shaping: number;
  /** What a reward one call later is worth. */
  readonly discount: number;
  readonly #distance: Float64Array;
  readonly #outOfReach: number;

  /** Takes the map of the level. */
  constructor(map: QuestMap, { shaping = 1, discount = 0.99 }: RewardOptions = {}) {
    if (!(shaping >= 0 && shaping < Infinity)) {
      throw new RangeError(`shaping must be a number from 0 up, not ${shaping}`);
    }
    if (!(discount > 0 && discount <= 1)) {
      throw new RangeError(`discount must be above 0 and at most 1, not ${discount}`);
    }
    this.shaping = shaping;
    this.discount = discount;
    this.#distance = map.distance;
    this.#outOfReach = 1 +
      map.distance.reduce((most, each) => each < Infinity ? Math.max(most, each) : most, 0);
  }

  /** The potential of a state. */
  potential(state: number): number {
    return -Math.min(this.#distance[state]!, this.#outOfReach);
  }

  /** What a call from one state to another is worth. */
  of(before: number, after: number): number {
    const bare = (this.#distance[after] === 0 ? VICTORY : 0) - CALL_COST;
    if (this.shaping === 0) return bare;
    return bare +
      this.shaping * (this.discount * this.potential(after) - this.potential(before));
  }
}
