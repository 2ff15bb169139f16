import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Correlations } from "../../src/symphony/bus/correlation.ts";
import { PatternRouter } from "../../src/symphony/bus/router.ts";
import { sizeOf } from "../../src/symphony/bus/size.ts";
import { Waiting } from "../../src/symphony/bus/waiting.ts";
import {
  BUS_DEFAULTS,
  BusError,
  Glob,
  HealthMonitor,
  Message,
  MessageBus,
  newMessageId,
} from "../../src/symphony/mod.ts";
import { ManualClock } from "../fixtures/manual_clock.ts";

/** The kind, reason and text of the BusError that `act` throws. */
function refusal(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof BusError, `threw ${String(error)}`);
    return [error.kind, ...error.reason ? [error.reason] : [], error.message];
  }
  throw new assert.AssertionError({ message: "nothing was thrown" });
}

const message = Message.builder()
  .messageType("Response").source("a").target("b").payload(1).build();

describe("Glob", () => {
  it("matches names", () => {
    const cases: [string, string, boolean][] = [
      ["pit.*", "pit.pool", true],
      ["pit.*", "pit.pool.deep", true],
      ["pit.*", "pit.", true],
      ["pit.*", "pit", false],
      ["pit.*", "pitXpool", false], // a dot is a dot
      ["*", "", true],
      ["a?c", "a.c", true],
      ["a?c", "ac", false],
      ["a?c", "a\u{1f600}c", true],
      ["s[0-9]", "s5", true],
      ["s[0-9]", "sx", false],
      ["s[!0-9]", "sx", true],
      ["s[!0-9]", "s5", false],
      ["[[]x", "[x", true],
      ["[]]x", "]x", true],
      ["a+b(c)^$|\\", "a+b(c)^$|\\", true],
      ["*a*b*", "xxaxxbxx", true],
      ["*a*b*", "xxbxxaxx", false],
    ];
    for (const [pattern, text, wanted] of cases) {
      assert.equal(new Glob(pattern).matches(text), wanted, `${pattern} of ${text}`);
    }
    assert.equal(new Glob("pit.po*l").prefix, "pit.po");
  });

  it("agrees with a regular expression", () => {
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), minLength: 1 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", ".") });
    fc.assert(fc.property(pattern, text, (glob, name) => {
      const source = glob.replaceAll(".", "\\.").replaceAll("?", ".").replace(/\*+/g, ".*");
      assert.equal(new Glob(glob).matches(name), new RegExp(`^${source}$`, "s").test(name));
    }));
  });

  it("takes no long time for any pattern", () => {
    const pattern = new Glob("*a".repeat(100) + "b");
    assert.equal(pattern.matches("a".repeat(250)), false);
  });

  it("refuses what is no pattern", () => {
    assert.deepEqual(refusal(() => new Glob("")), [
      "Router",
      "InvalidPattern",
      "a pattern must be a text that is not empty",
    ]);
    assert.deepEqual(refusal(() => new Glob("a[b")), [
      "Router",
      "InvalidPattern",
      'the pattern "a[b" has a [ without its ]; write [[] for the character',
    ]);
  });
});

describe("PatternRouter", () => {
  it("find() prefers the very name, then patterns by priority", () => {
    const router = new PatternRouter();
    router.add("*", "all", 1);
    router.add("pit.*", "pit", 50);
    router.add("pit.pool", "pool", -1);
    const ids = (name: string) => router.candidates(name).map(({ endpoint }) => endpoint);
    assert.equal(router.find("pit.pool")?.endpoint, "pool");
    assert.deepEqual(ids("pit.pool"), ["pool", "pit", "all"]);
    assert.deepEqual(router.findAll("pit.pool").map((route) => route.endpoint), [
      "pit",
      "all",
      "pool",
    ]);
    assert.deepEqual(ids("x"), ["all"]);
    assert.equal(router.count, 3);
  });

  it("keeps whole answers, until a route changes", () => {
    const router = new PatternRouter();
    router.add("a*", "one");
    router.add("ab*", "two");
    assert.equal(router.find("abc")?.endpoint, "one");
    assert.equal(router.findAll("abc").length, 2, "what find() kept is no part of the answer");
    router.add("abc", "three");
    assert.equal(router.find("abc")?.endpoint, "three");
    router.remove("abc");
    assert.equal(router.find("abc")?.endpoint, "one");
    assert.equal(router.removeEndpoint("one"), 1);
    assert.equal(router.find("abc")?.endpoint, "two");
    for (let i = 0; i < 3000; i++) router.find(`abc${i}`); // more than are kept
    assert.equal(router.find("abc2999")?.endpoint, "two");
  });

  it("refuses duplicates, empty patterns, and what is not there", () => {
    const router = new PatternRouter();
    router.add("a*", "x");
    router.add("a*", "y");
    assert.deepEqual(refusal(() => router.add("a*", "x")), [
      "Router",
      "RouteAlreadyExists",
      'there is a route from "a*" to x already',
    ]);
    assert.deepEqual(refusal(() => router.add("", "x"))[1], "InvalidPattern");
    assert.deepEqual(refusal(() => router.add("b", "x", NaN)), [
      "Router",
      "the priority of a route must be a number, not NaN",
    ]);
    assert.deepEqual(refusal(() => router.remove("b")), [
      "Router",
      "RouteNotFound",
      'there is no route from "b"',
    ]);
    assert.deepEqual(
      refusal(() => router.remove("a*", "z")).at(-1),
      'there is no route from "a*" to z',
    );
    router.remove("a*", "y");
    assert.equal(router.count, 1);
  });
});

