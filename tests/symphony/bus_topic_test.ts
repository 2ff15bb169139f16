import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BusError, MessageBus, type Overflow, Priority } from "../../src/symphony/mod.ts";
import { message, refusal, timed } from "../fixtures/bus_messages.ts";

describe("publish() and subscribe()", () => {
  it("bring a topic's messages to those who want them, urgent ones first", async () => {
    const bus = new MessageBus();
    const all = bus.subscribe("*");
    const oil = bus.subscribe("prices.oil");
    assert.deepEqual([
      bus.subscriberCount("prices.oil"),
      bus.subscriberCount("x"),
      bus.subscriberCount(),
    ], [2, 1, 2]);
    const send = (payload: number, priority: Priority) =>
      bus.publish("prices.oil", message("Event", "*", payload, { priority }));
    assert.equal(await send(1, Priority.LOW), 2);
    await send(2, Priority.HIGH);
    assert.equal(await bus.publish("x", message("Event", "*", 3)), 1);
    assert.equal(
      await bus.send(message("Event", "prices.oil", 4)),
      2,
      "an Event is published on its target",
    );
    assert.deepEqual([oil.size, all.size], [3, 4]);
    const taken: unknown[] = [];
    for await (const { payload } of oil) if (taken.push(payload) === 3) break;
    assert.deepEqual(taken, [2, 4, 1]);
    assert.deepEqual([oil.closed, bus.subscriberCount("prices.oil")], [true, 1]);
    bus.unsubscribe(all.id);
    assert.deepEqual(await all.next(), { done: true, value: undefined });
    assert.throws(() => bus.unsubscribe(all.id), {
      kind: "PubSub",
      reason: "SubscriptionNotFound",
      message: "there is no subscription 1",
    });
    assert.equal(await bus.publish("x", message("Event", "*")), 0);
    assert.deepEqual(await refusal(bus.publish("", message("Event", "*"))), [
      "PubSub",
      'a topic must be a text that is not empty, not ""',
    ]);
  });

  const full = async (overflow: Overflow) => {
    const bus = new MessageBus();
    const topic = bus.subscribe("t", { capacity: 2, overflow });
    const publish = (payload: number, priority = Priority.NORMAL) =>
      bus.publish("t", message("Event", "t", payload, { priority }));
    await publish(1, Priority.HIGH);
    await publish(2);
    return {
      bus,
      topic,
      publish,
      rest: () => [topic.tryNext(), topic.tryNext()].map((m) => m?.payload),
    };
  };

  it("drop the oldest of the least urgent where there is no room", async () => {
    const { bus, topic, publish, rest } = await full("dropOldest");
    assert.equal(await publish(3), 1);
    assert.deepEqual([topic.lagged, bus.metrics().dropped, rest()], [1, 1, [1, 3]]);
  });

  it("drop the newest, if they are told", async () => {
    const { topic, publish, rest } = await full("dropNewest");
    assert.equal(await publish(3, Priority.CRITICAL), 0);
    assert.deepEqual([topic.lagged, rest()], [1, [1, 2]]);
  });

  it("fail, if they are told", async () => {
    const { topic, publish, rest } = await full("error");
    assert.deepEqual(await refusal(publish(3)), [
      "PubSub",
      "SubscriptionFull",
      'subscription 1 to "t" is full: 2 wait',
    ]);
    assert.deepEqual([topic.lagged, rest()], [0, [1, 2]]);
  });

  it("make the publisher wait, if they are told", async () => {
    const { topic, publish } = await full("block");
    const done: string[] = [];
    const low = publish(3).then((taken) => done.push(`low ${taken}`));
    const high = publish(4, Priority.HIGH).then((taken) => done.push(`high ${taken}`));
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(done, []);
    assert.equal(topic.tryNext()?.payload, 1);
    await high;
    assert.deepEqual(done, ["high 1"]);
    assert.equal((await topic.next()).value?.payload, 4);
    await low;
    assert.deepEqual([topic.tryNext()?.payload, topic.tryNext()?.payload], [2, 3]);
    await publish(5);
    await publish(6);
    const never = publish(7);
    topic.close();
    assert.equal(await never, 0, "an end lets publishers go");
  });

  it("leave out what is too old", async () => {
    const { bus, clock } = timed();
    const topic = bus.subscribe("t");
    await bus.publish("t", message("Event", "t", 1, { now: () => clock.now(), ttl: 5 }));
    await bus.publish("t", message("Event", "t", 2));
    clock.pass(6);
    assert.equal(topic.tryNext()?.payload, 2);
    assert.equal(bus.metrics().expired, 1);
  });

  it("refuse what makes no sense", () => {
    const bus = new MessageBus();
    const refused = (act: () => unknown) => assert.throws(act, BusError);
    refused(() => bus.subscribe("t", { capacity: 0 }));
    refused(() => bus.subscribe("t", { overflow: "x" as Overflow }));
    refused(() => bus.subscribe(""));
    refused(() => bus.subscribe("["));
    assert.equal(bus.subscriberCount(), 0);
  });

  it("lose no message whose receiver was called off", async () => {
    const bus = new MessageBus();
    const topic = bus.subscribe("t");
    const publish = (payload: number) => bus.publish("t", message("Event", "t", payload));
    const controller = new AbortController();
    const { signal } = controller;
    const called = topic.next({ signal });
    const next = topic.next();
    controller.abort(new Error("off"));
    await assert.rejects(called, { message: "off" });
    await assert.rejects(topic.next({ signal }), { message: "off" });
    await publish(1);
    assert.equal((await next).value?.payload, 1);
    // A signal that is aborted after the message came changes nothing, unless the receiver said so.
    const late = new AbortController();
    const taken = topic.next({ signal: late.signal });
    const returned = new AbortController();
    const given = topic.next({ signal: returned.signal, returnable: true });
    await publish(2);
    await publish(3);
    await publish(4);
    late.abort();
    returned.abort();
    assert.equal((await taken).value?.payload, 2);
    assert.equal((await given).value?.payload, 3, "who never looked");
    assert.deepEqual([topic.tryNext()?.payload, topic.tryNext()?.payload], [3, 4]);
  });
});
