/**
 * `npm run bench`: the benchmarks on both runtimes, with the virtual environment of the tests. What they
 * print and keep is `bench/report.ts`'s own business.
 *
 *     node tests/house/bench.mjs [--runtime=deno|bun] [what bench/report.ts takes]
 * @module
 */
import path from "node:path";
import process from "node:process";
import { announce } from "./suites.mjs";
import { findRuntime, main, run, RUNTIME_ARGS, RUNTIME_NAMES } from "./tools.mjs";
import { ensureDefaultVenv } from "./venv.mjs";

await main(async () => {
  const rest = process.argv.slice(2).filter((arg) => !arg.startsWith("--runtime="));
  const wanted = process.argv.find((arg) => arg.startsWith("--runtime="))?.slice(
    "--runtime=".length,
  );
  const venv = await ensureDefaultVenv();
  let failed = 0;
  for (const name of RUNTIME_NAMES.filter((name) => (wanted ?? name) === name)) {
    announce("benchmarks", name);
    const args = [...RUNTIME_ARGS[name].run(), path.join("bench", "report.ts"), ...rest];
    const ran = await run(findRuntime(name).file, args, {
      env: { PYDUET_PYTHON: venv },
      minutes: 60,
    });
    if (!ran.ok) failed++;
  }
  return failed > 0 ? 1 : 0;
});
