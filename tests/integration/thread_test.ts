import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prints, run } from "../fixtures/program.ts";

/** A worker that answers `ready`, does what it is told, and ends or stays. */
const WORKER_HEAD = `import { startPython } from "MOD";
import { parentPort, workerData } from "node:worker_threads";
const py = startPython();
void [parentPort, workerData];
`;

const SPAWN = `
import { Worker } from "node:worker_threads";
const worker = (data) => new Worker(new URL("./worker.ts", import.meta.url), { workerData: data });
const message = (w) => new Promise((resolve, reject) => { w.once("message", resolve); w.once("error", reject); });
const ended = (w) => new Promise((resolve) => w.once("exit", resolve));
`;

describe("the GIL", () => {
  it("is free while TS waits on a timer", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\nn = 0\\nstop = False\\ndef work():\\n  global n\\n  while not stop: n += 1\\nt = threading.Thread(target=work)\\nt.start()");
let grew = 0;
for (let i = 0; i < 5; i++) {
  const before = py.globals.n;
  let turns = 0;
  while (py.globals.n < before + 1000 && turns++ < 1000) await new Promise((resolve) => setTimeout(resolve, 1));
  if (turns < 1000) grew++;
}
py.run("stop = True\\nt.join()");
console.log(grew);`,
      "5\n",
    );
  });

  it("is free while TS awaits promises, fetches timers, and iterates in between", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\nseen = []\\nready = threading.Event()\\ndef work():\\n  ready.wait()\\n  seen.append(1)\\nt = threading.Thread(target=work, daemon=True)\\nt.start()");
const range = py.builtins.iter(py.builtins.range(3));
py.run("ready.set()");
let turns = 0;
while (py.run("len(seen)") === 0 && turns++ < 5000) await new Promise((resolve) => setTimeout(resolve, 1));
console.log(py.run("len(seen)"), [...range].length);`,
      "1 3\n",
    );
  });

  it("is given back after a callback, in which a promise was waited for", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\nevent = threading.Event()\\nthreading.Thread(target=lambda: (event.wait(), done.append(1)), daemon=True).start()\\ndone = []");
const call = py.run("lambda f: f()");
call(() => { queueMicrotask(() => 1); void Promise.resolve().then(() => 1); });
py.run("event.set()");
let turns = 0;
while (py.run("len(done)") === 0 && turns++ < 5000) await new Promise((resolve) => setTimeout(resolve, 1));
console.log(py.run("len(done)"));`,
      "1\n",
    );
  });

  it("is free while TS waits synchronously for Python that waits", async () => {
    await prints(
      `
const py = startPython();
py.run("import threading\\nresults = []\\ndef work(i):\\n  results.append(sum(range(10000)) * i)\\nts = [threading.Thread(target=work, args=(i,)) for i in range(8)]\\nfor t in ts: t.start()\\nfor t in ts: t.join()");
console.log(py.run("len(results)"), py.import("concurrent.futures").ThreadPoolExecutor(4).submit(py.builtins.sum, [1, 2]).result());`,
      "8 3\n",
    );
  });
});

describe("a TS function called from a Python thread", () => {
  it("is answered while TS computes and waits, and is a RuntimeError while TS waits for that thread", async () => {
    await prints(
      `
const py = startPython();
let calls = 0;
py.globals.f = () => ++calls;
py.run("import threading, time\\nerrors = set()\\nstop = False\\ncount = 0\\ndef work():\\n  global count\\n  while not stop:\\n    try: f()\\n    except RuntimeError as e: errors.add(str(e)[:9])\\n    else: count += 1\\nts = [threading.Thread(target=work) for _ in range(4)]\\nfor t in ts: t.start()");
for (let i = 0; i < 20000; i++) py.globals.f();
while (!py.run("count > 0")) await new Promise((resolve) => setTimeout(resolve, 1));
for (let i = 0; i < 200; i++) py.run("f()");
py.run("stop = True\\nfor t in ts: t.join()");
console.log(calls >= 20200, py.run("count > 0"), py.run("errors <= {'deadlock:'}"));`,
      "true true true\n",
    );
  });

  it("by a thread that TS joins is a RuntimeError, not a deadlock", async () => {
    await prints(
      `
const py = startPython();
py.globals.f = () => 1;
console.log(py.run("import threading\\nr = []\\ndef w():\\n  try: f()\\n  except RuntimeError as e: r.append('refused')\\nt = threading.Thread(target=w)\\nt.start()\\nt.join()\\nr[0]"));`,
      "refused\n",
    );
  });

  it("that raises for the first time, in a call within a call, is no crash", async () => {
    await prints(
      `
const py = startPython();
py.run("import pyduet\\ndef work(f, n):\\n  for i in range(n):\\n    try: pyduet.wait(f(i))\\n    except ValueError: pass");
py.run("async def fails(): raise ValueError('no')");
const { work, fails } = py.globals;
// Until its code is optimised, for which raising is then something new.
const rejected = (x) => Promise.reject(new RangeError(x));
for (let i = 0; i < 40; i++) await work.$.inThread([rejected, 100]);
await work.$.inThread([() => fails().$.promise(), 3]);
console.log("lives");`,
      "lives\n",
    );
  });

  it("is heard though the runtime takes over the bell, which it does after many calls", async () => {
    await prints(
      `
const py = startPython();
py.run(\`
import asyncio, signal, sys, threading
def work(f, n): return sum(f(1) for _ in range(n))
def readers():
    return sum(frame.f_code.co_name == "_serve" for frame in sys._current_frames().values())
async def heard():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, future.set_result, "signal")
    threading.Thread(target=signal.raise_signal, args=(signal.SIGTERM,)).start()
    return await future
\`);
const { work, readers, heard } = py.globals;
const one = (x) => x;
let sum = await work.$.inThread([one, 10]);
// What the runtime needs for it is loaded meanwhile.
while (readers() > 0 || sum < 2500) {
  sum += await work.$.inThread([one, 500]);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
console.log(sum % 500, readers(), await work.$.inThread([one, 300]), await heard());`,
      "10 0 300 signal\n",
    );
  });

  it("by threads that are alive when the process ends is no crash", async () => {
    for (const end of ["", "process.exit(0);", "py.close();"]) {
      const ran = await run(`
const py = startPython();
py.globals.f = () => 1;
py.run("import threading\\ndef work():\\n  while True:\\n    try: f()\\n    except RuntimeError: pass\\nfor _ in range(4): threading.Thread(target=work, daemon=True).start()");
for (let i = 0; i < 1000; i++) py.run("f()");
console.log("end");
${end}`);
      assert.deepEqual([ran.code, ran.signal, ran.stdout], [0, null, "end\n"], end + ran.stderr);
    }
  });

  it("through sys.settrace, a finaliser, a weakref callback of that thread is no crash", async () => {
    const ran = await run(`
const py = startPython();
py.globals.f = (...a) => a.length;
py.run("import threading, gc, weakref\\nclass C:\\n  def __del__(s): f(1)\\ndef work():\\n  for i in range(50):\\n    c = C(); w = weakref.ref(c, f); del c\\n    x = [C()]; x.append(x); del x\\n    if i % 10 == 0: gc.collect()\\nimport sys\\nsys.unraisablehook = lambda u: None\\nts = [threading.Thread(target=work) for _ in range(4)]\\nfor t in ts: t.start()\\nwork()\\nfor t in ts: t.join()");
console.log("end");`);
    assert.deepEqual([ran.code, ran.signal, ran.stdout], [0, null, "end\n"], ran.stderr);
  });
});

