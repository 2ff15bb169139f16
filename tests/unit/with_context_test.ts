import assert from "node:assert/strict";
import { describe } from "node:test";
import { PythonError, type PyValue, withContext } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

const it: PyValue = forGood(() => {
  const scope = evaluate("{}");
  py.run(
    `
import asyncio
log = []
class Manager:
    def __init__(self, suppress=False): self.suppress = suppress
    def __enter__(self):
        log.append("enter")
        return [1]
    def __exit__(self, kind, value, traceback):
        log.append((kind and kind.__name__, str(value)))
        return self.suppress
class Async:
    def __init__(self, suppress=False): self.suppress = suppress
    async def __aenter__(self):
        await asyncio.sleep(0)
        self.task = asyncio.current_task()
        log.append("enter")
        return [1]
    async def __aexit__(self, kind, value, traceback):
        await asyncio.sleep(0)
        log.append((kind and kind.__name__, str(value), self.task is asyncio.current_task()))
        return self.suppress
class Limit:
    async def __aenter__(self): asyncio.get_running_loop().call_soon(asyncio.current_task().cancel)
    async def __aexit__(self, kind, value, traceback):
        raise TimeoutError("too long") from None
class Closed(Async):
    async def __aenter__(self): raise ValueError("closed")
`,
    { globals: scope },
  );
  return evaluate("import types\ntypes.SimpleNamespace(**scope)", { scope });
});

function log(): unknown[] {
  const said = it.log.$.toJs();
  it.log.clear();
  return said;
}

const error = new RangeError("mine");
const fail = (): never => {
  throw error;
};

describe("withContext() of a context manager", () => {
  test("withContext() gives what __enter__ gave, and leaves with the result", () => {
    assert.strictEqual(withContext(it.Manager(), (list) => list[0] + 1), 2);
    assert.deepEqual(log(), ["enter", [null, "None"]]);
  });

  test("withContext() waits for an async function before it leaves", async () => {
    const result = withContext(it.Manager(), async (list) => {
      await Promise.resolve();
      it.log.append("used");
      return list[0] as number;
    });
    assert.strictEqual(await result, 1);
    assert.deepEqual(log(), ["enter", "used", [null, "None"]]);
  });

  test("withContext() tells the manager of an error, which may suppress it", async () => {
    assert.throws(() => withContext(it.Manager(), fail), error);
    assert.deepEqual(log(), ["enter", ["JsRangeError", "RangeError: mine"]]);
    assert.strictEqual(withContext(it.Manager(true), fail), undefined);
    await assert.rejects(
      withContext(it.Manager(), () => Promise.reject(error)),
      error,
    );
    assert.strictEqual(await withContext(it.Manager(true), () => Promise.reject(error)), undefined);
    const missing = py.builtins.FileNotFoundError("gone");
    const suppress = py.import("contextlib").suppress(py.builtins.OSError);
    const raised = evaluate("def f(e): raise e\nf");
    assert.strictEqual(withContext(suppress, () => raised(missing)), undefined);
    log();
  });

  test("withContext() of anything else is a TypeError", () => {
    assert.throws(() => withContext(py.builtins.object(), fail), {
      name: "TypeError",
      message: "a Python object is no context manager",
    });
    assert.throws(() => withContext({} as PyValue, fail), /takes a context manager/);
    assert.throws(() => withContext(it.Manager(), 5 as PyValue), /takes a function second/);
  });
});

describe("withContext() of an async context manager", () => {
  test("withContext() enters and leaves in one task", async () => {
    const result: number = await withContext(it.Async(), async (list) => {
      await evaluate("import asyncio\nasyncio.sleep(0)");
      return list[0] as number;
    });
    assert.strictEqual(result, 1);
    assert.strictEqual(await withContext(it.Async(), () => 7), 7);
    assert.deepEqual(log(), ["enter", [null, "None", true], "enter", [null, "None", true]]);
  });

  test("withContext() tells the manager of an error, which may suppress it", async () => {
    await assert.rejects(withContext(it.Async(), async () => await fail()), error);
    assert.strictEqual(await withContext(it.Async(true), async () => await fail()), undefined);
    const said = ["JsRangeError", "RangeError: mine", true];
    assert.deepEqual(log(), ["enter", said, "enter", said]);
  });

  test("a manager that cannot be entered, or ends by itself, rejects", async () => {
    const is = (message: string) => (thrown: unknown) =>
      thrown instanceof PythonError && thrown.message === message;
    await assert.rejects(withContext(it.Closed(), async () => {}), is("ValueError: closed"));
    let end = (): void => {};
    const waiting = withContext(it.Limit(), () => new Promise<void>((resolve) => end = resolve));
    await assert.rejects(waiting, is("TimeoutError: too long"));
    end();
    await Promise.resolve();
  });

  test("a lock is held while the function runs", async () => {
    const lock = evaluate("import asyncio\nasyncio.Lock()");
    assert.strictEqual(await withContext(lock, async () => await lock.locked()), true);
    assert.strictEqual(lock.locked(), false);
  });
});
