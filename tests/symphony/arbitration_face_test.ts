import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  ArbitrationEngine,
  ArbitrationEngineFace,
  PythonArbitrationEngine,
} from "../../src/symphony/mod.ts";
import { PitErrorFace } from "../../src/symphony/python/error_face.ts";
import { evaluate, forGood, test } from "../fixtures/python.ts";

forGood(() => evaluate("list(names)", { names: [ArbitrationEngineFace, PitErrorFace] }));

const run = (code: string, more: Record<string, unknown> = {}): unknown => {
  const result = evaluate(
    `def said(work):
    try: return work()
    except Exception as error: return "%s: %s" % (type(error).__name__, error)
def ask(id, user_id, models=1, **more): return dict(id=id, user_id=user_id, needs={"models": models}, **more)
${code}`,
    { ArbitrationEngine: ArbitrationEngineFace, ...more },
  );
  return result?.$?.toJs() ?? result;
};

describe("ArbitrationEngine of Python", () => {
  test("decides about dicts, and gives one", () => {
    assert.deepEqual(
      run(`
engine = ArbitrationEngine({"models": 1, "cost": 5}, queue_timeout=60.0)
first = engine.arbitrate([ask("a", "ann", priority=-100), ask("b", "bob"),
    {"id": "c", "user_id": "cid", "needs": {"cost": 9}, "value": {"user_impact": 1.0}}])
kinds = [type(first["denied"][0]), type(first["deferred"][0][1])]
waiting, held = engine.waiting, engine.held
engine.release("b")
second = engine.arbitrate([])
[first, second["granted"], waiting, held, kinds == [tuple, float], engine.cancel("x"),
    engine.conflicts([ask("d", "ann", 2)])]`),
      [
        {
          granted: ["b"],
          denied: [["c", "CostExceeded"]],
          deferred: [["a", 1]],
          strategy_used: "Priority",
          rationale:
            "ModelContention: 2 of 1, CostLimit: 9 of 5; the most urgent first, waiting included; " +
            "then who waits longest",
        },
        ["a"],
        ["a"],
        ["b"],
        true,
        false,
        [{ kind: "ModelContention", requested: 2, available: 0, request_ids: ["d"] }],
      ],
    );
  });

  test("is the same engine for both languages", () => {
    let now = 5000;
    const engine = new ArbitrationEngine({ capacity: { models: 1 }, now: () => now });
    const face = new PythonArbitrationEngine(engine);
    engine.arbitrate([{ id: "a", userId: "ann", needs: { models: 1 } }]);
    assert.deepEqual(
      run(
        `
granted = engine.arbitrate([ask("b", "bob", requested_at=3.0)])
[granted["granted"], granted["deferred"], engine.held, engine.fairness(),
    engine.audit(user_id="ann"), engine.audit(outcome="deferred", limit=1)[0]["request_id"],
    engine.audit(since=6.0), engine.audit_json_lines(request_id="a").count("\\n")]`,
        { engine: face },
      ),
      [
        [],
        [["b", 1]],
        ["a"],
        {
          gini: 0.5,
          max_wait: 0,
          average_wait: 0,
          requests_by_user: { ann: 1, bob: 1 },
          resources_by_user: { ann: { models: 1, memory_mb: 0, cpu_cores: 0, cost: 0 } },
        },
        [{
          sequence: 1,
          at: 5,
          decision: 1,
          request_id: "a",
          user_id: "ann",
          outcome: "granted",
          strategy: "Priority",
          reason: "after 0 ms",
        }],
        "b",
        [],
        1,
      ],
    );
    now = 9000;
    engine.release("a");
    assert.deepEqual(engine.arbitrate([]).granted, ["b"]);
    assert.equal(engine.fairness.maxWait, 6000);
  });

  test("policies and decisions are dicts; rules have Python's names and seconds", () => {
    const engine = new ArbitrationEngine({ capacity: {}, newId: () => "1" });
    assert.deepEqual(
      run(
        `
policy = dict(id="default", name="D", rules={"denied_users": ["eve"], "max_cost": 2.5, "mine": {"window": 1},
    "rate_limit": {"count": 1, "window": 60}, "forbidden": ["a"]})
engine.update_policy(policy)
context = dict(context_type="quest", data={"scores": {"c": 3}}, options=["a", "b", "c"])
[engine.get_policy("default") == policy, engine.policies == [policy], engine.submit_decision(context),
    dict(engine.arbitrate([ask("1", "ann"), ask("2", "ann"), ask("3", "eve")])["denied"])]`,
        { engine: new PythonArbitrationEngine(engine) },
      ),
      [
        true,
        true,
        {
          id: "1",
          choice: "c",
          confidence: 0.75,
          reasoning: "the best of 2 by policy default: c scores 3 of 4",
        },
        { 2: "RateLimited", 3: "PolicyViolation" },
      ],
    );
    assert.deepEqual(engine.getPolicy("default").rules["rateLimit"], { count: 1, window: 60_000 });
  });

  test("raises what Python's users expect", () => {
    assert.deepEqual(
      run(`
engine = ArbitrationEngine({"models": 1})
def key_error(work):
    try: work()
    except KeyError as error: return error.args[0]
[key_error(lambda: engine.arbitrate([ask("a", "ann"), {"id": "b"}])),
 key_error(lambda: engine.submit_decision({"context_type": "x"})),
 said(lambda: engine.arbitrate([ask("a", "ann"), ask("a", "bob")])),
 said(lambda: engine.arbitrate([ask("a", "ann", -1)])), said(lambda: engine.arbitrate([ask("a", "ann", "x")])),
 said(lambda: engine.arbitrate({})), said(lambda: engine.release("a")), said(lambda: engine.get_policy("x")),
 said(lambda: engine.update_policy(dict(id="a", name="b", rules={"strategy": "Force"}))),
 said(lambda: engine.submit_decision(dict(context_type="x", options=[]))),
 said(lambda: ArbitrationEngine({}, "Force")), said(lambda: ArbitrationEngine([])),
 said(lambda: ArbitrationEngine({"memoryMb": 1})),
 said(lambda: engine.arbitrate([{"id": "c", "user_id": "ann", "needs": {"model": 1}}])),
 said(lambda: ArbitrationEngine({}, queue_timeout=-1)), said(lambda: ArbitrationEngine({}, starving_after=float("nan"))),
 said(lambda: engine.update_policy(dict(id="a", name="b", rules={"denied_users": "ann"}))),
 said(lambda: engine.update_policy(dict(id="a", name="b", rules={"max_cost": -1}))),
 said(lambda: engine.update_policy(dict(id="a", name="b", rules={"rate_limit": 3}))),
 said(lambda: engine.update_policy(dict(id="a", name="b", rules={"rate_limit": {"count": 1, "window": "x"}})))]`),
      [
        "Missing 'requests[1].user_id' field",
        "Missing 'options' field",
        "ValueError: There are two requests a",
        "ValueError: 'requests[0].needs.models' must be at least 0, not -1",
        "TypeError: 'requests[0].needs.models' must be float, not str",
        "TypeError: ArbitrationEngine.arbitrate() argument 'requests' must be list[dict[str, object]], not dict",
        "PitError: Port operation failed: release_resources: Request a not found",
        "PitError: Port operation failed: get_policy: Policy x not found",
        "ValueError: Policy a: strategy must be Priority or RoundRobin or Collaborative or Queue or " +
        'WeightedRandom, not "Force"',
        "PitError: Port operation failed: submit_decision: no options were given",
        "ValueError: ArbitrationEngine.__init__() argument 'strategy' must be 'Priority' or 'RoundRobin' or " +
        "'Collaborative' or 'Queue' or 'WeightedRandom', not 'Force'",
        "TypeError: ArbitrationEngine.__init__() argument 'capacity' must be dict[str, object], not list",
        "ValueError: 'memoryMb' is not one of models, memory_mb, cpu_cores, cost",
        "ValueError: 'requests[0].needs.model' is not one of models, memory_mb, cpu_cores, cost",
        "ValueError: queue_timeout must be at least 0, not -1",
        "ValueError: starving_after must be at least 0, not NaN",
        "TypeError: 'rules.denied_users' must be list, not str",
        "ValueError: 'rules.max_cost' must be at least 0, not -1",
        "TypeError: 'rules.rate_limit' must be a dict with str keys, not int",
        "TypeError: 'rules.rate_limit.window' must be float, not str",
      ],
    );
  });
});
