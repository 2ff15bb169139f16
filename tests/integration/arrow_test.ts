import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { describe } from "node:test";
import * as arrow from "apache-arrow";
import { PyConversionError, type PyValue } from "../../mod.ts";
import { type ArrowOptions, registerArrowConverters } from "../../examples/arrow.ts";
import { ON_DENO, ROOT, spawned } from "../fixtures/program.ts";
import { evaluate, forGood, py, test, testWith, thrownBy } from "../fixtures/python.ts";

const PACKAGES = ["pandas", "pyarrow"];
const EXAMPLE = join(ROOT, "examples", "arrow.ts");

const IMPORTS = `
import datetime, decimal
import numpy as np, pandas as pd, pyarrow as pa
`;

/** `use` with the converters in force. */
function arrowTest(name: string, use: () => void, options?: ArrowOptions): void {
  testWith(PACKAGES, name, () => {
    const off = registerArrowConverters(py, options);
    try {
      use();
    } finally {
      off();
    }
  });
}

function python(code: string, names: Record<string, unknown> = {}): PyValue {
  return evaluate(IMPORTS + code, names);
}

const typeName = forGood(() => evaluate("lambda x: type(x).__name__"));

/** The values of a column as plain ones. */
function plain(value: unknown): unknown {
  if (value instanceof arrow.Vector) return [...value].map(plain);
  if (value instanceof arrow.StructRow || value instanceof arrow.MapRow) {
    return Object.fromEntries(
      Object.entries(value.toJSON()).map(([name, each]) => [name, plain(each)]),
    );
  }
  return value;
}

/** A column of pyarrow: its code, the type in apache-arrow, the values. */
const COLUMNS: [string, string, unknown[]][] = [
  ["pa.array([-128, None, 127], pa.int8())", "Int8", [-128, null, 127]],
  ["pa.array([65535, None], pa.uint16())", "Uint16", [65535, null]],
  ["pa.array([-2**31, None], pa.int32())", "Int32", [-(2 ** 31), null]],
  ["pa.array([2**62, None, -1])", "Int64", [2n ** 62n, null, -1n]],
  ["pa.array([2**64 - 1, None], pa.uint64())", "Uint64", [2n ** 64n - 1n, null]],
  ["pa.array(np.array([1.5, 2], 'f2'))", "Float16", [1.5, 2]],
  ["pa.array([0.5, None, 2], pa.float32())", "Float32", [0.5, null, 2]],
  ["pa.array([0.1, None, float('inf'), -0.0])", "Float64", [0.1, null, Infinity, -0]],
  ["pa.array([True, None, False])", "Bool", [true, null, false]],
  ["pa.array(['a', None, 'é\\0', ''])", "Utf8", ["a", null, "é\0", ""]],
  ["pa.array(['a', None], pa.large_string())", "LargeUtf8", ["a", null]],
  ["pa.array([b'a', None, b''])", "Binary", [Uint8Array.of(97), null, new Uint8Array()]],
  [
    "pa.array([1, None], pa.timestamp('ms', 'Europe/Paris'))",
    "Timestamp<MILLISECOND, Europe/Paris>",
    [1, null],
  ],
  ["pa.array([1500, None], pa.timestamp('us'))", "Timestamp<MICROSECOND>", [1.5, null]],
  ["pa.array([datetime.date(2020, 1, 2), None])", "Date32<DAY>", [Date.UTC(2020, 0, 2), null]],
  ["pa.array([datetime.time(0, 0, 1, 4), None])", "Time64<MICROSECOND>", [1000004n, null]],
  ["pa.array([5, None], pa.duration('us'))", "Duration<MICROSECOND>", [5n, null]],
  ["pa.array(['x', None, 'x']).dictionary_encode()", "Dictionary<Int32, Utf8>", ["x", null, "x"]],
  ["pa.array([[1, None], None, []])", "List<Int64>", [[1n, null], null, []]],
  ["pa.array([[['a'], []], None])", "List<List<Utf8>>", [[["a"], []], null]],
  [
    "pa.array([[1, 2], None], pa.list_(pa.int32(), 2))",
    "FixedSizeList[2]<Int32>",
    [[1, 2], null],
  ],
  [
    "pa.array([{'a': 1, 'b': ['x']}, None])",
    "Struct<{a:Int64, b:List<Utf8>}>",
    [{ a: 1n, b: ["x"] }, null],
  ],
  [
    "pa.array([[('k', 1)], None], pa.map_(pa.string(), pa.int32()))",
    "Map<{key:Utf8, value:Int32}>",
    [{ k: 1 }, null],
  ],
  ["pa.nulls(2)", "Null", [null, null]],
];

