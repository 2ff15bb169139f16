/**
 * The file of the rows: one line each, on the disk before the next run's result is taken.
 * @module
 */
import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { SymphonyError } from "../error.ts";
import { lineOf, type Row, rowOf } from "./row.ts";

/** What was found in a file. */
export interface Found {
  /** The rows, the latest of each id, in the order in which their ids first stood there. */
  readonly rows: ReadonlyMap<string, Row>;
  /** Bytes at the end that were no whole line: what a program that was killed had begun to write. */
  readonly torn: number;
  /** Whether the last line is a row that lacks only its end. */
  readonly unended: boolean;
}

/** Reads a file of rows; one that is not there is empty. */
export async function readRows(file: string, experiment: string): Promise<Found> {
  const bytes = await readFile(file).catch((error) => {
    if (error.code === "ENOENT") return new Uint8Array();
    throw error;
  });
  const end = bytes.lastIndexOf(10) + 1;
  const decoder = new TextDecoder();
  const lines = decoder.decode(bytes.subarray(0, end)).split("\n").slice(0, -1);
  const rows = new Map<string, Row>();
  for (const [i, line] of lines.entries()) {
    const row = rowOf(line);
    if (row === null) {
      throw new SymphonyError(
        "Serialization",
        `${file}, line ${i + 1} is not a row: ${
          JSON.stringify(line.slice(0, 60))
        }. Remove the line; its run is made again`,
      );
    }
    take(rows, row, { file, experiment });
  }
  const last = rowOf(decoder.decode(bytes.subarray(end)));
  if (last !== null) take(rows, last, { file, experiment });
  return { rows, torn: last === null ? bytes.length - end : 0, unended: last !== null };
}

/** A file of rows, open at its end. */
export class Journal {
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens a file; what `found` says was torn is cut off. */
  static async open(path: string, found: Found): Promise<Journal> {
    if (found.torn > 0) {
      const file = await open(path, "r+");
      const { size } = await file.stat();
      await file.close();
      await truncate(path, size - found.torn);
    }
    const journal = new Journal(await open(path, "a"));
    if (found.unended) await journal.#write("\n");
    return journal;
  }

  /** Writes a row; it is on the disk when the promise resolves. */
  add(row: Row): Promise<void> {
    return this.#write(lineOf(row) + "\n");
  }

  /** Closes the file, after what is being written. */
  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file.close();
  }

  #write(text: string): Promise<void> {
    // One after another: a line is never torn by another one.
    const written = this.#last.catch(() => {}).then(async () => {
      await this.#file.appendFile(text);
      await this.#file.sync();
    });
    this.#last = written;
    return written;
  }
}

function take(
  rows: Map<string, Row>,
  row: Row,
  { file, experiment }: { readonly file: string; readonly experiment: string },
): void {
  if (row.experiment !== experiment) {
    throw new SymphonyError(
      "Configuration",
      `${file} holds rows of the experiment ${JSON.stringify(row.experiment)}, not of ${
        JSON.stringify(experiment)
      }: give each experiment a folder of its own`,
    );
  }
  rows.set(row.id, row);
}
