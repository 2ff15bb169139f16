/**
 * Errors on their way through frames of the other language: what arrives is the very one that left.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { pythonErrorOf } from "../interpreter/python_error.ts";

/** Older ones than that many are forgotten: their exceptions come back as new errors. */
const MOST_GIVEN = 1000;

/** The errors of one JS thread that are on their way. */
export class Passage {
  readonly #interpreter: Interpreter;
  readonly #pointerOf: (value: unknown) => Ref | null;
  /** For each depth of callbacks, the JS error that Python last raised there, and the exception it was. */
  readonly #through: ({ error: unknown; exception: New } | undefined)[] = [];
  /** Errors that stand for exceptions and were given to Python; weak from the end of that turn on. */
  readonly #given = new Map<Ref, Error | WeakRef<Error>>();
  #weakening = false;

  constructor(interpreter: Interpreter, pointerOf: (value: unknown) => Ref | null) {
    this.#interpreter = interpreter;
    this.#pointerOf = pointerOf;
  }

  /**
   * A JS error came through Python as this exception. While Python frames lie below, it may go on to
   * them, with its traceback so far. Takes the reference.
   */
  enter(error: unknown, exception: New): void {
    const { lease, library } = this.#interpreter;
    const { depth } = lease;
    const earlier = this.#through[depth];
    if (depth > 0) this.#through[depth] = { error, exception };
    else library.object.Py_DecRef(exception);
    if (earlier) library.object.Py_DecRef(earlier.exception); // its callback dealt with it
  }

  /** The exception as which an error came through, if it goes on: a new reference. */
  exceptionOf(error: unknown): New | null {
    const { depth } = this.#interpreter.lease;
    const through = this.#through[depth];
    if (!through || through.error !== error) return null;
    this.#through[depth] = undefined;
    return through.exception;
  }

  /** The last callback has gone from this thread's stack. */
  arrived(): void {
    if (this.#through.length === 0) return;
    for (const each of this.#through.splice(0)) {
      if (each) this.#interpreter.library.object.Py_DecRef(each.exception);
    }
  }

  /** The live exception that an error is or stands for, and that Python gets now: a new reference. */
  give(error: unknown): New | null {
    const exception = this.#exceptionOf(error);
    if (!exception) return null;
    this.#given.delete(exception);
    this.#given.set(exception, error as Error);
    if (this.#given.size > MOST_GIVEN) this.#given.delete(this.#given.keys().next().value!);
    this.#weakenSoon();
    return this.#interpreter.share(exception);
  }

  /** The error that was given as this exception. */
  takeBack(exception: Ref): Error | null {
    if (this.#given.size === 0) return null;
    const error = strong(this.#given.get(exception));
    if (!error) return null;
    this.#given.delete(exception);
    // A released one holds nothing: another exception may have its address by now.
    return this.#exceptionOf(error) === exception ? error : null;
  }

  #exceptionOf(error: unknown): Ref | null {
    const subject = pythonErrorOf(error);
    return subject ? this.#pointerOf(subject.value) : null;
  }

  /** What Python keeps beyond this turn must not keep its error, whose exception would never end. */
  #weakenSoon(): void {
    if (this.#weakening) return;
    this.#weakening = true;
    queueMicrotask(() => {
      this.#weakening = false;
      for (const [exception, entry] of this.#given) {
        const error = strong(entry);
        if (!error || this.#exceptionOf(error) !== exception) this.#given.delete(exception);
        else if (error === entry) this.#given.set(exception, new WeakRef(error));
      }
    });
  }
}

function strong(entry: Error | WeakRef<Error> | undefined): Error | undefined {
  return entry instanceof WeakRef ? entry.deref() : entry;
}
