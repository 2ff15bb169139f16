import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Message, MessageBus, Priority, sharedBus } from "../../src/symphony/mod.ts";
import { message, refusal, request, timed } from "../fixtures/bus_messages.ts";

describe("send()", () => {
  it("brings a message to its target, and waits for the handler", async () => {
    const bus = new MessageBus();
    const seen: unknown[] = [];
    bus.register("pit", async (given) => {
      await Promise.resolve();
      seen.push(given);
    });
    const sent = request("pit", { live: new Map() });
    assert.equal(await bus.send(sent), 1);
    assert.equal(seen[0], sent, "the very same message");
  });

  it("follows routes, by names first and then patterns by priority", async () => {
    const bus = new MessageBus();
    const seen: string[] = [];
    for (const id of ["a", "b", "c"]) bus.register(id, () => void seen.push(id));
    bus.registerRoute("x.*", "a", 1);
    bus.registerRoute("x.*", "b", 2);
    bus.registerRoute("x.y", "c");
    await bus.send(request("x.z"));
    await bus.send(request("x.y"));
    await bus.send(request("a"));
    assert.deepEqual(seen.splice(0), ["b", "c", "a"]);
    bus.removeRoute("x.*", "b");
    await bus.send(request("x.z"));
    assert.deepEqual(seen.splice(0), ["a"]);
    assert.equal(await bus.send(message("Event", "x.y")), 2, "an Event goes to all");
    assert.deepEqual(seen.sort(), ["a", "c"]);
    assert.deepEqual(bus.routes().map(({ pattern }) => pattern), ["x.y", "x.*"]);
  });

  it("says where nobody is, unless an Event or everyone is meant", async () => {
    const bus = new MessageBus();
    const none = (target: string) => [
      "NoRouteFound",
      `nobody takes messages for "${target}": no endpoint, no route and no subscription`,
    ];
    assert.deepEqual(await refusal(bus.send(request("x"))), none("x"));
    assert.deepEqual(await refusal(bus.send(message("Heartbeat", "x"))), none("x"));
    assert.equal(await bus.send(message("Event", "x")), 0);
    assert.equal(await bus.send(request("*")), 0);
    bus.registerRoute("r.*", "gone");
    assert.deepEqual(await refusal(bus.send(request("r.x"))), [
      "EndpointNotFound",
      'a route leads from "r.x" to gone, which is no endpoint',
    ]);
    assert.deepEqual(await refusal(bus.send({} as Message)), [
      "Configuration",
      "the bus takes Messages, not an object",
    ]);
  });

  it('brings what is for "*" to everyone but its source', async () => {
    const bus = new MessageBus();
    const seen: string[] = [];
    for (const id of ["me", "a", "b"]) bus.register(id, () => void seen.push(id));
    const topic = bus.subscribe("some.topic");
    assert.equal(await bus.send(message("Event", "*", 5)), 3);
    assert.deepEqual(seen.sort(), ["a", "b"]);
    assert.equal(topic.tryNext()?.payload, 5);
  });

  it("fails as the handler does, with its error as the cause", async () => {
    const bus = new MessageBus();
    const error = new RangeError("too far");
    bus.register("bad", () => {
      throw error;
    });
    bus.register("worse", () => Promise.reject(error));
    for (const id of ["bad", "worse"]) {
      const sending = bus.send(request(id));
      assert.deepEqual(await refusal(sending), [
        "DeliveryFailed",
        `${id} failed: RangeError: too far`,
      ]);
      assert.equal((await sending.catch((each) => each)).cause, error);
    }
    const all = await bus.send(message("Event", "*")).catch((each) => each);
    assert.equal(all.message, "bad failed: RangeError: too far; worse failed: RangeError: too far");
    assert.equal((all.cause as AggregateError).errors.length, 2);
  });

  it("hands out the most urgent first of what waits", async () => {
    const bus = new MessageBus();
    const seen: unknown[] = [];
    bus.register("e", ({ payload }) => void seen.push(payload));
    const levels = [
      Priority.LOW,
      Priority.NORMAL,
      Priority.CRITICAL,
      Priority.custom(5),
      Priority.NORMAL,
    ];
    await Promise.all(
      levels.map((priority, i) => bus.send(message("Request", "e", i, { priority }))),
    );
    assert.deepEqual(seen, [2, 3, 1, 4, 0]);
  });

  it("handles so many at a time, on the bus and in an endpoint", async () => {
    for (const [options, concurrency] of [[{ maxConcurrentDeliveries: 2 }, 9], [{}, 2]] as const) {
      const bus = new MessageBus(options);
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      let [now, most] = [0, 0];
      bus.register("e", async () => {
        most = Math.max(most, ++now);
        await gate;
        now--;
      }, { concurrency });
      const sending = [1, 2, 3, 4, 5].map(() => bus.send(request("e")));
      await new Promise((resolve) => setTimeout(resolve, 0));
      assert.deepEqual([bus.metrics().running, bus.metrics().waiting], [2, 3]);
      open();
      await Promise.all(sending);
      assert.equal(most, 2);
      assert.equal(bus.metrics().waiting, 0);
    }
  });

  it("lets other work have its turn after a batch", async () => {
    const bus = new MessageBus({ batchSize: 10 });
    let handled = 0;
    bus.register("e", () => void handled++);
    const seen: number[] = [];
    const sending = Promise.all(Array.from({ length: 25 }, () => bus.send(request("e"))));
    const look = () => {
      seen.push(handled);
      if (handled < 25) setTimeout(look, 0);
    };
    setTimeout(look, 0);
    await sending;
    assert.equal(handled, 25);
    assert.ok(seen.some((count) => count > 0 && count < 25), `looked at ${seen}`);
  });

  it("refuses what is too large", async () => {
    const bus = new MessageBus({ maxMessageSize: 100 });
    bus.register("e", ({ payload }) => "y".repeat(Number(payload) || 0));
    const tooLarge = (size: number) => [
      "MessageTooLarge",
      `the message has ${size} bytes, of which the bus takes 100 (maxMessageSize, in Python max_message_size)`,
    ];
    assert.deepEqual(await refusal(bus.send(request("e", "x".repeat(101)))), tooLarge(101));
    assert.deepEqual(
      await refusal(bus.publish("e", request("e", new Uint8Array(102)))),
      tooLarge(102),
    );
    assert.equal(await bus.send(request("e", "x".repeat(100))), 1);
    assert.deepEqual(await refusal(bus.request(request("e", 103))), tooLarge(103), "an answer too");
    assert.equal(bus.metrics().sent, 2);
  });

  it("refuses what is too old, also where it grew old while it waited", async () => {
    const { bus, clock } = timed();
    const now = () => clock.now();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    bus.register("e", () => gate, { concurrency: 1 });
    const old = message("Request", "e", 1, { now, ttl: 10 });
    clock.pass(11);
    const tooOld = ({ id }: Message) => ["TtlExpired", `the message ${id} is older than its 10 ms`];
    assert.deepEqual(await refusal(bus.send(old)), tooOld(old));
    const first = bus.send(request("e"));
    const waits = message("Request", "e", 1, { now, ttl: 10 });
    const second = refusal(bus.send(waits));
    await new Promise((resolve) => setTimeout(resolve, 0));
    clock.pass(11);
    open();
    assert.equal(await first, 1);
    assert.deepEqual(await second, tooOld(waits));
    assert.deepEqual([bus.metrics().expired, bus.metrics().failed], [2, 0]);
  });
});

