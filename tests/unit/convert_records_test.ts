import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { deep, evaluate, py, test } from "../fixtures/python.ts";

/** One test a row: an expression, and what `$.toJs()` makes of it. */
function rows(statements: string, all: [string, unknown][], least = "3.8"): void {
  const [major, minor] = py.version;
  const [, wanted] = least.split(".").map(Number);
  if (major === 3 && minor! < wanted!) {
    console.log(`skipped: ${all.length} tests of what Python has from ${least} on`);
    return;
  }
  for (const [code, value] of all) {
    test(`$.toJs() of ${code}`, () => assert.deepStrictEqual(deep(code, {}, statements), value));
  }
}

describe("dataclasses", () => {
  const CLASSES = `
import dataclasses, typing
from dataclasses import dataclass, field
@dataclass
class Point:
    x: int
    y: int = 2
    tags: list = field(default_factory=list)
@dataclass(frozen=True, order=True)
class Frozen:
    x: int
@dataclass
class Child(Point):
    z: int = 3
    x: str = "over"
@dataclass
class Special:
    given: dataclasses.InitVar[int]
    shared: typing.ClassVar[int] = 1
    made: int = field(init=False)
    hidden: int = field(default=5, repr=False, compare=False)
    late: int = field(init=False)
    def __post_init__(self, given): self.made = given + 1
@dataclass
class Tree:
    value: int
    children: typing.List["Tree"] = field(default_factory=list)
@dataclass
class Items(list):
    name: str = "n"
@dataclass
class Empty: pass
class Plain(Point):
    extra = 1
def loop():
    tree = Tree(1)
    tree.children.append(tree)
    return tree
made = dataclasses.make_dataclass("Made", ["a", ("b", int, 2)])
`;
  rows(CLASSES, [
    ["Point(1)", { x: 1, y: 2, tags: [] }],
    ["Point(Point(1), (2,), [{3}])", {
      x: { x: 1, y: 2, tags: [] },
      y: [2],
      tags: [new Set([3])],
    }],
    ["Frozen(2**60)", { x: 2n ** 60n }],
    ["Child(1)", { x: 1, y: 2, tags: [], z: 3 }],
    ["Special(1)", { made: 2, hidden: 5 }],
    ["Tree(1, [Tree(2)])", { value: 1, children: [{ value: 2, children: [] }] }],
    ["Items()", { name: "n" }],
    ["Empty()", {}],
    ["Plain(1)", { x: 1, y: 2, tags: [] }],
    ["made(1)", { a: 1, b: 2 }],
    ["{'a': Frozen(1)}", { a: { x: 1 } }],
  ]);
  rows(
    "from dataclasses import dataclass, KW_ONLY\n" +
      "@dataclass(slots=True)\nclass S:\n    a: int\n    _: KW_ONLY\n    b: int = 2\n" +
      "@dataclass(kw_only=True, frozen=True)\nclass K:\n    a: int\n",
    [["S(1)", { a: 1, b: 2 }], ["K(a=1)", { a: 1 }]],
    "3.10",
  );

  test("$.toJs() of a dataclass keeps a cycle, and an instance that stands twice", () => {
    const tree = deep("loop()", {}, CLASSES);
    assert.strictEqual(tree.children[0], tree);
    const [a, b] = deep("[p, p]", {}, `${CLASSES}\np = Point(1)`);
    assert.strictEqual(a, b);
  });

  test("$.toJs() of a dataclass names the field that has no plain form", () => {
    assert.throws(
      () => deep("Point(1, 2, [object()])", { unknown: "throw" }, CLASSES),
      /Cannot convert \$\[0\]\.tags\[0\]: .* has no plain form/,
    );
  });
});

describe("named tuples and namespaces", () => {
  rows(
    `
import collections, types, typing
P = collections.namedtuple("P", "x y", defaults=[2])
R = collections.namedtuple("R", ["class", "ok"], rename=True)
class N(typing.NamedTuple):
    a: int
    b: typing.Optional["N"] = None
class NS(types.SimpleNamespace): pass
class Total(typing.TypedDict, total=False):
    a: int
`,
    [
      ["P(1)", { x: 1, y: 2 }],
      ["R(1, 2)", { _0: 1, ok: 2 }],
      ["N(1, N(2))", { a: 1, b: { a: 2, b: null } }],
      ["types.SimpleNamespace(a=1, b=types.SimpleNamespace(c=[2]))", { a: 1, b: { c: [2] } }],
      ["types.SimpleNamespace()", {}],
      ["NS(a=1)", { a: 1 }],
      ["Total(a=1)", { a: 1 }],
      ["{P(1): 1}", new Map([[{ x: 1, y: 2 }, 1]])],
    ],
  );
});

