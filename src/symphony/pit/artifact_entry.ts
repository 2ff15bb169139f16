/**
 * An artifact's entry in the index: how it is made, and what of it is told.
 * @module
 */
import { type ArtifactDescription, ArtifactError, type ArtifactMetadata } from "./artifact.ts";
import type { Entry } from "./artifact_index.ts";
import { contentWords } from "./artifact_search.ts";
import { toSaved } from "./saved_value.ts";

/** The entry of a content that is new. */
export function newEntry(
  { id, size }: { readonly id: string; readonly size: number },
  { contentType = "application/octet-stream", createdBy, tags = [], custom = {} }:
    ArtifactDescription,
  { now, beginning }: { readonly now: number; readonly beginning: Uint8Array },
): Entry {
  return {
    id,
    contentType,
    size,
    createdAt: now,
    ...(createdBy === undefined ? {} : { createdBy }),
    tags: distinct(tags),
    custom,
    tier: "hot",
    references: 1,
    accesses: 0,
    lastAccess: now,
    words: contentWords(contentType, beginning),
    ratings: 0,
  };
}

/** Throws where a description cannot be kept. */
export function checkDescription(
  { tags = [], custom = {}, contentType }: ArtifactDescription,
): void {
  if (contentType !== undefined && !/^[^\s/]+\/\S.*$/.test(contentType)) {
    const text = `a content type looks like "text/plain", not ${JSON.stringify(contentType)}`;
    throw new ArtifactError("store_artifact", undefined, text);
  }
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== "string" || tag === "")) {
    throw new ArtifactError("store_artifact", undefined, "tags are texts that are not empty");
  }
  toSaved(custom, "custom of an artifact");
}

/** What users see of an entry. */
export function metadataOf({ words: _, ratings: __, ...metadata }: Entry): ArtifactMetadata {
  return metadata;
}

/** Each text once. */
export function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
