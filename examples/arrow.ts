/**
 * Converters to copy: tables of pandas and pyarrow as tables of apache-arrow, and back.
 * The same file runs on Deno and on Bun.
 *
 * Tables cross as Arrow IPC bytes, so every type that both sides know keeps its type, its nulls and its
 * precision. The bytes are copied on the way. What cannot be written (a column of mixed objects), or is
 * unknown to apache-arrow, is an error that names the converter.
 * @module
 */
import * as arrow from "apache-arrow";
import { type PyObject, type Python, registerConverter, startPython } from "pyduet";

// Imports stand inside: registering must not load what the program may never need.
const PYTHON = `
def write(part):
    import pyarrow
    if isinstance(part, pyarrow.Table):
        part = part.unify_dictionaries()  # apache-arrow wants one dictionary a column
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, part.schema) as stream:
        stream.write(part)
    return sink.getvalue().to_pybytes()

def write_frame(frame):
    import pyarrow
    return write(pyarrow.Table.from_pandas(frame))

def write_column(column):
    import pyarrow
    if not isinstance(column, (pyarrow.Array, pyarrow.ChunkedArray)):
        column = pyarrow.Array.from_pandas(column)
    return write(pyarrow.table([column], names=["values"]))

def read_table(data):
    import pyarrow
    return pyarrow.ipc.open_stream(data).read_all()

def read_batch(data):
    import pyarrow
    return pyarrow.ipc.open_stream(data).read_next_batch()

def read_frame(data):
    return read_table(data).to_pandas()

def read_column(data):
    return read_table(data).column(0)

def read_series(data):
    return read_frame(data)["values"].rename(None)

from types import SimpleNamespace
SimpleNamespace(**globals())
`;

/** What values of apache-arrow become in Python. */
export interface ArrowOptions {
  /**
   * `true`: a Table is a `pandas.DataFrame` and a Vector a `pandas.Series`. Default: a `pyarrow.Table` and a
   * `pyarrow.ChunkedArray`.
   */
  readonly frames?: boolean;
}

/**
 * Makes tables cross: `pandas.DataFrame` and `pyarrow.Table` as `Table`, `pyarrow.RecordBatch` as `RecordBatch`,
 * `pandas.Series` and pyarrow's arrays as `Vector`. The result takes the converters out again.
 *
 * As in pandas itself, `NaN` in a DataFrame or a Series is a null. The index of a DataFrame is kept; the index
 * and the name of a Series are not, since a Vector has no place for them.
 */
export function registerArrowConverters(
  py: Python,
  { frames = false }: ArrowOptions = {},
): () => void {
  const python: PyObject = py.run(PYTHON, { globals: {} });
  const table = (write: PyObject) => (object: PyObject) => arrow.tableFromIPC(write(object));
  const vector = (object: PyObject) =>
    arrow.tableFromIPC(python.write_column(object)).getChildAt(0)!;
  const ipc = (value: arrow.Table) => arrow.tableToIPC(value, "stream");

  const tables = {
    js: arrow.Table,
    toPython: (value: arrow.Table) => (frames ? python.read_frame : python.read_table)(ipc(value)),
  };
  const batches = {
    js: arrow.RecordBatch,
    toPython: (value: arrow.RecordBatch) => python.read_batch(ipc(new arrow.Table([value]))),
  };
  const vectors = {
    js: arrow.Vector,
    toPython(value: arrow.Vector) {
      const read = frames ? python.read_series : python.read_column;
      return read(ipc(new arrow.Table({ values: value })));
    },
  };

  // A converter's own type stays as it is inside of it: the one that makes a type must be the one for it.
  const off = [
    registerConverter({
      python: "pyarrow.Table",
      toJs: table(python.write),
      ...(frames ? {} : tables),
    }),
    registerConverter({
      python: "pandas.DataFrame",
      toJs: table(python.write_frame),
      ...(frames ? tables : {}),
    }),
    registerConverter({
      python: "pyarrow.RecordBatch",
      toJs: (batch) => arrow.tableFromIPC(python.write(batch)).batches[0],
      ...batches,
    }),
    registerConverter({ python: "pyarrow.Array", toJs: vector }),
    registerConverter({ python: "pyarrow.ChunkedArray", toJs: vector, ...(frames ? {} : vectors) }),
    registerConverter({ python: "pandas.Series", toJs: vector, ...(frames ? vectors : {}) }),
  ];
  return () => {
    off.forEach((each) => each());
    python.$.release();
  };
}

if (import.meta.main) {
  using py = startPython();
  registerArrowConverters(py);

  const cities = arrow.tableFromArrays({
    city: ["Oslo", "Lima", "Oslo", "Pune"],
    rain: Float64Array.of(3.5, 0, 12.25, 40),
  });
  // A Python function that takes a pyarrow.Table and gives a DataFrame; here, both are an arrow.Table.
  const wettest: arrow.Table = py.run(`
def wettest(table):
    frame = table.to_pandas()
    return frame.groupby("city", observed=True)["rain"].max().sort_values().reset_index()
wettest`)(cities);
  console.table(wettest.toArray().map((row) => row.toJSON()));

  // py.toPython() gives a table that stays Python's, for its own methods.
  console.log(`${py.toPython(cities).schema}`);
}
