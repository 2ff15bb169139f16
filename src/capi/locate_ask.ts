/**
 * The slow path: asking a Python what it is. It costs 25 to 80 ms, so it serves only what files
 * cannot answer: wrapper scripts, and an exact version that is written nowhere.
 * @module
 */

import { type Host, pathsFor } from "./locate_host.ts";
import { type Build, type Version, versionText } from "./locate_names.ts";
import type { Candidate } from "./locate_library.ts";

/** What a Python says of itself. */
export interface Answer {
  readonly executable: string;
  readonly prefix: string;
  readonly basePrefix: string;
  readonly version: Version;
  /** `"3.12.1"` */
  readonly exact: string;
  readonly flags: string;
  /** `"cpython"`, `"pypy"` … */
  readonly implementation: string;
}

// Python 2 must be able to answer too: it is refused by name.
const QUESTION = `import sys
sys.stdout.write("\\n".join([sys.executable, sys.prefix, getattr(sys, "base_prefix", sys.prefix),
    "%d.%d.%d" % sys.version_info[:3], getattr(sys, "abiflags", ""),
    getattr(getattr(sys, "implementation", None), "name", "cpython")]))`;

/** Runs the Python; `null` if it does not answer. */
export function ask(host: Host, executable: string): Answer | null {
  const lines = host.run(executable, ["-c", QUESTION])?.split(/\r?\n/) ?? [];
  const [named, prefix, basePrefix, exact, letters, implementation] = lines;
  const number = /^(\d+)\.(\d+)\.\d+$/.exec(exact ?? "");
  if (!prefix || !basePrefix || !exact || number === null) return null;
  const flags = (letters?.includes("t") ? "t" : "") + (letters?.includes("d") ? "d" : "");
  return {
    executable: named || executable,
    prefix,
    basePrefix,
    version: [Number(number[1]), Number(number[2])],
    exact,
    flags,
    implementation: implementation || "cpython",
  };
}

/** The exact version, such as `"3.12.1"`, or `null` if nothing tells it. */
export function exactVersion(host: Host, candidate: Candidate): string | null {
  const { home, version, flags, executable } = candidate;
  if (home !== null && version !== null) {
    const fromHeader = exactFromHeader(host, home, { version, flags });
    if (fromHeader !== null) return fromHeader;
    // pyenv and uv name the folder by the version that they built.
    const name = pathsFor(host).basename(host.realpath(home));
    const fromName = /(?:^|^cpython-)(\d+\.\d+\.\d+)(?![\d.])/.exec(name)?.[1];
    if (fromName?.startsWith(`${versionText(version)}.`)) return fromName;
  }
  return executable === null ? null : ask(host, executable)?.exact ?? null;
}

function exactFromHeader(host: Host, home: string, { version, flags }: Build): string | null {
  const paths = pathsFor(host);
  const folders = host.platform === "win32" ? [[]] : [
    [`python${versionText(version, flags)}`],
    [`python${versionText(version)}`],
  ];
  for (const folder of folders) {
    const text = host.readText(paths.join(home, "include", ...folder, "patchlevel.h"));
    const exact = /^#define\s+PY_VERSION\s+"(\d+\.\d+\.\d+)/m.exec(text ?? "")?.[1];
    if (exact !== undefined) return exact;
  }
  return null;
}
