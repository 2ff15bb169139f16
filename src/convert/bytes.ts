/**
 * `bytes`, both directions: copies.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

/** Conversions of bytes. All need the GIL. */
export interface Bytes {
  bytesToPython(value: Uint8Array): New;
  bytesToJs(object: Ref): Uint8Array;
}

/** Binds the conversions to an interpreter. */
export function createBytes(interpreter: Interpreter, checks: Checks): Bytes {
  const { library } = interpreter;
  const { memcpyOut } = library.object;

  return {
    bytesToPython(value) {
      return checks.takeNewOrThrow(
        library.scalars.PyBytes_FromStringAndSize(value, backend.size(value.length)),
      );
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
  };
}
