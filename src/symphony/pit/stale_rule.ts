/**
 * What is kept, what is archived, and what goes.
 * @module
 */
import { SymphonyError } from "../error.ts";
import { DAY, valueOf, type ValueScore, type ValueWeights } from "./stale_score.ts";
import type { StoredItem } from "./stale_store.ts";

/** A rule of retention. */
export type RetentionRule =
  /** What is older than so many milliseconds goes. */
  | { readonly kind: "MaxAge"; readonly maxAge: number }
  /** What was read less often goes. */
  | { readonly kind: "MinAccessCount"; readonly count: number }
  /** What is less good, 0 to 1, goes. */
  | { readonly kind: "MinQualityScore"; readonly score: number }
  /** What models learn from is never deleted. */
  | { readonly kind: "PreserveTrainingData" }
  /** What is worth least goes until the rest takes no more bytes. */
  | { readonly kind: "MaxTotalSize"; readonly bytes: number }
  /** What has one of these tags stays. */
  | { readonly kind: "KeepTagged"; readonly tags: readonly string[] };

/** What is to become of something. */
export type RetentionDecision =
  | { readonly kind: "Keep" }
  | { readonly kind: "Archive"; readonly reason: string }
  | { readonly kind: "Delete"; readonly reason: string };

/** How careful a manager is. */
export interface RetentionOptions {
  /** The rules. Default: none, and all is kept. */
  readonly rules?: readonly RetentionRule[];
  /** How much each kind of value counts. */
  readonly weights?: ValueWeights;
  /** Milliseconds for which everything stays where it is. Default: 30 days. */
  readonly localRetention?: number;
  /** From which value on training data is never deleted. Default: 0.6. */
  readonly highValue?: number;
  /** From which value on what goes is archived, and stays in the archive; waiting makes less of it. Default: 0.4. */
  readonly archiveAbove?: number;
}

/** What is to become of one thing, and what was looked at. */
export interface Judgement {
  /** What it is about. */
  readonly item: StoredItem;
  /** What it is worth. */
  readonly value: ValueScore;
  /** What is to become of it. */
  readonly decision: RetentionDecision;
}

/** Judges by rules. Whatever the rules: tagged things stay, and valuable training data is never deleted. */
export class Retention {
  readonly #rules: readonly RetentionRule[];
  readonly #options: RetentionOptions;

  /** Takes the rules; a `SymphonyError` names what makes no sense. */
  constructor(options: RetentionOptions = {}) {
    checkLimits(options);
    this.#rules = options.rules ?? [];
    this.#options = options;
    this.#rules.forEach(checkRule);
  }

  /**
   * Judges all at once, since the size of all counts. `stale` are those that someone said are not wanted: they are
   * kept by nothing but their protection.
   */
  judge(
    items: readonly StoredItem[],
    now: number,
    stale: ReadonlySet<string> = new Set(),
  ): Judgement[] {
    const judged = items.map((item): Judgement => {
      const value = valueOf(item, now, this.#options.weights);
      return { item, value, decision: this.#one(item, value, now, stale) };
    });
    const limit = this.#rules.reduce(
      (least, rule) => rule.kind === "MaxTotalSize" ? Math.min(least, rule.bytes) : least,
      Infinity,
    );
    return this.#within(limit, judged, now);
  }

  #one(
    item: StoredItem,
    value: ValueScore,
    now: number,
    stale: ReadonlySet<string>,
  ): RetentionDecision {
    const reason = stale.has(item.id) ? "marked as stale" : this.#reason(item, now);
    return reason === undefined ? KEEP : this.#removal(item, value, reason);
  }

  #reason(item: StoredItem, now: number): string | undefined {
    if (this.#isLocal(item, now)) return undefined;
    for (const rule of this.#rules) {
      if (rule.kind === "MaxAge" && now - item.createdAt > rule.maxAge) {
        return `older than ${days(rule.maxAge)}`;
      }
      if (rule.kind === "MinAccessCount" && (item.accessCount ?? 0) < rule.count) {
        return `read ${item.accessCount ?? 0} of ${rule.count} times`;
      }
      if (rule.kind === "MinQualityScore" && (item.quality ?? 0.5) < rule.score) {
        return `of quality ${item.quality ?? 0.5}, below ${rule.score}`;
      }
    }
    return undefined;
  }

