import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  ArbitrationEngine,
  type ArbitrationOptions,
  gini,
  PRIORITY_LEVELS,
  PriorityRouter,
  type ResourceRequest,
  scoreOf,
} from "../../src/symphony/mod.ts";

function ask(
  id: string,
  userId: string,
  models = 1,
  more: Partial<ResourceRequest> = {},
): ResourceRequest {
  return { id, userId, needs: { models }, ...more };
}

function engineOf(options: Partial<ArbitrationOptions> = {}): ArbitrationEngine {
  return new ArbitrationEngine({ capacity: { models: 1 }, now: () => 0, ...options });
}

describe("ArbitrationEngine.arbitrate()", () => {
  it("grants all that there is room for, and says that there was no conflict", () => {
    const decision = engineOf({ capacity: { models: 2 } }).arbitrate([
      ask("a", "x"),
      ask("b", "y"),
    ]);
    assert.deepEqual(decision, {
      granted: ["a", "b"],
      denied: [],
      deferred: [],
      strategyUsed: "Priority",
      rationale: "no conflict; the most urgent first, waiting included; then who waits longest",
    });
  });

  it("grants parts that add up to the whole, though their numbers do not quite", () => {
    const parts = [0.1, 0.2, 0.3, 0.4];
    const engine = engineOf({ capacity: { cpuCores: 0.3, cost: 1 } });
    const asked = parts.slice(0, 2).map((cpuCores, i) => ({
      ...{ id: `c${i}`, userId: "x", needs: { cpuCores } },
    }));
    assert.deepEqual(engine.arbitrate(asked).granted, ["c0", "c1"]);
    const [more] = engine.arbitrate([{ id: "more", userId: "x", needs: { cpuCores: 0.001 } }])
      .deferred;
    assert.equal(more![0], "more");
    const paid = parts.map((cost, i) => ({ id: `p${i}`, userId: "x", needs: { cost } }));
    assert.deepEqual(engine.arbitrate(paid).granted, ["p0", "p1", "p2", "p3"]);
  });

  it("Priority takes the most urgent, then who waits longest, then by id", () => {
    const requests = [
      ask("d", "x", 1, { requestedAt: 2 }),
      ask("c", "x", 1, { requestedAt: 1 }),
      ask("b", "x", 1, { requestedAt: 1 }),
      ask("a", "x", 1, { priority: 100, requestedAt: 3 }),
    ];
    const decision = engineOf({ now: () => 3, capacity: { models: 3 } }).arbitrate(requests);
    assert.deepEqual(decision.granted, ["a", "b", "c"]);
    assert.equal(
      decision.rationale,
      "ModelContention: 4 of 3; the most urgent first, waiting included; then who waits longest",
    );
  });

  it("Queue lets nobody pass", () => {
    const requests = [
      ask("large", "x", 3, { requestedAt: 1 }),
      ask("first", "x", 1, { requestedAt: 0 }),
      ask("small", "x", 1, { requestedAt: 2 }),
    ];
    const options = { now: () => 2, capacity: { models: 3 } };
    const decision = engineOf({ ...options, strategy: "Queue" }).arbitrate(requests);
    assert.deepEqual([decision.granted, decision.deferred.map(([id]) => id)], [
      ["first"],
      ["large", "small"],
    ]);
    assert.deepEqual(engineOf(options).arbitrate(requests).granted, ["first", "small"]);
  });

  it("RoundRobin begins with who was granted least", () => {
    const engine = engineOf({ strategy: "RoundRobin", capacity: { models: 2 } });
    assert.deepEqual(
      engine.arbitrate([ask("a1", "ann"), ask("a2", "ann"), ask("b1", "bob")]).granted,
      ["a1", "b1"],
    );
    engine.release("a1");
    assert.deepEqual(engine.arbitrate([ask("c1", "cid")]).granted, ["a2"]);
    engine.release("b1");
    assert.deepEqual(engine.arbitrate([]).granted, ["c1"]);
  });

  it("Collaborative serves as many as it can, the small needs first", () => {
    const requests = [
      ask("a", "ann", 4),
      ask("b", "bob", 2),
      ask("c", "cid", 1),
      ask("d", "cid", 1),
    ];
    const decision = engineOf({ strategy: "Collaborative", capacity: { models: 4 } })
      .arbitrate(requests);
    assert.deepEqual(decision.granted, ["c", "b", "d"]);
  });

  it("WeightedRandom draws by value, the same for the same seed", () => {
    const requests = [
      ask("worthy", "x", 1, {
        value: { businessValue: 1, userImpact: 1, costEfficiency: 1, learningValue: 1 },
      }),
      ask("poor", "x", 1, {
        value: { businessValue: 0, userImpact: 0, costEfficiency: 0, learningValue: 0 },
      }),
    ];
    const won = { worthy: 0, poor: 0 };
    for (let seed = 0; seed < 1000; seed++) {
      const options = { strategy: "WeightedRandom" as const, seed };
      const [id] = engineOf(options).arbitrate(requests).granted;
      assert.deepEqual(engineOf(options).arbitrate([...requests].reverse()).granted, [id]);
      won[id as keyof typeof won]++;
    }
    // Weights 1.05 and 0.05.
    assert.ok(won.worthy > 920 && won.poor > 10, JSON.stringify(won));
  });

  it("says why something is denied", () => {
    const engine = engineOf({
      capacity: { models: 2, cost: 10, memoryMb: 100 },
      otherwise: "deny",
    });
    engine.updatePolicy({
      id: "default",
      name: "Strict",
      rules: { deniedUsers: ["eve"], maxCost: 8, rateLimit: { count: 1, window: 100 } },
    });
    const decision = engine.arbitrate([
      ask("ok", "ann", 1, { priority: 9 }),
      ask("again", "ann", 1, { priority: 8 }),
      ask("evil", "eve"),
      { id: "dear", userId: "bob", needs: { cost: 9 } },
      { id: "huge", userId: "bob", needs: { memoryMb: 101 } },
      ask("two", "bob", 2),
    ]);
    assert.deepEqual(decision.granted, ["ok"]);
    assert.deepEqual(Object.fromEntries(decision.denied), {
      again: "RateLimited",
      evil: "PolicyViolation",
      dear: "CostExceeded",
      huge: "ResourceUnavailable",
      two: "LowerPriority",
    });
    assert.deepEqual(engine.arbitrate([ask("later", "cid", 2)]).denied, [
      ["later", "ResourceUnavailable"],
    ]);
    const budget = engineOf({ capacity: { cost: 5 }, otherwise: "deny" });
    budget.arbitrate([{ id: "a", userId: "x", needs: { cost: 4 } }]);
    assert.deepEqual(
      budget.arbitrate([{ id: "b", userId: "x", needs: { cost: 2 } }]).denied,
      [["b", "CostExceeded"]],
    );
  });

  it("lets who waits wait, with an estimate, until the timeout", () => {
    let now = 0;
    const engine = engineOf({ now: () => now, queueTimeout: 5000 });
    assert.deepEqual(engine.arbitrate([ask("a", "x"), ask("b", "x"), ask("c", "x")]).deferred, [
      ["b", 1000],
      ["c", 2000],
    ]);
    assert.deepEqual(engine.waiting, ["b", "c"]);
    now = 3000;
    engine.release("a");
    // What was granted is kept longer than was thought: 0.8 × 1000 + 0.2 × 3000.
    assert.deepEqual(engine.arbitrate([ask("c", "x")]), {
      granted: ["b"],
      denied: [],
      deferred: [["c", 1400]],
      strategyUsed: "Priority",
      rationale:
        "ModelContention: 2 of 1; the most urgent first, waiting included; then who waits longest",
    });
    now = 5000;
    assert.deepEqual(engine.arbitrate([]).denied, [["c", "ResourceUnavailable"]]);
    assert.deepEqual(engine.waiting, []);
    engine.arbitrate([ask("d", "x")]);
    assert.deepEqual([engine.cancel("d"), engine.cancel("d")], [true, false]);
    assert.deepEqual(engine.held, ["b"]);
  });

  it("refuses requests that make no sense, and changes nothing then", () => {
    const engine = engineOf();
    assert.throws(() => engine.arbitrate([ask("a", "x"), ask("a", "y")]), {
      kind: "Validation",
      message: "There are two requests a",
    });
    assert.throws(() => engine.arbitrate([ask("a", "x", -1)]), {
      message: "Request a: models must be a number of at least 0, not -1",
    });
    assert.throws(() => engine.arbitrate([ask("a", "x", Infinity)]), {
      message: "Request a: models must be a number of at least 0, not Infinity",
    });
    assert.deepEqual(engine.arbitrate([ask("a", "x")]).granted, ["a"]);
    assert.throws(() => engine.arbitrate([ask("a", "x")]), {
      message: "Request a was granted already; release it first",
    });
    assert.throws(() => engine.release("b"), {
      kind: "PitOperationFailed",
      message: "release_resources: Request b not found",
    });
    assert.throws(() => engineOf({ capacity: { models: NaN } }), {
      message: "capacity: models must be a number of at least 0, not NaN",
    });
  });
});

