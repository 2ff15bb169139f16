import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef, pyClass, type PyValue, raise, t } from "../../mod.ts";
import { assertTwins, made, outcome, standing } from "../fixtures/twins.ts";
import { testCollected } from "../fixtures/collected.ts";
import { evaluate, py, test } from "../fixtures/python.ts";

const twinsOf = (code: string, names: readonly string[]): Record<string, PyValue> => {
  const twins = made(code);
  return Object.fromEntries(names.map((name) => [name, twins[name]]));
};

// --- attributes ---------------------------------------------------------------

describe("pyClass() attributes", () => {
  class Record_ {
    readonly values = new Map<string, unknown>();
    readonly fixed = 7;
  }
  const find = (self: Record_, name: string): unknown =>
    self.values.has(name) ? self.values.get(name) : raise(py.builtins.AttributeError, `no ${name}`);
  const R = standing(pyClass(Record_, {
    name: "R",
    properties: { fixed: t.int },
    dunders: {
      __getattr__: find,
      __setattr__: (self, name, value) => void self.values.set(name, value),
      __delattr__: (self, name) => {
        if (!self.values.delete(name)) raise(py.builtins.AttributeError, `no ${name}`);
      },
      __dir__: (self) => [...self.values.keys()],
    },
  }));
  const twin = `
class R:
    __slots__ = ("_values", "__weakref__")
    def __init__(self):
        object.__setattr__(self, "_values", {})
    @property
    def fixed(self): return 7
    def __getattr__(self, name):
        if name in self._values:
            return self._values[name]
        raise AttributeError("no " + name)
    def __setattr__(self, name, value):
        self._values[name] = value
    def __delattr__(self, name):
        if name not in self._values:
            raise AttributeError("no " + name)
        del self._values[name]
    def __dir__(self):
        return list(self._values)
`;

  test("__getattr__(), __setattr__() and the others do what Python's do", () => {
    assertTwins(
      [
        ...["R().x", "x = R()\nx.a = 5\nx.a", "x = R()\nx.a = 5\ndel x.a\nx.a", "del R().q\n0"],
        ...[
          "hasattr(R(), 'x')",
          "getattr(R(), 'x', 5)",
          "R().fixed",
          "x = R()\nx.fixed = 9\nx.fixed",
        ],
        ...["x = R()\nsetattr(x, 'a b', 1)\ngetattr(x, 'a b')", "x = R()\nx.b = x.a = 1\ndir(x)"],
        ...["x = R()\nx.self = x\nx.self is x", "R().__len__", "len(R())", "R().__class__"],
        ...[
          "R.__getattr__(R(), 'y')",
          "R().__dict__",
          "x = R()\nx.__dict__ = 1\nx.__dict__",
        ],
        ...["x = R()\nx.x = 1\nx.x += 1\nx.x", "repr(R()).startswith('<')", "bool(R())"],
        "x = R()\nx._hidden = 1\nx._hidden",
        "import inspect\ninspect.getattr_static(R(), 'x', 'nothing')",
        "x = R()\nx.f = lambda: 3\nx.f()",
      ],
      { R },
      twinsOf(twin, ["R"]),
    );
  });

  testCollected("__getattr__() in a Python subclass comes first, and may ask the base", () => {
    assertTwins(
      [
        "class D(R):\n    def __getattr__(self, name): return 'D ' + name\nD().x",
        "class D(R):\n    def __getattr__(self, name): return super().__getattr__(name)\nD().x",
        "class D(R):\n    y = 1\nD().y",
        "class D(R):\n    def __setattr__(self, n, v): super().__setattr__(n, v * 2)\nd = D()\nd.x = 2\nd.x",
        "class D(R):\n    def __getattribute__(self, name): return object.__getattribute__(self, name)\nD().fixed",
        "class D(R):\n    __slots__ = ()\nD().zz",
      ],
      { R },
      twinsOf(twin, ["R"]),
    );
  });

  // --- descriptors --------------------------------------------------------------

  class Field {
    owner = "";
    name = "";
    readonly seen: string[] = [];
  }
  const F = standing(pyClass(Field, {
    name: "F",
    properties: { owner: t.str, name: t.str },
    dunders: {
      __set_name__: (self, owner, name) => {
        self.owner = owner.__name__;
        self.name = name;
      },
      __get__: (self, instance, owner) =>
        instance === null
          ? self
          : `${self.name} of ${instance.__class__.__name__} ${owner?.__name__}`,
      __set__: (self, instance, value) => void instance.__dict__.$.set(`_${self.name}`, value),
      __delete__: (self, instance) => void instance.__dict__.$.set("deleted", self.name),
    },
  }));
  test("__get__(), __set__(), __delete__() and __set_name__() make a descriptor", () => {
    const owner = "class C:\n    f = F()\n    g = F()\nc = C()\n";
    assertTwins(
      [
        "C.f is C.__dict__['f']",
        "C.f.name, C.g.name, C.f.owner",
        "c.f, c.g",
        "c.f = 5\nc.__dict__",
        "del c.f\nc.__dict__",
        "class D(C): pass\nD().f",
        "import inspect\ninspect.isdatadescriptor(C.__dict__['f'])",
        "C.__dict__['f'].__get__(c, C)",
        "C.__dict__['f'].__get__(c)",
      ].map((code) => owner + code),
      { F },
      twinsOf(
        `
class F:
    owner = name = ""
    def __set_name__(self, owner, name):
        self.owner = owner.__name__
        self.name = name
    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        return "%s of %s %s" % (self.name, instance.__class__.__name__, "undefined" if owner is None else owner.__name__)
    def __set__(self, instance, value):
        instance.__dict__["_" + self.name] = value
    def __delete__(self, instance):
        instance.__dict__["deleted"] = self.name
`,
        ["F"],
      ),
    );
  });
});

