/**
 * The form of an encrypted artifact: AES-256-GCM in chunks.
 *
 *     "PYDUETA1" | salt, 32 | nonce, 12 | sealed id and size, 40 | tag, 16 | chunks
 *
 * Each file has a key of its own, derived from the store's and the salt. The head says which artifact it is, and how
 * long. A chunk is up to 64 KiB with its tag; its nonce is its number and whether it is the last, so that chunks that
 * were exchanged, left out or cut off do not open.
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { ArtifactKeys } from "./artifact_key.ts";

/** Plain bytes of a chunk. */
export const CHUNK: number = 64 * 1024;
/** Bytes of a tag. */
const TAG = 16;
const MAGIC = new TextEncoder().encode("PYDUETA1");
/** Bytes before the first chunk. */
export const HEAD: number = MAGIC.length + 32 + 12 + 40 + TAG;

/** Bytes of an encrypted file. */
export function sealedSize(size: number): number {
  return HEAD + size + chunksOf(size) * TAG;
}

/** Chunks of a content; an empty one has one. */
export function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK));
}

/** Encrypts one content, chunk by chunk; the head comes last, since the id is known by then alone. */
export class Sealer {
  readonly #key: Uint8Array;
  readonly #headKey: Uint8Array;
  readonly #salt: Uint8Array;
  #number = 0;

  /** Takes the store's keys. */
  constructor(keys: ArtifactKeys) {
    this.#salt = randomBytes(32);
    this.#key = keys.derive("content", this.#salt);
    this.#headKey = keys.derive("head", this.#salt);
  }

  /** The next chunk; all but the last have {@link CHUNK} bytes. */
  chunk(plain: Uint8Array, last: boolean): Uint8Array {
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonceOf(this.#number++, last));
    const first = cipher.update(plain);
    return Buffer.concat([first, cipher.final(), cipher.getAuthTag()]);
  }

  /** The head, once all chunks are there. */
  head(id: string, size: number): Uint8Array {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#headKey, nonce);
    cipher.setAAD(MAGIC);
    const sealed = Buffer.concat([cipher.update(about(id, size)), cipher.final()]);
    return Buffer.concat([MAGIC, this.#salt, nonce, sealed, cipher.getAuthTag()]);
  }
}

/** Decrypts one content, chunk by chunk. Throws at the first byte that is not as it was written. */
export class Opener {
  /** Bytes of the plain content. */
  readonly size: number;
  readonly #key: Uint8Array;
  #number = 0;

  /** Takes the store's keys, the head, and which artifact it must be. */
  constructor(keys: ArtifactKeys, head: Uint8Array, id: string) {
    if (head.length < HEAD || !same(head.subarray(0, MAGIC.length), MAGIC)) {
      throw new Error("its file is no encrypted artifact");
    }
    const salt = head.subarray(8, 40);
    const cipher = createDecipheriv(
      "aes-256-gcm",
      keys.derive("head", salt),
      head.subarray(40, 52),
    );
    cipher.setAAD(MAGIC);
    cipher.setAuthTag(head.subarray(92, HEAD));
    const plain = Buffer.concat([cipher.update(head.subarray(52, 92)), cipher.final()]);
    if (plain.subarray(0, 32).toString("hex") !== id) {
      throw new Error(`its file is that of artifact ${plain.subarray(0, 32).toString("hex")}`);
    }
    this.size = Number(plain.readBigUInt64BE(32));
    this.#key = keys.derive("content", salt);
  }

  /** The next chunk, plain. */
  chunk(sealed: Uint8Array): Uint8Array {
    const last = this.#number + 1 === chunksOf(this.size);
    const cipher = createDecipheriv("aes-256-gcm", this.#key, nonceOf(this.#number++, last));
    cipher.setAuthTag(sealed.subarray(-TAG));
    const plain = cipher.update(sealed.subarray(0, -TAG));
    cipher.final();
    return plain;
  }
}

function nonceOf(number: number, last: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(7, number);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

function about(id: string, size: number): Uint8Array {
  const bytes = Buffer.alloc(40);
  bytes.write(id, "hex");
  bytes.writeBigUInt64BE(BigInt(size), 32);
  return bytes;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
