/**
 * Python async iterators and generators as JavaScript's.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import type { Handle } from "../interpreter/handle.ts";
import { BY_AWAIT, DRIVEN } from "../interpreter/interpreter.ts";
import { type Bridge, type Facade, facadeOf } from "./facade.ts";

type Result = IteratorResult<unknown, unknown>;
type Step = "step_next" | "step_send" | "step_throw" | "step_close";
type Soon = Result | Promise<Result>;

/** One iteration over a Python object, one step at a time; ends by itself, by `return()`, or with its loop. */
export class PyAsyncIterator implements AsyncIterableIterator<unknown, unknown, unknown> {
  readonly #bridge: Bridge;
  /** An `Iteration` of python/pyduet/_async_iterators.py. */
  readonly #handle: Handle;
  readonly #generator: boolean;
  readonly #read: (item: New) => unknown;
  #ended = false;
  /** Settled when the steps asked for so far are over; `null` while none is under way. */
  #last: Promise<unknown> | null = null;
  #stepping = false;
  /** Settles what waits for the step that is being taken at this moment. */
  #stepped: ((answer: Soon) => void) | null = null;

  /** Takes the reference to the `Iteration`. `read` gives the value of an item, and takes its reference. */
  constructor(bridge: Bridge, iteration: New, read: (item: New) => unknown = bridge.rules.toJs) {
    this.#bridge = bridge;
    this.#read = read;
    this.#handle = bridge.interpreter.own(iteration, this);
    const { PyObject_GetAttr } = bridge.interpreter.library.object;
    const isGenerator = bridge.checks.takeNewOrThrow(
      PyObject_GetAttr(iteration, bridge.strings.name("is_generator")),
    );
    this.#generator = bridge.rules.toJs(isGenerator) === true;
  }

  /** The next item. A value is sent into a generator, whose `yield` gives it. */
  next(value?: unknown): Promise<Result> {
    return this.#inTurn(() =>
      this.#generator && value !== undefined
        ? this.#step("step_send", () => this.#bridge.toPython(value))
        : this.#step("step_next")
    );
  }

  /** Ends the iteration: a generator runs its `finally`. */
  return(value?: unknown): Promise<Result> {
    return this.#inTurn(async () => {
      const given = await value;
      await this.#step("step_close");
      return { value: given, done: true };
    });
  }

  /** Raises an error where a generator stands. */
  throw(error?: unknown): Promise<Result> {
    return this.#inTurn(() => {
      if (this.#generator && !this.#ended) {
        return this.#step("step_throw", () => this.#bridge.exceptionFor(error));
      }
      this.#end();
      throw error;
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** As leaving a loop does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Steps wait for one another, as those of JavaScript's own async generators do. */
  #inTurn(step: () => Soon): Promise<Result> {
    if (this.#stepping) this.#last ??= new Promise((resolve) => this.#stepped = resolve);
    let result: Promise<Result>;
    if (this.#last) {
      result = this.#last.then(step, step);
    } else {
      const answer = this.#begin(step);
      if (!(answer instanceof Promise)) return Promise.resolve(answer);
      result = answer;
      if (this.#last) return result; // what was asked for meanwhile waits for it
    }
    this.#last = result;
    const over = (): void => {
      if (this.#last === result) this.#last = null;
    };
    result.then(over, over);
    return result;
  }

  /** Takes a step. What that calls may already ask for the next one. */
  #begin(step: () => Soon): Soon {
    this.#stepping = true;
    let answer: Soon;
    try {
      answer = step();
    } catch (error) {
      answer = Promise.reject(error);
    }
    this.#stepping = false;
    this.#stepped?.(answer);
    this.#stepped = null;
    return answer;
  }

  #step(name: Step, make?: () => New): Soon {
    if (this.#ended) return DONE;
    const argument = this.#pointer() && make?.();
    const answer = this.#ask(name, argument);
    if (!this.#is("PENDING", answer)) {
      return this.#finished(answer);
    }
    this.#bridge.interpreter.library.object.Py_DecRef(answer);
    return this.#later();
  }

  #is(word: "PENDING" | "DONE", answer: Ref): boolean {
    return answer === this.#bridge.python.get("_async_iterators", word);
  }

  #pointer(): New {
    this.#bridge.interpreter.attach();
    return this.#bridge.interpreter.pointerOf(this.#handle, "async iterator");
  }

  /** Calls a function with the iteration; what it raises ends that. Takes the reference to the argument. */
  #ask(name: Step | "take", argument?: New): New {
    const { python, callWith, interpreter, contexts } = this.#bridge;
    const { bytes } = interpreter.flags;
    const driven = bytes[DRIVEN]!;
    bytes[DRIVEN] = BY_AWAIT;
    try {
      const args = argument ? [this.#pointer(), argument] : [this.#pointer()];
      const step = python.get("_async_iterators", name);
      return contexts === null ? callWith(step, args) : contexts.within(() => callWith(step, args));
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      bytes[DRIVEN] = driven;
      if (argument) interpreter.library.object.Py_DecRef(argument);
      interpreter.flushed();
    }
  }

  async #later(): Promise<Result> {
    const { python, wrap, promise } = this.#bridge;
    const future = facadeOf(wrap(python.call("_async_iterators", "later", this.#pointer())))!;
    const ready = promise(future);
    future.release();
    await ready;
    return this.#finished(this.#ask("take"));
  }

  #finished(answer: New): Soon {
    if (this.#is("DONE", answer)) {
      this.#bridge.interpreter.library.object.Py_DecRef(answer);
      this.#end();
      return DONE;
    }
    try {
      return { value: this.#read(answer), done: false };
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** An item that does not cross ends the iteration, which a loop does not leave by itself then. */
  async #refuse(error: unknown): Promise<never> {
    await this.#step("step_close");
    throw error;
  }

  #end(): void {
    this.#ended = true;
    this.#bridge.interpreter.release(this.#handle);
  }
}

const DONE: Result = Object.freeze({ value: undefined, done: true });

/** A new iteration over an object; throws Python's TypeError for one that has none. */
export function iterateAsync(
  bridge: Bridge,
  object: Ref,
  read?: (item: New) => unknown,
): PyAsyncIterator {
  bridge.openLoop();
  const iteration = bridge.python.call("_async_iterators", "iterate", object);
  return new PyAsyncIterator(bridge, iteration, read);
}

/** An iteration that goes on where an async iterator stands. */
export function proceedAsync(facade: Facade): PyAsyncIterator {
  const bridge = facade.parts;
  bridge.openLoop();
  return new PyAsyncIterator(
    bridge,
    bridge.python.call("_async_iterators", "Iteration", facade.pointer()),
  );
}
