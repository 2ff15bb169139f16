/**
 * Runs test folders on a runtime and counts what its report says.
 * @module
 */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { findRuntime, heading, ROOT, run, RUNTIME_ARGS } from "./tools.mjs";
import { ofFailed, readReport } from "./junit.mjs";

/** The folders of the library's own tests, in the order of what stands on what. */
export const LIBRARY_FOLDERS = ["tests/unit", "tests/integration", "tests/property", "tests/leak"];

/** The folders of what is built on the library. */
export const SYSTEM_FOLDERS = ["tests/symphony"];

/** All of them. */
export const SUITE_FOLDERS = [...LIBRARY_FOLDERS, ...SYSTEM_FOLDERS];

/** Test files that run at a time, where each has a process of its own. */
export const JOBS = Math.max(1, Math.min(4, os.availableParallelism()));

// Seen in every run, so that a failure can be repeated: PYDUET_SEED=7 npm test.
const SEED = Number(process.env.PYDUET_SEED ?? 1);

// A suite that takes longer hangs.
export const SUITE_MINUTES = 20;
const FILE_MINUTES = 5;

/**
 * Runs every `*_test.ts` under `paths` on one runtime.
 *
 * @param runtime `"deno"` or `"bun"`
 * @param paths folders or files, relative to the project; those that do not exist are left out
 * @param options `python`: what PYDUET_PYTHON shall say; `launch`: turns the command into another
 *   that runs it elsewhere; `minutes`: when to stop it; `jobs`: each file in a process of its own, so many
 *   of them at a time; without it, that is so on Deno alone
 * @returns counts, seconds and a note, as a row of the tally
 */
export async function runSuite(runtime, paths, options = {}) {
  const existing = paths.filter((entry) => holdsTests(path.join(ROOT, entry)));
  if (existing.length === 0) return { failed: 1, note: `no tests in ${paths.join(", ")}` };
  // Deno gives each file a thread of one process, and now and then its own event loop sleeps for ever
  // between two of them; a process a file does not.
  if (runtime === "deno" || options.jobs) {
    return await runFiles(runtime, existing.flatMap(testFiles), options);
  }
  return await runTogether(runtime, existing, options);
}

/** Each file in a process of its own, `jobs` at a time. */
async function runFiles(runtime, files, options) {
  const { minutes = SUITE_MINUTES, jobs = JOBS } = options;
  const started = performance.now();
  const deadline = Date.now() + minutes * 60_000;
  const sum = { passed: 0, failed: 0, skipped: 0, seconds: 0, note: "", failures: [] };
  const waiting = [...files];
  const work = async (job) => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const left = (deadline - Date.now()) / 60_000;
      const own = { ...options, minutes: Math.min(left, FILE_MINUTES), job };
      const row = left > 0
        ? await runTogether(runtime, [file], own)
        : { failed: 1, note: "no time was left" };
      for (const key of ["passed", "failed", "skipped"]) sum[key] += row[key] ?? 0;
      sum.failures.push(...row.failures ?? []);
      if (row.note) sum.note += `${sum.note ? "; " : ""}${file}: ${row.note}`;
    }
  };
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)));
  sum.seconds = (performance.now() - started) / 1000;
  return sum;
}

/** All of the paths in one process. */
async function runTogether(runtime, paths, options) {
  const { python, launch = (command) => command, minutes = SUITE_MINUTES, job = 0 } = options;
  const report = path.join(".cache", "reports", `${runtime}${job || ""}.xml`);
  const reportFile = path.join(ROOT, report);
  fs.mkdirSync(path.dirname(reportFile), { recursive: true });
  fs.rmSync(reportFile, { force: true });
  const args = RUNTIME_ARGS[runtime].test({ seed: SEED, report });
  const command = launch({
    file: findRuntime(runtime).file,
    // With "./" Bun takes a path for a path; without, for a part of a name.
    args: [...args, ...paths.map((entry) => `./${entry}`)],
    env: python ? { PYDUET_PYTHON: python } : {},
  });
  const { said, ...ended } = await run(command.file, command.args, {
    env: command.env,
    minutes,
    held: true,
  });
  const row = judge(readReport(reportFile), ended);
  console.log(lineOf(paths, row));
  if (row.failed > 0) console.log(ofFailed(said));
  return row;
}

function lineOf(paths, { passed = 0, failed = 0, skipped = 0, seconds }) {
  const counts = `${passed} passed${failed ? `, ${failed} FAILED` : ""}${
    skipped ? `, ${skipped} skipped` : ""
  }`;
  return `${paths.join(" ")}: ${counts} (${seconds.toFixed(1)} s)`;
}

/** A runner that died, or failed outside of any test, or ran nothing, is one failure more. */
function judge(count, { ok, note, seconds }) {
  if (count === null) return { failed: 1, seconds, note: `${note || "no report"} (no report)` };
  const row = { ...count, seconds, note: "" };
  if (count.passed + count.failed + count.skipped === 0) {
    return { ...row, failed: 1, note: note || "ran no test" };
  }
  if (!ok && count.failed === 0) return { ...row, failed: 1, note };
  return row;
}

function holdsTests(entry) {
  if (!fs.existsSync(entry)) return false;
  if (fs.statSync(entry).isFile()) return true;
  return fs.readdirSync(entry, { recursive: true }).some((file) => /_test\.ts$/.test(file));
}

/** The test files of a folder, or the file itself. */
function testFiles(entry) {
  const absolute = path.join(ROOT, entry);
  if (fs.statSync(absolute).isFile()) return [entry];
  return fs.readdirSync(absolute, { recursive: true })
    .filter((file) => /_test\.ts$/.test(file)).sort().map((file) => path.join(entry, file));
}

/** Says what is about to run, and where. */
export function announce(what, runtime) {
  heading(`${what} on ${runtime} ${findRuntime(runtime).version}`);
}
