/**
 * Python callables whose `self` is a number of TypeScript's, all of them through one native entry.
 * @module
 */

import { guardThread, type ThreadGuard } from "../ffi/thread_guard.ts";
import type { NativeCallback, Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { PythonLibrary } from "../capi/library.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";

/** What Python calls: `self`, the address and number of the arguments, the names of those given by name. */
export type Entry = (
  self: Borrowed,
  args: Pointer,
  count: number,
  kwnames: Borrowed | null,
) => New;

/** Python callables of one entry. */
export interface NativeFunctions {
  /** A callable of that name for a number of the host table. */
  make(definition: Definition, number: number): New;
  /** A PyMethodDef of that name, in memory that outlives its functions. */
  definition(name: string): Definition;
  /** One function of the definition has ended. */
  forget(definition: Definition): void;
  /** From now on calling any of them is an error in Python. */
  retire(): void;
}

/** What it needs of its floor. */
export interface NativeFunctionParts {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  /** Makes what ends with a reference that keeps the value of a number. */
  withReference(number: number, make: (reference: Ref) => New): New;
  /** `realm.guard(function)`, where native code cannot keep threads out. Takes the reference. */
  guard(fn: New): New;
  /** Makes the entry follow contexts; `null` with `contexts: false`. */
  readonly follow: ((call: Entry) => Entry) | null;
  /** Turns what a function threw into a Python exception that is set. */
  raise(thrown: unknown): void;
  /** The outermost callback ended. */
  arrived(): void;
  /** The module that the callables say they are of. */
  readonly moduleName: () => New;
}

/**
 * Python and JS may call each other this deep. The runtimes end at about 400
 * (Deno's main thread) with a RangeError in the middle of native code; Python's
 * own RecursionError comes first.
 */
const MOST_NESTED = 100;

/** METH_FASTCALL | METH_KEYWORDS (methodobject.h). */
const FASTCALL_KEYWORDS = 0x80 | 0x02;
/** PyMethodDef: name, function, flags, doc. */
const DEFINITION_SIZE = 32;
/** Definitions kept although no function uses them. */
const MOST_UNUSED = 1024;

/** Thrown in a callback: an exception of Python's own, with nothing of TypeScript in it. */
export class BuiltinError extends Error {
  /** The exception. */
  readonly kind: "TypeError" | "ValueError" | "OverflowError" | "RecursionError";
  readonly #brand = true;

  /** Whether anything thrown is one: asks the value no question that a Proxy could answer. */
  static is(thrown: unknown): thrown is BuiltinError {
    return typeof thrown === "object" && thrown !== null && #brand in thrown;
  }

  /** `kind` is a builtin exception of Python. */
  constructor(kind: BuiltinError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A PyMethodDef in native memory. */
export interface Definition {
  readonly address: Pointer;
  uses: number;
}

/** Callables that all lead to `call`, which may throw; their native side is made with the first of them. */
export function createNativeFunctions(
  parts: NativeFunctionParts,
  called: Entry,
): NativeFunctions {
  const { interpreter, checks, raise } = parts;
  const { library, lease } = interpreter;
  const { memcpy, Py_DecRef } = library.object;
  const waiting = interpreter.flags.bytes;
  const NULL = backend.null;
  const call = parts.follow ? parts.follow(called) : called;

  function enter(self: Borrowed, args: Pointer, count: number, kwnames: Borrowed | null) {
    if (lease.depth >= MOST_NESTED) {
      setBuiltin(
        "RecursionError",
        `TypeScript and Python called each other ${MOST_NESTED} levels deep`,
      );
      return NULL;
    }
    lease.enter();
    try {
      if (waiting[0] !== 0) interpreter.flushed();
      return call(self, args, count, kwnames);
    } catch (thrown) {
      try {
        if (BuiltinError.is(thrown)) setBuiltin(thrown.kind, thrown.message);
        else raise(thrown);
      } catch {
        // Only an exhausted JS stack leads here. Python says SystemError where none is set.
      }
      return NULL;
    } finally {
      lease.leave();
      if (lease.depth === 0) parts.arrived();
    }
  }

  function setBuiltin(kind: BuiltinError["kind"], message: string): void {
    library.errors.PyErr_SetString(
      library.pointedObject(`PyExc_${kind}`),
      new TextEncoder().encode(message.replaceAll("\0", "") + "\0"),
    );
  }

  let entry: NativeCallback | null = null;
  let threadGuard: ThreadGuard | null = null;

  /** The address that Python calls; made with the first function. */
  function entryPoint(): Pointer {
    if (!entry) {
      // SAFETY: the count is a Py_ssize_t of which the low 32 bits are read: a call has fewer arguments.
      entry = backend.callback("ppip:p", enter);
      // Every other thread calls `self(*args)` instead, which hands the call to this one: these functions
      // take the same arguments as a method of this kind.
      threadGuard = guardThread(library.shared, entry.pointer, refusing(library));
      interpreter.callable = true;
    }
    return threadGuard?.pointer ?? entry.pointer;
  }

  const definitions = new Map<string, Definition>();
  let unused = 0;

  /** A PyMethodDef of that name, in memory that outlives its functions. */
  function definition(name: string): Definition {
    const known = definitions.get(name);
    if (known) {
      if (known.uses++ === 0) unused--;
      return known;
    }
    const text = new TextEncoder().encode(name.replaceAll("\0", "") + "\0");
    const size = backend.size(DEFINITION_SIZE + text.length);
    const address = library.code.PyMem_RawMalloc(size)!;
    const staged = backend.allocate(DEFINITION_SIZE + text.length);
    staged.setPointer(0, backend.offset(address, DEFINITION_SIZE));
    staged.setPointer(1, entryPoint());
    staged.u32[4] = FASTCALL_KEYWORDS;
    staged.bytes.set(text, DEFINITION_SIZE);
    // SAFETY: fresh memory of that size; freed in forget(), when no function uses it.
    memcpy(address, staged.address, size);
    const made = { address, uses: 1 };
    definitions.set(name, made);
    return made;
  }

  function forget(used: Definition): void {
    if (--used.uses > 0 || ++unused <= MOST_UNUSED) return;
    for (const [name, { address, uses }] of definitions) {
      if (uses > 0) continue;
      definitions.delete(name);
      // SAFETY: CPython reads a function's PyMethodDef no more once it gave up `self`
      // (methodobject.c, meth_dealloc), and that is what `uses` counts.
      library.code.PyMem_RawFree(address);
    }
    unused = 0;
  }

  let module: New | null = null;

  function make(used: Definition, number: number): New {
    module ??= parts.moduleName();
    const inModule = module;
    const made = parts.withReference(number, (reference) =>
      // SAFETY: the definition lives until forget(), which follows the function's end.
      checks.takeNewOrThrow(library.code.PyCFunction_NewEx(used.address, reference, inModule)));
    return threadGuard ? made : parts.guard(made);
  }

  interpreter.atClose(() => {
    if (module) Py_DecRef(module);
  });

  return {
    make,
    definition,
    forget,
    retire() {
      threadGuard?.retire();
      // Without a guard in native code the entry stays: Python refuses before it (realm.end).
      if (threadGuard) entry?.close();
    },
  };
}

/** What calls its first argument, a Python object, in place of a function entered by the wrong thread. */
export function refusing(library: PythonLibrary): Pointer {
  return ["PyObject_Vectorcall", "PyObject_VectorcallDict", "_PyObject_FastCallDict"]
    .map((name) => library.shared.address(name)).find((address) => address)!;
}
