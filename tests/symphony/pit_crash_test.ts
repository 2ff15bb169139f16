import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ArtifactStore, CheckpointStore } from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/folder.ts";
import { contentOf, idOf, NODES, randomOf, SECRET, type Step } from "../fixtures/pit_steps.ts";

/** Kills: PYDUET_RUNS=200 for a long look. */
const KILLS = Number(process.env.PYDUET_RUNS ?? 10);
const SEED = Number(process.env.PYDUET_SEED ?? 1);
const PATIENCE = { timeout: 120_000 + KILLS * 10_000 };
const CHILD = fileURLToPath(new URL("../fixtures/pit_child.ts", import.meta.url));

/**
 * Runs the program and kills it by SIGKILL after so many acknowledgements and so many bytes more, wherever it is by
 * then. All lines that it wrote whole; `ended` if it ended by itself before.
 */
async function killed(
  args: readonly string[],
  { after, bytes, whileAlive }: {
    after: number;
    bytes: number;
    whileAlive?: (pid: number) => void;
  },
): Promise<{ lines: string[]; ended: boolean }> {
  const flags = process.versions.deno === undefined ? ["run"] : ["run", "-A", "--no-check", "-q"];
  const child: ChildProcess = spawn(process.execPath, [...flags, CHILD, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [text, errors, left, met] = ["", "", bytes, false];
  child.stderr!.on("data", (data: Uint8Array) => errors += new TextDecoder().decode(data));
  child.stdout!.on("data", (data: Uint8Array) => {
    const before = text.split("\ndone ").length - 1;
    text += new TextDecoder().decode(data);
    if (!met && text.includes("ready")) {
      met = true;
      whileAlive?.(child.pid!);
    }
    if (before >= after) left -= data.length;
    if (text.split("\ndone ").length - 1 >= after && left <= 0) child.kill("SIGKILL");
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve([code, signal]));
  });
  assert.ok(signal === "SIGKILL" || code === 0, `${code} ${signal}\n${errors}\n${text}`);
  return { lines: text.split("\n").slice(0, -1), ended: signal === null };
}

/** What a store must hold by the lines, and what may or may not have happened. */
class Expected {
  readonly artifacts = new Map<string, { seed: number; cold: boolean }>();
  readonly versions: number[] = [];

  read(lines: readonly string[]): Step | null {
    let begun: Step | null = null;
    for (const line of lines) {
      const [word, text] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
      if (word === "begin") begun = JSON.parse(text);
      else if (word === "done") {
        this.apply(JSON.parse(text));
        begun = null;
      }
    }
    return begun;
  }

  apply(step: Step): void {
    if ("id" in step) {
      if (step.do === "delete") this.artifacts.delete(step.id);
      else this.artifacts.get(step.id)!.cold = true;
    } else {
      const id = idOf(step.seed);
      if (!this.artifacts.has(id)) this.artifacts.set(id, { seed: step.seed, cold: false });
      if (step.do === "version") this.versions.push(step.seed);
    }
  }
}

/** Takes what is half done for done where the store shows that it is. */
function settle(expected: Expected, step: Step, store: ArtifactStore): void {
  if ("id" in step) {
    const gone = !store.exists(step.id);
    const happened = step.do === "delete" ? gone : store.metadata(step.id)?.tier === "cold";
    if (happened) expected.apply(step);
    return;
  }
  const happened = step.do === "version"
    ? store.listVersions("v").length > expected.versions.length
    : store.exists(idOf(step.seed));
  // The content of a version that was not noted is an artifact like any other.
  if (step.do === "version" && !happened && store.exists(idOf(step.seed))) {
    expected.apply({ do: "store", seed: step.seed });
  } else if (happened) expected.apply(step);
}

describe("a process that is killed", () => {
  it(
    "leaves an artifact store with all that it acknowledged, and nothing half-written",
    PATIENCE,
    () =>
      inFolder(async (root) => {
        const stores = [{ secret: SECRET }, {}].map((options, i) => ({
          options,
          folder: join(root, String(i)),
          expected: new Expected(),
        }));
        const random = randomOf(SEED);
        for (let i = 0; i < KILLS; i++) {
          const { options, folder, expected } = stores[i % 2]!;
          const run = SEED * 100_000 + 2 * i + (i % 2 === 0 ? 1 : 0);
          const { lines, ended } = await killed(["artifacts", folder, String(run)], {
            after: Math.floor(random() * 12),
            bytes: Math.floor(random() * 200),
            whileAlive: (pid) =>
              assert.throws(() => new ArtifactStore(folder, options), {
                message:
                  `The folder ${folder} is in use by process ${pid}. Close it there first; if that is no such ` +
                  `program, remove ${join(folder, "lock")}.`,
              }),
          });
          assert.strictEqual(ended, false);
          const step = expected.read(lines);
          using store = new ArtifactStore(folder, options);
          if (step !== null) settle(expected, step, store);
          assert.deepEqual(readdirSync(join(folder, "parts")), []);
          assert.deepEqual(store.list().sort(), [...expected.artifacts.keys()].sort());
          assert.deepEqual(
            store.listVersions("v").map(({ hash }) => hash),
            expected.versions.map(idOf),
          );
          for (const [id, { seed, cold }] of expected.artifacts) {
            assert.deepEqual(store.retrieve(id)?.length, contentOf(seed).length);
            assert.strictEqual(store.metadata(id)?.tier, cold ? "cold" : "hot");
          }
          const { damage, orphans, misplaced } = await store.check({ repair: true });
          assert.deepEqual(damage, []);
          assert.ok(orphans.length <= 1, `${orphans}`);
          assert.ok(misplaced.length <= 1, `${misplaced}`);
          for (const id of misplaced) expected.artifacts.get(id)!.cold = true;
          assert.deepEqual((await store.check()).orphans, []);
        }
        assert.ok(stores[0]!.expected.artifacts.size > 0);
      }),
  );

  it(
    "leaves whole checkpoints, all that it acknowledged among them",
    PATIENCE,
    () =>
      inFolder(async (folder) => {
        const random = randomOf(SEED);
        let acknowledged = 0;
        for (let i = 0; i < KILLS; i++) {
          const { lines } = await killed(["checkpoints", folder, String(i)], {
            after: Math.floor(random() * 10),
            bytes: Math.floor(random() * 60),
          });
          acknowledged += lines.filter((line) => line.startsWith("done ")).length;
          const store = new CheckpointStore(folder);
          const ids = store.list("e");
          assert.ok(ids.length === acknowledged || ids.length === acknowledged + 1);
          acknowledged = ids.length;
          assert.deepEqual(ids, ids.map((_, i) => `c${i}`));
          for (const [i, id] of ids.entries()) {
            const { timestamp, nodeOutputs } = store.load(id)!;
            const bytes = nodeOutputs.bytes as Uint8Array;
            assert.strictEqual(timestamp, i);
            assert.ok(contentOf(i).subarray(0, 20_000).every((byte, at) => bytes[at] === byte));
            assert.strictEqual(bytes.length, Math.min(20_000, contentOf(i).length));
          }
          assert.strictEqual(store.latest("e")?.id, ids.at(-1));
        }
        assert.ok(acknowledged > 0);
      }),
  );

  it(
    "leaves a workflow that goes on, and no node that had completed runs again",
    PATIENCE,
    () =>
      inFolder(async (root) => {
        const random = randomOf(SEED);
        let kills = 0;
        for (let round = 0; kills < KILLS; round++) {
          const folder = join(root, String(round));
          const lines: string[] = [];
          for (;;) {
            const part = await killed(["workflow", folder, String(round)], {
              after: 1 + Math.floor(random() * 20),
              bytes: Math.floor(random() * 40),
            });
            lines.push(...part.lines);
            if (part.ended) break;
            kills += 1;
          }
          assert.strictEqual(lines.at(-1), `end ${NODES}`);
          const done = new Set<string>();
          for (const line of lines) {
            const [word, node] = line.split(" ") as [string, string];
            if (word === "run") assert.ok(!done.has(node), `${node} ran again`);
            if (word === "done") {
              assert.ok(!done.has(node), `${node} completed twice`);
              done.add(node);
            }
          }
          const store = new CheckpointStore(folder);
          const [execution] = store.executions();
          const { completedNodes, nodeOutputs, executionState } = store.latest(execution!)!;
          assert.strictEqual(executionState, "Completed");
          assert.strictEqual(new Set(completedNodes).size, NODES);
          assert.deepEqual(
            (nodeOutputs.n3 as { bytes: Uint8Array }).bytes,
            new Uint8Array(100).fill(7),
          );
        }
      }),
  );
});
