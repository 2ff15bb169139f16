/**
 * PyObject as TypeScript sees it.
 * @module
 */

import type { Dollar } from "./dollar.ts";
import { facadeOf } from "./facade.ts";

/**
 * A Python object held by TypeScript: attributes by name, calls, `new`,
 * iteration, and everything of the bridge's own under `$`.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * const py = startPython();
 * const words = py.builtins.list("abc");
 * words.append("d");
 * words.length; // 4
 * words.$.toJs(); // [ "a", "b", "c", "d" ]
 * ```
 */
// deno-lint-ignore no-explicit-any -- what an attribute or a result is, only Python knows
export type PyValue = any;

/** A Python object; see {@link PyValue} for what its members give. */
export interface PyObject extends Disposable {
  /** Calls the object; keyword arguments go last, by `kw()`. */
  (...args: PyValue[]): PyValue;
  /** Calls it as well: Python makes no difference. */
  new (...args: PyValue[]): PyValue;
  /** What the bridge adds to every object. */
  readonly $: Dollar;
  [Symbol.iterator](): IterableIterator<PyValue, PyValue, PyValue>;
  [Symbol.toPrimitive](hint: string): string | number;
  [name: string]: PyValue;
}

/** Whether a value is a Python object held by TypeScript. */
export function isPyObject(value: unknown): value is PyObject {
  return facadeOf(value) !== undefined;
}
