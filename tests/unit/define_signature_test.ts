import assert from "node:assert/strict";
import { describe } from "node:test";
import { pyClass, pyFunction, pyModule, t } from "../../mod.ts";
import {
  assertTwins,
  callsOf,
  listing,
  listOfNames,
  made,
  outcome,
  parametersOf,
  pick,
  standing,
} from "../fixtures/twins.ts";
import { evaluate, py, test, thrownBy } from "../fixtures/python.ts";

/** Parameter lists of every kind and order. */
const LISTS = [
  "",
  "a",
  "a, b",
  "a=1",
  "a, b=2",
  "a=None, b='x'",
  "a, /",
  "a, b, /",
  "a=1, /",
  "a, b=1, /",
  "a, /, b",
  "a, /, b=2",
  "a=1, /, b=2",
  "*, a",
  "*, a=1",
  "*, a, b=1",
  "*, a=1, b",
  "a, *, b",
  "a, *, b=True",
  "a=1, *, b",
  "a, /, *, b",
  "a, /, b, *, c",
  "*args",
  "a, *args",
  "a=1, *args",
  "a, /, *args",
  "*args, a",
  "*args, a=1",
  "**kwargs",
  "a, **kwargs",
  "a, /, **kwargs",
  "a=1, /, **kwargs",
  "*, a, **kwargs",
  "*args, **kwargs",
  "a, *args, **kwargs",
  "a, b=2, *args, c, **kwargs",
  "a, /, b=None, *args, c, d=5, **kwargs",
  "a, b, c=False, d=-1.5",
  "self, cls",
  "js, call, refuse, self",
];

/** Everything that is asked of a function. */
const QUESTIONS = [
  "import inspect\nstr(inspect.signature(f))",
  "import inspect\n[(p.name, str(p.kind), p.default) for p in inspect.signature(f).parameters.values()]",
  "import inspect\ninspect.getfullargspec(f)",
  "f.__name__",
  "f.__qualname__",
  "f.__module__",
  "f.__doc__",
  "f.__defaults__",
  "f.__kwdefaults__",
  "f.__annotations__",
  "f.__dict__.keys() - {'__text_signature__'}",
  "import inspect\ninspect.isfunction(f), inspect.isroutine(f), callable(f)",
  "import inspect\ninspect.getdoc(f)",
  "import pydoc\npydoc.render_doc(f, renderer=pydoc.plaintext)",
  "type(f).__name__",
  "repr(f)",
  "f.no_such_attribute",
  "import typing\ntyping.get_type_hints(f)",
  "from functools import partial\npartial(f, 1).args",
  "bool(f), hash(f) == hash(f), f == f",
  "import weakref\nweakref.ref(f)() is f",
];

