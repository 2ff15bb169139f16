import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef } from "../../mod.ts";
import { outcome, outcomes } from "../fixtures/outcome.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";

class Point {
  x = 1;
  nothing: unknown = undefined;
  #hidden = 10;

  get sum(): number {
    return this.x + this.#hidden;
  }

  get broken(): never {
    throw new RangeError("out of paper");
  }

  plus(n: number, options?: unknown): unknown {
    return options === undefined ? this.x + n : [this.x + n, options];
  }

  itself(): this {
    return this;
  }
}

const POINT = "<js a value of class Point>";
const OBJECT = "<js a value of class Object>";

describe("attributes of a JsObject", () => {
  test("are the properties: own, inherited, of getters; undefined is None", () => {
    outcomes({ p: new Point() }, {
      "p.x": "1",
      "p.sum": "11",
      "p.nothing": "None",
      "getattr(p, 'x')": "1",
      "hasattr(p, 'y'), getattr(p, 'y', 5)": "(False, 5)",
      "p.y": `AttributeError: 'JsObject' object has no attribute 'y': ${POINT}`,
      "p.broken": "JsRangeError: RangeError: out of paper",
      "p.__wrapped__": "AttributeError: 'JsObject' object has no attribute '__wrapped__'",
      "p._ref": `AttributeError: 'JsObject' object has no attribute '_ref': ${POINT}`,
    });
  });

  test("a getter's error is the very error", () => {
    const error = new RangeError("mine");
    const seen = evaluate(
      "try:\n  p.bad\nexcept Exception as e:\n  seen = e.js\nseen",
      {
        p: byRef({
          get bad(): never {
            throw error;
          },
        }),
      },
    );
    assert.strictEqual(seen, error);
  });

  test("are set and deleted", () => {
    const point = new Point() as Point & Record<string, unknown>;
    evaluate("p.x = 5\np.fresh = 'a'\ndel p.nothing", { p: point });
    assert.deepEqual([point.x, point.fresh, "nothing" in point], [5, "a", false]);
    outcomes({ p: point }, {
      "delattr(p, 'fresh')": "None",
      "delattr(p, 'gone')": `AttributeError: 'JsObject' object has no attribute 'gone': ${POINT}`,
      "delattr(p, 'plus')": `AttributeError: 'JsObject' object has no attribute 'plus': ${POINT}`,
      "setattr(p, 'sum', 1)":
        `AttributeError: 'JsObject' object attribute 'sum' is read-only: ${POINT}`,
      "setattr(p, '__class__', 1)":
        "AttributeError: a JsObject has no attribute '__class__' to set: the name is Python's",
      "delattr(p, '__js__')": /^AttributeError: 'JsObject' object has no attribute '__js__'/,
    });
  });

  test("of frozen and null-prototype objects", () => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    outcomes({ frozen: byRef(Object.freeze({ a: 1 })), bare: byRef(bare) }, {
      "frozen.a": "1",
      "setattr(frozen, 'a', 2)":
        `AttributeError: 'JsObject' object attribute 'a' is read-only: ${OBJECT}`,
      "setattr(frozen, 'b', 2)":
        `AttributeError: 'JsObject' object attribute 'b' is read-only: ${OBJECT}`,
      "delattr(frozen, 'a')":
        `AttributeError: 'JsObject' object attribute 'a' is read-only: ${OBJECT}`,
      "bare.a, setattr(bare, 'b', 2), bare.b, repr(bare)": "(1, None, 2, '<js an object>')",
      "bare.toString":
        "AttributeError: 'JsObject' object has no attribute 'toString': <js an object>",
    });
  });

  test("of names that are no identifiers, also of a subclass of str", () => {
    const names = { s: byRef({ "a b": 1, "é🐍": 2, "\ud800": 3, _ref: 4, "": 5 }) };
    outcomes(names, {
      "getattr(s, 'a b'), getattr(s, 'é🐍'), getattr(s, '\\ud800'), s._ref, getattr(s, '')":
        "(1, 2, 3, 4, 5)",
      "getattr(s, Name('a b')), s[Name('a b')], Name('a b') in s": "(1, 1, True)",
    }, "class Name(str): pass");
  });

  test("dir() lists them beside Python's", () => {
    const found: string[] = evaluate("dir(p)", { p: new Point() }).$.toJs();
    for (const name of ["x", "nothing", "sum", "broken", "plus", "__eq__", "__getattr__"]) {
      assert.ok(found.includes(name), name);
    }
    assert.ok(!found.includes("hasOwnProperty"));
    assert.ok(!evaluate("dir(a)", { a: byRef([1]) }).$.toJs().includes("0"));
  });

  test("plain data is copied, as everywhere; a plain object with methods is live", () => {
    const value = {
      data: { a: [1] },
      list: [1],
      bound: {
        n: 1,
        more() {
          return ++this.n;
        },
      },
    };
    outcomes({ o: byRef(value), a: byRef([value.bound]), m: byRef(new Map([[1, value.bound]])) }, {
      "o.data, o.list, o['data']": "({'a': [1]}, [1], {'a': [1]})",
      "o.bound": OBJECT,
      "o.bound.more(), a[0].more(), m[1].more(), [*a][0].more()": "(2, 3, 4, 5)",
    });
  });

  test("a Python object in one comes back as itself", () => {
    outcomes(
      { o: byRef({}) },
      { "o.f is f, o.l is l, o.f(1)": "(True, True, 2)" },
      `
f = lambda x: x + 1
l = [1]
o.f = f
o.l = l`,
    );
  });
});

