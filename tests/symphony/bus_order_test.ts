import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageBus, Priority } from "../../src/symphony/mod.ts";
import { message, refusal, timed } from "../fixtures/bus_messages.ts";

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe("register({ concurrency })", () => {
  it("keeps the order, also of more messages than are handed out at once", async () => {
    for (const [batchSize, maxConcurrentDeliveries] of [[100, 1000], [1000, 3], [7, 1]] as const) {
      const bus = new MessageBus({ batchSize, maxConcurrentDeliveries });
      const seen: unknown[] = [];
      bus.register("e", async ({ payload }) => {
        await Promise.resolve();
        seen.push(payload);
      }, { concurrency: 1 });
      // Another endpoint takes part of what may run at the same time.
      bus.register("other", () => new Promise((resolve) => setTimeout(resolve)));
      const sent = range(250).flatMap((i) => [
        bus.send(message("Event", "e", i)),
        ...i % 5 === 0 ? [bus.send(message("Event", "other"))] : [],
      ]);
      await Promise.all(sent);
      assert.deepEqual(seen, range(250), `${batchSize} in a batch`);
    }
  });

  it("the most urgent of all that wait goes first, and of these what came first", async () => {
    const bus = new MessageBus({ batchSize: 4 });
    const seen: unknown[] = [];
    const gate = Promise.withResolvers<void>();
    bus.register("e", async ({ payload }) => {
      seen.push(payload);
      await gate.promise;
    }, { concurrency: 1 });
    const first = bus.send(message("Event", "e", "first"));
    await Promise.resolve();
    const sent = range(12).map((i) => {
      const priority = i % 3 === 2 ? Priority.HIGH : Priority.NORMAL;
      return bus.send(message("Event", "e", i, { priority }));
    });
    gate.resolve();
    await Promise.all([first, ...sent]);
    assert.deepEqual(seen, ["first", 2, 5, 8, 11, 0, 1, 3, 4, 6, 7, 9, 10]);
  });

  it("goes on after messages that were too old when their turn came", async () => {
    const { bus, clock } = timed();
    const seen: unknown[] = [];
    const gate = Promise.withResolvers<void>();
    bus.register("e", async ({ payload }) => {
      seen.push(payload);
      await gate.promise;
    }, { concurrency: 1 });
    const now = () => clock.now();
    const brief = (payload: string) => message("Event", "e", payload, { ttl: 10, now });
    const first = bus.send(message("Event", "e", "first", { now }));
    const late = ["a", "b"].map((payload) => refusal(bus.send(brief(payload))));
    const last = bus.send(message("Event", "e", "last", { now }));
    await Promise.resolve();
    clock.pass(11);
    gate.resolve();
    assert.deepEqual((await Promise.all(late)).map(([kind]) => kind), ["TtlExpired", "TtlExpired"]);
    assert.deepEqual([await first, await last], [1, 1]);
    assert.deepEqual(seen, ["first", "last"]);
    assert.deepEqual([bus.metrics().waiting, bus.metrics().running], [0, 0]);
    await bus.shutdown();
  });
});

describe("a handler", () => {
  it("may fail with anything, and answer with anything, and the bus goes on", async () => {
    const bus = new MessageBus();
    bus.register("bare", () => {
      throw Object.create(null);
    });
    bus.register("then", () => ({
      get then() {
        throw new RangeError("no attribute");
      },
    }));
    assert.deepEqual(await refusal(bus.send(message("Request", "bare"))), [
      "DeliveryFailed",
      "bare failed: an object",
    ]);
    assert.deepEqual(await refusal(bus.request(message("Request", "then"))), [
      "DeliveryFailed",
      "then failed: RangeError: no attribute",
    ]);
    bus.register("well", () => 1);
    assert.equal((await bus.request(message("Request", "well"))).payload, 1);
    assert.deepEqual([bus.metrics().running, bus.metrics().failed], [0, 2]);
  });
});

describe("request({ timeout })", () => {
  it("refuses what is no time", async () => {
    const bus = new MessageBus();
    bus.register("e", () => 1);
    for (const [timeout, seen] of [[-1, "-1"], [NaN, "NaN"], ["5s", '"5s"']] as const) {
      assert.deepEqual(
        await refusal(bus.request(message("Request", "e"), { timeout: timeout as number })),
        ["Configuration", `timeout must be a number of milliseconds from 0, not ${seen}`],
      );
    }
    assert.equal(bus.metrics().pending, 0);
  });
});

describe("shutdown()", () => {
  it("fails what was sent to a handler that does not end, also where it runs already", async () => {
    const { bus, clock } = timed();
    bus.register("hangs", () => new Promise(() => {}));
    const sent = [message("Request", "hangs"), message("Event", "hangs")].map((each) =>
      refusal(bus.send(each))
    );
    await Promise.resolve();
    assert.equal(bus.metrics().running, 2);
    const end = bus.shutdown({ grace: 100 });
    clock.pass(100);
    await end;
    assert.deepEqual((await Promise.all(sent)).map(([kind]) => kind), [
      "BusShuttingDown",
      "BusShuttingDown",
    ]);
  });
});
