/**
 * `npm run test:soak`: the leak loops a million times each and the property tests on 100,000 random values
 * each, on both runtimes. Takes hours. The topic `async` is the event loop, for ten minutes a runtime.
 *
 *     node tests/house/soak.mjs [--runtime=deno|bun] [--topic=async] [--seconds=600]
 * @module
 */
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { defaultPython } from "./pythons.mjs";
import { announce, runSuite } from "./suites.mjs";
import { Tally } from "./tally.mjs";
import { findRuntime, main, ROOT, run, RUNTIME_ARGS, RUNTIME_NAMES } from "./tools.mjs";
import { ensureVenv } from "./venv.mjs";

await main(async () => {
  process.env.PYDUET_LOOPS ??= "1000000";
  process.env.PYDUET_RUNS ??= "100000";
  const { values } = parseArgs({
    options: {
      runtime: { type: "string" },
      topic: { type: "string" },
      seconds: { type: "string", default: "600" },
    },
  });
  const wanted = values.runtime;
  const requirements = path.join(ROOT, "tests", "requirements.txt");
  const python = await ensureVenv(
    path.join(ROOT, ".venv"),
    defaultPython().executable,
    requirements,
  );
  const tally = new Tally();
  for (const runtime of RUNTIME_NAMES.filter((name) => (wanted ?? name) === name)) {
    if (values.topic === "async") {
      announce(`the event loop, for ${values.seconds} seconds`, runtime);
      const program = path.join("tests", "fixtures", "async_soak.ts");
      const args = [...RUNTIME_ARGS[runtime].run(), program, values.seconds];
      const minutes = Number(values.seconds) / 60 + 5;
      const env = { PYDUET_PYTHON: python };
      const ran = await run(findRuntime(runtime).file, args, { env, minutes });
      tally.addCheck(`async, ${runtime}`, ran);
      continue;
    }
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