describe("methods of a JsObject", () => {
  test("keep their `this`, also later, and take keyword arguments as one trailing object", () => {
    outcomes({ p: new Point() }, {
      "p.plus(2)": "3",
      "later(4)": "5",
      "p.plus(2, k=3)": "[3, {'k': 3}]",
      "list(map(p.plus, [1, 2]))": "[2, 3]",
      "later.name, later.length, later.__name__": "('plus', 2, 'plus')",
      "later": `<js method of ${POINT}>`,
      "callable(later), later.__self__ is p": "(True, True)",
    }, "later = p.plus");
  });

  test("are the very function on their way back", () => {
    const point = new Point();
    const echo = evaluate("lambda x: x");
    assert.strictEqual(evaluate("lambda p: p.plus")(point), Point.prototype.plus);
    assert.strictEqual(evaluate("lambda p, echo: echo([p.plus])")(point, echo)[0], point.plus);
  });

  test("are equal where object and function are", () => {
    outcomes({ p: new Point(), q: new Point() }, {
      "p.plus == p.plus, p.plus != p.plus, hash(p.plus) == hash(p.plus)": "(True, False, True)",
      "p.plus == q.plus, p.plus == p.itself, p.plus == 1": "(False, False, False)",
    });
  });

  test("that give their `this` give the same JsObject, so calls chain", () => {
    const map = new Map();
    outcomes({ p: new Point(), m: byRef(map), a: byRef([2, 1]) }, {
      "p.itself() is p": "True",
      "m.set('a', 1).set('b', 2) is m": "True",
      "a.sort() is a": "True",
    });
    assert.deepEqual([...map], [["a", 1], ["b", 2]]);
  });

  test("throw the very error, and give a Promise to await", () => {
    const names = {
      o: byRef({
        fail() {
          throw new TypeError("no");
        },
        later: () => Promise.resolve(1),
      }),
    };
    outcomes(names, {
      "o.fail()": "JsTypeError: TypeError: no",
      "o.later()": "<js a value of class Promise>",
    });
  });
});

describe("items of a JsObject", () => {
  test("are the properties by str, int and symbol", () => {
    const key = Symbol("key");
    const value = { a: 1, u: undefined, 7: "seven", [key]: "by symbol" } as Record<
      PropertyKey,
      unknown
    >;
    outcomes({ o: byRef(value), key }, {
      "o['a'], o['u'], o[7], o['7'], o[key]": "(1, None, 'seven', 'seven', 'by symbol')",
      "o['b']": "KeyError: 'b'",
      "o[1.5]":
        `TypeError: a property of ${OBJECT} is named by a str, an int or a symbol, not float`,
      "o[True]":
        `TypeError: a property of ${OBJECT} is named by a str, an int or a symbol, not bool`,
      "'a' in o, 'b' in o, 7 in o, key in o, 'toString' in o, None in o, [] in o":
        "(True, False, True, True, True, False, False)",
      "o.__setitem__('c', 3), o['c'], o.__delitem__('c'), 'c' in o": "(None, 3, None, False)",
      "o.__delitem__('zz')": "KeyError: 'zz'",
      "o.__setitem__(key, 4), o[key]": "(None, 4)",
    });
    assert.strictEqual(value[key], 4);
  });

  test("of a class instance too, with methods that keep their `this`", () => {
    outcomes({ p: new Point() }, {
      "p['x'], p['sum'], p['plus'](1)": "(1, 11, 2)",
      "p.__setitem__('sum', 1)": `TypeError: the item 'sum' of ${POINT} is read-only`,
      "p.__delitem__('plus')": "KeyError: 'plus'",
    });
  });

  test("of a frozen object are read-only", () => {
    outcomes({ o: byRef(Object.freeze({ a: 1 })) }, {
      "o.__setitem__('a', 2)": `TypeError: the item 'a' of ${OBJECT} is read-only`,
      "o.__delitem__('a')": `TypeError: the item 'a' of ${OBJECT} is read-only`,
    });
  });

  test("make no sequence and no mapping of an object", () => {
    outcomes({ o: byRef({ 0: "a", length: 1 }) }, {
      "len(o)": "TypeError: object of type 'JsObject' has no len()",
      "iter(o)": "TypeError: 'JsObject' object is not iterable",
      "reversed(o)": "TypeError: 'JsObject' object is not reversible",
      "bool(o)": "True",
      "o()": "TypeError: 'JsObject' object is not callable",
      "next(o)": "TypeError: 'JsObject' object is not an iterator",
      "o < o": "TypeError: '<' not supported between instances of 'JsObject' and 'JsObject'",
      "int(o)": /^TypeError: int\(\) argument must be/,
    });
  });
});

