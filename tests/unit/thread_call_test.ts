import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byRef, pyClass, pyFunction, type PyObject, t } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";
import { until } from "../fixtures/turns.ts";

class Counter {
  count = 0;
  add(by: number): number {
    return this.count += by;
  }
}
pyClass(Counter, {
  methods: { add: { params: { by: t.int }, returns: t.int } },
  properties: { count: t.int },
});
const square = pyFunction("square", { params: { x: t.int }, returns: t.int }, (x) => x * x);

await forGood(() => {
  py.toPython(square);
  py.toPython(new Counter());
  return evaluate("import asyncio\nasyncio.sleep(0)");
});

/** Runs `work()` of the code in a thread of its own; its result, when it ended. */
async function inThread(code: string, names: Record<string, unknown> = {}): Promise<unknown> {
  const thread = evaluate(
    `import threading, traceback
${code}
class Thread(threading.Thread):
    said = error = None
    def run(self):
        try:
            self.said = work()
        except BaseException as error:
            self.error = "%s: %s" % (type(error).__name__, error)
thread = Thread(daemon=True)
thread.start()
thread`,
    names,
  );
  await until(() => !thread.is_alive());
  assert.equal(thread.error, null);
  const said = thread.said;
  return said?.$?.toJs() ?? said;
}

