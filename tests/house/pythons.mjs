/**
 * Which Pythons the scripts of this folder work with. The library's own locator decides.
 * @module
 */
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { capture, findRuntime, HouseError, ROOT, RUNTIME_ARGS } from "./tools.mjs";

/**
 * The Python from which `.venv` is made: what `startPython()` finds when no `.venv` is there.
 * @returns {{ executable: string, version: [number, number] }}
 */
export function defaultPython() {
  const python = JSON.parse(askLocator([]));
  if (python.executable) return python;
  throw new HouseError(
    `${python.library} is a bare library: its "python" program is not there, so no virtual ` +
      "environment can be made from it.\n  Fix: install the interpreter that belongs to it, or set " +
      "PYDUET_PYTHON to another Python.",
  );
}

/** Every Python of the machine that the library takes, and those it refuses. */
export function allPythons() {
  return JSON.parse(askLocator(["--all"]));
}

function askLocator(args) {
  const deno = findRuntime("deno");
  const script = path.join(ROOT, "tests", "house", "locate_pythons.ts");
  // Asked from a folder without a `.venv`, and without whatever names one of the environments made
  // here: an environment must never become the base of itself.
  const made = (place) => path.resolve(place).startsWith(path.join(ROOT, ".venv"));
  const env = {};
  for (const name of ["PYDUET_PYTHON", "VIRTUAL_ENV"]) {
    const value = process.env[name];
    env[name] = value && made(value) ? undefined : value;
  }
  env.PATH = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => !made(folder))
    .join(path.delimiter);
  return capture(deno.file, [...RUNTIME_ARGS.deno.run(), script, ...args], {
    env,
    cwd: os.tmpdir(),
  });
}
