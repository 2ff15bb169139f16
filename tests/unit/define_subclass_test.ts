import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyClass, type PyObject, t } from "../../mod.ts";
import { made, outcome, standing } from "../fixtures/twins.ts";
import { collectedTo, testCollected } from "../fixtures/collected.ts";
import { collectPython, evaluate, forGood, py, test, thrownBy } from "../fixtures/python.ts";

class Message {
  kind: string;
  constructor(kind: string) {
    this.kind = kind;
  }
  describe(): string {
    return `${this.label()} of ${this.size}`;
  }
  label(): string {
    return `message ${this.kind}`;
  }
  get size(): number {
    return 1;
  }
  add(a: number, b = 0): number {
    return a + b;
  }
  sum(a: number, b: number | null): number {
    return b === null ? this.add(a) : this.add(a, b);
  }
  given(): unknown {
    return this.order(undefined, 5);
  }
  order(a?: unknown, b?: unknown, c?: unknown): unknown {
    return [a, b, c];
  }
  static make(this: new (kind: string) => Message, kind: string): Message {
    return new this(kind);
  }
  static twice(text: string): string {
    return text + text;
  }
}

const Type = standing(pyClass(Message, {
  init: { kind: t.str.default("plain") },
  properties: { kind: t.str, size: t.int },
  methods: {
    describe: { returns: t.str },
    label: { returns: t.str },
    add: { params: { a: t.int, b: t.int.default(0) }, returns: t.int },
    sum: { params: { a: t.int, b: t.any.default(null) }, returns: t.int },
    given: {},
    order: { params: { a: t.int.default(1), b: t.int.default(2), c: t.int.default(3) } },
  },
  staticMethods: { twice: { params: { text: t.str }, returns: t.str } },
  classMethods: { make: { params: { kind: t.str } } },
  dunders: { __repr__: (self) => `<Message ${self.kind}>` },
}));

const run = (code: string, names: Record<string, unknown> = {}): string =>
  outcome(code, { Message: Type, ...names });

