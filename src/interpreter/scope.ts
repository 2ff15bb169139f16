/**
 * Scopes: groups of handles released together, in reverse order of their making.
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Handle } from "./handle.ts";

/** The method as it is before anybody watches who uses it (src/objects/contexts.ts). */
const { run } = AsyncLocalStorage.prototype;

/** The handles made while one `py.scope()` runs. */
export class Scope {
  readonly handles: Handle[] = [];
  /** False from its end on: what is made later in its context is owned elsewhere. */
  open = true;
}

/** Which scope a new handle belongs to, following asynchronous code. */
export class Scopes {
  /** The scope whose function is on the stack: the common case, and the fast one. `null`: none, whatever waits. */
  #running: Scope | null | undefined = undefined;
  /** Scopes that wait for their asynchronous function. */
  #waiting = 0;
  #storage: AsyncLocalStorage<Scope> | null = null;

  /** The scope in force, if any. */
  current(): Scope | undefined {
    if (this.#running !== undefined) return this.#running ?? undefined;
    if (this.#waiting === 0) return undefined;
    const scope = this.#storage!.getStore();
    return scope?.open ? scope : undefined;
  }

  /** Does for a scope, or for none, what was asked for in it. */
  into<T>(scope: Scope | undefined, act: () => T): T {
    const outer = this.#running;
    this.#running = scope?.open ? scope : null;
    try {
      return act();
    } finally {
      this.#running = outer;
    }
  }

  /** Runs `fn`, synchronous or not, in a new scope; `end` sees its result or failure. */
  run<T>(fn: () => T, end: (scope: Scope, kept: unknown) => void): T {
    this.#storage ??= new AsyncLocalStorage();
    const scope = new Scope();
    const outer = this.#running;
    let result: T;
    this.#running = scope;
    try {
      result = run.call(this.#storage, scope, fn) as T;
    } catch (error) {
      this.#running = outer;
      scope.open = false;
      end(scope, error);
      throw error;
    }
    this.#running = outer;
    if (!(result instanceof Promise)) {
      scope.open = false;
      end(scope, result);
      return result;
    }
    this.#waiting++;
    const finish = (kept: unknown): void => {
      this.#waiting--;
      scope.open = false;
      end(scope, kept);
    };
    return result.then(
      (value) => (finish(value), value),
      (error) => {
        finish(error);
        throw error;
      },
    ) as T;
  }
}
