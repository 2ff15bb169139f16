/**
 * Which runs an experiment is made of: every combination of the parameters' values, with every seed.
 * @module
 */
import { createHash } from "node:crypto";
import { SymphonyError } from "../error.ts";

/** A value of a parameter. */
export type ParameterValue = string | number | boolean | null;

/** The values to be tried of each parameter. */
export type Grid = Readonly<Record<string, readonly ParameterValue[]>>;

/** One combination. */
export type ParametersOf<G extends Grid> = { readonly [K in keyof G]: G[K][number] };

/** One combination, whatever its names. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** One run that is to be made. */
export interface Task {
  /** Names the run: the same experiment, parameters and seed have the same id. */
  readonly id: string;
  /** The parameters. */
  readonly params: ParameterValues;
  /** The seed of what is random. */
  readonly seed: number;
}

/** Columns of the table of rows that are not the program's own. */
export const ROW_COLUMNS: readonly string[] = ["id", "seed", "status", "milliseconds", "error"];

/** Those of the table of series, beside parameters. */
const SERIES_COLUMNS: readonly string[] = ["series", "step", "value"];

/** All combinations of a grid, the last parameter changing fastest. */
export function pointsOf(grid: Grid): ParameterValues[] {
  let points: ParameterValues[] = [{}];
  for (const [name, values] of Object.entries(grid)) {
    checkParameter(name, values);
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points;
}

/** The seeds that a number of them, or a list, stands for. */
export function seedsOf(seeds: number | readonly number[]): number[] {
  if (typeof seeds === "number") {
    if (Number.isSafeInteger(seeds) && seeds > 0) return Array.from({ length: seeds }, (_, i) => i);
    throw invalid(`seeds must be a whole number above 0, or an array of seeds, not ${seeds}`);
  }
  if (seeds.length === 0) throw invalid("seeds must name at least one seed");
  const wrong = seeds.find((seed) => !Number.isSafeInteger(seed) || seed < 0);
  if (wrong !== undefined) throw invalid(`seeds must be whole numbers from 0 up, not ${wrong}`);
  if (new Set(seeds).size < seeds.length) {
    throw invalid(`seeds names one twice: ${seeds.join(", ")}`);
  }
  return [...seeds];
}

/** The runs of an experiment, in their order: all seeds of one combination after another. */
export function tasksOf(
  experiment: string,
  { grid, seeds }: { readonly grid: Grid; readonly seeds: number | readonly number[] },
): Task[] {
  const all = seedsOf(seeds);
  return pointsOf(grid).flatMap((params) =>
    all.map((seed) => ({ id: idOf(experiment, params, seed), params, seed }))
  );
}

/** A text for one combination: `alpha=0.1 level=locked_door`. */
export function labelOf(params: ParameterValues): string {
  return Object.entries(params).map(([name, value]) => `${name}=${value}`).join(" ");
}

function idOf(experiment: string, params: ParameterValues, seed: number): string {
  const sorted = Object.entries(params).map(([name, value]) => [name, textOf(value)]).sort();
  const text = JSON.stringify([experiment, sorted, seed]);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Tells apart what JSON does not: `NaN`, `Infinity`, `-0` and `null`. */
export function textOf(value: ParameterValue): string {
  return Object.is(value, -0) ? "number -0" : `${typeof value} ${value}`;
}

function checkParameter(name: string, values: readonly ParameterValue[]): void {
  if (ROW_COLUMNS.includes(name) || SERIES_COLUMNS.includes(name)) {
    throw invalid(`A parameter cannot be called ${name}, which is a column of the table already`);
  }
  if (!Array.isArray(values) || values.length === 0) {
    throw invalid(`grid.${name} must be an array with at least one value`);
  }
  const wrong = values.findIndex((value) =>
    value !== null && !["string", "number", "boolean"].includes(typeof value)
  );
  if (wrong >= 0) {
    throw invalid(
      `grid.${name}[${wrong}] must be a text, a number, a boolean or null, not ${typeof values[
        wrong
      ]}`,
    );
  }
  if (new Set(values.map(textOf)).size < values.length) {
    throw invalid(`grid.${name} names a value twice: ${values.join(", ")}`);
  }
}

function invalid(message: string): SymphonyError {
  return new SymphonyError("Validation", message);
}
