import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { join } from "node:path";
import { describe, it } from "node:test";
import { prints, ROOT, run } from "../fixtures/program.ts";
import { evaluate, test } from "../fixtures/python.ts";

const CODE = `
import asyncio, contextvars
name = contextvars.ContextVar("name", default="nobody")

def see(): return name.get()

async def see_later():
    await asyncio.sleep(0)
    return name.get()

async def renamed(value):
    name.set(value)
    await asyncio.sleep(0)
    return name.get()

async def ticks(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i
`;

describe("contexts of the two languages", () => {
  test("await runs a coroutine in a copy of the context in force", async () => {
    const names: Record<string, unknown> = {};
    const { renamed, see, see_later } = evaluate(
      CODE + "\n{'renamed': renamed, 'see': see, 'see_later': see_later}",
      names,
    ).$.toJs();
    assert.deepEqual(await Promise.all([renamed("a"), renamed("b"), see_later()]), [
      "a",
      "b",
      "nobody",
    ]);
    assert.equal(see(), "nobody");
    for (const each of [renamed, see, see_later]) each.$.release();
  });

  test("AsyncLocalStorage goes on after await, for await and $.inThread()", async () => {
    const storage = new AsyncLocalStorage<string>();
    const [seeLater, ticks, see] = evaluate(CODE + "\n[see_later, ticks, see]").$.toJs();
    const seen = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      await seeLater();
      found.push(storage.getStore());
      for await (const _ of ticks(2)) found.push(storage.getStore());
      await see.$.inThread();
      found.push(storage.getStore());
      return found;
    };
    const found = await Promise.all(["a", "b"].map((each) => storage.run(each, seen)));
    assert.deepEqual(found, [["a", "a", "a", "a"], ["b", "b", "b", "b"]]);
    for (const each of [seeLater, ticks, see]) each.$.release();
  });
});

/** The beginning of the programs, each a process of its own, since the option is one of the process. */
const HEAD = `
import { AsyncLocalStorage } from "node:async_hooks";
const py = startPython();
py.run(${JSON.stringify(CODE)});
const { see, see_later: seeLater, ticks, asyncio } = py.globals;
const storage = new AsyncLocalStorage();
const here = () => storage.getStore() ?? null;
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));
const say = (...values) => console.log(JSON.stringify(values));
const plain = (value) => pyduet.isPyObject(value) ? value.$.toJs() : value;
`;