describe("a TypeScript function called by a Python thread", () => {
  test("runs on the JS thread, with its arguments and its result", async () => {
    const seen: unknown[] = [];
    const said = await inThread(
      "def work():\n  return [f(1, 'a', k=2), f(), threading.get_ident()]",
      {
        f: (...args: unknown[]) => (seen.push(args), args.length),
      },
    );
    assert.deepEqual(seen, [[1, "a", { k: 2 }], []]);
    assert.deepEqual((said as unknown[]).slice(0, 2), [3, 0]);
    assert.notEqual((said as unknown[])[2], evaluate("import threading\nthreading.get_ident()"));
  });

  test("keeps the identity of values and errors", async () => {
    const value = new (class Thing {})();
    const error = new RangeError("no");
    const caught: unknown[] = [];
    const said = await inThread(
      `
def work():
    said = [same(value) is value]
    try: fail()
    except ValueError as error: said += [keep(error), error.js is error.js, str(error)]
    return said`,
      {
        value,
        same: (given: unknown) => (assert.equal(given, value), given),
        fail: () => {
          throw error;
        },
        keep: (given: unknown) => (caught.push(given), true),
      },
    );
    assert.deepEqual(said, [true, true, true, "RangeError: no"]);
    assert.equal(caught[0], error);
  });

  it("hands Python's own exceptions through, the very same", async () => {
    const said = await inThread(
      `
class Mine(Exception): pass
mine = Mine("own")
def throw(): raise mine
def work():
    try: call(throw)
    except Mine as error: return error is mine`,
      { call: (fn: () => void) => fn() },
    );
    assert.equal(said, true);
  });

  test("shows the Python frames of the caller and its own in the traceback", async () => {
    const text = await inThread(
      "def work():\n  try:\n    inner()\n  except Exception:\n    return traceback.format_exc()\n" +
        "def inner():\n  failing()",
      {
        failing: function failing() {
          throw new TypeError("deep");
        },
      },
    ) as string;
    assert.match(text, /in work\n[^]*in inner\n[^]*_test.ts[^]*TypeError: deep/);
  });

  test("may be a declared function, a method, a property, an operation of a JsObject", async () => {
    const said = await inThread(
      `
def work():
    said = [square(3), counter.add(2), counter.count, box.n, box.twice(4), list(box.items), Counter().add(5)]
    box.n = 7
    try: square("x")
    except TypeError as error: said.append(str(error))
    try: square()
    except TypeError as error: said.append(str(error))
    return said`,
      {
        square,
        Counter,
        counter: new Counter(),
        box: byRef({ n: 1, twice: (x: number) => 2 * x, items: [1, 2] }),
      },
    );
    assert.deepEqual(said, [
      ...[9, 2, 2, 1, 8, [1, 2], 5],
      "square() argument 'x' must be int, not str",
      "square() missing 1 required positional argument: 'x'",
    ]);
  });

  test("has the caller's context variables", async () => {
    const said = await inThread(
      `
import contextvars
variable = contextvars.ContextVar("variable", default=0)
def work():
    variable.set(5)
    return [f(variable.get), variable.get()]`,
      {
        f: (get: PyObject) => {
          const got = get();
          get.$.release();
          return got;
        },
      },
    );
    assert.deepEqual(said, [5, 5]);
  });

  test("1000 times by each of 8 threads: every answer is its caller's, in its order", async () => {
    const seen = new Map<number, number[]>();
    const said = await inThread(
      `
wrong = []
def run(me):
    for i in range(1000):
        try:
            got = f(me, i)
            if i % 7 == 0 or got != [me, i]: wrong.append((me, i, got))
        except ValueError as error:
            if i % 7 or str(error) != "RangeError: %d.%d" % (me, i): wrong.append((me, i, error))
def work():
    threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
    for each in threads: each.start()
    for each in threads: each.join()
    return [str(each) for each in wrong]`,
      {
        f: (me: number, i: number) => {
          seen.set(me, [...seen.get(me) ?? [], i]);
          if (i % 7 === 0) throw new RangeError(`${me}.${i}`);
          return [me, i];
        },
      },
    );
    assert.deepEqual(said, []);
    const all = Array.from({ length: 1000 }, (_, i) => i);
    assert.equal(seen.size, 8);
    for (const calls of seen.values()) assert.deepEqual(calls, all);
  });

  test("leaves the GIL free while TypeScript is idle", async () => {
    const names: Record<string, unknown> = {};
    const counting = evaluate(
      "import threading\nn = [0]\nstop = []\ndef work():\n  while not stop: n[0] += 1\n" +
        "thread = threading.Thread(target=work, daemon=True)\nthread.start()\n[n, stop, thread]",
      names,
    );
    for (let round = 0; round < 3; round++) {
      const before = counting[0][0];
      await until(() => counting[0][0] > before + 1000);
    }
    counting[1].append(1);
    await until(() => !counting[2].is_alive());
  });

  test("by concurrent.futures, asyncio.to_thread() and queue.Queue", async () => {
    const said = await inThread(
      `
import asyncio, concurrent.futures, queue
def work():
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        mapped = list(pool.map(f, range(5)))
    async def main():
        return await asyncio.gather(*(asyncio.to_thread(f, i) for i in range(3))) if hasattr(asyncio, "to_thread") else [0, 2, 4]
    q = queue.Queue()
    threading.Thread(target=lambda: q.put(f(10))).start()
    return [mapped, asyncio.run(main()), q.get()]`,
      { f: (x: number) => 2 * x },
    );
    assert.deepEqual(said, [[0, 2, 4, 6, 8], [0, 2, 4], 20]);
  });
});

describe("pyFunction() that does not block", () => {
  const codes = `
def work():
    return [note(i) for i in range(3)]`;
  test("gives None at once and runs in the order of the calls, from every thread", async () => {
    const seen: number[] = [];
    const note = pyFunction("note", { params: { x: t.int }, blocking: false }, (x) => {
      seen.push(x);
    });
    assert.deepEqual(await inThread(codes, { note }), [null, null, null]);
    await until(() => seen.length === 3);
    assert.equal(evaluate("note(7)", { note }), null);
    assert.deepEqual(seen, [0, 1, 2]); // not yet
    await until(() => seen.length === 4);
    assert.deepEqual(seen, [0, 1, 2, 7]);
  });

  test("says what is wrong with the arguments at once, and what it throws to sys.unraisablehook", async () => {
    const note = pyFunction("note", { params: { x: t.int }, blocking: false }, (x) => {
      throw new RangeError(`not ${x}`);
    });
    const told = evaluate(
      "import sys\ntold = []\nbefore = sys.unraisablehook\n" +
        "sys.unraisablehook = lambda args: told.append((str(args.exc_value), repr(args.object)))\ntold",
    );
    try {
      assert.deepEqual(await inThread(codes, { note }), [null, null, null]);
      await until(() => told.length === 3);
    } finally {
      evaluate("import sys\nsys.unraisablehook = sys.__unraisablehook__");
    }
    const name = "<TypeScript function 'note'>";
    assert.deepEqual(told.$.toJs(), [
      ["RangeError: not 0", name],
      ["RangeError: not 1", name],
      ["RangeError: not 2", name],
    ]);
    assert.throws(() => evaluate("note()", { note }), { type: "TypeError" });
  });

  test("checks its declaration", () => {
    const declare = (signature: object) => () => pyFunction("f", signature, () => {});
    assert.throws(declare({ blocking: 1 }), /blocking must be a boolean, not 1/);
    assert.throws(declare({ blocking: false, returns: t.int }), /leave returns out/);
    assert.equal(
      evaluate("import inspect\nstr(inspect.signature(f))", {
        f: pyFunction("f", { params: { x: t.int }, blocking: false }, () => {}),
      }),
      "(x: int) -> None",
    );
  });
});