describe("workers", () => {
  it("use Python while the main thread does", async () => {
    const ran = await run(
      `${SPAWN}
const py = startPython();
const workers = [1, 2, 3].map((n) => worker(n));
const answers = Promise.all(workers.map(message));
let sum = 0;
for (let i = 0; i < 3000; i++) sum += py.builtins.len([1, 2]);
const got = await answers;
console.log(sum, JSON.stringify(got));
await Promise.all(workers.map((w) => w.terminate()));
console.log(py.run("1 + 1"));`,
      {
        files: {
          "worker.ts": `${WORKER_HEAD}
let sum = 0;
for (let i = 0; i < 3000; i++) sum += py.builtins.len([1, 2, 3]);
const f = (x) => x * workerData;
parentPort.postMessage([sum, py.run("f(7)", { globals: { f } }), py.version.length]);`,
        },
      },
    );
    assert.equal(ran.stdout, "6000 [[9000,7,3],[9000,14,3],[9000,21,3]]\n2\n", ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("that start Python first leave it to the main thread", async () => {
    const ran = await run(
      `${SPAWN}
const w = worker(0);
console.log(await message(w));
const py = startPython();
py.run("import atexit\\natexit.register(lambda: print('atexit'))");
console.log(py.import("builtins").shared);
await w.terminate();
console.log(py.run("1 + 1"));`,
      {
        files: {
          "worker.ts": `${WORKER_HEAD}
py.run("import builtins\\nbuiltins.shared = 5");
parentPort.postMessage("started");
setInterval(() => py.run("1"), 1);`,
        },
      },
    );
    assert.ok(ran.stdout.startsWith("started\n5\n2\n"), ran.stdout + ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("keep what is declared apart: a module belongs to the thread that registered it, until that closes", async () => {
    const declare = `
const declare = (name, sum) => pyduet.pyModule(name, {
  members: [pyduet.pyFunction("f", { params: { x: pyduet.t.int } }, (x) => x + sum)],
});
const said = (act) => {
  try { return String(act()); } catch (e) { return e.message.slice(0, 60); }
};`;
    const ran = await run(
      `${SPAWN}${declare}
const py = startPython();
py.register(declare("shared_one", 1));
const w = worker(0);
for (const line of await message(w)) console.log(line);
console.log(py.run("import shared_one; shared_one.f(1)"));
console.log(said(() => py.run("import worker_one; worker_one.f(1)")));
w.postMessage("close");
await message(w);
await w.terminate();
console.log(said(() => py.run("worker_one.f(1)")));
py.register(declare("worker_one", 100));
console.log(py.run("import worker_one; worker_one.f(1)"));`,
      {
        files: {
          "worker.ts": `import * as pyduet from "MOD";
${WORKER_HEAD}${declare}
py.register(declare("worker_one", 10));
parentPort.postMessage([
  said(() => py.register(declare("shared_one", 2))),
  said(() => py.run("import shared_one; shared_one.f(1)")),
  said(() => py.run("import worker_one; worker_one.f(1)")),
]);
parentPort.once("message", () => {
  py.close();
  parentPort.postMessage("closed");
});`,
        },
      },
    );
    assert.equal(ran.stderr, "");
    assert.deepEqual(ran.stdout.split("\n"), [
      "ImportError: another JS thread has registered the module 'sh",
      "RuntimeError: a TypeScript function was called from another ",
      "11",
      "2",
      "RuntimeError: a TypeScript function was called from another ",
      "RuntimeError: a TypeScript function was called after its JS ",
      "101",
      "",
    ]);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("that end leave functions which raise a RuntimeError, never a crash", async () => {
    for (const end of ["", "process.exit(0);", "py.close();", "stay"]) {
      const ran = await run(
        `${SPAWN}
const py = startPython();
const w = worker(0);
console.log(await message(w));
${end === "stay" ? "await w.terminate();" : "await ended(w);"}
for (let i = 0; i < 100; i++) {
  try { py.run("import builtins\\nbuiltins.theirs(1)"); console.log("called"); }
  catch (e) { if (e.type !== "RuntimeError") console.log(e.type ?? e.name, e.message); }
}
py.run("del builtins.theirs, builtins.held\\nimport gc\\ngc.collect()");
console.log("end");`,
        {
          files: {
            "worker.ts": `${WORKER_HEAD}
const f = (x) => x;
py.import("builtins").theirs = f;
py.import("builtins").held = [new (class A {})(), new Error("held")];
for (let i = 0; i < 50; i++) py.run("theirs(1)");
parentPort.postMessage("passed");
${end === "stay" ? "setInterval(() => {}, 1000);" : end}`,
          },
        },
      );
      assert.equal(ran.stdout, "passed\nend\n", `${end}: ${ran.stderr} ${ran.signal}`);
      assert.deepEqual([ran.code, ran.signal], [0, null], `${end}: ${ran.stderr}`);
    }
  });

  it("terminated in the middle of Python are no crash", async () => {
    for (let round = 0; round < 3; round++) {
      const ran = await run(
        `${SPAWN}
const py = startPython();
const w = worker(0);
await message(w);
await new Promise((r) => setTimeout(r, ${round * 3}));
await w.terminate();
console.log(py.run("1 + 1"));`,
        {
          files: {
            "worker.ts": `${WORKER_HEAD}
parentPort.postMessage("busy");
setInterval(() => { for (let i = 0; i < 200; i++) py.run("f([1])", { globals: { f: (x) => x.length } }); }, 0);`,
          },
        },
      );
      assert.deepEqual([ran.stdout, ran.code, ran.signal], ["2\n", 0, null], ran.stderr);
    }
  });

  it("see JS values and functions of another thread as PyObjects", async () => {
    const ran = await run(
      `${SPAWN}
const py = startPython();
const mine = (x) => x + 1;
py.import("builtins").mine = mine;
py.import("builtins").value = new (class V {})();
py.import("builtins").error = new TypeError("of main");
const w = worker(0);
console.log(JSON.stringify(await message(w)));
console.log(py.run("mine(1)"), py.import("builtins").mine === mine);
await w.terminate();`,
      {
        files: {
          "worker.ts": `${WORKER_HEAD}
const said = [];
const b = py.import("builtins");
try { b.mine(1); said.push("called"); } catch (e) { said.push(e.type); }
said.push(typeof b.mine, typeof b.value, b.value.$.type);
try { py.run("raise error"); } catch (e) { said.push(e.type, e instanceof Error); }
parentPort.postMessage(said);`,
        },
      },
    );
    assert.equal(
      ran.stdout,
      '["RuntimeError","function","object","pyduet.JsObject","pyduet.JsTypeError",true]\n2 true\n',
      ran.stderr,
    );
    assert.equal(ran.code, 0);
  });

  it("that were terminated leave Python nothing of their memory", async () => {
    for (const pause of [0, 30]) {
      const ran = await run(
        `${SPAWN}
const py = startPython();
for (let i = 0; i < 5; i++) {
  const w = worker(${pause});
  await message(w);
  await w.terminate();
  const rubbish = Array.from({ length: 1000 }, () => new Uint8Array(8).fill(7));
  py.builtins.print(i);
  if (!rubbish.every((each) => each.every((byte) => byte === 7))) console.log("written into");
}
py.run("import threading\\nt = threading.Thread(target=lambda: print('thread'))\\nt.start()\\nt.join()");
console.log(null);`,
        {
          files: {
            "worker.ts": `${WORKER_HEAD}
py.builtins.print("w");
if (workerData > 0) await new Promise((resolve) => setTimeout(resolve, workerData));
parentPort.postMessage(1);`,
          },
        },
      );
      assert.deepEqual([ran.code, ran.signal], [0, null], `${pause}: ${ran.stdout} ${ran.stderr}`);
      assert.equal(ran.stdout, "w\n0\nw\n1\nw\n2\nw\n3\nw\n4\nthread\nnull\n", ran.stderr);
    }
  });

  it("many, one after the other", async () => {
    const ran = await run(
      `${SPAWN}
const py = startPython();
for (let i = 0; i < 8; i++) {
  const w = worker(i);
  await message(w);
  await w.terminate();
}
console.log(py.run("import threading\\nthreading.active_count()") >= 1, py.run("2"));`,
      {
        files: {
          "worker.ts": `${WORKER_HEAD}
py.run("f()", { globals: { f: () => 1 } });
parentPort.postMessage(1);`,
        },
      },
    );
    assert.deepEqual([ran.stdout, ran.code, ran.signal], ["true 2\n", 0, null], ran.stderr);
  });

  it("still at work when the main thread closes or exits are no crash", async () => {
    for (
      const end of [
        "py.close();\nconsole.log('closed');\nawait new Promise((r) => setTimeout(r, 20));\nprocess.exit(0);",
        "process.exit(0);",
      ]
    ) {
      const ran = await run(
        `${SPAWN}
const py = startPython();
const w = worker(0);
w.on("error", () => {});
await message(w);
py.run("1");
console.log("end");
${end}`,
        {
          files: {
            "worker.ts": `${WORKER_HEAD}
parentPort.postMessage("busy");
setInterval(() => { for (let i = 0; i < 50; i++) py.run("f([1])", { globals: { f: (x) => x.length } }); }, 0);`,
          },
        },
      );
      assert.match(ran.stdout, /^end\n/, ran.stderr);
      assert.deepEqual([ran.code, ran.signal], [0, null], `${end}: ${ran.stdout} ${ran.stderr}`);
    }
  });
});
