/**
 * Pictures of what an experiment found, drawn by matplotlib: SVG or PNG, by the file's ending.
 * @module
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { SymphonyError } from "../error.ts";
import type { ParameterValues } from "./grid.ts";
import { experimentModule } from "./python_side.ts";
import {
  figuresOf,
  type Group,
  intervalArguments,
  intervalOf,
  type IntervalOptions,
} from "./summary.ts";

/** What every picture may be told. */
export interface PictureOptions extends IntervalOptions {
  /** Above the picture. */
  readonly title?: string;
  /** Under the axis to the right, with the unit: `"episode"`, `"seconds"`. */
  readonly x?: string;
  /** Beside the axis upwards, with the unit. */
  readonly y?: string;
  /** Parameters by which runs are grouped; the others are averaged over. Default: all of them. */
  readonly by?: readonly string[];
  /** What a group is called. Default: `alpha=0.1`. */
  readonly label?: (params: ParameterValues) => string;
  /** Inches. Default: 7.5. */
  readonly width?: number;
  /** Inches. Default: 4.4, or as many as a comparison needs. */
  readonly height?: number;
}

/** What a picture of curves may be told. */
export interface CurveOptions extends PictureOptions {
  /** The series: the name under which `run` gave it. */
  readonly series: string;
  /** The mean of so many steps up to each one. Default: 1. */
  readonly window?: number;
  /** The range of the axis upwards. */
  readonly limits?: readonly [number, number];
  /** A line across, such as a figure to be reached. */
  readonly threshold?: number;
  /** What the line says. */
  readonly thresholdLabel?: string;
  /** Above the legend. */
  readonly legend?: string;
}

/** What a picture of a comparison may be told. */
export interface ComparisonOptions extends PictureOptions {
  /** The figure: the name under which `run` gave it. */
  readonly figure: string;
}

/** Draws the mean of a series for each group, with a band of its confidence interval. */
export async function drawCurves(
  file: string,
  groups: readonly Group[],
  { series, window = 1, ...options }: CurveOptions,
): Promise<void> {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new RangeError(`window must be a whole number above 0, not ${window}`);
  }
  const found = groups.map(({ label, rows }) => ({
    label,
    curves: rows.flatMap(({ result }) => {
      const values = result[series];
      return Array.isArray(values) && values.length > 0 ? [smoothed(values, window)] : [];
    }),
  })).filter(({ curves }) => curves.length > 0);
  if (found.length === 0) throw nothing("series", series, groups);
  await ready(file);
  const [plots, statistics] = [experimentModule("plots"), experimentModule("statistics")];
  const bands = found.map(({ label, curves }) => {
    const band = statistics.band(curves, ...intervalArguments(options));
    const [mean, low, high] = band.$.toJs();
    band.$.release();
    return { label, mean, low, high };
  });
  const runs = Math.max(...found.map(({ curves }) => curves.length));
  plots.curves(file, bands, {
    ...forPython(options),
    title: options.title ?? series,
    x: options.x ?? "step",
    y: options.y ?? series,
    note: note(runs, options, window),
  });
  plots.$.release();
  statistics.$.release();
}

/** Draws the mean of a figure for each group with its confidence interval, and every run's value. */
export async function drawComparison(
  file: string,
  groups: readonly Group[],
  { figure, ...options }: ComparisonOptions,
): Promise<void> {
  const found = groups.map(({ label, rows }) => ({ label, values: figuresOf(rows, figure) }))
    .filter(({ values }) => values.length > 0);
  if (found.length === 0) throw nothing("figure", figure, groups);
  await ready(file);
  const [plots, statistics] = [experimentModule("plots"), experimentModule("statistics")];
  const bars = found.map(({ label, values }) => {
    const [mean, , low, high] = intervalOf(statistics, values, options);
    // One value has no interval.
    const ends = Number.isNaN(low) ? { low: mean, high: mean } : { low, high };
    return { label, values, mean, ...ends };
  });
  plots.comparison(file, bars, {
    ...forPython(options),
    title: options.title ?? figure,
    x: options.x ?? figure,
    y: options.y ?? "",
    note: note(Math.max(...found.map(({ values }) => values.length)), options, 1),
  });
  plots.$.release();
  statistics.$.release();
}

/** The mean of the last `window` values at each step; of fewer at the beginning. */
export function smoothed(values: readonly number[], window: number): number[] {
  return values.map((_, i) => {
    const part = values.slice(Math.max(0, i + 1 - window), i + 1);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

function forPython({ label: _, ...rest }: PictureOptions): object {
  return rest;
}

function note(runs: number, options: IntervalOptions, window: number): string {
  const [confidence, method] = intervalArguments(options);
  const by = method === "t" ? "Student's t" : "bootstrap";
  const many = runs === 1
    ? "1 run, no interval"
    : `${runs} runs each; ${
      Number((100 * confidence).toFixed(3))
    } % confidence interval of the mean (${by})`;
  return window > 1 ? `mean of ${window} steps; ${many}` : many;
}

function nothing(what: string, name: string, groups: readonly Group[]): SymphonyError {
  const wanted = (value: unknown) => Array.isArray(value) === (what === "series");
  const names = new Set(
    groups.flatMap(({ rows }) =>
      rows.flatMap(({ result }) => Object.keys(result).filter((key) => wanted(result[key])))
    ),
  );
  return new SymphonyError(
    "Validation",
    `No run gave a ${what} called ${name}; there is ${[...names].join(", ") || "none"}`,
  );
}

async function ready(file: string): Promise<void> {
  if (!/\.(svg|png)$/.test(file)) {
    throw new SymphonyError("Validation", `A picture's file must end in .svg or .png, not ${file}`);
  }
  await mkdir(dirname(file), { recursive: true });
}
