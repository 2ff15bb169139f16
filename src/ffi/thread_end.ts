/**
 * Native work at the end of a thread. A worker that is terminated runs no more
 * JavaScript, but its thread still ends in good order, and the system then calls
 * the destructors of its thread-specific values (pthread_key_create(3)).
 * @module
 */

import type { NativeFunction, Pointer, SharedLibrary } from "./backend.ts";
import { backend } from "./select.ts";
import { addressBytes, nativeCode } from "./native_code.ts";

/**
 * Has the native function `offset` bytes into `code` called with `value` when this
 * thread ends. Does nothing where the process has no key left: it has about 1000,
 * and each JS thread takes two.
 */
export function callAtThreadEnd(
  library: SharedLibrary,
  code: Pointer,
  offset: number,
  value: Pointer,
): void {
  const { pthread_key_create, pthread_setspecific } = library.bind({
    pthread_key_create: { signature: "pp:i", optional: true },
    pthread_setspecific: { signature: "up:i", optional: true },
  }) as Record<string, NativeFunction | null>;
  if (!pthread_key_create || !pthread_setspecific) return;
  const out = backend.allocate(8);
  // SAFETY: `out` has room for the largest pthread_key_t; the code is never unmapped.
  if (pthread_key_create(out.address, backend.offset(code, offset)) !== 0) return;
  pthread_setspecific(out.u32[0], value);
}

const RTLD_LAZY = 1; // on every system that has dlfcn.h

/**
 * Gives back what OpenSSL keeps for this thread. `user`: the file of a library that uses OpenSSL and is loaded.
 *
 * OpenSSL frees every thread's part where the process exits (OPENSSL_cleanup(3), by atexit(3)), and without a lock
 * between them each thread its own where it ends. A thread that ends while another exits, as that of a worker does,
 * frees it for a second time then. After this the thread has none.
 */
export function endOpenSslThread(library: SharedLibrary, user: string): void {
  const { dlopen, dlsym } = library.bind({
    dlopen: { signature: "bi:p", optional: true },
    dlsym: { signature: "pb:p", optional: true },
  }) as Record<string, NativeFunction | null>;
  const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
  // SAFETY: the functions of dlfcn.h. The library is loaded already, and never unloaded: its handle may be kept.
  const handle = dlopen?.(text(user), RTLD_LAZY);
  const stop = handle && dlsym?.(handle, text("OPENSSL_thread_stop"));
  if (!stop) return;
  // SAFETY: `void OPENSSL_thread_stop(void)`, from 1.1.0 on; a thread that comes back to OpenSSL begins anew.
  backend.unsafeFunction(stop, ":v")();
}

/** A lock that is given back when its thread ends, however it ends. */
export interface MortalLock {
  /** `take(argument)` */
  take(argument: Pointer): void;
  /** The result of `release()`. */
  release(): Pointer;
  /** The lock is held already. */
  taken(): void;
}

/** Where the three pieces begin in the code. */
const TAKE = 0;
const RELEASE = 48;
const AT_END = 96;

/**
 * Each takes or gives back the lock and keeps the mark, without a point between
 * the two at which a worker could be stopped.
 *
 * ```asm
 * take: sub rsp, 8
 * mov rax, lock
 * call rax
 * mov rcx, mark
 * mov qword [rcx], 1
 * add rsp, 8
 * ret
 *
 * release: mov rcx, mark
 * mov qword [rcx], 0
 * mov rax, unlock
 * jmp rax
 *
 * at_end: cmp qword [rdi], 0
 * je +19
 * mov qword [rdi], 0
 * mov rax, unlock
 * jmp rax
 * ret
 * ```
 */
function code(lock: Pointer, unlock: Pointer, mark: Pointer): Uint8Array {
  const bytes = new Uint8Array(128).fill(0x90);
  bytes.set([
    ...[0x48, 0x83, 0xec, 8],
    ...[0x48, 0xb8, ...addressBytes(lock)],
    ...[0xff, 0xd0],
    ...[0x48, 0xb9, ...addressBytes(mark)],
    ...[0x48, 0xc7, 0x01, 1, 0, 0, 0],
    ...[0x48, 0x83, 0xc4, 8],
    0xc3,
  ], TAKE);
  bytes.set([
    ...[0x48, 0xb9, ...addressBytes(mark)],
    ...[0x48, 0xc7, 0x01, 0, 0, 0, 0],
    ...[0x48, 0xb8, ...addressBytes(unlock)],
    ...[0xff, 0xe0],
  ], RELEASE);
  bytes.set([
    ...[0x48, 0x83, 0x3f, 0],
    ...[0x74, 19],
    ...[0x48, 0xc7, 0x07, 0, 0, 0, 0],
    ...[0x48, 0xb8, ...addressBytes(unlock)],
    ...[0xff, 0xe0],
    0xc3,
  ], AT_END);
  return bytes;
}

/**
 * Ties a lock to this thread's life. `lock(argument)` and `unlock()` are native
 * functions. `null` where there is no native code: a worker that is terminated while
 * it holds the lock keeps it for ever there.
 */
export function mortalLock(
  library: SharedLibrary,
  lock: Pointer,
  unlock: Pointer,
): MortalLock | null {
  const native = nativeCode(library, (mark) => code(lock, unlock, mark));
  if (!native) return null;
  callAtThreadEnd(library, native.pointer, AT_END, native.dataPointer);
  // SAFETY: the code above, which is never unmapped.
  const at = (place: number, signature: string): NativeFunction =>
    backend.unsafeFunction(backend.offset(native.pointer, place), signature);
  return {
    take: at(TAKE, "p:v") as MortalLock["take"],
    release: at(RELEASE, ":p") as MortalLock["release"],
    taken: () => void (native.data[0] = 1),
  };
}
