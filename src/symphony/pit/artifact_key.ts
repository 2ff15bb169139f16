/**
 * The keys of an encrypted store: one is given or derived from a passphrase, the others come from it.
 * @module
 */
import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  scryptSync,
} from "node:crypto";
import { SymphonyError } from "../error.ts";
import type { LineCipher } from "./journal.ts";

/** The key of a store: 32 bytes, or a passphrase from which they are derived by scrypt. */
export type ArtifactSecret = { readonly key: Uint8Array } | { readonly passphrase: string };

/** What the store's own file says of its encryption; no secret. */
export interface KeyDescription {
  /** Where the key comes from. */
  readonly from: "key" | "scrypt";
  /** For scrypt, and for the keys derived further: hexadecimal. */
  readonly salt: string;
  /** scrypt's cost. */
  readonly cost: number;
  /** By this is known whether a key fits. */
  readonly check: string;
}

/** scrypt with N = 2^15, r = 8, p = 1 takes 32 MB and some 100 ms. */
const COST = 2 ** 15;

/** The keys of one store. */
export class ArtifactKeys {
  /** What the store's own file says. */
  readonly description: KeyDescription;
  readonly #master: Uint8Array;
  readonly #names: Uint8Array;

  /** Derives the keys; with a description, the key must fit. */
  constructor(secret: ArtifactSecret, known?: KeyDescription) {
    const salt = known === undefined ? randomBytes(32) : Buffer.from(known.salt, "hex");
    const cost = known?.cost ?? COST;
    const from = "key" in secret ? "key" : "scrypt";
    this.#master = derived(keyOf(secret, salt, cost), salt, "pyduet artifacts 1");
    this.#names = this.derive("names");
    const check = Buffer.from(this.derive("check")).toString("hex");
    if (known !== undefined && known.check !== check) {
      const way = known.from === "key" ? "a key" : "a passphrase";
      throw new SymphonyError(
        "Configuration",
        `The ${
          from === "key" ? "key" : "passphrase"
        } does not fit this store, which was made with another; it was ` +
          `made with ${way}.`,
      );
    }
    this.description = { from, salt: Buffer.from(salt).toString("hex"), cost, check };
  }

  /** A key for one purpose, 32 bytes. */
  derive(purpose: string, salt: Uint8Array = new Uint8Array()): Uint8Array {
    return derived(this.#master, salt, purpose);
  }

  /** The name of an artifact's file, which tells nothing of the content. */
  fileName(id: string): string {
    return createHmac("sha256", this.#names).update(id).digest("hex");
  }

  /** What makes the lines of the index unreadable. */
  lineCipher(): LineCipher {
    const key = this.derive("index");
    return {
      seal(text, place) {
        const nonce = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", key, nonce);
        cipher.setAAD(Buffer.from(place));
        const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final()]);
        return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64");
      },
      open(word, place) {
        const bytes = Buffer.from(word, "base64");
        const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
        cipher.setAAD(Buffer.from(place));
        cipher.setAuthTag(bytes.subarray(-16));
        return cipher.update(bytes.subarray(12, -16), undefined, "utf8") + cipher.final("utf8");
      },
    };
  }
}

function keyOf(secret: ArtifactSecret, salt: Uint8Array, cost: number): Uint8Array {
  if ("key" in secret) {
    if (secret.key instanceof Uint8Array && secret.key.length === 32) return secret.key;
    throw new SymphonyError(
      "Configuration",
      `The key of an artifact store has 32 bytes, not ${secret.key?.length}; for a text use { passphrase }.`,
    );
  }
  if (typeof secret.passphrase !== "string" || secret.passphrase === "") {
    throw new SymphonyError("Configuration", "The passphrase of an artifact store is empty.");
  }
  const text = secret.passphrase.normalize("NFKC");
  return scryptSync(text, salt, 32, { N: cost, r: 8, p: 1, maxmem: 2 ** 28 });
}

function derived(key: Uint8Array, salt: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, salt, purpose, 32));
}
