/**
 * The types with which the declarations written by `pyduet types` describe Python: what comes back
 * (`PyList<number>`, a live object) and what may be passed (`ListLike<number>`, an array as well).
 * Types alone: importing this does nothing.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import type { PyList } from "pyduet/types";
 * const py = startPython();
 * const words: PyList<string> = py.builtins.sorted("cab");
 * words.append("d"); // null
 * words[3]; // "d"
 * ```
 * @module
 */

import type { KeywordArguments } from "./objects/call.ts";
import type { Dollar, PyObject } from "./objects/py_object.ts";
import type { Slice } from "./objects/slice.ts";
import type { TypedArray } from "./convert/format.ts";

export type { Dollar, KeywordArguments, PyObject };

// --- what comes back ----------------------------------------------------------

/** Any Python object: what all of them have. Members are declared by what extends it. */
export interface PyInstance extends Disposable {
  /** What the bridge adds to every object. */
  readonly $: Dollar;
  /** `str(obj)`, or `float(obj)` where a number is wanted. */
  [Symbol.toPrimitive](hint: string): string | number;
  /** `str(obj)` */
  toString(): string;
}

/** `$` of an object with items. */
export interface ItemDollar<K, V> extends Dollar {
  /** `obj[key]`; with a second argument that one where the key is missing. */
  get(key: K): V;
  /** The same, with a value for a missing key. */
  get<D>(key: K, fallback: D): V | D;
}

/** `$` of a list or another sequence. */
export interface SequenceDollar<T, S> extends Dollar {
  /** `obj[index]`, also from the end. */
  get(key: number | bigint): T;
  /** A part. */
  get(key: Slice): S;
  /** The same, with a value for a missing index. */
  get<D>(key: number | bigint, fallback: D): T | D;
}

/** An `Iterable` of Python. */
export interface PyIterable<T> extends PyInstance {
  /** Iterates as Python's `for` does. */
  [Symbol.iterator](): IterableIterator<T, unknown, unknown>;
}

/** An iterator of Python. */
export interface PyIterator<T> extends PyIterable<T> {
  /** The next item, as JavaScript's iterators give it. */
  next(): IteratorResult<T, unknown>;
}

/** A generator. */
export interface PyGenerator<Y, S = unknown, R = unknown> extends PyIterable<Y> {
  /** The next item; sends a value. */
  next(value?: S): IteratorResult<Y, R>;
  /** Closes it. */
  return(value?: R): IteratorResult<Y, R>;
  /** Raises an error where it stands. */
  throw(error: unknown): IteratorResult<Y, R>;
  /** `generator.close()` */
  close(): null;
}

/** The reading methods of Array that every sequence of Python answers. */
export type ArrayMethods<T> = Pick<
  ReadonlyArray<T>,
  | ("at" | "concat" | "entries" | "every" | "filter" | "find" | "findIndex" | "flatMap")
  | ("forEach" | "includes" | "join" | "map" | "reduce" | "reduceRight" | "slice" | "some")
>;

/** A `Collection`: iterable, with a length. */
export interface PyCollection<T> extends PyIterable<T> {
  /** `len(obj)` */
  __len__(): number;
  /** `item in obj` */
  __contains__(item: unknown): boolean;
}

/** A `Sequence`: a list, a tuple, a range … */
export interface PySequence<T> extends PyCollection<T>, ArrayMethods<T> {
  /** Its items. */
  readonly $: SequenceDollar<T, PySequence<T>>;
  /** `len(obj)` */
  readonly length: number;
  /** `obj[index]`; `-1` is the last. */
  [index: number]: T;
  /** How often the value is in it. */
  count(value: unknown): number;
  /** Where the value is; Python's ValueError where it is not. */
  index(value: unknown, start?: number, stop?: number): number;
}

/** A `MutableSequence`. */
export interface PyMutableSequence<T> extends PySequence<T> {
  /** Adds an item. */
  append(item: T): null;
  /** Adds all items. */
  extend(items: Iterable<T>): null;
  /** Inserts before an index. */
  insert(index: number, item: T): null;
  /** Takes the last item, or the one at an index. */
  pop(index?: number): T;
  /** Takes the first item that is equal. */
  remove(item: unknown): null;
  /** Turns it round. */
  reverse(): null;
  /** Takes all items. */
  clear(): null;
}

/** A `list`. */
export interface PyList<T> extends PyMutableSequence<T> {
  /** Its items. */
  readonly $: SequenceDollar<T, PyList<T>>;
  /** A shallow copy. */
  copy(): PyList<T>;
  /** Sorts in place. */
  sort(kw?: KeywordArguments<{ key?: ((item: T) => unknown) | null; reverse?: boolean }>): null;
}

