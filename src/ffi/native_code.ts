/**
 * A few machine instructions, where nothing that is exported does what must be
 * done outside of JavaScript (thread_guard.ts, thread_end.ts). x86-64 Linux only;
 * elsewhere the answer is `null`, and the callers do without.
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary } from "./backend.ts";
import { backend, system } from "./select.ts";

/** Bytes from the beginning of the code to the beginning of its data. */
export const PAGE = 4096;

const READ_WRITE = 0x1 | 0x2;
const READ_EXECUTE = 0x1 | 0x4;
const PRIVATE_ANONYMOUS = 0x2 | 0x20;

/** Code that nobody can change any more, and a page of data behind it. */
export interface NativeCode {
  readonly pointer: Pointer;
  /** Where the data begins, and the data itself. */
  readonly dataPointer: Pointer;
  readonly data: Uint8Array;
}

/**
 * The instructions in memory of their own, which stays mapped to the end of the
 * process; `write` is told where their data will be.
 */
export function nativeCode(
  library: SharedLibrary,
  write: (dataPointer: Pointer) => Uint8Array,
): NativeCode | null {
  if (system.platform !== "linux" || system.arch !== "x64") return null;
  const { mmap, mprotect, memcpy } = library.bind({
    mmap: { signature: "pziiiz:p", optional: true },
    mprotect: { signature: "pzi:i", optional: true },
    memcpy: { signature: "ppz:v", optional: true },
  }) as Record<string, NativeFunction | null>;
  if (!mmap || !mprotect || !memcpy) return null;
  // SAFETY: a fresh private mapping of two pages that nobody else knows.
  const pointer = mmap(
    backend.null,
    backend.size(2 * PAGE),
    READ_WRITE,
    PRIVATE_ANONYMOUS,
    -1,
    backend.size(0),
  ) as Pointer;
  if (backend.toNumber(pointer) > Number.MAX_SAFE_INTEGER) return null; // MAP_FAILED is -1
  const dataPointer = backend.offset(pointer, PAGE);
  const bytes = write(dataPointer);
  const staged = backend.allocate(bytes.length);
  staged.bytes.set(bytes);
  // SAFETY: the code fits the first page, which is still writable; `staged` outlives the call.
  memcpy(pointer, staged.address, backend.size(bytes.length));
  // SAFETY: only the first page becomes executable, and it is no longer writable then.
  if (mprotect(pointer, backend.size(PAGE), READ_EXECUTE) !== 0) return null;
  // SAFETY: the second page, which is never unmapped.
  return { pointer, dataPointer, data: backend.unsafeView(dataPointer, PAGE) };
}

/** The eight bytes of an address, as they stand in memory. */
export function addressBytes(pointer: Pointer): Uint8Array {
  const memory = backend.allocate(8);
  memory.setPointer(0, pointer);
  return memory.bytes;
}