describe("Waiting", () => {
  it("gives the highest level first, and of one level what came first", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -3, max: 3 })), (levels) => {
      const waiting = new Waiting<number>();
      levels.forEach((level, i) => waiting.push(i, level));
      const taken = levels.map(() => waiting.pop()!);
      const wanted = levels.map((_, i) => i).sort((a, b) => levels[b]! - levels[a]! || a - b);
      assert.deepEqual(taken, wanted);
      assert.equal(waiting.pop(), undefined);
    }));
  });

  it("dropOldest() takes what came first of the lowest level", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1 }), (levels) => {
      const waiting = new Waiting<number>();
      levels.forEach((level, i) => waiting.push(i, level));
      const order = levels.map((_, i) => i).sort((a, b) => levels[a]! - levels[b]! || a - b);
      assert.equal(waiting.dropOldest(), order[0]);
      const rest = order.slice(1).sort((a, b) => levels[b]! - levels[a]! || a - b);
      assert.deepEqual(rest.map(() => waiting.pop()), rest);
    }));
    assert.equal(new Waiting().dropOldest(), undefined);
  });
});

describe("Correlations", () => {
  it("resolve() gives the answer to who waits, once", async () => {
    const clock = new ManualClock();
    const all = new Correlations(clock, 100);
    const id = newMessageId();
    const answer = all.register(id, 50);
    assert.deepEqual([all.has(id), all.pendingCount], [true, 1]);
    assert.deepEqual(refusal(() => all.register(id, 50)), [
      "Correlation",
      "CorrelationAlreadyExists",
      `the request ${id} waits for its answer already`,
    ]);
    all.resolve(id, message);
    assert.equal(await answer, message);
    assert.deepEqual([all.has(id), clock.alarms.length], [false, 0]);
    assert.deepEqual(refusal(() => all.resolve(id, message)), [
      "Correlation",
      "CorrelationNotFound",
      `nobody waits for an answer to ${id}`,
    ]);
  });

  it("an answer that comes too late is told so, until that is forgotten", async () => {
    const clock = new ManualClock();
    const all = new Correlations(clock, 100);
    const id = newMessageId();
    const answer = all.register(id, 50);
    clock.pass(50);
    await assert.rejects(answer, {
      kind: "Correlation",
      reason: "RequestTimeout",
      message: `the request ${id} timed out: no answer came within 50 ms`,
    });
    assert.equal(all.has(id), false);
    assert.deepEqual(refusal(() => all.resolve(id, message)), [
      "Correlation",
      "RequestTimeout",
      `the request ${id} timed out: its answer comes too late`,
    ]);
    clock.pass(99);
    assert.equal(all.cleanupExpired(), 0);
    clock.pass(1);
    assert.equal(all.cleanupExpired(), 1);
    assert.equal(refusal(() => all.resolve(id, message))[1], "CorrelationNotFound");
  });
});

