/**
 * `mapError()`: an error class of TypeScript and an exception class of Python that are one and the same
 * to a program.
 * @module
 */

import { describe } from "../convert/path.ts";
import { PythonError } from "../interpreter/python_error.ts";
import { type ErrorClass, tieError, type TieOptions } from "./error_ties.ts";
import { facadeOf } from "./facade.ts";
import type { PyObject } from "./py_object.ts";

/**
 * Ties an error class of TypeScript to an exception class of Python, both ways. The result unties them.
 *
 * An error of that class (or of a subclass without a tie of its own) that is thrown into Python is
 * caught there by `except PyClass`, and has `name`, `message`, `stack` and `js` as every JsError. An
 * exception of `PyClass` (or of a subclass) that reaches TypeScript is an instance of `TsClass`, whose
 * `cause` is the `PythonError`. What passes on through the other language stays the very same.
 *
 * Python's class is given as a PyObject, or by its dotted name: then its module is not imported, and
 * the name is looked up once a program has imported it. A class of TypeScript that extends
 * `PythonError` is made in its place, and needs no constructor. Throws a TypeError for anything else.
 *
 * @example
 * ```ts
 * import { mapError, startPython } from "pyduet";
 * const py = startPython();
 * class PoolError extends Error {}
 * py.run("class PoolError(Exception): pass");
 * const off = mapError(PoolError, "PoolError");
 * py.globals.take = () => {
 *   throw new PoolError("empty");
 * };
 * py.run("try:\n  take()\nexcept PoolError as e:\n  seen = str(e)\nseen"); // "empty"
 * py.run("raise PoolError('full')"); // throws Error: full
 * off();
 * ```
 */
export function mapError<E extends Error>(
  TsClass: ErrorClass<E>,
  PyClass: string | PyObject,
  options: TieOptions<E> = {},
): () => void {
  checkClass(TsClass);
  checkOptions(options);
  const { name } = TsClass;
  const tie = { js: TsClass, options: options as TieOptions, name: name || "an error class" };
  if (typeof PyClass === "string") {
    if (!/^[^.\s]+(\.[^.\s]+)*$/.test(PyClass)) {
      refuse(`a name of Python's class such as "module.PyClass", not ${describe(PyClass)}`);
    }
    return tieError({ ...tie, python: PyClass });
  }
  const facade = facadeOf(PyClass);
  if (!facade) {
    refuse(`a Python exception class or its name, "module.PyClass", not ${describe(PyClass)}`);
  }
  return tieError({ ...tie, python: facade!.pointer() });
}

function checkClass(TsClass: unknown): void {
  if (typeof TsClass !== "function") refuse(`an error class first, not ${describe(TsClass)}`);
  const { name, prototype } = TsClass as ErrorClass;
  if (TsClass === Error || TsClass === PythonError) {
    refuse(`a class of its own kind of errors first, not ${name}, which other errors are too`);
  }
  if (!(prototype instanceof Error)) {
    refuse(`an error class first; ${name || "this one"} does not extend Error`);
  }
}

function checkOptions(options: TieOptions<never>): void {
  if (typeof options !== "object" || options === null) {
    refuse(`options as { toJs, toPython }, not ${describe(options)}`);
  }
  for (const [key, value] of Object.entries(options)) {
    if (key !== "toJs" && key !== "toPython") {
      refuse(`the options toJs and toPython; there is no ${JSON.stringify(key)}`);
    }
    if (value !== undefined && typeof value !== "function") {
      refuse(`a function for ${key}, not ${describe(value)}`);
    }
  }
}

function refuse(what: string): never {
  throw new TypeError(`mapError() takes ${what}`);
}
