import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { groupsOf, tableOf } from "../../src/symphony/experiment/summary.ts";
import { smoothed } from "../../src/symphony/experiment/plots.ts";
import { experimentModule } from "../../src/symphony/experiment/python_side.ts";
import type { Row } from "../../src/symphony/experiment/row.ts";
import { experiment, ExperimentResult, type IntervalOptions } from "../../src/symphony/mod.ts";
import { inFolder, PYTHON, ROOT, spawned } from "../fixtures/program.ts";
import { evaluate, forGood, test, testWith } from "../fixtures/python.ts";

const hasMatplotlib = evaluate(
  "import importlib.util as u\nu.find_spec('matplotlib') is not None",
) as boolean;

// Libraries keep what they make when they are first used; that is no leak of a test.
forGood(() => {
  experimentModule("statistics");
  if (hasMatplotlib) experimentModule("plots");
});

function rowsOf(all: Record<string, readonly Row["result"][]>): Row[] {
  return Object.entries(all).flatMap(([name, results]) =>
    results.map((result, seed) => ({
      ...{ experiment: "figures", id: `${name} ${seed}`, params: { name }, seed },
      ...{ status: "done" as const, result, error: null, milliseconds: 1 },
    }))
  );
}

function resultOf(all: Record<string, readonly Row["result"][]>): ExperimentResult {
  return new ExperimentResult(rowsOf(all), 0, 0);
}

/** Mean, deviation, low and high of values, to nine digits. */
function interval(values: readonly number[], options: IntervalOptions = {}): number[] {
  const [row] = resultOf({ a: values.map((value) => ({ value })) }).summary(options);
  return [row!.mean, row!.deviation, row!.low, row!.high].map((each) => Number(each.toFixed(9)));
}

const near = (one: number, other: number, by = 1e-9): void =>
  assert.ok(Math.abs(one - other) <= by, `${one} is not ${other}`);

describe("experiment()", () => {
  test("keeps the dict that Python gave, its lists, and refuses other objects of Python", () =>
    inFolder(async (out) => {
      const given = ["{'a': 1, 'b': [1.5, 2], 'c': None}", "{1}", "[1]", "object", "3"];
      const { rows } = await experiment({
        name: "python",
        grid: { i: [0, 1, 2, 3, 4] },
        run: ({ params }) => {
          const value = evaluate(given[params.i]!);
          if (typeof value === "number") return { a: value, list: evaluate("(1, 2)") };
          return value;
        },
        out,
      }, { progress: false });
      const refused = "run() must give an object of figures, such as { accuracy: 0.9 }, not ";
      assert.deepEqual(rows.map(({ result, error }) => error?.message ?? result), [
        { a: 1, b: [1.5, 2], c: null },
        `${refused}[object Set]`,
        `${refused}1`,
        `${refused}<class 'object'>`,
        { a: 3, list: [1, 2] },
      ]);
    }));
});

