/**
 * Throwing a chosen Python exception from TypeScript.
 * @module
 */

import { facadeOf } from "./facade.ts";
import type { PyObject } from "./py_object.ts";

/**
 * `raise type(...args)`: throws a `PythonError` with that exception. A function
 * that Python called raises it there.
 *
 * @example
 * ```ts
 * import { raise, startPython } from "pyduet";
 * const py = startPython();
 * py.globals.find = (key: string) => raise(py.builtins.KeyError, key);
 * py.run("try:\n  find('x')\nexcept KeyError as e:\n  seen = repr(e)\nseen"); // "KeyError('x')"
 * ```
 */
export function raise(type: PyObject, ...args: unknown[]): never {
  const facade = facadeOf(type);
  if (!facade) throw new TypeError("raise() takes a Python exception class or exception first");
  const { interpreter, python, toPython } = facade.parts;
  const kind = facade.pointer();
  const converted = toPython(args);
  let exception;
  try {
    exception = python.call("_errors", "make", kind, converted);
  } finally {
    interpreter.library.object.Py_DecRef(converted);
  }
  throw interpreter.upper.toThrow(exception);
}