describe("a Python subclass", () => {
  testCollected("overrides methods, which TypeScript then calls", () => {
    const cases: [string, string][] = [
      [
        "class M(Message):\n    def label(self): return 'mine'\nM('k').describe()",
        "str 'mine of 1'",
      ],
      [
        "class M(Message):\n    def label(self): return 'my ' + super().label()\nM('k').describe()",
        "str 'my message k of 1'",
      ],
      [
        "class M(Message):\n    @property\n    def size(self): return 5 + super().size\nM('k').describe()",
        "str 'message k of 6'",
      ],
      ["class M(Message):\n    size = 9\nM('k').describe()", "str 'message k of 9'"],
      [
        "class M(Message):\n    def label(self): return 'A'\nclass N(M):\n    def label(self): return super().label() + 'B'\nN().describe(), M().describe()",
        "tuple ('AB of 1', 'A of 1')",
      ],
      [
        "class M(Message):\n    def add(self, a, b): return super().add(a, b) * 10\nM().sum(1, 2), M().add(1, 2)",
        "tuple (30, 30)",
      ],
      [
        "class M(Message):\n    def order(self, *args): return args\nM().given()",
        "tuple (1, 5)",
      ],
      [
        "class M(Message):\n    def add(self, *args, **kw): return len(args) * 10 + len(kw)\nM().sum(1)",
        "int 10",
      ],
      [
        "class M(Message):\n    def describe(self): return super().describe()\nM('q').describe()",
        "str 'message q of 1'",
      ],
      ["class M(Message):\n    label = lambda self: 'lambda'\nM().describe()", "str 'lambda of 1'"],
      [
        "class M(Message):\n    @staticmethod\n    def label(): return 'static'\nM().describe()",
        "str 'static of 1'",
      ],
      [
        "class M(Message):\n    @classmethod\n    def label(cls): return cls.__name__\nM().describe()",
        "str 'M of 1'",
      ],
      [
        "class M(Message):\n    def __repr__(self): return 'M!'\nrepr(M()), str(M())",
        "tuple ('M!', 'M!')",
      ],
      ["class M(Message): pass\nrepr(M('a'))", "str '<Message a>'"],
      [
        "class Mixin:\n    def label(self): return 'mixin+' + super().label()\nclass M(Mixin, Message): pass\nM('k').describe()",
        "str 'mixin+message k of 1'",
      ],
      [
        "class Mixin:\n    def label(self): return 'mixin'\n    def more(self): return 1\nclass M(Message, Mixin): pass\nM('k').describe(), M().more()",
        "tuple ('message k of 1', 1)",
      ],
      [
        "class M(Message):\n    def label(self): return 5\nM().describe()",
        "raises JsTypeError: TypeError: label() of the Python subclass must be str, not int",
      ],
      [
        "class M(Message):\n    size = 'x'\nM().describe()",
        "raises JsTypeError: TypeError: size of the Python subclass must be int, not str",
      ],
      [
        "class M(Message):\n    def label(self): raise KeyError('own')\nM().describe()",
        "raises KeyError: 'own'",
      ],
      [
        "class M(Message):\n    label = None\nM().describe()",
        "raises TypeError: 'NoneType' object is not callable",
      ],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, run(code)]),
      cases.map(([code, wanted]) => [code, wanted]),
    );
  });

  testCollected("has __init__ with other parameters", () => {
    const cases: [string, string][] = [
      [
        "class M(Message):\n    def __init__(self, a, *, b=2):\n        super().__init__('k')\n        self.a = a + b\nm = M(1)\nm.a, m.kind, m.describe()",
        "tuple (3, 'k', 'message k of 1')",
      ],
      [
        "class M(Message):\n    def __init__(self): self.x = 1\nM().describe()",
        "raises RuntimeError: Message.__init__() was not called: M.__init__() must call super().__init__()",
      ],
      [
        "class M(Message):\n    def __init__(self): self.x = 1\nM().x",
        "int 1",
      ],
      [
        "class M(Message):\n    def __init__(self): self.x = 1\nM().kind",
        "raises RuntimeError: Message.__init__() was not called: M.__init__() must call super().__init__()",
      ],
      [
        "m = Message()\nm.__init__()",
        "raises JsTypeError: TypeError: Message.__init__() was called a second time",
      ],
      [
        "class M(Message): pass\nM(1)",
        "raises TypeError: Message.__init__() argument 'kind' must be str, not int",
      ],
      [
        "Message.__new__(Message).kind",
        "raises RuntimeError: Message.__init__() was not called: Message.__init__() must call super().__init__()",
      ],
      [
        "Message.label(5)",
        "raises TypeError: a method of 'Message' was called with a 'int' object",
      ],
      [
        "class M(Message):\n    def __new__(cls, *a):\n        made = super().__new__(cls)\n        made.early = a\n        return made\nm = M('z')\nm.early, m.kind",
        "tuple (('z',), 'z')",
      ],
      [
        "from dataclasses import dataclass\n@dataclass\nclass M(Message):\n    a: int\n    b: str = 'b'\n    def __post_init__(self): super().__init__(self.b)\nm = M(1)\nm.a, m.kind, repr(m)",
        "tuple (1, 'b', \"M(a=1, b='b')\")",
      ],
      [
        "class M(Message):\n    __slots__ = ('extra',)\nm = M('s')\nm.extra = 4\nm.extra, m.kind, hasattr(m, '__dict__')",
        "tuple (4, 's', False)",
      ],
      [
        "class M(Message):\n    __slots__ = ()\nm = M()\nm.x = 1\n0",
        "raises AttributeError: 'M' object has no attribute 'x'",
      ],
      [
        "class M(Message):\n    def __getattr__(self, name): return name * 2\nm = M()\nm.ab, m.kind",
        "tuple ('abab', 'plain')",
      ],
    ];
    assert.deepStrictEqual(
      cases.map((
        [code],
      ) => [
        code,
        run(code).replace(
          "attribute 'x' and no __dict__ for setting new attributes",
          "attribute 'x'",
        ),
      ]),
      cases.map(([code, wanted]) => [
        code,
        py.version[1] < 10
          ? wanted.replace("TypeError: Message.__init__()", "TypeError: Message.__init__()")
          : wanted,
      ]),
    );
  });

  testCollected("is known to isinstance(), abc and the class methods of the base", () => {
    const cases: [string, string][] = [
      [
        "class M(Message): pass\nisinstance(M(), Message), issubclass(M, Message), isinstance(Message(), M)",
        "tuple (True, True, False)",
      ],
      [
        "import abc\nclass A(abc.ABC): pass\nA.register(Message)\nisinstance(Message(), A)",
        "bool True",
      ],
      [
        "import abc\nclass M(Message, abc.ABC):\n    @abc.abstractmethod\n    def need(self): ...\nclass N(M):\n    def need(self): return 1\nN('n').need(), N('n').describe()",
        "tuple (1, 'message n of 1')",
      ],
      ["class M(Message): pass\nm = M.make('x')\ntype(m).__name__, m.kind", "tuple ('M', 'x')"],
      [
        "class M(Message):\n    def __init__(self, kind): super().__init__('own ' + kind)\nm = M.make('x')\ntype(m).__name__, m.kind",
        "tuple ('M', 'own x')",
      ],
      [
        "class M(Message):\n    @classmethod\n    def make(cls, kind): return super().make(kind + '!')\nM.make('x').kind",
        "str 'x!'",
      ],
      ["type(Message.make('x')).__name__", "str 'Message'"],
      ["class M(Message): pass\nM.twice('a'), M().twice('b')", "tuple ('aa', 'bb')"],
      [
        "class M(Message): pass\nM.__mro__[1] is Message, M.__bases__, M.__subclasses__()",
        "tuple (True, (<class 'twins.Message'>,), [])",
      ],
      ["import weakref\nclass M(Message): pass\nm = M()\nweakref.ref(m)() is m", "bool True"],
      ["class M(Message): pass\nM.make.__self__ is M", "bool True"],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, run(code)]),
      cases.map(([code, wanted]) => [code, wanted]),
    );
  });

  testCollected("is one object on each side: `===` and `is`", () => {
    const { M, same } = made(
      "class M(Message):\n    def label(self): return 'mine'\ndef same(a, b): return a is b",
      { Message: Type },
    );
    const fromPython = evaluate("M('k')", { M });
    assert.ok(fromPython instanceof Message);
    assert.strictEqual(fromPython.describe(), "mine of 1");
    assert.strictEqual(evaluate("[m][0]", { m: fromPython }), fromPython);
    assert.strictEqual(same(fromPython, fromPython), true);
    assert.strictEqual(fromPython.constructor.name, "M");
    assert.strictEqual(evaluate("type(m) is M", { m: fromPython, M }), true);

    const fromScript = new (fromPython.constructor as typeof Message)("made here");
    assert.strictEqual(evaluate("type(m) is M and m.kind", { m: fromScript, M }), "made here");
    assert.strictEqual(same(fromScript, fromScript), true);
    assert.strictEqual(fromScript.label(), "mine");
    assert.strictEqual(new M("by the type").kind, "by the type");
    // The class made for the subclass is the subclass in Python.
    assert.strictEqual(evaluate("c is M", { c: fromPython.constructor, M }), true);
  });

  test("keeps the state of Python while only TypeScript holds the instance", async () => {
    const before = py.debug.counts().hostValues;
    let held: Message | null = py.scope(() => {
      const { M } = made("class M(Message):\n    def label(self): return self.state", {
        Message: Type,
      });
      return evaluate("m = M('k')\nm.state = 'kept'\nm", { M });
    });
    for (let i = 0; i < 3; i++) collectPython();
    assert.strictEqual(held!.label(), "kept");
    assert.strictEqual(evaluate("m.state", { m: held }), "kept");
    collectPython();
    evaluate("m.state = 'changed'", { m: held });
    collectPython();
    assert.strictEqual(held!.label(), "changed");
    held = null;
    await collectedTo(before);
  });

  test("of an instance made by TypeScript has no Python object until Python sees it", () => {
    const message = new Message("ts");
    assert.strictEqual(evaluate("m.describe()", { m: message }), "message ts of 1");
    assert.strictEqual(evaluate("m", { m: message }), message);
    assert.strictEqual(evaluate("a is b", { a: message, b: message }), true);
    evaluate("m.kind = 'set'", { m: message });
    assert.strictEqual(message.kind, "set");
    assert.match(
      thrownBy(() => evaluate("m.size = 1", { m: message })).message,
      /^AttributeError: .*(can't set attribute|has no setter)/,
    );
    assert.strictEqual(
      thrownBy(() => evaluate("m.kind = 1", { m: message })).message,
      "TypeError: Message.kind must be str, not int",
    );
  });
});

