/**
 * `npm run test:soak`: the leak loops a million times each and the property tests on 100,000 random values
 * each, on both runtimes. Takes hours.
 *
 *     node tests/house/soak.mjs [--runtime=deno|bun]
 * @module
 */
import path from "node:path";
import process from "node:process";
import { defaultPython } from "./pythons.mjs";
import { announce, runSuite } from "./suites.mjs";
import { Tally } from "./tally.mjs";
import { main, ROOT, RUNTIME_NAMES } from "./tools.mjs";
import { ensureVenv } from "./venv.mjs";

await main(async () => {
  process.env.PYDUET_LOOPS ??= "1000000";
  process.env.PYDUET_RUNS ??= "100000";
  const wanted = process.argv.find((arg) => arg.startsWith("--runtime="))?.split("=")[1];
  const requirements = path.join(ROOT, "tests", "requirements.txt");
  const python = await ensureVenv(
    path.join(ROOT, ".venv"),
    defaultPython().executable,
    requirements,
  );
  const tally = new Tally();
  for (const runtime of RUNTIME_NAMES.filter((name) => (wanted ?? name) === name)) {
    for (const folder of ["tests/leak", "tests/property"]) {
      announce(`${folder}, for long`, runtime);
      tally.add(
        `${folder}, ${runtime}`,
        await runSuite(runtime, [folder], { python, minutes: 120 }),
      );
    }
  }
  return tally.finish();
});
