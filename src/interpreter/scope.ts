/**
 * Scopes: groups of handles released together, in reverse order of their making.
 * @module
 */

import process from "node:process";
import type { AsyncLocalStorage } from "node:async_hooks";
import type { Handle } from "./handle.ts";

/** The handles made while one `py.scope()` runs. */
export class Scope {
  readonly handles: Handle[] = [];
  /** False from its end on: what is made later in its context is owned elsewhere. */
  open = true;
}

/** Which scope a new handle belongs to, following asynchronous code. */
export class Scopes {
  #active = 0;
  #storage: AsyncLocalStorage<Scope> | null = null;

  /** The scope in force, if any. */
  current(): Scope | undefined {
    if (this.#active === 0) return undefined;
    const scope = this.#storage!.getStore();
    return scope?.open ? scope : undefined;
  }

  /** Runs `fn`, synchronous or not, in a new scope; `end` sees its result or failure. */
  run<T>(fn: () => T, end: (scope: Scope, kept: unknown) => void): T {
    this.#storage ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)();
    const scope = new Scope();
    const finish = (kept: unknown): void => {
      this.#active--;
      scope.open = false;
      end(scope, kept);
    };
    this.#active++;
    let result: T;
    try {
      result = this.#storage.run(scope, fn);
    } catch (error) {
      finish(error);
      throw error;
    }
    if (result instanceof Promise) {
      return result.then(
        (value) => (finish(value), value),
        (error) => {
          finish(error);
          throw error;
        },
      ) as T;
    }
    finish(result);
    return result;
  }
}
