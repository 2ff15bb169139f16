import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pyClass, pyFunction, type PyValue, t } from "../../mod.ts";
import { standing } from "../fixtures/twins.ts";
import { collectPython, evaluate, forGood, py, test } from "../fixtures/python.ts";

/** Runs a body of Python in a coroutine; its result as text, or the class and the text of what it raises. */
const outcomeOf: (code: string, names: unknown) => Promise<string> = forGood(() =>
  evaluate(`
import asyncio, inspect, textwrap
async def outcome(code, names):
    names = dict(names, asyncio=asyncio, inspect=inspect)
    try:
        exec("async def body():\\n" + textwrap.indent(code, "  "), names)
        return repr(await names["body"]())
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)
    finally:
        names.clear()
outcome`)
);

function outcome(code: string, names: Record<string, unknown>): Promise<string> {
  return py.scope(async () => await outcomeOf(code, new Map(Object.entries(names))));
}

/** Waits until no task is left, and garbage of both languages is found. */
const noTasks: () => Promise<void> = forGood(() =>
  evaluate(`
import asyncio
async def idle():
    await asyncio.sleep(0)
    for _ in range(1000):
        if len(asyncio.all_tasks()) == 1: break
        await asyncio.sleep(0)
idle`)
);

async function settled(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    collectPython(); // what it ends may be closed by a task
    await noTasks();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

const double = pyFunction("double", {
  params: { n: t.int },
  returns: t.awaitable(t.int),
}, async (n) => await Promise.resolve(n * 2));

const late = pyFunction("late", {
  params: { value: t.any },
  returns: t.awaitable(t.list(t.int)),
}, (value) => Promise.resolve(value === null ? value : value.$?.toJs() ?? value));

describe("pyFunction() that returns t.awaitable()", () => {
  test("an async function is a coroutine function in Python", async () => {
    assert.strictEqual(await outcome("return await double(4)", { double }), "8");
    assert.strictEqual(
      await outcome(
        "c = double(n=2)\n" +
          "return inspect.iscoroutinefunction(double), asyncio.iscoroutinefunction(double), " +
          "inspect.iscoroutine(c), await asyncio.create_task(c), str(inspect.signature(double))",
        { double },
      ),
      "(True, True, True, 4, '(n: int) -> int')",
    );
    assert.strictEqual(
      await outcome("return await asyncio.gather(*map(double, range(4)))", { double }),
      "[0, 2, 4, 6]",
    );
    assert.strictEqual(
      await outcome("return await double('x')", { double }),
      "TypeError: double() argument 'n' must be int, not str",
    );
    assert.strictEqual(
      await outcome("return await double()", { double }),
      "TypeError: double() missing 1 required positional argument: 'n'",
    );
  });

  test("a function that gives a Promise, a value or a Python awaitable is awaited", async () => {
    assert.strictEqual(await outcome("return await late([1, 2])", { late }), "[1, 2]");
    assert.strictEqual(
      await outcome("return inspect.iscoroutinefunction(late), inspect.isawaitable(late([1]))", {
        late,
      }),
      "(False, True)",
    );
    const plain = pyFunction("plain", { params: {}, returns: t.awaitable(t.str) }, () => "now");
    assert.strictEqual(await outcome("return await plain()", { plain }), "'now'");
    const nap = evaluate("import asyncio\nlambda: asyncio.sleep(0, 'slept')");
    const passed = pyFunction("passed", { params: {}, returns: t.awaitable(t.str) }, () => nap());
    assert.strictEqual(await outcome("return await passed()", { passed }), "'slept'");
  });

  test("a result of another type is a TypeError that names the function", async () => {
    assert.strictEqual(
      await outcome("return await late('no')", { late }),
      'TypeError: the result of late() must be list[int], not "no"',
    );
    assert.match(
      await outcome("return await late([1, 'a'])", { late }),
      /^TypeError: the result of late\(\)\[1\] must be int, not /,
    );
    const wrong = pyFunction(
      "wrong",
      { params: {}, returns: t.awaitable(t.int) }, // deno-lint-ignore require-await
      async () => "x" as unknown as number,
    );
    assert.match(
      await outcome("return await wrong()", { wrong }),
      /^TypeError: the result of wrong\(\) must be int, not /,
    );
  });

  test("errors keep their identity", async () => {
    const error = new RangeError("mine");
    const fail = pyFunction(
      "fail",
      { params: {}, returns: t.awaitable(t.int) },
      // deno-lint-ignore require-await
      async () => {
        throw error;
      },
    );
    const through = evaluate("async def f(g): return await g()\nf");
    await assert.rejects(async () => await through(fail), error);
  });
});

describe("parameters of t.awaitable() and t.asyncIterator()", () => {
  const plus = pyFunction("plus", {
    params: { a: t.awaitable(t.int), b: t.int },
    returns: t.awaitable(t.int),
  }, async (a, b) => await a + b);
  const helpers = `
async def give(value):
  await asyncio.sleep(0)
  return value
async def items(*values):
  for value in values: yield value
`;

  test("a Python awaitable is a Promise of the declared type", async () => {
    assert.strictEqual(
      await outcome(helpers + "return await plus(give(3), 4)", { plus }),
      "7",
    );
    assert.strictEqual(
      await outcome(helpers + "return await plus(plus(give(1), 1), 1)", { plus }),
      "3",
    );
    assert.match(
      await outcome(helpers + "return await plus(give('x'), 4)", { plus }),
      /TypeError: the result of plus\(\) argument 'a' must be int, not str$/,
    );
    assert.strictEqual(
      await outcome("return await plus(3, 4)", { plus }),
      "TypeError: plus() argument 'a' must be awaitable, not int",
    );
    assert.match(
      await outcome(
        "async def fail(): raise KeyError('k')\nreturn await plus(fail(), 4)",
        { plus },
      ),
      /^KeyError: 'k'$/,
    );
  });

  test("a Python async iterator is one of TypeScript, item by item", async () => {
    const total = pyFunction("total", {
      params: { items: t.asyncIterator(t.float) },
      returns: t.awaitable(t.float),
    }, async (items) => {
      let sum = 0;
      for await (const item of items) sum += item;
      return sum;
    });
    assert.strictEqual(
      await outcome(helpers + "return await total(items(1, 2.5))", { total }),
      "3.5",
    );
    assert.match(
      await outcome(helpers + "return await total(items(1, 'a'))", { total }),
      /TypeError: an item of total\(\) argument 'items' must be float, not str$/,
    );
    assert.strictEqual(
      await outcome("return await total([])", { total }),
      "TypeError: total() argument 'items' must be asynchronous iterable, not list",
    );
    await settled();
  });
});

describe("pyFunction() that returns t.asyncIterator()", () => {
  test("an async generator is one in Python, its items checked", async () => {
    const count = pyFunction(
      "count",
      { params: { n: t.int }, returns: t.asyncIterator(t.float) },
      async function* (n) {
        for (let i = 0; i < n; i++) yield await Promise.resolve(i);
        yield "x" as unknown as number;
      },
    );
    assert.strictEqual(
      await outcome(
        "got = []\ntry:\n  async for i in count(2): got.append(i)\n" +
          "except TypeError as error: return got, str(error)",
        { count },
      ),
      "([0.0, 1.0], 'an item of the result of count() must be float, not \"x\"')",
    );
    const wrong = pyFunction(
      "wrong",
      { params: {}, returns: t.asyncIterator(t.int) },
      () => 5 as unknown as AsyncIterable<number>,
    );
    assert.strictEqual(
      await outcome("return wrong()", { wrong }),
      "TypeError: the result of wrong() must be asynchronous iterable, not 5",
    );
    await settled();
  });
});

let opening: AbortSignal | undefined;
class Door {
  async open(wide: boolean, { signal }: { signal: AbortSignal }): Promise<boolean> {
    opening = signal;
    return await new Promise<boolean>((resolve) =>
      signal.addEventListener("abort", () => resolve(wide))
    );
  }
}
const door = pyClass(Door, {
  methods: { open: { params: { wide: t.bool }, returns: t.awaitable(t.bool), signal: true } },
});

describe("pyFunction() with signal", () => {
  test("cancelling the task that awaits aborts the signal", async () => {
    const reasons: unknown[] = [];
    for (const isAsync of [true, false]) {
      const wait = (n: number, { signal }: { signal: AbortSignal }): Promise<number> =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            reasons.push(signal.reason);
            resolve(n);
          })
        );
      const f = pyFunction(
        "f",
        { params: { n: t.int }, returns: t.awaitable(t.int), signal: true },
        isAsync ? async (n, options) => await wait(n, options) : wait,
      );
      assert.strictEqual(
        await outcome(
          "task = asyncio.ensure_future(f(1))\nawait asyncio.sleep(0)\nawait asyncio.sleep(0)\n" +
            "task.cancel()\ntry: await task\nexcept asyncio.CancelledError: return 'cancelled'",
          { f },
        ),
        "'cancelled'",
      );
    }
    assert.deepEqual(reasons.map((reason) => (reason as Error).name), ["AbortError", "AbortError"]);
    assert.ok(reasons.every((reason) => reason instanceof DOMException));
  });

  test("a result in time aborts nothing, and a timeout of Python's does", async () => {
    const signals: AbortSignal[] = [];
    const f = pyFunction("f", { signal: true }, (...args) => {
      const { signal } = args.at(-1) as { signal: AbortSignal };
      signals.push(signal);
      return args.length === 1 ? Promise.resolve("done") : new Promise(() => {});
    });
    assert.strictEqual(await outcome("return await f()", { f }), "'done'");
    assert.match(
      await outcome("return await asyncio.wait_for(f(1), 0.001)", { f }),
      /^TimeoutError/,
    );
    assert.deepEqual(signals.map(({ aborted }) => aborted), [false, true]);
    assert.throws(() => pyFunction("f", { signal: 1 as unknown as true }, () => 1), {
      message: 'pyFunction("f"): signal must be a boolean, not 1',
    });
  });

  test("a method gets it too", async () => {
    assert.match(
      await outcome("return await asyncio.wait_for(Door().open(True), 0.001)", { Door: door }),
      /^TimeoutError/,
    );
    assert.strictEqual(opening?.aborted, true);
  });
});

