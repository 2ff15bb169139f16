import assert from "node:assert/strict";
import fc from "fast-check";
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { rowsCsv, seriesCsv } from "../../src/symphony/experiment/csv.ts";
import { fromLine, lineOf, type Measured, type Row } from "../../src/symphony/experiment/row.ts";
import {
  type Executor,
  experiment,
  type ExperimentOptions,
  inProcess,
  type ProgressBar,
  SymphonyError,
} from "../../src/symphony/mod.ts";
import { inFolder } from "../fixtures/program.ts";

const quiet: ExperimentOptions = { progress: false };

function rowsIn(out: string): Row[] {
  const text = readFileSync(join(out, "rows.jsonl"), "utf8");
  return text.split("\n").slice(0, -1).map((line) => fromLine(line) as Row);
}

function row(more: Partial<Row>): Row {
  const outcome = { status: "done", result: {}, error: null, milliseconds: 1.5 } as const;
  return { experiment: "e", id: "1", params: {}, seed: 0, ...outcome, ...more };
}

/** One that counts, and ends by the value `stop`. */
function counted(made: unknown[] = []): {
  made: unknown[];
  run: (context: { params: object; seed: number }) => { value: number };
} {
  return {
    made,
    run({ params, seed }) {
      made.push({ ...params, seed });
      return { value: seed };
    },
  };
}

