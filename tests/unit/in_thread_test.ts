import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kw, PythonError } from "../../mod.ts";
import { run } from "../fixtures/program.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";
import { until } from "../fixtures/turns.ts";

await forGood(() => evaluate("import threading\nlambda: None")).$.inThread();

/** The error with which a Promise is rejected. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

describe("$.inThread()", () => {
  test("calls with arguments and keyword arguments, in a thread named so", async () => {
    const f = evaluate(
      "import threading\nlambda a, b=0, *, c=0: (threading.current_thread().name, a, b, c)",
    );
    const said = await f.$.inThread([1, "x"], { c: [2] });
    assert.match(said[0], /^pyduet-\d+$/);
    assert.deepEqual(said.$.toJs().slice(1), [1, "x", [2]]);
    assert.equal(await py.builtins.sum.$.inThread([[1, 2]]), 3);
    assert.equal(await py.builtins.max.$.inThread([1, 2], {}), 2);
    assert.deepEqual((await f.$.inThread([1, kw({ b: 2 })])).$.toJs().slice(1), [1, 2, 0]);
  });

  test("says what it takes, and begins nothing", async () => {
    let calls = 0;
    const f = py.toPython(() => void calls++);
    const cases: [args: unknown[], message: string][] = [
      [["abc"], '$.inThread() takes the arguments in an array, not "abc"'],
      [
        [{ signal: 1 }],
        "$.inThread() takes the arguments in an array, not a value of class Object",
      ],
      [[[], 5], "kw() takes an object of names and values, not 5"],
      [
        [[], kw({ a: 1 })],
        "kw() takes an object of names and values, not a value of class KeywordArguments",
      ],
      [[[], {}, { signal: 5 }], "$.inThread(): signal must be an AbortSignal, not 5"],
      [
        [[], {}, { signal: new AbortController() }],
        "$.inThread(): signal must be an AbortSignal, not a value of class AbortController; " +
        "an AbortController has one: controller.signal",
      ],
    ];
    for (const [args, message] of cases) {
      const inThread = f.$.inThread.bind(f.$) as (...args: unknown[]) => Promise<unknown>;
      const error = await rejection(inThread(...args));
      assert.ok(error instanceof TypeError);
      assert.equal(error.message, message);
    }
    await evaluate("lambda: None").$.inThread();
    assert.equal(calls, 0);
  });

  test("does not keep this thread, which answers meanwhile", async () => {
    let turns = 0;
    const done = evaluate("def wait():\n  while turns() < 5: pass\n  return 'done'\nwait", {
      turns: () => turns,
    }).$.inThread();
    const timer = setInterval(() => turns++, 1);
    assert.equal(await done, "done");
    clearInterval(timer);
    assert.ok(turns >= 5);
  });

  test("rejects with what is raised, of every kind", async () => {
    for (const kind of ["ValueError", "KeyboardInterrupt", "SystemExit", "StopIteration"]) {
      const error = await rejection(
        evaluate(`def fail():\n  raise ${kind}("bad")\nfail`).$.inThread(),
      );
      assert.ok(error instanceof PythonError);
      assert.equal(error.type, kind);
      assert.match(error.traceback, /in fail/);
      error.value.$.release();
    }
  });

  test("converts arguments all or none, and here", async () => {
    const broken = new Map<unknown, unknown>([[0, 1], [false, 2]]);
    const error = await rejection(py.builtins.len.$.inThread([broken]));
    assert.equal((error as Error).name, "PyConversionError");
  });

  test("has more calls than threads, and loses none", async () => {
    const f = evaluate("lambda x: x if x % 3 else 1 // 0");
    const all = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => f.$.inThread([i])),
    );
    assert.deepEqual(
      all.map((each, i) => each.status === "fulfilled" ? each.value === i : i % 3 === 0),
      Array(200).fill(true),
    );
    for (const each of all) {
      if (each.status === "rejected") each.reason.value.$.release();
    }
    const threads = evaluate(
      "import threading\n[t.name for t in threading.enumerate() if t.name.startswith('pyduet-') and t.name[7:].isdigit()]",
    );
    const most = py.run("import os\nmin(32, (os.cpu_count() or 1) + 4)");
    assert.ok(threads.length <= most);
  });

  test("runs in a copy of the caller's context", async () => {
    const [variable, f] = evaluate(
      "import contextvars\nv = contextvars.ContextVar('v', default=0)\n" +
        "def f():\n  before = v.get()\n  v.set(before + 1)\n  return before\n[v, f]",
    );
    variable.set(5);
    assert.equal(await f.$.inThread(), 5);
    assert.equal(variable.get(), 5);
  });
});

describe("$.inThread() with a signal", () => {
  test("that was aborted already does not begin", async () => {
    const calls = evaluate("[]");
    const reason = new Error("no");
    const error = await rejection(
      calls.append.$.inThread([1], {}, { signal: AbortSignal.abort(reason) }),
    );
    assert.equal(error, reason);
    await evaluate("lambda: None").$.inThread();
    assert.equal(calls.length, 0);
  });

  test("rejects at once with its reason, and raises Interrupted in Python code", async () => {
    const [loop, said] = evaluate(`
import pyduet
said = []
def loop():
    try:
        said.append("begun")  # in the same block: Python 3.11 may raise it one instruction too early
        while True: len(said)
    except BaseException as error:
        said.append(type(error) is pyduet.Interrupted)
        raise
[loop, said]`);
    const controller = new AbortController();
    const reason = { why: "enough" };
    const done = rejection(loop.$.inThread([], {}, { signal: controller.signal }));
    await until(() => said.length === 1);
    controller.abort(reason);
    assert.equal(await done, reason);
    await until(() => said.length === 2);
    assert.equal(said[1], true);
  });

  test("never hits another call", async () => {
    const spin = evaluate("def spin(n):\n  for i in range(n): pass\n  return n\nspin");
    for (let i = 0; i < 200; i++) {
      const controller = new AbortController();
      const first = spin.$.inThread([i * 20], {}, { signal: controller.signal }).then(
        (n: number) => n === i * 20,
        (error: unknown) => error === "stop",
      );
      if (i % 3 === 0) await Promise.resolve();
      if (i % 3 === 1) await new Promise((resolve) => setTimeout(resolve, 0));
      controller.abort("stop");
      assert.equal(await spin.$.inThread([50]), 50);
      assert.equal(await first, true);
    }
  });

  test("aborted afterwards changes nothing", async () => {
    const controller = new AbortController();
    assert.equal(await py.builtins.abs.$.inThread([-1], {}, { signal: controller.signal }), 1);
    controller.abort();
    assert.equal(await py.builtins.abs.$.inThread([-2]), 2);
  });
});

describe("$.inThread() and the program", () => {
  it("keeps it alive until the result is there, and no longer", async () => {
    const ran = await run(`
const py = startPython();
py.run("import time\\ndef f():\\n  time.sleep(0.05)\\n  return 5");
py.globals.f.$.inThread().then((x) => console.log("got", x));
console.log("waiting");`);
    assert.deepEqual([ran.stdout, ran.code, ran.signal], ["waiting\ngot 5\n", 0, null], ran.stderr);
  });

  it("rejects what is still to come when Python is closed", async () => {
    const ran = await run(`
const py = startPython();
const done = py.run("import threading\\nthreading.Event().wait").$.inThread();
done.catch((error) => console.log(error.name));
py.close();`);
    assert.deepEqual(
      [ran.stdout, ran.code, ran.signal],
      ["PythonClosedError\n", 0, null],
      ran.stderr,
    );
  });
});
