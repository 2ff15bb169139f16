import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prints, run } from "../fixtures/program.ts";

describe("errors at the end of the process", () => {
  it("of a TypeScript function in atexit are printed, and the others still run", async () => {
    const ran = await run(
      "const py = startPython();\n" +
        "py.globals.f = function atTheEnd() { throw new RangeError('at exit'); };\n" +
        'py.run(\'import atexit\\natexit.register(print, "first")\\natexit.register(f)\\natexit.register(print, "last")\');',
    );
    assert.strictEqual(ran.code, 0, ran.stderr);
    assert.strictEqual(ran.stdout, "last\nfirst\n");
    assert.match(ran.stderr, /program\.ts", line \d+, in (?:py\.globals\.f|atTheEnd)/);
    assert.match(ran.stderr, /JsRangeError: RangeError: at exit/);
  });

  it("of a finaliser are printed with the frames of TypeScript", async () => {
    const ran = await run(
      "const py = startPython();\n" +
        "py.globals.f = function finaliser() { throw new Error('in __del__'); };\n" +
        "py.run('class C:\\n  def __del__(s): f()\\nC()\\nprint(\"on\")');",
    );
    assert.strictEqual(ran.code, 0, ran.stderr);
    assert.strictEqual(ran.stdout, "on\n");
    assert.match(
      ran.stderr,
      /^Exception ignored [^]*program\.ts", line \d+, in finaliser[^]*JsError: in __del__\n/,
    );
  });
});

describe("mapError()", () => {
  it("before Python starts and before the module is imported", async () => {
    await prints(
      `class PoolError extends Error {}
class PathError extends Error {}
pyduet.mapError(PoolError, "pool.PoolError");
const off = pyduet.mapError(PathError, "pool.PathError");
pyduet.mapError(RangeError, "list"); // no exception class: it does nothing
off();
const py = startPython({ path: ["."] });
const thrower = (error) => () => { throw error; };
py.globals.f = thrower(new PoolError("early"));
py.run("import sys, pyduet\\ntry:\\n  f()\\nexcept pyduet.JsError as e:\\n  print(type(e).__name__, 'pool' in sys.modules)");
py.globals.f = thrower(new PoolError("late"));
py.run("import pool\\ntry:\\n  f()\\nexcept pool.PoolError as e:\\n  print(type(e).__name__, e)");
for (const name of ["PoolError", "PathError"]) {
  try { py.run("raise pool." + name + "('x')"); } catch (error) { console.log(error.constructor.name, error.message); }
}
py.close();
pyduet.mapError(PathError, "pool.PathError")();
`,
      "JsError False\nPoolError late\nPoolError x\nPythonError pool.PathError: x\n",
      {
        files: {
          "pool.py": "class PoolError(Exception): pass\nclass PathError(Exception): pass\n",
        },
      },
    );
  });

  it("belongs to its thread: a Worker has ties of its own", async () => {
    const program = `class PoolError extends Error {}
const py = startPython();
py.run("class PoolError(Exception): pass");
pyduet.mapError(PoolError, "PoolError");
const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
const answer = await new Promise((resolve) => worker.onmessage = (event) => resolve(event.data));
console.log(answer);
worker.terminate();
try { py.run("raise kept"); } catch (error) { console.log(error.constructor.name, error.message); }
`;
    await prints(program, "PythonError WorkerError\nPoolError by the worker\n", {
      files: {
        "worker.ts": `import { mapError, startPython } from "MOD";
class WorkerError extends Error {}
const py = startPython();
const seen: string[] = [];
for (let i = 0; i < 2; i++) {
  try { py.run("raise PoolError('x')"); } catch (error) { seen.push((error as Error).constructor.name); }
  mapError(WorkerError, "PoolError");
}
py.globals.f = () => { throw new WorkerError("by the worker"); };
py.run("try:\\n  f()\\nexcept PoolError as e:\\n  kept = e");
postMessage(seen.join(" "));
`,
      },
    });
  });
});
