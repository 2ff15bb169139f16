import assert from "node:assert/strict";
import { describe } from "node:test";
import { generateStubs, pyClass, pyModule, t } from "../../mod.ts";
import { forGood, py, test } from "../fixtures/python.ts";

class Colour {
  static readonly RED: Colour = new Colour("red");
  constructor(readonly name: string) {}
}
class Deep extends Colour {}

const colours = pyModule("colours_of_constants", {
  members: [
    pyClass(Colour, {
      properties: { name: { type: t.str, readonly: true } },
      constants: { RED: Colour.RED, DEEP: new Deep("deep"), COUNT: 2 },
    }),
  ],
});
forGood(() => py.register(colours));

describe("constants of pyClass()", () => {
  test("may be instances of the class itself", () => {
    const seen = py.run(`
from colours_of_constants import Colour
[Colour.RED.name, isinstance(Colour.RED, Colour), Colour.RED is Colour.RED, Colour.DEEP.name, Colour.COUNT]`);
    assert.deepStrictEqual(seen.$.toJs(), ["red", true, true, "deep", 2]);
    assert.strictEqual(py.import("colours_of_constants").Colour.RED, Colour.RED);
  });

  test("have their class in stubs", () => {
    assert.ok(generateStubs(colours).includes("    RED: ClassVar[Colour]\n"));
  });
});
