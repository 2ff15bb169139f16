import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Candidate, locate } from "../../src/capi/locate.ts";
import { debian, installLinux, makeVenv, refusal, removeFolders } from "./locate_machine.ts";

after(removeFolders);

test("locate() puts a virtual environment in force: its executable, its base's library", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  makeVenv(machine, "/work/env", {
    home: "/opt/py/bin",
    version: "3.12.1",
    executable: "/opt/py/bin/python3.12",
  });
  const expected: Candidate = {
    library: "/opt/py/lib/libpython3.12.so.1.0",
    executable: "/work/env/bin/python",
    home: "/opt/py",
    venv: "/work/env",
    version: [3, 12],
    flags: "",
    origin: "option python",
  };
  assert.deepEqual(locate("env", machine.host), expected);
  assert.deepEqual(locate("/work/env/bin/python", machine.host), expected);
  assert.deepEqual(locate("env/bin/python3", machine.host), {
    ...expected,
    executable: "/work/env/bin/python3",
  });
  machine.env["PATH"] = "/work/env/bin";
  assert.equal(locate(undefined, machine.host).venv, "/work/env");
});

test("locate() follows a virtual environment made from another to the installation", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  makeVenv(machine, "/envs/inner", { home: "/opt/py/bin", version: "3.12.1" });
  makeVenv(machine, "/envs/outer", { home: "/envs/inner/bin", version_info: "3.12.1.final.0" });
  const { home, venv, executable } = locate("/envs/outer", machine.host);
  assert.deepEqual([home, venv, executable], ["/opt/py", "/envs/outer", "/envs/outer/bin/python"]);
});

test("locate() reads virtualenv's base-executable", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12", { flags: "t" });
  machine.remove("/opt/py/bin/python3").remove("/opt/py/bin/python");
  makeVenv(machine, "/env", {
    home: "/opt/py/bin",
    "version_info": "3.12.1.final.0",
    "base-executable": "/opt/py/bin/python3.12t",
  }, "/opt/py/bin/python3.12t");
  assert.equal(locate("/env", machine.host).flags, "t");
});

test("locate() refuses a virtual environment that is broken, and says how to make it anew", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.folder("/opt/bare/bin");
  makeVenv(machine, "/a", { version: "3.12.1" }, "/opt/py/bin/python3");
  makeVenv(machine, "/b", { home: "/gone", version: "3.12.1" }, "/opt/py/bin/python3");
  makeVenv(machine, "/c", { home: "/opt/bare/bin", version: "3.12.1" }, "/opt/py/bin/python3");
  makeVenv(machine, "/d d", { home: "/opt/py/bin", version: "3.12.1" }, "/opt/gone/python3");
  makeVenv(machine, "/e", { home: "/opt/py/bin", version: "3.11.4" });
  makeVenv(machine, "/f", { home: "/g/bin", version: "3.12.1" }, "/opt/py/bin/python3");
  makeVenv(machine, "/g", { home: "/f/bin", version: "3.12.1" }, "/opt/py/bin/python3");
  const cases: Record<string, [reason: string, fix: string]> = {
    "/a": ["its pyvenv.cfg names no home", "python3 -m venv --clear /a"],
    "/b": ["its pyvenv.cfg names the home /gone, which is gone", "python3 -m venv --clear /b"],
    "/c": [
      "its pyvenv.cfg names the home /opt/bare/bin, where there is no Python",
      "python3.12 -m venv --clear /c",
    ],
    "/d d": ["its bin/python leads to no file", 'python3.12 -m venv --clear "/d d"'],
    "/e": [
      "made for Python 3.11, but /opt/py/bin/python3 is Python 3.12",
      "python3.12 -m venv --clear /e",
    ],
  };
  for (const [folder, [reason, fix]] of Object.entries(cases)) {
    assert.deepEqual(refusal(folder, machine).refusals, [
      { origin: "option python", path: folder, reason, fix },
    ]);
  }
  assert.match(
    refusal("/f", machine).message,
    /bin\/python3 is refused: it leads round in a circle/,
  );
});

test("locate() names the base of a virtual environment when it is the base that fails", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { library: false });
  makeVenv(machine, "/work/.venv", { home: "/usr/bin", version: "3.11.2" });
  assert.equal(
    refusal(undefined, machine).message.split("\n\n").slice(0, 2).join("\n\n"),
    `The Python named by .venv, "/work/.venv", cannot be used: /usr/bin/python3.11 is refused: ` +
      `a static build: libpython3.11.so is missing.

To fix it:
  sudo apt-get install libpython3.11`,
  );
});
