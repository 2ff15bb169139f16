/**
 * A server of asyncio on the JS thread under load: how late timers of TypeScript are meanwhile, and what it
 * serves beside the same server on CPython alone. The clients are a process of their own. By itself:
 *
 *     deno run -A bench/serve.ts [connections …]
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startPython } from "../mod.ts";
import { machineOf } from "./machine.ts";

const FILE = fileURLToPath(new URL("../tests/fixtures/servers.py", import.meta.url));
const LINES = 20_000;
const ROUNDS = 3;

const counts = process.argv.slice(2).map(Number);
const py = startPython();
const python: string = py.import("sys").executable;
const servers = py.run("import runpy, types\ntypes.SimpleNamespace(**runpy.run_path(file))", {
  globals: { file: FILE },
});
servers.allow_files(8192);

/** Runs servers.py: its first line, and what ends it. */
async function begin(...args: string[]): Promise<{ line: string; end(): void }> {
  const child = spawn(python, [FILE, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! });
  const line = await new Promise<string>((resolve) => lines.once("line", resolve));
  return { line, end: () => void child.kill() };
}

/** Lines a second that clients of another process get from a port. */
async function throughput(port: number, connections: number): Promise<number> {
  const each = Math.ceil(LINES / connections);
  const { line } = await begin("load", String(port), String(connections), String(each));
  return each * connections / Number(line);
}

interface Lateness {
  readonly median: number;
  readonly high: number;
  readonly count: number;
}

/** How much later than 1 ms a timer fires, again and again, while something goes on. In ms. */
async function lateness<T>(work: Promise<T>): Promise<[T, Lateness]> {
  const late: number[] = [];
  let going = true;
  let set = performance.now();
  function fired(): void {
    const now = performance.now();
    late.push(now - set - 1);
    set = now;
    if (going) setTimeout(fired, 1);
  }
  setTimeout(fired, 1);
  const result = await work;
  going = false;
  late.sort((a, b) => a - b);
  const at = (part: number): number => late[Math.floor((late.length - 1) * part)]!;
  return [result, { median: at(0.5), high: at(0.99), count: late.length }];
}

const best = (all: Lateness[]): Lateness => all.reduce((a, b) => a.high < b.high ? a : b);

const text = ({ median, high, count }: Lateness): string =>
  `timers of 1 ms late by ${median.toFixed(2)} ms (p50), ${
    high.toFixed(2)
  } ms (p99), ${count} of them`;

console.log(`${JSON.stringify(machineOf(py))}`);
const [, idle] = await lateness(new Promise((resolve) => setTimeout(resolve, 1000)));
console.log(`idle: ${text(idle)}`);
const [server, port] = await servers.serve_echo();
for (const connections of counts.length > 0 ? counts : [1, 100, 1000]) {
  // In turns, and the best of each: the machine has other work as well.
  const lines = { plain: 0, ours: 0 };
  const late: Record<"plain" | "ours", Lateness[]> = { plain: [], ours: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await begin("serve");
    for (const [name, place] of [["plain", Number(alone.line)], ["ours", port]] as const) {
      const [speed, how] = await lateness(throughput(place, connections));
      lines[name] = Math.max(lines[name], speed);
      late[name].push(how);
    }
    alone.end();
  }
  console.log(
    `${connections} connections: ${lines.ours.toFixed(0)} lines/s, CPython alone ` +
      `${lines.plain.toFixed(0)} (${(lines.ours / lines.plain * 100).toFixed(0)} %)`,
  );
  console.log(`  ${text(best(late.ours))}`);
  console.log(`  while the other process serves, ${text(best(late.plain))}`);
}
await servers.closed(server);
