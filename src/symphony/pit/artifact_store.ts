/**
 * The Artifact Store: contents by their hashes, with what is known of them, their versions and their lineage.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, mkdirSync, rmSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  type ArtifactDescription,
  ArtifactError,
  type ArtifactMetadata,
  checkId,
  type DedupStats,
} from "./artifact.ts";
import { type ArtifactDamage, checkStore, damageOf, type StoreReport } from "./artifact_check.ts";
import { checkDescription, distinct, metadataOf, newEntry } from "./artifact_entry.ts";
import { ArtifactFiles, type Tier } from "./artifact_files.ts";
import { ArtifactIndex, type Change, type Entry } from "./artifact_index.ts";
import { type ArtifactQuality, qualityOf } from "./artifact_quality.ts";
import { type ArtifactQuery, type ArtifactSearchResult, search } from "./artifact_search.ts";
import type { ArtifactVersion } from "./artifact_versions.ts";
import { PART, syncFolder } from "./durable_file.ts";
import { type ArtifactStoreOptions, keysOf } from "./artifact_opening.ts";
import { Beginning, type ContentStream, pieces } from "./artifact_stream.ts";
import { FolderLock } from "../folder_lock.ts";
import { diffLines, type DiffPart } from "./line_diff.ts";

/**
 * Artifacts in a folder, which one process has at a time.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from "node:fs";
 * import { ArtifactStore } from "pyduet/symphony";
 * using store = new ArtifactStore(mkdtempSync("/tmp/artifacts-"));
 * const id = store.store("a plan", { contentType: "text/plain", tags: ["plan"] });
 * new TextDecoder().decode(store.retrieve(id)!); // "a plan"
 * store.search({ text: "plan" }).total; // 1
 * store.createVersion("plan.txt", "a better plan").version; // 1
 * ```
 */
export class ArtifactStore implements Disposable {
  /** Where it lies. */
  readonly folder: string;
  readonly #lock: FolderLock;
  readonly #files: ArtifactFiles;
  readonly #index: ArtifactIndex;
  readonly #durable: boolean;
  readonly #now: () => number;
  #closed = false;

  /** Opens the store in a folder, or begins one there. */
  constructor(folder: string, options: ArtifactStoreOptions = {}) {
    const { durable = true, now = Date.now, repair = false } = options;
    this.folder = folder;
    this.#durable = durable;
    this.#now = now;
    if (mkdirSync(folder, { recursive: true }) !== undefined && durable) {
      syncFolder(dirname(folder));
    }
    this.#lock = new FolderLock(folder);
    try {
      const keys = keysOf(folder, options);
      const coldFolder = options.coldFolder ?? join(folder, "cold");
      this.#files = new ArtifactFiles(folder, { durable, keys, coldFolder });
      const cipher = keys === null ? {} : { cipher: keys.lineCipher() };
      this.#index = new ArtifactIndex(join(folder, "index.log"), { durable, repair, ...cipher });
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** Gives the folder back. A second time does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#index.close();
    } finally {
      this.#lock.release();
    }
  }

  /** {@link close} */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Keeps a content; its id. A text is kept in UTF-8. The same content again is one more reference to it. */
  store(content: Uint8Array | string, description: ArtifactDescription = {}): string {
    return this.storeDedup(content, description)[0];
  }

