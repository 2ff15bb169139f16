/**
 * TypeScript values to Python objects: whole graphs, with their shared
 * references and cycles, without recursion.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import { PyConversionError, PyduetError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { pythonErrorOf } from "../interpreter/python_error.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Bytes } from "./bytes.ts";
import type { Numbers } from "./number.ts";
import type { Bulk } from "./bulk.ts";
import type { Dates } from "./datetime.ts";
import { describe, NO_KEY, pathOf, type Place, Reason, ROOT, stepOf } from "./path.ts";
import { isPlain, isThenable } from "./plain.ts";
import type { Strings } from "./string.ts";

/** What floor 4 knows of values with identity. */
export interface Identities {
  /** A new reference to the Python object behind a PyObject; `null` for any other value. */
  pythonOf(value: object): New | null;
  isPython(value: object): boolean;
  /** Whether a converter must see plain objects too. */
  eager(): boolean;
  /** What a converter of the program's makes of a value; `null` where none does. Throws a {@link Reason}. */
  convert(value: object): New | null;
  /** A function, an Error, a class instance …: what Python holds of it. Throws a plain reason. */
  hold(value: object | symbol): New;
}

/** A conversion to Python; the result is the caller's. Needs the GIL. */
export type ToPython = (value: unknown) => New;

/** A container whose elements are still to be converted. */
interface Pending {
  readonly source: object;
  /** Kept alive by the root, in which it already stands. */
  readonly target: Ref;
  readonly place: Place;
}

