/**
 * A native function that one thread may enter and every other thread is kept
 * out of: JavaScript must never be entered from a foreign thread (one runtime
 * hangs there, the other waits with the caller's locks held), and only native
 * code can look before it enters.
 *
 * The look costs two instructions here; in Python it costs about 250 to 400 ns a call
 * (bench/callback.ts). Where there is no native code, {@link guardThread} answers
 * `null` and the caller must look in Python.
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary } from "./backend.ts";
import { addressBytes, nativeCode, PAGE } from "./native_code.ts";
import { callAtThreadEnd } from "./thread_end.ts";

/** A guarded entry. */
export interface ThreadGuard {
  /** To be called by C in place of the guarded function. */
  readonly pointer: Pointer;
  /** From now on every thread is kept out. Must precede the end of the guarded function's life. */
  retire(): void;
}

/** Places in the data. */
const THREAD = 0;
const INSIDE = 8;
const OUTSIDE = 16;
/** Where `forget` begins in the code. */
const FORGET = 32;

/**
 * `fs:0` holds the thread's own address (the "TCB self pointer" of the ELF TLS
 * ABI), which is also what `pthread_self()` returns on glibc and musl.
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
  const relative = (place: number, next: number): number[] => {
    const distance = PAGE + place - next;
    return [distance & 0xff, (distance >> 8) & 0xff, (distance >> 16) & 0xff, 0];
  };
  return Uint8Array.from([
    ...[0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0],
    ...[0x48, 0x3b, 0x05, ...relative(THREAD, 16)],
    ...[0x75, 0x06],
    ...[0xff, 0x25, ...relative(INSIDE, 24)],
    ...[0xff, 0x25, ...relative(OUTSIDE, 30)],
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
  const { pthread_self } = library.bind({
    pthread_self: { signature: ":p", optional: true },
  }) as Record<string, NativeFunction | null>;
  const native = pthread_self && nativeCode(library, code);
  if (!native) return null;
  const { data, pointer } = native;
  data.set(addressBytes(inside), INSIDE);
  data.set(addressBytes(outside), OUTSIDE);
  data.set(addressBytes(pthread_self() as Pointer), THREAD);
  // A thread made later may get this one's address: the end of this thread shuts the door.
  callAtThreadEnd(library, pointer, FORGET, native.dataPointer);
  return { pointer, retire: () => void data.fill(0, THREAD, THREAD + 8) };
}
