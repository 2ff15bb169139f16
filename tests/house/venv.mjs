/**
 * Makes virtual environments, once: a stamp in the folder says from which Python and for which
 * requirements it was made, and is written last.
 * @module
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { defaultPython, namedPython } from "./pythons.mjs";
import { capture, heading, HouseError, ROOT, run } from "./tools.mjs";

const STAMP = ".pyduet-stamp.json";

/** The `python` program of a virtual environment. */
export function venvPython(folder) {
  return process.platform === "win32"
    ? path.join(folder, "Scripts", "python.exe")
    : path.join(folder, "bin", "python");
}

/**
 * Makes sure of `.venv`, in which tests and demo run. One that works is kept as it is: the library
 * itself takes it before any other Python, so a PATH that has changed since does not matter.
 * @returns {Promise<string>} the folder
 */
export function ensureDefaultVenv() {
  const folder = path.join(ROOT, ".venv");
  const requirements = path.join(ROOT, "tests", "requirements.txt");
  const wanted = { requirements: hashOf(requirements) };
  if (!namedPython() && isReady(folder, wanted)) return Promise.resolve(folder);
  return ensureVenv(folder, defaultPython().executable, requirements);
}

/**
 * Makes sure that `folder` is a working virtual environment of the Python `base` with everything in
 * the file `requirements`. Does nothing, and needs no network, when it already is.
 * @returns {Promise<string>} the folder
 */
export async function ensureVenv(folder, base, requirements) {
  const stamp = { base, version: versionOf(base), requirements: hashOf(requirements) };
  if (isReady(folder, stamp)) return folder;
  const shown = path.relative(ROOT, folder);
  needVenvModule(base);
  heading(`making ${shown} from ${base}`);
  // What is there stays at hand until the new one is complete: without a network it is all there is.
  const former = `${folder}.former`;
  fs.rmSync(former, { recursive: true, force: true });
  if (fs.existsSync(folder)) fs.renameSync(folder, former);
  try {
    const seconds = await fill(folder, base, requirements);
    fs.writeFileSync(path.join(folder, STAMP), JSON.stringify(stamp, null, 2));
    console.log(`${shown} is ready (${seconds.toFixed(0)} s)`);
  } catch (error) {
    // A half-filled environment would be found by the library, and lack what tests and demo need.
    fs.rmSync(folder, { recursive: true, force: true });
    if (fs.existsSync(former)) fs.renameSync(former, folder);
    throw error;
  }
  fs.rmSync(former, { recursive: true, force: true });
  return folder;
}

async function fill(folder, base, requirements) {
  capture(base, ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--only-binary", ":all:"];
  const install = await run(venvPython(folder), [...pip, "--quiet", "-r", requirements]);
  if (install.ok) return install.seconds;
  throw new HouseError(
    `pip could not install ${path.relative(ROOT, requirements)} with ${base} (${install.note}).\n` +
      "  Fix: the first time needs the network. If no wheel fits this Python, set PYDUET_PYTHON to " +
      "another one.",
  );
}

function hashOf(file) {
  return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

function versionOf(python) {
  return capture(python, ["-c", "import sys; print(sys.version)"]).trim();
}

/** Whether the folder's stamp says what is wanted, and its Python starts and is what the stamp says. */
function isReady(folder, wanted) {
  try {
    const stamp = JSON.parse(fs.readFileSync(path.join(folder, STAMP), "utf8"));
    if (Object.entries(wanted).some(([key, value]) => stamp[key] !== value)) return false;
    return versionOf(venvPython(folder)) === stamp.version;
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
