/**
 * What Python does with artifacts that are in a store: the part of `ArtifactStore` that moves, links, judges and
 * checks them.
 * @module
 */
import { type MethodDeclaration, t, type Type } from "../../../mod.ts";
import type { DedupStats } from "../pit/artifact.ts";
import type { ArtifactDamage, StoreReport } from "../pit/artifact_check.ts";
import type { ArtifactQuality } from "../pit/artifact_quality.ts";
import type { ArtifactStore } from "../pit/artifact_store.ts";
import type { DiffPart } from "../pit/line_diff.ts";
import { asStorage } from "./storage_error.ts";

/** What storing each content once has saved, as Python has it: see `DedupStats`. */
export interface StatsDict {
  /** Different contents. */
  readonly artifacts: number;
  /** How often they were stored. */
  readonly references: number;
  /** Bytes that are kept. */
  readonly stored_bytes: number;
  /** Bytes that there would be without it. */
  readonly logical_bytes: number;
  /** The share that was saved: 0 to 1. */
  readonly saved_share: number;
}

/** The part of Python's store that has to do with artifacts that are there. */
export class ArtifactCare {
  /** The store. */
  readonly artifacts: ArtifactStore;

  /** Takes the store. */
  constructor(artifacts: ArtifactStore) {
    this.artifacts = artifacts;
  }

  /** See {@link ArtifactStore.folder}. */
  get folder(): string {
    return this.artifacts.folder;
  }

  /** See {@link ArtifactStore.list}. */
  list(): string[] {
    return asStorage(() => this.artifacts.list());
  }

  /** See {@link ArtifactStore.delete}. */
  delete(id: string): void {
    asStorage(() => this.artifacts.delete(id));
  }

  /** See {@link ArtifactStore.release}. */
  release(id: string): number {
    return asStorage(() => this.artifacts.release(id));
  }

  /** See {@link ArtifactStore.dedupStats}. */
  dedupStats(): StatsDict {
    const stats: DedupStats = asStorage(() => this.artifacts.dedupStats());
    return {
      artifacts: stats.artifacts,
      references: stats.references,
      stored_bytes: stats.storedBytes,
      logical_bytes: stats.logicalBytes,
      saved_share: stats.savedShare,
    };
  }

  /** See {@link ArtifactStore.archive}. */
  archive(id: string): void {
    asStorage(() => this.artifacts.archive(id));
  }

  /** See {@link ArtifactStore.restore}. */
  restore(id: string): void {
    asStorage(() => this.artifacts.restore(id));
  }

  /** See {@link ArtifactStore.versionNames}. */
  versionNames(): string[] {
    return asStorage(() => this.artifacts.versionNames());
  }

  /** See {@link ArtifactStore.deleteVersions}. */
  deleteVersions(name: string): void {
    asStorage(() => this.artifacts.deleteVersions(name));
  }

  /** See {@link ArtifactStore.diff}. */
  diff(name: string, before: number, after: number): DiffPart[] {
    return asStorage(() => this.artifacts.diff(name, before, after));
  }

  /** See {@link ArtifactStore.rate}. */
  rate(id: string, rating: number): void {
    asStorage(() => this.artifacts.rate(id, rating));
  }

  /** See {@link ArtifactStore.quality}. */
  quality(id: string): ArtifactQuality {
    return asStorage(() => this.artifacts.quality(id));
  }

  /** See {@link ArtifactStore.link}. */
  link(parent: string, child: string): void {
    asStorage(() => this.artifacts.link(parent, child));
  }

  /** See {@link ArtifactStore.unlink}. */
  unlink(parent: string, child: string): void {
    asStorage(() => this.artifacts.unlink(parent, child));
  }

  /** See {@link ArtifactStore.parents}. */
  parents(id: string): string[] {
    return asStorage(() => this.artifacts.parents(id));
  }

  /** See {@link ArtifactStore.children}. */
  children(id: string): string[] {
    return asStorage(() => this.artifacts.children(id));
  }

  /** See {@link ArtifactStore.ancestors}. */
  ancestors(id: string): string[] {
    return asStorage(() => this.artifacts.ancestors(id));
  }

  /** See {@link ArtifactStore.descendants}. */
  descendants(id: string): string[] {
    return asStorage(() => this.artifacts.descendants(id));
  }

