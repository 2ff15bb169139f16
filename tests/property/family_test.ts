import assert from "node:assert/strict";
import { describe } from "node:test";
import fc from "fast-check";
import { evaluate, forGood, fromEnvironment, py, test } from "../fixtures/python.ts";

/** Examples a property: PYDUET_RUNS=100000 for a long look. */
const RUNS = {
  numRuns: fromEnvironment("PYDUET_RUNS", 200),
  seed: fromEnvironment("PYDUET_SEED", 1),
};

/** Asserts for every example, each in a scope of its own. */
function always<T>(arbitrary: fc.Arbitrary<T>, claim: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, (value) => py.scope(() => claim(value))), RUNS);
}

const python = forGood(() =>
  evaluate(`
import array, collections, dataclasses, enum, pathlib, types, uuid
from decimal import Decimal
from fractions import Fraction
class Color(enum.Enum):
    RED = 1
    TEXT = "text"
    LIST = (1, 2)
@dataclasses.dataclass
class Data:
    a: object
    b: object = None
Named = collections.namedtuple("Named", "a b")
def chained(items):
    half = len(items) // 2
    return collections.ChainMap(dict(items[:half]), dict(items[half:]))
MAPPINGS = [
    dict, collections.OrderedDict, lambda items: collections.defaultdict(list, items),
    lambda items: collections.Counter(dict(items)), collections.UserDict, chained,
    lambda items: types.MappingProxyType(dict(items)),
]
SEQUENCES = [list, tuple, collections.deque, collections.UserList]
class Laws:
    # Each gives (holder, back): what crosses stands in a list; back() says whether its plain form is it.
    def mapping(kind, items):
        return [MAPPINGS[kind](items)]
    def sequence(kind, items):
        return [SEQUENCES[kind](items)]
    def is_items(holder, plain):
        return list(holder[0].items()) == list(plain[0].items())
    def is_list(holder, plain):
        return list(holder[0]) == plain[0]
    def decimal(text): return [Decimal(text)]
    def is_decimal(holder, plain): return str(Decimal(plain[0])) == str(holder[0])
    def uuid(bits): return [uuid.UUID(int=bits)]
    def is_uuid(holder, plain): return uuid.UUID(plain[0]) == holder[0]
    def path(parts): return [pathlib.PurePosixPath(*parts)]
    def is_path(holder, plain): return pathlib.PurePosixPath(plain[0]) == holder[0]
    def fraction(a, b): return [Fraction(a, b)]
    def is_fraction(holder, plain): return Fraction(*plain[0]) == holder[0]
    def complex(a, b): return [complex(a, b)]
    def is_complex(holder, plain):
        again = complex(plain[0]["re"], plain[0]["im"])
        return repr(again) == repr(holder[0])
    def enum(i): return [list(Color)[i]]
    def is_enum(holder, plain):
        value = plain[0]
        return Color(tuple(value) if isinstance(value, list) else value) is holder[0]
    def data(a, b): return [Data(a, b)]
    def is_data(holder, plain): return Data(**plain[0]) == holder[0]
    def named(a, b): return [Named(a, b)]
    def is_named(holder, plain): return Named(**plain[0]) == holder[0]
    def range(*of): return [range(*of)]
    def is_range(holder, plain): return list(holder[0]) == plain[0]
    def array(code, items): return [array.array(code, items)]
    def is_array(holder, plain): return array.array(holder[0].typecode, plain[0]) == holder[0]
    def bytes(kind, data): return [[bytes, bytearray, lambda x: memoryview(bytes(x))][kind](data)]
    def is_bytes(holder, plain): return plain[0] == bytes(holder[0])
    def set(kind, items): return [[set, frozenset][kind](items)]
    def is_set(holder, plain): return plain[0] == holder[0]
for name in [n for n in vars(Laws) if n[0] != "_"]:
    setattr(Laws, name, staticmethod(vars(Laws)[name]))
Laws`)
);

// deno-lint-ignore no-explicit-any -- functions of Python by name
const laws = python as any;