describe("experiment()", () => {
  it("makes a run for every combination with every seed, and keeps what it gave", () =>
    inFolder(async (out) => {
      const { rows, made, failed } = await experiment({
        name: "grid",
        run: ({ params, seed }) => ({
          product: params.a * seed,
          word: params.b,
          curve: Float64Array.of(seed, NaN, -0, Infinity),
        }),
        grid: { a: [2, 3], b: ["x", "y"] },
        seeds: [5, 7],
        out,
      }, quiet);
      assert.equal(made, 8);
      assert.deepEqual(failed, []);
      assert.deepEqual(
        rows.map(({ params, seed, result }) => [params["a"], params["b"], seed, result["product"]]),
        [
          ...[[2, "x", 5, 10], [2, "x", 7, 14], [2, "y", 5, 10], [2, "y", 7, 14]],
          ...[[3, "x", 5, 15], [3, "x", 7, 21], [3, "y", 5, 15], [3, "y", 7, 21]],
        ],
      );
      assert.deepEqual(rows[0]!.result["curve"], [5, NaN, -0, Infinity]);
      assert.deepEqual(rowsIn(out), rows);
      assert.deepEqual(readdirSync(out).sort(), ["rows.csv", "rows.jsonl", "series.csv"]);
    }));

  it("goes on where it was, and makes new combinations only", () =>
    inFolder(async (out) => {
      const { run, made } = counted();
      await experiment({ name: "more", run, grid: { a: [1] }, seeds: 2, out }, quiet);
      const second = await experiment(
        { name: "more", run, grid: { a: [1, 2] }, seeds: 3, out },
        quiet,
      );
      assert.equal(second.made, 4);
      assert.equal(second.rows.length, 6);
      assert.deepEqual(made.slice(2), [
        { a: 1, seed: 2 },
        { a: 2, seed: 0 },
        { a: 2, seed: 1 },
        { a: 2, seed: 2 },
      ]);
      const smaller = await experiment({ name: "more", run, grid: { a: [2] }, out }, quiet);
      assert.deepEqual([smaller.made, smaller.rows.length], [0, 1]);
      assert.equal(rowsIn(out).length, 6);
    }));

  it("keeps failures with their errors, and makes them again on demand alone", () =>
    inFolder(async (out) => {
      let broken = true;
      const tries: number[] = [];
      const definition = {
        name: "failing",
        run: ({ seed }: { seed: number }) => {
          tries.push(seed);
          if (broken && seed === 1) throw new TypeError("no such model");
          return { value: seed };
        },
        seeds: 3,
        out,
      };
      const first = await experiment(definition, quiet);
      const [failed] = first.failed;
      assert.equal(first.failed.length, 1);
      assert.deepEqual([failed!.seed, failed!.result], [1, {}]);
      assert.deepEqual([failed!.error!.name, failed!.error!.message], [
        "TypeError",
        "no such model",
      ]);
      assert.match(failed!.error!.stack, /experiment_test\.ts/);
      assert.match(readFileSync(join(out, "rows.csv"), "utf8"), /failed.*TypeError: no such model/);
      broken = false;
      assert.equal((await experiment(definition, quiet)).failed.length, 1);
      const again = await experiment(definition, { ...quiet, retryFailed: true });
      assert.deepEqual([again.made, again.failed.length], [1, 0]);
      assert.deepEqual(tries, [0, 1, 2, 1]);
      // The file tells the whole story; the result has the latest.
      assert.deepEqual(rowsIn(out).map(({ seed, status }) => [seed, status]), [
        [0, "done"],
        [1, "failed"],
        [2, "done"],
        [1, "done"],
      ]);
    }));

  it("makes what cannot be kept a failure that says why", () =>
    inFolder(async (out) => {
      const given = [
        () => 1,
        () => ({ model: new Map() }),
        () => ({ curve: [1, "2"] }),
        () => ({
          seed: 1,
        }),
        () => ({ a: 1 }),
        () => undefined,
        () => new Map([["accuracy", 1]]),
        () => new Date(0),
      ];
      const { rows } = await experiment({
        name: "odd",
        run: ({ params }) => given[params.a]!(),
        grid: { a: [0, 1, 2, 3, 4, 5, 6, 7] },
        out,
      }, quiet);
      assert.deepEqual(rows.map(({ error }) => error?.message ?? null), [
        "run() must give an object of figures, such as { accuracy: 0.9 }, not 1",
        "run() gave model, which must be a number, a text, a boolean, null, or an array of numbers, not a Map",
        "run() gave curve[1], which must be a number, a text, a boolean, null, or an array of numbers, not a string",
        "run() gave seed, which is a column of the table already: call it otherwise",
        "run() gave a, which is a column of the table already: call it otherwise",
        null,
        "run() must give an object of figures, such as { accuracy: 0.9 }, not [object Map]",
        `run() must give an object of figures, such as { accuracy: 0.9 }, not ${new Date(0)}`,
      ]);
    }));

  it("cuts off a line that was torn, and makes its run again", () =>
    inFolder(async (out) => {
      const { run, made } = counted();
      const definition = { name: "torn", run, seeds: 3, out };
      await experiment(definition, quiet);
      const file = join(out, "rows.jsonl");
      const whole = readFileSync(file, "utf8");
      const lines = whole.split("\n");
      writeFileSync(file, `${lines[0]}\n${lines[1]}\n${lines[2]!.slice(0, 40)}`);
      const { repaired, made: again } = await experiment(definition, quiet);
      assert.deepEqual([repaired, again], [40, 1]);
      assert.deepEqual(made.at(-1), { seed: 2 });
      assert.deepEqual(rowsIn(out).map(({ seed }) => seed), [0, 1, 2]);
    }));

  it("cuts off a line that was torn within a character", () =>
    inFolder(async (out) => {
      const definition = { name: "größe", run: () => ({ text: "ü" }), seeds: 1, out };
      await experiment(definition, quiet);
      appendFileSync(join(out, "rows.jsonl"), Uint8Array.of(0x7b, 0x22, 0xc3));
      assert.equal((await experiment({ ...definition, seeds: 2 }, quiet)).repaired, 3);
      assert.deepEqual(rowsIn(out).map(({ result }) => result), [{ text: "ü" }, { text: "ü" }]);
    }));

  it("keeps a last line that lacks only its end", () =>
    inFolder(async (out) => {
      const { run, made } = counted();
      await experiment({ name: "unended", run, seeds: 2, out }, quiet);
      const file = join(out, "rows.jsonl");
      writeFileSync(file, readFileSync(file, "utf8").slice(0, -1));
      const result = await experiment({ name: "unended", run, seeds: 3, out }, quiet);
      assert.deepEqual([result.repaired, result.made, made.length], [0, 1, 3]);
      assert.deepEqual(rowsIn(out).map(({ seed }) => seed), [0, 1, 2]);
    }));

  it("refuses a folder in which another one runs, and takes it afterwards", () =>
    inFolder(async (out) => {
      const begun = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      const run = async () => {
        begun.resolve();
        await end.promise;
        return { value: 1 };
      };
      const about = { name: "held", out, run };
      const first = experiment(about, quiet);
      await begun.promise;
      await assert.rejects(experiment(about, quiet), (error: SymphonyError) => {
        assert.equal(error.kind, "Io");
        assert.match(error.message, /The folder .* is in use by this process already/);
        assert.ok(error.message.includes(out));
        return true;
      });
      end.resolve();
      assert.equal((await first).made, 1);
      assert.equal((await experiment(about, quiet)).made, 0);
      assert.deepEqual(readdirSync(out).sort(), ["rows.csv", "rows.jsonl", "series.csv"]);
    }));

  it("refuses a file in which something else stands, and says where", () =>
    inFolder(async (out) => {
      const { run } = counted();
      const definition = { name: "first", run, seeds: 1, out };
      await experiment(definition, quiet);
      const file = join(out, "rows.jsonl");
      await assert.rejects(experiment({ ...definition, name: "second" }, quiet), {
        message:
          `${file} holds rows of the experiment "first", not of "second": give each experiment a folder of its own`,
      });
      appendFileSync(file, "{}\n");
      await assert.rejects(experiment(definition, quiet), {
        message: `${file}, line 2 is not a row: "{}". Remove the line; its run is made again`,
      });
    }));

  it("refuses grids and seeds that make no sense", () =>
    inFolder(async (out) => {
      const refused = (more: object, message: string) =>
        assert.rejects(
          experiment({ name: "no", run: () => {}, out, ...more }, quiet),
          (error: Error) => {
            assert.equal(error.message, message);
            return error instanceof SymphonyError;
          },
        );
      await refused(
        { seeds: 0 },
        "seeds must be a whole number above 0, or an array of seeds, not 0",
      );
      await refused({ seeds: [] }, "seeds must name at least one seed");
      await refused({ seeds: [1, -2] }, "seeds must be whole numbers from 0 up, not -2");
      await refused({ seeds: [1, 1] }, "seeds names one twice: 1, 1");
      await refused({ grid: { a: [] } }, "grid.a must be an array with at least one value");
      await refused({ grid: { a: [1, 1] } }, "grid.a names a value twice: 1, 1");
      await refused(
        { grid: { a: [1, {}] } },
        "grid.a[1] must be a text, a number, a boolean or null, not object",
      );
      await refused(
        { grid: { seed: [1] } },
        "A parameter cannot be called seed, which is a column of the table already",
      );
      assert.equal(existsSync(join(out, "rows.jsonl")), false);
    }));

  it("tells values apart that look alike", () =>
    inFolder(async (out) => {
      const { rows } = await experiment({
        name: "alike",
        run: ({ params }) => ({ type: typeof params.a }),
        grid: { a: [1, "1", true, "true", null, "null", 0, -0] },
        out,
      }, quiet);
      assert.equal(new Set(rows.map(({ id }) => id)).size, 8);
    }));

  it("stops by its signal; what is there stays", () =>
    inFolder(async (out) => {
      const stop = new AbortController();
      const definition = {
        name: "stopped",
        run: ({ seed, signal }: { seed: number; signal: AbortSignal }) => {
          if (seed < 2) return { value: seed };
          stop.abort(new Error("enough"));
          assert.equal(signal.aborted, true);
          return new Promise(() => {}); // it does not listen
        },
        seeds: 4,
        out,
      };
      await assert.rejects(experiment(definition, { ...quiet, signal: stop.signal }), {
        message: "enough",
      });
      assert.deepEqual(rowsIn(out).map(({ seed }) => seed), [0, 1]);
      const rest = await experiment({ ...definition, run: () => ({}) }, quiet);
      assert.equal(rest.made, 2);
    }));

  it("shows its progress on a bar that the program gives", () =>
    inFolder(async (out) => {
      const said: unknown[] = [];
      const progress: ProgressBar = {
        start: (total, value) => said.push(["start", total, value]),
        update: (value, payload) => said.push([value, payload]),
        stop: () => said.push("stop"),
      };
      const run = ({ seed }: { seed: number }) => {
        if (seed === 1) throw new Error("no");
      };
      await experiment({ name: "bar", run, seeds: 1, out }, quiet);
      await experiment({ name: "bar", run, seeds: 3, out }, { progress });
      assert.deepEqual(said, [["start", 3, 1], [2, { failed: 1 }], [3, { failed: 1 }], "stop"]);
    }));

  it("makes as many runs at a time as its executor can, each once", () =>
    inFolder(async (out) => {
      const { promise: all, resolve } = Promise.withResolvers<void>();
      let [running, closed] = [0, false];
      const executor: Executor = {
        open: async (job) => {
          const crew = await inProcess().open(job);
          return {
            size: 3,
            async run(task) {
              if (++running === 3) resolve();
              await all; // three run at the same time, or this never ends
              return crew.run(task);
            },
            close: () => Promise.resolve(void (closed = true)),
          };
        },
      };
      const { run, made } = counted();
      await experiment({ name: "many", run, seeds: 7, out }, { ...quiet, executor });
      assert.deepEqual([made.length, rowsIn(out).length, closed], [7, 7, true]);
    }));

  it("ends by a failure of its executor, which is closed", () =>
    inFolder(async (out) => {
      let closed = false;
      const executor: Executor = {
        open: () =>
          Promise.resolve({
            size: 2,
            run: ({ seed }) =>
              seed === 0 ? Promise.reject(new Error("gone")) : new Promise(() => {}),
            close: () => Promise.resolve(void (closed = true)),
          }),
      };
      const { run } = counted();
      await assert.rejects(
        experiment({ name: "gone", run, seeds: 4, out }, { ...quiet, executor }),
        { message: "gone" },
      );
      assert.equal(closed, true);
    }));
});

