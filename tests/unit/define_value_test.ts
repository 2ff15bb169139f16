import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject, kw, pyClass, pyFunction, type PyObject, type PyValue, t } from "../../mod.ts";
import { outcome, standing } from "../fixtures/twins.ts";
import {
  Config,
  Frozen,
  Level,
  Other,
  Point,
  PyColour,
  PyFlags,
  PyLevel,
  Rec,
  table,
  written,
} from "../fixtures/typed.ts";
import { evaluate, forGood, py, test, testWith, thrownBy } from "../fixtures/python.ts";

const Fraction: PyObject = forGood(() => py.import("fractions").Fraction);

describe("t choices", () => {
  table("t.optional", t.optional(t.int), {
    "None": "null",
    "5": "number 5",
    "'a'": "TypeError: x must be int or None, not str",
  }, [
    [null, "NoneType None"],
    [undefined, "NoneType None"],
    [5, "int 5"],
    ["a", 'TypeError: result must be int or None, not "a"'],
  ]);
  table("t.union", t.union(t.int, t.str, t.list(t.int)), {
    "1": "number 1",
    "'a'": '"a"',
    "[1]": "[number 1]",
    "['a']": "TypeError: x[0] must be int, not str",
    "2**53":
      "OverflowError: x is an int beyond 2**53 - 1, too large for a number of TypeScript; declare it t.bigint",
    "1.5": "TypeError: x must be int or str or list[int], not float",
  }, [
    [1, "int 1"],
    ["a", "str 'a'"],
    [[1], "list [1]"],
    [[""], 'TypeError: result[0] must be int, not ""'],
    [1.5, "TypeError: result must be int or str or list[int], not 1.5"],
  ]);
  table("t.union of float and int", t.union(t.float, t.int), {
    "1": "number 1",
    "True": "number 1",
  }, [
    [1, "float 1.0"],
  ]);
  table("t.instance of an enum", t.instance(PyLevel), {
    "Level.High": "number 2",
    "2": "TypeError: x must be Level, not int",
    "Colour.Red": "TypeError: x must be Level, not twins.Colour",
  }, [
    [Level.Low, "Level <Level.Low: 1>"],
    [3, "TypeError: result must be Level, not 3"],
    ["Low", 'TypeError: result must be Level, not "Low"'],
  ]);
  table("t.instance of a text enum", t.instance(PyColour), {
    "Colour.Blue": '"b"',
    "'b'": "TypeError: x must be Colour, not str",
  }, [
    ["r", "Colour <Colour.Red: 'r'>"],
  ]);
  table("t.instance of flags", t.instance(PyFlags), {
    "Flags.A | Flags.B": "number 3",
    "Flags(0)": "number 0",
    "1": "TypeError: x must be Flags, not int",
  });
  test("t.instance of flags puts members together", () => {
    const f = pyFunction("f", { params: {}, returns: t.instance(PyFlags) }, () => 3 as never);
    assert.strictEqual(outcome("f() == 3, type(f()).__name__", { f }), "tuple (True, 'Flags')");
  });
  test("pyEnum() is an enum in every respect", () => {
    const names = { Level: standing2.Level, Colour: standing2.Colour };
    assert.strictEqual(outcome("[m.name for m in Level]", names), "list ['Low', 'High']");
    assert.strictEqual(
      outcome("Level(2) is Level.High, Level['Low'].value", names),
      "tuple (True, 1)",
    );
    assert.strictEqual(
      outcome("Colour.__doc__, Colour.__module__, Colour.__name__", names),
      "tuple ('Colours.', 'twins', 'Colour')",
    );
    assert.strictEqual(outcome("Level(9)", names), "raises ValueError: 9 is not a valid Level");
    // Without a declared type a member crosses as its value.
    assert.strictEqual(evaluate("Level.High", names), 2);
  });
});

const standing2: Record<string, PyValue> = {
  Level: forGood(() => py.toPython(PyLevel)),
  Colour: forGood(() => py.toPython(PyColour)),
  Rec: forGood(() => py.toPython(Rec)),
  Frozen: forGood(() => py.toPython(Frozen)),
};

