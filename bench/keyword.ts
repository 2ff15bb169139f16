/**
 * TypeScript calls Python with keyword arguments.
 * @module
 */

import { kw } from "../mod.ts";
import { each } from "./measure.ts";
import { type Bench, ofFloor, piece, row, type Topic } from "./topic.ts";

const CODE = `
def keyed(*, a, b): return a
def collecting(**keywords): return 1
`;

const NAMES =
  "left are reading the names and values of the object, and finding their tuple by a Map " +
  "for each name";

/** Rows of calls with keywords. */
export function topic({ py, floor, native }: Bench): Topic {
  py.run(CODE);
  const { keyed, collecting } = py.globals;
  const { functions, args, attached, size, toNumber } = floor;
  const { PyObject_Vectorcall, PyLong_FromLong, PyLong_AsLong, Py_DecRef } = functions;
  const { address } = args;
  const names = floor.names("a", "b");
  const shapes = new Map([["a", names], ["b", names]]);

  /** Two ints by keyword; the names are made once. */
  function raw(callable: unknown) {
    return attached(each(() => {
      const first = PyLong_FromLong(size(1));
      const second = PyLong_FromLong(size(2));
      args.setPointer(0, first);
      args.setPointer(1, second);
      const result = PyObject_Vectorcall(callable, address, size(0), names);
      const value = toNumber(PyLong_AsLong(result));
      Py_DecRef(result);
      Py_DecRef(first);
      Py_DecRef(second);
      return value;
    }));
  }

  return {
    title: "Keyword arguments",
    rows: [
      row("keyed(kw({ a: 1, b: 2 }))", {
        floor: raw(floor.global("keyed")),
        native: native("keyed(a=1, b=2)"),
        ours: each(() => keyed(kw({ a: 1, b: 2 }))),
      }, { goals: [ofFloor(2)], note: NAMES }),
      row("collecting(kw({ a: 1, b: 2 })), into **keywords", {
        floor: raw(floor.global("collecting")),
        native: native("collecting(a=1, b=2)"),
        ours: each(() => collecting(kw({ a: 1, b: 2 }))),
      }, { goals: [ofFloor(2)], note: NAMES }),
    ],
    pieces: [
      piece("two Maps looked up by name", each(() => [shapes.get("a"), shapes.get("b")].length)),
      piece(
        "Object.keys of two and both values read",
        each(() => {
          const values: Record<string, number> = { a: 1, b: 2 };
          let sum = 0;
          for (const name of Object.keys(values)) sum += values[name]!;
          return sum;
        }),
      ),
    ],
  };
}
