/**
 * The time that Symphony goes by, which tests may move by hand.
 * @module
 */

/** The time, and what is to happen later. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `act` once after so many milliseconds; the result calls it off. */
  after(milliseconds: number, act: () => void): () => void;
}

/** The longest that a timer of JavaScript can wait; it would end a longer one at once. */
export const LONGEST: number = 2 ** 31 - 1;

/** The runtime's own clock and timers. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(milliseconds, act) {
    const timer = setTimeout(act, Math.min(milliseconds, LONGEST));
    return () => clearTimeout(timer);
  },
};
