/**
 * The Stale Manager: what nobody wants any more.
 * @module
 */
import { PortError } from "../error.ts";
import { carryOut, type CleanupMode, type Outcome, type StaleReport } from "./stale_cleanup.ts";
import { type Judgement, Retention, type RetentionOptions } from "./stale_rule.ts";
import { type StorageTier, type TierLimits, tierOf } from "./stale_score.ts";
import { checkedItem, type StaleStore, type StoredItem } from "./stale_store.ts";

/** What a manager is made with. */
export interface StaleOptions extends RetentionOptions {
  /** How long something is hot and warm. */
  readonly tiers?: TierLimits;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number;
}

/** How to clean up. */
export interface CleanupOptions {
  /** Default: `safe`. */
  readonly mode?: CleanupMode;
  /** Only says what would be done. */
  readonly dryRun?: boolean;
  /** How many at a time, in `batch`. Default: 32. */
  readonly batchSize?: number;
}

/**
 * Says what of a store is to be kept, archived or deleted, and does it.
 *
 * @example
 * ```ts
 * import { StaleManager, type ItemMetadata } from "pyduet/symphony";
 * const day = 86_400_000;
 * const kept = new Map<string, ItemMetadata>([
 *   ["old", { size: 10, createdAt: 0, quality: 0 }],
 *   ["new", { size: 10, createdAt: 99 * day }],
 * ]);
 * const stale = new StaleManager({
 *   list: () => kept.keys(),
 *   metadata: (id) => kept.get(id),
 *   archive: (id) => kept.set(id, { ...kept.get(id)!, archived: true }),
 *   delete: (id) => kept.delete(id),
 *   restore: () => {},
 * }, { rules: [{ kind: "MaxAge", maxAge: 60 * day }], now: () => 100 * day });
 * (await stale.cleanup()).deleted; // [{ id: "old", reason: "older than 60 days" }]
 * [...kept.keys()]; // ["new"]
 * ```
 */
export class StaleManager {
  readonly #store: StaleStore;
  readonly #retention: Retention;
  readonly #tiers: TierLimits;
  readonly #now: () => number;
  /** Since when someone said that it is not wanted. */
  readonly #marked = new Map<string, number>();

  /** Takes a store, and the rules. */
  constructor(store: StaleStore, { tiers = {}, now = Date.now, ...retention }: StaleOptions = {}) {
    this.#store = store;
    this.#retention = new Retention(retention);
    this.#tiers = tiers;
    this.#now = now;
  }

  /** Says that it is not wanted any more. The first time counts. */
  markStale(id: string): void {
    if (!this.#marked.has(id)) this.#marked.set(id, this.#now());
  }

  /** Says that it is wanted after all; whether it was marked. */
  unmarkStale(id: string): boolean {
    return this.#marked.delete(id);
  }

  /** Since when it is marked, in milliseconds since 1970; `undefined` if it is not. */
  staleSince(id: string): number | undefined {
    return this.#marked.get(id);
  }

  /** What is to become of everything by the rules, and why. */
  async evaluate(): Promise<Judgement[]> {
    return this.#retention.judge(await this.#items(), this.#now());
  }

  /** How warm it is. A PortError for what is not there. */
  async tier(id: string): Promise<StorageTier> {
    const metadata = await this.#store.metadata(id);
    if (metadata) return tierOf(metadata, this.#now(), this.#tiers);
    throw new PortError("PitOperationFailed", "storage_tier", `Item ${id} not found`);
  }

  /**
   * Archives and deletes by the rules. In the mode `rollback` a failure is a PortError, after everything was put back;
   * else the report names what failed.
   */
  async cleanup(options: CleanupOptions = {}): Promise<StaleReport> {
    const begun = this.#now();
    return await this.#carryOut(await this.evaluate(), options, begun);
  }

  /** Removes what has been marked for longer than so many milliseconds, as far as it may be removed. */
  async cleanupStale(age: number, options: CleanupOptions = {}): Promise<StaleReport> {
    const begun = this.#now();
    const over = new Set(
      [...this.#marked].filter(([, since]) => begun - since > age).map(([id]) => id),
    );
    const items = (await this.#items()).filter(({ id }) => over.has(id));
    return await this.#carryOut(this.#retention.judge(items, begun, over), options, begun);
  }

  async #items(): Promise<StoredItem[]> {
    const items: StoredItem[] = [];
    for (const id of await this.#store.list()) {
      const metadata = await this.#store.metadata(id);
      if (metadata) items.push(checkedItem({ ...metadata, id }));
    }
    return items;
  }

  async #carryOut(
    judged: readonly Judgement[],
    { mode = "safe", dryRun = false, batchSize = 32 }: CleanupOptions,
    begun: number,
  ): Promise<StaleReport> {
    if (!(batchSize >= 1)) throw new RangeError(`batchSize must be at least 1, not ${batchSize}`);
    const planned = judged.filter(({ decision }) => decision.kind !== "Keep");
    const { done, failed }: Outcome = dryRun
      ? { done: planned.map((judgement) => ({ judgement, removed: undefined })), failed: [] }
      : await carryOut(planned, mode, { store: this.#store, batchSize });
    const gone = new Map(done.map(({ judgement }) => [judgement.item.id, judgement]));
    if (!dryRun) gone.forEach((_, id) => this.#marked.delete(id));
    const report = judged.filter(({ item }) => gone.has(item.id));
    return {
      itemsCleaned: gone.size,
      // What lies in the archive already frees nothing where room is dear.
      bytesFreed: report.reduce((sum, { item }) => sum + (item.archived ? 0 : item.size), 0),
      duration: this.#now() - begun,
      mode,
      dryRun,
      kept: judged.filter(({ item }) => !gone.has(item.id)).map(({ item }) => item.id),
      archived: report.filter(({ decision }) => decision.kind === "Archive").map(({ item }) =>
        item.id
      ),
      deleted: report.flatMap(({ item, decision }) =>
        decision.kind === "Delete" ? [{ id: item.id, reason: decision.reason }] : []
      ),
      failed,
    };
  }
}
