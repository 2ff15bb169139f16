/**
 * Python's functions, and instances of its classes, as models of the pool.
 * @module
 */
import { isPyObject, type PyFunction, pyFunction, startPython, t } from "../../../mod.ts";
import type { PyObject } from "../../../mod.ts";
import { isThenable, type ModelLoader, type ModelObject } from "../pit/pool_model.ts";
import { plain } from "./dict_reader.ts";
import { modelSpecToDict } from "./spec.ts";

/** An input from Python for a model of Python: nothing on the way is to be converted. */
export class FromPython {
  /** The input. */
  readonly value: PyObject;

  /** Takes the input. */
  constructor(value: PyObject) {
    this.value = value;
  }
}

/** Results of calls that were made unconverted, by their numbers. */
const kept = new Map<number, PyObject>();
let calls = 0;
const keep: PyFunction<[number, PyObject], void> = pyFunction(
  "keep",
  { params: { call: t.int, result: t.object }, returns: t.none },
  (call, result) => void kept.set(call, result),
);

/** Calls, and keeps the result as it is; a coroutine's result when it comes. */
const CALL = `
import inspect

def bind(keep):
    def call(function, value, number):
        result = function(value)
        if not inspect.isawaitable(result):
            return keep(number, result)
        async def later():
            keep(number, await result)
        return later()
    return call
bind
`;
let caller: PyObject | undefined;

/** It is made again where its Python was closed, or the scope has ended in which it was made. */
function calling(): PyObject {
  if (caller === undefined || caller.$.released) {
    using bind = startPython().run(CALL, { globals: {}, filename: "<pyduet/symphony/model>" });
    caller = bind(keep) as PyObject;
  }
  return caller;
}

/** What a call gave, without a way through JavaScript's values: a float stays one. */
function callUnconverted(model: PyObject, { value }: FromPython): unknown {
  const call = calls++;
  const take = (): PyObject | undefined => {
    const result = kept.get(call);
    kept.delete(call);
    return result;
  };
  const later: unknown = calling()(model, value, call);
  return isThenable(later) ? Promise.resolve(later).then(take) : take();
}

/** A Python object as a model. Its methods are looked up once. */
export class PythonModel implements ModelObject {
  /** The Python object. */
  readonly object: PyObject;
  /** `save()` of Python, where it has one. */
  readonly save?: () => unknown;
  /** `health_check()` of Python, where it has one; a dict is plain data. */
  readonly healthCheck?: () => unknown;
  readonly #invoke: PyObject | undefined;
  readonly #release: PyObject | undefined;

  /** Takes a callable, or an object with any of `invoke`, `save`, `release` and `health_check`. */
  constructor(object: PyObject) {
    const method = (name: string): PyObject | undefined =>
      object.$.hasAttr(name) ? object.$.attr(name) : undefined;
    this.object = object;
    this.#invoke = method("invoke") ??
      (object.$.hasAttr("__call__") ? object as PyObject : undefined);
    this.#release = method("release");
    const [save, check] = [method("save"), method("health_check")];
    if (save) this.save = () => save();
    if (check) this.healthCheck = () => plainSoon(check());
  }

  /** Its work: by `invoke(input)`, or by calling it. */
  invoke(input: unknown): unknown {
    const invoke = this.#invoke;
    if (invoke === undefined) {
      throw new TypeError(`a ${this.object.$.type} has no invoke() and cannot be called`);
    }
    return input instanceof FromPython ? callUnconverted(invoke, input) : invoke(input);
  }

  /** `release()` of Python, where it has one; then the object itself is given up. */
  release(): unknown {
    const released: unknown = this.#release?.();
    if (!isThenable(released)) return this.object.$.release();
    return Promise.resolve(released).then(() => this.object.$.release());
  }
}

function plainSoon(value: unknown): unknown {
  return isThenable(value) ? Promise.resolve(value).then(plain) : plain(value);
}

/**
 * A loader that is Python's: a class, a function or an `async def` that takes the spec as a dict and gives a model. When
 * nobody waits for the model any more, what a coroutine awaits is cancelled.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { PoolManager, pythonLoader } from "pyduet/symphony";
 * const py = startPython();
 * py.run(`
 * class Shout:
 *     def __init__(self, spec): self.end = spec["configuration"].get("end", "!")
 *     def invoke(self, text): return text.upper() + self.end`);
 * const pool = new PoolManager();
 * pool.register("shout", pythonLoader(py.globals.Shout));
 * (await pool.allocate("shout")).invoke("hey"); // "HEY!"
 * await pool.shutdown();
 * ```
 */
export function pythonLoader(loader: PyObject): ModelLoader {
  return (spec, { signal }) => {
    const given: unknown = loader(modelSpecToDict(spec));
    if (!isPyObject(given)) return given as ModelObject;
    if (!isThenable(given)) return new PythonModel(given);
    return given.$.promise({ signal }).then((model: unknown) =>
      isPyObject(model) ? new PythonModel(model) : model as ModelObject
    );
  };
}
