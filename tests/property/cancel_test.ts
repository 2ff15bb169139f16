import assert from "node:assert/strict";
import process from "node:process";
import { after, describe } from "node:test";
import fc from "fast-check";
import { evaluate, forGood, fromEnvironment, py, test } from "../fixtures/python.ts";
import { round } from "../fixtures/rounds.ts";

/** Schedules: PYDUET_RUNS=10000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 150),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

/** Rounds of the event loop after which what has not ended is taken for hanging. */
const MOST_ROUNDS = 5000;

/** A tree of what awaits what; each level may be of the other language. */
type Work =
  | readonly ["ticks" | "never" | "throw", number]
  | readonly ["other" | "shield" | "wait_for" | "suppress", Work]
  | readonly ["cleanup", Work, number]
  | readonly ["all" | "race", Work, Work];

const leaf = fc.tuple(
  fc.constantFrom("ticks" as const, "ticks" as const, "never" as const, "throw" as const),
  fc.nat(3),
);
const { work } = fc.letrec<{ work: Work }>((tie) => ({
  work: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.tuple(fc.constantFrom("other" as const), tie("work")),
    fc.tuple(fc.constantFrom("other", "other", "shield", "wait_for", "suppress"), tie("work")),
    fc.tuple(fc.constant("cleanup" as const), tie("work"), fc.nat(2)),
    fc.tuple(fc.constantFrom("all", "race"), tie("work"), tie("work")),
  ) as fc.Arbitrary<Work>,
}));

/** After that many rounds, aborts a signal or cancels a task: one of those that there are by then. */
const cancellation = fc.record({
  rounds: fc.nat(4),
  what: fc.constantFrom("signal", "task"),
  which: fc.nat(20),
});

const python = forGood(() =>
  evaluate(`
import asyncio, gc, sys
import pyduet

tasks, gates, reports, left, schedules, before = [], [], [], [0], [0], [0]

async def work(node, other):
    left[0] += 1
    tasks.append(asyncio.current_task())
    try:
        return await do(node, other)
    finally:
        left[0] -= 1

def spawn(node, other):
    """A task of asyncio's own, which here reports nothing: shield() and wait_for() leave exceptions unread."""
    task = asyncio.ensure_future(work(node, other))
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
    return task

async def do(node, other):
    kind, what = node[0], node[1]
    if kind == "ticks":
        for _ in range(what):
            await asyncio.sleep(0)
        return what
    if kind == "never":
        gate = asyncio.get_running_loop().create_future()
        gates.append(gate)
        return await gate
    if kind == "throw":
        raise ValueError(what)
    if kind == "other":
        return await other(what)
    if kind == "shield":
        return await asyncio.shield(spawn(what, other))
    if kind == "wait_for":
        return await asyncio.wait_for(spawn(what, other), 0.001)
    if kind == "suppress":
        try:
            return await work(what, other)
        except BaseException as error:
            if isinstance(error, GeneratorExit):
                raise
            return type(error).__name__
    if kind == "cleanup":
        try:
            return await work(what, other)
        finally:
            for _ in range(node[2]):
                await asyncio.sleep(0)
    if kind == "all":
        return await asyncio.gather(spawn(what, other), spawn(node[2], other))
    first, second = spawn(what, other), spawn(node[2], other)
    try:
        done, rest = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        return [each.result() for each in done if not each.cancelled()]
    finally:
        for each in (first, second):
            each.cancel()
        await asyncio.gather(first, second, return_exceptions=True)

def begin():
    before[0] = awaited()  # of other tests in this process
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(str(context)))
    tasks.clear(); gates.clear()

def cancel(which):
    if tasks:
        tasks[which % len(tasks)].cancel()

def open_gates():
    for gate in gates:
        if not gate.done():
            gate.set_result("open")

def awaited():
    awaits = pyduet.here().awaits
    if awaits is None:
        return 0
    # What was cancelled while its Promise goes on is forgotten later.
    return len(awaits.running) + sum(not answer.done() for answer in awaits.waiting.values())

def remaining():
    return left[0] + max(0, awaited() - before[0])

def finish():
    tasks.clear(); gates.clear()
    schedules[0] += 1
    gc.collect(2 if schedules[0] % 50 == 0 else 0)  # what was left without an end is told then
    asyncio.get_running_loop().set_exception_handler(None)
    return [remaining(), *reports]

dict(work=work, begin=begin, cancel=cancel, open_gates=open_gates, remaining=remaining, finish=finish)
`)
);
const part = (name: string) => forGood(() => python.$.get(name));
const [pythonWork, begin, cancel, openGates, remaining, finish] = [
  ...["work", "begin", "cancel", "open_gates", "remaining", "finish"].map(part),
];

