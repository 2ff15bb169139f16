import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, pyClass, type PyValue, raise, t } from "../../mod.ts";
import { assertTwins, made, standing } from "../fixtures/twins.ts";
import { testCollected } from "../fixtures/collected.ts";
import { evaluate, py, test } from "../fixtures/python.ts";

/** Texts of JavaScript as Python writes them. */
const shown = (value: unknown): string =>
  value === null || value === undefined ? "None" : isPyObject(value) ? `${value}` : String(value);

// --- containers ---------------------------------------------------------------

class Box {
  readonly items: unknown[];
  constructor(items: unknown[]) {
    this.items = items;
  }
  get size(): number {
    return this.items.length;
  }
  at(key: unknown): unknown {
    if (typeof key !== "number") return `key ${shown(key)}`;
    const found = this.items[key < 0 ? key + this.size : key];
    return found === undefined ? raise(py.builtins.IndexError, "Box index out of range") : found;
  }
}

const boxDunders = {
  __len__: "size",
  __getitem__: "at",
  __setitem__: (self: Box, key: unknown, value: unknown) => {
    if (typeof key === "number") self.items[key] = value;
    else self.items.push(shown(key), value);
  },
  __delitem__: (self: Box, key: number) => {
    self.items.splice(key, 1);
  },
};