describe("HealthMonitor", () => {
  const watched = () => {
    const clock = new ManualClock();
    const health = new HealthMonitor(clock, { circuitBreakerTimeout: 100 });
    health.register("e");
    return { clock, health, status: () => health.of("e").status };
  };

  it("leaves an endpoint alone after failures in a row, then lets one message try it", () => {
    const { clock, health, status } = watched();
    assert.equal(status(), "Unknown");
    health.succeeded("e", 5);
    assert.equal(status(), "Healthy");
    health.failed("e");
    assert.deepEqual([status(), health.admit("e"), health.isHealthy("e")], [
      "Unhealthy",
      true,
      false,
    ]);
    health.failed("e");
    health.failed("e");
    assert.deepEqual([status(), health.admit("e")], ["Down", false]);
    clock.pass(99);
    assert.equal(health.admit("e"), false);
    clock.pass(1);
    assert.deepEqual([health.admit("e"), health.admit("e")], [true, false]);
    health.failed("e");
    assert.deepEqual([status(), health.admit("e")], ["Down", false]);
    clock.pass(100);
    assert.equal(health.admit("e"), true);
    health.succeeded("e", 5);
    assert.deepEqual([status(), health.admit("e"), health.admit("e")], ["Healthy", true, true]);
  });

  it("averages the last ten times, and calls a slow endpoint unhealthy", () => {
    const { health, status } = watched();
    health.succeeded("e", 100_000);
    assert.equal(status(), "Unhealthy");
    for (let i = 0; i < 10; i++) health.succeeded("e", 2);
    assert.deepEqual([status(), health.of("e").averageResponseTime], ["Healthy", 2]);
  });

  it("asks the checks of endpoints; silence, false and errors are failures", async () => {
    const { clock, health } = watched();
    const checks: [string, () => unknown, number][] = [
      ["fine", () => undefined, 0],
      ["later", () => Promise.resolve(true), 0],
      ["no", () => false, 1],
      ["thrown", () => {
        throw new Error("x");
      }, 1],
    ];
    for (const [id, check, failures] of checks) {
      health.register(id, check);
      assert.equal((await health.check(id)).consecutiveFailures, failures, id);
    }
    health.register("silent", () => new Promise(() => {}));
    const checked = health.check("silent");
    clock.pass(1000);
    assert.equal((await checked).consecutiveFailures, 1);
  });

  it("start() asks again and again until stop()", () => {
    const { clock, health } = watched();
    let asked = 0;
    health.register("c", () => ++asked);
    health.start(10);
    clock.pass(35);
    assert.equal(asked, 3);
    health.stop();
    clock.pass(100);
    assert.equal(asked, 3);
    assert.throws(() => health.of("nobody"), {
      kind: "Health",
      message: "the endpoint nobody is not watched",
    });
  });
});

describe("the settings of MessageBus", () => {
  it("are the defaults where nothing is said", () => {
    assert.deepEqual(new MessageBus().config, BUS_DEFAULTS);
    assert.deepEqual(BUS_DEFAULTS, {
      maxMessageSize: 1048576,
      correlationTimeout: 30000,
      correlationCleanupInterval: 30000,
      healthCheckInterval: 5000,
      batchSize: 100,
      maxConcurrentDeliveries: 1000,
      pubsubChannelCapacity: 1000,
      routingLatencyThreshold: 100000,
    });
    assert.equal(new MessageBus({ batchSize: 5 }).config.batchSize, 5);
  });

  it("refuse what makes no sense", () => {
    assert.deepEqual(refusal(() => new MessageBus({ batchSize: 0 })), [
      "Configuration",
      "batchSize must be a number above 0, not 0",
    ]);
    assert.match(
      refusal(() => new MessageBus({ max: 1 } as never))[1]!,
      /^a bus has no setting max; there are max/,
    );
    assert.deepEqual(refusal(() => new MessageBus({ health: { failureThreshold: -1 } })), [
      "Configuration",
      "health: failureThreshold cannot be -1",
    ]);
  });
});

describe("sizeOf()", () => {
  it("counts text and bytes exactly, plain data about as JSON, and live objects not at all", () => {
    assert.equal(sizeOf("aü", 10), 3);
    assert.equal(sizeOf(new Uint8Array(7), 10), 7);
    assert.equal(sizeOf(new Float64Array(2), 10), 16);
    class Live {
      text = "x".repeat(1000);
    }
    assert.ok(sizeOf(new Live(), 10) < 10);
    const data = { a: ["x".repeat(500), 1, null], b: { c: "y".repeat(500) } };
    const [size, json] = [sizeOf(data, 1e6), JSON.stringify(data).length];
    assert.ok(Math.abs(size - json) < 40, `${size} of ${json}`);
    const round: unknown[] = [];
    round.push(round);
    assert.ok(sizeOf(round, 1000) > 1000);
    assert.ok(sizeOf(Array(1e6).fill("x"), 1000) > 1000);
  });
});
