/**
 * Waiting no longer than one wants to.
 * @module
 */
import { PortError } from "../error.ts";
import type { Timers } from "./timers.ts";

/** One end for all that is waited for. */
export class Deadline {
  readonly #over: Promise<never> | undefined;
  readonly #stops: (() => void)[] = [];

  /** Milliseconds from now, a signal, both, or neither. */
  constructor(
    { timeout, signal }: { readonly timeout?: number | undefined; readonly signal?: AbortSignal },
    timers: Timers,
  ) {
    if (timeout === undefined && signal === undefined) return;
    if (Number.isNaN(timeout)) throw new RangeError("A timeout must be a number, not NaN");
    this.#over = new Promise<never>((_, reject) => {
      if (timeout !== undefined) {
        this.#stops.push(timers.set(() => {
          reject(new PortError("Timeout", "allocate_model", "Model allocation timed out"));
        }, timeout));
      }
      if (signal !== undefined) {
        const abort = (): void => reject(signal.reason);
        if (signal.aborted) abort();
        signal.addEventListener("abort", abort, { once: true });
        this.#stops.push(() => signal.removeEventListener("abort", abort));
      }
    });
    this.#over.catch(() => {}); // nobody may be waiting when it comes
  }

  /** Waits for that, or until the end. */
  async race(work: Promise<unknown>): Promise<void> {
    await (this.#over ? Promise.race([this.#over, work]) : work);
  }

  /** The end is none any more. */
  stop(): void {
    for (const each of this.#stops) each();
  }
}
