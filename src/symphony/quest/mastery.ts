/**
 * When a level is mastered.
 * @module
 */

/** How an episode went. */
export interface Episode {
  /** Whether it was won. */
  readonly success: boolean;
  /** The fewest calls, divided by those used; 0 where it was not won. */
  readonly efficiency: number;
  /** How many calls it took. */
  readonly calls: number;
  /** The sum of the rewards. */
  readonly reward: number;
}

/** The figures to be reached. */
export interface MasteryOptions {
  /** The least share of wins, over the last `window` episodes. Default: 0.95. */
  readonly successRate?: number;
  /** The least efficiency of each of the episodes in a row. Default: 0.8. */
  readonly efficiency?: number;
  /** So many won in a row. Default: 10. */
  readonly inARow?: number;
  /** Over how many episodes the share is taken. Default: 20. */
  readonly window?: number;
}

/**
 * A level is mastered when the last 10 episodes were all won with an efficiency of at least 0.8, and of the last 20 at
 * least 95 %.
 */
export class Mastery {
  readonly #wanted: Required<MasteryOptions>;
  readonly #recent: Episode[] = [];
  #streak = 0;

  /** Takes the figures to be reached. */
  constructor(
    { successRate = 0.95, efficiency = 0.8, inARow = 10, window = 20 }: MasteryOptions = {},
  ) {
    for (const [name, value] of Object.entries({ successRate, efficiency })) {
      if (!(value >= 0 && value <= 1)) {
        throw new RangeError(`${name} must be from 0 to 1, not ${value}`);
      }
    }
    for (const [name, value] of Object.entries({ inARow, window })) {
      if (!(Number.isSafeInteger(value) && value > 0)) {
        throw new RangeError(`${name} must be a whole number above 0, not ${value}`);
      }
    }
    this.#wanted = { successRate, efficiency, inARow, window };
  }

  /** Takes in one more episode; whether the level is mastered now. */
  add(episode: Episode): boolean {
    this.#recent.push(episode);
    if (this.#recent.length > this.#wanted.window) this.#recent.shift();
    const well = episode.success && episode.efficiency >= this.#wanted.efficiency;
    this.#streak = well ? this.#streak + 1 : 0;
    return this.mastered;
  }

  /** How many were won well in a row, up to now. */
  get streak(): number {
    return this.#streak;
  }

  /** The share of wins among the last episodes; 0 before the first. */
  get successRate(): number {
    const { length } = this.#recent;
    return length === 0 ? 0 : this.#recent.filter(({ success }) => success).length / length;
  }

  /** The mean efficiency of the last episodes; 0 before the first. */
  get efficiency(): number {
    const { length } = this.#recent;
    return length === 0 ? 0 : this.#recent.reduce((sum, each) => sum + each.efficiency, 0) / length;
  }

  /** Whether the figures are reached. */
  get mastered(): boolean {
    return this.#streak >= this.#wanted.inARow && this.#recent.length >= this.#wanted.window &&
      this.successRate >= this.#wanted.successRate;
  }
}
