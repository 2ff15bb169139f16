/**
 * What a store knows of its artifacts: in memory, and in a journal from which it is read again.
 * @module
 */
import type { ArtifactMetadata } from "./artifact.ts";
import { Lineage } from "./artifact_lineage.ts";
import { WordIndex } from "./artifact_search.ts";
import { type ArtifactVersion, VersionTable } from "./artifact_versions.ts";
import { type Journal, type JournalOptions, openJournal } from "./journal.ts";
import { fromSaved, toSaved } from "./saved_value.ts";

/** What an artifact's entry holds besides its metadata. */
interface Hidden {
  /** Words of its content. */
  readonly words: readonly string[];
  /** How often it was rated. */
  readonly ratings: number;
}

/** An artifact's entry. */
export type Entry = ArtifactMetadata & Hidden;

/** A change of the index; each is one line of the journal. */
export type Change =
  | { readonly op: "put"; readonly entry: Entry }
  | { readonly op: "set"; readonly id: string; readonly values: Partial<Entry> }
  | { readonly op: "delete"; readonly id: string }
  | { readonly op: "link" | "unlink"; readonly parent: string; readonly child: string }
  | { readonly op: "version"; readonly name: string; readonly version: ArtifactVersion }
  | { readonly op: "forget"; readonly name: string };

/** The journal is written anew when it has so many lines more than are needed. */
const SPARE_LINES = 10_000;

/** The index of a store. */
export class ArtifactIndex {
  /** The artifacts. */
  readonly entries: Map<string, Entry> = new Map();
  /** What was made of what. */
  readonly lineage: Lineage = new Lineage();
  /** Names and their versions. */
  readonly versions: VersionTable = new VersionTable();
  /** Words of them. */
  readonly words: WordIndex = new WordIndex();
  readonly #journal: Journal;
  /** Artifacts that were used since the last line. */
  readonly #used = new Set<string>();

  /** Reads the journal, or begins one. */
  constructor(path: string, options: JournalOptions) {
    const { journal, entries } = openJournal(path, options);
    this.#journal = journal;
    for (const saved of entries) this.#apply(fromSaved(saved) as Change);
  }

  /** Makes changes: all of them are on the disk when this returns, or none is made. */
  commit(changes: readonly Change[]): void {
    const all = [...this.#usage(), ...changes];
    this.#journal.append(all.map(saved));
    this.#used.clear();
    for (const change of all) this.#apply(change);
    if (this.#journal.size > SPARE_LINES + 2 * this.entries.size) this.compact();
  }

  /** An artifact was retrieved. That is written with the next change, or when the store is closed. */
  use(id: string, now: number): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.set(id, { ...entry, accesses: entry.accesses + 1, lastAccess: now });
    this.#used.add(id);
  }

  /** Writes the journal anew, with no more lines than are needed. */
  compact(): void {
    const changes: Change[] = [...this.entries.values()].map((entry) => ({ op: "put", entry }));
    for (const [parent, child] of this.lineage.links()) changes.push({ op: "link", parent, child });
    for (const name of this.versions.names()) {
      for (const version of this.versions.list(name)) {
        changes.push({ op: "version", name, version });
      }
    }
    this.#journal.rewrite(changes.map(saved));
    this.#used.clear();
  }

  /** Writes what is not written yet. */
  close(): void {
    try {
      this.#journal.append(this.#usage().map(saved));
    } finally {
      this.#journal.close();
    }
  }

  #usage(): Change[] {
    return [...this.#used].filter((id) => this.entries.has(id)).map((id) => {
      const { accesses, lastAccess } = this.entries.get(id)!;
      return { op: "set", id, values: { accesses, lastAccess } };
    });
  }

  #apply(change: Change): void {
    switch (change.op) {
      case "put":
        return this.#put(change.entry);
      case "set": {
        const entry = this.entries.get(change.id);
        if (entry !== undefined) this.#put({ ...entry, ...change.values }, change.values);
        return;
      }
      case "delete":
        this.words.delete(change.id);
        this.entries.delete(change.id);
        return;
      case "link":
        return this.lineage.add(change.parent, change.child);
      case "unlink":
        return this.lineage.remove(change.parent, change.child);
      case "version":
        return this.versions.add(change.name, change.version);
      case "forget":
        return this.versions.delete(change.name);
    }
  }

  #put(entry: Entry, changed: Partial<Entry> = entry): void {
    this.entries.set(entry.id, entry);
    const told = ["tags", "contentType", "createdBy", "custom", "words"];
    if (told.some((key) => key in changed)) this.words.set(entry, entry.words);
  }
}

function saved(change: Change): unknown {
  return toSaved(change, "what is told of an artifact");
}
