import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPyObject, kw, PyReleasedError, PythonError, type PyValue } from "../../mod.ts";
import { balanced, evaluate, py } from "../fixtures/python.ts";

const CLASHES = [
  ..."length type copy constructor prototype call name get set has apply bind arguments".split(" "),
  ..."caller toString valueOf toJSON inspect is equals release dispose hasOwnProperty".split(" "),
  ..."throw return next map filter keys values entries at size __proto__ __defineGetter__".split(
    " ",
  ),
];

describe("PyObject attributes", () => {
  it(
    "get() reads every clashing name as Python's, on an object, a class, an instance of list",
    balanced(() => {
      for (
        const make of [
          "class C: pass\nc = C()",
          "class C: pass\nc = C",
          "class C(list): pass\nc = C([1])",
          "class C:\n  def __call__(self): pass\nc = C()",
          "def c(): pass",
        ]
      ) {
        const object = evaluate(
          `${make}\nfor n in names:\n  setattr(c, n, "python's " + n)\nc`,
          { names: CLASHES },
        );
        for (const name of CLASHES) {
          assert.equal(object[name], `python's ${name}`, `${make}: ${name}`);
          assert.equal(name in object, true, `${make}: ${name}`);
        }
      }
    }),
  );

  it(
    "get() calls methods of clashing names with their own self",
    balanced(() => {
      const object = evaluate(
        `class C:\n` +
          ["call", "apply", "bind", "get", "copy", "toString", "name", "then"]
            .map((n) => `  def ${n}(self, *a): return ["${n}", *a]\n`).join("") +
          `C()`,
      );
      for (const name of ["call", "apply", "bind", "get", "copy", "toString", "name"]) {
        assert.deepEqual(object[name](1).$.toJs(), [name, 1]);
      }
      assert.deepEqual(object.$.attr("then")(2).$.toJs(), ["then", 2]);
    }),
  );

  it(
    "get() gives undefined for a missing attribute, on every kind of object",
    balanced(() => {
      for (const code of ["object()", "[]", "{}", "len", "int", "lambda: 1", "iter([])"]) {
        const object = evaluate(code);
        assert.equal(object.missing, undefined, code);
        assert.equal("missing" in object, false, code);
        assert.equal(object.then, undefined, code);
        assert.equal("then" in object, false, code);
      }
    }),
  );

  it(
    "get() throws what a property raises, unless that is AttributeError",
    balanced(() => {
      const object = evaluate(
        "class C:\n" +
          "  @property\n  def bad(self): raise ValueError('bad')\n" +
          "  @property\n  def gone(self): raise AttributeError('gone')\n" +
          "C()",
      );
      assert.throws(() => object.bad, { type: "ValueError", message: "ValueError: bad" });
      assert.throws(() => "bad" in object, { type: "ValueError" });
      assert.equal(object.gone, undefined);
      assert.equal("gone" in object, false);
    }),
  );

  it(
    "get() gives the same method twice, and new ones after the class changed",
    balanced(() => {
      const object = evaluate("class C:\n  def f(self): return 1\nc = C()\nc");
      assert.equal(object.f, object.f);
      assert.equal(object.f(), 1);
      evaluate("type(c).f = lambda self: 2", { c: object });
      assert.equal(object.f(), 2);
      evaluate("c.f = lambda: 3", { c: object });
      assert.equal(object.f(), 3);
      evaluate("del c.f; del type(c).f", { c: object });
      assert.equal(object.f, undefined);
    }),
  );

  it(
    "get() keeps a method usable: as a value, as a key, passed back, with attributes of its own",
    balanced(() => {
      const list = evaluate("[3, 1, 2]");
      const { append } = list;
      append(0);
      assert.deepEqual(list.$.toJs(), [3, 1, 2, 0]);
      assert.equal(append.__name__, "append");
      assert.equal(append.__self__.$.is(list), true);
      assert.equal(append.$.type, "builtin_function_or_method");
      py.builtins.list(py.builtins.map(append, [7, 8]));
      assert.deepEqual(list.$.toJs(), [3, 1, 2, 0, 7, 8]);
    }),
  );

  it(
    "set() and deleteProperty() assign and delete as Python does",
    balanced(() => {
      const object = evaluate("class C: x = 1\nC()");
      object.y = [1, { a: 2 }];
      assert.deepEqual(object.y.$.toJs(), [1, { a: 2 }]);
      object.x = 5;
      assert.equal(object.x, 5);
      delete object.x;
      assert.equal(object.x, 1);
      delete object.y;
      assert.equal(object.y, undefined);
      delete object.never;
      object["a b"] = 1;
      assert.equal(object.$.attr("a b"), 1);
      object.then = 3;
      assert.equal(object.$.attr("then"), 3);
      assert.equal(object.then, undefined);
      assert.throws(() => (object.$ = 1), TypeError);
      assert.throws(() => (object[Symbol("s")] = 1), TypeError);
    }),
  );

  it(
    "set() and deleteProperty() throw what Python raises",
    balanced(() => {
      const object = evaluate(
        "class C:\n" +
          "  @property\n  def ro(self): return 1\n" +
          "  __slots__ = ()\n" +
          "C()",
      );
      assert.throws(() => (object.ro = 2), { type: "AttributeError" });
      assert.throws(() => delete object.ro, { type: "AttributeError" });
      assert.throws(() => (object.other = 2), { type: "AttributeError" });
      assert.throws(() => (evaluate("int").x = 2), { type: "TypeError" });
    }),
  );

  it(
    "set() on a function: assigned and read, never a silent no-op when deleted",
    balanced(() => {
      const fn = evaluate("def f(): pass\nf");
      fn.tag = 1;
      assert.equal(fn.tag, 1);
      assert.equal(evaluate("f.tag", { f: fn }), 1);
      evaluate("f.tag = 2", { f: fn });
      assert.equal(fn.tag, 2);
      fn.$.delAttr("tag");
      assert.equal(fn.tag, undefined);
      assert.equal("other" in fn, false);
    }),
  );

  it(
    "ownKeys() lists an object's own attributes, as Object.keys, entries and spread see them",
    balanced(() => {
      const object = evaluate("class C:\n  c = 0\n  def __init__(s): s.b = 1; s.a = 2\nC()");
      assert.deepEqual(Object.keys(object), ["b", "a"]);
      assert.deepEqual(Object.entries(object), [["b", 1], ["a", 2]]);
      assert.deepEqual({ ...object }, { b: 1, a: 2 });
      assert.deepEqual(Object.keys(evaluate("[1, 2]")), []);
      assert.deepEqual(Object.keys(evaluate("len")), []);
      const keys: string[] = [];
      for (const key in object) keys.push(key);
      assert.deepEqual(keys, ["b", "a"]);
    }),
  );

  it(
    "has() follows attributes",
    balanced(() => {
      const object = evaluate("class C: x = 1\nC()");
      assert.equal("x" in object, true);
      assert.equal("$" in object, true);
      assert.equal("y" in object, false);
      assert.equal(Symbol.iterator in object, false);
      assert.equal(Symbol.iterator in evaluate("[]"), true);
      assert.equal(0 in evaluate("[1]"), true);
      assert.equal(1 in evaluate("[1]"), false);
      assert.equal((-1) in evaluate("[1]"), true);
    }),
  );
});

