import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { experiment, processes } from "../../src/symphony/mod.ts";
import { runProgram, startProgram } from "../fixtures/experiment_child.ts";
import { inFolder } from "../fixtures/program.ts";

const timeout = 120_000;

function made(out: string): string[] {
  return readFileSync(join(out, "made.txt"), "utf8").trimEnd().split("\n").sort();
}

describe("experiment() that is killed", () => {
  it(
    "makes only what is missing when it is started again",
    { timeout },
    () =>
      inFolder(async (OUT) => {
        const child = startProgram({ OUT, KINDS: "hangs", SEEDS: "5", HANG: "yes" });
        for await (const text of child.stdout!) {
          if (String(text).includes("HANGING")) break;
        }
        child.kill("SIGKILL");
        const [, signal] = await once(child, "exit");
        assert.equal(signal, "SIGKILL");
        assert.deepEqual(made(OUT), ["hangs 0", "hangs 1", "hangs 2"]);
        const file = join(OUT, "rows.jsonl");
        const before = readFileSync(file, "utf8");
        assert.equal(before.split("\n").length, 3);
        // As if the kill had come in the middle of a write.
        appendFileSync(file, before.slice(0, 50));

        const { report } = await runProgram({ OUT, KINDS: "hangs", SEEDS: "5" });
        assert.deepEqual([report.made, report.repaired], [3, 50]);
        assert.deepEqual(report.rows.map(({ value }) => value), [0, 1, 2, 3, 4]);
        const after = readFileSync(file, "utf8");
        assert.ok(after.startsWith(before), "what was there is untouched");
        assert.equal(after.split("\n").length, 6);
        assert.deepEqual(made(OUT), [
          "hangs 0",
          "hangs 1",
          "hangs 2",
          "hangs 2",
          "hangs 3",
          "hangs 4",
        ]);
      }),
  );

  it("ends its workers, whatever they are at", { timeout }, () =>
    inFolder(async (OUT) => {
      const sockets: Socket[] = [];
      const { promise: both, resolve } = Promise.withResolvers<void>();
      const server: Server = createServer((socket) => {
        socket.on("error", () => {});
        if (sockets.push(socket) === 2) resolve();
      });
      await once(server.listen(0, "127.0.0.1"), "listening");
      const PORT = String((server.address() as { port: number }).port);
      const child = startProgram({ OUT, KINDS: "connects", EXECUTOR: "processes", PORT });
      await both;
      const closed = sockets.map((socket) => once(socket.resume(), "close"));
      child.kill("SIGKILL");
      await Promise.all(closed);
      server.close();
    }));
});

describe("processes()", () => {
  it(
    "makes the runs in children, which are used again",
    { timeout },
    () =>
      inFolder(async (OUT) => {
        const { report } = await runProgram({ OUT, SEEDS: "6", EXECUTOR: "processes" });
        const { pid, rows } = report;
        assert.deepEqual(rows.map(({ value }) => value), [0, 1, 4, 9, 16, 25]);
        assert.equal(rows[3]!.curve, "3,NaN");
        const pids = new Set(rows.map((row) => row.pid));
        assert.ok(pids.size <= 2 && !pids.has(pid), `${pid}: ${[...pids]}`);
        // The experiment before it was made once, by the program itself.
        assert.equal(report.earlier, pid);
        assert.equal(made(OUT).length, 6);
      }),
  );

  it(
    "keeps what a run throws in either language, and what ends a child",
    { timeout },
    () =>
      inFolder(async (OUT) => {
        const KINDS = "throws,python,crashes,exits";
        const env = { OUT, KINDS, SEEDS: "2", EXECUTOR: "processes" };
        const { ran, report } = await runProgram(env);
        const error = (kind: string) =>
          report.rows.filter((row) => row.kind === kind).map((row) => row.error);
        assert.deepEqual(error("throws"), Array(2).fill("RangeError: too large"));
        assert.deepEqual(error("python"), Array(2).fill("PythonError: KeyError: 'missing'"));
        assert.deepEqual(error("crashes"), [null, "SymphonyError: The worker ended by SIGKILL"]);
        const exit = "SymphonyError: The worker ended by exit code 3; it had said:\nout of memory";
        assert.deepEqual(error("exits"), [exit, exit]);
        assert.match(ran.stderr, /out of memory/);
        assert.match(report.rows[0]!.stack, /experiment_program\.ts/);
      }),
  );

  it("passes on what a worker prints", { timeout }, () =>
    inFolder(async (OUT) => {
      const { ran } = await runProgram({ OUT, KINDS: "prints", SEEDS: "1", EXECUTOR: "processes" });
      const printed = ran.stdout.split("\n").slice(0, -2);
      assert.deepEqual(printed, ["half a line of 0", "Python was here"]);
    }));

  it(
    "says where the file does not come to the experiment",
    { timeout },
    () =>
      inFolder(async (out) => {
        const file = join(out, "other.ts");
        writeFileSync(file, 'console.error("another program");\n');
        await assert.rejects(
          experiment({ name: "lost", run: () => {}, seeds: 2, out }, {
            executor: processes({ file }),
            progress: false,
          }),
          {
            message: `${file} did not come to experiment("lost") in a worker. ` +
              "The worker ended by exit code 0; it had said:\nanother program",
          },
        );
      }),
  );

  it("refuses a number of workers that makes no sense", () => {
    assert.throws(() => processes({ workers: 0 }), {
      message: "workers must be a whole number above 0, not 0",
    });
  });
});
