/**
 * Error classes of TypeScript tied to exception classes of Python. Ties belong to the JS thread, and
 * may be made before Python runs.
 * @module
 */

import type { Ref } from "../capi/reference.ts";
import type { PythonError } from "../interpreter/python_error.ts";
import { safely } from "./thrown.ts";

/** A class of errors. */
// deno-lint-ignore no-explicit-any -- a class of any constructor
export type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** How errors of a tied class cross. */
export interface TieOptions<E extends Error = Error> {
  /**
   * The error for an exception of Python; `undefined` leaves it a `PythonError`. Default:
   * `new TsClass(message, { cause: error })`, with the exception's `str()` for a message.
   */
  readonly toJs?: (error: PythonError) => Error | undefined;
  /**
   * The arguments with which Python's class is called for an error, keywords by `kw()` at the end.
   * Default: `[error.message]`.
   */
  readonly toPython?: (error: E) => readonly unknown[];
}

/** One tie. */
export interface Tie {
  readonly js: ErrorClass;
  /** A dotted name; or a class, which is looked at only while the tie is being made. */
  readonly python: string | Ref;
  readonly options: TieOptions;
  /** In messages. */
  readonly name: string;
  /** How many of its functions are on the stack. */
  running: number;
}

/** What an interpreter does with ties. */
export interface TieListener {
  /** May refuse it by an error. */
  added(tie: Tie): void;
  removed(tie: Tie): void;
}

/** All ties of this thread, the latest first. */
const ties: Tie[] = [];
const listeners: TieListener[] = [];

/**
 * Ties two classes together, both ways; the latest tie of a class wins. The result undoes it. A class of
 * Python is given by its name, or by a reference, of which the tie takes one of its own; attached then.
 */
export function tieError(tie: Omit<Tie, "running">): () => void {
  const entry: Tie = { ...tie, running: 0 };
  for (const listener of listeners) listener.added(entry);
  ties.unshift(entry);
  return () => {
    const at = ties.indexOf(entry);
    if (at === -1) return;
    ties.splice(at, 1);
    for (const listener of listeners) listener.removed(entry);
  };
}

/** All ties of this thread, the latest first; the listener hears of every later one. */
export function followTies(listener: TieListener): readonly Tie[] {
  listeners.push(listener);
  return ties;
}

/** The tie of an error's own class, else of the nearest class above it. */
export function tieOf(error: Error): Tie | undefined {
  if (ties.length === 0) return undefined;
  return safely(() => {
    let prototype: unknown = Object.getPrototypeOf(error);
    for (let i = 0; prototype && i < MOST_CLASSES; i++) {
      const tie = ties.find(({ js }) => js.prototype === prototype);
      if (tie) return tie;
      prototype = Object.getPrototypeOf(prototype);
    }
    return undefined;
  });
}

/** A Proxy may have prototypes without end. */
const MOST_CLASSES = 1000;
