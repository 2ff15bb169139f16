import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { installSymphony, MessageBus, Pit, PitManager } from "../../src/symphony/mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

const ROOT = join(import.meta.dirname ?? ".", "..", "..");
const bus = new MessageBus();
const pit = new Pit();
pit.workflows.register("double", ({ configuration }) => 2 * (configuration["value"] as number));

describe("installSymphony()", () => {
  forGood(() => {
    installSymphony(py, { bus, pit });
    evaluate("import symphony_bridge, symphony_ipc, symphony_pit, symphony_conductor");
  });

  test("gives Python symphony_ipc, symphony_pit and symphony_bridge", () => {
    const names = (module: string) =>
      evaluate(`import ${module}\n' '.join(sorted(${module}.__all__))`) as string;
    assert.match(
      names("symphony_pit"),
      /ArbitrationEngine ArtifactStore .*DagTracker .*StaleManager/,
    );
    assert.match(names("symphony_ipc"), /ConductorManager .*IPCBus .*Message .*create_message/);
    assert.equal(
      evaluate(
        "import symphony_bridge, symphony_ipc\n" +
          "symphony_ipc.ConductorManager is symphony_bridge.ConductorManager",
      ),
      true,
    );
    assert.match(names("symphony_bridge"), /BUILD_INFO .*PitManager .*VERSION WorkflowExecutor/);
    assert.match(names("symphony_bridge"), /create_pit_manager get_system_info setup_logging/);
  });

  test("runs the example of the first story word for word", async () => {
    const seen: unknown[] = [];
    bus.register("reader", ({ header: { source, target, messageType }, payload }) => {
      seen.push([
        source,
        target,
        String(messageType),
        isPyObject(payload) ? payload.$.toJs() : payload,
      ]);
    });
    await evaluate(`
from symphony_ipc import IPCBus, Message

async def main():
    bus = IPCBus()
    message = Message.builder().message_type("Request").payload({"a": 1}).build()
    await bus.send(message)
main()`);
    bus.unregister("reader");
    assert.deepEqual(seen, [["python", "*", "Request", { a: 1 }]]);
  });

  test("PitManager() is the Pit that was given", () => {
    const said = evaluate(`
from symphony_bridge import PitManager, create_pit_manager
pit = PitManager()
pit.pool.register("upper", lambda spec: str.upper)
with pit.allocate_model("upper") as model:
    said = [model.invoke("quiet"), model.get_status()]
kept = pit.store_artifact(b"bytes", {"content_type": "text/plain"})
said += [pit.get_artifact(kept), kept == create_pit_manager().store_artifact("bytes"), pit.get_artifact("0" * 64)]
said`).$.toJs();
    assert.deepEqual(said, ["QUIET", "Ready", new TextEncoder().encode("bytes"), true, null]);
    assert.deepEqual(pit.pool.registered, ["upper"]);
    assert.equal(pit.artifacts.list().length, 1);
  });

  test("PitManager runs workflows, decides and cleans up", async () => {
    const run = await evaluate(`
from symphony_bridge import PitManager, WorkflowExecutor
DEFINITION = {"name": "w", "version": "1", "steps": [{"name": "a", "step_type": "double", "configuration": {"value": 21}}]}

async def main():
    pit = PitManager()
    first = await pit.execute_workflow(DEFINITION)
    second = await WorkflowExecutor(pit).execute(DEFINITION, {"variables": {}})
    choice = pit.submit_decision({"context_type": "c", "options": ["only"], "data": {}})["choice"]
    report = await pit.run_cleanup()
    return [first["data"], second["status"], choice, report["items_cleaned"], pit.arbitrate([])["granted"]]
main()`);
    assert.deepEqual(run.$.toJs(), [{ a: 42 }, "Completed", "only", 0, []]);
  });

  test("errors name what was asked for", () => {
    assert.throws(
      () =>
        evaluate("from symphony_bridge import PitManager\nPitManager().allocate_model('nobody')"),
      /PitError: Port operation failed: allocate_model: .*nobody/,
    );
    assert.throws(
      () => evaluate("import symphony_bridge\nsymphony_bridge.setup_logging('loud')"),
      /ValueError: level must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'loud'/,
    );
  });

  test("get_system_info(), setup_logging() and VERSION tell of the host", () => {
    assert.deepEqual(
      evaluate(`
import logging, symphony_bridge
info = symphony_bridge.get_system_info()
symphony_bridge.setup_logging("debug")
level = logging.getLogger("symphony").level
logging.getLogger("symphony").handlers.clear()
[info["version"] == symphony_bridge.VERSION, info["process_id"], level]`).$.toJs(),
      [true, process.pid, 10],
    );
  });

  test("a Python without a host says what to do", () => {
    const executable = evaluate("import sys\nsys.executable") as string;
    for (const name of ["symphony_ipc", "symphony_pit", "symphony_bridge"]) {
      const ran = spawnSync(executable, ["-c", `import ${name}`], {
        env: { ...process.env, PYTHONPATH: join(ROOT, "python") },
        encoding: "utf8",
      });
      assert.equal(ran.status, 1);
      assert.match(
        ran.stderr,
        new RegExp(`ImportError: ${name} is a module of TypeScript and needs its host`),
      );
      assert.match(ran.stderr, /installSymphony\(py\)/);
    }
  });
});

