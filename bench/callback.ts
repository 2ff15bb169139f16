/**
 * Python calls TypeScript functions, and what keeping other threads out of them costs.
 * @module
 */

import { pyClass, pyFunction, type PyValue, t } from "../mod.ts";
import { each } from "./measure.ts";
import { type Bench, ofFloor, piece, row, type Topic } from "./topic.ts";

/** `guarded` is what `_Realm.guard()` of python/pyduet/__init__.py makes. */
const CODE = `
from _thread import get_ident
def add(a, b): return a + b
def loop(fn, times):
    for i in range(times):
        fn(1, 2)
def loop_method(value, times):
    for i in range(times):
        value.grow(1)
def loop_attribute(value, times):
    for i in range(times):
        value.size
class Plain:
    size = 1
    def grow(self, by): return by
plain = Plain()
class Thread:
    thread = get_ident()
    live = True
def guarded(function):
    realm = Thread()
    def guarded(*args, **kwargs):
        if get_ident() == realm.thread and realm.live:
            return function(*args, **kwargs)
        raise RuntimeError
    return guarded
guarded_add = guarded(add)
def through(a, b): return add(a, b)
def keep(fn):
    global kept
    kept = fn
    return fn is kept
`;

class Grown {
  size = 1;
  grow(by: number): number {
    return by;
  }
}

/** Rows of callbacks. */
export function topic({ py, floor, native }: Bench): Topic {
  py.run(CODE);
  const { loop, loop_method: loopMethod, loop_attribute: loopAttribute, guarded, keep } =
    py.globals;
  const { functions, args, attached, size } = floor;
  const { PyObject_Vectorcall, PyLong_FromLong, Py_IncRef, Py_DecRef, memcpy } = functions;
  const rawLoop = floor.global("loop");
  const { none } = floor;
  const empty = floor.builtin(() => {
    Py_IncRef(none);
    return none;
  });
  const { out } = floor;

  const throughFloor = attached((times) => {
    const count = PyLong_FromLong(size(times));
    args.setPointer(0, empty);
    args.setPointer(1, count);
    Py_DecRef(PyObject_Vectorcall(rawLoop, args.address, size(2), floor.null));
    Py_DecRef(count);
  });
  const add = (a: number, b: number) => a + b;
  const nothing = () => undefined;
  const declared = pyFunction("add", {
    params: { a: t.int, b: t.int },
    returns: t.int,
  }, (a, b) => a + b);
  py.globals.Grown = pyClass(Grown, {
    methods: { grow: { params: { by: t.int }, returns: t.int } },
    properties: { size: t.int },
  });
  const grown = new Grown();
  py.globals.held = [add, declared, grown];
  keep(add);
  const guardedAdd: PyValue = guarded(add);

  return {
    title: "Python calls TypeScript (in a Python loop, whose own cost is in every column)",
    rows: [
      row("(a, b) => a + b", {
        floor: throughFloor,
        native: native("add(1, 2)"),
        ours: (times) => loop(add, times),
      }, {
        goals: [ofFloor(2)],
        note: "left are two arguments' types and values read and a result made, which the floor " +
          "does without: the row without a result and the piece of copying show their parts",
      }),
      row("the same declared by pyFunction(), with two typed parameters", {
        floor: throughFloor,
        native: native("add(1, 2)"),
        ours: (times) => loop(declared, times),
      }, {
        goals: [ofFloor(2.5)],
        note:
          "a Python function of its own stands before it, which gives the errors and the signature; " +
          "the piece of a Python function that calls a Python function shows its cost",
      }),
      row("a method of a pyClass() instance", {
        floor: throughFloor,
        native: native("plain.grow(1)"),
        ours: (times) => loopMethod(grown, times),
      }, { goals: [ofFloor(3)] }),
      row("a property of a pyClass() instance", {
        floor: throughFloor,
        native: native("plain.size"),
        ours: (times) => loopAttribute(grown, times),
      }, { goals: [ofFloor(3)] }),
      row("() => undefined, given two arguments", {
        floor: throughFloor,
        ours: (times) => loop(nothing, times),
      }),
      row("(a, b) => a + b, with a thread check written in Python", {
        floor: throughFloor,
        ours: (times) => loop(guardedAdd, times),
      }, {
        note: "src/ffi/thread_guard.ts makes this check in native code; compare the first row",
      }),
    ],
    pieces: [
      piece("add(1, 2) of Python", native("add(1, 2)")),
      piece("a Python function that calls it", native("through(1, 2)")),
      piece("the same behind a thread check in Python", native("guarded_add(1, 2)")),
      piece("the Python loop alone, over a builtin: len(())", native("len(())")),
      piece(
        "copying two arguments out (memcpy) and reading them",
        attached(each(() => {
          memcpy(out.address, args.address, size(16));
          return out.getPointer(0) === out.getPointer(1);
        })),
      ),
    ],
  };
}
