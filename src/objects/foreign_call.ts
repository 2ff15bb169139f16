/**
 * Calls that other threads of Python queued, made on this one by their numbers (python/pyduet/_calls.py).
 * @module
 */

import { backend } from "../ffi/select.ts";
import type { Borrowed, New } from "../capi/reference.ts";
import type { HostTable } from "./host_table.ts";
import {
  createNativeFunctions,
  type Entry,
  type NativeFunctionParts,
  type NativeFunctions,
} from "./native_function.ts";

/** The functions that other threads may call. */
export interface ForeignCalls {
  /** Callables that lead to one function of TypeScript; `owns` tells its values in the host table from others. */
  createNatives(call: Entry, owns: (value: unknown) => boolean): NativeFunctions;
  /** A Python callable `again(number, *args, **kwargs)`: calls what has that number, as Python itself would. */
  again(): New;
  /** No callback is entered after this. */
  retire(): void;
}

/** What it needs of its floor. */
export interface ForeignCallParts {
  readonly natives: NativeFunctionParts;
  readonly hosts: HostTable;
  /** What calls every value that no other owns. */
  readonly call: Entry;
}

/** Binds them to an interpreter. */
export function createForeignCalls({ natives, hosts, call }: ForeignCallParts): ForeignCalls {
  const { interpreter } = natives;
  const { library } = interpreter;
  const others: { call: Entry; owns: (value: unknown) => boolean }[] = [];
  const slot = backend.allocate(8);
  const ONE = backend.size(8);
  let entered: NativeFunctions | null = null;

  const callNumbered: Entry = (_self, args, count, kwnames) => {
    // SAFETY: Python keeps the arguments alive during the call; there is one at least (_calls.py).
    library.object.memcpy(slot.address, args, ONE);
    const number = slot.getPointer(0) as Borrowed;
    const value = hosts.value(library.object.PyLong_AsDouble(number));
    const entry = others.find(({ owns }) => owns(value))?.call ?? call;
    return entry(number, backend.offset(args, 8), count - 1, kwnames);
  };

  return {
    createNatives(call, owns) {
      others.push({ call, owns });
      return createNativeFunctions(natives, call);
    },
    again() {
      const made = entered ??= createNativeFunctions(natives, callNumbered);
      const used = made.definition("again");
      const callable = hosts.add(callNumbered, false, (number) => made.make(used, number));
      interpreter.ledger.hostValues--; // the library's own, which is no leak
      return callable;
    },
    retire: () => entered?.retire(),
  };
}
