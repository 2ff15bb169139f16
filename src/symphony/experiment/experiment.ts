/**
 * `experiment()`: runs a function for every combination of parameters with every seed, keeps what each run gave, and
 * goes on after it was stopped.
 * @module
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SymphonyError } from "../error.ts";
import { FolderLock } from "../folder_lock.ts";
import { rowsCsv, seriesCsv } from "./csv.ts";
import { type Executor, type ExperimentContext, inProcess, type Run } from "./executor.ts";
import { type Grid, type ParametersOf, type Task, tasksOf } from "./grid.ts";
import { type Found, Journal, readRows } from "./journal.ts";
import { type ComparisonOptions, type CurveOptions, drawComparison, drawCurves } from "./plots.ts";
import { type ProgressBar, progressBar } from "./progress.ts";
import type { Row } from "./row.ts";
import { groupsOf, type IntervalOptions, summaryOf, type SummaryRow, tableOf } from "./summary.ts";
import { serve, workingFor } from "./worker.ts";

/** What is tried. */
export interface Experiment<G extends Grid> {
  /** Its name. */
  readonly name: string;
  /**
   * One run: the figures and series that it gives are kept. What it throws is kept as well. Its parameters, its seed,
   * and nothing else should decide what comes out.
   */
  readonly run: (context: ExperimentContext<ParametersOf<G>>) => unknown;
  /** The values of each parameter. Default: none, one combination. */
  readonly grid?: G;
  /** How many seeds, 0 upwards, or which. Default: 1. */
  readonly seeds?: number | readonly number[];
  /** The folder that keeps the rows. */
  readonly out: string;
}

/** How it is done. */
export interface ExperimentOptions {
  /** Who makes the runs. Default: `inProcess()`. */
  readonly executor?: Executor;
  /** `true`: a bar of Python's tqdm, where it is installed. Or a bar, such as one of cli-progress. Default: true. */
  readonly progress?: boolean | ProgressBar;
  /** Makes runs again that had failed. Default: false, they stay as they are. */
  readonly retryFailed?: boolean;
  /** Stops it: rows that are there stay, and the Promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** What came of an experiment. */
export class ExperimentResult {
  /** The rows of this grid and these seeds, in their order. */
  readonly rows: readonly Row[];
  /** How many runs were made now, and not found. */
  readonly made: number;
  /** Bytes of a line torn by a kill that were cut off the file. */
  readonly repaired: number;

  /** Made by {@link experiment}. */
  constructor(rows: readonly Row[], made: number, repaired: number) {
    this.rows = rows;
    this.made = made;
    this.repaired = repaired;
  }

  /** The rows of runs that failed. */
  get failed(): readonly Row[] {
    return this.rows.filter(({ status }) => status === "failed");
  }

  /** The mean of every figure with its confidence interval, by all parameters, or by those named. */
  summary(options: IntervalOptions & { readonly by?: readonly string[] } = {}): SummaryRow[] {
    return summaryOf(groupsOf(this.rows, options.by), options);
  }

  /** The summary as text. */
  table(options: IntervalOptions & { readonly by?: readonly string[] } = {}): string {
    return tableOf(this.summary(options));
  }

  /** Draws a series over its steps, with the confidence interval as a band; `.svg` or `.png`. */
  plotCurves(file: string, options: CurveOptions): Promise<void> {
    return drawCurves(file, groupsOf(this.rows, options.by, options.label), options);
  }

