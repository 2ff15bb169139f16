/**
 * Results as text.
 * @module
 */

import type { Stats } from "./measure.ts";
import { isMet, limitOf, type Measured, type Row, textOf } from "./topic.ts";

/** A row and what came of it. */
export interface RowResult {
  readonly row: Row;
  readonly measured: Measured;
}

/** A cost by itself and what came of it. */
export interface PieceResult {
  readonly name: string;
  readonly unit: string;
  readonly stats: Stats;
}

const HEAD = ["", "floor", "native", "ours", "ours/floor", "ours/native", "goal", ""];

/** A topic's table, the costs by themselves, and the notes. `min/median` in each place. */
export function tableOf(
  title: string,
  rows: readonly RowResult[],
  pieces: readonly PieceResult[],
): string {
  const lines = aligned([HEAD, ...rows.flatMap(linesOf)]);
  const parts = [title, "", ...lines];
  if (pieces.length > 0) {
    const costs = pieces.map(({ name, unit, stats }) => [name, both(stats), unit]);
    parts.push("", "Costs by themselves", ...aligned(costs));
  }
  const notes = rows.filter(({ row, measured }) =>
    row.note !== undefined && !row.goals?.every((goal) => isMet(goal, measured) === true)
  );
  const told = Map.groupBy(notes, ({ row }) => row.note);
  if (told.size > 0) parts.push("");
  for (const [note, same] of told) {
    parts.push(`${same.map(({ row }) => row.name).join("; ")}: ${note}`);
  }
  return parts.join("\n") + "\n";
}

/** One line for the values and the first goal, one more for each further goal. */
function linesOf({ row, measured }: RowResult): string[][] {
  const { floor, native, ours } = measured;
  const values = [
    `${row.name}${row.unit ? `, ${row.unit}` : ""}`,
    both(floor),
    both(native),
    both(ours),
    ratio(ours, floor),
    ratio(ours, native),
  ];
  const goals = (row.goals ?? []).map((goal) => {
    const met = isMet(goal, measured);
    const limit = limitOf(goal, measured);
    const text = `${textOf(goal)}${limit === null ? "" : ` (${short(limit)})`}`;
    return [text, met === null ? "" : met ? "met" : "NOT MET"];
  });
  const [first = ["", ""], ...further] = goals;
  return [[...values, ...first], ...further.map((goal) => ["", "", "", "", "", "", ...goal])];
}

function both(stats: Stats | undefined): string {
  return stats ? `${short(stats.min)}/${short(stats.median)}` : "";
}

/** Of the least values and of the middle ones. */
function ratio(upper: Stats | undefined, lower: Stats | undefined): string {
  if (!upper || !lower) return "";
  return `${(upper.min / lower.min).toFixed(2)}/${(upper.median / lower.median).toFixed(2)}`;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size < 0.005) return "0.00";
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const line of lines) {
    line.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd()
  );
}
