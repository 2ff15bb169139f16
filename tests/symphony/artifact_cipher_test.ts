import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type ArtifactSecret, ArtifactStore } from "../../src/symphony/mod.ts";
import { sealedSize } from "../../src/symphony/pit/artifact_cipher.ts";
import { inFolder } from "../fixtures/folder.ts";

const KEY = { key: new Uint8Array(32).fill(7) };

function open(folder: string, secret: ArtifactSecret = KEY): ArtifactStore {
  return new ArtifactStore(folder, { secret, durable: false });
}

/** All files in a folder of contents. */
function filesIn(folder: string): string[] {
  return readdirSync(join(folder, "objects"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function streamed(store: ArtifactStore, id: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.retrieveStream(id)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const CHUNK = 64 * 1024;
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5];

describe("an encrypted ArtifactStore", () => {
  it("gives back what was stored, whole and in pieces, of every length", () =>
    inFolder(async (folder) => {
      using store = open(folder);
      for (const size of SIZES) {
        const content = new Uint8Array(size).map((_, i) => i * 31 + size);
        const id = store.store(content);
        assert.ok(Buffer.from(store.retrieve(id)!).equals(content), `${size}`);
        assert.ok(Buffer.from(await streamed(store, id)).equals(content), `${size} in pieces`);
        store.delete(id);
        const again = await store.storeStream(new Blob([content]).stream());
        assert.strictEqual(again, id);
        assert.ok(Buffer.from(store.retrieve(id)!).equals(content), `${size} from pieces`);
        assert.strictEqual(statSync(filesIn(folder).at(-1)!).size > size, true);
        store.delete(id);
      }
      assert.deepEqual(filesIn(folder), []);
    }));

  it("shows nothing of it on the disk: not the content, its hash, nor what is told of it", () =>
    inFolder((folder) => {
      using store = open(folder);
      const content = "a secret plan of many words";
      const id = store.store(content, { contentType: "text/plain", tags: ["hidden-tag"] });
      store.createVersion("hidden-name", { hash: id });
      const all = [...filesIn(folder), join(folder, "index.log"), join(folder, "store.json")];
      for (const path of all) {
        const bytes = readFileSync(path);
        for (const word of [content, "secret", id, id.slice(0, 16), "hidden", "text/plain"]) {
          assert.ok(!bytes.includes(word), `${word} in ${path}`);
          assert.ok(!path.includes(word), path);
        }
        assert.ok(!bytes.includes(Buffer.from(id, "hex")));
      }
      assert.strictEqual(statSync(all[0]!).size, sealedSize(content.length));
    }));

  it("a flipped bit anywhere, and any other length, is an error that names the artifact", () =>
    inFolder(async (folder) => {
      using store = open(folder);
      const content = new Uint8Array(2 * CHUNK + 100).fill(1);
      const id = store.store(content);
      const [path] = filesIn(folder) as [string];
      const bytes = readFileSync(path);
      const damaged = {
        name: "ArtifactError",
        artifact: id,
        message: new RegExp(`artifact ${id}: its file is damaged`),
      };
      const places = [
        0,
        8,
        40,
        52,
        60,
        92,
        107,
        108,
        200,
        108 + CHUNK,
        108 + CHUNK + 15,
        bytes.length - 1,
      ];
      for (const place of places) {
        const changed = Buffer.from(bytes);
        changed[place]! ^= 1;
        writeFileSync(path, changed);
        assert.throws(() => store.retrieve(id), damaged, `byte ${place}`);
        await assert.rejects(streamed(store, id), damaged, `byte ${place} in pieces`);
      }
      const chunk = CHUNK + 16;
      const [one, two] = [
        bytes.subarray(108, 108 + chunk),
        bytes.subarray(108 + chunk, 108 + 2 * chunk),
      ];
      const lengths = [
        bytes.subarray(0, bytes.length - 1),
        bytes.subarray(0, 108 + 2 * chunk),
        bytes.subarray(0, 108 + chunk),
        bytes.subarray(0, 50),
        bytes.subarray(0, 0),
        Buffer.concat([bytes, Buffer.of(0)]),
        Buffer.concat([bytes.subarray(0, 108), two, one, bytes.subarray(108 + 2 * chunk)]),
      ];
      for (const [i, changed] of lengths.entries()) {
        writeFileSync(path, changed);
        assert.throws(() => store.retrieve(id), damaged, `change ${i}`);
        await assert.rejects(streamed(store, id), damaged, `change ${i} in pieces`);
      }
      assert.strictEqual((await store.verify(id))?.problem, "damaged");
      writeFileSync(path, bytes);
      assert.strictEqual(await store.verify(id), null);
    }));

  it("the file of another artifact is an error, though it opens", () =>
    inFolder(async (folder) => {
      using store = open(folder);
      const a = store.store("one");
      const [pathOfA] = filesIn(folder) as [string];
      const b = store.store("two");
      copyFileSync(filesIn(folder).find((path) => path !== pathOfA)!, pathOfA);
      const message =
        `retrieve_artifact: artifact ${a}: its file is damaged: its file is that of artifact ${b}; ` +
        "restore it from a copy, or delete it and store it again";
      assert.throws(() => store.retrieve(a), { message });
      await assert.rejects(streamed(store, a), { message });
    }));

  it("opens with its own key alone", () =>
    inFolder((folder) => {
      open(folder).close();
      assert.throws(() => open(folder, { key: new Uint8Array(32) }), {
        message:
          "The key does not fit this store, which was made with another; it was made with a key.",
      });
      assert.throws(() => open(folder, { key: new Uint8Array(31) }), {
        message:
          "The key of an artifact store has 32 bytes, not 31; for a text use { passphrase }.",
      });
      assert.throws(() => new ArtifactStore(folder), {
        message: `The artifact store ${folder} is encrypted: open it with its key.`,
      });
      open(folder).close();
    }));

  it("derives the key from a passphrase, however its accents are written", () =>
    inFolder((folder) => {
      const store = open(folder, { passphrase: "caf\u00E9" });
      const id = store.store("x");
      store.close();
      using again = open(folder, { passphrase: "cafe\u0301" });
      assert.deepEqual([...again.retrieve(id)!], [120]);
      again.close();
      assert.throws(() => open(folder, { passphrase: "cafe" }), {
        message:
          "The passphrase does not fit this store, which was made with another; it was made with a passphrase.",
      });
      assert.throws(() => open(folder, { passphrase: "" }), {
        message: "The passphrase of an artifact store is empty.",
      });
    }));

  it("a store without encryption stays without", () =>
    inFolder((folder) => {
      new ArtifactStore(folder).close();
      assert.throws(() => open(folder), {
        message:
          `The artifact store ${folder} is not encrypted: open it without a secret, and store what is secret ` +
          "in another one.",
      });
    }));

  it("a line of the index that was changed with its checksum does not open", () =>
    inFolder((folder) => {
      const store = open(folder);
      store.store("a");
      store.close();
      const other = join(folder, "other");
      const second = open(other);
      second.store("b");
      second.close();
      // Its own first line, and the entries of another store under the same key.
      const [head] = readFileSync(join(folder, "index.log"), "utf8").split("\n");
      const [, line] = readFileSync(join(other, "index.log"), "utf8").split("\n");
      writeFileSync(join(folder, "index.log"), `${head}\n${line}\n`);
      assert.throws(() => open(folder), /^SymphonyError: Line 2 of .*index\.log is damaged\./);
    }));
});
