import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Candidate, locate, locateAll } from "../../src/capi/locate.ts";
import {
  debian,
  elf,
  installLinux,
  Machine,
  makeVenv,
  reasons,
  refusal,
  removeFolders,
  withPyenv,
} from "./locate_machine.ts";

after(removeFolders);

test("locate() takes a version, a prefix, an interpreter and a libpython", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.env["PATH"] = "/opt/py/bin";
  const expected: Candidate = {
    library: "/opt/py/lib/libpython3.12.so.1.0",
    executable: "/opt/py/bin/python3",
    home: "/opt/py",
    venv: null,
    version: [3, 12],
    flags: "",
    origin: "option python",
  };
  const find = (request: string): Candidate => locate(request, machine.host);
  assert.deepEqual(find("3.12"), expected);
  assert.deepEqual(find("/opt/py"), expected);
  assert.deepEqual(find("/opt/py/"), expected);
  assert.deepEqual(find("../opt/py"), expected);
  assert.deepEqual(find("/opt/py/bin/python3"), expected);
  assert.deepEqual(find("python3"), expected);
  assert.deepEqual(find("/opt/py/lib/libpython3.12.so.1.0"), {
    ...expected,
    executable: "/opt/py/bin/python3.12",
  });
  assert.deepEqual(machine.ran, [], "files answer all of these");
});

test("locate() takes an exact version where a file tells it, and asks where none does", () => {
  const machine = debian();
  machine.env["PATH"] = "/opt/a/bin:/opt/b/bin:/opt/c/bin";
  installLinux(machine, "/opt/a", "3.12", { exact: "3.12.1" });
  installLinux(machine, "/opt/b", "3.12", { exact: "3.12.7" });
  installLinux(machine, "/opt/c", "3.12");
  assert.equal(locate("3.12.7", machine.host).home, "/opt/b");
  assert.equal(locate("3.12", machine.host).home, "/opt/a");
  assert.deepEqual(machine.ran, []);
  machine.answers["/opt/c/bin/python3"] = "/opt/c/bin/python3\n/opt/c\n/opt/c\n3.12.9\n\ncpython";
  assert.equal(locate("3.12.9", machine.host).home, "/opt/c");
  machine.answers = {};
  assert.match(refusal("3.12.9", machine).message, /Python 3\.12, but which 3\.12 is not to be/);
});

test("locate() keeps builds apart: 3.13 is not 3.13t, nor 3.13d", () => {
  const machine = debian();
  machine.env["PATH"] = "/opt/t/bin:/opt/d/bin:/opt/r/bin";
  installLinux(machine, "/opt/t", "3.13", { flags: "t" });
  installLinux(machine, "/opt/d", "3.13", { flags: "d" });
  installLinux(machine, "/opt/r", "3.13");
  const find = (request: string): string => {
    const { flags, library } = locate(request, machine.host);
    return `${flags} ${library}`;
  };
  assert.equal(find("3.13"), " /opt/r/lib/libpython3.13.so.1.0");
  assert.equal(find("3.13t"), "t /opt/t/lib/libpython3.13t.so.1.0");
  assert.equal(find("3.13d"), "d /opt/d/lib/libpython3.13d.so.1.0");
  assert.equal(find("3"), " /opt/r/lib/libpython3.13.so.1.0");
});

test("locate() sees a free-threaded or debug build behind a name without flags", () => {
  const machine = debian();
  installLinux(machine, "/opt/t", "3.13", { flags: "t" });
  machine.write({ "/opt/t/bin/python3.13": elf() });
  assert.equal(locate("/opt/t/bin/python3.13", machine.host).flags, "t");
  machine.write({
    "/opt/d/bin/python3.12": elf(),
    "/opt/d/lib/libpython3.12d.so.1.0": elf(),
    "/opt/d/lib/python3.12/_sysconfigdata_d_linux_x86_64-linux-gnu.py": "",
  });
  assert.equal(locate("/opt/d/bin/python3.12", machine.host).flags, "d");
});

test("locate() does not take a debug library for a regular interpreter", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { library: false });
  machine.write({
    "/usr/lib/x86_64-linux-gnu/libpython3.11d.so.1.0": elf(),
    "/usr/lib/python3.11/_sysconfigdata__x86_64-linux-gnu.py": "",
    "/usr/lib/python3.11/_sysconfigdata_d_x86_64-linux-gnu.py": "",
  });
  const error = refusal("/usr/bin/python3.11", machine);
  assert.equal(error.refusals[0]?.reason, "a static build: libpython3.11.so is missing");
});

