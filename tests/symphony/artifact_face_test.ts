import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PyObject } from "../../mod.ts";
import { ArtifactStore, ArtifactStoreFace, PythonArtifactStore } from "../../src/symphony/mod.ts";
import { PitErrorFace } from "../../src/symphony/python/error_face.ts";
import { inFolder } from "../fixtures/folder.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";

// Their classes are made once, and stay.
forGood(() => evaluate("list(names)", { names: [ArtifactStoreFace, PitErrorFace] }));

/** Runs the body of a coroutine with a folder; its result, or what it raised as text. */
const outcomeOf: (code: string, names: unknown) => Promise<unknown> = forGood(() =>
  evaluate(`
import asyncio, datetime, hashlib, textwrap
modules = dict(asyncio=asyncio, datetime=datetime, sha=lambda x: hashlib.sha256(x).hexdigest())
async def outcome(code, names):
    names = dict(names, **modules)
    try:
        exec("async def body():\\n" + textwrap.indent(textwrap.dedent(code), "  "), names)
        return await names["body"]()
    except BaseException as error:
        return "%s: %s" % (type(error).__name__, error)
    finally:
        names.clear()
outcome`)
);

function outcome(code: string, names: Record<string, unknown> = {}): Promise<unknown> {
  return inFolder(async (folder) => {
    const all = { ArtifactStore: ArtifactStoreFace, folder, ...names };
    const result = await py.scope(() => outcomeOf(code, new Map(Object.entries(all)))) as PyObject;
    return result?.$?.toJs() ?? result;
  });
}

