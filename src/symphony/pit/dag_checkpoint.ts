/**
 * Checkpoints: how far an execution has come, in files.
 *
 * A folder for each execution; in it `<number>.<id>.json`, whole or not there, and beside the newest one a journal of
 * what ended since, so that each node that ended costs one line and not a whole checkpoint.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SymphonyError } from "../error.ts";
import { type Durability, PART, syncFolder, writeDurably } from "./durable_file.ts";
import { type Journal, openJournal } from "./journal.ts";
import { fromSaved, toSaved } from "./saved_value.ts";
import type { ExecutionState } from "./dag_state.ts";

/** How far an execution had come. */
export interface Checkpoint {
  /** Its id: letters, digits, `_`, `.` and `-`. */
  readonly id: string;
  /** Whose it is: letters, digits, `_` and `-`. */
  readonly executionId: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** The nodes that had completed. */
  readonly completedNodes: readonly string[];
  /** The outputs by the names of the nodes. */
  readonly nodeOutputs: Readonly<Record<string, unknown>>;
  /** How the execution was. */
  readonly executionState: ExecutionState;
  /** The workflow: `"name@version"`. */
  readonly workflow?: string;
  /** The variables with which it began. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** For whom it runs. */
  readonly userId?: string;
  /** The nodes that were skipped. */
  readonly skippedNodes?: readonly string[];
  /** The nodes that failed though the workflow went on, with the texts of their errors. */
  readonly failedNodes?: Readonly<Record<string, string>>;
}

/** What ended since a checkpoint. */
export interface Progress {
  /** The node. */
  readonly node: string;
  /** How it ended. */
  readonly state: "Completed" | "Skipped" | "Failed";
  /** Its output, where it has one. */
  readonly output?: unknown;
  /** The text of its error. */
  readonly error?: string;
}

/**
 * Checkpoints in a folder.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { CheckpointStore } from "pyduet/symphony";
 * const store = new CheckpointStore(mkdtempSync("/tmp/checkpoints-"));
 * store.save({
 *   id: "c1", executionId: "e1", timestamp: 0, completedNodes: ["a"], nodeOutputs: { a: 1n }, executionState: "Running",
 * });
 * store.latest("e1")?.nodeOutputs.a; // 1n
 * store.list("e1"); // ["c1"]
 * ```
 */
export class CheckpointStore {
  /** Where they lie. */
  readonly folder: string;
  readonly #durability: Durability;

  /** Takes a folder, which is made if it is not there. */
  constructor(folder: string, { durable = true }: Durability = {}) {
    this.folder = folder;
    this.#durability = { durable };
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a checkpoint: whole, or not at all. It is the execution's newest. */
  save(checkpoint: Checkpoint): void {
    const { id, executionId } = checkpoint;
    const folder = this.#folderOf(executionId);
    checkName("checkpoint", id, /^[\w.-]{1,100}$/);
    if (mkdirSync(folder, { recursive: true }) !== undefined && this.#durability.durable) {
      syncFolder(this.folder);
    }
    const what = `checkpoint ${id} of execution ${executionId}`;
    const text = JSON.stringify(toSaved({ ...checkpoint }, what));
    const old = this.#files(executionId);
    const number = String(numberOf(old.at(-1)) + 1).padStart(8, "0");
    const path = join(folder, `${number}.${id}.json`);
    writeDurably(path, `${digest(text)}\n${text}\n`, this.#durability);
    for (const file of old) if (idOf(file) === id) rmSync(join(folder, file));
  }

  /** The checkpoint of that id; `null` where there is none. */
  load(id: string): Checkpoint | null {
    for (const executionId of this.executions()) {
      const file = this.#files(executionId).find((file) => idOf(file) === id);
      if (file !== undefined) return this.#read(executionId, file);
    }
    return null;
  }

  /** The newest one of an execution; `null` where there is none. */
  latest(executionId: string): Checkpoint | null {
    const file = this.#files(executionId).at(-1);
    return file === undefined ? null : this.#read(executionId, file);
  }

  /** The ids of an execution's checkpoints, the oldest first. */
  list(executionId: string): string[] {
    return this.#files(executionId).map(idOf);
  }

  /** Removes the checkpoint of that id; whether it was there. */
  delete(id: string): boolean {
    for (const executionId of this.executions()) {
      const file = this.#files(executionId).find((file) => idOf(file) === id);
      if (file === undefined) continue;
      this.#remove(executionId, file);
      return true;
    }
    return false;
  }

  /** Removes all but the newest checkpoints of an execution. */
  prune(executionId: string, keep: number): void {
    for (const file of this.#files(executionId).slice(0, -keep)) this.#remove(executionId, file);
  }

  /** Removes all that there is of an execution. */
  deleteExecution(executionId: string): void {
    rmSync(this.#folderOf(executionId), { recursive: true, force: true });
  }

  /** The executions that have checkpoints. */
  executions(): string[] {
    return readdirSync(this.folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  }

  /** The journal of what ended since a checkpoint, and what is in it. To be closed. */
  progress(executionId: string, id: string): { journal: Journal; entries: Progress[] } {
    const file = this.#files(executionId).find((file) => idOf(file) === id);
    if (file === undefined) {
      throw new SymphonyError("Io", `There is no checkpoint ${id} of execution ${executionId}.`);
    }
    const { journal, entries } = openJournal(
      join(this.#folderOf(executionId), `${file.slice(0, -JSON_END.length)}.log`),
      this.#durability,
    );
    return { journal, entries: entries.map((entry) => fromSaved(entry) as Progress) };
  }

  #remove(executionId: string, file: string): void {
    const path = join(this.#folderOf(executionId), file);
    rmSync(path);
    rmSync(`${path.slice(0, -JSON_END.length)}.log`, { force: true });
  }

  #read(executionId: string, file: string): Checkpoint {
    const path = join(this.#folderOf(executionId), file);
    const [sum, text] = readFileSync(path, "utf8").split("\n");
    if (text === undefined || sum !== digest(text)) {
      throw new SymphonyError(
        "Io",
        `The checkpoint ${path} is damaged. delete(${
          JSON.stringify(idOf(file))
        }) removes it; the one before it, ` +
          `if there is one, is the newest then.`,
      );
    }
    return fromSaved(JSON.parse(text)) as Checkpoint;
  }

  #folderOf(executionId: string): string {
    checkName("execution", executionId, /^[\w-]{1,100}$/);
    return join(this.folder, executionId);
  }

  #files(executionId: string): string[] {
    const folder = this.#folderOf(executionId);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).filter((name) => name.endsWith(JSON_END) && !name.endsWith(PART))
      .sort();
  }
}

const JSON_END = ".json";

function numberOf(file: string | undefined): number {
  return file === undefined ? 0 : Number(file.slice(0, file.indexOf(".")));
}

function idOf(file: string): string {
  return file.slice(file.indexOf(".") + 1, -JSON_END.length);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function checkName(what: string, id: string, allowed: RegExp): void {
  if (typeof id === "string" && allowed.test(id) && !id.startsWith(".")) return;
  throw new SymphonyError(
    "Validation",
    `The id of the ${what} names a file and may have letters, digits, _ and - alone, 100 at most, not ` +
      JSON.stringify(id),
  );
}
