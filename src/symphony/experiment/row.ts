/**
 * What is kept of a run: a row, as one line of JSON.
 *
 * JSON has no `NaN`, `Infinity` and `-0`; they are written as `{"number":"NaN"}` and read back as they were.
 * @module
 */
import { isPyObject } from "../../../mod.ts";
import { SymphonyError } from "../error.ts";
import { type ParameterValues, ROW_COLUMNS, type Task } from "./grid.ts";

/** What a run may give under a name: a figure or a word, or a series of figures such as a learning curve. */
export type Measured = string | number | boolean | null | readonly number[];

/** What a run may give. */
export type Measures = Readonly<Record<string, Measured | Float64Array | Float32Array>>;

/** Why a run failed. */
export interface RowError {
  /** The error's class: `"TypeError"`, `"PythonError"` */
  readonly name: string;
  /** What it said. */
  readonly message: string;
  /** Where it came from, with the frames of both languages; empty where it is not known. */
  readonly stack: string;
}

/** How a run came out. */
export interface Outcome {
  /** `"failed"`: it threw, or its process ended. */
  readonly status: "done" | "failed";
  /** What it gave. */
  readonly result: Readonly<Record<string, Measured>>;
  /** Why it failed; `null` if it did not. */
  readonly error: RowError | null;
  /** How long it took. */
  readonly milliseconds: number;
}

/** What is kept of a run. */
export interface Row extends Task, Outcome {
  /** The experiment's name. */
  readonly experiment: string;
}

/** A row as a line, without the end of line. */
export function lineOf(row: Row | Outcome | Task): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value !== "number") return value;
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { number: Object.is(value, -0) ? "-0" : String(value) };
  });
}

/** Reads a line; throws a SyntaxError where it is no JSON. */
export function fromLine(line: string): unknown {
  return JSON.parse(line, (_, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { number, ...rest } = value;
    return typeof number === "string" && Object.keys(rest).length === 0 ? Number(number) : value;
  });
}

/** Reads a row; `null` where the line is none. */
export function rowOf(line: string): Row | null {
  try {
    const row = fromLine(line) as Partial<Row> | null;
    const whole = typeof row?.id === "string" && typeof row.experiment === "string" &&
      typeof row.seed === "number" && isRecord(row.params) && isRecord(row.result) &&
      (row.status === "done" || row.status === "failed");
    return whole ? row as Row : null;
  } catch {
    return null;
  }
}

/** What a run gave, checked and as plain data. */
export function measured(given: unknown, params: ParameterValues): Record<string, Measured> {
  if (given === undefined || given === null) return {};
  const figures = plainOf(given);
  if (!isFigures(figures)) {
    throw invalid(
      `run() must give an object of figures, such as { accuracy: 0.9 }, not ${figures}`,
    );
  }
  const result: Record<string, Measured> = {};
  for (const [name, each] of Object.entries(figures)) {
    const value = plainOf(each);
    if (Object.hasOwn(params, name) || ROW_COLUMNS.includes(name)) {
      throw invalid(
        `run() gave ${name}, which is a column of the table already: call it otherwise`,
      );
    }
    if (isPlain(value)) {
      result[name] = value;
      continue;
    }
    const series = Array.isArray(value) || ArrayBuffer.isView(value)
      ? [...value as unknown as Iterable<unknown>]
      : null;
    const wrong = series?.findIndex((item) => typeof item !== "number") ?? -1;
    if (series === null || wrong >= 0) {
      throw invalid(
        `run() gave ${name}${
          series === null ? "" : `[${wrong}]`
        }, which must be a number, a text, a boolean, ` +
          `null, or an array of numbers, not ${kindOf(series === null ? value : series[wrong])}`,
      );
    }
    result[name] = series as number[];
  }
  return result;
}

/** An error as it is kept. */
export function rowError(error: unknown): RowError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: "" };
  return { name: error.name, message: error.message, stack: error.stack ?? "" };
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A dict, a list or an array of Python as what it is here. */
function plainOf(value: unknown): unknown {
  return isPyObject(value) ? value.$.toJs() : value;
}

/** What has no fields, such as a Map, a Date or an object of Python, would be a run without figures. */
function isFigures(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value) || isPyObject(value) || Symbol.iterator in value) return false;
  const isPlainObject = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return isPlainObject || Object.keys(value).length > 0;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object"
    ? `a ${value.constructor?.name ?? "object"}`
    : `a ${typeof value}`;
}

function invalid(message: string): SymphonyError {
  return new SymphonyError("Validation", message);
}