class Source {
  left = 2;
  log: string[] = [];
  async fetch(n: number): Promise<number> {
    return await Promise.resolve(n + 1);
  }
  async twice(n: number): Promise<number> {
    return 2 * await this.fetch(n);
  }
  async next(): Promise<IteratorResult<number>> {
    await Promise.resolve();
    return this.left-- > 0 ? { done: false, value: this.left } : { done: true, value: undefined };
  }
}
const source = pyClass(Source, {
  methods: {
    fetch: { params: { n: t.int }, returns: t.awaitable(t.int) },
    twice: { params: { n: t.int }, returns: t.awaitable(t.int) },
  },
  properties: { log: t.list(t.str) },
  dunders: {
    __aenter__: async (self: Source) => {
      await Promise.resolve();
      self.log.push("in");
      return self;
    },
    __aexit__: async (self: Source, ...parts: (PyValue | null)[]) => {
      await Promise.resolve();
      const failed = parts[0] !== null;
      self.log.push(failed ? "failed" : "out");
      for (const part of parts) part?.$.release(); // a turn of the event loop is in no scope
      return failed;
    },
    __aiter__: (self: Source) => self,
    __anext__: "next",
    __await__: (self: Source) => self.fetch(40),
  },
});

class Stream {
  async *items(): AsyncGenerator<number> {
    yield await Promise.resolve(1);
    yield 2;
  }
}
const stream = pyClass(Stream, { dunders: { __aiter__: "items" } });