class Full extends Box {}
class Sequence extends Box {}
class Empty {}
class Counter {
  at = 0;
  readonly end: number;
  constructor(end: number) {
    this.end = end;
  }
}
class Wrong {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

const init = { items: t.args(t.any) };
const containers = {
  Full: standing(pyClass(Full, {
    init,
    dunders: {
      ...boxDunders,
      __contains__: (self, item) => self.items.includes(item),
      __iter__: (self) => self.items,
      __reversed__: (self) => self.items.toReversed().join(),
      __length_hint__: (self) => self.size,
      __bool__: (self) => self.size > 2,
    },
  })),
  Sequence: standing(pyClass(Sequence, { init, dunders: boxDunders })),
  Empty: standing(pyClass(Empty)),
  Counter: standing(pyClass(Counter, {
    init: { end: t.int },
    dunders: {
      __iter__: (self) => self,
      __next__: (self) => self.at < self.end ? { value: self.at++ } : { done: true },
    },
  })),
  Wrong: standing(pyClass(Wrong, {
    init: { value: t.any },
    dunders: {
      __len__: "value",
      __bool__: "value",
      __iter__: "value",
      __contains__: (self) => self.value,
      __index__: "value",
      __int__: "value",
      __hash__: "value",
      __str__: "value",
      __repr__: "value",
      __format__: (self) => self.value,
      __bytes__: "value",
      __length_hint__: "value",
      __complex__: "value",
      __fspath__: "value",
      __dir__: "value",
      __sizeof__: "value",
      __next__: "value",
    },
  })),
};

const containerTwins = `
class Box:
    def __init__(self, *items):
        self.items = list(items)
    def __len__(self):
        return len(self.items)
    def __getitem__(self, key):
        if type(key) is not int:
            return "key %s" % (key,)
        if -len(self) <= key < len(self):
            return self.items[key]
        raise IndexError("Box index out of range")
    def __setitem__(self, key, value):
        if type(key) is int:
            self.items[key] = value
        else:
            self.items += [str(key), value]
    def __delitem__(self, key):
        del self.items[key]

class Full(Box):
    def __contains__(self, item):
        return item in self.items
    def __iter__(self):
        return iter(self.items)
    def __reversed__(self):
        return ",".join(map(str, reversed(self.items)))
    def __length_hint__(self):
        return len(self)
    def __bool__(self):
        return len(self) > 2

class Sequence(Box): pass
class Empty: pass

class Counter:
    def __init__(self, end):
        self.at = 0
        self.end = end
    def __iter__(self):
        return self
    def __next__(self):
        if self.at >= self.end:
            raise StopIteration(None) if False else StopIteration
        self.at += 1
        return self.at - 1

class Wrong:
    def __init__(self, value):
        self._value = value
for _name in ["len", "bool", "contains", "index", "int", "hash", "str", "repr", "format", "bytes",
              "length_hint", "complex", "fspath", "dir", "sizeof", "next"]:
    setattr(Wrong, "__%s__" % _name, lambda self, *args: self._value)
Wrong.__iter__ = lambda self: iter(self._value)
`;

const twinsOf = (code: string, names: readonly string[]): Record<string, PyValue> => {
  const twins = made(code);
  return Object.fromEntries(names.map((name) => [name, twins[name]]));
};

describe("pyClass() containers", () => {
  const each = ["Full", "Sequence"];

  test("__getitem__() and the other methods of containers do what Python's do", () => {
    const codes = each.flatMap((name) => {
      const box = `${name}(10, 20, 30)`;
      return [
        ...[
          "0",
          "2",
          "-1",
          "3",
          "-4",
          "'k'",
          "None",
          "1:2",
          "::-1",
          "1:",
          "(1, 2)",
          "1:2, 3",
          "...",
        ]
          .map((key) => `${box}[${key}]`),
        `x = ${box}\nx[1] = 5\nx[1]`,
        `x = ${box}\nx['k'] = 5\nx[3], x[4]`,
        `x = ${box}\nx[1:2] = 5\nx[3]`,
        `x = ${box}\ndel x[0]\nlen(x), x[0]`,
        `x = ${box}\nx[0] += 1\nx[0]`,
        `len(${box}), len(${name}())`,
        `bool(${box}), bool(${name}()), bool(${name}(1))`,
        `list(${box}), tuple(${box})`,
        `a, *b = ${box}\na, b`,
        `a, b = ${box}\na`,
        `[*${box}, *${name}()]`,
        `20 in ${box}, 5 in ${box}, 'x' not in ${box}`,
        `sum(${box}), max(${box}), sorted(${box})`,
        `r = reversed(${box})\nr if isinstance(r, str) else list(r)`,
        `list(zip(${box}, 'ab')), list(enumerate(${name}(1)))`,
        `[x for x in ${box} if x > 10]`,
        `next(iter(${box}))`,
        `iter(${name}()).__next__()`,
        `next(iter(${name}()), 'none')`,
        `i = iter(${box})\nnext(i), list(i)`,
        `import operator\noperator.length_hint(${box}), operator.getitem(${box}, 1)`,
        `from collections.abc import *\n[isinstance(${name}(), c) for c in (Sized, Iterable, Container, Collection, Reversible, Sequence, Callable)]`,
        `dict(zip(${box}, ${box}))`,
        `' '.join(map(str, ${box}))`,
        `print(*${box}, sep='-', file=__import__('io').StringIO())`,
        `class D(${name}): pass\nlist(D(1, 2)), len(D(1)), D(5)[0]`,
        `class D(${name}):\n    def __getitem__(self, key): return super().__getitem__(0)\nD(5, 6)[1]`,
        `class D(${name}):\n    def __len__(self): return 9\nlen(D(5, 6))`,
      ];
    });
    const names = { Full: containers.Full, Sequence: containers.Sequence };
    assertTwins(
      codes.filter((code) => !code.includes("class D")),
      names,
      twinsOf(containerTwins, each),
    );
  });

  testCollected("__getitem__() and the others are inherited by Python subclasses", () => {
    const codes = each.flatMap((name) => [
      `class D(${name}): pass\nlist(D(1, 2)), len(D(1)), D(5)[0], 5 in D(5)`,
      `class D(${name}):\n    def __getitem__(self, key): return super().__getitem__(0)\nD(5, 6)[1]`,
      `class D(${name}):\n    def __len__(self): return 9\nlen(D(5, 6))`,
      `class D(${name}):\n    __contains__ = None\n1 in D(1)`,
      `class D(${name}):\n    __iter__ = None\nlist(D(1))`,
    ]);
    assertTwins(codes, { ...containers }, twinsOf(containerTwins, each));
  });

  test("a class without them is refused as Python's is", () => {
    assertTwins(
      [
        ...["len(E())", "E()[0]", "E()[0] = 1\n0", "del E()[0]\n0", "iter(E())", "1 in E()"],
        ...["reversed(E())", "next(E())", "E()()", "int(E())", "float(E())", "complex(E())"],
        ...["[1][E()]", "round(E())", "-E()", "+E()", "~E()", "abs(E())", "bool(E())"],
        ...[
          "bytes(E())",
          "format(E(), 'x')",
          "format(E(), '') == str(E())",
          "str(E())",
          "repr(E())",
        ],
        ...["E().x", "E()._x", "E.x", "E.x = 1\nE.x", "E().__dict__", "vars(E())", "E().__class__"],
        ...["with E(): pass\n0", "hash(E()) == hash(E())", "x = E()\nhash(x) == hash(x)"],
        ...["E() == E()", "x = E()\nx == x", "E() < E()", "x = E()\nx in [x]", "E(1)", "E(a=1)"],
        ...["async def f():\n    await E()\nf().send(None)", "import os\nos.fspath(E())"],
        "async def f():\n    async for x in E(): pass\nf().send(None)",
        "import math\nmath.floor(E())",
        "import operator\noperator.index(E())",
        "isinstance(E(), E), issubclass(E, E), isinstance(1, E), E.__mro__, type(E)",
        "del E().x\n0",
        "E.__name__, E.__qualname__, E.__module__, E.__doc__",
        "'%d' % E()",
        "''.join([E()])",
        "{}[E()]",
      ].map((code) =>
        code.replaceAll("E(", "Empty(").replaceAll("E.", "Empty.").replaceAll(", E", ", Empty")
          .replaceAll("(E)", "(Empty)")
      ),
      { Empty: containers.Empty },
      twinsOf("class Empty:\n    __slots__ = ('__weakref__',)\n    def __init__(self): pass", [
        "Empty",
      ]),
    );
  });

  test("__next__() gives items and ends, however it is asked", () => {
    assertTwins(
      [
        "list(Counter(3))",
        "c = Counter(2)\nnext(c), next(c), next(c, 'end')",
        "next(Counter(0))",
        "[*Counter(2)], sum(Counter(4)), list(zip(Counter(9), 'ab'))",
        "c = Counter(3)\nnext(c)\nlist(c), list(c)",
        "from itertools import islice, chain\nlist(chain(Counter(2), islice(Counter(9), 2)))",
        "def g():\n    r = yield from Counter(2)\n    yield r\nlist(g())",
        "1 in Counter(3), 7 in Counter(3)",
        "iter(Counter(1)).__class__.__name__",
        "from collections.abc import Iterator\nisinstance(Counter(1), Iterator)",
      ],
      { Counter: containers.Counter },
      twinsOf(containerTwins, ["Counter"]),
    );
  });

  test("a special method whose answer Python cannot use is the error that Python's own would be", () => {
    const values = ["None", "5", "-1", "'x'", "1.5", "[]", "True", "b'y'", "2**70", "object()"];
    const uses = [
      ...["len", "bool", "list", "int", "hash", "str", "repr", "bytes", "complex", "dir", "next"],
    ].map((use) => (value: string) => `${use}(Wrong(${value}))`);
    const more = [
      (value: string) => `1 in Wrong(${value})`,
      (value: string) => `[1, 2][Wrong(${value})]`,
      (value: string) => `format(Wrong(${value}), 'x')`,
      (value: string) => `'%s' % Wrong(${value})`,
      (value: string) => `'{!r}'.format(Wrong(${value}))`,
      (value: string) => `import os\nos.fspath(Wrong(${value}))`,
      (value: string) => `import operator\noperator.length_hint(Wrong(${value}))`,
      (value: string) => `import operator\noperator.index(Wrong(${value}))`,
      (value: string) => `range(Wrong(${value}))`,
      (value: string) => `{Wrong(${value}): 1} and 1`,
    ];
    assertTwins(
      values.flatMap((value) => [...uses, ...more].map((use) => use(value))),
      { Wrong: containers.Wrong },
      twinsOf(containerTwins, ["Wrong"]),
    );
  });
});

// --- numbers and texts ----------------------------------------------------------

class Number_ {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

describe("pyClass() conversions", () => {
  const N = standing(pyClass(Number_, {
    name: "N",
    init: { value: t.float },
    dunders: {
      __int__: (self) => Math.trunc(self.value),
      __float__: (self) => self.value,
      __index__: (self) => Math.trunc(self.value),
      __complex__: (self) => evaluate("complex(x, 1)", { x: self.value }),
      __round__: (self, digits) => `round ${self.value} ${shown(digits)}`,
      __trunc__: (self) => `trunc ${self.value}`,
      __floor__: (self) => `floor ${self.value}`,
      __ceil__: (self) => `ceil ${self.value}`,
      __neg__: (self) => `neg ${self.value}`,
      __pos__: (self) => `pos ${self.value}`,
      __abs__: (self) => `abs ${self.value}`,
      __invert__: (self) => `invert ${self.value}`,
      __bool__: (self) => self.value !== 0,
      __str__: (self) => `str ${self.value}`,
      __repr__: (self) => `N(${self.value})`,
      __format__: (self, spec) => `${self.value}|${spec}`,
      __bytes__: (self) => new TextEncoder().encode(`bytes ${self.value}`),
      __hash__: (self) => Math.trunc(self.value * 10),
      __call__: (self, ...args) => [self.value, ...args],
      __fspath__: (self) => `/tmp/${self.value}`,
      __dir__: () => ["b", "a"],
      __sizeof__: () => 1000,
    },
  }));
  const twin = `
def text(value):
    return str(int(value)) if value == int(value) else str(value)
class N:
    def __init__(self, value): self._v = value
    def __int__(self): return int(self._v)
    def __float__(self): return float(self._v)
    def __index__(self): return int(self._v)
    def __complex__(self): return complex(self._v, 1)
    def __round__(self, ndigits=None): return "round %s %s" % (text(self._v), ndigits)
    def __trunc__(self): return "trunc " + text(self._v)
    def __floor__(self): return "floor " + text(self._v)
    def __ceil__(self): return "ceil " + text(self._v)
    def __neg__(self): return "neg " + text(self._v)
    def __pos__(self): return "pos " + text(self._v)
    def __abs__(self): return "abs " + text(self._v)
    def __invert__(self): return "invert " + text(self._v)
    def __bool__(self): return self._v != 0
    def __str__(self): return "str " + text(self._v)
    def __repr__(self): return "N(%s)" % text(self._v)
    def __format__(self, format_spec): return text(self._v) + "|" + format_spec
    def __bytes__(self): return b"bytes " + text(self._v).encode()
    def __hash__(self): return int(self._v * 10)
    def __call__(self, *args, **kwargs): return [self._v if self._v % 1 else int(self._v), *args] + ([kwargs] if kwargs else [])
    def __fspath__(self): return "/tmp/" + text(self._v)
    def __dir__(self): return ["b", "a"]
    def __sizeof__(self): return 1000
`;

  test("__int__(), __float__(), __str__() and the like do what Python's do", () => {
    const codes = ["1", "0", "-3", "2.5"].flatMap((value) =>
      [
        ...["int(x)", "float(x)", "complex(x)", "round(x)", "round(x, 2)", "round(x, ndigits=1)"],
        ...[
          "-x",
          "+x",
          "~x",
          "abs(x)",
          "bool(x)",
          "not x",
          "str(x)",
          "repr(x)",
          "ascii(x)",
          "hash(x)",
        ],
        ...[
          "format(x)",
          "format(x, '>5')",
          "f'{x}'",
          "f'{x:.2f}'",
          "f'{x!r:>10}'",
          "'%s %r' % (x, x)",
        ],
        ...[
          "'{:a}'.format(x)",
          "bytes(x)",
          "[10, 20, 30][x]",
          "'abc'[x:]",
          "list(range(x))",
          "hex(x)",
        ],
        ...[
          "bin(x)",
          "chr(x)",
          "x()",
          "x(1, 'a')",
          "x(1, k=2)",
          "callable(x)",
          "dir(x)",
          "'a' * x",
        ],
        ...["import math\nmath.sqrt(x)", "import math\nmath.floor(x)", "import math\nmath.ceil(x)"],
        ...["import math\nmath.trunc(x)", "import operator\noperator.index(x)", "{x: 1}[x]"],
        ...["import os\nos.fspath(x)", "import os\nos.path.join('a', x)", "x.__sizeof__()"],
        ...[
          "'%d' % x",
          "'%f' % x",
          "divmod(7, int(x) or 1)",
          "[x]",
          "{'k': x}",
          "print(x, file=__import__('io').StringIO())",
        ],
        ...[
          "x.__int__()",
          "x.__call__(5)",
          "x.__format__()",
          "x.__hash__(1)",
          "x.__bool__() is True",
        ],
        "1 if x else 2",
        "any([x]), all([x])",
        "sorted([3, 1], key=lambda i: -i if x else i)",
        "isinstance(x, __import__('typing').SupportsInt)",
      ].map((code) => `x = N(${value})\n${code}`)
    );
    assertTwins(codes, { N }, twinsOf(twin, ["N"]));
  });

  class Bad {}
  const wrong = new Error("bad");
  const B = forBad(Bad, () => {
    throw wrong;
  });
  test("an error of a special method reaches Python's caller as it was thrown", () => {
    for (
      const use of [
        "len(x)",
        "x[0]",
        "x + 1",
        "x == 1",
        "str(x)",
        "hash(x)",
        "1 in x",
        "x()",
        "x.a",
      ]
    ) {
      assert.strictEqual(
        evaluate(`x = B()\ntry:\n    ${use}\nexcept Exception as e:\n    got = e\ngot`, { B }),
        wrong,
        use,
      );
    }
  });
});

function forBad(cls: new () => object, fail: () => never): PyValue {
  const names = ["len", "getitem", "add", "eq", "str", "hash", "contains", "call", "getattr"];
  const dunders = Object.fromEntries(names.map((name) => [`__${name}__`, fail]));
  return standing(pyClass(cls, { dunders }));
}
