/**
 * pylifecycle.h, initconfig.h, ceval.h, pystate.h: table of starting, attaching and ending.
 * @module
 */

import type { Memory, Pointer, Size } from "../../ffi/backend.ts";
import { c, type CSymbol, some } from "./table.ts";

/** Needed by every thread that uses Python. */
export const THREAD: {
  Py_IsInitialized: CSymbol<() => number>;
  Py_GetVersion: CSymbol<() => Pointer>;
  strlen: CSymbol<(text: Pointer) => Size>;
  /** Since 3.13; before it the underscored one. */
  Py_IsFinalizing: CSymbol<(() => number) | null>;
  _Py_IsFinalizing: CSymbol<(() => number) | null>;
  /** Gives up the GIL; the result is this thread's state, for PyEval_RestoreThread. */
  PyEval_SaveThread: CSymbol<() => Pointer>;
  PyEval_RestoreThread: CSymbol<(threadState: Pointer) => void>;
  PyGILState_Ensure: CSymbol<() => number>;
  PyGILState_Release: CSymbol<(state: number) => void>;
  PyGILState_Check: CSymbol<() => number>;
  /** Borrowed thread state, null where this thread has none; sets no exception. */
  PyGILState_GetThisThreadState: CSymbol<() => Pointer | null>;
} = {
  Py_IsInitialized: c(":i"),
  Py_GetVersion: c(":p"),
  strlen: c("p:z"),
  Py_IsFinalizing: some(":i"),
  _Py_IsFinalizing: some(":i"),
  PyEval_SaveThread: c(":p"),
  PyEval_RestoreThread: c("p:v"),
  PyGILState_Ensure: c(":i"),
  PyGILState_Release: c("i:v"),
  PyGILState_Check: c(":i"),
  PyGILState_GetThisThreadState: c(":p"),
};

/**
 * Needed once a process. `PyConfig` is opaque here: its fields move with each
 * version, so it is filled through functions alone.
 */
export const START: {
  PyConfig_InitPythonConfig: CSymbol<((config: Pointer) => void) | null>;
  PyConfig_SetBytesArgv: CSymbol<
    ((out: Memory, config: Pointer, count: Size, arguments_: Pointer) => void) | null
  >;
  Py_InitializeFromConfig: CSymbol<((out: Memory, config: Pointer) => void) | null>;
  PyConfig_Clear: CSymbol<((config: Pointer) => void) | null>;
  Py_InitializeEx: CSymbol<(signals: number) => void>;
  Py_DecodeLocale: CSymbol<(text: Uint8Array, length: null) => Pointer | null>;
  /** The string must live as long as the interpreter. */
  Py_SetProgramName: CSymbol<((name: Pointer) => void) | null>;
  Py_SetPythonHome: CSymbol<((home: Pointer) => void) | null>;
  Py_FinalizeEx: CSymbol<() => number>;
  /** The process's handler of a signal, as sigaction(2) says it: null by default, 1 where it is ignored. */
  PyOS_getsig: CSymbol<(signal: number) => Pointer | null>;
  /** Sets it; the result is the one before. */
  PyOS_setsig: CSymbol<(signal: number, handler: Pointer | null) => Pointer | null>;
} = {
  PyConfig_InitPythonConfig: some("p:v"),
  PyConfig_SetBytesArgv: some("pzp:s"),
  Py_InitializeFromConfig: some("p:s"),
  PyConfig_Clear: some("p:v"),
  Py_InitializeEx: c("i:v"),
  Py_DecodeLocale: c("bp:p"),
  Py_SetProgramName: some("p:v"),
  Py_SetPythonHome: some("p:v"),
  Py_FinalizeEx: c(":i"),
  PyOS_getsig: c("i:p"),
  PyOS_setsig: c("ip:p"),
};