describe("pyFunction()", () => {
  for (const list of LISTS) {
    test(`pyFunction() takes the arguments that def f(${list}) takes, with its errors`, () => {
      const module = py.register(
        pyModule("twins", { members: [listing("f", list, "Doc.\n\nMore.")] }),
      );
      try {
        const ours = { f: py.import("twins").f };
        const { f } = made(
          `def f(${list}):\n    return ${listOfNames(list)}\nf.__doc__ = "Doc.\\n\\nMore."`,
        );
        assertTwins(callsOf(list), ours, { f });
        assertTwins(QUESTIONS, ours, { f });
        assertTwins(
          [
            "f(*[1, 2])",
            "f(**{'a': 1})",
            "f(*[1], **{'b': 1})",
            "f(**{1: 2})",
            "f(**{'a b': 2})",
            "f(*5)",
            "f(**5)",
            "f(1, *[2, 3], b=4, **{'a': 5})",
          ],
          ours,
          { f },
        );
        assert.strictEqual(
          outcome("str(f.__text_signature__)", ours),
          outcome("import inspect\nstr(inspect.signature(f))", { f }),
        );
      } finally {
        module();
      }
    });
  }

  test("pyFunction() without params takes anything, names as one trailing object", () => {
    py.globals.f = pyFunction("f", {}, (...values: unknown[]) => values);
    assert.deepStrictEqual(evaluate("f(1, 'x', b=2)", { f: py.globals.f }).$.toJs(), [1, "x", {
      b: 2,
    }]);
    assert.strictEqual(
      outcome("import inspect\nstr(inspect.signature(f))", { f: py.globals.f }),
      "str '(*args, **kwargs)'",
    );
    delete py.globals.f;
  });

  test("pyFunction() says its types in its signature, as annotations do", () => {
    const f = pyFunction("f", {
      params: {
        a: t.int,
        b: t.list(t.str),
        c: t.optional(t.float).default(null),
        d: t.str.default(null),
        args: t.args(t.bytes),
        e: t.literal("x", 1).keywordOnly(),
        kwargs: t.kwargs(t.bool),
      },
      returns: t.dict(t.str, t.tuple(t.int, t.int)),
    }, () => new Map());
    const theirs = made(`
import typing
try:
    list[int]
    List, Dict, Tuple = list, dict, tuple
except TypeError:
    List, Dict, Tuple = typing.List, typing.Dict, typing.Tuple
def f(a: int, b: List[str], c: typing.Optional[float] = None, d: typing.Optional[str] = None,
      *args: bytes, e: typing.Literal["x", 1], **kwargs: bool) -> Dict[str, Tuple[int, int]]: ...
`);
    assertTwins(
      [
        "import inspect\nstr(inspect.signature(f))",
        "import typing\ntyping.get_type_hints(f)",
        "f.__annotations__",
      ],
      { f },
      { f: theirs.f },
    );
  });

  test("pyFunction() keeps a default that is no literal as an object", () => {
    const f = pyFunction("f", {
      params: { a: t.list(t.int).default([1]), b: t.bytes.default(new Uint8Array([65])) },
    }, (a, b) => [a, b]);
    assertTwins(
      ["import inspect\nstr(inspect.signature(f).replace(return_annotation=inspect.Signature.empty))"],
      { f: evaluate("f.__annotations__.clear()\nf", { f }) },
      pick(made("def f(a=[1], b=b'A'): ..."), "f"),
    );
    assert.strictEqual(outcome("f()", { f }), "list [[1], b'A']");
    assert.strictEqual(outcome("str(f.__text_signature__)", { f }), `str "(a=[1], b=b'A')"`);
  });

  test("pyFunction() refuses what Python's compiler would refuse", () => {
    const f = (params: Record<string, never>) => () => pyFunction("f", { params }, () => 1);
    const message = (params: unknown) => thrownBy(f(params as never)).message;
    assert.match(message({ "a b": t.int }), /a parameter must be a name of Python, not "a b"/);
    assert.match(message({ class: t.int }), /a parameter must be a name of Python, not "class"/);
    assert.match(message({ a: t.int.default(1), b: t.int }), /without a default follows 'a'/);
    assert.match(message({ a: t.args(t.int), b: t.args(t.int) }), /'b' \(\*args\) cannot follow/);
    assert.match(message({ a: t.kwargs(t.int), b: t.int }), /'b' .* cannot follow/);
    assert.match(
      message({ a: t.int, b: t.int.positionalOnly() }),
      /positional-only\) cannot follow/,
    );
    assert.match(message({ a: 5 }), /the type of parameter 'a' must be one of t, not 5/);
    assert.match(
      thrownBy(() => pyFunction("1f", {}, () => 1)).message,
      /pyFunction\(name\) must be/,
    );
    assert.match(
      thrownBy(() => pyFunction("f", { parms: {} } as never, () => 1)).message,
      /pyFunction\("f"\) has no option "parms"; there are doc, params, returns/,
    );
    assert.match(
      thrownBy(() => pyFunction("f", {}, 5 as never)).message,
      /takes a function last, not 5/,
    );
  });

  test("pyFunction() lets an error of its implementation through, both ways the same object", () => {
    const wrong = new RangeError("no");
    const f = pyFunction("f", { params: { x: t.any } }, () => {
      throw wrong;
    });
    assert.strictEqual(thrownBy(() => evaluate("f(1)", { f })), wrong);
    assert.strictEqual(outcome("f(1)", { f }), "raises JsRangeError: RangeError: no");
    const g = pyFunction("g", { params: { x: t.callable } }, (x) => x());
    assert.strictEqual(
      outcome(
        "e = KeyError('k')\ndef x():\n    raise e\ntry:\n    g(x)\nexcept KeyError as c:\n    same = c is e\nsame",
        { g },
      ),
      "bool True",
    );
  });
});

