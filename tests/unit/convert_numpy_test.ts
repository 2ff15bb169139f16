import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, type PyValue, type ToJsOptions } from "../../mod.ts";
import { evaluate, py, testWith } from "../fixtures/python.ts";

const numpyTest = (name: string, body: (np: PyValue) => void): void =>
  testWith(["numpy"], name, () => body(py.import("numpy")));

const INTS: [string, string, number | bigint][] = [
  ["int8", "-128", -128],
  ["int8", "127", 127],
  ["uint8", "255", 255],
  ["int16", "-32768", -32768],
  ["uint16", "65535", 65535],
  ["int32", "-2**31", -(2 ** 31)],
  ["uint32", "2**32-1", 2 ** 32 - 1],
  ["int64", "0", 0],
  ["int64", "-1", -1],
  ["int64", "2**53-1", 2 ** 53 - 1],
  ["int64", "2**53", 2n ** 53n],
  ["int64", "2**62", 4611686018427387904n],
  ["int64", "-2**63", -(2n ** 63n)],
  ["uint64", "2**63", 2n ** 63n],
  ["uint64", "2**64-1", 2n ** 64n - 1n],
  ["intp", "-1", -1],
  ["uintp", "7", 7],
  ["longlong", "2**62", 2n ** 62n],
  ["ulonglong", "2**64-1", 2n ** 64n - 1n],
  ["byte", "-1", -1],
  ["short", "-1", -1],
  ["intc", "-1", -1],
];

const FLOATS: [string, string, number][] = [
  ["float16", "1.5", 1.5],
  ["float16", "65504", 65504],
  ["float16", "0.1", 0.0999755859375],
  ["float32", "1.5", 1.5],
  ["float32", "0.1", Math.fround(0.1)],
  ["float32", "'inf'", Infinity],
  ["float64", "1.5", 1.5],
  ["float64", "0.1", 0.1],
  ["float64", "-0.0", -0],
  ["float64", "'nan'", NaN],
  ["float64", "5e-324", 5e-324],
  ["float64", "-1.0", -1],
];

describe("numpy scalars", () => {
  for (const [type, text, value] of [...INTS, ...FLOATS]) {
    numpyTest(`numpy.${type}(${text}) is ${value}${typeof value === "bigint" ? "n" : ""}`, (np) => {
      const make = evaluate(`import numpy\nlambda: numpy.${type}(${text})`);
      assert.ok(Object.is(make(), value));
      assert.ok(Object.is(make(), value), "a second time");
      assert.ok(Object.is(evaluate(`lambda x: [x]`)(make()).$.get(0), value));
      const array = evaluate(`import numpy\nnumpy.array([${text}], numpy.${type})`);
      assert.ok(Object.is(array.$.get(0), value));
      assert.ok(Object.is(array.item(0), value));
      assert.ok(Object.is([...array][0], value));
      assert.ok(Object.is(evaluate(`import numpy\n[numpy.${type}(${text})]`).$.toJs()[0], value));
      let seen: unknown;
      evaluate(`import numpy\nlambda f: f(numpy.${type}(${text}))`)((got: unknown) => seen = got);
      assert.ok(Object.is(seen, value));
      assert.ok(isPyObject(np));
    });
  }

  numpyTest("numpy.bool_ is a boolean", (np) => {
    assert.strictEqual(np.bool_(true), true);
    assert.strictEqual(np.bool_(0), false);
    assert.deepEqual(evaluate("import numpy\n[numpy.bool_(True), numpy.bool_(False)]").$.toJs(), [
      true,
      false,
    ]);
    assert.strictEqual(np.array([true]).$.get(0), true);
    assert.strictEqual(np.array([1, 2]).all(), true);
  });

  numpyTest("results of numpy's functions are numbers", (np) => {
    assert.strictEqual(np.arange(4).sum(), 6);
    assert.strictEqual(np.arange(4).mean(), 1.5);
    assert.strictEqual(np.float64(1.5), 1.5);
    assert.strictEqual(np.int64(2n ** 62n), 4611686018427387904n);
    assert.ok(isPyObject(np.arange(3)));
  });

  const LIVE: [string, RegExp][] = [
    ["numpy.longdouble(1)", /longdouble|float128|float64/],
    ["numpy.complex64(1+2j)", /complex64/],
    ["numpy.complex128(1+2j)", /complex128/],
    ["numpy.clongdouble(1)", /clongdouble|complex256|complex128/],
    ["numpy.str_('x')", /str_/],
    ["numpy.bytes_(b'x')", /bytes_/],
    ["numpy.datetime64('2020-01-01')", /datetime64/],
    ["numpy.timedelta64(5, 's')", /timedelta64/],
    ["numpy.void(b'ab')", /void/],
    ["class Mine(numpy.float64): pass\nMine(1.5)", /Mine/],
    ["numpy.arange(3)", /ndarray/],
    ["numpy.array(5)", /ndarray/],
    ["numpy.dtype('i4')", /dtype/i],
  ];
  for (const [code, type] of LIVE) {
    numpyTest(`${code.split("\n").at(-1)} stays a PyObject`, () => {
      const value = evaluate(`import numpy\n${code}`);
      assert.ok(isPyObject(value), String(value));
      assert.match(value.$.type, type);
      assert.strictEqual(evaluate("lambda x: [x]")(value).$.get(0).$.is(value), true);
    });
  }
});

