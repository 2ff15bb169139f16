import assert from "node:assert/strict";
import { after, test } from "node:test";
import { locate } from "../../src/capi/locate.ts";
import {
  debian,
  installLinux,
  makeVenv,
  refusal,
  removeFolders,
  SHIM,
  withPyenv,
} from "./locate_machine.ts";

after(removeFolders);

test("locate() resolves pyenv's shims by pyenv's rule, without running anything", () => {
  const machine = withPyenv("3.11.7", "3.12.1", "3.12.10", "3.12.11rc1", "3.13.0", "3.13.1t");
  const found = (): string | null => {
    const { home, executable } = locate(undefined, machine.host);
    assert.equal(executable, `${home}/bin/python3`);
    return home;
  };
  const versions = "/home/ann/.pyenv/versions";
  assert.equal(found(), "/usr", "no version is set: the system's");
  machine.write({ "/home/ann/.pyenv/version": "3.11.7\n" });
  assert.equal(found(), `${versions}/3.11.7`);
  machine.write({ "/work/.python-version": "# a comment\n\n3.99:3.12.1 3.13.0\n3.13.0\n" });
  assert.equal(found(), `${versions}/3.12.1`, "the first that is installed");
  machine.cwd = machine.folder("/work/deep/er");
  assert.equal(found(), `${versions}/3.12.1`, "a parent folder's file");
  machine.env["PYENV_VERSION"] = "3.12";
  assert.equal(found(), `${versions}/3.12.10`, "the newest release with that prefix");
  machine.env["PYENV_VERSION"] = "python-3.13";
  assert.equal(found(), `${versions}/3.13.0`);
  machine.env["PYENV_VERSION"] = "3.13t";
  assert.equal(found(), `${versions}/3.13.1t`);
  machine.env["PYENV_VERSION"] = "system:3.13";
  assert.equal(found(), "/usr");
  machine.env["PYENV_VERSION"] = "3.99";
  assert.equal(found(), "/usr", "pyenv itself goes on to the system's here");
  assert.deepEqual(machine.ran, []);
});

test("locate() does not let a version file lead out of pyenv's folder", () => {
  const machine = withPyenv("3.12.1");
  installLinux(machine, "/home/ann/evil", "3.12");
  machine.write({ "/work/.python-version": "../../evil\n" });
  assert.equal(locate(undefined, machine.host).home, "/usr");
});

test("locate() says that pyenv's choice has no such command", () => {
  const machine = withPyenv("3.12.1");
  machine.write({
    "/home/ann/.pyenv/shims/python3.13": SHIM,
    "/home/ann/.pyenv/version": "3.12.1",
  });
  assert.equal(
    refusal("python3.13", machine).refusals[0]?.reason,
    "pyenv is set to 3.12.1 by /home/ann/.pyenv/version, where there is no python3.13",
  );
});

test("locate() takes pyenv's choice before newer versions when its shims are not on PATH", () => {
  const machine = withPyenv("3.11.7", "3.13.0");
  machine.env["PATH"] = "/nowhere";
  machine.write({ "/home/ann/.pyenv/version": "3.11.7\n" });
  const first = locate(undefined, machine.host);
  assert.deepEqual([first.version, first.origin], [[3, 11], "pyenv"]);
  machine.remove("/home/ann/.pyenv/version");
  assert.deepEqual(locate(undefined, machine.host).version, [3, 13]);
});

test("locate() asks a wrapper script, and only that", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  makeVenv(machine, "/env", { home: "/opt/py/bin", version: "3.12.1" });
  machine.write({ "/tools/python3": '#!/bin/sh\nexec /env/bin/python "$@"\n' });
  machine.env["PATH"] = "/tools";
  machine.answers["/tools/python3"] = "/env/bin/python\n/env\n/opt/py\n3.12.1\n\ncpython";
  assert.deepEqual(locate(undefined, machine.host), {
    library: "/opt/py/lib/libpython3.12.so.1.0",
    executable: "/env/bin/python",
    home: "/opt/py",
    venv: "/env",
    version: [3, 12],
    flags: "",
    origin: "PATH",
  });
  assert.deepEqual(machine.ran, ["/tools/python3"]);
  machine.answers["/tools/python3"] = "/x/pypy3\n/x\n/x\n3.10.4\n\npypy";
  assert.equal(refusal("/tools/python3", machine).refusals[0]?.reason, "PyPy, not CPython");
});
