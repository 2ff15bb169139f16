/**
 * What lives: owned references held by JS, and JS values held by Python.
 * Counting is always on; in debug mode each handle also keeps the stack that made it.
 * @module
 */

import type { Handle } from "./handle.ts";

/** Live things of one JS thread. */
export class Ledger {
  /** Keep the stack of each handle's making. */
  readonly debug: boolean;
  /** JS values held by Python. */
  hostValues = 0;
  /** Views of Python's memory that were not released. */
  buffers = 0;
  #slots: (Handle | undefined)[] = [];
  #free: number[] = [];
  #count = 0;

  constructor(debug: boolean) {
    this.debug = debug;
  }

  /** How many owned references live. */
  get count(): number {
    return this.#count;
  }

  /** Enters a handle; the result is its slot. */
  add(handle: Handle): number {
    this.#count++;
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = handle;
    return slot;
  }

  /** Strikes a handle out. */
  remove(slot: number): void {
    this.#count--;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
  }

  /** Every live handle, oldest slot first. */
  *live(): Generator<Handle> {
    for (const handle of this.#slots) if (handle) yield handle;
  }
}
