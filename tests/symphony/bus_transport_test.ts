import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "@nats-io/transport-node";
import {
  type BusError,
  type BusOptions,
  type BusTransport,
  Loopback,
  Message,
  MessageBus,
  type MessageTypeName,
  type NatsConnection,
  natsTransport,
  Priority,
  type Receive,
} from "../../src/symphony/mod.ts";
import { type NatsServer, NO_NATS, startNats } from "../fixtures/nats_server.ts";

function message(type: MessageTypeName, target: string, payload: unknown = null): Message {
  return Message.builder().messageType(type).source("me").target(target).payload(payload).build();
}

const request = (target: string, payload: unknown = null) => message("Request", target, payload);

/** The kind, reason and text of what a promise is rejected with. */
async function refusal(promise: Promise<unknown>): Promise<unknown[]> {
  const error = await promise.then(() => assert.fail("nothing was thrown"), (error) => error);
  assert.ok(error instanceof Error && "kind" in error, `rejected with ${String(error)}`);
  const { reason } = error as BusError;
  return [error.kind, ...reason ? [reason] : [], error.message];
}

/** What every transport does. `make` gives a transport of the same net each time. */
function contract(
  name: string,
  net: { make(): BusTransport; readonly skip: string | false },
): void {
  const promised = (claim: string, body: (bus: (o?: BusOptions) => MessageBus) => Promise<void>) =>
    it(claim, { skip: net.skip }, async () => {
      const buses: MessageBus[] = [];
      try {
        await body((options) => {
          const bus = new MessageBus({ ...options, transport: net.make() });
          buses.push(bus);
          return bus;
        });
      } finally {
        await Promise.all(buses.map((bus) => bus.shutdown()));
      }
    });

  describe(name, () => {
    promised("request() reaches an endpoint of another bus", async (bus) => {
      const [near, far] = [bus(), bus()];
      far.register(
        "pit.pool",
        ({ header, payload }) => ({ payload, priority: header.priority.level }),
      );
      await far.ready();
      const asked = Message.builder().messageType("Request").source("me").target("pit.pool")
        .priority(Priority.HIGH).payload({ n: 2n ** 70n, ü: "\ud83d\0" }).build();
      const answer = await near.request(asked);
      assert.deepEqual(answer.payload, { payload: { n: 2n ** 70n, ü: "\ud83d\0" }, priority: 100 });
      assert.deepEqual(
        [answer.header.source, answer.header.target, answer.header.correlationId],
        ["pit.pool", "me", asked.id],
      );
    });

    promised("request() follows the routes of its own bus", async (bus) => {
      const [near, far] = [bus(), bus()];
      far.register("pit", ({ header }) => header.target);
      await far.ready();
      near.registerRoute("pit.*", "pit");
      assert.equal((await near.request(request("pit.pool"))).payload, "pit.pool");
    });

    promised("request() prefers an endpoint of its own", async (bus) => {
      const [near, far] = [bus(), bus()];
      near.register("e", () => "near");
      far.register("e", () => "far");
      await Promise.all([near.ready(), far.ready()]);
      assert.equal((await near.request(request("e"))).payload, "near");
      near.unregister("e");
      assert.equal((await near.request(request("e"))).payload, "far");
    });

    promised("a request goes to one bus of several", async (bus) => {
      const near = bus();
      let handled = 0;
      const others = [bus(), bus(), bus()];
      for (const other of others) {
        other.register("worker", () => void handled++);
        await other.ready();
      }
      for (let i = 0; i < 10; i++) await near.request(request("worker"));
      assert.equal(handled, 10);
    });

    promised("send() waits for the handler elsewhere, and fails as it does", async (bus) => {
      const [near, far] = [bus(), bus()];
      const seen: unknown[] = [];
      far.register("ok", async ({ payload }) => {
        await Promise.resolve();
        seen.push(payload);
      });
      far.register("bad", () => {
        throw new RangeError("too far");
      });
      await far.ready();
      assert.equal(await near.send(request("ok", 7)), 1);
      assert.deepEqual(seen, [7]);
      const failed = ["DeliveryFailed", "bad failed: RangeError: too far"];
      assert.deepEqual(await refusal(near.send(request("bad"))), failed);
      assert.deepEqual(await refusal(near.request(request("bad"))), failed);
      assert.equal(far.health.of("bad").consecutiveFailures, 2);
    });

    promised("nobody anywhere is NoRouteFound", async (bus) => {
      const [near, far] = [bus(), bus()];
      await far.ready();
      const nobody = [
        "NoRouteFound",
        'nobody takes messages for "nobody": no endpoint, no route and no subscription',
      ];
      assert.deepEqual(await refusal(near.request(request("nobody"))), nobody);
      assert.deepEqual(await refusal(near.send(request("nobody"))), nobody);
      far.register("nobody", () => 1);
      await far.ready();
      assert.equal((await near.request(request("nobody"))).payload, 1);
      far.unregister("nobody");
      await far.ready();
      far.register("other", () => 1);
      await far.ready(); // by now the former end is known
      assert.deepEqual(await refusal(near.request(request("nobody"))), nobody);
    });

    promised("request() gives up after its timeout", async (bus) => {
      const [near, far] = [bus(), bus()];
      far.register("silent", () => {}, { manual: true });
      await far.ready();
      const asked = request("silent");
      assert.deepEqual(await refusal(near.request(asked, { timeout: 20 })), [
        "Correlation",
        "RequestTimeout",
        `the request ${asked.id} timed out: no answer came within 20 ms`,
      ]);
      await far.shutdown({ grace: 1 });
    });

    promised(
      "publish() reaches those who want the topic, once, and never its own bus twice",
      async (bus) => {
        const [near, far, third] = [bus(), bus(), bus()];
        const own = near.subscribe("prices.*");
        const wanted = [
          far.subscribe("prices.*"),
          far.subscribe("prices.oil"),
          third.subscribe("*"),
        ];
        const unwanted = third.subscribe("prices.g?s");
        await Promise.all([near, far, third].map((each) => each.ready()));
        assert.equal(await near.publish("prices.oil", message("Event", "*", 81)), 1);
        assert.equal(await near.publish("prices.end", message("Event", "*", "end")), 1);
        for (const each of wanted) assert.equal((await each.next()).value?.payload, 81);
        assert.equal((await wanted[0]!.next()).value?.payload, "end");
        assert.equal((await wanted[2]!.next()).value?.payload, "end");
        assert.deepEqual([own.size, ...wanted.map(({ size }) => size), unwanted.size], [
          2,
          0,
          0,
          0,
          0,
        ]);
        assert.equal(await near.send(message("Event", "prices.gas", 5)), 1, "an Event as well");
        assert.equal((await unwanted.next()).value?.payload, 5);
      },
    );

    promised("request() may wait for ever, and not at all", async (bus) => {
      const [near, far] = [bus(), bus()];
      far.register("e", () => 1);
      far.register("silent", () => {}, { manual: true });
      await far.ready();
      assert.equal((await near.request(request("e"), { timeout: Infinity })).payload, 1);
      const [kind, reason] = await refusal(near.request(request("silent"), { timeout: 0 }));
      assert.deepEqual([kind, reason], ["Correlation", "RequestTimeout"]);
      await far.shutdown({ grace: 0 });
    });

    promised("topics may have any name", async (bus) => {
      const [near, far] = [bus(), bus()];
      for (const topic of ["a b", "ü*", "a..b", ".", "x>y", "100%", "\u{1f600}", "%2A", "'()"]) {
        const exact = topic.replace(/[*?[]/g, "[$&]");
        const wanted = far.subscribe(exact);
        await far.ready();
        await near.publish(topic, message("Event", "*", topic));
        assert.equal((await wanted.next()).value?.payload, topic);
        wanted.close();
      }
    });

    promised('what is for "*" reaches everyone', async (bus) => {
      const [near, far] = [bus(), bus()];
      const { promise, resolve } = Promise.withResolvers<Message>();
      far.register("e", resolve);
      const topic = far.subscribe("whatever");
      await far.ready();
      assert.equal(await near.send(message("Event", "*", 3)), 0, "here");
      assert.equal((await promise).payload, 3);
      assert.equal((await topic.next()).value?.payload, 3);
    });

    promised("messages are measured as bytes, both ways", async (bus) => {
      const [near, far] = [bus({ maxMessageSize: 1000 }), bus({ maxMessageSize: 500 })];
      far.register("e", ({ payload }) => "y".repeat(payload as number));
      far.register("large", () => 1);
      await far.ready();
      assert.equal((await refusal(near.request(request("e", 600))))[0], "MessageTooLarge");
      assert.match(
        (await refusal(near.send(request("large", "x".repeat(400)))))[1] as string,
        /^the message has \d+ bytes, of which the bus takes 500 \(maxMessageSize, in Python max_message_size\)$/,
      );
      assert.equal(far.metrics().malformed, 1);
      assert.equal((await refusal(near.send(request("e", new Map()))))[0], "Serialization");
    });

    promised("shutdown() answers what is on its way, and takes nothing more", async (bus) => {
      const [near, far] = [bus(), bus()];
      const entered = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      far.register("slow", async () => {
        entered.resolve();
        await gate.promise;
        return "done";
      });
      await far.ready();
      const answer = near.request(request("slow"));
      await entered.promise;
      const end = far.shutdown();
      assert.equal((await refusal(near.request(request("slow"))))[0], "BusShuttingDown");
      gate.resolve();
      assert.equal((await answer).payload, "done");
      await end;
      assert.equal((await refusal(near.request(request("slow"))))[0], "NoRouteFound");
      assert.ok(near.metrics().carried >= 3);
      assert.equal(far.metrics().received, 2);
    });
  });
}

const loopback = { net: new Loopback() };
contract("Loopback", { make: () => loopback.net.transport(), skip: false });

let server: NatsServer;
const connections: Awaited<ReturnType<typeof connect>>[] = [];
let next = 0;

before(async () => {
  if (NO_NATS !== null) return console.log(`skipped: natsTransport(): ${NO_NATS}`);
  server = await startNats();
  for (let i = 0; i < 3; i++) connections.push(await connect({ servers: server.address }));
});

after(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await server?.stop();
});