test("locate() finds Debian's library in its multiarch folder and Fedora's in lib64", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  assert.deepEqual(locate(undefined, machine.host), {
    library: "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0",
    executable: "/usr/bin/python3",
    home: "/usr",
    venv: null,
    version: [3, 11],
    flags: "",
    origin: "PATH",
  });
  const fedora = new Machine("linux");
  fedora.env["PATH"] = "/usr/bin";
  installLinux(fedora, "/usr", "3.14", { lib: "lib64" });
  assert.equal(locate(undefined, fedora.host).library, "/usr/lib64/libpython3.14.so.1.0");
});

test("locate() takes no library that belongs to another build of the same version", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  installLinux(machine, "/opt/static", "3.11", { library: false });
  const error = refusal("/opt/static", machine);
  assert.equal(error.refusals[0]?.reason, "a static build: libpython3.11.so is missing");
});

test("locate() reads the version beside an interpreter whose name has none", () => {
  const machine = debian();
  machine.write({
    "/opt/x/bin/python": elf(),
    "/opt/x/lib/python3.10/os.py": "",
    "/opt/x/lib/libpython3.10.so": elf(),
  });
  const { version, library } = locate("/opt/x/bin/python", machine.host);
  assert.deepEqual([version, library], [[3, 10], "/opt/x/lib/libpython3.10.so"]);
  assert.deepEqual(machine.ran, []);
});

test("locate() asks an interpreter beside which two versions stand", () => {
  const machine = debian();
  installLinux(machine, "/opt/x", "3.10");
  machine.remove("/opt/x/bin/python").write({
    "/opt/x/bin/python": elf(),
    "/opt/x/lib/python3.9/os.py": "",
  });
  machine.answers["/opt/x/bin/python"] = "/opt/x/bin/python\n/opt/x\n/opt/x\n3.10.4\n\ncpython";
  assert.equal(
    locate("/opt/x/bin/python", machine.host).library,
    "/opt/x/lib/libpython3.10.so.1.0",
  );
  assert.deepEqual(machine.ran, ["/opt/x/bin/python"]);
});

test("locate() gives a libpython that stands alone without interpreter and home", () => {
  const machine = debian().write({
    "/srv/libpython3.12.so.1.0": elf(),
    "/srv/embedded.so": elf(),
  });
  const base = { executable: null, home: null, venv: null, flags: "", origin: "option python" };
  assert.deepEqual(locate("/srv/libpython3.12.so.1.0", machine.host), {
    ...base,
    library: "/srv/libpython3.12.so.1.0",
    version: [3, 12],
  });
  assert.deepEqual(locate("/srv/embedded.so", machine.host), {
    ...base,
    library: "/srv/embedded.so",
    version: null,
  });
});

test("locate() with a request that fails names that place alone, with the reason", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.env["PATH"] = "/opt/py/bin";
  machine.folder("/empty");
  machine.folder("/folder.so");
  machine.write({
    "/srv/libpython3.12.a": "!<arch>\n",
    "/srv/libpython3.so": elf(),
    "/srv/libpython3.12.so": "GROUP ( libpython3.12.so.1.0 )",
    "/srv/libpython3.7m.so": elf(),
    "/srv/libpython2.7.so": elf(),
    "/srv/notes.txt": "hello",
  });
  const cases: Record<string, string> = {
    "": "it is empty",
    "/nowhere/python3": "no such file",
    "nothing": "no such file, nor a command of that name on PATH",
    "/empty": "no Python in it: neither bin/python3 nor a libpython",
    "/folder.so": "no Python in it: neither bin/python3 nor a libpython",
    "/srv/libpython3.12.a": "a static library, which cannot be loaded",
    "/srv/libpython3.so": "the stable-ABI stub, which holds no interpreter",
    "/srv/libpython3.12.so": "not a shared library",
    "/srv/libpython3.7m.so": "Python 3.7 is older than this library knows (3.8 to 3.15)",
    "/srv/libpython2.7.so": "Python 2.7 is Python 2; needed is 3.8 to 3.15",
    "/srv/notes.txt": "not a Python: it does not answer as one",
    "2.7": "Python 2.7 is Python 2; needed is 3.8 to 3.15",
    "3.7": "Python 3.7 is older than this library knows (3.8 to 3.15)",
    "3.16": "Python 3.16 is newer than this library knows (3.8 to 3.15)",
  };
  for (const [request, reason] of Object.entries(cases)) {
    const error = refusal(request, machine);
    const head = `The Python named by option python, ${JSON.stringify(request)}, cannot be used`;
    assert.equal(error.message.split("\n")[0], `${head}: ${reason}.`);
    assert.equal(error.refusals.length, 1);
    assert.equal(error.refusals[0]?.origin, "option python");
  }
});

