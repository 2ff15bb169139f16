/**
 * Whole graphs, both ways. The floor writes and reads marshal's format by a loop made for
 * that very shape, over a buffer that is large enough, and looks at nothing else.
 * @module
 */

import type { Memory, Pointer } from "../src/ffi/backend.ts";
import { each, type Loop } from "./measure.ts";
import { type Bench, fasterThanJson, ofFloor, type Row, row, type Topic } from "./topic.ts";

const CODE = `
import json
def from_json(text): return len(json.loads(text))
def made(text): return json.loads(text)
`;

/** Writes a shape; gives the bytes written. */
type Write = (view: DataView, bytes: Uint8Array) => number;
/** Reads a shape. */
type Read = (view: DataView, bytes: Uint8Array) => unknown;

interface Shape {
  readonly name: string;
  readonly value: unknown;
  readonly write: Write;
  readonly read: Read;
}

/** Room for each of the shapes. */
const ROOM = 1 << 16;

const COUNT = 1000;
const INTS = Array.from({ length: COUNT }, (_, i) => i * 1000);
const FLOATS = Array.from({ length: COUNT }, (_, i) => i * 1.1 + 0.5);
const TEXTS = Array.from({ length: COUNT }, (_, i) => "s" + i * 7);
const PRICES = Object.fromEntries(
  Array.from({ length: 100 }, (_, i) => ["key" + i, i * 1.5 + 0.2]),
);

// Codes of marshal.c.
const LIST = 0x5b;
const INT = 0x69;
const FLOAT = 0x67;
const SHORT_ASCII = 0x7a;
const DICT = 0x7b;
const END_OF_DICT = 0x30;

function writeHead(view: DataView, count: number): number {
  view.setUint8(0, LIST);
  view.setUint32(1, count, true);
  return 5;
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  bytes[at] = SHORT_ASCII;
  bytes[at + 1] = text.length;
  for (let i = 0; i < text.length; i++) bytes[at + 2 + i] = text.charCodeAt(i);
  return at + 2 + text.length;
}

