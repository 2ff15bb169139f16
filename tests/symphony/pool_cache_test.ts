import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ModelCache } from "../../src/symphony/mod.ts";

describe("ModelCache", () => {
  it("get() and insert() keep what was used last", () => {
    const cache = new ModelCache<number>({ capacity: 2 });
    assert.deepEqual(cache.insert("a", 1, 5), []);
    cache.insert("b", 2, 5);
    assert.equal(cache.get("a"), 1);
    assert.deepEqual(cache.insert("c", 3, 5).map(({ key, value }) => [key, value]), [["b", 2]]);
    assert.deepEqual(cache.keys(), ["c", "a"]);
    assert.equal(cache.get("b"), undefined);
    assert.deepEqual(cache.metrics, {
      hits: 1,
      misses: 1,
      insertions: 3,
      evictions: 1,
      size: 2,
      memory: 10,
      hitRate: 0.5,
    });
  });

  it("insert() in the place of the same key counts its new size alone", () => {
    const cache = new ModelCache<number>({ capacity: 2, maxMemory: 10 });
    cache.insert("a", 1, 8);
    assert.deepEqual(cache.insert("a", 2, 10), []);
    assert.deepEqual([cache.get("a"), cache.memory], [2, 10]);
    assert.throws(() => cache.insert("a", 3, 11), RangeError);
    assert.deepEqual([cache.get("a"), cache.memory], [2, 10]);
  });

  it("what is pinned does not leave", () => {
    const pinned = new Set([1, 2]);
    const cache = new ModelCache<number>({
      capacity: 3,
      maxMemory: 100,
      isPinned: (n) => pinned.has(n),
    });
    for (const [key, n] of [["a", 1], ["b", 2], ["c", 3]] as const) cache.insert(key, n, 30);
    assert.deepEqual(cache.evictToMemory(0).map(({ key }) => key), ["c"]);
    assert.equal(cache.evictLru(), undefined);
    assert.throws(() => cache.insert("d", 4, 50), {
      name: "RangeError",
      message:
        "There is no room for d of size 50: 2 of 3 are in, with a size of 60 of 100, and in use",
    });
    pinned.delete(1);
    assert.equal(cache.evictLru()?.key, "a");
  });

  it("refuses limits and sizes that are none", () => {
    assert.throws(() => new ModelCache({ capacity: 0 }), {
      message: "capacity must be at least 1, not 0",
    });
    assert.throws(() => new ModelCache({ capacity: 1, maxMemory: NaN }), {
      message: "maxMemory must be at least 0, not NaN",
    });
    assert.throws(() => new ModelCache({ capacity: 1 }).insert("a", 1, -1), {
      message: "The size of a must be at least 0, not -1",
    });
  });

  /** The same by a plain array, the one used last first. */
  class Plain {
    entries: { key: string; size: number }[] = [];
    constructor(readonly capacity: number, readonly maxMemory: number) {}
    get memory(): number {
      return this.entries.reduce((sum, { size }) => sum + size, 0);
    }
    get(key: string): boolean {
      const found = this.entries.find((each) => each.key === key);
      if (found) this.entries = [found, ...this.entries.filter((each) => each !== found)];
      return found !== undefined;
    }
    insert(key: string, size: number): string[] | null {
      if (size > this.maxMemory) return null;
      this.entries = this.entries.filter((each) => each.key !== key);
      const left: string[] = [];
      while (this.entries.length >= this.capacity || this.memory + size > this.maxMemory) {
        left.push(this.entries.pop()!.key);
      }
      this.entries.unshift({ key, size });
      return left;
    }
    evictTo(memory: number): string[] {
      const left: string[] = [];
      while (this.memory > memory) left.push(this.entries.pop()!.key);
      return left;
    }
  }

  it("does what a plain list would do", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e");
    const step = fc.oneof(
      fc.record({ kind: fc.constant("get" as const), key }),
      fc.record({ kind: fc.constant("insert" as const), key, size: fc.nat(40) }),
      fc.record({ kind: fc.constant("delete" as const), key }),
      fc.record({ kind: fc.constant("memory" as const), size: fc.nat(100) }),
    );
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 20, max: 100 }),
      fc.array(step, { maxLength: 60 }),
      (capacity, maxMemory, steps) => {
        const real = new ModelCache<string>({ capacity, maxMemory });
        const model = new Plain(capacity, maxMemory);
        let [hits, asked] = [0, 0];
        for (const each of steps) {
          if (each.kind === "get") {
            const there = model.get(each.key);
            assert.equal(real.get(each.key), there ? each.key : undefined);
            asked++;
            if (there) hits++;
          } else if (each.kind === "insert") {
            const left = model.insert(each.key, each.size);
            if (left === null) {
              assert.throws(() => real.insert(each.key, each.key, each.size), RangeError);
              // The old one stays, as the one used last.
              model.get(each.key);
            } else {
              assert.deepEqual(real.insert(each.key, each.key, each.size).map((e) => e.key), left);
            }
          } else if (each.kind === "delete") {
            const before = model.entries.length;
            model.entries = model.entries.filter((e) => e.key !== each.key);
            assert.equal(real.delete(each.key), model.entries.length < before);
          } else {
            assert.deepEqual(
              real.evictToMemory(each.size).map((e) => e.key),
              model.evictTo(each.size),
            );
          }
          assert.deepEqual(real.keys(), model.entries.map((e) => e.key));
          assert.equal(real.memory, model.memory);
          assert.ok(real.size <= capacity && real.memory <= maxMemory);
        }
        assert.equal(real.hitRate, asked === 0 ? 0 : hits / asked);
      },
    ));
  });
});
