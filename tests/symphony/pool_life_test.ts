import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ModelLoader, PoolManager } from "../../src/symphony/mod.ts";
import { deferred, echo, HandTimers, specOf, turns } from "../fixtures/model_pool.ts";

describe("ModelLease", () => {
  it("id is a UUID by which the pool knows it, until it is given back", async () => {
    const pool = new PoolManager();
    pool.register("m", echo);
    const lease = await pool.allocate("m");
    assert.equal(lease.knownId, undefined);
    assert.match(lease.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(pool.leaseOf(lease.id), lease);
    assert.equal(pool.getModelStatus(lease.id), "Ready");
    pool.deallocate(lease.id);
    const gone = { kind: "PitOperationFailed", operation: "get_model_status" };
    assert.throws(() => pool.getModelStatus(lease.id), {
      ...gone,
      message: `get_model_status: Model ${lease.id} not found`,
    });
    assert.throws(() => lease.status, {
      ...gone,
      message: `get_model_status: Model ${lease.id} not found; it was deallocated`,
    });
    assert.throws(() => lease.deallocate(), { operation: "deallocate_model" });
    assert.throws(() => lease.invoke(1), { operation: "invoke_model" });
  });

  it("ids can be made by the program", async () => {
    let count = 0;
    const pool = new PoolManager({ newId: () => `id ${++count}` });
    pool.register("m", echo);
    assert.equal((await pool.allocate("m")).id, "id 1");
  });

  it("is given back by using", async () => {
    const pool = new PoolManager();
    pool.register("m", echo);
    {
      using lease = await pool.allocate("m");
      assert.equal(lease.status, "Ready");
    }
    {
      using lease = await pool.allocate("m");
      lease.deallocate();
    }
    assert.equal(pool.allocations, 0);
  });

  it("status is Busy while an invocation runs, and Deallocating while the model is saved", async () => {
    const pool = new PoolManager();
    const [work, saving] = [deferred<string>(), deferred<void>()];
    pool.register("m", () => ({ invoke: () => work.promise, save: () => saving.promise }));
    const lease = await pool.allocate("m");
    const answer = lease.invoke("x") as Promise<string>;
    assert.equal(lease.status, "Busy");
    const end = pool.shutdown();
    work.resolve("done");
    assert.equal(await answer, "done");
    await turns();
    assert.equal(lease.status, "Deallocating");
    saving.resolve();
    await end;
    assert.equal(lease.status, "Failed");
  });

  it("invoke() passes on what the model throws or rejects with, as it is", async () => {
    const pool = new PoolManager();
    const error = new Error("mine");
    pool.register("m", () => ({
      invoke(input: unknown) {
        if (input === "later") return Promise.reject(error);
        throw error;
      },
    }));
    const lease = await pool.allocate("m");
    assert.throws(() => lease.invoke("now"), (caught) => caught === error);
    await assert.rejects(lease.invoke("later") as Promise<unknown>, (caught) => caught === error);
    assert.equal(pool.lifecycle("m@1.0")?.totalInvocations, 2);
    pool.register("none", () => ({ save: () => {} }));
    const none = await pool.allocate("none");
    assert.throws(() => none.invoke(1), {
      name: "TypeError",
      message: "the model has no invoke() and is no function",
    });
  });
});

describe("PoolManager", () => {
  it("cool(), coolIdle() and evictToMemory() leave alone what is in use", async () => {
    let time = 0;
    const pool = new PoolManager({ now: () => time });
    for (const name of "abcd") pool.register(name, () => ({ invoke: () => name }));
    const held = await pool.allocate(specOf("a", 10));
    for (const name of "bcd") {
      time += 100;
      const lease = await pool.allocate(specOf(name, 10));
      lease.invoke();
      lease.deallocate();
    }
    assert.equal(await pool.cool(specOf("a")), false);
    assert.deepEqual(await pool.coolIdle(200), ["b@1.0"]);
    assert.equal(pool.lifecycle("b@1.0")?.history.at(-1)?.reason, "AutomaticTimeout");
    assert.deepEqual(await pool.evictToMemory(25), ["c@1.0"]);
    assert.deepEqual(await pool.evictToMemory(0), ["d@1.0"]);
    held.deallocate();
    assert.equal(await pool.cool(specOf("a")), true);
    assert.equal(pool.cacheMetrics.memory, 0);
    assert.equal(pool.lifecycle("b@1.0")?.lastUsed, 100);
  });

  it("register() refuses a model that is loaded, and what is no loader", async () => {
    const pool = new PoolManager();
    pool.register("m", echo);
    await pool.allocate("m");
    assert.throws(() => pool.register("m", echo), {
      message: "register_model: Model m@1.0 is Hot; cool it before",
    });
    assert.throws(() => pool.register("x", {} as unknown as ModelLoader), {
      message: "The loader of x must be a function, not object",
    });
    assert.deepEqual(pool.registered, ["m"]);
    assert.throws(() => new PoolManager({ maxAllocations: 0 }), {
      message: "maxAllocations must be at least 1, not 0",
    });
  });

  it("shutdown() drains, saves, releases, and does so once", async () => {
    const done: string[] = [];
    const pool = new PoolManager();
    const work = deferred<string>();
    pool.register("m", () => ({
      invoke: () => work.promise,
      save: async () => {
        await null;
        done.push("save");
      },
      release: () => done.push("release"),
    }));
    pool.register("bad", () => ({
      save() {
        throw new Error("disk full");
      },
    }));
    const lease = await pool.allocate("m");
    await pool.allocate("bad");
    const answer = lease.invoke() as Promise<string>;
    const ends = [pool.shutdown(), pool.shutdown()];
    await turns();
    assert.deepEqual(done, []);
    assert.throws(() => pool.tryAllocate("m"), {
      message: "allocate_model: the pool is shut down",
    });
    await assert.rejects(pool.allocate("m"), { message: "allocate_model: the pool is shut down" });
    work.resolve("answer");
    const [report, again] = await Promise.all(ends);
    assert.equal(await answer, "answer");
    assert.equal(report, again);
    assert.deepEqual(done, ["save", "release"]);
    assert.deepEqual(report, {
      drained: true,
      saved: ["m@1.0"],
      released: ["m@1.0"],
      failed: [{ modelId: "bad@1.0", error: new Error("disk full") }],
    });
    assert.deepEqual(pool.lifecycles.map((each) => each.currentState), ["Cold", "Cold"]);
    assert.throws(() => lease.invoke(), {
      message: "invoke_model: Model m@1.0 was given up; allocate it again",
    });
  });

  it("shutdown() waits no longer than its timeout, and aborts what is loading", async () => {
    const timers = new HandTimers();
    const pool = new PoolManager({ timers });
    const released: string[] = [];
    const loading = deferred<{ release(): void }>();
    pool.register("busy", () => ({
      invoke: () => new Promise(() => {}),
      release: () => released.push("busy"),
    }));
    pool.register("loading", () => loading.promise);
    (await pool.allocate("busy")).invoke();
    const waiting = pool.allocate("loading");
    const end = pool.shutdown({ drainTimeout: 5 });
    await turns();
    timers.ring();
    const report = await end;
    assert.deepEqual(report, {
      drained: false,
      saved: [],
      released: ["busy"].map((n) => `${n}@1.0`),
      failed: [],
    });
    // What comes after all is released at once.
    loading.resolve({ release: () => released.push("loading") });
    await assert.rejects(waiting, { message: "allocate_model: the pool is shut down" });
    assert.deepEqual(released, ["busy", "loading"]);
  });
});

describe("PoolManager.checkHealth()", () => {
  const thresholds = {
    maxResponseTime: 100,
    maxErrorRate: 0.25,
    consecutiveFailures: 2,
    window: 4,
  };

  it("gives a model up that is unwell too often in a row", async () => {
    let time = 0;
    const pool = new PoolManager({ now: () => time, health: thresholds });
    const released: number[] = [];
    let slow = 150;
    pool.register("m", () => ({
      invoke: () => time += slow,
      release: () => released.push(time),
    }));
    const lease = await pool.allocate("m");
    lease.invoke();
    const [first] = await pool.checkHealth();
    assert.deepEqual(first, {
      modelId: "m@1.0",
      healthy: false,
      checks: [
        { kind: "ResponseTime", healthy: false, value: 150, limit: 100 },
        { kind: "ErrorRate", healthy: true, value: 0, limit: 0.25 },
      ],
      consecutiveFailures: 1,
      gaveUp: false,
    });
    slow = 10;
    for (let i = 0; i < 4; i++) lease.invoke();
    assert.equal((await pool.checkHealth())[0]?.consecutiveFailures, 0);
    slow = 500;
    lease.invoke();
    await pool.checkHealth();
    assert.equal((await pool.checkHealth())[0]?.gaveUp, true);
    assert.deepEqual(
      pool.lifecycle("m@1.0")?.history.slice(-2).map((each) => `${each.to} ${each.reason}`),
      ["Failed HealthCheckFailure", "Cold ErrorRecovery"],
    );
    assert.equal(released.length, 1);
    assert.equal(lease.status, "Failed");
    assert.deepEqual(await pool.checkHealth(), []);
    const anew = await pool.allocate("m");
    assert.equal((await pool.checkHealth())[0]?.healthy, true);
    lease.deallocate();
    anew.deallocate();
    assert.equal(pool.allocations, 0);
  });

  it("looks at errors, at memory, and at what the model says", async () => {
    const pool = new PoolManager({ now: () => 0, health: thresholds });
    let says: () => unknown = () => true;
    pool.register("m", () => ({
      invoke(fails: unknown) {
        if (fails) throw new Error("no");
      },
      healthCheck: () => says(),
    }));
    const lease = await pool.allocate(specOf("m", 64));
    const kinds = async () =>
      (await pool.checkHealth())[0]!.checks.map(({ kind, healthy }) => `${kind} ${healthy}`);
    assert.deepEqual(await kinds(), ["ResponseTime true", "ErrorRate true", "Custom true"]);
    says = () => ({ memoryMb: 65 });
    assert.deepEqual((await kinds()).slice(2), ["MemoryUsage false", "Custom true"]);
    says = () => Promise.resolve({ memory_mb: 64, healthy: false, message: "tired" });
    const [report] = await pool.checkHealth();
    assert.deepEqual(report!.checks.slice(2), [
      { kind: "MemoryUsage", healthy: true, value: 64, limit: 64 },
      { kind: "Custom", healthy: false, value: 0, limit: 1, message: "tired" },
    ]);
    const anew = await pool.allocate(specOf("m", 64));
    says = () => undefined;
    assert.throws(() => anew.invoke(true));
    assert.deepEqual(await kinds(), ["ResponseTime true", "ErrorRate false"]);
    lease.deallocate();
  });

  it("startHealthChecks() goes on until it is stopped", async () => {
    const timers = new HandTimers();
    const pool = new PoolManager({ timers });
    let asked = 0;
    pool.register("m", () => ({ healthCheck: () => void asked++ }));
    await pool.allocate("m");
    const stop = pool.startHealthChecks(1000);
    for (let i = 1; i <= 3; i++) {
      timers.ring();
      await turns();
      assert.equal(asked, i);
    }
    stop();
    assert.equal(timers.pending.size, 0);
    pool.startHealthChecks(1000);
    await pool.shutdown();
    assert.equal(timers.pending.size, 0);
  });
});
