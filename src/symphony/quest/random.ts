/**
 * Random numbers by a seed, the same on every machine: levels are made of them.
 * @module
 */

/** A stream of random numbers. */
export class QuestRandom {
  #state: number;

  /** The same seed gives the same stream. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 1, without 1: "mulberry32" by Tommy Ettinger, 32 bits of state. */
  next(): number {
    this.#state = (this.#state + 0x6D2B79F5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of them. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** All of them in another order, as a new array. */
  shuffled<T>(items: readonly T[]): T[] {
    const all = [...items];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }
}
