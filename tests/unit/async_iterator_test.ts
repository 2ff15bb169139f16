import assert from "node:assert/strict";
import { describe } from "node:test";
import { PythonError, type PyValue } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

const CODE = `
import asyncio, contextvars
log = []

async def ticks(n, pause=True):
    try:
        for i in range(n):
            if pause: await asyncio.sleep(0)
            yield i
    finally:
        if pause: await asyncio.sleep(0)
        log.append("closed")

async def echo():
    got = []
    while True:
        try:
            got.append((yield list(got)))
        except ValueError as error:
            got.append(str(error))

class Count:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        return self.n

class Range:
    def __init__(self, n): self.n = n
    def __aiter__(self): return ticks(self.n, False)

async def failing(error, pause):
    yield 1
    if pause: await asyncio.sleep(0)
    raise error

class Broken:
    def __aiter__(self): return 5

async def same_task():
    tasks = set()
    for i in range(4):
        tasks.add(asyncio.current_task())
        if i % 2: await asyncio.sleep(0)
        yield len(tasks)

var = contextvars.ContextVar("var", default=0)
async def counts():
    for i in range(3):
        var.set(var.get() + 1)
        yield var.get()
`;
const it: PyValue = forGood(() => {
  const scope = evaluate("{}");
  py.run(CODE, { globals: scope });
  return evaluate("import types\ntypes.SimpleNamespace(**scope)", { scope });
});

// The event loop is opened with the first await of a program, for good.
await evaluate("async def f(): pass\nf()");

