/**
 * PyObject as TypeScript sees it, and what the bridge adds to it under the one
 * name that no Python attribute has.
 * @module
 */

import { describe } from "../convert/path.ts";
import type { StandardSchema } from "../convert/schema.ts";
import { validate } from "../convert/schema.ts";
import type { TypedArray } from "../convert/format.ts";
import { checkOptions, type ToJsOptions } from "../convert/options.ts";
import type { BufferOptions, PyBuffer } from "./buffer.ts";
import { kw } from "./call.ts";
import { type Facade, facadeOf, type PromiseOptions } from "./facade.ts";

/** `obj.$`. */
export class Dollar {
  readonly #facade: Facade;

  /** Made by the library. */
  constructor(facade: Facade) {
    this.#facade = facade;
  }

  /** The type's name, with its module unless that is `builtins` or `__main__`. */
  get type(): string {
    return this.#facade.typeName();
  }

  /** Calls with an array of arguments and a record of keyword arguments. */
  call(args: readonly unknown[] = [], kwargs?: Record<string, unknown>): PyValue {
    if (!Array.isArray(args)) {
      throw new TypeError(`$.call() takes the arguments in an array, not ${describe(args)}`);
    }
    return this.#facade.call(kwargs ? [...args, kw(kwargs)] : args);
  }

