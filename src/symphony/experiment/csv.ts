/**
 * Rows as tables of comma-separated values (RFC 4180), for spreadsheets and pandas.
 * @module
 */
import type { Row } from "./row.ts";

/**
 * A line for each row: id, parameters, seed, status, milliseconds, single figures, error. What a row does not have is
 * empty.
 */
export function rowsCsv(rows: readonly Row[]): string {
  const params = namesOf(rows.map((row) => row.params));
  const figures = namesOf(rows.map((row) => row.result), (value) => !Array.isArray(value));
  const lines: unknown[][] = [
    ["id", ...params, "seed", "status", "milliseconds", ...figures, "error"],
    ...rows.map((row) => [
      row.id,
      ...params.map((name) => row.params[name]),
      row.seed,
      row.status,
      row.milliseconds,
      ...figures.map((name) => Array.isArray(row.result[name]) ? undefined : row.result[name]),
      row.error === null ? undefined : `${row.error.name}: ${row.error.message}`,
    ]),
  ];
  return csvOf(lines);
}

/** A line for each value of each series: parameters, seed, the series' name, step, value. Steps begin with 1. */
export function seriesCsv(rows: readonly Row[]): string {
  const params = namesOf(rows.map((row) => row.params));
  const lines: unknown[][] = [["id", ...params, "seed", "series", "step", "value"]];
  for (const { id, params: given, seed, result } of rows) {
    for (const [name, values] of Object.entries(result)) {
      if (!Array.isArray(values)) continue;
      const head = [id, ...params.map((each) => given[each]), seed, name];
      values.forEach((value, i) => lines.push([...head, i + 1, value]));
    }
  }
  return csvOf(lines);
}

function namesOf(
  records: readonly Readonly<Record<string, unknown>>[],
  wanted: (value: unknown) => boolean = () => true,
): string[] {
  const names = new Set<string>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) if (wanted(value)) names.add(name);
  }
  return [...names];
}

function csvOf(lines: readonly (readonly unknown[])[]): string {
  return lines.map((cells) => cells.map(cellOf).join(",") + "\r\n").join("");
}

/** Numbers as JavaScript writes them, which every reader takes back exactly; Python's words for the three others. */
function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "nan";
    if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
    return Object.is(value, -0) ? "-0.0" : String(value);
  }
  const text = String(value);
  return /[",\r\n]/.test(text) || text === "" ? `"${text.replaceAll('"', '""')}"` : text;
}
