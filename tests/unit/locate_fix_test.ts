import assert from "node:assert/strict";
import { after, test } from "node:test";
import { installLinux, Machine, refusal, removeFolders } from "./locate_machine.ts";

after(removeFolders);

test("locate() gives the one command that adds a missing library, for each system", () => {
  const cases: [release: string, prefix: string, fix: string][] = [
    ["ID=debian", "/usr", "sudo apt-get install libpython3.11"],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', "/usr", "sudo apt-get install libpython3.11"],
    ["ID=fedora", "/usr", "sudo dnf install python3-libs"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', "/usr", "sudo dnf install python3-libs"],
    ["ID=alpine", "/usr", "apk add python3"],
    ["ID=arch", "/usr", "sudo pacman -S python"],
    ["ID=opensuse-leap", "/usr", "sudo zypper install libpython3_11-1_0"],
    ["ID=plan9", "/usr", "uv python install 3.11"],
    ["ID=debian", "/opt/py", "uv python install 3.11"],
    [
      "ID=debian",
      "/home/ann/.pyenv/versions/3.11.7",
      'env PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install --force 3.11.7',
    ],
    [
      "ID=debian",
      "/home/ann/.local/share/uv/python/cpython-3.11.7-linux-x86_64-gnu",
      "uv python install --reinstall 3.11",
    ],
  ];
  for (const [release, prefix, fix] of cases) {
    const machine = new Machine("linux").write({ "/etc/os-release": `${release}\n` });
    installLinux(machine, prefix, "3.11", { library: false });
    const [refused] = refusal(prefix, machine).refusals;
    assert.equal(refused?.reason, "a static build: libpython3.11.so is missing");
    assert.equal(refused?.fix, fix);
  }
});

test("locate() gives the command that installs a Python where there is none", () => {
  const fixOf = (machine: Machine, request?: string): string | undefined =>
    /To fix it:\n {2}(.*)/.exec(refusal(request, machine).message)?.[1];
  const linux = (release: string): Machine =>
    new Machine("linux").write({ "/etc/os-release": release });
  assert.equal(fixOf(linux("ID=debian")), "sudo apt-get install python3 libpython3-dev");
  assert.equal(fixOf(linux("ID=fedora")), "sudo dnf install python3 python3-libs");
  assert.equal(fixOf(linux("ID=arch")), "sudo pacman -S python");
  assert.equal(fixOf(linux("ID=other")), "uv python install 3.13");
  assert.equal(fixOf(linux("ID=debian"), "3.12.4"), "uv python install 3.12.4");
  assert.equal(fixOf(new Machine("darwin")), "brew install python@3.13");
  assert.equal(fixOf(new Machine("darwin"), "3.12"), "brew install python@3.12");
  assert.equal(fixOf(new Machine("darwin"), "3.13t"), "brew install python-freethreading");
  assert.equal(fixOf(new Machine("win32"), "3.12"), "winget install Python.Python.3.12");
  const pyenv = linux("ID=debian");
  pyenv.folder("/home/ann/.pyenv/bin");
  assert.equal(
    fixOf(pyenv, "3.12"),
    'env PYTHON_CONFIGURE_OPTS="--enable-shared" pyenv install 3.12',
  );
});