  /**
   * `obj[key]`. An array is a tuple of keys; {@link slice} and {@link ellipsis} are
   * understood. A missing key gives the default, or raises Python's error if there is none.
   */
  get(key: unknown, ...otherwise: [fallback?: unknown]): PyValue {
    const { parts: bridge } = this.#facade;
    if (otherwise.length === 0) return bridge.rules.toJs(this.#facade.getItem(key));
    const found = this.#facade.findItem(key);
    return found === null ? otherwise[0] : bridge.rules.toJs(found);
  }

  /** `obj[key] = value` */
  set(key: unknown, value: unknown): void {
    this.#facade.setItem(key, value);
  }

  /** `key in obj` of Python: a dict's keys, a list's values. */
  has(key: unknown): boolean {
    return this.#facade.contains(key);
  }

  /** `del obj[key]` */
  delete(key: unknown): void {
    this.#facade.deleteItem(key);
  }

  /** `len(obj)` */
  get length(): number {
    return this.#facade.length();
  }

  /** `getattr(obj, name)`: any name, and Python's AttributeError where it is missing. */
  attr(name: string): PyValue {
    return this.#facade.parts.rules.toJs(this.#facade.getAttribute(name));
  }

  /** `setattr(obj, name, value)` */
  setAttr(name: string, value: unknown): void {
    this.#facade.setAttribute(name, value);
  }

  /** `hasattr(obj, name)` */
  hasAttr(name: string): boolean {
    return this.#facade.hasAttribute(name);
  }

  /** `delattr(obj, name)` */
  delAttr(name: string): void {
    this.#facade.deleteAttribute(name);
  }

  /** The object as plain TypeScript data, deep, with shared references and cycles. */
  toJs<T = PyValue>(options?: ToJsOptions): T;
  /**
   * The same, validated by a schema of zod, valibot, arktype or another that follows Standard Schema.
   * It must not be an asynchronous one. The result is what the schema makes of the data.
   */
  toJs<T>(schema: StandardSchema<T>, options?: ToJsOptions): T;
  toJs<T>(options?: ToJsOptions | StandardSchema<T>, more?: ToJsOptions): T {
    const { parts: bridge } = this.#facade;
    if (options && "~standard" in Object(options)) {
      return validate(options as StandardSchema<T>, bridge.deepToJs(this.#facade.pointer(), more));
    }
    if (options !== undefined) checkOptions(options);
    return bridge.deepToJs(this.#facade.pointer(), options) as T;
  }

  /**
   * Python's memory without a copy, of anything with the buffer protocol (`bytes`, `bytearray`, `array`,
   * `memoryview`, `mmap`, numpy) or with `__dlpack__` (torch). Refusals are Python's `BufferError`,
   * `TypeError` or `ValueError`; a `format` that does not fit is a TypeError.
   *
   * @example
   * ```ts
   * import { startPython } from "pyduet";
   * const py = startPython();
   * const numbers = py.import("array").array("d", [1, 2]);
   * using buffer = numbers.$.buffer({ writable: true });
   * buffer.data[1] = 2.5;
   * numbers.pop(); // throws PythonError: BufferError
   * ```
   */
  buffer<T extends TypedArray = TypedArray>(options?: BufferOptions): PyBuffer<T> {
    return this.#facade.parts.makeBuffer(this.#facade.pointer(), options) as PyBuffer<T>;
  }

  /**
   * A coroutine, Task, Future or other awaitable as a Promise, which an AbortSignal can cancel. A coroutine begins at
   * once and runs as a Task. A TypeError of Python's for what cannot be awaited.
   *
   * @example
   * ```ts
   * import { startPython } from "pyduet";
   * const py = startPython();
   * const { sleep } = py.import("asyncio");
   * const done = sleep(60).$.promise({ signal: AbortSignal.timeout(5) });
   * await done.catch((error) => error.name); // "TimeoutError"
   * ```
   */
  promise(options?: PromiseOptions): Promise<PyValue> {
    return this.#facade.parts.promise(this.#facade, options);
  }

  /**
   * Calls it in a Python thread, and so without keeping this one: a Promise of the result. Arguments and result are
   * converted on this thread. Aborting the signal rejects the Promise with its reason, and raises
   * `pyduet.Interrupted` in the function, as soon as it runs Python code: what waits or computes in C
   * (`time.sleep()`, a blocking socket, numpy) notices when that returns.
   *
   * @example
   * ```ts
   * import { startPython } from "pyduet";
   * const py = startPython();
   * const total = await py.builtins.sum.$.inThread([[1, 2, 3]]); // 6
   * ```
   */
  inThread(
    args: readonly unknown[] = [],
    kwargs?: Record<string, unknown>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<PyValue> {
    const { parts: bridge } = this.#facade;
    return bridge.inThread(this.#facade, args, kwargs, options.signal);
  }

  /** Whether both are the very same Python object. */
  is(other: unknown): boolean {
    const facade = facadeOf(other);
    return facade !== undefined && facade.pointer() === this.#facade.pointer();
  }

  /** `obj == other` */
  equals(other: unknown): boolean {
    return this.#facade.equals(other);
  }

  /** `isinstance(obj, type)`; takes a class or an array of classes. */
  isInstance(type: unknown): boolean {
    return this.#facade.isInstance(type);
  }

  /** `hash(obj)` */
  hash(): number | bigint {
    const { python, rules } = this.#facade.parts;
    return rules.toJs(python.call("_objects", "hash_of", this.#facade.pointer())) as number;
  }

  /** `repr(obj)` */
  repr(): string {
    return this.#facade.repr();
  }

  /** `dir(obj)` */
  dir(): string[] {
    const { interpreter, checks, rules } = this.#facade.parts;
    const pointer = this.#facade.pointer();
    return rules.items(
      checks.takeNewOrThrow(interpreter.library.protocol.PyObject_Dir(pointer)),
    ) as string[];
  }

  /** A second handle to the same object, with a life of its own. */
  clone(): PyObject {
    const { parts: bridge } = this.#facade;
    return bridge.wrap(bridge.interpreter.share(this.#facade.pointer())) as PyObject;
  }

  /** Gives the reference up now. A second time does nothing. */
  release(): void {
    this.#facade.release();
  }

  /** Whether the reference was given up. */
  get released(): boolean {
    return !this.#facade.live;
  }
}

/**
 * A Python object held by TypeScript: attributes by name, calls, `new`,
 * iteration, and everything of the bridge's own under `$`.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * const py = startPython();
 * const words = py.builtins.list("abc");
 * words.append("d");
 * words.length; // 4
 * words.$.toJs(); // [ "a", "b", "c", "d" ]
 * ```
 */
// deno-lint-ignore no-explicit-any -- what an attribute or a result is, only Python knows
export type PyValue = any;

/** A Python object; see {@link PyValue} for what its members give. */
export interface PyObject extends Disposable {
  /** Calls the object; keyword arguments go last, by `kw()`. */
  (...args: PyValue[]): PyValue;
  /** Calls it as well: Python makes no difference. */
  new (...args: PyValue[]): PyValue;
  /** What the bridge adds to every object. */
  readonly $: Dollar;
  /** Iterates as Python's `for` does; a loop that is left early closes a generator. */
  [Symbol.iterator](): IterableIterator<PyValue, PyValue, PyValue>;
  /** Iterates as Python's `async for` does; a loop that is left early closes an async generator. */
  [Symbol.asyncIterator](): AsyncIterableIterator<PyValue, PyValue, PyValue>;
  /** `str(obj)`, or `float(obj)` where a number is wanted. */
  [Symbol.toPrimitive](hint: string): string | number;
  // TypeScript gives everything callable these members of Function; here they are Python's.
  /** The attribute, as every other. */
  name: PyValue;
  /** The attribute, as every other; of a sequence its length. */
  length: PyValue;
  /** The attribute, as every other. */
  caller: PyValue;
  /** The attribute, as every other. */
  arguments: PyValue;
  /** The attribute, as every other. */
  prototype: PyValue;
  /** The attribute, as every other. */
  call: PyValue;
  /** The attribute, as every other. */
  apply: PyValue;
  /** The attribute, as every other. */
  bind: PyValue;
  /** The attribute of that name; `undefined` where there is none. */
  [name: string]: PyValue;
}

/** Whether a value is a Python object held by TypeScript. */
export function isPyObject(value: unknown): value is PyObject {
  return facadeOf(value) !== undefined;
}
