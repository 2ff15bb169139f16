/**
 * What Python's operations on a JsObject do to its value. Each is called by the
 * Python of python/pyduet/_js.py with the value itself, and crosses like any function.
 * @module
 */

import type { Ref } from "../capi/reference.ts";
import { isPlain } from "../convert/plain.ts";

/** What the operations need of Python. */
export interface OperationParts {
  /** Crosses as the NOTHING of _js.py. */
  readonly nothing: unknown;
  /** Crosses as a JsMethod, which lacks its `this`. */
  method(fn: AnyFunction): unknown;
  /** Crosses as a JsObject, whatever the value. */
  live(value: object): unknown;
  /** Crosses as the iterator of one loop. */
  loop(iterator: object): unknown;
  /** Where the Python object of a PyObject lies; `null` for any other value. */
  pointerOf(value: unknown): Ref | null;
  /** Tells Python, under that number, how a Promise ends; whether to call `abandon()`. */
  wait(promise: PromiseLike<unknown>, number: number): boolean;
  /** Python does not wait for it any more. */
  abandon(promise: object): void;
}

/** A function of the program's. */
// deno-lint-ignore no-explicit-any -- nothing is known of a program's values
export type AnyFunction = (...args: any[]) => unknown;

// deno-lint-ignore no-explicit-any -- as above
type Any = any;

/** A class of values that are no objects: `new` would wrap them, which nobody wants. */
const CONVERSIONS = new Set<unknown>([BigInt, Boolean, Number, String, Symbol]);

/** Whether a function can only be called by `new`; asks nothing of the program's own code. */
export function isClass(fn: AnyFunction): boolean {
  if (!Object.hasOwn(fn, "prototype")) return fn === (Proxy as unknown);
  const source = Function.prototype.toString.call(fn);
  if (!/^(?:class\b|@)/.test(source) && !source.slice(-20).includes("[native code]")) return false;
  // A class has a prototype that cannot be replaced, and so have the engine's own. Asked last, since
  // V8 makes the prototype of an ordinary function when it is looked at, which costs 500 ns.
  return Object.getOwnPropertyDescriptor(fn, "prototype")?.writable === false;
}

/** Operations by the names that Python uses. */
export type Operations = Record<string, AnyFunction>;

