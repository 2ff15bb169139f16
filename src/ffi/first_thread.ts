/**
 * A signal handler that runs on the process's first thread alone. The kernel gives a signal to whichever thread will
 * take it, and CPython 3.9, 3.10 and 3.12 forget one that another thread took: their eval loop is told to look only
 * where the handler runs on the main thread (`COMPUTE_EVAL_BREAKER` in Python/ceval_gil.c).
 * @module
 */

import type { Pointer, SharedLibrary } from "./backend.ts";
import { addressBytes, nativeCode } from "./native_code.ts";

/**
 * System calls of x86-64 Linux. `getpid() == gettid()` on the first thread, also of a process that was forked.
 *
 * ```asm
 * mov eax, 39        ; getpid
 * syscall
 * mov esi, eax
 * mov eax, 186       ; gettid
 * syscall
 * cmp eax, esi
 * jne +12
 * mov rax, handler
 * jmp rax
 * mov edx, edi       ; the signal
 * mov edi, esi
 * mov eax, 234       ; tgkill
 * syscall
 * ret
 * ```
 */
function code(handler: Pointer): Uint8Array {
  return Uint8Array.from([
    ...[0xb8, 39, 0, 0, 0, 0x0f, 0x05],
    ...[0x89, 0xc6],
    ...[0xb8, 186, 0, 0, 0, 0x0f, 0x05],
    ...[0x39, 0xf0],
    ...[0x75, 12],
    ...[0x48, 0xb8, ...addressBytes(handler)],
    ...[0xff, 0xe0],
    ...[0x89, 0xfa],
    ...[0x89, 0xf7],
    ...[0xb8, 234, 0, 0, 0, 0x0f, 0x05],
    0xc3,
  ]);
}

/**
 * A handler that does what `handler` does, on the first thread; any other thread that gets the signal sends it there.
 * `null` where the system allows none. It uses nothing but system calls, as a handler may.
 */
export function onFirstThread(library: SharedLibrary, handler: Pointer): Pointer | null {
  return nativeCode(library, () => code(handler))?.pointer ?? null;
}