describe("examples/arrow.ts, pyarrow", () => {
  for (const [code, type, values] of COLUMNS) {
    arrowTest(`${code} crosses and comes back equal`, () => {
      const vector = python(code);
      assert.ok(vector instanceof arrow.Vector);
      assert.strictEqual(String(vector.type), type);
      assert.deepStrictEqual(plain(vector), values);
      assert.strictEqual(vector.nullCount, values.filter((each) => each === null).length);
      const same = `c.type == (${code}).type and c.combine_chunks() == pa.chunked_array([${code}])`;
      python(`assert c.type == (${code}).type, c.type\nc.validate(full=True)`, { c: vector });
      assert.strictEqual(
        python(`${same} or c == pa.chunked_array([${code}])`, { c: vector }),
        true,
      );
    });
  }

  arrowTest("decimals keep their scale and digits", () => {
    const code =
      "pa.array([decimal.Decimal('1.50'), None, decimal.Decimal('-12345678901234567.25')])";
    const vector: arrow.Vector<arrow.Decimal> = python(code);
    assert.strictEqual(vector.type.scale, 2);
    assert.strictEqual(python(`c == pa.chunked_array([${code}])`, { c: vector }), true);
  });

  arrowTest("a Table and a RecordBatch keep columns, types, nullability and metadata", () => {
    const make = `
schema = pa.schema(
    [pa.field("a", pa.int32(), nullable=False, metadata={"unit": "m"}), pa.field("b", pa.string())],
    metadata={"source": "test"},
)
batch = pa.RecordBatch.from_arrays([pa.array([1, 2], pa.int32()), pa.array(["x", None])], schema=schema)
`;
    const table: arrow.Table = python(`${make}pa.Table.from_batches([batch, batch])`);
    assert.ok(table instanceof arrow.Table);
    assert.strictEqual(table.numRows, 4);
    assert.deepEqual(table.toArray().map((row) => row.toJSON()).slice(1, 3), [
      { a: 2, b: null },
      { a: 1, b: "x" },
    ]);
    assert.strictEqual(table.schema.metadata.get("source"), "test");
    assert.strictEqual(table.schema.fields[0]!.nullable, false);
    const equal = "t.equals(pa.Table.from_batches([batch, batch]), check_metadata=True)";
    assert.strictEqual(python(make + equal, { t: table }), true);

    const batch: arrow.RecordBatch = python(`${make}batch`);
    assert.ok(batch instanceof arrow.RecordBatch);
    assert.strictEqual(batch.numRows, 2);
    assert.strictEqual(python(`${make}b.equals(batch, check_metadata=True)`, { b: batch }), true);
  });

  arrowTest("dictionaries that differ between the chunks are made one", () => {
    const code = "pa.chunked_array([pa.array([v]).dictionary_encode() for v in ['x', 'y', 'x']])";
    assert.deepEqual(plain(python(code)), ["x", "y", "x"]);
    assert.deepEqual(plain(python(`pa.table({'d': ${code}})`).getChild("d")), ["x", "y", "x"]);
  });

  arrowTest("what is empty stays what it is", () => {
    const table: arrow.Table = python("pa.table({'a': pa.array([], pa.int16())})");
    assert.strictEqual(String(table.schema), "Schema<{ 0: a: Int16 }>");
    assert.strictEqual(table.numRows, 0);
    assert.strictEqual(python("t.schema.field('a').type == pa.int16()", { t: table }), true);
    const batch = python("pa.RecordBatch.from_arrays([pa.array([], pa.int16())], ['a'])");
    assert.ok(batch instanceof arrow.RecordBatch);
    assert.strictEqual(batch.numRows, 0);
    assert.strictEqual(python("b.num_rows", { b: batch }), 0);
    assert.strictEqual(python("pa.table({})").numCols, 0);
    assert.strictEqual(python("pa.array([], pa.string())").length, 0);
  });

  arrowTest("what TypeScript makes, slices included, arrives as pyarrow's", () => {
    const table = arrow.tableFromArrays({ n: Int32Array.of(1, 2, 3), s: ["a", "b", "a"] });
    assert.strictEqual(typeName(table), "Table");
    assert.strictEqual(
      python("str(t.to_pylist())", { t: table.slice(1) }),
      "[{'n': 2, 's': 'b'}, {'n': 3, 's': 'a'}]",
    );
    const vector = arrow.vectorFromArray([1.5, null, 2.5], new arrow.Float64());
    assert.strictEqual(typeName(vector), "ChunkedArray");
    assert.strictEqual(python("str(v.to_pylist())", { v: vector.slice(1) }), "[None, 2.5]");
    assert.strictEqual(typeName(table.batches[0]), "RecordBatch");
    assert.strictEqual(
      python("str([x['v'].null_count for x in xs])", { xs: [{ v: vector }] }),
      "[1]",
    );
  });
});