  /** Until how it stays where it is, whatever the rules. */
  #isLocal(item: StoredItem, now: number): boolean {
    return now - item.createdAt < (this.#options.localRetention ?? 30 * DAY);
  }

  /** Whether it may not go at all. */
  isProtected(item: StoredItem): boolean {
    return this.#rules.some((rule) =>
      rule.kind === "KeepTagged" && rule.tags.some((tag) => item.tags?.includes(tag))
    );
  }

  /** Whether it may be archived, but not deleted. */
  isPreserved(item: StoredItem, value: ValueScore): boolean {
    if (item.isNeeded) return true;
    if (!item.isTrainingData) return false;
    return value.total >= (this.#options.highValue ?? 0.6) ||
      this.#rules.some(({ kind }) => kind === "PreserveTrainingData");
  }

  #removal(item: StoredItem, value: ValueScore, reason: string): RetentionDecision {
    if (this.isProtected(item)) return KEEP;
    const worthy = this.isPreserved(item, value) ||
      value.total >= (this.#options.archiveAbove ?? 0.4);
    if (item.archived) return worthy ? KEEP : { kind: "Delete", reason };
    // What models learn from is never deleted at once: it has its time in the archive.
    if (item.isTrainingData) return { kind: "Archive", reason };
    return { kind: worthy ? "Archive" : "Delete", reason };
  }

  /** What is worth least goes until the rest fits. What was archived takes no room. */
  #within(limit: number, judged: Judgement[], now: number): Judgement[] {
    const stays = judged.filter(({ item, decision }) => decision.kind === "Keep" && !item.archived);
    let size = stays.reduce((sum, { item }) => sum + item.size, 0);
    if (size <= limit) return judged;
    const gone = new Map<string, RetentionDecision>();
    const cheapest = stays.sort((a, b) =>
      a.value.total - b.value.total || (a.item.id < b.item.id ? -1 : 1)
    );
    for (const { item, value } of cheapest) {
      if (size <= limit) break;
      if (this.#isLocal(item, now)) continue;
      const decision = this.#removal(item, value, `all together take more than ${limit} bytes`);
      if (decision.kind === "Keep") continue;
      gone.set(item.id, decision);
      size -= item.size;
    }
    return judged.map((each) => ({ ...each, decision: gone.get(each.item.id) ?? each.decision }));
  }
}

const KEEP: RetentionDecision = { kind: "Keep" };

function days(milliseconds: number): string {
  return `${Math.round(milliseconds / DAY * 100) / 100} days`;
}

/** By a limit that is NaN nothing would be kept. */
function checkLimits({ localRetention, highValue, archiveAbove }: RetentionOptions): void {
  for (const [name, given] of Object.entries({ localRetention, highValue, archiveAbove })) {
    if (given === undefined || given >= 0) continue;
    throw new SymphonyError("Validation", `${name} must be at least 0, not ${given}`);
  }
}

function checkRule(rule: RetentionRule): void {
  const wrong = (what: string, given: unknown): never => {
    throw new SymphonyError("Validation", `${rule.kind}: ${what}, not ${JSON.stringify(given)}`);
  };
  const amount = (name: string, given: number): void => {
    if (!(given >= 0)) wrong(`${name} must be at least 0`, given);
  };
  switch (rule.kind) {
    case "MaxAge":
      return amount("maxAge", rule.maxAge);
    case "MinAccessCount":
      return amount("count", rule.count);
    case "MinQualityScore":
      return rule.score >= 0 && rule.score <= 1
        ? undefined
        : wrong("score must be 0 to 1", rule.score);
    case "MaxTotalSize":
      return amount("bytes", rule.bytes);
    case "KeepTagged":
      return Array.isArray(rule.tags) ? undefined : wrong("tags must be a list", rule.tags);
    case "PreserveTrainingData":
      return;
    default:
      throw new SymphonyError(
        "Validation",
        `There is no rule ${JSON.stringify((rule as { kind: unknown }).kind)}; there are MaxAge, ` +
          "MinAccessCount, MinQualityScore, PreserveTrainingData, MaxTotalSize and KeepTagged",
      );
  }
}
