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
export type { PromiseOptions } from "./src/objects/facade.ts";
export { Dollar, isPyObject, type PyObject, type PyValue } from "./src/objects/py_object.ts";
export type { ErrorClass, TieOptions } from "./src/objects/error_ties.ts";
export { mapError } from "./src/objects/map_error.ts";
export { raise } from "./src/objects/throw.ts";
export { withContext } from "./src/objects/with_context.ts";
export { ellipsis, Slice, slice } from "./src/objects/slice.ts";
export type * from "./src/define/types.ts";
export { t, Type } from "./src/define/types.ts";
export type * from "./src/define/parameters.ts";
export type * from "./src/define/function.ts";
export { PyFunction, pyFunction } from "./src/define/function.ts";
export type * from "./src/define/class.ts";
export { PyClass, pyClass } from "./src/define/class.ts";
export type * from "./src/define/enum.ts";
export { PyEnum, pyEnum, PyRecord, pyRecord } from "./src/define/enum.ts";
export type * from "./src/define/module.ts";
export { PyModule, pyModule } from "./src/define/module.ts";
export { generateStubs } from "./src/define/stubs.ts";
export type { PyInstance, PySubclassable } from "./src/define/subclassable.ts";
export { NotImplemented } from "./src/define/not_implemented.ts";
export { type Python, type PythonInfo, type RunOptions, startPython } from "./src/python.ts";
export type { StartOptions } from "./src/start_options.ts";
export type { PythonWorker } from "./src/worker.ts";
export type { HandleInfo, PythonDebug } from "./src/debug.ts";
export type { Cycle } from "./src/cycles.ts";
