/**
 * Whole graphs of plain values in one crossing, by CPython's marshal format. Chosen
 * only where nothing can be lost: the writer refuses what is not plain, and Python refuses to
 * marshal what is no exact builtin. What is refused goes the general way, with the same result.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { type MarshalReading, readMarshal, REFUSED } from "./marshal_reader.ts";
import { createMarshalWriter, type Marshalled } from "./marshal_writer.ts";

/** The bulk way. Both need the GIL. */
export interface Bulk {
  /** The graph, or `null` where it must go the general way. */
  toPython(value: object): New | null;
  /** The graph, or {@link REFUSED} where it must go the general way. Leaves the reference with its owner. */
  toJs(object: Ref, options: MarshalReading): unknown;
}

/** The version that every Python from 3.4 on writes and reads. */
const VERSION = 4;
/** Graphs from this size on, in bytes, may make Python look for garbage. */
const LARGE = 4096;
/** A buffer up to this size is kept between two graphs, in bytes. */
const KEPT = 4 << 20;

/** Binds the bulk way to an interpreter. */
export function createBulk(interpreter: Interpreter, checks: Checks): Bulk {
  const { library } = interpreter;
  const { memcpyOut, Py_DecRef, PyErr_Clear } = library.object;
  const writer = createMarshalWriter();
  /** Python is reading the writer's buffer. */
  let reading = false;
  let buffer = new Uint8Array(0);

  function room(length: number): Uint8Array<ArrayBuffer> {
    if (length <= buffer.length) return buffer;
    const larger = new Uint8Array(new ArrayBuffer(length * 2));
    if (length * 2 <= KEPT) buffer = larger;
    return larger;
  }

  function read({ bytes, length }: Marshalled): New {
    reading = true;
    // SAFETY: `length` bytes of the writer's buffer, which `reading` keeps from being written anew.
    const made = library.marshal.PyMarshal_ReadObjectFromString(bytes, backend.size(length));
    reading = false;
    return checks.takeNewOrThrow(made);
  }

  /**
   * Until 3.11 Python looks for garbage while it allocates: again and again through a graph in
   * which there is none yet. No Python code runs inside, so nothing sees the difference.
   */
  function withoutCollections<T>(use: () => T): T {
    const { PyGC_Disable, PyGC_Enable } = library.marshal;
    if (!PyGC_Disable || library.minor > 11 || PyGC_Disable() === 0) return use();
    try {
      return use();
    } finally {
      PyGC_Enable!();
    }
  }

  return {
    toPython(value) {
      // Up to Python 3.11 making a list may collect garbage, whose `__del__` may come here.
      if (reading) return null;
      const marshalled = writer.write(value);
      if (marshalled === null) return null;
      return marshalled.length < LARGE
        ? read(marshalled)
        : withoutCollections(() => read(marshalled));
    },
    toJs(object, options) {
      const marshalled = library.marshal.PyMarshal_WriteObjectToString(object, VERSION);
      if (!marshalled) {
        PyErr_Clear(); // ValueError: unmarshallable, or too deep
        return REFUSED;
      }
      const { PyBytes_AsString, PyBytes_Size } = library.scalars;
      const length = backend.sizeToNumber(PyBytes_Size(marshalled));
      const bytes = room(length);
      // SAFETY: the bytes object is owned here until the copy is made; `bytes` has room for it.
      memcpyOut(bytes, PyBytes_AsString(marshalled)!, backend.size(length));
      Py_DecRef(marshalled);
      return readMarshal(bytes, options);
    },
  };
}
