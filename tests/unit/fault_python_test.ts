import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, PythonError } from "../../mod.ts";
import { collectPython, deep, evaluate, py, references, test } from "../fixtures/python.ts";

/** Each class holds the probe and runs `step()` in every method that a conversion may call. */
const STEPPING = `
import dataclasses, datetime, enum, types
from collections import UserDict, UserList, UserString, namedtuple
from collections.abc import Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
class Boom(Exception): pass
class Fuse:
    def __init__(self): self.arm(1 << 60)
    def arm(self, last): self.last, self.steps = last, 0
    def __call__(self):
        self.steps += 1
        if self.steps > self.last: raise Boom("step %d" % self.last)
step = Fuse()
def stepping(*names):
    def wrap(cls):
        for name in names:
            def method(self, *args, _old=getattr(cls, name)):
                step()
                return _old(self, *args)
            setattr(cls, name, method)
        return cls
    return wrap
@stepping("__len__", "__getitem__")
class Seq(UserList): pass
@stepping("__len__", "__getitem__", "__iter__", "keys", "items")
class Map(UserDict): pass
@stepping("__iter__", "__len__", "__contains__")
class Bag(Set):
    def __init__(self, items): self.things = items
    def __contains__(self, x): return x in self.things
    def __iter__(self): return iter(self.things)
    def __len__(self): return len(self.things)
@stepping("__iter__", "__next__")
class Steps:
    def __init__(self, items): self.it = iter(items)
    def __iter__(self): return self
    def __next__(self): return next(self.it)
class Lazy(Sequence):
    def __init__(self, items): self.things = items
    def __len__(self): return len(self.things)
    def __getitem__(self, i): return self.things[i]
    def __iter__(self): return Steps(self.things)
@stepping("__getattribute__")
@dataclasses.dataclass
class Data:
    a: object
    b: object
@stepping("items", "keys", "__iter__")
class Dict(dict): pass
@stepping("__iter__", "__len__", "__getitem__")
class List(list): pass
@stepping("__str__")
class Dec(Decimal): pass
@stepping("__hash__", "__eq__")
class Key(str): pass
class Frac(Fraction):
    numerator = property(lambda self: (step(), 1)[1])
    denominator = property(lambda self: (step(), 2)[1])
@stepping("isoformat")
class Day(datetime.date): pass
class Pair(namedtuple("Pair", "a b")):
    def __iter__(self): step(); return tuple.__iter__(self)
class Value(enum.Enum):
    A = 1
    @property
    def value(self): step(); return [1]
@stepping("__float__", "__index__", "__repr__", "__bool__")
class Unknown:
    def __float__(self): return 1.5
    def __index__(self): return 1
    def __bool__(self): return True
class Looking:
    @property
    def __class__(self): step(); return Looking
def make(p):
    return [Seq([[p], p]), Map(a=[p], b=p), Bag([(p,), 1]), Lazy([[p], 2]), Data([p], p), Dict(a=p),
            List([p, [p]]), Dec(1), {Key("k"): [p], "z": p}, Frac(1, 2), Day(2020, 1, 2), Pair(p, [p]),
            Value.A, {(p, 1): Map(x=p)}, {"deep": (Seq([Map(y=[p])]), p)}, Looking(), Unknown(), [p]]
step.make = make
step
`;

const COUNT = 18;

describe("$.toJs() of objects that fail at their n-th step", () => {
  for (let i = 0; i < COUNT; i++) {
    for (const unknown of ["keep", "throw"] as const) {
      test(`object ${i}, unknown: "${unknown}": each step may fail, and nothing leaks`, () => {
        const fuse = evaluate(STEPPING);
        const probe = evaluate("tuple([1.5])"); // hashable, and plain data
        const held = evaluate("lambda make, p, i: [[p], make(p)[i], (p,)]")(fuse.make, probe, i);
        // The error itself would keep what stands in its traceback.
        const convert = (): string =>
          py.scope(() => {
            try {
              held.$.toJs({ unknown });
              return "";
            } catch (error) {
              return `${(error as Error).constructor.name}: ${(error as Error).message}`;
            }
          });
        for (let round = 0; round < 2; round++) convert();
        collectPython();
        const before = references(probe);
        const counts = py.debug.counts();
        let last = 0;
        for (; last < 500; last++) {
          fuse.arm(last);
          const error = convert();
          const blown = fuse.steps > last;
          if (blown) assert.match(error, /^PythonError: Boom: step|^PyConversionError: Cannot|^$/);
          else assert.match(error, /^$|^PyConversionError: Cannot convert \$\[1\]/);
          if (!blown) break;
        }
        assert.ok(last < 500, "it never came to an end");
        collectPython();
        fuse.arm(10000);
        assert.strictEqual(evaluate("1 + 1"), 2, "no exception is left set");
        assert.deepStrictEqual(py.debug.counts(), counts);
        assert.strictEqual(references(probe), before);
      });
    }
  }
});

describe("$.toJs() of what lies", () => {
  test("parts of a Fraction or a complex number that are none are an error", () => {
    const code = "from fractions import Fraction\nclass F(Fraction):\n  numerator = ";
    for (const lie of ["'12'", "[]", "1.5", "None"]) {
      assert.throws(() => deep("F(1, 2)", {}, code + lie), PythonError);
      const complex = `class C(complex):\n  real = property(lambda self: ${lie})`;
      if (lie !== "1.5" && lie !== "'12'") {
        assert.throws(() => deep("C(1)", {}, complex), PythonError);
      }
    }
    assert.deepStrictEqual(deep("F(1, 2)", {}, code + "True"), [1n, 2n]);
    assert.deepStrictEqual(deep("C(1)", {}, "class C(complex):\n  real = 1.5"), { re: 1.5, im: 0 });
  });

  test("what only passes for a number is a PyObject", () => {
    for (const name of ["int", "float", "bool", "complex"]) {
      assert.ok(isPyObject(deep("L()", {}, `class L:\n  __class__ = ${name}`)), name);
    }
  });

  test("a mapping that is its own key is its own key", () => {
    const map = deep("d", {}, "class H(dict):\n  __hash__ = object.__hash__\nd = H()\nd[d] = [d]");
    assert.ok(map instanceof Map);
    assert.deepStrictEqual([...map.keys()], [map]);
    assert.strictEqual(map.get(map)[0], map);
    const inner = deep(
      "d",
      {},
      "class H(dict):\n  __hash__ = object.__hash__\nd = H()\nd[(d,)] = 1",
    );
    assert.strictEqual([...inner.keys()][0][0], inner);
  });

  test("a field's name that is no str is an error with its path", () => {
    const code = "import types\nn = types.SimpleNamespace()\nn.__dict__[1] = 2";
    assert.throws(() => deep("n", {}, code), {
      message: "Cannot convert $[0]: the field's name 1 is no str",
    });
  });

  test("bytes of a subclass are its own, whatever it says", () => {
    const code =
      "class B(bytes):\n  def __bytes__(self): return b'lie'\n  def __len__(self): return 99";
    assert.deepStrictEqual(deep("B(b'ab')", {}, code), new Uint8Array([97, 98]));
  });
});
