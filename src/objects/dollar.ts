/**
 * What the bridge adds to a PyObject, under the one name that no Python attribute has.
 * @module
 */

import type { StandardSchema } from "../convert/schema.ts";
import { validate } from "../convert/schema.ts";
import type { ToJsOptions } from "../convert/to_js.ts";
import { kw } from "./call.ts";
import { type Facade, facadeOf } from "./facade.ts";
import type { PyObject, PyValue } from "./py_object.ts";

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
    return this.#facade.call(kwargs ? [...args, kw(kwargs)] : args);
  }

  /**
   * `obj[key]`. An array is a tuple of keys; {@link slice} and {@link ellipsis} are
   * understood. A missing key gives the default, or raises Python's error if there is none.
   */
  get(key: unknown, ...otherwise: [fallback?: unknown]): PyValue {
    const { bridge } = this.#facade;
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
    return this.#facade.bridge.rules.toJs(this.#facade.getAttribute(name));
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
  /** The same, validated by a schema of zod, valibot, arktype or another that follows Standard Schema. */
  toJs<T>(schema: StandardSchema<T>): T;
  toJs<T>(options?: ToJsOptions | StandardSchema<T>): T {
    const { bridge } = this.#facade;
    if (options && "~standard" in options) {
      return validate(options, bridge.deepToJs(this.#facade.pointer()));
    }
    return bridge.deepToJs(this.#facade.pointer(), options) as T;
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
    const { python, rules } = this.#facade.bridge;
    return rules.toJs(python.call("_objects", "hash_of", this.#facade.pointer())) as number;
  }

  /** `repr(obj)` */
  repr(): string {
    return this.#facade.repr();
  }

  /** `dir(obj)` */
  dir(): string[] {
    const { interpreter, checks, rules } = this.#facade.bridge;
    const pointer = this.#facade.pointer();
    return rules.items(
      checks.takeNewOrThrow(interpreter.library.protocol.PyObject_Dir(pointer)),
    ) as string[];
  }

  /** A second handle to the same object, with a life of its own. */
  clone(): PyObject {
    const { bridge } = this.#facade;
    return bridge.wrap(bridge.interpreter.share(this.#facade.pointer()));
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
