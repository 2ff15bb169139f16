import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { deep, evaluate, test, testWith } from "../fixtures/python.ts";

const IMPORTS = `
import array, collections, dataclasses, datetime, decimal, enum, fractions, pathlib, types, typing, uuid
from collections.abc import Mapping, Sequence, Set
UTC = datetime.timezone.utc
`;

/** `$.toJs()` of an expression, with the standard library imported. */
function plain(expression: string, options = {}, statements = "") {
  return deep(expression, options, IMPORTS + statements);
}

describe("$.toJs() of the standard library", () => {
  const ROWS: [string, unknown][] = [
    ["decimal.Decimal('1.10')", "1.10"],
    ["decimal.Decimal('NaN')", "NaN"],
    ["decimal.Decimal('1E+400')", "1E+400"],
    ["uuid.UUID('12345678123456781234567812345678')", "12345678-1234-5678-1234-567812345678"],
    ["pathlib.PurePosixPath('/a/b')", "/a/b"],
    ["pathlib.PureWindowsPath('C:/a')", "C:\\a"],
    ["fractions.Fraction(1, -3)", [-1n, 3n]],
    ["fractions.Fraction(2**70, 3)", [2n ** 70n, 3n]],
    ["enum.Enum('E', 'A B').B", 2],
    ["enum.IntEnum('E', 'A B').B", 2],
    ["enum.Flag('F', 'A B').B", 2],
    ["enum.Enum('E', {'A': [1, (2,)]}).A", [1, [2]]],
    ["enum.Enum('E', {'A': 'text'}).A", "text"],
    ["types.SimpleNamespace(a=1, b=[2])", { a: 1, b: [2] }],
    ["types.MappingProxyType({'a': 1})", { a: 1 }],
    ["collections.namedtuple('P', 'x y')(1, [2])", { x: 1, y: [2] }],
    ["collections.OrderedDict([('b', 1), ('a', 2)])", { b: 1, a: 2 }],
    ["collections.defaultdict(list, {1: 2})", new Map([[1, 2]])],
    ["collections.Counter('aab')", { a: 2, b: 1 }],
    ["collections.ChainMap({'a': 1}, {'a': 2, 'b': 3})", { a: 1, b: 3 }],
    ["collections.UserDict({'a': 1})", { a: 1 }],
    ["collections.UserList([1, 2])", [1, 2]],
    ["collections.deque([1, 2])", [1, 2]],
    ["array.array('i', [1, 2])", [1, 2]],
    ["array.array('d', [1.5])", [1.5]],
    ["datetime.date(2020, 2, 3)", "2020-02-03"],
    ["datetime.time(1, 2, 3, 4)", "01:02:03.000004"],
    ["datetime.timedelta(days=1, microseconds=500)", 86400000.5],
    ["datetime.timedelta(-1)", -86400000],
    [
      "datetime.datetime(2020, 1, 2, 3, 4, 5, 678000, UTC)",
      new Date(Date.UTC(2020, 0, 2, 3, 4, 5, 678)),
    ],
    ["datetime.datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)", new Date(-1)],
    [
      "datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))",
      new Date(-7200000),
    ],
    ["datetime.datetime(2020, 1, 2, 3, 4, 5)", new Date(2020, 0, 2, 3, 4, 5)],
    ["datetime.datetime(1, 1, 1, tzinfo=UTC)", new Date("0001-01-01T00:00:00Z")],
    [
      "datetime.datetime(9999, 12, 31, 23, 59, 59, 999000, UTC)",
      new Date("9999-12-31T23:59:59.999Z"),
    ],
    ["__import__('time').gmtime(0)", [1970, 1, 1, 0, 0, 0, 3, 1, 0]],
  ];
  for (const [code, value] of ROWS) {
    test(`$.toJs() of ${code}`, () => assert.deepStrictEqual(plain(code), value));
  }

  test("$.toJs() of a datetime is right to the millisecond", () => {
    const make = evaluate(
      "import datetime\nlambda ms: [datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=ms)]",
    );
    for (let i = 0; i < 2000; i++) {
      const ms = Math.trunc(-6e13 + i * 1.5e11 + i * 7.77);
      assert.strictEqual(make(ms).$.toJs()[0].getTime(), ms);
    }
  });

  test("dates: iso gives text for any datetime", () => {
    const iso = { dates: "iso" };
    assert.strictEqual(
      plain("datetime.datetime(2020, 1, 2, 3, 4, 5, 6)", iso),
      "2020-01-02T03:04:05.000006",
    );
    assert.strictEqual(
      plain("datetime.datetime(2020, 1, 2, tzinfo=UTC)", iso),
      "2020-01-02T00:00:00+00:00",
    );
    assert.strictEqual(plain("datetime.datetime.min", iso), "0001-01-01T00:00:00");
    assert.strictEqual(plain("datetime.datetime.max", iso), "9999-12-31T23:59:59.999999");
    assert.strictEqual(plain("datetime.date(2020, 1, 2)", iso), "2020-01-02");
  });

  test("$.toJs() of a naive datetime takes local time at both ends of the calendar", () => {
    assert.deepEqual(
      plain("datetime.datetime.min + datetime.timedelta(days=2)"),
      new Date(new Date(2001, 0, 3).setFullYear(1)),
    );
    assert.deepEqual(plain("datetime.datetime.min"), new Date(new Date(2001, 0, 1).setFullYear(1)));
    assert.deepEqual(plain("datetime.datetime(9999, 12, 31)"), new Date(9999, 11, 31));
  });

  const CLASSES = `
@dataclasses.dataclass
class Point:
    x: int
    y: "list"
    kind: typing.ClassVar[str] = "no field"
@dataclasses.dataclass(frozen=True)
class Slotted:
    __slots__ = ("x",)
    x: int
class Named(typing.NamedTuple):
    x: int
    y: int = 5
class Sub(Named):
    extra = 1
class Registry(Mapping):
    def __init__(self, data): self.data = data
    def __getitem__(self, key): return self.data[key]
    def __iter__(self): return iter(self.data)
    def __len__(self): return len(self.data)
class Row(Sequence):
    def __init__(self, data): self.data = data
    def __getitem__(self, i): return self.data[i]
    def __len__(self): return len(self.data)
class Group(Set):
    def __init__(self, data): self.data = list(data)
    def __contains__(self, x): return x in self.data
    def __iter__(self): return iter(self.data)
    def __len__(self): return len(self.data)
class L(list): pass
class T(tuple): pass
class D(dict): pass
class S(set): pass
class I(int): pass
class Text(str): pass
class Raw(bytes): pass
class Colour(str, enum.Enum):
    RED = "red"
`;
  const OWN: [string, unknown][] = [
    ["Point(1, [Point(2, [])])", { x: 1, y: [{ x: 2, y: [] }] }],
    ["Slotted(1)", { x: 1 }],
    ["Named(1)", { x: 1, y: 5 }],
    ["Sub(1)", { x: 1, y: 5 }],
    ["Registry({'a': 1})", { a: 1 }],
    ["Registry({1: 2})", new Map([[1, 2]])],
    ["Row([1, 2])", [1, 2]],
    ["Group([1, 2])", new Set([1, 2])],
    ["L([1])", [1]],
    ["T([1])", [1]],
    ["D(a=1)", { a: 1 }],
    ["S([1])", new Set([1])],
    ["I(2**70)", 2n ** 70n],
    ["Text('x')", "x"],
    ["Raw(b'x')", new Uint8Array([120])],
    ["Colour.RED", "red"],
    ["[I(1), Text('y')]", [1, "y"]],
    ["{Text('a'): 1}", { a: 1 }],
    ["{Colour.RED: 1}", { red: 1 }],
    ["{I(1): 1}", new Map([[1, 1]])],
  ];
  for (const [code, value] of OWN) {
    test(`$.toJs() of ${code}`, () => assert.deepStrictEqual(plain(code, {}, CLASSES), value));
  }

  test("$.toJs() of a dataclass or a namedtuple is an object whatever dicts says", () => {
    for (const dicts of ["auto", "object", "map"]) {
      assert.deepStrictEqual(plain("Point(1, [])", { dicts }, CLASSES), { x: 1, y: [] });
      assert.deepStrictEqual(plain("Named(1)", { dicts }, CLASSES), { x: 1, y: 5 });
      assert.deepStrictEqual(plain("types.SimpleNamespace(a=1)", { dicts }), { a: 1 });
    }
  });

  test("$.toJs() of classes themselves gives the classes", () => {
    for (const code of ["Point", "Named", "Colour", "Registry", "enum.Enum", "dict"]) {
      assert.ok(isPyObject(plain(code, {}, CLASSES)), code);
    }
  });

  test("$.toJs() of a UserString is its text", () => {
    // Each character of a UserString is a UserString again: taken as a sequence it has no end.
    // The first line fails before the second would fill the memory.
    assert.strictEqual(plain("collections.UserString('')"), "");
    assert.strictEqual(plain("collections.UserString('abc')"), "abc");
  });

  testWith(["attr"], "$.toJs() of an attrs class is an object", () => {
    assert.deepStrictEqual(
      plain(
        "A(1, [A(2, 3)])",
        {},
        "import attr\n@attr.s\nclass A:\n    x = attr.ib()\n    y = attr.ib()\n",
      ),
      { x: 1, y: [{ x: 2, y: 3 }] },
    );
  });

  testWith(["pydantic"], "$.toJs() of a pydantic model is an object", () => {
    assert.deepStrictEqual(
      plain("A(x=1)", {}, "import pydantic\nclass A(pydantic.BaseModel):\n    x: int\n"),
      { x: 1 },
    );
  });
});
