/**
 * `pyClass()`: a class of TypeScript declared as a Python type.
 * @module
 */

import { describe } from "../convert/path.ts";
import type { PyObject } from "../objects/py_object.ts";
import { type Callable, callableOf, checkDoc, checkKeys, type Signature } from "./function.ts";
import {
  checkName,
  type Parameter,
  parameterList,
  type Parameters,
  snakeCase,
} from "./parameters.ts";
import { type AnyClass, type Described, t, Type } from "./types.ts";

/** A method declared for Python. */
export interface MethodDeclaration<T = unknown> extends Signature {
  /** Its name in Python. Default: that of TypeScript in snake_case. */
  readonly name?: string;
  /** What runs instead of the method of that name: another one's name, or a function with `this`. */
  // deno-lint-ignore no-explicit-any -- its parameters are those of the signature
  readonly call?: string | ((this: T, ...args: any[]) => unknown);
}

/** A property declared for Python. */
export interface PropertyDeclaration {
  /** Its type. Default: `t.any`. */
  readonly type?: Type;
  /** The docstring. */
  readonly doc?: string;
  /** Its name in Python. Default: that of TypeScript in snake_case. */
  readonly name?: string;
  /** Python may not set it. Default: whether it is a getter without a setter. */
  readonly readonly?: boolean;
}

/**
 * A special method: the name of a method or property of the instance, a function with the instance as `this`
 * or as a first argument before those of Python, or a declaration with types.
 */
// deno-lint-ignore no-explicit-any -- what Python gives
export type Dunder<T> = string | ((this: T, ...args: any[]) => unknown) | MethodDeclaration<T>;

/**
 * The members that a declaration may name. Not those that every object has, such as `toString`: an object
 * literal has them as well, and they declare nothing. For Python's `str()` there is `__str__`.
 */
export type Own<T> = Exclude<keyof T, keyof typeof Object.prototype>;

/** What Python is told of a class. */
export interface ClassDeclaration<T> {
  /** Its name in Python. Default: that of the class. */
  readonly name?: string;
  /** The docstring. */
  readonly doc?: string;
  /**
   * The parameters of the constructor. Left out: those of the declared class above, where the class has no
   * constructor of its own; none, where the constructor takes none; else Python cannot make instances, and
   * `false` says so in any case.
   */
  readonly init?: { readonly params: Parameters } | Parameters | false;
  /** Methods by their TypeScript names. */
  readonly methods?: { readonly [K in Own<T>]?: MethodDeclaration<T> };
  /** Properties and fields by their TypeScript names. */
  readonly properties?: { readonly [K in Own<T>]?: Type | PropertyDeclaration };
  /** Static methods of the class by their TypeScript names. */
  readonly staticMethods?: Readonly<Record<string, MethodDeclaration<AnyClass<T>>>>;
  /**
   * Static methods that Python calls with a class: `this` is the class of TypeScript that belongs to the
   * Python class, so that `new this()` makes an instance of a Python subclass.
   */
  readonly classMethods?: Readonly<Record<string, MethodDeclaration<AnyClass<T>>>>;
  /** Special methods: `__len__`, `__add__` … */
  readonly dunders?: Readonly<Record<string, Dunder<T>>>;
  /** Class attributes: values that are converted once. */
  readonly constants?: Readonly<Record<string, unknown>>;
  /** Names of type variables, for `Box[int]`. */
  readonly generic?: readonly string[];
  /** Python classes it derives from as well: PyObjects, or names such as `"collections.abc.Sized"`. */
  // deno-lint-ignore no-explicit-any -- a class of any instances
  readonly bases?: readonly (PyObject | PyClass<any> | string)[];
}

/** A method in a checked form. */
export interface Method {
  /** Its name in Python. */
  readonly name: string;
  /** Its signature. */
  readonly callable: Callable;
  /** What runs: a member's name, or a function. */
  readonly call: string | ((...args: unknown[]) => unknown);
}

/** A property in a checked form. */
export interface Property {
  /** Its name in Python. */
  readonly name: string;
  /** Its name in TypeScript. */
  readonly key: string;
  /** Its type. */
  readonly type: Type;
  /** The docstring. */
  readonly doc: string | undefined;
  /** Whether Python may not set it. */
  readonly readonly: boolean;
}

