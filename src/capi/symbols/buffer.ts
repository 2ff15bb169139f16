/**
 * abstract.h, object.h (pybuffer.h since 3.11): table of the buffer protocol. Bound at first use.
 * @module
 */

import type { Pointer } from "../../ffi/backend.ts";
import type { Ref } from "../reference.ts";
import { c, type CSymbol } from "./table.ts";

/** Bytes of a `Py_buffer`; its fields are read by {@link PY_BUFFER}. */
export const PY_BUFFER_SIZE = 80;

/** Fields of a `Py_buffer`: slots of 8 bytes, and the two of 4 bytes. Part of the stable ABI since 3.11. */
export const PY_BUFFER = {
  buf: 0,
  len: 2,
  itemsize: 3,
  /** Of 4 bytes. */
  readonly: 8,
  /** Of 4 bytes. */
  ndim: 9,
  format: 5,
  shape: 6,
  strides: 7,
} as const;

/** Requests of PyObject_GetBuffer. Without PyBUF_INDIRECT an exporter that needs it refuses. */
export const PYBUF = {
  /** Contiguous bytes, to read. */
  SIMPLE: 0,
  WRITABLE: 0x1,
  FORMAT: 0x4,
  /** With the shape. */
  STRIDES: 0x18,
} as const;

/** The buffer protocol. */
export const BUFFER: {
  /** Fills the Py_buffer, which must stay where it is until its release. */
  PyObject_GetBuffer: CSymbol<(object: Ref, view: Pointer, flags: number) => number>;
  /** Gives the buffer back, and the reference in it. May run Python code. */
  PyBuffer_Release: CSymbol<(view: Pointer) => void>;
} = {
  PyObject_GetBuffer: c("ppi:i"),
  PyBuffer_Release: c("p:v"),
};