/** Binds the conversion to an interpreter. */
export function createToPython(
  interpreter: Interpreter,
  checks: Checks,
  families: { numbers: Numbers; strings: Strings; bytes: Bytes; bulk: Bulk; dates: Dates },
  identities: Identities,
): ToPython {
  const { library, share, none, true_, false_ } = interpreter;
  const { Py_DecRef } = library.object;
  const { numberToPython, bigintToPython } = families.numbers;
  const { stringToPython, dictKey } = families.strings;
  const { takeNewOrThrow, intOrThrow } = checks;

  function toPython(value: unknown): New {
    switch (typeof value) {
      case "number":
        return numberToPython(value);
      case "string":
        return stringToPython(value);
      case "boolean":
        return share(value ? true_ : false_);
      case "undefined":
        return share(none);
      case "bigint":
        return bigintToPython(value);
      case "object":
        if (value === null) return share(none);
        return objectToPython(value);
      default:
        return identities.pythonOf(value as object) ?? held(value as object | symbol, ROOT, NO_KEY);
    }
  }

  function objectToPython(value: object): New {
    // Asked first, since the question of PyObjects is a property read.
    if (ArrayBuffer.isView(value) && value instanceof Uint8Array) return graphless(value);
    const known = identities.pythonOf(value);
    if (known) return known;
    if (!identities.eager()) {
      const whole = families.bulk.toPython(value);
      if (whole) return whole;
    }
    const graph = new Graph();
    const root = graph.enter(value, ROOT, NO_KEY);
    try {
      graph.fill();
    } catch (error) {
      Py_DecRef(root); // and with it all that already stands in it
      throw error;
    }
    return root;
  }

  function dated(value: object, place: Place, key: unknown): New | null {
    try {
      return families.dates.dateToPython(value);
    } catch (error) {
      throw located(error, value, place, key);
    }
  }

  /** Bytes by themselves: nothing can be shared with them. */
  function graphless(value: Uint8Array): New {
    return converted(value, ROOT, NO_KEY) ?? bytesOf(value, ROOT, NO_KEY);
  }

  function converted(value: object, place: Place, key: unknown): New | null {
    try {
      return identities.convert(value);
    } catch (error) {
      throw located(error, value, place, key);
    }
  }

  function bytesOf(value: Uint8Array | ArrayBuffer, place: Place, key: unknown): New {
    const buffer = value instanceof Uint8Array ? bufferOf(value) : value;
    // What is detached has no bytes; the question itself costs as much as a small copy.
    if (
      buffer === null || (value.byteLength === 0 && (buffer as { detached?: boolean }).detached)
    ) {
      const reason = buffer ? "its memory was transferred away" : "a Proxy has no bytes of its own";
      throw new PyConversionError(pathOf(place, key), `${describe(value)}: ${reason}`);
    }
    const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
    // Memory shared with another thread may not be handed to C by every runtime; a copy may.
    return families.bytes.bytesToPython(
      buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes),
    );
  }

  function held(value: object | symbol, place: Place, key: unknown): New {
    try {
      return identities.hold(value);
    } catch (error) {
      throw located(error, value, place, key);
    }
  }

  /** One conversion of a graph. */
  class Graph {
    readonly #made = new Map<object, Ref>();
    readonly #pending: Pending[] = [];

    /** A new reference for any value inside the graph. */
    element(value: unknown, place: Place, key: unknown): New {
      if (typeof value === "object" && value !== null) {
        return identities.pythonOf(value) ?? this.enter(value, place, key);
      }
      if (typeof value === "function" || typeof value === "symbol") {
        return identities.pythonOf(value as object) ?? held(value as object, place, key);
      }
      return toPython(value);
    }

    /** A new reference for an object: its container, empty for now, or what is held of it. */
    enter(value: object, place: Place, key: unknown): New {
      const made = this.#made.get(value);
      if (made) return share(made);
      if (identities.eager()) {
        const converted = this.#converted(value, place, key);
        if (converted) return converted;
      }
      const target = this.#container(value, place, key);
      if (target) {
        this.#made.set(value, target);
        this.#pending.push({
          source: value,
          target,
          place: key === NO_KEY ? place : { parent: place, step: stepOf(key) },
        });
        return target;
      }
      const converted = this.#converted(value, place, key);
      if (converted) return converted;
      if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
        return bytesOf(value, place, key);
      }
      const date = dated(value, place, key);
      if (date === null) return held(value, place, key);
      this.#made.set(value, date); // it will stand in its container for as long as anything does
      return date;
    }

    #converted(value: object, place: Place, key: unknown): New | null {
      const made = converted(value, place, key);
      if (made) this.#made.set(value, made);
      return made;
    }

    #container(value: object, place: Place, key: unknown): New | null {
      const { PyList_New, PyDict_New, PySet_New } = library.collections;
      let kind: "array" | "dict" | "set" | null;
      try {
        kind = Array.isArray(value)
          ? "array"
          : (isPlain(value) && !isThenable(value)) || value instanceof Map
          ? "dict"
          : value instanceof Set
          ? "set"
          : null;
      } catch (cause) {
        // Only a Proxy can refuse these questions.
        throw new PyConversionError(pathOf(place, key), describe(value), { cause });
      }
      if (kind === null) return null;
      if (kind === "array") return takeNewOrThrow(PyList_New(backend.size(0)));
      return takeNewOrThrow(kind === "dict" ? PyDict_New() : PySet_New(backend.null));
    }

    /** Converts what stands in the containers, depth by depth, until none is left. */
    fill(): void {
      for (let next = this.#pending.pop(); next; next = this.#pending.pop()) {
        try {
          this.#fillOne(next);
        } catch (error) {
          throw located(error, next.source, next.place, NO_KEY);
        }
      }
    }

    #fillOne({ source, target, place }: Pending): void {
      if (Array.isArray(source)) this.#fillList(source, target, place);
      else if (source instanceof Map) this.#fillMap(source, target, place);
      else if (source instanceof Set) this.#fillSet(source, target, place);
      else this.#fillObject(source as Record<string, unknown>, target, place);
    }

    #fillList(source: readonly unknown[], list: Ref, place: Place): void {
      const { PyList_Append } = library.collections;
      const length = lengthOf(source, place); // once: a getter may make the array grow for ever
      for (let i = 0; i < length; i++) {
        // Appended, not set: a list with empty slots must never be seen by other code.
        const item = this.element(read(source, i, place), place, i);
        const result = PyList_Append(list, item);
        Py_DecRef(item);
        intOrThrow(result);
      }
    }

    #fillObject(source: Record<string, unknown>, dict: Ref, place: Place): void {
      const { PyDict_SetItem } = library.collections;
      for (const key of keysOf(source, place)) {
        const value = read(source, key, place);
        if (value === undefined && !(key in source)) continue; // a getter deleted it
        const item = this.element(value, place, key);
        let text: New;
        try {
          text = dictKey(key);
        } catch (error) {
          Py_DecRef(item);
          throw error;
        }
        const result = PyDict_SetItem(dict, text, item);
        Py_DecRef(text);
        Py_DecRef(item);
        intOrThrow(result);
      }
    }

    #fillMap(source: ReadonlyMap<unknown, unknown>, dict: Ref, place: Place): void {
      const { PyDict_SetItem, PyDict_Size } = library.collections;
      let size = 0;
      for (const [key, value] of source) {
        const pyKey = this.#hashable(key, place, "a dict key");
        let result: number;
        try {
          const item = this.element(value, place, key);
          result = PyDict_SetItem(dict, pyKey, item);
          Py_DecRef(item);
        } finally {
          Py_DecRef(pyKey);
        }
        if (result === -1) throw unhashable(place, key, "a dict key");
        if (backend.sizeToNumber(PyDict_Size(dict)) !== ++size) throw merged(place, key, "key");
      }
    }

    #fillSet(source: ReadonlySet<unknown>, set: Ref, place: Place): void {
      const { PySet_Add, PySet_Size } = library.collections;
      let size = 0;
      for (const value of source) {
        const item = this.#hashable(value, place, "a set element");
        const result = PySet_Add(set, item);
        Py_DecRef(item);
        if (result === -1) throw unhashable(place, value, "a set element");
        if (backend.sizeToNumber(PySet_Size(set)) !== ++size) throw merged(place, value, "element");
      }
    }

    /** Containers become unhashable Python objects: said here, with the JS value named. */
    #hashable(value: unknown, place: Place, role: string): New {
      if (typeof value === "object" && value !== null && !identities.isPython(value)) {
        if (
          Array.isArray(value) || value instanceof Map || value instanceof Set || isPlain(value)
        ) {
          throw new PyConversionError(
            pathOf(place, value),
            `${describe(value)} is mutable in Python and cannot be ${role}; ` +
              `use a string, a number, or a Python tuple: py.builtins.tuple([…])`,
          );
        }
      }
      return this.element(value, place, value);
    }
  }

  function unhashable(place: Place, key: unknown, role: string): PyConversionError {
    const cause = interpreter.raised();
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new PyConversionError(
      pathOf(place, key),
      `${describe(key)} cannot be ${role}: ${reason}`,
      { cause },
    );
  }

  return toPython;
}