describe("ArbitrationEngine", () => {
  it("conflicts() names all of which too much is wanted", () => {
    const engine = engineOf({ capacity: { models: 5, memoryMb: 100, cpuCores: 4, cost: 10 } });
    assert.deepEqual(
      engine.conflicts([
        { id: "a", userId: "x", needs: { models: 3, memoryMb: 50, cost: 4 } },
        { id: "b", userId: "x", needs: { models: 3, memoryMb: 41, cpuCores: 3.5 } },
        { id: "c", userId: "x", needs: { cpuCores: 0.25, cost: 7 } },
      ]),
      [
        { kind: "ModelContention", requested: 6, available: 5, requestIds: ["a", "b"] },
        { kind: "MemoryPressure", requested: 91, available: 100, requestIds: ["a", "b"] },
        { kind: "CpuSaturation", requested: 3.75, available: 4, requestIds: ["b", "c"] },
        { kind: "CostLimit", requested: 11, available: 10, requestIds: ["a", "c"] },
      ],
    );
    const patient = engineOf({ capacity: { memoryMb: 100 }, thresholds: { memoryPressure: 1 } });
    assert.deepEqual(patient.conflicts([{ id: "a", userId: "x", needs: { memoryMb: 95 } }]), []);
  });

  it("audit keeps each outcome, can be asked, and cannot be changed", () => {
    let now = 10;
    const engine = engineOf({ now: () => now, auditLimit: 4 });
    engine.arbitrate([ask("a", "ann"), ask("b", "bob")]);
    now = 20;
    engine.release("a");
    engine.arbitrate([]);
    const { audit } = engine;
    assert.equal(
      audit.toJsonLines({ requestId: "b", outcome: "granted" }),
      '{"sequence":4,"at":20,"decision":2,"requestId":"b","userId":"bob","outcome":"granted",' +
        '"strategy":"Priority","reason":"after 10 ms"}\n',
    );
    assert.deepEqual(audit.query({ userId: "ann" }).map((each) => each.outcome), [
      "granted",
      "released",
    ]);
    assert.deepEqual(audit.query({ since: 20 }).length, 2);
    assert.deepEqual(audit.query({ until: 10, limit: 1 }).map(({ requestId }) => requestId), ["b"]);
    assert.throws(() => (audit.query()[0] as { reason: string }).reason = "mine", TypeError);
    engine.release("b");
    assert.equal(audit.size, 4);
    assert.equal(audit.query()[0]!.sequence, 2);
    assert.equal(
      audit.toJsonLines().trimEnd().split("\n").map((line) => JSON.parse(line)).length,
      4,
    );
    assert.throws(() => engineOf({ auditLimit: 0 }), {
      message: "The audit log keeps at least 1 line, not 0",
    });
  });

  it("fairness tells who asked, who got, and who waited", () => {
    let now = 0;
    const engine = engineOf({ now: () => now });
    engine.arbitrate([ask("a", "ann"), ask("b", "bob")]);
    now = 40;
    engine.release("a");
    engine.arbitrate([ask("b", "bob")]);
    const resources = { models: 1, memoryMb: 0, cpuCores: 0, cost: 0 };
    assert.deepEqual(engine.fairness, {
      gini: 0,
      maxWait: 40,
      averageWait: 20,
      requestsByUser: { ann: 1, bob: 1 },
      resourcesByUser: { ann: resources, bob: resources },
    });
    engine.arbitrate([ask("c", "cid")]);
    assert.equal(engine.fairness.gini.toFixed(6), "0.333333");
  });

  it("policies can be read and set; rules that make no sense are refused", () => {
    const engine = engineOf();
    assert.deepEqual(engine.getPolicy("default"), { id: "default", name: "Default", rules: {} });
    const policy = { id: "quest", name: "Quest", rules: { strategy: "Queue", foreign: [1] } };
    engine.updatePolicy(policy);
    assert.deepEqual(engine.policies.map(({ id }) => id), ["default", "quest"]);
    assert.equal(engine.getPolicy("quest"), policy);
    assert.throws(() => engine.getPolicy("none"), {
      kind: "PitOperationFailed",
      message: "get_policy: Policy none not found",
    });
    const refused: [Record<string, unknown>, string][] = [
      [
        { strategy: "Force" },
        "strategy must be Priority or RoundRobin or Collaborative or Queue or WeightedRandom, not " +
        '"Force"',
      ],
      [{ forbidden: "a" }, 'forbidden must be a list of texts, not "a"'],
      [{ deniedUsers: [1] }, "deniedUsers must be a list of texts, not [1]"],
      [{ maxCost: -1 }, "maxCost must be a number of at least 0, not -1"],
      [
        { rateLimit: { count: 1 } },
        'rateLimit must be { count, window } of numbers of at least 0, not {"count":1}',
      ],
      [{ scores: { a: "b" } }, 'scores must be numbers of at least 0 by options, not {"a":"b"}'],
    ];
    for (const [rules, message] of refused) {
      assert.throws(() => engine.updatePolicy({ id: "p", name: "P", rules }), {
        kind: "Validation",
        message: `Policy p: ${message}`,
      });
    }
    engine.updatePolicy({ id: "default", name: "Default", rules: { strategy: "RoundRobin" } });
    assert.equal(engine.arbitrate([]).strategyUsed, "RoundRobin");
  });

  it("submitDecision() chooses by the policy", () => {
    const engine = engineOf({ newId: () => "1" });
    const context = { contextType: "quest", data: {}, options: ["a", "b", "c"] };
    assert.deepEqual(engine.submitDecision(context), {
      id: "1",
      choice: "a",
      confidence: 1 / 3,
      reasoning: "the best of 3 by policy default: a scores 1 of 3",
    });
    engine.updatePolicy({ id: "quest", name: "Q", rules: { forbidden: ["a"], scores: { c: 3 } } });
    assert.deepEqual(engine.submitDecision(context), {
      id: "1",
      choice: "c",
      confidence: 0.75,
      reasoning: "the best of 2 by policy quest: c scores 3 of 4",
    });
    assert.equal(
      engine.submitDecision({ ...context, data: { scores: { b: 9, c: 1 } } }).choice,
      "b",
    );
    assert.equal(engine.submitDecision({ ...context, data: { policy: "default" } }).choice, "a");
    assert.throws(() => engine.submitDecision({ ...context, data: { policy: "none" } }), {
      message: "get_policy: Policy none not found",
    });
    assert.throws(() => engine.submitDecision({ ...context, options: ["a"] }), {
      kind: "PitOperationFailed",
      message: "submit_decision: policy quest allows none of a",
    });
    assert.throws(() => engine.submitDecision({ ...context, options: [] }), {
      message: "submit_decision: no options were given",
    });
  });

  it("submitDecision() draws by weights, the same for the same seed", () => {
    const drawn = (seed: number): string => {
      const engine = engineOf({ seed });
      engine.updatePolicy({
        id: "default",
        name: "D",
        rules: { strategy: "WeightedRandom", scores: { a: 1, b: 3 } },
      });
      const context = { contextType: "x", data: {}, options: ["a", "b"] };
      assert.equal(engine.submitDecision(context).choice, engine.submitDecision(context).choice);
      return engine.submitDecision(context).choice;
    };
    const all = Array.from({ length: 1000 }, (_, seed) => drawn(seed));
    const share = all.filter((choice) => choice === "b").length / 1000;
    assert.ok(share > 0.7 && share < 0.8, `${share}`);
  });
});

