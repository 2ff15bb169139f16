import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { evaluate, forGood, py } from "../fixtures/python.ts";
import { collectUntil } from "../fixtures/collector.ts";

const ROUNDS = 2000;
/** What caches may take; a leak takes one a round. */
const FEW = 500;

// A call that is answered late has a look for a deadlock, which imports dis, and the first interruption imports ctypes:
// each is more than a leak takes.
const blocks: () => number = forGood(() =>
  evaluate("import ctypes, dis, gc, sys\nlambda: (gc.collect(), sys.getallocatedblocks())[1]")
);

interface Held {
  readonly blocks: number;
  readonly handles: number;
  readonly hostValues: number;
}

function held(): Held {
  const { handles, hostValues } = py.debug.counts();
  return { blocks: blocks(), handles, hostValues };
}

/**
 * Nothing must be more by one a round. Waits for both collectors: an error thrown on the way is kept by its other half
 * until both have looked.
 */
async function assertAsBefore(before: Held): Promise<void> {
  const grown = () =>
    Object.entries(held()).map(([what, count]) =>
      [what, count - before[what as keyof Held]] as const
    )
      .filter(([, more]) => more >= FEW);
  await collectUntil(() => grown().length === 0);
  assert.deepEqual(grown(), [], "more than before");
}

/** Runs an asynchronous loop twice: the second time must leave no more than the first. */
function leaves(name: string, code: string, names: Record<string, unknown>): void {
  it(`${name} leaves nothing`, async () => {
    const work = evaluate(`import pyduet, threading\n${code}\nwork`, names);
    const run = async () => {
      for (let i = 0; i < 4; i++) await work.$.inThread([ROUNDS / 4]);
    };
    await run();
    await run();
    await collectUntil(() => false, 10);
    const before = held();
    await run();
    await assertAsBefore(before);
    work.$.release();
  });
}

const fails: () => { $: { promise(): Promise<unknown> } } = forGood(() =>
  evaluate("async def fails(): raise ValueError('no')\nfails")
);

describe("calls of other threads", () => {
  leaves("a call", "def work(n):\n  for i in range(n): f(i, k='x')", { f: (x: number) => x });
  leaves(
    "a call that throws",
    "def work(n):\n  for i in range(n):\n    try: f(i)\n    except ValueError: pass",
    {
      f: () => {
        throw new RangeError("no");
      },
    },
  );
  leaves("a Promise", "def work(n):\n  for i in range(n): pyduet.wait(f(i))", {
    f: (x: number) => Promise.resolve(x),
  });
  const REJECTED =
    "def work(n):\n  for i in range(n // 4):\n    try: pyduet.wait(f(i))\n    except ValueError: pass";
  leaves("a Promise rejected by TypeScript", REJECTED, {
    f: (x: number) => Promise.reject(new RangeError(`no ${x}`)),
  });
  leaves("a Promise rejected by Python", REJECTED, { f: () => fails().$.promise() });
  leaves(
    "a thread",
    "def work(n):\n  for i in range(n // 10):\n    t = threading.Thread(target=f)\n    t.start()\n    t.join()",
    {
      f: () => 1,
    },
  );
});

describe("$.inThread()", () => {
  it("leaves nothing, whatever becomes of it", async () => {
    const f = evaluate("def f(n):\n  for i in range(n): len('')\n  return {}\nf");
    const run = async () => {
      for (let i = 0; i < 300; i++) {
        const controller = new AbortController();
        const done = f.$.inThread([i % 3 === 0 ? 2000 : 1], {}, { signal: controller.signal });
        if (i % 3 === 0) setTimeout(() => controller.abort("stop"), 0);
        await done.then((made: { $: { release(): void } }) => made.$.release(), () => {});
      }
    };
    await run();
    await run();
    await collectUntil(() => false, 10);
    const before = held();
    await run();
    await assertAsBefore(before);
    f.$.release();
  });
});
