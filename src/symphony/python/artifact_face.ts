/**
 * The Artifact Store for Python: `ArtifactStore`.
 * @module
 */
import {
  byRef,
  type PyBuffer,
  type PyClass,
  pyClass,
  type PyValue,
  t,
  type TypedArray,
} from "../../../mod.ts";
import type { ArtifactDescription, ArtifactMetadata } from "../pit/artifact.ts";
import type { ArtifactSecret } from "../pit/artifact_key.ts";
import { ArtifactStore } from "../pit/artifact_store.ts";
import { untilAborted } from "../pit/artifact_stream.ts";
import type { ArtifactVersion } from "../pit/artifact_versions.ts";
import { ArtifactCare, CARE_METHODS, ID } from "./artifact_care_face.ts";
import { DictReader, plain } from "./dict_reader.ts";
import { refuse } from "./error_face.ts";
import { asStorage } from "./storage_error.ts";

/** Content as Python gives it. */
export type ContentGiven = string | PyBuffer;

const METADATA_FIELDS = {
  id: t.str,
  content_type: t.str,
  size: t.int,
  created_at: t.datetime,
  created_by: t.optional(t.str),
  tags: t.list(t.str),
  custom: t.dict(t.str, t.any),
  tier: t.literal("hot", "cold"),
  references: t.int,
  accesses: t.int,
  last_access: t.datetime,
  rating: t.optional(t.float),
} as const;
const METADATA = t.record("ArtifactMetadata", METADATA_FIELDS);
const VERSION = t.record("ArtifactVersion", {
  version: t.int,
  hash: t.str,
  created_at: t.datetime,
  message: t.optional(t.str),
  parent: t.optional(t.int),
});
/** What is known of an artifact, as Python has it: see `ArtifactMetadata`. */
export interface MetadataDict {
  /** The SHA-256 of its bytes. */
  readonly id: string;
  /** `"text/plain"` */
  readonly content_type: string;
  /** Bytes. */
  readonly size: number;
  /** When it was made. */
  readonly created_at: Date;
  /** Who made it. */
  readonly created_by: string | null;
  /** Words by which it is found. */
  readonly tags: readonly string[];
  /** Anything else. */
  readonly custom: Record<string, unknown>;
  /** `"cold"` once it is archived. */
  readonly tier: "hot" | "cold";
  /** How often it was stored and not released. */
  readonly references: number;
  /** How often it was retrieved. */
  readonly accesses: number;
  /** When it was retrieved last. */
  readonly last_access: Date;
  /** What users say of it, 0 to 1. */
  readonly rating: number | null;
}

function metadataToDict(metadata: ArtifactMetadata): MetadataDict {
  return {
    id: metadata.id,
    content_type: metadata.contentType,
    size: metadata.size,
    created_at: new Date(metadata.createdAt),
    created_by: metadata.createdBy ?? null,
    tags: metadata.tags,
    custom: { ...metadata.custom },
    tier: metadata.tier,
    references: metadata.references,
    accesses: metadata.accesses,
    last_access: new Date(metadata.lastAccess),
    rating: metadata.rating ?? null,
  };
}

/** A version, as Python has it: see `ArtifactVersion`. */
export interface VersionDict {
  /** Its number; the first one is 1. */
  readonly version: number;
  /** The artifact. */
  readonly hash: string;
  /** When it was made. */
  readonly created_at: Date;
  /** What changed, in words. */
  readonly message: string | null;
  /** The version from which it was made. */
  readonly parent: number | null;
}

function versionToDict(version: ArtifactVersion): VersionDict {
  const { createdAt, message = null, parent = null } = version;
  const { version: number, hash } = version;
  return { version: number, hash, created_at: new Date(createdAt), message, parent };
}

const KNOWN = ["content_type", "created_by", "tags", "custom", "parents"];

