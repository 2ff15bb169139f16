import assert from "node:assert/strict";
import { describe } from "node:test";
import { kw, type PythonError, type PyValue } from "../../mod.ts";
import { evaluate, forGood, py, test, thrownBy } from "../fixtures/python.ts";

const Base: PyValue = forGood(() =>
  evaluate(`
class Base:
    kind = "base"
    def __init__(self, name="nobody", *, loud=False):
        self.name, self.loud = name, loud
        self.started = self.start()
    def start(self): return "base start"
    def greet(self, other="you"): return "%s greets %s" % (self.name, other)
    def both(self): return self.start() + "/" + self.greet()
    @property
    def title(self): return "Mx " + self.name
    @classmethod
    def make(cls): return cls("made")
    def __len__(self): return 4
    def __iter__(self): return iter([1, 2])
Base`)
);

/** One class for all tests: a Python class made for a class of TypeScript lives to the end. */
class Loud extends py.subclassable(Base) {
  field = "own";
  start(): string {
    return `loud ${super.start()}`;
  }
  greet(...args: unknown[]): string {
    return (super.greet(...args) as string).toUpperCase();
  }
  get title(): string {
    return `Dr ${this.name}`;
  }
  added(x: number): number {
    return x + 1;
  }
}

class Failing extends py.subclassable(Base) {
  start(): never {
    throw failure;
  }
}
const failure = new RangeError("no start");

class Twice extends py.subclassable(py.builtins.list) {
  append(x: unknown): void {
    super.append(x);
    super.append(x);
  }
}

class Whole extends py.subclassable(py.builtins.int) {
  half(): number {
    return Number(py.builtins.int(this)) / 2;
  }
}

class Day extends py.subclassable(forGood(() => py.import("datetime").date)) {}

class Bare extends py.subclassable(forGood(() => evaluate("class B: pass\nB"))) {}

class Refusal extends py.subclassable(py.builtins.ValueError) {
  code = 3;
}

forGood(() =>
  evaluate("kept = classes", {
    classes: [Loud, Failing, Twice, Whole, Day, Bare, Refusal],
  })
);

describe("py.subclassable()", () => {
  test("makes instances of the Python class, whose methods call those of TypeScript", () => {
    const loud = new Loud("ann");
    assert.equal(loud.name, "ann");
    assert.equal(loud.started, "loud base start");
    assert.equal(loud.both(), "loud base start/ANN GREETS YOU");
    assert.equal(loud.title, "Dr ann");
    assert.equal(loud.kind, "base");
    assert.equal(loud.missing, undefined);
    assert.equal(py.builtins.isinstance(loud, Base), true);
    assert.equal(evaluate("type(x).__name__", { x: loud }), "Loud");
  });

  test("keeps identity both ways", () => {
    const loud = new Loud("ann");
    assert.equal(evaluate("lambda x: x")(loud), loud);
    assert.equal(evaluate("a is b", { a: loud, b: loud }), true);
    assert.ok(evaluate("Loud('bob')", { Loud }) instanceof Loud);
  });

  test("instances that Python makes have TypeScript's fields, and keyword arguments as given", () => {
    const loud = evaluate("Loud('bob', loud=True)", { Loud });
    assert.ok(loud instanceof Loud);
    assert.equal(loud.field, "own");
    assert.equal(loud.loud, true);
    assert.equal(loud.started, "loud base start");
    assert.equal(evaluate("Loud.make().name", { Loud }), "made");
    assert.equal(evaluate("Loud('bob').added(2)", { Loud }), 3);
  });

  test("sets attributes of the Python object", () => {
    const loud = new Loud();
    loud.colour = "red";
    assert.equal(evaluate("x.colour", { x: loud }), "red");
    evaluate("x.colour = 'blue'", { x: loud });
    assert.equal(loud.colour, "blue");
    assert.equal(loud.$.length, 4);
    assert.deepEqual([...loud as unknown as Iterable<number>], [1, 2]);
  });

  test("a Python class may derive from the class of TypeScript", () => {
    const deeper = evaluate(
      `
class Deeper(Loud):
    def greet(self, other="you"): return "(" + super().greet(other) + ")"
Deeper("eve")`,
      { Loud },
    );
    assert.ok(deeper instanceof Loud);
    assert.equal(evaluate("x.both()", { x: deeper }), "loud base start/(EVE GREETS YOU)");
  });

  test("errors go through it with their identity", () => {
    assert.equal(thrownBy(() => new Failing()), failure);
    assert.equal(thrownBy(() => evaluate("F()", { F: Failing })), failure);
    const wrong = thrownBy(() => new Loud(1, 2, 3)) as PythonError;
    assert.match(
      wrong.message,
      /__init__\(\) takes from 1 to 2 positional arguments but 4 were given/,
    );
  });

  test("keeps the state of a Python half that only TypeScript holds", () => {
    const loud = new Loud("kept");
    evaluate("x.extra = [1]\nimport gc\ngc.collect()", { x: loud });
    assert.equal(evaluate("x.extra", { x: loud }).$.toJs()[0], 1);
  });

  test("takes builtin classes", () => {
    const twice = new Twice([1]);
    twice.append(2);
    assert.equal(evaluate("x.append(3)\nrepr(list(x))", { x: twice }), "[1, 2, 2, 3, 3]");
  });

  test("takes classes of which only __new__ has parameters", () => {
    assert.strictEqual(new Whole(5).half(), 2.5);
    assert.strictEqual(evaluate("C(6).half() + C(1)", { C: Whole }), 4);
    assert.strictEqual(String(new Day(2020, 1, kw({ day: 3 }))), "2020-01-03");
    assert.strictEqual(
      thrownBy(() => new Bare(5)).message,
      thrownBy(() => evaluate("object().__init__(5)")).message,
    );
  });

  test("an instance of an exception class is the exception when it is thrown", () => {
    const refusal = new Refusal("no");
    const f = (): never => {
      throw refusal;
    };
    const g = (): never => {
      throw new Error("outer", { cause: refusal });
    };
    const code = "try:\n    f()\nexcept ValueError as e:\n    got = e is refusal, str(e)\ngot";
    assert.deepStrictEqual(evaluate(code, { f, refusal }).$.toJs(), [true, "no"]);
    assert.strictEqual(
      evaluate("try:\n    g()\nexcept Exception as e:\n    got = e.__cause__ is refusal\ngot", {
        g,
        refusal,
      }),
      true,
    );
    let caught: unknown;
    try {
      evaluate("f()", { f });
    } catch (error) {
      caught = error;
    }
    assert.strictEqual(caught, refusal);
    evaluate("refusal.__traceback__ = None", { refusal }); // its frames know this test
  });

  test("refuses what is no Python class", () => {
    for (
      const [value, words] of [[1, "1"], [class A {}, "a function"], [
        py.builtins.len,
        "this ",
      ]] as const
    ) {
      const error = thrownBy(() => py.subclassable(value as PyValue));
      assert.equal(error.name, "TypeError");
      assert.match(error.message, /^py\.subclassable\(\) takes a Python class, not /);
      assert.ok(words === "this " || error.message.includes(words), error.message);
    }
    const named = thrownBy(() => new (class extends py.subclassable(Base) {})());
    assert.equal(named.message, "a class that extends a Python class needs a name");
  });
});
