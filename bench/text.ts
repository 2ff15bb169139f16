/**
 * Texts and bytes, both ways.
 * @module
 */

import { each } from "./measure.ts";
import { type Bench, ofFloor, type Row, row, type Topic } from "./topic.ts";

const CODE = `
len_ = len
def giver_of(value):
    def give(): return value
    return give
`;

const KILO = 1 << 10;
const MEGA = 1 << 20;

/** Rows of texts and bytes. */
export function topic(bench: Bench): Topic {
  bench.py.run(CODE);
  return {
    title: "Texts and bytes (to Python: len(it); to TypeScript: what a function gives)",
    rows: [
      ...[10, KILO, MEGA].flatMap((length) => [
        ...textRows(bench, `ASCII str of ${nameOf(length)}`, "a".repeat(length)),
        ...textRows(bench, `Greek str of ${nameOf(length)}`, "ω".repeat(length / 2)),
      ]),
      ...[KILO, MEGA].flatMap((length) => bytesRows(bench, length)),
    ],
  };
}

function nameOf(length: number): string {
  return length === MEGA ? "1 MB" : length === KILO ? "1 KB" : `${length} bytes`;
}

function textRows({ py, floor }: Bench, name: string, text: string): Row[] {
  const { functions, args, out, size, toNumber } = floor;
  const { PyUnicode_DecodeUTF8, PyUnicode_AsUTF8AndSize, PyObject_Vectorcall, PyLong_AsLong } =
    functions;
  const { PyObject_CallNoArgs, Py_DecRef, memcpy } = functions;
  const { len } = py.builtins;
  const raw = floor.global("len_");
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const memory = floor.allocate(text.length * 3);
  const giver = py.globals.giver_of(text);
  py.globals.giver_ = giver;
  const rawGiver = floor.global("giver_");
  return [
    row(`${name} to Python`, {
      floor: floor.attached(each(() => {
        const { written } = encoder.encodeInto(text, memory.bytes);
        const object = PyUnicode_DecodeUTF8(memory.address, size(written), floor.null);
        args.setPointer(0, object);
        const result = PyObject_Vectorcall(raw, args.address, size(1), floor.null);
        const value = toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
        Py_DecRef(object);
        return value;
      })),
      ours: each(() => len(text)),
    }, { goals: [ofFloor(1.5)] }),
    row(`${name} to TypeScript`, {
      floor: floor.attached(each(() => {
        const object = PyObject_CallNoArgs(rawGiver);
        const start = PyUnicode_AsUTF8AndSize(object, out.address);
        const length = out.u32[0]!;
        memcpy(memory.address, start, size(length));
        const value = decoder.decode(memory.bytes.subarray(0, length));
        Py_DecRef(object);
        return value;
      })),
      ours: each(() => giver()),
    }, { goals: [ofFloor(1.5)] }),
  ];
}

function bytesRows({ py, floor }: Bench, length: number): Row[] {
  const { functions, args, size, toNumber } = floor;
  const { PyBytes_FromStringAndSize, PyBytes_AsString, PyBytes_Size, PyObject_Vectorcall } =
    functions;
  const { PyLong_AsLong, PyObject_CallNoArgs, Py_DecRef, memcpyOut } = functions;
  const { len } = py.builtins;
  const raw = floor.global("len_");
  const bytes = new Uint8Array(new ArrayBuffer(length)).fill(7);
  const giver = py.globals.giver_of(bytes);
  py.globals.giver_ = giver;
  const rawGiver = floor.global("giver_");
  return [
    row(`bytes of ${nameOf(length)} to Python`, {
      floor: floor.attached(each(() => {
        const object = PyBytes_FromStringAndSize(bytes, size(length));
        args.setPointer(0, object);
        const result = PyObject_Vectorcall(raw, args.address, size(1), floor.null);
        const value = toNumber(PyLong_AsLong(result));
        Py_DecRef(result);
        Py_DecRef(object);
        return value;
      })),
      ours: each(() => len(bytes)),
    }, { goals: [ofFloor(1.5)] }),
    row(`bytes of ${nameOf(length)} to TypeScript`, {
      floor: floor.attached(each(() => {
        const object = PyObject_CallNoArgs(rawGiver);
        const count = toNumber(PyBytes_Size(object));
        const copy = new Uint8Array(count);
        memcpyOut(copy, PyBytes_AsString(object), size(count));
        Py_DecRef(object);
        return copy;
      })),
      ours: each(() => giver()),
    }, { goals: [ofFloor(1.5)] }),
  ];
}