  /** Draws a figure of the combinations beside one another; `.svg` or `.png`. */
  plotComparison(file: string, options: ComparisonOptions): Promise<void> {
    return drawComparison(file, groupsOf(this.rows, options.by, options.label), options);
  }
}

/**
 * Runs an experiment. In its folder are `rows.jsonl`, to which each run is added as it ends, and at the end `rows.csv`
 * and `series.csv`. Started again, it makes the runs that are not there. While it runs, its folder is refused to others.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { experiment } from "pyduet/symphony";
 * const result = await experiment({
 *   name: "growth",
 *   run: ({ params, seed }) => ({ size: params.rate * 10 + seed }),
 *   grid: { rate: [1, 2] },
 *   seeds: 3,
 *   out: mkdtempSync("/tmp/growth-"),
 * }, { progress: false });
 * result.rows.length; // 6
 * result.summary()[0]!.mean; // 11
 * ```
 */
export async function experiment<const G extends Grid>(
  { name, run, grid, seeds = 1, out }: Experiment<G>,
  options: ExperimentOptions = {},
): Promise<ExperimentResult> {
  const tasks = tasksOf(name, { grid: grid ?? {}, seeds });
  if (workingFor === name) return await serve(run as unknown as Run);
  const file = join(out, "rows.jsonl");
  // A worker of a later experiment passes by: what is there is all that it can know.
  if (workingFor !== null) return resultOf(tasks, await readRows(file, name), 0);
  options.signal?.throwIfAborted();
  await mkdir(out, { recursive: true });
  using _lock = new FolderLock(out);
  const found = await readRows(file, name);
  const rows = new Map(found.rows);
  const todo = tasks.filter(({ id }) => {
    const row = rows.get(id);
    return row === undefined || (options.retryFailed === true && row.status === "failed");
  });
  const journal = await Journal.open(file, found);
  try {
    await makeAll(todo, {
      name,
      run: run as unknown as Run,
      options,
      done: tasks.length - todo.length,
      async keep(row) {
        await journal.add(row);
        rows.set(row.id, row);
      },
    });
  } finally {
    await journal.close();
  }
  const all = resultOf(tasks, { ...found, rows }, todo.length);
  await replace(join(out, "rows.csv"), rowsCsv(all.rows));
  await replace(join(out, "series.csv"), seriesCsv(all.rows));
  return all;
}

/** What the rows that are there come to; `made` of them by this program. */
function resultOf(tasks: readonly Task[], { rows, torn }: Found, made: number): ExperimentResult {
  return new ExperimentResult(tasks.flatMap(({ id }) => rows.get(id) ?? []), made, torn);
}

interface Making {
  readonly name: string;
  readonly run: Run;
  readonly options: ExperimentOptions;
  /** How many runs were there before. */
  readonly done: number;
  keep(row: Row): Promise<void>;
}

async function makeAll(todo: readonly Task[], making: Making): Promise<void> {
  if (todo.length === 0) return;
  const { name, run, options, done, keep } = making;
  const { executor = inProcess(), progress = true, signal: given } = options;
  const stop = new AbortController();
  const signal = given ? AbortSignal.any([given, stop.signal]) : stop.signal;
  const crew = await executor.open({ experiment: name, run, count: todo.length, signal });
  const bar = progressBar(progress, name);
  try {
    bar.start(done + todo.length, done, { failed: 0 });
    let [over, failed] = [done, 0];
    const left = todo[Symbol.iterator]();
    const one = async (): Promise<void> => {
      // All share one iterator: each takes the next task that nobody has.
      for (const task of left) {
        if (signal.aborted) return;
        const outcome = await unlessAborted(crew.run(task), signal);
        if (outcome === null) return;
        await keep({ experiment: name, ...task, ...outcome });
        failed += outcome.status === "failed" ? 1 : 0;
        bar.update(++over, { failed });
      }
    };
    const all = Array.from({ length: Math.max(1, Math.min(crew.size, todo.length)) }, one);
    try {
      await Promise.all(all);
    } catch (error) {
      // What the others are at is not waited for.
      stop.abort(error);
      await Promise.allSettled(all);
      throw error;
    }
    given?.throwIfAborted();
  } finally {
    bar.stop();
    await crew.close();
  }
}

/** What a promise gives; `null` as soon as the signal is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: either, resolve, reject } = Promise.withResolvers<T | null>();
  const aborted = (): void => resolve(null);
  if (signal.aborted) aborted();
  else signal.addEventListener("abort", aborted, { once: true });
  promise.then(resolve, reject);
  return either.finally(() => signal.removeEventListener("abort", aborted));
}

/** The old file or the new one, whatever happens. */
async function replace(file: string, text: string): Promise<void> {
  const made = `${file}.new`;
  try {
    await writeFile(made, text);
    await rename(made, file);
  } catch (error) {
    throw new SymphonyError("Io", `${file} could not be written: ${error}`, { cause: error });
  }
}