  /** See {@link ArtifactStore.verify}. */
  async verify(id: string): Promise<ArtifactDamage | null> {
    return await asStorage(() => this.artifacts.verify(id));
  }

  /** See {@link ArtifactStore.check}. */
  async check(repair: boolean): Promise<StoreReport> {
    return await asStorage(() => this.artifacts.check({ repair }));
  }

  /** See {@link ArtifactStore.close}. */
  close(): void {
    asStorage(() => this.artifacts.close());
  }
}

/** The parameter by which an artifact is named. */
export const ID: { readonly artifact_id: Type<string, string> } = { artifact_id: t.str };
const LINK = { parent: t.str, child: t.str } as const;
const NAMES = t.list(t.str);
const DIFF = t.record("DiffPart", {
  kind: t.literal("same", "added", "removed"),
  lines: NAMES,
});
const DAMAGE = t.record("ArtifactDamage", {
  id: t.str,
  problem: t.literal("missing", "damaged"),
  message: t.str,
});
const REPORT = t.record("StoreReport", {
  checked: t.int,
  damage: t.list(DAMAGE),
  orphans: NAMES,
  misplaced: NAMES,
});
const STATS = t.record("DedupStats", {
  artifacts: t.int,
  references: t.int,
  stored_bytes: t.int,
  logical_bytes: t.int,
  saved_share: t.float,
});
const QUALITY = t.record("ArtifactQuality", {
  score: t.float,
  description: t.float,
  usage: t.float,
  influence: t.float,
  rating: t.optional(t.float),
});

/** What Python is told of {@link ArtifactCare}. */
export const CARE_METHODS: {
  readonly [K in Exclude<keyof ArtifactCare, "artifacts" | "folder">]: MethodDeclaration<
    ArtifactCare
  >;
} = {
  list: { doc: "The ids of all artifacts, the oldest first.", params: {}, returns: NAMES },
  delete: {
    doc: "Remove an artifact, however often it was stored.",
    params: ID,
    returns: t.none,
  },
  release: {
    doc: "Give one reference back; with the last one the artifact is removed. How many are left.",
    params: ID,
    returns: t.int,
  },
  dedupStats: {
    doc: "What storing each content once has saved.",
    params: {},
    returns: STATS,
  },
  archive: {
    doc: "Move the content to the cold folder; it can be retrieved as before.",
    params: ID,
    returns: t.none,
  },
  restore: { doc: "Move the content back.", params: ID, returns: t.none },
  versionNames: { doc: "The names that have versions.", params: {}, returns: NAMES },
  deleteVersions: {
    doc: "Forget the versions of a name; the artifacts stay.",
    params: { name: t.str },
    returns: t.none,
  },
  diff: {
    doc: "What changed from one version of a text to another, line by line.",
    params: { name: t.str, before: t.int, after: t.int },
    returns: t.list(DIFF),
  },
  rate: {
    doc: "Say how good an artifact is, 0 to 1.",
    params: { ...ID, rating: t.float },
    returns: t.none,
  },
  quality: { doc: "How good an artifact is.", params: ID, returns: QUALITY },
  link: {
    doc: "Note that one was made of the other. A cycle is refused.",
    params: LINK,
    returns: t.none,
  },
  unlink: { doc: "Take a link back.", params: LINK, returns: t.none },
  parents: { doc: "Of what it was made.", params: ID, returns: NAMES },
  children: { doc: "What was made of it.", params: ID, returns: NAMES },
  ancestors: {
    doc: "Of what it was made, however many steps back; the nearest first.",
    params: ID,
    returns: NAMES,
  },
  descendants: {
    doc: "What was made of it, however many steps on; the nearest first.",
    params: ID,
    returns: NAMES,
  },
  verify: {
    doc: "Read an artifact to its end; what is wrong with it, None where nothing is.",
    params: ID,
    returns: t.awaitable(t.optional(DAMAGE)),
  },
  check: {
    doc: "Read everything and report what is wrong. With repair=True, files that belong to no " +
      "artifact are removed.",
    params: { repair: t.bool.default(false).keywordOnly() },
    returns: t.awaitable(REPORT),
  },
  close: { doc: "Give the folder back.", params: {}, returns: t.none },
};
