/**
 * Errors across the boundary, both directions, with their identity: a Python
 * exception comes back as the same object, a JS error as the same value.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import { type ExceptionFacts, PythonError } from "../interpreter/python_error.ts";
import { PyduetError } from "../errors.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { HostTable } from "./host_table.ts";
import { segmentsOf, type StackFrame } from "./js_stack.ts";
import type { PythonSide } from "./python_side.ts";

/** Errors of one interpreter. */
export interface Raising {
  /** The JS value to throw for an exception; takes the reference. Needs the GIL. */
  toThrow(exception: New): unknown;
  /** Sets the Python exception for a JS throw. Needs the GIL. Never throws. */
  raise(thrown: unknown): void;
  /** The exception for anything thrown. Needs the GIL. */
  exceptionFor(thrown: unknown): New;
  /** A Python exception object for an Error. Needs the GIL. */
  hold(error: Error): New;
  /** The last Python frame has gone from this thread's stack: nothing is on its way any more. */
  arrived(): void;
}

/** What it needs of its floor. */
export interface RaisingParts {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  readonly rules: Rules;
  readonly python: PythonSide;
  readonly hosts: HostTable;
  readonly toPython: ToPython;
  /** `realm.error(number, …)` of python/pyduet/__init__.py. */
  makeError(number: number, ...parts: Ref[]): New;
  /** `realm.number_of(value)`: a JS value's number, or -1. */
  numberOf(object: Ref): number;
  /** A PyObject; takes the reference. */
  wrap(reference: New): unknown;
  /** A borrowed pointer of a live PyObject, else `null`. */
  pointerOf(value: unknown): Ref | null;
  /** Keeps what an error holds out of any scope. */
  keep(value: unknown): void;
}

/** A JS stack, and how many of its segments stand in the Python traceback already. */
interface Trace {
  readonly segments: () => StackFrame[][];
  told: number;
}

type PythonFrame = [file: string, line: number, name: string];

/** Errors caused by errors caused by …: further ones stay behind. */
const MOST_CAUSES = 16;

