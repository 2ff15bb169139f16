/**
 * AsyncLocalStorage for what Python's tasks call, contextvars for what such functions call
 * (python/pyduet/_contexts.py). Little is done while there is nothing to follow: no store anywhere, no contextvar set.
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { backend } from "../ffi/select.ts";
import type { New, Ref } from "../capi/reference.ts";
import { BY_LOOP, DRIVEN, type Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Attributes } from "./attribute.ts";
import type { Calls } from "./call.ts";
import type { HostTable } from "./host_table.ts";
import type { Entry } from "./native_function.ts";

/** Runs a function in the AsyncLocalStorage that was in force. */
export type Snapshot = <A extends unknown[], R>(fn: (...args: A) => R, ...args: A) => R;

/** What one call of Python's to TypeScript was made in: its asynchronous rest finds it again. */
class Origin {
  /** A copy of the Python context; made when a Promise crosses, since only then there is such a rest. */
  context: New | null = null;
  /** A context is entered once at a time. */
  entered = false;
}

/** Contexts across the boundary. */
export interface Contexts {
  /** Tells Python that there are stores to follow, where that was asked for from the start. Attached. */
  open(): void;
  /** What Python calls, run where the task was started that calls it. */
  entry(call: Entry): Entry;
  /** The same calls, made in the context of the task for which TypeScript makes them. */
  calls(calls: Calls): Calls;
  attributes(attributes: Attributes): Attributes;
  /** Does so with anything that runs Python code. */
  within<T>(act: () => T): T;
  /** What leads back to the store in force; `null` while no store was entered. */
  here(): Snapshot | null;
  /** A Promise is about to cross to Python: the function that gives it may go on later. Attached. */
  promised(): void;
}

/** What it needs of its floor. */
export interface ContextParts {
  readonly checks: Checks;
  readonly hosts: HostTable;
  /** Makes what ends with a reference that keeps the value of a number. */
  withReference(number: number, make: (reference: Ref) => New): New;
  /** Gives Python what tells of the store in force: `capture` gives the Python object that keeps it. A ContextVar. */
  openInPython(capture: () => New): New;
}

const { run: runStore, enterWith } = AsyncLocalStorage.prototype;

/** Calls `tell` when the first store of the program is entered; there is no other way to know whether there is one. */
function whenEntered(tell: () => void): void {
  const { prototype } = AsyncLocalStorage;
  const told = <A extends unknown[], R>(method: (this: unknown, ...args: A) => R) =>
    function (this: unknown, ...args: A): R {
      Object.assign(prototype, { run: runStore, enterWith });
      tell();
      return method.apply(this, args);
    };
  Object.assign(prototype, { run: told(runStore), enterWith: told(enterWith) });
}