describe("summary()", () => {
  test("t quantiles are those of the tables", () => {
    const known: [number, number, number][] = [
      [0.975, 1, 12.706204736],
      [0.975, 2, 4.302652730],
      [0.975, 9, 2.262157163],
      [0.95, 4, 2.131846786],
      [0.995, 30, 2.749995654],
      [0.9, 7, 1.414923928],
      [0.975, 1000, 1.962339081],
    ];
    for (const [p, freedom, value] of known) {
      near(
        evaluate(`import symphony_experiment.statistics as s\ns.t_quantile(${p}, ${freedom})`),
        value,
        2e-9,
      );
    }
  });

  test("t interval is that of a known sample", () => {
    // Student's own data of sleep, second drug, as R's t.test(sleep$extra[11:20]) prints the interval.
    const sleep = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const [mean, deviation, low, high] = interval(sleep);
    near(mean!, 2.33);
    near(deviation!, 2.002248737, 1e-8);
    near(low!, 0.8976775, 1e-7);
    near(high!, 3.7623225, 1e-7);
    const [, , low90, high90] = interval(sleep, { confidence: 0.9 });
    assert.ok(low! < low90! && high90! < high!);
  });

  test("bootstrap interval is that of all samples that there are", () => {
    // Of 0, 0, 3 there are 27 samples: the mean is 0 in 8, 1 in 12, 2 in 6, 3 in 1.
    const all = interval([0, 0, 3], { method: "bootstrap", confidence: 0.9 });
    assert.deepEqual([all[0], all[2], all[3]], [1, 0, 2]);
    const wide = interval([0, 0, 3], { method: "bootstrap", confidence: 0.99 });
    assert.deepEqual([wide[2], wide[3]], [0, 3]);
  });

  test("bootstrap is the same by the same seed", () => {
    const values = Array.from({ length: 30 }, (_, i) => Math.sin(i * i));
    const by = (seed: number) => interval(values, { method: "bootstrap", seed, resamples: 500 });
    assert.deepEqual(by(1), by(1));
    assert.notDeepEqual(by(1), by(2));
  });

  test("tells apart the values of a parameter that JSON does not", () => {
    const values = [null, NaN, Infinity, -Infinity, 0, -0, 1, "1", true, "true"];
    const rows = values.map((limit, seed) => ({
      ...rowsOf({ a: [{ value: seed }] })[0]!,
      ...{ seed, params: { limit } },
    }));
    const found = new ExperimentResult(rows, 0, 0).summary();
    assert.deepEqual(found.map(({ params, mean }) => [params["limit"], mean]), [
      ...values.map((limit, seed) => [limit, seed]),
    ]);
  });

  it("says what to install where Python has no numpy", async () => {
    const needs = {
      "symphony_experiment.statistics": "The figures of an experiment need",
      "symphony_conductor.qlearning": "QLearner and QLearningPolicy need",
      "symphony_conductor.bandit": "LinUcb and Thompson need",
    };
    for (const [module, who] of Object.entries(needs)) {
      const code = `import sys; sys.modules["numpy"] = None; import ${module}`;
      const ran = await spawned(PYTHON, ["-c", code], {
        env: { PYTHONPATH: join(ROOT, "python"), PYTHONDONTWRITEBYTECODE: "1" },
      });
      assert.equal(
        ran.stderr.trimEnd().split("\n").at(-1),
        `ImportError: ${who} numpy: pip install numpy`,
      );
    }
  });

  testWith(["scipy"], "intervals are those of scipy", () => {
    const values = Array.from({ length: 40 }, (_, i) => Math.sin(i) + i / 20);
    const [low, high] = evaluate(
      `
import numpy as np
from scipy import stats
x = np.array(values)
list(map(float, stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x))))`,
      { values },
    ).$.toJs();
    const [, , ourLow, ourHigh] = interval(values);
    near(ourLow!, low, 1e-8);
    near(ourHigh!, high, 1e-8);
    const [bootLow, bootHigh] = evaluate(
      `
import numpy as np
from scipy import stats
list(map(float, stats.bootstrap((np.array(values),), np.mean, method="percentile", n_resamples=9999,
    random_state=3).confidence_interval))`,
      { values },
    ).$.toJs();
    const [, , seenLow, seenHigh] = interval(values, { method: "bootstrap" });
    near(seenLow!, bootLow, 0.02);
    near(seenHigh!, bootHigh, 0.02);
  });

  test("one run has no interval", () => {
    assert.deepEqual(interval([4]), [4, NaN, NaN, NaN]);
  });

  test("groups by the parameters named, and leaves out what failed", () => {
    const rows = rowsOf({ a: [{ x: 1 }, { x: 3 }], b: [{ x: 8, word: "no figure" }] });
    const failed: Row = { ...rows[0]!, status: "failed", result: {} };
    const result = new ExperimentResult([...rows, failed], 0, 0);
    const seen = (by?: string[]) =>
      result.summary(by ? { by } : {}).map(({ params, count, mean }) => [params, count, mean]);
    assert.deepEqual(seen(), [[{ name: "a" }, 2, 2], [{ name: "b" }, 1, 8]]);
    assert.deepEqual(seen([]), [[{}, 3, 4]]);
    assert.throws(() => seen(["alpha"]), {
      message: "There is no parameter alpha; there are name",
    });
  });

  test("refuses options that make no sense", () => {
    assert.throws(() => interval([1, 2], { confidence: 1 }), {
      message: "confidence must be between 0 and 1, not 1",
    });
    assert.throws(() => interval([1, 2], { method: "z" as "t" }), {
      message: 'method must be "t" or "bootstrap", not "z"',
    });
  });

  test("table() is text in columns", () => {
    const result = resultOf({ quick: [{ x: 1 }, { x: 2 }, { x: 3 }], slow: [{ x: 12345.678 }] });
    assert.equal(
      result.table(),
      `name   figure  runs  mean   interval
-----  ------  ----  -----  ---------------
quick  x       3     2      -0.4841 to 4.484
slow   x       1     12350  -`.replace("-".repeat(15), "-".repeat(16)),
    );
    assert.equal(tableOf([]).split("\n").length, 2);
    assert.equal(groupsOf([]).length, 0);
  });
});

describe("smoothed()", () => {
  test("is the mean of the last steps", () => {
    assert.deepEqual(smoothed([1, 2, 3, 7], 2), [1, 1.5, 2.5, 5]);
  });
});