function readText(bytes: Uint8Array, at: number): string {
  let text = "";
  for (let i = at + 2; i < at + 2 + bytes[at + 1]!; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

const SHAPES: readonly Shape[] = [
  {
    name: "1000 ints",
    value: INTS,
    write(view) {
      let at = writeHead(view, COUNT);
      for (let i = 0; i < COUNT; i++, at += 5) {
        view.setUint8(at, INT);
        view.setInt32(at + 1, INTS[i]!, true);
      }
      return at;
    },
    read(view) {
      const items: number[] = [];
      for (let i = 0, at = 5; i < COUNT; i++, at += 5) items.push(view.getInt32(at + 1, true));
      return items;
    },
  },
  {
    name: "1000 floats",
    value: FLOATS,
    write(view) {
      let at = writeHead(view, COUNT);
      for (let i = 0; i < COUNT; i++, at += 9) {
        view.setUint8(at, FLOAT);
        view.setFloat64(at + 1, FLOATS[i]!, true);
      }
      return at;
    },
    read(view) {
      const items: number[] = [];
      for (let i = 0, at = 5; i < COUNT; i++, at += 9) items.push(view.getFloat64(at + 1, true));
      return items;
    },
  },
  {
    name: "1000 short strings",
    value: TEXTS,
    write(view, bytes) {
      let at = writeHead(view, COUNT);
      for (let i = 0; i < COUNT; i++) at = writeText(bytes, at, TEXTS[i]!);
      return at;
    },
    read(_view, bytes) {
      const items: string[] = [];
      for (let i = 0, at = 5; i < COUNT; i++) {
        items.push(readText(bytes, at));
        at += 2 + bytes[at + 1]!;
      }
      return items;
    },
  },
  {
    name: "dict of 100 str to float",
    value: PRICES,
    write(view, bytes) {
      bytes[0] = DICT;
      let at = 1;
      for (const key of Object.keys(PRICES)) {
        at = writeText(bytes, at, key);
        bytes[at] = FLOAT;
        view.setFloat64(at + 1, PRICES[key]!, true);
        at += 9;
      }
      bytes[at] = END_OF_DICT;
      return at + 1;
    },
    read(view, bytes) {
      const record: Record<string, number> = {};
      for (let at = 1; bytes[at] !== END_OF_DICT; at += 9) {
        const key = readText(bytes, at);
        at += 2 + key.length;
        record[key] = view.getFloat64(at + 1, true);
      }
      return record;
    },
  },
];

/** About a megabyte as JSON. */
const USERS = Array.from({ length: 5200 }, (_, i) => ({
  id: i,
  name: "user number " + i,
  email: `user${i}@example.com`,
  active: i % 3 === 0,
  score: i * 1.25,
  tags: ["alpha", "beta" + i % 17],
  address: { street: "Main Street " + i, zip: String(10000 + i) },
}));

/** Rows of values. */
export function topic(bench: Bench): Topic {
  const { py, floor } = bench;
  py.run(CODE);
  const { from_json: fromJson, made } = py.globals;
  const { len } = py.builtins;
  const { dumps } = py.import("json");
  const memory = floor.allocate(ROOM);

  function toPython({ name, value, write }: Shape): Row {
    return row(`${name} to Python`, {
      floor: floor.attached(rawToPython(bench, memory, write)),
      json: each(() => fromJson(JSON.stringify(value))),
      ours: each(() => len(value)),
    }, { goals: [ofFloor(1.3), fasterThanJson(1)] });
  }

  function toJs({ name, value, read }: Shape, i: number): Row {
    const object = py.globals[`value_${i}`] = made(JSON.stringify(value));
    return row(`${name} to TypeScript`, {
      floor: floor.attached(rawToJs(bench, memory, floor.global(`value_${i}`), read)),
      json: each(() => JSON.parse(dumps(object))),
      ours: each(() => object.$.toJs()),
    }, { goals: [ofFloor(1.3), fasterThanJson(1)] });
  }

  const users = made(JSON.stringify(USERS));
  return {
    title: "Values in whole graphs (floor: one marshal crossing; what Python makes is freed again)",
    rows: [
      ...SHAPES.flatMap((shape, i) => [toPython(shape), toJs(shape, i)]),
      row("1 MB of nested records to Python", {
        json: each(() => fromJson(JSON.stringify(USERS))),
        ours: each(() => len(USERS)),
      }, {
        goals: [fasterThanJson(1.5)],
        note:
          "more than half of the time is Python's, which makes 60,000 objects and frees them; of " +
          "the rest a fourth goes into looking whether an object was met before",
      }),
      row("1 MB of nested records to TypeScript", {
        json: each(() => JSON.parse(dumps(users))),
        ours: each(() => users.$.toJs()),
      }, { goals: [fasterThanJson(1.5)] }),
    ],
  };
}

function rawToPython({ floor }: Bench, memory: Memory, write: Write): Loop {
  const { PyMarshal_ReadObjectFromString, Py_DecRef } = floor.functions;
  const view = new DataView(memory.bytes.buffer);
  return each(() => {
    const length = write(view, memory.bytes);
    Py_DecRef(PyMarshal_ReadObjectFromString(memory.address, floor.size(length)));
  });
}

function rawToJs({ floor }: Bench, memory: Memory, object: Pointer, read: Read): Loop {
  const { functions, size } = floor;
  const { PyMarshal_WriteObjectToString, PyBytes_AsString, PyBytes_Size, Py_DecRef, memcpy } =
    functions;
  const view = new DataView(memory.bytes.buffer);
  return each(() => {
    const marshalled = PyMarshal_WriteObjectToString(object, 4);
    const length = floor.toNumber(PyBytes_Size(marshalled));
    memcpy(memory.address, PyBytes_AsString(marshalled), size(length));
    Py_DecRef(marshalled);
    return read(view, memory.bytes);
  });
}
