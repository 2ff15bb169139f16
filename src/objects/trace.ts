/**
 * The frames of both languages behind one error: which of its JS frames stand in the Python
 * traceback by now, and the stack that shows them all.
 * @module
 */

import { pythonErrorOf } from "../interpreter/python_error.ts";
import { segmentsOf, type StackFrame } from "./js_stack.ts";
import { safely, stackOf } from "./thrown.ts";

/** A JS stack, and how many of its segments stand in the Python traceback already. */
export interface Trace {
  readonly segments: () => StackFrame[][];
  told: number;
}

/** A frame of a Python traceback, in which JS frames stand too. */
export type PythonFrame = [file: string, line: number, name: string];

/** The library's own frames come first in a stack and are left out later; the program's must still fit. */
const DEEP = 40;

/** The traces of one JS thread's errors. */
export class Traces {
  readonly #traces = new WeakMap<Error, Trace>();

  /** What is known of an error; its own stack where nothing is. */
  of(error: Error): Trace {
    const known = this.#traces.get(subjectOf(error));
    return known ?? this.#enter(error, traceFrom(subjectOf(error)));
  }

  /** The error arrives in JS here: what was told of its JS frames is in the Python traceback by now. */
  arrived(error: Error): Trace {
    return this.#enter(error, traceFrom(site()));
  }

  #enter(error: Error, trace: Trace): Trace {
    this.#traces.set(subjectOf(error), trace);
    return trace;
  }
}

/** An error that stands for an exception shares its trace. */
function subjectOf(error: Error): Error {
  return pythonErrorOf(error) ?? error;
}

/** A trace read from an error's stack when it is first needed. */
function traceFrom(error: Error): Trace {
  let segments: StackFrame[][] | undefined;
  return { segments: () => segments ??= segmentsOf(stackOf(error)), told: 0 };
}

/** An error whose stack leads to where Python was called. */
export function site(): Error {
  return withStackOf(DEEP, () => new Error());
}

/** Makes something with stacks of that many frames: formatting one costs more than an exception. */
export function withStackOf<T>(frames: number, make: () => T): T {
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

/** Innermost first: the Python traceback, in which JS frames stand too, then what lies outside. */
export function compose(head: string, frames: readonly PythonFrame[], trace: Trace): string {
  const inside = frames.toReversed().map(([file, line, name]) =>
    `    at ${name} (${file}:${line})`
  );
  const outside = trace.segments().slice(trace.told).flat().map((frame) => frame.text);
  return [head, ...inside, ...outside].join("\n");
}

/** `Name: message`, as the first line of a stack has it. */
export function headOf(error: Error): string {
  return safely(() => Error.prototype.toString.call(error)) ?? "Error";
}

/** Gives an error a stack that is made when it is read. A frozen error keeps the one that it has. */
export function setStack(error: Error, read: () => string): void {
  let assigned: string | undefined;
  safely(() =>
    Object.defineProperty(error, "stack", {
      configurable: true,
      enumerable: false,
      get: () => assigned ?? read(),
      set: (value: string) => {
        assigned = value;
      },
    })
  );
}