describe("what a JsObject says it can do", () => {
  const abilities = forGood(() =>
    evaluate(`
from collections import abc
def abilities(x):
    kinds = "Iterable Iterator Sized Container Callable Hashable Sequence MutableSequence Mapping MutableMapping Set MutableSet".split()
    found = [kind for kind in kinds if isinstance(x, getattr(abc, kind))]
    assert ("Callable" in found) == callable(x)
    return " ".join(found)
abilities`)
  );

  test("is what its value offers", () => {
    const iterator = { next: () => ({}), [Symbol.iterator]() {} };
    const table: [unknown, string][] = [
      [new Point(), "Container Hashable"],
      [byRef({}), "Container Hashable"],
      [byRef({ [Symbol.iterator]: 5, next: 1 }), "Container Hashable"],
      [Symbol("s"), "Hashable"],
      [Point, "Container Callable Hashable"],
      [byRef([]), "Iterable Sized Container Hashable Sequence MutableSequence"],
      [byRef(new Map()), "Iterable Sized Container Hashable Mapping MutableMapping"],
      [byRef(new Set()), "Iterable Sized Container Hashable Set MutableSet"],
      [new URLSearchParams(), "Iterable Container Hashable"],
      [[].values(), "Iterable Iterator Container Hashable"],
      [byRef(iterator), "Iterable Iterator Container Hashable"],
      [byRef(Object.create(Map.prototype)), "Iterable Container Hashable"],
      [new WeakMap(), "Container Hashable"],
      [new Proxy(new Point(), {}), "Container Hashable"],
      [byRef(new Proxy([], {})), "Iterable Sized Container Hashable Sequence MutableSequence"],
    ];
    for (const [value, expected] of table) assert.strictEqual(abilities(value), expected);
  });

  test("is found out without running the program's code", () => {
    const ran: string[] = [];
    class Watched {
      get [Symbol.iterator](): undefined {
        return void ran.push("iterator");
      }
      get next(): undefined {
        return void ran.push("next");
      }
      get [Symbol.dispose](): undefined {
        return void ran.push("dispose");
      }
      static get [Symbol.hasInstance](): undefined {
        return void ran.push("hasInstance");
      }
    }
    evaluate("lambda *a: None")(new Watched(), Watched);
    assert.deepEqual(ran, []);
  });

  test("== is identity, and there is one JsObject for a value", () => {
    outcomes({ p: new Point(), q: new Point(), a: byRef([1]), b: byRef([1]) }, {
      "p == p, p != p, p == q, p != q, a == b, a == [1]":
        "(True, False, False, True, False, False)",
      "len({p, q, p}), {p: 1}[p], a in {a}": "(2, 1, True)",
      "isinstance(p, JsObject), isinstance(a, JsObject), isinstance(p.plus, JsObject)":
        "(True, True, True)",
      "type(a).__name__, type(a).__module__, type(a).__qualname__":
        "('JsObject', 'pyduet', 'JsObject')",
    }, "from pyduet import JsObject");
  });

  test("with a Symbol.dispose it works in `with`", () => {
    const done: string[] = [];
    const file = { [Symbol.dispose]: () => void done.push("disposed") };
    outcomes({ f: byRef(file) }, { same: "True" }, "with f as inside:\n  same = inside is f");
    assert.deepEqual(done, ["disposed"]);
    outcomes(
      { f: byRef(file) },
      { "1": "ZeroDivisionError: division by zero" },
      "with f:\n  1 / 0",
    );
    assert.deepEqual(done, ["disposed", "disposed"]);
    assert.match(
      outcome("0", { p: new Point() }, "with p: pass"),
      /^(AttributeError: __enter__|TypeError: '(pyduet\.)?JsObject' object does not support the context manager)/,
    );
  });

  test("copying and pickling say why they cannot be", () => {
    const text = (value: string): string =>
      `TypeError: a live TypeScript value cannot be pickled or copied: ${value}`;
    outcomes({ p: new Point(), a: byRef([1]) }, {
      "copy.copy(p)": text(POINT),
      "copy.deepcopy([p])": text(POINT),
      "pickle.dumps(a)": text("<js an Array>"),
      "pickle.dumps(p.plus)": text(`<js method of ${POINT}>`),
      "type(p)()": "TypeError: a JsObject is made by TypeScript alone",
      "object.__new__(type(p)).x": "AttributeError: 'JsObject' object has no attribute '__js__'",
    }, "import copy, pickle");
  });
});