const prefix = `test.${Math.random().toString(36).slice(2)}`;
contract("natsTransport()", {
  make: () => natsTransport(connections[next++ % connections.length]!, { prefix }),
  skip: NO_NATS ?? false,
});

/** A connection that all share, whose server has the test bring each copy of a message. */
function slowNats(): { connection: NatsConnection; copies: (() => void)[] } {
  type Callback = Parameters<NatsConnection["subscribe"]>[1]["callback"];
  const all: { pattern: string; callback: Callback }[] = [];
  const copies: (() => void)[] = [];
  const fits = (pattern: string, subject: string): boolean =>
    new RegExp(`^${pattern.replace(/\*/g, "[^.]+").replace(/>$/, ".+")}$`).test(subject);
  const connection: NatsConnection = {
    publish(subject, data, { reply = "" } = {}) {
      for (const each of all.filter(({ pattern }) => fits(pattern, subject))) {
        copies.push(() => {
          const wanted = all.includes(each);
          if (wanted) each.callback(null, { subject, data, reply, respond: () => true });
        });
      }
    },
    request: () => Promise.reject(new Error("nobody asks")),
    subscribe(pattern, { callback }) {
      const subscription = { pattern, callback };
      all.push(subscription);
      return { unsubscribe: () => void all.splice(all.indexOf(subscription), 1) };
    },
    flush: () => Promise.resolve(),
  };
  return { connection, copies };
}

