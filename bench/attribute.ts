/**
 * TypeScript reads attributes: values and objects, of an instance and of a module.
 * @module
 */

import type { Pointer } from "../src/ffi/backend.ts";
import type { PyObject, PyValue } from "../mod.ts";
import { each } from "./measure.ts";
import {
  type Bench,
  inScopes,
  ofFloor,
  PER_SCOPE,
  piece,
  type Row,
  row,
  type Topic,
} from "./topic.ts";

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

/** Rows of attribute reads. */
export function topic({ py, floor, native }: Bench): Topic {
  py.run(CODE);
  const { functions, attached, toNumber } = floor;
  const { PyObject_GetAttr, PyLong_AsLong, Py_DecRef, Py_IncRef } = functions;
  const number = floor.name("number");
  const items = floor.name("items");

  function readNumber(what: string, owner: PyValue, raw: Pointer): Row {
    return row(`${what}.number`, {
      floor: attached(each(() => {
        const result = PyObject_GetAttr(raw, number);
        const value = toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
        return value;
      })),
      native: native(`${what}.number`),
      ours: each(() => owner.number),
    }, {
      goals: [ofFloor(2)],
      note: "left are the Proxy's trap, the look-up of the interned name and the look at the " +
        "value's type",
    });
  }

  function readObject(what: string, owner: PyObject, raw: Pointer): Row {
    const own = owner.$;
    return row(`${what}.items, ${PER_SCOPE} a scope`, {
      floor: attached(each(() => Py_DecRef(PyObject_GetAttr(raw, items)))),
      native: native(`${what}.items`),
      ours: inScopes(py, () => owner.items),
      // One handle, without what finds the object: a second reference, its face, its release.
      allowance: inScopes(py, () => own.clone()),
    }, {
      goals: [ofFloor(2, "allowance")],
      note: "left are the Proxy's trap and, for a type without a rule, the look-ups that say so",
    });
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
      piece("a Proxy's empty get trap", each(() => trap.x)),
      piece("a Map looked up by name", each(() => names.get("number"))),
      piece(
        "a Set looked up by address, as a number",
        each(() => addresses.has(140_000_000_000_000) ? 1 : 0),
      ),
      piece(
        "Py_IncRef + Py_DecRef",
        attached(each(() => {
          Py_IncRef(rawHolder);
          Py_DecRef(rawHolder);
        })),
      ),
      piece("a new Proxy", each(() => new Proxy(names, {}))),
    ],
  };
}