  /** {@link store}, and whether the content is new. */
  storeDedup(
    content: Uint8Array | string,
    description: ArtifactDescription = {},
  ): [id: string, newlyStored: boolean] {
    this.#open("store_artifact");
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`A content is a Uint8Array or a string, not ${typeof content}`);
    }
    checkDescription(description);
    const id = createHash("sha256").update(bytes).digest("hex");
    this.#checkParents(id, description);
    const known = this.#whole(id);
    if (!known) this.#files.write(id, bytes);
    return [id, this.#enter({ id, size: bytes.length }, description, bytes)];
  }

  /** Keeps a content that comes in pieces, of any length, without having all of it in memory; its id. */
  async storeStream(
    content: ContentStream,
    description: ArtifactDescription = {},
  ): Promise<string> {
    this.#open("store_artifact");
    checkDescription(description);
    const beginning = new Beginning();
    const written = await this.#files.writeStream(beginning.watch(pieces(content)));
    try {
      this.#open("store_artifact");
      this.#checkParents(written.id, description);
      if (this.#whole(written.id)) written.drop();
      else written.place();
    } catch (error) {
      written.drop();
      throw error;
    }
    this.#enter(written, description, beginning.bytes());
    return written.id;
  }

  /** Keeps the content of a file; its id. */
  async storeFile(path: string, description: ArtifactDescription = {}): Promise<string> {
    return await this.storeStream(createReadStream(path), description);
  }

  /** A content; `null` where it is not known. What is not as it was stored is an `ArtifactError`. */
  retrieve(id: string): Uint8Array | null {
    const entry = this.#find("retrieve_artifact", id);
    if (entry === undefined) return null;
    const content = this.#files.read(id, this.#files.find(id, entry.tier) ?? entry.tier);
    this.#index.use(id, this.#now());
    return content;
  }

  /** A content in pieces. What is not as it was stored is an `ArtifactError`, before the last piece. */
  async *retrieveStream(id: string): AsyncGenerator<Uint8Array, void, undefined> {
    const entry = this.#known("retrieve_artifact", id);
    yield* this.#files.readStream(id, this.#files.find(id, entry.tier) ?? entry.tier);
    if (!this.#closed) this.#index.use(id, this.#now());
  }

  /** Writes a content to a file, which is whole or not there. */
  async retrieveToFile(id: string, path: string): Promise<void> {
    const part = join(dirname(path), `.${basename(path)}.${randomUUID()}${PART}`);
    const file = await open(part, "wx");
    try {
      try {
        for await (const piece of this.retrieveStream(id)) await file.writeFile(piece);
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** What is known of an artifact; `null` where it is not known. */
  metadata(id: string): ArtifactMetadata | null {
    const entry = this.#find("get_metadata", id);
    return entry === undefined ? null : metadataOf(entry);
  }

  /** Changes what is told of an artifact. */
  updateMetadata(id: string, values: Omit<ArtifactDescription, "parents">): ArtifactMetadata {
    this.#known("update_metadata", id);
    checkDescription(values);
    const { contentType, createdBy, tags, custom } = values;
    this.#index.commit([{
      op: "set",
      id,
      values: {
        ...(contentType === undefined ? {} : { contentType }),
        ...(createdBy === undefined ? {} : { createdBy }),
        ...(tags === undefined ? {} : { tags: distinct(tags) }),
        ...(custom === undefined ? {} : { custom }),
      },
    }]);
    return this.metadata(id)!;
  }

  /** Whether an artifact is known. */
  exists(id: string): boolean {
    return this.#find("exists", id) !== undefined;
  }

  /** The ids of all artifacts, the oldest first. */
  list(): string[] {
    this.#open("list_artifacts");
    return [...this.#index.entries.keys()];
  }

  /** Removes an artifact, however often it was stored. One that is a version of something is refused. */
  delete(id: string): void {
    this.#known("delete_artifact", id);
    const name = this.#index.versions.nameOf(id);
    if (name !== undefined) {
      const reason = `it is a version of ${JSON.stringify(name)}; deleteVersions() forgets those`;
      throw new ArtifactError("delete_artifact", id, reason);
    }
    // The entry goes first: a file without an entry is found by check(), an entry without a file is damage.
    this.#index.commit([{ op: "delete", id }]);
    this.#files.remove(id);
  }

  /** Gives one reference back; with the last one the artifact is removed. How many are left. */
  release(id: string): number {
    const references = this.#known("release_artifact", id).references - 1;
    if (references === 0) this.delete(id);
    else this.#index.commit([{ op: "set", id, values: { references } }]);
    return references;
  }

  /** What storing each content once has saved. */
  dedupStats(): DedupStats {
    this.#open("dedup_stats");
    let [references, storedBytes, logicalBytes] = [0, 0, 0];
    for (const entry of this.#index.entries.values()) {
      references += entry.references;
      storedBytes += entry.size;
      logicalBytes += entry.size * entry.references;
    }
    const savedShare = logicalBytes === 0 ? 0 : 1 - storedBytes / logicalBytes;
    const artifacts = this.#index.entries.size;
    return { artifacts, references, storedBytes, logicalBytes, savedShare };
  }

  // Tiers.

  /** Moves the content to the cold folder; it can be retrieved as before. */
  archive(id: string): void {
    this.#move("archive_artifact", id, "cold");
  }

  /** Moves the content back. */
  restore(id: string): void {
    this.#move("restore_artifact", id, "hot");
  }

  // Versions.

  /** Keeps a content, or an artifact that is there already (`{ hash }`), as the next version under a name. */
  createVersion(
    name: string,
    content: Uint8Array | string | { readonly hash: string },
    options: ArtifactDescription & { readonly message?: string; readonly parent?: number } = {},
  ): ArtifactVersion {
    this.#open("create_version");
    const { message, parent = this.listVersions(name).at(-1)?.version, ...description } = options;
    if (parent !== undefined) this.getVersion(name, parent);
    const given = !(content instanceof Uint8Array) && typeof content !== "string";
    const hash = given ? content.hash : this.store(content, description);
    if (given) this.#known("create_version", hash);
    const version = {
      version: this.listVersions(name).length + 1,
      hash,
      createdAt: this.#now(),
      ...(message === undefined ? {} : { message }),
      ...(parent === undefined ? {} : { parent }),
    };
    this.#index.commit([{ op: "version", name, version }]);
    return version;
  }

  /** A version of a name. */
  getVersion(name: string, version: number): ArtifactVersion {
    const versions = this.listVersions(name);
    const found = versions[version - 1];
    if (found !== undefined) return found;
    const known = versions.length === 0
      ? "has no versions"
      : `has versions 1 to ${versions.length}`;
    const text = `${JSON.stringify(name)} ${known}, and none is ${version}`;
    throw new ArtifactError("get_version", undefined, text);
  }

  /** The last version of a name; `null` where there is none. */
  getLatest(name: string): ArtifactVersion | null {
    return this.listVersions(name).at(-1) ?? null;
  }

  /** Whether an artifact is a version of some name, and so cannot be deleted. */
  isVersion(id: string): boolean {
    this.#open("list_versions");
    return this.#index.versions.has(id);
  }

  /** All versions of a name, the oldest first. */
  listVersions(name: string): readonly ArtifactVersion[] {
    this.#open("list_versions");
    return this.#index.versions.list(name);
  }

  /** The names that have versions. */
  versionNames(): string[] {
    this.#open("list_versions");
    return this.#index.versions.names();
  }

  /** Forgets the versions of a name; the artifacts stay. */
  deleteVersions(name: string): void {
    this.getVersion(name, 1);
    this.#index.commit([{ op: "forget", name }]);
  }

  /** What changed from one version of a text to another, line by line. */
  diff(name: string, before: number, after: number): DiffPart[] {
    const text = (version: number): string => {
      const { hash } = this.getVersion(name, version);
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
          .decode(this.retrieve(hash)!);
      } catch (error) {
        if (error instanceof ArtifactError) throw error;
        const reason = `version ${version} of ${JSON.stringify(name)} is no text in UTF-8`;
        throw new ArtifactError("diff_versions", hash, reason, { cause: error });
      }
    };
    return diffLines(text(before), text(after));
  }

  // Finding and judging.

  /** The artifacts that fit, the best first. */
  search(query: ArtifactQuery = {}): ArtifactSearchResult {
    this.#open("search_artifacts");
    const { total, found } = search(query, this.#index.words, this.#index.entries);
    return { total, found: found.map((entry) => metadataOf(entry as Entry)) };
  }

  /** Says how good an artifact is, 0 to 1. */
  rate(id: string, rating: number): void {
    const { rating: mean = 0, ratings } = this.#known("rate_artifact", id);
    if (!(rating >= 0 && rating <= 1)) {
      throw new RangeError(`a rating is a number from 0 to 1, not ${rating}`);
    }
    const values = { rating: (mean * ratings + rating) / (ratings + 1), ratings: ratings + 1 };
    this.#index.commit([{ op: "set", id, values }]);
  }

  /** How good an artifact is. */
  quality(id: string): ArtifactQuality {
    const entry = this.#known("artifact_quality", id);
    return qualityOf(entry, this.#index.lineage.descendants(id).length);
  }

  // Lineage.

  /** `child` was made of `parent`. A cycle is refused. */
  link(parent: string, child: string): void {
    for (const id of [parent, child]) this.#known("link_artifacts", id);
    this.#index.lineage.check(parent, child);
    this.#index.commit([{ op: "link", parent, child }]);
  }

  /** Takes a link back. */
  unlink(parent: string, child: string): void {
    this.#open("unlink_artifacts");
    this.#index.commit([{ op: "unlink", parent, child }]);
  }

  /** Of what an artifact was made. What was removed since is named all the same. */
  parents(id: string): string[] {
    this.#open("artifact_lineage");
    return this.#index.lineage.parents(id);
  }

  /** What was made of an artifact. */
  children(id: string): string[] {
    this.#open("artifact_lineage");
    return this.#index.lineage.children(id);
  }

  /** Of what an artifact was made, however many steps back; the nearest first. */
  ancestors(id: string): string[] {
    this.#open("artifact_lineage");
    return this.#index.lineage.ancestors(id);
  }

  /** What was made of an artifact, however many steps on; the nearest first. */
  descendants(id: string): string[] {
    this.#open("artifact_lineage");
    return this.#index.lineage.descendants(id);
  }

  // Health.

  /** Reads an artifact to its end; what is wrong with it, `null` where nothing is. */
  async verify(id: string): Promise<ArtifactDamage | null> {
    return await damageOf(this.#files, this.#known("verify_artifact", id));
  }

  /**
   * Reads everything and reports what is wrong. With `repair`, files that belong to no artifact are removed, and what
   * lies in the wrong tier is noted. Damaged artifacts are left as they are.
   */
  async check({ repair = false }: { readonly repair?: boolean } = {}): Promise<StoreReport> {
    this.#open("check_store");
    const report = await checkStore(this.#files, this.#index.entries.values());
    if (!repair) return report;
    for (const path of report.orphans) rmSync(path, { force: true });
    this.#index.commit(report.misplaced.map((id) => {
      const { tier } = this.#index.entries.get(id)!;
      return { op: "set", id, values: { tier: this.#files.find(id, tier) ?? tier } };
    }));
    return report;
  }

  /** Whether the content lies there already. One that was cut short is written again. */
  #whole(id: string): boolean {
    const entry = this.#index.entries.get(id);
    return entry !== undefined && this.#files.find(id, entry.tier) !== null;
  }

  /** Notes that a content was stored; whether it is new. */
  #enter(
    { id, size }: { id: string; size: number },
    description: ArtifactDescription,
    beginning: Uint8Array,
  ): boolean {
    const known = this.#index.entries.get(id);
    const links: Change[] = distinct(description.parents ?? [])
      .filter((parent) => !this.#index.lineage.parents(id).includes(parent))
      .map((parent) => ({ op: "link", parent, child: id }));
    if (known !== undefined) {
      const values = { references: known.references + 1 };
      this.#index.commit([{ op: "set", id, values }, ...links]);
      return false;
    }
    const entry = newEntry({ id, size }, description, { now: this.#now(), beginning });
    this.#index.commit([{ op: "put", entry }, ...links]);
    return true;
  }

  #move(operation: string, id: string, tier: Tier): void {
    const entry = this.#known(operation, id);
    const from = this.#files.find(id, entry.tier);
    if (from === null) throw new ArtifactError(operation, id, "its file is missing");
    if (from !== tier) this.#files.move(id, from, tier);
    if (entry.tier !== tier) this.#index.commit([{ op: "set", id, values: { tier } }]);
  }

  #checkParents(id: string, { parents = [] }: ArtifactDescription): void {
    for (const parent of parents) {
      this.#known("store_artifact", parent);
      this.#index.lineage.check(parent, id);
    }
  }

  #find(operation: string, id: string): Entry | undefined {
    this.#open(operation);
    checkId(operation, id);
    return this.#index.entries.get(id);
  }

  #known(operation: string, id: string): Entry {
    const entry = this.#find(operation, id);
    if (entry === undefined) throw new ArtifactError(operation, id, "not found");
    return entry;
  }

  #open(operation: string): void {
    if (!this.#closed) return;
    throw new ArtifactError(operation, undefined, `the store ${this.folder} was closed`);
  }
}
