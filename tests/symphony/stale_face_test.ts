import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PyObject } from "../../mod.ts";
import {
  type ItemMetadata,
  PythonStaleManager,
  StaleManager,
  StaleManagerFace,
} from "../../src/symphony/mod.ts";
import { PitErrorFace } from "../../src/symphony/python/error_face.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";

forGood(() => evaluate("list(names)", { names: [StaleManagerFace, PitErrorFace] }));
await evaluate("import asyncio\nasyncio.sleep(0)");

const PREPARED = `
import time
DAY = 86400
class Store:
    def __init__(self):
        self.items = {"old": dict(size=10, created_at=0, quality=0.0, access_count=0),
            "tagged": dict(size=20, created_at=0, tags=["gold"]),
            "training": dict(size=30, created_at=0, is_training_data=True, quality=1.0, access_count=9),
            "new": dict(size=40, created_at=time.time(), last_accessed_at=time.time())}
        self.broken = ()
    def list(self): return list(self.items)
    def metadata(self, id): return self.items.get(id)
    async def archive(self, id):
        before = self.items[id]
        self.items[id] = dict(before, archived=True)
        return before
    def delete(self, id):
        if id in self.broken: raise OSError(13, "locked", id)
        return self.items.pop(id)
    def restore(self, id, removed): self.items[id] = removed
RULES = [{"kind": "MaxAge", "max_age": 60 * DAY}, {"kind": "KeepTagged", "tags": ["gold"]}]
async def said(work):
    try: return await work
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
def said_now(work):
    try: return work()
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
`;

async function later(code: string, more: Record<string, unknown> = {}): Promise<unknown> {
  const body = code.trim().split("\n").map((line) => `    ${line}`).join("\n");
  const names = { StaleManager: StaleManagerFace, ...more };
  const result = await (evaluate(
    `${PREPARED}\nasync def body():\n${body}\nbody`,
    names,
  ) as PyObject)();
  return result?.$?.toJs() ?? result;
}

