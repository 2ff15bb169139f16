/**
 * abstract.h, object.h (pybuffer.h since 3.11): table of the buffer protocol. Bound at first use.
 * @module
 */

import type { Pointer } from "../../ffi/backend.ts";
import type { Ref } from "../reference.ts";
import { c, type CSymbol, some } from "./table.ts";

/** The buffer protocol. */
export const BUFFER: {
  /** Since 3.9; a macro before. 1 for an object with the buffer protocol. */
  PyObject_CheckBuffer: CSymbol<((object: Ref) => number) | null>;
  /** Fills the Py_buffer, which must stay where it is until its release. */
  PyObject_GetBuffer: CSymbol<(object: Ref, view: Pointer, flags: number) => number>;
  /** Gives the buffer back, and the reference in it. May run Python code. */
  PyBuffer_Release: CSymbol<(view: Pointer) => void>;
} = {
  PyObject_CheckBuffer: some("p:i"),
  PyObject_GetBuffer: c("ppi:i"),
  PyBuffer_Release: c("p:v"),
};
