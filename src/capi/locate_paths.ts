/**
 * Paths by the rules of a named operating system, as `node:path` has them. That
 * module is right for this too, but loading it costs Deno more than all of locating.
 * @module
 */

/** The rules of one system. */
export interface Paths {
  readonly separator: "/" | "\\";
  /** Between the folders of PATH. */
  readonly delimiter: ":" | ";";
  isAbsolute(path: string): boolean;
  /** Joined and normalised; `.` if nothing is left. */
  join(...parts: string[]): string;
  /** `path` itself if it is absolute, else what it means in `folder`; no separator at its end. */
  resolve(folder: string, path: string): string;
  dirname(path: string): string;
  basename(path: string): string;
}

const WINDOWS_ROOT = /^(?:[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]*|[A-Za-z]:[\\/]*|[\\/]+)/;
const POSIX_ROOT = /^\/+/;

function createPaths(windows: boolean): Paths {
  const separator = windows ? "\\" : "/";
  const separators = windows ? /[\\/]+/ : /\/+/;

  /** The root as it is written in a normal path, and the names below it. */
  function split(path: string): { root: string; names: string[] } {
    const found = (windows ? WINDOWS_ROOT : POSIX_ROOT).exec(path)?.[0] ?? "";
    const rest = path.slice(found.length);
    const names = rest.split(separators).filter((name) => name !== "");
    return { root: rootText(found), names };
  }

  function rootText(found: string): string {
    if (!windows) return found === "" ? "" : "/";
    if (/^[\\/]{2}/.test(found)) {
      return "\\\\" + found.split(separators).filter(Boolean).join("\\") + "\\";
    }
    return found.replace(/[\\/]+$/, "\\");
  }

  function normal(path: string): string {
    const { root, names } = split(path);
    const kept: string[] = [];
    for (const name of names) {
      if (name === ".") continue;
      if (name !== "..") kept.push(name);
      else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
      else if (root === "") kept.push(name);
    }
    return root + kept.join(separator) || ".";
  }

  const isAbsolute = (path: string): boolean =>
    windows ? /^(?:[\\/]|[A-Za-z]:[\\/])/.test(path) : path.startsWith("/");

  return {
    separator,
    delimiter: windows ? ";" : ":",
    isAbsolute,
    join: (...parts) => normal(parts.filter((part) => part !== "").join(separator)),
    resolve: (folder, path) => normal(isAbsolute(path) ? path : folder + separator + path),
    dirname(path) {
      const { root, names } = split(path);
      return root + names.slice(0, -1).join(separator) || ".";
    },
    basename: (path) => split(path).names.at(-1) ?? "",
  };
}

/** The rules of Linux and macOS. */
export const POSIX_PATHS: Paths = createPaths(false);

/** The rules of Windows. */
export const WINDOWS_PATHS: Paths = createPaths(true);
