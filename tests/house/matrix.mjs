/**
 * `npm run test:matrix`: the suites on both runtimes, with every Python of the machine that the library
 * takes, each in a virtual environment of its own.
 *
 *     node tests/house/matrix.mjs [--only=3.8,3.13] [--runtime=deno|bun] [--others]
 *
 * `--others` leaves out the version that `npm test` runs with.
 * @module
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { allPythons, defaultPython } from "./pythons.mjs";
import { announce, JOBS, runSuite, SUITE_FOLDERS, SUITE_MINUTES } from "./suites.mjs";
import { Tally } from "./tally.mjs";
import { HouseError, main, ROOT, RUNTIME_NAMES } from "./tools.mjs";
import { ensureVenv } from "./venv.mjs";

// All of it, so that CI ends within its own time even if every suite hangs.
const MATRIX_MINUTES = 60;

await main(async () => {
  const deadline = Date.now() + MATRIX_MINUTES * 60_000;
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      runtime: { type: "string" },
      others: { type: "boolean", default: false },
    },
  });
  const left = values.others ? defaultPython().version.join(".") : null;
  const only = values.only?.split(",");
  const runtimes = RUNTIME_NAMES.filter((name) => (values.runtime ?? name) === name);
  const pythons = onePerVersion(allPythons().found).filter(({ name }) =>
    name !== left && (only?.includes(name) ?? true)
  );
  if (pythons.length === 0) {
    throw new HouseError("No Python to run with was found on this machine.");
  }
  const tally = new Tally();
  for (const { name, executable } of pythons) {
    const venv = await makeVenv(name, executable, tally);
    if (venv === null) continue;
    for (const runtime of runtimes) {
      const minutes = Math.min(SUITE_MINUTES, (deadline - Date.now()) / 60_000);
      if (minutes <= 0) {
        tally.addCheck(`${name}, ${runtime}`, { ok: false, note: "no time was left" });
        continue;
      }
      announce(`Python ${name}`, runtime);
      // `npm test` runs all files in one process on Bun: here it is the Python that differs.
      const row = await runSuite(runtime, SUITE_FOLDERS, { python: venv, minutes, jobs: JOBS });
      tally.add(`${name}, ${runtime}`, row);
    }
  }
  return tally.finish();
});

/** One Python of each version, the oldest version first; the locator's order decides between two. */
function onePerVersion(found) {
  const chosen = new Map();
  for (const { executable, library, version, flags } of found) {
    // "3.13", and "3.13t" for a free-threaded build, "3.13d" for a debug build.
    const name = version.join(".") + flags;
    if (!executable) {
      console.log(`left out: ${library}, a bare library of Python ${name} without its program`);
    } else if (!chosen.has(name)) {
      chosen.set(name, { name, version, executable });
    }
  }
  return [...chosen.values()].sort((a, b) =>
    a.version[0] - b.version[0] || a.version[1] - b.version[1] || a.name.localeCompare(b.name)
  );
}

async function makeVenv(name, executable, tally) {
  const requirements = path.join(ROOT, "tests", "requirements-matrix.txt");
  try {
    return await ensureVenv(path.join(ROOT, ".venvs", name), executable, requirements);
  } catch (error) {
    // One version that cannot be prepared must not hide what the others have to say.
    if (!(error instanceof HouseError)) throw error;
    console.error(error.message);
    tally.addCheck(`${name}, .venvs`, { ok: false, note: error.message.split("\n")[0] });
    return null;
  }
}
