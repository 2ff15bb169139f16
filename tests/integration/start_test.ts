import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inFolder, ON_DENO, prints, PYTHON, ROOT, run, spawned } from "../fixtures/program.ts";
import { py } from "../fixtures/python.ts";

/** What a python program itself says. */
function ask(python: string, code: string, args: string[] = []): string {
  return execFileSync(python, [...args, "-c", code], { encoding: "utf8" });
}

/** The Python from which the tests' own one was made, so that a new venv is not one of a venv. */
const BASE: string = py.info.executable === "" ? "" : realpathSync(
  ask(PYTHON, "import sys; print(getattr(sys, '_base_executable', sys.executable))").trim(),
);

/** A test that runs Python's own program; a bare library has none. */
function itWithProgram(name: string, test: () => Promise<void>): void {
  if (BASE !== "") return void it(name, test);
  const reason = `${py.info.library} is a library without its program`;
  console.log(`skipped: ${name}: ${reason}`);
  it(`${name} (skipped: ${reason})`, { skip: true }, () => {});
}

/** A venv without pip: quick to make. */
function makeVenv(folder: string): string {
  execFileSync(BASE, ["-m", "venv", "--without-pip", folder]);
  return join(folder, "bin", "python");
}

const FACTS = "import sys, json; print(json.dumps([sys.prefix, sys.base_prefix, sys.executable, " +
  "sys.exec_prefix, [p for p in sys.path if p], sys.version]))";

const SHOW = `
import { readFileSync } from "node:fs"; void readFileSync;
const show = (...values) => console.log(JSON.stringify(values));
`;