describe("$.toJs() of numpy", () => {
  const deep = (code: string, options = {}) =>
    evaluate(`import numpy\n[${code}]`).$.toJs(options)[0];

  const NUMBERS: [string, { name: string }, (number | bigint)[]][] = [
    ["int8", Int8Array, [-128, 0, 127]],
    ["uint8", Uint8Array, [0, 1, 255]],
    ["int16", Int16Array, [-32768, 32767]],
    ["uint16", Uint16Array, [0, 65535]],
    ["int32", Int32Array, [-(2 ** 31), 2 ** 31 - 1]],
    ["uint32", Uint32Array, [0, 2 ** 32 - 1]],
    ["int64", BigInt64Array, [-(2n ** 63n), 2n ** 63n - 1n]],
    ["uint64", BigUint64Array, [0n, 2n ** 64n - 1n]],
    ["longlong", BigInt64Array, [-1n]],
    ["float16", Float16Array, [0.5, -65504]],
    ["float32", Float32Array, [0.5, -1.25]],
    ["float64", Float64Array, [0.1, -0, Infinity]],
  ];
  const ORDERS: [string, string][] = [
    ["as it is", "a"],
    ["big-endian", "a.astype(a.dtype.newbyteorder('>'))"],
    ["backwards", "a[::-1].copy()[::-1]"],
    ["with gaps", "numpy.repeat(a, 3)[::3]"],
    ["read-only", "(a.setflags(write=False), a)[1]"],
  ];
  for (const [dtype, array, values] of NUMBERS) {
    for (const [how, view] of ORDERS) {
      numpyTest(`$.toJs() of a ${dtype} array, ${how}, is ${array.name}`, () => {
        const literals = values.map((value) => Object.is(value, -0) ? "-0.0" : String(value));
        const make = `numpy.array([${
          literals.join().replace("Infinity", "numpy.inf")
        }], '${dtype}')`;
        const typed = evaluate(`import numpy\na = ${make}\n[${view}]`).$.toJs()[0];
        assert.strictEqual(typed.constructor, array);
        assert.deepEqual(Array.from(typed), values);
      });
    }
  }

  numpyTest("$.toJs() of numbers with several dimensions is nested arrays", () => {
    assert.deepEqual(deep("numpy.arange(6).reshape(2, 3)"), [[0, 1, 2], [3, 4, 5]]);
    assert.deepEqual(deep("numpy.arange(6.).reshape(3, 2).T"), [[0, 2, 4], [1, 3, 5]]);
    assert.deepEqual(deep("numpy.zeros((2, 0))"), [[], []]);
    assert.deepEqual(deep("numpy.array([[2**53]])"), [[2n ** 53n]]);
    assert.strictEqual(deep("numpy.array(5)"), 5);
    assert.deepEqual(deep("numpy.array([], float)"), new Float64Array(0));
  });

  numpyTest('$.toJs({ arrays: "typed" }) gives data in C order and its shape', () => {
    const typed = { arrays: "typed" };
    assert.deepEqual(deep("numpy.arange(6, dtype='i4').reshape(3, 2).T", typed), {
      data: new Int32Array([0, 2, 4, 1, 3, 5]),
      shape: [2, 3],
    });
    assert.deepEqual(deep("numpy.arange(4.).reshape(1, 2, 2)[:, ::-1]", typed), {
      data: new Float64Array([2, 3, 0, 1]),
      shape: [1, 2, 2],
    });
    assert.deepEqual(deep("numpy.zeros((2, 0), 'u1')", typed), {
      data: new Uint8Array(0),
      shape: [2, 0],
    });
    assert.deepEqual(deep("numpy.arange(2, dtype='u2')", typed), new Uint16Array([0, 1]));
    assert.deepEqual(deep("numpy.array([[True]])", typed), [[true]]);
    assert.strictEqual(deep("numpy.array(5)", typed), 5);
  });

  numpyTest("$.toJs() of arrays that hold no plain numbers is an Array", () => {
    assert.deepEqual(deep("numpy.array(['a', 'b'])"), ["a", "b"]);
    assert.deepEqual(deep("numpy.array([None, [1], 'x'], object)"), [null, [1], "x"]);
    assert.deepEqual(deep("numpy.array([True, False])"), [true, false]);
    assert.deepEqual(deep("numpy.array([(1, 2.5)], 'i4,f8')"), [[1, 2.5]]);
    assert.deepEqual(deep("numpy.ma.array([1, 2], mask=[0, 1])"), [1, null]);
    assert.deepEqual(deep("numpy.asmatrix([[1, 2]])"), [[1, 2]]);
    assert.ok(Array.isArray(deep("numpy.array(['2020-01-01'], 'datetime64[D]')")));
  });

  numpyTest("the same array in two places is one typed array", () => {
    const [a, b] = evaluate("import numpy\na = numpy.arange(2.)\n[a, a]").$.toJs();
    assert.ok(a === b && a instanceof Float64Array);
  });

  numpyTest("$.toJs() copies: the array and what was made of it are two", () => {
    const array = evaluate("import numpy\nnumpy.arange(2.)");
    const copy = array.$.toJs();
    copy[0] = 9;
    array.$.set(1, 5);
    assert.deepEqual([...copy], [9, 1]);
    assert.strictEqual(array.$.get(0), 0);
  });

  numpyTest("$.toJs() with depth leaves an array that lies deeper a PyObject", () => {
    const value = evaluate("import numpy\n[numpy.arange(2.)]").$.toJs({ depth: 1 });
    assert.ok(isPyObject(value[0]));
  });

  numpyTest("ints says how the integers of arrays come", () => {
    const numbers: ToJsOptions = { ints: "number" };
    assert.deepEqual(deep("numpy.array([1, -2])", numbers), new Float64Array([1, -2]));
    assert.deepEqual(deep("numpy.array([7], 'u8')", numbers), new Float64Array([7]));
    assert.deepEqual(deep("numpy.array([7], 'i2')", numbers), new Int16Array([7]));
    assert.deepEqual(deep("numpy.array([7], 'i2')", { ints: "bigint" }), new BigInt64Array([7n]));
    assert.deepEqual(deep("numpy.array([7], '>u4')", { ints: "bigint" }), new BigUint64Array([7n]));
    assert.deepEqual(deep("numpy.array([.5])", { ints: "bigint" }), new Float64Array([0.5]));
    assert.throws(
      () => evaluate("import numpy\n{'a': numpy.array([0, 2**53])}").$.toJs(numbers),
      /^PyConversionError: Cannot convert \$\.a\[1\]: 9007199254740992 is beyond the safe integers/,
    );
    assert.throws(
      () => deep("numpy.array([[0, 1], [-2**60, 0]])", { ...numbers, arrays: "typed" }),
      /Cannot convert \$\[0\]\[1\]\[0\]: -1152921504606846976 is beyond/,
    );
  });

  numpyTest("JSON.stringify() of numpy arrays is JSON's arrays", (np) => {
    assert.strictEqual(JSON.stringify(np.arange(3)), "[0,1,2]");
    assert.strictEqual(JSON.stringify({ a: np.ones([2, 2]) }), '{"a":[[1,1],[1,1]]}');
  });

  numpyTest("$.toJs() of the other scalars", () => {
    assert.strictEqual(deep("numpy.str_('x')"), "x");
    assert.deepEqual(deep("numpy.bytes_(b'x')"), new Uint8Array([120]));
    assert.deepEqual(deep("numpy.complex128(1+2j)"), { re: 1, im: 2 });
    assert.deepEqual(deep("numpy.complex64(1+2j)"), { re: 1, im: 2 });
    assert.strictEqual(
      evaluate("import numpy\nclass Mine(numpy.float64): pass\nMine(1.5)").$.toJs(),
      1.5,
    );
    assert.deepEqual(deep("numpy.array([1+2j])"), [{ re: 1, im: 2 }]);
  });

  numpyTest("$.toJs() of a longdouble ends", () => {
    // numpy's own item() and tolist() give the very same longdouble again.
    for (const code of ["numpy.longdouble(1.5)", "numpy.array([1.5], numpy.longdouble)[0]"]) {
      const value = deep(code);
      assert.ok(value === 1.5 || isPyObject(value), String(value));
    }
    const [first] = deep("numpy.array([1.5], numpy.longdouble)");
    assert.ok(first === 1.5 || isPyObject(first));
    const complex = deep("numpy.clongdouble(1+2j)");
    assert.ok(isPyObject(complex) || complex.im === 2);
  });

  numpyTest("ints says how numpy's integers come", () => {
    assert.deepEqual(
      deep("[numpy.int64(1), numpy.uint8(2), numpy.float64(3), numpy.bool_(1)]", {
        ints: "bigint",
      }),
      [1n, 2n, 3, true],
    );
    assert.throws(() => deep("numpy.int64(2**60)", { ints: "number" }), /beyond the safe integers/);
  });

  numpyTest("numpy scalars as keys", () => {
    assert.deepEqual(deep("{numpy.int64(1): 'a'}"), new Map([[1, "a"]]));
    assert.deepEqual(deep("{numpy.str_('a'): 1}"), { a: 1 });
  });

  numpyTest("a cycle through an object array stays a cycle or an error, and ends", () => {
    const value = evaluate("import numpy\na = numpy.empty(1, object)\na[0] = a\na").$.toJs();
    assert.ok(value[0] === value || isPyObject(value[0]));
  });
});
