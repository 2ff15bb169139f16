/**
 * `py.subclassable()`: classes of TypeScript that extend Python's.
 *
 * `class Mine extends py.subclassable(Base)` is two classes: Mine, and a Python class of that name that extends
 * Base and whose methods lead to Mine's. Each instance is a pair, as that of a declared class with a Python
 * subclass is (instance.ts). What Mine does not define is looked up in Python.
 * @module
 */

import { keyOfType, type TypeKey } from "../capi/layout.ts";
import { borrow, type Borrowed, type New, type Ref } from "../capi/reference.ts";
import { describe } from "../convert/path.ts";
import { type Bridge, type Facade, facadeOf } from "../objects/facade.ts";
import type { Dollar, PyObject, PyValue } from "../objects/py_object.ts";
import { markClass } from "./class.ts";
import type { Instances, NewableClass } from "./instance.ts";
import type { Functions, Shape } from "./make_function.ts";
import { t } from "./types.ts";

/** An instance of a class that extends a Python class: what TypeScript does not define is Python's. */
export interface PyInstance {
  /** What the bridge adds to every Python object. */
  readonly $: Dollar;
  /** The attribute of that name; `undefined` where there is none. */
  [name: string]: PyValue;
}

/** A Python class that TypeScript can extend. */
// deno-lint-ignore no-explicit-any -- whatever the Python class takes
export type PySubclassable = new (...args: any[]) => PyInstance;

/** What is asked of the rest of this floor. */
export interface SubclassableParts {
  readonly functions: Functions;
  readonly instances: Instances;
}

/** Classes that extend Python's, of one interpreter. */
export interface Subclassables {
  /** The class to extend. */
  of(base: unknown): PySubclassable;
  /** The Python class of a class that extends one: a new reference. */
  hold(cls: object): New | null;
}

/** A Python class made for a class of TypeScript. */
interface Made {
  readonly type: New;
  readonly key: TypeKey;
}

