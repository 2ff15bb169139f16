/**
 * TypeScript's memory seen by Python: typed arrays and DataViews as memoryviews
 * of the same bytes.
 * @module
 */

import { backend } from "../ffi/select.ts";
import { borrow, type New, type Ref } from "../capi/reference.ts";
import type { Interpreter } from "../interpreter/interpreter.ts";
import type { Numbers } from "../convert/number.ts";
import { describe } from "../convert/path.ts";
import type { Rules } from "../convert/rules.ts";
import type { Strings } from "../convert/string.ts";
import { Reason } from "../convert/path.ts";
import type { Leases } from "./buffer_lease.ts";
import type { HostTable } from "./host_table.ts";
import type { PythonSide } from "./python_side.ts";

/** What can be shared. */
export type Shareable = ArrayBufferView | ArrayBuffer;

/** The sharing of one JS thread. All need the GIL. */
export interface SharedMemory {
  /** Whether a value shares its memory when it crosses: every view but a Uint8Array. */
  crosses(value: unknown): value is ArrayBufferView;
  /**
   * A memoryview of the value's memory, the same one for as long as it lives. Also for a Uint8Array
   * or an ArrayBuffer, which by themselves cross as a copy. Throws a plain reason.
   */
  share(value: Shareable): New;
  /** The value whose memoryview this object is; `undefined` for every other object. */
  sharedBy(object: Ref): Shareable | undefined;
}

/** A value shared once; later it may be shared again, by a memoryview at the same address. */
interface Sharing {
  readonly value: Shareable;
  memoryview: Ref | undefined;
}

/** The format of Python's `struct` module for each typed array; a DataView is bytes. */
const FORMATS: Record<string, string> = {
  Int8Array: "b",
  Uint8Array: "B",
  Uint8ClampedArray: "B",
  Int16Array: "h",
  Uint16Array: "H",
  Int32Array: "i",
  Uint32Array: "I",
  BigInt64Array: "q",
  BigUint64Array: "Q",
  Float16Array: "e",
  Float32Array: "f",
  Float64Array: "d",
};

const TypedArrays = Object.getPrototypeOf(Uint8Array) as abstract new () => ArrayBufferView;
/** The class of a typed array, whatever a subclass says; undefined for all else. */
const kindOf = Object.getOwnPropertyDescriptor(TypedArrays.prototype, Symbol.toStringTag)!.get!;

/** Binds the sharing to an interpreter. */
export function createSharedMemory(
  interpreter: Interpreter,
  { python, hosts, rules, strings, numbers, leases, withReference, wrap }: {
    python: PythonSide;
    hosts: HostTable;
    rules: Rules;
    strings: Strings;
    numbers: Numbers;
    leases: Leases;
    /** Makes what ends with a reference that keeps the value of a number. */
    withReference(number: number, make: (reference: Ref) => New): New;
    wrap: (reference: New) => unknown;
  },
): SharedMemory {
  const { library } = interpreter;
  const { Py_DecRef } = library.object;
  /** By the memoryview's address, which may be another object's by now. */
  const sharings = new Map<Ref, Sharing>();
  let ruled = false;

  function share(value: Shareable): New {
    const known = hosts.find(value);
    if (known) return known;
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    refuse(value, buffer);
    const view = ArrayBuffer.isView(value) ? value : new Uint8Array(value);
    addRule();
    const unguard = leases.pin(buffer) ?? guard(buffer);
    const sharing: Sharing = { value, memoryview: undefined };
    const end = (): void => {
      unguard();
      const { memoryview } = sharing;
      if (memoryview && sharings.get(memoryview) === sharing) sharings.delete(memoryview);
    };
    const object = hosts.add(value, true, (number) => memoryviewOf(view, number), end);
    sharing.memoryview = borrow(object);
    sharings.set(sharing.memoryview, sharing);
    return object;
  }

  function memoryviewOf(view: ArrayBufferView, number: number): New {
    // SAFETY: the host table keeps the value, and with it the memory, until Python drops the number.
    const address = view.byteLength > 0 ? backend.toNumber(backend.addressOf(view)) : 0;
    const args = [
      numbers.numberToPython(address),
      numbers.numberToPython(view.byteLength),
      strings.stringToPython(FORMATS[kindOf.call(view) as string] ?? "B"),
    ];
    try {
      return withReference(
        number,
        (reference) => python.call("_memory", "share", reference, ...args),
      );
    } finally {
      args.forEach((each) => Py_DecRef(each));
    }
  }

  function sharedBy(object: Ref): Shareable | undefined {
    const value = sharings.get(object)?.value;
    if (value === undefined) return undefined;
    const current = hosts.find(value);
    if (!current) return undefined;
    Py_DecRef(current); // the caller keeps it, if it is the object
    return current === object ? value : undefined;
  }

  /** Only a program that shares memory pays for the question whose a memoryview is. */
  function addRule(): void {
    if (ruled) return;
    ruled = true;
    rules.add(library.dataObject("PyMemoryView_Type"), (reference) => {
      const value = sharedBy(reference);
      if (value === undefined) return wrap(reference);
      Py_DecRef(reference);
      return value;
    });
  }

  return {
    crosses(value): value is ArrayBufferView {
      if (ArrayBuffer.isView(value)) return true;
      if (value instanceof TypedArrays || value instanceof DataView) {
        throw new Reason(
          `${describe(value)}: a Proxy has no memory of its own; pass its values by .slice()`,
        );
      }
      return false;
    },
    share,
    sharedBy,
  };
}

/** Memory that may move or vanish cannot be Python's as well. */
function refuse(value: Shareable, buffer: ArrayBufferLike): void {
  const { detached, resizable, growable } = buffer as {
    detached?: boolean;
    resizable?: boolean;
    growable?: boolean;
  };
  if (detached) throw new Reason(`${describe(value)}: its memory was transferred away`);
  if (resizable || growable) {
    throw new Reason(
      `${describe(value)}: its memory can be resized, which would take it from Python; ` +
        `pass a copy by .slice()`,
    );
  }
}

// --- transfers ----------------------------------------------------------------

/** How many memoryviews share an ArrayBuffer whose methods are replaced. */
const guarded = new WeakMap<ArrayBufferLike, number>();

const TRANSFERS = ["transfer", "transferToFixedLength"] as const;

/**
 * While Python uses the memory, these methods refuse to move it into an ArrayBuffer that we do not
 * keep alive. `structuredClone()` and `postMessage()` cannot be stopped.
 */
function guard(buffer: ArrayBufferLike): () => void {
  if (!(buffer instanceof ArrayBuffer) || !Object.isExtensible(buffer)) return () => {};
  const count = guarded.get(buffer) ?? 0;
  guarded.set(buffer, count + 1);
  if (count === 0) {
    for (const name of TRANSFERS) {
      Object.defineProperty(buffer, name, { configurable: true, value: refuseTransfer });
    }
  }
  return () => {
    const left = guarded.get(buffer)! - 1;
    guarded.set(buffer, left);
    if (left === 0) {
      for (const name of TRANSFERS) delete (buffer as unknown as Record<string, unknown>)[name];
    }
  };
}

function refuseTransfer(): never {
  throw new TypeError(
    "This ArrayBuffer cannot be transferred: Python uses its memory. " +
      "Transfer a copy, made by .slice(), or let Python drop its memoryview first",
  );
}
