import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef, PythonError, type PyValue } from "../../mod.ts";
import { collectPython, evaluate, forGood, py, test } from "../fixtures/python.ts";

/** Runs a body of Python in a coroutine; its result as text, or the class and the text of what it raises. */
const outcomeOf: (code: string, names: unknown) => Promise<string> = forGood(() =>
  evaluate(`
import asyncio, contextlib, textwrap
async def outcome(code, names):
    names = dict(names, asyncio=asyncio, contextlib=contextlib)
    exec("async def body():\\n" + textwrap.indent(code, "  "), names)
    try:
        return repr(await names["body"]())
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)
    finally:
        names.clear()
outcome`)
);

// The event loop is opened with the first await of a program, for good.
await evaluate("async def f(): pass\nf()");

function outcome(code: string, names: Record<string, unknown>): Promise<string> {
  return outcomeOf(code, new Map(Object.entries(names)));
}

/** Waits until no task is left: what is closed behind a loop is closed by one. */
const idle: () => Promise<void> = forGood(() =>
  evaluate(`
import asyncio
async def idle():
    await asyncio.sleep(0)
    for _ in range(1000):
        if len(asyncio.all_tasks()) == 1: break
        await asyncio.sleep(0)
idle`)
);

class Log {
  readonly said: string[] = [];

  async *numbers(count: number): AsyncGenerator<number, string, unknown> {
    try {
      for (let i = 0; i < count; i++) {
        if (i % 2) await new Promise((resolve) => queueMicrotask(() => resolve(0)));
        yield i;
      }
      return "all";
    } finally {
      await Promise.resolve();
      this.said.push("closed");
    }
  }

  /** An iterable that is no iterator. */
  get bare(): object {
    return byRef({ [Symbol.asyncIterator]: () => this.numbers(3) });
  }
}

async function* echo(): AsyncGenerator<unknown, void, unknown> {
  const got: unknown[] = [];
  while (true) {
    try {
      got.push(yield [...got]);
    } catch (error) {
      got.push(String(error));
    }
  }
}

