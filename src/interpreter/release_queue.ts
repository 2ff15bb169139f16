/**
 * References to give back later. A finaliser of the JS collector may run at any
 * time, attached or not, so it only enqueues; the queue is drained while attached.
 * @module
 */

import type { New } from "../capi/reference.ts";

/** The queue of one JS thread. */
export class ReleaseQueue {
  #pending: New[] = [];
  readonly #giveBack: (reference: New) => void;

  constructor(giveBack: (reference: New) => void) {
    this.#giveBack = giveBack;
  }

  /** How many references wait. */
  get length(): number {
    return this.#pending.length;
  }

  add(reference: New): void {
    this.#pending.push(reference);
  }

  /** Gives back what waits. The caller is attached. */
  drain(): void {
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = []; // a finaliser in Python may lead to new entries
      for (const reference of batch) this.#giveBack(reference);
    }
  }
}
