/**
 * Runs on Dask's workers, which may be on other machines.
 *
 * A run is TypeScript, so a Dask worker, which is Python, starts a child of the JavaScript runtime and has it make the
 * runs, as `processes()` does here. Dask's part is where and when.
 * @module
 */
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { PyValue } from "../../../mod.ts";
import { SymphonyError } from "../error.ts";
import { type Crew, type Executor, failure, type Job } from "./executor.ts";
import type { Task } from "./grid.ts";
import { programFile } from "./processes.ts";
import { DASK_WORKER, experimentModule } from "./python_side.ts";
import { fromLine, lineOf, type Outcome } from "./row.ts";
import { MARK, READY, runtimeCommand, WORKER_VARIABLE } from "./worker.ts";

/** Where Dask is, and how its workers start this program. */
export interface DaskOptions {
  /** A scheduler that runs already: `"tcp://10.0.0.1:8786"`. Default: a `LocalCluster` for this experiment. */
  readonly address?: string;
  /** How many workers that cluster has, each with one run at a time. Default: 2. */
  readonly workers?: number;
  /** Whether they are processes, or threads of this one: their runs are in processes anyway. Default: false. */
  readonly processes?: boolean;
  /** The file that calls `experiment()`, the same on every machine. Default: the program's own. */
  readonly file?: string;
  /** How the workers start it, without the file. Default: as this program was started. */
  readonly command?: readonly string[];
  /** Variables for it, besides those that its worker has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds for the scheduler to answer and to have a worker. Default: 30 000. */
  readonly timeout?: number;
}

/** Makes the runs on Dask's workers. It needs Python's `dask[distributed]`. */
export function dask(options: DaskOptions = {}): Executor {
  const { address = null, workers = 2, processes = false, timeout = 30_000 } = options;
  if (!Number.isSafeInteger(workers) || workers < 1) {
    throw new RangeError(`workers must be a whole number above 0, not ${workers}`);
  }
  return {
    async open(job) {
      const file = programFile(options.file);
      const crew = experimentModule("dask_crew").Crew(DASK_WORKER);
      try {
        const count = Math.min(workers, job.count);
        const size: number = await crew.open(address, count, processes, timeout / 1000);
        const command = [...(options.command ?? runtimeCommand()), file];
        return new DaskCrew(job, { crew, command, size, environment: options.environment ?? {} });
      } catch (error) {
        await crew.close();
        throw new SymphonyError(
          "Configuration",
          `${
            address === null
              ? "A LocalCluster did not start"
              : `No Dask worker answered at ${address}`
          }: ${error instanceof Error ? error.message : error}`,
          { cause: error },
        );
      }
    },
  };
}

/** Workers of one cluster. */
class DaskCrew implements Crew {
  readonly size: number;
  readonly #job: Job;
  readonly #crew: PyValue;
  readonly #id = randomUUID();
  readonly #setup: Readonly<Record<string, unknown>>;
  readonly #running = new Set<Promise<Outcome>>();
  #ending: Promise<void> | null = null;

  constructor(
    job: Job,
    { crew, command, size, environment }: {
      readonly crew: PyValue;
      readonly command: readonly string[];
      readonly size: number;
      readonly environment: Readonly<Record<string, string>>;
    },
  ) {
    this.size = Math.max(1, size);
    this.#job = job;
    this.#crew = crew;
    this.#setup = {
      job: this.#id,
      command,
      folder: process.cwd(),
      environment: { ...environment, [WORKER_VARIABLE]: job.experiment },
      mark: MARK,
      ready: READY,
    };
    job.signal.addEventListener("abort", this.#kill, { once: true });
  }

  readonly #kill = (): void => {
    this.#ending = this.#end(true);
    this.#ending.catch(() => {}); // close() tells it
  };

  run(task: Task): Promise<Outcome> {
    const running = this.#ask(task);
    this.#running.add(running);
    const over = (): void => void this.#running.delete(running);
    running.then(over, over);
    return running;
  }

  async #ask(task: Task): Promise<Outcome> {
    const began = performance.now();
    const answer = await this.#crew.run(this.#setup, lineOf(task));
    const [line, where, how]: [string | null, string | null, string | null] = answer.$.toJs();
    answer.$.release();
    if (line !== null) return fromLine(line) as Outcome;
    if (where === "start") {
      throw new SymphonyError(
        "Configuration",
        `A Dask worker could not start ${
          (this.#setup["command"] as string[]).join(" ")
        }, or it did not come to ` +
          `experiment(${JSON.stringify(this.#job.experiment)}). ${how}`,
      );
    }
    return failure(new SymphonyError("Io", how!), Math.round(performance.now() - began));
  }

  async close(): Promise<void> {
    this.#job.signal.removeEventListener("abort", this.#kill);
    try {
      await (this.#ending ?? this.#end(false));
      // Without their runtimes they end: a cluster is not closed under them.
      await Promise.allSettled(this.#running);
    } finally {
      await this.#crew.close();
      this.#crew.$.release();
    }
  }

  async #end(kill: boolean): Promise<void> {
    await this.#crew.end(this.#id, kill);
  }
}
