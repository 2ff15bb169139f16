/**
 * From an installation's prefix to its shared library, by looking at files alone.
 * @module
 */

import type { Refusal } from "../errors.ts";
import { fixForNoPython, fixForStaticBuild } from "./locate_fix.ts";
import { libraryFault } from "./locate_header.ts";
import { type Host, pathsFor } from "./locate_host.ts";
import {
  type Build,
  libraryName,
  newestFirst,
  parseLibraryName,
  parsePythonName,
  type Version,
  versionFault,
  versionText,
} from "./locate_names.ts";

/** A Python that this process can load. */
export interface Candidate {
  /** Absolute path of the libpython, the `pythonXY.dll`, or the macOS framework's binary. */
  readonly library: string;
  /**
   * What `sys.executable` should be: the virtual environment's interpreter, else the
   * installation's; `null` if only a library was named and no interpreter stands beside it.
   */
  readonly executable: string | null;
  /** The installation's prefix, never the virtual environment; `null` if unknown. */
  readonly home: string | null;
  /** The folder of the virtual environment in force, or `null`. */
  readonly venv: string | null;
  /** Major and minor version; `null` if the file names do not tell. */
  readonly version: Version | null;
  /** ABI flags: `""`, `"d"` (debug), `"t"` (free-threaded) or `"td"`. */
  readonly flags: string;
  /** Who named it: `"option python"`, `"PYDUET_PYTHON"`, `"VIRTUAL_ENV"`, `"PATH"`, `"uv"` … */
  readonly origin: string;
}

/** What came of looking at one place. */
export type Attempt = Candidate | Refusal;

/** Whether the place can be used. */
export function isCandidate(attempt: Attempt): attempt is Candidate {
  return "library" in attempt;
}

/** A path on which a Python may be found. */
export interface Place {
  /** Who named it. */
  readonly origin: string;
  readonly path: string;
}

/** The refusal of a place, for a reason that is one clause. */
export function refuse({ origin, path }: Place, reason: string): Refusal {
  return { origin, path, reason };
}

/** An installation whose library is still to be found. */
export interface Installation extends Build {
  readonly origin: string;
  readonly executable: string;
  readonly prefix: string;
  readonly venv: string | null;
}

/** Finds the shared library of an installation, or says why it cannot be used. */
export function withLibrary(host: Host, installation: Installation): Attempt {
  const { origin, executable, prefix, version, venv } = installation;
  const fault = versionFault(version);
  if (fault !== null) return { origin, path: executable, reason: fault };
  let broken: Refusal | undefined;
  for (const flags of possibleFlags(host, installation)) {
    const build = { version, flags };
    for (const library of libraryPaths(host, prefix, build)) {
      if (host.stat(library) === null) continue;
      const reason = libraryFault(host, library);
      if (reason === null) {
        return { library, executable, home: prefix, venv, version, flags, origin };
      }
      broken ??= { origin, path: library, reason, fix: fixForNoPython(host, build) };
    }
  }
  return broken ?? {
    origin,
    path: executable,
    reason: missing(host, installation),
    fix: fixForStaticBuild(host, installation),
  };
}

function missing(host: Host, installation: Installation): string {
  const name = libraryName(host, installation);
  // On Windows every build has a DLL: where it is not, files were removed.
  return host.platform === "win32"
    ? `${name} is missing from ${installation.prefix}`
    : `a static build: ${name} is missing`;
}

/**
 * The flags under which the library may be filed: those of the interpreter's name, then those of
 * its standard library, since `python3.13` may be the same program as `python3.13t`.
 */
function* possibleFlags(host: Host, { prefix, version, flags }: Installation): Generator<string> {
  yield flags;
  if (flags !== "" || host.platform === "win32") return;
  const paths = pathsFor(host);
  const plain = paths.join(prefix, "lib", `python${versionText(version)}`);
  if (host.stat(plain) !== "folder" && host.stat(`${plain}t`) === "folder") yield "t";
  const builds = host.list(plain).filter((name) => name.startsWith("_sysconfigdata_"));
  const isDebug = builds.length > 0 && builds.every((name) => name.startsWith("_sysconfigdata_d_"));
  if (isDebug) yield "d";
}

/** Debian's and Ubuntu's name for the folder of one CPU's libraries. */
export function multiarch(host: Host): string {
  return host.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}

/** The name of the framework whose version folder this is (`Python`, `Python3`, `PythonT`). */
export function frameworkName(prefix: string): string | null {
  return /\/(Python[^/]*)\.framework\/Versions\/[^/]+$/.exec(prefix)?.[1] ?? null;
}

/** Where the library of an installation may be, the most exact name first. */
function libraryPaths(host: Host, prefix: string, build: Build): string[] {
  const paths = pathsFor(host);
  const name = libraryName(host, build);
  if (host.platform === "win32") return [paths.join(prefix, name)];
  if (host.platform === "darwin") {
    const framework = frameworkName(prefix);
    const inLib = paths.join(prefix, "lib", name);
    return framework === null ? [inLib] : [paths.join(prefix, framework), inLib];
  }
  // A library outside the prefix belongs to another build of the same version, whose
  // standard library is another one too.
  return libraryFolders(host, prefix).flatMap((folder) =>
    [`${name}.1.0`, `${name}.1`, name].map((file) => paths.join(folder, file))
  );
}

/** The folders of an installation that may hold shared libraries. */
export function libraryFolders(host: Host, prefix: string): string[] {
  const paths = pathsFor(host);
  if (host.platform === "win32") return [prefix];
  if (host.platform === "darwin") return [paths.join(prefix, "lib")];
  return [["lib"], ["lib", multiarch(host)], ["lib64"]].map((parts) =>
    paths.join(prefix, ...parts)
  );
}

/** The libpythons in a folder, one for each version and flags, the newest first. */
export function librariesIn(host: Host, folder: string): string[] {
  const known = new Map<string, string>();
  for (const name of newestFirst(host.list(folder))) {
    const parsed = parseLibraryName(name);
    // The longest name of a version comes last, and is the file itself.
    if (parsed?.version) known.set(`${parsed.version}${parsed.flags}`, name);
  }
  return newestFirst([...known.values()]).map((name) => pathsFor(host).join(folder, name));
}

/** The version of the installation by the names in its folders; `null` if they are several. */
export function versionOfPrefix(host: Host, prefix: string): Version | null {
  const paths = pathsFor(host);
  const folders = host.platform === "win32"
    ? [prefix]
    : [paths.join(prefix, "lib"), paths.join(prefix, "lib64"), paths.join(prefix, "bin")];
  for (const folder of folders) {
    const versions = new Map<string, Version>();
    for (const name of host.list(folder)) {
      const parsed = host.platform === "win32" ? parseLibraryName(name) : parsePythonName(name);
      if (parsed?.version) versions.set(String(parsed.version), parsed.version);
    }
    const [version, ...others] = versions.values();
    if (version !== undefined) return others.length === 0 ? version : null;
  }
  return null;
}
