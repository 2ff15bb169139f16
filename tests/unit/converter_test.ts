import assert from "node:assert/strict";
import { describe } from "node:test";
import { PyConversionError, registerConverter } from "../../mod.ts";
import type { Converter, PyValue } from "../../mod.ts";
import { evaluate, forGood, py, references, test, thrownBy } from "../fixtures/python.ts";

const echo = forGood(() => evaluate("lambda x: x"));
const typeOf = forGood(() => evaluate("lambda x: type(x).__name__"));

/** Runs `use` with converters that are gone afterwards. */
function withConverters(converters: Converter<PyValue>[], use: () => void): void {
  const off = converters.map((each) => registerConverter(each));
  try {
    use();
  } finally {
    off.forEach((each) => each());
  }
}

class Money {
  constructor(readonly amount: string) {}
}

const MONEY: Converter<Money> = {
  python: "decimal.Decimal",
  js: Money,
  toJs: (decimal) => new Money(`${decimal}`),
  toPython: (money) => py.import("decimal").Decimal(money.amount),
};

describe("registerConverter() with a Python type", () => {
  test("its objects cross by themselves, in results, items, attributes and arguments", () => {
    withConverters([MONEY], () => {
      const decimal = py.import("decimal").Decimal;
      assert.deepEqual(decimal("1.50"), new Money("1.50"));
      assert.deepEqual(py.builtins.list([decimal("2")])[0], new Money("2"));
      const seen: unknown[] = [];
      py.run("lambda f, d: f(d)")((each: unknown) => void seen.push(each), decimal("3"));
      assert.deepEqual(seen, [new Money("3")]);
    });
  });

  test("and inside $.toJs(), at any depth, shared where they were shared", () => {
    withConverters([MONEY], () => {
      const made = evaluate(`
from decimal import Decimal
d = Decimal("1.5")
{"a": [d, (d,)], "b": {d}}`).$.toJs();
      assert.deepEqual(made.a[0], new Money("1.5"));
      assert.strictEqual(made.a[0], made.a[1][0]);
      assert.strictEqual([...made.b][0], made.a[0]);
    });
  });

  test("subclasses as well; the latest registered wins; taken out, the one before is back", () => {
    const kinds = py.run("class PyduetA: pass\nclass PyduetB(PyduetA): pass\n(PyduetA, PyduetB)");
    assert.strictEqual(kinds[1]().$.type, "PyduetB");
    withConverters([{ python: "PyduetA", toJs: () => "first" }], () => {
      assert.strictEqual(kinds[1](), "first");
      withConverters([{ python: "PyduetA", toJs: () => "second" }], () => {
        assert.strictEqual(kinds[0](), "second");
        withConverters([{ python: "PyduetB", toJs: () => "of B" }], () => {
          assert.strictEqual(kinds[1](), "of B");
          assert.strictEqual(kinds[0](), "second");
        });
      });
      assert.strictEqual(kinds[0](), "first");
    });
    assert.strictEqual(kinds[0]().$.type, "PyduetA");
  });

  test("undefined leaves the object to the next one, and to the table at last", () => {
    const make = py.run("class PyduetBox:\n    def __init__(self, n): self.n = n\nPyduetBox");
    withConverters([
      { python: "PyduetBox", toJs: (box) => box.n > 1 ? "many" : undefined },
      { python: "PyduetBox", toJs: (box) => box.n > 2 ? "more" : undefined },
    ], () => {
      assert.strictEqual(make(3), "more");
      assert.strictEqual(make(2), "many");
      assert.strictEqual(make(1).$.type, "PyduetBox");
      assert.strictEqual(py.builtins.list([make(1)]).$.toJs()[0].n, 1);
    });
  });

  test("its module is not imported, and found once it is", () => {
    const name = "pyduet_test_lazy";
    withConverters([{ python: `${name}.Thing`, toJs: () => "converted" }], () => {
      evaluate("object()"); // a type is sorted, so the name is looked up
      assert.strictEqual(evaluate(`import sys\n${JSON.stringify(name)} in sys.modules`), false);
      evaluate(`
import sys, types
module = types.ModuleType(${JSON.stringify(name)})
exec("class Thing: pass", module.__dict__)
sys.modules[${JSON.stringify(name)}] = module`);
      assert.strictEqual(
        evaluate(`import sys\nsys.modules[${JSON.stringify(name)}].Thing()`),
        "converted",
      );
      evaluate(`import sys\ndel sys.modules[${JSON.stringify(name)}]`);
    });
  });

  test("a type met while its module was being imported is looked up again", () => {
    const show = (each: PyValue): unknown => typeof each === "string" ? each : "as it is";
    withConverters([{ python: "pyduet_test_half.Thing", toJs: () => "converted" }], () => {
      const seen = evaluate(`
import sys, types, importlib.machinery
def build(tell):
    module = types.ModuleType("pyduet_test_half")
    module.__spec__ = importlib.machinery.ModuleSpec("pyduet_test_half", None)
    module.__spec__._initializing = True
    sys.modules["pyduet_test_half"] = module
    class Thing: pass
    seen = [tell(Thing())]
    module.Thing = Thing
    module.__spec__._initializing = False
    seen.append(tell(Thing()))
    del sys.modules["pyduet_test_half"]
    return seen
build`)(show);
      assert.deepEqual(seen.$.toJs(), ["as it is", "converted"]);
    });
  });

  test("numpy-like and JsObject types keep their own ways", () => {
    class Mine {}
    withConverters([{ python: "object", toJs: () => undefined }], () => {
      const mine = new Mine();
      assert.strictEqual(echo(mine), mine);
    });
  });

  test("an error names the converter and the place, and has the cause", () => {
    const cause = new Error("no such currency");
    withConverters([{
      ...MONEY,
      toJs() {
        throw cause;
      },
    }], () => {
      const value = evaluate("from decimal import Decimal\n[{'price': Decimal(1)}]");
      const error = thrownBy(() => value.$.toJs()) as PyConversionError;
      assert.ok(error instanceof PyConversionError);
      assert.strictEqual(
        error.message,
        "Cannot convert $[0].price: the converter for decimal.Decimal threw: no such currency",
      );
      assert.strictEqual(error.cause, cause);
      const direct = thrownBy(() => value[0].$.get("price"));
      assert.strictEqual(
        direct.message,
        "Cannot convert $: the converter for decimal.Decimal threw: no such currency",
      );
    });
  });

  test("a converter that throws leaves no reference behind", () => {
    const probe = py.run("class PyduetProbe: pass\nPyduetProbe()");
    const holder = evaluate("lambda p: [p, [p]]")(probe);
    const before = references(probe);
    withConverters([{
      python: "PyduetProbe",
      toJs() {
        throw new Error("no");
      },
    }], () => {
      py.scope(() => void thrownBy(() => holder.$.toJs()));
      py.scope(() => void thrownBy(() => holder[0]));
    });
    assert.strictEqual(references(probe), before);
  });
});

