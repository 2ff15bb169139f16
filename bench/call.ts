/**
 * TypeScript calls Python: functions, methods, builtins.
 * @module
 */

import { type Bench, ofFloor, ofNative, piece, row, type Topic } from "./topic.ts";

const CODE = `
import math
def f(): return 1
def g(a, b): return a
class Worker:
    def method(self, a): return a
worker = Worker()
`;

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

  const noArguments = row("f()", {
    floor: attached((times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const result = PyObject_CallNoArgs(raw.f);
        sum += toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
      }
      return sum;
    }),
    native: native("f()"),
    ours: (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += f();
      return sum;
    },
  }, { goals: [ofFloor(2.5), ofNative(4)] });

  const twoArguments = row("g(1, 2)", {
    floor: attached((times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const first = PyLong_FromLong(size(1));
        const second = PyLong_FromLong(size(2));
        args.setPointer(0, first);
        args.setPointer(1, second);
        const result = PyObject_Vectorcall(raw.g, address, size(2), floor.null);
        sum += toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
        Py_DecRef(first);
        Py_DecRef(second);
      }
      return sum;
    }),
    native: native("g(1, 2)"),
    ours: (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += g(1, 2);
      return sum;
    },
  }, { goals: [ofFloor(1.6)] });

  const method = row("worker.method(1)", {
    floor: attached((times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const first = PyLong_FromLong(size(1));
        args.setPointer(0, raw.worker);
        args.setPointer(1, first);
        const result = PyObject_VectorcallMethod(raw.method, address, size(2), floor.null);
        sum += toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
        Py_DecRef(first);
      }
      return sum;
    }),
    native: native("worker.method(1)"),
    ours: (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += worker.method(1);
      return sum;
    },
  }, { goals: [ofFloor(2)] });

  const builtin = row("math.sqrt(2.5)", {
    floor: attached((times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) {
        const first = PyFloat_FromDouble(2.5);
        args.setPointer(0, raw.math);
        args.setPointer(1, first);
        const result = PyObject_VectorcallMethod(raw.sqrt, address, size(2), floor.null);
        sum += PyFloat_AsDouble(result);
        Py_DecRef(result);
        Py_DecRef(first);
      }
      return sum;
    }),
    native: native("math.sqrt(2.5)"),
    ours: (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += math.sqrt(2.5);
      return sum;
    },
  }, { goals: [ofFloor(2)] });

  const trap = new Proxy({}, { get: () => 1 }) as { x: number };
  const behind = Object.setPrototypeOf(() => 1, trap) as { x: number };
  return {
    title: "TypeScript calls Python",
    rows: [noArguments, twoArguments, method, builtin],
    pieces: [
      piece("an empty call through the FFI (Py_IsInitialized)", (times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) sum += Py_IsInitialized();
        return sum;
      }),
      piece("a Proxy's empty get trap", (times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) sum += trap.x;
        return sum;
      }),
      piece("the same behind a function, as its prototype", (times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) sum += behind.x;
        return sum;
      }),
      piece(
        "looking a method up, without a bound method",
        attached((times) => {
          let sum = 0;
          for (let i = 0; i < times; i++) {
            sum += _PyObject_GetMethod(raw.worker, raw.method, out.address);
            Py_DecRef(out.getPointer(0));
          }
          return sum;
        }),
      ),
      piece(
        "looking a method up, with a bound method",
        attached((times) => {
          for (let i = 0; i < times; i++) Py_DecRef(PyObject_GetAttr(raw.worker, raw.method));
        }),
      ),
      piece(
        "reading an object's type (16 bytes by memcpy)",
        attached((times) => {
          const { memcpy } = functions;
          const { u32 } = out;
          let sum = 0;
          for (let i = 0; i < times; i++) {
            memcpy(out.address, raw.worker, size(16));
            sum += u32[2]! + u32[3]! * 4294967296;
          }
          return sum;
        }),
      ),
    ],
  };
}
