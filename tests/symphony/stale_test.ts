import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  type ItemMetadata,
  type RetentionRule,
  StaleManager,
  type StaleOptions,
  type StaleStore,
  tierOf,
  valueOf,
} from "../../src/symphony/mod.ts";

const DAY = 86_400_000;
const NOW = 1000 * DAY;

/** Keeps in memory; fails for the ids in `broken`. */
class MemoryStore implements StaleStore {
  readonly items: Map<string, ItemMetadata>;
  readonly broken = new Set<string>();
  readonly unrestorable = new Set<string>();
  readonly calls: string[] = [];
  constructor(items: Record<string, Partial<ItemMetadata>>) {
    this.items = new Map(
      Object.entries(items).map(([id, item]) => [id, { size: 100, createdAt: 0, ...item }]),
    );
  }
  list = () => [...this.items.keys()];
  metadata = (id: string) => Promise.resolve(this.items.get(id));
  archive(id: string): ItemMetadata {
    return this.#change("archive", id, (item) => this.items.set(id, { ...item, archived: true }));
  }
  async delete(id: string): Promise<ItemMetadata> {
    await null;
    return this.#change("delete", id, () => this.items.delete(id));
  }
  restore(id: string, removed: unknown): void {
    this.calls.push(`restore ${id}`);
    if (this.unrestorable.has(id)) throw new Error(`${id} is lost`);
    this.items.set(id, removed as ItemMetadata);
  }
  #change(what: string, id: string, change: (item: ItemMetadata) => void): ItemMetadata {
    this.calls.push(`${what} ${id}`);
    if (this.broken.has(id)) throw new Error(`${id} is locked`);
    const item = this.items.get(id)!;
    change(item);
    return item;
  }
}

function managerOf(
  items: Record<string, Partial<ItemMetadata>> | StaleStore,
  rules: RetentionRule[],
  options: StaleOptions = {},
): StaleManager {
  const store = "list" in items ? items as StaleStore : new MemoryStore(items);
  return new StaleManager(store, { rules, now: () => NOW, ...options });
}

async function decided(manager: StaleManager): Promise<Record<string, unknown>> {
  const all = await manager.evaluate();
  return Object.fromEntries(
    all.map(({ item, decision }) => [
      item.id,
      decision.kind === "Keep" ? "Keep" : `${decision.kind}: ${decision.reason}`,
    ]),
  );
}

const OLD: RetentionRule = { kind: "MaxAge", maxAge: 60 * DAY };

