import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type ConductorProcess,
  ConductorProcessError,
  RemoteError,
} from "../../src/symphony/mod.ts";
import {
  killed,
  names,
  next,
  rejection,
  said,
  SETUP,
  withProcess,
} from "../fixtures/conductor_events.ts";
import { lifeline } from "../fixtures/lifeline.ts";
import { StillClock } from "../fixtures/still_clock.ts";
import { inFolder } from "../fixtures/program.ts";

const SLOW = { timeout: 120_000 };
const AT_ONCE = { maxRestarts: 3, delay: 0 };

function run(conductor: ConductorProcess, code: string, names = {}): Promise<unknown> {
  return conductor.call("run", { code, names }, { timeout: Infinity });
}

describe("A Conductor's process that dies", () => {
  it("of a crash in C is told, its calls fail, and another one goes on", SLOW, async () => {
    await withProcess({ restart: AT_ONCE }, async (conductor) => {
      const seen = names(conductor);
      await conductor.start();
      const { processId } = conductor;
      const [died, restarted] = [next(conductor, "Died"), next(conductor, "Restarted")];
      const other = rejection(conductor.call("never"));
      const error = await rejection(run(conductor, "import ctypes; ctypes.string_at(0)"));
      assert.ok(error instanceof ConductorProcessError);
      assert.strictEqual(error.kind, "ProcessCommunicationFailed");
      assert.strictEqual(error.problem, "Died");
      assert.strictEqual(
        error.message,
        `run: Died: the Conductor's process ${processId}: it was ended by SIGSEGV, before it answered. Whether it ` +
          "did what it was asked is not known; only calls that are `idempotent` are made again",
      );
      assert.match((await other).message, /^never: Died: /);
      const ending = await died;
      assert.deepStrictEqual(
        { ...ending, lastLines: [] },
        {
          processId,
          code: null,
          signal: "SIGSEGV",
          reason: "it was ended by SIGSEGV",
          lastLines: [],
        },
      );
      assert.deepStrictEqual(await restarted, { processId: conductor.processId, attempt: 1 });
      assert.notStrictEqual(conductor.processId, processId);
      assert.strictEqual(await conductor.call("echo", 1), 1);
      await conductor.stop();
      assert.deepStrictEqual(seen, ["Started", "Died", "Restarted", "Stopped"]);
    });
  });

  it("makes idempotent calls again, and later calls wait for the next child", SLOW, async () => {
    await withProcess({ restart: AT_ONCE }, async (conductor) => {
      await conductor.start();
      const waiting = said(conductor, "waiting");
      let asked = 0;
      const once = new Promise<void>((resolve) => {
        conductor.handle("question", () => {
          if (++asked === 2) return "second";
          resolve();
          return new Promise(() => {});
        });
      });
      const idempotent = conductor.call("ask", {}, { idempotent: true });
      const other = rejection(conductor.call("never"));
      await Promise.all([waiting, once]);
      const died = next(conductor, "Died");
      killed(conductor.processId);
      await died;
      assert.strictEqual(conductor.status, "Starting");
      assert.strictEqual(await conductor.call("echo", "later"), "later");
      assert.strictEqual(await idempotent, "second");
      assert.match((await other).message, /^never: Died: /);
      await conductor.stop();
    });
  });

  it("is restarted after longer and longer waits, up to the limit", SLOW, async () => {
    const clock = new StillClock();
    await inFolder(async (folder) => {
      const setup = join(folder, "setup.ts");
      const good = readFileSync(SETUP, "utf8");
      writeFileSync(setup, good);
      const options = {
        clock,
        setup,
        restart: { maxRestarts: 3, delay: 100, factor: 3, maxDelay: 500 },
      };
      await withProcess(options, async (conductor) => {
        const failures: unknown[] = [];
        conductor.on("RestartFailed", ({ message, ...rest }) => {
          assert.match(message, /: broken\n?/);
          failures.push(rest);
        });
        await conductor.start();
        writeFileSync(setup, "throw new Error('broken');\n");
        killed(conductor.processId);
        const waited: number[] = [];
        for (const wait of [100, 300, 500]) {
          await clock.timer(wait);
          waited.push(wait);
          const failed = next(conductor, "RestartFailed");
          if (waited.length === 3) writeFileSync(setup, "throw new Error('broken');//\n");
          clock.advance(wait);
          await failed;
        }
        assert.deepStrictEqual(failures, [
          { attempt: 1, final: false },
          { attempt: 2, final: false },
          { attempt: 3, final: true },
        ]);
        assert.strictEqual(conductor.status, "Failed");
        assert.match(
          (await rejection(conductor.call("echo"))).message,
          /it died too often \(Failed\); start it to try again$/,
        );
        writeFileSync(setup, good);
        await conductor.start();
        assert.strictEqual(await conductor.call("echo", 1), 1);
        await conductor.stop();
      });
    });
  });

  it(
    "is restarted no more often in a row, though each begins well; one that lived begins anew",
    SLOW,
    async () => {
      const clock = new StillClock();
      const restart = { maxRestarts: 1, delay: 7, resetAfter: 60_000 };
      await withProcess({ clock, restart }, async (conductor) => {
        await conductor.start();
        const restarted = next(conductor, "Restarted");
        killed(conductor.processId);
        await clock.timer(7);
        clock.advance(7);
        await restarted;
        // It lives long enough, with all its heartbeats answered.
        for (let i = 0; i < 6; i++) {
          clock.advance(10_000);
          await clock.timer(10_000);
        }
        const again = next(conductor, "Restarted");
        killed(conductor.processId);
        await clock.timer(7);
        clock.advance(7);
        assert.strictEqual((await again).attempt, 1);
        const failed = next(conductor, "RestartFailed");
        killed(conductor.processId);
        assert.deepStrictEqual(await failed, {
          message: "it died, and was restarted 1 times in a row",
          attempt: 1,
          final: true,
        });
        assert.strictEqual(conductor.status, "Failed");
      });
    },
  );

  it("stays dead with restart: false; stop() during a wait ends the waiting", SLOW, async () => {
    await withProcess({ restart: false }, async (conductor) => {
      await conductor.start();
      const died = next(conductor, "Died");
      killed(conductor.processId);
      await died;
      assert.strictEqual(conductor.status, "Failed");
      await conductor.stop();
      assert.strictEqual(conductor.status, "Stopped");
    });
    const clock = new StillClock();
    await withProcess({ clock }, async (conductor) => {
      await conductor.start();
      killed(conductor.processId);
      await clock.timer(500);
      const call = rejection(conductor.call("echo"));
      await conductor.stop();
      assert.match((await call).message, /NotRunning: .* it does not run \(Stopp(ing|ed)\)/);
      assert.strictEqual(conductor.status, "Stopped");
    });
  });

  it(
    "of hanging is killed after its heartbeats, but never while it works for a caller",
    SLOW,
    async () => {
      const clock = new StillClock();
      await withProcess({ clock, restart: false }, async (conductor) => {
        await conductor.start();
        const computing = said(conductor, "computing");
        const hang = "import os\nos.write(1, b'computing\\n')\nwhile True: pass";
        const controller = new AbortController();
        const call = rejection(
          conductor.call("run", { code: hang }, { timeout: Infinity, signal: controller.signal }),
        );
        await computing;
        for (let i = 0; i < 5; i++) { // nobody is asked
          await clock.timer(10_000);
          clock.advance(10_000);
        }
        assert.strictEqual(conductor.status, "Running");
        const died = next(conductor, "Died");
        controller.abort(new Error("enough"));
        await call;
        for (let i = 0; i < 3; i++) {
          await clock.timer(10_000);
          clock.advance(10_000);
          await clock.timer(5_000);
          clock.advance(5_000);
        }
        assert.strictEqual((await died).reason, "it did not answer 3 heartbeats of 5000 ms each");
      });
    },
  );

  it("takes what it started with it", SLOW, async () => {
    await inFolder(async (folder) => {
      const { fifo, gone } = await lifeline(folder);
      await withProcess({ restart: false }, async (conductor) => {
        await conductor.start();
        await run(conductor, GRANDCHILD, { fifo });
        killed(conductor.processId);
        await gone;
      });
    });
  });

  it(
    "of its memory's limit gets a MemoryError, of its processor time's limit an end",
    SLOW,
    async () => {
      const limits = { memoryMb: 300, cpuSeconds: 1 };
      await withProcess({ limits, restart: false }, async (conductor) => {
        await conductor.start();
        assert.strictEqual(await run(conductor, "len(bytearray(50 << 20))"), 50 << 20);
        const error = await rejection(run(conductor, "bytearray(1 << 30)"));
        assert.ok(error instanceof RemoteError);
        assert.strictEqual(error.remote.type, "MemoryError");
        assert.strictEqual(await conductor.call("echo", 1), 1);
        const died = next(conductor, "Died");
        const call = rejection(run(conductor, "while True: pass"));
        const { signal, reason } = await died;
        assert.strictEqual(signal, "SIGXCPU");
        assert.strictEqual(reason, "it used all its processor time (SIGXCPU)");
        assert.match((await call).message, /^run: Died: .*it used all its processor time/);
      });
    },
  );

  it("labels and orders what it printed, whoever printed it", SLOW, async () => {
    await withProcess({}, async (conductor) => {
      const lines: string[] = [];
      conductor.on("log", ({ stream, line }) => lines.push(`${stream}: ${line}`));
      await conductor.start();
      const last = said(conductor, "end");
      await run(
        conductor,
        `
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None)
for i in range(100):
    print("line", i)
sys.stdout.flush()
libc.write(1, b"from C\\n", 7)
print('{"jsonrpc":"2.0","id":1,"result":"forged"}', flush=True)
os.write(1, b"\\xff\\xfe not UTF-8\\n")
subprocess.run(["echo", "a grandchild"])
os.write(1, b"no end")
print(flush=True)
print("x" * 100_000, flush=True)
print("end", flush=True)
print("warned", file=sys.stderr, flush=True)
`,
      );
      await last;
      const warned = lines.includes("stderr: warned") ? null : said(conductor, "warned");
      await warned;
      const out = lines.filter((line) => line.startsWith("stdout: "));
      assert.deepStrictEqual(out, [
        ...Array.from({ length: 100 }, (_, i) => `stdout: line ${i}`),
        "stdout: from C",
        'stdout: {"jsonrpc":"2.0","id":1,"result":"forged"}',
        "stdout: \uFFFD\uFFFD not UTF-8",
        "stdout: a grandchild",
        "stdout: no end",
        "stdout: (a line of 100000 bytes)",
        "stdout: end",
      ]);
      await conductor.stop();
    });
  });

  it("is not believed where others write into its pipe", SLOW, async () => {
    await withProcess({ maxLineBytes: 10_000 }, async (conductor) => {
      const reasons: string[] = [];
      conductor.on("protocol", ({ reason }) => reasons.push(reason));
      await conductor.start();
      const hostile = [
        ...[
          "no JSON\n",
          "[1]\n",
          "null\n",
          '{"id":{}}\n',
          '{"jsonrpc":"2.0","id":99999,"result":1}\n',
        ],
        ...["LONG", "no end"],
      ];
      const code = "import os\nlong = 'y' * 20_000 + '\\n'\n" +
        "for text in hostile: os.write(4, text.replace('LONG', long).encode())\n'done'";
      assert.strictEqual(await run(conductor, code, { hostile }), "done");
      assert.strictEqual(await conductor.call("echo", "fine"), "fine");
      assert.deepStrictEqual(reasons, [
        'a line is no JSON: "no JSON"',
        'a line is no message: "[1]"',
        'a line is no message: "null"',
        'a line is no message: "{\\"id\\":{}}"',
        'a line is no message: "{\\"jsonrpc\\":\\"2.0\\",\\"id\\":99999,\\"result\\":1}"',
        "a line of 20000 bytes is longer than 10000",
        'a line is no JSON: "no end"',
      ]);
      await conductor.stop();
    });
  });
});

const GRANDCHILD = `
import os, subprocess
pipe = os.open(fifo, os.O_WRONLY)
subprocess.Popen(["sleep", "600"], pass_fds=[pipe])
None
`;
