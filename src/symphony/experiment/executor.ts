/**
 * Who makes the runs: the process itself, child processes, or other machines.
 * @module
 */
import type { ParameterValues, Task } from "./grid.ts";
import { measured, type Outcome, rowError } from "./row.ts";

/** What a run is given. */
export interface ExperimentContext<P extends object = ParameterValues> {
  /** The parameters. */
  readonly params: P;
  /** The seed of what is random. */
  readonly seed: number;
  /** Aborted when the experiment is. */
  readonly signal: AbortSignal;
}

/** One run: what it gives is kept. May be asynchronous. */
export type Run = (context: ExperimentContext) => unknown;

/** What an executor is told. */
export interface Job {
  /** The experiment's name. */
  readonly experiment: string;
  /** One run. */
  readonly run: Run;
  /** How many runs are to be made. */
  readonly count: number;
  /** Aborted when the experiment is. */
  readonly signal: AbortSignal;
}

/** Where runs are made. */
export interface Executor {
  /** Gets ready. */
  open(job: Job): Promise<Crew>;
}

/** An executor at work on an experiment. */
export interface Crew {
  /** How many runs can be made at the same time. */
  readonly size: number;
  /**
   * Makes a run. A run that fails, or whose process ends, is an outcome; a rejection is a failure of the crew itself, and
   * ends the experiment.
   */
  run(task: Task): Promise<Outcome>;
  /** Ends what was started. */
  close(): Promise<void>;
}

/** Makes a run here and now. */
export async function carryOut(
  run: Run,
  { params, seed }: Task,
  signal: AbortSignal,
): Promise<Outcome> {
  const began = performance.now();
  const taken = (): number => Math.round((performance.now() - began) * 1000) / 1000;
  try {
    const result = measured(await run({ params, seed, signal }), params);
    return { status: "done", result, error: null, milliseconds: taken() };
  } catch (error) {
    return failure(error, taken());
  }
}

/** The outcome of a run that failed. */
export function failure(error: unknown, milliseconds = 0): Outcome {
  return { status: "failed", result: {}, error: rowError(error), milliseconds };
}

/** Makes the runs one after another, in this process. */
export function inProcess(): Executor {
  return {
    open: ({ run, signal }) =>
      Promise.resolve({
        size: 1,
        run: (task) => carryOut(run, task, signal),
        close: () => Promise.resolve(),
      }),
  };
}