/** `toPython(toJs(x))` is x, told by the family's own way back. */
function comesBack(family: string, made: { $: { toJs(): unknown } }): void {
  const plain = made.$.toJs();
  assert.strictEqual(laws[`is_${family}`](made, plain), true, `${made}`);
}

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string(),
);
const data = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string(), scalar),
);
const big = fc.bigInt({ min: -(2n ** 100n), max: 2n ** 100n });

describe("toPython(toJs(x)) is x", () => {
  test("for Decimals", () => {
    const exponent = fc.integer({ min: -400, max: 400 });
    const special = fc.constantFrom("NaN", "-Infinity", "sNaN", "-0.00", "0E+5", "NaN123");
    const text = fc.oneof(fc.tuple(big, exponent).map(([n, e]) => `${n}E${e}`), special);
    always(text, (value) => comesBack("decimal", laws.decimal(value)));
  });
  test("for UUIDs", () =>
    always(
      fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      (bits) => comesBack("uuid", laws.uuid(bits)),
    ));
  test("for Paths", () =>
    always(
      fc.array(fc.string({ unit: "binary" })),
      (parts) => comesBack("path", laws.path(parts)),
    ));
  test("for Fractions", () =>
    always(
      fc.tuple(big, big.filter((n) => n !== 0n)),
      ([a, b]) => comesBack("fraction", laws.fraction(a, b)),
    ));
  test("for complex numbers", () =>
    always(
      fc.tuple(fc.double(), fc.double()),
      ([a, b]) => comesBack("complex", laws.complex(a, b)),
    ));
  test("for members of an Enum", () => always(fc.nat(2), (i) => comesBack("enum", laws.enum(i))));
  test("for dataclasses and namedtuples", () =>
    always(fc.tuple(data, data), ([a, b]) => {
      comesBack("data", laws.data(a, b));
      comesBack("named", laws.named(a, b));
    }));
  test("for ranges", () => {
    const small = fc.integer({ min: -200, max: 200 });
    always(
      fc.tuple(small, small, small.filter((n) => n !== 0)),
      (of) => comesBack("range", laws.range(...of)),
    );
  });
  test("for arrays of numbers", () => {
    always(fc.array(fc.integer({ min: -128, max: 127 })), (items) => {
      for (const code of "bhilqfd") comesBack("array", laws.array(code, items));
    });
    always(
      fc.array(fc.double({ noNaN: true })),
      (items) => comesBack("array", laws.array("d", items)),
    );
  });
  test("for bytes, bytearrays and memoryviews", () =>
    always(
      fc.tuple(fc.nat(2), fc.uint8Array()),
      ([kind, bytes]) => comesBack("bytes", laws.bytes(kind, bytes)),
    ));
  test("for every kind of mapping, in its order", () => {
    const key = fc.oneof(fc.string().map((text) => `k${text}`), big);
    const items = fc.uniqueArray(fc.tuple(key, data), { maxLength: 6, selector: ([key]) => key });
    always(
      fc.tuple(fc.nat(6), items),
      ([kind, items]) => comesBack("items", laws.mapping(kind, items)),
    );
  });
  test("for every kind of sequence", () =>
    always(
      fc.tuple(fc.nat(3), fc.array(data)),
      ([kind, items]) => comesBack("list", laws.sequence(kind, items)),
    ));
  test("for sets and frozensets", () => {
    const items = fc.array(fc.oneof(big, fc.string(), fc.constant(null)));
    always(fc.tuple(fc.nat(1), items), ([kind, items]) => comesBack("set", laws.set(kind, items)));
  });
});

describe("toJs(toPython(x)) is x", () => {
  test("for sparse arrays, whose holes and undefined are null", () => {
    const item = fc.oneof(fc.constantFrom(undefined, "hole"), fc.integer());
    always(fc.array(item), (items) => {
      const sparse: unknown[] = new Array(items.length);
      items.forEach((each, i) => {
        if (each !== "hole") sparse[i] = each;
      });
      const expected = Array.from(sparse, (each) => each ?? null);
      assert.deepStrictEqual(py.toPython(sparse).$.toJs(), expected);
    });
  });
});
