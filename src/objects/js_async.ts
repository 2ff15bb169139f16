/**
 * What Python's `async for` and `async with` do to a value of TypeScript (python/pyduet/_js_async.py).
 * @module
 */

import type { Operations } from "./js_operations.ts";

/** What they need of Python. */
export interface AsyncOperationParts {
  /** Crosses as the NOTHING of _js.py. */
  readonly nothing: unknown;
  /** Crosses as the value, though a Promise gave it: one that is a Promise itself is not awaited. */
  item(value: unknown): unknown;
  /** Crosses as a JsObject, whatever the value. */
  live(value: object): unknown;
  /** Crosses as the iterator of one loop. */
  asyncLoop(iterator: object): unknown;
  /** What is thrown for what crossed from a Python exception. */
  thrown(value: unknown): unknown;
  /** Runs when Python left its await of a Promise before the answer. */
  whenLeft(promise: object, act: () => void): void;
}

// deno-lint-ignore no-explicit-any -- nothing is known of a program's values
type Any = any;

/** Binds them. */
export function asyncOperations(parts: AsyncOperationParts): Operations {
  const { nothing } = parts;
  /** Iterators of which Python took items, and did not see the end. */
  const underWay = new WeakSet<object>();
  /** Items that were asked for, and nobody waited for to the end: the next to ask is given them. */
  const left = new WeakMap<object, Promise<unknown>>();

  /** An item, or nothing, as a Promise. */
  function step(iterator: object, take: () => unknown): Promise<unknown> {
    const end = (error: unknown): never => {
      underWay.delete(iterator);
      throw error;
    };
    let answer: unknown;
    try {
      answer = take();
    } catch (error) {
      end(error);
    }
    return Promise.resolve(answer).then((result) => {
      if (!isObject(result)) return end(new TypeError("the result of next() is no object"));
      const { done, value } = result as IteratorResult<unknown>;
      if (!done) return isObject(value) ? parts.item(value) : value;
      underWay.delete(iterator);
      return nothing;
    }, end);
  }

  return {
    iterate_async(value: Any) {
      const iterator: unknown = value[Symbol.asyncIterator]();
      if (!isObject(iterator)) {
        throw new TypeError("the result of [Symbol.asyncIterator]() is no object");
      }
      if (iterator === value) return parts.live(value);
      underWay.add(iterator);
      return parts.asyncLoop(iterator);
    },
    next_async(iterator: Any, ...sent: unknown[]) {
      const earlier = left.get(iterator);
      left.delete(iterator);
      if (!earlier) underWay.add(iterator);
      const promise = earlier ?? step(iterator, () => iterator.next(...sent));
      parts.whenLeft(promise, () => left.set(iterator, promise));
      return promise;
    },
    throw_async: (iterator: Any, error: unknown) =>
      step(iterator, () => iterator.throw(parts.thrown(error))),
    is_under_way: (iterator: object) => underWay.has(iterator),
    async return_async(iterator: Any) {
      underWay.delete(iterator);
      left.delete(iterator);
      await iterator.return?.();
    },
    async dispose_async(value: Any) {
      await value[Symbol.asyncDispose]();
    },
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" ? value !== null : typeof value === "function";
}