// What the first Promise makes for good.
await inThread("import pyduet\ndef work(): return pyduet.wait(first())", {
  first: () => Promise.resolve(1),
});

describe("pyduet.wait()", () => {
  const late = async (x: number): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (x < 0) throw new RangeError("late");
    return x + 1;
  };

  test("gives what a Promise, a coroutine or a Task comes to", async () => {
    const said = await inThread(
      `
import asyncio, pyduet
async def both():
    return await late(1) + await late(2)
def work():
    said = [pyduet.wait(late(4)), pyduet.wait(both()), pyduet.wait(late(0), timeout=60)]
    return said`,
      { late },
    );
    assert.deepEqual(said, [5, 5, 1]);
  });

  it("raises what rejects it, also where it was rejected before anybody waited", async () => {
    const said = await inThread(
      `
import pyduet
def work():
    promise = late(-1)
    for _ in range(3): f()
    try: pyduet.wait(promise)
    except ValueError as error: return str(error)`,
      { late, f: () => 1 },
    );
    assert.equal(said, "RangeError: late");
  });

  test("ends with its timeout", async () => {
    const said = await inThread(
      `
import pyduet, asyncio
async def never():
    try: await asyncio.Event().wait()
    except asyncio.CancelledError:
        ended.append("cancelled")
        raise
ended = []
def work():
    try: pyduet.wait(never(), timeout=0.01)
    except TimeoutError: pass
    pyduet.wait(asyncio.sleep(0))
    return ended`,
    );
    assert.deepEqual(said, ["cancelled"]);
  });

  test("is refused where it would block an event loop", async () => {
    const error = {
      type: "RuntimeError",
      message: /pyduet.wait\(\) on the JS thread would wait for ever/,
    };
    assert.throws(
      () => evaluate("import pyduet\npyduet.wait(p)", { p: byRef(Promise.resolve(1)) }),
      error,
    );
    const said = await inThread(
      `
import pyduet, asyncio
async def main():
    try: pyduet.wait(late(1))
    except RuntimeError as error: return str(error)
def work(): return asyncio.run(main())`,
      { late },
    );
    assert.match(String(said), /would block the event loop that runs in this thread/);
  });

  test("is not needed on another event loop: it awaits a Promise, too", async () => {
    const said = await inThread(
      `
import asyncio
async def main():
    said = await asyncio.gather(late(1), asyncio.sleep(0.001, "slept"), late(5))
    try: await late(-1)
    except ValueError as error: said.append(str(error))
    waiting = asyncio.ensure_future(one(never()))
    await asyncio.sleep(0)
    waiting.cancel()
    try: await waiting
    except asyncio.CancelledError: said.append("cancelled")
    return said
async def one(x): return await x
def work(): return asyncio.run(main())`,
      { late, never: () => new Promise(() => {}) },
    );
    assert.deepEqual(said, [2, "slept", 6, "RangeError: late", "cancelled"]);
    // What was posted at the end is done before this.
    await evaluate("import pyduet, asyncio\nlambda: pyduet.wait(asyncio.sleep(0))").$.inThread();
  });
});

