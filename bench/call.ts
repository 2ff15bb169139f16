/**
 * TypeScript calls Python: functions, methods, builtins.
 * @module
 */

import { each } from "./measure.ts";
import { type Bench, ofFloor, ofNative, piece, row, type Topic } from "./topic.ts";

const CODE = `
import math
def f(): return 1
def g(a, b): return a
class Worker:
    def method(self, a): return a
worker = Worker()
`;

/** JavaScript reads `o.m` before it calls it; C has one function for both. */
const READ_FIRST =
  "left is the read before the call: the Proxy's trap, a look-up in Python and the " +
  "reference that it makes. The costs of the read and of the call, each by itself, add up to the row";

/** Rows of calls. */
export function topic({ py, floor, native }: Bench): Topic {
  py.run(CODE);
  const { f, g, worker } = py.globals;
  const math = py.import("math");
  const { functions, args, attached, size, toNumber } = floor;
  const {
    Py_DecRef,
    Py_IsInitialized,
    PyObject_CallNoArgs,
    PyObject_Vectorcall,
    PyObject_VectorcallMethod,
    PyObject_GetAttr,
    _PyObject_GetMethod,
    PyLong_FromLong,
    PyLong_AsLong,
    PyFloat_FromDouble,
    PyFloat_AsDouble,
    memcpy,
  } = functions;
  const raw = {
    f: floor.global("f"),
    g: floor.global("g"),
    worker: floor.global("worker"),
    math: floor.global("math"),
    method: floor.name("method"),
    sqrt: floor.name("sqrt"),
  };
  const { address } = args;
  const { out } = floor;
  const { u32 } = out;

  const noArguments = row("f()", {
    floor: attached(each(() => {
      const result = PyObject_CallNoArgs(raw.f);
      const value = toNumber(PyLong_AsLong(result));
      Py_DecRef(result);
      return value;
    })),
    native: native("f()"),
    ours: each(() => f()),
  }, { goals: [ofFloor(2.5), ofNative(4)] });

  const twoArguments = row("g(1, 2)", {
    floor: attached(each(() => {
      const first = PyLong_FromLong(size(1));
      const second = PyLong_FromLong(size(2));
      args.setPointer(0, first);
      args.setPointer(1, second);
      const result = PyObject_Vectorcall(raw.g, address, size(2), floor.null);
      const value = toNumber(PyLong_AsLong(result));
      Py_DecRef(result);
      Py_DecRef(first);
      Py_DecRef(second);
      return value;
    })),
    native: native("g(1, 2)"),
    ours: each(() => g(1, 2)),
  }, {
    goals: [ofFloor(1.6)],
    note: "left are the frame of arguments, which survives errors and nested calls, and the look " +
      "at the result's type",
  });

  const method = row("worker.method(1)", {
    floor: attached(each(() => {
      const first = PyLong_FromLong(size(1));
      args.setPointer(0, raw.worker);
      args.setPointer(1, first);
      const result = PyObject_VectorcallMethod(raw.method, address, size(2), floor.null);
      const value = toNumber(PyLong_AsLong(result));
      Py_DecRef(result);
      Py_DecRef(first);
      return value;
    })),
    native: native("worker.method(1)"),
    ours: each(() => worker.method(1)),
  }, { goals: [ofFloor(2)], note: READ_FIRST });

  const builtin = row("math.sqrt(2.5)", {
    floor: attached(each(() => {
      const first = PyFloat_FromDouble(2.5);
      args.setPointer(0, raw.math);
      args.setPointer(1, first);
      const result = PyObject_VectorcallMethod(raw.sqrt, address, size(2), floor.null);
      const value = PyFloat_AsDouble(result);
      Py_DecRef(result);
      Py_DecRef(first);
      return value;
    })),
    native: native("math.sqrt(2.5)"),
    ours: each(() => math.sqrt(2.5)),
  }, { goals: [ofFloor(2)], note: READ_FIRST });

  const { method: held } = worker;
  const { sqrt } = math;
  const trap = new Proxy({}, { get: () => 1 }) as { x: number };
  const behind = Object.setPrototypeOf(() => 1, trap) as { x: number };
  return {
    title: "TypeScript calls Python",
    rows: [noArguments, twoArguments, method, builtin],
    pieces: [
      piece("the loop of all these numbers, with nothing in it", each(() => undefined)),
      piece("worker.method read and not called", each(() => worker.method)),
      piece("the same method called and not read", each(() => held(1))),
      piece("math.sqrt read and not called", each(() => math.sqrt)),
      piece("the same function called and not read", each(() => sqrt(2.5))),
      piece("an empty call through the FFI (Py_IsInitialized)", each(() => Py_IsInitialized())),
      piece("a Proxy's empty get trap", each(() => trap.x)),
      piece("the same behind a function, as its prototype", each(() => behind.x)),
      piece(
        "looking a method up, without a bound method",
        attached(each(() => {
          const value = _PyObject_GetMethod(raw.worker, raw.method, out.address);
          Py_DecRef(out.getPointer(0));
          return value;
        })),
      ),
      piece(
        "looking a method up, with a bound method",
        attached(each(() => Py_DecRef(PyObject_GetAttr(raw.worker, raw.method)))),
      ),
      piece(
        "reading an object's type (16 bytes by memcpy)",
        attached(each(() => {
          memcpy(out.address, raw.worker, size(16));
          return u32[2]! + u32[3]! * 4294967296;
        })),
      ),
    ],
  };
}
