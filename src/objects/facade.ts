/**
 * What stands behind a PyObject: its reference, its methods already met, and
 * the traps by which JavaScript's operations become Python's.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import { PyReleasedError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Handle } from "../interpreter/handle.ts";
import type { DeepToJs } from "../convert/to_js.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import type { ToPython } from "../convert/to_python.ts";
import { type Attributes, Found } from "./attribute.ts";
import type { Calls } from "./call.ts";
import type { Dollar } from "./dollar.ts";
import type { PyObject } from "./py_object.ts";
import type { PythonSide } from "./python_side.ts";

/** The parts with which floor 4 works. */
export interface Bridge {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  readonly strings: Strings;
  readonly rules: Rules;
  readonly toPython: ToPython;
  readonly deepToJs: DeepToJs;
  readonly calls: Calls;
  readonly python: PythonSide;
  readonly attributes: Attributes;
  readonly attributeError: Borrowed;
  readonly lookupError: Borrowed;
  /** A PyObject for a reference, never converted; takes the reference. */
  wrap(reference: New): PyObject;
  /** The same for what every program has: neither a scope nor the ledger knows it. */
  wrapToTheEnd(reference: New): PyObject;
  /** The PyObject of a method of `parent`, whose handle keeps `fn`. */
  wrapMethod(parent: Facade, name: string, fn: Borrowed): { facade: Facade; object: PyObject };
  /** The Python exception for anything that JavaScript throws. A new reference. */
  exceptionFor(thrown: unknown): New;
  /** JavaScript's iterator protocol over a generator's own `throw`. */
  generatorThrow(facade: Facade): unknown;
  /** The `$` of an object. */
  dollar(facade: Facade): Dollar;
  /** What a missing attribute or a symbol reads as. */
  fallback(facade: Facade, key: string): unknown;
  symbol(facade: Facade, key: symbol): unknown;
  /** A key of `obj[key]`: arrays become tuples, slices slices. A new reference. */
  key(value: unknown): New;
}

/** Asked of a PyObject, gives its facade; of anything else, nothing. */
export const FACADE: unique symbol = Symbol("pyduet.facade");

/** The facade of a PyObject; `undefined` for any other value. */
export function facadeOf(value: unknown): Facade | undefined {
  if (typeof value !== "object" && typeof value !== "function" || value === null) return undefined;
  try {
    const facade = (value as { [FACADE]?: unknown })[FACADE];
    return facade instanceof Facade ? facade : undefined;
  } catch {
    return undefined; // a Proxy that refuses every question is no PyObject
  }
}

interface Met {
  readonly fn: Ref;
  /** The address of `fn` in two halves: compared without making a pointer of what C wrote. */
  readonly low: number;
  readonly high: number;
  readonly facade: Facade;
  readonly object: PyObject;
}

/** Py_EQ of object.h. */
const EQUAL = 2;

/** One PyObject's inside; the handler of its Proxy. */
export class Facade implements ProxyHandler<object> {
  readonly bridge: Bridge;
  /** The reference; unset for a method that was only called so far. */
  handle: Handle | undefined = undefined;
  /** Of a method: the object it belongs to, its name, and its function, which the object's handle keeps. */
  readonly parent: Facade | undefined;
  readonly name: string;
  readonly fn: Borrowed | undefined;
  /** The PyObject itself where it is a plain function and no Proxy (proxy.ts). */
  plainFunction: object | undefined = undefined;
  #dollar: Dollar | undefined = undefined;
  #met: Map<string, Met> | undefined = undefined;
  #sequence: boolean | undefined = undefined;

  constructor(bridge: Bridge, parent?: Facade, name = "", fn?: Borrowed) {
    this.bridge = bridge;
    this.parent = parent;
    this.name = name;
    this.fn = fn;
  }

  // --- the reference --------------------------------------------------------

  /** The live pointer, attached. Throws once released or closed. */
  pointer(): New {
    const { handle, bridge } = this;
    if (handle === undefined) return this.#materialise();
    const { pointer } = handle;
    if (pointer === null) return bridge.interpreter.pointerOf(handle, this.what);
    if (!bridge.interpreter.lease.attached) bridge.interpreter.lease.attach();
    return pointer;
  }

  /** Whether `pointer()` would give one. */
  get live(): boolean {
    if (this.handle) return this.handle.pointer !== null;
    return this.parent!.live;
  }

  /** The object in words, for messages after its release. */
  get what(): string {
    return this.parent && !this.handle ? `method ${this.name}()` : `${this.typeText} object`;
  }

  /** The type's name when the object was wrapped. */
  typeText = "Python";