describe("t records", () => {
  table("t.instance of a record", t.instance(Rec), {
    "Rec(1)": "{a: number 1, b: []}",
    "Rec(1, ['x'])": '{a: number 1, b: ["x"]}',
    "Rec('a')": "TypeError: x.a must be int, not str",
    "Rec(1, [1])": "TypeError: x.b[0] must be str, not int",
    "{'a': 1}": "TypeError: x must be Rec, not dict",
    "class D(Rec): pass\nD(5)": "{a: number 5, b: []}",
    "r = Rec(1)\ndel r.a\nr": "AttributeError: 'Rec' object has no attribute 'a'",
  }, [
    [{ a: 1 }, "Rec Rec(a=1, b=[])"],
    [{ a: 1, b: ["y"] }, "Rec Rec(a=1, b=['y'])"],
    [{ b: [] }, "TypeError: result lacks the field 'a'"],
    [{ a: "x" }, 'TypeError: result.a must be int, not "x"'],
    [5, "TypeError: result must be Rec, not 5"],
  ]);
  test("pyRecord() is a dataclass in every respect", () => {
    const { Rec, Frozen } = standing2;
    const names = { Rec, Frozen };
    assert.strictEqual(outcome("Rec(1) == Rec(1), Rec(1) == Rec(2)", names), "tuple (True, False)");
    assert.strictEqual(outcome("Rec(1).b is Rec(1).b", names), "bool False");
    assert.strictEqual(
      outcome("import dataclasses\n[f.name for f in dataclasses.fields(Rec)]", names),
      "list ['a', 'b']",
    );
    assert.strictEqual(
      outcome("hash(Frozen(1)) == hash(Frozen(1)), Frozen.__doc__, Frozen.__module__", names),
      "tuple (True, 'Cold.', 'twins')",
    );
    assert.strictEqual(
      outcome("f = Frozen(1)\nf.a = 2\n0", names),
      "raises FrozenInstanceError: cannot assign to field 'a'",
    );
    assert.strictEqual(outcome("hash(Rec(1))", names), "raises TypeError: unhashable type: 'Rec'");
    assert.strictEqual(
      outcome("import copy\ncopy.deepcopy(Rec(1, ['x']))", names),
      "Rec Rec(a=1, b=['x'])",
    );
    assert.match(
      outcome("Rec()", names),
      /^raises TypeError: .*__init__\(\) missing 1 required positional argument: 'a'$/,
    );
  });
});

describe("t.instance()", () => {
  table("of a declared class", t.instance(Point), {
    "Point(3)": "Point 3",
    "5": "TypeError: x must be Point, not int",
    "Point": "TypeError: x must be Point, not type",
    "Point.__new__(Point)":
      "TypeError: x is not initialised: its class did not call super().__init__()",
    "None": "TypeError: x must be Point, not None",
  }, [
    [new Other(), "TypeError: result must be Point, not a value of class Other"],
    [null, "TypeError: result must be Point, not null"],
  ]);
  table("of a class that is not declared", t.instance(Other), {
    "5": "TypeError: x must be Other, not int",
  }, [
    [new Point(1), "TypeError: result must be Other, not a value of class Point"],
  ]);
  table("of a Python class", t.instance(Fraction), {
    "Fraction(1, 2)": "PyObject Fraction(1, 2)",
    "0.5": "TypeError: x must be fractions.Fraction, not float",
  }, [[0.5, "TypeError: result must be fractions.Fraction, not 0.5"]]);

  const f = pyFunction("f", {
    params: { x: t.instance(() => Later) },
    returns: t.instance(() => Later),
  }, (x) => x);
  class Later {}
  const L = standing(pyClass(Later));
  test("takes a class that is declared further down", () => {
    assert.strictEqual(outcome("x = L()\nf(x) is x", { f, L }), "bool True");
    assert.strictEqual(
      outcome("f(1)", { f }),
      "raises TypeError: f() argument 'x' must be Later, not int",
    );
  });

  test("of a class that is not declared gives the same instance back", () => {
    const other = new Other();
    const f = pyFunction(
      "f",
      { params: { x: t.instance(Other) }, returns: t.instance(Other) },
      (x) => x,
    );
    assert.strictEqual(evaluate("f(x)", { f, x: other }), other);
    assert.strictEqual(outcome("f(x) is x", { f, x: other }), "bool True");
  });
});

