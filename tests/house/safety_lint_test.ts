import assert from "node:assert/strict";
import { describe, it } from "node:test";
import plugin from "./safety_lint.ts";

const runtime = (globalThis as { Deno?: typeof Deno }).Deno;

/** What the plugin says on a text; the lint test interface is Deno's alone. */
function findings(text: string, file = "src/capi/sample.ts"): string[] {
  return runtime!.lint.runPlugin(plugin, file, text).map((found) => found.message);
}

describe("the safety lint", { skip: runtime === undefined }, () => {
  const steps: Record<string, string> = {
    "a call that steals a reference": "lib.PyTuple_SetItem(tuple, 0, item);",
    "raw memory": "lib.memcpy(to, from, 8n);",
    "the state of the interpreter": "const state = PyGILState_Ensure();",
    "opening a library": "const lib = Deno.dlopen(path, {});",
    "a static call of the runtime's": "const p = Deno.UnsafePointer.of(view);",
    "the same behind another name": "const p = runtime.UnsafePointer.value(x);",
    "a construction": "const view = new Deno.UnsafePointerView(p);",
    "a callback": "const c = new ffi.JSCallback(f, {});",
    "foreign memory as an array": "const a = ffi.toArrayBuffer(p, 0, 8);",
    "an escape of our own": "handle.unsafePointer();",
    "an escape that is passed on": "list.map(unsafeAddress);",
    "an escape that is read": "const p = handle.unsafeAddress;",
    "a computed name": 'lib["PyErr_Restore"](a, b, c);',
  };
  for (const [what, text] of Object.entries(steps)) {
    it(`finds ${what}`, () => assert.equal(findings(text).length, 1, findings(text).join("\n")));
    it(`takes a reason for ${what}`, () => {
      assert.deepEqual(findings(`// SAFETY: the sample says so\n${text}`), []);
    });
  }

  it("wants a reason, not only the word", () => {
    assert.equal(findings("// SAFETY:\nlib.memcpy(a, b, 8n);").length, 1);
  });

  it("names the step", () => {
    assert.deepEqual(findings("lib.memcpy(a, b, 8n);"), [
      "memcpy() is an unsafe step without a reason",
    ]);
  });

  it("takes a reason before the function", () => {
    for (
      const text of [
        "// SAFETY: yes\nfunction f() { if (x) { lib.memcpy(a, b, 8n); } }",
        "/** Copies. */\n// SAFETY: yes\nexport function f() { lib.memcpy(a, b, 8n); }",
        "// SAFETY: yes\nexport const f = (a) => lib.memcpy(a, b, 8n);",
        "class A {\n  // SAFETY: yes\n  f() { return lib.memcpy(a, b, 8n); }\n}",
        "class A {\n  // SAFETY: yes\n  f = () => lib.memcpy(a, b, 8n);\n}",
        "const o = {\n  // SAFETY: yes\n  f: () => lib.memcpy(a, b, 8n),\n};",
        "const o = {\n  // SAFETY: yes\n  f() { lib.memcpy(a, b, 8n); },\n};",
      ]
    ) assert.deepEqual(findings(text), [], text);
  });

  it("takes a reason inside a long expression", () => {
    const text = "return run(\n  a,\n  // SAFETY: yes\n  lib.memcpy(a, b, 8n),\n);";
    assert.deepEqual(findings(`function f() { ${text} }`), []);
  });

  it("does not take one from another statement, a block or a class", () => {
    for (
      const text of [
        "// SAFETY: yes\na();\nlib.memcpy(a, b, 8n);",
        "// SAFETY: yes\nif (x) { lib.memcpy(a, b, 8n); }",
        "// SAFETY: yes\nclass A { f() { lib.memcpy(a, b, 8n); } }",
      ]
    ) assert.equal(findings(text).length, 1, text);
  });

  it("leaves declarations, imports, types and tables alone", () => {
    for (
      const text of [
        'import { unsafeAddress } from "./a.ts";',
        'export { unsafeAddress } from "./a.ts";',
        "function unsafeAddress(unsafeValue: number): void {}",
        "class A { unsafeAddress(): void {} unsafeField = 1; }",
        "interface A { unsafeAddress(): void; unsafeField: number }",
        "const { unsafeAddress } = options;",
        'const table = { PyList_SetItem: "pzp", unsafeName: 1 };',
        "type A = typeof Deno.UnsafePointer;",
      ]
    ) assert.deepEqual(findings(text), [], text);
  });

  it("knows reads of memory in src/ffi", () => {
    assert.equal(findings("read.ptr(p, 0);", "src/ffi/bun.ts").length, 1);
    assert.equal(findings("ffi.read.u64(p, 0);", "src/ffi/bun.ts").length, 1);
    assert.equal(findings("read.ptr(p, 0);", "src/convert/text.ts").length, 0);
  });

  it("leaves tests and benchmarks alone", () => {
    assert.deepEqual(findings("lib.memcpy(a, b, 8n);", "bench/floor.ts"), []);
  });
});
