import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { run } from "../fixtures/program.ts";

const HEAVY = `import { startPython } from "MOD";
const py = startPython();
export const train = (a, b) => py.run("a + b", { locals: { a, b } });
export const later = async (x) => (await new Promise((r) => setTimeout(r, 1)), { x, list: [1, new Map([[1, 2]])] });
export const fail = () => { throw new RangeError("no"); };
export const python = () => py.run("def deep():\\n  raise KeyError('k')\\ndeep()");
export const live = () => py.builtins.object();
export const thrown = (value) => { throw value; };
export const number = 1;
`;
const HEAD = `const py = startPython();
const w = py.worker(new URL("./heavy.ts", import.meta.url));
`;

/** A program beside the module that its worker imports. */
function withWorker(program: string) {
  return run(HEAD + program, { files: { "heavy.ts": HEAVY } });
}

describe("py.worker()", () => {
  it("calls what the module exports, with copies of arguments and results", async () => {
    const ran = await withWorker(`
console.log(await w.call("train", 1, 2), await w.call("train", "a", "b"));
const { x, list } = await w.call("later", { n: [1n] });
console.log(x.n[0] === 1n, list[1].get(1));
console.log((await Promise.all([1, 2, 3].map((n) => w.call("train", n, n)))).join());
await w.close();
console.log(py.run("1 + 1"));`);
    assert.equal(ran.stdout, "3 ab\ntrue 2\n2,4,6\n2\n", ran.stderr);
    assert.deepEqual([ran.code, ran.signal], [0, null], ran.stderr);
  });

  it("rejects with what is thrown", async () => {
    const ran = await withWorker(`
const said = (promise) => promise.then(String, (e) => e);
let e = await said(w.call("fail"));
console.log(e instanceof Error, e.name, e.message, e.stack.includes("heavy.ts"));
e = await said(w.call("python"));
console.log(e.name, e.type, e.message, /in deep/.test(e.traceback));
console.log(await said(w.call("thrown", 5)), (await said(w.call("thrown", { code: 7 }))).code);
e = await said(w.call("nothing"));
console.log(e.message.replace(/^.*heavy.ts/, ""));
console.log((await said(w.call("number"))).name, (await said(w.call("live"))).message.slice(0, 35));
console.log((await said(w.call("train", () => 1))) instanceof Error);
await w.close();
console.log((await said(w.call("train", 1, 1))).name);`);
    assert.equal(
      ran.stdout,
      "true RangeError no true\nPythonError KeyError KeyError: 'k' true\n5 7\n exports no function \"nothing\"; " +
        "it exports fail, later, live, python, thrown, train\nTypeError the result of live() cannot be sent\n" +
        "true\nPythonClosedError\n",
      ran.stderr,
    );
  });

  it("does not keep the program alive, but for a call", async () => {
    const ran = await withWorker(`
w.call("train", 2, 2).then(console.log);`);
    assert.deepEqual([ran.stdout, ran.code, ran.signal], ["4\n", 0, null], ran.stderr);
  });

  it("says what is wrong with the module", async () => {
    const ran = await run(
      `const py = startPython();
const w = py.worker(new URL("./missing.ts", import.meta.url));
console.log(await w.call("f").catch((e) => e.message.includes("missing.ts")));
await w.close();
try { py.worker("./heavy.ts"); } catch (e) { console.log(e.name); }`,
    );
    assert.deepEqual(
      [ran.stdout, ran.code, ran.signal],
      ["true\nTypeError\n", 0, null],
      ran.stderr,
    );
  });
});
