/**
 * The traps by which JavaScript's operations on a PyObject become Python's, and
 * the methods of it that were already met.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import type { Handle } from "../interpreter/handle.ts";
import type { TypeKey } from "../capi/layout.ts";
import type { Bytes } from "../convert/bytes.ts";
import { type Attributes, Found } from "./attribute.ts";
import type { Contexts } from "./contexts.ts";
import type { HostTable } from "./host_table.ts";
import type { Entry, NativeFunctions } from "./native_function.ts";
import { Held, type Parts } from "./held.ts";

/** What TypeScript holds: the PyObject itself, whose type is declared above this file (py_object.ts). */
export type Face = object;

/** The parts with which floor 4 works. */
export interface Bridge extends Parts, Pick<Asynchronous, "promise" | "inThread"> {
  readonly attributes: Attributes;
  /** `null` with `contexts: false`. */
  readonly contexts: Contexts | null;
  /** A PyObject for a reference, never converted; takes the reference. */
  wrap(reference: New): Face;
  /** The same for what every program has: neither a scope nor the ledger knows it. */
  wrapToTheEnd(reference: New): Face;
  /** The PyObject of a method of `parent`, whose handle keeps `fn`. */
  wrapMethod(parent: Facade, name: string, fn: Borrowed): { facade: Facade; object: Face };
  /** The Python exception for anything that JavaScript throws. A new reference. */
  exceptionFor(thrown: unknown): New;
  /** JavaScript's iterator protocol over a generator's own `throw`. */
  generatorThrow(facade: Facade): unknown;
  /** All values or none. The references are the caller's. */
  allToPython(values: readonly unknown[], convert?: (value: unknown) => New): New[];
  /** The `$` of an object. */
  dollar(facade: Facade): object;
  readonly hosts: HostTable;
  readonly bytes: Bytes;
  /** `callable(*args)`; leaves the arguments with their owner. */
  callWith(callable: Ref, args: Ref[]): New;
  /** Makes what ends with a reference that keeps the value of a number of the host table. */
  withReference(number: number, make: (reference: Ref) => New): New;
  /** The type of such objects. */
  readonly referenceType: Ref;
  /** The Python object that an instance holds, where the two are a pair; else `null`. */
  pairOf(value: object): Ref | null;
  /** Its address. */
  readonly referenceKey: TypeKey;
  /** Callables that lead to one function of TypeScript; `owns` tells its values in the host table from others. */
  createNatives(call: Entry, owns: (value: unknown) => boolean): NativeFunctions;
  /** What this thread has in Python (`_Realm` of python/pyduet/__init__.py); borrowed. */
  readonly realm: Ref;
  /** A Python callable that calls what other threads want called: `again(number, *args, **kwargs)`. */
  again(): New;
  /** The callable for a function of the library's own: the ledger does not know it. */
  toTheEnd(fn: (...args: never[]) => unknown): New;
  /** Tells Python of a class that is made for one of TypeScript's. */
  declareType(type: Ref): void;
  /** From now on `collected()` is called. */
  watchGarbage(): void;
  setDefined(defined: Defined): void;
  setAsynchronous(asynchronous: Asynchronous): void;
  /** What runs when Python leaves its await of a Promise before the answer, by that Promise. */
  readonly whenLeft: WeakMap<object, () => void>;
  /** From now on asyncio runs on this thread's event loop. Attached. */
  openLoop(): void;
  /** Whether `await` of Python would take it. Attached. */
  isAwaitable(object: Ref): boolean;
  /** What a missing attribute or a symbol reads as. */
  fallback(facade: Facade, key: string): unknown;
  symbol(facade: Facade, key: symbol): unknown;
}

/** What the floor of declarations gives this one. */
export interface Defined {
  /** What Python has of a declaration, or of an instance of a declared class; `null` for any other value. */
  hold(value: object): New | null;
  /** Whether a function is known to be the class of a Python type, though it may not look like a class. */
  isClass(value: object): boolean;
  /** The Python type of a class; `null` where there is none. */
  holdClass(value: (...args: never[]) => unknown): New | null;
  /** The same for what would cross as a container. */
  holdContainer(value: object): New | null;
  /** Whether a declared class derives from one that crosses as a container. */
  hasContainers(): boolean;
  /** Python looked for garbage. */
  collected(): void;
  /** The Python object that an instance holds; else `null`. */
  pairOf(value: object): Ref | null;
  /** No callback is entered after this. */
  retire(): void;
}

