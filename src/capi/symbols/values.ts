/**
 * longobject.h, unicodeobject.h, bytesobject.h, listobject.h, dictobject.h, setobject.h:
 * tables of the builtin value types. Bound by family at first use.
 * @module
 */

import type { Pointer, Size } from "../../ffi/backend.ts";
import type { Borrowed, New, Ref } from "../reference.ts";
import { c, type CSymbol, some } from "./table.ts";

/** Integers beyond a double, texts beyond ASCII, bytes. */
export const SCALARS: {
  /** CPython's single object for a small number, in every version. */
  PyLong_FromSsize_t: CSymbol<(value: Size) => New | null>;
  /** In bits, without the sign; (size_t)-1 with an exception. */
  _PyLong_NumBits: CSymbol<(object: Ref) => Size>;
  _PyLong_FromByteArray: CSymbol<
    (bytes: Uint8Array, length: Size, littleEndian: number, signed: number) => New | null
  >;
  /** Until 3.12 five parameters, from 3.13 on a sixth that asks for exceptions; a surplus one is harmless. */
  _PyLong_AsByteArray: CSymbol<
    (
      object: Ref,
      bytes: Uint8Array,
      length: Size,
      littleEndian: number,
      signed: number,
      withExceptions: number,
    ) => number
  >;
  PyUnicode_DecodeUTF16: CSymbol<
    (text: Uint8Array, length: Size, errors: Uint8Array, byteOrder: Pointer) => New | null
  >;
  PyUnicode_DecodeUTF8Buffer: CSymbol<(text: Uint8Array, length: Size, errors: null) => New | null>;
  PyUnicode_AsEncodedString: CSymbol<
    (object: Ref, encoding: Uint8Array, errors: Uint8Array) => New | null
  >;
  PyUnicode_InternInPlace: CSymbol<(place: Pointer) => void>;
  PyBytes_FromStringAndSize: CSymbol<(bytes: Uint8Array, length: Size) => New | null>;
  /** Borrowed memory of the bytes object. */
  PyBytes_AsString: CSymbol<(object: Ref) => Pointer | null>;
  PyBytes_Size: CSymbol<(object: Ref) => Size>;
} = {
  PyLong_FromSsize_t: c("z:p"),
  _PyLong_NumBits: c("p:z"),
  _PyLong_FromByteArray: c("bzii:p"),
  _PyLong_AsByteArray: c("pbziii:i"),
  PyUnicode_DecodeUTF16: c("bzbp:p"),
  PyUnicode_DecodeUTF8Buffer: c("bzp:p", "PyUnicode_DecodeUTF8"),
  PyUnicode_AsEncodedString: c("pbb:p"),
  PyUnicode_InternInPlace: c("p:v"),
  PyBytes_FromStringAndSize: c("bz:p"),
  PyBytes_AsString: c("p:p"),
  PyBytes_Size: c("p:z"),
};

/** Lists, tuples, dicts, sets. */
export const COLLECTIONS: {
  PyList_New: CSymbol<(length: Size) => New | null>;
  PyList_Append: CSymbol<(list: Ref, item: Ref) => number>;
  PyList_Size: CSymbol<(list: Ref) => Size>;
  PyList_GetItem: CSymbol<(list: Ref, index: Size) => Borrowed | null>;
  PyList_AsTuple: CSymbol<(list: Ref) => New | null>;
  PyTuple_Size: CSymbol<(tuple: Ref) => Size>;
  PyTuple_GetItem: CSymbol<(tuple: Ref, index: Size) => Borrowed | null>;
  PyDict_New: CSymbol<() => New | null>;
  PyDict_SetItem: CSymbol<(dict: Ref, key: Ref, value: Ref) => number>;
  PyDict_Size: CSymbol<(dict: Ref) => Size>;
  /** 1 while there is an entry; key and value are borrowed. Never raises. */
  PyDict_Next: CSymbol<
    (dict: Ref, position: Pointer, key: Pointer, value: Pointer) => number
  >;
  PyDict_Copy: CSymbol<(dict: Ref) => New | null>;
  PySet_New: CSymbol<(iterable: Ref | null) => New | null>;
  PySet_Add: CSymbol<(set: Ref, item: Ref) => number>;
  PySet_Size: CSymbol<(set: Ref) => Size>;
  PySequence_List: CSymbol<(iterable: Ref) => New | null>;
} = {
  PyList_New: c("z:p"),
  PyList_Append: c("pp:i"),
  PyList_Size: c("p:z"),
  PyList_GetItem: c("pz:p"),
  PyList_AsTuple: c("p:p"),
  PyTuple_Size: c("p:z"),
  PyTuple_GetItem: c("pz:p"),
  PyDict_New: c(":p"),
  PyDict_SetItem: c("ppp:i"),
  PyDict_Size: c("p:z"),
  PyDict_Next: c("pppp:i"),
  PyDict_Copy: c("p:p"),
  PySet_New: c("p:p"),
  PySet_Add: c("pp:i"),
  PySet_Size: c("p:z"),
  PySequence_List: c("p:p"),
};

