/**
 * CPython's error conventions turned into throws, each once. All of them need
 * the GIL and leave no exception set.
 * @module
 */

import type { Pointer, Size } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
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

/** Calls before the engine notes what a function meets: it begins after some hundred bytes of code. */
const BEFORE_NOTES = 100;

/**
 * Lets the checks, and a function that calls Python, succeed and fail. V8 gives up code that meets what it has never
 * met, and aborts where that very code waits, further down the stack, for a call of C to return. The checks become
 * part of the code around such calls, so that its first failure, in a call within a call, would end the process.
 */
export function rehearse(
  interpreter: Interpreter,
  checks: Checks,
  call: (callable: Ref, args: Ref[]) => New,
): void {
  const { library, none, true_ } = interpreter;
  const { PyLong_AsDouble, Py_DecRef } = library.object;
  const type = checks.takeNewOrThrow(library.protocol.PyObject_Type(true_));
  const both: [good: () => void, bad: () => void][] = [
    [() => checks.pointerOrThrow(type), () => checks.pointerOrThrow(null)],
    [() => checks.intOrThrow(0), () => checks.intOrThrow(-1)],
    [() => checks.sizeOrThrow(backend.size(0)), () => checks.sizeOrThrow(backend.size(-1))],
    [
      () => checks.doubleOrThrow(PyLong_AsDouble(true_)),
      () => checks.doubleOrThrow(PyLong_AsDouble(none)),
    ],
    [() => Py_DecRef(call(type, [])), () => Py_DecRef(call(none, [none]))],
  ];
  interpreter.rehearsing = true;
  for (const [good, bad] of both) {
    for (let i = 0; i < BEFORE_NOTES; i++) good();
    try {
      bad();
    } catch {
      // it has been met
    }
  }
  interpreter.rehearsing = false;
  Py_DecRef(type);
}