/** Binds raising to an interpreter. */
export function createRaising(parts: RaisingParts): Raising {
  const { interpreter, checks, rules, python, hosts, toPython } = parts;
  const { library, none } = interpreter;
  const { Py_DecRef } = library.object;
  const traces = new WeakMap<object, Trace>();
  /** The PythonError last handed to Python: the same exception comes back as the same error. */
  let passing: { pointer: Ref; error: PythonError } | null = null;

  /** For each depth of callbacks, the JS error that Python last raised there, and the exception it was. */
  const onTheirWay: ({ error: unknown; exception: New } | undefined)[] = [];

  // --- Python to JS ---------------------------------------------------------

  /** Whether the library's own Python code looks at an exception: one from there must not be looked at. */
  let looking = false;

  function toThrow(exception: New): unknown {
    if (looking) return unseen(exception);
    looking = true;
    let number: number;
    try {
      number = parts.numberOf(exception);
    } finally {
      looking = false;
    }
    return seen(exception, number);
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

  function seen(exception: New, number: number): unknown {
    if (number !== -1) {
      const error = hosts.value(number);
      retell(error, exception);
      // While Python frames lie below, the error may go on to them, with its traceback so far.
      const { depth } = interpreter.lease;
      const earlier = onTheirWay[depth];
      if (depth > 0) onTheirWay[depth] = { error, exception };
      else Py_DecRef(exception);
      if (earlier) Py_DecRef(earlier.exception); // its callback dealt with it
      return error;
    }
    if (passing && passing.pointer === exception && parts.pointerOf(passing.error.value)) {
      const { error } = passing;
      passing = null;
      Py_DecRef(exception);
      retrace(error);
      return error;
    }
    return wrapException(exception);
  }

  function wrapException(exception: New): PythonError {
    const answer = python.call("_errors", "describe", exception);
    const [type, message] = rules.entries(answer) as [string, string];
    Py_DecRef(answer);
    const value = parts.wrap(exception);
    parts.keep(value);
    const error: PythonError = withStackOf(
      0,
      () => new PythonError(factsOf(type, message, value, () => error), site()),
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
        const trace = traceOf(self());
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

  /** Gives a JS error a stack that shows the Python frames as well. */
  function retell(error: unknown, exception: Ref): void {
    if (!isError(error)) return;
    const trace = retrace(error);
    const frames = framesOf(python.call("_errors", "frames", exception));
    const head = safely(() => Error.prototype.toString.call(error)) ?? "Error";
    let stack: string | undefined;
    safely(() =>
      // Safely: a frozen error keeps the stack that it has.
      Object.defineProperty(error, "stack", {
        configurable: true,
        enumerable: false,
        get: () => stack ??= compose(head, frames, trace),
        set: (value: string) => {
          stack = value;
        },
      })
    );
  }

  /** The error arrives in JS here: what it was told of JS frames is in the traceback by now. */
  function retrace(error: Error): Trace {
    const trace = traceFrom(site());
    traces.set(error, trace);
    return trace;
  }

  function traceOf(error: Error): Trace {
    let trace = traces.get(error);
    if (!trace) {
      trace = traceFrom(error);
      traces.set(error, trace);
    }
    return trace;
  }

  function framesOf(answer: New): PythonFrame[] {
    return rules.items(answer, (frame) => rules.entries(frame)) as PythonFrame[];
  }

  // --- JS to Python ---------------------------------------------------------

  function raise(thrown: unknown): void {
    try {
      const trace = isError(thrown) ? traceOf(thrown) : null;
      interpreter.restore(exceptionFor(thrown));
      if (trace) tell(trace);
    } catch (failure) {
      if (failure instanceof PythonError && parts.pointerOf(failure.value)) {
        interpreter.restore(exceptionFor(failure)); // what Python itself has against it
        return;
      }
      const text = `a TypeScript error could not be raised in Python: ${describe(thrown)} (${
        describe(failure)
      })`;
      library.errors.PyErr_SetString(
        library.pointedObject("PyExc_SystemError"),
        new TextEncoder().encode(text.replaceAll("\0", "") + "\0"),
      );
    }
  }

  function arrived(): void {
    if (onTheirWay.length === 0) return;
    for (const way of onTheirWay.splice(0)) if (way) Py_DecRef(way.exception);
  }

  function exceptionFor(thrown: unknown): New {
    const { depth } = interpreter.lease;
    const way = onTheirWay[depth];
    if (way && way.error === thrown) {
      onTheirWay[depth] = undefined;
      return way.exception;
    }
    if (isPythonError(thrown)) {
      const pointer = parts.pointerOf(thrown.value);
      if (pointer) {
        passing = { pointer, error: thrown };
        return interpreter.share(pointer);
      }
    }
    const pointer = parts.pointerOf(thrown);
    if (pointer) {
      const empty = checks.takeNewOrThrow(library.object.PyTuple_New(backend.size(0)));
      try {
        return python.call("_errors", "make", pointer, empty);
      } finally {
        Py_DecRef(empty);
      }
    }
    return isError(thrown) ? hold(thrown) : makeError(thrown, false, 0);
  }

  /** Adds the JS frames between the throw and this callback to the Python traceback. */
  function tell(trace: Trace): void {
    const add = library.errors._PyTraceback_Add;
    if (!add) return;
    for (const { name, file, line } of trace.segments()[trace.told] ?? []) {
      add(cString(name), cString(file), line);
    }
    trace.told++;
  }

  function hold(error: Error): New {
    return holdAt(error, 0);
  }

  function holdAt(error: Error, depth: number): New {
    return hosts.find(error) ?? makeError(error, true, depth);
  }

  function makeError(thrown: unknown, single: boolean, depth: number): New {
    const facts = factsOfThrown(thrown);
    const inner = facts.inner.map((each) =>
      isError(each) ? innerException(each, depth) : makeError(each, false, depth)
    );
    const cause = isError(facts.cause) && depth < MOST_CAUSES
      ? innerException(facts.cause, depth)
      : null;
    const texts = [facts.kind, facts.name, facts.message, facts.stack, facts.code].map(toPython);
    const list = rules.listOf(inner);
    try {
      return hosts.add(
        thrown,
        single,
        (number) => parts.makeError(number, ...texts, list, cause ?? none),
      );
    } finally {
      for (const text of texts) Py_DecRef(text);
      Py_DecRef(list);
      if (cause) Py_DecRef(cause);
    }
  }

  function innerException(error: Error, depth: number): New {
    if (error instanceof PythonError && parts.pointerOf(error.value)) return exceptionFor(error);
    return holdAt(error, depth + 1);
  }

  return { toThrow, raise, exceptionFor, hold, arrived };
}

/** The library's own frames come first in a stack and are left out later; the program's must still fit. */
const DEEP = 40;

/** An error whose stack leads to where Python was called. */
function site(): Error {
  return withStackOf(DEEP, () => new Error());
}

function withStackOf<T>(frames: number, make: () => T): T {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  limited.stackTraceLimit = frames;
  try {
    return make();
  } finally {
    if (limit === undefined) delete limited.stackTraceLimit;
    else limited.stackTraceLimit = limit;
  }
}

/** A trace read from an error's stack when it is first needed. */
function traceFrom(error: Error): Trace {
  let segments: StackFrame[][] | undefined;
  return { segments: () => segments ??= segmentsOf(stackOf(error)), told: 0 };
}

/** Innermost first: the Python traceback, in which JS frames stand too, then what lies outside. */
function compose(head: string, frames: readonly PythonFrame[], trace: Trace): string {
  const inside = frames.toReversed().map(([file, line, name]) =>
    `    at ${name} (${file}:${line})`
  );
  const outside = trace.segments().slice(trace.told).flat().map((frame) => frame.text);
  return [head, ...inside, ...outside].join("\n");
}

interface ThrownFacts {
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: string | null;
  readonly inner: readonly unknown[];
  readonly cause: unknown;
}

/** What can be said of anything thrown; nothing that it does can fail this. */
function factsOfThrown(thrown: unknown): ThrownFacts {
  if (!isError(thrown)) {
    const message = typeof thrown === "string" ? thrown : describe(thrown);
    const kind = "Error";
    return { kind, name: kind, message, stack: "", code: null, inner: [], cause: null };
  }
  const kind = thrown instanceof TypeError
    ? "TypeError"
    : thrown instanceof RangeError
    ? "RangeError"
    : thrown instanceof SyntaxError
    ? "SyntaxError"
    : "Error";
  const inner = safely(() => thrown instanceof AggregateError ? [...thrown.errors] : []);
  return {
    kind,
    name: textOr(kind, () => thrown.name),
    message: textOr("", () => thrown.message),
    stack: stackOf(thrown),
    code: textOr(null, () => (thrown as { code?: unknown }).code),
    inner: inner ?? [],
    cause: safely(() => thrown.cause),
  };
}

function isPythonError(value: unknown): value is PythonError {
  return safely(() => value instanceof PythonError) === true;
}

function isError(value: unknown): value is Error {
  return safely(() => value instanceof Error) === true;
}

/** What a getter gives; `undefined` where it throws. */
function safely<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function textOr<T>(otherwise: T, get: () => unknown): string | T {
  const value = safely(get);
  return typeof value === "string" ? value : otherwise;
}

function stackOf(error: Error): string {
  return textOr("", () => PythonError.jsStackOf(error));
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\0", "") + "\0");
}
