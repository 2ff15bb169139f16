/**
 * The parts of `npm test`, by name, in the order in which they run. Each adds its rows to the tally.
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { findRuntime, heading, packageJson, ROOT, run, RUNTIME_ARGS } from "./tools.mjs";
import { announce, JOBS, LIBRARY_FOLDERS, runSuite, SYSTEM_FOLDERS } from "./suites.mjs";

/** What every part gets: the tally, the runtimes to use, and the virtual environment, if there is one. */
/** @typedef {{ tally: import("./tally.mjs").Tally, runtimes: string[], venv?: string }} Context */

/** @type {Record<string, (context: Context) => Promise<void>>} */
export const PARTS = {
  fmt: (context) => checkWithDeno(context, "fmt", ["fmt", "--check"]),
  lint: (context) => checkWithDeno(context, "lint", ["lint"]),
  check: (context) => checkWithDeno(context, "check", ["check", "--quiet", ...typedPlaces()]),
  tsc: (context) =>
    checkWithDeno(context, "tsc", [
      ...RUNTIME_ARGS.deno.run(),
      path.join("node_modules", "typescript", "bin", "tsc"),
      "--noEmit",
    ]),
  layering: (context) => suite(context, "layering", ["tests/house/layering_test.ts"]),
  house: (context) => suite(context, "house", houseTests()),
  docs: (context) => checkWithDeno(context, "docs", ["doc", "--lint", ...entryPoints()]),
  readme: (context) => suite(context, "readme", ["tests/house/readme_test.ts"]),
  pack: async (context) => {
    const dryRun = ["publish", "--dry-run", "--allow-dirty"];
    await checkWithDeno(context, "publish", dryRun);
    const script = path.join("tests", "house", "pack.mjs");
    await checkWithDeno(context, "pack", [...RUNTIME_ARGS.deno.run(), script, "--check"]);
  },
  suites: (context) => suite(context, "tests", LIBRARY_FOLDERS),
  symphony: (context) => suite(context, "symphony", SYSTEM_FOLDERS, { jobs: JOBS }),
  // Nothing of CPython's memory is read directly. One runtime tells: the code is the same on both.
  peek: async (context) => {
    const runtimes = context.runtimes.slice(-1);
    process.env.PYDUET_PEEK = "0";
    try {
      const folders = ["tests/unit", "tests/property"];
      await suite({ ...context, runtimes }, "without peeking", folders, { jobs: JOBS });
    } finally {
      delete process.env.PYDUET_PEEK;
    }
  },
};

async function checkWithDeno({ tally }, name, args) {
  heading(name);
  tally.addCheck(name, await run(findRuntime("deno").file, args));
}

async function suite({ tally, runtimes, venv }, name, paths, options = {}) {
  for (const runtime of runtimes) {
    announce(name, runtime);
    tally.add(`${name}, ${runtime}`, await runSuite(runtime, paths, { python: venv, ...options }));
  }
}

/** Every place that holds TypeScript of ours, if it is there yet. */
function typedPlaces() {
  return ["mod.ts", "src", "tests", "bench", "examples"].filter((entry) => {
    const full = path.join(ROOT, entry);
    if (!fs.existsSync(full) || entry.endsWith(".ts")) return true;
    return fs.readdirSync(full, { recursive: true }).some((file) => file.endsWith(".ts"));
  });
}

function entryPoints() {
  return Object.values(packageJson().exports);
}

/** The tests of the house's own tools; those that are a part by themselves are left out. */
function houseTests() {
  const own = ["layering_test.ts", "readme_test.ts"];
  return fs.readdirSync(path.join(ROOT, "tests", "house"))
    .filter((file) => file.endsWith("_test.ts") && !own.includes(file))
    .map((file) => `tests/house/${file}`);
}
