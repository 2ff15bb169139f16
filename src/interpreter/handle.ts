/**
 * An owned reference: one `Py_DecRef` is due, exactly once.
 * @module
 */

import type { New } from "../capi/reference.ts";

/** Shared until the first method is met; never changed. */
const NONE: New[] = [];

/**
 * The reference behind a PyObject. `pointer` is `null` from its release on.
 * Nothing here refers to the PyObject, so the collector can find that forgotten.
 */
export class Handle {
  pointer: New | null;
  /** Its place in the ledger. */
  slot = -1;
  /** The functions of this object's methods that were called: given back together with it. */
  functions: New[] = NONE;
  /** Debug mode: where it was made, and later where it was released. */
  made: string | undefined = undefined;
  released: string | undefined = undefined;

  constructor(pointer: New) {
    this.pointer = pointer;
  }

  /** Ties a reference to this one. */
  addFunction(reference: New): void {
    if (this.functions === NONE) this.functions = [reference];
    else this.functions.push(reference);
  }
}
