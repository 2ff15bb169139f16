/**
 * What a PyObject answers where Python has no attribute of that name, and for
 * JavaScript's well-known symbols.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { FOR_JSON } from "../convert/options.ts";
import { type Facade, facadeOf } from "./facade.ts";
import { iterateAsync, proceedAsync, type PyAsyncIterator } from "./async_iterator.ts";
import { iterate, kindOf, proceed, type PyIterator } from "./iterator.ts";

/** The methods of `Array.prototype` that only read. */
const ARRAY_METHODS: ReadonlySet<string> = new Set([
  ..."at concat entries every filter find findIndex findLast findLastIndex flat flatMap".split(" "),
  ..."forEach join keys map reduce reduceRight slice some toReversed toSorted toSpliced".split(" "),
  ..."values with".split(" "),
]);

const iterations = new WeakMap<Facade, PyIterator | PyAsyncIterator>();

/** What reads where the attribute is missing; `undefined` for most names. */
export function fallback(facade: Facade, key: string): unknown {
  switch (key) {
    case "toString":
    case "toLocaleString":
      return () => facade.str();
    case "toJSON":
      // JSON.stringify would walk a PyObject inside by its attributes, and theirs, without end.
      return () => facade.parts.deepToJs(facade.pointer(), FOR_JSON);
    case "next":
      return iteratorMethod(facade, (iteration, value) => iteration.next(value));
    case "return":
      return generatorMethod(facade, (iteration, value) => iteration.return(value));
  }
  if (key !== "length" && !(key in SEARCHES) && !ARRAY_METHODS.has(key)) return undefined;
  if (!facade.isSequence()) return undefined;
  if (key === "length") return facade.length();
  const search = SEARCHES[key];
  if (search) return (value: unknown, from?: number) => search(facade, value, from);
  const method = Array.prototype[key as "map"] as (...args: unknown[]) => unknown;
  return function (this: unknown, ...args: unknown[]): unknown {
    // A snapshot: the methods of Array read each item several times, and Python's list may change.
    return method.apply(snapshot(facade), args);
  };
}

/** `throw` of a generator is JavaScript's, with `{ value, done }`; `$.attr("throw")` is Python's. */
export function generatorThrow(facade: Facade): unknown {
  return generatorMethod(facade, (iteration, error) => iteration.throw(error));
}

type Step = (iteration: PyIterator | PyAsyncIterator, value: unknown) => unknown;

function iteratorMethod(facade: Facade, step: Step): unknown {
  return kindOf(facade.parts, facade.pointer()) === "" ? undefined : stepper(facade, step);
}

function generatorMethod(facade: Facade, step: Step): unknown {
  const kind = kindOf(facade.parts, facade.pointer());
  return kind.endsWith("generator") ? stepper(facade, step) : undefined;
}

function stepper(facade: Facade, step: Step): unknown {
  return (value?: unknown) => step(iterationOf(facade), value);
}

/** The object is its own iterator: one iteration stands for it. */
function iterationOf(facade: Facade): PyIterator | PyAsyncIterator {
  let iteration = iterations.get(facade);
  if (!iteration) {
    const isAsync = kindOf(facade.parts, facade.pointer()).startsWith("async");
    iteration = isAsync ? proceedAsync(facade) : proceed(facade.parts, facade.pointer());
    iterations.set(facade, iteration);
  }
  return iteration;
}

function snapshot(facade: Facade): unknown[] {
  return [...iterate(facade.parts, facade.pointer())];
}

/** Python objects are found by identity, everything else as JavaScript compares. */
const SEARCHES: Record<
  string,
  (facade: Facade, value: unknown, from: number | undefined) => unknown
> = {
  includes: (facade, value, from = 0) =>
    snapshot(facade).some((item, i, { length }) =>
      i >= fromEnd(from, length) && same(item, value, (a, b) => a === b || Object.is(a, b))
    ),
  indexOf: (facade, value, from = 0) =>
    snapshot(facade).findIndex((item, i, { length }) =>
      i >= fromEnd(from, length) && same(item, value, (a, b) => a === b)
    ),
  lastIndexOf: (facade, value, from = Infinity) =>
    snapshot(facade).findLastIndex((item, i, { length }) =>
      i <= fromEnd(from, length) && same(item, value, (a, b) => a === b)
    ),
};

/** A negative position counts from the end. */
function fromEnd(position: number, length: number): number {
  return position < 0 ? position + length : position;
}

function same(item: unknown, value: unknown, equal: (a: unknown, b: unknown) => boolean): boolean {
  const facade = facadeOf(value);
  return facade ? facadeOf(item)?.pointer() === facade.pointer() : equal(item, value);
}

/** What a well-known symbol reads as. */
export function symbol(facade: Facade, key: symbol): unknown {
  switch (key) {
    case Symbol.iterator:
      return isIterable(facade) ? () => iterate(facade.parts, facade.pointer()) : undefined;
    case Symbol.asyncIterator:
      return isAsyncIterable(facade) ? () => asyncIterationOver(facade) : undefined;
    case Symbol.toPrimitive:
      return (hint: string) => toPrimitive(facade, hint);
    case Symbol.dispose:
      return () => facade.release();
    case Symbol.hasInstance:
      return (value: unknown) => facadeOf(value)?.isInstanceOf(facade.pointer()) ?? false;
    case backend.inspectSymbol:
      return () => facade.inspect();
    default:
      return undefined;
  }
}

function isIterable(facade: Facade): boolean {
  const { python, rules } = facade.parts;
  return rules.toJs(python.call("_objects", "is_iterable", facade.pointer())) === true;
}

function isAsyncIterable(facade: Facade): boolean {
  const { python, rules } = facade.parts;
  return rules.toJs(python.call("_objects", "is_async_iterable", facade.pointer())) === true;
}

/** An object that is its own iterator has one iteration, whose steps wait for one another. */
function asyncIterationOver(facade: Facade): PyAsyncIterator {
  return kindOf(facade.parts, facade.pointer()) === "async generator"
    ? iterationOf(facade) as PyAsyncIterator
    : iterateAsync(facade.parts, facade.pointer());
}

function toPrimitive(facade: Facade, hint: string): string | number {
  const { python, rules } = facade.parts;
  const ask = (name: string): unknown =>
    rules.toJs(python.call("_objects", name, facade.pointer()));
  if (hint === "number" || (hint === "default" && ask("is_number") === true)) {
    return ask("number") as number;
  }
  return facade.str();
}
