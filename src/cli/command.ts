/**
 * What a command of `pyduet` is, and how it fails.
 * @module
 */

/** Where a command writes, and what it returns to the shell. */
export interface Console {
  /** A line of the answer. */
  say(line: string): void;
  /** A line that is no part of the answer. */
  note(line: string): void;
}

/** One subcommand. */
export interface Command {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** The text of `--help`. */
  readonly help: string;
  /** Runs it with what stands after its name; the exit code. */
  run(args: readonly string[], console: Console): number | Promise<number>;
}

/** It was called wrongly: exit code 2, and a hint at `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It could not do what it was asked for: exit code 1, and no stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
