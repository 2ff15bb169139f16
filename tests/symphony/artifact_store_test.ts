import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ArtifactError, ArtifactStore, type ArtifactStoreOptions } from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/folder.ts";

const sha = (text: string | Uint8Array): string => createHash("sha256").update(text).digest("hex");
const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);

/** A store in a folder of its own, whose time is a count. Not waiting for the disk. */
function withStore(
  use: (store: ArtifactStore, reopen: () => ArtifactStore, folder: string) => unknown,
  options: ArtifactStoreOptions = {},
): Promise<void> {
  return inFolder(async (folder) => {
    let now = 0;
    const make = (): ArtifactStore =>
      new ArtifactStore(folder, { durable: false, now: () => ++now, ...options });
    let store = make();
    const reopen = (): ArtifactStore => {
      store.close();
      return store = make();
    };
    try {
      await use(store, reopen, folder);
    } finally {
      store.close();
    }
  });
}

describe("ArtifactStore", () => {
  it("store() gives the SHA-256 of the bytes, retrieve() the bytes", () =>
    withStore((store, reopen) => {
      const id = store.store("héllo");
      assert.strictEqual(id, sha("héllo"));
      assert.strictEqual(text(store.retrieve(id)), "héllo");
      const empty = store.store(new Uint8Array());
      assert.strictEqual(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
      assert.deepEqual([...store.retrieve(empty)!], []);
      assert.strictEqual(store.retrieve(sha("unknown")), null);
      assert.strictEqual(store.exists(id), true);
      assert.strictEqual(store.exists(sha("unknown")), false);
      const again = reopen();
      assert.strictEqual(text(again.retrieve(id)), "héllo");
      assert.deepEqual(again.list(), [id, empty]);
    }));

  it("refuses what is no id or no content", () =>
    withStore((store) => {
      assert.throws(() => store.retrieve("../../etc/passwd"), {
        name: "ArtifactError",
        message:
          "retrieve_artifact: an artifact's id has 64 hexadecimal digits in lower case, not " +
          '"../../etc/passwd"',
      });
      assert.throws(() => store.store(5 as never), {
        message: "A content is a Uint8Array or a string, not number",
      });
      assert.throws(() => store.store("x", { contentType: "text" }), {
        message: 'store_artifact: a content type looks like "text/plain", not "text"',
      });
      assert.throws(() => store.store("x", { tags: [""] }), /tags are texts that are not empty/);
      assert.throws(
        () => store.store("x", { custom: { f: () => {} } }),
        /^SymphonyError: custom of an artifact cannot be kept: \$\.f is a function/,
      );
      assert.deepEqual(store.list(), []);
    }));

  it("metadata() tells what was told, and what happened since", () =>
    withStore((store, reopen) => {
      const id = store.store("x", {
        contentType: "text/plain",
        createdBy: "ada",
        tags: ["b", "a", "b"],
        custom: { epoch: 3n, at: new Date(0) },
      });
      const metadata = {
        id,
        contentType: "text/plain",
        size: 1,
        createdAt: 1,
        createdBy: "ada",
        tags: ["b", "a"],
        custom: { epoch: 3n, at: new Date(0) },
        tier: "hot",
        references: 1,
        accesses: 0,
        lastAccess: 1,
      };
      assert.deepEqual(store.metadata(id), metadata);
      store.retrieve(id);
      assert.deepEqual(reopen().metadata(id), { ...metadata, accesses: 1, lastAccess: 2 });
      const other = reopen();
      const plain = other.metadata(other.store("y"))!;
      assert.deepEqual([plain.contentType, plain.tags, plain.custom, "createdBy" in plain], [
        "application/octet-stream",
        [],
        {},
        false,
      ]);
      assert.strictEqual(other.metadata(sha("unknown")), null);
      const changed = other.updateMetadata(id, { tags: ["c"], custom: {} });
      assert.deepEqual([changed.tags, changed.custom, changed.createdBy], [["c"], {}, "ada"]);
      assert.deepEqual(reopen().metadata(id)!.tags, ["c"]);
    }));

  it("keeps the same content once, and counts its references", () =>
    withStore((store, reopen) => {
      assert.deepEqual(store.storeDedup("abc"), [sha("abc"), true]);
      assert.deepEqual(store.storeDedup("abc"), [sha("abc"), false]);
      store.store("z");
      assert.deepEqual(reopen().dedupStats(), {
        artifacts: 2,
        references: 3,
        storedBytes: 4,
        logicalBytes: 7,
        savedShare: 1 - 4 / 7,
      });
      const again = reopen();
      assert.strictEqual(again.release(sha("abc")), 1);
      assert.strictEqual(again.release(sha("abc")), 0);
      assert.strictEqual(again.exists(sha("abc")), false);
      assert.throws(() => again.release(sha("abc")), {
        name: "ArtifactError",
        message: `release_artifact: artifact ${sha("abc")}: not found`,
      });
    }));

  it("delete() removes the file, whatever the references", () =>
    withStore((store, reopen, folder) => {
      const id = store.store("abc");
      store.store("abc");
      const path = join(folder, "objects", id.slice(0, 2), id.slice(2, 4), id);
      assert.strictEqual(readFileSync(path, "utf8"), "abc");
      store.delete(id);
      assert.strictEqual(existsSync(path), false);
      assert.strictEqual(reopen().retrieve(id), null);
    }));

  it("archive() moves to the cold folder, restore() back; both can be retrieved", () =>
    withStore((store, reopen, folder) => {
      const id = store.store("abc");
      const cold = join(folder, "cold", id.slice(0, 2), id.slice(2, 4), id);
      store.archive(id);
      store.archive(id);
      assert.strictEqual(existsSync(cold), true);
      const again = reopen();
      assert.strictEqual(again.metadata(id)?.tier, "cold");
      assert.strictEqual(text(again.retrieve(id)), "abc");
      assert.deepEqual(again.storeDedup("abc"), [id, false]);
      again.restore(id);
      assert.strictEqual(existsSync(cold), false);
      assert.strictEqual(reopen().metadata(id)?.tier, "hot");
    }));

  it("keeps versions under names", () =>
    withStore((store, reopen) => {
      const first = store.createVersion("plan", "a\nb\nc\n", { message: "begin", tags: ["plan"] });
      assert.deepEqual(first, {
        version: 1,
        hash: sha("a\nb\nc\n"),
        createdAt: first.createdAt,
        message: "begin",
      });
      const id = store.store("a\nB\nc\nd\n");
      assert.strictEqual(store.createVersion("plan", { hash: id }).parent, 1);
      store.createVersion("plan", "a\n", { parent: 1 });
      const again = reopen();
      assert.deepEqual(again.listVersions("plan").map(({ version, parent }) => [version, parent]), [
        [1, undefined],
        [2, 1],
        [3, 1],
      ]);
      assert.strictEqual(again.getLatest("plan")?.version, 3);
      assert.strictEqual(again.getLatest("none"), null);
      assert.deepEqual(again.versionNames(), ["plan"]);
      assert.deepEqual(again.diff("plan", 1, 2), [
        { kind: "same", lines: ["a"] },
        { kind: "removed", lines: ["b"] },
        { kind: "added", lines: ["B"] },
        { kind: "same", lines: ["c"] },
        { kind: "added", lines: ["d"] },
        { kind: "same", lines: [""] },
      ]);
      assert.throws(() => again.getVersion("plan", 4), {
        message: 'get_version: "plan" has versions 1 to 3, and none is 4',
      });
      assert.throws(() => again.getVersion("none", 1), {
        message: 'get_version: "none" has no versions, and none is 1',
      });
      assert.throws(() => again.delete(id), {
        message:
          `delete_artifact: artifact ${id}: it is a version of "plan"; deleteVersions() forgets those`,
      });
      const bytes = again.createVersion("plan", Uint8Array.of(255)).version;
      assert.throws(() => again.diff("plan", 1, bytes), /version 4 of "plan" is no text in UTF-8/);
      again.deleteVersions("plan");
      again.delete(id);
      assert.deepEqual(reopen().listVersions("plan"), []);
    }));

  it("search() finds by words, tags, kinds and times", () =>
    withStore((store, reopen) => {
      const a = store.store("the Quick brown fox", { contentType: "text/plain", tags: ["animal"] });
      const b = store.store(`{"name": "fox"}`, {
        contentType: "application/json",
        createdBy: "ada",
      });
      const c = store.store(Uint8Array.of(1), {
        tags: ["animal", "fox"],
        custom: { note: "Große Übung" },
      });
      const ids = (query: Parameters<ArtifactStore["search"]>[0]) =>
        store.search(query).found.map(({ id }) => id);
      assert.deepEqual(ids({ text: "fox" }), [c, b, a]);
      assert.deepEqual(ids({ text: "quick FOX" }), [a]);
      assert.deepEqual(ids({ text: "übung" }), [c]);
      assert.deepEqual(ids({ text: "ada" }), [b]);
      assert.deepEqual(ids({ text: "fox unknown" }), []);
      assert.deepEqual(ids({ tags: ["animal"] }), [c, a]);
      assert.deepEqual(ids({ tags: ["animal", "fox"] }), [c]);
      assert.deepEqual(ids({ contentType: "text/*" }), [a]);
      assert.deepEqual(ids({ contentType: "application/json" }), [b]);
      const { createdAt } = store.metadata(b)!;
      assert.deepEqual(ids({ createdAfter: createdAt }), [c, b]);
      assert.deepEqual(ids({ createdBefore: createdAt }), [b, a]);
      const page = store.search({ limit: 1, offset: 1 });
      assert.deepEqual([page.total, page.found.map(({ id }) => id)], [3, [b]]);
      assert.throws(() => store.search({ limit: -1 }), {
        message: "limit must be a whole number from 0, not -1",
      });
      store.updateMetadata(a, { tags: ["gone"] });
      store.delete(c);
      store = reopen();
      assert.deepEqual(ids({ text: "animal" }), []);
      assert.deepEqual(ids({ text: "quick" }), [a]);
    }));

  it("keeps the lineage and refuses cycles", () =>
    withStore((store, reopen) => {
      const a = store.store("a");
      const b = store.store("b", { parents: [a] });
      const c = store.store("c", { parents: [b, a] });
      const again = reopen();
      assert.deepEqual(again.parents(c), [b, a]);
      assert.deepEqual(again.children(a), [b, c]);
      assert.deepEqual(again.ancestors(c), [b, a]);
      assert.deepEqual(again.descendants(a), [b, c]);
      const short = (id: string) => id.slice(0, 12);
      assert.throws(() => again.link(c, a), {
        message:
          `link_artifacts: artifact ${a}: cannot be a child of ${c}, which would be made of itself: ` +
          `${short(a)} -> ${short(c)} -> ${short(a)}`,
      });
      assert.throws(() => again.link(a, a), /which would be made of itself/);
      assert.throws(() => again.store("d", { parents: [sha("unknown")] }), /not found/);
      assert.throws(() => again.store("a", { parents: [c] }), /which would be made of itself/);
      again.unlink(b, c);
      again.delete(a);
      assert.deepEqual(reopen().ancestors(c), [a]);
    }));

  it("quality() weighs what is known; a rating counts most", () =>
    withStore((store, reopen) => {
      const bare = store.store("");
      assert.deepEqual(store.quality(bare), {
        score: 0,
        description: 0,
        usage: 0,
        influence: 0,
        rating: null,
      });
      const told = store.store("x", {
        contentType: "text/plain",
        createdBy: "ada",
        tags: ["t"],
        custom: { a: 1 },
      });
      store.rate(told, 1);
      store.rate(told, 0.5);
      store.store("y", { parents: [told] });
      const quality = reopen().quality(told);
      assert.deepEqual(quality, {
        score: 0.5 * 0.75 + 0.2 + 0.1 * 0.25,
        description: 1,
        usage: 0,
        influence: 0.25,
        rating: 0.75,
      });
      assert.throws(() => reopen().rate(told, 2), {
        message: "a rating is a number from 0 to 1, not 2",
      });
    }));

  it("streams contents in and out", () =>
    withStore(async (store, _, folder) => {
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 100; i++) {
          await Promise.resolve();
          yield new Uint8Array(5000).fill(i);
        }
      }
      const whole = new Uint8Array(500_000).map((_, i) => Math.floor(i / 5000));
      const id = await store.storeStream(pieces(), { contentType: "image/png" });
      assert.strictEqual(id, sha(whole));
      assert.deepEqual(store.retrieve(id), store.retrieve(id));
      const got: Uint8Array[] = [];
      for await (const piece of store.retrieveStream(id)) got.push(piece);
      assert.ok(got.length > 3);
      assert.strictEqual(sha(Buffer.concat(got)), id);
      const blob = new Blob([whole]);
      assert.strictEqual(await store.storeStream(blob.stream()), id);
      assert.strictEqual(store.metadata(id)?.references, 2);
      const path = join(folder, "copy");
      await store.retrieveToFile(id, path);
      assert.strictEqual(await store.storeFile(path), id);
      await assert.rejects(store.storeFile(join(folder, "nothing")), { code: "ENOENT" });
      await assert.rejects(store.retrieveToFile(sha("unknown"), path), /not found/);
      async function* wrong() {
        yield "text" as unknown as Uint8Array;
        await Promise.resolve();
      }
      await assert.rejects(store.storeStream(wrong()), {
        message: "A stream of an artifact's content gives Uint8Arrays, not string",
      });
      assert.deepEqual((await store.check()).orphans, []);
    }));

  it("names what was damaged, and never gives wrong bytes", () =>
    withStore(async (store, _, folder) => {
      const id = store.store("a content");
      const path = join(folder, "objects", id.slice(0, 2), id.slice(2, 4), id);
      assert.strictEqual(await store.verify(id), null);
      writeFileSync(path, "A content");
      const message =
        `retrieve_artifact: artifact ${id}: its file is damaged; restore it from a copy, or delete it ` +
        "and store it again";
      assert.throws(() => store.retrieve(id), { name: "ArtifactError", message });
      const seen: Uint8Array[] = [];
      await assert.rejects(async () => {
        for await (const piece of store.retrieveStream(id)) seen.push(piece);
      }, { message });
      assert.deepEqual(seen, []);
      const lost = store.store("lost");
      const lostPath = join(folder, "objects", lost.slice(0, 2), lost.slice(2, 4), lost);
      writeFileSync(join(folder, "objects", "stray"), "?");
      rmSync(lostPath);
      assert.deepEqual(await store.check({ repair: true }), {
        checked: 2,
        damage: [
          { id, problem: "damaged", message },
          { id: lost, problem: "missing", message: `artifact ${lost}: its file is missing` },
        ],
        orphans: [join(folder, "objects", "stray")],
        misplaced: [],
      });
      assert.deepEqual((await store.check()).orphans, []);
      assert.throws(() => store.retrieve(lost), {
        message: `retrieve_artifact: artifact ${lost}: its file is missing`,
      });
      store.store("lost");
      assert.strictEqual(text(store.retrieve(lost)), "lost");
    }));

  it("finds a content that was moved before the index knew", () =>
    withStore(async (store, reopen, folder) => {
      const id = store.store("abc");
      const index = readFileSync(join(folder, "index.log"));
      store.archive(id);
      store.close();
      writeFileSync(join(folder, "index.log"), index);
      const again = reopen();
      assert.strictEqual(again.metadata(id)?.tier, "hot");
      assert.strictEqual(text(again.retrieve(id)), "abc");
      assert.deepEqual((await again.check({ repair: true })).misplaced, [id]);
      assert.strictEqual(again.metadata(id)?.tier, "cold");
    }));

  it("reads its index without what a crash tore; damage in the middle is an error", () =>
    withStore((store, reopen, folder) => {
      const [a, b] = [store.store("a"), store.store("b")];
      const path = join(folder, "index.log");
      store.close();
      appendFileSync(path, "0123456789abcdef {");
      assert.deepEqual(reopen().list(), [a, b]);
      const lines = readFileSync(path, "utf8").split("\n");
      assert.strictEqual(lines.length, 4);
      lines[1] = lines[1]!.replace('"hot"', '"hog"');
      reopen().close();
      writeFileSync(path, lines.join("\n"));
      assert.throws(() => new ArtifactStore(folder), {
        message:
          `Line 2 of ${path} is damaged. Put back a copy of the file, or open it with { repair: true }, which ` +
          "leaves such lines out.",
      });
      using repaired = new ArtifactStore(folder, { repair: true });
      assert.deepEqual(repaired.list(), [b]);
      repaired.close();
      assert.deepEqual(reopen().list(), [b]);
    }));

  it("writes its index anew when it has grown too long", () =>
    withStore((store, reopen, folder) => {
      const id = store.store("a", { tags: ["kept"] });
      for (let i = 0; i < 11_000; i++) store.rate(id, 1);
      store.createVersion("v", { hash: id });
      store.store("b", { parents: [id] });
      assert.ok(readFileSync(join(folder, "index.log"), "utf8").split("\n").length < 2000);
      const again = reopen();
      assert.deepEqual([again.metadata(id)?.tags, again.metadata(id)?.rating], [["kept"], 1]);
      assert.strictEqual(again.getLatest("v")?.hash, id);
      assert.deepEqual(again.children(id), [sha("b")]);
    }));

  it("a closed store says so", () =>
    withStore((store, _, folder) => {
      store.close();
      store.close();
      assert.throws(() => store.store("x"), {
        message: `store_artifact: the store ${folder} was closed`,
      });
      assert.ok(ArtifactError);
    }));

  it("one process has the folder at a time", () =>
    withStore((store, reopen, folder) => {
      assert.throws(() => new ArtifactStore(folder), {
        message:
          `The folder ${folder} is in use by this process already. Close it there first; if that is no such ` +
          `program, remove ${join(folder, "lock")}.`,
      });
      store.close();
      // A lock of a process that is no more; its number may belong to another one by now.
      writeFileSync(join(folder, "lock"), JSON.stringify({ pid: 1, began: "0", id: "dead" }));
      reopen().store("x");
      assert.strictEqual(existsSync(join(folder, "lock.claim.dead")), false);
      reopen().close();
      writeFileSync(join(folder, "lock"), JSON.stringify({ pid: 2 ** 22 + 1, began: "", id: "d" }));
      writeFileSync(
        join(folder, "lock.claim.d"),
        JSON.stringify({ pid: 2 ** 22 + 2, began: "", id: "e" }),
      );
      assert.deepEqual(reopen().list(), [sha("x")]);
    }));
});
