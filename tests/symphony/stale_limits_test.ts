import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ItemMetadata, StaleManager, type StaleStore } from "../../src/symphony/mod.ts";

function storeOf(items: Record<string, Partial<ItemMetadata>>, removed: string[] = []): StaleStore {
  return {
    list: () => Object.keys(items),
    metadata: (id) => ({ size: 1, createdAt: 0, ...items[id] }),
    archive: (id) => removed.push(id),
    delete: (id) => removed.push(id),
    restore() {},
  };
}

describe("StaleManager()", () => {
  it("refuses limits by which nothing would be kept", () => {
    for (const name of ["localRetention", "highValue", "archiveAbove"]) {
      for (const limit of [NaN, -1]) {
        assert.throws(() => new StaleManager(storeOf({}), { [name]: limit }), {
          name: "SymphonyError",
          message: `${name} must be at least 0, not ${limit}`,
        });
      }
    }
  });

  it("removes nothing where a figure of an item is no number", async () => {
    const figures = ["size", "createdAt", "lastAccessedAt", "accessCount", "quality", "uniqueness"];
    for (const name of figures) {
      const removed: string[] = [];
      const store = storeOf({ good: {}, bad: { [name]: NaN } }, removed);
      const manager = new StaleManager(store, { rules: [{ kind: "MaxTotalSize", bytes: 1 }] });
      await assert.rejects(manager.cleanup(), {
        name: "SymphonyError",
        message: `Item bad: ${name} must be a number, not NaN`,
      });
      assert.deepEqual(removed, []);
    }
  });
});
