/**
 * What other threads and signals wake this JS thread with.
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Bridge } from "../objects/facade.ts";

/** Byte of the shared memory that rings the bell of a thread that looks at it (python/pyduet/_bell.py). */
const RUNG = 16;

/** Said by the thread that reads for this one: it has often had to, and the runtime may read from now on. */
const OFFER = -1;

const listeners = new WeakMap<Bridge, ((signal: number) => void)[]>();

/**
 * The bell of this JS thread, opened once: `heard` is called when another thread rings, with a signal's number
 * or 0. Attached.
 */
export function openBell(bridge: Bridge, heard: (signal: number) => void): void {
  const others = listeners.get(bridge);
  if (others) return void others.push(heard);
  const all = [heard];
  const { python, rules, interpreter } = bridge;
  const { Py_DecRef } = interpreter.library.object;
  const rung = interpreter.mortal ? interpreter.flags.bytes.subarray(RUNG, RUNG + 1) : null;
  const bell = backend.bell((signal) => {
    if (signal === OFFER) takeOver();
    else for (const each of all) each(signal);
  }, rung);

  function takeOver(): void {
    if (!bell.canListen() || interpreter.lease.closed) return;
    interpreter.attach();
    try {
      bell.listen(rules.toJs(python.call("_bell", "offered")) as number);
    } catch {
      return; // a runtime that cannot: the thread goes on
    }
    Py_DecRef(python.call("_bell", "taken"));
  }

  if (bell.looks) {
    Py_DecRef(python.call("_bell", "be_looked_at"));
  } else if (bell.address) {
    const address = bridge.toPython(backend.toNumber(bell.address));
    Py_DecRef(python.call("_bell", "serve", address));
    Py_DecRef(address);
  } else {
    bell.listen(rules.toJs(python.call("_bell", "lend")) as number);
  }
  listeners.set(bridge, all);
}
