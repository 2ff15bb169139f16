import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, type PyValue, type ToJsOptions } from "../../mod.ts";
import { deep, testWith } from "../fixtures/python.ts";

/** A row: an expression, and what `$.toJs()` makes of it. */
type Row = [string, unknown];

/** One test a row, each with the statements run before it. */
function rows(modules: string[], statements: string, all: Row[], options?: ToJsOptions): void {
  for (const [code, value] of all) {
    testWith(modules, `$.toJs() of ${code}`, () => {
      assert.deepStrictEqual(deep(code, options, statements), value);
    });
  }
}

/** Expressions that have no plain form, and the type that they keep. */
function staysPython(modules: string[], statements: string, all: [string, RegExp][]): void {
  for (const [code, type] of all) {
    testWith(modules, `$.toJs() leaves ${code} a PyObject`, () => {
      const value: PyValue = deep(code, {}, statements);
      assert.ok(isPyObject(value), String(value));
      assert.match(value.$.type, type);
      assert.throws(() => deep(code, { unknown: "throw" }, statements), /has no plain form/);
    });
  }
}

describe("attrs", () => {
  const CLASSES = `
import attr
@attr.s
class Old:
    x = attr.ib()
    y = attr.ib(factory=list)
    late = attr.ib(init=False)
@attr.s(slots=True, frozen=True)
class Slotted:
    x = attr.ib()
    _private = attr.ib(default=2)
@attr.s
class Child(Old):
    z = attr.ib(default=None)
@attr.define
class New:
    x: int
    _hidden: "str" = "h"
    inner: "New" = None
    limit = 5
@attr.s(auto_attribs=True, kw_only=True)
class Keywords:
    a: int
    b: int = attr.ib(converter=lambda v: v + 1)
    @property
    def total(self): return self.a + self.b
def looped():
    made = Old(1)
    made.y.append(made)
    return made
`;
  rows(["attr"], CLASSES, [
    ["Old(1)", { x: 1, y: [] }],
    ["Old(1, [Old(2)])", { x: 1, y: [{ x: 2, y: [] }] }],
    ["Slotted(1)", { x: 1, _private: 2 }],
    ["Slotted(1, private=3)", { x: 1, _private: 3 }],
    ["Child(1)", { x: 1, y: [], z: null }],
    ["New(1, 'a', New(2))", { x: 1, _hidden: "a", inner: { x: 2, _hidden: "h", inner: null } }],
    ["Keywords(a=1, b=2)", { a: 1, b: 3 }],
    ["{'a': (Slotted(1),)}", { a: [{ x: 1, _private: 2 }] }],
  ]);

  testWith(["attr"], "$.toJs() of an attrs class keeps a cycle", () => {
    const made = deep("looped()", {}, CLASSES);
    assert.strictEqual(made.y[0], made);
  });

  testWith(["attrs"], "$.toJs() of attrs.define with an alias has the attribute's name", () => {
    const statements =
      "import attrs\n@attrs.define\nclass A:\n    _x: int = attrs.field(alias='given')\n";
    assert.deepStrictEqual(deep("A(given=1)", {}, statements), { _x: 1 });
  });

  staysPython(["attr"], CLASSES, [["Old", /^type$/]]);
});

