import { describe } from "node:test";
import { NotImplemented, pyClass, type PyValue, t } from "../../mod.ts";
import { assertTwins, made, outcome, standing } from "../fixtures/twins.ts";
import assert from "node:assert/strict";
import { testCollected } from "../fixtures/collected.ts";
import { test } from "../fixtures/python.ts";

/** Operators of two operands, as they are written. */
const BINARY: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  matmul: "@",
  truediv: "/",
  floordiv: "//",
  mod: "%",
  lshift: "<<",
  rshift: ">>",
  and: "&",
  or: "|",
  xor: "^",
  pow: "**",
};
const NAMES = [...Object.keys(BINARY), "divmod"];

/** What a class does for each operator: of its own, reflected, in place. */
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  All: ["", "r", "i"],
  Plain: [""],
  Reflected: ["r"],
  Place: ["i"],
  Both: ["", "r"],
  None_: [],
};

class Operand {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

const shown = (value: unknown): string =>
  value instanceof Operand ? `${value.constructor.name}(${value.value})` : String(value ?? "None");

/** One class of those above: texts of what was called, NotImplemented for every str. */
function declare(name: string, prefixes: readonly string[]): PyValue {
  const Class = { [name]: class extends Operand {} }[name]!;
  const dunders = Object.fromEntries(
    prefixes.flatMap((prefix) =>
      NAMES.filter((each) => prefix !== "i" || each !== "divmod").map((each) => {
        const key = `__${prefix}${each}__`;
        return [
          key,
          (self: Operand, other: unknown, modulo: unknown) =>
            typeof other === "string"
              ? NotImplemented
              : `${key} ${shown(self)} ${shown(other)} ${modulo ?? "-"}`,
        ];
      })
    ),
  );
  return standing(pyClass(Class, { init: { value: t.int }, dunders }));
}

const ours = Object.fromEntries(
  Object.entries(CLASSES).map(([name, prefixes]) => [name, declare(name, prefixes)]),
);

const twins = `
class Operand:
    def __init__(self, value):
        self.value = value

def shown(value):
    return "%s(%s)" % (type(value).__name__, value.value) if isinstance(value, Operand) else str(value)

def declare(name, prefixes):
    def method(key):
        def ternary(self, other, modulo=None):
            if isinstance(other, str):
                return NotImplemented
            return "%s %s %s %s" % (key, shown(self), shown(other), "-" if modulo is None else modulo)
        def binary(self, other):
            return ternary(self, other)
        made = ternary if key in ("__pow__", "__rpow__") else binary
        # 3.8 and 3.9 take the name of the code for their messages.
        made.__code__ = made.__code__.replace(co_name=key)
        made.__name__ = key
        made.__qualname__ = name + "." + key
        return made
    names = "${NAMES.join(" ")}".split()
    return type(name, (Operand,), {
        key: method(key)
        for prefix in prefixes for each in names if (prefix, each) != ("i", "divmod")
        for key in ["__%s%s__" % (prefix, each)]
    })
${
  Object.entries(CLASSES).map(([name, prefixes]) =>
    `${name} = declare(${JSON.stringify(name)}, ${JSON.stringify(prefixes)})`
  ).join("\n")
}
`;

const classes = Object.keys(CLASSES);

describe("pyClass() operators", () => {
  for (const [name, sign] of Object.entries(BINARY)) {
    testCollected(
      `__${name}__() with its reflected and in-place forms does what Python's does`,
      () => {
        const theirs = made(twins);
        const codes = classes.flatMap((left) => [
          ...classes.map((right) => `${left}(1) ${sign} ${right}(2)`),
          ...["3", "'x'", "None", "1.5", "[]"].flatMap((other) => [
            `${left}(1) ${sign} ${other}`,
            `${other} ${sign} ${left}(1)`,
            `x = ${left}(1)\nx ${sign}= ${other}\nx`,
            `x = ${other}\nx ${sign}= ${left}(1)\nx`,
          ]),
          `x = ${left}(1)\nx ${sign}= ${left}(2)\nx`,
          `class D(${left}): pass\nD(1) ${sign} ${left}(2)`,
          `class D(${left}): pass\n${left}(1) ${sign} D(2)`,
          `class D(${left}):\n    def __r${name}__(self, other): return 'D'\n${left}(1) ${sign} D(2)`,
          `class D(${left}):\n    def __${name}__(self, other): return super().__${name}__(other)\nD(1) ${sign} 3`,
          `class D(${left}):\n    def __${name}__(self, other): return super().__${name}__(other)\nD(1) ${sign} 'x'`,
        ]);
        assertTwins(codes, ours, Object.fromEntries(classes.map((each) => [each, theirs[each]])));
      },
    );
  }

  test("__divmod__() and pow() of three do what Python's do", () => {
    const theirs = made(twins);
    const codes = classes.flatMap((each) => [
      `divmod(${each}(1), 2)`,
      `divmod(2, ${each}(1))`,
      `divmod(${each}(1), 'x')`,
      `pow(${each}(1), 2, 3)`,
      `pow(${each}(1), 'x', 3)`,
      `pow(${each}(1), 2, None)`,
      `pow(${each}(1), ${each}(2), 4)`,
      `${each}(1).__pow__(2)`,
      `${each}(1).__pow__()`,
      `${each}(1).__add__()`,
      `${each}(1).__add__(1, 2)`,
    ]);
    assertTwins(codes, ours, Object.fromEntries(classes.map((each) => [each, theirs[each]])));
  });

  /** The texts of one operator's methods, whose parameter Python names differently by hand. */
  test("__add__() called by hand takes its operand by position alone", () => {
    assert.strictEqual(
      outcome("All(1).__add__(other=1)", ours),
      "raises TypeError: " + outcome(
        "def __add__(self, other, /): ...\n__add__.__qualname__ = 'All.__add__'\n__add__(1, other=1)",
      ).slice("raises TypeError: ".length),
    );
  });
});

const COMPARED = ["lt", "le", "eq", "ne", "gt", "ge"];

describe("pyClass() comparison", () => {
  class Full extends Operand {}
  class Equal extends Operand {}
  class Hashed extends Operand {}
  class Less extends Operand {}
  class Never extends Operand {}
  class Ordered extends Operand {}
  const less = (self: Operand, other: unknown) =>
    other instanceof Operand ? self.value < other.value : NotImplemented;
  const equal = (self: Operand, other: unknown) =>
    other instanceof Operand ? self.value === other.value : NotImplemented;
  const init = { value: t.int };
  const ours = {
    Full: standing(pyClass(Full, {
      init,
      dunders: Object.fromEntries(
        COMPARED.map((
          name,
        ) => [
          `__${name}__`,
          (self: Operand, other: unknown) =>
            typeof other === "string" ? NotImplemented : `${name} ${shown(self)} ${shown(other)}`,
        ]),
      ),
    })),
    Equal: standing(pyClass(Equal, { init, dunders: { __eq__: equal } })),
    Hashed: standing(
      pyClass(Hashed, { init, dunders: { __eq__: equal, __hash__: (self) => self.value } }),
    ),
    Less: standing(pyClass(Less, { init, dunders: { __lt__: less } })),
    Never: standing(pyClass(Never, {
      init,
      dunders: Object.fromEntries(COMPARED.map((name) => [`__${name}__`, () => NotImplemented])),
    })),
    Ordered: standing(pyClass(Ordered, { init, dunders: { __lt__: less, __eq__: equal } })),
  };
  const twin = `
class Operand:
    def __init__(self, value):
        self.value = value

def shown(value):
    return "%s(%s)" % (type(value).__name__, value.value) if isinstance(value, Operand) else str(value)

def compared(name):
    def method(self, other):
        if isinstance(other, str):
            return NotImplemented
        return "%s %s %s" % (name, shown(self), shown(other))
    return method

class Full(Operand): pass
for name in "${COMPARED.join(" ")}".split():
    setattr(Full, "__%s__" % name, compared(name))
Full.__hash__ = None
less = lambda self, other: self.value < other.value if isinstance(other, Operand) else NotImplemented
equal = lambda self, other: self.value == other.value if isinstance(other, Operand) else NotImplemented
class Equal(Operand):
    __eq__ = equal
class Hashed(Operand):
    __eq__ = equal
    __hash__ = lambda self: self.value
class Less(Operand):
    __lt__ = less
Never = type("Never", (Operand,), {"__%s__" % n: lambda self, other: NotImplemented for n in "${
    COMPARED.join(" ")
  }".split()})
class Ordered(Operand):
    __lt__ = less
    __eq__ = equal
`;
  const signs = ["<", "<=", "==", "!=", ">", ">="];

  testCollected("__lt__() and the others do what Python's do, NotImplemented included", () => {
    const theirs = made(twin);
    const codes = Object.keys(ours).flatMap((left) =>
      signs.flatMap((sign) => [
        ...Object.keys(ours).map((right) => `${left}(1) ${sign} ${right}(2)`),
        `${left}(1) ${sign} ${left}(1)`,
        `x = ${left}(1)\nx ${sign} x`,
        ...["3", "'x'", "None"].flatMap((other) => [
          `${left}(1) ${sign} ${other}`,
          `${other} ${sign} ${left}(1)`,
        ]),
        `class D(${left}): pass\nD(1) ${sign} ${left}(2)`,
        `class D(${left}): pass\n${left}(1) ${sign} D(2)`,
      ])
    );
    assertTwins(codes, ours, Object.fromEntries(Object.keys(ours).map((n) => [n, theirs[n]])));
  });

  testCollected("__eq__() without __hash__() makes instances unhashable, as in Python", () => {
    const theirs = made(twin);
    assertTwins(
      Object.keys(ours).flatMap((each) => [
        `${each}.__hash__ is None, ${each}.__hash__ is object.__hash__`,
        `hash(${each}(1)) == 1`,
        `{${each}(1): 'a'}[${each}(1)]`,
        `len({${each}(1), ${each}(1), ${each}(2)})`,
        `x = ${each}(1)\nx in [x], x in [1, x], [x].index(x)`,
        `${each}(1) in [${each}(1)]`,
        `[${each}(1), ${each}(2)].count(${each}(1))`,
        `x = ${each}(1)\nx in {x}`,
        `from collections.abc import Hashable\nissubclass(${each}, Hashable), isinstance(${each}(1), Hashable)`,
        `class D(${each}): pass\n{D(1): 'a'}[D(1)]`,
        `class D(${each}):\n    def __eq__(self, other): return True\nhash(D(1))`,
        `class D(${each}):\n    def __hash__(self): return 5\nhash(D(1))`,
        `class D(${each}):\n    __hash__ = ${each}.__hash__\n    def __eq__(self, o): return False\nD(1) == D(1), D.__hash__ is ${each}.__hash__`,
      ]),
      ours,
      Object.fromEntries(Object.keys(ours).map((n) => [n, theirs[n]])),
    );
  });

  testCollected("__lt__() sorts, also under functools.total_ordering", () => {
    const theirs = made(twin);
    assertTwins(
      [
        "[x.value for x in sorted([Less(3), Less(1), Less(2)])]",
        "[x.value for x in sorted([Less(3), Less(1)], reverse=True)]",
        "min(Less(3), Less(1)).value, max([Less(3), Less(1)]).value",
        "sorted([Equal(1), Equal(2)])",
        "sorted([Less(3), 1])",
        "import bisect\nbisect.bisect([Less(1), Less(3)], Less(2))",
        "import heapq\nx = [Less(3), Less(1), Less(2)]\nheapq.heapify(x)\nheapq.heappop(x).value",
        ...signs.map((sign) =>
          `import functools\n@functools.total_ordering\nclass D(Ordered): pass\nD(1) ${sign} D(2), D(1) ${sign} D(1)`
        ),
        "import functools\n@functools.total_ordering\nclass D(Ordered): pass\nD(1) <= 'x'",
      ],
      Object.fromEntries(
        ["Less", "Equal", "Ordered"].map((name) => [name, addValue(ours[name as "Less"])]),
      ),
      { Less: theirs.Less, Equal: theirs.Equal, Ordered: theirs.Ordered },
    );
  });

  /** `value` was not declared for the classes above: Python subclasses that have it. */
  function addValue(type: PyValue): PyValue {
    return made(
      "class Made(Base):\n    def __init__(self, value):\n        super().__init__(value)\n        self.value = value\nMade.__name__ = Base.__name__",
      { Base: type },
    ).Made;
  }
});
