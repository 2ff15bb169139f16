/**
 * The command `pyduet`.
 *
 *     pyduet types MODULE… --out FOLDER
 *     pyduet stubs FILE… --out FOLDER
 *
 * @module
 */

import process from "node:process";
import { type Command, CommandError, type Console, UsageError } from "./command.ts";
import { stubsCommand } from "./stubs_command.ts";
import { typesCommand } from "./types_command.ts";

export type { Console } from "./command.ts";

/** As package.json says: a test compares the two. */
export const VERSION = "0.1.0";

/** Every subcommand, in the order of `--help`. */
const COMMANDS: readonly Command[] = [typesCommand, stubsCommand];

const HELP = `pyduet COMMAND …

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join("\n")}

  --help       this text; after a command, that of the command
  --version    the version`;

/** Runs the command line given; the exit code. */
export async function main(args: readonly string[], console: Console): Promise<number> {
  const [name, ...rest] = args;
  const command = COMMANDS.find((each) => each.name === name);
  try {
    if (command === undefined) return general(name, console);
    if (rest.includes("--help") || rest.includes("-h")) {
      console.say(command.help);
      return 0;
    }
    return await command.run(rest, console);
  } catch (error) {
    const what = command ? `pyduet ${command.name}` : "pyduet";
    if (isUsage(error)) {
      console.note(`${what}: ${error.message}\nSee ${what} --help`);
      return 2;
    }
    if (!(error instanceof CommandError)) throw error;
    console.note(`${what}: ${error.message}`);
    return 1;
  }
}

function general(name: string | undefined, console: Console): number {
  if (name === "--help" || name === "-h") console.say(HELP);
  else if (name === "--version" || name === "-v") console.say(VERSION);
  else if (name === undefined) throw new UsageError("name a command");
  else {
    const known = COMMANDS.map((each) => each.name).join(", ");
    throw new UsageError(`there is no command ${JSON.stringify(name)}; there are: ${known}`);
  }
  return 0;
}

/** Wrong use, also as parseArgs() tells it. */
function isUsage(error: unknown): error is Error {
  return error instanceof UsageError ||
    String((error as { code?: unknown } | null)?.code).startsWith("ERR_PARSE_ARGS");
}

/** Runs the process's own command line. */
export async function runHere(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), {
    say: (line) => console.log(line),
    note: (line) => console.error(line),
  });
}

if (import.meta.main) await runHere();
