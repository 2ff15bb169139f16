/**
 * Where Pythons are installed: the places that each OS and each tool uses, in the order of trying.
 * @module
 */

import type { Refusal } from "../errors.ts";
import { pyenvRoot, uvFolders } from "./locate_fix.ts";
import { type Host, pathFolders, pathsFor, variable } from "./locate_host.ts";
import { DEVELOPER_TOOLS, isStoreFolder } from "./locate_installation.ts";
import { librariesIn, multiarch, type Place, refuse } from "./locate_library.ts";
import { newestFirst, parsePythonName } from "./locate_names.ts";
import { pyenvDefault } from "./locate_pyenv.ts";
import { isVenv } from "./locate_venv.ts";

/** A place to try, or one where a glance showed that there is nothing to try. */
export type Step = (Place & { readonly isBinding: boolean }) | Refusal;

/**
 * Every place after an explicit request, in the order of trying. A binding place was chosen by
 * the user: if it cannot be used, no other may take its place in silence.
 * @param commands Further commands to look for on PATH, such as `python3.12`.
 */
export function* defaultPlaces(host: Host, commands: readonly string[] = []): Generator<Step> {
  const named = variable(host, "VIRTUAL_ENV");
  if (named !== undefined) yield { origin: "VIRTUAL_ENV", path: named, isBinding: true };
  const paths = pathsFor(host);
  const local = { origin: ".venv", path: paths.join(host.cwd, ".venv") };
  if (isVenv(host, local.path)) yield { ...local, isBinding: true };
  else if (host.stat(local.path) === null) yield refuse(local, "no such folder");
  else yield refuse(local, "no virtual environment: it has no pyvenv.cfg");

  const onPath = ["python3", "python", ...commands];
  let found = false;
  for (const path of commandsOnPath(host, onPath)) {
    found = true;
    yield offer("PATH", path);
  }
  if (!found) {
    const reason = `none of its ${pathFolders(host).length} folders has ${onPath.join(" or ")}`;
    yield refuse({ origin: "PATH", path: "PATH" }, reason);
  }
  for (const place of usualPlaces(host)) yield "reason" in place ? place : offerPlace(place);
}

function offer(origin: string, path: string): Step {
  return { origin, path, isBinding: false };
}

function offerPlace(place: Place): Step {
  return { ...place, isBinding: false };
}

/** The files of these names in the folders of PATH; each folder with all names before the next. */
export function* commandsOnPath(host: Host, commands: readonly string[]): Generator<string> {
  const paths = pathsFor(host);
  for (const folder of pathFolders(host)) {
    for (const command of commands) {
      const isBare = host.platform === "win32" && !/\.exe$/i.test(command);
      const name = isBare ? `${command}.exe` : command;
      const path = paths.join(folder, name);
      // The aliases of store applications are links that nothing but a start of them follows.
      const isThere = host.stat(path) === "file" ||
        (isStoreFolder(host, folder) && host.list(folder).includes(name));
      if (isThere) yield path;
    }
  }
}

/** The places where installers put Python without being asked. */
function* usualPlaces(host: Host): Generator<Place | Refusal> {
  yield* pyenvPlaces(host);
  for (const folder of uvFolders(host)) yield* foldersIn(host, "uv", folder, /^cpython-3/);
  if (host.platform === "win32") {
    yield* condaPlaces(host);
    yield* windowsFolders(host);
    yield* registryPlaces(host);
  } else if (host.platform === "darwin") {
    yield* homebrewPlaces(host, ["/opt/homebrew", "/usr/local"]);
    yield* frameworkPlaces(host);
    yield* condaPlaces(host);
  } else {
    yield* homebrewPlaces(host, ["/home/linuxbrew/.linuxbrew"]);
    yield* condaPlaces(host);
    yield* linuxPlaces(host);
  }
}

/** The matching folders in a folder, the newest first; a refusal if there is none. */
function* foldersIn(
  host: Host,
  origin: string,
  folder: string,
  pattern: RegExp,
): Generator<Place | Refusal> {
  const paths = pathsFor(host);
  const names = newestFirst(host.list(folder).filter((name) => pattern.test(name)));
  for (const name of names) yield { origin, path: paths.join(folder, name) };
  if (names.length > 0) return;
  const reason = host.stat(folder) === null ? "no such folder" : "no Python in it";
  yield refuse({ origin, path: folder }, reason);
}

function* pyenvPlaces(host: Host): Generator<Place | Refusal> {
  // The one that the user has chosen counts before a newer one.
  const chosen = pyenvDefault(host);
  if (chosen !== null) yield { origin: "pyenv", path: chosen };
  yield* foldersIn(host, "pyenv", pathsFor(host).join(pyenvRoot(host), "versions"), /^[^.]/);
}

function* homebrewPlaces(host: Host, roots: readonly string[]): Generator<Place | Refusal> {
  for (const root of roots) {
    const formulas = /^python(?:@3\.\d+|-freethreading)$/;
    for (const step of foldersIn(host, "Homebrew", `${root}/opt`, formulas)) {
      if ("reason" in step || host.platform !== "darwin") {
        yield step;
        continue;
      }
      const frameworks = `${step.path}/Frameworks`;
      for (const name of host.list(frameworks).filter((entry) => /^Python/.test(entry))) {
        yield* versionsOf(host, "Homebrew", `${frameworks}/${name}`);
      }
    }
  }
}

