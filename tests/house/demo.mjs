/**
 * `npm run demo`: makes the virtual environment and runs the demo on both runtimes.
 * @module
 */
import fs from "node:fs";
import path from "node:path";
import { announce } from "./suites.mjs";
import { findRuntime, HouseError, main, ROOT, run, RUNTIME_ARGS, RUNTIME_NAMES } from "./tools.mjs";
import { ensureDefaultVenv } from "./venv.mjs";

const PICTURE = path.join("examples", "out", "digits.png");

await main(async () => {
  const venv = await ensureDefaultVenv();
  for (const name of RUNTIME_NAMES) {
    announce("demo", name);
    fs.rmSync(path.join(ROOT, PICTURE), { force: true });
    const args = [...RUNTIME_ARGS[name].run(), path.join("examples", "digits.ts")];
    const ran = await run(findRuntime(name).file, args, {
      env: { PYDUET_PYTHON: venv },
      minutes: 10,
    });
    if (!ran.ok) throw new HouseError(`The demo failed on ${name}: ${ran.note}`);
    if (!fs.existsSync(path.join(ROOT, PICTURE))) {
      throw new HouseError(`The demo on ${name} wrote no ${PICTURE}`);
    }
    console.log(`${name}: ${ran.seconds.toFixed(1)} s, picture in ${path.join(ROOT, PICTURE)}`);
  }
});
