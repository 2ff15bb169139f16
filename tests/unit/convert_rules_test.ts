import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { collectPython, evaluate, py, seen, test } from "../fixtures/python.ts";

describe("implicit conversion to TypeScript", () => {
  const LIVE: Record<string, string> = {
    "a list": "[1]",
    "a tuple": "(1, 2)",
    "a dict": "{'a': 1}",
    "a set": "{1}",
    "a frozenset": "frozenset([1])",
    "a range": "range(3)",
    "a generator": "(x for x in ())",
    "a function": "lambda: 1",
    "a builtin function": "len",
    "a class": "int",
    "a module": "__import__('sys')",
    "a bytearray": "bytearray(b'a')",
    "a memoryview": "memoryview(b'a')",
    "a complex number": "1j",
    "Ellipsis": "...",
    "NotImplemented": "NotImplemented",
    "a slice": "slice(1)",
    "an exception": "ValueError('x')",
    "object()": "object()",
    "an int subclass": "type('I', (int,), {})(5)",
    "a float subclass": "type('F', (float,), {})(5)",
    "a str subclass": "type('S', (str,), {})('x')",
    "a bytes subclass": "type('B', (bytes,), {})(b'x')",
    "a list subclass": "type('L', (list,), {})([1])",
    "a dict subclass": "type('D', (dict,), {})({'a': 1})",
    "an OrderedDict": "__import__('collections').OrderedDict(a=1)",
    "a defaultdict": "__import__('collections').defaultdict(list, a=1)",
    "a Counter": "__import__('collections').Counter('ab')",
    "a ChainMap": "__import__('collections').ChainMap({'a': 1})",
    "a namedtuple": "__import__('collections').namedtuple('P', 'x y')(1, 2)",
    "a Decimal": "__import__('decimal').Decimal('1.5')",
    "a Fraction": "__import__('fractions').Fraction(1, 3)",
    "a date": "__import__('datetime').date(2020, 1, 1)",
    "an enum member": "__import__('enum').Enum('E', 'A').A",
    "an IntEnum member": "__import__('enum').IntEnum('E', 'A').A",
    "an IntFlag member": "__import__('enum').IntFlag('E', 'A').A",
    "a UUID": "__import__('uuid').UUID(int=1)",
    "a Path": "__import__('pathlib').Path('a')",
  };
  for (const [name, code] of Object.entries(LIVE)) {
    test(`${name} is a live PyObject, the very same on the way back`, () => {
      const object = evaluate(code);
      assert.ok(isPyObject(object));
      assert.strictEqual(evaluate("lambda x: (x,)")(object).$.get(0).$.is(object), true);
      assert.strictEqual(evaluate("lambda x, y: x is y")(object, object), true);
      assert.strictEqual(evaluate("lambda f: f()")(() => object).$.is(object), true);
    });
  }

  test("a value crosses alike as a result, an attribute, an item and an argument", () => {
    const holder = evaluate(`
class Holder:
    pass
def make(value):
    h = Holder()
    h.attribute = value
    h.items = [value]
    h.mapping = {"k": value}
    h.returned = lambda: value
    h.passed = lambda f: f(value)
    h.spread = lambda f: f(*[value] * 20)
    h.named = lambda f: f(k=value)
    h.iterated = [value]
    return h
make`);
    const values: unknown[] = [
      null,
      true,
      false,
      0,
      -1,
      2 ** 53 - 1,
      2n ** 53n,
      -(2n ** 70n),
      1.5,
      -0,
      NaN,
      "",
      "é\0\uD800",
    ];
    for (const value of values) {
      const h = holder(value);
      const check = (got: unknown, where: string) =>
        assert.ok(Object.is(got, value), `${where}: ${String(got)} instead of ${String(value)}`);
      check(h.attribute, "attribute");
      check(h.$.attr("attribute"), "$.attr");
      check(h.items.$.get(0), "$.get");
      check(h.items[0], "item");
      check(h.items.at(-1), "at");
      check(h.mapping.$.get("k"), "dict");
      check(h.mapping.get("k"), "dict.get");
      check(h.returned(), "result");
      check([...h.iterated][0], "iteration");
      check(h.iterated.$.toJs()[0], "toJs");
      h.passed((got: unknown) => check(got, "argument"));
      h.spread((...all: unknown[]) => all.forEach((got) => check(got, "20 arguments")));
      h.named((got: { k: unknown }) => check(got.k, "keyword argument"));
    }
  });

  test("the same Python object is the same by $.is, and a new handle each time", () => {
    const holder = evaluate("class H: x = [1]\nH");
    assert.strictEqual(holder.x.$.is(holder.x), true);
    assert.strictEqual(holder.x.$.is(evaluate("[1]")), false);
  });

  test("a subclass made in place of a dead one is still told from it", () => {
    // What is remembered of a type is its address; another type may come to stand there.
    const make = evaluate(`
import gc
from pyduet import JsError
__name__ = "made_up"
seen = {}
def ordinary():
    kind = type("Ordinary", (), {})
    seen[id(kind)] = 1
    return kind()
def error(js):
    kind = type("Error", (type(js),), {})
    made = kind("x")
    made.name, made.js = js.name, js.js
    return made, id(kind) in seen
class Make: pass
Make.ordinary, Make.error = staticmethod(ordinary), staticmethod(error)
Make`);
    const thrown = new Error("mine");
    let again = 0;
    for (let round = 0; round < 300 && again < 3; round++) {
      make.ordinary().$.release();
      collectPython();
      const pair = make.error(thrown);
      if (pair.$.get(1) === true) again++;
      assert.strictEqual(
        pair.$.get(0),
        thrown,
        `round ${round}, the same address: ${pair.$.get(1)}`,
      );
    }
  });

  test("a class that has no __module__ can be held, shown, converted and released", () => {
    const make = evaluate(
      "import types\ntypes.FunctionType((lambda: type('Bare', (), {})).__code__, {'type': type})",
    );
    const Bare = make();
    const object = Bare();
    assert.strictEqual(object.$.type, "Bare");
    assert.ok(isPyObject(object.$.toJs()));
    assert.match(py.debug.handles().map((each) => each.type).join(), /Bare/);
    object.$.release();
    Bare.$.release();
    assert.strictEqual(object.$.released, true);
  });

  test("11,000 types do not confuse the rules", () => {
    const make = evaluate("lambda i: type('T%d' % i, (), {})()");
    const int = evaluate("lambda i: type('I%d' % i, (int,), {})(i)");
    for (let i = 0; i < 11_000; i++) {
      py.scope(() => {
        const value = i % 2 ? make(i) : int(i);
        if (!isPyObject(value)) assert.fail(`instance ${i} is no PyObject`);
      });
    }
    assert.strictEqual(evaluate("5"), 5);
    assert.strictEqual(seen("x"), "str 'x'");
  });
});
