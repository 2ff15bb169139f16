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

/**
 * ```asm
 * cmp qword [rdi], 0
 * je +19
 * mov qword [rdi], 0
 * mov rax, release
 * jmp rax
 * ret
 * ```
 */
function code(release: Pointer): Uint8Array {
  return Uint8Array.from([
    ...[0x48, 0x83, 0x3f, 0],
    ...[0x74, 19],
    ...[0x48, 0xc7, 0x07, 0, 0, 0, 0],
    ...[0x48, 0xb8, ...addressBytes(release)],
    ...[0xff, 0xe0],
    0xc3,
  ]);
}

/**
 * A mark for "this thread holds a lock": set its first byte to 1 after taking the
 * lock and to 0 before giving it back. If the thread ends in between, `release()`
 * is called in its place. A store, unlike a call, is no point at which a worker is
 * stopped. `null` where there is no native code.
 */
export function lockMark(library: SharedLibrary, release: Pointer): Uint8Array | null {
  const native = nativeCode(library, code(release));
  if (!native) return null;
  callAtThreadEnd(library, native.pointer, 0, native.dataPointer);
  return native.data;
}