function merged(place: Place, key: unknown, role: string): PyConversionError {
  return new PyConversionError(
    pathOf(place, key),
    `${
      describe(key)
    } equals an earlier ${role} in Python (as 0 and false, 1 and true, 1 and 1n do), ` +
      `so one of the two would be lost`,
  );
}

/** The memory of a real Uint8Array; `null` for a Proxy of one. */
function bufferOf(value: Uint8Array): ArrayBufferLike | null {
  return ArrayBuffer.isView(value) ? value.buffer : null;
}

/** What goes wrong in a value itself (a Proxy, a getter, a Map in name only) gets its place. */
function located(error: unknown, value: unknown, place: Place, key: unknown): unknown {
  if (error instanceof Reason) return error.at(place, key);
  if (error instanceof PyConversionError) return error;
  if (error instanceof PyduetError || pythonErrorOf(error)) return error;
  if (isExhausted(error)) return error; // no fault of the value
  const reason = error instanceof Error ? error.message : describe(error);
  return new PyConversionError(pathOf(place, key), `${describe(value)}: ${reason}`, {
    cause: error,
  });
}

/** The stack, in the words of both engines. */
function isExhausted(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

/** A Proxy may say anything. */
function lengthOf(source: readonly unknown[], place: Place): number {
  const { length } = source;
  if (Number.isInteger(length) && length >= 0 && length <= 0xffffffff) return length;
  throw new PyConversionError(
    pathOf(place, NO_KEY),
    `an Array whose length is ${describe(length)}`,
  );
}

function keysOf(source: object, place: Place): string[] {
  try {
    return Object.keys(source);
  } catch (cause) {
    throw new PyConversionError(pathOf(place, NO_KEY), describe(source), { cause });
  }
}

/** Reads a property; a getter that throws is named. */
function read(source: object, key: string | number, place: Place): unknown {
  try {
    return (source as Record<string | number, unknown>)[key];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : describe(cause);
    throw new PyConversionError(pathOf(place, key), `reading it threw: ${reason}`, { cause });
  }
}
