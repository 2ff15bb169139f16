import assert from "node:assert/strict";
import { describe } from "node:test";
import { t, type Type } from "../../mod.ts";
import { Config, Other, PyColour, read, table } from "../fixtures/typed.ts";
import { evaluate, py, testWith, thrownBy } from "../fixtures/python.ts";

const INT_CLASS = "class I(int): pass\n";
const STR_CLASS = "class S(str): pass\n";
const tooLarge =
  "OverflowError: x is an int beyond 2**53 - 1, too large for a number of TypeScript; " +
  "declare it t.bigint";

/** In the words of the Python that runs. */
const UNHASHABLE: string = py.scope(() => thrownBy(() => evaluate("{[]: 1}")).message);

describe("t numbers", () => {
  table("t.int", t.int, {
    "5": "number 5",
    "-1": "number -1",
    "0": "number 0",
    "2**53 - 1": "number 9007199254740991",
    "-(2**53) + 1": "number -9007199254740991",
    "2**53": tooLarge,
    "-(2**53)": tooLarge,
    "10**400": tooLarge,
    "True": "number 1",
    [`${INT_CLASS}I(7)`]: "number 7",
    [`${INT_CLASS}I(2**60)`]: tooLarge,
    "Level.High": "TypeError: x must be int, not twins.Level",
    "Flags.A | Flags.B": "number 3",
    "class X:\n    def __index__(self): return 9\nX()": "number 9",
    "class X:\n    def __index__(self): return 'a'\nX()":
      "TypeError: __index__ returned non-int (type str)",
    "class X:\n    def __index__(self): raise KeyError('k')\nX()": "KeyError: 'k'",
    "class X:\n    def __int__(self): return 9\nX()": "TypeError: x must be int, not twins.X",
    "1.0": "TypeError: x must be int, not float",
    "'5'": "TypeError: x must be int, not str",
    "None": "TypeError: x must be int, not None",
    "[]": "TypeError: x must be int, not list",
    "int": "TypeError: x must be int, not type",
    "float('nan')": "TypeError: x must be int, not float",
  }, [
    [5, "int 5"],
    [-0, "int 0"],
    [2 ** 53, "int 9007199254740992"],
    [1e21, "int 1000000000000000000000"],
    [10n ** 20n, "int 100000000000000000000"],
    [1.5, "TypeError: result must be int, not 1.5"],
    [NaN, "TypeError: result must be int, not NaN"],
    [Infinity, "TypeError: result must be int, not Infinity"],
    ["5", 'TypeError: result must be int, not "5"'],
    [true, "TypeError: result must be int, not true"],
    [null, "TypeError: result must be int, not null"],
    [undefined, "TypeError: result must be int, not undefined"],
  ]);
  table("t.bigint", t.bigint, {
    "5": "bigint 5",
    "2**70": "bigint 1180591620717411303424",
    "-(2**70)": "bigint -1180591620717411303424",
    "True": "bigint 1",
    "1.0": "TypeError: x must be int, not float",
  }, [[5, "int 5"], [2n ** 70n, "int 1180591620717411303424"], [
    1.5,
    "TypeError: result must be int, not 1.5",
  ]]);
  table("t.float", t.float, {
    "1.5": "number 1.5",
    "-0.0": "number -0",
    "1": "number 1",
    "True": "number 1",
    "float('nan')": "number NaN",
    "float('-inf')": "number -Infinity",
    "2**53 + 1": "number 9007199254740992",
    "10**400": "OverflowError: int too large to convert to float",
    "Fraction(1, 4)": "number 0.25",
    "class F(float): pass\nF(2.5)": "number 2.5",
    "class X:\n    def __float__(self): return 2.5\nX()": "number 2.5",
    "'1.5'": "TypeError: x must be float, not str",
    "b'1'": "TypeError: x must be float, not bytes",
    "1j": "TypeError: x must be float, not complex",
    "None": "TypeError: x must be float, not None",
  }, [
    [1, "float 1.0"],
    [-0, "float -0.0"],
    [NaN, "float nan"],
    [2 ** 60, "float 1.152921504606847e+18"],
    ["1", 'TypeError: result must be float, not "1"'],
    [1n, "TypeError: result must be float, not 1n"],
    [null, "TypeError: result must be float, not null"],
  ]);
  table("t.bool", t.bool, {
    "True": "boolean true",
    "False": "boolean false",
    "1": "TypeError: x must be bool, not int",
    "None": "TypeError: x must be bool, not None",
    "'x'": "TypeError: x must be bool, not str",
  }, [[true, "bool True"], [false, "bool False"], [1, "TypeError: result must be bool, not 1"]]);
  table("t.none", t.none, {
    "None": "null",
    "0": "TypeError: x must be None, not int",
  }, [[null, "NoneType None"], [undefined, "NoneType None"], [
    0,
    "TypeError: result must be None, not 0",
  ]]);
  testWith(["numpy"], "t takes numpy's scalars as the numbers that they are", () => {
    const numpy = (type: Type, code: string) => read(type, `import numpy as np\n${code}`);
    assert.strictEqual(numpy(t.int, "np.int64(5)"), "number 5");
    assert.strictEqual(numpy(t.int, "np.uint8(255)"), "number 255");
    assert.strictEqual(numpy(t.int, "np.int64(2**62)"), tooLarge);
    assert.strictEqual(numpy(t.bigint, "np.int64(2**62)"), "bigint 4611686018427387904");
    assert.strictEqual(
      numpy(t.int, "np.float64(5)"),
      "TypeError: x must be int, not numpy.float64",
    );
    assert.strictEqual(numpy(t.float, "np.float64(1.5)"), "number 1.5");
    assert.strictEqual(numpy(t.float, "np.float32(0.5)"), "number 0.5");
    assert.strictEqual(numpy(t.float, "np.int32(3)"), "number 3");
    assert.strictEqual(numpy(t.bool, "np.bool_(True)"), "boolean true");
    assert.strictEqual(numpy(t.str, "np.str_('s')"), '"s"');
    assert.strictEqual(numpy(t.list(t.float), "list(np.arange(2.0))"), "[number 0, number 1]");
    assert.strictEqual(
      numpy(t.list(t.float), "np.arange(2.0)"),
      "TypeError: x must be list[float], not numpy.ndarray",
    );
  });
});

