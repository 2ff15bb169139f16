/**
 * Instances of declared classes: which Python object belongs to which instance of TypeScript, from both sides,
 * and the classes of TypeScript for Python's subclasses.
 *
 * Python's object holds the instance by its number. An instance holds its Python object only where that has
 * a state of its own (a `__dict__`): there the two hold one another, and what neither language's collector can
 * see is looked for after each whole collection of Python's: an object that nothing in Python holds any more
 * no longer holds its instance, and when JavaScript collects that, the object ends.
 * @module
 */

import type { TypeKey } from "../capi/layout.ts";
import { keyOfType } from "../capi/layout.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { argumentsFor } from "./call.ts";
import { markClass, nearestDeclaration, prototypeOf, type PyClass } from "./class.ts";
import { Mismatch } from "./mismatch.ts";
import type { Parameter } from "./parameters.ts";
import type { Reader } from "./reader.ts";
import type { Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/** A Python type made for a declaration. */
export interface Built {
  readonly declaration: PyClass;
  readonly type: New;
  readonly key: TypeKey;
  /** Whether its own instances keep a state in Python. */
  readonly stateful: boolean;
}

/** What the instances ask of the rest of this floor. */
export interface InstanceParts {
  readerOf(type: Type): Reader;
  writerOf(type: Type): Writer;
  /** The Python type of a declaration. */
  typeOf(declaration: PyClass): Built;
  /** The declaration of exactly this type. */
  declarationAt(key: TypeKey): Built | undefined;
}

/** The instances of an interpreter. All need the GIL. */
export interface Instances {
  /** The Python object of an instance: a new reference. */
  hold(value: object): New | null;
  /** The Python subclass that a class was made for, or `null`: a new reference. */
  holdClass(value: object): New | null;
  /** Makes an object of TypeScript and one of Python a pair for good. */
  pair(value: object, self: Ref): void;
  /** Makes the instance of a new Python object, in its `__init__`. */
  construct(built: Built, self: Borrowed, values: unknown[]): void;
  /** The Python object of a pair, borrowed; else `null`. */
  pairOf(value: object): Ref | null;
  /** Whether the object is one of a pair. */
  isPaired(value: object): boolean;
  /** The instance of any declared class whose number Python gives. */
  valueOf(reference: Borrowed): object;
  /** The class of TypeScript that belongs to a Python class. */
  classOf(built: Built, type: Borrowed): NewableClass;
  /** The instance whose number Python gives. */
  instanceOf(built: Built, reference: Borrowed): object;
  /** What runs for a method: TypeScript's own, even where Python overrides it. */
  methodOf(built: Built, value: object, name: string): unknown;
  /** A property's value, in the same way. */
  getOf(built: Built, value: object, key: string): unknown;
  setOf(built: Built, value: object, key: string, given: unknown): void;
  /** Python looked for garbage. */
  collected(): void;
}

/** A class that can be called with new. */
// deno-lint-ignore no-explicit-any -- whatever its constructor takes
export type NewableClass = new (...args: any[]) => object;

/** An instance and its Python object, which has a state. */
interface Pair {
  readonly pointer: New;
  readonly number: number;
}

/** Marks a function that leads to Python's override. */
const FORWARD: unique symbol = Symbol("pyduet.forward");
/** On the prototype of a class made for a Python subclass: its declaration. */
const SUBCLASS: unique symbol = Symbol("pyduet.subclass");

/** Binds the instances to an interpreter. */
export function createInstances(bridge: Bridge, parts: InstanceParts): Instances {
  const { interpreter, checks, hosts, python, rules, strings, toPython, wrap } = bridge;
  const { library, typeKey, none, share } = interpreter;
  const { Py_DecRef, PyLong_AsDouble, PyObject_GetAttr } = library.object;
  const subclasses = new WeakMap<object, { readonly type: Ref | null }>();
  const pairOf = new WeakMap<object, Pair>();
  /** Pairs that Python may hold. */
  const pairs = new Map<Pair, WeakRef<object>>();
  const collectedInstances = new FinalizationRegistry<Pair>((pair) =>
    interpreter.enqueue(() => {
      if (weak.delete(pair)) Py_DecRef(pair.pointer);
    })
  );
  /** Pairs whose instance JavaScript may collect. */
  const weak = new Set<Pair>();
  /** Instances that are being constructed, innermost last. */
  const constructing: { built: Built; self: Borrowed; prototype: object; made: object | null }[] =
    [];
  let watching = false;

  // --- from TypeScript to Python ----------------------------------------------

  function hold(value: object): New | null {
    const declaration = nearestDeclaration(prototypeOf(value));
    if (declaration) return holdInstance(value, declaration);
    return watching && pairOf.has(value) ? hosts.find(value) ?? holdPair(value)! : null;
  }

  function holdPair(value: object): New | null {
    const pair = pairOf.get(value);
    if (!pair) return null;
    hosts.value(pair.number); // held by Python from now on
    collectedInstances.unregister(pair);
    weak.delete(pair);
    pairs.set(pair, new WeakRef(value));
    return share(pair.pointer);
  }

  function holdInstance(value: object, declaration: PyClass): New {
    const found = hosts.find(value);
    if (found) return found;
    const paired = holdPair(value);
    if (paired) return paired;
    const current = constructing.findLast(({ prototype, made }) =>
      made === null && Object.getPrototypeOf(value) === prototype
    );
    if (current) {
      link(current, value);
      return share(current.self);
    }
    const built = parts.typeOf(declaration);
    const message = value instanceof Error ? toPython(value.message) : share(none);
    try {
      return enter(
        value,
        built.stateful,
        (number) =>
          bridge.withReference(
            number,
            (reference) => python.call("_define", "adopt", built.type, reference, message),
          ),
      );
    } finally {
      Py_DecRef(message);
    }
  }

  /** Enters an instance whose Python object `make` gives: a new reference to that. */
  function enter(value: object, stateful: boolean, make: (number: number) => New): New {
    let number = -1;
    const object = hosts.add(value, true, (given) => {
      number = given;
      return make(given);
    });
    if (stateful) pairUp(value, { pointer: share(object), number });
    return object;
  }

  function pairUp(value: object, pair: Pair): void {
    if (!watching) bridge.watchGarbage();
    watching = true;
    pairOf.set(value, pair);
    pairs.set(pair, new WeakRef(value));
  }

  /** Objects that Python holds no more let their instances go. */
  function collected(): void {
    const all = [...pairs.keys()];
    if (all.length === 0) return;
    const list = rules.listOf(all.map(({ pointer }) => share(pointer)));
    const answer = python.call("_pairs", "unreferenced", list);
    Py_DecRef(list);
    for (const index of rules.items(answer) as number[]) {
      const pair = all[index]!;
      const value = pairs.get(pair)?.deref(); // what ended meanwhile may have asked the same
      pairs.delete(pair);
      if (value === undefined) continue;
      hosts.weaken(pair.number);
      weak.add(pair);
      collectedInstances.register(value, pair, pair);
    }
  }

  // --- from Python to TypeScript ----------------------------------------------

  function construct(built: Built, self: Borrowed, values: unknown[]): void {
    const linked = python.call("_define", "is_linked", self);
    if (rules.toJs(linked) === true) {
      throw new TypeError(`${built.declaration.name}.__init__() was called a second time`);
    }
    const exact = typeKey(self) === built.key;
    const cls = built.declaration.cls as NewableClass;
    const target = exact ? cls : subclassOf(built, self, true);
    const current = {
      built,
      self,
      prototype: target.prototype as object,
      made: null as object | null,
    };
    constructing.push(current);
    try {
      const value = Reflect.construct(cls, values, target) as object;
      if (current.made === null) link(current, value);
      else if (current.made !== value) {
        throw new TypeError(`the constructor of ${cls.name} returned another object than this`);
      }
    } finally {
      constructing.pop();
    }
  }

  function link(
    current: { built: Built; self: Borrowed; made: object | null },
    value: object,
  ): void {
    if (hosts.has(value) || pairOf.has(value)) {
      throw new TypeError(
        `the constructor of ${current.built.declaration.cls.name} returned an instance that Python has already`,
      );
    }
    current.made = value;
    const { self, built } = current;
    bind(value, self, built.stateful || typeKey(self) !== built.key);
  }

  function bind(value: object, self: Ref, stateful: boolean): void {
    const object = enter(value, stateful, (number) =>
      bridge.withReference(number, (reference) => {
        Py_DecRef(python.call("_define", "link", self, reference));
        return share(self);
      }));
    Py_DecRef(object);
  }

  function valueOf(reference: Borrowed): object {
    if (typeKey(reference) !== bridge.referenceKey) {
      throw new TypeError("an instance belongs to another JS thread");
    }
    return hosts.value(PyLong_AsDouble(reference)) as object;
  }

  function instanceOf(built: Built, reference: Borrowed): object {
    const value = valueOf(reference);
    const { cls } = built.declaration;
    if (Object.getPrototypeOf(value) === cls.prototype || value instanceof cls) return value;
    throw new TypeError(
      `a method of '${built.declaration.name}' was called with an instance of another class`,
    );
  }

  // --- classes for Python's subclasses ------------------------------------------

  function classOf(built: Built, type: Borrowed): NewableClass {
    return keyOfType(type) === built.key
      ? built.declaration.cls as NewableClass
      : subclassOf(built, type, false);
  }

  /** The class for the subclass `object`, or for the one that `object` is an instance of. */
  function subclassOf(built: Built, object: Ref, ofInstance: boolean): NewableClass {
    const type = ofInstance ? library.protocol.PyObject_Type(object) : share(object);
    try {
      const known = python.call("_define", "class_reference", type);
      try {
        if (known !== none && typeKey(known) === bridge.referenceKey) {
          return hosts.value(PyLong_AsDouble(known)) as NewableClass;
        }
      } finally {
        Py_DecRef(known);
      }
      return makeSubclass(nearestBuilt(type) ?? built, type);
    } finally {
      Py_DecRef(type);
    }
  }

  /** The declared class that comes first among the bases. */
  function nearestBuilt(type: Ref): Built | undefined {
    const answer = python.call("_define", "declared_base", type);
    const found = parts.declarationAt(keyOfType(borrow(answer)));
    Py_DecRef(answer);
    return found;
  }

  function makeSubclass(built: Built, type: Ref): NewableClass {
    const { declaration } = built;
    const own = { type: type as Ref | null };
    const Base = declaration.cls as NewableClass;
    // TypeScript makes an instance as Python does: by calling the class.
    const construct = (args: unknown[]): object => {
      if (own.type === null) throw new ReferenceError("the Python class has ended");
      interpreter.attach();
      return bridge.calls.call(own.type, null, args) as object;
    };
    const name = rules.text(
      checks.takeNewOrThrow(PyObject_GetAttr(type, strings.name("__name__"))),
    );
    const Made = {
      [name]: function (...args: unknown[]): object {
        return construct(args);
      },
    }[name] as unknown as NewableClass;
    Object.setPrototypeOf(Made, Base);
    Object.defineProperties(Made, {
      prototype: { value: Object.create(Base.prototype), writable: false },
    });
    Object.defineProperty(Made.prototype, "constructor", { value: Made, configurable: true });
    markClass(Made);
    Object.defineProperty(Made.prototype, SUBCLASS, { value: built });
    addForwards(built, Made.prototype as object, type);
    subclasses.set(Made, own);
    const reference = hosts.add(
      Made,
      false,
      (given) => bridge.withReference(given, share),
      () => own.type = null, // the class has ended
    );
    Py_DecRef(python.call("_define", "set_class_reference", type, reference));
    Py_DecRef(reference);
    return Made;
  }

  function addForwards(built: Built, prototype: object, type: Ref): void {
    for (let at: PyClass | undefined = built.declaration; at; at = superOf(at)) {
      const methods = at.methods.filter(({ call }) => typeof call === "string");
      const names = [...methods, ...at.properties].map(({ name }) => name);
      const list = toPython(names);
      const overridden = rules.items(python.call("_define", "overridden", type, list)) as string[];
      Py_DecRef(list);
      for (const { name, call, callable } of methods) {
        if (!overridden.includes(name) || Object.hasOwn(prototype, call as string)) continue;
        const { params, returns } = callable;
        const forward = function (this: object, ...args: unknown[]): unknown {
          return callOverride(this, name, params, returns, args);
        };
        Object.defineProperty(forward, FORWARD, { value: true });
        Object.defineProperty(prototype, call as string, {
          value: forward,
          writable: true,
          configurable: true,
        });
      }
      for (const { name, key, type: of } of at.properties) {
        if (!overridden.includes(name) || Object.hasOwn(prototype, key)) continue;
        Object.defineProperty(prototype, key, {
          get(this: object) {
            return withSelf(this, name, (self) => {
              const found = checks.takeNewOrThrow(PyObject_GetAttr(self, strings.name(name)));
              return read(of, found, `${name} of the Python subclass`);
            });
          },
          set(this: object, given: unknown) {
            withSelf(this, name, (self) => {
              const object = parts.writerOf(of)(given);
              const result = library.object.PyObject_SetAttr(self, strings.name(name), object);
              Py_DecRef(object);
              checks.intOrThrow(result);
            });
          },
          configurable: true,
        });
      }
    }
  }

  /** Uses the Python object of an instance whose class is Python's. */
  function withSelf<T>(value: object, name: string, use: (self: Ref) => T): T {
    interpreter.attach();
    const self = hold(value);
    if (!self) throw new TypeError(`${name}: this is no instance of the declared class`);
    try {
      return use(self);
    } finally {
      Py_DecRef(self);
    }
  }

  function callOverride(
    value: object,
    name: string,
    params: readonly Parameter[] | undefined,
    returns: Type,
    args: unknown[],
  ): unknown {
    return withSelf(value, name, (self) => {
      const method = checks.takeNewOrThrow(PyObject_GetAttr(self, strings.name(name)));
      const made: unknown[] = [];
      const write = (type: Type, value: unknown): unknown => {
        const object = wrap(parts.writerOf(type)(value));
        made.push(object);
        return object;
      };
      try {
        const result = bridge.calls.callNew(method, null, argumentsFor(params, args, write));
        return read(returns, result, `${name}() of the Python subclass`);
      } catch (error) {
        if (!Mismatch.is(error)) throw error;
        throw new TypeError(`${name}(): an argument${error.path} ${error.message}`);
      } finally {
        for (const each of made) facadeOf(each)!.release();
        Py_DecRef(method);
      }
    });
  }

  /** Reads a result by its type; takes the reference. */
  function read(type: Type, object: New, what: string): unknown {
    try {
      return parts.readerOf(type)(object);
    } catch (error) {
      if (!Mismatch.is(error)) throw error;
      throw new TypeError(`${what}${error.path} ${error.message}`);
    } finally {
      Py_DecRef(object);
    }
  }

  // --- TypeScript's own members, under Python's overrides -------------------------

  /** Where a member has to be looked for, past the overrides of Python and of further declared classes. */
  function base(built: Built, value: object, name: string): object | null {
    if (SUBCLASS in value) return built.declaration.cls.prototype as object;
    if (built.declaration.descendants.length === 0) return null;
    const nearest = nearestDeclaration(Object.getPrototypeOf(value))!;
    return nearest !== built.declaration && nearest.has(name)
      ? built.declaration.cls.prototype as object
      : null;
  }

  interpreter.atClose(() => {
    for (const pair of [...pairs.keys(), ...weak]) Py_DecRef(pair.pointer);
  });

  return {
    hold,
    holdClass(value) {
      const type = subclasses.get(value)?.type;
      return type ? share(type) : null;
    },
    pair: (value, self) => bind(value, self, true),
    pairOf: (value) => pairOf.get(value)?.pointer ?? null,
    isPaired: (value) => pairOf.has(value),
    valueOf,
    construct,
    classOf,
    instanceOf,
    collected,
    methodOf(built, value, name) {
      const found = (value as Record<string, unknown>)[name];
      const forwarded = typeof found === "function" && FORWARD in found;
      if (!forwarded && built.declaration.descendants.length === 0) return found;
      const from = base(built, value, name);
      return from ? Reflect.get(from, name, value) : found;
    },
    getOf(built, value, key) {
      const from = Object.hasOwn(value, key) ? null : base(built, value, key);
      return from ? Reflect.get(from, key, value) : (value as Record<string, unknown>)[key];
    },
    setOf(built, value, key, given) {
      const from = Object.hasOwn(value, key) ? null : base(built, value, key);
      if (from) Reflect.set(from, key, given, value);
      else (value as Record<string, unknown>)[key] = given;
    },
  };

  function superOf(declaration: PyClass): PyClass | undefined {
    return nearestDeclaration(Object.getPrototypeOf(declaration.cls.prototype));
  }
}
