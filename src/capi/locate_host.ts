/**
 * What locating Python asks of the machine. Everything below `locate.ts` reads files, environment
 * and processes through a `Host` alone, so that a test can stand another machine in its place.
 * @module
 */

import { system } from "../ffi/select.ts";
import { type Paths, POSIX_PATHS, WINDOWS_PATHS } from "./locate_paths.ts";

/** A machine on which Python is looked for. */
export interface Host {
  /** The operating system; its path rules apply to every path that passes through this host. */
  readonly platform: "linux" | "darwin" | "win32";
  /** The CPU of this process, which may be an emulated one. */
  readonly arch: "x64" | "arm64";
  /** The environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder. */
  readonly cwd: string;
  /** The user's home folder. */
  readonly home: string;
  /** What the path leads to, links followed; `null` for nothing, a dead link, or a device. */
  stat(path: string): "file" | "folder" | null;
  /** The path with every link followed; the path itself when it leads to nothing. */
  realpath(path: string): string;
  /** The names in a folder, without order; `[]` if it cannot be read. */
  list(path: string): string[];
  /** The whole file as UTF-8, or `null` if it cannot be read. */
  readText(path: string): string | null;
  /** At most the first `length` bytes of the file, or `null` if it cannot be read. */
  readBytes(path: string, length: number): Uint8Array | null;
  /** Runs a program and gives its standard output, or `null` if it failed. */
  run(command: string, args: readonly string[]): string | null;
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