describe("symbols in Python", () => {
  test("are keys, have attributes, and nothing else", () => {
    const symbol = Symbol("mine");
    outcomes({ s: symbol, o: byRef({ [symbol]: 1 }) }, {
      "s": "<js Symbol(mine)>",
      "s.description, s.toString()": "('mine', 'Symbol(mine)')",
      "o[s], s in o": "(1, True)",
      "'x' in s": /^TypeError: argument of type 'JsObject' is not/,
      "s['x']": "TypeError: 'JsObject' object is not subscriptable",
      "setattr(s, 'x', 1)":
        "AttributeError: 'JsObject' object attribute 'x' is read-only: <js Symbol(mine)>",
      "s.nope": "AttributeError: 'JsObject' object has no attribute 'nope': <js Symbol(mine)>",
    });
  });
});

describe("Proxies in Python", () => {
  const refusing = (trap: string): object =>
    new Proxy({}, {
      [trap]() {
        throw new RangeError(`${trap} refused`);
      },
    });

  test("do what their traps say", () => {
    const proxy = new Proxy({ a: 1 } as Record<string, unknown>, {
      get: (target, key) => key in target ? target[key as string] : undefined,
      has: (_target, key) => key === "a" || key === "ghost",
      set: () => false,
      deleteProperty: () => false,
    });
    outcomes({ p: byRef(proxy) }, {
      "p.a, p.ghost, 'ghost' in p": "(1, None, True)",
      "setattr(p, 'a', 2)": /is read-only/,
      "delattr(p, 'a')": /is read-only/,
    });
  });

  test("errors of traps are clear when it crosses, and later", () => {
    const later: Record<string, string> = { get: "p.a", set: "setattr(p, 'a', 1)" };
    for (const [trap, code] of Object.entries(later)) {
      outcomes({ p: byRef(refusing(trap)) }, {
        [code]: `JsRangeError: RangeError: ${trap} refused`,
      });
    }
    const pass = evaluate("lambda x: None");
    assert.throws(() => pass(byRef(refusing("has"))), {
      name: "PyConversionError",
      message: "Cannot convert $: a value of class Object: has refused",
    });
  });

  test("revoked ones do not cross, or say so where they were revoked later", () => {
    const { proxy, revoke } = Proxy.revocable<object>({ a: 1 }, {});
    const names = { p: byRef(proxy), revoke };
    const found = outcome("p.a, revoke(), p.a", names);
    assert.match(found, /^JsTypeError: TypeError: .*(revoked|Proxy)/i);
    assert.match(outcome("repr(p)", { p: 1 }), /'1'/);
    assert.throws(() => evaluate("lambda x: None")(byRef(proxy)), { name: "PyConversionError" });
  });
});

describe("$.toJs() of what holds JsObjects", () => {
  test("gives the values themselves, not copies of live collections", () => {
    const [list, map, set] = [[1], new Map([[1, 2]]), new Set([1])];
    const found = evaluate("[a, {'k': m}, (s,)]", { a: byRef(list), m: byRef(map), s: byRef(set) })
      .$.toJs();
    assert.ok(found[0] === list && found[1].k === map && found[2][0] === set);
  });
});