describe("a JS thread that waits for the caller", () => {
  const cases: [name: string, why: string, code: string][] = [
    ["Thread.join()", "waits for this one", "t = Thread(work)\nt.join()"],
    ["future.result()", "waits for this one", "with Pool(2) as p:\n  p.submit(work).result()"],
    ["leaving an executor", "waits for this one", "with Pool(2) as p:\n  p.submit(work)"],
    [
      "executor.map()",
      "waits for this one",
      "with Pool(1) as p:\n  list(p.map(lambda _: work(), [1]))",
    ],
    [
      "Queue.get()",
      "every other thread waits",
      "q = queue.Queue()\nThread(lambda: q.put(work()))\nq.get()",
    ],
    [
      "SimpleQueue.get()",
      "every other thread waits",
      "q = queue.SimpleQueue()\nThread(lambda: q.put(work()))\nq.get()",
    ],
    [
      "Event.wait()",
      "every other thread waits",
      "e = threading.Event()\nThread(lambda: (work(), e.set()))\ne.wait()",
    ],
    [
      "Condition.wait()",
      "every other thread waits",
      "c = threading.Condition()\ndef end():\n  work()\n  with c: c.notify()\nwith c:\n  Thread(end)\n  c.wait()",
    ],
    [
      "a lock",
      "every other thread waits",
      "l = threading.Lock()\ne = threading.Event()\ndef hold():\n  with l:\n    e.set()\n    work()\nThread(hold)\ne.wait()\nwith l: pass",
    ],
    [
      "lock.acquire()",
      "every other thread waits",
      "l = threading.Lock()\ne = threading.Event()\ndef hold():\n  with l:\n    e.set()\n    work()\nThread(hold)\ne.wait()\nl.acquire()\nl.release()",
    ],
  ];
  for (const [name, why, code] of cases) {
    test(`by ${name} is a RuntimeError there that names both, and the call is never made`, async () => {
      let calls = 0;
      const said = evaluate(
        `
import threading, queue
from concurrent.futures import ThreadPoolExecutor as Pool
said = []
def Thread(target):
    thread = threading.Thread(target=target, name="caller", daemon=True)
    thread.start()
    return thread
def work():
    try: said.append(answer())
    except RuntimeError as error: said.append(str(error))
def main():
${code.replaceAll(/^/gm, "    ")}
main()
while not said: pass
said[0]`,
        {
          answer: function answer() {
            calls++;
          },
        },
      );
      assert.match(
        said,
        /^deadlock: thread '(caller|ThreadPoolExecutor-\d+_0)' called the TypeScript function 'answer'/,
      );
      assert.ok(said.includes(why), said);
      assert.match(said, /it is at <py\.run \d+>:\d+\. Let it await instead/);
      await evaluate("lambda: None").$.inThread(); // what is queued was served
      assert.equal(calls, 0);
    });
  }

  test("with a timeout, or that computes, is only late", async () => {
    const said = evaluate(
      `
import threading
said = []
def work():
    try: said.append(answer())
    except BaseException as error: said.append(str(error))
thread = threading.Thread(target=work, daemon=True)
thread.start()
thread.join(0.3)
sum(i * i for i in range(300000))
[thread, said]`,
      { answer: () => "answered" },
    );
    assert.equal(said[1].length, 0);
    await until(() => !said[0].is_alive());
    assert.deepEqual(said[1].$.toJs(), ["answered"]);
  });

  test("of a thread whose answer comes from another one is only late", async () => {
    const said = evaluate(
      `
import threading, time
said = []
def work():
    try: said.append(answer())
    except BaseException as error: said.append(str(error))
event = threading.Event()
def later():
    time.sleep(0.5)
    event.set()
threading.Thread(target=later, daemon=True).start()
thread = threading.Thread(target=work, daemon=True)
thread.start()
event.wait()
[thread, said]`,
      { answer: () => "answered" },
    );
    await until(() => !said[0].is_alive());
    assert.deepEqual(said[1].$.toJs(), ["answered"]);
  });
});
