/**
 * Python iterators and generators as JavaScript's.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New } from "../capi/reference.ts";
import type { Handle } from "../interpreter/handle.ts";
import type { Bridge } from "./facade.ts";

/** One iteration over a Python object; ends by itself, by `return()`, or with its loop. */
export class PyIterator implements IterableIterator<unknown, unknown, unknown> {
  readonly #bridge: Bridge;
  readonly #handle: Handle;
  readonly #generator: boolean;
  #ended = false;

  /** Takes the reference to the Python iterator. */
  constructor(bridge: Bridge, iterator: New) {
    this.#bridge = bridge;
    this.#generator = kindOf(bridge, iterator) === "generator";
    this.#handle = bridge.interpreter.own(iterator, this);
  }

  /** The next item. A value is sent into a generator, whose `yield` gives it. */
  next(value?: unknown): IteratorResult<unknown, unknown> {
    const pointer = this.#pointer();
    if (!pointer) return DONE;
    const { contexts } = this.#bridge;
    if (contexts === null) return this.#advance(pointer, value);
    return contexts.within(() => this.#advance(pointer, value));
  }

  #advance(pointer: New, value: unknown): IteratorResult<unknown, unknown> {
    const { PyIter_Send } = this.#bridge.interpreter.library.protocol;
    if (!this.#generator) return this.#plainNext(pointer);
    return PyIter_Send ? this.#send(pointer, value) : this.#sendByCall(pointer, value);
  }

  /** Ends the iteration: a generator runs its `finally`. */
  return(value?: unknown): IteratorResult<unknown, unknown> {
    const pointer = this.#pointer();
    if (pointer) {
      const { python, interpreter } = this.#bridge;
      try {
        interpreter.library.object.Py_DecRef(python.call("_objects", "close", pointer));
      } finally {
        this.#end();
      }
    }
    return { value, done: true };
  }

  /** Raises an error where a generator stands. */
  throw(error?: unknown): IteratorResult<unknown, unknown> {
    const pointer = this.#pointer();
    if (!pointer || !this.#generator) {
      this.#end();
      throw error;
    }
    return this.#step(() => {
      const thrown = this.#bridge.exceptionFor(error);
      try {
        return this.#bridge.python.call("_objects", "throw", pointer, thrown);
      } finally {
        this.#bridge.interpreter.library.object.Py_DecRef(thrown);
      }
    });
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.return();
  }

  /** Null once it ended by itself. Throws where the reference went before: with a scope, with Python. */
  #pointer(): New | null {
    if (this.#ended) return null;
    this.#bridge.interpreter.attach();
    return this.#bridge.interpreter.pointerOf(this.#handle, "iterator");
  }

  #end(): void {
    this.#ended = true;
    this.#bridge.interpreter.release(this.#handle);
  }

  #plainNext(pointer: New): IteratorResult<unknown, unknown> {
    const { interpreter, rules } = this.#bridge;
    const { library } = interpreter;
    const item = library.protocol.PyIter_Next(pointer);
    if (item) {
      interpreter.flushed();
      return { value: rules.toJs(item), done: false };
    }
    const failed = library.object.PyErr_Occurred();
    const error = failed ? interpreter.raised() : undefined;
    this.#end();
    if (failed) throw error;
    interpreter.flushed();
    return DONE;
  }

  #send(pointer: New, value: unknown): IteratorResult<unknown, unknown> {
    const { interpreter, rules } = this.#bridge;
    const out = backend.allocate(8); // a generator may be re-entered while this one waits
    const state = this.#withValue(
      value,
      (sent) => interpreter.library.protocol.PyIter_Send!(pointer, sent, out.address),
    );
    if (state === -1) {
      const error = interpreter.raised();
      this.#end();
      throw error;
    }
    interpreter.flushed();
    const result = out.getPointer(0) as New;
    if (state === 1) return { value: rules.toJs(result), done: false };
    this.#end();
    return finished(rules.toJs(result) ?? undefined);
  }

  #sendByCall(pointer: New, value: unknown): IteratorResult<unknown, unknown> {
    return this.#step(() =>
      this.#withValue(value, (sent) => this.#bridge.python.call("_objects", "send", pointer, sent))
    );
  }

  /** Runs a step that answers `(done, value)`. */
  #step(step: () => New): IteratorResult<unknown, unknown> {
    let answer: New;
    try {
      answer = step();
    } catch (error) {
      this.#end();
      throw error;
    }
    const [done, value] = this.#bridge.rules.entries(answer);
    this.#bridge.interpreter.library.object.Py_DecRef(answer);
    if (done !== true) return { value, done: false };
    this.#end();
    return finished(value ?? undefined);
  }

  #withValue<T>(value: unknown, use: (converted: New) => T): T {
    const converted = this.#bridge.toPython(value);
    try {
      return use(converted);
    } finally {
      this.#bridge.interpreter.library.object.Py_DecRef(converted);
    }
  }
}

const DONE: IteratorResult<unknown, unknown> = Object.freeze({ value: undefined, done: true });

function finished(value: unknown): IteratorResult<unknown, unknown> {
  return { value, done: true };
}

/** `"generator"`, `"iterator"`, or `""` for what `next()` does not work on. */
export function kindOf(bridge: Bridge, object: New): string {
  return bridge.rules.toJs(bridge.python.call("_objects", "iterator_kind", object)) as string;
}

/** A new iteration over an object; throws Python's TypeError for one that has none. */
export function iterate(bridge: Bridge, object: New): PyIterator {
  const { interpreter, checks } = bridge;
  return new PyIterator(
    bridge,
    checks.takeNewOrThrow(interpreter.library.protocol.PyObject_GetIter(object)),
  );
}

/** An iteration that goes on where an iterator stands. */
export function proceed(bridge: Bridge, iterator: New): PyIterator {
  return new PyIterator(bridge, bridge.interpreter.share(iterator));
}
