/**
 * What the names of Python's files tell: version, ABI flags, implementation.
 * @module
 */

import type { Host } from "./locate_host.ts";

/** Major and minor version. */
export type Version = readonly [number, number];

const OLDEST_MINOR = 8;
const NEWEST_MINOR = 15;

/** A version with its ABI flags. */
export interface Build {
  readonly version: Version;
  /** `""`, `"d"` (debug), `"t"` (free-threaded) or `"td"`. */
  readonly flags: string;
}

/** What a file name tells of the Python that it belongs to. */
export interface PythonName {
  /** `null` if the name gives no minor version, as in `python3`. */
  readonly version: Version | null;
  /** As in `Build`. */
  readonly flags: string;
}

/** Why this library cannot drive that version, or `null`. */
export function versionFault(version: Version): string | null {
  const [major, minor] = version;
  const known = `3.${OLDEST_MINOR} to 3.${NEWEST_MINOR}`;
  if (major < 3) return `Python ${major}.${minor} is Python ${major}; needed is ${known}`;
  if (major === 3 && minor < OLDEST_MINOR) {
    return `Python 3.${minor} is older than this library knows (${known})`;
  }
  if (major > 3 || minor > NEWEST_MINOR) {
    return `Python ${major}.${minor} is newer than this library knows (${known})`;
  }
  return null;
}

/** `"3.13"`, or `"3.13td"` with flags. */
export function versionText(version: Version, flags = ""): string {
  return `${version[0]}.${version[1]}${flags}`;
}

/** The order in which ABI flags are written is fixed; 3.7's `m` tells nothing. */
function orderFlags(letters: string): string {
  return (letters.includes("t") ? "t" : "") + (letters.includes("d") ? "d" : "");
}

/** Reads `python`, `python3`, `python3.13td`, `python_d.exe` …; `null` for any other name. */
export function parsePythonName(name: string): PythonName | null {
  const match = /^python(?:(\d)(?:\.(\d+))?)?([a-z]*)(_d)?(?:\.exe)?$/i.exec(name);
  if (match === null || !/^[tdm]*$/.test(match[3] ?? "")) return null;
  const [, major, minor, letters = "", debug = ""] = match;
  return {
    version: major !== undefined && minor !== undefined ? [Number(major), Number(minor)] : null,
    flags: orderFlags(letters + debug),
  };
}

/** Reads `libpython3.12.so.1.0`, `libpython3.13t.dylib`, `python312_d.dll` …, or gives `null`. */
export function parseLibraryName(name: string): PythonName | null {
  const unix = /^libpython(\d)\.(\d+)([tdm]*)\.(?:so(?:\.[\d.]+)?|dylib|dll)$/.exec(name);
  const match = unix ?? /^python(\d)(\d+)(t?(?:_d)?)\.dll$/i.exec(name);
  if (match === null) return null;
  const [, major, minor, letters = ""] = match;
  return { version: [Number(major), Number(minor)], flags: orderFlags(letters) };
}

/** The file name of the library, without a soname's trailing version. */
export function libraryName(host: Host, { version, flags }: Build): string {
  const [major, minor] = version;
  if (host.platform !== "win32") {
    const suffix = host.platform === "darwin" ? "dylib" : "so";
    return `libpython${versionText(version, flags)}.${suffix}`;
  }
  const free = flags.includes("t") ? "t" : "";
  return `python${major}${minor}${free}${flags.includes("d") ? "_d" : ""}.dll`;
}

/** Whether the name is that of the stable-ABI stub, which holds no interpreter. */
export function isStubName(name: string): boolean {
  return /^(?:libpython3t?\.(?:so|dylib)|python3t?(?:_d)?\.dll)$/i.test(name);
}

const FOREIGN: readonly string[] = [
  "PyPy",
  "GraalPy",
  "Jython",
  "IronPython",
  "MicroPython",
  "RustPython",
];

/** The Python that is not CPython to which a file or folder of this name belongs, or `null`. */
export function foreignImplementation(name: string): string | null {
  const lower = name.toLowerCase();
  return FOREIGN.find((foreign) => lower.startsWith(foreign.toLowerCase())) ?? null;
}

/** Sorts names by the numbers in them, the highest first; names that begin with none come last. */
export function newestFirst(names: readonly string[]): string[] {
  const keys = new Map(names.map((name) => [name, sortKey(name)]));
  return [...names].sort((a, b) => {
    const left = keys.get(a) ?? [];
    const right = keys.get(b) ?? [];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const difference = (right[i] ?? -1) - (left[i] ?? -1);
      if (difference !== 0) return difference;
    }
    return a < b ? -1 : a > b ? 1 : 0;
  });
}

/** Other distributions than CPython's count their own versions, so they sort behind. */
function sortKey(name: string): number[] {
  const own = /^(?:(?:lib)?python(?:core|@)?-?|cpython-)?(\d[\d.]*)/i.exec(name)?.[1];
  const numbers = own?.match(/\d+/g)?.map(Number) ?? [];
  return [numbers.length > 0 ? 1 : 0, ...numbers];
}
