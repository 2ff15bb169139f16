/**
 * `t`: the types of parameters, results and properties that TypeScript declares for Python.
 * @module
 */

import type { PyBuffer } from "../objects/buffer.ts";
import type { PyObject } from "../objects/py_object.ts";
import { describe } from "../convert/path.ts";

/** What a type is, in Python's words. */
export type Kind =
  | "any"
  | "none"
  | "bool"
  | "int"
  | "bigint"
  | "float"
  | "str"
  | "bytes"
  | "object"
  | "callable"
  | "list"
  | "tuple"
  | "dict"
  | "set"
  | "union"
  | "literal"
  | "instance"
  | "record"
  | "buffer"
  | "awaitable"
  | "asyncIterator"
  | "datetime"
  | "timedelta"
  | "path"
  | "decimal"
  | "uuid";

/** How a parameter may be given. */
export type Role = "" | "positional" | "keyword" | "args" | "kwargs";

/** A class of JavaScript, whatever its constructor takes. */
// deno-lint-ignore no-explicit-any -- a class of any constructor
export type AnyClass<T = any> = abstract new (...args: any[]) => T;

/** What a {@link Type} is made of. */
export interface TypeParts {
  /** The types inside. */
  readonly parts?: readonly Type[];
  /** What else it is made of: see {@link Type}. */
  readonly detail?: unknown;
  /** How the parameter may be given. */
  readonly role?: Role;
  /** The value of a parameter that is not given. */
  readonly fallback?: { readonly value: unknown };
}

/** A type that has a default. */
export interface Defaulted {
  /** The value where none is given. */
  readonly fallback: { readonly value: unknown };
}

/**
 * The type of a parameter, a result or a property. `Js` is what TypeScript gets from Python,
 * `Given` what it may give. Made by {@link t}.
 */
// deno-lint-ignore no-explicit-any -- the type of whatever is not said
export class Type<Js = any, Given = any> {
  /** For the compiler alone. */
  declare readonly "~js": Js;
  /** For the compiler alone. */
  declare readonly "~given": (value: Given) => void;
  /** What it is. */
  readonly kind: Kind;
  /** The types inside. */
  readonly parts: readonly Type[];
  /** The values of a literal, the class of an instance, the fields of a record, the format of a buffer. */
  readonly detail: unknown;
  /** How the parameter may be given. */
  readonly role: Role;
  /** The value of a parameter that is not given. */
  readonly fallback: { readonly value: unknown } | undefined;

  /** Made by {@link t}. */
  constructor(kind: Kind, { parts = [], detail, role = "", fallback }: TypeParts = {}) {
    this.kind = kind;
    this.parts = parts;
    this.detail = detail;
    this.role = role;
    this.fallback = fallback;
  }

  /**
   * The parameter may be left out, and has this value then. `null` is allowed for every type:
   * Python's `name: str = None`.
   */
  default<V extends Given | null>(
    value: V,
  ):
    & Type<[V] extends [null] ? Js | null : Js, [V] extends [null] ? Given | null : Given>
    & Defaulted {
    this.#only("default()");
    // deno-lint-ignore no-explicit-any -- the result's type says what a default adds
    return this.#with({ fallback: { value } }) as any;
  }

  /** The parameter cannot be given by name: `/` of Python. */
  positionalOnly(): Type<Js, Given> {
    this.#only("positionalOnly()");
    return this.#with({ role: "positional" });
  }

  /** The parameter can only be given by name: `*` of Python. */
  keywordOnly(): Type<Js, Given> {
    this.#only("keywordOnly()");
    return this.#with({ role: "keyword" });
  }

  // deno-lint-ignore no-explicit-any -- the same type, for another place
  #with(changed: TypeParts): Type<any, any> {
    const { parts, detail, role, fallback } = this;
    return new Type(this.kind, {
      parts,
      detail,
      role,
      ...(fallback && { fallback }),
      ...changed,
    });
  }

  #only(what: string): void {
    if (this.role === "args" || this.role === "kwargs") {
      throw new TypeError(`t.${this.role}() takes what is left, so it has no ${what}`);
    }
  }
}

/** What TypeScript gets of a type. */
export type JsOf<T> = T extends Type<infer Js, infer _> ? Js : never;
/** What TypeScript may give for a type. */
export type GivenOf<T> = T extends { readonly "~given": (value: infer Given) => void } ? Given
  : never;

/** {@link JsOf} of each. */
export type JsAll<T extends readonly Type[]> = { -readonly [I in keyof T]: JsOf<T[I]> };
/** {@link GivenOf} of each. */
export type GivenAll<T extends readonly Type[]> = { -readonly [I in keyof T]: GivenOf<T[I]> };

/** A value of {@link t.literal}. */
export type LiteralValue = string | number | bigint | boolean | null | Uint8Array;

