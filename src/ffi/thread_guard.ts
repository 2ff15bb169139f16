/**
 * A native function that one thread may enter and every other thread is kept
 * out of: JavaScript must never be entered from a foreign thread (one runtime
 * hangs there, the other waits with the caller's locks held), and only native
 * code can look before it enters.
 *
 * The look costs two instructions here; in Python it costs about 200 ns a call
 * (bench/callback.ts). Where this file has no code for a system, {@link guardThread}
 * answers `null` and the caller must look in Python.
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary } from "./backend.ts";
import { backend, system } from "./select.ts";
import { onThreadEnd } from "./thread_end.ts";

const PAGE = 4096;
const READ_WRITE = 0x1 | 0x2;
const READ_EXECUTE = 0x1 | 0x4;
const PRIVATE_ANONYMOUS = 0x2 | 0x20;

/** Where `forget` begins in the code. */
const FORGET = 32;

/** Slots of the writable page behind the code. */
const enum Slot {
  Thread = 0,
  Inside = 1,
  Outside = 2,
}

/** A guarded entry. */
export interface ThreadGuard {
  /** To be called by C in place of the guarded function. */
  readonly pointer: Pointer;
  /** From now on every thread is kept out. Must precede the end of the guarded function's life. */
  retire(): void;
}

/**
 * x86-64, System V. `fs:0` holds the thread's own address (the "TCB self pointer"
 * of the ELF TLS ABI), which is also what `pthread_self()` returns on glibc and musl.
 *
 * ```asm
 * mov rax, fs:[0]
 * cmp rax, [rip + thread]
 * jne +6
 * jmp [rip + inside]
 * jmp [rip + outside]
 *
 * forget: mov qword [rdi], 0
 * ret
 * ```
 */
function code(): Uint8Array {
  const relative = (slot: Slot, next: number): number[] => {
    const distance = PAGE + slot * 8 - next;
    return [distance & 0xff, (distance >> 8) & 0xff, (distance >> 16) & 0xff, 0];
  };
  return Uint8Array.from([
    ...[0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0],
    ...[0x48, 0x3b, 0x05, ...relative(Slot.Thread, 16)],
    ...[0x75, 0x06],
    ...[0xff, 0x25, ...relative(Slot.Inside, 24)],
    ...[0xff, 0x25, ...relative(Slot.Outside, 30)],
    ...[0x90, 0x90],
    ...[0x48, 0xc7, 0x07, 0, 0, 0, 0, 0xc3],
  ]);
}

/**
 * A function that jumps to `inside` on the calling thread and to `outside` on
 * every other, with all arguments as they came; `null` where the system allows none.
 */
export function guardThread(
  library: SharedLibrary,
  inside: Pointer,
  outside: Pointer,
): ThreadGuard | null {
  if (system.platform !== "linux" || system.arch !== "x64") return null;
  const { mmap, mprotect, memcpy, pthread_self } = library.bind({
    mmap: { signature: "pziiiz:p", optional: true },
    mprotect: { signature: "pzi:i", optional: true },
    memcpy: { signature: "ppz:v", optional: true },
    pthread_self: { signature: ":p", optional: true },
  }) as Record<string, NativeFunction>;
  if (!mmap || !mprotect || !memcpy || !pthread_self) return null;

  // SAFETY: a fresh private mapping of two pages that nobody else knows; it is never unmapped,
  // because a Python function object may keep its address until the process ends.
  const pages = mmap(
    backend.null,
    backend.size(2 * PAGE),
    READ_WRITE,
    PRIVATE_ANONYMOUS,
    -1,
    backend.size(0),
  ) as Pointer;
  if (backend.toNumber(pages) > Number.MAX_SAFE_INTEGER) return null;
  const data = backend.offset(pages, PAGE);

  const staged = backend.allocate(PAGE);
  const bytes = code();
  staged.bytes.set(bytes);
  // SAFETY: the code fits the first page, which is still writable; `staged` outlives the call.
  memcpy(pages, staged.address, backend.size(bytes.length));
  staged.setPointer(Slot.Thread, pthread_self() as Pointer);
  staged.setPointer(Slot.Inside, inside);
  staged.setPointer(Slot.Outside, outside);
  // SAFETY: three slots of the second page.
  memcpy(data, staged.address, backend.size(24));
  // SAFETY: only the first page becomes executable, and it is no longer writable then.
  if (mprotect(pages, backend.size(PAGE), READ_EXECUTE) !== 0) return null;

  // A thread made later may get this one's address: the end of this thread must shut the door.
  // SAFETY: `forget` writes one slot of a mapping that is never unmapped.
  const threadEnd = onThreadEnd(library, backend.offset(pages, FORGET));
  threadEnd?.set(data);
  return {
    pointer: pages,
    retire(): void {
      threadEnd?.forget();
      staged.setPointer(Slot.Thread, backend.null);
      // SAFETY: one aligned slot of the mapping, written by one 8-byte store.
      memcpy(data, staged.address, backend.size(8));
    },
  };
}
