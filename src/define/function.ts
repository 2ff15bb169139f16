/**
 * `pyFunction()`: a function of TypeScript declared for Python.
 * @module
 */

import { describe } from "../convert/path.ts";
import {
  type ArgumentsOf,
  checkName,
  type Parameter,
  parameterList,
  type Parameters,
} from "./parameters.ts";
import { type GivenOf, t, Type } from "./types.ts";

/** What Python is told of a function. */
export interface Signature<P extends Parameters = Parameters, R extends Type = Type> {
  /** The docstring. */
  readonly doc?: string;
  /** The parameters by name, in their order. Left out: any number of any arguments. */
  readonly params?: P;
  /** The result. Default: `t.any`. */
  readonly returns?: R;
  /**
   * `true`: the implementation gets one more argument, `{ signal }`: an AbortSignal that is aborted when a Python
   * task that awaits the Promise it returned is cancelled.
   */
  readonly signal?: boolean;
  /**
   * What type checkers are told instead of this signature: the ways in which it may be called, first match
   * first. For stubs alone; the signature itself is what runs, and must accept them all.
   */
  readonly overloads?: readonly Signature[];
  /**
   * `false`: Python goes on at once with `None`, from whichever thread it calls. The implementation runs soon, on the
   * JS thread, in the order of the calls; what it throws goes to `sys.unraisablehook`. Default: `true`.
   */
  readonly blocking?: boolean;
}

/** The last argument of an implementation that asked for a signal. */
export interface Aborting {
  /** Aborted when Python does not wait for the result any more. */
  readonly signal: AbortSignal;
}

/** What an implementation may return. */
export type ResultOf<R> = GivenOf<R>;

/** A function or method with its signature in a checked form. */
export interface Callable {
  /** The docstring. */
  readonly doc: string | undefined;
  /** `undefined`: any number of any arguments, those given by name as one trailing object. */
  readonly params: readonly Parameter[] | undefined;
  /** The result. */
  readonly returns: Type;
  /** Whether the implementation gets an AbortSignal last. */
  readonly signal?: boolean;
  /** What type checkers are told instead; empty: the signature itself. */
  readonly overloads: readonly Callable[];
  /** `false`: Python goes on at once. */
  readonly blocking?: boolean;
}

/** A function declared for Python: a member of a module, or a value like any other. */
export class PyFunction<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  /** Its name in Python. */
  readonly name: string;
  /** What Python is told. */
  readonly signature: Callable;
  /** What runs. */
  readonly implementation: (...args: A) => R;

  /** Use {@link pyFunction}. */
  constructor(name: string, signature: Callable, implementation: (...args: A) => R) {
    this.name = name;
    this.signature = signature;
    this.implementation = implementation;
  }
}

/** Checks a signature. `what` names it in errors. */
export function callableOf(signature: Signature, what: string): Callable {
  if (typeof signature !== "object" || signature === null) {
    throw new TypeError(
      `${what} takes an object with doc, params and returns, not ${describe(signature)}`,
    );
  }
  const { doc, params, signal = false, overloads = [], blocking = true } = signature;
  const { returns = blocking ? t.any : t.none } = signature;
  checkKeys(
    signature,
    ["doc", "params", "returns", "signal", "overloads", "blocking"],
    what,
  );
  if (typeof signal !== "boolean") {
    throw new TypeError(`${what}: signal must be a boolean, not ${describe(signal)}`);
  }
  checkDoc(doc, what);
  if (!(returns instanceof Type)) {
    throw new TypeError(`${what}: returns must be a type of t, not ${describe(returns)}`);
  }
  if (typeof blocking !== "boolean") {
    throw new TypeError(`${what}: blocking must be a boolean, not ${describe(blocking)}`);
  }
  if (!blocking && returns.kind !== "none") {
    throw new TypeError(`${what}: what does not block returns nothing; leave returns out`);
  }
  if (!Array.isArray(overloads)) {
    throw new TypeError(
      `${what}: overloads must be an array of signatures, not ${describe(overloads)}`,
    );
  }
  return {
    doc,
    params: params && parameterList(params, what),
    returns,
    signal,
    blocking,
    overloads: overloads.map((each, i) => overloadOf(each, `${what}: overload ${i + 1}`)),
  };
}

function overloadOf(signature: Signature, what: string): Callable {
  const made = callableOf(signature, what);
  if (made.overloads.length === 0) return made;
  throw new TypeError(`${what} has overloads of its own; put them into the list beside it`);
}

/** Throws a TypeError for a key that means nothing. */
export function checkKeys(given: object, known: readonly string[], what: string): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new TypeError(
        `${what} has no option ${JSON.stringify(key)}; there are ${known.join(", ")}`,
      );
    }
  }
}

/** Throws a TypeError for a docstring that is no text. */
export function checkDoc(doc: unknown, what: string): asserts doc is string | undefined {
  if (doc !== undefined && typeof doc !== "string") {
    throw new TypeError(`${what}: doc must be a string, not ${describe(doc)}`);
  }
}

/**
 * Declares a function for Python, with parameters of every kind that Python has. Its arguments are checked
 * and converted by their types; the errors are Python's own.
 * The implementation gets one argument for each parameter, in the order of the declaration.
 *
 * @example
 * ```ts
 * import { pyFunction, startPython, t } from "pyduet";
 * const py = startPython();
 * py.globals.area = pyFunction("area", {
 *   doc: "The area of a rectangle.",
 *   params: { width: t.float, height: t.float.default(1) },
 *   returns: t.float,
 * }, (width, height) => width * (height ?? 1));
 * py.run("area(3, height=2)"); // 6
 * py.run("area()"); // throws PythonError: TypeError: area() missing 1 required positional argument: 'width'
 * ```
 */
export function pyFunction<P extends Parameters, R extends Type = Type>(
  name: string,
  signature: Signature<P, R> & { readonly signal: true },
  implementation: (...args: [...ArgumentsOf<P>, Aborting]) => ResultOf<R>,
): PyFunction<[...ArgumentsOf<P>, Aborting], ResultOf<R>>;
/** The same without a signal. */
export function pyFunction<P extends Parameters, R extends Type = Type>(
  name: string,
  signature: Signature<P, R>,
  implementation: (...args: ArgumentsOf<P>) => ResultOf<R>,
): PyFunction<ArgumentsOf<P>, ResultOf<R>>;
export function pyFunction(
  name: string,
  signature: Signature,
  // deno-lint-ignore no-explicit-any -- the overloads say it
  implementation: (...args: any[]) => unknown,
  // deno-lint-ignore no-explicit-any -- as above
): PyFunction<any[], any> {
  checkName(name, "pyFunction(name)");
  const what = `pyFunction("${name}")`;
  if (typeof implementation !== "function") {
    throw new TypeError(`${what} takes a function last, not ${describe(implementation)}`);
  }
  return new PyFunction(name, callableOf(signature, what), implementation);
}