describe("lineOf()", () => {
  it("is read back as it was", () => {
    const value: fc.Arbitrary<Measured> = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.double(), { maxLength: 20 }),
    );
    const name = fc.string().filter((text) => text !== "__proto__");
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { maxKeys: 5 }),
        fc.double(),
        (result, milliseconds) => {
          const made = row({ result: { ...result }, milliseconds });
          const line = lineOf(made);
          assert.ok(!line.includes("\n"));
          assert.deepEqual(fromLine(line), made);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("is what it always was", () => {
    assert.equal(
      lineOf(row({ params: { a: 0.1 }, result: { x: NaN, y: [-0, 1e21] } })),
      '{"experiment":"e","id":"1","params":{"a":0.1},"seed":0,"status":"done",' +
        '"result":{"x":{"number":"NaN"},"y":[{"number":"-0"},1e+21]},"error":null,"milliseconds":1.5}',
    );
  });
});

describe("rowsCsv()", () => {
  it("is exact", () => {
    const error = { name: "TypeError", message: 'no "model", here\nor there', stack: "" };
    const rows = [
      row({ params: { a: 0.1, b: "x,y" }, result: { word: "", value: 1 / 3, curve: [1] } }),
      row({ id: "2", params: { a: -0, b: null }, seed: 1, result: { value: NaN, on: true } }),
      row({ id: "3", params: { a: 1e300, b: "" }, status: "failed", error }),
      row({ id: "4", params: { a: 2, b: "r\rn" }, result: { value: -Infinity } }),
    ];
    assert.equal(
      rowsCsv(rows),
      [
        "id,a,b,seed,status,milliseconds,word,value,on,error",
        '1,0.1,"x,y",0,done,1.5,"",0.3333333333333333,,',
        "2,-0.0,,1,done,1.5,,nan,true,",
        '3,1e+300,"",0,failed,1.5,,,,"TypeError: no ""model"", here\nor there"',
        '4,2,"r\rn",0,done,1.5,,-inf,,',
        "",
      ].join("\r\n"),
    );
  });
});

describe("seriesCsv()", () => {
  it("has a line for each value", () => {
    const rows = [
      row({ params: { a: 1 }, seed: 4, result: { loss: [0.5, Infinity], n: 2, gain: [3] } }),
      row({ id: "2", params: { a: 2 }, result: {} }),
    ];
    assert.equal(
      seriesCsv(rows),
      [
        "id,a,seed,series,step,value",
        "1,1,4,loss,1,0.5",
        "1,1,4,loss,2,inf",
        "1,1,4,gain,1,3",
        "",
      ].join("\r\n"),
    );
  });
});
