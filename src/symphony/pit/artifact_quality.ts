/**
 * How good an artifact is, as far as can be said without understanding it.
 * @module
 */
import type { ArtifactMetadata } from "./artifact.ts";

/** What a score is made of; each 0 to 1. */
export interface ArtifactQuality {
  /** All of it. */
  readonly score: number;
  /** How much is told of it: kind, maker, tags, anything else, and that it is not empty. */
  readonly description: number;
  /** How often it is used. */
  readonly usage: number;
  /** How much was made of it. */
  readonly influence: number;
  /** What users say of it; `null` where nobody did. */
  readonly rating: number | null;
}

/** How much each part counts; those that there are share the whole. */
const WEIGHTS = { rating: 0.5, description: 0.2, usage: 0.2, influence: 0.1 } as const;

/** Scores an artifact. `descendants`: how many artifacts were made of it. */
export function qualityOf(metadata: ArtifactMetadata, descendants: number): ArtifactQuality {
  const { contentType, createdBy, tags, custom, size } = metadata;
  const told = [
    contentType !== "application/octet-stream",
    createdBy !== undefined,
    tags.length > 0,
    Object.keys(custom).length > 0,
    size > 0,
  ];
  const parts = {
    description: told.filter(Boolean).length / told.length,
    usage: share(metadata.accesses + metadata.references - 1, 5),
    influence: share(descendants, 3),
    rating: metadata.rating ?? null,
  };
  let [sum, weight] = [0, 0];
  for (const [name, part] of Object.entries(parts)) {
    if (part === null) continue;
    sum += part * WEIGHTS[name as keyof typeof WEIGHTS];
    weight += WEIGHTS[name as keyof typeof WEIGHTS];
  }
  return { score: sum / weight, ...parts };
}

/** 0 for none, a half at `half`, towards 1 for many. */
function share(count: number, half: number): number {
  return count / (count + half);
}
