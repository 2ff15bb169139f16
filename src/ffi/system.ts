/**
 * What the library asks of the operating system besides calling C: files, the
 * environment, processes. Each runtime answers with its own functions, since the
 * compatible ones of Node cost Deno 20 ms at start-up.
 * @module
 */

/** The machine and the process. Nothing is read before a member is used. */
export interface System {
  readonly platform: "linux" | "darwin" | "win32";
  /** The CPU of this process, which may be an emulated one. */
  readonly arch: "x64" | "arm64";
  readonly pid: number;
  environment(): Readonly<Record<string, string | undefined>>;
  variable(name: string): string | undefined;
  setVariable(name: string, value: string): void;
  /** The working folder. */
  workingFolder(): string;
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
  /** Makes a folder; tells whether it was this call that made it, or `null` if it cannot be made. */
  makeFolder(path: string): boolean | null;
  removeFolder(path: string): void;
  /** Ends the process, with what is to be done at its end. */
  exit(code: number): never;
}

/** The result, or `null` where the operating system said no. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    // A permission that the user withheld from this process is no fact about the file: saying
    // "no such file" would send them looking in the wrong place.
    if (error instanceof Error && error.name === "NotCapable") throw error;
    return null;
  }
}
