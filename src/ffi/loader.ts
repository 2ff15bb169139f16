/**
 * The operating system's loader: which functions open a library for everybody.
 * The runtimes open libraries locally, and a Python extension module then does
 * not find CPython's symbols (`undefined symbol: PyTuple_Type`).
 * @module
 */

import type { NativeFunction, Pointer } from "./backend.ts";
import type { System } from "./system.ts";

/** How libraries are opened for everybody. */
export interface Loader {
  /** The library that holds the functions; `null`: any library finds them among its dependencies. */
  readonly library: string | null;
  readonly open: string;
  /** Letters as in a signature. */
  readonly openArguments: readonly string[];
  readonly find: string;
}

const POSIX: Loader = { library: null, open: "dlopen", openArguments: ["b", "i"], find: "dlsym" };

// Windows searches every module of the process, so an ordinary load is global already.
const WINDOWS: Loader = {
  library: "kernel32.dll",
  open: "LoadLibraryA",
  openArguments: ["b"],
  find: "GetProcAddress",
};

/** The loader of an operating system. */
export function loaderOf(platform: System["platform"]): Loader {
  return platform === "win32" ? WINDOWS : POSIX;
}

/** RTLD_NOW, RTLD_GLOBAL and RTLD_NODELETE of that system's dlfcn.h. */
function globalFlags(platform: System["platform"]): number {
  return platform === "darwin" ? 0x2 | 0x8 | 0x80 : 0x2 | 0x100 | 0x1000;
}

/** Opens a library for everybody, for ever; the result finds its symbols. `functions` are the loader's own. */
export function openGlobally(
  path: string,
  platform: System["platform"],
  functions: Readonly<Record<string, NativeFunction | null>>,
): (name: string) => Pointer | null {
  const { open, openArguments, find } = loaderOf(platform);
  const flags = openArguments.length > 1 ? [globalFlags(platform)] : [];
  const handle = functions[open]!(cString(path), ...flags);
  if (!handle) throw new Error(`cannot load "${path}" globally`);
  return (name) => functions[find]!(handle, cString(name));
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(text + "\0");
}
