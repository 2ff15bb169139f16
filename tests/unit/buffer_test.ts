import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { type PyBuffer, PyReleasedError, PythonError, type PyValue } from "../../mod.ts";
import { collectUntil } from "../fixtures/collector.ts";
import { evaluate, py, references, test, testWith, thrownBy } from "../fixtures/python.ts";

/** The items of a buffer as nested arrays, read as its documentation says. */
function itemsOf({ data, shape, strides, offset }: PyBuffer): unknown {
  const at = (place: number, dimension: number): unknown =>
    dimension === shape.length ? data[place] : Array.from(
      { length: shape[dimension]! },
      (_, i) => at(place + i * strides[dimension]!, dimension + 1),
    );
  return at(offset, 0);
}

/** Uses the buffer of an expression. */
function withBuffer(code: string, use: (buffer: PyBuffer, object: PyValue) => void): void {
  const object = evaluate(code);
  using buffer = object.$.buffer();
  use(buffer, object);
}

const numbers = (...values: number[]) => values;
const LONG: [string, (number | bigint)[]] = process.platform === "win32"
  ? ["Int32Array", numbers(-1, 2)]
  : ["BigInt64Array", [-1n, 2n]];

describe("$.buffer() of each format", () => {
  const cast = (format: string, values: string) =>
    `import struct\nmemoryview(bytearray(struct.pack('2${format}', ${values}))).cast('${format}')`;
  const NATIVE: [string, string, string, (number | bigint)[]][] = [
    ["b", "-1, 2", "Int8Array", [-1, 2]],
    ["B", "255, 2", "Uint8Array", [255, 2]],
    ["?", "True, False", "Uint8Array", [1, 0]],
    ["h", "-1, 2", "Int16Array", [-1, 2]],
    ["H", "65535, 2", "Uint16Array", [65535, 2]],
    ["i", "-1, 2", "Int32Array", [-1, 2]],
    ["I", "2**32-1, 2", "Uint32Array", [2 ** 32 - 1, 2]],
    ["l", "-1, 2", ...LONG],
    ["q", "-1, 2", "BigInt64Array", [-1n, 2n]],
    ["Q", "2**64-1, 2", "BigUint64Array", [2n ** 64n - 1n, 2n]],
    ["n", "-1, 2", "BigInt64Array", [-1n, 2n]],
    ["N", "1, 2", "BigUint64Array", [1n, 2n]],
    ["P", "1, 2", "BigUint64Array", [1n, 2n]],
    ["f", "0.5, 2", "Float32Array", [0.5, 2]],
    ["d", "0.1, 2", "Float64Array", [0.1, 2]],
  ];
  for (const [format, values, array, expected] of NATIVE) {
    test(`a memoryview of "${format}" is ${array}`, () => {
      withBuffer(cast(format, values), (buffer) => {
        assert.strictEqual(buffer.data.constructor.name, array);
        assert.deepEqual(Array.from(buffer.data as Float64Array), expected);
        assert.deepEqual(
          { ...buffer, data: 0, release: 0, [Symbol.dispose]: 0 },
          {
            ...{ data: 0, release: 0, [Symbol.dispose]: 0, format },
            ...{ shape: [2], strides: [1], offset: 0, itemsize: buffer.data.BYTES_PER_ELEMENT },
            ...{ readonly: false, contiguous: true, littleEndian: true },
          },
        );
      });
    });
  }

  test('a memoryview of "c" is Uint8Array', () => {
    withBuffer("memoryview(b'ab').cast('c')", ({ data, format }) => {
      assert.strictEqual(format, "c");
      assert.deepEqual(data, new Uint8Array([97, 98]));
    });
  });

  const SIZED: [string, string][] = [
    ["c_int8", "Int8Array"],
    ["c_uint16", "Uint16Array"],
    ["c_int32", "Int32Array"],
    ["c_uint32", "Uint32Array"],
    ["c_int64", "BigInt64Array"],
    ["c_uint64", "BigUint64Array"],
    ["c_float", "Float32Array"],
    ["c_double", "Float64Array"],
    ["c_bool", "Uint8Array"],
  ];
  for (const [type, array] of SIZED) {
    test(`a ctypes array of ${type}, of standard size, is ${array}`, () => {
      withBuffer(`import ctypes\n(ctypes.${type} * 3)(1, 0, 1)`, (buffer) => {
        assert.match(buffer.format, /^<.$/);
        assert.strictEqual(buffer.data.constructor.name, array);
        assert.deepEqual(Array.from(buffer.data as Float64Array, Number), [1, 0, 1]);
      });
    });
  }

  const RAW: [string, string, number, boolean][] = [
    ["(ctypes.c_int32.__ctype_be__ * 2)(1, 2)", ">i", 8, false],
    ["(ctypes.c_double.__ctype_be__ * 2)(1, 2)", ">d", 16, false],
    ["(ctypes.c_longdouble * 1)(1)", "<g", 16, true],
  ];
  for (const [code, format, length, littleEndian] of RAW) {
    test(`${format}, which no typed array has, is its bytes`, () => {
      withBuffer(`import ctypes\n${code}`, (buffer) => {
        if (buffer.format === "<d") return; // a system without long doubles of their own
        assert.strictEqual(buffer.format, format);
        assert.ok(buffer.data instanceof Uint8Array);
        assert.strictEqual(buffer.data.length, length);
        assert.strictEqual(buffer.littleEndian, littleEndian);
        assert.deepEqual(buffer.strides, [buffer.itemsize]);
      });
    });
  }

  test("big-endian bytes are read by a DataView", () => {
    withBuffer("import ctypes\n(ctypes.c_int32.__ctype_be__ * 2)(1, -2)", ({ data, strides }) => {
      const view = new DataView(data.buffer);
      assert.deepEqual([0, 1].map((i) => view.getInt32(i * strides[0]!, false)), [1, -2]);
    });
  });

  test("a struct is its bytes", () => {
    withBuffer(
      `
import ctypes
class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int32), ("y", ctypes.c_double)]
(Point * 2)((1, 2.5), (3, 4.5))`,
      ({ data, format, itemsize, shape, strides }) => {
        assert.match(format, /^T\{/);
        assert.deepEqual([itemsize, shape, strides], [16, [2], [16]]);
        assert.strictEqual(new DataView(data.buffer).getFloat64(16 + 8, true), 4.5);
      },
    );
  });
});

describe("$.buffer() of numpy", () => {
  const LAYOUTS: [string, number[], number[], number, boolean][] = [
    ["numpy.array(7.)", [], [], 0, true],
    ["numpy.arange(6.)", [6], [1], 0, true],
    ["numpy.arange(6.)[::-1]", [6], [-1], 5, false],
    ["numpy.arange(6.)[::2]", [3], [2], 0, false],
    ["numpy.arange(6.)[1::-1]", [2], [-1], 1, false],
    ["numpy.arange(6.).reshape(2, 3)", [2, 3], [3, 1], 0, true],
    ["numpy.arange(6.).reshape(2, 3).T", [3, 2], [1, 3], 0, false],
    ["numpy.arange(6.).reshape(2, 3)[::-1, ::-1]", [2, 3], [-3, -1], 5, false],
    ["numpy.arange(6.).reshape(2, 3)[:, 1]", [2], [3], 0, false],
    ["numpy.broadcast_to(numpy.arange(3.), (2, 3))", [2, 3], [0, 1], 0, false],
    ["numpy.zeros((2, 0, 3))", [2, 0, 3], [0, 3, 1], 0, true],
    ["numpy.array([])", [0], [1], 0, true],
    ["numpy.arange(6.)[6:]", [0], [1], 0, true],
    [
      "numpy.arange(256.).reshape((2,) * 8)[..., ::-1]",
      Array(8).fill(2),
      [
        ...[128, 64, 32, 16, 8, 4, 2],
        -1,
      ],
      1,
      false,
    ],
  ];
  for (const [code, shape, strides, offset, contiguous] of LAYOUTS) {
    testWith(["numpy"], `${code}: shape, strides, offset, and every item`, () => {
      withBuffer(`import numpy\n${code}`, (buffer, array) => {
        assert.deepEqual(buffer.shape, shape);
        assert.deepEqual(buffer.strides, strides);
        assert.strictEqual(buffer.offset, offset);
        assert.strictEqual(buffer.contiguous, contiguous);
        assert.ok(buffer.data instanceof Float64Array);
        const list = array.tolist();
        assert.deepEqual(itemsOf(buffer), typeof list === "number" ? list : list.$.toJs());
      });
    });
  }

  testWith(["numpy"], "half floats and complex numbers", () => {
    withBuffer("import numpy\nnumpy.array([0.5, -2], 'f2')", ({ data, format }) => {
      assert.strictEqual(format, "e");
      assert.deepEqual(data, new Float16Array([0.5, -2]));
    });
    for (const [dtype, array] of [["c8", Float32Array], ["c16", Float64Array]] as const) {
      withBuffer(`import numpy\nnumpy.array([1+2j, 3-4j], '${dtype}')[::-1]`, (buffer) => {
        assert.deepEqual(buffer.data, new array([1, 2, 3, -4]));
        assert.deepEqual([buffer.strides, buffer.offset, buffer.shape], [[-2], 2, [2]]);
        assert.strictEqual(buffer.itemsize, 2 * array.BYTES_PER_ELEMENT);
      });
    }
  });

  testWith(["numpy"], "odd places and odd strides come as bytes", () => {
    withBuffer("import numpy\nnumpy.frombuffer(bytearray(17), 'u1')[1:].view('f8')", (buffer) => {
      assert.ok(buffer.data instanceof Uint8Array);
      assert.deepEqual([buffer.shape, buffer.strides, buffer.itemsize], [[2], [8], 8]);
    });
    withBuffer("import numpy\nnumpy.zeros(3, 'i2,f4')['f1']", (buffer) => {
      assert.ok(buffer.data instanceof Uint8Array);
      assert.deepEqual([buffer.strides, buffer.data.length], [[6], 16]);
    });
  });

  testWith(["numpy"], "writes are seen on both sides", () => {
    withBuffer("import numpy\nnumpy.zeros((2, 2))", (buffer, array) => {
      buffer.data[3] = 7;
      assert.strictEqual(array.$.get([1, 1]), 7);
      array.$.set([0, 1], 5);
      assert.strictEqual(buffer.data[1], 5);
    });
  });

  testWith(["numpy"], "what numpy refuses is numpy's error", () => {
    for (const code of ["numpy.array(['2020'], 'datetime64[D]')"]) {
      const error = thrownBy(() => evaluate(`import numpy\n${code}`).$.buffer());
      assert.ok(error instanceof PythonError, error.message);
    }
    const fixed = evaluate("import numpy\na = numpy.zeros(2)\na.setflags(write=False)\na");
    const error = thrownBy(() => fixed.$.buffer({ writable: true }));
    assert.match(error.message, /read-only/);
    using buffer = fixed.$.buffer();
    assert.strictEqual(buffer.readonly, true);
  });
});

describe("$.buffer() of other exporters", () => {
  test("bytes are read-only, and refuse to be written to", () => {
    {
      using buffer = py.toPython(new Uint8Array([97, 98, 99])).$.buffer();
      assert.strictEqual(buffer.readonly, true);
      assert.deepEqual(buffer.data, new Uint8Array([97, 98, 99]));
    }
    const error = thrownBy(() => py.toPython(new Uint8Array(2)).$.buffer({ writable: true }));
    assert.ok(error instanceof PythonError);
    assert.strictEqual(error.message, "BufferError: Object is not writable.");
  });

  test("array.array, mmap, a slice of a memoryview", () => {
    withBuffer("import array\narray.array('H', [1, 2])", ({ data }) => {
      assert.deepEqual(data, new Uint16Array([1, 2]));
    });
    withBuffer("import mmap\nm = mmap.mmap(-1, 4096)\nm[:2] = b'ab'\nm", ({ data }) => {
      assert.strictEqual(data.length, 4096);
      assert.strictEqual(data[1], 98);
    });
    withBuffer("memoryview(b'abcdef')[4:1:-2]", (buffer) => {
      assert.deepEqual(itemsOf(buffer), [101, 99]);
    });
    withBuffer("memoryview(bytes(range(6))).cast('B', (2, 3))", (buffer) => {
      assert.deepEqual(itemsOf(buffer), [[0, 1, 2], [3, 4, 5]]);
    });
  });

  test("nothing at all: an empty bytearray", () => {
    withBuffer("bytearray()", (buffer) => {
      assert.strictEqual(buffer.data.length, 0);
      assert.deepEqual(buffer.shape, [0]);
    });
  });

  test("an object without memory is Python's TypeError, with what to do", () => {
    for (const [code, name] of [["[1]", "list"], ["'a'.join", "builtin_function_or_method"]]) {
      const error = thrownBy(() => evaluate(code!).$.buffer());
      assert.ok(error instanceof PythonError);
      assert.match(
        error.message,
        new RegExp(
          `^TypeError: a bytes-like object is required, not '${name}'; .*\\$\\.toJs\\(\\)`,
        ),
      );
    }
  });
});

describe("$.buffer({ format })", () => {
  test("takes contiguous memory for items of another format", () => {
    const array = evaluate("import array\narray.array('d', [1.0, 2.0])");
    {
      using buffer = array.$.buffer({ format: "B" });
      assert.ok(buffer.data instanceof Uint8Array);
      assert.deepEqual([buffer.shape, buffer.strides, buffer.itemsize], [[16], [1], 1]);
      assert.strictEqual(buffer.data[7], 0x3f);
    }
    using buffer = array.$.buffer({ format: "<I" });
    assert.deepEqual(buffer.data, new Uint32Array([0, 0x3ff00000, 0, 0x40000000]));
    using complex = array.$.buffer({ format: "Zd" });
    assert.deepEqual([complex.shape, complex.data], [[1], new Float64Array([1, 2])]);
  });

  test("names both formats where it does not fit", () => {
    assert.throws(
      () => evaluate("bytearray(7)").$.buffer({ format: "d" }),
      /^TypeError: This memory of format "B" cannot be taken for "d": its 7 bytes are no multiple of 8/,
    );
    assert.throws(
      () => evaluate("memoryview(bytearray(8))[::2]").$.buffer({ format: "H" }),
      /^TypeError: This memory of format "B" cannot be taken for "H": its items do not lie in C order/,
    );
    assert.throws(
      () => evaluate("bytearray(8)").$.buffer({ format: "wrong" }),
      /ValueError: 'wrong' is no format of the struct module/,
    );
    const array = evaluate("bytearray(7)");
    assert.throws(() => array.$.buffer({ format: "d" }));
    array.append(1); // nothing is held after the error
  });
});

describe("the life of a buffer", () => {
  test("release() detaches, gives back, and may come twice", () => {
    const bytes = evaluate("bytearray(b'abc')");
    const before = references(bytes);
    const buffer = bytes.$.buffer();
    assert.strictEqual(references(bytes), before + 1);
    assert.strictEqual(py.debug.counts().buffers > 0, true);
    const other = new Uint8Array(buffer.data.buffer, 1);
    assert.match(thrownBy(() => bytes.append(1)).message, /^BufferError/);
    buffer.release();
    assert.deepEqual([buffer.data.length, other.length, buffer.data.buffer.byteLength], [0, 0, 0]);
    assert.strictEqual(buffer.data[0], undefined);
    assert.strictEqual(references(bytes), before);
    bytes.append(1);
    buffer.release();
    buffer[Symbol.dispose]();
    assert.strictEqual(references(bytes), before);
    assert.deepEqual(buffer.shape, [3]);
  });

  test("of a released object is refused", () => {
    const bytes = evaluate("bytearray(3)");
    bytes.$.release();
    assert.throws(() => bytes.$.buffer(), PyReleasedError);
  });

  test("a buffer outlives the handle and the scope in which it was made", () => {
    const buffer = py.scope(() => {
      const bytes = evaluate("bytearray(b'abc' * 1000)");
      return [bytes.$.buffer()];
    })[0]!;
    evaluate("import gc\ngc.collect()");
    assert.strictEqual(buffer.data[2999], 99);
    buffer.release();
  });

  test("assertNoLeaks() counts buffers", () => {
    const bytes = evaluate("bytearray(3)");
    let buffer: PyBuffer | undefined;
    assert.throws(
      () => py.debug.assertNoLeaks(() => buffer = bytes.$.buffer()),
      /0 handles, 0 JS values held by Python and 1 buffers were left/,
    );
    buffer!.release();
  });

  test("a forgotten buffer is given back, but not while an array over it lives", async () => {
    const bytes = evaluate("bytearray(b'abc')");
    const before = references(bytes);
    const make = (): Uint8Array => new Uint8Array(bytes.$.buffer().data.buffer, 1);
    const kept: Uint8Array[] = [make()];
    for (let i = 0; i < 20; i++) make();
    assert.ok(await collectUntil(() => references(bytes) < before + 10), "none was given back");
    assert.strictEqual(kept[0]![1], 99);
    assert.ok(references(bytes) > before);
    kept.pop();
    const all = () => {
      // Bun's collector scans the stack, where some pointer may be left.
      py.debug.counts();
      return references(bytes) <= before;
    };
    for (let i = 0; i < 3 && !await collectUntil(all, 30); i++) make();
    for (let i = 0; i < 20 && !all(); i++) await collectUntil(all, 10);
    assert.ok(all(), `${references(bytes) - before} references are left`);
  });

  // Outside of the ledger's balance: that memory is never given back is the claim.
  for (const how of ["released", "forgotten"]) {
    it(`memory that was transferred away, its buffer then ${how}, is never given back`, async () => {
      const bytes = evaluate("bytearray(b'abc')");
      const before = references(bytes);
      const take = (): Uint8Array => {
        const buffer = bytes.$.buffer();
        const taken = structuredClone(buffer.data.buffer, { transfer: [buffer.data.buffer] });
        assert.strictEqual(buffer.data.length, 0);
        for (let i = 0; i < 2 && how === "released"; i++) buffer.release();
        return new Uint8Array(taken);
      };
      const taken = take();
      if (how === "forgotten") await collectUntil(() => false, 20);
      bytes.$.set(0, 65);
      assert.deepEqual([...taken], [65, 98, 99]);
      assert.strictEqual(references(bytes), before + 1);
      bytes.$.release();
    });
  }

  testWith(["numpy"], "data passed back to Python keeps the memory after release()", () => {
    const bytes = evaluate("bytearray(b'abcdefgh')");
    const before = references(bytes);
    const buffer = bytes.$.buffer({ format: "H" });
    const array = py.import("numpy").asarray(buffer.data);
    assert.strictEqual(array.$.get(0), 0x6261);
    buffer.release();
    assert.strictEqual(buffer.data.length, 0);
    assert.strictEqual(array.$.get(0), 0x6261);
    assert.match(thrownBy(() => bytes.append(1)).message, /^BufferError/);
    array.$.release();
    py.debug.counts();
    assert.strictEqual(references(bytes), before);
    bytes.append(1);
  });
});

describe("$.buffer() by DLPack", () => {
  const tensor = (array: string, body = ""): PyValue =>
    evaluate(`
import numpy
class Tensor:
    def __init__(self, array): self.array = array
    def __dlpack__(self, **options): return self.array.__dlpack__(**options)
    def __dlpack_device__(self): return self.array.__dlpack_device__()
${body}
Tensor(${array})`);
  const dlpackTest = (name: string, body: () => void): void =>
    testWith(["numpy"], name, () => {
      if (evaluate("import numpy\nhasattr(numpy.ndarray, '__dlpack__')")) body();
    });

  const KINDS = [
    ..."i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split(" "),
  ];
  for (const dtype of KINDS) {
    dlpackTest(`a tensor of ${dtype} has the buffer of its array`, () => {
      const array = `numpy.arange(12).astype('${dtype}').reshape(3, 4)[::2, ::-1]`;
      const object = tensor(array);
      using buffer = object.$.buffer();
      using same = object.array.$.buffer();
      assert.strictEqual(buffer.data.constructor, same.data.constructor);
      for (const key of ["data", "shape", "strides", "offset", "itemsize", "contiguous"] as const) {
        assert.deepEqual(buffer[key], same[key], key);
      }
      buffer.data[buffer.offset] = typeof buffer.data[0] === "bigint" ? 9n as never : 9;
      assert.equal(Number(same.data[same.offset]), 9);
    });
  }

  dlpackTest("a tensor without strides, of no dimension, of no items", () => {
    for (const [code, shape] of [["numpy.array(5.)", []], ["numpy.zeros((0, 2))", [0, 2]]]) {
      using buffer = tensor(code as string).$.buffer();
      assert.deepEqual(buffer.shape, shape);
    }
  });

  dlpackTest("the tensor's memory is kept until release()", () => {
    const object = tensor("numpy.arange(3.)");
    const array = object.array;
    const before = references(array);
    const buffer = object.$.buffer({ writable: true });
    assert.ok(references(array) > before);
    buffer.release();
    assert.strictEqual(references(array), before);
  });

  dlpackTest("read-only memory is told, or refused by its owner", () => {
    const object = tensor("(lambda a: (a.setflags(write=False), a)[1])(numpy.zeros(2))");
    try {
      using buffer = object.$.buffer();
      assert.strictEqual(buffer.readonly, true);
      assert.match(
        thrownBy(() => object.$.buffer({ writable: true })).message,
        /BufferError: .*read-only/,
      );
    } catch (error) {
      assert.match((error as Error).message, /BufferError|readonly/); // before DLPack 1.0
    }
  });

  dlpackTest("a tensor on another device is refused by its name", () => {
    const object = tensor("numpy.zeros(2)", "    def __dlpack_device__(self): return (2, 1)");
    const error = thrownBy(() => object.$.buffer());
    assert.match(
      error.message,
      /^BufferError: the memory of this 'Tensor' is on device CUDA 1,.*\.cpu\(\)/,
    );
  });

  dlpackTest("a tensor that gives something else is refused", () => {
    const object = tensor("numpy.zeros(2)", "    def __dlpack__(self, **options): return 5");
    assert.match(thrownBy(() => object.$.buffer()).message, /^BufferError: .* gave no tensor: 5/);
  });
});
