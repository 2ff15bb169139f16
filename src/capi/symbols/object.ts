/**
 * object.h, abstract.h, cpython/abstract.h, pyerrors.h: table of what nearly every call needs.
 * Bound at start; what is rarer stands in the other tables, which are bound at first use.
 * @module
 */

import type { Pointer, Size } from "../../ffi/backend.ts";
import type { Borrowed, New, Ref, Stolen } from "../reference.ts";
import { c, type CSymbol, some } from "./table.ts";

/** The core group. */
export const OBJECT: {
  Py_IncRef: CSymbol<(object: Ref) => void>;
  /** Gives back a reference. Runs finalisers, which may run any Python code. */
  Py_DecRef: CSymbol<(object: New) => void>;
  /** Garbage collection passes over the object from now on. Only for objects of a type that it looks at. */
  PyObject_GC_UnTrack: CSymbol<(object: Ref) => void>;
  /** Copies memory; neither side is a Python object's owner. */
  memcpy: CSymbol<(to: Pointer, from: Pointer, length: Size) => void>;
  /** The same into an array that stays put during the call. */
  memcpyOut: CSymbol<(to: Uint8Array, from: Pointer, length: Size) => void>;

  PyObject_GetAttr: CSymbol<(object: Ref, name: Ref) => New | null>;
  PyObject_SetAttr: CSymbol<(object: Ref, name: Ref, value: Ref | null) => number>;
  /**
   * 1: `*method` is a new reference to a function to be called with the object first;
   * 0: `*method` is a new reference to the attribute's value, or null with an exception set.
   */
  _PyObject_GetMethod: CSymbol<(object: Ref, name: Ref, method: Pointer) => number>;
  PyCallable_Check: CSymbol<(object: Ref) => number>;

  /** Since 3.11. `kwnames` may be null. The arguments are borrowed during the call. */
  PyObject_Vectorcall: CSymbol<
    ((callable: Ref, args: Pointer, count: Size, kwnames: Ref | null) => New | null) | null
  >;
  /** Since 3.9. `kwargs` is a dict or null. */
  PyObject_VectorcallDict: CSymbol<
    ((callable: Ref, args: Pointer, count: Size, kwargs: Ref | null) => New | null) | null
  >;
  /** Only 3.8. */
  _PyObject_FastCallDict: CSymbol<
    ((callable: Ref, args: Pointer, count: Size, kwargs: Ref | null) => New | null) | null
  >;
  /** Since 3.9. */
  PyObject_CallNoArgs: CSymbol<((callable: Ref) => New | null) | null>;
  PyObject_Call: CSymbol<(callable: Ref, args: Ref, kwargs: Ref | null) => New | null>;

  PyLong_FromDouble: CSymbol<(value: number) => New | null>;
  /** -1 may be a value: then ask PyErr_Occurred. */
  PyLong_AsDouble: CSymbol<(object: Ref) => number>;
  PyFloat_FromDouble: CSymbol<(value: number) => New | null>;
  PyFloat_AsDouble: CSymbol<(object: Ref) => number>;

  PyUnicode_DecodeUTF8: CSymbol<(text: Pointer, length: Size, errors: null) => New | null>;
  /** The result lives as long as the str; null with an exception for lone surrogates. */
  PyUnicode_AsUTF8AndSize: CSymbol<(object: Ref, size: Pointer) => Pointer | null>;

  /** Borrowed, null when no exception is set. */
  PyErr_Occurred: CSymbol<() => Borrowed | null>;
  PyErr_Clear: CSymbol<() => void>;

  PyTuple_New: CSymbol<(length: Size) => New | null>;
  PyTuple_SetItem: CSymbol<(tuple: Ref, index: Size, item: Stolen) => number>;
} = {
  Py_IncRef: c("p:v"),
  Py_DecRef: c("p:v"),
  PyObject_GC_UnTrack: c("p:v"),
  memcpy: c("ppz:v"),
  memcpyOut: c("bpz:v", "memcpy"),
  PyObject_GetAttr: c("pp:p"),
  PyObject_SetAttr: c("ppp:i"),
  _PyObject_GetMethod: c("ppp:i"),
  PyCallable_Check: c("p:i"),
  PyObject_Vectorcall: some("ppzp:p"),
  PyObject_VectorcallDict: some("ppzp:p"),
  _PyObject_FastCallDict: some("ppzp:p"),
  PyObject_CallNoArgs: some("p:p"),
  PyObject_Call: c("ppp:p"),
  PyLong_FromDouble: c("d:p"),
  PyLong_AsDouble: c("p:d"),
  PyFloat_FromDouble: c("d:p"),
  PyFloat_AsDouble: c("p:d"),
  PyUnicode_DecodeUTF8: c("pzp:p"),
  PyUnicode_AsUTF8AndSize: c("pp:p"),
  PyErr_Occurred: c(":p"),
  PyErr_Clear: c(":v"),
  PyTuple_New: c("z:p"),
  PyTuple_SetItem: c("pzp:i"),
};