describe("PyObject calls and classes", () => {
  it(
    "construct() equals a call, and gives an object for every class",
    balanced(() => {
      const { list, int } = py.builtins;
      assert.deepEqual(new list("ab").$.toJs(), ["a", "b"]);
      const seven = new int("7");
      assert.equal(isPyObject(seven), true);
      assert.equal(+seven, 7);
      const Point = evaluate("class Point:\n  def __init__(s, x, y=0): s.x, s.y = x, y\nPoint");
      const point = new Point(1, kw({ y: 2 }));
      assert.deepEqual([point.x, point.y], [1, 2]);
      const one = evaluate("lambda: 1");
      assert.equal(+new one(), 1);
      const held = {};
      const fn = () => held;
      assert.equal(new (evaluate("lambda f: f"))(fn), fn);
    }),
  );

  it(
    "Symbol.hasInstance makes instanceof isinstance()",
    balanced(() => {
      const { int, list, bool } = py.builtins;
      const animal = evaluate("class A: pass\nclass B(A): pass\nA, B, B()");
      const [A, B, b] = animal;
      assert.equal(b instanceof A, true);
      assert.equal(b instanceof B, true);
      assert.equal(b instanceof list, false);
      assert.equal(py.toPython(true) instanceof int, true);
      assert.equal(py.toPython(1) instanceof bool, false);
      assert.equal((1 as PyValue) instanceof int, false);
      const Even = evaluate(
        "class M(type):\n  def __instancecheck__(c, x): return x % 2 == 0\nclass E(metaclass=M): pass\nE",
      );
      assert.equal(py.toPython(2) instanceof Even, true);
      assert.equal(py.toPython(3) instanceof Even, false);
    }),
  );

  it(
    "call() of what is not callable is Python's or JavaScript's TypeError",
    balanced(() => {
      const object = evaluate("object()");
      assert.throws(() => object(), TypeError);
      assert.throws(() => object.missing(), TypeError);
      assert.throws(() => object.$.call(), { type: "TypeError" });
      assert.equal(typeof object, "object");
      assert.equal(typeof evaluate("len"), "function");
      assert.equal(typeof evaluate("int"), "function");
    }),
  );
});