describe("registerConverter() with a class or a predicate", () => {
  test("instances become what toPython gives, at any depth, the same where they were the same", () => {
    withConverters([MONEY], () => {
      const money = new Money("2.50");
      assert.strictEqual(typeOf(money), "Decimal");
      assert.strictEqual(evaluate("lambda x: str(x['a'][0])")({ a: [money] }), "2.50");
      assert.strictEqual(evaluate("lambda x: x[0] is x[1]")([money, money]), true);
      class Euro extends Money {}
      assert.strictEqual(typeOf(new Euro("1")), "Decimal");
      assert.deepEqual(echo(money), money);
    });
    assert.strictEqual(typeOf(new Money("1")), "JsObject");
  });

  test("what crosses by itself may be given in place of the value", () => {
    withConverters([{ js: URL, toPython: (url) => url.href }], () => {
      assert.strictEqual(typeOf(new URL("https://example.org")), "str");
    });
  });

  test("a predicate sees plain objects and arrays too", () => {
    withConverters([{
      when: (value) => "tensor" in value,
      toPython: ({ tensor }: { tensor: number }) => [tensor, "tensor"],
    }], () => {
      assert.deepEqual(echo([{ tensor: 1 }, { other: 2 }]).$.toJs(), [[1, "tensor"], { other: 2 }]);
    });
  });

  test("without class and predicate, toPython is asked of what would become a JsObject", () => {
    withConverters([{
      python: "decimal.Decimal",
      toPython: (value) => value instanceof Money ? value.amount : undefined,
    }], () => {
      assert.strictEqual(typeOf(new Money("1")), "str");
      assert.strictEqual(typeOf(/x/), "JsObject");
    });
  });

  test("classes that cross otherwise can be taken over", () => {
    withConverters([{ js: Uint8Array, toPython: (bytes) => bytes.length }], () => {
      assert.strictEqual(echo(new Uint8Array(3)), 3);
      assert.strictEqual(echo([new Uint8Array(3)])[0], 3);
    });
  });

  test("an error names the converter and the place", () => {
    const message = (converter: Converter<PyValue>, value: unknown): string => {
      let text = "";
      withConverters([converter], () => text = thrownBy(() => echo({ a: [value] })).message);
      return text;
    };
    const fail = (): never => {
      throw new RangeError("out of money");
    };
    assert.strictEqual(
      message({ js: Money, toPython: fail }, new Money("1")),
      "Cannot convert $.a[0]: the converter for Money threw: out of money",
    );
    assert.strictEqual(
      message({ js: Money, name: "cash", toPython: (value) => value }, new Money("1")),
      "Cannot convert $.a[0]: the converter for cash gave the value itself back",
    );
    assert.strictEqual(
      message({ js: Money, toPython: () => new Money("1") }, new Money("1")),
      "Cannot convert $.a[0]: what its converters make of it, a value of class Money in the end, has no end",
    );
    assert.match(
      message({
        when: function picky(): never {
          throw new Error("no");
        },
        toPython: fail,
      }, new Money("1")),
      /the converter for picky threw: no/,
    );
  });
});

describe("registerConverter() refuses", () => {
  const cases: [string, object, RegExp][] = [
    ["neither direction", { python: "a.B" }, /it needs toJs or toPython/],
    ["toJs without a type", { js: Money, toJs: () => 1 }, /toJs needs python, the name of a type/],
    ["a type that is fixed", { python: "builtins.int", toJs: () => 1 }, /int always crosses/],
    ["a bare one", { python: "dict", toJs: () => 1 }, /dict always crosses/],
    ["a class that is fixed", { js: Map, toPython: () => 1 }, /Map always crosses/],
    ["a class and a predicate", { js: Money, when: () => true, toPython: () => 1 }, /two ways/],
    ["what is no function", { python: "a.B", toJs: 1 }, /toJs must be a function, not 1/],
    ["what is no name", { python: "a..B", toJs: () => 1 }, /must be a type's name/],
  ];
  for (const [name, converter, message] of cases) {
    test(name, () => {
      const error = thrownBy(() => registerConverter(converter as Converter));
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
    });
  }
});
