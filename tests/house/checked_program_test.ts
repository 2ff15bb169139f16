import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkedProgram, isLiteral } from "./checked_program.ts";
import { blocksOf, programsOf } from "./markdown_blocks.ts";

/** The rewritten program without its first import. */
function rewritten(text: string): string {
  return checkedProgram(text, "./expectation.ts").text.replace(/^import .*?;\s/, "");
}

describe("checkedProgram()", () => {
  it("checks a literal after an expression, with or without a remark", () => {
    const claim = '1, "4", () => (4)';
    assert.equal(rewritten("f(2); // 4"), `expectValue(${claim}, (f(2))); // 4`);
    assert.match(rewritten("f(2);   // 4  (a number)"), /^expectValue\(1, "4", \(\) => \(4\), /);
    assert.match(rewritten("await f(2); // [1, { a: 2n }]"), /, \(await f\(2\)\)\);/);
  });

  it("checks a declaration after it", () => {
    assert.match(
      rewritten("const x = f(2); // => 4"),
      /^const x = f\(2\); expectValue\(1, .*, x\);/,
    );
  });

  it("checks how a value is shown after an arrow", () => {
    assert.match(
      rewritten("a; // => array([0, 1])"),
      /^expectValue\(1, "array\(\[0, 1\]\)", null, \(a\)\);/,
    );
  });

  it("checks what is printed", () => {
    assert.match(
      rewritten("console.log(a, 1); // array 1"),
      /^expectPrinted\(1, "array 1", \[a, 1\]\);/,
    );
  });

  it("checks what is thrown", () => {
    assert.match(
      rewritten("f(); // throws TypeError: bad"),
      /^expectThrown\(1, "TypeError: bad", \(\) =>/,
    );
    assert.match(
      rewritten("await f(); // throws X"),
      /^await expectThrownAsync\(1, "X", async \(\) =>/,
    );
  });

  it("checks inside functions and loops", () => {
    assert.match(rewritten("for (const x of xs) {\n  f(x); // 4\n}"), /expectValue\(2, /);
  });

  it("leaves remarks alone", () => {
    for (
      const text of ["f(2); // makes four", "f(2);\n// 4", "const { x } = f(2); // 4", "f(2);"]
    ) {
      assert.equal(checkedProgram(text, "./expectation.ts").claims, 0, text);
    }
  });

  it("keeps every line where it is", () => {
    const text = "f(1); // 1\n\n\nf(2); // 2\n";
    assert.equal(rewritten(text).split("\n").length, text.split("\n").length);
  });
});

describe("isLiteral()", () => {
  it("takes values that are written out", () => {
    for (
      const text of [
        ...["42", "-1.5", "10n", '"a"', "null", "undefined", "NaN", "-Infinity", "true"],
        ...["[1, [2]]", "{ a: 1, b: [2] }", 'new Map([["a", 1]])', "new Float64Array([1, 2])"],
      ]
    ) assert.ok(isLiteral(text), text);
  });

  it("takes nothing else", () => {
    for (
      const text of [
        "",
        "a number",
        "array([0, 1])",
        "42 and more",
        "x",
        "f(2)",
        "1) + (2",
        "{ a }",
      ]
    ) {
      assert.ok(!isLiteral(text), text);
    }
  });
});

describe("blocksOf()", () => {
  const markdown =
    "# T\n\n```ts\na();\n```\n\n```ts continues\nb();\n```\n```ts no-run why\nc();\n```\n" +
    "```sh\nnpm test\n```\n\n````md\n```ts\nnot();\n```\n````\n";

  it("finds language, note, line and text", () => {
    assert.deepEqual(blocksOf(markdown).map(({ language, note, line }) => [language, note, line]), [
      ["ts", "", 4],
      ["ts", "continues", 8],
      ["ts", "no-run why", 11],
      ["sh", "", 14],
      ["md", "", 18],
    ]);
  });

  it("makes programs of them", () => {
    assert.deepEqual(
      programsOf(blocksOf(markdown), "ts").map((program) => program.map((b) => b.text)),
      [
        ["a();\n", "b();\n"],
      ],
    );
  });

  it("wants a reason for what is not run", () => {
    assert.throws(() => programsOf(blocksOf("```ts no-run\nx\n```\n"), "ts"), /wants a reason/);
  });
});