test("locate() with a version goes on past places that others have chosen", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.env["VIRTUAL_ENV"] = "/gone";
  machine.env["PYDUET_PYTHON"] = "/gone";
  machine.env["PATH"] = "/opt/py/bin";
  assert.equal(locate("3.12", machine.host).home, "/opt/py");
  machine.env["PYDUET_PYTHON"] = "3.12";
  assert.equal(locate(undefined, machine.host).origin, "PYDUET_PYTHON");
  assert.deepEqual(locateAll(machine.host).found.map(({ origin }) => origin), ["PATH"]);
});

test("locate() writes a request that fails out in full", () => {
  const machine = debian();
  installLinux(machine, "/opt/py", "3.12");
  machine.env["PATH"] = "/opt/py/bin";
  assert.equal(
    refusal("/opt/pyy/bin/python3", machine).message,
    `The Python named by option python, "/opt/pyy/bin/python3", cannot be used: no such file.

To fix it, name one of the Pythons that can be used here:
  /opt/py/bin/python3  (3.12)

To name a Python: startPython({ python: "3.12" }), or PYDUET_PYTHON=3.12 in the
environment. In place of the version may stand the path of a virtual environment, of an
installation, of a python executable, or of a libpython.`,
  );
});

test("locate() writes a search that found nothing out in full", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { library: false });
  installLinux(machine, "/opt/old", "3.7");
  machine.env["PATH"] += ":/opt/old/bin";
  assert.equal(
    refusal(undefined, machine).message,
    `No usable Python was found.

Tried, in this order:
  .venv     /work/.venv                       no such folder
  PATH      /usr/bin/python3                  a static build: libpython3.11.so is missing
  PATH      /opt/old/bin/python3              Python 3.7 is older than this library knows (3.8 to 3.15)
  pyenv     /home/ann/.pyenv/versions         no such folder
  uv        /home/ann/.local/share/uv/python  no such folder
  Homebrew  /home/linuxbrew/.linuxbrew/opt    no such folder
  conda     /home/ann/miniconda3              no such folder

To fix it:
  sudo apt-get install libpython3.11

To name a Python: startPython({ python: "3.12" }), or PYDUET_PYTHON=3.12 in the
environment. In place of the version may stand the path of a virtual environment, of an
installation, of a python executable, or of a libpython.`,
  );
});

test("locate() writes a version that is not there out in full", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  assert.equal(
    refusal("3.12", machine).message,
    `The Python named by option python, "3.12", cannot be used: no usable Python 3.12 was found.

Tried, in this order:
  .venv     /work/.venv                       no such folder
  PATH      /usr/bin/python3                  Python 3.11, not 3.12
  pyenv     /home/ann/.pyenv/versions         no such folder
  uv        /home/ann/.local/share/uv/python  no such folder
  Homebrew  /home/linuxbrew/.linuxbrew/opt    no such folder
  conda     /home/ann/miniconda3              no such folder

To fix it:
  uv python install 3.12

To name a Python: startPython({ python: "3.12" }), or PYDUET_PYTHON=3.12 in the
environment. In place of the version may stand the path of a virtual environment, of an
installation, of a python executable, or of a libpython.`,
  );
});

test("locate() keeps the order PYDUET_PYTHON, VIRTUAL_ENV, .venv, PATH, usual places", () => {
  const machine = debian();
  for (const name of ["a", "b", "c", "d"]) installLinux(machine, `/opt/${name}`, "3.12");
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  makeVenv(machine, "/venvs/b", { home: "/opt/b/bin", version: "3.12.1" });
  makeVenv(machine, "/work/.venv", { home: "/opt/c/bin", version: "3.12.1" });
  machine.env["PYDUET_PYTHON"] = "/opt/a";
  machine.env["VIRTUAL_ENV"] = "/venvs/b";
  machine.env["PATH"] = "/opt/d/bin";
  const next = (): string => {
    const { origin, home } = locate(undefined, machine.host);
    return `${origin} ${home}`;
  };
  assert.equal(next(), "PYDUET_PYTHON /opt/a");
  machine.env["PYDUET_PYTHON"] = "";
  assert.equal(next(), "VIRTUAL_ENV /opt/b");
  delete machine.env["VIRTUAL_ENV"];
  assert.equal(next(), ".venv /opt/c");
  machine.remove("/work/.venv");
  assert.equal(next(), "PATH /opt/d");
  machine.env["PATH"] = "/nowhere";
  assert.equal(next(), "system /usr");
});