// --- with ---------------------------------------------------------------------

describe("pyClass() context managers", () => {
  class Manager {
    readonly log: string[] = [];
    readonly swallow: unknown;
    constructor(swallow: unknown) {
      this.swallow = swallow;
    }
  }
  const M = standing(pyClass(Manager, {
    name: "M",
    init: { swallow: t.any.default(null) },
    properties: { log: t.list(t.str) },
    dunders: {
      __enter__: (self) => {
        self.log.push("enter");
        return self;
      },
      __exit__: (self, type, value, traceback) => {
        self.log.push(
          type === null
            ? `exit ${type} ${value} ${traceback}`
            : `exit ${type.__name__} ${value} ${traceback.$.type}`,
        );
        return self.swallow === "raise" ? raise(py.builtins.KeyError, "own") : self.swallow;
      },
    },
  }));
  const twin = `
class M:
    def __init__(self, swallow=None):
        self.swallow = swallow
        self.log = []
    def __enter__(self):
        self.log.append("enter")
        return self
    def __exit__(self, exc_type, exc_value, traceback):
        self.log.append("exit null null null" if exc_type is None else
                        "exit %s %s %s" % (exc_type.__name__, exc_value, type(traceback).__name__))
        if self.swallow == "raise":
            raise KeyError("own")
        return self.swallow
`;
  const codes = [
    "m = M()\nwith m as n: pass\nn is m, m.log",
    "m = M()\nwith m: raise ValueError('v')\nm.log",
    "m = M(True)\nwith m: raise ValueError('v')\nm.log",
    "m = M(1)\nwith m: raise ValueError('v')\nm.log",
    "m = M('')\nwith m: raise ValueError('v')\nm.log",
    "m = M('raise')\nwith m: raise ValueError('v')\nm.log",
    "m = M('raise')\nwith m: pass\nm.log",
    "m = M('raise')\ntry:\n    with m: raise ValueError('v')\nexcept KeyError as e:\n    c = type(e.__context__).__name__\nc",
    "m = M(True)\nwith m: raise SystemExit(3)\nm.log",
    "m = M(True)\nfor i in range(2):\n    with m: continue\nm.log",
    "def f(m):\n    with m: return 5\nm = M()\nf(m), m.log",
    "m = M(True)\nwith m, m: raise KeyError('k')\nm.log",
    "from contextlib import ExitStack\nm = M(True)\nwith ExitStack() as s:\n    s.enter_context(m)\n    raise KeyError('k')\nm.log",
    "m = M()\ne = ValueError('same')\ntry:\n    with m: raise e\nexcept ValueError as f:\n    same = f is e\nsame",
    "from contextlib import AbstractContextManager\nisinstance(M(), AbstractContextManager)",
  ];
  test("__exit__() swallows and lets through as Python's does", () => {
    assertTwins(codes, { M }, twinsOf(twin, ["M"]));
  });

  testCollected("__exit__() of a Python subclass can ask the base", () => {
    assertTwins(
      [
        "class D(M):\n    def __exit__(self, *a): return super().__exit__(*a)\nm = D(True)\nwith m: raise KeyError('k')\nm.log",
        "class D(M):\n    def __enter__(self): return super().__enter__() is self\nwith D() as d: pass\nd",
      ],
      { M },
      twinsOf(twin, ["M"]),
    );
  });

  class Watcher {
    seen: unknown;
  }
  standing(pyClass(Watcher, {
    dunders: {
      __enter__: (self) => self,
      __exit__(this: Watcher, _type: unknown, value: unknown) {
        this.seen = value;
        return true;
      },
    },
  }));
  test("__exit__() gets an error of TypeScript as the very error", () => {
    const wrong = new Error("e");
    const watcher = new Watcher();
    const fail = (): never => {
      throw wrong;
    };
    evaluate("with w: fail()", { w: watcher, fail });
    assert.strictEqual(watcher.seen, wrong);
  });
});