describe("StaleManager of Python", () => {
  test("cleans up a store of Python, sync and async methods alike", async () => {
    assert.deepEqual(
      await later(`
store = Store()
stale = StaleManager(store, RULES)
judged = {each["id"]: (each["decision"], each["reason"]) for each in await stale.evaluate()}
plan = await stale.cleanup(dry_run=True)
same = sorted(store.items)
report = await stale.cleanup()
plan.update(dry_run=False, duration=0)
report.update(duration=0)
return [judged, same, plan == report, report, sorted(store.items), store.items["training"]["archived"],
    await stale.tier("new"), await stale.tier("tagged")]`),
      [
        {
          old: ["Delete", "older than 60 days"],
          tagged: ["Keep", null],
          training: ["Archive", "older than 60 days"],
          new: ["Keep", null],
        },
        ["new", "old", "tagged", "training"],
        true,
        {
          items_cleaned: 2,
          bytes_freed: 40,
          duration: 0,
          dry_run: false,
          mode: "safe",
          kept: ["tagged", "new"],
          archived: ["training"],
          deleted: [{ id: "old", reason: "older than 60 days" }],
          failed: [],
        },
        ["new", "tagged", "training"],
        true,
        "hot",
        "cold",
      ],
    );
  });

  test("a rollback puts back the very objects that the store gave", async () => {
    assert.deepEqual(
      await later(`
store = Store()
store.items["zlast"] = dict(size=1, created_at=0, quality=0.0)
before = dict(store.items)
store.broken = ["zlast"]
stale = StaleManager(store, RULES)
try: await stale.cleanup("rollback")
except RuntimeError as error: seen = [str(error), repr(error.__cause__)]
return seen + [all(store.items[key] is before[key] for key in before), len(store.items)]`),
      [
        "Port operation failed: cleanup_stale: zlast could not be removed: PermissionError: [Errno 13] locked: " +
        "'zlast'; the 2 that were removed before were put back",
        "PermissionError(13, 'locked')",
        true,
        4 + 1,
      ],
    );
  });

  test("is the same manager for both languages, over a store of TypeScript", async () => {
    let now = 10_000;
    const items = new Map<string, ItemMetadata>([["a", { size: 5, createdAt: 0 }]]);
    const store = {
      list: () => items.keys(),
      metadata: (id: string) => items.get(id),
      archive: () => {},
      delete: (id: string) => items.delete(id),
      restore: () => {},
    };
    const manager = new StaleManager(store, { now: () => now, archiveAbove: 1 });
    manager.markStale("a");
    now = 12_000;
    assert.deepEqual(
      await later(
        `
since = stale.stale_since("a"), stale.stale_since("b")
early = await stale.cleanup_stale(2.0)
unmarked = stale.unmark_stale("b")
late = await stale.cleanup_stale(1.5, "batch", batch_size=1)
stale.mark_stale("c")
return [since, early["items_cleaned"], unmarked, late["deleted"], late["duration"], stale.stale_since("c")]`,
        { stale: new PythonStaleManager(manager) },
      ),
      [[10, null], 0, false, [{ id: "a", reason: "marked as stale" }], 0, 12],
    );
    assert.equal(items.size, 0);
  });

  test("raises what Python's users expect", async () => {
    assert.deepEqual(
      await later(`
class Bad(Store):
    def metadata(self, id): return {"size": "big"}
class Broken(Store):
    def list(self): raise LookupError("no list")
class Lister(Store):
    def __init__(self, ids): self.ids = ids
    def list(self): return self.ids
    def metadata(self, id): return None
stale = StaleManager(Store())
missing = []
try: StaleManager(Store(), [{"kind": "MaxAge"}])
except KeyError as error: missing.append(error.args[0])
return missing + [said_now(lambda: StaleManager(Store(), [{"kind": "Whim"}])),
    said_now(lambda: StaleManager(Store(), [{"kind": "MinQualityScore", "score": 2}])),
    said_now(lambda: StaleManager(Store(), 3)),
    await said(stale.tier("none")), await said(StaleManager(Bad()).cleanup()),
    await said(StaleManager(Broken()).cleanup()), await said(stale.cleanup("force")),
    await said(stale.cleanup(batch_size=0)),
    said_now(lambda: StaleManager(Store(), local_retention=float("nan"))),
    said_now(lambda: StaleManager(Store(), high_value=-1)),
    said_now(lambda: StaleManager(None)), said_now(lambda: StaleManager(3)),
    await said(StaleManager(Lister("ab")).cleanup()), await said(StaleManager(Lister(3)).cleanup()),
    (await StaleManager(Lister(id for id in "x")).evaluate()) == []]`),
      [
        "Missing 'rules[0].max_age' field",
        "ValueError: 'rules[0].kind' must be one of 'MaxAge', 'MinAccessCount', 'MinQualityScore', " +
        "'PreserveTrainingData', 'MaxTotalSize', 'KeepTagged', not 'Whim'",
        "ValueError: MinQualityScore: score must be 0 to 1, not 2",
        "TypeError: StaleManager.__init__() argument 'rules' must be list[dict[str, object]], not int",
        "PitError: Port operation failed: storage_tier: Item none not found",
        "TypeError: 'size' must be int, not str",
        "LookupError: no list",
        "ValueError: StaleManager.cleanup() argument 'mode' must be 'safe' or 'batch' or 'rollback', not " +
        "'force'",
        "ValueError: batch_size must be at least 1, not 0",
        "ValueError: local_retention must be at least 0, not NaN",
        "ValueError: high_value must be at least 0, not -1",
        "TypeError: store must have list(), metadata(id), archive(id), delete(id) and restore(id, removed), and is " +
        "NoneType",
        "TypeError: store must have list(), metadata(id), archive(id), delete(id) and restore(id, removed), and is int",
        "TypeError: list() of the store must give an iterable of str, not str",
        "TypeError: list() of the store must give an iterable of str, not int",
        true,
      ],
    );
  });
});
