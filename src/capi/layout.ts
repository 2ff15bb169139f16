/**
 * The one struct that is read directly: the head of every object, for its type.
 * Its place is proved at start-up by objects whose type is known; where the
 * proof fails, and where `PYDUET_PEEK=0` is set, the C API is asked instead.
 *
 * The head is 16 bytes, type at 8 (object.h), on builds with a GIL; 32 bytes,
 * type at 24, on free-threaded ones.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { PythonLibrary } from "./library.ts";
import type { Ref } from "./reference.ts";

/** The address of an object's type as a number: comparable, and cheap to look up. */
export type TypeKey = number;

/** Reads the type of a live object. */
export type TypeReader = (object: Ref) => TypeKey;

/** The key of a type object itself. */
export function keyOfType(type: Pointer): TypeKey {
  return backend.toNumber(type);
}

/** The fastest reader that gives right answers in this process. */
export function createTypeReader(library: PythonLibrary): TypeReader {
  const head = library.freeThreaded ? 32 : 16;
  const memory = backend.allocate(head);
  const { u32, address } = memory;
  const { memcpy } = library.object;
  const length = backend.size(head);
  const low = head / 4 - 2;
  const high = low + 1;
  const peek: TypeReader = (object) => {
    // SAFETY: every object has a head of this size, and the caller keeps the object alive.
    memcpy(address, object, length);
    return u32[low]! + u32[high]! * 4294967296;
  };
  const proofs = [
    ["_Py_NoneStruct", "_PyNone_Type"],
    ["PyLong_Type", "PyType_Type"],
    ["_Py_TrueStruct", "PyBool_Type"],
  ] as const;
  const proved = proofs.every(([object, type]) => {
    const expected = library.shared.address(type);
    return !expected || peek(library.dataObject(object)) === keyOfType(expected);
  });
  return proved ? peek : createSlowReader(library);
}

/** Asks `PyObject_Type`. */
export function createSlowReader(library: PythonLibrary): TypeReader {
  const { PyObject_Type } = library.protocol;
  const { Py_DecRef } = library.object;
  return (object) => {
    const type = PyObject_Type(object);
    const key = keyOfType(type);
    Py_DecRef(type);
    return key;
  };
}
