import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { isPyObject } from "../../mod.ts";
import { installSymphony, Message, MessageBus, Pit } from "../../src/symphony/mod.ts";
import { ROOT } from "../fixtures/program.ts";
import { pytest } from "../fixtures/pytest.ts";
import { evaluate, forGood, py, testWith } from "../fixtures/python.ts";

const FILE = join(ROOT, "tests", "fixtures", "test_data.json");

/** JSON with whole numbers of any size, as Python reads it. */
function parsed(text: string): unknown {
  const withSource = JSON.parse as (
    text: string,
    revive: (key: string, value: unknown, context: { source: string }) => unknown,
  ) => unknown;
  return withSource(text, (_, value, { source }) => {
    const whole = typeof value === "number" && !Number.isSafeInteger(value) &&
      /^-?\d+$/.test(source);
    return whole ? BigInt(source) : value;
  });
}

const DATA = parsed(readFileSync(FILE, "utf8"));
const bus = new MessageBus();
const pit = new Pit();

// What Python has of the data must be what the file says; the answer is what TypeScript read of it.
bus.register("host", ({ payload }) => {
  const told = isPyObject(payload) ? payload.$.toJs() : payload;
  const { data, kept } = told as { data: unknown; kept: string };
  assert.deepStrictEqual(data, DATA);
  const content = pit.artifacts.retrieve(kept);
  assert.ok(content);
  assert.deepStrictEqual(parsed(new TextDecoder().decode(content)), DATA);
  const own = pit.artifacts.store(readFileSync(FILE), { contentType: "application/json" });
  return { data: DATA, kept: own };
});

describe("Symphony's modules and pytest", () => {
  forGood(() => {
    installSymphony(py, { bus, pit });
    evaluate("import symphony_bridge, symphony_ipc, symphony_pit");
  });

  for (const [module, count] of [["ipc", 20], ["pit", 16], ["bridge", 22]] as const) {
    testWith(["pytest"], `symphony_${module} passes its tests inside this process`, async () => {
      const { code, passed, other } = await pytest(`tests/python/test_symphony_${module}.py`);
      assert.equal(other, "");
      assert.equal(code, 0);
      assert.equal(passed.length, count, passed.join("\n"));
    });
  }
});

describe("the data that both languages read", () => {
  testWith([], "is in TypeScript what it was before a message and an artifact", () => {
    const message = Message.builder().messageType("Request").source("a").target("b").payload(DATA)
      .build();
    assert.deepStrictEqual(Message.fromBytes(message.toBytes()).payload, DATA);
  });
});