  release(): void {
    if (this.handle) this.bridge.interpreter.release(this.handle);
    this.#met = undefined;
  }

  /** `"list"`, `"numpy.ndarray"`. */
  typeName(): string {
    const { python, rules } = this.bridge;
    return rules.toJs(python.call("_objects", "type_name", this.pointer())) as string;
  }

  /** A method becomes an object of its own when more than a call is asked of it. */
  #materialise(): New {
    const { interpreter, checks, strings } = this.bridge;
    const self = this.#parentPointer();
    const bound = checks.takeNewOrThrow(
      interpreter.library.object.PyObject_GetAttr(self, strings.name(this.name)),
    );
    this.handle = interpreter.own(bound, this);
    return bound;
  }

  #parentPointer(): New {
    const parent = this.parent!;
    if (!parent.live && !this.bridge.interpreter.lease.closed) {
      throw new PyReleasedError(
        `The method ${this.name}() went with its ${parent.what}, which was released. ` +
          `To keep it longer, take it with $.attr(${JSON.stringify(this.name)})`,
      );
    }
    return parent.pointer();
  }

  // --- calls ----------------------------------------------------------------

  call(args: readonly unknown[]): unknown {
    if (this.handle === undefined) {
      const self = this.#parentPointer();
      return this.bridge.calls.call(this.fn!, self, args);
    }
    return this.bridge.calls.call(this.pointer(), null, args);
  }

  apply(_target: object, _self: unknown, args: unknown[]): unknown {
    return this.call(args);
  }

  construct(_target: object, args: unknown[]): object {
    const { calls, rules, wrap } = this.bridge;
    const made = calls.callNew(this.pointer(), null, args);
    const value = rules.borrowedToJs(made);
    if (typeof value === "function" || (typeof value === "object" && value !== null)) {
      this.bridge.interpreter.library.object.Py_DecRef(made);
      return value;
    }
    return wrap(made); // `new` must give an object: an int made by `new` stays a PyObject
  }

  // --- attributes -----------------------------------------------------------

  get(_target: object, key: string | symbol): unknown {
    if (typeof key === "symbol") {
      return key === FACADE ? this : this.bridge.symbol(this, key);
    }
    if (key === "$") return this.#dollar ??= this.bridge.dollar(this);
    if (key === "then") return undefined;
    const index = indexOf(key);
    if (index !== null) return this.#item(index);
    if (key === "throw") return this.bridge.generatorThrow(this) ?? this.attribute(key);
    return this.attribute(key);
  }

  /** The attribute as JavaScript reads it: missing is `undefined`. */
  attribute(key: string): unknown {
    const { attributes } = this.bridge;
    const found = attributes.read(this.pointer(), key);
    if (found === Found.Nothing) return this.bridge.fallback(this, key);
    const met = this.#met?.get(key);
    if (met !== undefined && met.low === attributes.low() && met.high === attributes.high()) {
      if (met.facade.live) {
        attributes.drop(met.fn); // the one met has its own reference
        return met.object;
      }
      if (found === Found.Method && met.facade.parent) {
        attributes.drop(met.fn); // this object's handle has one
        return this.#meetMethod(key, met.fn, met.low, met.high);
      }
    }
    return this.#newAttribute(key, found);
  }

  /** The rest of `attribute()`, for what was not met before. */
  #newAttribute(key: string, found: Found): unknown {
    const { attributes, rules } = this.bridge;
    const low = attributes.low();
    const high = attributes.high();
    const value = attributes.take();
    if (found === Found.Method) {
      this.#handleOf().addFunction(value);
      return this.#meetMethod(key, borrow(value), low, high);
    }
    const converted = rules.toJs(value);
    // A function is met again and again, as in math.sqrt(x): one PyObject serves them all.
    if (typeof converted === "function") {
      const facade = facadeOf(converted);
      if (facade?.plainFunction && facade.handle?.pointer === value) {
        this.#meet(key, { fn: value, low, high, facade, object: converted as PyObject });
      }
    }
    return converted;
  }

  /** `fn` lives as long as this object's reference does. */
  #meetMethod(key: string, fn: Ref, low: number, high: number): PyObject {
    const { facade, object } = this.bridge.wrapMethod(this, key, borrow(fn));
    this.#meet(key, { fn, low, high, facade, object });
    return object;
  }

  #handleOf(): Handle {
    if (this.handle === undefined) this.#materialise();
    return this.handle!;
  }

  #meet(key: string, met: Met): void {
    (this.#met ??= new Map()).set(key, met);
  }

  set(_target: object, key: string | symbol, value: unknown, receiver: unknown): boolean {
    if (typeof key === "symbol") throw new TypeError(`A Python object has no ${key.toString()}`);
    if (key === "$") throw new TypeError("$ belongs to the bridge and cannot be assigned");
    const index = indexOf(key);
    if (index !== null && this.isSequence()) {
      this.setItem(index, value);
      return true;
    }
    this.setAttribute(key, value);
    if (receiver === this.plainFunction && receiver) this.#pin(receiver, key);
    return true;
  }

  /**
   * A plain function's own properties escape the traps: `delete f.x` would do
   * nothing, silently. A property that cannot be deleted makes it a TypeError.
   */
  #pin(fn: object, key: string): void {
    if (Object.hasOwn(fn, key)) return;
    Object.defineProperty(fn, key, {
      get: () => this.attribute(key),
      set: (value) => void this.set(fn, key, value, undefined),
      enumerable: true,
      configurable: false,
    });
  }

  getPrototypeOf(): object {
    return this.plainFunction ? Function.prototype : Object.prototype;
  }

  has(_target: object, key: string | symbol): boolean {
    if (typeof key === "symbol") {
      return key === FACADE || this.bridge.symbol(this, key) !== undefined;
    }
    if (key === "$") return true;
    if (key === "then") return false;
    const index = indexOf(key);
    if (index !== null && this.isSequence()) {
      const length = this.length();
      return index < 0 ? -index <= length : index < length;
    }
    if (key === "length" && this.isSequence()) return true;
    return this.hasAttribute(key);
  }

  hasAttribute(key: string): boolean {
    const { interpreter, strings, attributeError } = this.bridge;
    const { library } = interpreter;
    const value = library.object.PyObject_GetAttr(this.pointer(), strings.name(key));
    if (value) {
      library.object.Py_DecRef(value);
      return true;
    }
    if (library.errors.PyErr_ExceptionMatches(attributeError) !== 1) throw interpreter.raised();
    library.object.PyErr_Clear();
    return false;
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    if (typeof key === "symbol" || key === "$") return true;
    const index = indexOf(key);
    if (index !== null && this.isSequence()) {
      this.deleteItem(index);
      return true;
    }
    if (!this.hasAttribute(key)) return true; // as in JavaScript
    this.deleteAttribute(key);
    return true;
  }

  /** The attribute; Python's AttributeError where it is missing. */
  getAttribute(name: string): New {
    const { interpreter, checks, strings } = this.bridge;
    return checks.takeNewOrThrow(
      interpreter.library.object.PyObject_GetAttr(this.pointer(), strings.name(name)),
    );
  }

  setAttribute(name: string, value: unknown): void {
    const { interpreter, checks, strings } = this.bridge;
    const { PyObject_SetAttr } = interpreter.library.object;
    this.#withValue(
      value,
      (object, converted) =>
        checks.intOrThrow(PyObject_SetAttr(object, strings.name(name), converted)),
    );
  }

  deleteAttribute(key: string): void {
    const { interpreter, checks, strings } = this.bridge;
    checks.intOrThrow(
      interpreter.library.object.PyObject_SetAttr(
        this.pointer(),
        strings.name(key),
        backend.null,
      ),
    );
  }

  /** What is in the object's own `__dict__`. */
  ownKeys(): string[] {
    const { python, rules } = this.bridge;
    return rules.items(python.call("_objects", "own_names", this.pointer())) as string[];
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    if (typeof key === "symbol" || !this.ownKeys().includes(key)) return undefined;
    return { value: this.attribute(key), writable: true, enumerable: true, configurable: true };
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    if ("get" in descriptor || "set" in descriptor) {
      throw new TypeError(`A Python object takes no accessor; set ${String(key)} to a value`);
    }
    return this.set(target, key, descriptor.value, undefined);
  }

  preventExtensions(): boolean {
    return false;
  }

  // --- items ----------------------------------------------------------------

  /** Whether integer keys and `length` are Python's items. */
  isSequence(): boolean {
    const { python, rules } = this.bridge;
    return this.#sequence ??=
      rules.toJs(python.call("_objects", "is_sequence", this.pointer())) === true;
  }

  length(): number {
    const { interpreter, checks } = this.bridge;
    return checks.sizeOrThrow(interpreter.library.protocol.PyObject_Size(this.pointer()));
  }

  /** `xs[0]`, `xs[-1]`; out of range is `undefined`, as in JavaScript. */
  #item(index: number): unknown {
    if (!this.isSequence()) return undefined;
    const length = this.length();
    if (index >= length || -index > length) return undefined;
    return this.bridge.rules.toJs(this.getItem(index));
  }

  getItem(key: unknown): New {
    const { interpreter, checks } = this.bridge;
    return this.#withKey(
      key,
      (object, converted) =>
        checks.takeNewOrThrow(interpreter.library.protocol.PyObject_GetItem(object, converted)),
    );
  }

  /** The item, or `null` where Python raises a LookupError. */
  findItem(key: unknown): New | null {
    const { interpreter, lookupError } = this.bridge;
    const { library } = interpreter;
    return this.#withKey(key, (object, converted) => {
      const item = library.protocol.PyObject_GetItem(object, converted);
      if (item) return item;
      if (library.errors.PyErr_ExceptionMatches(lookupError) !== 1) throw interpreter.raised();
      library.object.PyErr_Clear();
      return null;
    });
  }

  contains(key: unknown): boolean {
    const { interpreter, checks } = this.bridge;
    return this.#withKey(
      key,
      (object, converted) =>
        checks.intOrThrow(interpreter.library.protocol.PySequence_Contains(object, converted)) ===
          1,
    );
  }

  setItem(key: unknown, value: unknown): void {
    const { interpreter, checks, toPython } = this.bridge;
    this.#withKey(key, (object, converted) => {
      const item = toPython(value);
      const result = interpreter.library.protocol.PyObject_SetItem(object, converted, item);
      interpreter.library.object.Py_DecRef(item);
      checks.intOrThrow(result);
    });
  }

  deleteItem(key: unknown): void {
    const { interpreter, checks } = this.bridge;
    this.#withKey(
      key,
      (object, converted) =>
        checks.intOrThrow(interpreter.library.protocol.PyObject_DelItem(object, converted)),
    );
  }

  #withKey<T>(key: unknown, use: (object: New, converted: New) => T): T {
    const object = this.pointer();
    const converted = this.bridge.key(key);
    try {
      return use(object, converted);
    } finally {
      this.bridge.interpreter.library.object.Py_DecRef(converted);
    }
  }

  #withValue<T>(value: unknown, use: (object: New, converted: New) => T): T {
    const object = this.pointer();
    const converted = this.bridge.toPython(value);
    try {
      return use(object, converted);
    } finally {
      this.bridge.interpreter.library.object.Py_DecRef(converted);
    }
  }

  // --- comparison -----------------------------------------------------------

  equals(other: unknown): boolean {
    const { interpreter, checks } = this.bridge;
    const { PyObject_RichCompareBool } = interpreter.library.protocol;
    return this.#withValue(
      other,
      (object, converted) =>
        checks.intOrThrow(PyObject_RichCompareBool(object, converted, EQUAL)) === 1,
    );
  }

  /** `isinstance(obj, type)`; an array of classes is a tuple of them. */
  isInstance(type: unknown): boolean {
    return this.#withKey(type, (_object, converted) => this.isInstanceOf(converted));
  }

  isInstanceOf(type: Ref): boolean {
    const { interpreter, checks } = this.bridge;
    const { PyObject_IsInstance } = interpreter.library.protocol;
    return checks.intOrThrow(PyObject_IsInstance(this.pointer(), type)) === 1;
  }

  // --- text -----------------------------------------------------------------

  str(): string {
    return this.#text("PyObject_Str");
  }

  repr(): string {
    return this.#text("PyObject_Repr");
  }

  #text(name: "PyObject_Str" | "PyObject_Repr"): string {
    const { interpreter, checks, rules } = this.bridge;
    const text = checks.takeNewOrThrow(interpreter.library.protocol[name](this.pointer()));
    const value = rules.scalar(text);
    interpreter.library.object.Py_DecRef(text);
    // A subclass of str is text all the same.
    return typeof value === "string" ? value : String(value);
  }

  /** For `console.log`: never throws, whatever state the object is in. */
  inspect(): string {
    try {
      return this.repr();
    } catch (error) {
      if (!this.live) return `<released ${this.what}>`;
      return `<${this.typeName()} object whose repr() raised ${(error as Error).message}>`;
    }
  }
}

// The method of the runtime's console, reached through the Proxy's target.
Object.defineProperty(Facade.prototype, backend.inspectSymbol, {
  value(this: Facade): string {
    return this.inspect();
  },
});

/** `"0"`, `"12"`, `"-1"` as numbers; any other key `null`. */
function indexOf(key: string): number | null {
  const first = key.charCodeAt(0);
  if (first > 57 || (first < 48 && first !== 45)) return null;
  if (!/^(?:0|-?[1-9]\d{0,15})$/.test(key)) return null;
  return Number(key);
}
