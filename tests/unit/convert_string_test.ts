import assert from "node:assert/strict";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

/** The code points of a str. */
const points = forGood(() => evaluate("lambda s: [ord(c) for c in s]"));
const same = forGood(() => evaluate("lambda s: s"));
const inList = forGood(() => evaluate("lambda s: [s, {s: s}]"));

function pointsOf(text: string): number[] {
  return Array.from(text, (each) => each.codePointAt(0)!);
}

const TEXTS: Record<string, string> = {
  "nothing": "",
  "a letter": "a",
  "a NUL": "\0",
  "a NUL inside": "a\0b",
  "a BOM before": "\uFEFFx",
  "a BOM alone": "\uFEFF",
  "a BOM behind": "x\uFEFF",
  "a reversed BOM": "\uFFFEx",
  "a lone high surrogate": "\uD83D",
  "a lone low surrogate": "\uDE00",
  "a reversed pair": "\uDE00\uD83D",
  "a pair": "\uD83D\uDE00",
  "a high surrogate before a letter": "\uD83DA",
  "a pair after a lone one": "\uD83D\uD83D\uDE00",
  "a BOM before a lone surrogate": "\uFEFF\uD83D",
  "a NUL before a lone surrogate": "\0\uDC00\0",
  "the first and the last surrogate": "\uD800x\uDFFF",
  "latin 1": "éÿ\x80",
  "Greek": "ιωδιούχο",
  "Chinese": "碘化物",
  "a snake": "🐍",
  "the last code point": "\u{10FFFF}",
  "non-characters": "\uFFFE\uFFFF",
  "the replacement character": "\uFFFD",
  "line ends": "\r\n\u2028\u2029\x85",
  "control characters": "\x01\x7f\x1b[0m",
};

describe("str", () => {
  for (const [name, text] of Object.entries(TEXTS)) {
    test(`stringToPython() and stringToJs() keep ${name}`, () => {
      assert.deepEqual(points(text).$.toJs(), pointsOf(text));
      assert.strictEqual(same(text), text);
      assert.deepEqual(inList(text).$.toJs(), [text, { [text]: text }]);
    });

    test(`stringToJs() keeps ${name} from Python's own literal`, () => {
      const literal = `"${
        pointsOf(text).map((point) => "\\U" + point.toString(16).padStart(8, "0")).join("")
      }"`;
      assert.strictEqual(evaluate(literal), text);
    });
  }

  test("stringToPython() gives the lengths that CASES.md names", () => {
    const length = evaluate("len");
    assert.strictEqual(length("\uD83D"), 1);
    assert.strictEqual(length("\uD83D\uDE00"), 1);
    assert.strictEqual(length("\uD83DA"), 2);
    assert.strictEqual(length("a\0b"), 3);
    assert.strictEqual(length("\uFEFFx"), 2);
  });

  // 24: the loop ends; 1024: the reused buffer ends; 64: names are kept up to here.
  const BORDERS = [
    23,
    24,
    25,
    63,
    64,
    65,
    341,
    342,
    1023,
    1024,
    1025,
    3071,
    3072,
    3073,
    8192,
    8193,
  ];
  for (const unit of ["a", "é", "碘", "🐍", "\uD83D", "\0"]) {
    test(`every border of length holds for ${JSON.stringify(unit)}`, () => {
      for (const length of BORDERS) {
        for (
          const text of [
            unit.repeat(length),
            "x" + unit.repeat(length - 1),
            unit.repeat(length - 1) + "y",
          ]
        ) {
          assert.ok(same(text) === text, `${text.length} units of ${JSON.stringify(unit)}`);
          assert.strictEqual(evaluate("len")(text), pointsOf(text).length);
          const [a, b] = inList(text).$.toJs();
          assert.ok(a === text && b[text] === text && Object.keys(b)[0] === text);
        }
      }
    });
  }

  test("what one text left in the buffer is not seen by the next", () => {
    for (let length = 1100; length > 0; length -= 37) {
      assert.strictEqual(same("b".repeat(length)), "b".repeat(length));
      assert.strictEqual(same("é"), "é");
    }
  });

  // CPython treats each lone surrogate by itself, hence few of them.
  const LONG = { ASCII: "ab", Latin: "é", astral: "🐍", broken: "\uDC00" + "ab".repeat(499) + "é" };
  for (const [name, unit] of Object.entries(LONG)) {
    test(`10 MB of ${name} text crosses both ways`, () => {
      const text = unit.repeat(10_000_000 / unit.length);
      assert.ok(same(text) === text);
    });
  }

  test("a property name is interned once and equal afterwards", () => {
    const first = evaluate("lambda d: list(d)[0]");
    assert.strictEqual(first({ some_name: 1 }), "some_name");
    assert.strictEqual(first({ "": 1 }), "");
    assert.strictEqual(first({ "a\0b": 1 }), "a\0b");
    assert.strictEqual(first({ "\uD800": 1 }), "\uD800");
    for (let i = 0; i < 10_000; i++) assert.strictEqual(first({ ["key" + i]: 1 }), "key" + i);
    assert.strictEqual(first({ key5: 1 }), "key5");
  });

  test("a subclass of str stays a PyObject", () => {
    const name = evaluate("class Name(str): pass\nName('x\\0\\ud800')");
    assert.ok(isPyObject(name));
    assert.strictEqual(name.$.toJs(), "x\0\uD800");
    assert.strictEqual(`${name}`, "x\0\uD800");
  });

  test("py.toPython() holds a str", () => {
    assert.strictEqual(py.toPython("ä").$.repr(), "'ä'");
  });
});