/** A `tuple`; it can be taken apart: `const [a, b] = t`. */
export type PyTuple<T extends readonly unknown[]> = PyInstance & Readonly<T> & {
  /** How often the value is in it. */
  count(value: unknown): number;
  /** Where the value is. */
  index(value: unknown): number;
};

/** A `Mapping`. */
export interface PyMapping<K, V> extends PyIterable<K> {
  /** Its items. */
  readonly $: ItemDollar<K, V>;
  /** `len(obj)` */
  __len__(): number;
  /** `key in obj` */
  __contains__(key: unknown): boolean;
  /** The value, else `null`. */
  get(key: K): V | null;
  /** The value, else what is given. */
  get<D>(key: K, fallback: D): V | D;
  /** Its keys. */
  keys(): PyKeys<K>;
  /** Its values. */
  values(): PyCollection<V>;
  /** Its keys with their values. */
  items(): PyKeys<PyTuple<[K, V]>>;
}

/** A `MutableMapping`. */
export interface PyMutableMapping<K, V> extends PyMapping<K, V> {
  /** Takes a value. */
  pop(key: K): V;
  /** Takes a value, else what is given. */
  pop<D>(key: K, fallback: D): V | D;
  /** Takes a key with its value. */
  popitem(): PyTuple<[K, V]>;
  /** The value; set to what is given where it is missing. */
  setdefault(key: K, value: V): V;
  /** Sets what another mapping has. */
  update(other: MappingLike<K, V>): null;
  /** Takes everything. */
  clear(): null;
}

/** A `dict`. */
export interface PyDict<K, V> extends PyMutableMapping<K, V> {
  /** A shallow copy. */
  copy(): PyDict<K, V>;
}

/** `Set` of `collections.abc`. */
export interface PyAbstractSet<T> extends PyCollection<T> {
  /** Whether they have no item in common. */
  isdisjoint(other: Iterable<unknown>): boolean;
}

/** `dict.keys()`, `dict.items()`. */
export type PyKeys<T> = PyAbstractSet<T>;

/** A `frozenset`, or what a set can do without changing. */
export interface PyFrozenSet<T> extends PyAbstractSet<T> {
  /** A shallow copy. */
  copy(): this;
  /** What is in any. */
  union<S = T>(...others: Iterable<S>[]): PySet<T | S>;
  /** What is in all. */
  intersection(...others: Iterable<unknown>[]): PySet<T>;
  /** What is in this one alone. */
  difference(...others: Iterable<unknown>[]): PySet<T>;
  /** Whether all of it is in the other. */
  issubset(other: Iterable<unknown>): boolean;
  /** Whether all of the other is in it. */
  issuperset(other: Iterable<unknown>): boolean;
}

/** A `set`. */
export interface PySet<T> extends PyFrozenSet<T> {
  /** Adds an item. */
  add(item: T): null;
  /** Takes an item if it is there. */
  discard(item: unknown): null;
  /** Takes an item; Python's KeyError where it is not there. */
  remove(item: unknown): null;
  /** Takes any item. */
  pop(): T;
  /** Adds all items. */
  update(...others: Iterable<T>[]): null;
  /** Takes everything. */
  clear(): null;
}

/** An awaitable. */
export interface PyAwaitable<T> extends PyInstance, PromiseLike<T> {}

/** A coroutine. */
export interface PyCoroutine<T> extends PyAwaitable<T> {
  /** `coroutine.close()` */
  close(): null;
}