test("locate() with PYDUET_PYTHON, VIRTUAL_ENV or .venv that fails takes no other Python", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  const first = (): string | undefined => refusal(undefined, machine).message.split("\n")[0];
  machine.env["PYDUET_PYTHON"] = "/gone";
  assert.equal(
    first(),
    'The Python named by PYDUET_PYTHON, "/gone", cannot be used: no such file.',
  );
  delete machine.env["PYDUET_PYTHON"];
  machine.env["VIRTUAL_ENV"] = "/gone";
  assert.equal(first(), 'The Python named by VIRTUAL_ENV, "/gone", cannot be used: no such file.');
  delete machine.env["VIRTUAL_ENV"];
  makeVenv(machine, "/work/.venv", { home: "/gone/bin", version: "3.12.1" });
  assert.equal(
    first(),
    'The Python named by .venv, "/work/.venv", cannot be used: its pyvenv.cfg names the home ' +
      "/gone/bin, which is gone.",
  );
});

test("locate() passes a .venv folder without pyvenv.cfg over, and records it", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  machine.write({ "/work/.venv/notes.txt": "" });
  assert.equal(locate(undefined, machine.host).origin, "PATH");
  assert.deepEqual(
    reasons(locateAll(machine.host).refused)[0],
    "/work/.venv: no virtual environment: it has no pyvenv.cfg",
  );
});

test("locate() passes a refused python on PATH over and goes on to the next", () => {
  const machine = debian();
  installLinux(machine, "/opt/two", "2.7");
  installLinux(machine, "/opt/static", "3.12", { library: false });
  installLinux(machine, "/opt/new", "3.16");
  installLinux(machine, "/opt/good", "3.10");
  machine.write({ "/opt/pypy/bin/pypy3.10": elf() }).link("/opt/pypy/bin/python3", "pypy3.10");
  machine.env["PATH"] = "/opt/two/bin::/opt/static/bin:/opt/new/bin:/opt/pypy/bin:/opt/good/bin";
  assert.equal(locate(undefined, machine.host).home, "/opt/good");
  assert.deepEqual(reasons(locateAll(machine.host).refused).slice(1, 5), [
    "/opt/two/bin/python3: Python 2.7 is Python 2; needed is 3.8 to 3.15",
    "/opt/static/bin/python3: a static build: libpython3.12.so is missing",
    "/opt/new/bin/python3: Python 3.16 is newer than this library knows (3.8 to 3.15)",
    "/opt/pypy/bin/python3: PyPy, not CPython",
  ]);
});

test("locate() ignores an empty entry of PATH, which means the working folder", () => {
  const machine = debian();
  machine.write({ "/work/python3": elf() });
  machine.env["PATH"] = ":";
  const path = refusal(undefined, machine).refusals.find(({ origin }) => origin === "PATH");
  assert.equal(path?.reason, "none of its 0 folders has python3 or python");
});

test("locateAll() looks everywhere and lists each real library and each refusal once", () => {
  const machine = withPyenv("3.11.7", "3.12.1");
  machine.write({ "/home/ann/.pyenv/version": "3.11.7\n" });
  installLinux(machine, "/home/ann/.local/share/uv/python/cpython-3.13.1-linux-x", "3.13");
  machine.link("/home/ann/.local/share/uv/python/cpython-3.13-linux-x", "cpython-3.13.1-linux-x");
  installLinux(machine, "/home/linuxbrew/.linuxbrew/opt/python@3.14", "3.14");
  installLinux(machine, "/home/ann/miniconda3", "3.10");
  installLinux(machine, "/home/ann/miniconda3/envs/science", "3.8");
  machine.env["PATH"] += ":/bin";
  machine.env["PYDUET_PYTHON"] = "/broken";
  const { found, refused } = locateAll(machine.host);
  assert.deepEqual(found.map(({ version, origin }) => [version?.[1], origin]), [
    [11, "PATH"],
    [9, "PATH"],
    [12, "pyenv"],
    [13, "uv"],
    [14, "Homebrew"],
    [10, "conda"],
    [8, "conda"],
  ]);
  assert.deepEqual(reasons(refused), ["/broken: no such file", "/work/.venv: no such folder"]);
});

test("locateAll() goes on past a broken virtual environment", () => {
  const machine = debian();
  installLinux(machine, "/usr", "3.11", { lib: "lib/x86_64-linux-gnu" });
  machine.env["VIRTUAL_ENV"] = "/gone";
  const { found, refused } = locateAll(machine.host);
  assert.equal(found.length, 1);
  assert.equal(reasons(refused)[0], "/gone: no such file");
});
