import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, PyConversionError } from "../../mod.ts";
import { collectJs, turn } from "../fixtures/collector.ts";
import {
  collectPython,
  evaluate,
  forGood,
  py,
  test,
  testWith,
  thrownBy,
} from "../fixtures/python.ts";
import { refused } from "../fixtures/refused.ts";

const identity = forGood(() => evaluate("lambda x: x"));
const newHalf = py.version[1] >= 12;

const KINDS: [new (length: number) => ArrayBufferView, string, number | bigint][] = [
  [Int8Array, "b", -1],
  [Uint8ClampedArray, "B", 200],
  [Int16Array, "h", -2],
  [Uint16Array, "H", 65535],
  [Int32Array, "i", -3],
  [Uint32Array, "I", 2 ** 32 - 1],
  [BigInt64Array, "q", -(2n ** 63n)],
  [BigUint64Array, "Q", 2n ** 64n - 1n],
  [Float32Array, "f", 0.5],
  [Float64Array, "d", 0.1],
];

/** JS values that Python holds. */
const held = (): number => {
  collectPython();
  return py.debug.counts().hostValues;
};

describe("typed arrays to Python", () => {
  for (const [Kind, format, value] of KINDS) {
    test(`${Kind.name} is a memoryview of "${format}" over the same memory`, () => {
      const array = new Kind(3) as unknown as (number | bigint)[];
      const view = py.toPython(array);
      assert.strictEqual(view.$.type, "memoryview");
      assert.strictEqual(view.format, format);
      assert.strictEqual(view.readonly, false);
      assert.strictEqual(view.nbytes, 3 * (array as unknown as ArrayBufferView).byteLength / 3);
      array[1] = value;
      assert.strictEqual(view.$.get(1), value);
      view.$.set(2, value);
      assert.strictEqual(array[2], value);
      assert.deepEqual([...view.tolist()].map(Number), Array.from(array, Number));
    });

    test(`an empty ${Kind.name} is an empty memoryview of "${format}"`, () => {
      const array = new Kind(0);
      const view = py.toPython(array);
      assert.deepEqual([view.format, view.nbytes, view.$.length], [format, 0, 0]);
      assert.deepEqual(view.shape.$.toJs(), [0]);
      assert.strictEqual(identity(array), array);
    });
  }

  testWith(["numpy"], "Float16Array is a memoryview of half floats", () => {
    for (const length of [0, 3]) {
      const array = new Float16Array(length);
      const view = py.toPython(array);
      assert.deepEqual([view.format, view.itemsize, view.$.length], ["e", 2, length]);
      const half = py.import("numpy").asarray(array);
      assert.strictEqual(`${half.dtype}`, "float16");
      if (length === 0) continue;
      half.$.set(1, 0.5);
      assert.strictEqual(array[1], 0.5);
      assert.strictEqual(identity(array), array);
    }
  });

  test("Float16Array without numpy is half floats or an error that says what to do", () => {
    const hide = evaluate(`
import sys
def hide():
    global kept
    kept = {k: sys.modules[k] for k in list(sys.modules) if k.split('.')[0] == 'numpy'}
    for k in kept: del sys.modules[k]
    sys.modules['numpy'] = None
def show():
    del sys.modules['numpy']
    sys.modules.update(kept)
(hide, show)`);
    const before = held();
    hide.$.get(0)();
    try {
      if (newHalf) assert.strictEqual(py.toPython(new Float16Array(1)).format, "e");
      else {
        assert.match(
          thrownBy(() => py.toPython(new Float16Array(1))).message,
          /TypeError: Python 3\.\d+ has no memoryview of half floats without numpy; pass a Float32Array/,
        );
        assert.strictEqual(held(), before);
      }
    } finally {
      hide.$.get(1)();
    }
  });

  test("a DataView is bytes; a subarray begins where it begins", () => {
    const buffer = new ArrayBuffer(16);
    const view = py.toPython(new DataView(buffer, 3, 5));
    assert.deepEqual([view.format, view.nbytes], ["B", 5]);
    view.$.set(0, 7);
    assert.strictEqual(new Uint8Array(buffer)[3], 7);
    const part = py.toPython(new Int16Array(buffer).subarray(4, 6));
    part.$.set(1, -5);
    assert.strictEqual(new Int16Array(buffer)[5], -5);
  });

  test("small arrays do not move after they were shared", () => {
    const arrays = Array.from({ length: 200 }, (_, i) => new Float64Array(1 + i % 130).fill(i));
    const views = arrays.map((array) => py.toPython(array));
    collectJs();
    arrays.forEach((array, i) => array[0] = i + 0.5);
    views.forEach((view, i) => assert.strictEqual(view.$.get(0), i + 0.5));
  });

  test("arrays over a SharedArrayBuffer share as well", () => {
    const array = new Int32Array(new SharedArrayBuffer(16), 4);
    const view = py.toPython(array);
    view.$.set(0, 5);
    assert.strictEqual(array[0], 5);
    array[2] = 6;
    assert.strictEqual(view.$.get(2), 6);
    assert.strictEqual(identity(array), array);
  });

  test("a subclass, and an array with a name of its own", () => {
    class Mine extends Float32Array {}
    const array = new Mine(2);
    Object.defineProperty(array, Symbol.toStringTag, { value: "Int8Array" });
    const view = py.toPython(array);
    assert.deepEqual([view.format, view.nbytes], ["f", 8]);
  });

  test("Uint8Array and ArrayBuffer stay bytes, a copy", () => {
    for (const value of [new Uint8Array(2), new ArrayBuffer(2)]) {
      assert.strictEqual(py.toPython(value).$.type, "bytes");
    }
  });

  test("arrays inside of graphs", () => {
    const array = new Float64Array([1, 2]);
    const value = py.toPython({ a: [array, array] });
    const list = value.$.get("a");
    assert.ok(list.$.get(0) === array && list.$.get(1) === array);
    assert.ok(value.$.toJs().a[1] === array);
  });
});