/** Binds contexts to an interpreter; `fromStart`: stores of before are to be followed as well. */
export function createContexts(
  interpreter: Interpreter,
  parts: ContextParts,
  fromStart: boolean,
): Contexts {
  const { checks, hosts } = parts;
  const { library, lease } = interpreter;
  const { Py_DecRef, PyLong_AsDouble, PyErr_Clear } = library.object;
  const { PyObject_IsTrue } = library.protocol;
  const {
    PyContext_CopyCurrent,
    PyContext_Copy,
    PyContext_Enter,
    PyContext_Exit,
    PyContextVar_Get,
  } = library.context;
  const { bytes } = interpreter.flags;
  const NULL = backend.null;
  const slot = backend.allocate(8);
  const { address } = slot;
  const origins = new AsyncLocalStorage<Origin | undefined>();
  /** For what no program's code started. */
  const outermost: Snapshot = AsyncLocalStorage.snapshot();
  /** Where Python keeps the store that was in force, a ContextVar; `null` while there was none. */
  let variable: New | null = null;
  /** Whose Python context is the current one; `undefined` at the bottom. */
  let inForce: Origin | undefined;

  const held = new Set<New>();
  const forgotten = new FinalizationRegistry<New>((context) =>
    interpreter.enqueue(() => {
      if (held.delete(context)) Py_DecRef(context);
    })
  );
  interpreter.atClose(() => {
    for (const context of held) Py_DecRef(context);
    held.clear();
    if (variable) Py_DecRef(variable);
  });

  function open(): void {
    if (lease.closed || variable) return;
    interpreter.attach();
    variable = parts.openInPython(capture);
  }

  // --- Python calls -----------------------------------------------------------

  /** The snapshot that the current Python context has. */
  function started(variable: Ref): Snapshot | null {
    slot.u32[0] = 0;
    slot.u32[1] = 0;
    if (PyContextVar_Get(variable, NULL, address) !== 0) PyErr_Clear();
    const reference = slot.getPointer(0) as New | null;
    if (!reference) return null;
    const number = PyLong_AsDouble(reference);
    Py_DecRef(reference);
    return hosts.value(number) as Snapshot;
  }

  /** Whether the current Python context has a value of any variable. */
  function isAnySet(): boolean {
    const context = checks.takeNewOrThrow(PyContext_CopyCurrent());
    const is = PyObject_IsTrue(context) !== 0;
    Py_DecRef(context);
    return is;
  }

  function entry(call: Entry): Entry {
    return (self, args, count, kwnames) => {
      const driven = bytes[DRIVEN]!;
      // Without either it is TypeScript's own call that leads here.
      if (driven === 0 && inForce === undefined) return call(self, args, count, kwnames);
      const outer = inForce;
      bytes[DRIVEN] = 0;
      try {
        if (variable === null && held.size === 0 && !isAnySet()) {
          inForce = undefined;
          return call(self, args, count, kwnames);
        }
        const origin = inForce = new Origin();
        if (driven !== BY_LOOP || variable === null) {
          return runStore.call(origins, origin, call, self, args, count, kwnames) as New;
        }
        return (started(variable) ?? outermost)(() =>
          runStore.call(origins, origin, call, self, args, count, kwnames) as New
        );
      } finally {
        bytes[DRIVEN] = driven;
        inForce = outer;
      }
    };
  }

  function promised(): void {
    if (inForce === undefined || inForce.context !== null) return;
    const context = checks.takeNewOrThrow(PyContext_CopyCurrent());
    inForce.context = context;
    held.add(context);
    forgotten.register(inForce, context);
  }

  function capture(): New {
    // Without the origin: each task would keep the context of the one before, and so all of them.
    const snapshot = origins.getStore() === undefined
      ? AsyncLocalStorage.snapshot()
      : runStore.call(origins, undefined, () => AsyncLocalStorage.snapshot()) as Snapshot;
    const { ledger } = interpreter;
    const made = hosts.add(
      snapshot,
      false,
      (number) => parts.withReference(number, interpreter.share),
      () => void ledger.hostValues++,
    );
    ledger.hostValues--; // the library's own, which is no leak
    return made;
  }

  // --- TypeScript calls -------------------------------------------------------

  function within<T>(act: () => T): T {
    if (held.size === 0) return act();
    const origin = origins.getStore();
    if (origin === undefined || origin === inForce || origin.context === null || lease.closed) {
      return act();
    }
    interpreter.attach();
    const outer = inForce;
    const { entered } = origin;
    const context = entered
      ? checks.takeNewOrThrow(PyContext_Copy(origin.context))
      : origin.context;
    checks.intOrThrow(PyContext_Enter(context));
    origin.entered = true;
    inForce = origin;
    try {
      return act();
    } finally {
      inForce = outer;
      origin.entered = entered;
      if (!lease.closed) {
        if (PyContext_Exit(context) !== 0) PyErr_Clear();
        // Not here, where finalisers could run: the result is not taken yet.
        if (entered) interpreter.enqueue(() => Py_DecRef(context));
      }
    }
  }

  if (!fromStart) whenEntered(open);

  return {
    open() {
      if (fromStart) open();
    },
    entry,
    within,
    here: () => variable === null ? null : AsyncLocalStorage.snapshot(),
    promised,
    calls: ({ call, callNew }) => ({
      call: (callable, self, args) =>
        held.size === 0 ? call(callable, self, args) : within(() => call(callable, self, args)),
      callNew: (callable, self, args) =>
        held.size === 0
          ? callNew(callable, self, args)
          : within(() => callNew(callable, self, args)),
    }),
    attributes: (attributes) => ({
      ...attributes,
      read: (object, key) =>
        held.size === 0 ? attributes.read(object, key) : within(() => attributes.read(object, key)),
    }),
  };
}
