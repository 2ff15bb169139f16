/**
 * TypeScript functions as Python callables: a builtin function whose `self` is
 * the number of the JS function. All of them share one native entry.
 * @module
 */

import { guardThread, type ThreadGuard } from "../ffi/thread_guard.ts";
import type { NativeCallback, Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Checks } from "../interpreter/check.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { HostTable } from "./host_table.ts";

/** Makes Python callables. */
export interface JsFunctions {
  /** The callable for a JS function: the same one while Python holds it. */
  toPython(fn: (...args: unknown[]) => unknown): New;
  /** From now on calling any of them is an error in Python. */
  retire(): void;
}

/** What it needs of its floor. */
export interface JsFunctionParts {
  readonly interpreter: Interpreter;
  readonly checks: Checks;
  readonly rules: Rules;
  readonly hosts: HostTable;
  /** `realm.ref(number)` of python/pyduet/__init__.py. */
  makeReference(number: number): New;
  /** `realm.guard(function)`, where native code cannot keep threads out. */
  guard(fn: New): New;
  readonly toPython: ToPython;
  /** Turns what a function threw into a Python exception that is set. */
  raise(thrown: unknown): void;
  /** The outermost callback ended. */
  arrived(): void;
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
/** Arguments read in one copy; more get memory of their own. */
const SLOTS = 16;

interface Definition {
  readonly address: Pointer;
  uses: number;
}

/** Binds functions to an interpreter. */
export function createJsFunctions(parts: JsFunctionParts): JsFunctions {
  const { interpreter, checks, rules, hosts, toPython, raise } = parts;
  const { library, lease, flags } = interpreter;
  const { memcpy, PyLong_AsDouble, Py_DecRef } = library.object;
  const { borrowedToJs } = rules;
  const waiting = flags.bytes;
  const NULL = backend.null;

  // --- the entry ------------------------------------------------------------

  const slots = backend.allocate(SLOTS * 8);
  const COPIES = Array.from({ length: SLOTS + 1 }, (_, i) => backend.size(i * 8));

  function enter(self: Borrowed, args: Pointer, count: number, kwnames: Borrowed | null) {
    if (lease.depth >= MOST_NESTED) return refuseDepth();
    lease.enter();
    try {
      if (waiting[0] !== 0) interpreter.flushed();
      const fn = hosts.value(PyLong_AsDouble(self)) as (...args: unknown[]) => unknown;
      if (kwnames) return toPython(fn(...readKeywords(args, count, kwnames)));
      if (count === 0) return toPython(fn());
      if (count > SLOTS) return toPython(fn(...readMany(args, count)));
      // SAFETY: Python keeps `count` argument references alive during the call; they are
      // copied before anything else can use `slots`.
      memcpy(slots.address, args, COPIES[count]!);
      const first = slots.getPointer(0) as Borrowed;
      if (count === 1) return toPython(fn(borrowedToJs(first)));
      const second = slots.getPointer(1) as Borrowed;
      if (count === 2) return toPython(fn(borrowedToJs(first), borrowedToJs(second)));
      return toPython(fn(...convert(pointersOf(slots, count))));
    } catch (thrown) {
      try {
        raise(thrown);
      } catch {
        // Only an exhausted JS stack leads here. Python says SystemError where none is set.
      }
      return NULL;
    } finally {
      lease.leave();
      if (lease.depth === 0) parts.arrived();
    }
  }

  function pointersOf(
    memory: { getPointer(slot: number): Pointer | null },
    count: number,
  ): Borrowed[] {
    const pointers: Borrowed[] = [];
    for (let i = 0; i < count; i++) pointers.push(memory.getPointer(i) as Borrowed);
    return pointers;
  }

  function convert(pointers: readonly Ref[]): unknown[] {
    return pointers.map((pointer) => borrowedToJs(pointer));
  }

  function readPointers(args: Pointer, count: number): Borrowed[] {
    if (count === 0) return [];
    const memory = backend.allocate(count * 8);
    // SAFETY: as in enter().
    memcpy(memory.address, args, backend.size(count * 8));
    return pointersOf(memory, count);
  }

  function readMany(args: Pointer, count: number): unknown[] {
    return convert(readPointers(args, count));
  }

  /** Keyword arguments arrive as one trailing object. */
  function readKeywords(args: Pointer, count: number, kwnames: Borrowed): unknown[] {
    const { PyTuple_Size, PyTuple_GetItem } = library.collections;
    const named = backend.sizeToNumber(PyTuple_Size(kwnames));
    const pointers = readPointers(args, count + named);
    const values = convert(pointers);
    const keywords: Record<string, unknown> = {};
    for (let i = 0; i < named; i++) {
      const name = rules.text(PyTuple_GetItem(kwnames, backend.size(i))!);
      Object.defineProperty(keywords, name, {
        value: values[count + i],
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return [...values.slice(0, count), keywords];
  }

  function refuseDepth(): null {
    const message = `TypeScript and Python called each other ${MOST_NESTED} levels deep`;
    library.errors.PyErr_SetString(
      library.pointedObject("PyExc_RecursionError"),
      new TextEncoder().encode(message + "\0"),
    );
    return NULL;
  }

  // --- the native side ------------------------------------------------------

  let entry: NativeCallback | null = null;
  let threadGuard: ThreadGuard | null = null;

  /** The address that Python calls; made with the first function. */
  function entryPoint(): Pointer {
    if (!entry) {
      // SAFETY: the count is a Py_ssize_t of which the low 32 bits are read: a call has fewer arguments.
      entry = backend.callback("ppip:p", enter);
      // Every other thread calls `self(*args)` instead, which raises: these functions take the
      // same arguments as a method of this kind.
      const refuse = ["PyObject_Vectorcall", "PyObject_VectorcallDict", "_PyObject_FastCallDict"]
        .map((name) => library.shared.address(name)).find((address) => address)!;
      threadGuard = guardThread(library.shared, entry.pointer, refuse);
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
    module ??= toPython("js");
    const reference = parts.makeReference(number);
    // SAFETY: the definition lives until drop() of this number, which follows the function's end.
    const made = checks.takeNewOrThrow(
      library.code.PyCFunction_NewEx(used.address, reference, module),
    );
    Py_DecRef(reference);
    return threadGuard ? made : parts.guard(made);
  }

  interpreter.atClose(() => {
    if (module) Py_DecRef(module);
  });

  return {
    toPython(fn) {
      const found = hosts.find(fn);
      if (found) return found;
      const used = definition(nameOf(fn));
      return hosts.add(fn, true, (number) => make(used, number), () => forget(used));
    },
    retire() {
      threadGuard?.retire();
      // Without a guard in native code the entry stays: Python refuses before it (realm.end).
      if (threadGuard) entry?.close();
    },
  };
}

/** A name for Python; a revoked Proxy throws here, since it can never be called. */
function nameOf(fn: (...args: unknown[]) => unknown): string {
  Object.getPrototypeOf(fn);
  try {
    return typeof fn.name === "string" && fn.name !== "" ? fn.name : "anonymous";
  } catch {
    return "anonymous"; // a getter of the program's
  }
}