describe("ArtifactStore in Python", () => {
  test("store_stream() of a task that is cancelled keeps nothing, and lets its generator go", async () => {
    assert.deepEqual(
      await outcome(`
        import os
        seen = []
        async def chunks(step):
            try:
                while True:
                    yield b"more"
                    await step()
            finally:
                seen.append("closed")
        with ArtifactStore(folder, durable=False) as store:
            for slow in (False, True):
                begun, go = asyncio.Event(), asyncio.Event()
                async def step():
                    begun.set()
                    if slow: await go.wait()
                    else: await asyncio.sleep(0)
                task = asyncio.ensure_future(store.store_stream(chunks(step)))
                await begun.wait()
                task.cancel()
                try: await task
                except asyncio.CancelledError: seen.append("cancelled")
                while os.listdir(os.path.join(folder, "parts")): await asyncio.sleep(0)
                seen.append("gone")
                go.set()
                while "closed" not in seen: await asyncio.sleep(0)
                seen.remove("closed")
            return [seen, len(store), (await store.check())["orphans"]]`),
      [["cancelled", "gone", "cancelled", "gone"], 0, []],
    );
  });

  test("keeps bytes, text, and anything with a buffer; gives bytes, a view, or None", async () => {
    assert.deepEqual(
      await outcome(`
        import array, pathlib
        with ArtifactStore(pathlib.Path(folder), durable=False) as store:
            id = store.store(b"abc", {"content_type": "text/plain", "tags": ["a"], "epoch": 3})
            assert id == sha(b"abc") and len(id) == 64
            assert store.retrieve(id) == b"abc" and type(store.retrieve(id)) is bytes
            assert store.store("h\\u00e9") == sha("h\\u00e9".encode())
            numbers = array.array("d", [1.0, 2.0])
            assert store.store(numbers) == sha(numbers.tobytes())
            assert store.store_dedup(bytearray(b"abc")) == (id, False)
            assert store.store_artifact(memoryview(b"abc")) == id
            assert store.retrieve_artifact("0" * 64) is None
            view = store.retrieve_view(id)
            assert type(view) is memoryview and view == b"abc"
            assert store.retrieve_view("0" * 64) is None
            metadata = store.metadata(id)
            assert metadata["custom"] == {"epoch": 3} and metadata["tags"] == ["a"], metadata
            assert type(metadata["created_at"]) is datetime.datetime and metadata["references"] == 3
            assert metadata["rating"] is None and metadata["created_by"] is None
            assert store.metadata("0" * 64) is None
            assert id in store and "0" * 64 not in store and len(store) == 3
            assert store.list()[0] == id and store.folder == pathlib.Path(folder)
            numbers.append(3.0)
            return [repr(store).startswith("<ArtifactStore"), store.dedup_stats()["references"]]
      `),
      [true, 5],
    );
  });

  test("what is wrong is Python's error", async () => {
    const begin = "store = ArtifactStore(folder, durable=False)\n";
    const closed = (code: string) =>
      outcome(`${begin}try:\n    ${code}\nfinally:\n    store.close()`);
    assert.strictEqual(
      await closed("store.delete('0' * 64)"),
      `PitError: Port operation failed: delete_artifact: artifact ${"0".repeat(64)}: not found`,
    );
    assert.strictEqual(
      await closed("store.store(memoryview(b'abcd')[::2])"),
      "TypeError: the content's items must lie one after the other; give a copy: bytes(content)",
    );
    assert.match(
      String(await closed("store.store(5)")),
      /^TypeError: ArtifactStore\.store\(\) argument 'content' must be str or a bytes-like object, not int$/,
    );
    assert.strictEqual(
      await closed("store.store(b'', {'tags': 5})"),
      "TypeError: 'tags' must be list, not int",
    );
    assert.strictEqual(
      await closed("store.rate(store.store(b''), 3)"),
      "ValueError: a rating is a number from 0 to 1, not 3",
    );
    assert.strictEqual(
      await closed("store.create_version('a')"),
      "TypeError: create_version() takes either a content or a hash",
    );
    assert.strictEqual(
      await outcome("ArtifactStore(folder, key=b'1' * 32, passphrase='x')"),
      "TypeError: ArtifactStore() takes a key or a passphrase, not both",
    );
    assert.strictEqual(
      await outcome("ArtifactStore(folder, key=b'short')"),
      "ValueError: key must have 32 bytes, not 5; for a text use passphrase",
    );
    assert.match(
      String(await closed("store.store(b'', {'model': object()})")),
      /^ValueError: custom of an artifact cannot be kept: \$\.model is .* dates, lists, sets and dicts of these\.$/,
    );
    assert.match(
      String(await closed("store.delete(store.create_version('v', 'x')['hash'])")),
      /^PitError: .*: it is a version of "v"; delete_versions\(\) forgets those$/,
    );
    assert.match(
      String(await closed("ArtifactStore(folder)")),
      /^RuntimeError: The folder .* is in use by this process already\./,
    );
  });

  test("streams in and out, by async iterators and files", async () => {
    assert.deepEqual(
      await outcome(`
        import os
        async def chunks(count):
            for i in range(count):
                await asyncio.sleep(0)
                yield bytes([i]) * 30_000
        with ArtifactStore(folder, durable=False, passphrase="secret") as store:
            id = await store.store_stream(chunks(10), {"content_type": "image/png"})
            whole = b"".join([chunk async for chunk in chunks(10)])
            assert id == sha(whole)
            got = [chunk async for chunk in store.retrieve_stream(id)]
            assert b"".join(got) == whole and len(got) > 2
            path = os.path.join(folder, "copy")
            await store.retrieve_to_file(id, path)
            assert await store.store_file(path) == id
            async for chunk in store.retrieve_stream(id): break
            try:
                async for chunk in store.retrieve_stream("0" * 64): pass
            except RuntimeError as error:
                text = str(error)
            async def broken():
                yield b"x"
                raise ValueError("no more")
            try:
                await store.store_stream(broken())
            except ValueError as error:
                failed = str(error)
            report = await store.check()
            assert await store.verify(id) is None
            return [text.split(":")[-1], failed, report["checked"], report["orphans"]]
      `),
      [" not found", "no more", 1, []],
    );
  });

  test("versions, search, lineage and tiers", async () => {
    assert.deepEqual(
      await outcome(`
        with ArtifactStore(folder, durable=False) as store:
            first = store.create_version("plan", "a\\nb", message="begin", metadata={"content_type": "text/plain"})
            assert first["version"] == 1 and first["message"] == "begin" and first["parent"] is None
            other = store.store("a\\nc", {"parents": [first["hash"]], "created_by": "ada"})
            second = store.create_version("plan", hash=other)
            assert second["parent"] == 1 and store.get_latest("plan") == second
            assert store.get_version("plan", 1) == first and store.list_versions("plan") == [first, second]
            assert store.version_names() == ["plan"] and store.get_latest("none") is None
            parts = store.diff("plan", 1, 2)
            found = store.search("ada")
            assert found["total"] == 1 and found["found"][0]["id"] == other
            now = datetime.datetime.now(datetime.timezone.utc)
            assert store.search(created_before=now - datetime.timedelta(days=1))["total"] == 0
            assert store.search(content_type="text/*", limit=1)["found"][0]["id"] == first["hash"]
            assert store.children(first["hash"]) == [other] and store.ancestors(other) == store.parents(other)
            try: store.link(other, first["hash"])
            except RuntimeError as error: cycle = "made of itself" in str(error)
            store.unlink(first["hash"], other)
            assert store.descendants(first["hash"]) == []
            store.archive(other)
            assert store.metadata(other)["tier"] == "cold" and store.retrieve(other) == b"a\\nc"
            store.restore(other)
            store.rate(other, 1)
            assert 0 < store.quality(other)["score"] <= 1
            store.update_metadata(other, {"tags": ["new"]})
            assert store.search(tags=["new"])["total"] == 1
            store.delete_versions("plan")
            assert store.release(other) == 0 and not store.exists(other)
            return [parts, cycle]
      `),
      [
        [
          { kind: "same", lines: ["a"] },
          { kind: "removed", lines: ["b"] },
          { kind: "added", lines: ["c"] },
        ],
        true,
      ],
    );
  });

  test("a store of TypeScript's may be handed over", () =>
    inFolder(async (folder) => {
      using store = new ArtifactStore(folder, { durable: false });
      const id = await outcome(`return store.store(b"from Python")`, {
        store: new PythonArtifactStore(store),
      });
      assert.strictEqual(new TextDecoder().decode(store.retrieve(String(id))!), "from Python");
    }));

  testWith(["numpy"], "an array of numpy is kept from where it lies", async () => {
    assert.strictEqual(
      await outcome(`
        import numpy
        with ArtifactStore(folder, durable=False) as store:
            array = numpy.arange(1000, dtype="f8").reshape(10, 100)
            id = store.store(array)
            return bool((numpy.frombuffer(store.retrieve_view(id), "f8").reshape(10, 100) == array).all())
      `),
      true,
    );
  });
});
