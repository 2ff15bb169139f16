/**
 * Reading attributes, close to C. The functions are constants of a closure: the
 * engines call a native function fast only where they see that it is always the same.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Strings } from "../convert/string.ts";

/** What `read()` found. */
export const enum Found {
  /** No such attribute; no exception is set. */
  Nothing,
  /** A value. */
  Value,
  /** The function of a method, to be called with the object first. */
  Method,
}

/** Attribute access of one interpreter. All of it needs the GIL. */
export interface Attributes {
  /** Looks an attribute up; what it found is in `low`, `high` and `take()`. Throws what a property raises. */
  read(object: Ref, key: string): Found;
  /** The address of what was found, in two halves: compared without making a pointer of it. */
  low(): number;
  high(): number;
  /** What was found, as a new reference; once. */
  take(): New;
  /** Gives back what was found, whose address `known` has. */
  drop(known: Ref): void;
}

/** Binds attribute access to an interpreter. */
export function createAttributes(interpreter: Interpreter, strings: Strings): Attributes {
  const { library } = interpreter;
  const { _PyObject_GetMethod, Py_DecRef } = library.object;
  const attributeError = library.pointedObject("PyExc_AttributeError");
  const waiting = interpreter.flags.bytes;
  const out = backend.allocate(8);
  const { u32, address } = out;
  const { name } = strings;

  /** Flushing calls Python, which may read attributes: what was found must not be overwritten. */
  function flushAround(): void {
    const low = u32[0]!;
    const high = u32[1]!;
    interpreter.flushed();
    u32[0] = low;
    u32[1] = high;
  }

  return {
    read(object, key) {
      u32[0] = 0; // C writes only where there is something to write
      u32[1] = 0;
      const isMethod = _PyObject_GetMethod(object, name(key), address) === 1;
      if (isMethod || u32[0] !== 0 || u32[1] !== 0) {
        if (waiting[0] !== 0) flushAround();
        return isMethod ? Found.Method : Found.Value;
      }
      if (library.errors.PyErr_ExceptionMatches(attributeError) !== 1) throw interpreter.raised();
      library.object.PyErr_Clear();
      if (waiting[0] !== 0) interpreter.flushed();
      return Found.Nothing;
    },
    low: () => u32[0]!,
    high: () => u32[1]!,
    take: () => out.getPointer(0) as New,
    // SAFETY: read() made a reference of its own to the object at that address.
    drop: (known) => Py_DecRef(known as New),
  };
}
