/**
 * `withContext()`: Python's `with` and `async with` for TypeScript.
 * @module
 */

import { describe } from "../convert/path.ts";
import { type Bridge, type Facade, facadeOf } from "./facade.ts";
import type { PyObject, PyValue } from "./py_object.ts";

/**
 * Enters a Python context manager, calls `use` with what that gave, and leaves the manager when `use` is done:
 * Python's `with`, and for an async context manager Python's `async with`; then the result is a Promise, whatever
 * `use` is. An error of `use` goes to the manager, which may suppress it: the result is `undefined` then.
 *
 * @example
 * ```ts
 * import { startPython, withContext } from "pyduet";
 * const py = startPython();
 * withContext(py.import("tempfile").TemporaryDirectory(), (folder) => folder.length > 0); // true
 * const lock = py.import("asyncio").Lock();
 * await withContext(lock, async () => lock.locked()); // true
 * ```
 */
export function withContext<T>(
  manager: PyObject,
  use: (value: PyValue) => PromiseLike<T>,
): Promise<T>;
/** The same with a function that is not asynchronous. */
export function withContext<T>(manager: PyObject, use: (value: PyValue) => T): T;
export function withContext(manager: PyObject, use: (value: PyValue) => unknown): unknown {
  const facade = facadeOf(manager);
  if (!facade) {
    throw new TypeError(`withContext() takes a context manager, not ${describe(manager)}`);
  }
  if (typeof use !== "function") {
    throw new TypeError(`withContext() takes a function second, not ${describe(use)}`);
  }
  const { python, rules } = facade.parts;
  const kind = rules.toJs(python.call("_with", "kind_of", facade.pointer()));
  if (kind === "") throw new TypeError(`a Python ${facade.typeText} is no context manager`);
  return kind === "async" ? useAsync(facade, use) : useSync(facade, use);
}

function useSync(manager: Facade, use: (value: unknown) => unknown): unknown {
  const bridge = manager.parts;
  const { python, rules, interpreter } = bridge;
  // A reference of its own: the program may release the manager meanwhile.
  const own = holderOf(bridge, interpreter.share(manager.pointer()));
  let value: unknown;
  try {
    value = rules.toJs(python.call("_with", "enter", own.pointer()));
  } catch (error) {
    own.release();
    throw error;
  }
  const left = (failure?: { error: unknown }): boolean => {
    interpreter.attach();
    const error = failure
      ? bridge.exceptionFor(failure.error)
      : interpreter.share(interpreter.none);
    try {
      return rules.toJs(python.call("_with", "leave", own.pointer(), error)) === true;
    } finally {
      interpreter.library.object.Py_DecRef(error);
      own.release();
    }
  };
  const succeeded = (result: unknown): unknown => (left(), result);
  const failed = (error: unknown): undefined => {
    if (!left({ error })) throw error;
  };
  let result: unknown;
  try {
    result = use(value);
  } catch (error) {
    return failed(error);
  }
  return result instanceof Promise ? result.then(succeeded, failed) : succeeded(result);
}

async function useAsync(manager: Facade, use: (value: unknown) => unknown): Promise<unknown> {
  const bridge = manager.parts;
  const { python, wrap } = bridge;
  bridge.openLoop();
  const held = wrap(python.call("_with", "Held", manager.pointer())) as PyObject;
  try {
    let enter: () => void;
    const entered = new Promise<void>((resolve) => enter = resolve);
    const coroutine = facadeOf(held.run(() => enter()))!;
    const over = bridge.promise(coroutine);
    coroutine.release();
    await Promise.race([entered, over]);
    const value: unknown = held.take(); // converted here, in the scope of the program
    let outcome: { result?: unknown; error?: unknown } = {};
    const leave = (given: typeof outcome): void => {
      outcome = given;
      if (!facadeOf(held)!.live || bridge.interpreter.lease.closed) return; // the manager left by itself
      bridge.interpreter.attach();
      const failed = "error" in given;
      const error = failed ? wrap(bridge.exceptionFor(given.error)) : null;
      held.leave(error);
      if (error) facadeOf(error)!.release();
    };
    (async () => await use(value))().then(
      (result) => leave({ result }),
      (error) => leave({ error }),
    );
    if (await over === true) return undefined;
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  } finally {
    facadeOf(held)!.release();
  }
}

function holderOf(bridge: Bridge, reference: Parameters<Bridge["wrap"]>[0]): Facade {
  return facadeOf(bridge.wrap(reference))!;
}
