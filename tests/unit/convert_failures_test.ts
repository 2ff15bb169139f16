import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe } from "node:test";
import { isPyObject, PythonError, type PyValue } from "../../mod.ts";
import { collectPython, evaluate, py, references, test } from "../fixtures/python.ts";

/**
 * Classes that raise or lie at the n-th step. Each instance holds the probe, and gives it out
 * before it fails.
 */
const HOSTILE = `
import collections, dataclasses, datetime, enum, types
from collections.abc import Mapping, Sequence, Set

class Boom(Exception): pass

class BadIter(Sequence):
    def __init__(self, probe, n): self.probe, self.n = probe, n
    def __len__(self): return self.n + 5
    def __getitem__(self, i):
        if i >= self.n: raise Boom("item %d" % i)
        return [self.probe]

class BadLen(Sequence):
    def __init__(self, probe, n): self.probe, self.n = probe, n
    def __len__(self): raise Boom("len")
    def __getitem__(self, i):
        if i >= self.n: raise IndexError
        return [self.probe]

class LongLen(BadIter):
    def __len__(self): return 10**7
    def __getitem__(self, i):
        if i >= self.n: raise IndexError
        return self.probe

class BadKeys(Mapping):
    def __init__(self, probe, n): self.probe, self.n = probe, n
    def __len__(self): return 9
    def __iter__(self):
        for i in range(self.n): yield i
        raise Boom("keys")
    def __getitem__(self, k): return [self.probe]

class BadGetItem(BadKeys):
    def __iter__(self): return iter(range(9))
    def __getitem__(self, k):
        if k >= self.n: raise Boom("get")
        return [self.probe]

class BadItems(dict):
    def __init__(self, probe, n):
        super().__init__(a=probe)
        self.probe, self.n = probe, n
    def items(self):
        for i in range(self.n): yield str(i), [self.probe]
        raise Boom("items")

class NoneItems(BadItems):
    def items(self): return None

class BadSet(Set):
    def __init__(self, probe, n): self.probe, self.n = probe, n
    def __len__(self): return 9
    def __contains__(self, x): return False
    def __iter__(self):
        for i in range(self.n): yield (i, self.probe)
        raise Boom("set")

class BadListIter(list):
    def __init__(self, probe, n):
        super().__init__([probe] * 9)
        self.n = n
    def __iter__(self):
        for i in range(self.n): yield [self[i]]
        raise Boom("list")

class BadSetIter(set):
    def __init__(self, probe, n):
        super().__init__([probe])
        self.n = n
    def __iter__(self): raise Boom("set iter")

@dataclasses.dataclass
class BadField:
    probe: object
    n: int
    late: object = None
    def __getattribute__(self, name):
        if name == "late": raise Boom("field")
        return super().__getattribute__(name)

class BadFields(tuple):
    _fields = property(lambda self: 1 / 0)
    def __new__(cls, probe, n): return super().__new__(cls, [probe])

class BadValue(enum.Enum):
    A = 1
    @property
    def value(self): raise Boom("value")

class BadIso(datetime.date):
    def isoformat(self): raise Boom("iso")

class BadClass:
    def __init__(self, probe, n): self.probe = probe
    @property
    def __class__(self): raise Boom("class")

class BadRepr:
    def __init__(self, probe, n): self.probe = probe
    def __repr__(self): raise Boom("repr")

class Itself(enum.Enum):
    A = 1
    @property
    def value(self): return self

class BadNames(types.SimpleNamespace):
    pass

ALL = [BadIter, BadLen, LongLen, BadKeys, BadGetItem, BadItems, NoneItems, BadSet, BadListIter,
       BadSetIter, BadField, BadFields, BadClass]
OTHERS = [lambda probe, n: BadValue.A, lambda probe, n: BadIso(2020, 1, 1)]
def make(i, probe, n):
    return (ALL + OTHERS)[i](probe, n)
def names():
    return [c.__name__ for c in ALL + OTHERS]
class Hostile: pass
Hostile.make, Hostile.names = staticmethod(make), staticmethod(names)
Hostile.Itself, Hostile.BadRepr = Itself.A, BadRepr
Hostile
`;

/** Attempts a conversion, in a scope of its own. */
function attempt(convert: () => unknown): string {
  return py.scope(() => {
    try {
      convert();
      return "converted";
    } catch (error) {
      return error instanceof PythonError ? error.message : `${(error as Error).constructor.name}`;
    }
  });
}