const CURVES = {
  fast: [{ curve: [0, 0.5, 1] }, { curve: [0, 0.7, 1] }],
  slow: [{ curve: [0, 0.1, 0.2, 0.3] }, { curve: [0, 0.1, 0.4] }],
};

/** The texts and the ids of an SVG, and the points of the series, by Python's parser of XML. */
function read(file: string): { texts: string[]; ids: string[]; points: Record<string, number> } {
  return evaluate(
    `
import xml.etree.ElementTree as tree
root = tree.parse(file).getroot()
name = lambda e: e.tag.split("}")[1]
assert name(root) == "svg", root.tag
groups = {e.get("id"): e for e in root.iter() if name(e) == "g" and e.get("id")}
dict(
    texts=["".join(e.itertext()).strip() for e in root.iter() if name(e) == "text"],
    ids=list(groups),
    points={i: sum(len(p.get("d").split()) for p in g.iter() if name(p) == "path") // 3
            for i, g in groups.items() if i.startswith("series-")},
)`,
    { file },
  ).$.toJs();
}

describe("plotCurves()", () => {
  testWith(
    ["matplotlib"],
    "draws every series as a line with a band",
    () =>
      inFolder(async (folder) => {
        const file = join(folder, "deeper", "curves.svg");
        await resultOf(CURVES).plotCurves(file, {
          series: "curve",
          title: "Learning",
          x: "episode",
          y: "efficiency (share)",
          threshold: 0.8,
          thresholdLabel: "mastery",
        });
        const { texts, ids, points } = read(file);
        for (
          const text of [
            "Learning",
            "episode",
            "efficiency (share)",
            "mastery",
            "name=fast",
            "name=slow",
          ]
        ) assert.ok(texts.includes(text), `${text} is not among ${texts}`);
        assert.ok(
          texts.includes("2 runs each; 95 % confidence interval of the mean (Student's t)"),
          String(texts),
        );
        for (const id of ["series-0", "band-0", "series-1", "band-1", "threshold"]) {
          assert.ok(ids.includes(id), `${id} is not among ${ids}`);
        }
        // A point for each step, the longest curve's included.
        assert.deepEqual(points, { "series-0": 3, "series-1": 4 });
        const again = join(folder, "again.svg");
        await resultOf(CURVES).plotCurves(again, {
          ...{ series: "curve", title: "Learning", x: "episode", y: "efficiency (share)" },
          ...{ threshold: 0.8, thresholdLabel: "mastery" },
        });
        assert.equal(readFileSync(again, "utf8"), readFileSync(file, "utf8"));
      }),
  );

  testWith(["matplotlib"], "writes PNG as well", () =>
    inFolder(async (folder) => {
      const file = join(folder, "curves.png");
      await resultOf(CURVES).plotCurves(file, { series: "curve", window: 2 });
      const bytes = readFileSync(file);
      assert.deepEqual([...bytes.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
      assert.ok(bytes.length > 10_000);
    }));

  test("names the series that there are, and the endings", async () => {
    await assert.rejects(resultOf(CURVES).plotCurves("x.svg", { series: "loss" }), {
      message: "No run gave a series called loss; there is curve",
    });
    await assert.rejects(resultOf(CURVES).plotCurves("x.pdf", { series: "curve" }), {
      message: "A picture's file must end in .svg or .png, not x.pdf",
    });
    await assert.rejects(resultOf(CURVES).plotCurves("x.svg", { series: "curve", window: 0 }), {
      message: "window must be a whole number above 0, not 0",
    });
  });

  if (!hasMatplotlib) {
    test("says what to install where Python has no matplotlib", () =>
      inFolder((folder) =>
        assert.rejects(
          resultOf(CURVES).plotCurves(join(folder, "x.svg"), { series: "curve" }),
          /ImportError: Pictures of an experiment need matplotlib: pip install matplotlib/,
        )
      ));
  }
});

describe("plotComparison()", () => {
  testWith(
    ["matplotlib"],
    "draws every group with its interval and every run's value",
    () =>
      inFolder(async (folder) => {
        const file = join(folder, "comparison.svg");
        const values = { fast: [{ x: 1 }, { x: 2 }], slow: [{ x: 5 }] };
        await resultOf(values).plotComparison(file, { figure: "x", x: "x in seconds" });
        const { texts, ids } = read(file);
        for (const text of ["name=fast", "name=slow", "x in seconds"]) {
          assert.ok(texts.includes(text), `${text} is not among ${texts}`);
        }
        for (const id of ["mean-0", "values-0", "mean-1", "values-1"]) {
          assert.ok(ids.includes(id), `${id} is not among ${ids}`);
        }
        await assert.rejects(resultOf(values).plotComparison(file, { figure: "y" }), {
          message: "No run gave a figure called y; there is x",
        });
      }),
  );
});
