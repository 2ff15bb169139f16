/**
 * Draws the kept results: how many times its floor each row takes, on both runtimes.
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { KeptRow, KeptTopic } from "./report.ts";

const RUNTIMES = ["deno", "bun"] as const;
type Runtime = (typeof RUNTIMES)[number];
const COLOURS: Record<Runtime, string> = { deno: "#2f6fde", bun: "#d9822b" };

const WIDTH = 860;
const LEFT = 330;
const RIGHT = 60;
const BAR = 11;
const ROW = 2 * BAR + 12;
/** Longer bars end here; their number says the rest. */
const MOST = 5;

interface Line {
  readonly heading: string | null;
  readonly name: string;
  readonly rows: Partial<Record<Runtime, KeptRow>>;
}

/** Writes the picture of what the folder's results files hold; nothing where there are none. */
export function drawBars(folder: URL, file: URL): void {
  const kept = Object.fromEntries(RUNTIMES.map((name) => [name, read(folder, name)]));
  const lines = linesOf(kept as Record<Runtime, Record<string, KeptTopic>>);
  if (lines.length > 0) writeFileSync(file, picture(lines, versions(kept)));
}

function read(folder: URL, runtime: Runtime): Record<string, KeptTopic> {
  try {
    return JSON.parse(readFileSync(new URL(`${runtime}.json`, folder), "utf8"));
  } catch {
    return {};
  }
}

function linesOf(kept: Record<Runtime, Record<string, KeptTopic>>): Line[] {
  const lines: Line[] = [];
  const topics = new Set(RUNTIMES.flatMap((runtime) => Object.keys(kept[runtime])));
  for (const topic of topics) {
    const shown = RUNTIMES.map((runtime) => kept[runtime][topic]).find((found) => found)!;
    let heading: string | null = shown.title;
    for (const { name, floor, ours, goals } of shown.rows) {
      // Where no goal is set by the floor, it is there for comparison, and may be work of another kind.
      if (!floor || !ours || !goals.some(({ text }) => text.includes("floor"))) continue;
      const rows: Line["rows"] = {};
      for (const runtime of RUNTIMES) {
        const row = kept[runtime][topic]?.rows.find((row) => row.name === name);
        if (row) rows[runtime] = row;
      }
      lines.push({ heading, name, rows });
      heading = null;
    }
  }
  return lines;
}

function versions(kept: Record<string, Record<string, KeptTopic>>): string {
  const machines = Object.values(kept).flatMap((topics) => Object.values(topics).slice(0, 1))
    .map(({ machine }) => machine);
  const [first] = machines;
  return [...machines.map(({ runtime }) => runtime), `Python ${first?.python}`, first?.cpu]
    .join(", ");
}

function picture(lines: readonly Line[], where: string): string {
  const parts: string[] = [];
  let y = 48;
  for (const { heading, name, rows } of lines) {
    if (heading !== null) {
      y += 14;
      parts.push(text(10, y, heading, 'font-weight="600"'));
      y += 10;
    }
    parts.push(text(LEFT - 8, y + BAR + 4, name, 'text-anchor="end"'));
    RUNTIMES.forEach((runtime, i) => {
      const row = rows[runtime];
      if (row) parts.push(...bar(row, runtime, y + i * (BAR + 1)));
    });
    y += ROW;
  }
  const height = y + 30;
  const axis = Array.from({ length: MOST }, (_, i) => i + 1).map((times) =>
    `<path d="M${x(times)} 44V${y}" stroke="#8888" stroke-dasharray="${
      times === 1 ? "" : "2 4"
    }"/>` +
    text(x(times), 40, `${times} ×`, 'text-anchor="middle"')
  );
  const legend = RUNTIMES.map((runtime, i) =>
    `<rect x="${10 + i * 70}" y="31" width="10" height="10" fill="${COLOURS[runtime]}"/>` +
    text(24 + i * 70, 40, runtime)
  );
  return [
    "<!-- deno-fmt-ignore-file -->",
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#888">`,
    text(10, 18, "Time taken, in multiples of the raw FFI calls; | marks the goal"),
    ...legend,
    ...axis,
    ...parts,
    text(10, height - 10, where),
    "</svg>",
    "",
  ].join("\n");
}

function bar(row: KeptRow, runtime: Runtime, y: number): string[] {
  const floor = row.floor!.min;
  const times = row.ours!.min / floor;
  const end = x(Math.min(times, MOST));
  const drawn = [
    `<rect x="${LEFT}" y="${y}" width="${end - LEFT}" height="${BAR}" fill="${COLOURS[runtime]}"/>`,
    text(end + 6, y + BAR - 1, times.toFixed(2), 'font-size="10"'),
  ];
  const limit = row.goals[0]?.limit;
  if (limit !== undefined && limit !== null && limit / floor <= MOST) {
    drawn.push(
      `<path d="M${x(limit / floor)} ${y - 1}v${BAR + 2}" stroke="#c33" stroke-width="2"/>`,
    );
  }
  return drawn;
}

function x(times: number): number {
  return Math.round(LEFT + (times / MOST) * (WIDTH - LEFT - RIGHT));
}

function text(x: number, y: number, words: string, more = ""): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text x="${x}" y="${y}" ${more}>${escaped}</text>`;
}
