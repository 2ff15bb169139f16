/**
 * The operating system, on Bun.
 * @module
 */

import { orNull, type System } from "./system.ts";

/** A program that does not answer within this many milliseconds counts as failed. */
const RUN_TIMEOUT_MS = 10_000;

const fs = () => process.getBuiltinModule("node:fs");

/** The contract, on Bun. */
export const system: System = {
  get platform() {
    return process.platform === "darwin" || process.platform === "win32"
      ? process.platform
      : "linux";
  },
  get arch() {
    return process.arch === "arm64" ? "arm64" : "x64";
  },
  get pid() {
    return process.pid;
  },
  environment: () => process.env,
  variable: (name) => process.env[name],
  setVariable(name, value) {
    process.env[name] = value;
  },
  workingFolder: () => process.cwd(),
  stat: (path) =>
    orNull(() => {
      const found = fs().statSync(path, { throwIfNoEntry: false });
      if (found === undefined) return null;
      return found.isFile() ? "file" : found.isDirectory() ? "folder" : null;
    }),
  realpath: (path) => orNull(() => fs().realpathSync(path)) ?? path,
  list: (path) => orNull(() => fs().readdirSync(path)) ?? [],
  readText: (path) => orNull(() => fs().readFileSync(path, "utf8")),
  readBytes: (path, length) =>
    orNull(() => {
      const file = fs().openSync(path, "r");
      try {
        const bytes = new Uint8Array(length);
        return bytes.subarray(0, fs().readSync(file, bytes, 0, length, 0));
      } finally {
        fs().closeSync(file);
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
  makeFolder: (path) =>
    orNull(() => {
      try {
        fs().mkdirSync(path);
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === "EEXIST") return false;
        throw error;
      }
    }),
  removeFolder: (path) => void orNull(() => fs().rmSync(path, { recursive: true, force: true })),
  exit: (code) => process.exit(code),
};