describe("PyObject identity and life", () => {
  it(
    "passing back gives the very same object",
    balanced(() => {
      const object = evaluate("x = object()\nx");
      const same = evaluate("lambda a, b: a is b");
      assert.equal(same(object, object), true);
      assert.equal(same(object, object.$.clone()), true);
      assert.equal(same([object], [object]), false);
      const pair = evaluate("lambda a: (a, a)")(object);
      assert.equal(pair[0].$.is(object), true);
      assert.equal(pair[0].$.is(pair[1]), true);
      assert.equal(object.$.is(evaluate("object()")), false);
      assert.equal(object.$.is(null), false);
      assert.equal(object.$.is({}), false);
    }),
  );

  it("using releases at the end of the block", () => {
    let outside: PyValue;
    {
      using object = py.builtins.list([1]);
      outside = object;
      assert.equal(outside.$.released, false);
    }
    assert.equal(outside.$.released, true);
    assert.throws(() => outside.append(1), PyReleasedError);
  });

  it("every use after release throws PyReleasedError that names the type", () => {
    const object = py.builtins.dict();
    const { update } = object;
    object.$.release();
    object.$.release();
    const uses: (() => unknown)[] = [
      () => object.x,
      () => (object.x = 1),
      () => delete object.x,
      () => "x" in object,
      () => object[0],
      () => Object.keys(object),
      () => `${object}`,
      () => +object,
      () => [...object],
      () => JSON.stringify(object),
      () => object.$.type,
      () => object.$.get("a"),
      () => object.$.set("a", 1),
      () => object.$.has("a"),
      () => object.$.delete("a"),
      () => object.$.length,
      () => object.$.attr("a"),
      () => object.$.setAttr("a", 1),
      () => object.$.hasAttr("a"),
      () => object.$.delAttr("a"),
      () => object.$.toJs(),
      () => object.$.equals(1),
      () => object.$.isInstance(py.builtins.int),
      () => object.$.hash(),
      () => object.$.repr(),
      () => object.$.dir(),
      () => object.$.clone(),
      () => object.$.call(),
      () => object.$.is(py.builtins),
      () => py.builtins.len(object),
      () => py.builtins.len([object]),
      () => py.builtins.print(kw({ file: object })),
      () => py.toPython(object),
      () => update({ a: 1 }),
    ];
    for (const use of uses) {
      assert.throws(use, (error: unknown) => {
        assert.ok(error instanceof PyReleasedError, `${use}: ${error}`);
        assert.match(error.message, /dict/, String(use));
        return true;
      }, String(use));
    }
  });

  it("release() of a function, a class and an error's value", () => {
    for (const code of ["len", "int", "lambda: 1", "[].append", "ValueError('x')"]) {
      const object = evaluate(code);
      object.$.release();
      assert.equal(object.$.released, true);
      assert.throws(() => object.__class__, PyReleasedError, code);
      if (typeof object === "function") assert.throws(() => object(), PyReleasedError, code);
    }
  });

  it("clone() has a life of its own", () => {
    const object = py.builtins.list([1]);
    const second = object.$.clone();
    object.$.release();
    assert.deepEqual(second.$.toJs(), [1]);
    second.$.release();
  });

  it(
    "isPyObject() knows PyObjects only",
    balanced(() => {
      for (const code of ["[]", "len", "int", "[].append"]) {
        assert.equal(isPyObject(evaluate(code)), true, code);
      }
      for (const value of [null, undefined, 1, "x", {}, [], () => 1, Symbol("x")]) {
        assert.equal(isPyObject(value), false);
      }
      assert.equal(isPyObject(evaluate("[]").append), true);
      const hostile = new Proxy({}, {
        get() {
          throw new Error("trap");
        },
      });
      assert.equal(isPyObject(hostile), false);
    }),
  );

  it("await of an object with a method then gives the object itself", async () => {
    const object = evaluate("class C:\n  def then(self, *a): raise SystemError('called')\nC()");
    assert.equal(await object, object);
    const list = evaluate("[1]");
    assert.equal(await Promise.resolve(list), list);
    assert.equal((await evaluate("len")).__name__, "len");
    object.$.release();
    list.$.release();
  });

  it("PythonError stays usable after the scope that raised it", () => {
    let caught: unknown;
    py.scope(() => {
      try {
        evaluate("def f(): raise KeyError('k')\nf()");
      } catch (error) {
        caught = error;
      }
    });
    assert.ok(caught instanceof PythonError);
    assert.equal(caught.message, "KeyError: 'k'");
    assert.equal(typeof caught.traceback, "string");
    assert.equal(typeof caught.stack, "string");
  });
});
