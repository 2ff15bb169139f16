/**
 * Fresh processes: some things can be measured only where nothing happened before.
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What a child process said, and how long it lived. */
export interface Child {
  /** From before its start to after its end, in milliseconds. */
  readonly milliseconds: number;
  /** The last line of its output, read as JSON; `null` where it printed nothing. */
  readonly said: unknown;
}

/** Runs a file of this folder in a process of this runtime, with this process's environment. */
export function runHere(file: string, args: readonly string[] = []): Child {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return runCommand(process.execPath, [...flags(), path, ...args]);
}

/** Runs a command and waits for its end. Throws with what it said if it failed. */
export function runCommand(command: string, args: readonly string[]): Child {
  const begun = performance.now();
  const { status, signal, stdout, stderr, error } = spawnSync(command, [...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const milliseconds = performance.now() - begun;
  if (status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${error ?? signal ?? status}:\n${stdout}${stderr}`,
    );
  }
  const last = stdout.trim().split("\n").at(-1) ?? "";
  return { milliseconds, said: last === "" ? null : JSON.parse(last) };
}

/** As tests/house/tools.mjs runs programs. */
function flags(): string[] {
  return "Deno" in globalThis ? ["run", "-A", "--no-check", "--v8-flags=--expose-gc"] : ["run"];
}
