import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ellipsis, isPyObject, PyConversionError, type PyValue, slice } from "../../mod.ts";
import { caughtFrom } from "../fixtures/errors.ts";
import { balanced, evaluate, py, references, test, testWith } from "../fixtures/python.ts";

describe("$", () => {
  it(
    "type is the type's name, with its module unless that is builtins or __main__",
    balanced(() => {
      const cases: [string, string][] = [
        ["[]", "list"],
        ["len", "builtin_function_or_method"],
        ["int", "type"],
        ["lambda: 1", "function"],
        ["__import__('collections').OrderedDict()", "collections.OrderedDict"],
        ["__import__('decimal').Decimal(1)", "decimal.Decimal"],
        ["iter([])", "list_iterator"],
        ["__import__('sys')", "module"],
        ["object()", "object"],
      ];
      for (const [code, type] of cases) assert.equal(evaluate(code).$.type, type, code);
      assert.equal(
        evaluate("class A:\n  class B: pass\nA.B()", { __name__: "__main__" }).$.type,
        "A.B",
      );
      assert.equal(evaluate("[]").append.$.type, "builtin_function_or_method");
      assert.equal(py.toPython(1).$.type, "int");
    }),
  );

  it(
    "call() takes an array and a record",
    balanced(() => {
      const f = evaluate("lambda *a, **k: [list(a), k]");
      assert.deepEqual(f.$.call().$.toJs(), [[], {}]);
      assert.deepEqual(f.$.call([1, 2]).$.toJs(), [[1, 2], {}]);
      assert.deepEqual(f.$.call([1], { b: 2 }).$.toJs(), [[1], { b: 2 }]);
      assert.deepEqual(f.$.call(undefined, { b: 2 }).$.toJs(), [[], { b: 2 }]);
      const list = evaluate("[]");
      for (const [args, text] of [[5, "5"], ["ab", '"ab"']] as const) {
        assert.throws(() => f.$.call(args as never), {
          name: "TypeError",
          message: `$.call() takes the arguments in an array, not ${text}`,
        });
      }
      list.append.$.call([5]);
      assert.deepEqual(list.$.toJs(), [5]);
    }),
  );

  it(
    "get() reads an item, converts the key, and knows a default",
    balanced(() => {
      const dict = evaluate(
        "{'a': 1, 2: 'two', (1, 2): 'pair', None: 'none', 2.5: 'float', True: 'yes', 10**20: 'big'}",
      );
      assert.equal(dict.$.get("a"), 1);
      assert.equal(dict.$.get(2), "two");
      assert.equal(dict.$.get([1, 2]), "pair");
      assert.equal(dict.$.get(null), "none");
      assert.equal(dict.$.get(2.5), "float");
      assert.equal(dict.$.get(true), "yes");
      assert.equal(dict.$.get(10n ** 20n), "big");
      assert.throws(() => dict.$.get("x"), { type: "KeyError", message: "KeyError: 'x'" });
      assert.equal(dict.$.get("x", 5), 5);
      assert.equal(dict.$.get("x", undefined), undefined);
      const own = {};
      assert.equal(dict.$.get("x", own), own);
      assert.equal(dict.$.get("a", 5), 1);
      const list = evaluate("[1, 2]");
      assert.equal(list.$.get(-1), 2);
      assert.equal(list.$.get(9, "none"), "none");
      assert.throws(() => list.$.get(9), { type: "IndexError" });
      assert.throws(() => list.$.get("x", "none"), { type: "TypeError" });
      assert.throws(() => evaluate("object()").$.get(0), { type: "TypeError" });
      assert.throws(() => dict.$.get(new Map()), { type: "TypeError" });
      assert.throws(() => dict.$.get({}, "x"), { type: "TypeError" });
      const counting = evaluate("__import__('collections').defaultdict(list)");
      assert.deepEqual(counting.$.get("new").$.toJs(), []);
      assert.equal(counting.$.has("new"), true);
    }),
  );

  it(
    "set(), has(), delete() and length are Python's own",
    balanced(() => {
      const dict = evaluate("{}");
      dict.$.set("a", [1]);
      dict.$.set([1, 2], "pair");
      assert.deepEqual(evaluate("list(d)", { d: dict })[1].$.toJs(), [1, 2]);
      assert.equal(dict.$.has("a"), true);
      assert.equal(dict.$.has([1, 2]), true);
      assert.equal(dict.$.has("b"), false);
      assert.equal(dict.$.length, 2);
      dict.$.delete("a");
      assert.equal(dict.$.length, 1);
      assert.throws(() => dict.$.delete("a"), { type: "KeyError" });
      assert.throws(() => dict.$.has(evaluate("[]")), { type: "TypeError" });
      const list = evaluate("['x', 1]");
      assert.equal(list.$.has("x"), true);
      assert.equal(list.$.has(0), false);
      list.$.set(0, "y");
      assert.deepEqual(list.$.toJs(), ["y", 1]);
      assert.throws(() => evaluate("object()").$.length, { type: "TypeError" });
      assert.throws(() => evaluate("object()").$.has(1), { type: "TypeError" });
      assert.throws(() => evaluate("(1,)").$.set(0, 1), { type: "TypeError" });
    }),
  );

  it(
    "attr(), setAttr(), hasAttr(), delAttr() take any name and raise AttributeError",
    balanced(() => {
      const object = evaluate("class C: x = 1\nC()");
      assert.equal(object.$.attr("x"), 1);
      assert.throws(() => object.$.attr("y"), {
        type: "AttributeError",
        message: /has no attribute 'y'/,
      });
      object.$.setAttr("y", [1]);
      assert.equal(object.$.hasAttr("y"), true);
      object.$.delAttr("y");
      assert.equal(object.$.hasAttr("y"), false);
      assert.throws(() => object.$.delAttr("y"), { type: "AttributeError" });
      for (
        const name of [
          "$",
          "then",
          "0",
          "-1",
          "length",
          "",
          "a b",
          "\0",
          "é",
          "__proto__",
          "\ud800",
        ]
      ) {
        object.$.setAttr(name, 5);
        assert.equal(object.$.attr(name), 5, JSON.stringify(name));
        object.$.delAttr(name);
        assert.equal(object.$.hasAttr(name), false, JSON.stringify(name));
      }
      assert.equal(evaluate("[]").$.attr("append").__name__, "append");
      for (const odd of [undefined, null, 5, Symbol("s"), {}]) {
        assert.throws(() => object.$.attr(odd as never), Error, String(odd));
      }
    }),
  );

  it(
    "get() and set() take slices, ellipsis and arrays of them",
    balanced(() => {
      const list = evaluate("list('abcdef')");
      assert.deepEqual(list.$.get(slice(1, 3)).$.toJs(), ["b", "c"]);
      assert.deepEqual(list.$.get(slice(2)).$.toJs(), ["a", "b"]);
      assert.deepEqual(list.$.get(slice(null, null, -1)).$.toJs(), [..."fedcba"]);
      assert.deepEqual(list.$.get(slice(-2, null)).$.toJs(), ["e", "f"]);
      list.$.set(slice(0, 2), ["x"]);
      list.$.delete(slice(-1, null));
      assert.deepEqual(list.$.toJs(), ["x", "c", "d", "e"]);
      const keys = evaluate("class K:\n  def __getitem__(s, k): return repr(k)\nK()");
      assert.equal(keys.$.get(ellipsis), "Ellipsis");
      assert.equal(keys.$.get(slice(1, null)), "slice(1, None, None)");
      assert.equal(keys.$.get(slice("a", "b", 2.5)), "slice('a', 'b', 2.5)");
      assert.equal(
        keys.$.get([slice(1, 3), ellipsis, null, 0]),
        "(slice(1, 3, None), Ellipsis, None, 0)",
      );
      assert.equal(keys.$.get([]), "()");
      assert.equal(keys.$.get([[1, 2], "x"]), "((1, 2), 'x')");
      assert.equal(keys.$.get(new Set([1])), "{1}");
      assert.equal(
        evaluate("lambda *a: repr(a)")(slice(1, 2), ellipsis),
        "(slice(1, 2, None), Ellipsis)",
      );
      assert.equal(
        evaluate("lambda a: repr(a)")([slice(1, 2), ellipsis]),
        "[slice(1, 2, None), Ellipsis]",
      );
      assert.throws(() =>
        keys.$.get(slice({
          get x() {
            throw new Error("no");
          },
        })), PyConversionError);
    }),
  );

  testWith(["numpy"], "slices and ellipsis of numpy arrays", () => {
    const np = py.import("numpy");
    const a = np.arange(24).reshape(2, 3, 4);
    assert.deepEqual(a.$.get([ellipsis, 0]).$.toJs(), [[0, 4, 8], [12, 16, 20]]);
    assert.deepEqual(a.$.get([0, slice(1, 3), slice(null, null, 2)]).$.toJs(), [[4, 6], [8, 10]]);
    assert.equal(a.$.get([1, 2, 3]), 23);
    a.$.set([slice(null), 0, ellipsis], 0);
    assert.equal(a.sum(), 24 * 23 / 2 - (0 + 1 + 2 + 3) - (12 + 13 + 14 + 15));
    assert.equal(a.length, 2);
    assert.equal(a[1][2][3], 23);
    assert.throws(() => a.$.get([9, 9, 9]), { type: "IndexError" });
  });

  it(
    "is(), equals(), isInstance(), hash(), repr(), dir()",
    balanced(() => {
      const [a, b] = evaluate("a = [1]\n(a, [1])");
      assert.equal(a.$.is(b), false);
      assert.equal(a.$.is(a), true);
      assert.equal(a.$.equals(b), true);
      assert.equal(a.$.equals([1]), true);
      assert.equal(a.$.equals([2]), false);
      assert.equal(a.$.equals("x"), false);
      assert.equal(py.toPython(1).$.equals(true), true);
      assert.equal(py.toPython(NaN).$.equals(NaN), false);
      assert.equal(a.$.isInstance(py.builtins.list), true);
      assert.equal(a.$.isInstance([py.builtins.int, py.builtins.list]), true);
      assert.equal(a.$.isInstance([]), false);
      assert.throws(() => a.$.isInstance(5), { type: "TypeError" });
      assert.equal(py.toPython("x").$.hash(), evaluate("hash('x')"));
      assert.equal(py.toPython(-1).$.hash(), -2);
      assert.equal(py.toPython(2n ** 60n).$.hash(), evaluate("hash(2 ** 60)"));
      assert.throws(() => a.$.hash(), { type: "TypeError" });
      assert.equal(a.$.repr(), "[1]");
      assert.equal(py.toPython("é\n\ud800\0").$.repr(), "'é\\n\\ud800\\x00'");
      const dir = evaluate("class C:\n  x = 1\nC()").$.dir();
      assert.ok(Array.isArray(dir) && dir.includes("x") && dir.includes("__class__"));
      assert.deepEqual(evaluate("class C:\n  def __dir__(s): return ['b', 'a']\nC()").$.dir(), [
        "a",
        "b",
      ]);
    }),
  );

  it(
    "clone(), release() and released, for objects and methods",
    balanced(() => {
      const list = evaluate("[1]");
      const clone = list.$.clone();
      assert.equal(clone.$.is(list), true);
      assert.equal(list.$.released, false);
      list.$.release();
      list.$.release();
      assert.equal(list.$.released, true);
      assert.equal(clone.$.released, false);
      const { append } = clone;
      const kept = clone.$.attr("append");
      assert.equal(append.$.released, false);
      const copied = append.$.clone();
      clone.$.release();
      kept(2);
      copied(3);
      assert.deepEqual(kept.__self__.$.toJs(), [1, 2, 3]);
    }),
  );

  it(
    "of a scalar made by toPython() stays an object",
    balanced(() => {
      for (const value of [1, "x", true, null, 2.5, 10n ** 30n, new Uint8Array(2), [1], { a: 1 }]) {
        const object = py.toPython(value);
        assert.equal(isPyObject(object), true);
        assert.deepEqual(object.$.toJs(), value instanceof Uint8Array ? value : value);
      }
      assert.equal(py.toPython("abc").upper(), "ABC");
      assert.equal(py.toPython("abc")[1], "b");
      assert.equal(py.toPython("abc").length, 3);
      assert.equal(py.toPython(5).bit_length(), 3);
      assert.equal(py.toPython(py.builtins.len).$.is(py.builtins.len), true);
    }),
  );
});