describe("pydantic", () => {
  const MODELS = `
import datetime, decimal, enum, typing, uuid
import pydantic
from pydantic import BaseModel, Field
class Colour(enum.Enum):
    RED = "red"
class Point(BaseModel):
    x: int
    y: float = 0.5
class Line(BaseModel):
    ends: typing.List[Point]
    names: typing.Dict[str, Point] = {}
    colour: Colour = Colour.RED
    next: typing.Optional["Line"] = None
class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")
    last_name: str = Field(default="L", serialization_alias="lastName")
class Extra(BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    x: int
class Ignoring(BaseModel):
    model_config = pydantic.ConfigDict(extra="ignore")
    x: int
class Child(Point):
    z: int = 3
class Frozen(BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    x: int
class Rich(BaseModel):
    price: decimal.Decimal
    id: uuid.UUID
    day: datetime.date
    tags: typing.Set[str]
class Computed(BaseModel):
    kind: typing.ClassVar[str] = "none"
    side: int
    secret: int = Field(default=1, exclude=True)
    _private: int = pydantic.PrivateAttr(default=7)
    @pydantic.computed_field
    @property
    def area(self) -> int: return self.side ** 2
class Numbers(pydantic.RootModel):
    root: typing.List[int]
class Points(pydantic.RootModel):
    root: typing.Dict[str, Point]
class Nested(pydantic.RootModel):
    root: Numbers
T = typing.TypeVar("T")
class Box(BaseModel, typing.Generic[T]):
    value: T
@pydantic.dataclasses.dataclass
class Data:
    x: int
    point: Point
    rest: typing.List[int] = Field(default_factory=list)
`;
  rows(["pydantic"], MODELS, [
    ["Point(x=1)", { x: 1, y: 0.5 }],
    [
      "Line(ends=[Point(x=1)], names={'a': Point(x=2)}, next=Line(ends=[]))",
      {
        ends: [{ x: 1, y: 0.5 }],
        names: { a: { x: 2, y: 0.5 } },
        colour: "red",
        next: { ends: [], names: {}, colour: "red", next: null },
      },
    ],
    ["Aliased(firstName='F')", { first_name: "F", last_name: "L" }],
    ["Extra(x=1, more=[2], point=Point(x=3))", { x: 1, more: [2], point: { x: 3, y: 0.5 } }],
    ["Extra(x=1)", { x: 1 }],
    ["Extra.model_construct(y=1)", { y: 1 }],
    ["Ignoring(x=1, more=2)", { x: 1 }],
    ["Child(x=1)", { x: 1, y: 0.5, z: 3 }],
    ["Frozen(x=1)", { x: 1 }],
    [
      "Rich(price='1.50', id='12345678123456781234567812345678', day='2020-02-03', tags=['a'])",
      {
        price: "1.50",
        id: "12345678-1234-5678-1234-567812345678",
        day: "2020-02-03",
        tags: new Set(["a"]),
      },
    ],
    ["Computed(side=2)", { side: 2, secret: 1 }],
    ["Numbers([1, 2])", [1, 2]],
    ["Points({'a': Point(x=1)})", { a: { x: 1, y: 0.5 } }],
    ["Nested(Numbers([1]))", [1]],
    ["Box[int](value=1)", { value: 1 }],
    ["Box(value=Box(value=None))", { value: { value: null } }],
    ["Data(1, Point(x=1))", { x: 1, point: { x: 1, y: 0.5 }, rest: [] }],
    ["[Point(x=2**60)]", [{ x: 2n ** 60n, y: 0.5 }]],
  ]);

  testWith(["pydantic"], "$.toJs() of a model is an object whatever dicts says", () => {
    assert.deepStrictEqual(deep("Extra(x=1, a={1: 2})", { dicts: "map" }, MODELS), {
      x: 1,
      a: new Map([[1, 2]]),
    });
  });

  testWith(["pydantic"], "$.toJs() of a model that stands twice is one object", () => {
    const [a, b] = deep("[p, p]", {}, `${MODELS}\np = Numbers([1])`);
    assert.strictEqual(a, b);
  });

  staysPython(["pydantic"], MODELS, [
    ["Point", /ModelMetaclass/],
    ["pydantic.SecretStr('x')", /SecretStr/],
  ]);
});