describe("enums", () => {
  rows(
    `
import enum
class Plain(enum.Enum):
    ONE = 1
    PAIR = (1, "a")
    NONE = None
    ALIAS = 1
class Whole(enum.IntEnum):
    BIG = 2**60
class Bits(enum.Flag):
    A = enum.auto()
    B = enum.auto()
class IntBits(enum.IntFlag):
    A = 1
    B = 2
class Text(str, enum.Enum):
    RED = "red"
class Outer(enum.Enum):
    INNER = Text.RED
class Auto(enum.Enum):
    def _generate_next_value_(name, *rest): return name.lower()
    FIRST = enum.auto()
class Rich(enum.Enum):
    EARTH = (5.9, 6.3)
    def __init__(self, mass, radius): self.mass = mass
`,
    [
      ["Plain.ONE", 1],
      ["Plain.ALIAS", 1],
      ["Plain.PAIR", [1, "a"]],
      ["Plain.NONE", null],
      ["Whole.BIG", 2n ** 60n],
      ["Bits.A | Bits.B", 3],
      ["Bits(0)", 0],
      ["IntBits.A | IntBits.B", 3],
      ["IntBits(9)", 9],
      ["Text.RED", "red"],
      ["Outer.INNER", "red"],
      ["Auto.FIRST", "first"],
      ["Rich.EARTH", [5.9, 6.3]],
      ["{Text.RED: Plain.ONE}", { red: 1 }],
      ["{Plain.ONE: 1}", new Map([[1, 1]])],
      ["{Bits.A, Bits.B}", new Set([1, 2])],
      ["__import__('http').HTTPStatus.OK", 200],
    ],
  );
  rows("import enum\nclass S(enum.StrEnum):\n    A = enum.auto()\n", [["S.A", "a"]], "3.11");
});

describe("numbers, texts and paths", () => {
  rows(
    "from decimal import Decimal\nfrom fractions import Fraction\nimport pathlib, os, uuid\n",
    [
      ["Decimal('sNaN')", "sNaN"],
      ["Decimal('-NaN123')", "-NaN123"],
      ["Decimal('-Infinity')", "-Infinity"],
      ["Decimal('1E+10')", "1E+10"],
      ["Decimal('-0.00')", "-0.00"],
      ["Decimal('0E-30')", "0E-30"],
      ["Decimal(10**40)", "10000000000000000000000000000000000000000"],
      ["Fraction(0)", [0n, 1n]],
      ["Fraction('-2.5')", [-5n, 2n]],
      ["complex(1, float('nan'))", { re: 1, im: NaN }],
      ["-0j", { re: -0, im: -0 }],
      ["pathlib.Path('a') / 'b'", "a/b"],
      ["pathlib.PurePosixPath('')", "."],
      ["pathlib.PureWindowsPath('c:/x', 'y')", "c:\\x\\y"],
      ["[uuid.UUID(int=1)]", ["00000000-0000-0000-0000-000000000001"]],
    ],
  );
});

describe("collections and buffers", () => {
  rows(
    `
import array, collections, types
class Missing(dict):
    def __missing__(self, key): return "made"
`,
    [
      ["collections.OrderedDict(b=1, a=2)", { b: 1, a: 2 }],
      ["collections.defaultdict(list, a=[1])", { a: [1] }],
      ["collections.Counter('aab')", { a: 2, b: 1 }],
      ["collections.Counter([1, 1])", new Map([[1, 2]])],
      ["collections.ChainMap({'a': 1}, {'b': {2}})", { a: 1, b: new Set([2]) }],
      ["collections.deque([1, [2]], maxlen=3)", [1, [2]]],
      ["collections.UserDict(a=collections.UserList([1]))", { a: [1] }],
      ["collections.UserString('é')", "é"],
      ["types.MappingProxyType({1: types.MappingProxyType({})})", new Map([[1, {}]])],
      ["Missing(a=1)", { a: 1 }],
      ["range(0)", []],
      ["range(5, 0, -2)", [5, 3, 1]],
      ["[range(2**60, 2**60 + 1)]", [[2n ** 60n]]],
      ["array.array('b', [-1, 1])", [-1, 1]],
      ["array.array('Q', [2**64 - 1])", [2n ** 64n - 1n]],
      ["array.array('d')", []],
      ["memoryview(b'abc')[1:]", Uint8Array.of(98, 99)],
      ["memoryview(b'abcd')[::-2]", Uint8Array.of(100, 98)],
      ["memoryview(array.array('H', [258]))", Uint8Array.of(2, 1)],
      ["bytearray(b'\\0\\xff')", Uint8Array.of(0, 255)],
      ["bytearray()", new Uint8Array()],
      ["{'a': 1}.keys()", new Set(["a"])],
      ["{'a': 1, 'b': 1}.values()", [1, 1]],
      ["{'a': [1]}.items()", new Set([["a", [1]]])],
      ["collections.OrderedDict(a=1).values()", [1]],
      ["types.MappingProxyType({'a': 1}).keys()", new Set(["a"])],
    ],
  );

  test("$.toJs() leaves iterators and what only iterates PyObjects, and consumes nothing", () => {
    const iterators = evaluate(`
import itertools
def count():
    yield 1
[count(), iter([1]), map(str, [1]), zip([1]), enumerate([1]), itertools.count(), reversed([1])]`);
    const made: unknown[] = iterators.$.toJs();
    for (const each of made) assert.ok(isPyObject(each), String(each));
    const first = (made as { next(): { value: unknown } }[]).slice(0, 3).map((it) =>
      it.next().value
    );
    assert.deepEqual(first, [1, 1, "1"]);
  });
});
