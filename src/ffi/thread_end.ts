/**
 * Native work at the end of a thread. A worker that is terminated runs no more
 * JavaScript, but its thread still ends in good order, and the system then calls
 * the destructors of its thread-specific values (pthread_key_create(3)).
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary } from "./backend.ts";
import { backend, system } from "./select.ts";

/** A thread-specific value whose destructor runs if it is set when the thread ends. */
export interface ThreadEnd {
  /** Null: nothing is to be done. */
  set(value: Pointer | null): void;
  /** The thread goes on without. */
  forget(): void;
}

/**
 * Has `destructor(value)` called at the end of this thread. `null` where the
 * system has no such keys, or none left: a process has about 1000, and each
 * terminated worker leaves its own behind.
 */
export function onThreadEnd(library: SharedLibrary, destructor: Pointer): ThreadEnd | null {
  if (system.platform === "win32") return null;
  const { pthread_key_create, pthread_setspecific, pthread_key_delete } = library.bind({
    pthread_key_create: { signature: "pp:i", optional: true },
    pthread_setspecific: { signature: "up:i", optional: true },
    pthread_key_delete: { signature: "u:i", optional: true },
  }) as Record<string, NativeFunction | null>;
  if (!pthread_key_create || !pthread_setspecific || !pthread_key_delete) return null;
  const out = backend.allocate(8);
  // SAFETY: `out` has room for the largest pthread_key_t; `destructor` lives as long as the process.
  if (pthread_key_create(out.address, destructor) !== 0) return null;
  const key = out.u32[0]!;
  return {
    set: (value) => void pthread_setspecific(key, value ?? backend.null),
    forget: () => void pthread_key_delete(key),
  };
}
