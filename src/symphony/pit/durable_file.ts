/**
 * Files that are either whole or not there, also after a crash in the middle of writing.
 * @module
 */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";

/** How safely something is written. */
export interface Durability {
  /**
   * `false`: the operating system writes when it likes. What was acknowledged survives the end of the process, by
   * whatever signal, but not that of the machine. Default: `true`, it survives both.
   */
  readonly durable?: boolean;
}

/** What the names of files that are being written end with. */
export const PART = ".part";

/** Writes all bytes at the file's place, or throws. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at);
}

/** The names in a folder reach the disk. Windows has no such call, and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Gives a whole file its name, in place of what had it. */
export function renameDurably(from: string, to: string, { durable = true }: Durability = {}): void {
  renameSync(from, to);
  if (durable) syncFolder(dirname(to));
}

/**
 * Writes a file by way of another one in the same folder, so that under its name there is always the old content or
 * the new one, whole.
 */
export function writeDurably(
  path: string,
  content: Uint8Array | string,
  { durable = true }: Durability = {},
): void {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}${PART}`);
  const file = openSync(part, "wx");
  try {
    try {
      writeAll(file, bytes);
      if (durable) fdatasyncSync(file);
    } finally {
      closeSync(file);
    }
    renameDurably(part, path, { durable });
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
