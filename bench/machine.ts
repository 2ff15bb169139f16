/**
 * Where numbers were made: they mean nothing without it.
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Python } from "../mod.ts";

/** What stands beside every result. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** As the operating system tells it at this moment; 0 where it does not. */
  readonly megahertz: number;
  readonly system: string;
  readonly runtime: string;
  readonly python: string;
  /** With `+` where the working tree differs from it; `null` outside of a checkout. */
  readonly commit: string | null;
  readonly date: string;
}

/** `"deno"` or `"bun"`. */
export const RUNTIME: "deno" | "bun" = "Deno" in globalThis ? "deno" : "bun";

/** This process's facts. */
export function machineOf(py: Python): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    megahertz: first?.speed || megahertz(),
    system: `${process.platform} ${process.arch}`,
    runtime: `${RUNTIME} ${process.versions[RUNTIME]}`,
    python: py.version.join("."),
    commit: commit(),
    date: new Date().toISOString(),
  };
}

/** Linux, where the runtime finds none. */
function megahertz(): number {
  try {
    const match = /^cpu MHz\s*:\s*([\d.]+)/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    return Math.round(Number(match?.[1] ?? 0));
  } catch {
    return 0;
  }
}

function commit(): string | null {
  const head = git("rev-parse", "--short=12", "HEAD");
  if (head === null) return null;
  return git("status", "--porcelain", "--untracked-files=no") === "" ? head : `${head}+`;
}

function git(...args: string[]): string | null {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { status, stdout } = spawnSync("git", args, { cwd, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}