describe("a TypeScript subclass", () => {
  class Base {
    name(): string {
      return "base";
    }
    tell(): string {
      return `I am ${this.name()}`;
    }
  }
  class Declared extends Base {
    override name(): string {
      return "declared";
    }
    extra(): number {
      return 1;
    }
  }
  class Undeclared extends Base {
    override name(): string {
      return "undeclared";
    }
  }
  const B = standing(pyClass(Base, {
    methods: { name: { returns: t.str }, tell: { returns: t.str } },
  }));
  const D = standing(pyClass(Declared, {
    methods: { name: { returns: t.str }, extra: { returns: t.int } },
  }));
  const names = { Base: B, Declared: D };

  class Named {
    constructor(readonly label: string) {}
  }
  class Heir extends Named {
    age = 1;
  }
  class Fixed extends Named {
    constructor() {
      super("fixed");
    }
  }
  class Listing {}
  const generic = forGood(() =>
    evaluate("import typing\ntyping.Generic[typing.TypeVar('T')]") as PyObject
  );
  const L = standing(pyClass(Listing, { bases: [generic] }));
  const properties = { label: t.str };
  const heirs = {
    Named: standing(pyClass(Named, { init: { label: t.str }, properties })),
    Heir: standing(pyClass(Heir)),
    Fixed: standing(pyClass(Fixed)),
  };

  test("without a constructor of its own takes what that of its base takes", () => {
    const cases: [string, string][] = [
      ["Heir('x').label, Heir(label='y').label", "tuple ('x', 'y')"],
      ["Heir(5)", "raises TypeError: Heir.__init__() argument 'label' must be str, not int"],
      ["import inspect\nstr(inspect.signature(Heir))", "str '(label: str)'"],
      ["Fixed().label", "str 'fixed'"],
      ["import inspect\nstr(inspect.signature(Fixed))", "str '()'"],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, py.scope(() => outcome(code, heirs))]),
      cases,
    );
  });

  test("of a generic alias is generic", () => {
    const cases: [string, string][] = [
      ["Listing[int]().__class__ is Listing", "bool True"],
      ["[base.__name__ for base in Listing.__mro__]", "list ['Listing', 'Generic', 'object']"],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, outcome(code, { Listing: L })]),
      cases,
    );
  });

  test("of what is no class says so", () => {
    class Wrong {}
    const wrong = pyClass(Wrong, { bases: [5 as unknown as string] });
    assert.strictEqual(
      thrownBy(() => py.toPython(wrong)).message,
      "TypeError: 'Wrong' cannot have 5 as a base: bases are classes, or their names",
    );
  });

  testCollected("that is declared derives from its base in Python too", () => {
    const cases: [string, string][] = [
      ["Declared().tell(), Base().tell()", "tuple ('I am declared', 'I am base')"],
      ["Declared.__bases__[0] is Base, isinstance(Declared(), Base)", "tuple (True, True)"],
      ["Base.name(Declared())", "str 'base'"],
      ["super(Declared, Declared()).name()", "str 'base'"],
      ["Declared().extra()", "int 1"],
      [
        "Declared.extra(Base())",
        "raises TypeError: a method of 'Declared' was called with an instance of another class",
      ],
      [
        "class P(Declared):\n    def name(self): return 'python ' + super().name()\nP().tell()",
        "str 'I am python declared'",
      ],
      [
        "class P(Base):\n    def name(self): return 'python ' + super().name()\nP().tell()",
        "str 'I am python base'",
      ],
      [
        "class P(Declared): pass\nclass Q(P):\n    def tell(self): return 'Q ' + super().tell()\nQ().tell()",
        "str 'Q I am declared'",
      ],
    ];
    assert.deepStrictEqual(
      cases.map(([code]) => [code, outcome(code, names).replace("JsTypeError: ", "")]),
      cases.map(([code, wanted]) => [code, wanted]),
    );
  });

  test("that is not declared crosses as its nearest declared class", () => {
    const value = new Undeclared();
    assert.strictEqual(evaluate("type(v).__name__", { v: value }), "Base");
    assert.strictEqual(evaluate("v.tell()", { v: value }), "I am undeclared");
    assert.strictEqual(evaluate("v", { v: value }), value);
    const declared = new Declared();
    assert.strictEqual(evaluate("v.tell()", { v: declared }), "I am declared");
    assert.strictEqual(evaluate("type(v).__name__", { v: declared }), "Declared");
  });

  test("passed as a value is the Python type, which comes back as the class", () => {
    assert.strictEqual(evaluate("C is D", { C: Declared, D }), true);
    assert.strictEqual(evaluate("[C][0]", { C: Declared }), Declared);
    assert.strictEqual(evaluate("type(v)", { v: new Declared() }), Declared);
    assert.strictEqual(evaluate("D", { D }), Declared);
    assert.strictEqual(evaluate("isinstance(v, C)", { v: new Declared(), C: Base }), true);
    assert.strictEqual(evaluate("int", {}).$.type, "type");
    py.globals.DeclaredHere = Declared;
    assert.strictEqual(py.globals.DeclaredHere, Declared);
    assert.strictEqual(
      evaluate("DeclaredHere().tell()", { DeclaredHere: Declared }),
      "I am declared",
    );
    delete py.globals.DeclaredHere;
  });
});
