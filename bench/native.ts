/**
 * The same work inside CPython: a statement timed by `timeit`, in this process.
 * @module
 */

import type { Python, PyValue } from "../mod.ts";
import type { Contender } from "./measure.ts";

/** A statement over the names of `__main__`. `timeit`'s own loop is in the time. */
export function nativeOf(py: Python, statement: string): Contender {
  const make = py.run("lambda code: __import__('timeit').Timer(code, globals=globals()).timeit");
  const timeit = (make as (code: string) => PyValue)(statement) as (times: number) => number;
  return { nanoseconds: (times) => timeit(times) * 1e9 };
}
