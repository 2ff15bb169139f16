/**
 * Throwing a chosen Python exception from TypeScript.
 * @module
 */

import { describe } from "../convert/path.ts";
import { splitKeywords } from "./call.ts";
import { facadeOf } from "./facade.ts";
import type { PyObject } from "./py_object.ts";

/**
 * `raise type(...args)`: throws a `PythonError` with that exception; keyword arguments go last, by `kw()`.
 * Instead of a class an exception may be given, which keeps its `__cause__` and traceback. A function
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
  if (!facade) {
    throw new TypeError(
      `raise() takes a Python exception class or exception first, not ${describe(type)}; ` +
        "an error that was caught goes on by throw",
    );
  }
  const { interpreter, python, allToPython } = facade.parts;
  const kind = facade.pointer();
  const converted = allToPython(splitKeywords(args));
  let exception;
  try {
    exception = python.call("_errors", "make", kind, ...converted);
  } finally {
    for (const each of converted) interpreter.library.object.Py_DecRef(each);
  }
  throw interpreter.upper.toThrow(exception);
}