describe("the identity of a shared array", () => {
  test("the same memoryview as long as it lives; itself on the way back", () => {
    const array = new Float64Array(2);
    const view = py.toPython(array);
    assert.ok(isPyObject(view));
    assert.ok(view.$.is(py.toPython(array)));
    assert.strictEqual(identity(array), array);
    assert.strictEqual(identity(view), array);
    let seen: unknown;
    evaluate("lambda f, x: f(x)")((x: unknown) => seen = x, array);
    assert.strictEqual(seen, array);
  });

  test("any other memoryview is a PyObject", () => {
    const array = new Float64Array(2);
    for (const code of ["memoryview(x)", "x[:]", "x[1:]", "x.cast('B')", "x.toreadonly()"]) {
      const other = evaluate(`lambda x: ${code}`)(array);
      assert.ok(isPyObject(other), code);
      assert.strictEqual(other.$.type, "memoryview");
    }
    const plain = evaluate("memoryview(b'abc')");
    assert.ok(isPyObject(plain));
    assert.deepEqual(plain.$.toJs(), new Uint8Array([97, 98, 99]));
  });

  test("a view and its buffer's other views are different", () => {
    const buffer = new ArrayBuffer(8);
    const [a, b] = [new Int8Array(buffer), new Int8Array(buffer)];
    assert.strictEqual(identity(a), a);
    assert.strictEqual(identity(b), b);
    assert.ok(!py.toPython(a).$.is(py.toPython(b)));
  });

  test("an array that was dropped and is shared again while a slice of before lives", () => {
    const array = new Float64Array([1, 2]);
    const slice = evaluate("lambda x: x[1:]")(array);
    for (let i = 0; i < 3; i++) assert.strictEqual(identity(array), array);
    const view = py.toPython(array);
    assert.strictEqual(identity(view), array);
    view.$.release();
    array[1] = 7;
    assert.strictEqual(slice.$.get(0), 7);
    assert.ok(isPyObject(evaluate("memoryview(bytearray(16)).cast('d')")));
  });
});

