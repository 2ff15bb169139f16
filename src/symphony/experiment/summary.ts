/**
 * What an experiment found: the mean of each figure for each combination, with its confidence interval.
 * @module
 */
import type { PyValue } from "../../../mod.ts";
import { SymphonyError } from "../error.ts";
import { labelOf, type ParameterValues, textOf } from "./grid.ts";
import { experimentModule } from "./python_side.ts";
import type { Row } from "./row.ts";

/** How confidence is reckoned. */
export interface IntervalOptions {
  /** How often the true mean would lie within. Default: 0.95. */
  readonly confidence?: number;
  /**
   * `"t"`: Student's, for figures that are roughly normal. `"bootstrap"`: by drawing the values again; no shape is
   * assumed, but for fewer than some 20 seeds it is too narrow. Default: `"t"`.
   */
  readonly method?: "t" | "bootstrap";
  /** How many samples the bootstrap draws. Default: 10 000. */
  readonly resamples?: number;
  /** Its seed. Default: 0. */
  readonly seed?: number;
}

/** One figure of one combination. */
export interface SummaryRow {
  /** The combination. */
  readonly params: ParameterValues;
  /** The figure's name. */
  readonly figure: string;
  /** How many runs gave it. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** Their standard deviation; `NaN` of one run. */
  readonly deviation: number;
  /** The lower end of the mean's confidence interval; `NaN` of one run. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
}

/** The rows of one combination. */
export interface Group {
  /** The parameters that they share. */
  readonly params: ParameterValues;
  /** `alpha=0.1` */
  readonly label: string;
  /** Those that were done. */
  readonly rows: readonly Row[];
}

/** Rows that were done, by the parameters named; by all of them where none are. */
export function groupsOf(
  rows: readonly Row[],
  by?: readonly string[],
  labelBy: (params: ParameterValues) => string = labelOf,
): Group[] {
  const groups = new Map<string, { params: ParameterValues; label: string; rows: Row[] }>();
  for (const row of rows) {
    if (row.status !== "done") continue;
    const names = by ?? Object.keys(row.params);
    const unknown = names.find((name) => !Object.hasOwn(row.params, name));
    if (unknown !== undefined) {
      throw new SymphonyError(
        "Validation",
        `There is no parameter ${unknown}; there are ${
          Object.keys(row.params).join(", ") || "none"
        }`,
      );
    }
    const params = Object.fromEntries(names.map((name) => [name, row.params[name]!]));
    const key = JSON.stringify(Object.values(params).map(textOf));
    let group = groups.get(key);
    if (group === undefined) {
      group = { params, label: labelBy(params) || row.experiment, rows: [] };
      groups.set(key, group);
    }
    group.rows.push(row);
  }
  return [...groups.values()];
}

/** The mean and its interval of every figure that is a number, for every group. */
export function summaryOf(groups: readonly Group[], options: IntervalOptions = {}): SummaryRow[] {
  const statistics = experimentModule("statistics");
  try {
    return groups.flatMap(({ params, rows }) => {
      const names = new Set(
        rows.flatMap(({ result }) =>
          Object.keys(result).filter((name) => typeof result[name] === "number")
        ),
      );
      return [...names].map((figure) => {
        const values = figuresOf(rows, figure);
        const [mean, deviation, low, high] = intervalOf(statistics, values, options);
        return { params, figure, count: values.length, mean, deviation, low, high };
      });
    });
  } finally {
    statistics.$.release();
  }
}

/** The numbers that rows have under a name. */
export function figuresOf(rows: readonly Row[], figure: string): number[] {
  return rows.flatMap(({ result }) => {
    const value = result[figure];
    return typeof value === "number" ? [value] : [];
  });
}

/** What Python's side takes after the values. */
export function intervalArguments(options: IntervalOptions): [number, string, number, number] {
  const { confidence = 0.95, method = "t", resamples = 10_000, seed = 0 } = options;
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence must be between 0 and 1, not ${confidence}`);
  }
  if (method !== "t" && method !== "bootstrap") {
    throw new RangeError(`method must be "t" or "bootstrap", not ${JSON.stringify(method)}`);
  }
  return [confidence, method, resamples, seed];
}

/** Mean, standard deviation and the ends of the interval. */
export function intervalOf(
  statistics: PyValue,
  values: readonly number[],
  options: IntervalOptions,
): [number, number, number, number] {
  const found = statistics.interval(values, ...intervalArguments(options));
  const numbers = found.$.toJs();
  found.$.release();
  return numbers;
}

/** A summary as lines of text with a column for each parameter, for a terminal. */
export function tableOf(rows: readonly SummaryRow[]): string {
  const names = [...new Set(rows.flatMap(({ params }) => Object.keys(params)))];
  const cells = [
    [...names, "figure", "runs", "mean", "interval"],
    ...rows.map(({ params, figure, count, mean, low, high }) => [
      ...names.map((name) => String(params[name] ?? "")),
      figure,
      String(count),
      short(mean),
      Number.isNaN(low) ? "-" : `${short(low)} to ${short(high)}`,
    ]),
  ];
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return lines.join("\n");
}

/** Four digits that count. */
function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
