/**
 * `npm run demo`, `npm run quest`: makes the virtual environment and runs an example on both runtimes.
 *
 *     node tests/house/demo.mjs [name of a file of examples, without .ts]
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { announce } from "./suites.mjs";
import { findRuntime, HouseError, main, ROOT, run, RUNTIME_ARGS, RUNTIME_NAMES } from "./tools.mjs";
import { ensureDefaultVenv } from "./venv.mjs";

const NAME = process.argv[2] ?? "digits";
const PICTURE = path.join("examples", "out", `${NAME}.png`);

await main(async () => {
  const venv = await ensureDefaultVenv();
  for (const name of RUNTIME_NAMES) {
    announce("demo", name);
    fs.rmSync(path.join(ROOT, PICTURE), { force: true });
    // What an experiment keeps between its runs: each runtime makes all of it.
    fs.rmSync(path.join(ROOT, "examples", "out", NAME), { recursive: true, force: true });
    const args = [...RUNTIME_ARGS[name].run(), path.join("examples", `${NAME}.ts`)];
    const ran = await run(findRuntime(name).file, args, {
      env: { PYDUET_PYTHON: venv },
      minutes: 10,
    });
    if (!ran.ok) throw new HouseError(`${NAME} failed on ${name}: ${ran.note}`);
    if (!fs.existsSync(path.join(ROOT, PICTURE))) {
      throw new HouseError(`${NAME} on ${name} wrote no ${PICTURE}`);
    }
    console.log(`${name}: ${ran.seconds.toFixed(1)} s, picture in ${path.join(ROOT, PICTURE)}`);
  }
});
