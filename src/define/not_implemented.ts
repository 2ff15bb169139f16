/**
 * Python's `NotImplemented`, for special methods.
 * @module
 */

/**
 * What a special method such as `__add__` returns where it does not know the other operand: Python then asks
 * the other one.
 *
 * @example
 * ```ts
 * import { NotImplemented, pyClass, startPython } from "pyduet";
 * class Metres {
 *   constructor(readonly value = 0) {}
 * }
 * const py = startPython();
 * py.globals.Metres = pyClass(Metres, {
 *   dunders: { __lt__: (self, other) => other instanceof Metres ? self.value < other.value : NotImplemented },
 * });
 * py.run("Metres() < 1"); // throws PythonError: TypeError: '<' not supported
 * ```
 */
export const NotImplemented: unique symbol = Symbol("NotImplemented");