describe("t texts", () => {
  table("t.str", t.str, {
    "'a'": '"a"',
    "''": '""',
    "'a\\0b'": '"a\\u0000b"',
    "'\\ud83d'": '"\\ud83d"',
    "'\\U0001f40d'": '"🐍"',
    [`${STR_CLASS}S('sub')`]: '"sub"',
    "b'a'": "TypeError: x must be str, not bytes",
    "None": "TypeError: x must be str, not None",
    "Colour.Red": "TypeError: x must be str, not twins.Colour",
  }, [
    ["a", "str 'a'"],
    ["\uD83D", "str '\\ud83d'"],
    ["a\0b", "str 'a\\x00b'"],
    [5, "TypeError: result must be str, not 5"],
    [null, "TypeError: result must be str, not null"],
    [["a"], "TypeError: result must be str, not an Array"],
  ]);
  table("t.bytes", t.bytes, {
    "b'ab'": "bytes 97,98",
    "b''": "bytes ",
    "class B(bytes): pass\nB(b'c')": "bytes 99",
    "bytearray(b'a')": "TypeError: x must be bytes, not bytearray",
    "'a'": "TypeError: x must be bytes, not str",
  }, [
    [new Uint8Array([65]), "bytes b'A'"],
    [new Uint8Array([65]).buffer, "bytes b'A'"],
    [new DataView(new Uint8Array([65, 66]).buffer, 1), "bytes b'B'"],
    [new Uint16Array([65]), "bytes b'A\\x00'"],
    ["A", 'TypeError: result must be bytes, not "A"'],
  ]);
  table("t.path", t.path, {
    "'/a'": '"/a"',
    "__import__('pathlib').PurePosixPath('/a/b')": '"/a/b"',
    "b'/a'": "TypeError: x must be str or os.PathLike, not bytes",
    "5": "TypeError: x must be str or os.PathLike, not int",
  }, [["/a", "PosixPath PosixPath('/a')"], [
    5,
    "TypeError: result must be str or os.PathLike, not 5",
  ]]);
  table("t.literal", t.literal("a", "b", 1, null, true), {
    "'a'": '"a"',
    "1": "number 1",
    "None": "null",
    "True": "boolean true",
    [`${STR_CLASS}S('b')`]: '"b"',
    "'c'": "ValueError: x must be 'a' or 'b' or 1 or None or True, not 'c'",
    "False": "ValueError: x must be 'a' or 'b' or 1 or None or True, not False",
    "[]": "ValueError: x must be 'a' or 'b' or 1 or None or True, not []",
  }, [
    ["a", "str 'a'"],
    [null, "NoneType None"],
    ["c", "TypeError: result must be 'a' or 'b' or 1 or None or True, not \"c\""],
  ]);
  table("t.literal of bytes", t.literal(new Uint8Array([1]), 2n), {
    "b'\\x01'": "bytes 1",
    "b'\\x02'": "ValueError: x must be b'\\x01' or 2, not b'\\x02'",
    "2": "bigint 2",
  }, [
    [new Uint8Array([1]), "bytes b'\\x01'"],
    [2, "int 2"],
    [3, "TypeError: result must be b'\\x01' or 2, not 3"],
  ]);
});

