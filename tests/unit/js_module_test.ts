import assert from "node:assert/strict";
import { describe } from "node:test";
import { byRef } from "../../mod.ts";
import { outcomes } from "../fixtures/outcome.ts";
import { evaluate, py, test } from "../fixtures/python.ts";

describe("import js", () => {
  test("gives globalThis", () => {
    outcomes({}, {
      "js": "<module 'js' (globalThis)>",
      "js.Math.max(1, 3), js.JSON.stringify({'a': [1]})": `(3, '{"a":[1]}')`,
      "URL('http://a.b/c').host, URL is js.URL": "('a.b', True)",
      "js.globalThis.Math.PI == js.Math.PI": "True",
      "js.nope": "AttributeError: module 'js' has no attribute 'nope'",
      "js.__path__": "AttributeError: module 'js' has no attribute '__path__'",
      "js.__name__, 'Map' in dir(js), js.parseInt('12px')": "('js', True, 12)",
    }, "import js\nfrom js import URL");
    outcomes({}, {
      "0": /^ImportError: cannot import name 'nope' from 'js'/,
    }, "from js import nope");
    outcomes(
      {},
      { "0": "ModuleNotFoundError: No module named 'js.x'; 'js' is not a package" },
      "import js.x",
    );
  });

  test("is globalThis itself where TypeScript gets it", () => {
    assert.strictEqual(py.import("js"), globalThis);
    assert.strictEqual(evaluate("import js\n[js]")[0], globalThis);
    assert.strictEqual(evaluate("import js\ngetattr(js.Object, 'is')(js, js.globalThis)"), true);
  });

  test("attributes set through it are globalThis's", () => {
    const global = globalThis as Record<string, unknown>;
    evaluate("import js\njs.fromPython = 5");
    assert.strictEqual(global.fromPython, 5);
    evaluate("import js\ndel js.fromPython");
    assert.ok(!("fromPython" in global));
    outcomes({}, {
      "delattr(js, 'fromPython')":
        /^AttributeError: 'JsObject' object has no attribute 'fromPython'/,
    }, "import js");
  });

  test("is that of the JS thread in a Python thread", async () => {
    const said = await evaluate(`
import js
url = js.URL
def work():
    setattr(js, "fromThread", 1)
    said = [js.URL is url, url("http://a").host, js.fromThread]
    del js.fromThread
    return said
work`).$.inThread();
    assert.deepEqual(said.$.toJs(), [true, "a", 1]);
    assert.ok(!("fromThread" in globalThis));
  });
});

describe("a JsObject in a Python thread", () => {
  test("does every operation, and is dropped here", async () => {
    const code = `
acts = [
    lambda: a[0], lambda: len(a), lambda: list(a), lambda: 1 in a, lambda: bool(a), lambda: a.length,
    lambda: o.x, lambda: setattr(o, "x", 1), lambda: delattr(o, "y"), lambda: "f" in dir(o), lambda: o["x"],
    lambda: "x" in o, lambda: m["x"], lambda: list(m), lambda: o.f, lambda: f(), lambda: f == o_f,
    lambda: o.__exit__(), lambda: next(i), lambda: K(), lambda: isinstance(o, K),
]
def work():
    global a
    said = [str(act())[:12] for act in acts]
    assert repr(a) == "<js an Array>" and hash(a) and a == a and a != o and not callable(a)
    a = None
    return said
f, o_f = o.f, o.f
work`;
    const o = { x: 1, y: 2, f() {}, [Symbol.dispose]() {} };
    const said = await evaluate(code, {
      a: byRef([1]),
      o: byRef(o),
      m: byRef(new Map([["x", 1]])),
      i: [1].values(),
      K: class {},
    }).$.inThread();
    assert.deepEqual(said.$.toJs(), [
      ...["1", "1", "[1]", "True", "True", "1", "1", "None", "None", "True", "1"],
      ...[
        "True",
        "1",
        "['x']",
        "<js method o",
        "None",
        "True",
        "None",
        "1",
        "<js a value ",
        "False",
      ],
    ]);
  });
});