describe("t of Python's own classes", () => {
  table("t.datetime", t.datetime, {
    "import datetime as d\nd.datetime(2024, 1, 2, 3, 4, 5, 6000, d.timezone.utc)":
      "Date 2024-01-02T03:04:05.006Z",
    "import datetime as d\nd.date(2024, 1, 2)":
      "TypeError: x must be datetime.datetime, not datetime.date",
    "5": "TypeError: x must be datetime.datetime, not int",
  }, [
    [new Date(0), "datetime datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"],
    [5, "TypeError: result must be datetime.datetime, not 5"],
  ]);
  table("t.timedelta", t.timedelta, {
    "import datetime as d\nd.timedelta(seconds=1.5)": "number 1500",
    "5": "TypeError: x must be datetime.timedelta, not int",
  }, [[1500, "timedelta datetime.timedelta(seconds=1, microseconds=500000)"], [
    "x",
    'TypeError: result must be datetime.timedelta, not "x"',
  ]]);
  table("t.decimal", t.decimal, {
    "__import__('decimal').Decimal('1.50')": '"1.50"',
    "1.5": "TypeError: x must be decimal.Decimal, not float",
  }, [["1.50", "Decimal Decimal('1.50')"], [5n, "Decimal Decimal('5')"], [
    1.5,
    "TypeError: result must be decimal.Decimal, not 1.5",
  ]]);
  table("t.uuid", t.uuid, {
    "__import__('uuid').UUID(int=1)": '"00000000-0000-0000-0000-000000000001"',
    "'x'": "TypeError: x must be uuid.UUID, not str",
  }, [
    ["00000000-0000-0000-0000-000000000001", "UUID UUID('00000000-0000-0000-0000-000000000001')"],
    ["no", "ValueError: badly formed hexadecimal UUID string"],
  ]);
  test("t.datetime refuses an invalid Date", () => {
    assert.strictEqual(
      written(t.datetime, new Date(NaN)),
      "ValueError: result must be datetime.datetime, not an invalid Date",
    );
  });
  table("t.any", t.any, { "5": "number 5", "None": "null", "[1]": "PyObject [1]", "'a'": '"a"' }, [
    [[1], "list [1]"],
    [{ a: 1 }, "dict {'a': 1}"],
    [undefined, "NoneType None"],
  ]);
  table(
    "t.object",
    t.object,
    { "5": "PyObject 5", "None": "PyObject None", "'a'": "PyObject 'a'" },
    [[5, "int 5"]],
  );
  table("t.awaitable", t.awaitable(t.any), { "5": "TypeError: x must be awaitable, not int" });
  table("t.asyncIterator", t.asyncIterator(t.any), {
    "[]": "TypeError: x must be asynchronous iterable, not list",
  });
});

describe("t.buffer()", () => {
  test("shares memory during the call, and is released after it", () => {
    let kept: { readonly data: unknown } | undefined;
    const f = pyFunction("f", { params: { x: t.buffer("B") }, returns: t.int }, (x) => {
      kept = x;
      (x.data as Uint8Array)[0] = 9;
      return (x.data as Uint8Array).length;
    });
    assert.strictEqual(
      outcome("b = bytearray(b'abc')\nf(b), b", { f }),
      "tuple (3, bytearray(b'\\tbc'))",
    );
    // A bytearray can be resized only while nobody looks at it.
    assert.strictEqual(outcome("b = bytearray(b'abc')\nf(b)\nb.append(1)\nlen(b)", { f }), "int 4");
    let length = 0;
    try {
      length = (kept!.data as Uint8Array).length;
    } catch {
      // released: to look at it is an error, or nothing is there
    }
    assert.strictEqual(length, 0);
    kept = undefined;
  });
  test("is released too when the call fails", () => {
    const f = pyFunction("f", { params: { x: t.buffer(), y: t.int } }, () => 1);
    assert.strictEqual(
      outcome(
        "b = bytearray(b'abc')\ntry:\n    f(b, 'no')\nexcept TypeError as e:\n    said = str(e)\nb.append(1)\nsaid",
        { f },
      ),
      `str "f() argument 'y' must be int, not str"`,
    );
    const g = pyFunction("g", { params: { x: t.buffer() } }, () => {
      throw new Error("own");
    });
    assert.strictEqual(
      outcome(
        "b = bytearray(b'abc')\ntry:\n    g(b)\nexcept Exception:\n    pass\nb.append(1)\nlen(b)",
        { g },
      ),
      "int 4",
    );
  });
  table("refuses", t.buffer("d"), {
    "b'abc'": "TypeError: x must be a buffer of format 'd', not of format 'B'",
    "5": "TypeError: x must be a buffer of format 'd', not int",
    "'abc'": "TypeError: x must be a buffer of format 'd', not str",
  }, [["x", "TypeError: result must be a buffer of format 'd', not \"x\""]]);
  test("gives typed arrays without a copy", () => {
    const numbers = new Float64Array([1, 2]);
    const f = pyFunction("f", { params: {}, returns: t.buffer() }, () => numbers);
    evaluate("m = f()\nm[1] = 7.5\nm.release()", { f });
    assert.deepStrictEqual([...numbers], [1, 7.5]);
  });
  testWith(["numpy"], "reads numpy arrays", () => {
    const f = pyFunction(
      "f",
      { params: { x: t.buffer("d") }, returns: t.float },
      (x) => (x.data as Float64Array).reduce((a, b) => a + b, 0),
    );
    assert.strictEqual(outcome("import numpy as np\nf(np.arange(4.0))", { f }), "float 6.0");
  });
});