/** The fields of a record. */
export type Fields = Readonly<Record<string, Type>>;
/** What TypeScript gets of a record. */
export type JsRecord<F extends Fields> = {
  -readonly [K in keyof F]: JsOf<F[K]>;
};
/** What TypeScript may give for a record. */
export type GivenRecord<F extends Fields> = Flat<
  & { readonly [K in keyof F as F[K] extends Defaulted ? never : K]: GivenOf<F[K]> }
  & { readonly [K in keyof F as F[K] extends Defaulted ? K : never]?: GivenOf<F[K]> }
>;
/** An intersection as one object type. */
export type Flat<T> = { [K in keyof T]: T[K] };

/** What {@link t.instance} takes: a class, a Python class, or an enum or record declared for Python. */
export interface Described<Js = unknown, Given = Js> {
  /** The type of its values. */
  readonly type: Type<Js, Given>;
}

function make<Js, Given = Js>(kind: Kind, more?: TypeParts): Type<Js, Given> {
  return new Type<Js, Given>(kind, more);
}

function checked(type: unknown, where: string): Type {
  if (type instanceof Type) {
    if (type.role === "" && type.fallback === undefined) return type;
    throw new TypeError(
      `${where}: default(), positionalOnly() and keywordOnly() belong to the parameter, outermost`,
    );
  }
  throw new TypeError(`${where} takes types of t, not ${describe(type)}`);
}

function all(types: readonly unknown[], where: string): Type[] {
  return types.map((type) => checked(type, where));
}

// deno-lint-ignore no-explicit-any -- the overloads of Types say it
function instance(cls: unknown): Type<any, any> {
  const type = (typeof cls === "object" && cls !== null) ? (cls as Partial<Described>).type : null;
  if (type instanceof Type) return type;
  if (typeof cls !== "function" && typeof cls !== "object" || cls === null) {
    throw new TypeError(
      `t.instance() takes a class, a Python class, or what pyClass(), pyEnum() or pyRecord() made, ` +
        `not ${describe(cls)}`,
    );
  }
  return make("instance", { detail: cls });
}

/** The members of {@link t}. */
export interface Types {
  /** As every value crosses by itself. */
  // deno-lint-ignore no-explicit-any -- that is what it says
  readonly any: Type<any>;
  /** `None` */
  readonly none: Type<null, null | undefined | void>;
  /** `bool` alone: neither 0 nor 1. */
  readonly bool: Type<boolean, boolean>;
  /** `int`, of at most 2**53 - 1 in size: a larger one is an OverflowError. See `bigint`. */
  readonly int: Type<number, number | bigint>;
  /** `int` of any size. */
  readonly bigint: Type<bigint, number | bigint>;
  /** `float`; an `int` is taken too, as Python does. */
  readonly float: Type<number, number>;
  /** `str` */
  readonly str: Type<string, string>;
  /** `bytes`, a copy. */
  readonly bytes: Type<Uint8Array, ArrayBufferView | ArrayBufferLike>;
  /** Anything, never converted: a PyObject. */
  readonly object: Type<PyObject, unknown>;
  /** Anything that can be called. */
  // deno-lint-ignore no-explicit-any -- Python says no more
  readonly callable: Type<(...args: any[]) => any>;
  /** `datetime.datetime`; a naive one is local time. To Python an aware one, in UTC. */
  readonly datetime: Type<Date, Date>;
  /** `datetime.timedelta`, in milliseconds. */
  readonly timedelta: Type<number, number>;
  /** `str` or `os.PathLike`, as text; to Python a `pathlib.Path`. */
  readonly path: Type<string, string>;
  /** `decimal.Decimal`, as exact text. */
  readonly decimal: Type<string, string | number | bigint>;
  /** `uuid.UUID`, as text. */
  readonly uuid: Type<string, string>;
  /** `list[x]`, as an array; a copy. */
  list<T extends Type>(item: T): Type<JsOf<T>[], Iterable<GivenOf<T>>>;
  /** `tuple[x, y]`, as an array of that length; a copy. */
  tuple<const T extends readonly Type[]>(...items: T): Type<JsAll<T>, Readonly<GivenAll<T>>>;
  /** `dict[k, v]`: a plain object where the keys are `str`, else a Map; a copy. */
  dict<K extends Type, V extends Type>(
    key: K,
    value: V,
  ): Type<
    JsOf<K> extends string ? Record<JsOf<K>, JsOf<V>> : Map<JsOf<K>, JsOf<V>>,
    GivenOf<K> extends string
      ? Readonly<Record<GivenOf<K>, GivenOf<V>>> | ReadonlyMap<GivenOf<K>, GivenOf<V>>
      : ReadonlyMap<GivenOf<K>, GivenOf<V>>
  >;
  /** `set[x]` or `frozenset[x]`; a copy. */
  set<T extends Type>(item: T): Type<Set<JsOf<T>>, ReadonlySet<GivenOf<T>>>;
  /** `x | None` */
  optional<T extends Type>(type: T): Type<JsOf<T> | null, GivenOf<T> | null | undefined>;
  /** `x | y`: the first one that fits. */
  union<const T extends readonly Type[]>(...types: T): Type<JsOf<T[number]>, GivenOf<T[number]>>;
  /** `Literal[…]`: these values alone. */
  literal<const V extends readonly LiteralValue[]>(...values: V): Type<V[number], V[number]>;
  /** A value of `pyEnum()` or `pyRecord()`, or an instance of what `pyClass()` declared. */
  instance<Js, Given>(described: Described<Js, Given>): Type<Js, Given>;
  /** An instance of a class of TypeScript; a function that gives it, where it is declared further down. */
  instance<T>(cls: AnyClass<T> | (() => AnyClass<T>)): Type<T, T>;
  /** An instance of a Python class, as a PyObject. */
  instance(cls: PyObject): Type<PyObject, unknown>;
  /** A `dict` with these keys, as a plain object: `TypedDict`. A field with `default()` may be missing. */
  record<F extends Fields>(name: string, fields: F): Type<JsRecord<F>, GivenRecord<F>>;
  /**
   * Anything with the buffer protocol, without a copy; with a format of `struct` (`"d"`, `"B"`) elements of
   * that format alone. The buffer is released when the function returns.
   */
  buffer(format?: string): Type<PyBuffer, ArrayBufferView | ArrayBufferLike>;
  /**
   * What can be awaited, as a Promise: a Python coroutine begins to run when it is read. TypeScript may give a
   * Promise, a Python awaitable, or the result itself. An `async function` that returns it is one in Python too.
   */
  awaitable<T extends Type>(
    type: T,
  ): Type<Promise<JsOf<T>>, PromiseLike<GivenOf<T>> | GivenOf<T> | PyObject>;
  /** What `async for` takes, as an async iterator: the items are checked and converted one by one. */
  asyncIterator<T extends Type>(
    type: T,
  ): Type<AsyncIterableIterator<JsOf<T>>, AsyncIterable<GivenOf<T>> | PyObject>;
  /** `*args`: what is left of the arguments given by position, as one array. */
  args<T extends Type>(type: T): Type<JsOf<T>[]>;
  /** `**kwargs`: what is left of the arguments given by name, as one plain object. */
  kwargs<T extends Type>(type: T): Type<Record<string, JsOf<T>>>;
}

