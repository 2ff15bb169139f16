/**
 * Python objects to plain TypeScript values, on demand (`$.toJs()`): whole
 * graphs, with their shared references and cycles, without recursion.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import { keyOfType, type TypeKey } from "../capi/layout.ts";
import { indicesOf, nested, numbersOf } from "./array.ts";
import type { Bytes } from "./bytes.ts";
import { PyConversionError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Bulk } from "./bulk.ts";
import type { Dates } from "./datetime.ts";
import { REFUSED } from "./marshal_reader.ts";
import { FOR_JSON, type ToJsOptions } from "./options.ts";
import { describe, NO_KEY, pathOf, type Place, Reason, ROOT, stepOf } from "./path.ts";
import { setOwn } from "./plain.ts";
import { NO_SCALAR, type Rules } from "./rules.ts";

/** Asks Python what a value is as plain data: a tuple `(kind, plain)`, or None. */
export type AskPlain = (value: Ref) => New;

/** A deep conversion; leaves the reference with its owner. Needs the GIL. */
export type DeepToJs = (object: Ref, options?: ToJsOptions) => unknown;

/** Plain forms that stand in for one another; a value may name itself as its own. */
const MOST_STAND_INS = 50;

/** Levels down to which objects are asked: one that makes its elements may never end. */
const MOST_DEEP = 200_000;

interface Pending {
  readonly source: Ref;
  readonly fill: (source: Ref, place: Place, depth: number) => void;
  readonly place: Place;
  readonly depth: number;
}

