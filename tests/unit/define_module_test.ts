import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  NotImplemented,
  pyClass,
  pyEnum,
  pyFunction,
  type PyModule,
  pyModule,
  pyRecord,
  raise,
  t,
} from "../../mod.ts";
import { outcome } from "../fixtures/twins.ts";
import { evaluate, forGood, py, test, thrownBy } from "../fixtures/python.ts";

class Thing {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
const PyThing = pyClass(Thing, {
  doc: "A thing.",
  init: { name: t.str },
  properties: { name: t.str },
});
const Level = pyEnum("Level", { Low: 1, High: 2 });
const Rec = pyRecord("Rec", { fields: { a: t.int } });
const double = pyFunction("double", {
  doc: "Twice as much.",
  params: { x: t.int },
  returns: t.int,
}, (x) => x * 2);
const badDefault = pyFunction(
  "bad",
  { params: { x: t.int.default("no" as unknown as number) } },
  () => 1,
);
const inner = pyModule("inner", { doc: "Inside.", members: [pyFunction("one", {}, () => 1)] });
const module = pyModule("shop_module", {
  doc: "A shop.",
  members: [double, PyThing, Level, Rec, inner, addBoth],
  constants: { VERSION: "1.0", LIMITS: [1, 2], _hidden: 5 },
  lazy: { late: () => ({ made: "late" }) },
});
function addBoth(a: number, b: number): number {
  return a + b;
}
// Enums, records and classes live as long as Python does.
forGood(() => py.register(module)());

/** A test while a module is registered. */
function testRegistered(
  name: string,
  body: () => void | Promise<void>,
  registered: PyModule = module,
): void {
  test(name, () => {
    const leave = py.register(registered);
    let result: void | Promise<void>;
    try {
      result = body();
    } catch (error) {
      leave();
      throw error;
    }
    if (!(result instanceof Promise)) return leave();
    return result.finally(leave);
  });
}

describe("pyModule()", () => {
  testRegistered("can be imported in every form", () => {
    const cases: Record<string, string> = {
      "import shop_module\nshop_module.double(4)": "int 8",
      "import shop_module as s\ns.VERSION, s.LIMITS, s._hidden": "tuple ('1.0', [1, 2], 5)",
      "from shop_module import double as d, Thing\nd(1), Thing('t').name": "tuple (2, 't')",
      "from shop_module import *\ndouble(2), late, '_hidden' in dir()":
        "tuple (4, {'made': 'late'}, False)",
      "import shop_module\nsorted(shop_module.__all__)":
        "list ['LIMITS', 'Level', 'Rec', 'Thing', 'VERSION', 'add_both', 'double', 'late']",
      "import shop_module.inner\nshop_module.inner.one()": "int 1",
      "import shop_module.inner as i\ni.one()": "int 1",
      "from shop_module import inner\ninner.one()": "int 1",
      "from shop_module.inner import one\none()": "int 1",
      "from shop_module.inner import *\none()": "int 1",
      "import importlib\nimportlib.import_module('shop_module.inner').__name__":
        "str 'shop_module.inner'",
      "import importlib\nimportlib.import_module('.inner', 'shop_module').one()": "int 1",
      "import shop_module, sys\nsys.modules['shop_module'] is shop_module": "bool True",
      "import importlib.util\nimportlib.util.find_spec('shop_module').origin": "str 'TypeScript'",
      "import shop_module\nshop_module.__doc__, shop_module.__name__, shop_module.__package__":
        "tuple ('A shop.', 'shop_module', 'shop_module')",
      "import shop_module.inner as i\ni.__doc__, i.__package__": "tuple ('Inside.', 'shop_module')",
      "import shop_module\nshop_module.add_both(1, 2)": "int 3",
      "import shop_module as s\ns.Level.High.name, s.Rec(1), s.Thing.__module__":
        "tuple ('High', Rec(a=1), 'shop_module')",
      "import shop_module as s\ns.double.__module__, s.inner.one.__module__, s.Level.__module__, s.Rec.__module__":
        "tuple ('shop_module', 'shop_module.inner', 'shop_module', 'shop_module')",
      "import shop_module\nshop_module.nothing":
        "raises AttributeError: module 'shop_module' has no attribute 'nothing'",
      "import shop_module.inner as i\ni.nothing":
        "raises AttributeError: module 'shop_module.inner' has no attribute 'nothing'",
      "import shop_module.nothing\n0":
        "raises ModuleNotFoundError: No module named 'shop_module.nothing'",
      "from shop_module import nothing\n0":
        "raises ImportError: cannot import name 'nothing' from 'shop_module' (TypeScript)",
      "import shop_module.double\n0":
        "raises ModuleNotFoundError: No module named 'shop_module.double'",
      "import shop_module\nrepr(shop_module)": "str \"<module 'shop_module' (TypeScript)>\"",
      "import shop_module, types\nisinstance(shop_module, types.ModuleType)": "bool True",
      "import shop_module as s\n[n for n in dir(s) if n[0] != '_']":
        "list ['LIMITS', 'Level', 'Rec', 'Thing', 'VERSION', 'add_both', 'double', 'inner', 'late']",
      "import shop_module as s\ns.extra = 5\ns.extra": "int 5",
    };
    const got = Object.fromEntries(
      Object.keys(cases).map((code) => [
        code,
        outcome(code.replaceAll("import *\n", "import *\n"), {})
          .replace("(unknown location)", "(TypeScript)"),
      ]),
    );
    assert.deepStrictEqual(got, cases);
  });

  testRegistered("has functions that pickle by reference", () => {
    assert.strictEqual(
      outcome("import pickle, shop_module as s\npickle.loads(pickle.dumps(s.double)) is s.double"),
      "bool True",
    );
    assert.strictEqual(
      outcome(
        "import pickle, shop_module as s\npickle.loads(pickle.dumps([s.Thing, s.Level.High, s.Rec(3)])) == [s.Thing, s.Level.High, s.Rec(3)]",
      ),
      "bool True",
    );
    assert.strictEqual(
      outcome("import pickle, shop_module as s\npickle.loads(pickle.dumps(s)) is s"),
      "bool True",
    );
    assert.strictEqual(
      outcome("import copy, shop_module as s\ncopy.deepcopy(s.double) is s.double"),
      "bool True",
    );
  });

  testRegistered("explains itself to help()", () => {
    const text = evaluate(
      "import pydoc, shop_module\npydoc.render_doc(shop_module, renderer=pydoc.plaintext)",
    ) as string;
    for (
      const part of [
        "A shop.",
        "double(x: int) -> int",
        "Twice as much.",
        "class Thing",
        "A thing.",
        "VERSION = '1.0'",
      ]
    ) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
  });

  test("has lazy members that are made once, when they are asked for", () => {
    let made = 0;
    const leave = py.register(pyModule("lazy_module", {
      lazy: {
        first: () => ++made,
        failing: () => {
          made += 10;
          return made < 40 ? raise(py.builtins.OSError, "not yet") : "there";
        },
        missing: () => raise(py.builtins.AttributeError, "gone"),
      },
    }));
    try {
      assert.strictEqual(
        outcome("import lazy_module as m\ndir(m)[-3:], 'first' in vars(m)"),
        "tuple (['failing', 'first', 'missing'], False)",
      );
      assert.strictEqual(made, 0);
      assert.strictEqual(
        outcome("import lazy_module as m\nm.first, m.first, 'first' in vars(m)"),
        "tuple (1, 1, True)",
      );
      assert.strictEqual(outcome("from lazy_module import first\nfirst"), "int 1");
      assert.strictEqual(outcome("import lazy_module as m\nm.failing"), "raises OSError: not yet");
      assert.strictEqual(outcome("import lazy_module as m\nm.failing"), "raises OSError: not yet");
      assert.strictEqual(
        outcome("from lazy_module import failing\nfailing"),
        "raises OSError: not yet",
      );
      assert.strictEqual(outcome("import lazy_module as m\nm.failing"), "str 'there'");
      assert.strictEqual(made, 41);
      assert.strictEqual(outcome("import lazy_module as m\nhasattr(m, 'missing')"), "bool False");
    } finally {
      leave();
    }
  });

  test("registered again changes the members of the same module object", () => {
    const leave = py.register(pyModule("twice_module", {
      doc: "First.",
      constants: { a: 1, b: 2 },
      lazy: { c: () => 3 },
    }));
    const object = py.import("twice_module");
    assert.strictEqual(object.c, 3);
    const again = py.register(pyModule("twice_module", { doc: "Second.", constants: { a: 10 } }));
    assert.strictEqual(object.a, 10);
    assert.strictEqual(object.b, undefined);
    assert.strictEqual(object.c, undefined);
    assert.strictEqual(object.__doc__, "Second.");
    assert.strictEqual(evaluate("import twice_module\ntwice_module is o", { o: object }), true);
    assert.strictEqual(
      outcome("import importlib, twice_module as m\nimportlib.reload(m) is m, m.a"),
      "tuple (True, 10)",
    );
    assert.strictEqual(
      outcome(
        "import sys, twice_module as m\ndel sys.modules['twice_module']\nimport twice_module\ntwice_module is m, m.a",
      ),
      "tuple (True, 10)",
    );
    again();
    leave(); // is out already
    assert.match(outcome("import twice_module\n0"), /^raises ModuleNotFoundError/);
    assert.strictEqual(object.a, 10); // what was imported stays
  });

  test("registered again is not taken out by the result of the first time", () => {
    const first = py.register(pyModule("again_module", { constants: { a: 1 } }));
    const second = py.register(pyModule("again_module", { constants: { a: 2 } }));
    first();
    assert.strictEqual(outcome("import again_module\nagain_module.a"), "int 2");
    second();
    assert.match(outcome("import again_module\n0"), /^raises ModuleNotFoundError/);
  });

  test("taken out is no longer imported, nor its submodules", () => {
    const leave = py.register(module);
    evaluate("import shop_module.inner\n0");
    leave();
    leave();
    for (const name of ["shop_module", "shop_module.inner"]) {
      assert.match(
        outcome(`import ${name}\n0`),
        /^raises ModuleNotFoundError: No module named 'shop_module/,
      );
    }
    assert.strictEqual(
      outcome("import sys\n[n for n in sys.modules if n.startswith('shop_module')]"),
      "list []",
    );
  });

  test("that cannot be made changes nothing", () => {
    const leave = py.register(pyModule("kept_module", { constants: { a: 1 } }));
    const failing = pyModule("kept_module", { members: [badDefault] });
    thrownBy(() => py.register(failing));
    assert.strictEqual(outcome("import kept_module\nkept_module.a"), "int 1");
    leave();
  });

  test("may stand under a dotted name, also below a package of Python's own", () => {
    const leave = py.register(pyModule("far_module.deep.down", { constants: { x: 1 } }));
    assert.strictEqual(outcome("import far_module.deep.down\nfar_module.deep.down.x"), "int 1");
    assert.strictEqual(outcome("from far_module.deep import down\ndown.x"), "int 1");
    leave();
    const below = py.register(pyModule("json.from_typescript", { constants: { x: 2 } }));
    assert.strictEqual(
      outcome("import json.from_typescript\njson.from_typescript.x, json.dumps(1)"),
      "tuple (2, '1')",
    );
    below();
    assert.strictEqual(outcome("import json\nhasattr(json, 'from_typescript')"), "bool False");
    assert.strictEqual(
      outcome("import sys\n[n for n in sys.modules if n.startswith('far_module')]"),
      "list []",
    );
  });

  test("does not take the place of a module that Python has imported", () => {
    evaluate("import json");
    assert.strictEqual(
      thrownBy(() => py.register(pyModule("json", {}))).message,
      "ImportError: Python has imported a module 'json' of its own; give the one of TypeScript another name",
    );
    assert.strictEqual(outcome("import json\njson.dumps(1)"), "str '1'");
  });

  test("checks what it is given", () => {
    const message = (make: () => unknown) => thrownBy(make).message;
    assert.match(message(() => pyModule("a b")), /must be a name of Python, not "a b"/);
    assert.match(message(() => pyModule("")), /must be a name of Python, not ""/);
    assert.match(
      message(() => pyModule("m", { members: [5 as never] })),
      /a member must be a function, a class/,
    );
    assert.match(
      message(() => pyModule("m", { members: [double], constants: { double: 1 } })),
      /pyModule\("m"\) has two members called double/,
    );
    assert.match(
      message(() => pyModule("m", { lazy: { a: 5 as never } })),
      /the lazy member a must be a function, not 5/,
    );
    assert.match(message(() => pyModule("m", { member: [] } as never)), /has no option "member"/);
    assert.match(
      message(() => py.register({} as never)),
      /py.register\(\) takes what pyModule\(\) made/,
    );
    assert.match(
      message(() => py.register(pyModule("m", { constants: { a: new Date(NaN) } }))),
      /invalid Date/,
    );
    assert.match(outcome("import m\n0"), /^raises ModuleNotFoundError/);
  });

  testRegistered("takes calls from a thread of Python", async () => {
    const said = await evaluate(`
import shop_module
said = []
def work():
    from shop_module import VERSION
    said.append(VERSION)
    for call in (lambda: shop_module.double(1), lambda: shop_module.Thing('x'), lambda: shop_module.add_both(1, 2)):
        said.append(type(call()).__name__)
    return said
work`).$.inThread();
    assert.deepEqual(said.$.toJs(), ["1.0", "int", "Thing", "int"]);
  });
});

describe("pyClass() declarations", () => {
  test("are checked where they are made", () => {
    const message = (declare: () => unknown) => thrownBy(declare).message;
    assert.match(message(() => pyClass(5 as never)), /pyClass\(\) takes a class first, not 5/);
    assert.match(message(() => pyClass(Thing)), /the class Thing is declared already/);
    const options = (given: object) => message(() => pyClass(class C {}, given as never));
    assert.match(options({ method: {} }), /pyClass\("C"\) has no option "method"/);
    assert.match(options({ methods: { nothing: {} } }), /C has no method "nothing"/);
    assert.match(options({ staticMethods: { nothing: {} } }), /C has no static method "nothing"/);
    assert.match(options({ dunders: { len: "x" } }), /dunders takes names like __len__, not "len"/);
    assert.match(
      options({ dunders: { __init__: "x" } }),
      /__init__ cannot be declared; say the constructor/,
    );
    assert.match(
      options({ dunders: { __del__: "x" } }),
      /__del__ cannot be declared; .*use __exit__/,
    );
    assert.match(options({ dunders: { __len__: 5 } }), /__len__/);
    assert.match(options({ name: "class" }), /must be a name of Python, not "class"/);
    assert.match(options({ doc: 5 }), /doc must be a string, not 5/);
    assert.match(
      options({ properties: { a: t.int }, constants: { a: 1 } }),
      /two members called a in Python/,
    );
    assert.strictEqual(typeof NotImplemented, "symbol");
  });
});
