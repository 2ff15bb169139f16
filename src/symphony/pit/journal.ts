/**
 * A file of entries to which is only added: what was added is there after a crash, and what a crash tore is not.
 *
 * A line is `<checksum> <body>`; the checksum covers the line's number, so that lines that were lost, doubled or
 * exchanged are seen. The first line is the journal's own.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
} from "node:fs";
import { SymphonyError } from "../error.ts";
import { type Durability, writeAll, writeDurably } from "./durable_file.ts";

/** Makes the lines unreadable. `place` tells lines apart: a line is readable in its own place alone. */
export interface LineCipher {
  /** The text as one word. */
  seal(text: string, place: string): string;
  /** The text again; throws where the word was changed, or comes from another place. */
  open(word: string, place: string): string;
}

/** How a journal is opened. */
export interface JournalOptions extends Durability {
  /** What makes the lines unreadable. Default: they are JSON. */
  readonly cipher?: LineCipher;
  /** Leave out damaged lines in the middle, which are an error otherwise. */
  readonly repair?: boolean;
}

/** The entries of a file, and a place for more. */
export class Journal {
  /** Where it lies. */
  readonly path: string;
  readonly #durable: boolean;
  readonly #cipher: LineCipher | undefined;
  #file = -1;
  #id = "";
  #lines = 0;
  #length = 0;

  /** Use {@link openJournal}. */
  constructor(path: string, { durable = true, cipher }: JournalOptions) {
    this.path = path;
    this.#durable = durable;
    this.#cipher = cipher;
  }

  /** How many entries the file has. */
  get size(): number {
    return this.#lines - 1;
  }

  /** Adds entries: all of them are in the file when this returns, or none when it throws. */
  append(entries: readonly unknown[]): void {
    if (this.#file === -1) throw new SymphonyError("Io", `The journal ${this.path} was closed.`);
    if (entries.length === 0) return;
    const text = entries.map((entry, i) => this.#line(entry, this.#lines + i)).join("");
    const bytes = new TextEncoder().encode(text);
    try {
      writeAll(this.#file, bytes);
      if (this.#durable) fdatasyncSync(this.#file);
    } catch (error) {
      // A torn line in the middle would make all that follow unreadable.
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
    this.#lines += entries.length;
    this.#length += bytes.length;
  }

  /** Puts these entries in the place of all that there are, at one stroke. */
  rewrite(entries: readonly unknown[]): void {
    this.#id = randomUUID();
    const lines = [this.#head(), ...entries.map((entry, i) => this.#line(entry, i + 1))];
    const bytes = new TextEncoder().encode(lines.join(""));
    writeDurably(this.path, bytes, { durable: this.#durable });
    this.close();
    this.#file = openSync(this.path, "a");
    this.#lines = lines.length;
    this.#length = bytes.length;
  }

  /** Closes the file. A second time does nothing. */
  close(): void {
    if (this.#file !== -1) closeSync(this.#file);
    this.#file = -1;
  }

  /** Reads what there is; cuts off what a crash tore. */
  read(repair: boolean): unknown[] {
    const bytes = readFileSync(this.path);
    const lines = linesOf(bytes);
    const [head] = lines;
    const id = head === undefined ? null : idOf(head.text);
    if (id === null) throw damaged(this.path, 1);
    this.#id = id;
    const entries: unknown[] = [];
    const bad: number[] = [];
    let [good, length] = [0, 0];
    lines.forEach(({ text, end }, number) => {
      if (bodyOf(text, number) === null) return void bad.push(number);
      [good, length] = [number, end];
      if (number === 0) return;
      try {
        entries.push(this.#entry(text, number));
      } catch {
        bad.push(number); // whole, but not from here
      }
    });
    const inside = bad.find((number) => number <= good);
    if (inside !== undefined && !repair) throw damaged(this.path, inside + 1);
    this.#file = openSync(this.path, "a");
    if (inside !== undefined) this.rewrite(entries);
    else {
      if (length < bytes.length) ftruncateSync(this.#file, length);
      this.#lines = good + 1;
      this.#length = length;
    }
    return entries;
  }

  #head(): string {
    return sealed(JSON.stringify({ journal: 1, id: this.#id }), 0);
  }

  #line(entry: unknown, number: number): string {
    const text = JSON.stringify(entry);
    return sealed(this.#cipher?.seal(text, `${this.#id}:${number}`) ?? text, number);
  }

  #entry(line: string, number: number): unknown {
    const body = bodyOf(line, number)!;
    return JSON.parse(this.#cipher?.open(body, `${this.#id}:${number}`) ?? body);
  }
}

/** Opens a journal, or begins one; with the entries that it has. */
export function openJournal(
  path: string,
  options: JournalOptions = {},
): { journal: Journal; entries: unknown[] } {
  const journal = new Journal(path, options);
  if (existsSync(path)) return { journal, entries: journal.read(options.repair ?? false) };
  journal.rewrite([]);
  return { journal, entries: [] };
}

/** The hexadecimal digits of a checksum. */
const DIGITS = 16;

function checksum(body: string, number: number): string {
  return createHash("sha256").update(`${number}:${body}`).digest("hex").slice(0, DIGITS);
}

function sealed(body: string, number: number): string {
  return `${checksum(body, number)} ${body}\n`;
}

function bodyOf(line: string, number: number): string | null {
  const body = line.slice(DIGITS + 1);
  return line.slice(0, DIGITS) === checksum(body, number) ? body : null;
}

function idOf(line: string): string | null {
  const body = bodyOf(line, 0);
  return body === null ? null : (JSON.parse(body) as { id: string }).id;
}

/** The lines that end, each with the place where the next one begins. What has no end was torn. */
function linesOf(bytes: Uint8Array): { text: string; end: number }[] {
  const decoder = new TextDecoder();
  const lines: { text: string; end: number }[] = [];
  for (let from = 0;;) {
    const to = bytes.indexOf(10, from);
    if (to === -1) return lines;
    lines.push({ text: decoder.decode(bytes.subarray(from, to)), end: to + 1 });
    from = to + 1;
  }
}

function damaged(path: string, line: number): SymphonyError {
  return new SymphonyError(
    "Io",
    `Line ${line} of ${path} is damaged. Put back a copy of the file, or open it with { repair: true }, which leaves ` +
      `such lines out.`,
  );
}