/** The versions in a macOS framework; "Current" is one of them once more. */
function versionsOf(host: Host, origin: string, framework: string): Generator<Place | Refusal> {
  return foldersIn(host, origin, `${framework}/Versions`, /^\d/);
}

function* frameworkPlaces(host: Host): Generator<Place | Refusal> {
  yield* versionsOf(host, "framework", "/Library/Frameworks/Python.framework");
  yield* versionsOf(host, "framework", "/Library/Frameworks/PythonT.framework");
  yield* versionsOf(host, "MacPorts", "/opt/local/Library/Frameworks/Python.framework");
  for (const tools of DEVELOPER_TOOLS) {
    yield* versionsOf(host, "developer tools", `${tools}/Library/Frameworks/Python3.framework`);
  }
}

const CONDA_FOLDERS = ["miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba"];

function* condaPlaces(host: Host): Generator<Place | Refusal> {
  const paths = pathsFor(host);
  const active = variable(host, "CONDA_PREFIX");
  if (active !== undefined) yield { origin: "conda", path: active };
  const shared = host.platform === "win32"
    ? variable(host, "ProgramData") ?? "C:\\ProgramData"
    : "/opt";
  const roots = [
    variable(host, "MAMBA_ROOT_PREFIX"),
    ...CONDA_FOLDERS.map((name) => paths.join(host.home, name)),
    ...[...CONDA_FOLDERS, "conda"].map((name) => paths.join(shared, name)),
  ].filter((root): root is string => root !== undefined && host.stat(root) === "folder");
  for (const root of roots) {
    yield { origin: "conda", path: root };
    const environments = paths.join(root, "envs");
    if (host.stat(environments) === null) continue;
    yield* foldersIn(host, "conda", environments, /^[^.]/);
  }
  if (active === undefined && roots.length === 0) {
    yield refuse({ origin: "conda", path: paths.join(host.home, "miniconda3") }, "no such folder");
  }
}

function* linuxPlaces(host: Host): Generator<Place | Refusal> {
  const origin = "system";
  let found = false;
  for (const folder of ["/usr/bin", "/usr/local/bin"]) {
    const names = host.list(folder).filter((name) => parsePythonName(name)?.version != null);
    for (const name of newestFirst(names)) {
      found = true;
      yield { origin, path: `${folder}/${name}` };
    }
  }
  const folders = [`/usr/lib/${multiarch(host)}`, "/usr/lib64", "/usr/lib"];
  for (const folder of [...folders, "/usr/local/lib", "/usr/local/lib64"]) {
    for (const path of librariesIn(host, folder)) {
      found = true;
      yield { origin, path };
    }
  }
  if (!found) yield refuse({ origin, path: "/usr/bin" }, "no Python in it");
}

/** Where python.org's installers and the install manager put Python on Windows. */
function* windowsFolders(host: Host): Generator<Place | Refusal> {
  const paths = pathsFor(host);
  const local = variable(host, "LOCALAPPDATA") ?? paths.join(host.home, "AppData", "Local");
  const programs = variable(host, "ProgramFiles") ?? "C:\\Program Files";
  const places: [origin: string, folder: string, pattern: RegExp][] = [
    ["install manager", paths.join(local, "Python"), /^pythoncore-3/i],
    ["python.org", paths.join(local, "Programs", "Python"), /^Python3\d+/i],
    ["python.org", programs, /^Python3\d+/i],
    ["python.org", "C:\\", /^Python3\d+$/i],
  ];
  for (const [origin, folder, pattern] of places) yield* foldersIn(host, origin, folder, pattern);
}

/** The installations that PEP 514 lists: `Software\Python\<company>\<version>\InstallPath`. */
function* registryPlaces(host: Host): Generator<Place | Refusal> {
  const origin = "registry";
  const paths = pathsFor(host);
  const root = variable(host, "SystemRoot") ?? "C:\\Windows";
  const command = paths.join(root, "System32", "reg.exe");
  for (const hive of ["HKCU", "HKLM"]) {
    const key = `${hive}\\Software\\Python`;
    const text = host.run(command, ["query", key, "/s", "/reg:64"]);
    const found = text === null ? [] : installPaths(host, text);
    for (const path of found) yield { origin, path };
    if (found.length === 0) yield refuse({ origin, path: key }, "no installation listed");
  }
}

/** Reads the output of `reg query /s`: a line for each key, indented lines for its values. */
function installPaths(host: Host, text: string): string[] {
  const installs: { executable?: string; folder?: string }[] = [];
  let current: { executable?: string; folder?: string } | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^HKEY_/.test(line)) {
      current = /\\InstallPath$/i.test(line.trim()) ? {} : undefined;
      if (current !== undefined) installs.push(current);
      continue;
    }
    const [, name, value] = /^ {4}(.+?) {4}REG_SZ {4}(.+)$/.exec(line) ?? [];
    if (current === undefined || name === undefined || value === undefined) continue;
    if (name === "ExecutablePath") current.executable = value.trim();
    // The default value has a translated name in brackets.
    else if (/^\(.*\)$/.test(name)) current.folder = value.trim();
  }
  return installs
    .map(({ executable, folder }) =>
      executable ?? (folder && pathsFor(host).join(folder, "python.exe"))
    )
    .filter((path): path is string => path !== undefined && path !== "");
}
