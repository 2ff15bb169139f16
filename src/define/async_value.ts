/**
 * `t.awaitable()` and `t.asyncIterator()`: what is read and written by its type later, when it comes.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import { describe } from "../convert/path.ts";
import { iterateAsync } from "../objects/async_iterator.ts";
import { byRef } from "../objects/by.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { Made } from "../objects/js_object.ts";
import { Mismatch, mustBe } from "./mismatch.ts";
import type { Reader } from "./reader.ts";
import type { Type } from "./types.ts";
import type { Writer } from "./writer.ts";

/** What is asked of the rest of this floor. */
export interface AsyncValueParts {
  readerOf(type: Type): Reader;
  writerOf(type: Type): Writer;
}

/** Readers and writers of both types. `what` names the value in errors that come later. */
export interface AsyncValues {
  reader(type: Type, what: string): Reader;
  writer(type: Type, what: string): Writer;
  /** The result of `__anext__`: that of a JavaScript iterator's `next()` as well. */
  nextWriter(write: Writer): Writer;
}

/** Whether values of the type are read or written later. */
export function isAsync({ kind }: Type): boolean {
  return kind === "awaitable" || kind === "asyncIterator";
}

/** Binds them to an interpreter. */
export function createAsyncValues(bridge: Bridge, parts: AsyncValueParts): AsyncValues {
  const { interpreter, python, rules, toPython, wrap, whenLeft } = bridge;
  const { library, share } = interpreter;
  const { Py_DecRef } = library.object;

  // --- from Python ----------------------------------------------------------------

  function typeName(object: Ref): string {
    return rules.toJs(python.call("_objects", "type_name", object)) as string;
  }

  function reading(type: Type, what: string): (object: New) => unknown {
    const read = parts.readerOf(type.parts[0]!);
    const part = type.kind === "awaitable" ? "the result of " : "an item of ";
    return (object) => {
      try {
        return read(object);
      } catch (error) {
        if (!Mismatch.is(error)) throw error;
        throw new TypeError(`${part}${what}${error.path} ${error.message}`);
      } finally {
        Py_DecRef(object);
      }
    };
  }

  function awaitableReader(type: Type, what: string): Reader {
    const read = reading(type, what);
    return (object) => {
      if (rules.toJs(python.call("_typed", "is_awaitable", object)) !== true) {
        throw mustBe(type, typeName(object));
      }
      const facade = facadeOf(wrap(python.call("_typed", "boxed", object)))!;
      const boxed = bridge.promise(facade);
      facade.release();
      return boxed.then((box) => {
        const holder = facadeOf(box)!;
        try {
          return read(holder.getAttribute("value"));
        } finally {
          holder.release();
        }
      });
    };
  }

  function iteratorReader(type: Type, what: string): Reader {
    const read = reading(type, what);
    return (object) => {
      if (rules.toJs(python.call("_typed", "is_async_iterable", object)) !== true) {
        throw mustBe(type, typeName(object));
      }
      return iterateAsync(bridge, object, read);
    };
  }

  // --- to Python --------------------------------------------------------------------

  /** What crosses by the type when its Promise is done. */
  function later(value: unknown, write: Writer, what: string): Made {
    return new Made(() => {
      try {
        return write(value);
      } catch (error) {
        throw Mismatch.is(error)
          ? raised(error.kind, `${what}${error.path} ${error.message}`)
          : error;
      }
    });
  }

  function raised(kind: Mismatch["kind"], message: string): unknown {
    const type = library.pointedObject(`PyExc_${kind}`);
    const converted = bridge.allToPython([[message], {}]);
    try {
      return interpreter.upper.toThrow(python.call("_errors", "make", type, ...converted));
    } finally {
      converted.forEach((each) => Py_DecRef(each));
    }
  }

  function awaitableWriter(type: Type, what: string): Writer {
    const part = type.parts[0]!;
    const write = parts.writerOf(part);
    const result = what.startsWith("the result") ? what : `the result of ${what}`;
    return (value) => {
      const facade = facadeOf(value);
      if (facade && bridge.isAwaitable(facade.pointer())) return share(facade.pointer());
      const promise = Promise.resolve(value).then((each) => later(each, write, result));
      const left = typeof value === "object" && value !== null ? whenLeft.get(value) : undefined;
      if (left) whenLeft.set(promise, left);
      return toPython(promise);
    };
  }

  function iteratorWriter(type: Type, what: string): Writer {
    const write = parts.writerOf(type.parts[0]!);
    return (value) => {
      const facade = facadeOf(value);
      if (facade) {
        const object = facade.pointer();
        if (rules.toJs(python.call("_typed", "is_async_iterable", object)) === true) {
          return share(object);
        }
        throw mustBe(type, typeName(object));
      }
      const iterate = (value as Partial<AsyncIterable<unknown>> | null | undefined)
        ?.[Symbol.asyncIterator];
      if (typeof iterate !== "function") throw mustBe(type, describe(value));
      const iterator = iterate.call(value);
      const written = (result: IteratorResult<unknown>): IteratorResult<unknown> =>
        result.done
          ? result
          : { done: false, value: later(result.value, write, `an item of ${what}`) };
      return toPython(byRef(new TypedIterator(iterator, written)));
    };
  }

  function nextWriter(write: Writer): Writer {
    const item = (result: unknown): Made =>
      new Made(() => {
        if (!isIteratorResult(result)) return write(result);
        if (result.done !== true) return write(result.value);
        throw interpreter.upper.toThrow(python.call("_define", "stop_async_iteration"));
      });
    return (value) => {
      if (!(value instanceof Promise)) return write(value);
      const promise = value.then(item);
      const left = whenLeft.get(value);
      if (left) whenLeft.set(promise, left);
      return toPython(promise);
    };
  }

  return {
    reader: (type, what) =>
      type.kind === "awaitable" ? awaitableReader(type, what) : iteratorReader(type, what),
    writer: (type, what) =>
      type.kind === "awaitable" ? awaitableWriter(type, what) : iteratorWriter(type, what),
    nextWriter,
  };
}

/** The iterator of TypeScript, its items written by their type. */
class TypedIterator implements AsyncIterableIterator<unknown> {
  readonly next: (...sent: unknown[]) => Promise<IteratorResult<unknown>>;
  declare readonly return?: (value?: unknown) => Promise<IteratorResult<unknown>>;
  declare readonly throw?: (error?: unknown) => Promise<IteratorResult<unknown>>;

  constructor(
    iterator: AsyncIterator<unknown, unknown, unknown>,
    written: (result: IteratorResult<unknown>) => IteratorResult<unknown>,
  ) {
    this.next = async (...sent) => written(await iterator.next(...sent as [unknown]));
    if (iterator.return) this.return = async (value) => await iterator.return!(value);
    if (iterator.throw) this.throw = async (error) => written(await iterator.throw!(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Whether a value is what an iterator of JavaScript answers. */
export function isIteratorResult(value: unknown): value is { done?: boolean; value: unknown } {
  return typeof value === "object" && value !== null && !facadeOf(value) &&
    ("done" in value || "value" in value);
}