describe("t containers", () => {
  const ints = t.list(t.int);
  table("t.list", ints, {
    "[1, 2]": "[number 1, number 2]",
    "[]": "[]",
    "list(range(10))": `[${Array.from({ length: 10 }, (_, i) => `number ${i}`).join(", ")}]`,
    "[1, 'a']": "TypeError: x[1] must be int, not str",
    "[0] * 9 + ['a']": "TypeError: x[9] must be int, not str",
    "[0] * 9 + [2**53]": tooLarge.replace("x is", "x[9] is"),
    "[1.0] * 10": "TypeError: x[0] must be int, not float",
    "[0] * 9 + [1.5]": "TypeError: x[9] must be int, not float",
    "[float('nan')] * 10": "TypeError: x[0] must be int, not float",
    "class L(list):\n    def __iter__(self): return iter('a')\nL([1] * 10)": `[${
      Array(10).fill("number 1").join(", ")
    }]`,
    "[True] * 10": `[${Array(10).fill("number 1").join(", ")}]`,
    "(1, 2)": "TypeError: x must be list[int], not tuple",
    "{1}": "TypeError: x must be list[int], not set",
    "None": "TypeError: x must be list[int], not None",
    "class L(list): pass\nL([1])": "[number 1]",
    "l = []\nl.append(l)\nl": "TypeError: x[0] must be int, not list",
  }, [
    [[1, 2], "list [1, 2]"],
    [[], "list []"],
    [new Set([1]), "list [1]"],
    [new Int8Array([1, 2]), "list [1, 2]"],
    [[1, "a"], 'TypeError: result[1] must be int, not "a"'],
    // deno-lint-ignore no-sparse-arrays -- that is what is tested
    [[1, , 2], "TypeError: result[1] must be int, not undefined"],
    ["ab", 'TypeError: result must be list[int], not "ab"'],
    [null, "TypeError: result must be list[int], not null"],
  ]);
  table("t.list of lists", t.list(t.list(t.any)), {
    "l = []\nl.append(l)\nl": "[[PyObject [[...]]]]",
    "[[1, 'a'], []]": '[[number 1, "a"], []]',
    "[1]": "TypeError: x[0] must be list[object], not int",
  });
  table("t.tuple", t.tuple(t.int, t.str), {
    "(1, 'a')": '[number 1, "a"]',
    "(1,)": "TypeError: x must be tuple[int, str], not a tuple of length 1",
    "(1, 2)": "TypeError: x[1] must be str, not int",
    "[1, 'a']": "TypeError: x must be tuple[int, str], not list",
    "from collections import namedtuple\nnamedtuple('N', 'a b')(1, 'b')": '[number 1, "b"]',
  }, [
    [[1, "a"], "tuple (1, 'a')"],
    [[1], "TypeError: result must be tuple[int, str], not an Array of length 1"],
    [[1, 2], "TypeError: result[1] must be str, not 2"],
    [new Set([1]), "TypeError: result must be tuple[int, str], not a value of class Set"],
  ]);
  table("t.tuple of nothing", t.tuple(), {
    "()": "[]",
    "(1,)": "TypeError: x must be tuple[()], not a tuple of length 1",
  }, [[[], "tuple ()"]]);
  table("t.dict of str", t.dict(t.str, t.list(t.int)), {
    "{'a': [1]}": "{a: [number 1]}",
    "{}": "{}",
    "{'a b': ['x']}": 'TypeError: x["a b"][0] must be int, not str',
    "{'a': 1}": "TypeError: x.a must be list[int], not int",
    "{1: [1]}": "TypeError: x key must be str, not int",
    "[]": "TypeError: x must be dict[str, list[int]], not list",
    "from collections import OrderedDict, defaultdict\ndefaultdict(list, a=[1])": "{a: [number 1]}",
    "{'__proto__': [1]}": "{__proto__: [number 1]}",
    "d = {}\nd['a'] = [d]\nd": "TypeError: x.a[0] must be int, not dict",
  }, [
    [{ a: [1] }, "dict {'a': [1]}"],
    [new Map([["a", [1]]]), "dict {'a': [1]}"],
    [{}, "dict {}"],
    [{ a: ["x"] }, 'TypeError: result.a[0] must be int, not "x"'],
    [new Map([[1, [1]]]), "TypeError: result key must be str, not 1"],
    [[], "TypeError: result must be dict[str, list[int]], not an Array"],
    [new Other(), "TypeError: result must be dict[str, list[int]], not a value of class Other"],
  ]);
  table("t.dict of texts", t.dict(t.union(t.literal("a"), t.uuid), t.int), {
    "{'a': 1}": "{a: number 1}",
    "{__import__('uuid').UUID(int=1): 2}": "{00000000-0000-0000-0000-000000000001: number 2}",
  });
  table("t.dict of an enum of texts", t.dict(t.instance(PyColour), t.int), {
    "{Colour.Red: 1}": "{r: number 1}",
  });
  table("t.dict of paths", t.dict(t.path, t.int), { "{'/a': 1}": "{/a: number 1}" });
  table("t.dict of literals that are no texts", t.dict(t.literal(1, "a"), t.int), {
    "{1: 2, 'a': 3}": 'Map {number 1 => number 2, "a" => number 3}',
  });
  table("t.dict of other keys", t.dict(t.any, t.any), {
    "{1: 2, 'a': None}": 'Map {number 1 => number 2, "a" => null}',
    "{(1,): 2}": "Map {PyObject (1,) => number 2}",
  }, [
    [new Map<unknown, unknown>([[1, 2], ["a", 3]]), "dict {1: 2, 'a': 3}"],
    [
      new Map<unknown, unknown>([[1, 2], [true, 3]]),
      "ValueError: result has keys that are equal in Python, so that one would be lost",
    ],
    [new Map([[[1], 2]]), UNHASHABLE],
  ]);
  table("t.set", t.set(t.int), {
    "{1}": "Set {number 1}",
    "set()": "Set {}",
    "frozenset([2])": "Set {number 2}",
    "{'a'}": "TypeError: x element must be int, not str",
    "[1]": "TypeError: x must be set[int], not list",
  }, [
    [new Set([1]), "set {1}"],
    [new Set(["a"]), 'TypeError: result[0] must be int, not "a"'],
    [[1], "TypeError: result must be set[int], not an Array"],
  ]);
  table("t.record", Config, {
    "{'host': 'h'}": '{host: "h", port: number 80}',
    "{'host': 'h', 'port': 1}": '{host: "h", port: number 1}',
    "{}": "TypeError: x lacks the key 'host' of Config",
    "{'host': 1}": "TypeError: x.host must be str, not int",
    "{'host': 'h', 'more': 1}": "TypeError: x has a key that Config has not: more",
    "{1: 2}": "TypeError: x has a key that Config has not: 1",
    "[]": "TypeError: x must be dict Config, not list",
    "from typing import TypedDict\nclass C(TypedDict):\n    host: str\nC(host='t')":
      '{host: "t", port: number 80}',
  }, [
    [{ host: "h", port: 1 }, "dict {'host': 'h', 'port': 1}"],
    [{ host: "h" }, "dict {'host': 'h'}"],
    [{ host: "h", more: 1 }, "dict {'host': 'h'}"],
    [{ port: 1 }, "TypeError: result lacks the field 'host'"],
    [{ host: 5 }, "TypeError: result.host must be str, not 5"],
    [5, "TypeError: result must be dict Config, not 5"],
  ]);
});
