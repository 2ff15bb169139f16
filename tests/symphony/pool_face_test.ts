import assert from "node:assert/strict";
import { describe } from "node:test";
import { generateStubs, pyModule, type PyObject, type PyValue } from "../../mod.ts";
import {
  ModelHandleFace,
  PoolManager,
  PoolManagerFace,
  pythonLoader,
  PythonPoolManager,
} from "../../src/symphony/mod.ts";
import { PitErrorFace, ResourceExhaustedFace } from "../../src/symphony/python/error_face.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";
import { until } from "../fixtures/turns.ts";

const PREPARED = `
import asyncio, threading, pyduet
SPEC = {"name": "m", "version": "1.0", "model_type": "Language", "configuration": {"end": "!"},
        "resource_requirements": {"memory_mb": 512, "cpu_cores": 1.5}}
class Shout:
    def __init__(self, spec): self.spec, self.did = spec, []
    def invoke(self, text): return text.upper() + self.spec["configuration"].get("end", "?")
    def save(self): self.did.append("save")
    def release(self): self.did.append("release")
class Slow:
    def __init__(self, spec): pass
    async def invoke(self, value):
        await asyncio.sleep(0)
        return value
async def load_later(spec):
    await asyncio.sleep(0)
    return lambda value: value
def said(work):
    try: return work()
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
async def said_later(work):
    try: return await work
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
`;

// Classes and what they are made of stay; so does the function by which models of Python are called.
forGood(() =>
  evaluate("list(names)", {
    names: [PoolManagerFace, ModelHandleFace, PitErrorFace, ResourceExhaustedFace],
  })
);
const first = new PoolManager();
first.register("m", pythonLoader(evaluate("lambda spec: lambda x: x")));
evaluate("with pool.allocate('m') as handle: handle.invoke(1)", {
  pool: new PythonPoolManager(first),
});
await first.shutdown();
await evaluate("import asyncio\nasyncio.sleep(0)");

const names = (more: object = {}) => ({ PoolManager: PoolManagerFace, ...more });
const run = (code: string, more: object = {}): PyValue =>
  evaluate(`${PREPARED}\n${code}`, names(more) as Record<string, unknown>);

/** Runs the body of a coroutine; its result as plain data. */
async function later(code: string, more: object = {}): Promise<unknown> {
  const body = code.trim().split("\n").map((line) => `    ${line}`).join("\n");
  const result = await (run(`async def body():\n${body}\nbody`, more) as PyObject)();
  return result?.$?.toJs() ?? result;
}