describe("startPython({ contexts })", () => {
  it("is an option as the others", async () => {
    await prints(
      `
try { startPython({ contexts: 1 }); } catch (error) { console.log(error.message); }
startPython();
startPython({ contexts: true });
try { startPython({ contexts: false }); } catch (error) { console.log(error.message.slice(0, 76)); }`,
      "option contexts must be a boolean, not 1\n" +
        "Python runs already with contexts true; this call asks for false. A process \n",
    );
  });

  const BOTH = `
import { AsyncLocalStorage } from "node:async_hooks";
const storage = new AsyncLocalStorage();
await storage.run("store", async () => {
  const py = startPython(OPTIONS);
  py.run(\`${CODE}
async def both(f, g):
    name.set("ada")
    await asyncio.sleep(0)
    return [f(), await g()]
\`);
  const later = async () => { await 0; return py.globals.see(); };
  const here = () => storage.getStore() ?? null;
  const promise = py.run("asyncio").create_task(py.globals.both(here, later));
  console.log(JSON.stringify((await promise).$.toJs()));
});`;

  it("true follows a store of before as well", async () => {
    await prints(BOTH.replace("OPTIONS", "{ contexts: true }"), '["store","ada"]\n');
  });

  it("false leaves each language its own", async () => {
    const ran = await run(BOTH.replace("OPTIONS", "{ contexts: false }"));
    assert.match(ran.stdout, /,"nobody"\]\n$/);
  });

  it("by default looks at AsyncLocalStorage once, when the first store is entered", async () => {
    await prints(
      `
import { AsyncLocalStorage } from "node:async_hooks";
const { prototype } = AsyncLocalStorage;
const { run, enterWith } = prototype;
const same = () => prototype.run === run && prototype.enterWith === enterWith;
const py = startPython();
await py.runAsync("1");
py.scope(() => py.run("[]"));
const before = same();
const storage = new AsyncLocalStorage();
storage.enterWith("a");
console.log(before, same(), storage.getStore(), storage.run("b", (...args) => [storage.getStore(), ...args], 1, 2));`,
      'false true a [ "b", 1, 2 ]\n',
    );
  });

  it("gives what a task calls the AsyncLocalStorage of where it was started", async () => {
    await prints(
      HEAD + `
py.run(\`
async def calls(f):
    found = [f()]
    await asyncio.sleep(0.001)
    found.append(f())
    async def child():
        await asyncio.sleep(0)
        return f()
    found += [await child(), await asyncio.create_task(child()), *await asyncio.gather(child(), child())]
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.001, lambda: later.set_result(f()))
    found.append(await later)
    if hasattr(asyncio, "to_thread"):
        found.append(await asyncio.to_thread(f))
    else:
        found.append(f())
    return found

async def generate(f):
    for i in range(2):
        await asyncio.sleep(0)
        yield f()

def blocking(f): return f()

def start(f):
    loop = asyncio.get_running_loop()
    soon = loop.create_future()
    loop.call_soon(lambda: soon.set_result(f()))
    timer = loop.create_future()
    loop.call_later(0, lambda: timer.set_result(f()))
    return asyncio.gather(asyncio.ensure_future(calls(f)), soon, timer)
\`);
const { calls, start, generate, blocking } = py.globals;
async function all() {
  const found = [];
  found.push(plain(await calls(here)), plain(await calls(here).$.promise()));
  found.push(plain(await py.runAsync("await calls(f)", { locals: { f: here } })));
  const task = asyncio.create_task(calls(here));
  const started = start(here);
  found.push(plain(await task), plain(await started).flat());
  for await (const each of generate(here)) found.push(each);
  found.push(await blocking.$.inThread([here]));
  const names = found.flat();
  return [names.length, ...new Set(names)];
}
const together = ["a", "b", "c"].map((each) => storage.run(each, all));
for (const each of await Promise.all([...together, all()])) say(...each);
`,
      '[45,"a"]\n[45,"b"]\n[45,"c"]\n[45,null]\n',
    );
  });

  it("leaves what TypeScript calls itself in its own AsyncLocalStorage", async () => {
    await prints(
      HEAD + `
py.run(\`
def through(f): return f()
async def begin(f):
    await asyncio.sleep(0)
    return await f()
\`);
const { through, begin } = py.globals;
const nested = async () => {
  const inner = storage.run("inner", () => through(here));
  const task = storage.run("inner", () => seeStarted(here).$.promise());
  return [here(), inner, plain(await task), through(here)];
};
py.run("async def see_started(f):\\n    await asyncio.sleep(0)\\n    return f()");
const seeStarted = py.globals.see_started;
say(...plain(await storage.run("outer", () => begin(nested).$.promise())));
say(storage.run("plain", () => through(here)), through(here));
`,
      '["outer","inner","inner","outer"]\n["plain",null]\n',
    );
  });

  it("gives what an async function calls the contextvars of the task that called it", async () => {
    await prints(
      HEAD + `
py.run(\`
async def calls(value, f, pause):
    name.set(value)
    if pause: await asyncio.sleep(0)
    return await f()
class Thing:
    @property
    def name(self): return name.get()
def generate():
    while True: yield name.get()
thing = Thing()
def through(f): return f()
async def change(f):
    name.set("changed")
    return await f()
\`);
const { calls, thing, generate, through, change } = py.globals;
async function all() {
  const found = [see()];
  await tick();
  found.push(see(), thing.name, py.run("see()"), await seeLater(), see(), await py.runAsync("await see_later()"));
  for (const each of generate()) { found.push(each); break; }
  for await (const _ of ticks(2)) found.push(see());
  found.push(await see.$.inThread());
  // Calls within calls enter no context twice.
  found.push(through(() => through(see)));
  found.push(await through(async () => { await tick(); return through(see); }));
  const inner = await change(async () => { await tick(); return see(); });
  found.push(see());
  const names = [...new Set(found)];
  return [...names, inner];
}
const values = ["a", "b", "c", "d"];
for (const each of await Promise.all(values.map((value, i) => calls(value, all, i % 2 === 0)))) say(...plain(each));
say(...await all());
`,
      '["a","changed"]\n["b","changed"]\n["c","changed"]\n["d","changed"]\n' +
        '["nobody","changed"]\n',
    );
  });

  it("keeps neither the stores nor the contexts of what has ended", async () => {
    await prints(
      `import { collectJs } from ${JSON.stringify(join(ROOT, "tests/fixtures/collector.ts"))};\n` +
        HEAD + `
py.run(\`
import gc
async def chain(f, n):
    name.set(str(n))
    await asyncio.sleep(0)
    return await f(n)
def contexts():
    gc.collect()
    return sum(type(each) is contextvars.Context for each in gc.get_objects())
async def for_ever(f):
    await asyncio.Event().wait()
    f()
\`);
const { chain, contexts, for_ever: forEver } = py.globals;
let stores = 0;
const ended = new FinalizationRegistry(() => stores--);
const store = () => { const made = {}; stores++; ended.register(made, 0); return made; };
// Each task is started by a function that the one before called.
const next = async (n) => {
  await tick();
  return n === 0 ? [contexts(), see()] : await storage.run(store(), () => chain(next, n - 1).$.promise());
};
async function settled() {
  for (let i = 0; i < 50; i++) { collectJs(); await tick(); contexts(); }
  return contexts();
}
const before = contexts();
const holds = py.debug.counts().hostValues;
const forget = async () => {
  const tasks = Array.from({ length: 50 }, () => storage.run(store(), () => asyncio.create_task(forEver(here))));
  await tick();
  for (const each of tasks) each.cancel();
  await tick();
  for (const each of tasks) each.$.release();
};
await forget();
for (let i = 0; i < 20; i++) await next(5);
const after = await settled();
say(after - before < 20 || after - before, stores < 20 || stores, py.debug.counts().hostValues <= holds);
`,
      "[true,true,true]\n",
    );
  });

  it("keeps no line of tasks alive by its last", async () => {
    await prints(
      `import { collectJs } from ${JSON.stringify(join(ROOT, "tests/fixtures/collector.ts"))};\n` +
        HEAD + `
py.run(\`
import gc
async def link(f, n):
    name.set(str(n))
    await asyncio.sleep(0)
    await f(n)
def contexts():
    gc.collect()
    return sum(type(each) is contextvars.Context for each in gc.get_objects())
\`);
const { link, contexts } = py.globals;
let end;
const done = new Promise((resolve) => end = resolve);
const go = async (n) => {
  await tick();
  if (n === 0) {
    end();
    return new Promise(() => {}); // the last one goes on
  }
  void link(go, n - 1).$.promise(); // this one ends now, while the next goes on
};
const before = contexts();
void link(go, 200).$.promise();
await done;
for (let i = 0; i < 50; i++) { collectJs(); await tick(); contexts(); }
const grown = contexts() - before;
say(grown < 40 || grown);
`,
      "[true]\n",
    );
  });

  it("counts nothing of the library's own as held", async () => {
    await prints(
      HEAD + `
const counts = () => py.debug.counts().hostValues;
const before = counts();
await asyncio.create_task(seeLater());
say(before, counts());
`,
      "[0,0]\n",
    );
  });

  it("gives the results of what is awaited in a scope to that scope, follow what may", async () => {
    for (const head of [HEAD, HEAD.replace("startPython()", "startPython({ contexts: false })")]) {
      await prints(
        head + `
const { sleep } = asyncio;
const before = py.debug.counts().handles;
await py.scope(async () => { await Promise.all([1, 2].map((each) => sleep(0.001, [each]).$.promise())); });
say(py.debug.counts().handles - before);
`,
        "[0]\n",
      );
    }
  });

  it("ends with its program, whatever still waits", async () => {
    for (
      const end of ["", "py.close();", "process.exit(0);", "await task(() => process.exit(0));"]
    ) {
      await prints(
        HEAD + `
py.run("async def task(f):\\n    await asyncio.sleep(0)\\n    f()\\n    await f()\\n    await asyncio.Event().wait()");
const { task } = py.globals;
storage.run("a", () => task(async () => { await tick(); see(); await tick(); }).$.promise()).catch(() => {});
await tick();
await tick();
say("end");
${end}`,
        '["end"]\n',
      );
    }
  });
});
