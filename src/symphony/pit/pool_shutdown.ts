/**
 * The end of a pool: nothing that runs is cut off, and nothing that was learnt is lost.
 * @module
 */
import type { Deadline } from "./deadline.ts";
import type { PooledModel } from "./pool_entry.ts";
import type { ModelLoading } from "./pool_loading.ts";

/** What a shutdown did. */
export interface ShutdownReport {
  /** Whether all invocations had ended before models were released. */
  readonly drained: boolean;
  /** The models that were saved. */
  readonly saved: readonly string[];
  /** The models that were released, the saved ones included. */
  readonly released: readonly string[];
  /** Those whose saving or releasing failed, and how. */
  readonly failed: readonly { readonly modelId: string; readonly error: unknown }[];
}

/** Drains, saves and releases. */
export async function shutDown(
  models: readonly PooledModel[],
  loading: ModelLoading,
  { deadline }: { readonly deadline: Deadline },
): Promise<ShutdownReport> {
  loading.closed = true;
  for (const { controller } of models) controller?.abort(new Error("the pool is shut down"));
  loading.change();
  const drained = await drain(models, loading, deadline);
  const released: string[] = [];
  const saved: string[] = [];
  const failed: { modelId: string; error: unknown }[] = [];
  await Promise.all(models.map(async (entry) => {
    if (entry.loading) await deadline.race(entry.loading).catch(() => {});
    const { loaded, lifecycle } = entry;
    if (lifecycle.currentState === "Hot") {
      const before = lifecycle.failureCount;
      await loading.cool(entry, "UserRequest");
      if (lifecycle.failureCount > before) {
        const { error } = lifecycle.history.findLast(({ to }) => to === "Failed") ?? {};
        failed.push({ modelId: entry.id, error });
        return;
      }
      released.push(entry.id);
      if (loaded?.canSave) saved.push(entry.id);
    } else await entry.cooling;
  }));
  deadline.stop();
  return { drained, saved, released, failed };
}

async function drain(
  models: readonly PooledModel[],
  loading: ModelLoading,
  deadline: Deadline,
): Promise<boolean> {
  try {
    while (models.some(({ inFlight }) => inFlight > 0)) await deadline.race(loading.nextChange);
    return true;
  } catch {
    return false;
  }
}