describe("async for over a JsObject", () => {
  test("async for takes the items of generators and of iterables", async () => {
    const log = new Log();
    assert.strictEqual(
      await outcome("return [i async for i in g]", { g: log.numbers(4) }),
      "[0, 1, 2, 3]",
    );
    assert.strictEqual(await outcome("return [i async for i in x]", { x: log.bare }), "[0, 1, 2]");
    assert.deepEqual(log.said, ["closed", "closed"]);
  });

  test("async for takes a ReadableStream", async () => {
    const stream = (): ReadableStream =>
      new ReadableStream({
        start(controller) {
          controller.enqueue("a");
          controller.enqueue(new Uint8Array([1]));
          controller.close();
        },
      });
    assert.strictEqual(
      await outcome("return [i async for i in s]", { s: stream() }),
      "['a', b'\\x01']",
    );
    const left = stream();
    assert.strictEqual(await outcome("async for i in s: return i", { s: left }), "'a'");
    await idle();
    assert.strictEqual(left.locked, false);
  });

  test("items cross as those of a synchronous loop do", async () => {
    const promise = Promise.resolve(7);
    const iterator = { n: 0 };
    const values = byRef({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          iterator.n++ === 0
            ? { done: false, value: promise }
            : iterator.n === 2
            ? { done: false, value: { a: [1], f: () => 1 } }
            : { done: true, value: 5 },
      }),
    });
    assert.strictEqual(
      await outcome(
        "items = [i async for i in v]\nreturn await items[0], items[1].a, type(items[1]).__name__",
        { v: values },
      ),
      "(7, [1], 'JsObject')",
    );
  });

  test("async for over what has no Symbol.asyncIterator is Python's TypeError", async () => {
    assert.strictEqual(
      await outcome("async for y in x: pass", { x: byRef({ then() {} }) }),
      "TypeError: 'async for' requires an object with __aiter__ method, got JsObject",
    );
  });

  test("wrong answers are a TypeError", async () => {
    const broken = (iterator: () => unknown): object => byRef({ [Symbol.asyncIterator]: iterator });
    const all = "return [i async for i in x]";
    assert.strictEqual(
      await outcome(all, { x: broken(() => 5) }),
      "JsTypeError: TypeError: the result of [Symbol.asyncIterator]() is no object",
    );
    assert.strictEqual(
      await outcome(all, { x: broken(() => ({ next: () => 7 })) }),
      "JsTypeError: TypeError: the result of next() is no object",
    );
    assert.match(await outcome(all, { x: broken(() => ({})) }), /^JsTypeError: TypeError: .*next/);
  });

  test("leaving the loop early calls return(), and the end does not", async () => {
    const log = new Log();
    assert.strictEqual(
      await outcome("async for i in make():\n  if i == 1: return i", {
        make: () => log.numbers(9),
      }),
      "1",
    );
    await idle();
    assert.strictEqual(log.said.length, 1);
    await outcome("async for i in x: break", { x: log.bare });
    await idle();
    assert.strictEqual(log.said.length, 2);
    assert.match(
      await outcome("async for i in x: 1 / 0", { x: log.bare }),
      /^ZeroDivisionError/,
    );
    await idle();
    assert.strictEqual(log.said.length, 3);
    let returns = 0;
    const ending = byRef({
      [Symbol.asyncIterator]: () => ({
        n: 0,
        next() {
          return { done: this.n++ > 1, value: 0 };
        },
        return() {
          returns++;
          return { done: true, value: 0 };
        },
      }),
    });
    assert.strictEqual(await outcome("return [i async for i in x]", { x: ending }), "[0, 0]");
    assert.strictEqual(returns, 0);
  });

  test("a generator goes on where Python still has it, and is left alone where it took nothing", async () => {
    const log = new Log();
    assert.strictEqual(
      await outcome(
        "async for i in g: break\nreturn i, [i async for i in g], g.__aiter__() is g",
        { g: log.numbers(3) },
      ),
      "(0, [1, 2], True)",
    );
    const generator = log.numbers(2);
    assert.strictEqual(await outcome("return bool(g)", { g: generator }), "True");
    collectPython();
    assert.deepEqual(await generator.next(), { value: 0, done: false });
    await generator.return("");
  });

  test("aclosing() waits until the generator is closed", async () => {
    const log = new Log();
    const code = `
class aclosing:
    def __init__(self, thing): self.thing = thing
    async def __aenter__(self): return self.thing
    async def __aexit__(self, *_): await self.thing.aclose()
async with aclosing(g):
    async for i in g: break
return len(said)`;
    assert.strictEqual(
      await outcome(code, { g: log.numbers(3), said: byRef(log.said) }),
      "1",
    );
  });

  test("asend() and athrow() reach the generator, and hide no property of that name", async () => {
    assert.strictEqual(
      await outcome(
        "await g.asend(None)\nawait g.asend('a')\nreturn await g.athrow(ValueError('b'))",
        { g: echo() },
      ),
      "['a', 'PythonError: ValueError: b']",
    );
    const own = Object.assign(echo(), { asend: () => "mine" });
    assert.strictEqual(await outcome("return g.asend()", { g: own }), "'mine'");
    const bare = byRef({
      next: () => Promise.resolve({ done: true, value: 0 }),
      [Symbol.asyncIterator]() {
        return this;
      },
    });
    assert.match(await outcome("g.aclose", { g: bare }), /^AttributeError/);
    assert.match(await outcome("g.asend", { g: byRef({}) }), /^AttributeError/);
    assert.strictEqual(
      await outcome("try: await g.asend(1)\nexcept StopAsyncIteration: return 'end'", { g: bare }),
      "'end'",
    );
  });

  test("errors keep their identity through both languages", async () => {
    const error = new RangeError("mine");
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw error;
    }
    const through = evaluate("async def f(g):\n  async for i in g: pass\nf");
    await assert.rejects(async () => await through(failing()), error);
    const value: PyValue = py.builtins.KeyError("k");
    let seen: unknown;
    async function* catching(): AsyncGenerator<number> {
      try {
        yield 1;
      } catch (caught) {
        seen = caught;
        throw caught;
      }
    }
    assert.strictEqual(
      await outcome(
        "await g.asend(None)\ntry: await g.athrow(e)\nexcept KeyError as error: return error is e",
        { g: catching(), e: value },
      ),
      "True",
    );
    assert.ok(seen instanceof PythonError);
  });

  test("an item that a cancelled task asked for is the next one's", async () => {
    let give = (_: IteratorResult<string>): void => {};
    let asked = 0;
    const slow = byRef({
      next: () => (asked++, new Promise<IteratorResult<string>>((resolve) => give = resolve)),
      [Symbol.asyncIterator]() {
        return this;
      },
    });
    const code = `
task = asyncio.ensure_future(g.__anext__())
await asyncio.sleep(0)
await asyncio.sleep(0)
task.cancel()
try: await task
except asyncio.CancelledError: pass
give()
return await g.__anext__()`;
    assert.strictEqual(
      await outcome(code, { g: slow, give: () => give({ done: false, value: "kept" }) }),
      "'kept'",
    );
    assert.strictEqual(asked, 1);
    await idle();
  });
});

describe("async with over a JsObject", () => {
  class Resource {
    closed = 0;
    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.resolve();
      this.closed++;
    }
  }

  test("async with gives the value itself, and awaits its disposal", async () => {
    const resource = new Resource();
    assert.strictEqual(
      await outcome("async with r as s: inside = r.closed\nreturn r is s, inside, r.closed", {
        r: resource,
      }),
      "(True, 0, 1)",
    );
    assert.match(await outcome("async with r: 1 / 0", { r: resource }), /^ZeroDivisionError/);
    assert.strictEqual(resource.closed, 2);
  });

  test("an error of the disposal arrives", async () => {
    const bad = byRef({ [Symbol.asyncDispose]: () => Promise.reject(new TypeError("no")) });
    assert.strictEqual(
      await outcome("async with b: pass", { b: bad }),
      "JsTypeError: TypeError: no",
    );
  });

  test("without Symbol.asyncDispose it is Python's error", async () => {
    assert.match(
      await outcome("async with x: pass", { x: byRef({}) }),
      /^(AttributeError: __a(enter|exit)__|TypeError: .*asynchronous)/,
    );
  });
});
