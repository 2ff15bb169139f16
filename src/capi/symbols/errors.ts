/**
 * pyerrors.h, cpython/pyerrors.h, traceback.h: table of exceptions. Bound at the first one.
 * @module
 */

import type { Pointer } from "../../ffi/backend.ts";
import type { New, Ref } from "../reference.ts";
import { c, type CSymbol, some } from "./table.ts";

/** Raising and fetching exceptions. */
export const ERRORS: {
  /** Since 3.12. Clears the indicator; null when none was set. */
  PyErr_GetRaisedException: CSymbol<(() => New | null) | null>;
  /** Writes three new references or nulls and clears the indicator. */
  PyErr_Fetch: CSymbol<(type: Pointer, value: Pointer, traceback: Pointer) => void>;
  PyErr_NormalizeException: CSymbol<(type: Pointer, value: Pointer, traceback: Pointer) => void>;
  PyErr_SetObject: CSymbol<(type: Ref, value: Ref) => void>;
  PyException_SetTraceback: CSymbol<(exception: Ref, traceback: Ref) => number>;
  PyErr_WriteUnraisable: CSymbol<(object: Ref | null) => void>;
  PyErr_SetString: CSymbol<(type: Ref, message: Uint8Array) => void>;
  PyErr_GivenExceptionMatches: CSymbol<(exception: Ref, type: Ref) => number>;
  /** Whether the exception that is set is of that class. */
  PyErr_ExceptionMatches: CSymbol<(type: Ref) => number>;
  /** Runs Python's handlers of signals that came, on the thread of signals alone. */
  PyErr_CheckSignals: CSymbol<() => number>;
  /** Adds a frame of that name to the traceback of the exception that is set. */
  _PyTraceback_Add: CSymbol<
    ((name: Uint8Array, filename: Uint8Array, line: number) => void) | null
  >;
} = {
  PyErr_GetRaisedException: some(":p"),
  PyErr_Fetch: c("ppp:v"),
  PyErr_NormalizeException: c("ppp:v"),
  PyErr_SetObject: c("pp:v"),
  PyException_SetTraceback: c("pp:i"),
  PyErr_WriteUnraisable: c("p:v"),
  PyErr_SetString: c("pb:v"),
  PyErr_GivenExceptionMatches: c("pp:i"),
  PyErr_ExceptionMatches: c("p:i"),
  PyErr_CheckSignals: c(":i"),
  _PyTraceback_Add: some("bbi:v"),
};
