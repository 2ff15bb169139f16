/**
 * The ties of error classes at work in one interpreter.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import { PyduetError } from "../errors.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import { PythonError, standFor } from "../interpreter/python_error.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import { splitKeywords } from "./call.ts";
import { type ErrorClass, followTies, type Tie, tieOf } from "./error_ties.ts";
import type { PythonSide } from "./python_side.ts";
import { isError } from "./thrown.ts";
import { headOf, setStack } from "./trace.ts";

/** What it needs of its floor. */
export interface TiedParts {
  readonly interpreter: Interpreter;
  readonly rules: Rules;
  readonly python: PythonSide;
  readonly toPython: ToPython;
}

/** The ties as one interpreter uses them. All need the GIL. */
export interface Tied {
  /** The tie for exceptions of this one's class. */
  of(exception: Ref): Tie | null;
  /** The class of errors that are PythonErrors themselves, where the tie has one. */
  kindOf(tie: Tie | null): typeof PythonError;
  /** What stands for an exception in TypeScript. */
  toJs(tie: Tie, error: PythonError): Error;
  /**
   * The exception of a tied class, still without what a JsError has; text says why it cannot be made;
   * `null` where the error's class has no tie, or Python no such class yet.
   */
  toPython(error: Error): New | string | null;
}

/** Binds the ties to an interpreter. */
export function createTied(parts: TiedParts): Tied {
  const { interpreter, rules, python, toPython } = parts;
  const { none } = interpreter;
  const { Py_DecRef } = interpreter.library.object;
  const known = new Map<Tie, New>();
  interpreter.atClose(() => {
    for (const made of known.values()) Py_DecRef(made);
    known.clear();
  });
  const ties = followTies({
    added(tie) {
      if (interpreter.lease.closed) return;
      interpreter.attach();
      const named = namedOf(tie);
      const refusal = rules.toJs(python.call("_ties", "refusal", named));
      Py_DecRef(named);
      if (typeof refusal === "string") throw new TypeError(`mapError(): ${refusal}`);
      entered(tie); // a reference is looked at no later
    },
    removed(tie) {
      const entry = known.get(tie);
      known.delete(tie);
      if (!entry || interpreter.lease.closed) return;
      interpreter.attach();
      Py_DecRef(entry);
    },
  });

  function namedOf({ python }: Tie): New {
    return typeof python === "string" ? toPython(python) : interpreter.share(python);
  }

  /** The `Tie` of python/pyduet/_ties.py. */
  function entered(tie: Tie): New {
    let made = known.get(tie);
    if (made) return made;
    const named = namedOf(tie);
    made = python.call("_ties", "Tie", named);
    Py_DecRef(named);
    known.set(tie, made);
    return made;
  }

  function all(): New {
    return rules.listOf(ties.map((tie) => interpreter.share(entered(tie))));
  }

  function of(exception: Ref): Tie | null {
    if (ties.length === 0) return null;
    const list = all();
    const asked = [...ties];
    let place;
    try {
      place = rules.toJs(python.call("_ties", "find", exception, list)) as number;
    } finally {
      Py_DecRef(list);
    }
    const tie = asked[place];
    // Inside its own function an exception stays a PythonError: else it would have no end.
    return tie && tie.running === 0 ? tie : null;
  }

  function toJs(tie: Tie, error: PythonError): Error {
    if (error instanceof tie.js && !tie.options.toJs) return error;
    const made = run(tie, () => makeError(tie, error));
    if (made === undefined || made === error) return error;
    standFor(made, error);
    setStack(made, () => headOf(made) + framesOf(error));
    return made;
  }

  function run<T>(tie: Tie, use: () => T): T {
    tie.running++;
    try {
      return use();
    } finally {
      tie.running--;
    }
  }

  return {
    of,
    kindOf: (tie) =>
      tie && !tie.options.toJs && isKindOfPythonError(tie.js)
        ? tie.js as typeof PythonError
        : PythonError,
    toJs,
    toPython(error) {
      const tie = tieOf(error);
      if (!tie || tie.running > 0) return null;
      return run(tie, () => makeException(tie, error));
    },
  };

  function makeException(tie: Tie, error: Error): New | string | null {
    let values;
    try {
      values = (tie.options.toPython ?? messageOf)(error);
    } catch (failure) {
      return `its toPython threw ${wordsOf(failure)}`;
    }
    if (!Array.isArray(values)) {
      return `its toPython gave ${describe(values)}, not an array of arguments`;
    }
    const made: New[] = [];
    let answer;
    try {
      for (const each of splitKeywords(values)) made.push(toPython(each));
      answer = python.call("_ties", "build", entered(tie), ...made);
    } catch (failure) {
      return wordsOf(failure);
    } finally {
      for (const each of made) Py_DecRef(each);
    }
    const { PyTuple_GetItem } = interpreter.library.collections;
    // Not converted: the rules keep the types of what crosses.
    const exception = PyTuple_GetItem(answer, backend.size(0))!;
    const found = exception === none
      ? rules.borrowedToJs(PyTuple_GetItem(answer, backend.size(1))!) as string | null
      : interpreter.share(exception);
    Py_DecRef(answer);
    return found;
  }
}

function messageOf(error: Error): unknown[] {
  return [error.message];
}

function makeError(tie: Tie, error: PythonError): Error | undefined {
  const refused = (why: string, cause: unknown) =>
    new PyduetError(
      `mapError(): ${tie.name} could not be made of Python's ${error.message}, because ${why}`,
      { cause },
    );
  let made: unknown;
  try {
    made = (tie.options.toJs ?? ((each: PythonError) => makeByConstructor(tie.js, each)))(error);
  } catch (failure) {
    return refused(`its toJs threw ${wordsOf(failure)}`, failure);
  }
  if (made === undefined || isError(made)) return made;
  return refused(`its toJs gave ${describe(made)}, not an Error`, error);
}

/** The default way: with what `str()` of the exception says. */
function makeByConstructor(js: ErrorClass, error: PythonError): Error {
  const Concrete = js as new (message: string, options: ErrorOptions) => Error;
  return new Concrete(error.message.slice(error.type.length + 2), { cause: error });
}

function isKindOfPythonError(js: ErrorClass): boolean {
  return js.prototype instanceof PythonError;
}

/** The frames of a PythonError's stack, without its head. */
function framesOf(error: PythonError): string {
  const head = headOf(error);
  const stack = String(error.stack);
  return stack.startsWith(head) ? stack.slice(head.length) : "\n" + stack;
}

function wordsOf(failure: unknown): string {
  return isError(failure) ? headOf(failure) : describe(failure);
}