// --- async --------------------------------------------------------------------

describe("pyClass() asynchronous protocols", () => {
  const helpers = `
async def give(value):
    return value

async def stop():
    raise StopAsyncIteration

def run(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
`;
  class Async {
    left = 3;
  }
  const A = standing(pyClass(Async, {
    name: "A",
    dunders: {
      __await__: () => evaluate("iter([])"),
      __aiter__: (self) => self,
      __anext__: (self) => self.left-- > 0 ? self.give(self.left) : self.stop(),
      __aenter__: (self) => self.give("in"),
      __aexit__: (self, type) => self.give(type !== null),
    } as Record<string, (self: Async & Helpers, ...args: unknown[]) => unknown>,
  }));
  interface Helpers {
    give(value: unknown): unknown;
    stop(): unknown;
  }
  const twin = `
class A:
    def __init__(self): self.left = 3
    def __await__(self): return iter([])
    def __aiter__(self): return self
    def __anext__(self):
        self.left -= 1
        return give(self.left) if self.left >= 0 else stop()
    def __aenter__(self): return give("in")
    def __aexit__(self, exc_type, exc_value, traceback): return give(exc_type is not None)
`;
  test("__await__(), __aiter__() and __aenter__() that give Python objects work under await", () => {
    const { give, stop } = made(helpers);
    Object.assign(Async.prototype, { give, stop });
    try {
      assertTwins(
        [
          "async def f(): return await A()\nrun(f())",
          "async def f(): return [x async for x in A()]\nrun(f())",
          "async def f():\n    async with A() as a: return a\nrun(f())",
          "async def f():\n    async with A() as a: raise KeyError(a)\n    return 'swallowed'\nrun(f())",
          "from collections.abc import *\n[isinstance(A(), c) for c in (Awaitable, AsyncIterator, AsyncIterable, Coroutine)]",
          "import inspect\ninspect.isawaitable(A())",
        ].map((code) => helpers + code),
        { A },
        twinsOf(helpers + twin, ["A"]),
      );
    } finally {
      Object.assign(Async.prototype, { give: undefined, stop: undefined });
    }
  });
});

// --- copies, pickling, generics, subclass hooks ------------------------------------

