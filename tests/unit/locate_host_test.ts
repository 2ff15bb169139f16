import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import nodePath from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { type Host, localHost, locate, locateAll } from "../../src/capi/locate.ts";
import { removeFolders, temporaryFolder } from "./locate_machine.ts";

after(removeFolders);

const PYENV_VERSIONS = nodePath.join(
  process.env["PYENV_ROOT"] ?? nodePath.join(os.homedir(), ".pyenv"),
  "versions",
);

/** This machine without what a shell or the working folder may have put in force. */
function thisMachine(env: Record<string, string> = {}): Host {
  const cwd = temporaryFolder();
  const { VIRTUAL_ENV: _, PYDUET_PYTHON: __, PYENV_VERSION: ___, ...rest } = process.env;
  return { ...localHost(), cwd, home: os.homedir(), env: { ...rest, ...env } };
}

function installedByPyenv(): { name: string; minor: number; library: string | undefined }[] {
  if (!fs.existsSync(PYENV_VERSIONS)) return [];
  return fs.readdirSync(PYENV_VERSIONS)
    .filter((name) => /^\d+\.\d+\.\d+$/.test(name))
    .map((name) => {
      const lib = nodePath.join(PYENV_VERSIONS, name, "lib");
      const library = fs.readdirSync(lib).find((file) => /^libpython\d\.\d+m?\.so\.1/.test(file));
      const minor = name.startsWith("3.") ? Number(name.split(".")[1]) : 0;
      return { name, minor, library: library && nodePath.join(lib, library) };
    });
}

test("locate() finds a Python on this machine, and says of it what it says itself", () => {
  const host = thisMachine();
  const { found } = locateAll(host);
  assert.ok(found.length > 0, "this machine has a usable Python");
  assert.equal(locate(undefined, host).library, found[0]?.library);
  for (const { library, executable, home, version, flags } of found) {
    assert.ok(fs.statSync(library).isFile());
    if (executable === null) continue;
    const code = "import sys; print(sys.executable, sys.base_prefix, " +
      "'%d.%d' % sys.version_info[:2], sys.abiflags, sep='\\n')";
    const said = execFileSync(executable, ["-c", code], { encoding: "utf8" }).split("\n");
    assert.deepEqual(said.slice(0, 4), [executable, home, version?.join("."), flags]);
  }
});

test("locateAll() finds each pyenv version from 3.8 on, and refuses the older ones", () => {
  const { found, refused } = locateAll(thisMachine());
  const libraries = new Set(found.map(({ library }) => fs.realpathSync(library)));
  for (const { name, minor, library } of installedByPyenv()) {
    if (minor >= 8) {
      if (library !== undefined) assert.ok(libraries.has(library), library);
      continue;
    }
    const reason = refused.find(({ path }) => path.includes(`/versions/${name}/`))?.reason;
    const version = name.split(".").slice(0, 2).join(".");
    assert.equal(
      reason,
      minor === 0
        ? `Python ${version} is Python 2; needed is 3.8 to 3.15`
        : `Python ${version} is older than this library knows (3.8 to 3.15)`,
    );
  }
});

test("locate() agrees with pyenv itself on what its shims run", () => {
  const shim = nodePath.join(PYENV_VERSIONS, "..", "shims", "python3");
  const installed = installedByPyenv().filter(({ minor }) => minor >= 8);
  const [first, second] = installed;
  if (!fs.existsSync(shim) || first === undefined || second === undefined) return;
  const minorOf = (name: string): string => name.split(".").slice(0, 2).join(".");
  for (
    const PYENV_VERSION of [
      first.name,
      `3.99:${second.name}`,
      minorOf(second.name),
      `python-${first.name}`,
      `${first.name} ${second.name}`,
      "3.99",
      "system",
    ]
  ) {
    const host = thisMachine({ PYENV_VERSION });
    const said = execFileSync(shim, ["-c", "import sys; print(sys.executable)"], {
      encoding: "utf8",
      env: { ...process.env, PYENV_VERSION },
      cwd: host.cwd,
    });
    assert.equal(locate(shim, host).executable, said.trim(), PYENV_VERSION);
  }
});

// Windows puts the interpreter of an environment elsewhere, which locate_places_test.ts covers.
const POSIX_ONLY = { skip: process.platform === "win32" };

test(
  "locate() takes a virtual environment made on this machine, and one made from it",
  POSIX_ONLY,
  () => {
    const host = thisMachine();
    const base = locate(undefined, host);
    if (base.executable === null) return;
    const make = (python: string, name: string): string => {
      const folder = nodePath.join(host.cwd, name);
      execFileSync(python, ["-m", "venv", "--without-pip", folder]);
      return folder;
    };
    const outer = make(base.executable, "outer");
    const inner = make(nodePath.join(outer, "bin", "python"), "inner");
    for (const folder of [outer, inner]) {
      assert.deepEqual(locate(folder, host), {
        ...base,
        executable: nodePath.join(folder, "bin", "python"),
        venv: folder,
        origin: "option python",
      });
    }
  },
);

test("localHost() answers for what is not there instead of throwing", () => {
  const host = localHost();
  const nothing = nodePath.join(os.tmpdir(), "pyduet-nothing", "at-all");
  assert.equal(host.stat(nothing), null);
  assert.equal(host.realpath(nothing), nothing);
  assert.deepEqual(host.list(nothing), []);
  assert.equal(host.readText(nothing), null);
  assert.equal(host.readBytes(nothing, 8), null);
  assert.equal(host.run(nothing, []), null);
  assert.equal(host.stat(os.tmpdir()), "folder");
  assert.equal(host.readBytes(process.execPath, 4)?.length, 4);
});
