/**
 * The operating system, on Deno.
 * @module
 */

import { orNull, type System } from "./system.ts";

interface Stat {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

/** The part of the runtime's own object that is used here. */
interface DenoSystem {
  readonly build: { readonly os: string; readonly arch: string };
  readonly pid: number;
  readonly env: {
    toObject(): Record<string, string>;
    get(name: string): string | undefined;
    set(name: string, value: string): void;
  };
  readonly errors: { readonly AlreadyExists: new () => Error };
  cwd(): string;
  statSync(path: string): Stat;
  realPathSync(path: string): string;
  readDirSync(path: string): Iterable<{ name: string }>;
  readTextFileSync(path: string): string;
  openSync(path: string): { readSync(into: Uint8Array): number | null; close(): void };
  mkdirSync(path: string): void;
  removeSync(path: string, options: { recursive: boolean }): void;
  exit(code: number): never;
  readonly Command: new (command: string, options: { args: string[]; stdin: "null" }) => {
    outputSync(): { success: boolean; stdout: Uint8Array };
  };
}

const runtime = () => (globalThis as unknown as { Deno: DenoSystem }).Deno;

/** The contract, on Deno. */
export const system: System = {
  get platform() {
    const { os } = runtime().build;
    return os === "darwin" ? "darwin" : os === "windows" ? "win32" : "linux";
  },
  get arch() {
    return runtime().build.arch === "aarch64" ? "arm64" : "x64";
  },
  get pid() {
    return runtime().pid;
  },
  environment: () => runtime().env.toObject(),
  variable: (name) => runtime().env.get(name),
  setVariable: (name, value) => runtime().env.set(name, value),
  workingFolder: () => runtime().cwd(),
  stat: (path) =>
    orNull(() => {
      const found = runtime().statSync(path);
      return found.isFile ? "file" : found.isDirectory ? "folder" : null;
    }),
  realpath: (path) => orNull(() => runtime().realPathSync(path)) ?? path,
  list: (path) => orNull(() => [...runtime().readDirSync(path)].map(({ name }) => name)) ?? [],
  readText: (path) => orNull(() => runtime().readTextFileSync(path)),
  readBytes: (path, length) =>
    orNull(() => {
      const file = runtime().openSync(path);
      try {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, file.readSync(bytes) ?? 0);
      } finally {
        file.close();
      }
    }),
  run: (command, args) =>
    orNull(() => {
      const child = new (runtime().Command)(command, { args: [...args], stdin: "null" });
      const { success, stdout } = child.outputSync();
      return success ? new TextDecoder().decode(stdout) : null;
    }),
  makeFolder: (path) =>
    orNull(() => {
      try {
        runtime().mkdirSync(path);
        return true;
      } catch (error) {
        if (error instanceof runtime().errors.AlreadyExists) return false;
        throw error;
      }
    }),
  removeFolder: (path) => void orNull(() => runtime().removeSync(path, { recursive: true })),
  exit: (code) => runtime().exit(code),
};