describe("the life of shared memory", () => {
  test("ends with the last memoryview, slice or cast", () => {
    const before = held();
    const view = py.toPython(new Float64Array(2));
    assert.strictEqual(held(), before + 1);
    const cast = evaluate("lambda x: x.cast('B')[8:]")(view);
    view.$.release();
    assert.strictEqual(held(), before + 1);
    cast.$.release();
    assert.strictEqual(held(), before);
  });

  testWith(
    ["numpy"],
    "np.asarray() shares, and keeps the memory after TypeScript forgot it",
    async () => {
      const np = py.import("numpy");
      const before = held();
      const LENGTH = 1 << 16;
      const make = () => np.asarray(Float64Array.from({ length: LENGTH }, (_, i) => i));
      const arrays = Array.from({ length: 5 }, make);
      for (let i = 0; i < 5; i++) {
        collectJs();
        await turn();
        Array.from({ length: 50 }, () => new Float64Array(LENGTH).fill(-1));
      }
      for (const array of arrays) assert.strictEqual(array.sum(), LENGTH * (LENGTH - 1) / 2);
      assert.strictEqual(held(), before + 5);
      for (const array of arrays) array.$.release();
      assert.strictEqual(held(), before);
    },
  );

  test("ends on another thread", () => {
    const before = held();
    const array = new Int32Array([1, 2, 3]);
    const sum = evaluate(`
import threading
def work(view):
    box, total = [view], []
    del view
    def run():
        total.append(sum(box[0][::-1]))
        box.clear()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return total[0]
work`);
    assert.strictEqual(sum(array), 6);
    assert.strictEqual(held(), before);
  });

  test("transfer() refuses while Python uses the memory, and works after it", () => {
    const array = new Float64Array(2);
    const view = py.toPython(array);
    const again = py.toPython(new Uint16Array(array.buffer));
    for (const name of ["transfer", "transferToFixedLength"] as const) {
      assert.match(
        thrownBy(() => array.buffer[name]()).message,
        /^This ArrayBuffer cannot be transferred: Python uses its memory\. .*\.slice\(\)/,
      );
    }
    view.$.release();
    held();
    assert.throws(() => array.buffer.transfer(), TypeError);
    again.$.release();
    held();
    assert.deepEqual(Reflect.ownKeys(array.buffer), []);
    assert.strictEqual(array.buffer.transfer().byteLength, 16);
  });

  test("a frozen buffer is shared as well", () => {
    const array = new Float64Array(1);
    Object.freeze(array.buffer);
    assert.strictEqual(identity(array), array);
  });
});

describe("memory that cannot be shared", () => {
  test("is an error with its path and the way out", () => {
    const resizable = new Float64Array(new ArrayBuffer(8, { maxByteLength: 16 }));
    assert.match(refused({ a: [resizable] }, "$.a[0]").message, /can be resized.*\.slice\(\)$/);
    const growable = new Int8Array(new SharedArrayBuffer(8, { maxByteLength: 16 }));
    assert.match(refused(growable, "$").message, /can be resized/);
    const detached = new Int16Array(2);
    detached.buffer.transfer();
    assert.match(
      refused([detached], "$[0]").message,
      /Int16Array: its memory was transferred away/,
    );
    for (const target of [new Float64Array(1), new DataView(new ArrayBuffer(1))]) {
      const error = refused({ x: new Proxy(target, {}) }, "$.x");
      assert.match(
        error.message,
        /a Proxy has no memory of its own; pass its values by \.slice\(\)/,
      );
    }
    assert.ok(new PyConversionError("$", "") instanceof TypeError);
  });

  test("as a dict key is Python's refusal", () => {
    assert.throws(() => py.toPython(new Map([[new Int32Array(1), 1]])), PyConversionError);
  });

  testWith(["numpy"], "n-D arrays go there and back without a copy", () => {
    const np = py.import("numpy");
    const array = new Float64Array(6);
    const grid = np.asarray(array).reshape(2, 3);
    grid.$.set([1, 0], 5);
    assert.strictEqual(array[3], 5);
    using buffer = grid.$.buffer();
    buffer.data[4] = 6;
    assert.strictEqual(array[4], 6);
  });
});
