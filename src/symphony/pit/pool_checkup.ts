/**
 * Looking at a model, and giving it up when it is unwell too often in a row.
 * @module
 */
import type { PooledModel } from "./pool_entry.ts";
import { checksOf, type HealthReport, type HealthThresholds } from "./pool_health.ts";
import type { ModelLoading } from "./pool_loading.ts";

/** Looks at a hot model; `undefined` if it was gone before it answered. */
export async function examine(
  entry: PooledModel,
  loading: ModelLoading,
  thresholds: HealthThresholds,
): Promise<HealthReport | undefined> {
  const { loaded, health } = entry;
  const { memoryMb } = entry.spec.resourceRequirements;
  const about: { said?: unknown; threw?: unknown; memoryMb: number } = { memoryMb };
  try {
    about.said = await loaded!.healthCheck();
  } catch (error) {
    about.threw = error;
  }
  if (entry.loaded !== loaded || entry.lifecycle.currentState !== "Hot") return undefined;
  const checks = checksOf(health, thresholds, about);
  const healthy = checks.every((check) => check.healthy);
  const consecutiveFailures = healthy ? 0 : health.consecutiveFailures + 1;
  health.consecutiveFailures = consecutiveFailures;
  const gaveUp = consecutiveFailures >= (thresholds.consecutiveFailures ?? 3);
  if (gaveUp) {
    const bad = checks.filter((check) => !check.healthy).map(({ kind }) => kind).join(", ");
    await loading.giveUp(entry, about.threw ?? new Error(`${entry.id} is unwell: ${bad}`));
  }
  return { modelId: entry.id, healthy, checks, consecutiveFailures, gaveUp };
}