describe("StaleManager.evaluate()", () => {
  it("keeps everything where there are no rules", async () => {
    assert.deepEqual(await decided(managerOf({ a: {}, b: { quality: 0 } }, [])), {
      a: "Keep",
      b: "Keep",
    });
  });

  it("follows each rule, and says which one", async () => {
    assert.deepEqual(
      await decided(managerOf({
        old: { createdAt: NOW - 61 * DAY },
        young: { createdAt: NOW - 59 * DAY },
      }, [OLD])),
      { old: "Delete: older than 60 days", young: "Keep" },
    );
    assert.deepEqual(
      await decided(managerOf({ a: {}, b: { accessCount: 1 }, c: { accessCount: 2 } }, [
        { kind: "MinAccessCount", count: 2 },
      ])),
      { a: "Delete: read 0 of 2 times", b: "Delete: read 1 of 2 times", c: "Keep" },
    );
    assert.deepEqual(
      await decided(managerOf({ bad: { quality: 0.1 }, good: { quality: 0.9 }, plain: {} }, [
        { kind: "MinQualityScore", score: 0.5 },
      ])),
      { bad: "Delete: of quality 0.1, below 0.5", good: "Keep", plain: "Keep" },
    );
  });

  it("archives what is worth something, and deletes it there once it is not", async () => {
    const worthy = { quality: 1, accessCount: 9, uniqueness: 1 };
    assert.deepEqual(
      await decided(managerOf({
        worthy,
        archived: { ...worthy, archived: true },
        faded: { archived: true, quality: 0.5 },
        poor: { quality: 0 },
      }, [OLD])),
      {
        worthy: "Archive: older than 60 days",
        archived: "Keep",
        faded: "Delete: older than 60 days",
        poor: "Delete: older than 60 days",
      },
    );
  });

  it("never deletes valuable training data: it is archived, and stays there", async () => {
    const training = { isTrainingData: true, quality: 1, accessCount: 99, uniqueness: 1 };
    const items = {
      valuable: training,
      archived: { ...training, archived: true },
      poor: { isTrainingData: true, quality: 0, uniqueness: 0 },
      poorArchived: { isTrainingData: true, quality: 0, uniqueness: 0, archived: true },
    };
    const reason = "older than 60 days";
    assert.deepEqual(await decided(managerOf(items, [OLD])), {
      valuable: `Archive: ${reason}`,
      archived: "Keep",
      poor: `Archive: ${reason}`,
      poorArchived: `Delete: ${reason}`,
    });
    assert.deepEqual(await decided(managerOf(items, [OLD, { kind: "PreserveTrainingData" }])), {
      valuable: `Archive: ${reason}`,
      archived: "Keep",
      poor: `Archive: ${reason}`,
      poorArchived: "Keep",
    });
  });

  it("leaves everything where it is for a month", async () => {
    const items = { new: { createdAt: NOW - 29 * DAY }, older: { createdAt: NOW - 30 * DAY } };
    const rules: RetentionRule[] = [{ kind: "MinAccessCount", count: 1 }];
    assert.deepEqual(await decided(managerOf(items, rules)), {
      new: "Keep",
      older: "Archive: read 0 of 1 times".replace("Archive", "Delete"),
    });
    assert.deepEqual(await decided(managerOf(items, rules, { localRetention: 0 })), {
      new: "Delete: read 0 of 1 times",
      older: "Delete: read 0 of 1 times",
    });
  });

  it("MaxTotalSize takes what is worth least, until the rest fits", async () => {
    const items = {
      best: { quality: 1, accessCount: 9 },
      middle: { quality: 0.5 },
      worst: { quality: 0 },
      young: { quality: 0, createdAt: NOW },
      archived: { archived: true, size: 1e9 },
    };
    const reason = "all together take more than 200 bytes";
    assert.deepEqual(await decided(managerOf(items, [{ kind: "MaxTotalSize", bytes: 200 }])), {
      best: "Keep",
      middle: `Delete: ${reason}`,
      worst: `Delete: ${reason}`,
      young: "Keep",
      archived: "Keep",
    });
  });

  it("KeepTagged keeps, whatever else is said", async () => {
    const rules: RetentionRule[] = [OLD, { kind: "MaxTotalSize", bytes: 0 }, {
      kind: "KeepTagged",
      tags: ["gold", "release"],
    }];
    assert.deepEqual(
      await decided(managerOf({ a: { tags: ["x", "gold"] }, b: { tags: ["x"] } }, rules)),
      {
        a: "Keep",
        b: "Delete: older than 60 days",
      },
    );
  });

  it("refuses rules that make no sense", () => {
    const refused: [unknown, string][] = [
      [{ kind: "MaxAge", maxAge: -1 }, "MaxAge: maxAge must be at least 0, not -1"],
      [{ kind: "MinAccessCount" }, "MinAccessCount: count must be at least 0, not undefined"],
      [{ kind: "MinQualityScore", score: 2 }, "MinQualityScore: score must be 0 to 1, not 2"],
      [{ kind: "MaxTotalSize", bytes: "x" }, 'MaxTotalSize: bytes must be at least 0, not "x"'],
      [{ kind: "KeepTagged", tags: "x" }, 'KeepTagged: tags must be a list, not "x"'],
      [
        { kind: "Whim" },
        'There is no rule "Whim"; there are MaxAge, MinAccessCount, MinQualityScore, ' +
        "PreserveTrainingData, MaxTotalSize and KeepTagged",
      ],
    ];
    for (const [rule, message] of refused) {
      assert.throws(() => managerOf({}, [rule as RetentionRule]), { kind: "Validation", message });
    }
  });
});

