import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  canTransition,
  type ModelLease,
  type ModelState,
  PoolManager,
  type PortError,
  type Transition,
} from "../../src/symphony/mod.ts";

/** What a pool of this size should do, by plain rules. */
interface Expected {
  /** Loaded models, the one used last first. */
  loaded: string[];
  leases: { name: string; id: number }[];
}

interface Real {
  pool: PoolManager;
  leases: Map<number, ModelLease>;
  released: string[];
  heard: Transition[];
}

const SIZE: Record<string, number> = { a: 10, b: 20, c: 30, d: 40, broken: 10 };
const [CAPACITY, MEMORY] = [3, 70];
let nextId = 0;

const memoryOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + SIZE[name]!, 0);

function isInUse(model: Expected, name: string): boolean {
  return model.leases.some((lease) => lease.name === name);
}

/** The models that leave to make room for one; `null` if there is no room. */
function leaving(model: Expected, name: string): string[] | null {
  const left: string[] = [];
  const rest = [...model.loaded];
  const fits = () => rest.length < CAPACITY && memoryOf(rest) + SIZE[name]! <= MEMORY;
  for (const each of [...model.loaded].reverse()) {
    if (fits()) break;
    if (isInUse(model, each)) continue;
    rest.splice(rest.indexOf(each), 1);
    left.push(each);
  }
  return fits() ? left : null;
}

type Command = fc.AsyncCommand<Expected, Real>;

class Allocate implements Command {
  constructor(readonly name: string, readonly way: "allocate" | "allocateNow" | "tryAllocate") {}
  check = () => true;
  toString = () => `${this.way}(${this.name})`;
  async run(model: Expected, real: Real): Promise<void> {
    const { name, way } = this;
    const call = async () => await real.pool[way](name);
    const hit = model.loaded.includes(name);
    if (hit || way !== "tryAllocate") {
      const left = hit ? [] : leaving(model, name);
      if (left === null) {
        await assert.rejects(call, (error: PortError) => error.kind === "ResourceExhausted");
        return;
      }
      left.forEach((each) => model.loaded.splice(model.loaded.indexOf(each), 1));
      real.released.length = 0;
      if (name === "broken") {
        await assert.rejects(call, (error: PortError) => error.kind === "PitOperationFailed");
      } else {
        const lease = await call();
        model.loaded = [name, ...model.loaded.filter((each) => each !== name)];
        model.leases.push({ name, id: nextId });
        real.leases.set(nextId++, lease!);
        assert.equal(lease!.invoke("x"), `${name} x`);
      }
      assert.deepEqual(real.released, left);
    } else {
      assert.equal(real.pool.tryAllocate(name), undefined);
    }
    agree(model, real);
  }
}

class Deallocate implements Command {
  constructor(readonly which: number) {}
  check = (model: Readonly<Expected>) => model.leases.length > 0;
  toString = () => `deallocate(${this.which})`;
  // deno-lint-ignore require-await -- what fast-check takes
  async run(model: Expected, real: Real): Promise<void> {
    const [lease] = model.leases.splice(this.which % model.leases.length, 1);
    real.leases.get(lease!.id)!.deallocate();
    assert.throws(() => real.leases.get(lease!.id)!.deallocate());
    real.leases.delete(lease!.id);
    agree(model, real);
  }
}

class Cool implements Command {
  constructor(readonly name: string) {}
  check = () => true;
  toString = () => `cool(${this.name})`;
  async run(model: Expected, real: Real): Promise<void> {
    const can = model.loaded.includes(this.name) && !isInUse(model, this.name);
    assert.equal(await real.pool.cool(this.name), can);
    if (can) model.loaded.splice(model.loaded.indexOf(this.name), 1);
    agree(model, real);
  }
}

class EvictTo implements Command {
  constructor(readonly memory: number) {}
  check = () => true;
  toString = () => `evictToMemory(${this.memory})`;
  async run(model: Expected, real: Real): Promise<void> {
    const left = await real.pool.evictToMemory(this.memory);
    for (const each of [...model.loaded].reverse()) {
      if (memoryOf(model.loaded) <= this.memory) break;
      if (isInUse(model, each)) continue;
      model.loaded.splice(model.loaded.indexOf(each), 1);
      assert.equal(left.shift(), `${each}@1.0`);
    }
    assert.deepEqual(left, []);
    agree(model, real);
  }
}

