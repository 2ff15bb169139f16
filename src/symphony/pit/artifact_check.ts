/**
 * Looking for damage in a store.
 * @module
 */
import type { ArtifactMetadata } from "./artifact.ts";
import type { ArtifactFiles, Tier } from "./artifact_files.ts";
import { PART } from "./durable_file.ts";

/** What is wrong with an artifact. */
export interface ArtifactDamage {
  /** The artifact. */
  readonly id: string;
  /** What is wrong: its file is not there, or is not what was written. */
  readonly problem: "missing" | "damaged";
  /** In words. */
  readonly message: string;
}

/** What was found in a store. */
export interface StoreReport {
  /** Artifacts that were looked at. */
  readonly checked: number;
  /** Those that cannot be retrieved. */
  readonly damage: readonly ArtifactDamage[];
  /** Files that belong to no artifact: what a crash left between a content and its entry. */
  readonly orphans: readonly string[];
  /** Artifacts in another tier than the index says: what a crash left of a move. */
  readonly misplaced: readonly string[];
}

/** Reads an artifact to its end; `null` where it is whole. */
export async function damageOf(
  files: ArtifactFiles,
  { id, tier }: ArtifactMetadata,
): Promise<ArtifactDamage | null> {
  const found = files.find(id, tier);
  if (found === null) {
    return { id, problem: "missing", message: `artifact ${id}: its file is missing` };
  }
  try {
    for await (const piece of files.readStream(id, found)) void piece;
    return null;
  } catch (error) {
    return { id, problem: "damaged", message: (error as Error).message };
  }
}

/** Looks at everything. */
export async function checkStore(
  files: ArtifactFiles,
  artifacts: Iterable<ArtifactMetadata>,
): Promise<StoreReport> {
  const damage: ArtifactDamage[] = [];
  const misplaced: string[] = [];
  const known = new Set<string>();
  let checked = 0;
  for (const artifact of artifacts) {
    checked += 1;
    const { id, tier } = artifact;
    for (const each of ["hot", "cold"] as Tier[]) known.add(files.path(id, each));
    const found = await damageOf(files, artifact);
    if (found !== null) damage.push(found);
    else if (files.find(id, tier) !== tier) misplaced.push(id);
  }
  const orphans = (["hot", "cold"] as Tier[]).flatMap((tier) => [...files.all(tier)])
    .filter((path) => !known.has(path) || path.endsWith(PART));
  return { checked, damage, orphans, misplaced };
}
