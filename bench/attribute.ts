/**
 * TypeScript reads attributes: values and objects, of an instance and of a module.
 * @module
 */

import { facadeOf } from "../src/objects/facade.ts";
import type { Pointer } from "../src/ffi/backend.ts";
import type { PyValue } from "../mod.ts";
import { type Bench, ofFloor, piece, type Row, row, type Topic } from "./topic.ts";

const CODE = `
import types
class Holder:
    def __init__(self):
        self.number = 5000
        self.items = [1]
holder = Holder()
module = types.ModuleType("module")
module.number = 5000
module.items = [1]
`;

/** So many objects are read in one scope. */
const PER_SCOPE = 100;

/** Rows of attribute reads. */
export function topic({ py, floor, native }: Bench): Topic {
  py.run(CODE);
  const { functions, attached, toNumber } = floor;
  const { PyObject_GetAttr, PyLong_AsLong, Py_DecRef, Py_IncRef } = functions;
  const number = floor.name("number");
  const items = floor.name("items");

  function readNumber(what: string, owner: PyValue, raw: Pointer): Row {
    return row(`${what}.number`, {
      floor: attached((times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) {
          const value = PyObject_GetAttr(raw, number);
          sum += toNumber(PyLong_AsLong(value));
          Py_DecRef(value);
        }
        return sum;
      }),
      native: native(`${what}.number`),
      ours: (times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) sum += owner.number;
        return sum;
      },
    }, { goals: [ofFloor(2)] });
  }

  const { bridge } = facadeOf(py.globals)!;
  const { wrap, interpreter: { share } } = bridge;

  function readObject(what: string, owner: PyValue, raw: Pointer): Row {
    return row(`${what}.items, ${PER_SCOPE} a scope`, {
      floor: attached((times) => {
        for (let i = 0; i < times; i++) Py_DecRef(PyObject_GetAttr(raw, items));
      }),
      native: native(`${what}.items`),
      ours: (times) => {
        for (let done = 0; done < times; done += PER_SCOPE) {
          const most = Math.min(PER_SCOPE, times - done);
          py.scope(() => {
            for (let i = 0; i < most; i++) owner.items;
          });
        }
      },
      // One handle, without what finds the object: a second reference, its face, its release.
      allowance: (times) => {
        for (let done = 0; done < times; done += PER_SCOPE) {
          const most = Math.min(PER_SCOPE, times - done);
          py.scope(() => {
            const pointer = facadeOf(owner)!.pointer();
            for (let i = 0; i < most; i++) wrap(share(pointer));
          });
        }
      },
    }, { goals: [ofFloor(2, "allowance")] });
  }

  const { holder, module } = py.globals;
  const rawHolder = floor.global("holder");
  const rawModule = floor.global("module");
  const names = new Map(["number", "items", "method", "f"].map((name) => [name, { name }]));
  const addresses = new Set([rawHolder, rawModule].map((_, i) => 140_000_000_000_000 + i * 16));
  const trap = new Proxy({}, { get: () => 1 }) as { x: number };
  return {
    title: "TypeScript reads attributes",
    rows: [
      readNumber("holder", holder, rawHolder),
      readNumber("module", module, rawModule),
      readObject("holder", holder, rawHolder),
      readObject("module", module, rawModule),
    ],
    pieces: [
      piece("a Proxy's empty get trap", (times) => {
        let sum = 0;
        for (let i = 0; i < times; i++) sum += trap.x;
        return sum;
      }),
      piece("a Map looked up by name", (times) => {
        let found: unknown;
        for (let i = 0; i < times; i++) found = names.get("number");
        return found;
      }),
      piece("a Set looked up by address, as a number", (times) => {
        let found = 0;
        for (let i = 0; i < times; i++) found += addresses.has(140_000_000_000_000) ? 1 : 0;
        return found;
      }),
      piece(
        "Py_IncRef + Py_DecRef",
        attached((times) => {
          for (let i = 0; i < times; i++) {
            Py_IncRef(rawHolder);
            Py_DecRef(rawHolder);
          }
        }),
      ),
      piece("a new Proxy", (times) => {
        let made: unknown;
        for (let i = 0; i < times; i++) made = new Proxy(names, {});
        return made;
      }),
    ],
  };
}
