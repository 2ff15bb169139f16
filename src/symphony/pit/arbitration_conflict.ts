/**
 * Seeing that more is wanted than there is.
 * @module
 */
import type { ResourceName, ResourceRequest, Stock } from "./arbitration_request.ts";

/** What there is too little of. */
export type ConflictKind = "ModelContention" | "MemoryPressure" | "CpuSaturation" | "CostLimit";

/** More is wanted than there is. */
export interface ResourceConflict {
  /** What there is too little of. */
  readonly kind: ConflictKind;
  /** How much is wanted. */
  readonly requested: number;
  /** How much there is. */
  readonly available: number;
  /** Who wants some of it. */
  readonly requestIds: readonly string[];
}

/** Which share of what there is may be wanted before it is a conflict. */
export interface ConflictThresholds {
  /** Default: 1. */
  readonly modelContention?: number;
  /** Default: 0.9, since memory that is all taken slows everyone. */
  readonly memoryPressure?: number;
  /** Default: 0.9. */
  readonly cpuSaturation?: number;
  /** Default: 1. */
  readonly costLimit?: number;
}

const KINDS: readonly [ConflictKind, ResourceName, keyof ConflictThresholds, number][] = [
  ["ModelContention", "models", "modelContention", 1],
  ["MemoryPressure", "memoryMb", "memoryPressure", 0.9],
  ["CpuSaturation", "cpuCores", "cpuSaturation", 0.9],
  ["CostLimit", "cost", "costLimit", 1],
];

/** The conflicts among requests for what is left. */
export function conflictsOf(
  requests: readonly ResourceRequest[],
  stock: Stock,
  thresholds: ConflictThresholds = {},
): ResourceConflict[] {
  return KINDS.flatMap(([kind, name, key, usual]) => {
    const wanting = requests.filter(({ needs }) => (needs[name] ?? 0) > 0);
    const requested = wanting.reduce((sum, { needs }) => sum + (needs[name] ?? 0), 0);
    const available = stock.left(name);
    if (requested <= available * (thresholds[key] ?? usual) || wanting.length === 0) return [];
    return [{ kind, requested, available, requestIds: wanting.map(({ id }) => id) }];
  });
}