describe("startPython() python", () => {
  itWithProgram("takes a venv folder, an executable and a library path, a version", async () => {
    const { library } = py.info;
    const [major, minor] = py.version;
    await inFolder(async (folder) => {
      const venv = join(folder, "env");
      const executable = makeVenv(venv);
      const program = (python: string) => `
const py = startPython({ python: ${JSON.stringify(python)} });
console.log(py.version.slice(0, 2).join("."));
console.log(py.info.library === ${JSON.stringify(library)});
console.log(py.info.prefix === ${JSON.stringify(venv)});`;
      for (const python of [venv, executable]) {
        await prints(program(python), `${major}.${minor}\ntrue\ntrue\n`);
      }
      for (const python of [BASE, library]) {
        await prints(program(python), `${major}.${minor}\ntrue\nfalse\n`);
      }
      await prints(
        `const py = startPython({ python: "${major}.${minor}" });\nconsole.log(py.version.slice(0, 2).join("."));`,
        `${major}.${minor}\n`,
      );
    });
  });

  itWithProgram("puts a venv in force, just as its own python does", async () => {
    await inFolder(async (folder) => {
      const venv = join(folder, "env");
      const executable = makeVenv(venv);
      const site = ask(executable, "import site; print(site.getsitepackages()[0])").trim();
      mkdirSync(join(folder, "extra"));
      writeFileSync(join(folder, "extra", "from_pth.py"), "x = 1\n");
      writeFileSync(
        join(site, "mine.pth"),
        `${join(folder, "extra")}\nimport sys; sys.pth_ran = True\n`,
      );
      writeFileSync(join(site, "in_site.py"), "y = 2\n");
      const expected = JSON.parse(ask(executable, FACTS));
      for (const how of [`{ python: ${JSON.stringify(venv)} }`, "{}"]) {
        const ran = await run(
          `
const py = startPython(${how});
py.run(${JSON.stringify(FACTS)});
console.log(py.import("from_pth").x, py.import("in_site").y, py.run("import sys; sys.pth_ran"));`,
          { env: { PYDUET_PYTHON: undefined, VIRTUAL_ENV: venv } },
        );
        const [facts, rest] = ran.stdout.split("\n");
        assert.deepEqual(JSON.parse(facts || "null"), expected, ran.stderr);
        assert.equal(rest, "1 2 true");
      }
    });
  });

  itWithProgram(
    "finds .venv in the working folder, PYDUET_PYTHON before VIRTUAL_ENV before it",
    async () => {
      await inFolder(async (folder) => {
        const names = [".venv", "second", "third"];
        for (const name of names) makeVenv(join(folder, name));
        const prefix = "console.log(startPython().info.prefix);";
        const [local, second, third] = names.map((name) => join(folder, name)) as [
          string,
          string,
          string,
        ];
        const env = { PYDUET_PYTHON: undefined, VIRTUAL_ENV: undefined };
        await prints(prefix, `${local}\n`, { cwd: folder, env });
        await prints(prefix, `${second}\n`, { cwd: folder, env: { ...env, VIRTUAL_ENV: second } });
        await prints(prefix, `${third}\n`, {
          cwd: folder,
          env: { PYDUET_PYTHON: third, VIRTUAL_ENV: second },
        });
      });
    },
  );

  itWithProgram("says what it refused, in full", async () => {
    await inFolder(async (folder) => {
      const text = join(folder, "libpython3.11.so");
      writeFileSync(text, "this is no library\n");
      const broken = join(folder, "broken");
      makeVenv(broken);
      writeFileSync(join(broken, "pyvenv.cfg"), "home = /nowhere/bin\nversion = 3.11.7\n");
      for (const name of ["python", "python3"]) rmSync(join(broken, "bin", name), { force: true });
      symlinkSync("/nowhere/bin/python3", join(broken, "bin", "python"));
      const empty = join(folder, "empty");
      mkdirSync(empty);
      const cases = ["/nowhere/python", text, broken, empty, "", "9.99", "python;3", folder];
      const two = join(homedir(), ".pyenv", "versions", "2.7.18", "bin", "python");
      if (existsSync(two)) cases.push(two);
      for (const python of cases) {
        const ran = await run(`
try { startPython({ python: ${JSON.stringify(python)} }); console.log("started"); } catch (e) {
  console.log(e instanceof pyduet.PythonNotFoundError, e.refusals?.length);
  console.log(e.message);
}`);
        assert.equal(ran.code, 0, ran.stderr);
        assert.match(ran.stdout, /^true [1-9]/, `${python}: ${ran.stdout} ${ran.stderr}`);
        if (python) assert.ok(ran.stdout.includes(python), `${python}: ${ran.stdout}`);
      }
    });
  });

  it("says it in these words", async () => {
    await inFolder(async (folder) => {
      const text = join(folder, "libpython3.11.so");
      writeFileSync(text, "this is no library\n");
      for (
        const [python, reason] of [["/nowhere/python", "no such file"], [
          text,
          "not a shared library",
        ]]
      ) {
        const ran = await run(
          `try { startPython({ python: ${
            JSON.stringify(python)
          } }); } catch (e) { console.log(e.message); }`,
        );
        assert.equal(
          ran.stdout.replace(/(?: {2}\/.*\n)+/, "  …\n"), // those of this machine
          `The Python named by option python, ${
            JSON.stringify(python)
          }, cannot be used: ${reason}.\n\n` +
            "To fix it, name one of the Pythons that can be used here:\n  …\n\n" +
            'To name a Python: startPython({ python: "3.12" }), or PYDUET_PYTHON=3.12 in the\n' +
            "environment. In place of the version may stand the path of a virtual environment, of an\n" +
            "installation, of a python executable, or of a libpython.\n",
        );
      }
    });
  });

  it("takes PYDUET_PYTHON for the same, and names it when it is wrong", async () => {
    const ran = await run(
      "try { startPython(); } catch (e) { console.log(e.name); console.log(e.message); }",
      { env: { PYDUET_PYTHON: "/nowhere/python" } },
    );
    assert.match(ran.stdout, /^PythonNotFoundError\n/);
    assert.match(ran.stdout, /PYDUET_PYTHON/);
    assert.match(ran.stdout, /\/nowhere\/python/);
  });
});