describe("coercions", () => {
  it(
    "text is str()",
    balanced(() => {
      const list = evaluate("[1, 'a']");
      assert.equal(`${list}`, "[1, 'a']");
      assert.equal(String(list), "[1, 'a']");
      assert.equal(list + "", "[1, 'a']");
      assert.equal(list.toString(), "[1, 'a']");
      assert.equal(`${evaluate("class C:\n  def __str__(s): return 'mine'\nC()")}`, "mine");
      assert.equal(`${evaluate("class S(str): pass\nS('sub')")}`, "sub");
      assert.equal(`${evaluate("int")}`, "<class 'int'>");
      assert.equal(`${evaluate("len")}`, "<built-in function len>");
      assert.match(`${evaluate("[]").append}`, /^<built-in method append of list object/);
      assert.equal({ "[1]": "key" }[evaluate("[1]") as unknown as string], "key");
    }),
  );

  it(
    "numbers are float() or int()",
    balanced(() => {
      assert.equal(+evaluate("__import__('decimal').Decimal('1.5')"), 1.5);
      assert.equal(+evaluate("__import__('fractions').Fraction(1, 4)"), 0.25);
      assert.equal(+py.toPython(7), 7);
      assert.equal(evaluate("__import__('decimal').Decimal('1.5')") + 1, 2.5);
      assert.equal(evaluate("__import__('decimal').Decimal('2')") * 3, 6);
      assert.equal((py.toPython(3) as PyValue) > 2, true);
      assert.equal(+evaluate("class I:\n  def __int__(s): return 9\nI()"), 9);
      assert.equal(+evaluate("class I:\n  def __index__(s): return 8\nI()"), 8);
      assert.throws(() => +evaluate("[]"), { type: "TypeError" });
      assert.equal(+py.toPython("12"), 12);
      assert.equal(+py.toPython(10n ** 30n), 1e30);
    }),
  );

  it(
    "JSON.stringify() gives the converted value",
    balanced(() => {
      assert.equal(JSON.stringify(evaluate("[1, {'a': (2, None)}]")), '[1,{"a":[2,null]}]');
      assert.equal(JSON.stringify({ x: evaluate("{'a': True}") }), '{"x":{"a":true}}');
      assert.equal(JSON.stringify(evaluate("__import__('decimal').Decimal('1.5')")), '"1.5"');
      assert.equal(
        JSON.stringify({ d: evaluate("__import__('datetime').date(2020, 1, 2)") }),
        '{"d":"2020-01-02"}',
      );
      const own = evaluate("class C:\n  def toJSON(self, key=None): return 'own'\nC()");
      assert.equal(JSON.stringify(own), '"own"');
      for (const code of ["object()", "len", "int", "lambda: 1", "x = []\nx.append(x)\nx"]) {
        const caught = (() => {
          try {
            return JSON.stringify(evaluate(code));
          } catch (error) {
            return error;
          }
        })();
        assert.ok(
          caught === undefined || typeof caught === "string" || caught instanceof Error,
          code,
        );
      }
    }),
  );

  it(
    "typeof, truth and comparison are JavaScript's",
    balanced(() => {
      const empty = evaluate("[]");
      assert.equal(typeof empty, "object");
      assert.equal(Boolean(empty), true);
      assert.equal(empty === evaluate("[]"), false);
      assert.equal(Array.isArray(empty), false);
      assert.equal(empty instanceof Object, true);
      assert.ok(Object.prototype.toString.call(empty).startsWith("[object "));
      assert.equal(Object.isFrozen(empty), false);
      assert.throws(() => Object.freeze(empty), TypeError);
      assert.throws(() => Object.defineProperty(empty, "x", { get: () => 1 }), TypeError);
      assert.throws(() => structuredClone(empty), Error);
      const map = new Map([[empty, 1]]);
      assert.equal(map.get(empty), 1);
      assert.equal(new WeakSet([empty]).has(empty), true);
    }),
  );

  it(
    "an exception in them is thrown as it is",
    balanced(() => {
      const bad = evaluate(
        "def no(*a): raise KeyError('no')\ntype('C', (), {n: no for n in ['__str__', '__repr__', '__float__']})()",
      );
      for (
        const use of [
          () => `${bad}`,
          () => bad + "",
          () => String(bad),
          () => +bad,
          () => bad.toString(),
        ]
      ) {
        assert.equal(caughtFrom(use).message, "KeyError: 'no'");
      }
    }),
  );
});

describe("keys that cannot be converted", () => {
  test("leave nothing behind, whatever stood before them", () => {
    const [object, probe] = [evaluate("{}"), evaluate("object()")];
    const before = references(probe);
    const bad = new Date(NaN);
    for (
      const key of [[probe, bad], [probe, [probe, bad]], slice(probe, bad), slice(probe, 1, bad)]
    ) {
      assert.throws(() => object.$.get(key), PyConversionError);
      assert.throws(() => object.$.set(key, 1), PyConversionError);
    }
    assert.strictEqual(references(probe), before);
  });
});
