/**
 * A process that makes runs for another one. It runs the same file as that one, up to the call of `experiment()`,
 * which then makes runs as they are asked for, until its standard input ends.
 *
 * Each line that comes in is a task; each that goes out begins with {@link MARK}. Whatever else is printed is the
 * program's own.
 * @module
 */
import process from "node:process";
import { carryOut, type Run } from "./executor.ts";
import type { Task } from "./grid.ts";
import { fromLine, lineOf } from "./row.ts";

/** Begins what a worker says; a control character that no text has in it. */
export const MARK = "\u001e";

/** The variable that makes a process a worker, and names its experiment. */
export const WORKER_VARIABLE = "SYMPHONY_EXPERIMENT_WORKER";

/** Said when the call of `experiment()` was reached. */
export const READY = "ready";

/** The experiment for which this process works; `null`: it is no worker. */
export const workingFor: string | null = taken();

/** A grandchild is not a worker. */
function taken(): string | null {
  const name = process.env[WORKER_VARIABLE] ?? null;
  delete process.env[WORKER_VARIABLE];
  return name;
}

/** How a program of this runtime is started, before its file. */
export function runtimeCommand(): string[] {
  return [process.execPath, ...("deno" in process.versions ? ["run", "-A"] : [])];
}

/** Makes runs until the input ends; then the process ends. */
export async function serve(run: Run): Promise<never> {
  const { signal } = new AbortController();
  const say = (text: string) => process.stdout.write(`${MARK}${text}\n`);
  say(READY);
  for await (const line of linesOf(process.stdin)) {
    say(lineOf(await carryOut(run, fromLine(line) as Task, signal)));
  }
  throw new Error("the input of a worker ends with its process");
}

/** The lines of a stream, as they come. The end of the process that writes them ends this one, even in a long run. */
async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake = (): void => {};
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    waiting.push(...lines);
    wake();
  });
  stream.on("end", () => process.exit(0));
  for (;;) {
    const line = waiting.shift();
    if (line !== undefined) yield line;
    else await new Promise<void>((resolve) => wake = resolve);
  }
}
