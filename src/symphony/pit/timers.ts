/**
 * Timers that a test can have in its hand.
 * @module
 */

import { LONGEST } from "../clock.ts";

/** What `setTimeout()` and `clearTimeout()` do. */
export interface Timers {
  /** Calls the function after so many milliseconds; what stops it. */
  set(callback: () => void, milliseconds: number): () => void;
}

/** The runtime's own. */
export const realTimers: Timers = {
  set(callback, milliseconds) {
    const id = setTimeout(callback, within(milliseconds));
    return () => clearTimeout(id);
  },
};

/** The runtime's own, which keep no program alive. */
export const backgroundTimers: Timers = {
  set(callback, milliseconds) {
    const id: unknown = setTimeout(callback, within(milliseconds));
    (id as { unref?: () => void }).unref?.();
    return () => clearTimeout(id as number);
  },
};

/** What a timer can wait: for less than nothing it would warn, and for more than the longest it would not wait at all. */
function within(milliseconds: number): number {
  return Math.min(Math.max(0, milliseconds), LONGEST);
}
