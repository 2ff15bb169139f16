/**
 * `npm test`: makes what is missing, runs every part, stops at no failure, and counts at the end.
 *
 *     node tests/house/test.mjs [--only=fmt,lint,…] [--runtime=deno|bun]
 * @module
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { PARTS } from "./checks.mjs";
import { Tally } from "./tally.mjs";
import { findRuntime, HouseError, main, ROOT, RUNTIME_NAMES } from "./tools.mjs";
import { ensureDefaultVenv } from "./venv.mjs";

// The parts that need no Python.
const STATIC = ["fmt", "lint", "check", "tsc", "layering", "house", "docs", "pack"];

await main(async () => {
  const { parts, runtimes } = readArguments();
  for (const name of RUNTIME_NAMES) {
    const { file, version } = findRuntime(name);
    console.log(`${name} ${version}: ${path.relative(ROOT, file)}`);
  }
  const tally = new Tally();
  const context = { tally, runtimes };
  if (parts.some((part) => !STATIC.includes(part))) await makeVenv(context);
  for (const part of parts) await PARTS[part](context);
  return tally.finish();
});

async function makeVenv(context) {
  try {
    context.venv = await ensureDefaultVenv();
  } catch (error) {
    // The parts that need no Python still have something to say.
    if (!(error instanceof HouseError)) throw error;
    console.error(error.message);
    context.tally.addCheck(".venv", { ok: false, note: error.message.split("\n")[0] });
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: { only: { type: "string" }, runtime: { type: "string" } },
  });
  const parts = choose("--only", values.only, Object.keys(PARTS));
  return { parts, runtimes: choose("--runtime", values.runtime, RUNTIME_NAMES) };
}

function choose(option, value, known) {
  const chosen = value ? value.split(",") : known;
  const unknown = chosen.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new HouseError(`${option}: ${unknown.join(", ")} is not one of ${known.join(", ")}`);
  }
  return known.filter((name) => chosen.includes(name));
}