async function collected(iterable: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

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

describe("for await over a PyObject", () => {
  test("for await takes the items of generators, of iterators and of iterables", async () => {
    assert.deepEqual(await collected(it.ticks(3)), [0, 1, 2]);
    assert.deepEqual(await collected(it.ticks(3, false)), [0, 1, 2]);
    assert.deepEqual(log(), ["closed", "closed"]);
    assert.deepEqual(await collected(it.Count(3)), [2, 1, 0]);
    assert.deepEqual(await collected(it.Range(2)), [0, 1]);
    assert.deepEqual(await collected(it.Range(0)), []);
    log();
  });

  test("next() asked for by what a step calls waits for that step", async () => {
    const given: Promise<IteratorResult<unknown>>[] = [];
    const scope = { names: { again: () => void given.push(numbers.next()) } };
    const numbers = evaluate(
      "async def numbers(again):\n  again()\n  for i in range(3): yield i\nnumbers(names['again'])",
      scope,
    );
    assert.deepEqual(await numbers.next(), { value: 0, done: false });
    assert.deepEqual(await given[0], { value: 1, done: false });
    assert.deepEqual(await numbers.next(), { value: 2, done: false });
    assert.deepEqual(await numbers.next(), { value: undefined, done: true });
  });

  test("for await takes a synchronous iterable too, and awaits what it gives", async () => {
    const two = evaluate("async def two(): return 2\n[1, two()]");
    assert.deepEqual(await collected(two), [1, 2]);
  });

  test("Symbol.asyncIterator is there for what has __aiter__ alone", () => {
    assert.strictEqual(typeof it.ticks(1)[Symbol.asyncIterator], "function");
    assert.ok(Symbol.asyncIterator in it.Range(1));
    assert.strictEqual(evaluate("[1].__iter__()")[Symbol.asyncIterator], undefined);
    assert.strictEqual(evaluate("[1]").next, undefined);
    assert.strictEqual(it.Count(1).return, undefined);
    const unending = evaluate("class A:\n  __aiter__ = None\nA()");
    assert.strictEqual(unending[Symbol.asyncIterator], undefined);
  });

  test("__aiter__ of no iterator is Python's TypeError", async () => {
    const error = await rejected(collected(it.Broken()));
    assert.strictEqual(
      error.message,
      "TypeError: 'async for' received an object from __aiter__ that does not implement __anext__: int",
    );
  });

  test("break closes the generator and waits until it is closed", async () => {
    for await (const item of it.ticks(9)) if (item === 1) break;
    assert.deepEqual(log(), ["closed"]);
    const error = new Error("out");
    await assert.rejects(async () => {
      for await (const _ of it.Range(9)) throw error;
    }, error);
    assert.deepEqual(log(), ["closed"]);
  });

  test("errors of the generator arrive as they are", async () => {
    const mine = new RangeError("mine");
    for (const pause of [false, true]) {
      const generator = it.failing(it.failing.__class__ && mine, pause);
      assert.deepEqual(await generator.next(), { value: 1, done: false });
      await assert.rejects(generator.next(), mine);
      assert.deepEqual(await generator.next(), { value: undefined, done: true });
      const value = py.builtins.KeyError("k");
      const error = await rejected(collected(it.failing(value, pause)));
      assert.ok((error.value as PyValue).$.is(value));
    }
  });

  test("a loop over a released object throws PyReleasedError", async () => {
    const generator = it.ticks(2);
    assert.deepEqual(await generator.next(), { value: 0, done: false });
    await generator.return();
    generator.$.release();
    assert.throws(() => generator.next(), /released/);
    log();
  });
});

describe("async generator methods", () => {
  test("next() sends, throw() raises, return() closes; $.attr() has Python's own", async () => {
    const echo = it.echo();
    const plain = async (step: Promise<{ value: PyValue; done: boolean }>) => {
      const { value, done } = await step;
      return [value?.$?.toJs() ?? value, done];
    };
    assert.deepEqual(await plain(echo.next()), [[], false]);
    assert.deepEqual(await plain(echo.next("a")), [["a"], false]);
    assert.deepEqual(await plain(echo.throw(py.builtins.ValueError("b"))), [["a", "b"], false]);
    assert.deepEqual((await echo.$.attr("asend")("c")).$.toJs(), ["a", "b", "c"]);
    assert.deepEqual(await plain(echo.return(Promise.resolve(7))), [7, true]);
    assert.deepEqual(await plain(echo.next()), [undefined, true]);
    assert.deepEqual(await plain(echo.return(8)), [8, true]);
    await assert.rejects(echo.throw(new Error("late")), /late/);
  });

  test("throw() that the generator lets pass comes back, and ends it", async () => {
    const generator = it.ticks(5);
    await generator.next();
    const error = new TypeError("no more");
    await assert.rejects(generator.throw(error), error);
    assert.deepEqual(log(), ["closed"]);
    assert.deepEqual(await generator.next(), { value: undefined, done: true });
  });

  test("return() of a generator that has not begun runs nothing of it", async () => {
    const generator = it.ticks(5);
    assert.deepEqual(await generator.return("x"), { value: "x", done: true });
    assert.deepEqual(await generator.next(), { value: undefined, done: true });
    assert.deepEqual(log(), []);
  });

  test("return() of a generator that goes on yielding is Python's RuntimeError", async () => {
    const stubborn = evaluate(
      "async def f():\n  try:\n    yield 1\n  finally:\n    yield 2\nf()",
    );
    await stubborn.next();
    const error = await rejected(stubborn.return());
    assert.strictEqual(
      error.message,
      "RuntimeError: async generator ignored GeneratorExit",
    );
  });

  test("steps wait for one another, in their order", async () => {
    const generator = it.ticks(4);
    const steps = [generator.next(), generator.next(), generator.return("r"), generator.next()];
    assert.deepEqual(await Promise.all(steps), [
      { value: 0, done: false },
      { value: 1, done: false },
      { value: "r", done: true },
      { value: undefined, done: true },
    ]);
    assert.deepEqual(log(), ["closed"]);
  });

  test("all steps of one iteration are of one task and one context", async () => {
    assert.deepEqual(await collected(it.same_task()), [1, 1, 1, 1]);
    assert.deepEqual(await collected(it.counts()), [1, 2, 3]);
    assert.strictEqual(it.var.get(), 0);
  });

  test("two iterations at once do not disturb one another", async () => {
    const [one, two] = await Promise.all([collected(it.ticks(3)), collected(it.ticks(4))]);
    assert.deepEqual([one, two], [[0, 1, 2], [0, 1, 2, 3]]);
    log();
  });

  test("a step may be taken while Python's own task runs", async () => {
    const generator = it.ticks(2, false);
    let result: unknown;
    const step = evaluate("async def f(step): step()\nf")(() => {
      result = generator.next();
    });
    await step;
    assert.deepEqual(await result, { value: 0, done: false });
    await generator.return();
    log();
  });

  test("a program that cancels all tasks ends an iteration between two items", async () => {
    const generator = it.ticks(5);
    await generator.next();
    await evaluate(
      `
import asyncio
async def f():
    for task in asyncio.all_tasks() - {asyncio.current_task()}: task.cancel()
    await asyncio.sleep(0)
    while not log: await asyncio.sleep(0)
f()`,
      { log: it.log },
    );
    assert.deepEqual(log(), ["closed"]);
    const error = await rejected(generator.next());
    assert.strictEqual(error.type, "asyncio.exceptions.CancelledError");
  });
});