/** A class declared for Python; what Python has of it is made when it is first needed. */
export class PyClass<T = unknown> implements Described<T> {
  /** The class of TypeScript. */
  readonly cls: AnyClass<T>;
  /** Its name in Python. */
  readonly name: string;
  /** The docstring. */
  readonly doc: string | undefined;
  /** The parameters of the constructor; `null`: Python makes no instances. */
  readonly init: readonly Parameter[] | null;
  /** Methods, in a checked form. */
  readonly methods: readonly Method[];
  /** Properties, in a checked form. */
  readonly properties: readonly Property[];
  /** Static methods, in a checked form. */
  readonly staticMethods: readonly Method[];
  /** Class methods, in a checked form. */
  readonly classMethods: readonly Method[];
  /** Special methods, in a checked form. */
  readonly dunders: readonly Method[];
  /** Class attributes. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Names of type variables. */
  readonly generic: readonly string[];
  /** Further Python classes it derives from. */
  readonly bases: readonly (PyObject | PyClass | string)[];
  /** The type of its instances. */
  readonly type: Type<T, T>;
  /** Further declared classes that derive from this one. */
  readonly descendants: PyClass[] = [];
  readonly #names: ReadonlySet<string>;

  /** Use {@link pyClass}. */
  constructor(cls: AnyClass<T>, declaration: ClassDeclaration<T>) {
    const name = declaration.name ?? cls.name;
    checkName(name, "pyClass(): the name of the class");
    const what = `pyClass("${name}")`;
    checkKeys(declaration, KEYS, what);
    checkDoc(declaration.doc, what);
    this.cls = cls;
    this.name = name;
    this.doc = declaration.doc;
    this.init = initOf(cls, declaration.init, what);
    this.methods = methodsOf(declaration.methods, what, (key) => {
      if (!(key in (cls.prototype as object))) {
        throw new TypeError(`${what}: ${cls.name} has no method ${JSON.stringify(key)}`);
      }
    });
    const statics = (key: string): void => {
      if (typeof (cls as unknown as Record<string, unknown>)[key] !== "function") {
        throw new TypeError(`${what}: ${cls.name} has no static method ${JSON.stringify(key)}`);
      }
    };
    this.staticMethods = methodsOf(declaration.staticMethods, what, statics);
    this.classMethods = methodsOf(declaration.classMethods, what, statics);
    this.properties = Object.entries(declaration.properties ?? {}).map(([key, given]) =>
      propertyOf(cls, key, given as Type | PropertyDeclaration, what)
    );
    this.dunders = Object.entries(declaration.dunders ?? {}).map(([key, given]) =>
      dunderOf(key, given, what)
    );
    this.constants = declaration.constants ?? {};
    for (const key of Object.keys(this.constants)) checkName(key, `${what}: a constant`);
    this.generic = declaration.generic ?? [];
    this.bases = declaration.bases ?? [];
    this.type = t.instance(cls) as Type<T, T>;
    this.#names = this.#distinctNames(what);
  }

  /** Whether it declares a member under that Python name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  #distinctNames(what: string): Set<string> {
    const names = new Set<string>();
    const { methods, properties, staticMethods, classMethods, dunders } = this;
    const all = [methods, properties, staticMethods, classMethods, dunders].flat();
    for (const name of [...all.map((each) => each.name), ...Object.keys(this.constants)]) {
      if (names.has(name)) {
        throw new TypeError(`${what} has two members called ${name} in Python; give one a name`);
      }
      names.add(name);
    }
    return names;
  }
}

const KEYS = [
  ...["name", "doc", "init", "methods", "properties", "staticMethods", "classMethods"],
  ...["dunders", "constants", "generic", "bases"],
];

function initOf<T>(
  cls: AnyClass<T>,
  init: ClassDeclaration<T>["init"],
  what: string,
): Parameter[] | null {
  if (init === false) return null;
  if (init === undefined) {
    const parent = nearestDeclaration(Object.getPrototypeOf(cls.prototype));
    // A constructor that is not written takes what that of the class above takes.
    if (parent?.init && cls.length === 0 && !hasConstructor(cls)) return [...parent.init];
    return cls.length === 0 ? [] : null;
  }
  const { params } = init;
  const wrapped = params !== undefined && !(params instanceof Type);
  if (wrapped) checkKeys(init, ["params"], `${what}: init`);
  return parameterList((wrapped ? params : init) as Parameters, `${what}: init`);
}

/** Whether a constructor is written. What is made for fields alone (`super(...arguments)`) is none. */
function hasConstructor(cls: AnyClass): boolean {
  const text = Function.prototype.toString.call(cls);
  return /\bconstructor\s*\(/.test(text) && !/\bsuper\(\.\.\.arguments\)/.test(text);
}

function methodsOf(
  declared: object | undefined,
  what: string,
  check: (key: string) => void,
): Method[] {
  return Object.entries((declared ?? {}) as Record<string, MethodDeclaration>).map(
    ([key, given]) => {
      if (given?.call === undefined) check(key);
      return methodOf(key, given, given?.name ?? snakeCase(key), what);
    },
  );
}

function methodOf(key: string, given: MethodDeclaration, name: string, what: string): Method {
  const where = `${what}: ${key}`;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `${where} takes an object with doc, params and returns, not ${describe(given)}`,
    );
  }
  const { name: _, call = key, ...signature } = given;
  checkName(name, `${where}: its name in Python`);
  checkCall(call, where);
  return { name, callable: callableOf(signature, where), call: call as Method["call"] };
}

