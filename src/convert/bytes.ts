/**
 * `bytes`, both directions, and the bytes of contiguous buffers: copies.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { integerAt, PY_BUFFER, PY_BUFFER_SIZE, PYBUF } from "../capi/py_buffer.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

/** Conversions of bytes. All need the GIL. */
export interface Bytes {
  bytesToPython(value: Uint8Array): New;
  bytesToJs(object: Ref): Uint8Array<ArrayBuffer>;
  /** The bytes of an object with the buffer protocol, which must lie in C order without gaps. */
  bufferToJs(object: Ref): ArrayBuffer;
}

/** Binds the conversions to an interpreter. */
export function createBytes(interpreter: Interpreter, checks: Checks): Bytes {
  const { library } = interpreter;
  const { memcpyOut } = library.object;

  /** Kept: looking a lazily bound function up costs as much as a small copy. */
  let fromString: typeof library.scalars.PyBytes_FromStringAndSize | undefined;

  return {
    bytesToPython(value) {
      fromString ??= library.scalars.PyBytes_FromStringAndSize;
      return fromString(value, backend.size(value.length)) || checks.takeNewOrThrow(null);
    },
    bytesToJs(object) {
      const { PyBytes_AsString, PyBytes_Size } = library.scalars;
      const length = checks.sizeOrThrow(PyBytes_Size(object));
      const bytes = new Uint8Array(length);
      if (length > 0) {
        // SAFETY: the caller keeps the bytes object alive; its memory holds `length` bytes.
        memcpyOut(bytes, checks.pointerOrThrow(PyBytes_AsString(object)), backend.size(length));
      }
      return bytes;
    },
    bufferToJs(object) {
      const { PyObject_GetBuffer, PyBuffer_Release } = library.buffer;
      const view = backend.allocate(PY_BUFFER_SIZE);
      // SAFETY: `view` never moves and lives until the release below.
      checks.intOrThrow(PyObject_GetBuffer(object, view.address, PYBUF.SIMPLE));
      try {
        const length = integerAt(view, PY_BUFFER.len);
        const bytes = new Uint8Array(length);
        // SAFETY: until the release the exporter has `length` bytes there.
        if (length > 0) {
          memcpyOut(bytes, view.getPointer(PY_BUFFER.buf)!, backend.size(length));
        }
        return bytes.buffer;
      } finally {
        PyBuffer_Release(view.address);
      }
    },
  };
}
