import assert from "node:assert/strict";
import progress from "cli-progress";
import { Writable } from "node:stream";
import { describe } from "node:test";
import { progressBar } from "../../src/symphony/experiment/progress.ts";
import { experiment, type ProgressBar } from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/program.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";

const hasTqdm = evaluate("import importlib.util as u\nu.find_spec('tqdm') is not None") as boolean;

/** What Python writes to its standard error meanwhile. */
function saidBy(act: () => void): string {
  const names = py.run(
    "import io, sys\nold, sys.stderr = sys.stderr, io.StringIO()\n[old, sys.stderr]",
  );
  try {
    act();
    return names[1].getvalue();
  } finally {
    py.import("sys").stderr = names[0];
  }
}

// tqdm keeps a monitor and locks for good.
forGood(() => {
  if (!hasTqdm) return;
  saidBy(() => {
    const bar = progressBar(true, "first");
    bar.start(1, 0, {});
    bar.update(1, { failed: 0 });
    bar.stop();
  });
});

describe("progressBar()", () => {
  testWith(["tqdm"], "is tqdm's, with the runs that failed", () => {
    const said = saidBy(() => {
      const bar = progressBar(true, "rates");
      bar.start(4, 2, {});
      bar.update(3, { failed: 0 });
      bar.update(4, { failed: 1 });
      bar.stop();
    });
    assert.match(said, /^\rrates: +50%\|.*\| 2\/4 /);
    assert.match(said, /rates: 100%\|.*\| 4\/4 .*failed=1\]\n$/);
  });

  test("may be one of cli-progress", () =>
    inFolder(async (out) => {
      let said = "";
      const stream = new Writable({
        write(chunk, _, done) {
          said += String(chunk);
          done();
        },
      });
      const bar: ProgressBar = new progress.SingleBar({
        stream: stream as NodeJS.WritableStream,
        noTTYOutput: true,
        format: "{value} of {total}, {failed} failed",
      });
      await experiment({ name: "bar", run: () => ({}), seeds: 3, out }, { progress: bar });
      assert.match(said, /3 of 3, 0 failed/);
    }));

  test("is nothing where none is wanted", () => {
    const bar = progressBar(false, "none");
    assert.equal(
      saidBy(() => {
        bar.start(1, 0);
        bar.update(1);
        bar.stop();
      }),
      "",
    );
  });
});