describe("examples/arrow.ts, pandas", () => {
  const FRAME = `
frame = pd.DataFrame({
    "i": np.array([1, 2, 3], "i8"),
    "u": np.array([1, 2, 3], "u1"),
    "f": [0.5, np.nan, 2.5],
    "b": [True, False, True],
    "s": ["a", None, "c"],
    "I": pd.array([1, None, 3], "Int64"),
    "B": pd.array([True, None, False], "boolean"),
    "t": pd.to_datetime(["2020-01-02T03:04:05.123456", None, "1900-01-01T00:00:00.000000"]),
    "z": pd.to_datetime(["2020-01-02", "2020-07-02", None]).tz_localize("Europe/Paris"),
    "d": pd.to_timedelta([1, None, 3], "s"),
    "c": pd.Categorical(["x", None, "x"], categories=["y", "x"], ordered=True),
    "l": [[1, 2], None, []],
}, index=pd.Index(["p", "q", "r"], name="key"))
`;

  arrowTest(
    "a DataFrame crosses with values and nulls, and comes back with dtypes and index",
    () => {
      const table: arrow.Table = python(`${FRAME}frame`);
      assert.ok(table instanceof arrow.Table);
      const column = (name: string): unknown => plain(table.getChild(name));
      assert.deepEqual(column("i"), [1n, 2n, 3n]);
      assert.deepEqual(column("u"), [1, 2, 3]);
      assert.deepEqual(column("f"), [0.5, null, 2.5]);
      assert.deepEqual(column("b"), [true, false, true]);
      assert.deepEqual(column("s"), ["a", null, "c"]);
      assert.deepEqual(column("I"), [1n, null, 3n]);
      assert.deepEqual(column("B"), [true, null, false]);
      assert.deepEqual(column("t"), [
        Date.UTC(2020, 0, 2, 3, 4, 5, 123) + 0.456,
        null,
        Date.UTC(1900, 0),
      ]);
      assert.deepEqual(column("z"), [Date.UTC(2020, 0, 1, 23), Date.UTC(2020, 6, 1, 22), null]);
      assert.strictEqual((column("d") as unknown[])[1], null);
      assert.deepEqual(column("c"), ["x", null, "x"]);
      assert.deepEqual(column("l"), [[1n, 2n], null, []]);
      assert.deepEqual(column("key"), ["p", "q", "r"]);
      python(
        `${FRAME}
back = table.to_pandas()
back["l"] = [x if x is None else list(x) for x in back["l"]]
pd.testing.assert_frame_equal(back, frame)`,
        { table },
      );
    },
  );

  arrowTest("a Series crosses as a Vector, and an object of both as its parts", () => {
    const vector = python("pd.Series([1.5, np.nan], name='x')");
    assert.ok(vector instanceof arrow.Vector);
    assert.deepEqual(plain(vector), [1.5, null]);
    const both = python("{'frame': pd.DataFrame({'a': [1]}), 'all': [pd.Series(['x'])]}").$.toJs();
    assert.deepEqual(both.frame.toArray().map((row: arrow.StructRow) => row.toJSON()), [{ a: 1n }]);
    assert.deepEqual(plain(both.all[0]), ["x"]);
  });

  arrowTest("subclasses of DataFrame cross as well", () => {
    assert.ok(python("class Mine(pd.DataFrame): pass\nMine({'a': [1]})") instanceof arrow.Table);
  });

  arrowTest("frames: true makes a DataFrame and a Series of what TypeScript has", () => {
    const table = arrow.tableFromArrays({ n: Int32Array.of(1, 2), s: ["a", "b"] });
    assert.strictEqual(typeName(table), "DataFrame");
    assert.strictEqual(
      python("str([str(t) for t in f.dtypes])", { f: table }),
      "['int32', 'category']",
    );
    const series = arrow.vectorFromArray([1.5, null], new arrow.Float64());
    assert.strictEqual(python("isinstance(s, pd.Series) and s.name is None", { s: series }), true);
    assert.strictEqual(python("s.sum()", { s: series }), 1.5);
    assert.strictEqual(typeName(table.batches[0]), "RecordBatch");
    assert.ok(python("pa.table({'a': [1]})") instanceof arrow.Table);
    const frame: arrow.Table = python(`${FRAME}frame.drop(columns='l')`);
    python(`${FRAME}pd.testing.assert_frame_equal(f, frame.drop(columns="l"))`, { f: frame });
  }, { frames: true });

  arrowTest("100,000 rows keep every value", () => {
    const rows = 100_000;
    const table: arrow.Table = python(`
n = np.arange(${rows})
pd.DataFrame({"n": n, "half": n / 2, "text": n.astype(str), "odd": n % 2 == 1})`);
    assert.strictEqual(table.numRows, rows);
    const [n, half, text] = ["n", "half", "text"].map((name) => table.getChild(name)!);
    for (let i = 0; i < rows; i += 997) {
      assert.strictEqual(n!.get(i), BigInt(i));
      assert.strictEqual(half!.get(i), i / 2);
      assert.strictEqual(text!.get(i), String(i));
    }
    python(
      `
n = np.arange(${rows})
frame = table.to_pandas()
assert len(frame) == ${rows}
assert (frame["n"] == n).all() and (frame["half"] == n / 2).all()
assert (frame["text"] == n.astype(str)).all() and (frame["odd"] == (n % 2 == 1)).all()`,
      { table },
    );
  });

  arrowTest("an error names the converter and the place", () => {
    const mixed = evaluate(`${IMPORTS}[{"f": pd.DataFrame({"a": [1, "x", object()]})}]`);
    const error = thrownBy(() => mixed.$.toJs());
    assert.ok(error instanceof PyConversionError);
    assert.match(
      error.message,
      /^Cannot convert \$\[0\]\.f: the converter for pandas\.DataFrame threw: pyarrow\.lib\.Arrow/,
    );
    const twice = thrownBy(() => python("pd.DataFrame([[1, 2]], columns=['a', 'a'])"));
    assert.match(twice.message, /converter for pandas\.DataFrame threw: .*Duplicate column/);
    const unknown = thrownBy(() => python("pa.RunEndEncodedArray.from_arrays([2], [1])"));
    assert.match(unknown.message, /converter for pyarrow\.Array threw: .*RunEndEncoded/);
  });

  testWith(PACKAGES, "taken out, tables are PyObjects again", () => {
    registerArrowConverters(py)();
    assert.match(python("pd.DataFrame()").$.type, /^pandas\..*DataFrame$/);
    assert.strictEqual(typeName(arrow.tableFromArrays({ n: Int32Array.of(1) })), "JsObject");
  });
});

describe("examples/arrow.ts as a program", () => {
  const flags = ON_DENO ? ["run", "-A", "--no-check"] : ["run"];

  test("registering imports neither pandas nor pyarrow", async () => {
    const program = `
      const { registerArrowConverters } = await import(${JSON.stringify(EXAMPLE)});
      const { startPython } = await import("pyduet");
      const py = startPython();
      registerArrowConverters(py);
      py.run("import collections; collections.OrderedDict()");
      console.log(py.run("import sys; any(n in sys.modules for n in ('pandas', 'pyarrow', 'numpy'))"));
    `;
    // Not a file elsewhere: "pyduet" is known inside of the project.
    const args = ON_DENO ? ["eval", "--no-check", program] : ["-e", program];
    const ran = await spawned(process.execPath, args, { cwd: ROOT });
    assert.strictEqual(ran.stdout, "false\n", ran.stderr);
    assert.strictEqual(ran.code, 0, ran.stderr);
  });

  testWith(PACKAGES, "it runs", async () => {
    const ran = await spawned(process.execPath, [...flags, EXAMPLE], { cwd: ROOT });
    assert.strictEqual(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /Oslo.* 12\.25/);
    assert.match(ran.stdout, /rain: double/);
  });
});
