/**
 * `import js` in Python: the globalThis of this JS thread. Until it is imported
 * it costs one native callback.
 * @module
 */

import { addressBytes } from "../ffi/native_code.ts";
import { guardThread } from "../ffi/thread_guard.ts";
import { backend } from "../ffi/select.ts";
import type { New } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { HostTable } from "./host_table.ts";
import { refusing } from "./native_function.ts";
import type { JsObjects } from "./js_object.ts";
import type { PythonSide } from "./python_side.ts";

/** What it needs of its floor. */
export interface JsModuleParts {
  readonly interpreter: Interpreter;
  readonly hosts: HostTable;
  readonly python: PythonSide;
  readonly objects: JsObjects;
  /** Turns what was thrown into a Python exception that is set. */
  raise(thrown: unknown): void;
  /** The outermost callback ended. */
  arrived(): void;
}

/** Where Python finds the address (python/pyduet/__init__.py, `_GLOBAL`). */
const PLACE = 8;

/** Lets this thread's Python ask for globalThis; the result ends that. */
export function createJsModule(parts: JsModuleParts): { retire(): void } {
  const { interpreter, hosts } = parts;
  const { library, lease } = interpreter;

  /** Also loads what makes a module of it. */

  function globalToPython(): New {
    parts.python.get("_js_module", "JsModule");
    const found = hosts.find(globalThis);
    if (found) return found;
    const made = parts.objects.toPython(globalThis);
    interpreter.ledger.hostValues--; // the module keeps it to the end, which is no leak
    return made;
  }

  // Called by `provide()`, on this thread; the arguments are for the guard alone.
  const entry = backend.callback("ppip:p", () => {
    lease.enter();
    try {
      return globalToPython();
    } catch (thrown) {
      try {
        parts.raise(thrown);
      } catch {
        // Only an exhausted JS stack. Python says SystemError where no exception is set.
      }
      return backend.null;
    } finally {
      lease.leave();
      if (lease.depth === 0) parts.arrived();
    }
  });
  // A thread that may end before the process does leaves its identity to another one.
  const guard = interpreter.mortal
    ? guardThread(library.shared, entry.pointer, refusing(library))
    : null;
  interpreter.flags.bytes.set(addressBytes(guard?.pointer ?? entry.pointer), PLACE);

  return {
    retire() {
      interpreter.flags.bytes.fill(0, PLACE, PLACE + 8);
      guard?.retire();
      entry.close();
    },
  };
}