describe("gini()", () => {
  it("is 0 where all are equal, and (n - 1) / n where one has all", () => {
    for (const equal of [[], [5], [0, 0], [3, 3, 3, 3]]) assert.equal(gini(equal), 0);
    assert.equal(gini([0, 0, 0, 8]), 0.75);
    assert.equal(gini([1, 3]), 0.25);
  });

  it("is half the mean difference of all pairs over the mean", () => {
    fc.assert(fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 }), (values) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const pairs = values.flatMap((a) => values.map((b) => Math.abs(a - b)));
      const expected = mean === 0
        ? 0
        : pairs.reduce((a, b) => a + b, 0) / (2 * values.length ** 2 * mean);
      assert.ok(Math.abs(gini(values) - expected) < 1e-9);
    }));
  });
});

describe("PriorityRouter", () => {
  it("makes who waits urgent, level by level", () => {
    const router = new PriorityRouter({ boostEvery: 10, boost: 100 });
    const low = { id: "low", priority: -100, since: 0 };
    const high = { id: "high", priority: 100, since: 25 };
    assert.deepEqual(router.route([low, high], 19).map(({ id }) => id), ["high", "low"]);
    assert.equal(router.effective(low, 25), 100);
    assert.deepEqual(router.route([low, high], 30).map(({ id }) => id), ["low", "high"]);
  });

  it("levelOf() is the highest level that is reached", () => {
    const router = new PriorityRouter();
    for (const [name, level] of Object.entries(PRIORITY_LEVELS)) {
      assert.equal(router.levelOf(level), name);
    }
    assert.deepEqual([999, 99, -1, -5000].map((each) => router.levelOf(each)), [
      "HIGH",
      "NORMAL",
      "LOW",
      "BACKGROUND",
    ]);
    assert.throws(() => new PriorityRouter({ boostEvery: 0 }), {
      message: "boostEvery must be above 0, not 0",
    });
  });
});

describe("scoreOf()", () => {
  it("is the mean by weights, and a half where nothing is known", () => {
    assert.equal(scoreOf(), 0.5);
    assert.equal(scoreOf({ businessValue: 1, userImpact: 7 }), 0.75);
    const weights = { businessValue: 1, userImpact: 0, costEfficiency: 0, learningValue: 0 };
    assert.equal(scoreOf({ businessValue: 0.25 }, weights), 0.25);
    assert.equal(scoreOf({}, { ...weights, businessValue: 0 }), 0);
  });
});
