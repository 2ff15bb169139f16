import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type BusError, Message, MessageBus, rpcTransport } from "../../src/symphony/mod.ts";
import { killed, next, rejection, withProcess } from "../fixtures/conductor_events.ts";

const SETUP = new URL("../fixtures/conductor_bus_setup.ts", import.meta.url);
const SLOW = { timeout: 120_000 };

function ask(target: string, payload: unknown): Message<unknown> {
  return Message.builder().messageType("Request").source("parent").target(target).payload(payload)
    .build();
}

function event(payload: unknown): Message<unknown> {
  return Message.builder().messageType("Event").source("parent").target("*").payload(payload)
    .build();
}

describe("rpcTransport()", () => {
  it("makes the buses of parent and child one, both ways, in both languages", SLOW, async () => {
    await withProcess({ setup: SETUP }, async (conductor) => {
      const bus = new MessageBus({ transport: rpcTransport(conductor) });
      bus.register("parent.double", ({ payload }) => (payload as number) * 2);
      await conductor.start();
      await bus.ready();
      assert.strictEqual((await bus.request(ask("adder", [1, 2, 3]))).payload, 6);
      assert.strictEqual((await bus.request(ask("shout", "hé"))).payload, "HÉ");
      assert.strictEqual(await conductor.call("ask", { target: "parent.double", payload: 21 }), 42);
      const failed = await rejection(bus.request(ask("failing", 1))) as BusError;
      assert.strictEqual(failed.kind, "DeliveryFailed");
      assert.match(failed.message, /not in the child/);
      const nobody = await rejection(bus.request(ask("nobody", 1))) as BusError;
      assert.strictEqual(nobody.kind, "NoRouteFound");

      const topic = bus.subscribe("from.*");
      await bus.ready();
      await conductor.call("publish", "first");
      assert.strictEqual((await topic.next()).value?.payload, "first");
      for (const n of [1, 2, 3]) await bus.publish("news.today", event(n));
      await bus.publish("other.today", event(4));
      await bus.publish("news.today", event(5));
      assert.deepStrictEqual(await conductor.call("heard", 4), [1, 2, 3, 5]);
      topic.close();
      const many = Array.from({ length: 300 }, (_, n) => n);
      const sums = await Promise.all(many.map((n) => bus.request(ask("adder", [n, n]))));
      assert.deepStrictEqual(sums.map(({ payload }) => payload), many.map((n) => 2 * n));
      await bus.shutdown();
      await conductor.stop();
    });
  });

  it(
    "finds nobody while no child runs, and the next child's endpoints when it is there",
    SLOW,
    async () => {
      await withProcess({ setup: SETUP, restart: { delay: 0 } }, async (conductor) => {
        const bus = new MessageBus({ transport: rpcTransport(conductor) });
        bus.register("parent.double", ({ payload }) => (payload as number) * 2);
        await bus.ready();
        assert.strictEqual(
          ((await rejection(bus.request(ask("adder", [1])))) as BusError).kind,
          "NoRouteFound",
        );
        await conductor.start();
        assert.strictEqual((await bus.request(ask("adder", [1]))).payload, 1);
        const restarted = next(conductor, "Restarted");
        killed(conductor.processId);
        await restarted;
        assert.strictEqual((await bus.request(ask("adder", [2]))).payload, 2);
        assert.strictEqual(await conductor.call("ask", { target: "parent.double", payload: 4 }), 8);
        await conductor.stop();
        await bus.shutdown();
      });
    },
  );
});