/** Reads what Python tells of a content; what has no name of ours is kept as `custom`. */
function readDescription(given: PyValue): ArtifactDescription {
  if (given === null) return {};
  const dict = plain(given);
  const fields = new DictReader(dict);
  const more = Object.entries(dict as object).filter(([key]) => !KNOWN.includes(key));
  const custom = {
    ...(fields.has("custom") ? fields.record("custom") : {}),
    ...Object.fromEntries(more.map(([key, value]) => [key, plain(value)])),
  };
  return {
    ...(fields.has("content_type") && { contentType: fields.text("content_type") }),
    ...(fields.has("created_by") && { createdBy: fields.text("created_by") }),
    ...(fields.has("tags") && { tags: fields.texts("tags") }),
    ...(fields.has("parents") && { parents: fields.texts("parents") }),
    ...(Object.keys(custom).length > 0 && { custom }),
  };
}

/** The bytes of a content, where they lie. */
function bytesOf(content: ContentGiven): string | Uint8Array {
  if (typeof content === "string") return content;
  if (!content.contiguous) {
    refuse(
      "TypeError",
      "the content's items must lie one after the other; give a copy: bytes(content)",
    );
  }
  const data: TypedArray = content.data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The arguments of `search()`, in their order. */
export type SearchArguments = readonly [
  text: string | null,
  tags: string[] | null,
  contentType: string | null,
  createdAfter: Date | null,
  createdBefore: Date | null,
  limit: number,
  offset: number,
];

/** The arguments of `ArtifactStore()` after the first two. */
export type OpenArguments = readonly [
  passphrase?: string | null,
  coldFolder?: string | null,
  durable?: boolean,
  repair?: boolean,
];

function opened(folder: string, key: Uint8Array | null, more: OpenArguments): ArtifactStore {
  const [passphrase = null, coldFolder = null, durable = true, repair = false] = more;
  const secret = secretOf(key, passphrase);
  return asStorage(() =>
    new ArtifactStore(folder, {
      durable,
      repair,
      ...(secret === null ? {} : { secret }),
      ...(coldFolder === null ? {} : { coldFolder }),
    })
  );
}

/** A store as Python has it; give it one of TypeScript's to hand that over. */
export class PythonArtifactStore extends ArtifactCare {
  /** Takes a folder and the options, or a store. */
  constructor(
    folder: string | ArtifactStore,
    key: Uint8Array | null = null,
    ...more: OpenArguments
  ) {
    super(typeof folder === "string" ? opened(folder, key, more) : folder);
  }

  /** Keeps a content; its id. */
  store(content: ContentGiven, metadata: PyValue): string {
    return this.storeDedup(content, metadata)[0];
  }

  /** The same, and whether it is new. */
  storeDedup(content: ContentGiven, metadata: PyValue): [string, boolean] {
    const description = readDescription(metadata);
    return asStorage(() => this.artifacts.storeDedup(bytesOf(content), description));
  }

  /** See {@link store}. */
  storeArtifact(content: ContentGiven, metadata: PyValue): string {
    return this.store(content, metadata);
  }

  /** Keeps a content that comes in pieces. */
  async storeStream(
    chunks: AsyncIterable<Uint8Array>,
    metadata: PyValue,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<string> {
    const wanted = untilAborted(chunks, signal);
    return await asStorage(() => this.artifacts.storeStream(wanted, readDescription(metadata)));
  }

  /** Keeps the content of a file. */
  async storeFile(path: string, metadata: PyValue): Promise<string> {
    return await asStorage(() => this.artifacts.storeFile(path, readDescription(metadata)));
  }

  /** A content. */
  retrieve(id: string): Uint8Array | null {
    return asStorage(() => this.artifacts.retrieve(id));
  }

  /** See {@link retrieve}. */
  retrieveArtifact(id: string): Uint8Array | null {
    return this.retrieve(id);
  }

  /** A content, where it lies. */
  retrieveView(id: string): unknown {
    const content = this.retrieve(id);
    return content === null ? null : byRef(content);
  }

  /** A content in pieces. */
  async *retrieveStream(id: string): AsyncGenerator<Uint8Array> {
    const pieces = this.artifacts.retrieveStream(id);
    try {
      for (;;) {
        const { done, value } = await asStorage(() => pieces.next());
        if (done) return;
        yield value;
      }
    } finally {
      await pieces.return();
    }
  }

  /** Writes a content to a file. */
  async retrieveToFile(id: string, path: string): Promise<void> {
    await asStorage(() => this.artifacts.retrieveToFile(id, path));
  }

  /** What is known of an artifact. */
  metadata(id: string): MetadataDict | null {
    const metadata = asStorage(() => this.artifacts.metadata(id));
    return metadata === null ? null : metadataToDict(metadata);
  }

  /** Changes what is told of it. */
  updateMetadata(id: string, metadata: PyValue): MetadataDict {
    const { parents: _, ...values } = readDescription(metadata);
    return metadataToDict(asStorage(() => this.artifacts.updateMetadata(id, values)));
  }

  /** Whether it is known. */
  exists(id: string): boolean {
    return asStorage(() => this.artifacts.exists(id));
  }

  /** The next version of a name. */
  createVersion(
    name: string,
    content: ContentGiven | null,
    ...more: readonly [
      hash: string | null,
      message: string | null,
      parent: number | null,
      metadata: PyValue,
    ]
  ): VersionDict {
    const [hash, message, parent, metadata] = more;
    if ((content === null) === (hash === null)) {
      refuse("TypeError", "create_version() takes either a content or a hash");
    }
    const options = {
      ...readDescription(metadata),
      ...(message === null ? {} : { message }),
      ...(parent === null ? {} : { parent }),
    };
    const given = content === null ? { hash: hash! } : bytesOf(content);
    return versionToDict(
      asStorage(() => this.artifacts.createVersion(name, given, options)),
    );
  }

  /** A version. */
  getVersion(name: string, version: number): VersionDict {
    return versionToDict(asStorage(() => this.artifacts.getVersion(name, version)));
  }

  /** The last version. */
  getLatest(name: string): VersionDict | null {
    const latest = asStorage(() => this.artifacts.getLatest(name));
    return latest === null ? null : versionToDict(latest);
  }

  /** All versions. */
  listVersions(name: string): VersionDict[] {
    return asStorage(() => this.artifacts.listVersions(name)).map(versionToDict);
  }

  /** Those that fit. */
  search(...given: SearchArguments): { total: number; found: MetadataDict[] } {
    const [text, tags, contentType, createdAfter, createdBefore, limit, offset] = given;
    const { total, found } = asStorage(() =>
      this.artifacts.search({
        limit,
        offset,
        ...(text === null ? {} : { text }),
        ...(tags === null ? {} : { tags }),
        ...(contentType === null ? {} : { contentType }),
        ...(createdAfter === null ? {} : { createdAfter: createdAfter.getTime() }),
        ...(createdBefore === null ? {} : { createdBefore: createdBefore.getTime() }),
      })
    );
    return { total, found: found.map(metadataToDict) };
  }
}

function secretOf(key: Uint8Array | null, passphrase: string | null): ArtifactSecret | null {
  if (key !== null && passphrase !== null) {
    refuse("TypeError", "ArtifactStore() takes a key or a passphrase, not both");
  }
  if (key !== null && key.length !== 32) {
    refuse("ValueError", `key must have 32 bytes, not ${key.length}; for a text use passphrase`);
  }
  if (key !== null) return { key };
  return passphrase === null ? null : { passphrase };
}

const CONTENT = t.union(t.str, t.buffer());
const TOLD = t.optional(t.dict(t.str, t.any)).default(null);
const IDS = t.list(t.str);

/** `ArtifactStore`, for the modules that have it. */
export const ArtifactStoreFace: PyClass<PythonArtifactStore> = pyClass(PythonArtifactStore, {
  name: "ArtifactStore",
  doc:
    "Artifacts in a folder, by the SHA-256 of their bytes. One process has the folder at a time. A " +
    "key of 32 bytes, or a passphrase, encrypts all that is kept.",
  init: {
    folder: t.path,
    key: t.optional(t.bytes).default(null).keywordOnly(),
    passphrase: t.optional(t.str).default(null).keywordOnly(),
    cold_folder: t.optional(t.path).default(null).keywordOnly(),
    durable: t.bool.default(true).keywordOnly(),
    repair: t.bool.default(false).keywordOnly(),
  },
  properties: {
    folder: { type: t.path, doc: "Where it lies.", readonly: true },
  },
  methods: {
    ...CARE_METHODS,
    store: {
      doc:
        "Keep a content; its id. A str is kept in UTF-8, anything with a buffer as its bytes. The " +
        "metadata may have content_type, created_by, tags, custom and parents; what else it has is " +
        "kept as custom.",
      params: { content: CONTENT, metadata: TOLD },
      returns: t.str,
    },
    storeArtifact: {
      doc: "The same as store().",
      params: { content: CONTENT, metadata: TOLD },
      returns: t.str,
    },
    storeDedup: {
      doc: "Keep a content; its id, and whether it is new.",
      params: { content: CONTENT, metadata: TOLD },
      returns: t.tuple(t.str, t.bool),
    },
    storeStream: {
      doc: "Keep a content that comes in pieces, of any length; its id.",
      params: { chunks: t.asyncIterator(t.bytes), metadata: TOLD },
      returns: t.awaitable(t.str),
      signal: true,
    },
    storeFile: {
      doc: "Keep the content of a file; its id.",
      params: { path: t.path, metadata: TOLD },
      returns: t.awaitable(t.str),
    },
    retrieve: {
      doc: "A content; None where it is not known.",
      params: ID,
      returns: t.optional(t.bytes),
    },
    retrieveArtifact: {
      doc: "The same as retrieve().",
      params: ID,
      returns: t.optional(t.bytes),
    },
    retrieveView: {
      doc: "A content as a memoryview, without a copy; None where it is not known.",
      params: ID,
      returns: t.any,
    },
    retrieveStream: {
      doc: "A content in pieces, for `async for`.",
      params: ID,
      returns: t.asyncIterator(t.bytes),
    },
    retrieveToFile: {
      doc: "Write a content to a file, which is whole or not there.",
      params: { ...ID, path: t.path },
      returns: t.awaitable(t.none),
    },
    metadata: {
      doc: "What is known of an artifact; None where it is not known.",
      params: ID,
      returns: t.optional(METADATA),
    },
    updateMetadata: {
      doc: "Change what is told of an artifact.",
      params: { ...ID, metadata: t.dict(t.str, t.any) },
      returns: METADATA,
    },
    exists: { doc: "Whether an artifact is known.", params: ID, returns: t.bool },
    createVersion: {
      doc:
        "Keep a content, or an artifact that is there already, as the next version under a name.",
      params: {
        name: t.str,
        content: t.optional(CONTENT).default(null),
        hash: t.optional(t.str).default(null).keywordOnly(),
        message: t.optional(t.str).default(null).keywordOnly(),
        parent: t.optional(t.int).default(null).keywordOnly(),
        metadata: TOLD.keywordOnly(),
      },
      returns: VERSION,
    },
    getVersion: {
      doc: "A version of a name.",
      params: { name: t.str, version: t.int },
      returns: VERSION,
    },
    getLatest: {
      doc: "The last version of a name; None where there is none.",
      params: { name: t.str },
      returns: t.optional(VERSION),
    },
    listVersions: {
      doc: "All versions of a name, the oldest first.",
      params: { name: t.str },
      returns: t.list(VERSION),
    },
    search: {
      doc:
        "The artifacts that fit, the best first, and how many there are without the limit. All " +
        "words of the text must be in the tags, the content type, what is told, or a text's content.",
      params: {
        text: t.optional(t.str).default(null),
        tags: t.optional(IDS).default(null).keywordOnly(),
        content_type: t.optional(t.str).default(null).keywordOnly(),
        created_after: t.optional(t.datetime).default(null).keywordOnly(),
        created_before: t.optional(t.datetime).default(null).keywordOnly(),
        limit: t.int.default(100).keywordOnly(),
        offset: t.int.default(0).keywordOnly(),
      },
      returns: t.record("ArtifactSearchResult", { total: t.int, found: t.list(METADATA) }),
    },
  },
  dunders: {
    __enter__: {
      params: {},
      returns: t.instance(PythonArtifactStore),
      call(this: PythonArtifactStore) {
        return this;
      },
    },
    __exit__(...raised: PyValue[]) {
      for (const part of raised) part?.$.release();
      this.close();
      return false;
    },
    __len__: (self) => self.list().length,
    __contains__: {
      params: { artifact_id: t.str },
      returns: t.bool,
      call(this: PythonArtifactStore, id: string) {
        return this.exists(id);
      },
    },
    __repr__: (self) => `<ArtifactStore ${JSON.stringify(self.artifacts.folder)}>`,
  },
});