describe("Pit", () => {
  test("cleans up its own artifacts, and puts back what it must", async () => {
    const folder = mkdtempSync(join(tmpdir(), "symphony-test-"));
    let now = 0;
    const day = 86_400_000;
    try {
      await using own = new Pit({
        folder,
        artifacts: { now: () => now, durable: false },
        stale: { now: () => now, localRetention: 0, rules: [{ kind: "MaxAge", maxAge: 10 * day }] },
      });
      const id = await own.storeArtifact({
        content: new TextEncoder().encode("old"),
        contentType: "text/plain",
        metadata: { of: 1 },
      });
      assert.deepEqual((await own.retrieveArtifact(id)).metadata, { of: 1 });
      now = 100 * day;
      const { deleted, archived } = await own.stale.cleanup({ mode: "rollback" });
      assert.equal(deleted.length + archived.length, 1);
      if (deleted.length === 1) {
        await assert.rejects(own.retrieveArtifact(id), /retrieve_artifact: Artifact .* not found/);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("archives a version of a name, and does not fail to delete it again and again", async () => {
    let now = 0;
    const day = 86_400_000;
    await using own = new Pit({
      stale: { now: () => now, rules: [{ kind: "MaxAge", maxAge: 10 * day }] },
      artifacts: { now: () => now, durable: false },
    });
    const { hash } = own.artifacts.createVersion("plan", "old");
    const loose = own.artifacts.store("loose");
    now = 400 * day;
    const report = await own.stale.cleanup();
    assert.deepEqual([report.archived, report.deleted.map(({ id }) => id), report.failed], [
      [hash],
      [loose],
      [],
    ]);
    assert.equal(own.artifacts.metadata(hash)!.tier, "cold");
    const again = await own.stale.cleanup({ mode: "rollback" });
    assert.deepEqual([again.kept, again.itemsCleaned, again.failed], [[hash], 0, []]);
    own.artifacts.deleteVersions("plan");
    assert.equal(own.artifacts.isVersion(hash), false);
    assert.equal((await own.stale.cleanup()).itemsCleaned, 1);
    assert.equal(own.artifacts.exists(hash), false);
  });

  test("tells Python that it was closed by a PitError", async () => {
    const own = new Pit();
    await own.close();
    const seen = evaluate(
      `
said = []
for act in (lambda: pit.store_artifact(b"x"), lambda: pit.artifacts, lambda: pit.stale):
    try: act()
    except RuntimeError as error: said.append("%s: %s" % (type(error).__name__, error))
said`,
      { pit: new PitManager(own) },
    ).$.toJs();
    const text = "PitError: Port operation failed: open_artifacts: the Pit was closed";
    assert.deepEqual(seen, [text, text, text]);
  });

  test("close() removes a temporary folder, twice is once", async () => {
    const own = new Pit();
    await own.storeArtifact({ content: new Uint8Array(3), contentType: "x/y", metadata: {} });
    await own.close();
    await own.close();
    await assert.rejects(
      own.storeArtifact({ content: new Uint8Array(3), contentType: "x/y", metadata: {} }),
      /open_artifacts: the Pit was closed/,
    );
  });
});
