/**
 * TypeScript values in CPython's marshal format, version 4 (marshal.c), so that a whole
 * graph crosses in one call. Writes what Python reads back exactly as the general way
 * (to_python.ts) would have made it, and refuses everything else.
 * @module
 */

import { isPlain } from "./plain.ts";

/** A graph in bytes, good until the next {@link MarshalWriter.write}. */
export interface Marshalled {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

/** Writes graphs over one reused buffer. */
export interface MarshalWriter {
  /** The graph; `null` where it holds anything but plain values. A property may then have been read. */
  write(root: object): Marshalled | null;
}

/** Deeper graphs take the general way, which needs no stack. */
const MOST_DEEP = 200;
/** A buffer up to this size is kept between two graphs, in bytes; it begins with the other. */
const KEPT = 4 << 20;
const LEAST = 1 << 12;
/** Up to here a loop over characters is faster than the encoder. */
const LOOP = 48;

/** Counts are signed 32-bit integers. */
const MOST_ITEMS = 0x7fffffff;

// Codes of marshal.c; FLAG_REF enters the object in the table that `r` refers to.
const FLAG_REF = 0x80;
const NONE = 0x4e;
const TRUE = 0x54;
const FALSE = 0x46;
const INT = 0x69;
const LONG = 0x6c;
const FLOAT = 0x67;
const SHORT_ASCII = 0x7a;
const ASCII = 0x61;
const UNICODE = 0x75;
const LIST = 0x5b;
const DICT = 0x7b;
const SET = 0x3c;
const END_OF_DICT = 0x30;
const REF = 0x72;

/** A key that Python's table has. */
interface Key {
  readonly text: string | null;
  readonly entry: number;
  /** What followed it the last time. */
  next: Key;
}

const NO_KEY: Key = { text: null, entry: 0, next: undefined as unknown as Key };
NO_KEY.next = NO_KEY;

const MET_TWICE = Symbol("met twice");

/** Makes a writer. */
export function createMarshalWriter(): MarshalWriter {
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(new ArrayBuffer(LEAST));
  let view = new DataView(bytes.buffer);
  let at = 0;
  let busy = false;
  /** Entries of Python's table so far. */
  let entered = 0;
  /** Containers met. That one is met twice is rare: only then they are entered in the table. */
  let met = new Set<object>();
  /** By container its entry, once one was met twice. */
  let containers: Map<object, number> | null = null;
  /** `FLAG_REF` where containers are entered. */
  let flag = 0;
  /** Keys repeat from the second object on, mostly in the same order. */
  let keys = new Map<string, Key>();
  let lastKey: Key = NO_KEY;
  let dicts = 0;

  /** Room for so many bytes more. */
  function need(count: number): void {
    if (at + count <= bytes.length) return;
    const larger = new Uint8Array(new ArrayBuffer(Math.max(bytes.length * 2, at + count)));
    larger.set(bytes.subarray(0, at));
    bytes = larger;
    view = new DataView(bytes.buffer);
  }

  /** Whether the value could be written. Keeps 16 bytes of room for whatever follows. */
  function value(item: unknown, depth: number): boolean {
    switch (typeof item) {
      case "number":
        number(item);
        return true;
      case "string":
        string(item, 0);
        return true;
      case "boolean":
        byte(item ? TRUE : FALSE);
        return true;
      case "undefined":
        byte(NONE);
        return true;
      case "object":
        if (item !== null) return container(item, depth);
        byte(NONE);
        return true;
      case "bigint":
        bigint(item);
        return true;
      default:
        return false;
    }
  }

  function byte(code: number): void {
    need(16);
    bytes[at++] = code;
  }

  function number(item: number): void {
    need(16);
    if ((item | 0) === item && (item !== 0 || 1 / item > 0)) {
      bytes[at] = INT;
      view.setInt32(at + 1, item, true);
      at += 5;
    } else if (Math.floor(item) === item && Number.isSafeInteger(item) && item !== 0) long(item);
    else {
      bytes[at] = FLOAT;
      view.setFloat64(at + 1, item, true);
      at += 9;
    }
  }

  /** Beyond 32 bits: digits of 15 bits, the sign in their count. */
  function long(item: number): void {
    const start = at;
    at += 5;
    let rest = Math.abs(item);
    while (rest > 0) {
      view.setUint16(at, rest % 32768, true);
      at += 2;
      rest = Math.floor(rest / 32768);
    }
    longHead(start, (at - start - 5) / 2, item < 0);
  }

  function longHead(start: number, digits: number, negative: boolean): void {
    bytes[start] = LONG;
    view.setInt32(start + 1, negative ? -digits : digits, true);
  }

  function bigint(item: bigint): void {
    if (BigInt.asIntN(32, item) === item) return number(Number(item));
    // Three digits to the base 32 are 15 bits; linear, as every base that is a power of two.
    const text = (item < 0n ? -item : item).toString(32);
    need(text.length + 16);
    const start = at;
    at += 5;
    for (let end = text.length; end > 0; end -= 3) {
      view.setUint16(at, parseInt(text.slice(Math.max(0, end - 3), end), 32), true);
      at += 2;
    }
    longHead(start, (at - start - 5) / 2, item < 0n);
  }

  function string(text: string, flag: number): void {
    const { length } = text;
    if (length > LOOP) return longString(text, flag);
    need(LOOP + 32);
    const to = bytes; // in registers, as the outer variables cannot be
    let next = at + 2;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) return longString(text, flag);
      to[next++] = unit;
    }
    to[at] = SHORT_ASCII | flag;
    to[at + 1] = length;
    at = next;
  }

  function longString(text: string, flag: number): void {
    const { length } = text;
    need(length * 3 + 16);
    const start = at + 5;
    let { written } = encoder.encodeInto(text, bytes.subarray(start));
    const code = written === length ? ASCII : UNICODE;
    // The encoder would replace lone surrogates; Python reads them as "surrogatepass" wrote them.
    if (code === UNICODE && !text.isWellFormed()) written = surrogates(text, start);
    bytes[at] = code | flag;
    view.setUint32(at + 1, written, true);
    at = start + written;
  }

  function surrogates(text: string, start: number): number {
    let to = start;
    for (const character of text) {
      const point = character.codePointAt(0)!;
      if (point >= 0xd800 && point <= 0xdfff) {
        bytes[to++] = 0xe0 | point >> 12;
        bytes[to++] = 0x80 | point >> 6 & 0x3f;
        bytes[to++] = 0x80 | point & 0x3f;
      } else to += encoder.encodeInto(character, bytes.subarray(to)).written;
    }
    return to - start;
  }

  function reference(entry: number): void {
    need(16);
    bytes[at] = REF;
    view.setUint32(at + 1, entry, true);
    at += 5;
  }

  function container(item: object, depth: number): boolean {
    if (depth > MOST_DEEP) return false;
    if (containers === null) {
      const { size } = met;
      met.add(item);
      if (met.size === size) throw MET_TWICE;
    } else {
      const known = containers.get(item);
      if (known !== undefined) {
        reference(known);
        return true;
      }
      containers.set(item, entered++);
    }
    need(16);
    if (Array.isArray(item)) return array(item, depth);
    if (isPlain(item)) return object(item as Record<string, unknown>, depth);
    if (item instanceof Map) return map(item, depth);
    return item instanceof Set && set(item);
  }

  function array(items: readonly unknown[], depth: number): boolean {
    const { length } = items;
    // A Proxy may say that it has -1.5 elements.
    if (!(length >= 0 && length <= MOST_ITEMS && Number.isInteger(length))) return false;
    bytes[at] = LIST | flag;
    view.setUint32(at + 1, length, true);
    at += 5;
    for (let i = 0; i < length; i++) {
      const item = items[i];
      if (typeof item !== "number") {
        if (!value(item, depth + 1)) return false;
      } else if (at + 16 > bytes.length) number(item);
      else if (Math.floor(item) !== item) {
        bytes[at] = FLOAT;
        view.setFloat64(at + 1, item, true);
        at += 9;
      } else if ((item | 0) === item && item !== 0) {
        const to = at;
        bytes[to] = INT;
        bytes[to + 1] = item;
        bytes[to + 2] = item >> 8;
        bytes[to + 3] = item >> 16;
        bytes[to + 4] = item >> 24;
        at = to + 5;
      } else number(item);
    }
    return true;
  }

  function object(item: Record<string, unknown>, depth: number): boolean {
    bytes[at++] = DICT | flag;
    const first = dicts++ === 0;
    // The engines know this loop: its reads are twice as fast as those of Object.keys().
    for (const key in item) {
      if (first) string(key, 0);
      else if (lastKey.next.text === key) reference((lastKey = lastKey.next).entry);
      else repeated(key);
      if (!value(item[key], depth + 1)) return false;
    }
    byte(END_OF_DICT);
    return true;
  }

  /** A key that does not follow the one that it followed the last time. */
  function repeated(text: string): void {
    let key = keys.get(text);
    if (key === undefined) {
      keys.set(text, key = { text, entry: entered++, next: NO_KEY });
      string(text, FLAG_REF);
    } else reference(key.entry);
    lastKey = lastKey.next = key;
  }

  function map(item: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    if (item[Symbol.iterator] !== Map.prototype[Symbol.iterator]) return false;
    bytes[at++] = DICT | flag;
    let size = 0;
    for (const [key, each] of item) {
      if (!distinct(key) || !value(key, depth) || !value(each, depth + 1)) return false;
      size++;
    }
    byte(END_OF_DICT);
    // A getter inside may have taken a key out and put it in again, which comes twice then.
    return size === sizeOf.call(item);
  }

  function set(item: ReadonlySet<unknown>): boolean {
    if (item[Symbol.iterator] !== Set.prototype[Symbol.iterator]) return false;
    const start = at;
    bytes[at] = SET | flag;
    at += 5;
    let size = 0; // counted: `size` may be a getter of a subclass
    for (const each of item) {
      if (!distinct(each) || !value(each, 0)) return false;
      size++;
    }
    view.setUint32(start + 1, size, true);
    return true;
  }

  function write(graph: object): Marshalled | null {
    at = entered = dicts = 0;
    lastKey = { text: "", entry: 0, next: NO_KEY };
    flag = containers === null ? 0 : FLAG_REF;
    for (const _inherited in Object.prototype) return null; // somebody's polyfill
    try {
      return container(graph, 0) ? { bytes, length: at } : null;
    } catch (error) {
      if (error !== MET_TWICE) return null; // a getter or a Proxy: the general way says where
      keys = new Map();
      containers = new Map();
      return write(graph);
    }
  }

  return {
    write(graph) {
      if (busy) return null; // a getter of the graph that is being written came here
      busy = true;
      const marshalled = write(graph);
      busy = false;
      containers = null;
      if (met.size > 0) met = new Set();
      if (keys.size > 0) keys = new Map();
      if (bytes.length > KEPT) {
        bytes = new Uint8Array(new ArrayBuffer(LEAST));
        view = new DataView(bytes.buffer);
      }
      return marshalled;
    },
  };
}

/** The size of a Map whatever its class says. */
const sizeOf: (this: ReadonlyMap<unknown, unknown>) => number = Object
  .getOwnPropertyDescriptor(Map.prototype, "size")!.get!;

/** Keys that Python cannot merge: strings and numbers that differ here differ there. */
function distinct(key: unknown): boolean {
  return typeof key === "string" || typeof key === "number" || key === null;
}