/** Protocols: item access, iteration, comparison, text. Bound at first use. */
export const PROTOCOL: {
  PyObject_Type: CSymbol<(object: Ref) => New>;
  PyObject_Size: CSymbol<(object: Ref) => Size>;
  PyObject_GetItem: CSymbol<(object: Ref, key: Ref) => New | null>;
  PyObject_SetItem: CSymbol<(object: Ref, key: Ref, value: Ref) => number>;
  PyObject_DelItem: CSymbol<(object: Ref, key: Ref) => number>;
  PySequence_Contains: CSymbol<(object: Ref, value: Ref) => number>;
  PyObject_Str: CSymbol<(object: Ref) => New | null>;
  PyObject_Repr: CSymbol<(object: Ref) => New | null>;
  PyObject_Dir: CSymbol<(object: Ref) => New | null>;
  PyObject_Hash: CSymbol<(object: Ref) => Size>;
  PyObject_IsInstance: CSymbol<(object: Ref, type: Ref) => number>;
  PyObject_IsTrue: CSymbol<(object: Ref) => number>;
  /** Operators as in object.h: Py_LT 0, Py_LE 1, Py_EQ 2, Py_NE 3, Py_GT 4, Py_GE 5. */
  PyObject_RichCompareBool: CSymbol<(left: Ref, right: Ref, operator: number) => number>;
  PyObject_GetIter: CSymbol<(object: Ref) => New | null>;
  /** Null without an exception: the end. */
  PyIter_Next: CSymbol<(iterator: Ref) => New | null>;
  /** Since 3.10. 1: `*result` was yielded; 0: it was returned; -1: an exception. */
  PyIter_Send: CSymbol<((iterator: Ref, value: Ref, result: Pointer) => number) | null>;
  PyNumber_Float: CSymbol<(object: Ref) => New | null>;
  PyNumber_Index: CSymbol<(object: Ref) => New | null>;
  PySlice_New: CSymbol<(start: Ref | null, stop: Ref | null, step: Ref | null) => New | null>;
  /** Only the low 32 bits are read: every flag used here lies there. */
  PyType_GetFlags: CSymbol<(type: Ref) => number>;
} = {
  PyObject_Type: c("p:p"),
  PyObject_Size: c("p:z"),
  PyObject_GetItem: c("pp:p"),
  PyObject_SetItem: c("ppp:i"),
  PyObject_DelItem: c("pp:i"),
  PySequence_Contains: c("pp:i"),
  PyObject_Str: c("p:p"),
  PyObject_Repr: c("p:p"),
  PyObject_Dir: c("p:p"),
  PyObject_Hash: c("p:z"),
  PyObject_IsInstance: c("pp:i"),
  PyObject_IsTrue: c("p:i"),
  PyObject_RichCompareBool: c("ppi:i"),
  PyObject_GetIter: c("p:p"),
  PyIter_Next: c("p:p"),
  PyIter_Send: some("ppp:i"),
  PyNumber_Float: c("p:p"),
  PyNumber_Index: c("p:p"),
  PySlice_New: c("ppp:p"),
  PyType_GetFlags: c("p:u"),
};
