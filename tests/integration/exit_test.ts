import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inFolder, prints, run } from "../fixtures/program.ts";

const ATEXIT = `py.run("import atexit; atexit.register(lambda: print('atexit'))");\n`;

describe("the end of the process", () => {
  it("runs atexit once and keeps the exit code, however it comes", async () => {
    const ways: [string, number, string | RegExp][] = [
      ["", 0, ""],
      ["process.exit(3);", 3, ""],
      ["process.exitCode = 4;", 4, ""],
      ["py.close();", 0, ""],
      ["py.close(); py.close();", 0, ""],
      ["py.close(); process.exit(5);", 5, ""],
      ["throw new Error('uncaught');", 1, /uncaught/],
      ["py.run('1 / 0');", 1, /ZeroDivisionError: division by zero/],
      ["await Promise.reject(new Error('rejected'));", 1, /rejected/],
      ["void Promise.reject(new Error('unhandled'));", 1, /unhandled/],
      ["setTimeout(() => process.exit(6), 1);", 6, ""],
      ["setTimeout(() => { throw new Error('later'); }, 1);", 1, /later/],
      ["queueMicrotask(() => process.exit(7));", 7, ""],
      ["await new Promise((r) => setTimeout(r, 5));", 0, ""],
      ["try { py.run('import sys; sys.exit(3)') } catch {}", 0, ""],
      ["py.run('f()', { globals: { f: () => process.exit(8) } });", 8, ""],
      ["py.builtins.list(py.builtins.map(() => process.exit(9), [1, 2]));", 9, ""],
    ];
    const failed = await Promise.allSettled(
      ways.map(([end, code, stderr]) =>
        prints(`const py = startPython();\n${ATEXIT}${end}`, "atexit\n", { code, stderr })
      ),
    );
    const wrong = ways.filter((_, i) => failed[i]!.status === "rejected").map(([end]) => end);
    assert.deepEqual(wrong, []);
  });

  it("of a program that uses `using py` runs atexit at the end of the block", async () => {
    await prints(
      `
{
  using py = startPython();
  ${ATEXIT}
  py.builtins.print("in");
}
console.log("after");`,
      "in\natexit\nafter\n",
    );
  });

  it("writes what Python's files still hold", async () => {
    for (const end of ["", "process.exit(2);", "py.close();", "throw new Error('x');"]) {
      await inFolder(async (folder) => {
        const file = join(folder, "out.txt");
        await run(`
const py = startPython();
const file = py.builtins.open(${JSON.stringify(file)}, "w");
file.write("complete");
globalThis.file = file;
py.globals.also = file;
${end}`);
        assert.equal(existsSync(file) && readFileSync(file, "utf8"), "complete", end);
      });
    }
  });

  it("runs finalisers and weakref callbacks without a crash", async () => {
    const ran = await run(`
const py = startPython();
py.run("import weakref\\nclass C:\\n  def __del__(s): print('del')\\nc = C()\\nf = weakref.finalize(c, print, 'finalize')");
const held = py.run("[C() for _ in range(3)]");
const fn = () => 1;
py.globals.fn = fn;
py.run("class D:\\n  def __del__(s): s.fn()\\nd = D()\\nd.fn = fn\\nd.me = d");
globalThis.held = held;`);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(ran.signal, null);
    assert.match(ran.stdout, /finalize/);
  });

  it("with functions, generators, threads and exceptions alive is no crash", async () => {
    const ran = await run(`
const py = startPython();
const kept = [];
py.run("gs = []\\ndef g(f):\\n  try:\\n    yield f()\\n  finally:\\n    f()\\n");
const gen = py.globals.g(() => 1);
gen.next();
py.globals.gs.append(gen);
kept.push(gen, gen[Symbol.iterator]());
for (let i = 0; i < 100; i++) { const f = () => i; py.globals.gs.append(f); kept.push(f); }
try { py.run("raise ValueError('kept')"); } catch (e) { py.globals.e = e; kept.push(e); }
py.run("import threading, time, atexit\\nt = threading.Thread(target=lambda: time.sleep(3600), daemon=True)\\nt.start()");
py.run("lock = threading.Lock()\\nlock.acquire()\\nd = threading.Thread(target=lock.acquire, daemon=True)\\nd.start()");
py.run("b = threading.Thread(target=lambda: [sum(range(1000)) for _ in iter(int, 1)], daemon=True)\\nb.start()");
globalThis.kept = kept;
console.log("end");`);
    assert.equal(ran.stdout, "end\n", ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("waits for threads that are no daemons, as python does", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\nready = threading.Event()\\ndef w():\\n  ready.wait()\\n  print('worker done')\\n" +
  "threading.Thread(target=w).start()\\nimport atexit\\natexit.register(lambda: print('atexit'))\\nthreading.Timer(0.05, ready.set).start()");
console.log("main done");`,
      "main done\nworker done\natexit\n",
    );
  });

  it("calls a JS function that was registered with atexit", async () => {
    await prints(
      `
const py = startPython();
py.import("atexit").register(() => console.log("from js"));
py.run("import atexit\\natexit.register(lambda: 1 / 0)\\natexit.register(lambda: print('first'))");
console.log("main");`,
      "main\nfirst\nfrom js\n",
      { stderr: /ZeroDivisionError/ },
    );
  });

  it("inside a callback inside Python inside a callback keeps its code", async () => {
    await prints(
      `
const py = startPython();
${ATEXIT}
const call = py.run("lambda f: f()");
call(() => call(() => call(() => process.exit(11))));`,
      "atexit\n",
      { code: 11 },
    );
  });
});

describe("py.close()", () => {
  it("makes every later use a PythonClosedError", async () => {
    await prints(
      `
const py = startPython();
const list = py.run("[1, 2]");
const { append } = list;
const fn = py.builtins.len;
const { builtins, globals } = py;
const gen = py.run("(x for x in [1])");
const iterator = list[Symbol.iterator]();
let error; try { py.run("1 / 0"); } catch (e) { error = e; }
const lazy = (() => { try { py.run("1 / 0"); } catch (e) { return e; } })();
py.close();
const uses = {
  start: () => startPython(), import: () => py.import("sys"), run: () => py.run("1"), runFile: () => py.runFile("x"),
  globals: () => py.globals, builtins: () => py.builtins.len([]), toPython: () => py.toPython(1),
  scope: () => py.scope(() => 1), scopeUse: () => py.scope(() => py.run("1")), info: () => py.info,
  handles: () => py.debug.handles(), counts: () => py.debug.counts(), leaks: () => py.debug.assertNoLeaks(() => 1),
  attribute: () => list.x, set: () => { list.x = 1; }, delete: () => delete list.x, in: () => "x" in list,
  item: () => list[0], method: () => append(1), call: () => fn([]), new: () => new fn([]),
  text: () => \`\${list}\`, number: () => +list, json: () => JSON.stringify(list), spread: () => [...list],
  keys: () => Object.keys(list), next: () => gen.next(), iterator: () => iterator.next(), map: () => list.map((x) => x),
  type: () => list.$.type, get: () => list.$.get(0), toJs: () => list.$.toJs(), equals: () => list.$.equals(1),
  clone: () => list.$.clone(), is: () => list.$.is(list), repr: () => list.$.repr(), instance: () => list instanceof builtins.list,
  matches: () => error.matches(fn),
};
for (const [name, use] of Object.entries(uses)) {
  try { console.log(name, "gave", String(use())); } catch (e) {
    if (!(e instanceof pyduet.PythonClosedError)) console.log(name, "threw", e.constructor.name, e.message);
  }
}
list.$.release();
console.log(list.$.released, error.type, error.message, typeof error.stack, typeof lazy.traceback, String(lazy.cause), lazy.notes, lazy.errors);
console.log(py.version.length);
{ using x = list; void x; }
try { py.run("1"); } catch (e) { console.log(e.message); }
try { list.x; } catch (e) { console.log(e.message); }
try { startPython(); } catch (e) { console.log(e.message); }`,
      "true ZeroDivisionError ZeroDivisionError: division by zero string string undefined [] []\n3\n" +
        "Python was closed: this object is gone with it\nThis list object cannot be used: Python was closed\n" +
        "Python was closed; a process can start it only once. Close it later, or not at all: " +
        "the process's end does the same\n",
    );
  });

  it("is silent about values of TypeScript that Python drops last of all", async () => {
    await prints(
      `
const py = startPython();
class Thing {}
const main = py.run("import __main__\\n__main__.__dict__");
main.$.set("Thing", pyduet.pyClass(Thing, {}));
main.$.set("f", () => 1);
py.run("import sys\\nkept = [f, Thing()]\\ndef hook(*_): return kept\\nsys.hook = hook", { globals: main });
py.close();
console.log("closed");`,
      "closed\n",
    );
  });

  it("detaches buffers first, and gives them back", async () => {
    await prints(
      `
const py = startPython();
const bytes = py.run("class Bytes(bytearray):\\n  def __del__(self): print('gone')\\nBytes(b'abc')");
const [a, b] = [bytes.$.buffer(), bytes.$.buffer()];
const taken = bytes.$.buffer().data.buffer;
a.release();
const view = new Uint8Array(b.data.buffer, 1);
py.globals.array = new Float64Array(3);
py.globals.kept = py.run("bytearray(b'xyz')").$.buffer({ format: "b" }).data.subarray(1);
py.run("import atexit\\natexit.register(lambda: print(kept.tolist()))");
console.log(view.length);
py.close();
console.log(b.data.length, view.length, taken.detached);
b.release();
a.release();
try { bytes.$.buffer(); } catch (error) { console.log(error.name); }`,
      "2\n[121, 122]\ngone\n0 0 true\nPythonClosedError\n",
    );
  });

  it("with buffers and shared arrays that live is no crash at the end of the process", async () => {
    await prints(
      `
const py = startPython();
const call = py.run("lambda f: f()");
globalThis.kept = [py.run("bytearray(b'abc')").$.buffer()];
const moved = py.run("bytearray(b'abc')").$.buffer();
globalThis.moved = structuredClone(moved.data.buffer, { transfer: [moved.data.buffer] });
py.globals.array = new Float64Array([1, 2]);
py.run("import atexit\\natexit.register(lambda: print(sum(array), len(array)))");
call(() => { globalThis.kept.push(py.run("bytearray(b'abc')").$.buffer()); });
console.log("main");`,
      "main\n3.0 2\n",
    );
  });

  it("inside a callback is refused, and Python goes on", async () => {
    await prints(
      `
const py = startPython();
const call = py.run("def call(f):\\n  try:\\n    f()\\n  except Exception as e:\\n    print(type(e).__name__, e)\\n  return 5\\ncall");
console.log(call(() => py.close()));
try { py.builtins.list(py.builtins.map(() => { py.close(); }, [1])); } catch (e) { console.log(e.name); }
console.log(py.run("1 + 1"));
py.close();
console.log("closed");`,
      "JsError PythonStartError: py.close() was called inside a function that Python called; close Python after it returned\n" +
        "5\nPythonStartError\n2\nclosed\n",
    );
  });

  it("inside a scope, with objects that outlive it, is no crash", async () => {
    await prints(
      `
const py = startPython();
const kept = py.scope(() => { const a = py.run("[1]"); py.close(); return a; });
console.log(kept.$.released);
try { await py.scope(async () => 1); } catch (e) { console.log(e.name); }`,
      "true\nPythonClosedError\n",
    );
  });

  it("lets what timers and finalisers still do pass", async () => {
    await prints(
      `
const py = startPython();
let list = py.run("[[] for _ in range(1000)]");
for (const each of list) void each;
const timer = setTimeout(() => { try { list.append(1); } catch (e) { console.log(e.name); } }, 5);
py.close();
(globalThis.gc ?? (() => Bun.gc(true)))();
await new Promise((r) => setTimeout(r, 20));
list = null;
(globalThis.gc ?? (() => Bun.gc(true)))();
await new Promise((r) => setTimeout(r, 20));
console.log("end");`,
      "PythonClosedError\nend\n",
    );
  });
});
