/**
 * The floor: CPython's functions straight on the runtime's FFI, with no safe
 * layer. `backend.open().bind()` gives the runtime's own functions; what a loop
 * over them takes, no library that goes through the FFI can take less.
 *
 * `long` is read as 64 bits wide: these loops are not for Windows.
 * @module
 */

import type { Python } from "../mod.ts";
import type { Memory, NativeCallback, NativeFunction, Pointer, Size } from "../src/ffi/backend.ts";
import { backend } from "../src/ffi/select.ts";
import type { Loop } from "./measure.ts";

const SIGNATURES = {
  Py_IsInitialized: ":i",
  Py_IncRef: "p:v",
  Py_DecRef: "p:v",
  PyGILState_Ensure: ":i",
  PyGILState_Release: "i:v",
  PyImport_AddModule: "b:p",
  PyObject_GetAttrString: "pb:p",
  PyObject_GetAttr: "pp:p",
  _PyObject_GetMethod: "ppp:i",
  PyObject_CallNoArgs: "p:p",
  PyObject_Vectorcall: "ppzp:p",
  PyObject_VectorcallMethod: "ppzp:p",
  PyLong_FromLong: "z:p",
  PyLong_AsLong: "p:z",
  PyFloat_FromDouble: "d:p",
  PyFloat_AsDouble: "p:d",
  PyUnicode_FromString: "b:p",
  PyUnicode_InternInPlace: "p:v",
  PyTuple_New: "z:p",
  PyTuple_SetItem: "pzp:i",
  PyCFunction_NewEx: "ppp:p",
  PyUnicode_DecodeUTF8: "pzp:p",
  PyUnicode_AsUTF8AndSize: "pp:p",
  PyBytes_FromStringAndSize: "bz:p",
  PyBytes_AsString: "p:p",
  PyBytes_Size: "p:z",
  PyMarshal_ReadObjectFromString: "pz:p",
  PyMarshal_WriteObjectToString: "pi:p",
  memcpy: "ppz:v",
  memcpyOut: "bpz:v",
};

/** The functions of the floor. */
export type FloorFunctions = Readonly<Record<keyof typeof SIGNATURES, NativeFunction>>;

/** Raw functions, and what loops over them need. */
export interface Floor {
  readonly functions: FloorFunctions;
  /** Room for eight arguments of a vectorcall. */
  readonly args: Memory;
  /** Room for what C gives back by address. */
  readonly out: Memory;
  /** The null pointer as the FFI takes it. */
  readonly null: null;
  /** The number as the FFI takes a C size. */
  size(value: number): Size;
  toNumber(value: Size): number;
  /** Memory for C, zeroed; it never moves. */
  allocate(size: number): Memory;
  readonly none: Pointer;
  /** A loop that holds the GIL. */
  attached(loop: Loop): Loop;
  /** The object of that name in `__main__`, for ever. */
  global(name: string): Pointer;
  /** An interned str, for ever. */
  name(text: string): Pointer;
  /** A tuple of interned names, for ever. */
  names(...texts: string[]): Pointer;
  /** A builtin function (METH_FASTCALL | METH_KEYWORDS) that calls `fn`, for ever. */
  builtin(fn: NativeFunction): Pointer;
}

/** PyMethodDef: name, function, flags, doc. */
const DEFINITION_SIZE = 32;
const FASTCALL_KEYWORDS = 0x80 | 0x02;

/** Opens the floor of a running Python. Needs CPython 3.11, the first that exports vectorcall. */
export function openFloor(py: Python): Floor {
  if (py.version[0] === 3 && py.version[1] < 11) {
    throw new Error(`The benchmarks need Python 3.11 or later, not ${py.version.join(".")}`);
  }
  const library = backend.open(py.info.library);
  const table = Object.entries(SIGNATURES).map(([name, signature]) => [
    name,
    name === "memcpyOut" ? { signature, symbol: "memcpy" } : { signature },
  ]);
  const functions = library.bind(Object.fromEntries(table)) as FloorFunctions;
  const place = backend.allocate(8);
  /** Callbacks and definitions, which C uses to the end. */
  const kept: (Memory | NativeCallback)[] = [];

  function attachedOnce<T>(use: () => T): T {
    const state = functions.PyGILState_Ensure();
    try {
      return use();
    } finally {
      functions.PyGILState_Release(state);
    }
  }

  function intern(text: string): Pointer {
    place.setPointer(0, functions.PyUnicode_FromString(cString(text)));
    functions.PyUnicode_InternInPlace(place.address);
    return place.getPointer(0)!;
  }

  return {
    functions,
    args: backend.allocate(64),
    out: backend.allocate(64),
    null: backend.null,
    none: library.address("_Py_NoneStruct")!,
    size: backend.size,
    toNumber: backend.sizeToNumber,
    allocate: (bytes) => backend.allocate(bytes),
    attached: (loop) => (times) => attachedOnce(() => loop(times)),
    global: (name) =>
      attachedOnce(() => {
        const main = functions.PyImport_AddModule(cString("__main__"));
        return functions.PyObject_GetAttrString(main, cString(name));
      }),
    name: (text) => attachedOnce(() => intern(text)),
    names: (...texts) =>
      attachedOnce(() => {
        const tuple = functions.PyTuple_New(backend.size(texts.length));
        texts.forEach((text, i) => functions.PyTuple_SetItem(tuple, backend.size(i), intern(text)));
        return tuple;
      }),
    builtin: (fn) =>
      attachedOnce(() => {
        const callback = backend.callback("ppip:p", fn);
        const text = backend.allocate(8);
        text.bytes.set(cString("floor"));
        const definition = backend.allocate(DEFINITION_SIZE);
        definition.setPointer(0, text.address);
        definition.setPointer(1, callback.pointer);
        definition.u32[4] = FASTCALL_KEYWORDS;
        kept.push(callback, text, definition);
        return functions.PyCFunction_NewEx(definition.address, backend.null, backend.null);
      }),
  };
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(text + "\0");
}