/** Binds the conversion to an interpreter. */
export function createDeepToJs(
  interpreter: Interpreter,
  checks: Checks,
  rules: Rules,
  bulk: Bulk,
  dates: Dates,
  askPlain: AskPlain,
  isPython: (value: unknown) => boolean,
  bytes: Bytes,
  /** The TypeScript value whose memory a memoryview is. */
  sharedBy: (object: Ref) => unknown,
): DeepToJs {
  const { library, typeKey, none } = interpreter;
  const { Py_DecRef } = library.object;
  const key = (name: string) => keyOfType(library.dataObject(name));
  const LIST = key("PyList_Type");
  const TUPLE = key("PyTuple_Type");
  const DICT = key("PyDict_Type");
  const SET = key("PySet_Type");
  const FROZENSET = key("PyFrozenSet_Type");

  class Conversion {
    readonly #options: ToJsOptions;
    readonly #made = new Map<Ref, unknown>();
    readonly #pending: (Pending | undefined)[] = [];
    /** Every object looked at stays alive to the end, so that no address is used twice. */
    readonly #kept: New[] = [];

    constructor(options: ToJsOptions) {
      this.#options = options;
    }

    run(root: Ref): unknown {
      try {
        const value = this.#value(root, ROOT, NO_KEY, 0);
        // First in, first out: an object that stands in several places is met at its shallowest.
        for (let i = 0; i < this.#pending.length; i++) {
          const next = this.#pending[i]!;
          this.#pending[i] = undefined;
          next.fill(next.source, next.place, next.depth);
        }
        return value;
      } finally {
        for (const reference of this.#kept) Py_DecRef(reference);
      }
    }

    /** The JS value; a container is empty for now. */
    #value(object: Ref, place: Place, at: unknown, depth: number): unknown {
      const scalar = this.#scalarOf(object, place, at);
      if (scalar !== NO_SCALAR) return this.#scalar(object, scalar, place, at);
      if (this.#made.has(object)) return this.#made.get(object);
      const held = this.#keep(object);
      const inner = at === NO_KEY ? place : { parent: place, step: stepOf(at) };
      return this.#container(held, inner, depth);
    }

    #scalarOf(object: Ref, place: Place, at: unknown): unknown {
      try {
        return rules.scalar(object);
      } catch (error) {
        throw error instanceof Reason ? error.at(place, at) : error;
      }
    }

    #scalar(object: Ref, value: unknown, place: Place, at: unknown): unknown {
      const { ints } = this.#options;
      if (ints === "bigint" && typeof value === "number" && rules.isInteger(object)) {
        return BigInt(value);
      }
      if (ints === "number" && typeof value === "bigint") {
        throw new PyConversionError(
          pathOf(place, at),
          beyondSafe(value),
        );
      }
      return value;
    }

    #keep(object: Ref): Borrowed {
      this.#kept.push(interpreter.share(object));
      return borrow(object);
    }

    #container(object: Borrowed, place: Place, depth: number): unknown {
      if (depth >= (this.#options.depth ?? Infinity)) return this.#asIs(object);
      const type = typeKey(object);
      if (type === LIST || type === TUPLE) {
        const array: unknown[] = [];
        return this.#later(object, object, array, place, depth, (source, inner, next) => {
          this.#fillArray(array, source, inner, next);
        });
      }
      if (type === DICT) return this.#mapping(object, this.#entries(object), place, depth);
      if (type === SET || type === FROZENSET) return this.#set(object, object, place, depth);
      return this.#other(object, place, depth);
    }

    #later<T>(
      object: Borrowed,
      source: Ref,
      made: T,
      place: Place,
      depth: number,
      fill: Pending["fill"],
    ): T {
      this.#made.set(object, made);
      this.#pending.push({ source, fill, place, depth: depth + 1 });
      return made;
    }

    /** The items of a list or tuple, each kept before any Python code can run. */
    #fillArray(array: unknown[], source: Ref, place: Place, depth: number): void {
      const items = this.#items(source);
      for (let i = 0; i < items.length; i++) array.push(this.#value(items[i]!, place, i, depth));
    }

    #items(source: Ref): Ref[] {
      const { PyList_Size, PyList_GetItem, PyTuple_Size, PyTuple_GetItem } = library.collections;
      const list = typeKey(source) === LIST;
      const length = backend.sizeToNumber(list ? PyList_Size(source) : PyTuple_Size(source));
      const get = list ? PyList_GetItem : PyTuple_GetItem;
      const items: Ref[] = [];
      for (let i = 0; i < length; i++) items.push(this.#keep(get(source, backend.size(i))!));
      return items;
    }

    /** A set is read through a list of its elements. */
    #set(object: Borrowed, source: Ref, place: Place, depth: number): Set<unknown> {
      const set = new Set<unknown>();
      return this.#later(object, source, set, place, depth, (from, inner, next) => {
        const list = checks.takeNewOrThrow(library.collections.PySequence_List(from));
        this.#kept.push(list);
        for (const item of this.#items(list)) {
          const value = this.#value(item, inner, "…", next);
          if (set.has(value)) throw merged(inner, value, "elements of the set");
          set.add(value);
        }
      });
    }

    #entries(dict: Ref): [Ref, Ref][] {
      const { PyDict_Next } = library.collections;
      const slots = backend.allocate(24);
      const at = slots.address;
      const keyAt = backend.offset(at, 8);
      const valueAt = backend.offset(at, 16);
      const entries: [Ref, Ref][] = [];
      while (PyDict_Next(dict, at, keyAt, valueAt) === 1) {
        entries.push([
          this.#keep(slots.getPointer(1) as Borrowed),
          this.#keep(slots.getPointer(2) as Borrowed),
        ]);
      }
      return entries;
    }

    #mapping(
      object: Borrowed,
      entries: [Ref, Ref][],
      place: Place,
      depth: number,
      dicts = this.#options.dicts ?? "auto",
    ): unknown {
      const keys = entries.map(([key]) => this.#value(key, place, "…", depth + 1));
      const wrong = keys.findIndex((key) => typeof key !== "string");
      if (dicts === "object" && wrong !== -1) {
        throw new PyConversionError(
          pathOf(place, NO_KEY),
          this.#options.dicts === "object"
            ? `the dict's key ${this.#repr(entries[wrong]![0])} is no str; ` +
              `use dicts: "auto" or "map"`
            : `the field's name ${this.#repr(entries[wrong]![0])} is no str`,
        );
      }
      const plain = dicts !== "map" && wrong === -1;
      const made = plain ? {} : this.#made.get(object) ?? new Map();
      return this.#later(object, object, made, place, depth, (_source, inner, next) => {
        const seen = new Set<unknown>();
        entries.forEach(([, item], i) => {
          const key = keys[i];
          if (seen.has(key)) throw merged(inner, key, "keys of the dict");
          seen.add(key);
          const value = this.#value(item, inner, key, next);
          if (made instanceof Map) made.set(key, value);
          else setOwn(made as Record<string, unknown>, key as string, value);
        });
      });
    }

    #repr(object: Ref): string {
      const text = checks.takeNewOrThrow(library.protocol.PyObject_Repr(object));
      this.#kept.push(text);
      return rules.text(text);
    }

    /** How many plain forms stand in for one another at this moment. */
    #standing = 0;

    /** A type that is no exact builtin: Python says what it is. */
    #other(object: Borrowed, place: Place, depth: number): unknown {
      const converted = this.#converted(object, place);
      if (converted !== NO_SCALAR) return this.#remember(object, converted);
      const shared = sharedBy(object);
      if (shared !== undefined) return this.#remember(object, shared);
      if (depth > MOST_DEEP) {
        throw new PyConversionError(
          pathOf(place, NO_KEY),
          `nested ${MOST_DEEP} levels deep, which looks endless; limit it with depth`,
        );
      }
      const answer = askPlain(object);
      this.#kept.push(answer);
      if (answer === none) return this.#unknown(object, place);
      const [kindText, plain] = this.#items(answer) as [Ref, Ref];
      const scalars = (tuple: Ref): unknown[] =>
        this.#items(tuple).map((item) => rules.scalar(item));
      const kind = rules.text(kindText);
      const whole = kind === "fresh" ? inBulk(plain, this.#options) : REFUSED;
      if (whole !== REFUSED) return this.#remember(object, whole);
      switch (kind) {
        case "record":
          return this.#mapping(object, this.#entries(plain), place, depth, "object");
        case "items": {
          // A mapping that is met among its own keys is a Map, since that key is no text.
          this.#made.set(object, new Map());
          const pairs = this.#items(plain).map((pair) => this.#items(pair) as [Ref, Ref]);
          return this.#mapping(object, pairs, place, depth);
        }
        case "set":
          return this.#set(object, plain, place, depth);
        case "date":
          return this.#remember(object, this.#date(object, place));
        case "fraction":
          return this.#remember(
            object,
            scalars(plain).map((part) => BigInt(part as number | bigint)),
          );
        case "complex": {
          const [re, im] = scalars(plain);
          return this.#remember(object, { re, im });
        }
        case "array":
          return this.#remember(object, this.#array(plain, place));
        default:
          return this.#remember(object, this.#standIn(plain, place, depth));
      }
    }

    /** A numpy array of numbers; Python has put it into C order. */
    #array(parts: Ref, place: Place): unknown {
      const [array, kind, size, shapeTuple] = this.#items(parts) as [Ref, Ref, Ref, Ref];
      const shape = this.#items(shapeTuple).map((length) => rules.scalar(length) as number);
      const { ints = "auto", arrays } = this.#options;
      const numbers = numbersOf(bytes.bufferToJs(array), {
        kind: rules.text(kind),
        size: rules.scalar(size) as number,
        ints,
      });
      if ("index" in numbers) {
        const indices = indicesOf(numbers.index, shape);
        const inner = indices.reduce<Place>((parent, i) => ({ parent, step: stepOf(i) }), place);
        throw new PyConversionError(pathOf(inner, NO_KEY), beyondSafe(numbers.value));
      }
      if (arrays === FOR_JSON.arrays) return nested(numbers, shape, ints);
      if (shape.length === 1) return numbers;
      return arrays === "typed" ? { data: numbers, shape } : nested(numbers, shape, ints);
    }

    #standIn(plain: Ref, place: Place, depth: number): unknown {
      if (this.#standing === MOST_STAND_INS) {
        throw new PyConversionError(
          pathOf(place, NO_KEY),
          `what stands for ${this.#repr(plain)} has no end`,
        );
      }
      this.#standing++;
      try {
        return this.#value(plain, place, NO_KEY, depth);
      } finally {
        this.#standing--;
      }
    }

    #converted(object: Borrowed, place: Place): unknown {
      try {
        return rules.converted(object);
      } catch (error) {
        throw error instanceof Reason ? error.at(place, NO_KEY) : error;
      }
    }

    #date(object: Ref, place: Place): unknown {
      try {
        return dates.dateToJs(object, this.#options.dates);
      } catch (error) {
        throw error instanceof Reason ? error.at(place, NO_KEY) : error;
      }
    }

    #remember(object: Borrowed, value: unknown): unknown {
      this.#made.set(object, value);
      return value;
    }

    #unknown(object: Borrowed, place: Place): unknown {
      const value = this.#asIs(object);
      if (this.#options.unknown === "throw" && isPython(value)) {
        throw new PyConversionError(
          pathOf(place, NO_KEY),
          `${this.#repr(object)} has no plain form; ` +
            `leave out unknown: "throw" to keep it as a PyObject`,
        );
      }
      return value;
    }

    /** The implicit conversion: a PyObject, or the JS value that Python held. */
    #asIs(object: Borrowed): unknown {
      return this.#remember(object, rules.borrowedToJs(object));
    }
  }

  function isContainer(type: TypeKey): boolean {
    return type === LIST || type === DICT || type === TUPLE || type === SET || type === FROZENSET;
  }

  function inBulk(object: Ref, { depth, dicts = "auto", ints }: ToJsOptions): unknown {
    if (depth !== undefined || !isContainer(typeKey(object))) return REFUSED;
    return bulk.toJs(object, { bigints: ints === "bigint", numbers: ints === "number", dicts });
  }

  return (object, options = {}) => {
    const value = inBulk(object, options);
    return value === REFUSED ? new Conversion(options).run(object) : value;
  };
}

function beyondSafe(value: bigint): string {
  return `${value} is beyond the safe integers of a number; use ints: "auto" or "bigint"`;
}

function merged(place: Place, key: unknown, what: string): PyConversionError {
  return new PyConversionError(
    pathOf(place, NO_KEY),
    `two ${what} are both ${describe(key)} in TypeScript, so one would be lost`,
  );
}