describe("request()", () => {
  it("gives the answer: what the handler returns, or a Message", async () => {
    const bus = new MessageBus();
    bus.register("double", ({ payload }) => (payload as number) * 2);
    bus.register("later", ({ payload }) => Promise.resolve([payload]));
    bus.register("nothing", () => {});
    bus.register("message", (given) => given.reply("r").withMetadata("k", 1));
    bus.register("other", () => message("Response", "x", "o"));
    const answer = await bus.request(request("double", 21));
    const { messageType, source, target, correlationId } = answer.header;
    assert.deepEqual([String(messageType), source, target, answer.payload], [
      "Response",
      "double",
      "me",
      42,
    ]);
    assert.notEqual(correlationId, null);
    assert.deepEqual((await bus.request(request("later", 1))).payload, [1]);
    assert.equal((await bus.request(request("nothing"))).payload, null);
    assert.equal((await bus.request(request("message"))).getMetadata("k"), 1);
    const asked = request("other");
    assert.equal((await bus.request(asked)).header.correlationId, asked.id);
    const { requests, answered, pending } = bus.metrics();
    assert.deepEqual([requests, answered, pending], [5, 5, 0]);
  });

  it("takes Requests alone", async () => {
    assert.deepEqual(await refusal(new MessageBus().request(message("Event", "x"))), [
      "InvalidMessageType",
      "request() takes a message of type Request, not Event",
    ]);
  });

  it("fails with the handler's error, and with an answer of type Error", async () => {
    const bus = new MessageBus();
    const error = new RangeError("too far");
    bus.register("throws", () => {
      throw error;
    });
    bus.register("tells", (given) => given.failure(error));
    const thrown = await bus.request(request("throws")).catch((each) => each);
    assert.deepEqual([thrown.message, thrown.cause], ["throws failed: RangeError: too far", error]);
    const told = await bus.request(request("tells")).catch((each) => each);
    assert.equal(told.message, "tells failed: RangeError: too far");
    assert.deepEqual((told.cause as Message).payload, { name: "RangeError", message: "too far" });
    assert.equal(bus.health.of("tells").consecutiveFailures, 0, "an answer is an answer");
  });

  it("gives up after its timeout; a late answer is told so", async () => {
    const { bus, clock } = timed({ correlationTimeout: 500 });
    const asked: Message[] = [];
    bus.register("silent", (given) => void asked.push(given), { manual: true });
    for (const [options, wait] of [[{ timeout: 50 }, 50], [{}, 500]] as const) {
      const refused = refusal(bus.request(request("silent"), options));
      await Promise.resolve();
      clock.pass(wait);
      const { id } = asked.at(-1) ?? { id: "" };
      const [kind, reason, text] = await refused;
      assert.deepEqual([kind, reason], ["Correlation", "RequestTimeout"]);
      assert.match(text as string, new RegExp(`timed out: no answer came within ${wait} ms$`));
      assert.ok(id);
    }
    assert.deepEqual(await refusal(bus.respond(asked[0]!, 1)), [
      "Correlation",
      "RequestTimeout",
      `the request ${asked[0]!.id} timed out: its answer comes too late`,
    ]);
    assert.deepEqual([bus.metrics().timedOut, bus.health.of("silent").consecutiveFailures], [2, 2]);
  });

  it("can be called off", async () => {
    const bus = new MessageBus();
    bus.register("silent", () => {}, { manual: true });
    const controller = new AbortController();
    const asked = bus.request(request("silent"), { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(asked, reason);
    await assert.rejects(bus.request(request("silent"), { signal: controller.signal }), reason);
    assert.equal(bus.metrics().pending, 0);
  });

  it("goes to an endpoint that is well; one that fails is left alone for a while", async () => {
    const { bus, clock } = timed({ health: { failureThreshold: 2, circuitBreakerTimeout: 100 } });
    let broken = true;
    bus.register("first", () => {
      if (broken) throw new Error("broken");
      return "first";
    });
    bus.register("second", () => "second");
    bus.registerRoute("work", "first", 2);
    const ask = async () => (await bus.request(request("work"))).payload;
    for (let i = 0; i < 2; i++) assert.equal((await refusal(ask()))[0], "DeliveryFailed");
    assert.deepEqual(await refusal(ask()), [
      "EndpointUnhealthy",
      "first failed 2 times in a row, and is left alone for 100 ms",
    ]);
    bus.registerRoute("work", "second", 1);
    assert.equal(await ask(), "second");
    broken = false;
    clock.pass(100);
    assert.equal(await ask(), "first");
    assert.equal(bus.health.of("first").status, "Healthy");
  });

  it("goes to a subscriber where there is no endpoint", async () => {
    const bus = new MessageBus();
    const jobs = bus.subscribe("jobs.*");
    const answer = bus.request(request("jobs.add", [1, 2]));
    const { value: job } = await jobs.next();
    await bus.respond(job!, 3);
    assert.equal((await answer).payload, 3);
    jobs.close();
  });
});

describe("respond()", () => {
  it("answers while the handler runs, or after it", async () => {
    const bus = new MessageBus();
    bus.register("early", async (given) => {
      await bus.respond(given, "early");
      return "too late";
    });
    const { promise, resolve } = Promise.withResolvers<Message>();
    bus.register("later", (given) => resolve(given), { manual: true });
    assert.equal((await bus.request(request("early"))).payload, "early");
    const answer = bus.request(request("later"));
    await bus.respond(await promise, "later");
    assert.equal((await answer).payload, "later");
  });

  it("sends the answer to whoever sent the request, where nobody waits", async () => {
    const bus = new MessageBus();
    const { promise, resolve } = Promise.withResolvers<Message>();
    bus.register("me", resolve);
    bus.register("you", (given) => bus.respond(given, "hello"));
    assert.equal(await bus.send(request("you")), 1);
    const answer = await promise;
    assert.deepEqual([String(answer.header.messageType), answer.payload], ["Response", "hello"]);
    bus.unregister("me");
    const asked = request("you");
    assert.deepEqual(await refusal(bus.respond(asked, 1)), [
      "Correlation",
      "CorrelationNotFound",
      `nobody waits for an answer to ${asked.id}`,
    ]);
    const answerless = message("Response", "nobody");
    assert.deepEqual(await refusal(bus.send(answerless)), [
      "MissingCorrelationId",
      `the Response ${answerless.id} says by no correlation_id which request it answers, and there is no endpoint nobody`,
    ]);
  });
});

describe("register()", () => {
  it("refuses a second endpoint of an id, and what can be none", () => {
    const bus = new MessageBus();
    bus.register("e", () => {});
    const refused = (id: string, handler: unknown = () => {}, options = {}) => {
      try {
        bus.register(id, handler as () => void, options);
      } catch (error) {
        return (error as Error).message;
      }
      return "taken";
    };
    assert.equal(refused("e"), "there is an endpoint e already");
    assert.equal(refused("*"), '"*" is everyone, and can be no endpoint');
    assert.match(refused("a b"), /^endpoint must be a text/);
    assert.equal(refused("f", 3), "the handler of f must be a function");
    assert.equal(
      refused("f", () => {}, { concurrency: 0 }),
      "concurrency must be 1 or more, not 0",
    );
    bus.unregister("e");
    assert.equal(refused("e"), "taken");
    assert.throws(() => bus.unregister("f"), { kind: "EndpointNotFound" });
    assert.deepEqual(bus.endpoints(), ["e"]);
  });
});

describe("shutdown()", () => {
  it("lets handlers end and requests be answered, and takes nothing more", async () => {
    const bus = new MessageBus();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<Message>();
    bus.register("slow", async () => {
      await gate;
      return "done";
    }, { concurrency: 1 });
    bus.register("manual", asked.resolve, { manual: true });
    const topic = bus.subscribe("t");
    await bus.publish("t", message("Event", "t", 1));
    const answers = [1, 2].map(() => bus.request(request("slow")));
    const manual = bus.request(request("manual"));
    await asked.promise;
    const end = bus.shutdown();
    assert.equal(bus.shutdown(), end);
    assert.equal(bus.isShutDown, true);
    const refused = ["BusShuttingDown", "the bus is shutting down, and takes no more messages"];
    assert.deepEqual(await refusal(bus.send(request("slow"))), refused);
    assert.deepEqual(await refusal(bus.request(request("slow"))), refused);
    assert.deepEqual(await refusal(bus.publish("t", request("slow"))), refused);
    assert.throws(() => bus.subscribe("t"), { kind: "BusShuttingDown" });
    assert.throws(() => bus.register("x", () => {}), { kind: "BusShuttingDown" });
    assert.equal(topic.closed, false);
    open();
    await bus.respond(await asked.promise, "answered");
    assert.deepEqual((await Promise.all(answers)).map(({ payload }) => payload), ["done", "done"]);
    assert.equal((await manual).payload, "answered");
    await end;
    const left: unknown[] = [];
    for await (const { payload } of topic) left.push(payload);
    assert.deepEqual(left, [1], "what waited stays for its subscriber");
  });

  it("gives up after its grace", async () => {
    const { bus, clock } = timed();
    bus.register("hangs", () => new Promise(() => {}), { concurrency: 1 });
    const waiting = [bus.request(request("hangs")), bus.send(request("hangs"))].map(refusal);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const end = bus.shutdown({ grace: 100 });
    clock.pass(100);
    await end;
    assert.deepEqual((await Promise.all(waiting)).map(([kind]) => kind), [
      "BusShuttingDown",
      "BusShuttingDown",
    ]);
    assert.equal(clock.alarms.length, 0);
  });

  it("is what `await using` does", async () => {
    let kept: MessageBus;
    {
      await using bus = new MessageBus();
      kept = bus;
    }
    assert.ok(kept.isShutDown);
  });
});

describe("sharedBus()", () => {
  it("is one bus, until that is shut down", async () => {
    const bus = sharedBus();
    assert.equal(sharedBus(), bus);
    await bus.shutdown();
    assert.notEqual(sharedBus(), bus);
  });
});

describe("metrics()", () => {
  it("counts what happened", async () => {
    const bus = new MessageBus({ routingLatencyThreshold: 1e12 });
    bus.register("e", () => {});
    bus.register("bad", () => {
      throw new Error("x");
    });
    const topic = bus.subscribe("t");
    await bus.send(request("e"));
    await bus.request(request("e"));
    await bus.publish("t", message("Event", "t"));
    await bus.send(request("bad")).catch(() => {});
    const { latency, ...counts } = bus.metrics();
    assert.deepEqual(counts, {
      ...{ sent: 4, delivered: 3, failed: 1, dropped: 0, expired: 0, malformed: 0, received: 0 },
      ...{ carried: 0, requests: 1, answered: 1, timedOut: 0, slowRoutings: 0 },
      ...{ pending: 0, waiting: 0, running: 0 },
    });
    assert.equal(latency.count, 2);
    assert.ok(
      latency.median <= latency.p99 && latency.p99 <= latency.max && latency.mean <= latency.max,
    );
    topic.close();
  });
});

/** A Heartbeat tells that its source lives. */
describe("Heartbeat", () => {
  it("makes its source healthy", async () => {
    const bus = new MessageBus();
    bus.register("worker", () => {
      throw new Error("x");
    });
    bus.register("watcher", () => {});
    await bus.send(request("worker")).catch(() => {});
    assert.equal(bus.health.of("worker").status, "Unhealthy");
    await bus.send(message("Heartbeat", "watcher", null, { source: "worker" }));
    assert.equal(bus.health.of("worker").status, "Healthy");
  });

  it("startHealthChecks() asks the checks of endpoints until the bus ends", async () => {
    const { bus, clock } = timed({ healthCheckInterval: 10 });
    let asked = 0;
    bus.register("e", () => {}, { check: () => ++asked });
    bus.startHealthChecks();
    clock.pass(25);
    await bus.shutdown();
    clock.pass(100);
    assert.equal(asked, 2);
  });
});
