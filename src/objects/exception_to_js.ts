/**
 * Python exceptions as the values that JavaScript throws and catches.
 * @module
 */

import type { New, Ref } from "../capi/reference.ts";
import { PyduetError } from "../errors.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { ExceptionFacts, PythonError } from "../interpreter/python_error.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { Tie } from "./error_ties.ts";
import type { HostTable } from "./host_table.ts";
import type { Passage } from "./passage.ts";
import type { PythonSide } from "./python_side.ts";
import { isError, safely } from "./thrown.ts";
import type { Tied } from "./tied.ts";
import {
  compose,
  headOf,
  type PythonFrame,
  setStack,
  site,
  type Traces,
  withStackOf,
} from "./trace.ts";

/** What it needs of its floor. */
export interface ToThrowParts {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  readonly rules: Rules;
  readonly python: PythonSide;
  readonly hosts: HostTable;
  readonly toPython: ToPython;
  readonly passage: Passage;
  readonly traces: Traces;
  readonly tied: Tied;
  /** `realm.number_of(value)`: a JS value's number, or -1. */
  numberOf(object: Ref): number;
  /** A PyObject; takes the reference. */
  wrap(reference: New): unknown;
  /** A borrowed pointer of a live PyObject, else `null`. */
  pointerOf(value: unknown): Ref | null;
}

/** Causes of causes that are looked for at once. */
const DEEPEST = 16;

/** Binds the way to JS; the result takes the reference and needs the GIL. */
export function createToThrow(parts: ToThrowParts): (exception: New) => unknown {
  const { interpreter, checks, rules, python, hosts, toPython, passage, traces, tied } = parts;
  const { library, none } = interpreter;
  const { Py_DecRef } = library.object;

  /** Whether the library's own Python code looks at an exception: one from there must not be looked at. */
  let looking = false;
  /** Errors of which each is the cause of the one before it. */
  const adding = new Set<Error>();

  function toThrow(exception: New): unknown {
    if (looking) return unseen(exception);
    looking = true;
    let number: number;
    let tie: Tie | null = null;
    try {
      number = parts.numberOf(exception);
      if (number === -1) tie = tied.of(exception);
    } finally {
      looking = false;
    }
    return number === -1 ? arriving(exception, tie) : returning(exception, hosts.value(number));
  }

  /** An exception from the library's own Python code: no program should ever meet it. */
  function unseen(exception: New): Error {
    const text = library.protocol.PyObject_Repr(exception);
    const what = text ? rules.text(text) : "an exception without repr()";
    library.object.PyErr_Clear();
    if (text) Py_DecRef(text);
    Py_DecRef(exception);
    return new PyduetError(`an exception of Python could not be read, because of ${what}`);
  }

  /** JavaScript threw it, and Python let it pass. */
  function returning(exception: New, error: unknown): unknown {
    if (isError(error)) {
      addCause(error, exception);
      const trace = traces.arrived(error);
      const frames = framesOf(python.call("_errors", "frames", exception));
      const head = headOf(error);
      let stack: string | undefined;
      setStack(error, () => stack ??= compose(head, frames, trace));
    }
    passage.enter(error, exception);
    return error;
  }

  /** What Python raised an error of a declared class from: it is no PythonError, which would ask by itself. */
  function addCause(error: Error, exception: New): void {
    if (adding.has(error) || adding.size === DEEPEST) return;
    const answer = python.call("_errors", "given_cause", exception);
    if (answer === none || hasCause(error)) return Py_DecRef(answer);
    adding.add(error);
    try {
      const value = toThrow(answer);
      safely(() =>
        Reflect.defineProperty(error, "cause", { value, writable: true, configurable: true })
      );
    } finally {
      adding.delete(error);
    }
  }

  /** Python raised it; JavaScript may have had it before. */
  function arriving(exception: New, tie: Tie | null): Error {
    const known = passage.takeBack(exception);
    if (known) {
      Py_DecRef(exception);
      traces.arrived(known);
      return known;
    }
    const error = wrapException(exception, tie);
    return tie ? tied.toJs(tie, error) : error;
  }

  function wrapException(exception: New, tie: Tie | null): PythonError {
    const answer = python.call("_errors", "describe", exception);
    const [type, message] = rules.entries(answer) as [string, string];
    Py_DecRef(answer);
    const value = parts.wrap(exception);
    const Kind = tied.kindOf(tie);
    const error: PythonError = withStackOf(
      0,
      () => new Kind(factsOf(type, message, value, () => error), site()),
    );
    return error;
  }

  function factsOf(
    type: string,
    message: string,
    value: unknown,
    self: () => PythonError,
  ): ExceptionFacts {
    /** Asks Python; `gone` where the exception was released or Python closed. */
    const ask = <T>(name: string, gone: T, convert: (answer: New) => T): T => {
      if (interpreter.lease.closed) return gone;
      interpreter.attach();
      const pointer = parts.pointerOf(value);
      return pointer ? convert(python.call("_errors", name, pointer)) : gone;
    };
    return {
      type,
      message,
      value,
      traceback: () =>
        ask(
          "text",
          `${message}\n(the exception was released)`,
          (answer) => rules.toJs(answer) as string,
        ),
      cause: () =>
        ask<unknown>("cause", undefined, (answer) => {
          if (answer !== none) return toThrow(answer);
          Py_DecRef(answer);
          return undefined;
        }),
      notes: () => ask("notes", [], (answer) => rules.items(answer) as string[]),
      errors: () =>
        ask<Error[]>(
          "group",
          [],
          (answer) => rules.items(answer, (item) => toThrow(interpreter.share(item))) as Error[],
        ),
      stack: () => {
        const trace = traces.of(self());
        const head = `PythonError: ${message}`;
        return ask(
          "frames",
          compose(head, [], trace),
          (answer) => compose(head, framesOf(answer), trace),
        );
      },
      matches: (kind) => {
        interpreter.attach();
        const pointer = parts.pointerOf(value);
        if (!pointer) return false;
        const converted = toPython(kind);
        try {
          const result = library.errors.PyErr_GivenExceptionMatches(pointer, converted);
          return checks.intOrThrow(result) === 1;
        } finally {
          Py_DecRef(converted);
        }
      },
    };
  }

  function framesOf(answer: New): PythonFrame[] {
    return rules.items(answer, (frame) => rules.entries(frame)) as PythonFrame[];
  }

  return toThrow;
}

/** Whether an error has a cause of its own, without running a getter. */
function hasCause(error: Error): boolean {
  return safely(() => {
    const own = Object.getOwnPropertyDescriptor(error, "cause");
    return own ? own.get !== undefined || own.value !== undefined : "cause" in error;
  }) ?? true;
}
