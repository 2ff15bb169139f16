/**
 * When a child that died is started again.
 * @module
 */
import { PROCESS_DEFAULTS, type RestartOptions } from "./process_options.ts";

/** Counts restarts in a row and says how long to wait for the next. */
export class Restarts {
  readonly #options: Required<RestartOptions>;
  #count = 0;

  /** Takes the policy; `false` allows none. */
  constructor(options: RestartOptions | false = {}) {
    const none = options === false ? { maxRestarts: 0 } : options;
    this.#options = { ...PROCESS_DEFAULTS.restart, ...none };
  }

  /** How many there were in a row. */
  get count(): number {
    return this.#count;
  }

  /** How many there may be in a row. */
  get limit(): number {
    return this.#options.maxRestarts;
  }

  /** A child ended that had run for so many milliseconds. */
  ended(ranFor: number): void {
    if (ranFor >= this.#options.resetAfter) this.#count = 0;
  }

  /** Milliseconds to wait for the next one, which is counted; `null` where there may be none. */
  next(): number | null {
    const { maxRestarts, delay, factor, maxDelay } = this.#options;
    if (this.#count >= maxRestarts) return null;
    this.#count += 1;
    return Math.min(delay * factor ** (this.#count - 1), maxDelay);
  }

  /** A new row. */
  reset(): void {
    this.#count = 0;
  }
}