describe("pandas without converters", () => {
  const IMPORTS = "import pandas as pd\n";

  staysPython(["pandas"], IMPORTS, [
    ["pd.Series([1])", /Series$/],
    ["pd.DataFrame({'a': [1]})", /DataFrame$/],
    ["pd.Index([1])", /Index$/],
    ["pd.RangeIndex(3)", /RangeIndex$/],
    ["pd.MultiIndex.from_tuples([(1, 2)])", /MultiIndex$/],
    ["pd.Categorical(['a'])", /Categorical$/],
    ["pd.array([1, None])", /IntegerArray$/],
    ["pd.Period('2020')", /Period$/],
    ["pd.Interval(1, 2)", /Interval$/],
    ["pd.NA", /NAType$/],
  ]);

  rows(["pandas"], IMPORTS, [
    ["pd.DataFrame({'a': [1, 2]}).to_dict('records')", [{ a: 1 }, { a: 2 }]],
    ["pd.Series([1.5, 2]).tolist()", [1.5, 2]],
    ["pd.Timestamp('2020-01-02T03:04:05Z')", new Date("2020-01-02T03:04:05Z")],
    ["pd.NaT", new Date(NaN)],
    ["pd.Timedelta(5, 's')", 5000],
    ["pd.Timedelta(1, 'ns')", 0.000001],
  ]);
  rows(["pandas"], IMPORTS, [
    ["pd.Timestamp('2020-01-01 00:00:00.123456789')", "2020-01-01T00:00:00.123456789"],
    ["pd.NaT", "NaT"],
  ], { dates: "iso" });
});

describe("numpy times and records", () => {
  const IMPORTS = "import numpy as np\n";
  rows(["numpy"], IMPORTS, [
    ["np.datetime64('2020-01-02')", "2020-01-02"],
    ["np.datetime64('2020-01-02T03:04:05')", new Date(2020, 0, 2, 3, 4, 5)],
    ["np.datetime64('2020-01-02T03:04:05.123', 'ns')", new Date(2020, 0, 2, 3, 4, 5, 123)],
    ["np.datetime64('NaT')", null],
    ["np.timedelta64(5, 's')", 5000],
    ["np.timedelta64(5000, 'ns')", 0.005],
    [
      "np.array([['2020-01-02', 'NaT']], 'M8[ns]')",
      [[new Date(2020, 0, 2), null]],
    ],
    ["np.array([], 'M8[ns]')", []],
    ["np.array('2020-01-02', 'M8[ns]')", new Date(2020, 0, 2)],
    [
      "np.array([(1, 2.5), (3, 4)], [('a', 'i4'), ('b', 'f8')])",
      [[1, 2.5], [3, 4]],
    ],
    ["np.array([(1, 2.5)], [('a', 'i4'), ('b', 'f8')])[0]", [1, 2.5]],
    ["np.array((1, [2, 3]), [('a', 'i4'), ('b', 'i4', 2)])", [1, Int32Array.of(2, 3)]],
    ["np.ma.masked_array([1, 2], [False, True])", [1, null]],
  ]);
  staysPython(["numpy"], IMPORTS, [
    ["np.datetime64('2020-01-01T00:00:00.123456789')", /datetime64/],
    ["np.datetime64('20000-01-01')", /datetime64/],
    ["np.timedelta64(5, 'ns')", /timedelta64/],
    ["np.timedelta64(5, 'Y')", /timedelta64/],
  ]);

  testWith(
    ["numpy"],
    "an array with a time that datetime cannot hold has numpy's own times",
    () => {
      const code = "np.array(['2020-01-02T00:00:00.000000001', '2020-01-02'], 'M8[ns]')";
      const [fine, exact] = deep(code, {}, IMPORTS);
      assert.match(fine.$.type, /datetime64/);
      assert.strictEqual(`${fine}`, "2020-01-02T00:00:00.000000001");
      assert.deepEqual(exact, new Date(2020, 0, 2));
    },
  );

  testWith(["numpy"], "a structured array keeps times exact", () => {
    const code = "np.array([(1, '2020-01-02')], [('a', 'i4'), ('t', 'M8[ns]')])";
    assert.deepEqual(deep(code, {}, IMPORTS), [[1, new Date(2020, 0, 2)]]);
  });
});
