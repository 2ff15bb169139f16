/**
 * TypeScript functions as Python callables: a builtin function whose `self` is
 * the number of the JS function. All of them share one native entry.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";
import { backend } from "../ffi/select.ts";
import type { Borrowed, New, Ref } from "../capi/reference.ts";
import { setOwn } from "../convert/plain.ts";
import type { Rules } from "../convert/rules.ts";
import type { ToPython } from "../convert/to_python.ts";
import type { HostTable } from "./host_table.ts";
import { createNativeFunctions, type Entry, type NativeFunctionParts } from "./native_function.ts";
import { type AnyFunction, isClass } from "./js_operations.ts";

/** Makes Python callables. */
export interface JsFunctions {
  /** The callable for a JS function: the same one while Python holds it. */
  toPython(fn: AnyFunction): New;
  /** The same for what is the library's own: the ledger does not know it. */
  toTheEnd(fn: AnyFunction): New;
  /** Calls a function of the program's with what Python gives it. */
  readonly call: Entry;
  /** From now on calling any of them is an error in Python. */
  retire(): void;
}

/** What it needs of its floor. */
export interface JsFunctionParts extends NativeFunctionParts {
  readonly rules: Rules;
  readonly hosts: HostTable;
  readonly toPython: ToPython;
  /** Whether it is the class of a Python type, though it may not look like a class. */
  isKnownClass(value: AnyFunction): boolean;
  /** What a class crosses as: it is no plain function. */
  classToPython(value: AnyFunction): New;
}

/** Arguments read in one copy; more get memory of their own. */
const SLOTS = 16;

/** Binds functions to an interpreter. */
export function createJsFunctions(parts: JsFunctionParts): JsFunctions {
  const { interpreter, rules, hosts, toPython } = parts;
  const { library } = interpreter;
  const { memcpy, PyLong_AsDouble } = library.object;
  const { borrowedToJs } = rules;

  // --- the entry ------------------------------------------------------------

  const slots = backend.allocate(SLOTS * 8);
  const COPIES = Array.from({ length: SLOTS + 1 }, (_, i) => backend.size(i * 8));

  function call(self: Borrowed, args: Pointer, count: number, kwnames: Borrowed | null): New {
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
      setOwn(keywords, name, values[count + i]);
    }
    return [...values.slice(0, count), keywords];
  }

  const natives = createNativeFunctions(parts, call);

  function functionToPython(fn: AnyFunction): New {
    const found = hosts.find(fn);
    if (found) return found;
    if (isClass(fn) || parts.isKnownClass(fn)) return parts.classToPython(fn);
    const used = natives.definition(nameOf(fn));
    return hosts.add(fn, true, (number) => natives.make(used, number), () => natives.forget(used));
  }

  return {
    toPython: functionToPython,
    toTheEnd(fn) {
      const made = functionToPython(fn);
      parts.interpreter.ledger.hostValues--;
      return made;
    },
    call,
    retire: natives.retire,
  };
}

/** A name for Python; a revoked Proxy throws here, since it can never be called. */
function nameOf(fn: AnyFunction): string {
  Object.getPrototypeOf(fn);
  try {
    return typeof fn.name === "string" && fn.name !== "" ? fn.name : "anonymous";
  } catch {
    return "anonymous"; // a getter of the program's
  }
}
