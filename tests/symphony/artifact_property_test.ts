import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import process from "node:process";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ArtifactStore } from "../../src/symphony/mod.ts";
import { diffLines } from "../../src/symphony/pit/line_diff.ts";
import { inFolder } from "../fixtures/folder.ts";

/** PYDUET_RUNS=2000 for a long look. */
const RUNS = {
  numRuns: Number(process.env.PYDUET_RUNS ?? 40),
  seed: Number(process.env.PYDUET_SEED ?? 1),
};

const CONTENTS = [
  ...["", "a", "b", "some words", "other words"].map((text) => Buffer.from(text)),
  Buffer.alloc(70_000, 1),
  Buffer.alloc(131_072, 2),
];
const IDS = CONTENTS.map((content) => createHash("sha256").update(content).digest("hex"));

const content = fc.nat(CONTENTS.length - 1);
const name = fc.constantFrom("plan", "__proto__");
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("store" as const),
      content,
      tag: fc.constantFrom("x", "y"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("stream" as const),
      content,
      size: fc.integer({ min: 1, max: 70_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "delete" as const,
        "release" as const,
        "archive" as const,
        "restore" as const,
        "retrieve" as const,
      ),
      content,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("link" as const), content, child: content }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("version" as const), content, name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

/** What a store should hold. */
class Model {
  readonly artifacts = new Map<number, { references: number; tags: string[]; tier: string }>();
  readonly parents = new Map<number, Set<number>>();
  readonly versions = new Map<string, number[]>();

  above(id: number, found: Set<number> = new Set()): Set<number> {
    for (const parent of this.parents.get(id) ?? []) {
      if (!found.has(parent)) this.above(parent, found.add(parent));
    }
    return found;
  }

  store(id: number, tags: string[]): boolean {
    const known = this.artifacts.get(id);
    if (known === undefined) this.artifacts.set(id, { references: 1, tags, tier: "hot" });
    else known.references += 1;
    return known === undefined;
  }

  isVersion(id: number): boolean {
    return [...this.versions.values()].some((ids) => ids.includes(id));
  }
}

/** Whether an act went through; what fails must be an ArtifactError. */
function done(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    assert.strictEqual((error as Error).name, "ArtifactError");
    return false;
  }
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function apply(step: Step, store: ArtifactStore, model: Model): Promise<void> {
  switch (step.do) {
    case "store": {
      const [id, fresh] = store.storeDedup(CONTENTS[step.content]!, { tags: [step.tag] });
      assert.strictEqual(id, IDS[step.content]);
      assert.strictEqual(fresh, model.store(step.content, [step.tag]));
      return;
    }
    case "stream": {
      const bytes = CONTENTS[step.content]!;
      assert.strictEqual(await store.storeStream(inPieces(bytes, step.size)), IDS[step.content]);
      model.store(step.content, []);
      return;
    }
    case "retrieve": {
      const got = store.retrieve(IDS[step.content]!);
      assert.strictEqual(got !== null, model.artifacts.has(step.content));
      if (got !== null) assert.ok(CONTENTS[step.content]!.equals(got));
      return;
    }
    case "delete":
    case "release": {
      const known = model.artifacts.get(step.content);
      const last = step.do === "delete" || known?.references === 1;
      const may = known !== undefined && !(last && model.isVersion(step.content));
      assert.strictEqual(done(() => store[step.do](IDS[step.content]!)), may);
      if (may && last) model.artifacts.delete(step.content);
      else if (may) known.references -= 1;
      return;
    }
    case "archive":
    case "restore": {
      const known = model.artifacts.get(step.content);
      assert.strictEqual(done(() => store[step.do](IDS[step.content]!)), known !== undefined);
      if (known !== undefined) known.tier = step.do === "archive" ? "cold" : "hot";
      return;
    }
    case "link": {
      const { content, child } = step;
      const may = model.artifacts.has(content) && model.artifacts.has(child) &&
        content !== child && !model.above(content).has(child);
      assert.strictEqual(done(() => store.link(IDS[content]!, IDS[child]!)), may);
      if (!may) return;
      if (!model.parents.has(child)) model.parents.set(child, new Set());
      model.parents.get(child)!.add(content);
      return;
    }
    case "version": {
      store.createVersion(step.name, CONTENTS[step.content]!);
      model.store(step.content, []);
      model.versions.set(step.name, [...model.versions.get(step.name) ?? [], step.content]);
      return;
    }
    case "forget":
      assert.strictEqual(
        done(() => store.deleteVersions(step.name)),
        model.versions.delete(step.name),
      );
      return;
  }
}

function compare(store: ArtifactStore, model: Model): void {
  const of = (ids: Iterable<number>) => [...ids].map((id) => IDS[id]!).sort();
  assert.deepEqual(store.list().sort(), of(model.artifacts.keys()));
  for (const [number, { references, tags, tier }] of model.artifacts) {
    const metadata = store.metadata(IDS[number]!)!;
    assert.deepEqual(
      [metadata.references, metadata.tags, metadata.tier, metadata.size],
      [references, tags, tier, CONTENTS[number]!.length],
    );
  }
  for (const number of CONTENTS.keys()) {
    assert.deepEqual(store.parents(IDS[number]!).sort(), of(model.parents.get(number) ?? []));
    assert.deepEqual(store.ancestors(IDS[number]!).sort(), of(model.above(number)));
  }
  for (const name of ["plan", "__proto__"]) {
    assert.deepEqual(
      store.listVersions(name).map(({ hash, version }) => [hash, version]),
      (model.versions.get(name) ?? []).map((id, i) => [IDS[id], i + 1]),
    );
  }
  const tagged = [...model.artifacts].filter(([, { tags }]) => tags.includes("x"));
  assert.deepEqual(
    store.search({ text: "x" }).found.map(({ id }) => id).sort(),
    of(tagged.map(([id]) => id)),
  );
}

describe("random histories of an ArtifactStore", () => {
  for (const encrypted of [false, true]) {
    it(`are those of a model${encrypted ? ", encrypted" : ""}, also after reopening`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
          inFolder(async (folder) => {
            const secret = encrypted ? { secret: { key: new Uint8Array(32).fill(3) } } : {};
            const open = () => new ArtifactStore(folder, { durable: false, ...secret });
            const model = new Model();
            let store = open();
            try {
              for (const step of steps) {
                if (step.do === "reopen") {
                  store.close();
                  store = open();
                } else await apply(step, store, model);
                compare(store, model);
              }
              store.close();
              store = open();
              compare(store, model);
              const report = await store.check();
              assert.deepEqual(report, {
                checked: model.artifacts.size,
                damage: [],
                orphans: [],
                misplaced: [],
              });
            } finally {
              store.close();
            }
          })),
        RUNS,
      );
    });
  }
});

describe("diffLines()", () => {
  it("makes both texts again, by the fewest changes", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const parts = diffLines(before.join("\n"), after.join("\n"));
        const made = (kinds: string[]) =>
          parts.filter(({ kind }) => kinds.includes(kind)).flatMap(({ lines }) => lines);
        assert.deepEqual(made(["same", "removed"]), before);
        assert.deepEqual(made(["same", "added"]), after);
        assert.strictEqual(made(["same"]).length, longestCommon(before, after));
        for (let i = 1; i < parts.length; i++) {
          assert.notStrictEqual(parts[i]!.kind, parts[i - 1]!.kind);
        }
      }),
      { ...RUNS, numRuns: 300 },
    );
  });

  it("replaces the middle where nearly everything changed", () => {
    const text = (word: string) => Array.from({ length: 3000 }, (_, i) => `${word} ${i}`);
    const parts = diffLines(["first", ...text("a")].join("\n"), ["first", ...text("b")].join("\n"));
    assert.deepEqual(parts.map(({ kind, lines }) => [kind, lines.length]), [
      ["same", 1],
      ["removed", 3000],
      ["added", 3000],
    ]);
  });
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    b.forEach((y, j) => next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!)));
    row = next;
  }
  return row.at(-1)!;
}
