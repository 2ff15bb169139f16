import assert from "node:assert/strict";
import { describe } from "node:test";
import { PythonError, type PyValue } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";
import { until } from "../fixtures/turns.ts";

const CODE = `
import asyncio
log = []

async def step(name, pause=True):
    task = asyncio.current_task()
    log.append(name)
    if pause:
        await asyncio.sleep(0)
        log.append(name + " again")
        assert asyncio.current_task() is task and task in asyncio.all_tasks()
    return name

async def cleans(seconds):
    try:
        await asyncio.sleep(seconds)
    finally:
        await asyncio.sleep(0)
        log.append("cleaned")

async def outer(inner): return await inner

async def raises(error, pause):
    if pause: await asyncio.sleep(0)
    raise error

async def after(promise, error=None):
    log.append(await promise)
    if error is not None: raise error

async def nested(begin):
    begin()
    log.append("outer")
    await asyncio.sleep(0)

def soon():
    asyncio.get_running_loop().call_soon(log.append, "soon")

def reports(handler):
    asyncio.get_running_loop().set_exception_handler(handler and (lambda loop, context: handler(context["message"])))

class Factory:
    made = 0
    def __call__(self, loop, coro, **options):
        self.made += 1
        return asyncio.Task(coro, loop=loop, **options)

factory = Factory()
def set_factory(which): asyncio.get_running_loop().set_task_factory(which)
def set_debug(on): asyncio.get_running_loop().set_debug(on)
`;
const it: PyValue = forGood(() => {
  const scope = evaluate("{}");
  py.run(CODE, { globals: scope });
  return evaluate("import types\ntypes.SimpleNamespace(**scope)", { scope });
});

// The event loop is opened with the first await of a program, for good.
await evaluate("async def f(): pass\nf()");

function log(): unknown[] {
  const said = it.log.$.toJs();
  it.log.clear();
  return said;
}

async function rejected(promise: Promise<unknown>): Promise<PythonError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof PythonError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

/** What the loop's exception handler is told while something is done. */
async function reported(act: () => Promise<unknown>): Promise<unknown[]> {
  const said: unknown[] = [];
  it.reports((message: string) => void said.push(message));
  try {
    await act();
    evaluate("import gc\ngc.collect()");
  } finally {
    it.reports(null);
  }
  return said;
}

describe("await of a coroutine", () => {
  test("begins it at once, as a task", async () => {
    const first = it.step("a").$.promise();
    const second = it.step("b", false).$.promise();
    assert.deepEqual(log(), ["a", "b"]);
    assert.deepEqual(await Promise.all([first, second]), ["a", "b"]);
    assert.deepEqual(log(), ["a again"]);
  });

  test("begins it later where another task of Python's runs", async () => {
    let inner: Promise<unknown> | undefined;
    await it.nested(() => void (inner = it.step("inner", false).$.promise()));
    assert.equal(await inner, "inner");
    assert.deepEqual(log(), ["outer", "inner"]);
  });

  test("begins it at once in debug mode as well", async () => {
    it.set_debug(true);
    const promise = it.step("a").$.promise();
    it.set_debug(false);
    assert.deepEqual(log(), ["a"]);
    await promise;
    log();
  });

  test("leaves it to a task factory of the program's when its tasks begin", async () => {
    it.set_factory(it.factory);
    const before = it.factory.made;
    const promise = it.step("a").$.promise();
    it.set_factory(null);
    assert.equal(it.factory.made - before, 1);
    assert.equal(await promise, "a");
    log();
  });

  for (const pause of [false, true]) {
    for (const kind of ["ValueError", "SystemExit", "KeyboardInterrupt"]) {
      test(`is rejected with ${kind}, ${pause ? "later" : "at once"}, which is nobody else's`, async () => {
        const said = await reported(async () => {
          const error = await rejected(it.raises(evaluate(`${kind}("no")`), pause).$.promise());
          assert.equal(error.type, kind);
          error.value.$.release();
        });
        assert.deepEqual(said, []);
      });
    }
  }
});

describe("await of a coroutine that was begun", () => {
  test("by another handle, or with a signal, gives the answer of the same task", async () => {
    const coroutine = it.step("a");
    const { signal } = new AbortController();
    const other = coroutine.$.clone();
    const all = [coroutine.$.promise(), coroutine.$.promise({ signal }), other.$.promise()];
    assert.deepEqual(await Promise.all(all), ["a", "a", "a"]);
    assert.deepEqual(log(), ["a", "a again"]);
  });

  test("is cancelled once for all by one of them", async () => {
    const controller = new AbortController();
    const coroutine = it.cleans(100);
    const all = [coroutine.$.promise(), coroutine.$.promise({ signal: controller.signal })];
    controller.abort("enough");
    const said = await Promise.allSettled(all) as PromiseRejectedResult[];
    assert.equal(said[0]!.reason.type, "asyncio.exceptions.CancelledError");
    assert.equal(said[1]!.reason, "enough");
    said[0]!.reason.value.$.release();
    assert.deepEqual(log(), ["cleaned"]);
  });

  test("by a thread that waits for it gives the answer of the same task", async () => {
    const gate = Promise.withResolvers<string>();
    const [coroutine, waiters] = evaluate(
      `
import asyncio
tasks = []
async def gated():
    tasks.append(asyncio.current_task())
    return await gate
[gated(), lambda: len(tasks[0]._callbacks)]`,
      { gate: gate.promise },
    );
    const first = coroutine.$.promise();
    const second = py.import("pyduet").wait.$.inThread([coroutine]);
    await until(() => waiters() === 2);
    gate.resolve("a");
    assert.deepEqual(await Promise.all([first, second]), ["a", "a"]);
  });

  test("by Python is refused with Python's words, and not disturbed", async () => {
    const coroutine = it.step("inner");
    const outer = it.outer(coroutine).$.promise();
    const error = await rejected(coroutine.$.promise());
    assert.equal(error.message, "RuntimeError: coroutine is being awaited already");
    error.value.$.release();
    assert.equal(await outer, "inner");
    assert.deepEqual(log(), ["inner", "inner again"]);
  });
});

describe("$.promise()", () => {
  test("says what a signal is", async () => {
    const future = evaluate("import asyncio\nasyncio.get_running_loop().create_future()");
    const tried = (signal: unknown) => future.$.promise({ signal: signal as AbortSignal });
    await assert.rejects(tried(5), {
      name: "TypeError",
      message: "$.promise(): signal must be an AbortSignal, not 5",
    });
    await assert.rejects(tried(new AbortController()), {
      name: "TypeError",
      message:
        "$.promise(): signal must be an AbortSignal, not a value of class AbortController; " +
        "an AbortController has one: controller.signal",
    });
  });
});

describe("await of a Promise in Python", () => {
  test("goes on in the order in which things were asked for", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const both = [
      it.after(promise).$.promise(),
      it.after(promise.then((x) => x + "!")).$.promise(),
    ];
    it.soon();
    resolve("answer");
    assert.deepEqual(log(), []);
    await Promise.all(both);
    assert.deepEqual(log(), ["soon", "answer", "answer!"]);
  });

  for (const kind of ["ValueError", "SystemExit", "KeyboardInterrupt"]) {
    test(`may end with ${kind}, which is nobody else's`, async () => {
      const said = await reported(async () => {
        const done = it.after(Promise.resolve("answer"), evaluate(`${kind}("no")`)).$.promise();
        const error = await rejected(done);
        assert.equal(error.type, kind);
        error.value.$.release();
      });
      assert.deepEqual(said, []);
      log();
    });
  }
});