describe("pyClass() copies", () => {
  class Plain {}
  class Copied {
    readonly value: number;
    constructor(value: number) {
      this.value = value;
    }
  }
  const C = standing(pyClass(Copied, {
    name: "C",
    init: { value: t.int },
    properties: { value: t.int },
    generic: ["T"],
    dunders: {
      __copy__: (self) => new Copied(self.value + 1),
      __deepcopy__: (self, memo) => new Copied(self.value + memo.__class__.__name__.length * 100),
      __reduce__: {
        call: (self: Copied) => [Copied, [self.value]],
        returns: t.tuple(t.any, t.tuple(t.int)),
      },
      __eq__: (self, other) => other instanceof Copied && other.value === self.value,
    },
  }));
  const P = standing(pyClass(Plain, { name: "P" }));
  const twin = `
import sys
if sys.version_info >= (3, 9):
    from types import GenericAlias
else:
    GenericAlias = lambda cls, item: cls
class C:
    def __init__(self, value): self.value = value
    def __copy__(self): return C(self.value + 1)
    def __deepcopy__(self, memo): return C(self.value + 400)
    def __reduce__(self): return C, (self.value,)
    def __eq__(self, other): return isinstance(other, C) and other.value == self.value
    __class_getitem__ = classmethod(GenericAlias)
`;
  test("__copy__(), __deepcopy__() and __reduce__() are what copy and pickle call", () => {
    const module =
      "import sys, types\nm = sys.modules['twins'] = types.ModuleType('twins')\nm.C = C\n";
    try {
      assertTwins(
        [
          "import copy\ncopy.copy(C(1)).value",
          "import copy\ncopy.deepcopy(C(1)).value",
          "import copy\n[x.value for x in copy.deepcopy([C(1), C(2)])]",
          `${module}import pickle\npickle.loads(pickle.dumps(C(5))) == C(5)`,
          `${module}import pickle\n[pickle.loads(pickle.dumps(C(5), p)).value for p in range(5)]`,
          `${module}import pickle\npickle.loads(pickle.dumps(C)) is C`,
          `${module}import pickle\nx = C(1)\na, b = pickle.loads(pickle.dumps([x, x]))\na is b`,
          "C[int] is C or (C[int].__origin__ is C and C[int].__args__)",
          "C[int](3).value",
          "type(C[int, str]).__name__",
          "isinstance(C(1), C)",
        ],
        { C },
        twinsOf(twin, ["C"]),
      );
    } finally {
      evaluate("import sys\nsys.modules.pop('twins', None)\n0");
    }
  });

  test("without them copying and pickling say why not", () => {
    const message =
      "cannot pickle or copy 'P' object: its state is in TypeScript; declare __reduce__, " +
      "__copy__ or __deepcopy__ for it";
    for (const use of ["copy.copy(P())", "copy.deepcopy([P()])", "pickle.dumps(P())"]) {
      assert.strictEqual(
        outcome(`import copy, pickle\n${use}`, { P }),
        `raises TypeError: ${message}`,
      );
    }
    assert.match(outcome("P[int]", { P }), /^raises TypeError: .*not subscriptable/);
  });

  test("a weakref to an instance lives as long as Python's object does", () => {
    assert.strictEqual(
      outcome("import weakref\nx = P()\nweakref.ref(x)() is x", { P }),
      "bool True",
    );
    assert.strictEqual(
      outcome("import weakref, gc\nx = P()\nw = weakref.ref(x)\ndel x\ngc.collect()\nw()", { P }),
      "NoneType None",
    );
    const kept = new Plain();
    assert.strictEqual(
      outcome("import weakref\nweakref.ref(x)() is x, type(x).__name__", { x: kept }),
      "tuple (True, 'P')",
    );
  });
});

describe("pyClass() hooks", () => {
  class Hooked {
    static readonly seen: unknown[] = [];
  }
  const H = standing(pyClass(Hooked, {
    name: "H",
    dunders: {
      __init_subclass__(this: unknown, options: unknown) {
        Hooked.seen.push((this as { name: string }).name, options);
      },
    },
  }));
  testCollected(
    "__init_subclass__() is called with the class of TypeScript for the Python subclass",
    () => {
      Hooked.seen.length = 0;
      assert.strictEqual(
        outcome("class D(H, colour='red'): pass\nclass E(D): pass\nE.__mro__[1] is D", { H }),
        "bool True",
      );
      assert.deepStrictEqual(Hooked.seen, ["D", { colour: "red" }, "E", {}]);
    },
  );

  class Memory {
    readonly bytes = new Uint8Array([1, 2, 3]);
  }
  const B = standing(pyClass(Memory, {
    name: "B",
    dunders: { __buffer__: (self) => byRef(self.bytes) },
  }));
  const [, minor] = py.version;
  if (minor >= 12) {
    test("__buffer__() shares memory from Python 3.12 on", () => {
      assert.strictEqual(outcome("bytes(B())", { B }), "bytes b'\\x01\\x02\\x03'");
      const memory = new Memory();
      evaluate("m = memoryview(x)\nm[0] = 9\nm.release()", { x: memory });
      assert.deepStrictEqual([...memory.bytes], [9, 2, 3]);
    });
  }

  class Missing extends Map<string, number> {}
  const D = standing(pyClass(Missing, {
    name: "D",
    bases: ["dict"],
    dunders: { __missing__: (_self, key) => `no ${key}` },
  }));
  testCollected("__missing__() answers for a key that a dict has not", () => {
    assert.strictEqual(outcome("d = D()\nd['a'] = 1\nd['a'], d['b']", { D }), "tuple (1, 'no b')");
  });
});
