/**
 * `str`, both directions: exact for every sequence of UTF-16 code units.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { Reason } from "./path.ts";

/** Conversions of text. All need the GIL. */
export interface Strings {
  stringToPython(value: string): New;
  /** An exact `str` or a subclass. */
  stringToJs(object: Ref): string;
  /** The interned `str` of an attribute, kept for later. */
  name(text: string): Borrowed;
  /** The `str` of a dict key: interned while there is room, since keys repeat. */
  dictKey(text: string): New;
}

/** Texts up to this many UTF-16 units go through one reused buffer of three times as many bytes. */
const SHORT = 1024;
/** Longer texts, in bytes, get memory of their own. */
const MOST_KEPT = 4 << 20;
/** Names kept; a program that computes names by the million must not keep them all. */
const MOST_NAMES = 4096;
const LONGEST_NAME = 64;
/** Up to here a loop over bytes is faster than the decoder. */
const LOOP = 24;

const SURROGATEPASS = new TextEncoder().encode("surrogatepass\0");
const UTF16 = new TextEncoder().encode("utf-16-le\0");

/** Binds the conversions to an interpreter. */
export function createStrings(interpreter: Interpreter, checks: Checks): Strings {
  const { library, share } = interpreter;
  const { PyUnicode_DecodeUTF8, PyUnicode_AsUTF8AndSize, PyErr_Clear, memcpy, memcpyOut } =
    library.object;
  const { Py_DecRef } = library.object;
  const { takeNewOrThrow } = checks;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const buffer = backend.allocate(SHORT * 3);
  const size = backend.allocate(8);
  const NULL = backend.null;

  function stringToPython(value: string): New {
    const { length } = value;
    if (length > SHORT) return longToPython(value);
    if (length <= LOOP) {
      const { bytes } = buffer;
      let i = 0;
      for (; i < length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 127) break;
        bytes[i] = unit;
      }
      if (i === length) return decode(length);
    }
    if (!value.isWellFormed()) return surrogatesToPython(value);
    const { written } = encoder.encodeInto(value, buffer.bytes);
    return decode(written);
  }

  function decode(length: number): New {
    return PyUnicode_DecodeUTF8(buffer.address, backend.size(length), NULL) || takeNewOrThrow(null);
  }

  function longToPython(value: string): New {
    if (!value.isWellFormed()) return surrogatesToPython(value);
    const most = value.length * 3;
    if (most > MOST_KEPT) {
      const bytes = encoder.encode(value);
      return decodeLong(bytes, bytes.length);
    }
    const bytes = longBuffer(most);
    return decodeLong(bytes, encoder.encodeInto(value, bytes).written);
  }

  function decodeLong(bytes: Uint8Array, length: number): New {
    return takeNewOrThrow(
      library.scalars.PyUnicode_DecodeUTF8Buffer(bytes, backend.size(length), NULL),
    );
  }

  /** Fresh memory costs more than what is done with it. Made by the first long text. */
  let long = new Uint8Array(0);
  function longBuffer(length: number): Uint8Array {
    if (length > MOST_KEPT) return new Uint8Array(length);
    if (length > long.length) {
      long = new Uint8Array(new ArrayBuffer(Math.min(MOST_KEPT, length * 2)));
    }
    return long;
  }

  /** Joins well-formed pairs and keeps the rest: UTF-16 with surrogatepass. */
  function surrogatesToPython(value: string): New {
    const units = new Uint16Array(value.length);
    for (let i = 0; i < value.length; i++) units[i] = value.charCodeAt(i);
    const order = backend.allocate(8);
    // -1 is little-endian; 0 would eat a byte order mark.
    new Int32Array(order.bytes.buffer)[0] = -1;
    return takeNewOrThrow(library.scalars.PyUnicode_DecodeUTF16(
      new Uint8Array(units.buffer),
      backend.size(units.byteLength),
      SURROGATEPASS,
      order.address,
    ));
  }

  function stringToJs(object: Ref): string {
    const start = PyUnicode_AsUTF8AndSize(object, size.address);
    if (!start) {
      PyErr_Clear(); // UnicodeEncodeError: lone surrogates
      return surrogatesToJs(object);
    }
    const length = size.u32[0]! + size.u32[1]! * 4294967296;
    if (length > buffer.bytes.length) {
      const bytes = longBuffer(length);
      // SAFETY: the text is cached in the str, which the caller keeps alive.
      memcpyOut(bytes, start, backend.size(length));
      return whole(length, () => decoder.decode(bytes.subarray(0, length)));
    }
    // SAFETY: as above; the buffer holds `length` bytes.
    memcpy(buffer.address, start, backend.size(length));
    return decodeShort(length);
  }

  function decodeShort(length: number): string {
    const { bytes } = buffer;
    if (length <= LOOP) {
      let i = 0;
      while (i < length && bytes[i]! < 128) i++;
      if (i === length) return backend.shortText(bytes, 0, length);
    }
    return decoder.decode(bytes.subarray(0, length));
  }

  function surrogatesToJs(object: Ref): string {
    const { PyUnicode_AsEncodedString, PyBytes_AsString, PyBytes_Size } = library.scalars;
    const encoded = takeNewOrThrow(PyUnicode_AsEncodedString(object, UTF16, SURROGATEPASS));
    const bytes = new Uint8Array(backend.sizeToNumber(PyBytes_Size(encoded)));
    // SAFETY: the bytes object is owned here until the copy is made.
    memcpyOut(bytes, checks.pointerOrThrow(PyBytes_AsString(encoded)), backend.size(bytes.length));
    Py_DecRef(encoded);
    return whole(bytes.length, () => unitsToString(new Uint16Array(bytes.buffer)));
  }

  /** The decoder would replace lone surrogates; char codes keep them. */
  function unitsToString(units: Uint16Array): string {
    const parts: string[] = [];
    for (let i = 0; i < units.length; i += 8192) {
      parts.push(String.fromCharCode(...units.subarray(i, i + 8192)));
    }
    return parts.join("");
  }

  const names = new Map<string, New>();
  const place = backend.allocate(8);

  function name(text: string): Borrowed {
    return borrow(names.get(text) ?? intern(text));
  }

  function dictKey(text: string): New {
    const known = names.get(text) ??
      (names.size < MOST_NAMES && text.length < LONGEST_NAME ? intern(text) : null);
    return known ? share(known) : stringToPython(text);
  }

  function intern(text: string): New {
    if (names.size >= MOST_NAMES) forgetNames();
    place.setPointer(0, stringToPython(text));
    // Replaces the reference in `place` by one to the interned text. In 3.12 whatever is interned
    // lives for ever (unicodeobject.c): there the name is only kept, which finds it a little later.
    if (library.minor !== 12) library.scalars.PyUnicode_InternInPlace(place.address);
    const interned = place.getPointer(0) as New;
    names.set(text, interned);
    return interned;
  }

  function forgetNames(): void {
    interpreter.dropRetired(); // the names of before these
    for (const interned of names.values()) interpreter.retire(interned);
    names.clear();
  }

  interpreter.atClose(forgetNames);
  return { stringToPython, stringToJs, name, dictKey };
}

/** Text of so many bytes; engines say in different words that it is too long. */
function whole(bytes: number, decode: () => string): string {
  try {
    return decode();
  } catch (cause) {
    throw new Reason(`a str of ${bytes} bytes, more than a string has room for`, { cause });
  }
}
