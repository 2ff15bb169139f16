/**
 * TypeScript values given to Python by their declared types.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import { describe, stepOf } from "../convert/path.ts";
import { isPlain } from "../convert/plain.ts";
import { byRef } from "../objects/by.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { classOf, isLiteral, Mismatch, mustBe } from "./mismatch.ts";
import type { Fields, Kind, Type } from "./types.ts";

/** Makes the object of a value: a new reference. Throws a {@link Mismatch}. Needs the GIL. */
export type Writer = (value: unknown) => New;

/** What the writers ask of the rest of this floor. */
export interface WriterParts {
  /** The Python class of a declared enum or record, borrowed. */
  pythonClass(declared: PyEnum | PyRecord): Borrowed;
  readonly asyncValues: { writer(type: Type, what: string): Writer };
}

const BULK: Partial<Record<Kind, string>> = { str: "string", bool: "boolean" };

/** Binds the writers to an interpreter. The result gives a type's writer, made once. */
export function createWriters(bridge: Bridge, parts: WriterParts): (type: Type) => Writer {
  const { interpreter, checks, rules, strings, python, toPython } = bridge;
  const { library, none, share } = interpreter;
  const { Py_DecRef, PyFloat_FromDouble } = library.object;
  const LIST = library.dataObject("PyList_Type");
  const TUPLE = library.dataObject("PyTuple_Type");
  const DICT = library.dataObject("PyDict_Type");
  const SET = library.dataObject("PySet_Type");
  const BYTES = library.dataObject("PyBytes_Type");
  const known = new WeakMap<Type, Writer>();

  function writerOf(type: Type): Writer {
    let writer = known.get(type);
    if (!writer) {
      const made = MAKERS[type.kind](type);
      writer = type.fallback?.value === null
        ? (value) => value === null || value === undefined ? share(none) : made(value)
        : made;
      known.set(type, writer);
    }
    return writer;
  }

  function refuse(type: Type, value: unknown): never {
    const facade = facadeOf(value);
    throw mustBe(type, facade ? facade.typeText : describe(value));
  }

  /** As the value crosses by itself, if it is of the kind. */
  function checked(test: (value: unknown) => boolean): (type: Type) => Writer {
    return (type) => (value) => test(value) ? toPython(value) : refuse(type, value);
  }

  /** A PyObject whose class Python knows may be given for everything that is checked there. */
  function made(name: string, test: (value: unknown) => boolean): (type: Type) => Writer {
    return (type) => (value) => {
      if (!test(value)) {
        const facade = facadeOf(value);
        if (!facade) refuse(type, value);
        const answer = python.call("_typed", name.replace("make_", "as_"), facade.pointer());
        if (answer !== none) return answer;
        Py_DecRef(answer);
        refuse(type, value);
      }
      const text = toPython(value);
      try {
        return python.call("_typed", name, text);
      } finally {
        Py_DecRef(text);
      }
    };
  }

  // --- containers ---------------------------------------------------------------

  function within(step: () => string, write: () => New): New {
    try {
      return write();
    } catch (error) {
      throw Mismatch.is(error) ? error.within(step()) : error;
    }
  }

  function listOf(values: readonly unknown[], writers: (i: number) => Writer): New {
    const made: New[] = [];
    try {
      values.forEach((value, i) => made.push(within(() => `[${i}]`, () => writers(i)(value))));
    } catch (error) {
      made.forEach((each) => Py_DecRef(each));
      throw error;
    }
    return rules.listOf(made);
  }

  function list(type: Type): Writer {
    const item = type.parts[0]!;
    const write = writerOf(item);
    const bulk = BULK[item.kind];
    return (value) => {
      const facade = facadeOf(value);
      if (facade) return facade.isInstanceOf(LIST) ? toPython(value) : refuse(type, value);
      if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) {
        refuse(type, value);
      }
      const values = [...value as Iterable<unknown>];
      if (bulk !== undefined && values.every((each) => (typeof each as string) === bulk)) {
        return toPython(values);
      }
      return listOf(values, () => write);
    };
  }

  function tuple(type: Type): Writer {
    const writers = type.parts.map(writerOf);
    return (value) => {
      const facade = facadeOf(value);
      if (facade) return facade.isInstanceOf(TUPLE) ? toPython(value) : refuse(type, value);
      if (!Array.isArray(value)) refuse(type, value);
      const values = value as unknown[];
      if (values.length !== writers.length) {
        throw mustBe(type, `an Array of length ${values.length}`);
      }
      const items = listOf(values, (i) => writers[i]!);
      const made = library.collections.PyList_AsTuple(items);
      Py_DecRef(items);
      return checks.takeNewOrThrow(made);
    };
  }

  function put(dict: Ref, key: New, value: () => New): void {
    try {
      const item = value();
      const result = library.collections.PyDict_SetItem(dict, key, item);
      Py_DecRef(item);
      checks.intOrThrow(result);
    } finally {
      Py_DecRef(key);
    }
  }

  function filled(fill: (dict: New) => void): New {
    const dict = checks.takeNewOrThrow(library.collections.PyDict_New());
    try {
      fill(dict);
      return dict;
    } catch (error) {
      Py_DecRef(dict);
      throw error;
    }
  }

  function dict(type: Type): Writer {
    const [writeKey, writeValue] = type.parts.map(writerOf) as [Writer, Writer];
    return (value) => {
      const facade = facadeOf(value);
      if (facade) return facade.isInstanceOf(DICT) ? toPython(value) : refuse(type, value);
      if (typeof value !== "object" || value === null) refuse(type, value);
      if (!(value instanceof Map) && !isPlain(value)) refuse(type, value);
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      return filled((dict) => {
        for (const [name, item] of entries) {
          const key = within(() => " key", () => writeKey(name));
          put(dict, key, () => within(() => stepOf(name), () => writeValue(item)));
        }
        if (backend.sizeToNumber(library.collections.PyDict_Size(dict)) !== entries.length) {
          throw new Mismatch(
            "has keys that are equal in Python, so that one would be lost",
            "ValueError",
          );
        }
      });
    };
  }

  function set(type: Type): Writer {
    const write = writerOf(type.parts[0]!);
    return (value) => {
      const facade = facadeOf(value);
      if (facade) return facade.isInstanceOf(SET) ? toPython(value) : refuse(type, value);
      if (!(value instanceof Set)) refuse(type, value);
      const items = listOf([...value as Set<unknown>], () => write);
      const made = library.collections.PySet_New(items);
      Py_DecRef(items);
      return checks.takeNewOrThrow(made);
    };
  }

  function fieldsOf(fields: readonly (readonly [string, Type])[], value: object): New {
    return filled((dict) => {
      for (const [name, of] of fields) {
        const field = (value as Record<string, unknown>)[name];
        if (field === undefined && of.fallback) continue;
        if (field === undefined && !(name in value)) {
          throw new Mismatch(`lacks the field '${name}'`);
        }
        const key = strings.stringToPython(name);
        put(dict, key, () => within(() => `.${name}`, () => writerOf(of)(field)));
      }
    });
  }

  function record(type: Type): Writer {
    const { fields } = type.detail as { fields: Fields };
    return (value) => {
      if (facadeOf(value)) {
        return facadeOf(value)!.isInstanceOf(DICT) ? toPython(value) : refuse(type, value);
      }
      if (typeof value !== "object" || value === null) refuse(type, value);
      return fieldsOf(Object.entries(fields), value);
    };
  }

  // --- choices and things with identity -------------------------------------------

  function union(type: Type): Writer {
    const writers = type.parts.map(writerOf);
    return (value) => {
      let inner: Mismatch | undefined;
      for (const write of writers) {
        try {
          return write(value);
        } catch (error) {
          if (!Mismatch.is(error)) throw error;
          if (error.path !== "") inner ??= error;
        }
      }
      throw inner ?? mustBe(type, facadeOf(value)?.typeText ?? describe(value));
    };
  }

  function instance(type: Type): Writer {
    const { detail } = type;
    if (detail instanceof PyEnum || detail instanceof PyRecord) {
      return (value) => {
        const cls = parts.pythonClass(detail);
        const facade = facadeOf(value);
        if (facade) {
          const fits = library.protocol.PyObject_IsInstance(facade.pointer(), cls);
          return checks.intOrThrow(fits) === 1 ? toPython(value) : refuse(type, value);
        }
        if (detail instanceof PyRecord) {
          if (typeof value !== "object" || value === null) refuse(type, value);
          const fields = fieldsOf(detail.fields.map(({ name, type: of }) => [name, of]), value);
          return calledWith("make_record", cls, fields);
        }
        // Members of a Flag may be put together.
        const known = detail.members.some(([, each]) => each === value) ||
          detail.kind.endsWith("Flag");
        if (!known) refuse(type, value);
        return calledWith("make_member", cls, toPython(value));
      };
    }
    const facade = facadeOf(detail);
    if (facade) {
      return (value) => {
        const object = toPython(value);
        if (
          checks.intOrThrow(library.protocol.PyObject_IsInstance(object, facade.pointer())) === 1
        ) {
          return object;
        }
        Py_DecRef(object);
        return refuse(type, value);
      };
    }
    return (value) => {
      const cls = classOf(detail) as new () => unknown;
      return value instanceof cls ? toPython(value) : refuse(type, value);
    };
  }

  /** Takes the reference to the argument. */
  function calledWith(name: string, cls: Ref, argument: New): New {
    try {
      return python.call("_typed", name, cls, argument);
    } finally {
      Py_DecRef(argument);
    }
  }

  function bytesOf(value: unknown): Uint8Array | null {
    if (ArrayBuffer.isView(value)) {
      return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      return new Uint8Array(value);
    }
    return null;
  }

  const isWhole = (value: unknown): boolean => typeof value === "bigint" || Number.isInteger(value);

  const MAKERS: Record<Kind, (type: Type) => Writer> = {
    any: () => toPython,
    none: (type) => (value) =>
      value === null || value === undefined ? share(none) : refuse(type, value),
    bool: checked((value) => typeof value === "boolean"),
    int: wholeNumber,
    bigint: wholeNumber,
    float: (type) => (value) =>
      typeof value === "number"
        ? checks.takeNewOrThrow(PyFloat_FromDouble(value))
        : refuse(type, value),
    str: checked((value) => typeof value === "string"),
    bytes: (type) => (value) => {
      const bytes = bytesOf(value);
      if (bytes) return toPython(bytes);
      return facadeOf(value)?.isInstanceOf(BYTES) ? toPython(value) : refuse(type, value);
    },
    object: () => toPython,
    callable: (type) => (value) =>
      typeof value === "function" ? toPython(value) : refuse(type, value),
    list,
    tuple,
    dict,
    set,
    union,
    literal: (type) => (value) => {
      if ((type.detail as unknown[]).some((each) => isLiteral(value, each))) return toPython(value);
      return refuse(type, value);
    },
    instance,
    record,
    buffer: (type) => (value) => {
      const isMemory = ArrayBuffer.isView(value) || value instanceof ArrayBuffer ||
        value instanceof SharedArrayBuffer;
      if (isMemory) return toPython(byRef(value));
      return facadeOf(value) ? toPython(value) : refuse(type, value);
    },
    awaitable: (type) => parts.asyncValues.writer(type, "an awaitable"),
    asyncIterator: (type) => parts.asyncValues.writer(type, "an async iterator"),
    datetime: (type) => (value) => {
      if (value instanceof Date) {
        if (!Number.isNaN(value.getTime())) return toPython(value);
        throw new Mismatch("must be datetime.datetime, not an invalid Date", "ValueError");
      }
      return made("make_datetime", () => false)(type)(value);
    },
    timedelta: made("make_timedelta", (value) => typeof value === "number"),
    path: made("make_path", (value) => typeof value === "string"),
    decimal: made("make_decimal", (value) => typeof value === "string" || isWhole(value)),
    uuid: made("make_uuid", (value) => typeof value === "string"),
  };

  function wholeNumber(type: Type): Writer {
    return (value) => {
      if (typeof value === "number" && value > -9007199254740992 && value < 9007199254740992) {
        if (value % 1 === 0) return toPython(value === 0 ? 0 : value); // -0 is a float by itself
        return refuse(type, value);
      }
      if (typeof value === "bigint") return toPython(value);
      // Beyond 2**53 a number has gaps, but is a whole number all the same: exactly that one.
      if (Number.isInteger(value)) return toPython(BigInt(value as number));
      return refuse(type, value);
    };
  }

  return writerOf;
}
