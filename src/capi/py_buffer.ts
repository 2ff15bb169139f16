/**
 * `Py_buffer` of object.h (pybuffer.h since 3.11), the same in every version and
 * part of the stable ABI since 3.11.
 * @module
 */

import type { Memory } from "../ffi/backend.ts";

/** Bytes of a `Py_buffer`. */
export const PY_BUFFER_SIZE = 80;

/** Where its fields are: slots of 8 bytes, but for the two of 4 bytes. */
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

/** The `ssize_t` in a slot of 8 bytes; exact below 2**53. */
export function integerAt({ u32 }: Memory, slot: number): number {
  return u32[slot * 2]! + (u32[slot * 2 + 1]! | 0) * 4294967296;
}
