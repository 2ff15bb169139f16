/**
 * Python values read by their declared types.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { keyOfType } from "../capi/layout.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import { stepOf } from "../convert/path.ts";
import { setOwn } from "../convert/plain.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { declarationOf } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { classOf, isLiteral, Mismatch, mustBe, wordsOf } from "./mismatch.ts";
import type { Parameter } from "./parameters.ts";
import type { Fields, Kind, Type } from "./types.ts";

/** Gives the value of an object that stays with its owner. Throws a {@link Mismatch}. Needs the GIL. */
export type Reader = (object: Ref) => unknown;

/** What the readers ask of the rest of this floor. */
export interface ReaderParts {
  /** The Python class of a declared enum or record, borrowed. */
  pythonClass(declared: PyEnum | PyRecord): Borrowed;
  readonly asyncValues: { reader(type: Type, what: string): Reader };
  /** Called when the call ends. */
  atEnd(act: () => void): void;
}

/** Py_TPFLAGS_…_SUBCLASS of object.h. */
const LIST = 1 << 25;
const TUPLE = 1 << 26;
const BYTES = 1 << 27;
const UNICODE = 1 << 28;
const DICT = 1 << 29;

/** Lists this long are read as a whole where all their items are exactly of one simple type. */
const LONG_LIST = 8;
const SIMPLE: Partial<Record<Kind, readonly [python: string, js: string]>> = {
  str: ["PyUnicode_Type", "string"],
  int: ["PyLong_Type", "number"],
  bool: ["PyBool_Type", "boolean"],
};

