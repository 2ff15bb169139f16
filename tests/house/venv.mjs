/**
 * Makes virtual environments, once: a stamp in the folder says from which Python and for which
 * requirements it was made, and is written last.
 * @module
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { capture, heading, HouseError, ROOT, run } from "./tools.mjs";

const STAMP = ".pyduet-stamp.json";

/** The `python` program of a virtual environment. */
export function venvPython(folder) {
  return process.platform === "win32"
    ? path.join(folder, "Scripts", "python.exe")
    : path.join(folder, "bin", "python");
}

/**
 * Makes sure that `folder` is a working virtual environment of the Python `base` with everything in
 * the file `requirements`. Does nothing, and needs no network, when it already is.
 * @returns {Promise<string>} the folder
 */
export async function ensureVenv(folder, base, requirements) {
  const wanted = describe(base, requirements);
  if (isReady(folder, wanted)) return folder;
  const shown = path.relative(ROOT, folder);
  needVenvModule(base);
  heading(`making ${shown} from ${base}`);
  fs.rmSync(folder, { recursive: true, force: true });
  capture(base, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:"];
  const install = await run(venvPython(folder), [...pip, "--quiet", "-r", requirements]);
  if (!install.ok) {
    // A half-filled environment would be found by the library, and lack what tests and demo need.
    fs.rmSync(folder, { recursive: true, force: true });
    throw new HouseError(
      `pip could not install ${
        path.relative(ROOT, requirements)
      } into ${shown} (${install.note}).\n` +
        "  Fix: the first time needs the network. If no wheel fits this Python, set PYDUET_PYTHON " +
        "to another one.",
    );
  }
  fs.writeFileSync(path.join(folder, STAMP), wanted);
  console.log(`${shown} is ready (${install.seconds.toFixed(0)} s)`);
  return folder;
}

function describe(base, requirements) {
  const version = capture(base, ["-c", "import sys; print(sys.version)"]).trim();
  const hash = createHash("sha256").update(fs.readFileSync(requirements)).digest("hex");
  return JSON.stringify({ base, version, requirements: hash }, null, 2);
}

function isReady(folder, wanted) {
  try {
    if (fs.readFileSync(path.join(folder, STAMP), "utf8") !== wanted) return false;
    // The base may have been taken away since: only a start shows it.
    capture(venvPython(folder), ["-c", "import pip"]);
    return true;
  } catch {
    return false;
  }
}

function needVenvModule(base) {
  try {
    capture(base, ["-c", "import venv, ensurepip"]);
  } catch {
    const version = capture(base, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
      .trim();
    throw new HouseError(
      `${base} cannot make virtual environments: its modules venv and ensurepip are not installed.\n` +
        `  Fix: on Debian and Ubuntu "apt-get install python${version}-venv"; elsewhere install a ` +
        "full Python, or set PYDUET_PYTHON to another one.",
    );
  }
}
