import assert from "node:assert/strict";
import { describe } from "node:test";
import { installSources } from "../../src/symphony/mod.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";
import { py } from "../fixtures/python.ts";

const FILES = {
  "sourced/__init__.py": "from sourced.deep import answer\n",
  "sourced/deep.py":
    "def answer():\n    return 42\n\n\ndef fail():\n    raise ValueError(answer())\n",
};

describe("installSources()", () => {
  forGood(() => {
    installSources(py, FILES);
    evaluate("import sourced, sourced.deep, inspect, linecache, traceback");
  });

  test("makes packages and modules importable", () => {
    assert.strictEqual(evaluate("import sourced\nsourced.answer()"), 42);
    assert.strictEqual(evaluate("import sourced\nsourced.deep.__name__"), "sourced.deep");
  });

  test("keeps the first text under a name", () => {
    installSources(py, { "sourced/deep.py": "raise SystemExit" });
    assert.strictEqual(evaluate("import importlib, sourced.deep as d\nd.answer()"), 42);
  });

  test("lets tracebacks show the lines", () => {
    const shown = evaluate(
      "import sourced, traceback\ntry:\n    sourced.deep.fail()\nexcept ValueError:\n" +
        "    text = traceback.format_exc()\ntext",
    );
    assert.match(
      shown as string,
      /<pyduet>\/sourced\/deep\.py.*\n\s+raise ValueError\(answer\(\)\)/,
    );
  });
});
