import { describe, it } from "node:test";
import { prints } from "../fixtures/program.ts";

describe("code that the engine has compiled", () => {
  it("bears a buffer's first release in the middle of a call", async () => {
    await prints(
      `
const { pyFunction, t } = pyduet;
const py = startPython();
py.globals.g = pyFunction("g", { params: { b: t.buffer("B") }, returns: t.int }, (b) => b.data.length);
py.globals.h = pyFunction("h", { params: { a: t.list(t.int) }, returns: t.list(t.int) }, (a) => a);
const h = py.globals.h;
for (let i = 0; i < 30000; i++) {
  try { h(["x"]); } catch {}
  h([1, 2]);
  py.run("h([1])");
}
let sum = 0;
for (let k = 0; k < 20; k++) py.scope(() => { for (let i = 0; i < 300; i++) sum += py.run("g(bytearray(8))"); });
console.log(sum);`,
      "48000\n",
      { seconds: 120 },
    );
  });
});
