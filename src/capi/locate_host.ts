/**
 * What locating Python asks of the machine. Everything below `locate.ts` reads files, environment
 * and processes through a `Host` alone, so that a test can stand another machine in its place.
 * @module
 */

import type { PlatformPath } from "node:path";
import process from "node:process";

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

/** A program that does not answer within this many milliseconds counts as failed. */
const RUN_TIMEOUT_MS = 10_000;

/** The machine on which this process runs; nothing is read before a member is used. */
export function localHost(): Host {
  const fs = process.getBuiltinModule("node:fs");
  let home: string | undefined;
  return {
    platform: process.platform === "darwin" || process.platform === "win32"
      ? process.platform
      : "linux",
    arch: process.arch === "arm64" ? "arm64" : "x64",
    env: process.env,
    get cwd(): string {
      return process.cwd();
    },
    get home(): string {
      return home ??= process.getBuiltinModule("node:os").homedir();
    },
    stat: (path) =>
      orNull(() => {
        const found = fs.statSync(path, { throwIfNoEntry: false });
        if (found === undefined) return null;
        return found.isFile() ? "file" : found.isDirectory() ? "folder" : null;
      }),
    realpath: (path) => orNull(() => fs.realpathSync(path)) ?? path,
    list: (path) => orNull(() => fs.readdirSync(path)) ?? [],
    readText: (path) => orNull(() => fs.readFileSync(path, "utf8")),
    readBytes: (path, length) =>
      orNull(() => {
        const file = fs.openSync(path, "r");
        try {
          const bytes = new Uint8Array(length);
          return bytes.subarray(0, fs.readSync(file, bytes, 0, length, 0));
        } finally {
          fs.closeSync(file);
        }
      }),
    run: (command, args) =>
      orNull(() =>
        process.getBuiltinModule("node:child_process").execFileSync(command, [...args], {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
          timeout: RUN_TIMEOUT_MS,
          windowsHide: true,
        })
      ),
  };
}

/** The result, or `null` where the operating system said no. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    // A permission that the user withheld from this process is no fact about the file: saying
    // "no such file" would send them looking in the wrong place.
    if (error instanceof Error && error.name === "NotCapable") throw error;
    return null;
  }
}

/** The path rules of the host's operating system. */
export function pathsFor(host: Host): PlatformPath {
  const path = process.getBuiltinModule("node:path");
  return host.platform === "win32" ? path.win32 : path.posix;
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