describe("startPython() options", () => {
  it("args are those of a command line", async () => {
    await prints(
      `${SHOW}
const py = startPython({ args: ["-I", "-X", "utf8", "-O", "-B", "-W", "error", "-X", "mine=1"] });
const f = py.import("sys").flags;
show(f.isolated, f.utf8_mode, f.optimize, f.dont_write_bytecode, f.no_user_site);
py.run("assert False");
show(py.import("sys").warnoptions.$.toJs(), py.import("sys")._xoptions.$.get("mine"));
try { py.run("import warnings; warnings.warn('w')"); } catch (e) { show(e.message); }`,
      '[1,1,1,1,1]\n[["error"],"1"]\n["UserWarning: w"]\n',
    );
    await prints(
      `${SHOW}\nconst f = startPython().import("sys").flags;\nshow(f.isolated, f.optimize);`,
      "[0,0]\n",
    );
  });

  it("args that are wrong, or only print, are PythonStartErrors", async () => {
    for (const args of [["--nonsense"], ["-X"], ["--version"], ["-h"], ["-X", "utf8=7"]]) {
      const ran = await run(`
try { startPython({ args: ${JSON.stringify(args)} }); console.log("started"); }
catch (e) { console.log("caught", e.name, e.message); }`);
      assert.match(
        ran.stdout,
        /caught PythonStartError /,
        `${args}: ${ran.stdout}${ran.stderr} ${ran.signal}`,
      );
      assert.equal(ran.code, 0);
    }
  });

  it("argv and path", async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, "mine.py"), "v = 7\n");
      await prints(
        `${SHOW}
const py = startPython({ argv: ["prog", "-x", "ä b", ""], path: [${
          JSON.stringify(folder)
        }, "/second"] });
show(py.import("sys").argv.$.toJs(), py.import("mine").v, py.import("sys").path.slice(0, 2));`,
        `[["prog","-x","ä b",""],7,${JSON.stringify([folder, "/second"])}]\n`,
      );
    });
    await prints(`${SHOW}\nshow(startPython().import("sys").argv.$.toJs());`, '[[""]]\n');
  });

  it("environment variables of Python count", async () => {
    await prints(
      `${SHOW}\nconst py = startPython();\nshow(py.import("sys").flags.optimize, py.import("os").environ.$.get("MINE"));`,
      '[2,"x"]\n',
      { env: { PYTHONOPTIMIZE: "2", MINE: "x" } },
    );
  });

  it("a second start gives the same Python; contradictions name both", async () => {
    await prints(
      `
const py = startPython({ args: ["-O"], argv: ["a"], path: ["/x"] });
console.log(startPython() === py, startPython({}) === py, startPython({ args: ["-O"] }) === py, startPython({ python: PYTHON }) === py);
for (const options of [{ args: ["-I"] }, { argv: ["b"] }, { path: ["/y"] }, { debug: true }, { args: [] }]) {
  try { startPython(options); console.log("started", JSON.stringify(options)); } catch (e) { console.log(e.name + ": " + e.message); }
}`,
      "true true true true\n" +
        [
          'args ["-O"]; this call asks for ["-I"]',
          'argv ["a"]; this call asks for ["b"]',
          'path ["/x"]; this call asks for ["/y"]',
          "debug null; this call asks for true",
          'args ["-O"]; this call asks for []',
        ]
          .map((text) =>
            `PythonStartError: Python runs already with ${text}. A process has one Python: start it with these options first\n`
          ).join(""),
    );
  });

  itWithProgram("another Python than the one that runs is refused, naming both", async () => {
    const others = ["3.13.0", "3.12.1", "3.11.7"].map((v) =>
      join(homedir(), ".pyenv", "versions", v, "bin", "python")
    )
      .filter((file) => existsSync(file) && realpathSync(file) !== BASE);
    if (others.length === 0) return;
    const ran = await run(
      `
const py = startPython();
try { startPython({ python: ${
        JSON.stringify(others[0])
      } }); } catch (e) { console.log(e.name, e.message); }
console.log(py.run("1 + 1"));`,
      { env: { PYDUET_PYTHON: PYTHON } },
    );
    assert.match(ran.stdout, /^PythonStartError Python runs already from /);
    assert.ok(ran.stdout.includes(PYTHON) && ran.stdout.includes(others[0]!), ran.stdout);
    assert.match(ran.stdout, /\n2\n$/);
  });

  it("unknown options and wrong types are refused", async () => {
    await prints(
      `
for (const options of [{ phyton: "x" }, { args: "-I" }, { args: [1] }, { python: 5 }, { debug: "yes" }, { path: null }]) {
  try { startPython(options); console.log("started"); } catch (e) { console.log(e.name, e.message); }
}
console.log(startPython({ python: undefined, args: undefined }).run("1"));`,
      'PythonStartError startPython() has no option "phyton"; it has python, args, argv, path, interrupts, js, contexts, debug\n' +
        "PythonStartError option args must be an array of strings, not -I\n" +
        "PythonStartError option args must be an array of strings, not 1\n" +
        "PythonStartError option python must be a string, not 5\n" +
        "PythonStartError option debug must be a boolean, not yes\n" +
        "PythonStartError option path must be an array of strings, not null\n1\n",
    );
  });

  it("debug reports at exit what was not released, and where it was made", async () => {
    const ran = await run(`
const py = startPython({ debug: true });
const kept = py.run("['kept']");
globalThis.kept = kept;
const gone = py.run("['gone']");
function releaseIt() { gone.$.release(); }
releaseIt();
try { gone.x; } catch (e) { console.log(e.message); }
console.log(py.debug.handles().some((h) => h.repr === "['kept']" && h.made.includes("program.ts")));`);
    assert.match(ran.stdout, /This .*list.* was released, here:\n.*releaseIt/);
    assert.match(ran.stdout, /true\n$/);
    assert.match(
      ran.stderr,
      /pyduet: 1 Python objects? (was|were) not released:\n {2}list: \['kept'\]\n.*program\.ts/,
    );
  });

  it("importing the library does nothing before startPython()", async () => {
    await prints(
      `console.log(Object.keys(process.env).some((k) => k.startsWith("PYDUET_RUN")), typeof startPython);`,
      "false function\n",
      { env: { PYDUET_PYTHON: "/nowhere" } },
    );
  });

  it("py.info and py.version tell what sys does", async () => {
    await prints(
      `
const py = startPython();
const sys = py.import("sys");
const v = sys.version_info;
console.log(py.version.join() === [v[0], v[1], v[2]].join(), py.info.version === sys.version, py.info.prefix === sys.prefix,
  py.info.executable === sys.executable, py.info.basePrefix === sys.base_prefix, py.info.debug === sys.$.hasAttr("gettotalrefcount"), py.info.freeThreaded);`,
      "true true true true true true false\n",
    );
  });
});

