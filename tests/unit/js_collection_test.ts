import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef } from "../../mod.ts";
import { outcomes } from "../fixtures/outcome.ts";
import { evaluate, test } from "../fixtures/python.ts";
import { since } from "../fixtures/errors.ts";

const ARRAY = "<js an Array>";

describe("an Array in Python", () => {
  test("is read like a list", () => {
    outcomes({ a: byRef([1, "b", null]), none: byRef([]) }, {
      "len(a), a[0], a[-1], a[True], a[Index()]": "(3, 1, None, 'b', None)",
      "a[0:2], a[::-1], a[5:], a[-2:]": "([1, 'b'], [None, 'b', 1], [], ['b', None])",
      "list(a), list(reversed(a)), [*a]": "([1, 'b', None], [None, 'b', 1], [1, 'b', None])",
      "1 in a, 5 in a, a.index('b'), a.count(1)": "(True, False, 1, 1)",
      "bool(a), bool(none), len(none), list(none)": "(True, False, 0, [])",
      "a.map(lambda x, i, all: i), a.indexOf('b'), a.length": "([0, 1, 2], 1, 3)",
      "a": ARRAY,
    }, "class Index:\n  def __index__(self): return 2");
  });

  test("says what is wrong with an index in a list's words", () => {
    outcomes({ a: byRef([1, 2]) }, {
      "a[2]": "IndexError: array index out of range",
      "a[-3]": "IndexError: array index out of range",
      "a[2**70]": "IndexError: array index out of range",
      "a['0']": "TypeError: array indices must be integers or slices, not str",
      "a.__setitem__(2, 0)": "IndexError: array index out of range",
      "a.__delitem__(-3)": "IndexError: array index out of range",
      "a.__setitem__(slice(0, 1), [])":
        "TypeError: slices of an array of TypeScript can be read only; use its splice()",
      "a.__delitem__(slice(0, 1))":
        "TypeError: slices of an array of TypeScript can be read only; use its splice()",
      "a.remove(9)": "ValueError: ",
      "next(a)": "TypeError: 'JsObject' object is not an iterator",
    });
  });

  test("is changed like a list, in place", () => {
    const array: unknown[] = [1, 2, 3];
    evaluate(
      "a[0] = 'x'\na[-1] = 'z'\ndel a[1]\na.append(4)\na.insert(0, 'first')\na.extend([5, 6])\n" +
        "a += [7]\na.remove(5)\nlast = a.pop()\na.push(8)\nassert last == 7",
      { a: byRef(array) },
    );
    assert.deepEqual(array, ["first", "x", "z", 4, 6, 8]);
    evaluate("a.reverse()\na.insert(-1, 'i')\na.insert(99, 'end')", { a: byRef(array) });
    assert.deepEqual(array, [8, 6, 4, "z", "x", "i", "first", "end"]);
    evaluate("a.clear()", { a: byRef(array) });
    assert.deepEqual(array, []);
  });

  test("that is frozen or sealed says so", () => {
    const text = `TypeError: ${ARRAY} is frozen or sealed`;
    outcomes({ a: byRef(Object.freeze([1])), s: byRef(Object.seal([1])) }, {
      "a.__setitem__(0, 2)": text,
      "a.__delitem__(0)": text,
      "a.append(2)": text,
      "s.__setitem__(0, 1)": "None",
      "s.__delitem__(0)": text,
      "a[0], s[0]": "(1, 1)",
    });
  });

  test("finds what is in it as Array.prototype.includes does, and Python's objects as themselves", () => {
    const array: unknown[] = [NaN, -0, "1"];
    outcomes({ a: byRef(array) }, {
      "float('nan') in a, 0 in a, 1 in a, '1' in a": "(True, True, False, True)",
      "a.append(obj), obj in a, [] in a, a[3] is obj": "(None, True, False, True)",
    }, "obj = []");
  });

  test("matches a sequence pattern", () => {
    if (!since(3, 10)) return;
    outcomes(
      { a: byRef([1, 2, 3]) },
      { found: "(1, [2, 3])" },
      `
match a:
    case [first, *rest]:
        found = first, rest`,
    );
  });

  test("holds, by position, functions that are no methods", () => {
    const fn = (): number => 5;
    const found = evaluate("a[0]() == 5 and a[0]", { a: byRef([fn]) });
    assert.strictEqual(found, fn);
  });
});

describe("a Map in Python", () => {
  test("is read and changed like a dict", () => {
    const map = new Map<unknown, unknown>([["a", 1], [2, "two"], [null, undefined]]);
    outcomes({ m: byRef(map), none: byRef(new Map()) }, {
      "len(m), m['a'], m[2], m[None]": "(3, 1, 'two', None)",
      "m['b']": "KeyError: 'b'",
      "'a' in m, 'b' in m, None in m, [] in m": "(True, False, True, False)",
      "list(m), list(m.keys()), list(m.values())":
        "(['a', 2, None], ['a', 2, None], [1, 'two', None])",
      "list(m.items()), dict(m)":
        "([('a', 1), (2, 'two'), (None, None)], {'a': 1, 2: 'two', None: None})",
      "m.get('a'), m.get('b'), m.get('b', 7), m.has('a'), m.size": "(1, None, 7, True, 3)",
      "bool(m), bool(none)": "(True, False)",
      "m.__delitem__('b')": "KeyError: 'b'",
      "reversed(m)": "TypeError: 'JsObject' object is not reversible",
      "[*m.entries()]": "[['a', 1], [2, 'two'], [None, None]]",
    });
    evaluate(
      "m['c'] = 3\ndel m['a']\nm.update(d=4)\nassert m.pop(2) == 'two'\nm.setdefault('e', 5)",
      {
        m: byRef(map),
      },
    );
    assert.deepEqual([...map], [[null, undefined], ["c", 3], ["d", 4], ["e", 5]]);
  });

  test("of a subclass uses what the subclass says", () => {
    class Loud extends Map<string, string> {
      override get(key: string): string | undefined {
        return super.get(key)?.toUpperCase();
      }
    }
    outcomes({ m: byRef(new Loud([["a", "b"]])) }, {
      "m['a'], m": "('B', <js a value of class Loud>)",
    });
  });

  test("may change while it is iterated", () => {
    const map = new Map([[1, 1], [2, 2]]);
    assert.deepEqual(
      evaluate("seen = []\nfor k in m:\n  seen.append(k)\n  if k < 4: m[k + 2] = 0\nseen", {
        m: byRef(map),
      }).$.toJs(),
      [1, 2, 3, 4, 5],
    );
  });
});

describe("a Set in Python", () => {
  test("is read and changed like a set", () => {
    const set = new Set<unknown>([1, "a"]);
    outcomes({ s: byRef(set), none: byRef(new Set()) }, {
      "len(s), 1 in s, 2 in s, list(s)": "(2, True, False, [1, 'a'])",
      "s & {1}, s - {1}, {1, 9} & s, s <= {1, 'a', 2}": "({1}, {'a'}, {1}, True)",
      "(s | {2}) == {1, 'a', 2}, s.isdisjoint({5})": "(True, True)",
      "bool(s), bool(none), s == {1, 'a'}": "(True, False, False)",
      "s.remove(5)": "KeyError: 5",
      "s[0]": "TypeError: 'JsObject' object is not subscriptable",
    });
    evaluate("s.add(3)\ns.discard(1)\ns.discard(99)\ns.remove('a')\ns |= {4}", { s: byRef(set) });
    assert.deepEqual([...set], [3, 4]);
  });
});