describe("StaleManager.cleanup()", () => {
  const items = {
    old: { quality: 0, size: 10 },
    worthy: { quality: 1, accessCount: 9, size: 20 },
    new: { createdAt: NOW, size: 40 },
  };

  it("does what was decided, and reports it", async () => {
    for (const mode of ["safe", "batch", "rollback"] as const) {
      const store = new MemoryStore(items);
      let time = NOW;
      const manager = managerOf(store, [OLD], { now: () => time++ });
      const report = await manager.cleanup({ mode, batchSize: 1 });
      assert.deepEqual(report, {
        itemsCleaned: 2,
        bytesFreed: 30,
        duration: 2,
        mode,
        dryRun: false,
        kept: ["new"],
        archived: ["worthy"],
        deleted: [{ id: "old", reason: "older than 60 days" }],
        failed: [],
      });
      assert.deepEqual(store.list(), ["worthy", "new"]);
      assert.equal(store.items.get("worthy")!.archived, true);
      assert.equal((await manager.cleanup({ mode })).itemsCleaned, 0);
    }
  });

  it("only looks in a dry run", async () => {
    const store = new MemoryStore(items);
    const manager = managerOf(store, [OLD]);
    const plan = await manager.cleanup({ dryRun: true });
    assert.deepEqual(store.calls, []);
    assert.deepEqual({ ...await manager.cleanup(), dryRun: true }, plan);
  });

  it("safe leaves alone what was used meanwhile", async () => {
    const store = new MemoryStore(items);
    const { metadata } = store;
    const asked = new Map<string, number>();
    store.metadata = (id) => {
      const times = (asked.get(id) ?? 0) + 1;
      asked.set(id, times);
      if (id === "old" && times === 2) {
        store.items.set(id, { ...store.items.get(id)!, accessCount: 1 });
      }
      if (id === "worthy" && times === 2) store.items.delete(id);
      return metadata(id);
    };
    const report = await managerOf(store, [OLD]).cleanup();
    assert.deepEqual([report.kept, report.itemsCleaned], [["old", "worthy", "new"], 0]);
    assert.deepEqual(store.calls, []);
  });

  it("safe and batch go on after a failure, and name it", async () => {
    for (const mode of ["safe", "batch"] as const) {
      const store = new MemoryStore({ a: { quality: 0 }, b: { quality: 0 }, c: { quality: 0 } });
      store.broken.add("b");
      const report = await managerOf(store, [OLD]).cleanup({ mode });
      assert.deepEqual(report.deleted.map(({ id }) => id), ["a", "c"]);
      assert.deepEqual(report.kept, ["b"]);
      assert.deepEqual(report.failed, [{ id: "b", error: new Error("b is locked") }]);
      assert.deepEqual(store.list(), ["b"]);
    }
  });

  it("rollback puts back what was removed, the last one first", async () => {
    const given = { a: { quality: 0 }, worthy: items.worthy, c: { quality: 0 }, d: { quality: 0 } };
    const store = new MemoryStore(given);
    const before = new Map(store.items);
    store.broken.add("c");
    const manager = managerOf(store, [OLD]);
    manager.markStale("a");
    await assert.rejects(manager.cleanup({ mode: "rollback" }), {
      name: "PortError",
      kind: "PitOperationFailed",
      message: "cleanup_stale: c could not be removed: c is locked; " +
        "the 2 that were removed before were put back",
      cause: new Error("c is locked"),
    });
    assert.deepEqual(store.calls.slice(-2), ["restore worthy", "restore a"]);
    assert.deepEqual(new Map([...store.items].sort()), new Map([...before].sort()));
    assert.equal(manager.staleSince("a"), NOW);
  });

  it("rollback names what could not be put back", async () => {
    const store = new MemoryStore({ a: { quality: 0 }, b: { quality: 0 }, c: { quality: 0 } });
    store.broken.add("c");
    store.unrestorable.add("a");
    await assert.rejects(managerOf(store, [OLD]).cleanup({ mode: "rollback" }), (error: Error) => {
      assert.equal(
        error.message,
        "cleanup_stale: c could not be removed: c is locked; a could not be put back",
      );
      assert.deepEqual((error.cause as AggregateError).errors.map(String), [
        "Error: c is locked",
        "Error: a is lost",
      ]);
      return true;
    });
    assert.deepEqual(store.list().sort(), ["b", "c"]);
  });

  it("batch does no more at a time than it may", async () => {
    const store = new MemoryStore(
      Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`${i}`, { quality: 0 }])),
    );
    const remove = store.delete.bind(store);
    let [running, most] = [0, 0];
    store.delete = async (id) => {
      most = Math.max(most, ++running);
      const removed = await remove(id);
      running--;
      return removed;
    };
    const report = await managerOf(store, [OLD]).cleanup({ mode: "batch", batchSize: 3 });
    assert.deepEqual([report.itemsCleaned, most], [7, 3]);
    await assert.rejects(managerOf(store, [OLD]).cleanup({ mode: "batch", batchSize: 0 }), {
      message: "batchSize must be at least 1, not 0",
    });
  });
});

