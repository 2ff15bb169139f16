/**
 * Which conversion a Python object takes on its own, by its exact type. The
 * builtin scalars are decided here; the floor above adds its rules.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { TypeKey } from "../capi/layout.ts";
import { keyOfType } from "../capi/layout.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Bytes } from "./bytes.ts";
import type { Numbers } from "./number.ts";
import { NO_KEY, Reason, ROOT } from "./path.ts";
import type { Strings } from "./string.ts";

/** Turns an object of a type into a JS value; takes the reference. */
export type Rule = (reference: New, type: TypeKey) => unknown;

/** Not a value that {@link Rules.scalar} knows. */
export const NO_SCALAR: unique symbol = Symbol("no scalar");

/** The implicit conversion to JS. All need the GIL. */
export interface Rules {
  /** Takes the reference. */
  toJs(reference: New): unknown;
  /** Leaves the reference with its owner. */
  borrowedToJs(object: Ref): unknown;
  /** Whether the object is an exact `int` or a numpy integer. */
  isInteger(object: Ref): boolean;
  /** A type that was sorted has gone: its address may be another's now. */
  forget(type: TypeKey): void;
  /** The text of a `str` or of a subclass. */
  text(object: Ref): string;
  /** The items of an exact list, converted one by one; takes the reference to the list. */
  items(list: New, convert?: (item: Borrowed) => unknown): unknown[];
  /** The items of an exact tuple, converted one by one. */
  entries(tuple: Ref, convert?: (item: Borrowed) => unknown): unknown[];
  /** A new list; takes the references. */
  listOf(items: readonly New[]): New;
  /** The value of a builtin scalar or numpy scalar, else {@link NO_SCALAR}. */
  scalar(object: Ref): unknown;
  /** Objects of exactly that type take this rule from now on. Keeps the type alive. */
  add(type: Borrowed, rule: Rule): void;
  /** What a converter of the program's makes of an object, else {@link NO_SCALAR}. */
  converted(object: Ref): unknown;
  /**
   * The converter of objects of the types sorted as `"convert"`: {@link NO_SCALAR} where it leaves
   * one. `asked`: by `$.toJs()`.
   */
  setConverter(convert: (object: Ref, type: TypeKey, asked: boolean) => unknown): void;
  /** Every type is sorted anew when it is met again. */
  resort(): void;
  /** Objects with no rule of their own take this one. */
  setDefault(rule: Rule): void;
  /**
   * How a type new to this thread is sorted. `"int"`, `"float"` and `"bool"` are numpy
   * scalars; `"convert"` has a converter; `""` is an ordinary type; `"later"` cannot be told yet;
   * any other word names a rule given with it. The end of those and of ordinary ones is reported to `forget`.
   */
  setClassifier(classify: (type: Ref, key: TypeKey) => string, named: Record<string, Rule>): void;
}

