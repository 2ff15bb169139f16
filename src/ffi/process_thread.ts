/**
 * Whether the calling thread is the one with which the process ends. A worker
 * is not, and the thread of a test file is not, though no runtime says so of the latter.
 * @module
 */

import type { NativeFunction, SharedLibrary } from "./backend.ts";
import { system } from "./select.ts";

/** True on the process's first thread; also where the system has no way to tell. */
export function onProcessThread(library: SharedLibrary): boolean {
  const functions = library.bind({
    gettid: { signature: ":i", optional: true },
    pthread_main_np: { signature: ":i", optional: true },
  }) as Record<string, NativeFunction | null>;
  if (functions.gettid) return functions.gettid() === system.pid;
  if (functions.pthread_main_np) return functions.pthread_main_np() !== 0;
  return true;
}
