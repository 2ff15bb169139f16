/**
 * CPython's marshal format, version 4 (marshal.c), as TypeScript values: what
 * `$.toJs()` gives in the general way (to_js.ts), for graphs of exact builtins.
 *
 * A bytes code may be any object with the buffer protocol, so it is refused here
 * like everything else whose origin the format does not tell.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { bigintOf } from "./number.ts";
import { setOwn } from "./plain.ts";

/** What shapes the result. */
export interface MarshalReading {
  /** Every `int` as a bigint. */
  readonly bigints: boolean;
  /** A bigint must not occur. */
  readonly numbers: boolean;
  readonly dicts: "auto" | "object" | "map";
}

/** Not to be read here, or not without a closer look. */
export const REFUSED: unique symbol = Symbol("refused");

/** Reads a graph; {@link REFUSED} where the general way must look. */
export type MarshalReader = (bytes: Uint8Array, options: MarshalReading) => unknown;

/** Up to here a loop over bytes is faster than the decoder. */
const LOOP = 24;

/** Longer arrays grow as they are read. */
const FILLED = 1 << 16;

const INT = 0x69;
const FLOAT = 0x67;
const SHORT_ASCII = 0x7a;
const SHORT_ASCII_INTERNED = 0x5a;
const END_OF_DICT = 0x30;

const { shortText } = backend;
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads a graph; {@link REFUSED} where the general way must look. */
export const readMarshal: MarshalReader = (bytes, options) => {
  const reading = new Reading(bytes, options);
  try {
    const value = reading.value();
    return reading.doubtful ? REFUSED : value;
  } catch {
    return REFUSED; // the code met is none of these, or the JS stack was too short
  }
};

/** One graph. */
class Reading {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #bigints: boolean;
  readonly #numbers: boolean;
  readonly #dicts: MarshalReading["dicts"];
  #at = 0;
  readonly #table: unknown[] = [];
  /** Lone surrogates may make one text of two: keys have to be compared then. */
  doubtful = false;

