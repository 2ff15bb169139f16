/**
 * Runs the benchmarks on this runtime, prints a table for each topic, keeps the
 * numbers in `bench/results/<runtime>.json` and draws them.
 *
 *     report.ts [topic …] [--full] [--readme]
 *
 * `--full`: also what takes minutes. `--readme`: the picture is kept as `bench/bars.svg`,
 * which README.md shows.
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { startPython } from "../mod.ts";
import { drawBars } from "./bars.ts";
import { openFloor } from "./floor.ts";
import { type Machine, machineOf, RUNTIME } from "./machine.ts";
import { nativeOf } from "./native.ts";
import { type PieceResult, type RowResult, tableOf } from "./table.ts";
import { type Bench, isMet, limitOf, textOf, type TopicMaker } from "./topic.ts";

/** The topics in the order of the report: `bench/<name>.ts` exports `topic`. */
const TOPICS: Readonly<Record<string, () => Promise<{ topic: TopicMaker }>>> = {
  call: () => import("./call.ts"),
  attribute: () => import("./attribute.ts"),
  keyword: () => import("./keyword.ts"),
  callback: () => import("./callback.ts"),
  thread: () => import("./thread.ts"),
  handle: () => import("./handle.ts"),
  value: () => import("./value.ts"),
  text: () => import("./text.ts"),
  buffer: () => import("./buffer.ts"),
  await: () => import("./await.ts"),
  asyncIterator: () => import("./async_iterator.ts"),
  bus: () => import("./bus.ts"),
  growth: () => import("./growth.ts"),
  pitStore: () => import("./pit_store.ts"),
  start: () => import("./start.ts"),
  pit: () => import("./pit.ts"),
  experiment: () => import("./experiment.ts"),
  conductor: () => import("./conductor.ts"),
  symphony: () => import("./symphony.ts"),
};

/** What a results file holds of a topic. */
export interface KeptTopic {
  readonly title: string;
  readonly machine: Machine;
  readonly rows: readonly KeptRow[];
  readonly pieces: readonly PieceResult[];
}

/** What a results file holds of a row. */
export interface KeptRow
  extends Record<"floor" | "native" | "json" | "ours", RowResult["measured"]["ours"]> {
  readonly name: string;
  readonly unit: string;
  readonly note: string | null;
  readonly goals: readonly { text: string; limit: number | null; met: boolean | null }[];
}

const names = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const options = process.argv.slice(2).filter((arg) => arg.startsWith("--"));
const unknown = [
  ...names.filter((name) => !(name in TOPICS)),
  ...options.filter((option) => option !== "--full" && option !== "--readme"),
];
if (unknown.length > 0) {
  console.error(
    `No topic or option ${unknown.join(", ")}. Topics: ${Object.keys(TOPICS).join(", ")}`,
  );
  process.exit(2);
}

const py = startPython({ args: ["-I"] });
const bench: Bench = {
  py,
  floor: openFloor(py),
  native: (statement) => nativeOf(py, statement),
  full: options.includes("--full"),
};
const machine = machineOf(py);
console.log(
  `${machine.runtime}, Python ${machine.python}, ${machine.cpu}, ${machine.megahertz} MHz`,
);
console.log("least/median; ratios of the least and of the median values\n");

const folder = new URL("results/", import.meta.url);
mkdirSync(folder, { recursive: true });
const file = new URL(`${RUNTIME}.json`, folder);
for (const name of names.length > 0 ? names : Object.keys(TOPICS)) {
  const kept = await run(name);
  // Written after each topic: what was measured stays, whatever happens to the next one.
  writeFileSync(file, JSON.stringify({ ...readKept(), [name]: kept }, null, 1) + "\n");
}
drawBars(folder, new URL("results/bars.svg", import.meta.url));
if (options.includes("--readme")) drawBars(folder, new URL("bars.svg", import.meta.url));

async function run(name: string): Promise<KeptTopic> {
  const { topic } = await TOPICS[name]!();
  const { title, rows, pieces = [] } = await topic(bench);
  const results: RowResult[] = [];
  for (const row of rows) results.push({ row, measured: await row.measure() });
  const costs: PieceResult[] = [];
  for (const { name, unit = "ns", measure } of pieces) {
    costs.push({ name, unit, stats: await measure() });
  }
  console.log(tableOf(title, results, costs));
  return { title, machine, rows: results.map(keep), pieces: costs };
}

function keep({ row, measured }: RowResult): KeptRow {
  const goals = (row.goals ?? []).map((goal) => ({
    text: textOf(goal),
    limit: limitOf(goal, measured),
    met: isMet(goal, measured),
  }));
  const { floor, native, json, ours } = measured;
  const { name, unit = "ns", note = null } = row;
  return { name, unit, note, floor, native, json, ours, goals };
}

function readKept(): Record<string, KeptTopic> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {}; // none yet, or one that was cut short
  }
}
