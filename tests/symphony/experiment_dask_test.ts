import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { dask, experiment } from "../../src/symphony/mod.ts";
import { runProgram } from "../fixtures/experiment_child.ts";
import { inFolder, PYTHON } from "../fixtures/program.ts";
import { evaluate, py } from "../fixtures/python.ts";

const timeout = 120_000;

const hasDask = evaluate(
  "import importlib.util as u\nu.find_spec('distributed') is not None",
) as boolean;

/** Skipped, and said so, where Dask is missing. */
function itWithDask(name: string, body: () => Promise<void>): void {
  if (hasDask) return void it(name, { timeout }, body);
  const reason = `Python ${py.version.join(".")} here has no distributed`;
  console.log(`skipped: ${name}: ${reason}`);
  it(`${name} (skipped: ${reason})`, { skip: true }, () => {});
}

/** A cluster of a process of its own, as it would be on another machine. */
const CLUSTER = `
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
`;

describe("dask()", () => {
  itWithDask(
    "makes the runs in a LocalCluster, each by the runtime",
    () =>
      inFolder(async (OUT) => {
        const env = { OUT, KINDS: "square,throws", SEEDS: "4", EXECUTOR: "dask" };
        const { report } = await runProgram(env);
        const { pid, rows } = report;
        const squares = rows.filter(({ kind }) => kind === "square");
        assert.deepEqual(squares.map(({ value }) => value), [0, 1, 4, 9]);
        assert.equal(squares[2]!.curve, "2,NaN");
        const pids = new Set(squares.map((row) => row.pid));
        assert.ok(pids.size <= 2 && !pids.has(pid), `${pid}: ${[...pids]}`);
        assert.deepEqual(
          rows.filter(({ kind }) => kind === "throws").map(({ error }) => error),
          Array(4).fill("RangeError: too large"),
        );
        assert.equal(readFileSync(join(OUT, "made.txt"), "utf8").split("\n").length, 9);
        const again = await runProgram(env);
        assert.equal(again.report.made, 0);
      }),
  );

  itWithDask(
    "makes the runs by a scheduler that runs already, and leaves it running",
    () =>
      inFolder(async (OUT) => {
        const file = join(OUT, "cluster.py");
        writeFileSync(file, CLUSTER);
        const cluster = spawn(PYTHON, [file], { stdio: ["pipe", "pipe", "inherit"] });
        try {
          const [said] = await once(cluster.stdout!, "data");
          // That cluster does not have the variables of the program.
          const DASK = JSON.stringify({ address: String(said).trim(), environment: { OUT } });
          const env = { OUT, EXECUTOR: "dask", DASK };
          const first = await runProgram({ ...env, KINDS: "square", SEEDS: "3" });
          assert.deepEqual(first.report.rows.map(({ value }) => value), [0, 1, 4]);
          assert.equal(readFileSync(join(OUT, "made.txt"), "utf8").split("\n").length, 4);
          const second = await runProgram({ ...env, KINDS: "square,crashes,exits", SEEDS: "2" });
          assert.equal(second.report.made, 4);
          const exit =
            "SymphonyError: The worker ended by exit code 3; it had said:\nout of memory";
          assert.deepEqual(second.report.rows.map(({ error }) => error), [
            ...[null, null, null, "SymphonyError: The worker ended by signal 9", exit, exit],
          ]);
        } finally {
          cluster.stdin!.end();
          await once(cluster, "close");
        }
      }),
  );

  itWithDask("stops by a signal, and its runtimes with it", () =>
    inFolder(async (OUT) => {
      // In this process: the cluster's workers are its threads, and the runs hang.
      const stop = new AbortController();
      const file = join(OUT, "hanging.ts");
      const module = new URL("../../src/symphony/mod.ts", import.meta.url).href;
      writeFileSync(
        file,
        `import { writeFileSync } from "node:fs";
import { experiment } from ${JSON.stringify(module)};
await experiment({
  name: "hanging",
  run: () => new Promise(() => writeFileSync(${JSON.stringify(join(OUT, "begun"))}, "yes")),
  out: ${JSON.stringify(OUT)},
}, { progress: false });
`,
      );
      const { watch } = await import("node:fs/promises");
      const begun = (async () => {
        for await (const { filename } of watch(OUT)) if (filename === "begun") return;
      })();
      const result = experiment({ name: "hanging", run: () => {}, out: OUT }, {
        executor: dask({ file, workers: 1 }),
        progress: false,
        signal: stop.signal,
      });
      result.catch(() => {});
      await begun;
      stop.abort(new Error("enough"));
      await assert.rejects(result, { message: "enough" });
      assert.equal(evaluate("import symphony_dask_worker as w\nlen(w._children)"), 0);
      assert.equal(readFileSync(join(OUT, "rows.jsonl"), "utf8"), "");
    }));

  itWithDask("says what a worker could not start", () =>
    inFolder(async (out) => {
      const command = [join(out, "no-runtime")];
      await assert.rejects(
        experiment({ name: "lost", run: () => {}, out }, {
          executor: dask({ command, file: "lost.ts", workers: 1 }),
          progress: false,
        }),
        {
          message:
            `A Dask worker could not start ${
              command[0]
            } lost.ts, or it did not come to experiment("lost"). ` +
            `[Errno 2] No such file or directory: '${command[0]}'`,
        },
      );
    }));

  itWithDask("says where no scheduler answers", () =>
    inFolder((out) =>
      assert.rejects(
        experiment({ name: "nobody", run: () => {}, out }, {
          executor: dask({ address: "tcp://127.0.0.1:1", timeout: 200 }),
          progress: false,
        }),
        /^SymphonyError: No Dask worker answered at tcp:\/\/127\.0\.0\.1:1: .*Timed out/,
      )
    ));

  if (!hasDask) {
    it("says what to install where Python has no Dask", () =>
      inFolder((out) =>
        assert.rejects(
          experiment({ name: "missing", run: () => {}, out }, {
            executor: dask(),
            progress: false,
          }),
          /dask\(\) needs Dask: pip install 'dask\[distributed\]'/,
        )
      ));
  }

  it("refuses a number of workers that makes no sense", () => {
    assert.throws(() => dask({ workers: 1.5 }), {
      message: "workers must be a whole number above 0, not 1.5",
    });
  });
});
