/**
 * The Stale Manager for Python: `StaleManager`. Times are in seconds there.
 * @module
 */
import { isPyObject, type PyClass, pyClass, type PyObject, t, type Type } from "../../../mod.ts";
import { StaleManager } from "../pit/stale.ts";
import type { CleanupMode, StaleReport } from "../pit/stale_cleanup.ts";
import type { RetentionRule } from "../pit/stale_rule.ts";
import type { ItemMetadata, StaleStore } from "../pit/stale_store.ts";
import { DictReader, plain, pythonTypeOf } from "./dict_reader.ts";
import { asPython, checkAtLeast, refuse } from "./error_face.ts";
import type { Dict } from "./spec.ts";

const DICT = t.dict(t.str, t.any);
const KINDS = [
  ...["MaxAge", "MinAccessCount", "MinQualityScore", "PreserveTrainingData"] as const,
  ...["MaxTotalSize", "KeepTagged"] as const,
];

/** Reads a rule of retention; `max_age` is in seconds. */
export function readRetentionRule(given: unknown, at: string = ""): RetentionRule {
  const fields = new DictReader(given, at);
  const kind = fields.choice("kind", KINDS);
  switch (kind) {
    case "MaxAge":
      return { kind, maxAge: fields.number("max_age", 0) * 1000 };
    case "MinAccessCount":
      return { kind, count: fields.whole("count") };
    case "MinQualityScore":
      return { kind, score: fields.number("score", 0) };
    case "MaxTotalSize":
      return { kind, bytes: fields.whole("bytes") };
    case "KeepTagged":
      return { kind, tags: fields.texts("tags") };
    default:
      return { kind };
  }
}

/** Reads what is known of something that is kept; times are in seconds since 1970. */
export function readItemMetadata(given: unknown): ItemMetadata {
  const fields = new DictReader(given);
  return {
    size: fields.whole("size"),
    createdAt: fields.number("created_at") * 1000,
    ...(fields.has("last_accessed_at") &&
      { lastAccessedAt: fields.number("last_accessed_at") * 1000 }),
    ...(fields.has("access_count") && { accessCount: fields.whole("access_count") }),
    ...(fields.has("quality") && { quality: fields.number("quality") }),
    ...(fields.has("uniqueness") && { uniqueness: fields.number("uniqueness") }),
    ...(fields.has("is_training_data") && { isTrainingData: fields.flag("is_training_data") }),
    ...(fields.has("tags") && { tags: fields.texts("tags") }),
    ...(fields.has("archived") && { archived: fields.flag("archived") }),
  };
}

/**
 * A store of Python: an object with `list()`, `metadata(id)`, which gives a dict or None, `archive(id)`, `delete(id)` and
 * `restore(id, removed)`. Each may be an `async def`.
 */
export function pythonStore(store: PyObject): StaleStore {
  const call = async (name: string, ...args: unknown[]): Promise<unknown> =>
    await store.$.attr(name)(...args);
  return {
    async list() {
      const ids = plain(await call("list"));
      if (typeof ids !== "string" && isIterable(ids)) return ids;
      return refuse(
        "TypeError",
        `list() of the store must give an iterable of str, not ${pythonTypeOf(ids)}`,
      );
    },
    async metadata(id) {
      const found = await call("metadata", id);
      return found === null ? undefined : readItemMetadata(found);
    },
    archive: (id) => call("archive", id),
    delete: (id) => call("delete", id),
    restore: (id, removed) => call("restore", id, removed),
  };
}

function isIterable(value: unknown): value is Iterable<string> {
  return typeof (value as Partial<Iterable<string>> | null)?.[Symbol.iterator] === "function";
}

/** A manager as Python has it; give it one of TypeScript's to hand that over. */
export class PythonStaleManager {
  /** The manager. */
  readonly manager: StaleManager;

  /** Takes a store and the options, or a manager. */
  constructor(
    store: PyObject | StaleStore | StaleManager,
    rules: readonly unknown[] = [],
    localRetention: number | null = null,
    highValue: number | null = null,
    archiveAbove: number | null = null,
  ) {
    checkAtLeast(0, {
      local_retention: localRetention,
      high_value: highValue,
      archive_above: archiveAbove,
    });
    if (store instanceof StaleManager) this.manager = store;
    else {
      const own = isPyObject(store) ? pythonStore(store) : store;
      // None, a number or a list comes as a value of JavaScript.
      if (typeof own?.metadata !== "function") {
        refuse(
          "TypeError",
          "store must have list(), metadata(id), archive(id), delete(id) and restore(id, removed), and is " +
            pythonTypeOf(own),
        );
      }
      this.manager = asPython(() =>
        new StaleManager(own, {
          rules: rules.map((each, i) => readRetentionRule(each, `rules[${i}]`)),
          ...(localRetention !== null && { localRetention: localRetention * 1000 }),
          ...(highValue !== null && { highValue }),
          ...(archiveAbove !== null && { archiveAbove }),
        })
      );
    }
  }