describe("PoolManager of Python", () => {
  test("allocate() gives a handle by a spec or a name, and loads a class of Python", () => {
    assert.deepEqual(
      run(`
pool = PoolManager()
made = []
pool.register("m", lambda spec: made.append(Shout(spec)) or made[0])
handle = pool.allocate(SPEC)
again = pool.try_allocate(SPEC)
seen = [handle.get_status(), handle.invoke("hey"), again.invoke(input="you"), len(made), made[0].spec == dict(
    SPEC, resource_requirements=dict(SPEC["resource_requirements"], gpu_memory_mb=None, network_access=False)),
    handle.spec == made[0].spec, repr(handle), repr(pool), pool.registered]
seen`).$.toJs(),
      [
        "Ready",
        "HEY!",
        "YOU!",
        1,
        true,
        true,
        "<ModelHandle m@1.0>",
        "<PoolManager: 1 models, 512 MB>",
        ["m"],
      ],
    );
    assert.equal(
      run("p = PoolManager()\np.register('m', Shout)\np.allocate('m').invoke('a')"),
      "A?",
    );
    assert.equal(
      run("p = PoolManager()\np.register('m', Shout, spec=SPEC)\np.allocate('m').invoke('a')"),
      "A!",
    );
  });

  test("handles are given back once, by deallocate(), their ids, or with", () => {
    assert.deepEqual(
      run(`
pool = PoolManager(max_allocations=1)
pool.register("m", Shout)
with pool.allocate("m") as handle:
    held = pool.try_allocate("m") is None
    status = pool.get_model_status(handle.id), pool.get_model_status(handle)
again = pool.allocate("m")
pool.deallocate(again.id)
third = pool.allocate("m")
pool.deallocate(third)
gone = [said(third.deallocate), said(third.get_status), said(lambda: third.invoke(1))]
[held, status] + gone`).$.toJs(),
      [
        true,
        ["Ready", "Ready"],
        ...["deallocate_model", "get_model_status", "invoke_model"].map((operation) =>
          `PitError: Port operation failed: ${operation}: Model m@1.0 not found; it was deallocated`
        ),
      ],
    );
  });

  test("models of each language do their work for each language", async () => {
    const pool = new PoolManager();
    const face = new PythonPoolManager(pool);
    const { Shout, Slow, plus, load_later: loadLater } = run(
      "class All: pass\nall = All()\nall.Shout, all.Slow, all.load_later = Shout, Slow, load_later\n" +
        "all.plus = lambda spec: lambda n: n + 1\nall",
    );
    pool.register("py_class", pythonLoader(Shout));
    pool.register("py_async", pythonLoader(Slow));
    pool.register("py_function", pythonLoader(plus));
    pool.register("py_later", pythonLoader(loadLater));
    pool.register("py_bare", () => Shout({ configuration: { end: "." } }));
    pool.register("ts_function", () => (n: number) => n + 1);
    pool.register("ts_object", () => ({ invoke: ({ deep }: { deep: number[] }) => deep.length }));
    // deno-lint-ignore require-await -- an asynchronous model
    pool.register("ts_async", async () => async (text: string) => ({ text }));
    const inputs: Record<string, [unknown, string, unknown]> = {
      py_class: ["a", "'a'", "A?"],
      py_async: [4, "4", 4],
      py_function: [1, "1", 2],
      py_later: [5, "5", 5],
      py_bare: ["b", "'b'", "B."],
      ts_function: [1, "1", 2],
      ts_object: [{ deep: [1, 2] }, "{'deep': [1, 2]}", 2],
      ts_async: ["x", "'x'", { text: "x" }],
    };
    assert.deepEqual(Object.keys(inputs).sort(), pool.registered.sort());
    for (const [name, [input, code, expected]] of Object.entries(inputs)) {
      using lease = await pool.allocate(name);
      const result = await lease.invoke(input);
      assert.deepEqual(
        (result as PyObject)?.$?.toJs?.() ?? result,
        expected,
        `${name} of TypeScript`,
      );
      assert.deepEqual(
        await later(
          `with await pool.allocate_async("${name}") as handle: return await handle.invoke_async(${code})`,
          { pool: face },
        ),
        expected,
        `${name} of Python`,
      );
    }
    await pool.shutdown();
  });

  test("a TypeScript loader that Python registers is called as TypeScript's", () => {
    const seen: unknown[] = [];
    const loader = (spec: { modelType: string }, { signal }: { signal: AbortSignal }) => {
      seen.push(spec.modelType, signal.aborted);
      return (text: string) => text.length;
    };
    assert.equal(
      run("p = PoolManager()\np.register('m', loader)\np.allocate(SPEC).invoke('abc')", { loader }),
      3,
    );
    assert.deepEqual(seen, ["Language", false]);
  });

  test("what goes from Python to a model of Python and back is the very same", async () => {
    assert.equal(
      run(`
pool = PoolManager()
pool.register("m", lambda spec: lambda value: value)
handle = pool.allocate("m")
values = [1.0, -0.0, 2, 2 ** 70, True, None, "a", b"b", (1, 2.0), {1: 2.0}, {"a": [1.0]}, {1}, object(), Shout]
all(handle.invoke(each) is each or repr(handle.invoke(each)) == repr(each) and type(handle.invoke(each)) is type(each)
    for each in values) and handle.invoke(values) is values`),
      true,
    );
    assert.equal(
      await later(`
pool = PoolManager()
pool.register("m", Slow)
handle = pool.allocate("m")
values = [1.0, (1, 2.0), {"a": 1.0}]
results = [await handle.invoke(each) for each in values] + [await handle.invoke_async(each) for each in values]
results += await asyncio.gather(*map(handle.invoke_async, values))
return repr(results) == repr(values * 3)`),
      true,
    );
  });

  test("allocate() says what to do where loading takes time", async () => {
    const told = "PitError: Model m@1.0 takes time to be loaded: await pool.allocate_async(...); " +
      "in a thread, pyduet.wait(pool.allocate_async(...))";
    assert.deepEqual(
      await later(`
pool = PoolManager()
pool.register("m", load_later)
first = said(lambda: pool.allocate("m"))
handle = await pool.allocate_async("m")
return [first, issubclass(RuntimeError, BaseException), pool.allocate("m").invoke(3)]`),
      [told, true, 3],
    );
  });

  test("raises what Python's users expect", async () => {
    assert.deepEqual(
      await later(`
pool = PoolManager(1, max_memory_mb=1000)
pool.register("m", Shout)
pool.register("n", Shout)
def broken(spec): raise LookupError("no weights")
pool.register("broken", broken)
pool.register("five", lambda spec: 5)
seen = [said(lambda: pool.allocate(dict(SPEC, name="none"))), said(lambda: pool.allocate("five"))]
try: pool.allocate("broken")
except RuntimeError as error: seen += [str(error), repr(error.__cause__)]
handle = pool.allocate("m")
try: pool.allocate("n")
except RuntimeError as error: seen += [str(error), str(error.__cause__), type(error).__name__]
seen += [await said_later(pool.allocate_async("n"))]
try: await pool.allocate_async("n", timeout=0.001)
except TimeoutError as error: seen += [type(error).__name__, str(error)]
try: pool.allocate({"version": "1"})
except KeyError as error: seen += [error.args[0]]
seen += [said(lambda: pool.allocate(dict(SPEC, model_type="Taste"))), said(lambda: pool.allocate(3)),
    said(lambda: pool.allocate([1])), said(lambda: PoolManager(0)), said(lambda: pool.register("x", 3))]
pool.register("nothing", lambda spec: None)
seen += [said(lambda: PoolManager(1, max_memory_mb=-1)), said(lambda: PoolManager(1, max_allocations=0)), await said_later(pool.allocate_async("n", float("nan"))),
    await said_later(pool.allocate_async("n", -1))]
handle.deallocate()
seen += [said(lambda: pool.allocate("nothing"))]
return seen`),
      [
        "PitError: Port operation failed: allocate_model: Model none@1.0 not found; register it first",
        "PitError: Port operation failed: allocate_model: Model five@1.0 could not be loaded: a model is a " +
        "function or an object with invoke(), not 5",
        "Port operation failed: allocate_model: Model broken@1.0 could not be loaded: LookupError: no weights",
        "LookupError('no weights')",
        "No available model instances",
        "n@1.0 needs 0 MB; 1 of 1 models with 0 of 1000 MB are loaded and in use",
        "ResourceExhausted",
        "ResourceExhausted: No available model instances",
        "TimeoutError",
        "Model allocation timed out",
        "Missing 'name' field",
        "ValueError: 'model_type' must be one of 'Language', 'Vision', 'Audio', 'Multimodal', 'Custom', " +
        "not 'Taste'",
        "TypeError: the argument must be a dict with str keys, not int",
        "TypeError: the argument must be a dict with str keys, not list",
        "ValueError: capacity must be at least 1, not 0",
        "TypeError: PoolManager.register() argument 'loader' must be callable, not int",
        "ValueError: max_memory_mb must be at least 0, not -1",
        "ValueError: max_allocations must be at least 1, not 0",
        "ValueError: A timeout must be a number, not NaN",
        "TimeoutError: Model allocation timed out",
        "PitError: Port operation failed: allocate_model: Model nothing@1.0 could not be loaded: a model is a " +
        "function or an object with invoke(), not None",
      ],
    );
  });

  test("a model's own errors are the very same, from either language", async () => {
    const pool = new PoolManager();
    const mine = new RangeError("mine");
    pool.register("ts", () => () => {
      throw mine;
    });
    const { loader, error } = run(
      "class Two: pass\ntwo = Two()\ntwo.error = LookupError('theirs')\n" +
        "def fail(value): raise two.error\ntwo.loader = lambda spec: fail\ntwo",
    );
    pool.register("py", pythonLoader(loader));
    const face = new PythonPoolManager(pool);
    assert.equal(
      run(
        "try: pool.allocate('py').invoke(1)\nexcept LookupError as e: same = e is error\nsame",
        { pool: face, error },
      ),
      true,
    );
    assert.equal(
      run("try: pool.allocate('ts').invoke(1)\nexcept ValueError as e: js = e.js\njs", {
        pool: face,
      }),
      mine,
    );
    const lease = await pool.allocate("py");
    assert.throws(() => lease.invoke(1), (caught: Error) => /theirs/.test(caught.message));
    await pool.shutdown();
  });

  test("a Python task that is cancelled waits no more, and so does its loader", async () => {
    assert.deepEqual(
      await later(`
pool = PoolManager()
seen = []
started = asyncio.Event()
async def load(spec):
    started.set()
    try: await asyncio.sleep(60)
    except asyncio.CancelledError:
        seen.append("loader cancelled")
        raise
pool.register("m", load)
task = asyncio.create_task(pool.allocate_async("m"))
await started.wait()
task.cancel()
try: await task
except asyncio.CancelledError: seen.append("task cancelled")
while pool.lifecycle("m@1.0")["current_state"] != "Cold": await asyncio.sleep(0)
return sorted(seen)`),
      ["loader cancelled", "task cancelled"],
    );
  });

  test("tells its life: states, metrics, health, and the end", async () => {
    assert.deepEqual(
      await later(`
class Model:
    def __init__(self, spec): self.did = did
    def invoke(self, value): return value
    async def health_check(self): return {"healthy": False, "memory_mb": 600, "message": "tired"}
    async def save(self): self.did.append("save")
    def release(self): self.did.append("release")
did = []
pool = PoolManager()
pool.register("m", Model, spec=SPEC)
heard = []
off = pool.on_transition(lambda change: heard.append((change["from"], change["to"], change["reason"])))
warm = await pool.prewarm("m")
handle = pool.allocate("m")
handle.invoke(1)
[health] = await pool.check_health()
cooled = await pool.cool("m")
handle.deallocate()
life = pool.lifecycle("m@1.0")
evicted = await pool.evict_to_memory(100)
off()
pool.allocate("m")
report = await pool.shutdown()
metrics = pool.cache_metrics()
return [warm, cooled, evicted, did, heard, life["current_state"], life["total_invocations"], len(life["history"]),
    [(check["kind"], check["healthy"]) for check in health["checks"]], health["consecutive_failures"],
    report, sorted(metrics), pool.lifecycle("none"), said(lambda: pool.allocate("m"))]`),
      [
        true,
        false,
        ["m@1.0"],
        ["save", "release", "save", "release"],
        [
          ["Cold", "Warming", "PredictivePrewarm"],
          ["Warming", "Hot", "PredictivePrewarm"],
          ["Hot", "Cooling", "ResourcePressure"],
          ["Cooling", "Cold", "ResourcePressure"],
        ],
        "Hot",
        1,
        2,
        [
          ["ResponseTime", true],
          ["ErrorRate", true],
          ["MemoryUsage", false],
          ["Custom", false],
        ],
        1,
        { drained: true, saved: ["m@1.0"], released: ["m@1.0"], failed: [] },
        ["evictions", "hit_rate", "hits", "insertions", "memory", "misses", "size"],
        null,
        "PitError: Port operation failed: allocate_model: the pool is shut down",
      ],
    );
  });

  test("threads of Python allocate, invoke and wait at the same time", async () => {
    const pool = new PoolManager({ capacity: 2, maxAllocations: 3 });
    const face = new PythonPoolManager(pool);
    let loads = 0;
    const { Shout, loadLater } = run(
      "class Two: pass\ntwo = Two()\ntwo.Shout, two.loadLater = Shout, load_later\ntwo",
    );
    const counted = pythonLoader(loadLater);
    pool.register("py", (spec, context) => (loads++, counted(spec, context)));
    pool.register("shout", pythonLoader(Shout));
    pool.register("ts", () => (text: string) => `${text}!`);
    const state = run(
      `
results, failures = [], []
def work(n):
    try:
        for i in range(10):
            name = ("py", "ts", "shout")[(n + i) % 3]
            with pyduet.wait(pool.allocate_async(name, timeout=600)) as handle:
                results.append((name, handle.invoke("v%d" % n)))
    except BaseException as error:
        failures.append(repr(error))
threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(6)]
class State: pass
state = State()
state.results, state.failures, state.threads = results, failures, threads
for thread in threads: thread.start()
state`,
      { pool: face },
    );
    const alive = run("lambda threads: any(thread.is_alive() for thread in threads)");
    await until(() => !alive(state.threads));
    assert.deepEqual(state.failures.$.toJs(), []);
    const results = state.results.$.toJs() as [string, string][];
    assert.equal(results.length, 60);
    for (const [name, result] of results) {
      assert.match(result, { py: /^v\d$/, ts: /^v\d!$/, shout: /^V\d\?$/ }[name]!);
    }
    assert.equal(pool.allocations, 0);
    assert.ok(loads >= 1);
    await pool.shutdown();
  });

  test("its stub is typed", () => {
    const stub = generateStubs(
      pyModule("pool_of_stubs", { members: [PoolManagerFace, ModelHandleFace] }),
    );
    for (
      const line of [
        "    def __init__(self, capacity: int = 8, *, max_memory_mb: float | None = None, " +
        "max_allocations: int | None = None) -> None: ...",
        "    def try_allocate(self, spec: str | dict[str, Any]) -> ModelHandle | None:",
        "    async def allocate_async(self, spec: str | dict[str, Any], timeout: float | None = None) -> ModelHandle:",
      ]
    ) {
      const text = line.replace(/ \.\.\.$/, "").replace(/\s+/g, "");
      assert.ok(stub.replace(/\s+/g, "").replaceAll(",)", ")").includes(text), `${line}\n${stub}`);
    }
  });
});
