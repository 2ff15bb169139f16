/**
 * Runs in child processes of the same runtime: a crash of one, by an extension module of Python's for instance, is a
 * row that failed, and all cores are used.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { SymphonyError } from "../error.ts";
import { type Crew, type Executor, failure, type Job } from "./executor.ts";
import type { Task } from "./grid.ts";
import { fromLine, lineOf, type Outcome } from "./row.ts";
import { MARK, READY, runtimeCommand, WORKER_VARIABLE } from "./worker.ts";

/** How the children run. */
export interface ProcessesOptions {
  /** How many at the same time. Default: 2. */
  readonly workers?: number;
  /** The file that calls `experiment()`. Default: the program's own. */
  readonly file?: string;
}

/** How much of what a child said last is kept for the error. */
const TAIL = 2000;

/**
 * Makes the runs in child processes. Each child runs the program's file up to its `experiment()`, so what stands
 * before that is done in each of them.
 */
export function processes({ workers = 2, file }: ProcessesOptions = {}): Executor {
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new RangeError(`workers must be a whole number above 0, not ${workers}`);
  }
  return { open: (job) => Promise.resolve(new ProcessCrew(job, workers, programFile(file))) };
}

/** The file that children run. */
export function programFile(file: string | undefined): string {
  const found = file ?? process.argv[1];
  if (found !== undefined) return found;
  throw new SymphonyError(
    "Configuration",
    "Workers run the file that calls experiment(), and this program was started without one: give its path as file",
  );
}

/** Children, each with one run at a time. */
class ProcessCrew implements Crew {
  readonly size: number;
  readonly #job: Job;
  readonly #file: string;
  readonly #idle: Child[] = [];
  readonly #all = new Set<Child>();

  constructor(job: Job, workers: number, file: string) {
    this.#job = job;
    this.size = Math.min(workers, job.count);
    this.#file = file;
    job.signal.addEventListener("abort", this.#kill, { once: true });
  }

  readonly #kill = (): void => this.#all.forEach((child) => child.kill());

  async run(task: Task): Promise<Outcome> {
    const child = this.#idle.pop() ?? this.#start();
    await child.ready;
    const began = performance.now();
    try {
      const outcome = await child.ask(lineOf(task));
      this.#idle.push(child);
      return fromLine(outcome) as Outcome;
    } catch (error) {
      return failure(error, Math.round(performance.now() - began));
    }
  }

  async close(): Promise<void> {
    this.#job.signal.removeEventListener("abort", this.#kill);
    await Promise.all([...this.#all].map((child) => child.end()));
  }

  #start(): Child {
    const child = new Child(this.#job.experiment, this.#file);
    this.#all.add(child);
    child.ended.then(() => {
      this.#all.delete(child);
      // One that ended between two runs is no run's fault.
      const at = this.#idle.indexOf(child);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    return child;
  }
}

/** One child. */
class Child {
  /** Resolves when it has come to `experiment()`; rejects if it ends before. */
  readonly ready: Promise<void>;
  /** Resolves at its end. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  #answer: PromiseWithResolvers<string>;
  #tail = "";
  #rest = "";
  #end: string | null = null;

  constructor(experiment: string, file: string) {
    const [command, ...args] = [...runtimeCommand(), file];
    this.#child = spawn(command!, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, [WORKER_VARIABLE]: experiment },
    });
    const started = Promise.withResolvers<string>();
    this.#answer = started;
    this.ready = started.promise.then((said) => {
      if (said !== READY) throw new SymphonyError("Io", `A worker said ${said} before ${READY}`);
    }).catch((error) => {
      throw new SymphonyError(
        "Configuration",
        `${file} did not come to experiment(${
          JSON.stringify(experiment)
        }) in a worker. ${error.message}`,
      );
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    const { stdin, stdout, stderr } = this.#child;
    // Writing to one that has just ended: its end is what is told.
    stdin!.on("error", () => {});
    stdout!.setEncoding("utf8").on("data", (text: string) => this.#hear(text));
    stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#tail = (this.#tail + text).slice(-TAIL);
      process.stderr.write(text);
    });
    const over = (how: string): void => {
      if (this.#end !== null) return;
      this.#end = this.#tail === "" ? how : `${how}; it had said:\n${this.#tail.trimEnd()}`;
      this.#answer.reject(new SymphonyError("Io", this.#end));
      this.#answer.promise.catch(() => {});
      resolve();
    };
    this.#child.on("error", (error) => over(`The worker could not be started: ${error.message}`));
    this.#child.on(
      "close",
      (code, signal) => over(`The worker ended by ${signal ?? `exit code ${code}`}`),
    );
  }

  /** Sends a line, and gives the answer; rejects if the child ends. */
  ask(line: string): Promise<string> {
    this.#answer = Promise.withResolvers<string>();
    if (this.#end === null) this.#child.stdin!.write(line + "\n");
    else this.#answer.reject(new SymphonyError("Io", this.#end));
    return this.#answer.promise;
  }

  /** Lets it end. */
  end(): Promise<void> {
    this.#child.stdin!.end();
    return this.ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const at = line.indexOf(MARK);
      const printed = at < 0 ? `${line}\n` : line.slice(0, at);
      if (printed !== "") process.stdout.write(printed);
      if (at >= 0) this.#answer.resolve(line.slice(at + MARK.length));
    }
  }
}