  /** See {@link StaleManager.markStale}. */
  markStale(id: string): void {
    this.manager.markStale(id);
  }

  /** See {@link StaleManager.unmarkStale}. */
  unmarkStale(id: string): boolean {
    return this.manager.unmarkStale(id);
  }

  /** See {@link StaleManager.staleSince}. */
  staleSince(id: string): number | null {
    const since = this.manager.staleSince(id);
    return since === undefined ? null : since / 1000;
  }

  /** See {@link StaleManager.evaluate}. */
  async evaluate(): Promise<Dict[]> {
    const judged = await asPython(() => this.manager.evaluate());
    return judged.map(({ item, value, decision }) => ({
      id: item.id,
      value: { ...value },
      decision: decision.kind,
      reason: decision.kind === "Keep" ? null : decision.reason,
    }));
  }

  /** See {@link StaleManager.tier}. */
  async tier(id: string): Promise<string> {
    return await asPython(() => this.manager.tier(id));
  }

  /** See {@link StaleManager.cleanup}. */
  async cleanup(mode: CleanupMode, dryRun: boolean, batchSize: number): Promise<Dict> {
    checkAtLeast(1, { batch_size: batchSize });
    return reportToDict(
      await asPython(() => this.manager.cleanup({ mode, dryRun, batchSize })),
    );
  }

  /** See {@link StaleManager.cleanupStale}. */
  async cleanupStale(
    age: number,
    mode: CleanupMode,
    dryRun: boolean,
    batchSize: number,
  ): Promise<Dict> {
    checkAtLeast(1, { batch_size: batchSize });
    return reportToDict(
      await asPython(() => this.manager.cleanupStale(age * 1000, { mode, dryRun, batchSize })),
    );
  }
}

function reportToDict({ itemsCleaned, bytesFreed, duration, dryRun, ...rest }: StaleReport): Dict {
  return {
    items_cleaned: itemsCleaned,
    bytes_freed: bytesFreed,
    duration: duration / 1000,
    dry_run: dryRun,
    ...rest,
  };
}

/** What a cleanup did, as a dict; the duration is in seconds. */
export const CLEANUP: Type<Dict> = t.record("CleanupReport", {
  items_cleaned: t.int,
  bytes_freed: t.int,
  duration: t.float,
  mode: t.literal("safe", "batch", "rollback"),
  dry_run: t.bool,
  kept: t.list(t.str),
  archived: t.list(t.str),
  deleted: t.list(t.record("DeletedItem", { id: t.str, reason: t.str })),
  failed: t.list(t.record("FailedItem", { id: t.str, error: t.any })),
});
const HOW = {
  mode: t.literal("safe", "batch", "rollback").default("safe"),
  dry_run: t.bool.default(false).keywordOnly(),
  batch_size: t.int.default(32).keywordOnly(),
};

/** `StaleManager`, for the modules that have it. */
export const StaleManagerFace: PyClass<PythonStaleManager> = pyClass(PythonStaleManager, {
  name: "StaleManager",
  doc: "Says what of a store is to be kept, archived or deleted, and does it.\n\n" +
    "The store has list(), metadata(id), archive(id), delete(id) and restore(id, removed); each may be async. " +
    "A rule is a dict with kind: MaxAge (max_age), MinAccessCount (count), MinQualityScore (score), " +
    "PreserveTrainingData, MaxTotalSize (bytes) or KeepTagged (tags).",
  init: {
    params: {
      store: t.any,
      rules: t.list(DICT).default([]),
      local_retention: t.float.default(null).keywordOnly(),
      high_value: t.float.default(null).keywordOnly(),
      archive_above: t.float.default(null).keywordOnly(),
    },
  },
  methods: {
    markStale: {
      doc: "Say that it is not wanted any more.",
      params: { id: t.str },
      returns: t.none,
    },
    unmarkStale: {
      doc: "Say that it is wanted after all; whether it was marked.",
      params: { id: t.str },
      returns: t.bool,
    },
    staleSince: {
      doc: "Since when it is marked, in seconds since 1970; None if it is not.",
      params: { id: t.str },
      returns: t.optional(t.float),
    },
    evaluate: {
      doc: "What is to become of everything, and why: dicts with id, value, decision and reason.",
      params: {},
      returns: t.awaitable(t.list(DICT)),
    },
    tier: {
      doc: "How warm it is: hot, warm or cold.",
      params: { id: t.str },
      returns: t.awaitable(t.str),
    },
    cleanup: {
      doc: "Archive and delete by the rules; a report.",
      params: HOW,
      returns: t.awaitable(CLEANUP),
    },
    cleanupStale: {
      doc: "Remove what has been marked for longer than so many seconds; a report.",
      params: { age: t.float, ...HOW },
      returns: t.awaitable(CLEANUP),
    },
  },
});