/** Binds the readers to an interpreter. The result gives a type's reader, made once. */
export function createReaders(bridge: Bridge, parts: ReaderParts): (type: Type) => Reader {
  const { interpreter, checks, rules, strings, python, deepToJs, wrap } = bridge;
  const { library, typeKey, none, share } = interpreter;
  const {
    Py_DecRef,
    PyLong_AsDouble,
    PyFloat_AsDouble,
    PyCallable_Check,
    PyErr_Occurred,
    PyErr_Clear,
  } = library.object;
  const { PyList_Size, PyList_GetItem, PyTuple_Size, PyTuple_GetItem } = library.collections;
  const key = (name: string) => keyOfType(library.dataObject(name));
  const INT = key("PyLong_Type");
  const FLOAT = key("PyFloat_Type");
  const STR = key("PyUnicode_Type");
  const BOOL = key("PyBool_Type");
  const known = new WeakMap<Type, Reader>();

  function readerOf(type: Type): Reader {
    let reader = known.get(type);
    if (!reader) {
      const made = MAKERS[type.kind](type);
      reader = type.fallback?.value === null
        ? (object) => object === none ? null : made(object)
        : made;
      known.set(type, reader);
    }
    return reader;
  }

  // --- questions --------------------------------------------------------------

  function is(object: Ref, flag: number): boolean {
    const type = library.protocol.PyObject_Type(object);
    const flags = library.protocol.PyType_GetFlags(type);
    Py_DecRef(type); // its object keeps it
    return (flags & flag) !== 0;
  }

  function typeName(object: Ref): string {
    return object === none
      ? "None"
      : rules.toJs(python.call("_objects", "type_name", object)) as string;
  }

  function refuse(type: Type, object: Ref): never {
    throw mustBe(type, typeName(object));
  }

  /** What a function of python/pyduet/_define.py makes of the object; None where it is of another type. */
  function asked<T>(name: string, type: Type, object: Ref, use: (answer: New) => T): T {
    const answer = python.call("_typed", name, object);
    if (answer !== none) return use(answer);
    Py_DecRef(answer);
    return refuse(type, object);
  }

  // --- numbers and texts --------------------------------------------------------

  function int(type: Type): Reader {
    return (object) => {
      if (typeKey(object) === INT) {
        const value = PyLong_AsDouble(object);
        if (value < 9007199254740992 && value > -9007199254740992 && value !== -1) return value;
        if (value === -1 && PyErr_Occurred()) PyErr_Clear(); // beyond a double, and read anew
      }
      const value = whole(type, object);
      if (typeof value === "number") return value;
      throw new Mismatch(
        "is an int beyond 2**53 - 1, too large for a number of TypeScript; declare it t.bigint",
        "OverflowError",
      );
    };
  }

  function whole(type: Type, object: Ref): number | bigint {
    if (typeKey(object) === INT) return rules.borrowedToJs(object) as number | bigint;
    return asked("as_int", type, object, (answer) => rules.toJs(answer)) as number | bigint;
  }

  function float(type: Type): Reader {
    return (object) => {
      const exact = typeKey(object);
      if (exact === FLOAT) return PyFloat_AsDouble(object);
      if (exact === INT) return checks.doubleOrThrow(PyFloat_AsDouble(object));
      return asked("as_float", type, object, (answer) => rules.toJs(answer));
    };
  }

  // --- containers ---------------------------------------------------------------

  function within<T>(step: () => string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw Mismatch.is(error) ? error.within(step()) : error;
    }
  }

  function list(type: Type): Reader {
    const item = type.parts[0]!;
    const read = readerOf(item);
    const simple = SIMPLE[item.kind];
    const [exact, js] = simple ? [library.dataObject(simple[0]), simple[1]] : [null, ""];
    return (object) => {
      if (!is(object, LIST)) refuse(type, object);
      const length = backend.sizeToNumber(PyList_Size(object));
      // A float that is whole would be a number like any int: their types are asked in Python.
      if (
        exact && length >= LONG_LIST &&
        rules.toJs(python.call("_typed", "holds_only", object, exact)) === true
      ) {
        const values = deepToJs(object, { unknown: "throw", depth: 1 }) as unknown[];
        if (values.every((value) => (typeof value as string) === js)) return values;
      }
      const values: unknown[] = [];
      // The list may change while its items are read: it is asked for its length each time.
      for (let i = 0; i < backend.sizeToNumber(PyList_Size(object)); i++) {
        const each = share(PyList_GetItem(object, backend.size(i))!);
        try {
          values.push(within(() => `[${i}]`, () => read(each)));
        } finally {
          Py_DecRef(each);
        }
      }
      return values;
    };
  }

  function tuple(type: Type): Reader {
    const reads = type.parts.map(readerOf);
    return (object) => {
      if (!is(object, TUPLE)) refuse(type, object);
      const length = backend.sizeToNumber(PyTuple_Size(object));
      if (length !== reads.length) throw mustBe(type, `a tuple of length ${length}`);
      return reads.map((read, i) =>
        within(() => `[${i}]`, () => read(PyTuple_GetItem(object, backend.size(i))!))
      );
    };
  }

  /** The items of a container as a list of their own, which does not change while it is read. */
  function each(name: string, object: Ref, use: (item: Borrowed) => void): void {
    const items = python.call("_typed", name, object);
    try {
      const length = backend.sizeToNumber(PyList_Size(items));
      for (let i = 0; i < length; i++) use(PyList_GetItem(items, backend.size(i))!);
    } finally {
      Py_DecRef(items);
    }
  }

  function dict(type: Type): Reader {
    const [keys, values] = type.parts as [Type, Type];
    const readKey = readerOf(keys);
    const readValue = readerOf(values);
    const plain = isText(keys);
    return (object) => {
      if (!is(object, DICT)) refuse(type, object);
      const record: Record<string, unknown> = {};
      const map = new Map<unknown, unknown>();
      each("pairs", object, (pair) => {
        const keyObject = PyTuple_GetItem(pair, backend.size(0))!;
        const name = within(() => " key", () => readKey(keyObject));
        const value = within(
          () => stepOf(name),
          () => readValue(PyTuple_GetItem(pair, backend.size(1))!),
        );
        if (plain) setOwn(record, String(name), value);
        else map.set(name, value);
      });
      return plain ? record : map;
    };
  }

  function set(type: Type): Reader {
    const read = readerOf(type.parts[0]!);
    return (object) => {
      const answer = python.call("_typed", "is_set", object);
      if (rules.toJs(answer) !== true) refuse(type, object);
      const values = new Set<unknown>();
      each("elements", object, (item) => values.add(within(() => " element", () => read(item))));
      return values;
    };
  }

  function record(type: Type): Reader {
    const { name, fields } = type.detail as { name: string; fields: Fields };
    const reads = Object.entries(fields).map(([field, of]) => [field, readerOf(of), of] as const);
    return (object) => {
      if (!is(object, DICT)) refuse(type, object);
      const found = new Map<string, unknown>();
      each("pairs", object, (pair) => {
        const field = rules.borrowedToJs(PyTuple_GetItem(pair, backend.size(0))!);
        const read = reads.find(([known]) => known === field)?.[1];
        if (!read) throw new Mismatch(`has a key that ${name} has not: ${String(field)}`);
        found.set(
          field as string,
          within(() => stepOf(field), () => read(PyTuple_GetItem(pair, backend.size(1))!)),
        );
      });
      const values: Record<string, unknown> = {};
      for (const [field, , of] of reads) {
        if (found.has(field)) setOwn(values, field, found.get(field));
        else if (of.fallback) setOwn(values, field, of.fallback.value);
        else throw new Mismatch(`lacks the key '${field}' of ${name}`);
      }
      return values;
    };
  }

  // --- choices ------------------------------------------------------------------

  function union(type: Type): Reader {
    const reads = type.parts.map(readerOf);
    return (object) => {
      let inner: Mismatch | undefined;
      for (const read of reads) {
        try {
          return read(object);
        } catch (error) {
          if (!Mismatch.is(error)) throw error;
          // What got further into the value tells more.
          if (error.path !== "" || error.kind !== "TypeError") inner ??= error;
        }
      }
      throw inner ?? mustBe(type, typeName(object));
    };
  }

  function literal(type: Type): Reader {
    const values = type.detail as readonly unknown[];
    return (object) => {
      const value = typeKey(object) === BOOL || !is(object, UNICODE)
        ? rules.borrowedToJs(object)
        : strings.stringToJs(object);
      const found = values.findIndex((each) => isLiteral(value, each));
      if (found !== -1) return values[found];
      facadeOf(value)?.release();
      const text = rules.toJs(python.call("_objects", "safe_repr", object)) as string;
      throw new Mismatch(`must be ${wordsOf(type)}, not ${text}`, "ValueError");
    };
  }

  // --- things with identity -------------------------------------------------------

  const wrapped: Reader = (object) => wrap(share(object));

  function isInstance(object: Ref, cls: Ref): boolean {
    return checks.intOrThrow(library.protocol.PyObject_IsInstance(object, cls)) === 1;
  }

  function instance(type: Type): Reader {
    const { detail } = type;
    if (detail instanceof PyEnum) {
      return (object) => {
        if (!isInstance(object, parts.pythonClass(detail))) refuse(type, object);
        return rules.toJs(python.call("_typed", "value_of", object));
      };
    }
    if (detail instanceof PyRecord) return dataclass(type, detail);
    const facade = facadeOf(detail);
    if (facade) {
      return (object) =>
        isInstance(object, facade.pointer()) ? wrap(share(object)) : refuse(type, object);
    }
    return (object) => {
      const cls = classOf(detail) as new () => unknown;
      const value = rules.borrowedToJs(object);
      if (value instanceof cls) return value;
      facadeOf(value)?.release();
      const bare = declarationOf(cls.prototype) && typeName(object) === typeName(object) &&
        rules.toJs(python.call("_define", "is_bare", object)) === true;
      if (bare) throw new Mismatch("is not initialised: its class did not call super().__init__()");
      return refuse(type, object);
    };
  }

  function dataclass(type: Type, declared: PyRecord): Reader {
    const reads = declared.fields.map(({ name, type: of }: Parameter) =>
      [name, readerOf(of)] as const
    );
    return (object) => {
      if (!isInstance(object, parts.pythonClass(declared))) refuse(type, object);
      const values: Record<string, unknown> = {};
      for (const [name, read] of reads) {
        const field = checks.takeNewOrThrow(
          library.object.PyObject_GetAttr(object, strings.name(name)),
        );
        try {
          setOwn(values, name, within(() => `.${name}`, () => read(field)));
        } finally {
          Py_DecRef(field);
        }
      }
      return values;
    };
  }

  function buffer(type: Type): Reader {
    return (object) => {
      if (rules.toJs(python.call("_typed", "is_buffer", object)) !== true) refuse(type, object);
      const view = bridge.makeBuffer(object);
      parts.atEnd(() => view.release());
      if (type.detail !== undefined && view.format !== type.detail) {
        throw mustBe(type, `of format '${view.format}'`);
      }
      return view;
    };
  }

  /** Types that Python recognises, and `$.toJs()` converts. */
  function plain(name: string): (type: Type) => Reader {
    return (type) => (object) => {
      const answer = python.call("_typed", name, object);
      try {
        if (answer === none) refuse(type, object);
        return deepToJs(answer, { unknown: "throw" });
      } finally {
        Py_DecRef(answer);
      }
    };
  }

  const MAKERS: Record<Kind, (type: Type) => Reader> = {
    any: () => rules.borrowedToJs,
    none: (type) => (object) => object === none ? null : refuse(type, object),
    bool: (type) => (object) => {
      const value = rules.scalar(object); // numpy has a bool of its own
      return typeof value === "boolean" ? value : refuse(type, object);
    },
    int,
    bigint: (type) => (object) => BigInt(whole(type, object)),
    float,
    str: (type) => (object) => {
      if (typeKey(object) !== STR && !is(object, UNICODE)) refuse(type, object);
      return strings.stringToJs(object);
    },
    bytes: (type) => (object) => {
      if (!is(object, BYTES)) refuse(type, object);
      return bridge.bytes.bytesToJs(object);
    },
    object: () => wrapped,
    callable: (type) => (object) =>
      PyCallable_Check(object) === 1 ? rules.borrowedToJs(object) : refuse(type, object),
    list,
    tuple,
    dict,
    set,
    union,
    literal,
    instance,
    record,
    buffer,
    awaitable: (type) => parts.asyncValues.reader(type, "an awaitable"),
    asyncIterator: (type) => parts.asyncValues.reader(type, "an async iterator"),
    datetime: plain("as_datetime"),
    timedelta: plain("as_timedelta"),
    path: (type) => (object) => asked("as_path", type, object, (answer) => rules.toJs(answer)),
    decimal: plain("as_decimal"),
    uuid: plain("as_uuid"),
  };

  return readerOf;
}

/** Whether every value of the type is a string in TypeScript: as `JsOf` of it says. */
function isText({ kind, parts, detail }: Type): boolean {
  if (kind === "union") return parts.every(isText);
  const values = kind === "literal"
    ? detail as readonly unknown[]
    : detail instanceof PyEnum
    ? detail.members.map(([, value]) => value)
    : [];
  return ["str", "path", "decimal", "uuid"].includes(kind) ||
    values.length > 0 && values.every((value) => typeof value === "string");
}