/** Classes: the declared one, and Python's. */
describe("pyClass()", () => {
  for (const list of LISTS.filter((each) => !/self|cls/.test(each))) {
    class C {
      readonly values: unknown[];
      constructor(...values: unknown[]) {
        this.values = values;
      }
      m(...values: unknown[]): unknown[] {
        return values;
      }
      static s(...values: unknown[]): unknown[] {
        return values;
      }
      static c(...values: unknown[]): unknown[] {
        return values;
      }
    }
    const params = parametersOf(list);
    const declared = pyClass(C, {
      doc: "A class.",
      init: { params },
      properties: { values: { type: t.any, doc: "What it was given.", readonly: true } },
      methods: { m: { params, doc: "A method." } },
      staticMethods: { s: { params, doc: "A static method." } },
      classMethods: { c: { params, doc: "A class method." } },
    });
    const type = standing(declared);

    test(`pyClass() takes the arguments of (${list}) in methods and the constructor`, () => {
      const comma = list ? ", " : "";
      // A positional-only list makes self positional-only too, in Python as here.
      const withSelf = (self: string) => `${self}${comma}${list}`;
      const values = listOfNames(list);
      const twin = made(`
class C:
    """A class."""
    __slots__ = ("_values", "__weakref__")
    def __init__(${withSelf("self")}):
        self._values = ${values}
    def m(${withSelf("self")}):
        """A method."""
        return ${values}
    @staticmethod
    def s(${list}):
        """A static method."""
        return ${values}
    @classmethod
    def c(${withSelf("cls")}):
        """A class method."""
        return ${values}
    @property
    def values(self):
        """What it was given."""
        return self._values
`);
      const ours = { C: type };
      const theirs = { C: twin.C };
      const [first] = callsOf(list).filter((call) =>
        outcome(call, { f: made(`def f(${list}): ...`).f }) === "NoneType None"
      );
      const built = first!.replace(/^f/, "C");
      const calls = callsOf(list, "").filter((_, i) => i % 3 === 0);
      assertTwins(calls.map((call) => `C${call}.values`), ours, theirs);
      assertTwins(calls.map((call) => `C.s${call}`), ours, theirs);
      assertTwins(calls.map((call) => `C.c${call}`), ours, theirs);
      assertTwins(calls.map((call) => `${built}.m${call}`), ours, theirs);
      const signature = (of: string) => `import inspect\nstr(inspect.signature(${of}))`;
      assertTwins(
        [
          ...["C", "C.__init__", "C.m", `${built}.m`, "C.s", "C.c"].map(signature),
          ...["C", "C.m", "C.s", "C.c", "C.__init__"].flatMap((of) =>
            ["__name__", "__qualname__", "__module__", "__doc__"].map((name) =>
              `${of}.${name}` === "C.__init__.__doc__" ? "C.__init__.__doc__" : `${of}.${name}`
            )
          ),
          ...["C.m", "C.s", "C.c", `${built}.m`, "C.values"].map((of) =>
            `import pydoc\npydoc.render_doc(${of}, renderer=pydoc.plaintext)`
          ),
          "C.m()",
          "C.m.__get__",
          `${built}.values`,
          `${built}.values = 1\n0`,
          `C.values.__doc__`,
          `repr(C)`,
          `type(C).__name__`,
          `C.__bases__, C.__mro__`,
          `${built}.nothing`,
          `${built}.nothing = 1\n0`,
          `C.nothing`,
          `import inspect\n[(k, inspect.isfunction(getattr(C, k))) for k in ('m', 's', 'c')]`,
          `import inspect\ninspect.ismethod(C.c), inspect.isclass(C), inspect.isdatadescriptor(C.values)`,
          `sorted(k for k in dir(C) if not k.startswith('_'))`,
        ],
        ours,
        theirs,
      );
    });
  }
});
