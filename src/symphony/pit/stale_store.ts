/**
 * What the Stale Manager asks of a store.
 * @module
 */
import { SymphonyError } from "../error.ts";

/** What is known of something that is kept. */
export interface ItemMetadata {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** When it was last read, in milliseconds since 1970. Default: when it was made. */
  readonly lastAccessedAt?: number;
  /** How often it was read. Default: 0. */
  readonly accessCount?: number;
  /** How good it is, 0 to 1. Default: a half. */
  readonly quality?: number;
  /** How unlike everything else it is, 0 to 1. Default: a half. */
  readonly uniqueness?: number;
  /** Whether models learn from it. Default: `false`. */
  readonly isTrainingData?: boolean;
  /** Whether something needs it, so that it may be archived, but not deleted. Default: `false`. */
  readonly isNeeded?: boolean;
  /** Default: none. */
  readonly tags?: readonly string[];
  /** Whether it was archived already. Default: `false`. */
  readonly archived?: boolean;
}

/** Something that is kept. */
export interface StoredItem extends ItemMetadata {
  /** Its id. */
  readonly id: string;
}

/** The item, if all its figures are numbers: by one that is NaN, valuable things would be worth nothing, and go. */
export function checkedItem(item: StoredItem): StoredItem {
  const { size, createdAt, lastAccessedAt = 0, accessCount = 0, quality = 0, uniqueness = 0 } =
    item;
  const figures = { size, createdAt, lastAccessedAt, accessCount, quality, uniqueness };
  for (const [name, given] of Object.entries(figures)) {
    if (typeof given === "number" && !Number.isNaN(given)) continue;
    throw new SymphonyError(
      "Validation",
      `Item ${item.id}: ${name} must be a number, not ${given}`,
    );
  }
  return item;
}

/** At once, or later. */
export type MaybePromise<V> = V | PromiseLike<V>;

/** A store that can be cleaned up. Each member may be asynchronous. */
export interface StaleStore {
  /** The ids of all that is kept, archived things included. */
  list(): MaybePromise<Iterable<string>>;
  /** What is known of it; `undefined` if it is not there any more. */
  metadata(id: string): MaybePromise<ItemMetadata | undefined>;
  /** Moves it to where room is cheap; what {@link restore} needs to undo that. */
  archive(id: string): MaybePromise<unknown>;
  /** Removes it; what {@link restore} needs to undo that. */
  delete(id: string): MaybePromise<unknown>;
  /** Puts back what was archived or deleted; `removed` is what that gave. */
  restore(id: string, removed: unknown): MaybePromise<unknown>;
  /** What was deleted will not be put back; for a store that has only laid it aside. */
  forget?(id: string, removed: unknown): MaybePromise<unknown>;
}
