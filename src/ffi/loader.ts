/**
 * The operating system's loader: which functions open a library for everybody.
 * The runtimes open libraries locally, and a Python extension module then does
 * not find CPython's symbols (`undefined symbol: PyTuple_Type`).
 * @module
 */

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
export function globalFlags(platform: System["platform"]): number {
  return platform === "darwin" ? 0x2 | 0x8 | 0x80 : 0x2 | 0x100 | 0x1000;
}