/** How a Python awaitable is awaited. */
export interface PromiseOptions {
  /**
   * Aborting it cancels the task (`Task.cancel()`). The Promise then waits for the task's end, as Python would: it is
   * rejected with the signal's reason, unless the task answered all the same, or failed while it cleaned up.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What the floor of the event loop gives this one. */
export interface Asynchronous {
  /** From now on Promises can be awaited in Python. Attached. */
  open(): void;
  /** asyncio has something to do. */
  turnWanted(): void;
  /** Ends asyncio's loop; `nested`: inside a callback of Python's, where no turn can be taken. Attached. */
  close(nested: boolean): void;
  /** Other threads of Python may call this one, or do already. Attached. */
  mayBeCalled(): void;
  /** This thread's end begins. Attached. */
  ending(): void;
  /** Calls a function in a Python thread of its own. */
  inThread(
    facade: Facade,
    args: readonly unknown[],
    kwargs?: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<unknown>;
  /** What awaiting an object gives: always the same Promise, unless there is a signal. */
  promise(facade: Facade, options?: PromiseOptions): Promise<unknown>;
  /** Tells Python, under that number, how a Promise or thenable ends; whether to call `abandon()`. */
  wait(promise: PromiseLike<unknown>, number: number): boolean;
  /** Python does not wait for it any more. */
  abandon(promise: object): void;
}

/** What a PyObject that is no function inherits from: not plain data, and nothing of its own. */
const FACE: object = Object.freeze(Object.create(Object.prototype));

/** Asked of a PyObject, gives its facade; of anything else, nothing. */
export const FACADE: unique symbol = Symbol("pyduet.facade");

/** What a value answers when it is asked for its facade; nearly always `undefined`. */
export function answerOf(value: unknown): unknown {
  if (typeof value !== "object" && typeof value !== "function" || value === null) return undefined;
  try {
    return (value as { [FACADE]?: unknown })[FACADE];
  } catch {
    return undefined; // a Proxy that refuses every question is no PyObject
  }
}

/** The facade of a Face; `undefined` for any other value. */
export function facadeOf(value: unknown): Facade | undefined {
  const facade = answerOf(value);
  return facade instanceof Facade ? facade : undefined;
}

interface Met {
  readonly fn: Ref;
  /** The address of `fn` in two halves: compared without making a pointer of what C wrote. */
  readonly low: number;
  readonly high: number;
  readonly facade: Facade;
  readonly object: Face;
}

/** One PyObject's inside; the handler of its Proxy. */
export class Facade extends Held implements ProxyHandler<object> {
  declare readonly parts: Bridge;
  declare readonly parent: Facade | undefined;
  /** The PyObject itself where it is a plain function and no Proxy (proxy.ts). */
  plainFunction: object | undefined = undefined;
  #dollar: object | undefined = undefined;
  #met: Map<string, Met> | undefined = undefined;

  constructor(bridge: Bridge, parent?: Facade, name = "", fn?: Borrowed) {
    super(bridge, parent, name, fn);
  }

  // --- calls ----------------------------------------------------------------

  apply(_target: object, _self: unknown, args: unknown[]): unknown {
    return this.call(args);
  }

  construct(_target: object, args: unknown[]): object {
    const { calls, rules, wrap } = this.parts;
    const made = calls.callNew(this.pointer(), null, args);
    const value = rules.borrowedToJs(made);
    if (typeof value === "function" || (typeof value === "object" && value !== null)) {
      this.parts.interpreter.library.object.Py_DecRef(made);
      return value;
    }
    return wrap(made); // `new` must give an object: an int made by `new` stays a PyObject
  }

  override release(): void {
    super.release();
    this.#met = undefined;
  }

  // --- attributes -----------------------------------------------------------

  get(_target: object, key: string | symbol): unknown {
    if (typeof key === "symbol") {
      return key === FACADE ? this : this.parts.symbol(this, key);
    }
    if (key === "$") return this.#dollar ??= this.parts.dollar(this);
    if (key === "then") return this.#then();
    const index = indexOf(key);
    if (index !== null) return this.#item(index);
    if (key === "throw") return this.parts.generatorThrow(this) ?? this.attribute(key);
    return this.attribute(key);
  }

  /** `then`, which awaitables have: JavaScript calls it for `await`. */
  #then(): Promise<unknown>["then"] | undefined {
    if (!this.live || !this.parts.isAwaitable(this.pointer())) return undefined;
    // deno-lint-ignore no-explicit-any -- as the Promise's own
    return (fulfilled?: any, rejected?: any) => this.parts.promise(this).then(fulfilled, rejected);
  }

  /** The attribute as JavaScript reads it: missing is `undefined`. */
  attribute(key: string): unknown {
    const { attributes } = this.parts;
    const found = attributes.read(this.pointer(), key);
    if (found === Found.Nothing) return this.parts.fallback(this, key);
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
    const { attributes, rules } = this.parts;
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
        this.#meet(key, { fn: value, low, high, facade, object: converted as Face });
      }
    }
    return converted;
  }

  /** `fn` lives as long as this object's reference does. */
  #meetMethod(key: string, fn: Ref, low: number, high: number): Face {
    const { facade, object } = this.parts.wrapMethod(this, key, borrow(fn));
    this.#meet(key, { fn, low, high, facade, object });
    return object;
  }

  #handleOf(): Handle {
    if (this.handle === undefined) this.materialise();
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
    return this.plainFunction ? Function.prototype : FACE;
  }

  has(_target: object, key: string | symbol): boolean {
    if (typeof key === "symbol") {
      return key === FACADE || this.parts.symbol(this, key) !== undefined;
    }
    if (key === "$") return true;
    if (key === "then") return this.#then() !== undefined;
    const index = indexOf(key);
    if (index !== null && this.isSequence()) {
      const length = this.length();
      return index < 0 ? -index <= length : index < length;
    }
    if (key === "length" && this.isSequence()) return true;
    return this.hasAttribute(key);
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

  /** What is in the object's own `__dict__`. */
  ownKeys(): string[] {
    const { python, rules } = this.parts;
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

  /** `xs[0]`, `xs[-1]`; out of range is `undefined`, as in JavaScript. */
  #item(index: number): unknown {
    if (!this.isSequence()) return undefined;
    const length = this.length();
    if (index >= length || -index > length) return undefined;
    return this.parts.rules.toJs(this.getItem(index));
  }
}

// The method of the runtime's console, reached through the Proxy's target.
Object.defineProperty(Facade.prototype, backend.inspectSymbol, {
  value(this: object): string {
    // One runtime calls it on the target, the other on the Proxy.
    return (facadeOf(this) ?? this as Facade).inspect();
  },
});

/** `"0"`, `"12"`, `"-1"` as numbers; any other key `null`. */
function indexOf(key: string): number | null {
  const first = key.charCodeAt(0);
  if (first > 57 || (first < 48 && first !== 45)) return null;
  if (!/^(?:0|-?[1-9]\d{0,15})$/.test(key)) return null;
  return Number(key);
}
