/**
 * `byRef()` and `byValue()`: a value that crosses live, or as a copy, whatever it is.
 * @module
 */

import { PyConversionError } from "../errors.ts";
import { describe, NO_KEY, pathOf, type Place, ROOT, stepOf } from "../convert/path.ts";
import { isPlain, setOwn } from "../convert/plain.ts";

/** A value on its way to Python, made by {@link byRef} or {@link byValue}. */
export class Passed {
  /** The value itself. */
  readonly value: unknown;
  /** Live, or as a copy. */
  readonly live: boolean;

  /** Made by {@link byRef} and {@link byValue}. */
  constructor(value: unknown, live: boolean) {
    this.value = value;
    this.live = live;
  }
}

/**
 * Passes a value live, without a copy: an array, a Map or a plain object is a `JsObject` in Python,
 * a `Uint8Array` or an `ArrayBuffer` a `memoryview` of the same memory. It is the very same on its way back.
 * What has no copy anyway, such as a number, a function or a PyObject, crosses as ever.
 *
 * @example
 * ```ts
 * import { byRef, startPython } from "pyduet";
 * const py = startPython();
 * const list = [1, 2];
 * const echo = py.run("lambda x: x");
 * echo(byRef(list)) === list; // true
 * ```
 */
export function byRef(value: unknown): Passed {
  return new Passed(value, true);
}

/**
 * Passes a deep copy: a class instance is a `dict` of its own enumerable properties, a typed array a
 * `memoryview` of memory of its own, a PyObject what `copy.deepcopy()` makes of it. What cannot be
 * copied (a function, a Promise, an iterator, a RegExp …) is a `PyConversionError`.
 *
 * @example
 * ```ts
 * import { byValue, startPython } from "pyduet";
 * const py = startPython();
 * class Point { x = 1; y = 2; }
 * py.run("lambda p: p['x'] + p['y']")(byValue(new Point())); // 3
 * ```
 */
export function byValue(value: unknown): Passed {
  return new Passed(value, false);
}

/** What a copy needs to know of Python's objects. */
export interface CopyOfPython {
  isPython(value: object): boolean;
  /** A PyObject for a deep copy. */
  copied(value: object): unknown;
}

interface Pending {
  readonly source: object;
  readonly target: object;
  readonly place: Place;
}

/**
 * A copy of a graph that crosses by value as a whole: class instances become plain objects. Without
 * recursion; shared references and cycles stay. Throws a {@link PyConversionError} with the path.
 */
export function deepCopy(root: unknown, python: CopyOfPython): unknown {
  const made = new Map<object, unknown>();
  const pending: Pending[] = [];

  function element(value: unknown, place: Place, key: unknown): unknown {
    if (typeof value === "function" || typeof value === "symbol") {
      throw new PyConversionError(
        pathOf(place, key),
        `${describe(value)} has no copy; leave byValue() out to pass it as it is`,
      );
    }
    if (typeof value !== "object" || value === null) return value;
    if (made.has(value)) return made.get(value);
    const copy = python.isPython(value) ? python.copied(value) : whole(value);
    if (copy !== undefined) {
      made.set(value, copy);
      return copy;
    }
    const target = container(value);
    if (target === null) {
      throw new PyConversionError(
        pathOf(place, key),
        `${describe(value)} has no copy: what it is does not stand in its properties; ` +
          `pass what you need of it`,
      );
    }
    made.set(value, target);
    pending.push({
      source: value,
      target,
      place: key === NO_KEY ? place : { parent: place, step: stepOf(key) },
    });
    return target;
  }

  const copy = element(root, ROOT, NO_KEY);
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { source, target, place } = next;
    if (source instanceof Map) {
      for (const [key, value] of source) {
        (target as Map<unknown, unknown>).set(element(key, place, key), element(value, place, key));
      }
    } else if (source instanceof Set) {
      for (const value of source) (target as Set<unknown>).add(element(value, place, value));
    } else if (Array.isArray(source)) {
      for (let i = 0; i < source.length; i++) {
        (target as unknown[]).push(element(source[i], place, i));
      }
    } else {
      for (const key of Object.keys(source)) {
        const value = element((source as Record<string, unknown>)[key], place, key);
        setOwn(target as Record<string, unknown>, key, value);
      }
    }
  }
  return copy;
}

/** What is copied at once, or needs no copy; `undefined` for containers. */
function whole(value: object): unknown {
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8Array(value).slice();
  }
  if (value instanceof DataView) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
    return new DataView(bytes.buffer);
  }
  if (ArrayBuffer.isView(value)) return (value as Uint8Array).slice();
  if (value instanceof Error || value instanceof Date) return value; // made anew in Python
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return value.valueOf();
  }
  const { Temporal } = globalThis as { Temporal?: object };
  const isTemporal = Temporal && tagOf(value).startsWith("[object Temporal.");
  return isTemporal ? value : undefined;
}

/** The empty copy of a container; `null` for an object whose state is not in its properties. */
function container(value: object): object | null {
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  return isPlain(value) || tagOf(value) === "[object Object]" ? {} : null;
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value);
}
