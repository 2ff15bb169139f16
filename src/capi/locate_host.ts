/**
 * What locating Python asks of the machine. Everything below `locate.ts` reads files, environment
 * and processes through a `Host` alone, so that a test can stand another machine in its place.
 * @module
 */

import { system } from "../ffi/select.ts";
import type { System } from "../ffi/system.ts";
import { type Paths, POSIX_PATHS, WINDOWS_PATHS } from "./locate_paths.ts";

/** What of the operating system is asked as it is. */
type Asked = "platform" | "arch" | "stat" | "realpath" | "list" | "readText" | "readBytes" | "run";

/** A machine on which Python is looked for; its path rules apply to every path that passes through it. */
export interface Host extends Pick<System, Asked> {
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly cwd: string;
  /** The user's home folder. */
  readonly home: string;
}

/** The machine on which this process runs; nothing is read before a member is used. */
export function localHost(): Host {
  let env: Readonly<Record<string, string | undefined>> | undefined;
  return {
    platform: system.platform,
    arch: system.arch,
    get env() {
      return env ??= system.environment();
    },
    get cwd() {
      return system.workingFolder();
    },
    get home() {
      return system.variable("HOME") ?? system.variable("USERPROFILE") ?? "/";
    },
    stat: system.stat,
    realpath: system.realpath,
    list: system.list,
    readText: system.readText,
    readBytes: system.readBytes,
    run: system.run,
  };
}

/** The path rules of the host's operating system. */
export function pathsFor(host: Host): Paths {
  return host.platform === "win32" ? WINDOWS_PATHS : POSIX_PATHS;
}

/** An environment variable; one that is empty counts as not set. */
export function variable(host: Host, name: string): string | undefined {
  return host.env[name] || undefined;
}

/** The folders of PATH, in order. */
export function pathFolders(host: Host): string[] {
  const paths = pathsFor(host);
  // Windows spells it "Path", and only its own `process.env` ignores the case.
  const text = variable(host, "PATH") ?? (host.platform === "win32" ? host.env["Path"] : "") ?? "";
  return text.split(paths.delimiter)
    .map((folder) => folder.replace(/^"(.*)"$/, "$1"))
    // An empty entry means the working folder, which must not decide what code is loaded.
    .filter((folder) => folder !== "")
    .map((folder) => paths.isAbsolute(folder) ? folder : paths.resolve(host.cwd, folder));
}