/** An asynchronous iterable. */
export interface PyAsyncIterable<T> extends PyInstance {
  /** Iterates as Python's `async for` does. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, unknown, unknown>;
}

/** A context manager. */
export interface PyContextManager<T> extends PyInstance {
  /** What `with` does first; gives what `as` names. */
  __enter__(): T;
  /** What `with` does last; `null, null, null` where there was no error. */
  __exit__(type: unknown, value: unknown, traceback: unknown): boolean | null;
}

/** An asynchronous context manager. */
export interface PyAsyncContextManager<T> extends PyInstance {
  /** What `async with` does first. */
  __aenter__(): PyAwaitable<T>;
  /** What `async with` does last. */
  __aexit__(type: unknown, value: unknown, traceback: unknown): PyAwaitable<boolean | null>;
}

/** What every class has. */
export interface PyClassBase<T> extends PyInstance {
  /** Its name. */
  readonly __name__: string;
  /** `value instanceof cls` */
  [Symbol.hasInstance](value: unknown): value is T;
}

/** A class, of whose constructor nothing is known. */
export interface PyClass<T> extends PyClassBase<T> {
  /** Makes an instance. */
  new (...args: unknown[]): T;
  /** Makes an instance as well. */
  (...args: unknown[]): T;
}

/** A subclass of `int`, such as a member of an `IntEnum`: it stays an object. */
export interface PyInt extends PyInstance {
  /** The number itself. */
  __int__(): number | bigint;
  /** How many bits it has. */
  bit_length(): number;
}

/** A subclass of `float`. */
export interface PyFloat extends PyInstance {
  /** The number itself. */
  __float__(): number;
  /** Whether it is a whole number. */
  is_integer(): boolean;
}

/** A subclass of `str`. */
export interface PyStr extends PyInstance {
  /** The bytes. */
  encode(encoding?: string, errors?: string): Uint8Array;
  /** In capitals. */
  upper(): string;
}

/** Anything with bytes in it: a `bytearray`, a `memoryview`, a subclass of `bytes`, an `array`. */
export interface PyBuffer extends PyInstance {
  /** How many items it has. */
  __len__(): number;
}

/** A `complex` number. */
export interface PyComplex extends PyInstance {
  /** The real part. */
  readonly real: number;
  /** The imaginary part. */
  readonly imag: number;
  /** With the imaginary part turned round. */
  conjugate(): PyComplex;
}

/** A member of an enumeration. */
export interface PyEnum extends PyInstance {
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: unknown;
}

/** An exception object. */
export interface PyException extends PyInstance {
  /** What it was made with. */
  readonly args: PyTuple<unknown[]>;
  /** Adds a note (Python 3.11). */
  add_note(note: string): null;
  /** The same exception with a traceback. */
  with_traceback(traceback: unknown): this;
}

/**
 * What comes back of a value that was passed: an array comes back as a list, a Map as a dict. Of an
 * object that is no Python object the type does not tell.
 */
export type Back<T> = T extends string | number | bigint | boolean | null | PyInstance ? T
  : T extends Uint8Array ? Uint8Array<ArrayBuffer>
  : T extends undefined ? null
  : T extends readonly (infer E)[] ? PyList<Back<E>>
  : T extends ReadonlyMap<infer K, infer V> ? PyDict<Back<K>, Back<V>>
  : T extends ReadonlySet<infer E> ? PySet<Back<E>>
  // deno-lint-ignore no-explicit-any -- any function at all
  : T extends (...args: any[]) => unknown ? T
  : unknown;

// --- what may be passed ---------------------------------------------------------

/** For an `int`. */
export type IntLike = number | bigint | PyInt | PyObject;
/** For a `float`. */
export type FloatLike = number | bigint | PyFloat | PyInt | PyObject;
/** For a `complex`. */
export type ComplexLike = FloatLike | PyComplex;
/** For a `str`. */
export type StrLike = string | PyStr | PyObject;
/** For `bytes`. */
export type BytesLike = Uint8Array | ArrayBuffer | PyBuffer | PyObject;
/** For anything with the buffer protocol. */
export type BufferLike = BytesLike | TypedArray | DataView;
/** For a `list`: an array arrives as a new one. */
export type ListLike<T> = readonly T[] | PyList<T> | PyObject;
/** For a `Mapping` or `dict`. */
export type MappingLike<K, V> =
  | ReadonlyMap<K, V>
  | { readonly [name: string]: V }
  | PyMapping<K, V>
  | PyObject;
/** For a `set`. */
export type SetLike<T> = ReadonlySet<T> | PyAbstractSet<T> | PyObject;
/** For a class. */
export type ClassLike<T> = { new (...args: never[]): T } | { (...args: never[]): T } | PyObject;
/** For a context manager. */
export type ContextManagerLike<T> = PyContextManager<T> | PyObject;
/** For an awaitable. */
export type AwaitableLike<T> = PromiseLike<T> | PyObject;
/** For an asynchronous iterable. */
export type AsyncIterableLike<T> = AsyncIterable<T> | PyObject;
/** Arrays in arrays, to any depth. */
export type Nested<T> = T | readonly Nested<T>[];
/** For what numpy makes an array of. */
export type NumpyArrayLike =
  | Nested<number | bigint | boolean | string | PyInstance | PyObject | null>
  | TypedArray
  | Iterable<unknown>;
/** For what has a dtype: an array of numpy. */
export type NumpyArrayOf<T> = PyInstance & {
  /** The type of its items. */
  readonly dtype: {
    /** The class of its items. */
    readonly type: PyClass<T>;
  };
};
