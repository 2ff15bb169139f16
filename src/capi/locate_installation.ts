/**
 * From a file or folder that somebody named to the Python that it means.
 * @module
 */

import { ask } from "./locate_ask.ts";
import { fixForNoPython } from "./locate_fix.ts";
import { type Host, pathsFor, variable } from "./locate_host.ts";
import {
  type Attempt,
  frameworkName,
  isCandidate,
  librariesIn,
  libraryFolders,
  type Place,
  refuse,
  versionOfPrefix,
  withLibrary,
} from "./locate_library.ts";
import { tryLibrary } from "./locate_named_library.ts";
import {
  foreignImplementation,
  newestFirst,
  parsePythonName,
  type Version,
  versionText,
} from "./locate_names.ts";
import { pyenvWhich, rootOfShim } from "./locate_pyenv.ts";
import { isVenv, readVenv, venvAround, venvExecutable } from "./locate_venv.ts";

/** How often a virtual environment may stand on another one, or a script lead to another. */
const DEEPEST = 8;

/** Tries whatever the path leads to: a folder, an interpreter or a library. */
export function tryPath(host: Host, place: Place): Attempt {
  if (host.stat(place.path) === "folder") return tryFolder(host, place);
  const paths = pathsFor(host);
  const name = paths.basename(place.path);
  const isFramework = host.platform === "darwin" &&
    frameworkName(paths.dirname(place.path)) === name;
  const isLibrary = isFramework || name.startsWith("libpython") ||
    /\.(?:so(?:\.[\d.]+)?|dylib|dll|a)$/i.test(name);
  return isLibrary ? tryLibrary(host, place) : tryExecutable(host, place);
}

/** Tries a virtual environment, an installation's prefix, or a macOS framework. */
export function tryFolder(host: Host, place: Place): Attempt {
  const { path: folder, origin } = place;
  const paths = pathsFor(host);
  if (host.stat(folder) === null) return refuse(place, "no such folder");
  if (isVenv(host, folder)) return tryVenv(host, place, null, 0);
  const foreign = foreignImplementation(paths.basename(host.realpath(folder)));
  if (foreign !== null) return refuse(place, `${foreign}, not CPython`);
  if (/\.framework$/.test(folder)) {
    return tryFolder(host, { origin, path: paths.join(folder, "Versions", "Current") });
  }
  const executable = interpreterIn(host, folder);
  if (executable !== null) return tryExecutable(host, { origin, path: executable });
  const library = libraryFolders(host, folder).flatMap((lib) => librariesIn(host, lib))[0];
  if (library !== undefined) return tryLibrary(host, { origin, path: library });
  const wanted = host.platform === "win32" ? "python.exe" : "bin/python3";
  return refuse(place, `no Python in it: neither ${wanted} nor a libpython`);
}

/** The interpreter of an installation, or `null`. */
function interpreterIn(host: Host, prefix: string): string | null {
  const paths = pathsFor(host);
  const isWindows = host.platform === "win32";
  const folder = isWindows ? prefix : paths.join(prefix, "bin");
  const find = (names: readonly string[]): string | undefined =>
    names.map((name) => paths.join(folder, name)).find((path) => host.stat(path) === "file");
  const usual = find(isWindows ? ["python.exe"] : ["python3", "python"]);
  if (usual !== undefined) return usual;
  const numbered = host.list(folder).filter((name) => parsePythonName(name)?.version != null);
  return find(newestFirst(numbered)) ?? null;
}

/** Tries an interpreter, or a script that leads to one. */
export function tryExecutable(host: Host, place: Place): Attempt {
  return follow(host, place, 0);
}

/** The same, `depth` steps away from what was named. */
function follow(host: Host, place: Place, depth: number): Attempt {
  const { path, origin } = place;
  const paths = pathsFor(host);
  const storeFault = microsoftStoreFault(host, path);
  if (storeFault !== null) return { ...refuse(place, storeFault), fix: fixForNoPython(host, null) };
  const kind = host.stat(path);
  if (kind !== "file") return refuse(place, kind === null ? "no such file" : "a folder");
  if (depth > DEEPEST) return refuse(place, "it leads round in a circle");

  const venv = venvAround(host, path);
  if (venv !== null) return tryVenv(host, { origin, path: venv }, path, depth);
  if (isScript(host, path)) return tryScript(host, place, depth);
  const elsewhere = launcherTarget(host, path);
  if (elsewhere !== null) return follow(host, { origin, path: elsewhere }, depth + 1);
  if (host.platform === "darwin" && path === "/usr/bin/python3") return tryStandIn(host, place);

  const real = host.realpath(path);
  const realName = paths.basename(real);
  const prefix = prefixOf(host, real);
  const foreign = foreignImplementation(realName) ??
    foreignImplementation(paths.basename(prefix));
  if (foreign !== null) return refuse(place, `${foreign}, not CPython`);
  const name = parsePythonName(realName);
  const version = name?.version ?? (name === null ? null : versionOfPrefix(host, prefix));
  if (name === null || version === null) return tryAnswer(host, place);
  const installation = {
    origin,
    executable: path,
    prefix,
    version,
    flags: name.flags,
    venv: null,
  };
  return withLibrary(host, installation);
}

function isScript(host: Host, path: string): boolean {
  const start = host.readBytes(path, 2);
  return start !== null && start[0] === 0x23 && start[1] === 0x21; // "#!"
}

