/**
 * How a store is opened, and whether the key fits.
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SymphonyError } from "../error.ts";
import { ArtifactKeys, type ArtifactSecret, type KeyDescription } from "./artifact_key.ts";
import { type Durability, writeDurably } from "./durable_file.ts";

/** How a store is opened. */
export interface ArtifactStoreOptions extends Durability {
  /** Encrypts all that is kept, the index as well. A store is encrypted from its beginning or not at all. */
  readonly secret?: ArtifactSecret;
  /** Where archived contents lie. Default: `cold` in the store's folder. */
  readonly coldFolder?: string;
  /** The time: milliseconds since 1970. */
  readonly now?: () => number;
  /** Leave out damaged lines of the index, which are an error otherwise. */
  readonly repair?: boolean;
}

/** What the store's own file says. */
interface StoreFile {
  readonly format: 1;
  readonly encryption: KeyDescription | null;
}

/** The keys of the store in a folder; `null` where it is not encrypted. Notes a new store's. */
export function keysOf(
  folder: string,
  { secret, durable }: ArtifactStoreOptions,
): ArtifactKeys | null {
  const path = join(folder, "store.json");
  const known = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) as StoreFile : null;
  if (known !== null && (known.encryption === null) !== (secret === undefined)) {
    const text = known.encryption === null
      ? "is not encrypted: open it without a secret, and store what is secret in another one"
      : `is encrypted: open it with its ${known.encryption.from === "key" ? "key" : "passphrase"}`;
    throw new SymphonyError("Configuration", `The artifact store ${folder} ${text}.`);
  }
  const keys = secret === undefined
    ? null
    : new ArtifactKeys(secret, known?.encryption ?? undefined);
  if (known === null) {
    const file: StoreFile = { format: 1, encryption: keys?.description ?? null };
    writeDurably(path, JSON.stringify(file), { durable: durable ?? true });
  }
  return keys;
}