  constructor(bytes: Uint8Array, { bigints, numbers, dicts }: MarshalReading) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bigints = bigints;
    this.#numbers = numbers;
    this.#dicts = dicts;
  }

  value(): unknown {
    const code = this.#bytes[this.#at++]!;
    return code < 128 ? this.#plain(code) : this.#entered(code - 128);
  }

  /** An object of which Python's table has no entry. */
  #plain(code: number): unknown {
    switch (code) {
      case INT:
        return this.#int();
      case FLOAT:
        return this.#float();
      case SHORT_ASCII:
      case SHORT_ASCII_INTERNED:
        return this.#ascii(this.#bytes[this.#at++]!);
      case 0x72: // r
        return this.#table[this.#uint()];
      case 0x4e: // N
        return null;
      case 0x54: // T
        return true;
      case 0x46: // F
        return false;
      case 0x61: // a
      case 0x41: // A
        return this.#ascii(this.#uint());
      case 0x75: // u
      case 0x74: // t
        return this.#text(this.#uint());
      case 0x6c: // l
        return this.#long();
      default:
        return this.#container(code, -1);
    }
  }

  /** The same with an entry, which a container must have before its elements. */
  #entered(code: number): unknown {
    const entry = this.#table.push(undefined) - 1;
    switch (code) {
      case 0x5b:
      case 0x29:
      case 0x28:
      case 0x7b:
      case 0x3c:
      case 0x3e:
        return this.#container(code, entry);
      default:
        return this.#table[entry] = this.#plain(code);
    }
  }

  #container(code: number, entry: number): unknown {
    switch (code) {
      case 0x5b: // [
      case 0x28: // (
        return this.#array(this.#uint(), entry);
      case 0x29: // ), a short tuple
        return this.#array(this.#bytes[this.#at++]!, entry);
      case 0x7b: // {
        return this.#dict(entry);
      case 0x3c: // <
      case 0x3e: // >
        return this.#set(this.#uint(), entry);
      default:
        throw REFUSED;
    }
  }

  #enter<T>(entry: number, made: T): T {
    if (entry !== -1) this.#table[entry] = made;
    return made;
  }

  #uint(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  #int(): number | bigint {
    const value = this.#view.getInt32(this.#at, true);
    this.#at += 4;
    return this.#bigints ? BigInt(value) : value;
  }

  #float(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  /** Digits of 15 bits, the sign in their count. */
  #long(): number | bigint {
    const count = this.#view.getInt32(this.#at, true);
    const digits = Math.abs(count);
    const start = this.#at += 4;
    this.#at += digits * 2;
    let small = 0;
    for (let i = digits - 1; i >= 0 && small <= Number.MAX_SAFE_INTEGER; i--) {
      small = small * 32768 + this.#view.getUint16(start + i * 2, true);
    }
    if (small <= Number.MAX_SAFE_INTEGER) {
      if (count < 0) small = -small;
      return this.#bigints ? BigInt(small) : small;
    }
    if (this.#numbers) throw REFUSED;
    const magnitude = this.#digits(start, digits);
    return count < 0 ? -magnitude : magnitude;
  }

  /** Linear: eight digits are fifteen bytes. */
  #digits(start: number, count: number): bigint {
    const bytes = new Uint8Array(Math.ceil(count * 15 / 8) + 1);
    let bits = 0;
    let held = 0;
    let to = 0;
    for (let i = 0; i < count; i++) {
      held |= this.#view.getUint16(start + i * 2, true) << bits;
      for (bits += 15; bits >= 8; bits -= 8) {
        bytes[to++] = held & 0xff;
        held >>>= 8;
      }
    }
    bytes[to] = held;
    return bigintOf(bytes);
  }

  #ascii(length: number): string {
    const start = this.#at;
    this.#at += length;
    return length > LOOP
      ? utf8.decode(this.#bytes.subarray(start, this.#at))
      : shortText(this.#bytes, start, length);
  }

  /** Keys repeat from graph to graph. */
  #key(): unknown {
    const code = this.#bytes[this.#at]!;
    if (code === SHORT_ASCII || code === SHORT_ASCII_INTERNED) {
      const length = this.#bytes[this.#at + 1]!;
      if (length <= LOOP) {
        const start = this.#at + 2;
        this.#at = start + length;
        return keyText(this.#bytes, start, length);
      }
    }
    return this.value();
  }

  #text(length: number): string {
    const encoded = this.#bytes.subarray(this.#at, this.#at += length);
    // "surrogatepass": ED A0..BF begins a surrogate, which no other text has.
    for (let i = encoded.indexOf(0xed); i !== -1; i = encoded.indexOf(0xed, i + 1)) {
      if (encoded[i + 1]! >= 0xa0) return this.#surrogates(encoded);
    }
    return utf8.decode(encoded);
  }

  #surrogates(encoded: Uint8Array): string {
    this.doubtful = true;
    const parts: string[] = [];
    let from = 0;
    for (let i = encoded.indexOf(0xed); i !== -1; i = encoded.indexOf(0xed, i + 1)) {
      if (encoded[i + 1]! < 0xa0) continue;
      parts.push(utf8.decode(encoded.subarray(from, i)));
      parts.push(
        String.fromCharCode(0xd000 | (encoded[i + 1]! & 0x3f) << 6 | encoded[i + 2]! & 0x3f),
      );
      from = i + 3;
    }
    parts.push(utf8.decode(encoded.subarray(from)));
    return parts.join("");
  }

  #array(length: number, entry: number): unknown[] {
    // Filled by number up to here; a count that lies must not take the memory first.
    const items: unknown[] = this.#enter(entry, length < FILLED ? new Array(length) : []);
    const bytes = this.#bytes;
    const view = this.#view;
    for (let i = 0; i < length; i++) {
      const at = this.#at;
      if (bytes[at] === FLOAT) {
        items[i] = view.getFloat64(at + 1, true);
        this.#at = at + 9;
      } else if (bytes[at] === INT && !this.#bigints) {
        items[i] = bytes[at + 1]! | bytes[at + 2]! << 8 | bytes[at + 3]! << 16 |
          bytes[at + 4]! << 24;
        this.#at = at + 5;
      } else items[i] = this.value();
    }
    return items;
  }

  #set(size: number, entry: number): Set<unknown> {
    const set = this.#enter(entry, new Set<unknown>());
    for (let i = 0; i < size; i++) set.add(this.value());
    if (set.size !== size) throw REFUSED; // two NaNs, say: the general way names them
    return set;
  }

  #dict(entry: number): unknown {
    if (this.#bytes[this.#at] === END_OF_DICT) {
      this.#at++;
      return this.#enter(entry, this.#dicts === "map" ? new Map() : {});
    }
    // A key is hashable, so it cannot refer to the dict, which is entered after it.
    let key = this.#key();
    if (this.#dicts === "map" || typeof key !== "string") return this.#map(entry, key);
    const record: Record<string, unknown> = this.#enter(entry, {});
    for (;;) {
      const value = this.value();
      if (key === "__proto__") setOwn(record, key, value);
      else record[key] = value;
      if (this.#bytes[this.#at] === END_OF_DICT) break;
      key = this.#key();
      if (typeof key !== "string") throw REFUSED; // a Map, but the object may be referred to by now
    }
    this.#at++;
    return record;
  }

  #map(entry: number, first: unknown): Map<unknown, unknown> {
    if (this.#dicts === "object") throw REFUSED;
    const map = this.#enter(entry, new Map<unknown, unknown>());
    let size = 1;
    map.set(first, this.value());
    for (; this.#bytes[this.#at] !== END_OF_DICT; size++) {
      const key = this.#key();
      map.set(key, this.value());
    }
    this.#at++;
    if (map.size !== size) throw REFUSED; // two keys are one here: the general way names them
    return map;
  }
}

/** Keys met lately, by a hash of their bytes. */
const KEYS: string[] = new Array(1024).fill("");

function keyText(bytes: Uint8Array, start: number, length: number): string {
  let hash = length;
  for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i]!, 16777619);
  const slot = (hash ^ hash >>> 15) & 1023;
  const known = KEYS[slot]!;
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
    if (i === length) return known;
  }
  return KEYS[slot] = shortText(bytes, start, length);
}
