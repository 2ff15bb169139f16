import assert from "node:assert/strict";
import { describe } from "node:test";
import { MessageBus, symphonyIpc } from "../../src/symphony/mod.ts";
import { forGood, py, test } from "../fixtures/python.ts";

forGood(() => py.register(symphonyIpc()));
const { HIGH, LOW, pythonSide, typescriptSide } = await import("../fixtures/bus_sides.ts");
type Side = ReturnType<typeof pythonSide>;

/** What is the same whoever asks and whoever answers. */
const SCENARIOS: Record<string, (asker: Side, other: Side, bus: MessageBus) => Promise<void>> = {
  async "a request is answered by what the endpoint returns"(asker, other) {
    other.endpoint("double", "double");
    other.endpoint("later", "later");
    other.endpoint("nothing", "nothing");
    assert.deepEqual(parsed(await asker.request("double", "21")), ["Response", "double", 42]);
    assert.deepEqual(parsed(await asker.request("later", "1")), ["Response", "later", [1]]);
    assert.deepEqual(parsed(await asker.request("nothing", "1")), ["Response", "nothing", null]);
  },
  async "payloads of every kind come back"(asker, other) {
    other.endpoint("echo", "echo");
    const payloads = [
      "null",
      "true",
      '"\\u00fc\\ud83d\\ude00"',
      "1.5",
      "-3",
      "[]",
      '{"a":[1,{"b":null}]}',
    ];
    for (const payload of payloads) {
      assert.deepEqual(parsed(await asker.request("echo", payload))[2], JSON.parse(payload));
    }
  },
  async "an error of the endpoint fails the request and the send"(asker, other) {
    other.endpoint("bad", "fail");
    const error = other.name === "Python" ? "IndexError: no" : "RangeError: no";
    const failed = `BusError DeliveryFailed None: bad failed: ${error}`;
    assert.equal(await asker.request("bad", "1"), failed);
    assert.equal(await asker.send("Request", "bad", "1"), failed);
  },
  async "an answer of type Error fails the request"(asker, other) {
    other.endpoint("tells", "failure");
    const failed = "BusError DeliveryFailed None: tells failed: RangeError: told";
    assert.equal(await asker.request("tells", "1"), failed);
  },
  async "an endpoint that fails is left alone"(asker, other) {
    other.endpoint("bad", "fail");
    for (let i = 0; i < 3; i++) await asker.request("bad", "1");
    assert.equal(
      await asker.request("bad", "1"),
      "BusError EndpointUnhealthy None: bad failed 3 times in a row, and is left alone for 30000 ms",
    );
  },
  async "nobody there is told, but for an Event and for everyone"(asker, other) {
    const nobody =
      'BusError NoRouteFound None: nobody takes messages for "x": no endpoint, no route and no subscription';
    assert.equal(await asker.send("Request", "x", "1"), nobody);
    assert.equal(await asker.request("x", "1"), nobody);
    assert.equal(await asker.send("Event", "x", "1"), "ok 0");
    assert.equal(await asker.send("Request", "*", "1"), "ok 0");
    other.endpoint("x", "echo");
    other.gone("x");
    assert.equal(await asker.request("x", "1"), nobody);
  },
  async "a request times out"(asker, other) {
    other.endpoint("keeps", "keep");
    assert.match(
      await asker.request("keeps", "1", 0.001),
      /^BusError Correlation RequestTimeout: the request \S+ timed out: no answer came within 1 ms$/,
    );
    assert.match(
      await other.answer("1"),
      /^BusError Correlation RequestTimeout: the request \S+ timed out: its answer comes too late$/,
    );
  },
  async "respond() answers, during the handler and after it"(asker, other) {
    other.endpoint("early", "early");
    other.endpoint("keeps", "keep");
    assert.deepEqual(parsed(await asker.request("early", "1")), ["Response", "early", "early"]);
    const answer = asker.request("keeps", "1");
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.equal(await other.answer('{"late":[1]}'), "ok null");
    assert.deepEqual(parsed(await answer), ["Response", "keeps", { late: [1] }]);
  },
  async "what is too large is refused"(asker, other) {
    other.endpoint("e", "echo");
    const large = JSON.stringify("x".repeat(1024 * 1024 + 1));
    assert.equal(
      await asker.send("Request", "e", large),
      "BusError MessageTooLarge None: the message has 1048577 bytes, of which the bus takes 1048576 " +
        "(maxMessageSize, in Python max_message_size)",
    );
  },
  async "the most urgent comes first of what waits"(asker, other) {
    other.endpoint("e", "record");
    const levels = [LOW, 0, HIGH, 5, 0];
    await Promise.all(levels.map((level, i) => asker.send("Request", "e", String(i), level)));
    assert.equal(other.seen(), "[2,3,1,4,0]");
    const topic = other.listen("t", 9, "dropOldest");
    for (const [i, level] of levels.entries()) await asker.publish("t", String(i), level);
    topic.close();
  },
  async "everyone gets what is for everyone"(asker, other) {
    other.endpoint("one", "record");
    asker.endpoint("two", "record");
    assert.equal(await asker.send("Event", "*", '{"a":1}'), "ok 2");
    assert.deepEqual([other.seen(), asker.seen()], ['[{"a":1}]', '[{"a":1}]']);
  },
  async "a topic's messages come to its subscribers, urgent ones first"(asker, other, bus) {
    const topic = other.listen("prices.*", 9, "dropOldest");
    const next = topic.next();
    assert.equal(await asker.publish("prices.oil", '{"p":81}'), "ok 1");
    assert.equal(await next, '{"p":81}');
    assert.equal(await asker.publish("other", "1"), "ok 0");
    for (const [i, level] of [LOW, 0, HIGH].entries()) {
      await asker.publish("prices.gas", String(i), level);
    }
    assert.equal(await asker.send("Event", "prices.gold", "3", LOW), "ok 1");
    assert.equal(topic.tryNext(), "2");
    await bus.shutdown();
    assert.equal(await topic.rest(), "1 0 3");
    assert.equal(await topic.next(), "nothing");
  },
  async "a full subscription does what it was told"(asker, other) {
    const kinds = ["dropOldest", "dropNewest", "error"] as const;
    const [oldest, newest, error] = kinds.map((kind) => other.listen(kind, 1, kind));
    for (const kind of kinds) assert.equal(await asker.publish(kind, "1"), "ok 1");
    assert.equal(await asker.publish("dropOldest", "2"), "ok 1");
    assert.equal(await asker.publish("dropNewest", "2"), "ok 0");
    assert.equal(
      await asker.publish("error", "2"),
      'BusError PubSub SubscriptionFull: subscription 3 to "error" is full: 1 wait',
    );
    assert.deepEqual([oldest!.tryNext(), newest!.tryNext(), error!.tryNext()], ["2", "1", "1"]);
    assert.deepEqual([oldest!.lagged(), newest!.lagged(), error!.lagged()], [1, 1, 0]);
    const block = other.listen("block", 1, "block");
    await asker.publish("block", "1");
    const waits = asker.publish("block", "2");
    assert.equal(await block.next(), "1");
    assert.equal(await waits, "ok 1");
    assert.equal(await block.next(), "2");
    for (const each of [oldest, newest, error, block]) each!.close();
  },
  async "a request finds a subscriber, who answers"(asker, other) {
    const jobs = other.listen("jobs", 9, "dropOldest");
    const answer = asker.request("jobs", "[1]");
    assert.equal(await jobs.next(), "[1]");
    assert.equal(await other.answer('"done"'), "ok null");
    assert.deepEqual(parsed(await answer), ["Response", "jobs", "done"]);
    jobs.close();
  },
  async "a bus that shut down takes nothing more"(asker, other, bus) {
    other.endpoint("e", "echo");
    await bus.shutdown();
    const refused =
      "BusError BusShuttingDown None: the bus is shutting down, and takes no more messages";
    assert.equal(await asker.send("Request", "e", "1"), refused);
    assert.equal(await asker.request("e", "1"), refused);
    assert.equal(await asker.publish("e", "1"), refused);
  },
};

function parsed(outcome: string): unknown[] {
  assert.ok(outcome.startsWith("ok "), outcome);
  return JSON.parse(outcome.slice(3));
}

for (const [asks, askerOf] of Object.entries({ TypeScript: typescriptSide, Python: pythonSide })) {
  for (
    const [answers, otherOf] of Object.entries({ TypeScript: typescriptSide, Python: pythonSide })
  ) {
    describe(`MessageBus from ${asks} to ${answers}`, () => {
      for (const [claim, run] of Object.entries(SCENARIOS)) {
        test(claim, async () => {
          const bus = new MessageBus();
          await run(askerOf(bus), otherOf(bus), bus);
          await bus.shutdown();
          for (const id of bus.endpoints()) bus.unregister(id);
        });
      }
    });
  }
}
