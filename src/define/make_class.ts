/**
 * Python types made of declared classes.
 * @module
 */

import { keyOfType, type TypeKey } from "../capi/layout.ts";
import { borrow, type Borrowed, type New } from "../capi/reference.ts";
import type { Bridge } from "../objects/facade.ts";
import { type Method, nearestDeclaration, type PyClass } from "./class.ts";
import type { Built, Instances } from "./instance.ts";
import type { Functions, Shape, Target } from "./make_function.ts";
import { type AnyClass, t } from "./types.ts";

/** What is asked of the rest of this floor. */
export interface ClassParts {
  functions(): Functions;
  instances(): Instances;
  /** The module that a class is of. */
  moduleOf(declaration: PyClass): string;
}

/** Makes Python types. All need the GIL. */
export interface Classes {
  /** The type of a declaration. */
  typeOf(declaration: PyClass): Built;
  /** The declaration of exactly this type. */
  declarationAt(key: TypeKey): Built | undefined;
  /** The type as an annotation, also while it is being made: a new reference. */
  annotationOfClass(declaration: PyClass): New;
}

/** Binds the making of types to an interpreter. */
export function createClasses(bridge: Bridge, parts: ClassParts): Classes {
  const { interpreter, checks, python, rules, toPython, strings } = bridge;
  const { library, share, none } = interpreter;
  const { Py_DecRef } = library.object;
  const built = new Map<PyClass, Built>();
  const byKey = new Map<TypeKey, Built>();

  const making = new Set<PyClass>();

  function typeOf(declaration: PyClass): Built {
    const known = built.get(declaration);
    if (known) return known;
    if (making.has(declaration)) {
      throw new TypeError(`${declaration.name} needs an object of its own class before it is made`);
    }
    making.add(declaration);
    const module = parts.moduleOf(declaration);
    try {
      const type = makeType(declaration, module);
      const made: Built = {
        declaration,
        type,
        key: keyOfType(borrow(type)),
        stateful: rules.toJs(python.call("_define", "has_state", type)) === true,
      };
      built.set(declaration, made);
      byKey.set(made.key, made);
      Py_DecRef(python.call("_define", "declare", type));
      bridge.declareType(type);
      setOwnConstants(made);
      return made;
    } finally {
      making.delete(declaration);
    }
  }

  /** Constants that are instances of the class, such as `Color.RED`: they need it to stand. */
  function setOwnConstants({ declaration, type }: Built): void {
    for (const [key, value] of Object.entries(declaration.constants)) {
      if (!(value instanceof declaration.cls)) continue;
      const object = toPython(value);
      const result = library.object.PyObject_SetAttr(type, strings.name(key), object);
      Py_DecRef(object);
      checks.intOrThrow(result);
    }
  }

  function makeType(declaration: PyClass, module: string): New {
    const { name, doc } = declaration;
    const { make } = parts.functions();
    const definition = make(
      "_define",
      "Definition",
      toPython(name),
      toPython(module),
      toPython(doc ?? null),
    );
    const refuse = checks.takeNewOrThrow(
      library.object.PyObject_GetAttr(definition, strings.name("refuse")),
    );
    try {
      addMembers(declaration, module, definition, refuse);
      const bases = rules.listOf(basesOf(declaration));
      return parts.functions().callMethod(
        definition,
        "make",
        bases,
        toPython([...declaration.generic]),
      );
    } finally {
      Py_DecRef(refuse);
      Py_DecRef(definition);
    }
  }

  /** Classes, and names of classes: new references. */
  function basesOf({ cls, bases }: PyClass): New[] {
    const parent = nearestDeclaration(Object.getPrototypeOf(cls.prototype));
    const isError = (cls.prototype as object) instanceof Error;
    const first = parent ?? (isError ? "pyduet.JsError" : null);
    return bridge.allToPython(first === null ? bases : [first, ...bases]);
  }

  function addMembers(declaration: PyClass, module: string, definition: New, refuse: New): void {
    const { name } = declaration;
    const { callableOf } = parts.functions();
    let known: Built | undefined;
    const self = (): Built => known ??= typeOf(declaration);
    const instanceOf = (first: Borrowed): object => parts.instances().instanceOf(self(), first);
    const add = (kind: string, key: string, object: New): void =>
      Py_DecRef(parts.functions().callMethod(definition, kind, toPython(key), object));
    const shapeOf = (each: Method, kind: Shape["kind"]): Shape => ({
      kind,
      module,
      qualname: `${name}.${each.name}`,
      ...each.callable,
      implementation: typeof each.call === "function"
        ? each.call
        : valueOf(declaration.cls, each.call),
      refuse,
    });

    if (declaration.init) {
      const shape: Shape = {
        kind: "init",
        module,
        qualname: `${name}.__init__`,
        doc: undefined,
        params: declaration.init,
        returns: t.any,
        refuse,
      };
      const construct = function (this: unknown, ...values: unknown[]): unknown {
        parts.instances().construct(self(), this as Borrowed, values);
        return undefined;
      };
      add(
        "add",
        "__init__",
        callableOf(shape, { selfOf: (first) => first, functionOf: () => construct }),
      );
    }
    const ofClass = declaration.dunders.filter((each) => each.name === "__init_subclass__");
    const ofInstance = declaration.dunders.filter((each) => !ofClass.includes(each));
    for (const each of [...declaration.methods, ...ofInstance]) {
      const { call } = each;
      const target: Target = typeof call === "string"
        ? { selfOf: instanceOf, functionOf: memberOf(self, call, `${name}.${each.name}()`) }
        : { selfOf: instanceOf, functionOf: always(withSelf(call, argumentCount(each))) };
      add("add", each.name, callableOf(shapeOf(each, "method"), target));
    }
    for (const each of declaration.staticMethods) {
      const { call } = each;
      const cls = declaration.cls as unknown as Record<string, (...args: unknown[]) => unknown>;
      const run = (...args: unknown[]): unknown =>
        (typeof call === "string" ? cls[call]! : call).apply(cls, args);
      const target = { selfOf: null, functionOf: () => run };
      add("add_static", each.name, callableOf(shapeOf(each, "function"), target));
    }
    for (const each of [...declaration.classMethods, ...ofClass]) {
      const { call } = each;
      const target: Target = {
        selfOf: (first) => parts.instances().classOf(self(), first),
        functionOf: typeof call === "string"
          ? (cls) => (cls as Record<string, () => unknown>)[call]!
          : () => call,
      };
      add("add_class_method", each.name, callableOf(shapeOf(each, "class"), target));
    }
    for (const [key, value] of Object.entries(declaration.constants)) {
      if (!(value instanceof declaration.cls)) add("add", key, toPython(value));
    }
    addProperties(declaration, module, definition, refuse, self);
  }

  /** The member of an instance that runs; what was found last is looked at no further. */
  function memberOf(self: () => Built, key: string, what: string): Target["functionOf"] {
    let plain: unknown;
    return (value) => {
      const found = (value as Record<string, unknown>)[key];
      if (found === plain && plain !== undefined) return found as () => unknown;
      const member = parts.instances().methodOf(self(), value as object, key);
      if (typeof member !== "function") {
        if (what.includes(".__")) return () => member; // a property, for a special method
        throw new TypeError(`${what}: the instance's ${key} is no function`);
      }
      if (member === found && declarationHasNoDescendants(self())) plain = found;
      return member as () => unknown;
    };
  }

  function addProperties(
    { name, properties, cls }: PyClass,
    module: string,
    definition: New,
    refuse: New,
    self: () => Built,
  ): void {
    const { callableOf } = parts.functions();
    const prototype = cls.prototype as object;
    const all = [...properties];
    if ((cls.prototype as object) instanceof Error) {
      for (const key of ["name", "message", "stack"]) {
        const known = all.some((each) => each.name === key);
        if (!known) all.push({ name: key, key, type: t.any, doc: undefined, readonly: true });
      }
    }
    for (const { name: pyName, key, type, doc, readonly } of all) {
      const qualname = `${name}.${pyName}`;
      const shape = { kind: "method", module, qualname, doc, refuse, property: true } as const;
      const selfOf = (first: Borrowed): object => parts.instances().instanceOf(self(), first);
      const get = function (this: unknown): unknown {
        // An instance of the very class has no overrides to look past.
        return Object.getPrototypeOf(this) === prototype
          ? (this as Record<string, unknown>)[key]
          : parts.instances().getOf(self(), this as object, key);
      };
      const set = function (this: unknown, value: unknown): unknown {
        return void parts.instances().setOf(self(), this as object, key, value);
      };
      const getter = callableOf({ ...shape, params: [], returns: type }, {
        selfOf,
        functionOf: () => get,
      });
      const setter = readonly ? share(none) : callableOf(
        { ...shape, params: [{ name: "value", type, role: "" }], returns: t.none },
        { selfOf, functionOf: () => set },
      );
      Py_DecRef(
        parts.functions().callMethod(
          definition,
          "add_property",
          toPython(pyName),
          getter,
          setter,
          toPython(doc ?? null),
        ),
      );
    }
  }

  interpreter.atClose(() => {
    for (const { type } of built.values()) Py_DecRef(type);
  });

  return {
    typeOf,
    declarationAt: (key) => byKey.get(key),
    annotationOfClass(declaration) {
      const known = built.get(declaration);
      if (known) return share(known.type);
      // A class may name itself before it stands.
      if (making.has(declaration)) return toPython(declaration.name);
      return share(typeOf(declaration).type);
    },
  };
}

function argumentCount({ callable: { params, signal } }: Method): number | undefined {
  return params && params.length + (signal ? 1 : 0);
}

/** A function with the instance as `this`, and as its first argument if it has room for it. */
function withSelf(call: (...args: unknown[]) => unknown, count = Infinity): () => unknown {
  const takesSelf = call.length > count || isArrow(call);
  if (!takesSelf) return call;
  return function (this: unknown, ...values: unknown[]) {
    return call.call(this, this, ...values);
  };
}

/** What a class has under that name, on its instances or itself, without running a getter. */
function valueOf(cls: AnyClass, key: string): unknown {
  for (const owner of [cls.prototype as object, cls]) {
    for (let at: object | null = owner; at; at = Object.getPrototypeOf(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, key);
      if (descriptor) return descriptor.value;
    }
  }
  return undefined;
}

function always<T>(value: T): () => T {
  return () => value;
}

function declarationHasNoDescendants({ declaration }: Built): boolean {
  return declaration.descendants.length === 0;
}

function isArrow(fn: (...args: unknown[]) => unknown): boolean {
  return /^(async\s*)?(\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u.test(
    Function.prototype.toString.call(fn),
  );
}
