/**
 * References, and other things, to give back later. A finaliser of the JS collector may run at any
 * time, attached or not, so it only enqueues; the queue is drained while attached.
 * @module
 */

import type { New } from "../capi/reference.ts";

/** The queue of one JS thread. */
export class ReleaseQueue {
  #pending: New[] = [];
  #acts: (() => void)[] = [];
  readonly #giveBack: (reference: New) => void;

  constructor(giveBack: (reference: New) => void) {
    this.#giveBack = giveBack;
  }

  /** How many wait. */
  get length(): number {
    return this.#pending.length + this.#acts.length;
  }

  add(reference: New): void {
    this.#pending.push(reference);
  }

  /** What is to be given back by more than a reference. Nobody receives what `act` throws: it is reported. */
  addAct(act: () => void): void {
    this.#acts.push(act);
  }

  /** Gives back what waits. The caller is attached. */
  drain(): void {
    while (this.length > 0) {
      const batch = this.#pending;
      const acts = this.#acts;
      this.#pending = []; // a finaliser in Python may lead to new entries
      this.#acts = [];
      for (const reference of batch) this.#giveBack(reference);
      for (const act of acts) {
        try {
          act();
        } catch (error) {
          // Later: whoever is told may do anything, and here things are given back in the middle of a call.
          queueMicrotask(() => reportError(error));
        }
      }
    }
  }
}