/** Binds the rules to an interpreter. */
export function createRules(
  interpreter: Interpreter,
  checks: Checks,
  { numbers, strings, bytes }: { numbers: Numbers; strings: Strings; bytes: Bytes },
): Rules {
  const { library, typeKey, none, share } = interpreter;
  const NONE = typeKey(none);
  const { Py_DecRef, PyLong_AsDouble, PyFloat_AsDouble } = library.object;
  const key = (name: string): TypeKey => keyOfType(library.dataObject(name));
  const INT = key("PyLong_Type");
  const FLOAT = key("PyFloat_Type");
  const STR = key("PyUnicode_Type");
  const BOOL = key("PyBool_Type");
  const BYTES = key("PyBytes_Type");
  const TRUE = interpreter.true_;
  const dropped = interpreter.flags.bytes;

  const rules = new Map<TypeKey, Rule>();
  /** Types known to have no rule: most objects of a program. */
  const plain = new Set<TypeKey>();
  const numpy = new Map<TypeKey, (object: Ref) => unknown>();
  const converted = new Set<TypeKey>();
  const kept: New[] = [];
  const sorted: New[] = [];
  let otherwise: Rule;
  let classify: (type: Ref, key: TypeKey) => string = () => "";
  let namedRules: Record<string, Rule> = {};
  /** Types of {@link namedRules}, which `resort()` takes out of the rules. */
  const named = new Set<TypeKey>();
  let convert: (object: Ref, type: TypeKey, asked: boolean) => unknown = () => NO_SCALAR;

  function toJs(reference: New): unknown {
    const type = typeKey(reference);
    if (type === INT) {
      const value = PyLong_AsDouble(reference);
      if (!(value < 9007199254740992 && value > -9007199254740992 && value !== -1)) {
        return largeInt(reference, value);
      }
      Py_DecRef(reference);
      return value;
    }
    if (type === latest && dropped[1] === 0) return otherwise(reference, type);
    let value: unknown;
    try {
      value = scalarOfType(reference, type);
    } catch (error) {
      Py_DecRef(reference);
      throw atRoot(error);
    }
    if (value !== NO_SCALAR) {
      Py_DecRef(reference);
      return value;
    }
    return byRule(reference, type);
  }

  function largeInt(reference: New, value: number): unknown {
    try {
      return numbers.intFromDouble(reference, value);
    } catch (error) {
      throw atRoot(error);
    } finally {
      Py_DecRef(reference);
    }
  }

  /** The type that last had no rule: objects of one type come in rows, and asking the tables costs more. */
  let latest: TypeKey = 0;

  function byRule(reference: New, type: TypeKey): unknown {
    const rule = rules.get(type);
    if (rule) return rule(reference, type);
    if (converted.has(type)) return byConverter(reference, type);
    latest = type;
    return otherwise(reference, type);
  }

  function byConverter(reference: New, type: TypeKey): unknown {
    let value: unknown;
    try {
      value = convert(reference, type, false);
    } catch (error) {
      Py_DecRef(reference);
      throw atRoot(error);
    }
    if (value === NO_SCALAR) return otherwise(reference, type);
    Py_DecRef(reference);
    return value;
  }

  function borrowedToJs(object: Ref): unknown {
    const type = typeKey(object);
    if (type === INT) {
      const value = PyLong_AsDouble(object);
      return value < 9007199254740992 && value > -9007199254740992 && value !== -1
        ? value
        : largeInt(share(object), value);
    }
    let value: unknown;
    try {
      value = scalarOfType(object, type);
    } catch (error) {
      throw atRoot(error);
    }
    if (value !== NO_SCALAR) return value;
    return byRule(share(object), type);
  }

  function scalar(object: Ref): unknown {
    return scalarOfType(object, typeKey(object));
  }

  function scalarOfType(object: Ref, type: TypeKey): unknown {
    if (type === INT) return numbers.intToJs(object);
    if (type === STR) return strings.stringToJs(object);
    if (type === FLOAT) return PyFloat_AsDouble(object);
    if (type === NONE) return null;
    if (type === BOOL) return object === TRUE;
    if (type === BYTES) return bytes.bytesToJs(object);
    interpreter.takeDropped(); // a type may have gone, and its address be another's
    if (plain.has(type) || rules.has(type) || converted.has(type)) return NO_SCALAR;
    return (numpy.get(type) ?? sort(object, type))(object);
  }

  const noScalar = (): unknown => NO_SCALAR;

  /**
   * Meets a type for the first time. An ordinary one and one with a named rule are known by their
   * address until Python reports their end; other types are kept alive.
   */
  function sort(object: Ref, key: TypeKey): (object: Ref) => unknown {
    const type = library.protocol.PyObject_Type(object);
    const word = classify(borrow(type), key);
    const reader = (NUMPY as Record<string, ((object: Ref) => unknown) | undefined>)[word];
    const rule = namedRules[word];
    if (reader) numpy.set(key, reader);
    else if (word === "convert") converted.add(key);
    else if (rule) {
      rules.set(key, rule);
      named.add(key);
    } else if (word === "") plain.add(key);
    if (reader || word === "convert") sorted.push(type);
    else Py_DecRef(type);
    return reader ?? noScalar;
  }

  const NUMPY = {
    bool: (object: Ref): unknown =>
      checks.intOrThrow(library.protocol.PyObject_IsTrue(object)) === 1,
    float: (object: Ref): unknown => checks.doubleOrThrow(PyFloat_AsDouble(object)),
    int: (object: Ref): unknown => {
      const plainInt = checks.takeNewOrThrow(library.protocol.PyNumber_Index(object));
      const value = numbers.intToJs(plainInt);
      Py_DecRef(plainInt);
      return value;
    },
  };

  function add(type: Borrowed, rule: Rule): void {
    kept.push(share(type));
    plain.delete(keyOfType(type));
    if (latest === keyOfType(type)) latest = 0;
    rules.set(keyOfType(type), rule);
  }

  function items(list: New, convert: (item: Borrowed) => unknown = borrowedToJs): unknown[] {
    const { PyList_Size, PyList_GetItem } = library.collections;
    const length = backend.sizeToNumber(PyList_Size(list));
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(convert(PyList_GetItem(list, backend.size(i))!));
    Py_DecRef(list);
    return values;
  }

  function entries(tuple: Ref, convert: (item: Borrowed) => unknown = borrowedToJs): unknown[] {
    const { PyTuple_Size, PyTuple_GetItem } = library.collections;
    const length = backend.sizeToNumber(PyTuple_Size(tuple));
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(convert(PyTuple_GetItem(tuple, backend.size(i))!));
    return values;
  }

  function listOf(references: readonly New[]): New {
    const { PyList_New, PyList_Append } = library.collections;
    const list = checks.takeNewOrThrow(PyList_New(backend.size(0)));
    for (const reference of references) {
      checks.intOrThrow(PyList_Append(list, reference));
      Py_DecRef(reference);
    }
    return list;
  }

  function resort(): void {
    for (const type of named) rules.delete(type);
    for (const each of [plain, numpy, converted, named]) each.clear();
    latest = 0;
    // A call further down the stack may be asking one of these types at this moment.
    for (const type of sorted.splice(0)) interpreter.retire(type);
  }

  interpreter.atClose(() => [...kept, ...sorted].forEach((type) => Py_DecRef(type)));

  return {
    toJs,
    borrowedToJs,
    scalar,
    text: strings.stringToJs,
    isInteger(object) {
      const type = typeKey(object);
      return type === INT || numpy.get(type) === NUMPY.int;
    },
    forget(type) {
      plain.delete(type);
      if (named.delete(type)) rules.delete(type);
      if (latest === type) latest = 0;
    },
    items,
    entries,
    listOf,
    add,
    converted(object) {
      const type = typeKey(object);
      return converted.has(type) ? convert(object, type, true) : NO_SCALAR;
    },
    setConverter: (fn) => convert = fn,
    resort,
    setDefault: (rule) => otherwise = rule,
    setClassifier(fn, named) {
      classify = fn;
      namedRules = named;
    },
  };
}

/** An integer or a text beyond what JavaScript has room for, or a converter's refusal. */
function atRoot(error: unknown): unknown {
  return error instanceof Reason ? error.at(ROOT, NO_KEY) : error;
}