function checkCall(call: unknown, where: string): void {
  if (typeof call !== "string" && typeof call !== "function") {
    throw new TypeError(
      `${where}: call must be a member's name or a function, not ${describe(call)}`,
    );
  }
}

function propertyOf<T>(
  cls: AnyClass<T>,
  key: string,
  given: Type | PropertyDeclaration,
  what: string,
): Property {
  const where = `${what}: property ${key}`;
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `${where} takes a type of t or { type, doc, name, readonly }, not ${describe(given)}`,
    );
  }
  const declared: PropertyDeclaration = given instanceof Type ? { type: given } : given;
  checkKeys(declared, ["type", "doc", "name", "readonly"], where);
  checkDoc(declared.doc, where);
  const { type = t.any, doc, name = snakeCase(key), readonly = isGetter(cls, key) } = declared;
  checkName(name, `${where}: its name in Python`);
  if (!(type instanceof Type)) {
    throw new TypeError(`${where}: type must be a type of t, not ${describe(type)}`);
  }
  return { name, key, type, doc, readonly };
}

/** Whether assigning to the member would do nothing. */
function isGetter(cls: AnyClass, key: string): boolean {
  for (let at: object | null = cls.prototype; at; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, key);
    if (descriptor) return descriptor.get !== undefined && descriptor.set === undefined;
  }
  return false;
}

const REFUSED: Readonly<Record<string, string>> = {
  __init__: "say the constructor's parameters by init",
  __new__: "say the constructor's parameters by init",
  __del__: "Python's object may end before the value of TypeScript does, and be made again; " +
    "use __exit__, for with",
  __slots__: "the value's state is in TypeScript",
  __class_getitem__: "use generic",
};

function dunderOf<T>(key: string, given: Dunder<T>, what: string): Method {
  if (!/^__[a-z_]+__$/.test(key)) {
    throw new TypeError(`${what}: dunders takes names like __len__, not ${JSON.stringify(key)}`);
  }
  if (Object.hasOwn(REFUSED, key)) {
    throw new TypeError(`${what}: ${key} cannot be declared; ${REFUSED[key]}`);
  }
  const declaration = typeof given === "object" ? given : { call: given };
  const options = key === "__init_subclass__" ? { kwargs: t.kwargs(t.any) } : undefined;
  const params = declaration?.params ?? options ?? Object.fromEntries(
    (ARGUMENTS[key] ?? "").split(" ").filter(Boolean).map((name) => [
      name.replace("?", ""),
      (name.endsWith("?") ? t.any.default(null) : t.any).positionalOnly(),
    ]),
  );
  const typed = key === "__call__" && !declaration?.params ? {} : { params };
  // A whole number is an int by itself, which Python does not take here.
  const result = key === "__float__" ? { returns: t.float } : {};
  return methodOf(key, { ...result, ...declaration, ...typed } as MethodDeclaration, key, what);
}