describe("t.callable", () => {
  test("takes what can be called, and gives a function of TypeScript back as itself", () => {
    const own = (x: number) => x + 1;
    let got: unknown;
    const f = pyFunction("f", { params: { x: t.callable }, returns: t.callable }, (x) => {
      got = x;
      return x;
    });
    assert.strictEqual(evaluate("f(own)", { f, own }), own);
    assert.strictEqual(got, own);
    assert.strictEqual(
      outcome("def g(a): return a * 2\nf(g) is g, f(g)(4)", { f }),
      "tuple (True, 8)",
    );
    assert.strictEqual(
      outcome("f(5)", { f }),
      "raises TypeError: f() argument 'x' must be callable, not int",
    );
    assert.strictEqual(outcome("f(len) is len, f(int) is int", { f }), "tuple (True, True)");
    got = undefined;
  });
  test("is called by TypeScript with its arguments converted", () => {
    const f = pyFunction(
      "f",
      { params: { x: t.callable }, returns: t.any },
      (x) => x(1, kw({ b: 2 })),
    );
    assert.strictEqual(outcome("f(lambda a, b: a + b)", { f }), "int 3");
    assert.strictEqual(
      outcome("f(lambda: 0)", { f }).startsWith("raises TypeError: <lambda>() got an unexpected"),
      true,
    );
  });
});

describe("defaults", () => {
  test("reach the implementation as values of the type", () => {
    const f = pyFunction("f", {
      params: {
        a: t.int.default(1),
        b: t.str.default(null),
        c: t.list(t.int).default([1, 2]),
        d: t.float.default(1),
        e: t.instance(PyLevel).default(Level.High),
        g: t.optional(t.int).default(null),
      },
    }, (...values) => values);
    assert.strictEqual(outcome("f()", { f }), "list [1, None, [1, 2], 1, 2, None]");
    assert.strictEqual(outcome("f(b=None, a=5)[:2]", { f }), "list [5, None]");
    assert.strictEqual(
      outcome("f(None)", { f }),
      "raises TypeError: f() argument 'a' must be int, not None",
    );
    assert.strictEqual(
      outcome("import inspect\nstr(inspect.signature(f)).replace('typing.', '')", { f }).includes(
        "d: float = 1.0",
      ),
      true,
    );
  });
  test("that do not fit are refused where the function is made", () => {
    const f = pyFunction("f", {
      params: { a: t.list(t.int).default(["x"] as unknown as number[]) },
    }, () => 1);
    assert.strictEqual(
      thrownBy(() => evaluate("f", { f })).message,
      "Cannot convert $.f: a value of class PyFunction: f(): the default of 'a'[0] must be int, not \"x\"",
    );
  });
});

describe("py.toPython(value, type)", () => {
  test("gives exactly that type", () => {
    const told = (object: unknown) => outcome("x", { x: object });
    assert.strictEqual(told(py.toPython(1, t.float)), "float 1.0");
    assert.strictEqual(told(py.toPython(1n, t.int)), "int 1");
    assert.strictEqual(told(py.toPython([1, 2], t.tuple(t.int, t.float))), "tuple (1, 2.0)");
    assert.strictEqual(told(py.toPython({ host: "h" }, Config)), "dict {'host': 'h'}");
    assert.strictEqual(told(py.toPython(2, t.instance(PyLevel))), "Level <Level.High: 2>");
    assert.strictEqual(told(py.toPython("1.0", t.decimal)), "Decimal Decimal('1.0')");
    assert.strictEqual(told(py.toPython({ a: 1, b: [] }, t.instance(Rec))), "Rec Rec(a=1, b=[])");
    assert.ok(isPyObject(py.toPython("a", t.str)));
    assert.strictEqual(
      thrownBy(() => py.toPython("a", t.int)).message,
      'the value must be int, not "a"',
    );
    assert.strictEqual(
      thrownBy(() =>
        py.toPython(
          { a: [1, { b: "x" }] },
          t.dict(t.str, t.list(t.union(t.int, t.dict(t.str, t.int)))),
        )
      ).message,
      'the value.a[1].b must be int, not "x"',
    );
    assert.match(
      thrownBy(() => py.toPython(1, "int" as never)).message,
      /takes a type of t, not "int"/,
    );
  });
});