describe("$.toJs() that fails", () => {
  // Without LongLen's own length, which list() takes as a hint alone.
  const NAMES = [
    "BadIter",
    "BadLen",
    "LongLen",
    "BadKeys",
    "BadGetItem",
    "BadItems",
    "NoneItems",
    "BadSet",
    "BadListIter",
    "BadSetIter",
    "BadField",
    "BadFields",
    "BadClass",
    "BadValue",
    "BadIso",
  ];

  for (const [i, name] of NAMES.entries()) {
    test(`$.toJs() of a ${name} leaves every reference as it was`, () => {
      const hostile = evaluate(HOSTILE);
      const probe = evaluate("object()");
      const before = references(probe);
      for (const n of [0, 1, 2, 4]) {
        for (
          const around of [
            (x: PyValue) => x,
            (x: PyValue) => evaluate("lambda x, p: [[p], x, [p]]")(x, probe),
            (x: PyValue) => evaluate("lambda x, p: {'a': {p: p}, 'b': x, 'c': (p,)}")(x, probe),
            (x: PyValue) => evaluate("lambda x, p: {1: [x], 2: p}")(x, probe),
          ]
        ) {
          const outcomes = new Set<string>();
          for (let round = 0; round < 3; round++) {
            outcomes.add(attempt(() => around(hostile.make(i, probe, n)).$.toJs()));
          }
          assert.strictEqual(outcomes.size, 1, `not the same each time: ${[...outcomes].join()}`);
          assert.match([...outcomes][0]!, /Boom|Error: |^converted$/, "a Python error or a result");
          assert.doesNotMatch([...outcomes][0]!, /SystemError/);
        }
      }
      assert.strictEqual(evaluate("1 + 1"), 2, "no exception is left set");
      collectPython();
      assert.strictEqual(references(probe), before);
    });
  }

  test("a list that raises while it is walked fails with the very error", () => {
    const hostile = evaluate(HOSTILE);
    assert.match(attempt(() => hostile.make(0, null, 3).$.toJs()), /Boom: item 3/);
    assert.match(attempt(() => hostile.make(3, null, 2).$.toJs()), /Boom: keys/);
    assert.match(attempt(() => hostile.make(5, null, 2).$.toJs()), /Boom: items/);
    assert.match(attempt(() => hostile.make(10, null, 2).$.toJs()), /Boom: field/);
  });

  test("a plain form that is the value itself ends", () => {
    const itself = evaluate(HOSTILE).Itself;
    const outcome = attempt(() => assert.ok(isPyObject(itself.$.toJs())));
    assert.match(outcome, /^converted$|PyConversionError/);
  });

  test("unknown: throw works for an object whose repr raises", () => {
    const bad = evaluate(HOSTILE).BadRepr(null, 0);
    assert.match(attempt(() => bad.$.toJs({ unknown: "throw" })), /PyConversionError|Boom: repr/);
    assert.match(
      attempt(() => evaluate("lambda k: {k: 1}")(bad).$.toJs({ dicts: "object" })),
      /PyConversionError|Boom: repr/,
    );
  });

  test("a value that changes its container while it is converted harms nobody", () => {
    const probe = evaluate("object()");
    const before = references(probe);
    const outcome = evaluate(`
from collections.abc import Sequence
class Clearing(Sequence):
    def __init__(self, owner): self.owner = owner
    def __len__(self):
        return 1
    def __getitem__(self, i):
        if i: raise IndexError
        self.owner.clear()
        return 1
def in_list(probe):
    xs = []
    xs.extend([[probe], Clearing(xs), [probe], Clearing(xs), [probe]])
    return xs
def in_dict(probe):
    d = {}
    d.update(a=[probe], b=Clearing(d), c=[probe], d=Clearing(d))
    return d
def in_set(probe):
    s = set()
    class Hashed(Clearing):
        __hash__ = object.__hash__
    s.update([(probe,), Hashed(s), (probe, 1), Hashed(s)])
    return s
class Make: pass
Make.all = staticmethod(lambda probe: [in_list(probe), in_dict(probe), in_set(probe)])
Make`);
    py.scope(() => {
      for (const each of outcome.all(probe)) each.$.toJs();
      outcome.all(probe).$.toJs();
    });
    collectPython();
    assert.strictEqual(references(probe), before);
  });

  test("$.toJs() leaves the references of what it converted as they were", () => {
    const probe = evaluate("[1]");
    const before = references(probe);
    const around = evaluate(`
from collections import OrderedDict, deque
from types import SimpleNamespace
lambda p: [p, (p,), {'a': p}, {1: p}, [p, p], OrderedDict(a=p), deque([p]), SimpleNamespace(p=p)]`);
    py.scope(() => {
      const value = around(probe);
      for (let i = 0; i < 20; i++) value.$.toJs();
      for (let i = 0; i < 20; i++) attempt(() => value.$.toJs({ dicts: "object" }));
      for (let i = 0; i < 20; i++) value.$.toJs({ depth: 1 });
    });
    collectPython();
    assert.strictEqual(references(probe), before);
  });

  test("a conversion inside a conversion works", () => {
    const outcome = evaluate(`
from collections.abc import Sequence
class Asking(Sequence):
    def __init__(self, ask): self.ask = ask
    def __len__(self): return 1
    def __getitem__(self, i):
        if i: raise IndexError
        return self.ask([1, {"a": (2,)}])
Asking`);
    const asking = outcome((value: PyValue) => value.$.toJs());
    assert.deepEqual(asking.$.toJs(), [[1, { a: [2] }]]);
    const failing = outcome(() => {
      throw new RangeError("from inside");
    });
    assert.throws(() => failing.$.toJs(), RangeError);
  });

  test("mappings whose items() gives no pairs are an error, never a crash", () => {
    const args = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["run"];
    const program = fileURLToPath(new URL("../fixtures/lying_mappings.ts", import.meta.url));
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [...args, program], {
      encoding: "utf8",
      timeout: 60_000,
    });
    assert.strictEqual(signal, null, stdout + stderr);
    assert.strictEqual(status, 0, stdout + stderr);
    const lines = stdout.trim().split("\n");
    assert.strictEqual(lines.length, 8);
    for (const line of lines) {
      assert.match(line, /: (PythonError|PyConversionError|converted), 2, 1$/);
    }
    // What list(dict(…)) takes for a pair may be one here; these three never are.
    for (const i of [0, 1, 7]) assert.doesNotMatch(lines[i]!, /converted/);
  });
});
