/**
 * CPython's error conventions turned into throws, each once. All of them need
 * the GIL and leave no exception set.
 * @module
 */

import type { Pointer, Size } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { New } from "../capi/reference.ts";
import type { Interpreter } from "./interpreter.ts";

/** The checks of one interpreter. */
export interface Checks {
  /** Null means an exception. */
  takeNewOrThrow(reference: New | null): New;
  /** Null means an exception. The pointer is not a reference. */
  pointerOrThrow<T extends Pointer>(pointer: T | null): T;
  /** -1 means an exception. */
  intOrThrow(result: number): number;
  /** -1 means an exception. */
  sizeOrThrow(result: Size): number;
  /** -1 may be a value or an exception. */
  doubleOrThrow(result: number): number;
}

/** Binds the checks to an interpreter. */
export function createChecks(interpreter: Interpreter): Checks {
  const { PyErr_Occurred } = interpreter.library.object;
  const flags = interpreter.flags.bytes;
  return {
    takeNewOrThrow(reference) {
      if (!reference) throw interpreter.raised();
      if (flags[0] !== 0) interpreter.flushed();
      return reference;
    },
    pointerOrThrow(pointer) {
      if (!pointer) throw interpreter.raised();
      return pointer;
    },
    intOrThrow(result) {
      if (result === -1) throw interpreter.raised();
      if (flags[0] !== 0) interpreter.flushed();
      return result;
    },
    sizeOrThrow(result) {
      const number = backend.sizeToNumber(result);
      if (number === -1) throw interpreter.raised();
      if (flags[0] !== 0) interpreter.flushed();
      return number;
    },
    doubleOrThrow(result) {
      if (result === -1 && PyErr_Occurred()) throw interpreter.raised();
      if (flags[0] !== 0) interpreter.flushed();
      return result;
    },
  };
}
