/**
 * From a libpython that somebody named to the installation around it.
 * @module
 */

import { libraryFault } from "./locate_header.ts";
import { type Host, pathsFor } from "./locate_host.ts";
import {
  type Attempt,
  frameworkName,
  multiarch,
  type Place,
  refuse,
  versionOfPrefix,
} from "./locate_library.ts";
import {
  isStubName,
  parseLibraryName,
  parsePythonName,
  versionFault,
  versionText,
} from "./locate_names.ts";

/** Tries a libpython that was named itself. */
export function tryLibrary(host: Host, place: Place): Attempt {
  const { path, origin } = place;
  const paths = pathsFor(host);
  const real = host.realpath(path);
  if (path.endsWith(".a")) return refuse(place, "a static library, which cannot be loaded");
  if (isStubName(paths.basename(path)) && isStubName(paths.basename(real))) {
    return refuse(place, "the stable-ABI stub, which holds no interpreter");
  }
  const prefix = prefixOfLibrary(host, real);
  const name = parseLibraryName(paths.basename(real)) ?? parseLibraryName(paths.basename(path));
  const version = name?.version ?? (prefix === null ? null : versionOfPrefix(host, prefix));
  const fault = libraryFault(host, path) ?? (version === null ? null : versionFault(version));
  if (fault !== null) return refuse(place, fault);
  const isFree = prefix !== null && /^PythonT$/.test(frameworkName(prefix) ?? "");
  const flags = name?.flags ?? (isFree ? "t" : "");
  const executable = prefix === null || version === null
    ? null
    : interpreterFor(host, prefix, versionText(version, flags));
  return { library: path, executable, home: prefix, venv: null, version, flags, origin };
}

/** The prefix around a library: where its standard library stands. */
function prefixOfLibrary(host: Host, real: string): string | null {
  const paths = pathsFor(host);
  const folder = paths.dirname(real);
  const up = paths.dirname(folder);
  const prefixes = host.platform === "win32" || frameworkName(folder) !== null
    ? [folder]
    : paths.basename(folder) === multiarch(host)
    ? [paths.dirname(up)]
    : [up];
  return prefixes.find((prefix) => hasStandardLibrary(host, prefix)) ?? null;
}

function hasStandardLibrary(host: Host, prefix: string): boolean {
  const paths = pathsFor(host);
  if (host.platform === "win32") {
    const isEmbeddable = host.list(prefix).some((name) => /^python\d+\._pth$/i.test(name));
    return isEmbeddable || host.stat(paths.join(prefix, "Lib", "os.py")) === "file";
  }
  return ["lib", "lib64"].some((lib) =>
    host.list(paths.join(prefix, lib)).some((name) =>
      parsePythonName(name)?.version != null &&
      host.stat(paths.join(prefix, lib, name, "os.py")) === "file"
    )
  );
}

/** The interpreter of just that version and build in the prefix, or `null`. */
function interpreterFor(host: Host, prefix: string, version: string): string | null {
  const paths = pathsFor(host);
  const path = host.platform === "win32"
    ? paths.join(prefix, "python.exe")
    : paths.join(prefix, "bin", `python${version}`);
  return host.stat(path) === "file" ? path : null;
}
