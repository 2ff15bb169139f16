/**
 * The contents of artifacts as files: in folders by the first digits of their names, written at one stroke, plain or
 * encrypted, hot or cold.
 * @module
 */
import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArtifactError } from "./artifact.ts";
import { CHUNK, chunksOf, HEAD, Opener, sealedSize, Sealer } from "./artifact_cipher.ts";
import type { ArtifactKeys } from "./artifact_key.ts";
import { PART, renameDurably, syncFolder, writeAll } from "./durable_file.ts";

/** Where a content lies. */
export type Tier = "hot" | "cold";

/** How the files are kept. */
export interface ArtifactFilesOptions {
  /** Whether each write reaches the disk before it counts. */
  readonly durable: boolean;
  /** What encrypts them. */
  readonly keys: ArtifactKeys | null;
  /** The folder of what is archived. */
  readonly coldFolder: string;
}

/** A content of which the id and the size are known now. */
export interface Written {
  /** The SHA-256 of the plain bytes. */
  readonly id: string;
  /** Plain bytes. */
  readonly size: number;
}

/** The files of a store. */
export class ArtifactFiles {
  readonly #folders: Readonly<Record<Tier, string>>;
  readonly #parts: string;
  readonly #durable: boolean;
  readonly #keys: ArtifactKeys | null;

