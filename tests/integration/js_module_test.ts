import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { join } from "node:path";
import { prints, ROOT, run } from "../fixtures/program.ts";

const MOD = join(ROOT, "mod.ts");

const TRY = "try { py.run('import js'); } catch (error) { console.log(error.message); }";

describe("import js", () => {
  it("is there by default, and not with { js: false }", async () => {
    await prints(
      `const py = startPython({ python: PYTHON });
py.run("import js\\njs.console.log('from Python')");
console.log(py.run("import sys\\nstr(sys.meta_path[-1])"));`,
      "from Python\n<class 'pyduet._Finder'>\n",
    );
    await prints(
      `const py = startPython({ python: PYTHON, js: false });
${TRY}
console.log(py.run("lambda o: o.x")({ x: 1 } instanceof Object ? new (class { x = 1 })() : 0));`,
      "ModuleNotFoundError: No module named 'js'\n1\n",
    );
  });

  it("is not loaded before it is imported", async () => {
    await prints(
      `const py = startPython({ python: PYTHON });
console.log(py.run("import sys\\n[m for m in sys.modules if 'js' in m.split('.')[-1] and m.startswith(('js', 'pyduet'))]").$.toJs().length);`,
      "0\n",
    );
  });

  it("a later start that contradicts is an error that names both", async () => {
    await prints(
      `startPython({ python: PYTHON });
startPython({ js: true });
try { startPython({ js: false }); } catch (error) { console.log(String(error)); }`,
      "PythonStartError: Python runs already with js true; this call asks for false. " +
        "A process has one Python: start it with these options first\n",
    );
    await prints(
      `startPython({ python: PYTHON, js: false });
startPython({ js: false });
startPython();
try { startPython({ js: true }); } catch (error) { console.log(String(error)); }`,
      "PythonStartError: Python runs already with js false; this call asks for true. " +
        "A process has one Python: start it with these options first\n",
    );
  });

  it("a module js of the program's own comes first", async () => {
    const ran = await run(
      `const py = startPython({ python: PYTHON, path: ["."] });
console.log(py.run("import js\\njs.mine"));`,
      { files: { "js.py": "mine = 'the file'" } },
    );
    assert.equal(ran.stdout, "the file\n", ran.stderr);
  });

  it("is each JS thread's own globalThis, and stays with it", async () => {
    const ran = await run(
      `import { Worker } from "node:worker_threads";
const py = startPython({ python: PYTHON });
globalThis.who = "main";
py.run("import js, builtins\\nbuiltins.held = js.URL");
console.log(py.run("js.who"));
const worker = new Worker(new URL("./worker.ts", import.meta.url));
worker.on("message", (said) => {
  console.log(JSON.stringify(said));
  console.log(py.run("js.who"));
  worker.terminate();
});`,
      {
        files: {
          "worker.ts": `import { startPython } from ${JSON.stringify(MOD)};
import { parentPort } from "node:worker_threads";
const py = startPython();
globalThis.who = "worker";
const said = [py.run("import js\\njs.who"), py.import("js") === globalThis];
try { py.run("held.prototype"); } catch (error) { said.push(error.type); }
parentPort.postMessage(said);`,
        },
      },
    );
    assert.equal(ran.stdout, 'main\n["worker",true,"RuntimeError"]\nmain\n', ran.stderr);
  });

  it("an iterator left in Python is no noise when the program ends", async () => {
    const ran = await run(
      `const py = startPython({ python: PYTHON });
py.globals.o = new (class { *[Symbol.iterator]() { yield 1; yield 2; } })();
py.run("it = iter(o)\\nnext(it)\\nimport js\\nu = js.URL('http://a')\\nl = u.toString");`,
    );
    assert.deepEqual([ran.stdout, ran.stderr, ran.code], ["", "", 0]);
  });
});