/** The other language's half: the same kinds of work, with promises. */
class Schedule {
  left = 0;
  readonly #signals: AbortController[] = [];
  readonly #gates: ((value: unknown) => void)[] = [];
  readonly other = (node: Work): Promise<unknown> => this.work(node);

  async work(node: Work): Promise<unknown> {
    this.left++;
    try {
      return await this.#do(node);
    } finally {
      this.left--;
    }
  }

  async #do(node: Work): Promise<unknown> {
    switch (node[0]) {
      case "ticks":
        for (let i = 0; i < node[1]; i++) await round();
        return node[1];
      case "never":
        return await new Promise((resolve) => this.#gates.push(resolve));
      case "throw":
        throw new RangeError(String(node[1]));
      case "other":
        return await this.python(node[1]);
      case "shield":
        return await this.work(node[1]);
      case "wait_for":
        return await Promise.race([this.work(node[1]), round()]);
      case "suppress":
        return await this.work(node[1]).catch((error) => error.name);
      case "cleanup":
        try {
          return await this.work(node[1]);
        } finally {
          for (let i = 0; i < node[2]; i++) await round();
        }
      case "all":
        return await Promise.all([this.work(node[1]), this.work(node[2])]);
      case "race":
        return await Promise.race([this.work(node[1]), this.work(node[2])]);
    }
  }

  /** Half of them by their signal, half by `await` alone. */
  python(node: Work): Promise<unknown> {
    const coroutine = pythonWork(node, this.other);
    if (this.#signals.length % 2 === 1 && this.left > 1) return (async () => await coroutine)();
    const controller = new AbortController();
    this.#signals.push(controller);
    return coroutine.$.promise({ signal: controller.signal });
  }

  abort(which: number): void {
    this.#signals[which % this.#signals.length]?.abort();
  }

  openGates(): void {
    for (const open of this.#gates) open("open");
    openGates();
  }
}

await py.runAsync("0"); // now the loop is there

const unhandled: unknown[] = [];
const hear = (reason: unknown): void => void unhandled.push(reason);
process.on("unhandledRejection", hear);
after(() => void process.off("unhandledRejection", hear));

describe("whatever is cancelled whenever", () => {
  test("every side ends, and nothing is left or goes unreported", async () => {
    await fc.assert(
      fc.asyncProperty(work, fc.array(cancellation, { maxLength: 4 }), async (node, steps) => {
        begin();
        const schedule = new Schedule();
        let ended = false;
        const root = schedule.python(node).catch(() => {}).finally(() => ended = true);
        for (const { rounds, what, which } of steps) {
          for (let i = 0; i < rounds; i++) await round();
          if (what === "signal") schedule.abort(which);
          else cancel(which);
        }
        for (let i = 0; i < 3 && !ended; i++) await round();
        schedule.abort(0);
        for (let i = 0; !ended || schedule.left > 0 || remaining() > 0; i++) {
          assert.ok(i < MOST_ROUNDS, `hangs: ${schedule.left} here, ${remaining()} in Python`);
          schedule.openGates(); // what was shielded, or left by a race, goes on until it is let go
          await round();
        }
        await root;
        await round();
        using answer = finish();
        assert.deepEqual(answer.$.toJs(), [0]);
        assert.deepEqual(unhandled, []);
      }),
      RUNS,
    );
  });
});