/** Those of _js.py, and those of _js_collections.py. */
export function operations(
  parts: OperationParts,
): { all: Operations; ofCollections: Operations; crossing(found: unknown): unknown } {
  const { nothing } = parts;
  /** Iterators that have ended, and need not be told so. */
  const ended = new WeakSet<object>();

  /** Plain data crosses as a copy, as everywhere; of Math, or of a module, only its methods are of use. */
  const crossing = (found: unknown): unknown => isNamespace(found) ? parts.live(found) : found;

  const properties: Operations = {
    get(value: Any, key: PropertyKey) {
      const found = value[key];
      if (typeof found === "function") {
        return parts.pointerOf(found) || isClass(found) ? found : parts.method(found);
      }
      return found === undefined && !(key in Object(value)) ? nothing : crossing(found);
    },
    set: (value: Any, key: PropertyKey, item: unknown) =>
      isObject(value) && Reflect.set(value, key, item),
    has: (value: Any, key: PropertyKey) => key in value,
    delete(value: Any, key: PropertyKey) {
      if (!isObject(value) || !Object.hasOwn(value, key)) return nothing;
      return Reflect.deleteProperty(value, key);
    },
    names(value: Any) {
      const names = new Set<string>();
      for (let at = Object(value); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
        for (const key of Reflect.ownKeys(at)) {
          if (typeof key === "string" && !/^\d+$/.test(key)) names.add(key);
        }
      }
      return [...names];
    },
  };

  const calls: Operations = {
    call(fn: AnyFunction, self: unknown, ...args: unknown[]) {
      const result = Reflect.apply(fn, self, args);
      // As in map.set(1, 2).set(3, 4): a copy of the Map would end the chain.
      return result === self && isObject(self) ? parts.live(self) : result;
    },
    same: (a: unknown, b: unknown) => a === b,
    construct: (kind: Any, ...args: unknown[]) =>
      CONVERSIONS.has(kind) ? kind(...args) : parts.live(new kind(...args)),
    is_instance: (kind: Any, value: unknown) => value instanceof kind,
    is_subclass: (kind: Any, other: Any) =>
      typeof other === "function" && (other === kind || other.prototype instanceof kind),
    wait: (promise: PromiseLike<unknown>, number: number) => parts.wait(promise, number),
    abandon: (promise: object) => parts.abandon(promise),
    dispose: (value: Disposable) => void value[Symbol.dispose](),
  };

  const iteration: Operations = {
    iterate(value: Iterable<unknown>) {
      const iterator: unknown = value[Symbol.iterator]();
      if (isObject(iterator)) return iterator === value ? parts.live(value) : parts.loop(iterator);
      throw new TypeError("the result of [Symbol.iterator]() is no object");
    },
    next(iterator: Iterator<unknown>) {
      let result: IteratorResult<unknown> | undefined;
      try {
        result = iterator.next();
        if (!isObject(result)) throw new TypeError("the result of next() is no object");
        if (!result.done) return crossing(result.value);
      } catch (error) {
        ended.add(iterator);
        throw error;
      }
      ended.add(iterator);
      return result.value === undefined ? nothing : [nothing, result.value];
    },
    close(iterator: Iterator<unknown>) {
      if (!ended.has(iterator)) iterator.return?.();
    },
  };

  const arrays: Operations = {
    length: (array: Any[]) => array.length,
    includes(array: Any[], value: unknown) {
      const pointer = parts.pointerOf(value);
      // The same Python object may have several PyObjects.
      return pointer
        ? array.some((each) => parts.pointerOf(each) === pointer)
        : array.includes(value);
    },
    item(array: Any[], index: number) {
      const at = place(array, index);
      return at < 0 ? nothing : crossing(array[at]);
    },
    put(array: Any[], index: number, value: unknown) {
      const at = place(array, index);
      return at < 0 ? nothing : Reflect.set(array, at, value);
    },
    remove(array: Any[], index: number) {
      const at = place(array, index);
      if (at < 0) return nothing;
      if (Object.isSealed(array)) return false;
      array.splice(at, 1);
      return true;
    },
    insert(array: Any[], index: number, value: unknown) {
      if (!Object.isExtensible(array)) return false;
      array.splice(Number(index), 0, value);
      return true;
    },
  };

  const collections: Operations = {
    iterate_keys: (map: Map<unknown, unknown>) => parts.loop(map.keys()),
    size: (all: Map<unknown, unknown>) => all.size,
    holds: (all: Map<unknown, unknown>, key: unknown) => all.has(key),
    look_up: (map: Map<unknown, unknown>, key: unknown) =>
      map.has(key) ? crossing(map.get(key)) : nothing,
    store: (map: Map<unknown, unknown>, key: unknown, value: unknown) => void map.set(key, value),
    add: (set: Set<unknown>, value: unknown) => void set.add(value),
    discard: (all: Map<unknown, unknown>, key: unknown) => all.delete(key),
  };

  return {
    all: { ...properties, ...calls, ...iteration },
    ofCollections: { ...arrays, ...collections },
    crossing,
  };
}

/** An index as Python counts, also from the end; -1 where there is no such place. */
function place({ length }: readonly unknown[], index: number): number {
  const at = Number(index) < 0 ? Number(index) + length : Number(index);
  return at >= 0 && at < length ? at : -1;
}

/** Whether a value is a plain object with methods. */
function isNamespace(value: unknown): value is object {
  if (typeof value !== "object" || value === null || !isPlain(value)) return false;
  return Reflect.ownKeys(value).some((key) =>
    typeof Object.getOwnPropertyDescriptor(value, key)?.value === "function"
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" ? value !== null : typeof value === "function";
}
