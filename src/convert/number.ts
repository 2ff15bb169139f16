/**
 * `int` and `float`, both directions: exact at every size.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { Reason } from "./path.ts";

/** Conversions of numbers. All need the GIL. */
export interface Numbers {
  numberToPython(value: number): New;
  bigintToPython(value: bigint): New;
  /** An exact `int` or a subclass: a number where it is safe, else a bigint. */
  intToJs(object: Ref): number | bigint;
  /** The same for what PyLong_AsDouble gave: it may have set an exception. */
  intFromDouble(object: Ref, value: number): number | bigint;
}

/** CPython keeps -5 to 256 as single objects (longobject.c); so does this cache. */
const SMALLEST = -5;
const LARGEST = 256;
/** Of V8's bigints (kMaxLengthBits in bigint.h). */
const MOST_BITS = 2 ** 30;

/** Binds the conversions to an interpreter. */
export function createNumbers(interpreter: Interpreter, checks: Checks): Numbers {
  const { library, share } = interpreter;
  const {
    Py_DecRef,
    PyLong_FromDouble,
    PyFloat_FromDouble,
    PyLong_AsDouble,
    PyErr_Occurred,
    PyErr_Clear,
  } = library.object;
  const { takeNewOrThrow } = checks;
  const small: New[] = [];

  function smallInt(value: number): New {
    return small[value - SMALLEST] ??= takeNewOrThrow(
      library.scalars.PyLong_FromSsize_t(backend.size(value)),
    );
  }

  function numberToPython(value: number): New {
    if (Number.isSafeInteger(value) && (value !== 0 || !Object.is(value, -0))) {
      if (value >= SMALLEST && value <= LARGEST) return share(smallInt(value));
      return PyLong_FromDouble(value) || takeNewOrThrow(null);
    }
    return PyFloat_FromDouble(value) || takeNewOrThrow(null);
  }

  function bigintToPython(value: bigint): New {
    // From bytes or from a double, versions before 3.10 make a second 1.
    if (value >= SMALLEST && value <= LARGEST) return share(smallInt(Number(value)));
    const bytes = bytesOf(value);
    return takeNewOrThrow(
      library.scalars._PyLong_FromByteArray(bytes, backend.size(bytes.length), 1, 1),
    );
  }

  function intFromDouble(object: Ref, value: number): number | bigint {
    if (value > -9007199254740992 && value < 9007199254740992 && value !== -1) return value;
    if (value === -1) {
      if (!PyErr_Occurred()) return -1;
      PyErr_Clear(); // OverflowError: beyond a double, so a bigint
    }
    return bigint(object);
  }

  function bigint(object: Ref): bigint {
    const { _PyLong_NumBits, _PyLong_AsByteArray } = library.scalars;
    const bits = backend.sizeToNumber(_PyLong_NumBits(object)) + 1;
    if (bits > MOST_BITS) throw tooLarge(bits);
    const bytes = new Uint8Array(Math.ceil(bits / 8));
    checks.intOrThrow(
      _PyLong_AsByteArray(object, bytes, backend.size(bytes.length), 1, 1, 1),
    );
    try {
      return bigintOf(bytes);
    } catch {
      throw tooLarge(bits); // the limit of another engine
    }
  }

  // The interpreter's end gives the small ones back with everything else of this thread.
  interpreter.atClose(() => {
    for (const object of small) if (object) Py_DecRef(object);
  });

  return {
    numberToPython,
    bigintToPython,
    intToJs: (object) => intFromDouble(object, PyLong_AsDouble(object)),
    intFromDouble,
  };
}

function tooLarge(bits: number): Reason {
  return new Reason(`an int of ${bits} bits, more than a bigint has room for`);
}

/** Two's complement, little-endian, with room for the sign. Linear: hexadecimal digits are bits. */
export function bytesOf(value: bigint): Uint8Array {
  const magnitude = value < 0n ? ~value : value;
  const length = (magnitude.toString(16).length >> 1) + 1;
  const digits = BigInt.asUintN(length * 8, value).toString(16).padStart(length * 2, "0");
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = (length - 1 - i) * 2;
    bytes[i] = parseInt(digits.slice(at, at + 2), 16);
  }
  return bytes;
}

/** The inverse of {@link bytesOf}. */
export function bigintOf(bytes: Uint8Array): bigint {
  const digits = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    digits[bytes.length - 1 - i] = bytes[i]!.toString(16).padStart(2, "0");
  }
  return BigInt.asIntN(bytes.length * 8, BigInt("0x" + digits.join("")));
}
