/**
 * What something that is kept is worth, and how warm it is.
 * @module
 */
import type { ItemMetadata } from "./stale_store.ts";

/** A day, in milliseconds. */
export const DAY = 86_400_000;

/** What makes something worth keeping; each 0 to 1. */
export interface ValueScore {
  /** 1 just read, a third after a month. */
  readonly recency: number;
  /** 0 never read, a half once, towards 1. */
  readonly frequency: number;
  /** How good it is. */
  readonly quality: number;
  /** Whether models learn from it. */
  readonly training: number;
  /** How unlike everything else it is. */
  readonly uniqueness: number;
  /** All, by their weights. */
  readonly total: number;
}

/** How much each counts. */
export type ValueWeights = Readonly<Record<Exclude<keyof ValueScore, "total">, number>>;

/** What counts how much where nothing is said. */
export const USUAL_WEIGHTS: ValueWeights = {
  recency: 0.25,
  frequency: 0.2,
  quality: 0.25,
  training: 0.2,
  uniqueness: 0.1,
};

/** What it is worth at that time. */
export function valueOf(
  item: ItemMetadata,
  now: number,
  weights: ValueWeights = USUAL_WEIGHTS,
): ValueScore {
  const parts = {
    recency: Math.exp(-Math.max(0, now - lastUse(item)) / (30 * DAY)),
    frequency: 1 - 1 / (1 + (item.accessCount ?? 0)),
    quality: item.quality ?? 0.5,
    training: item.isTrainingData ? 1 : 0,
    uniqueness: item.uniqueness ?? 0.5,
  };
  let [sum, all] = [0, 0];
  for (const [key, part] of Object.entries(parts)) {
    const weight = weights[key as keyof ValueWeights];
    sum += weight * part;
    all += weight;
  }
  return { ...parts, total: all === 0 ? 0 : sum / all };
}

/** How warm something is. */
export type StorageTier = "hot" | "warm" | "cold";

/** Until when something is how warm, in milliseconds since it was last read. */
export interface TierLimits {
  /** Default: 7 days. */
  readonly hot?: number;
  /** Default: 30 days. */
  readonly warm?: number;
}

/** How warm it is at that time. What was archived is cold. */
export function tierOf(
  item: ItemMetadata,
  now: number,
  { hot = 7 * DAY, warm = 30 * DAY }: TierLimits = {},
): StorageTier {
  if (item.archived) return "cold";
  const unused = now - lastUse(item);
  return unused <= hot ? "hot" : unused <= warm ? "warm" : "cold";
}

/** When it was last read, or made. */
export function lastUse({ createdAt, lastAccessedAt }: ItemMetadata): number {
  return Math.max(createdAt, lastAccessedAt ?? createdAt);
}
