/**
 * The Artifact Store as the Stale Manager wants it.
 * @module
 */
import type { ArtifactStore } from "./artifact_store.ts";
import type { StaleStore } from "./stale_store.ts";

/** The tag by which an artifact is known as training data. */
export const TRAINING_TAG = "training";

/**
 * An Artifact Store to be cleaned up. What is deleted goes to the cold tier first and is removed once nothing can be
 * put back any more, so that a clean-up that is cut off has lost nothing.
 */
export function artifactsToClean(store: ArtifactStore): StaleStore {
  return {
    list: () => store.list(),
    metadata(id) {
      const known = store.metadata(id);
      if (known === null) return undefined;
      return {
        size: known.size,
        createdAt: known.createdAt,
        lastAccessedAt: known.lastAccess,
        accessCount: known.accesses,
        quality: store.quality(id).score,
        // Its name would point to nothing.
        isNeeded: store.isVersion(id),
        isTrainingData: known.tags.includes(TRAINING_TAG),
        tags: known.tags,
        archived: known.tier === "cold",
      };
    },
    archive: (id) => cool(store, id),
    delete: (id) => cool(store, id),
    restore: (id, removed) => {
      if (removed === "hot") store.restore(id);
    },
    forget: (id) => store.delete(id),
  };
}

/** Moves it to the cold tier; the tier in which it was. */
function cool(store: ArtifactStore, id: string): "hot" | "cold" {
  if (store.metadata(id)?.tier === "cold") return "cold";
  store.archive(id);
  return "hot";
}