  /** Takes the store's folder. What a crash left half-written is removed. */
  constructor(folder: string, { durable, keys, coldFolder }: ArtifactFilesOptions) {
    this.#folders = { hot: join(folder, "objects"), cold: coldFolder };
    this.#parts = join(folder, "parts");
    this.#durable = durable;
    this.#keys = keys;
    rmSync(this.#parts, { recursive: true, force: true });
    for (const each of [...Object.values(this.#folders), this.#parts]) {
      mkdirSync(each, { recursive: true });
    }
  }

  /** Where the content lies, or would. */
  path(id: string, tier: Tier): string {
    const name = this.#keys?.fileName(id) ?? id;
    return join(this.#folders[tier], name.slice(0, 2), name.slice(2, 4), name);
  }

  /** The tier in which the content is; a crash may have stopped its move before the index knew. */
  find(id: string, expected: Tier): Tier | null {
    const other = expected === "hot" ? "cold" : "hot";
    return [expected, other].find((tier) => existsSync(this.path(id, tier as Tier))) as Tier ??
      null;
  }

  /** Writes a whole content. */
  write(id: string, content: Uint8Array): void {
    const part = this.#part();
    const file = openSync(part, "wx");
    try {
      if (this.#keys === null) writeAll(file, content);
      else {
        const sealer = new Sealer(this.#keys);
        writeAll(file, new Uint8Array(HEAD));
        for (let i = 0, chunks = chunksOf(content.length); i < chunks; i++) {
          const plain = content.subarray(i * CHUNK, (i + 1) * CHUNK);
          writeAll(file, sealer.chunk(plain, i === chunks - 1));
        }
        writeSync(file, sealer.head(id, content.length), 0, HEAD, 0);
      }
      if (this.#durable) fdatasyncSync(file);
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    this.#name(part, this.path(id, "hot"));
  }

  /** Writes a content that comes in pieces; `place()` gives it its name, `drop()` forgets it. */
  async writeStream(
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<Written & { place(): void; drop(): void }> {
    const part = this.#part();
    const file = await open(part, "wx");
    try {
      const written = await this.#pour(pieces, file);
      if (this.#durable) await file.datasync();
      return {
        ...written,
        place: () => this.#name(part, this.path(written.id, "hot")),
        drop: () => rmSync(part, { force: true }),
      };
    } catch (error) {
      rmSync(part, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** The whole content, checked. */
  read(id: string, tier: Tier): Uint8Array {
    const bytes = this.#guarded(id, () => readFileSync(this.path(id, tier)));
    const plain = this.#keys === null ? bytes : this.#guarded(id, () => this.#opened(id, bytes));
    if (createHash("sha256").update(plain).digest("hex") !== id) throw damaged(id);
    return plain;
  }

  /**
   * The content in pieces, each checked where it is encrypted. Of a plain one the last piece comes when the whole is
   * known to be right, so that nobody sees the end of a content that is not.
   */
  async *readStream(id: string, tier: Tier): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#guardedAsync(id, () => open(this.path(id, tier), "r"));
    try {
      const hash = createHash("sha256");
      let held: Uint8Array | null = null;
      for await (const piece of this.#pieces(id, file)) {
        hash.update(piece);
        if (held !== null) yield held;
        held = piece;
      }
      if (hash.digest("hex") !== id) throw damaged(id);
      if (held !== null) yield held;
    } finally {
      await file.close();
    }
  }

  /** Moves a content to another tier. */
  move(id: string, from: Tier, to: Tier): void {
    const target = this.path(id, to);
    this.#folder(dirname(target));
    try {
      renameDurably(this.path(id, from), target, { durable: this.#durable });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      // The cold folder lies on another disk.
      const part = join(dirname(target), `.${basename(target)}.${randomUUID()}${PART}`);
      copyFileSync(this.path(id, from), part);
      const file = openSync(part, "r+");
      try {
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
      renameDurably(part, target, { durable: this.#durable });
      rmSync(this.path(id, from));
    }
  }

  /** Removes a content, wherever it is. */
  remove(id: string): void {
    for (const tier of ["hot", "cold"] as const) rmSync(this.path(id, tier), { force: true });
  }

  /** All files of a tier, by their full paths. */
  *all(tier: Tier): Generator<string> {
    for (
      const entry of readdirSync(this.#folders[tier], { recursive: true, withFileTypes: true })
    ) {
      if (entry.isFile()) yield join(entry.parentPath, entry.name);
    }
  }

  /** Bytes on the disk. */
  diskSize(id: string, tier: Tier): number {
    return statSync(this.path(id, tier)).size;
  }

  async #pour(pieces: AsyncIterable<Uint8Array>, file: FileHandle): Promise<Written> {
    const hash = createHash("sha256");
    const sealer = this.#keys === null ? null : new Sealer(this.#keys);
    if (sealer !== null) await file.write(new Uint8Array(HEAD));
    let size = 0;
    // One chunk stays behind, since the last one is sealed otherwise.
    const chunk = new Uint8Array(CHUNK);
    let filled = 0;
    for await (const piece of pieces) {
      if (!(piece instanceof Uint8Array)) throw notBytes(piece);
      hash.update(piece);
      size += piece.length;
      if (sealer === null) await writeWhole(file, piece);
      for (let at = 0; sealer !== null && at < piece.length;) {
        if (filled === CHUNK) {
          await writeWhole(file, sealer.chunk(chunk, false));
          filled = 0;
        }
        const taken = piece.subarray(at, at + CHUNK - filled);
        chunk.set(taken, filled);
        filled += taken.length;
        at += taken.length;
      }
    }
    const id = hash.digest("hex");
    if (sealer !== null) {
      await writeWhole(file, sealer.chunk(chunk.subarray(0, filled), true));
      await file.write(sealer.head(id, size), 0, HEAD, 0);
    }
    return { id, size };
  }

  #opened(id: string, bytes: Uint8Array): Uint8Array {
    const opener = new Opener(this.#keys!, bytes.subarray(0, HEAD), id);
    if (bytes.length !== sealedSize(opener.size)) throw new Error("its file has another length");
    const plain = new Uint8Array(opener.size);
    for (let i = 0, chunks = chunksOf(opener.size); i < chunks; i++) {
      const from = HEAD + i * (CHUNK + 16);
      plain.set(opener.chunk(bytes.subarray(from, from + CHUNK + 16)), i * CHUNK);
    }
    return plain;
  }

  async *#pieces(id: string, file: FileHandle): AsyncGenerator<Uint8Array> {
    if (this.#keys === null) {
      for (;;) {
        const piece = await this.#guardedAsync(id, () => readUpTo(file, CHUNK));
        if (piece.length === 0) return;
        yield piece;
      }
    }
    const head = await this.#guardedAsync(id, () => readUpTo(file, HEAD));
    const opener = this.#guarded(id, () => new Opener(this.#keys!, head, id));
    for (let left = chunksOf(opener.size); left > 0; left--) {
      const sealed = await this.#guardedAsync(id, () => readUpTo(file, CHUNK + 16));
      const plain = this.#guarded(id, () => opener.chunk(sealed));
      if (plain.length > 0) yield plain;
    }
    if ((await readUpTo(file, 1)).length > 0) throw damaged(id);
  }

  #part(): string {
    return join(this.#parts, randomUUID() + PART);
  }

  #name(part: string, path: string): void {
    this.#folder(dirname(path));
    renameDurably(part, path, { durable: this.#durable });
  }

  /** A folder, and the names of those that had to be made. */
  #folder(folder: string): void {
    const first = mkdirSync(folder, { recursive: true });
    if (first === undefined || !this.#durable) return;
    for (let each = folder; each.length >= first.length; each = dirname(each)) {
      syncFolder(dirname(each));
    }
  }

  #guarded<T>(id: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw readError(id, error);
    }
  }

  async #guardedAsync<T>(id: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw readError(id, error);
    }
  }
}

async function readUpTo(file: FileHandle, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most);
  let filled = 0;
  while (filled < most) {
    const { bytesRead } = await file.read(bytes, filled, most - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
  }
}

function readError(id: string, error: unknown): ArtifactError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") {
    return new ArtifactError("retrieve_artifact", id, "its file is missing", { cause: error });
  }
  // What the cipher says of a wrong tag names nothing.
  const reason = typeof message === "string" && message.startsWith("its file")
    ? `: ${message}`
    : "";
  return damaged(id, error, reason);
}

function damaged(id: string, cause?: unknown, reason = ""): ArtifactError {
  return new ArtifactError(
    "retrieve_artifact",
    id,
    `its file is damaged${reason}; restore it from a copy, or delete it and store it again`,
    cause === undefined ? undefined : { cause },
  );
}

function notBytes(piece: unknown): TypeError {
  return new TypeError(
    `A stream of an artifact's content gives Uint8Arrays, not ${
      piece === null ? "null" : typeof piece
    }`,
  );
}
