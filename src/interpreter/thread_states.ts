/**
 * How many threads Python knows: the list of their states (Doc/c-api/init.rst, "Advanced Debugger Support").
 * @module
 */

import type { NativeFunction, Pointer } from "../ffi/backend.ts";
import type { PythonLibrary } from "../capi/library.ts";

/** A function that counts them, `most` at most; attached. `null` where the library does not tell. */
export function threadStates(library: PythonLibrary): ((most: number) => number) | null {
  const { PyInterpreterState_Main, PyInterpreterState_ThreadHead, PyThreadState_Next } = library
    .shared.bind({
      PyInterpreterState_Main: { signature: ":p", optional: true },
      PyInterpreterState_ThreadHead: { signature: "p:p", optional: true },
      PyThreadState_Next: { signature: "p:p", optional: true },
    }) as Record<string, NativeFunction | null>;
  if (!PyInterpreterState_Main || !PyInterpreterState_ThreadHead || !PyThreadState_Next) {
    return null;
  }
  // SAFETY: the list of thread states, of which this thread's is one; the GIL keeps it as it is.
  const main = PyInterpreterState_Main();
  return (most) => {
    let count = 0;
    let state: Pointer | null = PyInterpreterState_ThreadHead(main);
    for (; state && count < most; state = PyThreadState_Next(state)) count++;
    return count;
  };
}