/**
 * The types. Python's own names, so that a declaration reads as Python's annotation would.
 *
 * An argument is checked by its declared type and converted by it: `t.list(t.int)` takes a Python
 * `list` of `int` and gives TypeScript an array of numbers; a wrong one is Python's `TypeError`
 * that names the parameter.
 *
 * @example
 * ```ts
 * import { pyFunction, startPython, t } from "pyduet";
 * const py = startPython();
 * py.globals.total = pyFunction("total", {
 *   params: { prices: t.list(t.float), currency: t.literal("EUR", "USD").default("EUR") },
 *   returns: t.str,
 * }, (prices, currency) => prices.reduce((a, b) => a + b, 0).toFixed(2) + " " + currency);
 * py.run("total([1, 2.5])"); // "3.50 EUR"
 * ```
 */
export const t: Types = {
  any: make("any"),
  none: make("none"),
  bool: make("bool"),
  int: make("int"),
  bigint: make("bigint"),
  float: make("float"),
  str: make("str"),
  bytes: make("bytes"),
  object: make("object"),
  callable: make("callable"),
  datetime: make("datetime"),
  timedelta: make("timedelta"),
  path: make("path"),
  decimal: make("decimal"),
  uuid: make("uuid"),
  list: (item) => make("list", { parts: all([item], "t.list()") }),
  tuple: (...items) => make("tuple", { parts: all(items, "t.tuple()") }),
  dict: (key, value) => make("dict", { parts: all([key, value], "t.dict()") }),
  set: (item) => make("set", { parts: all([item], "t.set()") }),
  optional: (type) => make("union", { parts: all([type, t.none], "t.optional()") }),
  union(...types) {
    if (types.length === 0) throw new TypeError("t.union() takes the types that are allowed");
    return make("union", { parts: all(types, "t.union()") });
  },
  literal(...values) {
    if (values.length === 0) throw new TypeError("t.literal() takes the values that are allowed");
    return make("literal", { detail: values });
  },
  instance,
  record: (name, fields) => make("record", { detail: { name, fields } }),
  buffer: (format?: string) => make("buffer", { detail: format }),
  awaitable: (type) => make("awaitable", { parts: all([type], "t.awaitable()") }),
  asyncIterator: (type) => make("asyncIterator", { parts: all([type], "t.asyncIterator()") }),
  args: (type) => make("any", { parts: all([type], "t.args()"), role: "args" }),
  kwargs: (type) => make("any", { parts: all([type], "t.kwargs()"), role: "kwargs" }),
};