describe("natsTransport() and what is not its own", () => {
  const skip = NO_NATS ?? false;

  it("buses with another prefix do not see one another", { skip }, async () => {
    const [a, b] = ["one", "two"].map((each) =>
      new MessageBus({ transport: natsTransport(connections[0]!, { prefix: prefix + each }) })
    ) as [MessageBus, MessageBus];
    b.register("e", () => 1);
    await b.ready();
    assert.equal((await refusal(a.request(request("e"))))[0], "NoRouteFound");
    await Promise.all([a.shutdown(), b.shutdown()]);
  });

  it("bytes of others are counted, and do no harm", { skip }, async () => {
    const [mine, other] = connections as [typeof connections[0], typeof connections[0]];
    const bus = new MessageBus({ transport: natsTransport(mine, { prefix }) });
    bus.register("e", () => 1);
    const topic = bus.subscribe("*");
    await bus.ready();
    for (const subject of ["publish.x.topic", "publish.x.%zz", "broadcast.x", "send.e"]) {
      other.publish(`${prefix}.${subject}`, new Uint8Array([1, 2, 3]));
    }
    const answer = await other.request(`${prefix}.request.e`, new Uint8Array(), {
      timeout: 10_000,
    });
    const { name, kind } = Message.fromBytes(answer.data).payload as { name: string; kind: string };
    assert.deepEqual([name, kind], ["MessageError", "Serialization"]);
    assert.deepEqual([bus.metrics().malformed, bus.metrics().received, topic.size], [4, 4, 0]);
    await bus.shutdown();
    assert.equal(mine.isClosed(), false, "the connection stays its owner's");
  });

  it("a connection that was closed fails the delivery", { skip }, async () => {
    const connection = await connect({ servers: server.address });
    const bus = new MessageBus({ transport: natsTransport(connection, { prefix }) });
    await bus.ready();
    await connection.close();
    const [kind, text] = await refusal(bus.request(request("e")));
    assert.equal(kind, "DeliveryFailed");
    assert.match(text as string, /^the transport failed: .*closed/);
    await bus.shutdown();
  });

  it("brings a topic once and surely while one of two subscriptions that it fits ends", async () => {
    for (const [first, second] of [[0, 1], [1, 0]] as const) {
      const { connection, copies } = slowNats();
      const [near, far] = [1, 2].map(() =>
        new MessageBus({ transport: natsTransport(connection) })
      ) as [MessageBus, MessageBus];
      const [brief, lasting] = [far.subscribe("a.*"), far.subscribe("*.b")];
      await far.ready();
      await near.publish("a.b", message("Event", "*"));
      const both = copies.splice(0);
      assert.equal(both.length, 2);
      both[first]!();
      brief.close();
      await far.ready(); // the end of what was asked before
      both[second]!();
      await Promise.all([near.shutdown(), far.shutdown()]);
      assert.equal(lasting.size, 1);
    }
  });

  it("refuses a prefix that is no subject", () => {
    for (const bad of ["", "a b", "a.", "*", "a.>"]) {
      assert.throws(() => natsTransport({} as NatsConnection, { prefix: bad }), {
        kind: "Configuration",
        message: "the prefix of subjects must be names with dots between them, not " +
          JSON.stringify(bad),
      });
    }
  });
});

