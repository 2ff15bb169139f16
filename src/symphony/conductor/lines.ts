/**
 * Lines of text over a pipe: read with a limit, written no faster than the other side reads.
 * @module
 */
import type { Writable } from "node:stream";

const NEWLINE = 10;

/** Cuts bytes into lines. A line that is too long is dropped up to its end, and said. */
export class LineReader {
  readonly #limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: (bytes: number) => void;
  #parts: Uint8Array[] = [];
  #size = 0;

  /** Takes the limit in bytes, and who hears of lines and of those that are too long. */
  constructor(
    limit: number,
    listeners: { onLine: (line: string) => void; onTooLong: (bytes: number) => void },
  ) {
    this.#limit = limit;
    this.#onLine = listeners.onLine;
    this.#onTooLong = listeners.onTooLong;
  }

  /** More bytes. */
  push(bytes: Uint8Array): void {
    let begin = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, begin);
      if (end < 0) break;
      this.#add(bytes.subarray(begin, end));
      this.end();
      begin = end + 1;
    }
    this.#add(bytes.subarray(begin));
  }

  /** What stands after the last line's end is a line too. */
  end(): void {
    const [parts, size] = [this.#parts, this.#size];
    if (size === 0) return;
    this.#parts = [];
    this.#size = 0;
    if (size > this.#limit) return this.#onTooLong(size);
    this.#onLine(new TextDecoder().decode(parts.length === 1 ? parts[0] : joined(parts, size)));
  }

  #add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size > this.#limit) this.#parts = [];
    // A copy: the runtime may use its buffer again.
    else this.#parts.push(bytes.slice());
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Writes lines to a pipe in their order. */
export class LineWriter {
  readonly #pipe: Writable;
  #full: Promise<void> | null = null;

  /** Takes the pipe. */
  constructor(pipe: Writable) {
    this.#pipe = pipe;
  }

  /** Resolves when the pipe has room again. What is written to a closed pipe is lost, as it would be there. */
  write(line: string): Promise<void> {
    if (this.#full) return this.#full.then(() => this.write(line));
    // The line begins with an end of line as well: what somebody else left in the pipe is a line of its own.
    if (this.#pipe.destroyed || this.#pipe.write(`\n${line}\n`)) return Promise.resolve();
    const full = new Promise<void>((resolve) => {
      const room = (): void => {
        this.#pipe.off("drain", room);
        this.#pipe.off("close", room);
        if (this.#full === full) this.#full = null;
        resolve();
      };
      this.#pipe.on("drain", room);
      this.#pipe.on("close", room);
    });
    this.#full = full;
    return full;
  }
}
