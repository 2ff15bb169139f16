/**
 * The Pit: a cache hit of the pool beside an empty function, the same from Python beside the floor of callbacks, and
 * deciding about requests.
 * @module
 */

import { randomUUID } from "node:crypto";
import { pyClass, pyFunction, t } from "../mod.ts";
import {
  ArbitrationEngine,
  ArbitrationEngineFace,
  ModelHandleFace,
  type ModelSpec,
  PoolManager,
  PoolManagerFace,
  pythonLoader,
  PythonPoolManager,
  type ResourceRequest,
  STRATEGIES,
} from "../src/symphony/mod.ts";
import { each, type Loop } from "./measure.ts";
import { atMost, type Bench, ofFloor, piece, row, type Topic } from "./topic.ts";

const CODE = `
spec = {"name": "echo", "version": "1.0", "model_type": "Custom",
        "resource_requirements": {"memory_mb": 1, "cpu_cores": 1}}
def loop_twice(fn, times):
    for i in range(times):
        fn(1)
        fn(1)
def loop_once(fn, times):
    for i in range(times):
        fn(1)
def allocate_by(wanted, times):
    for i in range(times):
        pool.allocate(wanted).deallocate()
def invoke(handle, times):
    for i in range(times):
        handle.invoke(1)
def identity(value): return value
def load(spec): return identity
requests = [{"id": str(i), "user_id": "user %d" % (i % 10), "needs": {"models": 1}, "priority": i % 5}
            for i in range(100)]
def arbitrate(engine, times):
    for i in range(times):
        engine.arbitrate(requests)
        for id in engine.held: engine.release(id)
`;

const SPEC: ModelSpec = {
  name: "echo",
  version: "1.0",
  modelType: "Custom",
  resourceRequirements: { memoryMb: 1, cpuCores: 1, networkAccess: false },
  configuration: {},
};

class Fresh {}
pyClass(Fresh, { init: false });

/** Rows of the Pit. */
export async function topic({ py, floor }: Bench): Promise<Topic> {
  const pool = new PoolManager();
  pool.register("echo", () => (value: unknown) => value);
  py.run(CODE);
  pool.register("python", pythonLoader(py.globals.load));
  py.globals.classes = [PoolManagerFace, ModelHandleFace, ArbitrationEngineFace];
  const face = py.globals.pool = new PythonPoolManager(pool);
  const { allocate_by: allocateBy, invoke, spec, arbitrate } = py.globals;
  const [first, second] = [await pool.allocate(SPEC), await pool.allocate("python")];
  py.globals.handles = [face.allocate("echo"), face.allocate("python")];
  const [echo, python] = py.globals.handles.$.toJs();

  const { functions, args, attached, size, none } = floor;
  const { PyObject_Vectorcall, PyLong_FromLong, Py_IncRef, Py_DecRef } = functions;
  const empty = floor.builtin(() => {
    Py_IncRef(none);
    return none;
  });
  const callbacks = (loop: typeof none): Loop =>
    attached((times) => {
      const count = PyLong_FromLong(size(times));
      args.setPointer(0, empty);
      args.setPointer(1, count);
      Py_DecRef(PyObject_Vectorcall(loop, args.address, size(2), floor.null));
      Py_DecRef(count);
    });
  const [once, twice] = [
    callbacks(floor.global("loop_once")),
    callbacks(floor.global("loop_twice")),
  ];

  const fresh = py.toPython(
    pyFunction("fresh", { params: { x: t.int }, returns: t.instance(Fresh) }, () => new Fresh()),
  );

  const requests: ResourceRequest[] = Array.from({ length: 100 }, (_, i) => ({
    id: `${i}`,
    userId: `user ${i % 10}`,
    needs: { models: 1 },
    priority: i % 5,
  }));
  const deciding = (strategy: typeof STRATEGIES[number]): Loop => {
    const engine = new ArbitrationEngine({ capacity: { models: 50 }, strategy });
    return each(() => {
      const { granted } = engine.arbitrate(requests);
      granted.forEach((id) => engine.release(id));
    });
  };
  py.globals.engine = py.toPython(ArbitrationEngineFace)({ models: 50 });

  return {
    title: "the Pit",
    rows: [
      row("TypeScript: tryAllocate(spec) of a hot model, and deallocate()", {
        floor: each(() => SPEC),
        ours: each(() => pool.tryAllocate(SPEC)!.deallocate()),
      }, { goals: [atMost(100)], note: "the floor is an empty function" }),
      row("Python: pool.allocate(name) of a hot model, and deallocate()", {
        floor: twice,
        ours: (times) => allocateBy("echo", times),
      }, {
        goals: [ofFloor(10)],
        note:
          "the floor is two empty callbacks; left is an instance of a declared class made and given up",
      }),
      row("Python: pool.allocate(dict) of a hot model, and deallocate()", {
        floor: twice,
        ours: (times) => allocateBy(spec, times),
      }, { note: "left is reading the dict, field by field" }),
      row("Python: handle.invoke(1) of a model of TypeScript", {
        floor: once,
        ours: (times) => invoke(echo, times),
      }),
      row("Python: handle.invoke(1) of a model of Python", {
        floor: once,
        ours: (times) => invoke(python, times),
      }, {
        note:
          "the very objects go there and back: two crossings more, and a call of Python between",
      }),
      ...STRATEGIES.map((strategy) =>
        row(`TypeScript: 100 requests for 50 models by ${strategy}, and their release`, {
          ours: deciding(strategy),
        }, { goals: [atMost(1e6)] })
      ),
      row("Python: the same by Priority, from dicts", {
        ours: (times) => arbitrate(py.globals.engine, times),
      }),
    ],
    pieces: [
      piece(
        "Python: a new instance of an empty declared class, given up at once",
        (times) => py.globals.loop_once(fresh, times),
      ),
      piece("an empty function of TypeScript", each(() => SPEC)),
      piece("randomUUID()", each(() => randomUUID())),
      piece(
        "tryAllocate(), its id asked for, and deallocate()",
        each(() => {
          const lease = pool.tryAllocate(SPEC)!;
          const { id } = lease;
          lease.deallocate();
          return id;
        }),
      ),
      piece("invoke() of a model of TypeScript from TypeScript", each(() => first.invoke(1))),
      piece("invoke() of a model of Python from TypeScript", each(() => second.invoke(1))),
    ],
  };
}