class Typed extends Source {}
const typed = standing(pyClass(Typed, {
  init: {},
  dunders: {
    __aiter__: (self) => self,
    __anext__: {
      params: {},
      returns: t.awaitable(t.int),
      call(this: Source) {
        return this.next();
      },
    },
  },
}));

class WronglyTyped extends Source {}
const wronglyTyped = standing(pyClass(WronglyTyped, {
  init: {},
  dunders: {
    __aiter__: (self) => self,
    __anext__: {
      params: {},
      returns: t.awaitable(t.str),
      // deno-lint-ignore require-await -- Python awaits it
      call: async () => 5,
    },
  },
}));

describe("async members of pyClass()", () => {
  test("async methods are coroutine functions", async () => {
    assert.strictEqual(
      await outcome(
        "s = Source()\nreturn await s.fetch(1), await s.twice(2), inspect.iscoroutinefunction(s.fetch)",
        { Source: source },
      ),
      "(2, 6, True)",
    );
  });

  test("async special methods work in await, async for and async with", async () => {
    const names = { Source: source, Stream: stream };
    assert.strictEqual(await outcome("return await Source()", names), "41");
    assert.strictEqual(await outcome("return [i async for i in Source()]", names), "[1, 0]");
    assert.strictEqual(await outcome("return [i async for i in Stream()]", names), "[1, 2]");
    assert.strictEqual(
      await outcome("async with Source() as s: pass\nreturn s.log", names),
      "['in', 'out']",
    );
    assert.strictEqual(
      await outcome("async with Source() as s: 1 / 0\nreturn s.log", names),
      "['in', 'failed']",
    );
  });

  test("__anext__ may say what it awaits", async () => {
    assert.strictEqual(
      await outcome("return [i async for i in Typed()]", { Typed: typed }),
      "[1, 0]",
    );
    assert.match(
      await outcome("return [i async for i in Wrong()]", { Wrong: wronglyTyped }),
      /must be str, not 5$/,
    );
  });

  // Neither this nor the next is a test of leaks: an instance of a Python subclass, and with it the class, ends
  // with JavaScript's own collection.
  it("TypeScript awaits what a Python subclass overrides", async () => {
    const object = await outcome(
      "class Mine(Source):\n  async def fetch(self, n):\n    await asyncio.sleep(0)\n" +
        "    return await super().fetch(n) * 10\n" +
        "return await Mine().twice(1)",
      { Source: source },
    );
    assert.strictEqual(object, "40");
  });

  it("a wrong result of what a Python subclass overrides is a TypeError", async () => {
    assert.match(
      await outcome(
        "class Mine(Source):\n  async def fetch(self, n): return 'x'\nreturn await Mine().twice(1)",
        { Source: source },
      ),
      /TypeError: .*must be int, not str$/,
    );
  });
});

const Base: PyValue = forGood(() =>
  evaluate(`
class Base:
    async def handle(self, n): return n + 1
    async def run(self, n): return await self.handle(n)
Base`)
);
class Mine extends py.subclassable(Base) {
  async handle(n: number, ...rest: unknown[]): Promise<number> {
    return 100 * await super.handle(n, ...rest);
  }
}

// The Python classes are made once, for good.
await outcome("Source, Stream, Door", { Source: source, Stream: stream, Door: door });
forGood(() => void new Mine());

describe("async methods over py.subclassable()", () => {
  test("Python awaits what TypeScript overrides, and super() is Python's", async () => {
    const mine = new Mine();
    assert.strictEqual(await mine.run(1), 200);
    assert.strictEqual(
      await outcome(
        "return inspect.iscoroutinefunction(m.handle), await asyncio.create_task(m.handle(2))",
        { m: mine },
      ),
      "(True, 300)",
    );
  });
});