/** Binds the classes to an interpreter. */
export function createSubclassables(bridge: Bridge, parts: SubclassableParts): Subclassables {
  const { interpreter, checks, python, rules, strings, toPython, wrap } = bridge;
  const { library, share } = interpreter;
  const { Py_DecRef, PyObject_GetAttr } = library.object;
  const { functions, instances } = parts;
  const roots = new Map<TypeKey, PySubclassable>();
  const baseOf = new WeakMap<object, Facade>();
  const made = new WeakMap<object, Made>();
  const types: New[] = [];
  /** Python objects whose `__init__` runs at this moment, innermost last. */
  const pending: { self: Borrowed; cls: unknown }[] = [];

  // --- the class to extend --------------------------------------------------------

  function of(base: unknown): PySubclassable {
    const facade = facadeOf(base);
    if (!facade || rules.toJs(python.call("_define", "is_class", facade.pointer())) !== true) {
      throw new TypeError(
        `py.subclassable() takes a Python class, not ${facade ? facade.what : describe(base)}`,
      );
    }
    const key = keyOfType(facade.pointer());
    let root = roots.get(key);
    if (!root) {
      // A handle of its own: the class lives as long as classes may extend it.
      const own = facadeOf(bridge.wrapToTheEnd(share(facade.pointer())))!;
      roots.set(key, root = rootOf(own));
    }
    return root;
  }

  function rootOf(base: Facade): PySubclassable {
    const Root = function (this: object, ...args: unknown[]): void {
      begin(this, new.target as unknown as NewableClass, base, args);
    } as unknown as PySubclassable;
    Object.defineProperty(Root, "name", { value: base.attribute("__name__") });
    Root.prototype = new Proxy(Object.create(Object.prototype), members());
    baseOf.set(Root, base);
    markClass(Root);
    return Root;
  }

  /** The root's constructor: what `super(…)` of TypeScript does. */
  function begin(value: object, cls: NewableClass, base: Facade, args: unknown[]): void {
    interpreter.attach();
    const { type } = typeOf(cls);
    const current = pending.at(-1)?.cls === cls ? pending.pop() : undefined;
    const self = current ? share(current.self) : newObject(type, args);
    try {
      instances.pair(value, self);
      const init = checks.takeNewOrThrow(
        PyObject_GetAttr(base.pointer(), strings.name("__init__")),
      );
      try {
        const takes = rules.toJs(python.call("_define", "takes_init", base.pointer())) === true;
        Py_DecRef(bridge.calls.callNew(init, self, takes ? args : []));
      } finally {
        Py_DecRef(init);
      }
    } finally {
      Py_DecRef(self);
    }
  }

  function newObject(type: Ref, args: unknown[]): New {
    const make = checks.takeNewOrThrow(PyObject_GetAttr(type, strings.name("__new__")));
    try {
      return bridge.calls.callNew(make, type, args);
    } finally {
      Py_DecRef(make);
    }
  }

  // --- what TypeScript does not define ----------------------------------------------

  function withSelf<T>(value: object, use: (self: Facade) => T): T {
    interpreter.attach();
    const self = instances.hold(value);
    if (!self) {
      throw new TypeError(
        "a Python object has no attributes before its constructor called super()",
      );
    }
    const facade = facadeOf(wrap(self))!;
    try {
      return use(facade);
    } finally {
      facade.release();
    }
  }

  function members(): ProxyHandler<object> {
    return {
      get(target, key, receiver) {
        if (receiver === target || !isInstance(receiver)) return Reflect.get(target, key, receiver);
        if (key === "then" || key === "constructor") return undefined;
        if (key === "$") return (wrap(instances.hold(receiver)!) as PyObject).$;
        if (typeof key === "symbol") return symbolOf(receiver, key);
        return withSelf(
          receiver,
          (self) => isDefined(receiver, key) ? inherited(self, key) : attributeOf(self, key),
        );
      },
      set(_target, key, value, receiver) {
        if (typeof key === "symbol" || !isInstance(receiver)) {
          return Reflect.defineProperty(receiver, key, {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
          });
        }
        withSelf(receiver, (self) => self.setAttribute(key, value));
        return true;
      },
      has: () => false,
      getPrototypeOf: () => Object.prototype,
    };
  }

  /** A method is bound to the object by itself, and needs no facade that lives as long. */
  function attributeOf(self: Facade, key: string): unknown {
    return self.hasAttribute(key) ? rules.toJs(self.getAttribute(key)) : undefined;
  }

  function isInstance(value: unknown): value is object {
    return typeof value === "object" && value !== null && instances.isPaired(value);
  }

  function symbolOf(value: object, key: symbol): unknown {
    if (key !== Symbol.iterator && key !== Symbol.toPrimitive) return undefined;
    const self = wrap(instances.hold(value)!) as unknown as Record<symbol, unknown>;
    const member = self[key];
    return typeof member === "function" ? member.bind(self) : member;
  }

  /** Whether a class of TypeScript defines the name: who asks further up means Python's own, by `super`. */
  function isDefined(value: object, key: string): boolean {
    for (let at = Object.getPrototypeOf(value); at && !isRoot(at); at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, key)) return true;
    }
    return false;
  }

  function isRoot(prototype: object): boolean {
    for (const root of roots.values()) if (root.prototype === prototype) return true;
    return false;
  }

  function inherited(self: Facade, key: string): unknown {
    const name = toPython(key);
    try {
      return rules.toJs(python.call("_define", "inherited", self.pointer(), name));
    } finally {
      Py_DecRef(name);
    }
  }

  // --- the Python class ---------------------------------------------------------------

  function typeOf(cls: NewableClass): Made {
    const known = made.get(cls);
    if (known) return known;
    const chain: object[] = [];
    let base: Facade | undefined;
    for (let at: object | null = cls; at && !base; at = Object.getPrototypeOf(at)) {
      base = baseOf.get(at);
      if (!base) chain.push((at as { prototype: object }).prototype);
    }
    if (!base) throw new TypeError(`${cls.name} does not extend a class of py.subclassable()`);
    if (cls.name === "") throw new TypeError("a class that extends a Python class needs a name");
    const type = makeType(cls, chain, base);
    const answer = { type, key: keyOfType(borrow(type)) };
    made.set(cls, answer);
    types.push(type);
    Py_DecRef(python.call("_define", "declare", type));
    bridge.declareType(type);
    return answer;
  }

  function makeType(cls: NewableClass, chain: readonly object[], base: Facade): New {
    const definition = functions.make(
      "_define",
      "Definition",
      toPython(cls.name),
      toPython("js"),
      toPython(null),
    );
    const refuse = checks.takeNewOrThrow(PyObject_GetAttr(definition, strings.name("refuse")));
    const shape = (kind: Shape["kind"], name: string): Shape => ({
      kind,
      module: "js",
      qualname: `${cls.name}.${name}`,
      doc: undefined,
      params: undefined,
      passedOn: true,
      returns: kind === "init" ? t.none : t.any,
      refuse,
    });
    try {
      const construct = function (this: unknown, ...args: unknown[]): unknown {
        pending.push({ self: this as Borrowed, cls });
        const depth = pending.length;
        try {
          Reflect.construct(cls, args);
        } finally {
          pending.length = Math.min(pending.length, depth - 1);
        }
        return undefined;
      };
      const init = functions.callableOf(shape("init", "__init__"), {
        selfOf: (first) => first,
        functionOf: () => construct,
      });
      Py_DecRef(functions.callMethod(definition, "add", toPython("__init__"), init));
      const selfOf = (first: Borrowed): unknown => instances.valueOf(first);
      for (const [key, descriptor] of descriptorsOf(chain)) {
        if (typeof descriptor.value === "function") {
          const functionOf = (self: unknown) => (self as Record<string, () => unknown>)[key]!;
          Py_DecRef(
            functions.callMethod(
              definition,
              "add",
              toPython(key),
              functions.callableOf({ ...shape("method", key), implementation: descriptor.value }, {
                selfOf,
                functionOf,
              }),
            ),
          );
        } else if (descriptor.get) {
          const property = { ...shape("method", key), property: true };
          const get = function (this: unknown): unknown {
            return (this as Record<string, unknown>)[key];
          };
          const set = function (this: unknown, value: unknown): unknown {
            (this as Record<string, unknown>)[key] = value;
            return undefined;
          };
          const getter = functions.callableOf({ ...property, params: [] }, {
            selfOf,
            functionOf: () => get,
          });
          const setter = descriptor.set
            ? functions.callableOf(
              { ...property, params: [{ name: "value", type: t.any, role: "" }], returns: t.none },
              { selfOf, functionOf: () => set },
            )
            : toPython(null);
          Py_DecRef(
            functions.callMethod(
              definition,
              "add_property",
              toPython(key),
              getter,
              setter,
              toPython(null),
            ),
          );
        }
      }
      return functions.callMethod(
        definition,
        "make",
        rules.listOf([share(base.pointer())]),
        toPython([]),
      );
    } finally {
      Py_DecRef(refuse);
      Py_DecRef(definition);
    }
  }

  interpreter.atClose(() => types.forEach((type) => Py_DecRef(type)));

  return {
    of,
    hold(cls) {
      for (let at: object | null = cls; at; at = Object.getPrototypeOf(at)) {
        const base = baseOf.get(at);
        if (base) return share(at === cls ? base.pointer() : typeOf(cls as NewableClass).type);
      }
      return null;
    },
  };
}

/** The members of the classes, the nearest first. */
function descriptorsOf(chain: readonly object[]): Map<string, PropertyDescriptor> {
  const found = new Map<string, PropertyDescriptor>();
  for (const prototype of chain) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (key !== "constructor" && !found.has(key)) found.set(key, descriptor);
    }
  }
  return found;
}