/** Running code, importing, and functions made for Python. */
export const CODE: {
  PyImport_ImportModule: CSymbol<(name: Uint8Array) => New | null>;
  /** `sys.modules` */
  PyImport_GetModuleDict: CSymbol<() => Borrowed | null>;
  PyModule_New: CSymbol<(name: Uint8Array) => New | null>;
  PyModule_GetDict: CSymbol<(module: Ref) => Borrowed | null>;
  /** Null, with no exception set, where there is none. */
  PyDict_GetItemWithError: CSymbol<(dict: Ref, key: Ref) => Borrowed | null>;
  /** The value that is there, else the default, entered. */
  PyDict_SetDefault: CSymbol<(dict: Ref, key: Ref, value: Ref) => Borrowed | null>;
  PyDict_SetItemString: CSymbol<(dict: Ref, key: Uint8Array, value: Ref) => number>;
  /** `start` is 257 for a file, 256 for one line, 258 for an expression (Python.h, compile.h). */
  Py_CompileStringExFlags: CSymbol<
    (
      code: Uint8Array,
      filename: Uint8Array,
      start: number,
      flags: null,
      optimize: number,
    ) => New | null
  >;
  PyEval_EvalCode: CSymbol<(code: Ref, globals: Ref, locals: Ref) => New | null>;
  PyEval_GetBuiltins: CSymbol<() => Borrowed | null>;
  /** The PyMethodDef must outlive the function; `self` and `module` are kept alive by it. */
  PyCFunction_NewEx: CSymbol<
    (definition: Pointer, self: Ref | null, module: Ref | null) => New | null
  >;
  /** Borrowed from the function; null for a static function, without an exception. */
  PyCFunction_GetSelf: CSymbol<(fn: Ref) => Borrowed | null>;
  /** The memory must outlive the view. `flags` is 0x100 to read, 0x200 to write. */
  PyMemoryView_FromMemory: CSymbol<(memory: Pointer, length: Size, flags: number) => New | null>;
  PyWeakref_NewRef: CSymbol<(object: Ref, callback: Ref | null) => New | null>;
  /** What `object.__new__()` does for a class of no variable size: its slots are empty. */
  PyType_GenericAlloc: CSymbol<(type: Ref, items: Size) => New | null>;
  /** What `object.__setattr__()` does, whatever `__setattr__` the class has. */
  PyObject_GenericSetAttr: CSymbol<(object: Ref, name: Ref, value: Ref) => number>;
  PyMem_RawMalloc: CSymbol<(size: Size) => Pointer | null>;
  PyMem_RawFree: CSymbol<(memory: Pointer) => void>;
} = {
  PyImport_ImportModule: c("b:p"),
  PyImport_GetModuleDict: c(":p"),
  PyModule_New: c("b:p"),
  PyModule_GetDict: c("p:p"),
  PyDict_GetItemWithError: c("pp:p"),
  PyDict_SetDefault: c("ppp:p"),
  PyDict_SetItemString: c("pbp:i"),
  Py_CompileStringExFlags: c("bbipi:p"),
  PyEval_EvalCode: c("ppp:p"),
  PyEval_GetBuiltins: c(":p"),
  PyCFunction_NewEx: c("ppp:p"),
  PyCFunction_GetSelf: c("p:p"),
  PyMemoryView_FromMemory: c("pzi:p"),
  PyWeakref_NewRef: c("pp:p"),
  PyType_GenericAlloc: c("pz:p"),
  PyObject_GenericSetAttr: c("ppp:i"),
  PyMem_RawMalloc: c("z:p"),
  PyMem_RawFree: c("p:v"),
};

/** marshal.h: whole graphs of exact builtins as bytes. */
export const MARSHAL: {
  PyMarshal_ReadObjectFromString: CSymbol<(bytes: Uint8Array, length: Size) => New | null>;
  /** A bytes object; ValueError for what is no exact builtin and for more than 2000 levels. */
  PyMarshal_WriteObjectToString: CSymbol<(object: Ref, version: number) => New | null>;
  /** Since 3.10. Whether the cyclic collector was enabled before. */
  PyGC_Disable: CSymbol<(() => number) | null>;
  PyGC_Enable: CSymbol<(() => number) | null>;
} = {
  PyMarshal_ReadObjectFromString: c("bz:p"),
  PyMarshal_WriteObjectToString: c("pi:p"),
  PyGC_Disable: some(":i"),
  PyGC_Enable: some(":i"),
};
