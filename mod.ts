/**
 * CPython inside Deno and Bun, called like TypeScript, with no native build.
 *
 * @example
 * ```ts
 * import { kw, startPython } from "pyduet";
 * const py = startPython();
 * py.import("math").sqrt(2); // 1.4142135623730951
 * ```
 * @module
 */

export {
  PyConversionError,
  PyduetError,
  PyReleasedError,
  PythonClosedError,
  PythonNotFoundError,
  PythonStartError,
  type Refusal,
} from "./src/errors.ts";
export { PythonError } from "./src/interpreter/python_error.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./src/convert/schema.ts";
export type { TypedArray } from "./src/convert/format.ts";
export type { ToJsOptions } from "./src/convert/options.ts";
export type { BufferOptions, PyBuffer } from "./src/objects/buffer.ts";
export { byRef, byValue, Passed } from "./src/objects/by.ts";
export { KeywordArguments, kw } from "./src/objects/call.ts";
export { type Converter, registerConverter } from "./src/objects/converters.ts";
export { Dollar, isPyObject, type PyObject, type PyValue } from "./src/objects/py_object.ts";
export { raise } from "./src/objects/throw.ts";
export { ellipsis, Slice, slice } from "./src/objects/slice.ts";
export {
  type HandleInfo,
  type Python,
  type PythonDebug,
  type PythonInfo,
  type RunOptions,
  type StartOptions,
  startPython,
} from "./src/python.ts";