function agree(model: Expected, { pool, leases }: Real): void {
  const { size, memory } = pool.cacheMetrics;
  assert.equal(size, model.loaded.length);
  assert.equal(memory, memoryOf(model.loaded));
  assert.equal(pool.allocations, model.leases.length);
  for (const { currentState, modelId } of pool.lifecycles) {
    const loaded = model.loaded.includes(modelId.split("@")[0]!);
    assert.equal(currentState, loaded ? "Hot" : "Cold");
  }
  for (const lease of leases.values()) assert.equal(lease.status, "Ready");
}

describe("PoolManager", () => {
  it("does what plain rules say, and follows its machine, whatever is asked", async () => {
    const name = fc.constantFrom(...Object.keys(SIZE));
    const way = fc.constantFrom(
      "allocate" as const,
      "allocateNow" as const,
      "tryAllocate" as const,
    );
    const commands = fc.commands([
      fc.tuple(name, way).map((each) => new Allocate(...each)),
      fc.nat(9).map((which) => new Deallocate(which)),
      name.map((each) => new Cool(each)),
      fc.nat(80).map((memory) => new EvictTo(memory)),
    ], { maxCommands: 60 });
    await fc.assert(fc.asyncProperty(commands, async (given) => {
      const real = realPool();
      await fc.asyncModelRun(
        () => ({ model: { loaded: [], leases: [] }, real }),
        given,
      );
      assertMachine(real.heard);
      await real.pool.shutdown();
      assert.ok(real.pool.lifecycles.every(({ currentState }) => currentState === "Cold"));
    }));
  });
});

function realPool(): Real {
  const pool = new PoolManager({ capacity: CAPACITY, maxMemoryMb: MEMORY });
  const real: Real = { pool, leases: new Map(), released: [], heard: [] };
  pool.onTransition((transition) => real.heard.push(transition));
  for (const [name, memoryMb] of Object.entries(SIZE)) {
    const resourceRequirements = { memoryMb, cpuCores: 1, networkAccess: false };
    pool.register(name, () => {
      if (name === "broken") throw new Error("it is");
      return {
        invoke: (input: unknown) => `${name} ${input}`,
        release: () => void real.released.push(name),
      };
    }, { spec: { resourceRequirements } });
  }
  return real;
}

function assertMachine(heard: readonly Transition[]): void {
  const states = new Map<string, ModelState>();
  for (const { modelId, from, to } of heard) {
    assert.equal(from, states.get(modelId) ?? "Cold");
    assert.ok(canTransition(from, to));
    states.set(modelId, to);
  }
}

describe("PoolManager with loaders that take their time", () => {
  it("answers every request once, loads a model once at a time, and keeps its limits", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 12 }),
        async (scheduler, names) => {
          const pool = new PoolManager({ capacity: 2 });
          const loading = new Map<string, number>();
          for (const name of ["a", "b", "c"]) {
            pool.register(name, async () => {
              loading.set(name, (loading.get(name) ?? 0) + 1);
              assert.equal(loading.get(name), 1);
              await scheduler.schedule(Promise.resolve(), `load ${name}`);
              loading.set(name, 0);
              return {
                invoke: () => scheduler.schedule(Promise.resolve(name), `invoke ${name}`),
                save: () => scheduler.schedule(Promise.resolve(), `save ${name}`),
              };
            });
          }
          pool.onTransition(() => assert.ok(pool.cacheMetrics.size <= 2));
          const answers = Promise.all(names.map(async (name) => {
            // A timeout that never comes: it waits for room.
            const lease = await pool.allocate(name, { timeout: 60_000 });
            const answer = await lease.invoke();
            lease.deallocate();
            return answer;
          }));
          await scheduler.waitFor(answers);
          assert.deepEqual(await answers, names);
          assert.equal(pool.allocations, 0);
          await scheduler.waitFor(pool.shutdown());
        },
      ),
      { numRuns: 50 },
    );
  });
});