describe("a transport that fails", () => {
  const transport = (parts: Partial<BusTransport>): BusTransport => ({
    open: () => {},
    listen: () => () => {},
    carry: () => Promise.resolve(null),
    close: () => {},
    ...parts,
  });

  it("fails ready(), and what is sent", async () => {
    const error = new Error("no net");
    const bus = new MessageBus({ transport: transport({ open: () => Promise.reject(error) }) });
    bus.register("e", () => 1);
    await assert.rejects(bus.ready(), error);
    assert.equal((await bus.request(request("e"))).payload, 1, "here all is well");
    await assert.rejects(bus.request(request("f")), error);
    await bus.shutdown();
  });

  it("gets no answer for an endpoint that has gone, and none for what is published", async () => {
    let receive: Receive;
    const bus = new MessageBus({
      transport: transport({ open: (given) => void (receive = given) }),
    });
    bus.register("e", () => 1);
    await bus.ready();
    const bytes = request("e").toBytes();
    assert.equal(await receive!({ mode: "request", name: "f", bytes }), null);
    assert.equal(await receive!({ mode: "publish", name: "t", bytes }), null);
    assert.equal(await receive!({ mode: "broadcast", name: "*", bytes: new Uint8Array(3) }), null);
    const answer = await receive!({ mode: "request", name: "e", bytes });
    assert.equal(Message.fromBytes(answer!).payload, 1);
    assert.equal(
      Message.fromBytes((await receive!({ mode: "send", name: "e", bytes }))!).payload,
      null,
    );
    await bus.shutdown();
  });
});
