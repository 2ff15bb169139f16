/**
 * One process at a time in a folder.
 *
 * The lock is a file that names its owner. It is made whole and at one stroke, by a hard link. A lock whose owner is
 * dead is taken over by the one that links its claim to it; a claim names the very lock that it is for, so that two
 * that saw the same dead owner cannot both win.
 * @module
 */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { SymphonyError } from "./error.ts";

/** Who holds a lock. */
interface Owner {
  readonly pid: number;
  /** When the process began, in the system's own count; "" where the system does not tell. */
  readonly began: string;
  /** Tells this lock from all others. */
  readonly id: string;
}

/** How often to look again where others take over at the same time. */
const TRIES = 50;

/** A folder that is held until `release()`, or until the process ends. */
export class FolderLock implements Disposable {
  readonly #path: string;
  #owner: Owner | null;

  /** Takes the folder; an error names the process that has it. */
  constructor(folder: string) {
    this.#path = join(folder, "lock");
    this.#owner = take(this.#path, folder);
  }

  /** Gives the folder to the next. A second time does nothing. */
  release(): void {
    if (this.#owner !== null && read(this.#path)?.id === this.#owner.id) rmSync(this.#path);
    this.#owner = null;
  }

  /** {@link release} */
  [Symbol.dispose](): void {
    this.release();
  }
}

function take(path: string, folder: string): Owner {
  const owner = { pid: process.pid, began: beganAt(process.pid), id: randomUUID() };
  const mine = `${path}.${owner.id}`;
  writeFileSync(mine, JSON.stringify(owner), { flag: "wx" });
  try {
    for (let i = 0; i < TRIES; i++) {
      if (linked(mine, path)) return owner;
      const other = read(path);
      if (other === null) continue; // given back meanwhile
      if (isAlive(other)) throw inUse(folder, path, other);
      takeOver(path, other, mine);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new SymphonyError(
    "Io",
    `The folder ${folder} could not be locked, since others try as well.`,
  );
}

/** Removes the lock of a dead process, if it is still that one. */
function takeOver(path: string, dead: Owner, mine: string): void {
  const claim = `${path}.claim.${dead.id}`;
  if (!linked(mine, claim)) {
    const other = read(claim);
    // The one that claimed it died in the middle.
    if (other !== null && !isAlive(other)) rmSync(claim, { force: true });
    return;
  }
  try {
    if (read(path)?.id === dead.id) rmSync(path);
  } finally {
    rmSync(claim, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function read(path: string): Owner | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Owner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Whether that very process runs; its number alone may belong to another one by now. */
function isAlive({ pid, began }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    return true; // it belongs to another user
  }
  const now = beganAt(pid);
  return began === "" || now === "" || now === began;
}

/** Field 22 of `/proc/<pid>/stat`: the time of its start. Linux alone has it. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function inUse(folder: string, path: string, { pid }: Owner): SymphonyError {
  const who = pid === process.pid ? "this process already" : `process ${pid}`;
  return new SymphonyError(
    "Io",
    `The folder ${folder} is in use by ${who}. Close it there first; if that is no such program, remove ${path}.`,
  );
}
