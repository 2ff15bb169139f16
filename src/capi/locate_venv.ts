/**
 * Virtual environments: what their `pyvenv.cfg` says of the Python that they stand on.
 * @module
 */

import { type Host, pathsFor } from "./locate_host.ts";
import type { Version } from "./locate_names.ts";

/** What `pyvenv.cfg` says. */
export interface VenvConfig {
  /** The folder of the base interpreter. */
  readonly home: string;
  /** The version for which the environment was made, if the file says. */
  readonly version: Version | null;
  /** Base interpreters to try, the most certain first; they need not exist. */
  readonly bases: readonly string[];
}

/** Whether the folder is a virtual environment. */
export function isVenv(host: Host, folder: string): boolean {
  return host.stat(pathsFor(host).join(folder, "pyvenv.cfg")) === "file";
}

/**
 * The virtual environment to which the executable belongs, or `null`. As in CPython's
 * Modules/getpath.py: `pyvenv.cfg` beside it or one folder up, its own links not followed.
 */
export function venvAround(host: Host, executable: string): string | null {
  const paths = pathsFor(host);
  const folder = paths.dirname(executable);
  return [folder, paths.dirname(folder)].find((candidate) => isVenv(host, candidate)) ?? null;
}

/** The path of the environment's own interpreter. */
export function venvExecutable(host: Host, folder: string): string {
  return host.platform === "win32"
    ? pathsFor(host).join(folder, "Scripts", "python.exe")
    : pathsFor(host).join(folder, "bin", "python");
}

/** Reads `pyvenv.cfg`; a string is the reason why it tells too little. */
export function readVenv(host: Host, folder: string): VenvConfig | string {
  const paths = pathsFor(host);
  const text = host.readText(paths.join(folder, "pyvenv.cfg"));
  if (text === null) return "its pyvenv.cfg cannot be read";
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf("=");
    if (at > 0) values.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  const home = values.get("home");
  if (home === undefined || home === "") return "its pyvenv.cfg names no home";
  if (host.stat(home) !== "folder") return `its pyvenv.cfg names the home ${home}, which is gone`;
  // venv writes version, virtualenv and uv write version_info.
  const number = /^(\d+)\.(\d+)/.exec(values.get("version") ?? values.get("version_info") ?? "");
  const version: Version | null = number === null ? null : [Number(number[1]), Number(number[2])];
  const names = host.platform === "win32"
    ? ["python.exe"]
    : [...(version === null ? [] : [`python${version[0]}.${version[1]}`]), "python3", "python"];
  // virtualenv's key first: under it, "executable" is the environment's own.
  const named = [values.get("base-executable"), values.get("executable")]
    .filter((path): path is string => Boolean(path) && !path?.startsWith(folder + paths.separator));
  return {
    home,
    version,
    bases: [...named, ...names.map((name) => paths.join(home, name))],
  };
}