describe("StaleManager.cleanupStale()", () => {
  it("removes what has been marked for longer, even if it is new; but nothing protected", async () => {
    let time = NOW;
    const store = new MemoryStore({
      first: { createdAt: NOW, quality: 0 },
      later: { createdAt: NOW },
      tagged: { createdAt: NOW, tags: ["gold"] },
      training: { createdAt: NOW, isTrainingData: true, quality: 1, accessCount: 9 },
      wanted: { createdAt: NOW },
      unmarked: { createdAt: NOW },
    });
    const manager = managerOf(store, [{ kind: "KeepTagged", tags: ["gold"] }], { now: () => time });
    for (const id of ["first", "tagged", "training", "wanted", "gone"]) manager.markStale(id);
    assert.equal(manager.unmarkStale("wanted"), true);
    assert.equal(manager.unmarkStale("unmarked"), false);
    time += 100;
    manager.markStale("later");
    manager.markStale("first");
    assert.equal(manager.staleSince("first"), NOW);
    time += 1;
    const report = await manager.cleanupStale(100);
    assert.deepEqual(
      [report.deleted, report.archived, report.kept],
      [[{ id: "first", reason: "marked as stale" }], ["training"], ["tagged"]],
    );
    assert.deepEqual(
      [report.itemsCleaned, report.bytesFreed, report.duration],
      [2, 200, 0],
    );
    assert.deepEqual(store.list().sort(), ["later", "tagged", "training", "unmarked", "wanted"]);
    assert.equal(manager.staleSince("first"), undefined);
  });
});

describe("tierOf() and valueOf()", () => {
  it("tier() is hot, warm or cold by the last use", async () => {
    const at = (days: number): ItemMetadata => ({
      size: 1,
      createdAt: 0,
      lastAccessedAt: NOW - days * DAY,
    });
    assert.deepEqual([0, 7, 8, 30, 31].map((days) => tierOf(at(days), NOW)), [
      "hot",
      "hot",
      "warm",
      "warm",
      "cold",
    ]);
    assert.equal(tierOf({ ...at(0), archived: true }, NOW), "cold");
    assert.equal(tierOf(at(2), NOW, { hot: DAY, warm: 3 * DAY }), "warm");
    const manager = managerOf({ a: { lastAccessedAt: NOW } }, []);
    assert.equal(await manager.tier("a"), "hot");
    await assert.rejects(manager.tier("b"), { message: "storage_tier: Item b not found" });
  });

  it("valueOf() weighs recency, frequency, quality, training and uniqueness", () => {
    const item = { size: 1, createdAt: NOW, quality: 0.8, uniqueness: 0.2, accessCount: 3 };
    const value = valueOf({ ...item, isTrainingData: true }, NOW);
    assert.deepEqual({ ...value, total: value.total.toFixed(4) }, {
      recency: 1,
      frequency: 0.75,
      quality: 0.8,
      training: 1,
      uniqueness: 0.2,
      total: "0.8200",
    });
    assert.equal(valueOf(item, NOW + 30 * DAY).recency, Math.exp(-1));
    const weights = { recency: 0, frequency: 0, quality: 2, training: 0, uniqueness: 0 };
    assert.equal(valueOf(item, NOW, weights).total, 0.8);
  });
});