describe("modules", () => {
  it("with native code import", async () => {
    const names =
      "math ctypes ssl sqlite3 decimal json datetime hashlib zlib select socket struct lzma bz2 " +
      "xml.etree.ElementTree multiprocessing asyncio unittest.mock csv uuid";
    const ran = await run(`
const py = startPython();
for (const name of ${JSON.stringify(names)}.split(" ")) {
  try { py.import(name); } catch (e) { console.log(name, e.message); }
}
console.log(py.import("math").floor(2.5), py.import("decimal").Decimal("1.5").$.toJs());
const db = py.import("sqlite3").connect(":memory:");
console.log(db.execute("select 1 + 1").fetchone()[0]);
console.log(py.import("ctypes").pythonapi.Py_IsInitialized());
console.log(py.import("os.path").join("a", "b"), py.import("os").path.sep);
try { py.import("no_such_module"); } catch (e) { console.log(e.message); }
try { py.import(""); } catch (e) { console.log(e.type ?? e.name); }
try { py.import("math.nothing"); } catch (e) { console.log(e.type); }
try { py.import(5); } catch (e) { console.log(e.name); }`);
    const lines = ran.stdout.split("\n").filter((line) =>
      !/^(ssl|sqlite3|lzma|bz2|ctypes) No module/.test(line)
    );
    assert.deepEqual(lines, [
      ...["2 1.5", "2", "1", "a/b /", "ModuleNotFoundError: No module named 'no_such_module'"],
      ...["ValueError", "ModuleNotFoundError", "TypeError", ""],
    ], ran.stdout + ran.stderr);
  });

  it("a file runs as `python path` would", async () => {
    await inFolder(async (folder) => {
      const file = join(folder, "prog.py");
      writeFileSync(join(folder, "beside.py"), "v = 3\n");
      writeFileSync(
        file,
        "import sys, beside\nprint(__name__, __file__ == sys.argv[0], sys.argv[1:], beside.v)\n" +
          "if len(sys.argv) > 1: sys.exit(4)\n",
      );
      await prints(
        `
const py = startPython();
console.log(py.runFile(${JSON.stringify(file)}));
try { py.runFile(${
          JSON.stringify(file)
        }, { argv: ["a", "b"] }); } catch (e) { console.log(e.type, e.value.code); }
try { py.runFile("/nowhere.py"); } catch (e) { console.log(e.type); }
console.log(py.run("import sys; sys.argv").$.toJs(), py.globals.__name__);`,
        "__main__ True [] 3\nnull\n__main__ True ['a', 'b'] 3\nSystemExit 4\nFileNotFoundError\n" +
          '[ "" ] __main__\n',
      );
    });
  });
});

describe("permissions", () => {
  it("startPython() needs what the README says, and names what is missing", async () => {
    if (!ON_DENO) return; // the other runtime knows no permissions
    await inFolder(async (folder) => {
      const file = join(folder, "program.ts");
      writeFileSync(
        file,
        `import { startPython } from ${JSON.stringify(join(ROOT, "mod.ts"))};\n` +
          `console.log(startPython().import("math").sqrt(4));\n`,
      );
      const withFlags = (...flags: string[]) =>
        spawned(process.execPath, ["run", "--no-prompt", "--no-check", ...flags, file]);
      const enough = await withFlags("--allow-ffi", "--allow-read", "--allow-env");
      assert.equal(enough.stdout, "2\n", enough.stderr);
      const fewer = await withFlags("--allow-ffi", "--allow-read");
      assert.match(fewer.stderr, /NotCapable: Requires env access/);
    });
  });
});

describe("startPython() after a process of the same number was killed while it started", () => {
  it("does not wait for it", async () => {
    await prints(
      `
import { mkdirSync, rmdirSync, existsSync } from "node:fs";
const left = (existsSync("/dev/shm") ? "/dev/shm" : "/tmp") + "/pyduet-start-" + process.pid;
mkdirSync(left);
const start = performance.now();
startPython();
rmdirSync(left);
// The wait would be a minute.
console.log(process.platform !== "linux" || performance.now() - start < 50_000);`,
      "true\n",
    );
  });
});
