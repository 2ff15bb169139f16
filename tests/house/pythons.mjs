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
  const active = process.env.VIRTUAL_ENV;
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const env = {
    PYDUET_PYTHON: namedPython(),
    VIRTUAL_ENV: active && isMadeHere(active) ? undefined : active,
    PATH: folders.filter((folder) => !isMadeHere(folder)).join(path.delimiter),
  };
  return capture(deno.file, [...RUNTIME_ARGS.deno.run(), script, ...args], {
    env,
    cwd: os.tmpdir(),
  });
}

/** What the caller's PYDUET_PYTHON names, unless it is an environment made here. */
export function namedPython() {
  const value = process.env.PYDUET_PYTHON;
  return value && !isMadeHere(value) ? value : undefined;
}

function isMadeHere(place) {
  return path.resolve(place).startsWith(path.join(ROOT, ".venv"));
}