const share = fc.integer({ min: 0, max: 10 }).map((n) => n / 10);
const item: fc.Arbitrary<ItemMetadata> = fc.record({
  size: fc.nat(1000),
  createdAt: fc.integer({ min: 0, max: 1000 }).map((days) => days * DAY),
  lastAccessedAt: fc.integer({ min: 0, max: 1000 }).map((days) => days * DAY),
  accessCount: fc.nat(20),
  quality: share,
  uniqueness: share,
  isTrainingData: fc.boolean(),
  tags: fc.subarray(["gold", "draft", "release"]),
  archived: fc.boolean(),
});
const rule: fc.Arbitrary<RetentionRule> = fc.oneof(
  fc.record({ kind: fc.constant("MaxAge" as const), maxAge: fc.nat(1000).map((n) => n * DAY) }),
  fc.record({ kind: fc.constant("MinAccessCount" as const), count: fc.nat(30) }),
  fc.record({ kind: fc.constant("MinQualityScore" as const), score: share }),
  fc.record({ kind: fc.constant("MaxTotalSize" as const), bytes: fc.nat(5000) }),
  fc.constant({ kind: "PreserveTrainingData" as const }),
);

describe("StaleManager, whatever the rules", () => {
  it("kept, archived and deleted are all, and the protected is never deleted", async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(item, { maxLength: 20 }),
      fc.array(rule, { maxLength: 5 }),
      fc.constantFrom("safe" as const, "batch" as const),
      fc.array(fc.nat(19), { maxLength: 3 }),
      fc.boolean(),
      async (items, rules, mode, broken, marked) => {
        const store = new MemoryStore(Object.fromEntries(items.map((each, i) => [`i${i}`, each])));
        broken.forEach((i) => store.broken.add(`i${i}`));
        const before = new Map(store.items);
        let time = NOW;
        const manager = managerOf(store, [...rules, { kind: "KeepTagged", tags: ["gold"] }], {
          now: () => time,
        });
        if (marked) store.list().forEach((id) => manager.markStale(id));
        time += 1;
        const report = marked
          ? await manager.cleanupStale(0, { mode })
          : await manager.cleanup({ mode });
        const deleted = report.deleted.map(({ id }) => id);
        assert.deepEqual(
          [...report.kept, ...report.archived, ...deleted].sort(),
          [...before.keys()].sort(),
        );
        for (const { id } of report.failed) assert.ok(report.kept.includes(id));
        for (const [id, each] of before) {
          assert.equal(store.items.has(id), !deleted.includes(id));
          if (each.tags!.includes("gold")) assert.ok(report.kept.includes(id));
          const preserve = rules.some(({ kind }) => kind === "PreserveTrainingData");
          const precious = each.isTrainingData && (preserve || valueOf(each, NOW).total >= 0.6);
          if (precious || each.isTrainingData && !each.archived) assert.ok(!deleted.includes(id));
          if (!marked && NOW - each.createdAt < 30 * DAY) assert.ok(report.kept.includes(id));
        }
        const size = report.bytesFreed;
        assert.equal(
          size,
          [...report.archived, ...deleted].reduce(
            (sum, id) => sum + (before.get(id)!.archived ? 0 : before.get(id)!.size),
            0,
          ),
        );
      },
    ));
  });

  it("a rollback leaves the store as it was, wherever it fails", async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(item, { minLength: 1, maxLength: 12 }),
      fc.nat(11),
      async (items, which) => {
        const store = new MemoryStore(Object.fromEntries(items.map((each, i) => [`i${i}`, each])));
        const before = new Map(store.items);
        store.broken.add(`i${which}`);
        const manager = managerOf(store, [{ kind: "MinAccessCount", count: 10 }]);
        const failed = await manager.cleanup({ mode: "rollback" }).then(() => false, () => true);
        if (failed) assert.deepEqual(new Map([...store.items].sort()), new Map([...before].sort()));
        else assert.ok(!store.calls.some((call) => call.endsWith(` i${which}`)));
      },
    ));
  });

  it("saves more than 40 of 100 bytes of a usual store", async () => {
    const random = fc.sample(item, { numRuns: 500, seed: 42 });
    const store = new MemoryStore(Object.fromEntries(random.map((each, i) => [`i${i}`, each])));
    const local = (all: Iterable<ItemMetadata>) =>
      [...all].filter(({ archived }) => !archived).reduce((sum, { size }) => sum + size, 0);
    const before = local(store.items.values());
    await managerOf(store, [{ kind: "MaxAge", maxAge: 365 * DAY }, {
      kind: "MinQualityScore",
      score: 0.3,
    }]).cleanup();
    assert.ok(local(store.items.values()) < before * 0.6);
  });
});
