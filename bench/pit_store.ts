/**
 * The Pit's Artifact Store and DAG Tracker: contents in and out against the bare files and their SHA-256, a workflow
 * of 10,000 nodes against as many bare calls, its checkpoint against a bare file of that text.
 * @module
 */

import { createHash } from "node:crypto";
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ArtifactStore, CheckpointStore, DagTracker, type Workflow } from "../src/symphony/mod.ts";
import { each, type Loop } from "./measure.ts";
import { type Bench, piece, row, type Topic } from "./topic.ts";

const NODES = 10_000;

/** Rows of the Pit's storage. */
export function topic({ full }: Bench): Topic {
  const root = mkdtempSync(join(tmpdir(), "pyduet-bench-"));
  process.on("exit", () => rmSync(root, { recursive: true, force: true }));
  let number = 0;

  /** A content that was never there. */
  function fresh(bytes: Uint8Array): Uint8Array {
    new DataView(bytes.buffer).setFloat64(0, ++number);
    return bytes;
  }

  function open(name: string, options = {}): ArtifactStore {
    return new ArtifactStore(join(root, name), options);
  }

  /** What no store can do without: the hash, a whole file, its name. */
  function bareStore(bytes: Uint8Array, durable: boolean): Loop {
    return each(() => {
      const id = createHash("sha256").update(fresh(bytes)).digest("hex");
      const part = join(root, "part");
      const file = openSync(part, "w");
      writeSync(file, bytes);
      if (durable) fdatasyncSync(file);
      closeSync(file);
      renameSync(part, join(root, id));
      if (durable) {
        const folder = openSync(root, "r");
        fsyncSync(folder);
        closeSync(folder);
      }
      rmSync(join(root, id));
    });
  }

  function storing(name: string, size: number, durable: boolean) {
    const store = open(`${name} ${durable}`, { durable });
    const bytes = new Uint8Array(size);
    return row(`store ${name}${durable ? ", on the disk when it returns" : ""}`, {
      floor: bareStore(new Uint8Array(size), durable),
      ours: each(() => store.delete(store.store(fresh(bytes)))),
    }, {
      note:
        "stored and deleted; the floor is the hash, one file, its name and its removal, ours has two lines of " +
        "the index as well",
    });
  }

  function retrieving(name: string, size: number, options = {}) {
    const store = open(`retrieve ${name}`, { durable: false, ...options });
    const content = new Uint8Array(size).fill(1);
    const id = store.store(content);
    const path = join(root, `bare ${name}`);
    writeFileSync(path, content);
    return row(`retrieve ${name}`, {
      floor: each(() => createHash("sha256").update(readFileSync(path)).digest("hex")),
      ours: each(() => store.retrieve(id)),
    }, {
      note:
        "the floor reads one file and hashes it; encrypted, most is the cipher of node:crypto, on Deno 4 to 8 ms a MB",
    });
  }

  const wide: Workflow = {
    name: "wide",
    version: "1",
    nodes: Array.from({ length: NODES }, (_, i) => ({
      id: `n${i}`,
      kind: "Instrument" as const,
      type: "work",
      configuration: {},
    })),
    edges: Array.from({ length: NODES - 1000 }, (_, i) => ({
      from: `n${i}`,
      to: `n${i + 1000}`,
      kind: "Data" as const,
    })),
  };
  const work = () => 1;
  const tracker = new DagTracker();
  tracker.register("work", work);
  const id = tracker.createWorkflow(wide);

  const checkpoints = new CheckpointStore(join(root, "checkpoints"), { durable: false });
  const nodes = wide.nodes.map((node) => node.id);
  const checkpoint = {
    id: "c",
    executionId: "e",
    timestamp: 0,
    completedNodes: nodes,
    nodeOutputs: Object.fromEntries(nodes.map((node) => [node, { score: 0.5, label: node }])),
    executionState: "Running" as const,
  };
  checkpoints.save(checkpoint);
  const text = JSON.stringify(checkpoint);

  const search = open("search", { durable: false });
  for (let i = 0; i < (full ? 100_000 : 10_000); i++) {
    search.store(`artifact ${i} of word${i % 100}`, {
      contentType: "text/plain",
      tags: [`t${i % 7}`],
    });
  }

  return {
    title: "The Pit: artifacts and workflows",
    rows: [
      storing("1 KB", 1024, false),
      storing("1 MB", 1 << 20, false),
      storing("1 KB", 1024, true),
      storing("1 MB", 1 << 20, true),
      retrieving("1 KB", 1024),
      retrieving("1 MB", 1 << 20),
      retrieving("1 MB, encrypted", 1 << 20, { secret: { key: new Uint8Array(32) } }),
      row(`a workflow of ${NODES} nodes`, {
        floor: async (times) => {
          for (let i = 0; i < times; i++) {
            for (let n = 0; n < NODES; n++) await work();
          }
        },
        ours: async (times) => {
          for (let i = 0; i < times; i++) await tracker.executeWorkflow(id);
        },
      }, {
        note:
          "the floor awaits as many calls; a node has a signal, a timeout and states of its own",
      }),
      row(`a checkpoint of ${NODES} nodes`, {
        floor: each(() => {
          writeFileSync(join(root, "checkpoint.part"), JSON.stringify(checkpoint));
          renameSync(join(root, "checkpoint.part"), join(root, "checkpoint"));
        }),
        ours: each(() => checkpoints.save(checkpoint)),
      }, {
        note: `${
          Math.round(text.length / 1024)
        } KB of JSON; ours looks at each value and has a hash`,
      }),
    ],
    pieces: [
      piece(
        `create a workflow of ${NODES} nodes, checked`,
        each(() => tracker.deleteWorkflow(tracker.createWorkflow(wide))),
      ),
      piece("load that checkpoint", each(() => checkpoints.load("c"))),
      piece(
        `search one word among ${search.list().length} artifacts`,
        each(() => search.search({ text: "word5", tags: ["t1"] })),
      ),
    ],
  };
}