/** The prefix of the installation to which the interpreter, links followed, belongs. */
function prefixOf(host: Host, real: string): string {
  const paths = pathsFor(host);
  // The framework build starts itself again as this application.
  const inFramework = /^(.*)\/Resources\/Python\.app\/Contents\/MacOS\/Python$/.exec(real)?.[1];
  if (inFramework !== undefined) return inFramework;
  const folder = paths.dirname(real);
  return host.platform === "win32" ? folder : paths.dirname(folder);
}

/** Tries a virtual environment; `named` is its interpreter if that is what was asked for. */
function tryVenv(host: Host, place: Place, named: string | null, depth: number): Attempt {
  const { origin, path: folder } = place;
  const executable = named ?? venvExecutable(host, folder);
  const config = readVenv(host, folder);
  if (typeof config === "string") {
    return { ...refuse(place, config), fix: remake(host, folder, null) };
  }
  const { home, version, bases } = config;
  if (host.stat(executable) !== "file") {
    const reason = `its ${executable.slice(folder.length + 1)} leads to no file`;
    return { ...refuse(place, reason), fix: remake(host, folder, version) };
  }
  const base = bases.find((path) => host.stat(path) === "file");
  if (base === undefined) {
    const reason = `its pyvenv.cfg names the home ${home}, where there is no Python`;
    return { ...refuse(place, reason), fix: remake(host, folder, version) };
  }
  const attempt = follow(host, { origin, path: base }, depth + 1);
  if (!isCandidate(attempt)) return attempt;
  const isChanged = version !== null && attempt.version !== null &&
    versionText(version) !== versionText(attempt.version);
  if (isChanged) {
    const now = versionText(attempt.version, attempt.flags);
    const reason = `made for Python ${versionText(version)}, but ${base} is Python ${now}`;
    return { ...refuse(place, reason), fix: remake(host, folder, attempt.version) };
  }
  return { ...attempt, executable, venv: folder };
}

/** The command that makes a broken virtual environment anew; "--upgrade" keeps dead links. */
function remake(host: Host, folder: string, version: Version | null): string {
  const number = version === null ? "3" : versionText(version);
  const python = host.platform === "win32" ? `py -${number}` : `python${number}`;
  return `${python} -m venv --clear ${/[\s"'$]/.test(folder) ? JSON.stringify(folder) : folder}`;
}

/** Tries a script that stands for a Python: a shim of pyenv, or a wrapper. */
function tryScript(host: Host, place: Place, depth: number): Attempt {
  const { origin, path } = place;
  const root = rootOfShim(host, path);
  if (root === null) return tryAnswer(host, place);
  const choice = pyenvWhich(host, { root, command: pathsFor(host).basename(path) });
  return "executable" in choice
    ? follow(host, { origin, path: choice.executable }, depth + 1)
    : refuse(place, choice.reason);
}

/** Tries what no file name explains, by asking it. */
function tryAnswer(host: Host, place: Place): Attempt {
  const answer = ask(host, place.path);
  if (answer === null) return refuse(place, "not a Python: it does not answer as one");
  const { executable, prefix, basePrefix, version, flags, implementation } = answer;
  if (implementation !== "cpython") {
    return refuse(place, `${foreignImplementation(implementation) ?? implementation}, not CPython`);
  }
  const venv = prefix === basePrefix ? null : prefix;
  return withLibrary(host, {
    origin: place.origin,
    executable,
    prefix: basePrefix,
    version,
    flags,
    venv,
  });
}

/**
 * The interpreter behind a global command of Python's install manager for Windows, or `null`.
 * Source: pymanager's src/manage/aliasutils.py, which writes the target beside the launcher.
 */
function launcherTarget(host: Host, path: string): string | null {
  if (host.platform !== "win32") return null;
  const target = host.readText(`${path}.__target__`)?.trim();
  return target ? target : null;
}

/** Apple's /usr/bin/python3 opens an installer's window where no developer tools are. */
function tryStandIn(host: Host, place: Place): Attempt {
  for (const tools of DEVELOPER_TOOLS) {
    const path = `${tools}/usr/bin/python3`;
    if (host.stat(path) === "file") return follow(host, { origin: place.origin, path }, 1);
  }
  return {
    ...refuse(place, "Apple's stand-in, which only offers an installation"),
    fix: "xcode-select --install",
  };
}

/** The folders in which Apple's developer tools keep their Python. */
export const DEVELOPER_TOOLS: readonly string[] = [
  "/Library/Developer/CommandLineTools",
  "/Applications/Xcode.app/Contents/Developer",
];

/** Whether the folder is that in which Windows keeps the commands of store applications. */
export function isStoreFolder(host: Host, folder: string): boolean {
  return host.platform === "win32" && /\\Microsoft\\WindowsApps(?:\\|$)/i.test(folder);
}

/**
 * Why a Python of the Microsoft Store cannot be used, or `null` if the path is none.
 * Windows lets no other program load a library out of a store package (python/cpython#111612,
 * #156127), and without one installed the command only points to the store.
 */
function microsoftStoreFault(host: Host, path: string): string | null {
  if (host.platform !== "win32") return null;
  const paths = pathsFor(host);
  const programs = variable(host, "ProgramFiles") ?? "C:\\Program Files";
  const inPackage = path.toLowerCase()
    .startsWith(paths.join(programs, "WindowsApps").toLowerCase() + "\\");
  if (!inPackage && !isStoreFolder(host, paths.dirname(path))) return null;
  return "the Microsoft Store's Python, whose library Windows lets no other program load";
}