/** What Python gives a special method after `self`; those that are missing get nothing. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ("add sub mul matmul truediv floordiv mod divmod lshift rshift and xor or").split(" ")
      .flatMap((name) => [[`__${name}__`, "other"], [`__r${name}__`, "other"], [
        `__i${name}__`,
        "other",
      ]]),
  ),
  __pow__: "other modulo?",
  __rpow__: "other modulo?",
  __ipow__: "other",
  ...Object.fromEntries(
    ["lt", "le", "eq", "ne", "gt", "ge"].map((name) => [`__${name}__`, "other"]),
  ),
  __getitem__: "key",
  __setitem__: "key value",
  __delitem__: "key",
  __missing__: "key",
  __contains__: "item",
  __format__: "format_spec",
  __getattr__: "name",
  __setattr__: "name value",
  __delattr__: "name",
  __exit__: "exc_type exc_value traceback",
  __aexit__: "exc_type exc_value traceback",
  __get__: "instance owner?",
  __set__: "instance value",
  __delete__: "instance",
  __set_name__: "owner name",
  __round__: "ndigits?",
  __deepcopy__: "memo",
  __buffer__: "flags",
  __release_buffer__: "buffer",
  __setstate__: "state",
  __reduce_ex__: "protocol",
};

/** The declarations, by the prototypes of their classes. */
const declared = new Map<object, PyClass>();

/** Functions that are the class of a Python type, however they are written. */
const classes = new WeakSet<object>();

/** Marks a function as the class of a Python type. */
export function markClass(cls: object): void {
  classes.add(cls);
}

/** Whether a function was marked. */
export function isMarked(cls: object): boolean {
  return classes.has(cls);
}

/** The declaration of exactly this prototype's class. */
export function declarationOf(prototype: object): PyClass | undefined {
  return declared.get(prototype);
}

/** The declaration of the nearest class in a prototype chain. */
export function nearestDeclaration(prototype: object | null): PyClass | undefined {
  if (declared.size === 0) return undefined;
  for (let at = prototype; at; at = prototypeOf(at)) {
    const found = declared.get(at);
    if (found) return found;
  }
  return undefined;
}

/** The prototype; `null` of a Proxy that refuses the question. */
export function prototypeOf(value: object): object | null {
  try {
    return Object.getPrototypeOf(value);
  } catch {
    return null;
  }
}

/** Whether a declared class derives from one whose instances would else cross as a container. */
export function hasContainers(): boolean {
  return containers;
}

let containers = false;
const CONTAINERS = [Array, Map, Set, Uint8Array, Date];

/**
 * Declares a class as a real Python type. Its instances cross as instances of that type, and come back as the
 * very same instances; Python can subclass it, and TypeScript then calls the methods that Python overrides.
 *
 * @example
 * ```ts
 * import { pyClass, startPython, t } from "pyduet";
 * class Counter {
 *   count = 0;
 *   constructor(readonly step: number) {}
 *   addOne() { this.count += this.step; return this.count; }
 * }
 * const py = startPython();
 * py.globals.Counter = pyClass(Counter, {
 *   init: { params: { step: t.int.default(1) } },
 *   methods: { addOne: { returns: t.int } },
 *   properties: { count: t.int },
 *   dunders: { __len__: "count" },
 * });
 * py.run("c = Counter(step=2)\nc.add_one()\nc.count + len(c)"); // 4
 * ```
 */
export function pyClass<T>(
  cls: AnyClass<T>,
  declaration: ClassDeclaration<NoInfer<T>> = {},
): PyClass<T> {
  if (typeof cls !== "function" || typeof cls.prototype !== "object" || cls.prototype === null) {
    throw new TypeError(`pyClass() takes a class first, not ${describe(cls)}`);
  }
  if (typeof declaration !== "object" || declaration === null) {
    throw new TypeError(`pyClass() takes an object second, not ${describe(declaration)}`);
  }
  const prototype = cls.prototype as object;
  if (declared.has(prototype)) {
    throw new TypeError(
      `pyClass(): the class ${cls.name} is declared already, and has one Python type`,
    );
  }
  const made = new PyClass(cls, declaration);
  nearestDeclaration(Object.getPrototypeOf(prototype))?.descendants.push(made as PyClass);
  declared.set(prototype, made as PyClass);
  markClass(cls);
  containers ||= CONTAINERS.some((kind) => prototype instanceof kind);
  return made;
}
