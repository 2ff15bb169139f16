/**
 * Doing what was decided: with a second look, many at a time, or all or nothing.
 * @module
 */
import { PortError } from "../error.ts";
import type { CleanupReport } from "../ports.ts";
import type { Judgement } from "./stale_rule.ts";
import type { ItemMetadata, StaleStore } from "./stale_store.ts";

/** How to clean up. */
export type CleanupMode =
  /** Each is looked at again just before: what was used meanwhile stays. One that fails stops nobody. */
  | "safe"
  /** Many at a time; one that fails stops nobody. */
  | "batch"
  /** All or nothing: when one fails, what was removed is put back. */
  | "rollback";

/** What a clean-up did. */
export interface StaleReport extends CleanupReport {
  /** How. */
  readonly mode: CleanupMode;
  /** Whether nothing was done but looking. */
  readonly dryRun: boolean;
  /** The ids of what stays, failed ones included. */
  readonly kept: readonly string[];
  /** The ids of what was archived. */
  readonly archived: readonly string[];
  /** The ids of what was deleted, and why. */
  readonly deleted: readonly { readonly id: string; readonly reason: string }[];
  /** What could not be archived or deleted, and stays. */
  readonly failed: readonly { readonly id: string; readonly error: unknown }[];
}

/** With what is cleaned up. */
export interface CleanupTools {
  /** From where. */
  readonly store: StaleStore;
  /** How many at a time. */
  readonly batchSize: number;
}

/** What was done to one thing. */
export interface Done {
  /** What was decided of it. */
  readonly judgement: Judgement;
  /** What puts it back. */
  readonly removed: unknown;
}

/** What became of everything. */
export interface Outcome {
  /** What was archived or deleted. */
  readonly done: readonly Done[];
  /** What could not be. */
  readonly failed: readonly { readonly id: string; readonly error: unknown }[];
}

const MODES: Readonly<
  Record<CleanupMode, (judged: readonly Judgement[], tools: CleanupTools) => Promise<Outcome>>
> = { safe: safely, batch: inBatches, rollback: allOrNothing };

/** Does what was decided, of what is not to be kept; what was done to what. */
export function carryOut(
  judged: readonly Judgement[],
  mode: CleanupMode,
  tools: CleanupTools,
): Promise<Outcome> {
  return MODES[mode](judged, tools);
}

async function remove({ item, decision }: Judgement, store: StaleStore): Promise<unknown> {
  return decision.kind === "Archive" ? await store.archive(item.id) : await store.delete(item.id);
}

/** The same for good. */
async function removeForGood(judgement: Judgement, store: StaleStore): Promise<Done> {
  const done = { judgement, removed: await remove(judgement, store) };
  await forget(done, store);
  return done;
}

async function forget({ judgement, removed }: Done, store: StaleStore): Promise<void> {
  if (judgement.decision.kind === "Delete") await store.forget?.(judgement.item.id, removed);
}

async function safely(judged: readonly Judgement[], { store }: CleanupTools): Promise<Outcome> {
  const done: Done[] = [];
  const failed: { id: string; error: unknown }[] = [];
  for (const judgement of judged) {
    const { item } = judgement;
    try {
      const now = await store.metadata(item.id);
      if (now === undefined || hasChanged(item, now)) continue;
      done.push(await removeForGood(judgement, store));
    } catch (error) {
      failed.push({ id: item.id, error });
    }
  }
  return { done, failed };
}

/** Whether anything that was judged is not so any more. */
function hasChanged(before: ItemMetadata, now: ItemMetadata): boolean {
  return JUDGED.some((key) => JSON.stringify(before[key]) !== JSON.stringify(now[key]));
}

const JUDGED = [
  ...["size", "createdAt", "lastAccessedAt", "accessCount", "quality"] as const,
  ...["uniqueness", "isTrainingData", "isNeeded", "tags", "archived"] as const,
];

async function inBatches(
  judged: readonly Judgement[],
  { store, batchSize }: CleanupTools,
): Promise<Outcome> {
  const done: Done[] = [];
  const failed: { id: string; error: unknown }[] = [];
  for (let at = 0; at < judged.length; at += batchSize) {
    await Promise.all(
      judged.slice(at, at + batchSize).map(async (judgement) => {
        try {
          done.push(await removeForGood(judgement, store));
        } catch (error) {
          failed.push({ id: judgement.item.id, error });
        }
      }),
    );
  }
  return { done, failed };
}

async function allOrNothing(
  judged: readonly Judgement[],
  { store }: CleanupTools,
): Promise<Outcome> {
  const done: Done[] = [];
  for (const judgement of judged) {
    try {
      done.push({ judgement, removed: await remove(judgement, store) });
    } catch (error) {
      throw await putBack(done, store, { id: judgement.item.id, error });
    }
  }
  const failed: { id: string; error: unknown }[] = [];
  for (const each of done) {
    try {
      await forget(each, store);
    } catch (error) {
      failed.push({ id: each.judgement.item.id, error });
    }
  }
  return {
    done: done.filter(({ judgement }) => !failed.some(({ id }) => id === judgement.item.id)),
    failed,
  };
}

/** The last one first. What cannot be put back is named. */
async function putBack(
  done: readonly Done[],
  store: StaleStore,
  { id, error }: { readonly id: string; readonly error: unknown },
): Promise<PortError> {
  const lost: string[] = [];
  const errors: unknown[] = [error];
  for (const { judgement, removed } of [...done].reverse()) {
    try {
      await store.restore(judgement.item.id, removed);
    } catch (failure) {
      lost.push(judgement.item.id);
      errors.push(failure);
    }
  }
  const text = error instanceof Error ? error.message : String(error);
  const rest = lost.length === 0
    ? `the ${done.length} that were removed before were put back`
    : `${lost.join(", ")} could not be put back`;
  const reason = `${id} could not be removed: ${text}; ${rest}`;
  const cause = lost.length === 0 ? error : new AggregateError(errors, reason);
  return new PortError("PitOperationFailed", "cleanup_stale", reason, { cause });
}
