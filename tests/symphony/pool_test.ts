import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PoolManager, type PortError, type Transition } from "../../src/symphony/mod.ts";
import { deferred, echo, HandTimers, specOf, turns } from "../fixtures/model_pool.ts";

const exhausted = {
  name: "PortError",
  kind: "ResourceExhausted",
  message: "allocate_model: No available model instances",
};
const late = {
  name: "PortError",
  kind: "Timeout",
  message: "allocate_model: Model allocation timed out",
};

describe("PoolManager.allocate()", () => {
  it("loads a model once, and gives it again while it is loaded", async () => {
    const pool = new PoolManager();
    const specs: unknown[] = [];
    pool.register("m", (spec) => (specs.push(spec), (input: number) => input + 1));
    assert.equal(pool.tryAllocate(specOf("m")), undefined);
    const first = await pool.allocate(specOf("m"));
    const second = pool.tryAllocate(specOf("m"))!;
    assert.equal(first.invoke(1), 2);
    assert.equal(second.model, first.model);
    assert.deepEqual(specs, [specOf("m")]);
    assert.equal(pool.allocations, 2);
    const { hits, misses } = pool.cacheMetrics;
    assert.deepEqual([hits, misses], [2, 2]);
  });

  it("shares one loading among all who ask at the same time", async () => {
    const pool = new PoolManager();
    const loading = deferred<() => number>();
    let loads = 0;
    pool.register("m", () => (loads++, loading.promise));
    const all = [pool.allocate("m"), pool.allocate(specOf("m")), pool.allocate("m")];
    assert.equal(pool.lifecycle("m@1.0")?.currentState, "Warming");
    loading.resolve(() => 7);
    assert.deepEqual((await Promise.all(all)).map((lease) => lease.invoke()), [7, 7, 7]);
    assert.equal(loads, 1);
  });

  it("tells versions apart", async () => {
    const pool = new PoolManager();
    pool.register("m", ({ version }) => () => version);
    const one = await pool.allocate(specOf("m"));
    const two = await pool.allocate({ ...specOf("m"), version: "2.0" });
    assert.deepEqual([one.invoke(), two.invoke()], ["1.0", "2.0"]);
  });

  it("takes the registered spec for a name alone", async () => {
    const pool = new PoolManager({ maxMemoryMb: 10 });
    pool.register("m", ({ configuration }) => () => configuration, {
      spec: { version: "3", configuration: { deep: 1 } },
    });
    const lease = await pool.allocate("m");
    assert.deepEqual([lease.spec.version, lease.invoke()], ["3", { deep: 1 }]);
  });

  it("fails for all who waited when loading fails; the model is Failed, then Cold", async () => {
    const pool = new PoolManager();
    const error = new Error("no weights");
    const loading = deferred<() => number>();
    const loaders: (() => unknown)[] = [() => loading.promise, () => () => 1];
    pool.register("m", () => loaders.shift()!() as () => number);
    const heard: Transition[] = [];
    pool.onTransition((transition) => heard.push(transition));
    const both = [pool.allocate("m"), pool.allocate("m")];
    loading.reject(error);
    for (const each of both) {
      await assert.rejects(each, {
        kind: "PitOperationFailed",
        message: "allocate_model: Model m@1.0 could not be loaded: no weights",
        cause: error,
      });
    }
    assert.deepEqual(
      heard.map(({ from, to, reason }) => `${from}>${to} ${reason}`),
      ["Cold>Warming UserRequest", "Warming>Failed UserRequest", "Failed>Cold ErrorRecovery"],
    );
    assert.equal((await pool.allocate("m")).invoke(), 1);
  });

  it("fails for what a loader throws, and for what is no model", async () => {
    const pool = new PoolManager();
    pool.register("thrower", () => {
      throw new TypeError("at once");
    });
    pool.register("five", () => 5 as unknown as () => void);
    await assert.rejects(pool.allocate("thrower"), {
      message: "allocate_model: Model thrower@1.0 could not be loaded: at once",
    });
    await assert.rejects(pool.allocate("five"), {
      message:
        "allocate_model: Model five@1.0 could not be loaded: a model is a function or an object " +
        "with invoke(), not 5",
    });
    assert.equal(pool.cacheMetrics.size, 0);
  });

  it("refuses a model that is not registered", async () => {
    const pool = new PoolManager();
    const reason = "allocate_model: Model m@1.0 not found; register it first";
    await assert.rejects(pool.allocate(specOf("m")), {
      kind: "PitOperationFailed",
      message: reason,
    });
    assert.throws(() => pool.tryAllocate("m"), {
      message: "allocate_model: Model m not found; register it first",
    });
  });

  it("releases what was used longest ago, to make room by count and by memory", async () => {
    const released: string[] = [];
    const pool = new PoolManager({ capacity: 3, maxMemoryMb: 100 });
    for (const name of "abcd") pool.register(name, () => ({ release: () => released.push(name) }));
    for (const name of "abc") (await pool.allocate(specOf(name, 20))).deallocate();
    pool.tryAllocate(specOf("a"))!.deallocate();
    (await pool.allocate(specOf("d", 20))).deallocate();
    assert.deepEqual(released, ["b"]);
    pool.register("e", () => ({ release: () => released.push("e") }));
    (await pool.allocate(specOf("e", 70))).deallocate();
    assert.deepEqual(released, ["b", "c", "a"]);
    assert.equal(pool.lifecycle("b@1.0")?.history.at(-1)?.reason, "ResourcePressure");
    assert.equal(pool.cacheMetrics.memory, 90);
  });

  it("is ResourceExhausted where all is in use, and releases nothing in vain", async () => {
    const released: string[] = [];
    const pool = new PoolManager({ capacity: 3, maxMemoryMb: 100 });
    for (const name of "abc") pool.register(name, () => ({ release: () => released.push(name) }));
    const held = await pool.allocate(specOf("a", 60));
    (await pool.allocate(specOf("b", 20))).deallocate();
    await assert.rejects(pool.allocate(specOf("c", 70)), exhausted);
    assert.deepEqual(released, []);
    await assert.rejects(pool.allocate(specOf("c", 70)), (error: PortError) => {
      assert.equal(
        (error.cause as Error).message,
        "c@1.0 needs 70 MB; 2 of 3 models with 80 of 100 MB are loaded and in use",
      );
      return true;
    });
    held.deallocate();
    await pool.allocate(specOf("c", 70));
    assert.deepEqual(released, ["a"]);
  });

  it("is ResourceExhausted at once for what can never fit, whatever the timeout", async () => {
    const pool = new PoolManager({ maxMemoryMb: 10 });
    pool.register("big", echo);
    await assert.rejects(pool.allocate(specOf("big", 11), { timeout: 1e6 }), exhausted);
  });

  it("gives one model no oftener than maxAllocations", async () => {
    const pool = new PoolManager({ maxAllocations: 1 });
    pool.register("m", echo);
    const lease = await pool.allocate("m");
    assert.equal(pool.tryAllocate("m"), undefined);
    await assert.rejects(pool.allocate("m"), (error: PortError) => {
      assert.equal((error.cause as Error).message, "all 1 allocations of m@1.0 are taken");
      return true;
    });
    const waiting = pool.allocate("m", { timeout: 1e6 });
    lease.deallocate();
    assert.equal((await waiting).status, "Ready");
  });

  it("asks for no timer that would ring at once since the timeout is too long for it", async () => {
    const { setTimeout } = globalThis;
    const asked: unknown[] = [];
    const pool = new PoolManager({ capacity: 1 });
    for (const name of ["a", "b"]) pool.register(name, echo);
    globalThis.setTimeout = ((act: () => void, milliseconds: number) => {
      asked.push(milliseconds);
      return setTimeout(act, 1e6);
    }) as typeof globalThis.setTimeout;
    try {
      for (const timeout of [2 ** 31, Infinity, 5, -5]) {
        const held = await pool.allocate("a");
        const waiting = pool.allocate("b", { timeout });
        held.deallocate();
        (await waiting).deallocate();
      }
      await pool.shutdown({ drainTimeout: Infinity });
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    const longest = 2 ** 31 - 1;
    assert.deepEqual(asked, [longest, longest, 5, 0, longest]);
  });

  it("refuses a timeout that is no number", async () => {
    const nan = { name: "RangeError", message: "A timeout must be a number, not NaN" };
    const pool = new PoolManager();
    pool.register("m", echo);
    await assert.rejects(pool.allocate("m", { timeout: NaN }), nan);
    assert.throws(() => pool.shutdown({ drainTimeout: NaN }), nan);
    assert.equal((await pool.allocate("m")).status, "Ready");
  });

  it("waits for room until the timeout, and is a Timeout then", async () => {
    const timers = new HandTimers();
    const pool = new PoolManager({ capacity: 1, timers });
    pool.register("a", echo);
    pool.register("b", echo);
    const held = await pool.allocate("a");
    const waiting = pool.allocate("b", { timeout: 250 });
    await turns();
    assert.deepEqual([...timers.pending.values()].map((each) => each.milliseconds), [250]);
    timers.ring();
    await assert.rejects(waiting, late);
    const next = pool.allocate("b", { timeout: 250 });
    held.deallocate();
    assert.equal((await next).status, "Ready");
    assert.equal(timers.pending.size, 0);
  });

  it("aborts the loading when the last one who waits has gone", async () => {
    const timers = new HandTimers();
    const pool = new PoolManager({ timers });
    const signals: AbortSignal[] = [];
    pool.register("m", (_spec, { signal }) => {
      signals.push(signal);
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    });
    const leaving = new AbortController();
    const [one, two] = [
      pool.allocate("m", { timeout: 10 }),
      pool.allocate("m", { signal: leaving.signal }),
    ];
    await turns();
    timers.ring();
    await assert.rejects(one, late);
    assert.equal(signals[0]!.aborted, false);
    leaving.abort(new Error("enough"));
    await assert.rejects(two, { message: "enough" });
    assert.equal(signals[0]!.aborted, true);
    await turns();
    assert.equal(pool.lifecycle("m@1.0")?.currentState, "Cold");
    assert.equal(signals.length, 1);
  });
});

describe("PoolManager.allocateNow()", () => {
  it("loads at once, and says so where that takes time", async () => {
    const pool = new PoolManager();
    const loading = deferred<() => string>();
    pool.register("now", echo);
    pool.register("later", () => loading.promise);
    assert.equal(pool.allocateNow("now").invoke(3), 3);
    const refused = {
      kind: "SynchronizationError",
      message: "allocate_model: Model later@1.0 takes time to be loaded; wait for allocate()",
    };
    assert.throws(() => pool.allocateNow("later"), refused);
    assert.throws(() => pool.allocateNow("later"), refused);
    loading.resolve(() => "there");
    assert.equal((await pool.allocate("later")).invoke(), "there");
    assert.equal(pool.allocateNow("later").invoke(), "there");
  });
});
