/**
 * Finding artifacts by words, tags, kinds and times.
 * @module
 */
import type { ArtifactMetadata } from "./artifact.ts";

/** What is looked for; all that is given must hold. */
export interface ArtifactQuery {
  /** Words that must all be there: in tags, the content type, what is told of it, or a text's content. */
  readonly text?: string;
  /** Tags that must all be there. */
  readonly tags?: readonly string[];
  /** `"text/plain"`; `"text/*"` for all kinds of text. */
  readonly contentType?: string;
  /** Not made before; milliseconds since 1970. */
  readonly createdAfter?: number;
  /** Not made after; milliseconds since 1970. */
  readonly createdBefore?: number;
  /** So many at most. Default: 100. */
  readonly limit?: number;
  /** So many are left out first. Default: 0. */
  readonly offset?: number;
}

/** What was found. */
export interface ArtifactSearchResult {
  /** How many there are, without the limit. */
  readonly total: number;
  /** The best first; of equals the newest. */
  readonly found: readonly ArtifactMetadata[];
}

/** Words of a text that are kept, at most. */
const MOST_WORDS = 2000;
/** Bytes of a content that are read for its words. */
export const INDEXED_BYTES: number = 64 * 1024;
/** How much more a word in the metadata says than one in the content. */
const METADATA_WEIGHT = 3;

/** The different words of a text, in lower case. */
export function wordsOf(text: string): string[] {
  const words = new Set<string>();
  for (const [word] of text.normalize("NFKC").toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    words.add(word);
    if (words.size === MOST_WORDS) break;
  }
  return [...words];
}

/** The words of the beginning of a content, where it is a text. */
export function contentWords(contentType: string, beginning: Uint8Array): string[] {
  if (!/^text\/|[/+](json|xml|yaml|javascript|x-python|toml)\b/.test(contentType)) return [];
  return wordsOf(new TextDecoder().decode(beginning.subarray(0, INDEXED_BYTES)));
}

/** Which artifacts have which words. */
export class WordIndex {
  readonly #places = new Map<string, Map<string, number>>();
  readonly #words = new Map<string, readonly string[]>();

  /** Puts an artifact in, in the place of what was known of it. */
  set(metadata: ArtifactMetadata, contentWords: readonly string[]): void {
    this.delete(metadata.id);
    const { tags, contentType, createdBy = "", custom, id } = metadata;
    const told = wordsOf([...tags, contentType, createdBy, ...textsIn(custom)].join(" "));
    const weights = new Map(contentWords.map((word) => [word, 1]));
    for (const word of told) weights.set(word, METADATA_WEIGHT);
    for (const [word, weight] of weights) {
      let place = this.#places.get(word);
      if (place === undefined) this.#places.set(word, place = new Map());
      place.set(id, weight);
    }
    this.#words.set(id, [...weights.keys()]);
  }

  /** Takes an artifact out. */
  delete(id: string): void {
    for (const word of this.#words.get(id) ?? []) {
      const place = this.#places.get(word)!;
      place.delete(id);
      if (place.size === 0) this.#places.delete(word);
    }
    this.#words.delete(id);
  }

  /** The artifacts with all the words, and how well they fit. */
  find(words: readonly string[]): Map<string, number> {
    const places = words.map((word) => this.#places.get(word) ?? new Map<string, number>())
      .sort((a, b) => a.size - b.size);
    const found = new Map<string, number>();
    for (const [id, weight] of places[0] ?? []) {
      const weights = places.slice(1).map((place) => place.get(id));
      if (weights.includes(undefined)) continue;
      found.set(id, weights.reduce<number>((sum, each) => sum + each!, weight));
    }
    return found;
  }
}

/** Those of the artifacts that fit. */
export function search(
  query: ArtifactQuery,
  words: WordIndex,
  all: ReadonlyMap<string, ArtifactMetadata>,
): ArtifactSearchResult {
  const { text = "", limit = 100, offset = 0 } = query;
  checkCount("limit", limit);
  checkCount("offset", offset);
  const wanted = wordsOf(text);
  const scores = wanted.length === 0 ? null : words.find(wanted);
  const candidates = scores === null
    ? [...all.values()]
    : [...scores.keys()].map((id) => all.get(id)!);
  const fitting = candidates.filter((each) => fits(each, query));
  fitting.sort((a, b) =>
    (scores?.get(b.id) ?? 0) - (scores?.get(a.id) ?? 0) || b.createdAt - a.createdAt ||
    (a.id < b.id ? -1 : 1)
  );
  return { total: fitting.length, found: fitting.slice(offset, offset + limit) };
}

function fits({ tags, contentType, createdAt }: ArtifactMetadata, query: ArtifactQuery): boolean {
  const { createdAfter = -Infinity, createdBefore = Infinity } = query;
  if (createdAt < createdAfter || createdAt > createdBefore) return false;
  if (query.tags?.some((tag) => !tags.includes(tag))) return false;
  const wanted = query.contentType;
  if (wanted === undefined) return true;
  return wanted.endsWith("/*")
    ? contentType.startsWith(wanted.slice(0, -1))
    : contentType === wanted;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  if (value instanceof Map || value instanceof Set) return [...value].flatMap(textsIn);
  return Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]);
}

function checkCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw new RangeError(`${name} must be a whole number from 0, not ${value}`);
}
