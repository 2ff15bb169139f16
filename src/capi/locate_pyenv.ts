/**
 * What pyenv's shims would run, found by pyenv's own rule without running them.
 * The rule: pyenv's COMMANDS.md and its libexec/pyenv-version-name, -version-file,
 * -version-file-read, -which and -latest (2.4).
 * @module
 */

import { pyenvRoot } from "./locate_fix.ts";
import { type Host, pathFolders, pathsFor, variable } from "./locate_host.ts";
import { newestFirst } from "./locate_names.ts";

/** A pyenv, and one of the commands for which it has a shim. */
export interface PyenvCommand {
  readonly root: string;
  readonly command: string;
}

/** The executable that pyenv runs, or why there is none. */
export type PyenvChoice = { readonly executable: string } | { readonly reason: string };

/** The pyenv to which the script belongs, or `null` if it is no shim. */
export function rootOfShim(host: Host, path: string): string | null {
  const script = host.readText(path) ?? "";
  if (!/pyenv"? exec "\$program"/.test(script)) return null;
  const paths = pathsFor(host);
  return /^export PYENV_ROOT="([^"]+)"/m.exec(script)?.[1] ?? paths.dirname(paths.dirname(path));
}

/** Which executable pyenv runs for a command such as `python3`. */
export function pyenvWhich(host: Host, { root, command }: PyenvCommand): PyenvChoice {
  const { versions, setBy } = versionsInForce(host, root);
  // Versions that are not installed, or have no such command, give way to the system's in silence.
  for (const name of [...versions, "system"]) {
    const executable = name === "system"
      ? commandOutside(host, { root, command })
      : commandOf(host, name, { root, command });
    if (executable !== null) return { executable };
  }
  const list = versions.length === 0 ? "system" : versions.join(":");
  return { reason: `pyenv is set to ${list} by ${setBy}, where there is no ${command}` };
}

/** The versions named for this process, and by what. */
function versionsInForce(host: Host, root: string): { versions: string[]; setBy: string } {
  const set = variable(host, "PYENV_VERSION");
  if (set !== undefined) {
    return { versions: set.split(":").filter((name) => name !== ""), setBy: "PYENV_VERSION" };
  }
  const file = versionFile(host, root);
  return { versions: readVersionFile(host, file), setBy: file };
}

/** `.python-version` from PYENV_DIR upward, then from the working folder, else the global file. */
function versionFile(host: Host, root: string): string {
  const paths = pathsFor(host);
  for (const start of new Set([variable(host, "PYENV_DIR") ?? host.cwd, host.cwd])) {
    for (let folder = start;; folder = paths.dirname(folder)) {
      const file = paths.join(folder, ".python-version");
      if (host.stat(file) === "file") return file;
      if (folder === paths.dirname(folder)) break;
    }
  }
  return paths.join(root, "version");
}

/** The first word of each line, which may hold several versions separated by colons. */
function readVersionFile(host: Host, file: string): string[] {
  const lines = (host.readText(file) ?? "").split(/\r?\n/);
  return lines
    .map((line) => line.trim().split(/\s+/)[0] ?? "")
    .filter((word) => word !== "" && !word.startsWith("#"))
    .flatMap((word) => word.split(":"))
    // pyenv refuses names that lead out of its folder (CVE-2022-35861).
    .filter((name) => name !== "" && name !== ".." && !name.includes("/"));
}

/** The command in that version; `null` if it has none or is not installed. */
function commandOf(host: Host, name: string, { root, command }: PyenvCommand): string | null {
  const paths = pathsFor(host);
  const folder = installedAs(host, root, name) ?? installedAs(host, root, plainName(name));
  if (folder === null) return null;
  const executable = paths.join(root, "versions", folder, "bin", command);
  return host.stat(executable) === "file" ? executable : null;
}

function plainName(name: string): string {
  return name.replace(/^python-/, "");
}

/** The folder of the version: of that very name, or the newest release that it is a prefix of. */
function installedAs(host: Host, root: string, name: string): string | null {
  const paths = pathsFor(host);
  if (host.stat(paths.join(root, "versions", name)) === "folder") return name;
  const free = /\dt$/.test(name);
  const stem = free ? name.slice(0, -1) : name;
  const matching = releases(host, root).filter((folder) =>
    (folder.startsWith(`${stem}.`) || folder.startsWith(`${stem}-`)) && /\dt$/.test(folder) === free
  );
  return newestFirst(matching)[0] ?? null;
}

function releases(host: Host, root: string): string[] {
  const names = host.list(pathsFor(host).join(root, "versions"));
  return names.filter((name) => !/(?:-dev|-src|-latest|(?:a|b|rc)\d+)$/.test(name));
}

/** The command on PATH, where pyenv's own shims do not count. */
function commandOutside(host: Host, { root, command }: PyenvCommand): string | null {
  const paths = pathsFor(host);
  const shims = host.realpath(paths.join(root, "shims"));
  for (const folder of pathFolders(host)) {
    const path = paths.join(folder, command);
    if (host.stat(path) === "file" && host.realpath(folder) !== shims) return path;
  }
  return null;
}

/** What `python3` is by pyenv's rule, for a pyenv whose shims are not on PATH; or `null`. */
export function pyenvDefault(host: Host): string | null {
  const root = pyenvRoot(host);
  const { versions } = versionsInForce(host, root);
  const name = versions[0];
  return name === undefined ? null : commandOf(host, name, { root, command: "python3" });
}
