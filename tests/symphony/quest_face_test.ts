import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { generateStubs } from "../../mod.ts";
import {
  functionFromPython,
  FunctionQuest,
  installQuest,
  type QuestLevel,
  questModule,
} from "../../src/symphony/mod.ts";
import { inFolder, PYTHON, ROOT, spawned } from "../fixtures/program.ts";
import { evaluate, forGood, py, test } from "../fixtures/python.ts";

// What a program makes of these modules for good, when they are first imported.
forGood(() => {
  installQuest(py);
  evaluate(`
import symphony_quest as q
quest = q.FunctionQuest("locked_door")
repr(quest), quest.functions, quest.state, quest.render(), q.level_names()
quest.functions[0].execute(dict(inventory=[], environment_state={}, current_return_values={}))
quest.simulate_execution([])`);
});

const fresh = "import symphony_quest as q\nquest = q.FunctionQuest('locked_door')\n";

describe("symphony_quest", () => {
  test("FunctionQuest is played by the numbers of its functions", () => {
    const seen = evaluate(`${fresh}
names = [f.name for f in quest.functions]
steps = [quest.step(names.index(n)) for n in ("find_key", "open_door", "use_key", "open_door")]
[names, steps, quest.efficiency, quest.minimum_calls, quest.max_calls, quest.states]`).$.toJs();
    assert.deepEqual(seen[0], ["open_door", "use_key", "find_key"]);
    assert.deepEqual(seen[1].map((step: unknown[]) => [step[0], ...step.slice(2)]), [
      [1, false, false, true],
      [1, false, false, false],
      [2, false, false, true],
      [3, true, false, true],
    ]);
    assert.deepEqual(seen.slice(2), [0.75, 3, 18, 4]);
  });

  test("last_error() says why a call failed", () => {
    assert.equal(
      evaluate(`${fresh}quest.step(1)\nquest.last_error()`),
      "use_key() needs rusty_key, which is not in the inventory",
    );
    assert.equal(evaluate(`${fresh}quest.step(2)\nquest.last_error()`), null);
  });

  test("reset() makes calls first, where they are given", () => {
    assert.equal(evaluate(`${fresh}quest.reset(["find_key", "use_key"])`), 2);
    assert.deepEqual(
      evaluate(`${fresh}quest.reset(calls=["find_key"])\nquest.state.inventory`).$.toJs(),
      ["rusty_key"],
    );
  });

  test("state shows inventory, world, history and returns", () => {
    const seen = evaluate(`${fresh}
quest.step(0), quest.step(2)
s = quest.state
[s.inventory, s.environment_state, s.function_call_history, s.current_return_values, s.goal_achieved, repr(s)]`)
      .$.toJs();
    assert.deepEqual(seen, [
      ["rusty_key"],
      { door: "locked" },
      [
        {
          name: "open_door",
          returned: null,
          error: "open_door() depends on use_key(), which has not succeeded",
        },
        { name: "find_key", returned: "rusty_key", error: null },
      ],
      { find_key: "rusty_key" },
      false,
      '<FunctionQuestState item:rusty_key, door="locked", find_key()="rusty_key">',
    ]);
  });

  test("functions tell what they are, and execute", () => {
    const seen = evaluate(`${fresh}
f = quest.functions[1]
view = dict(inventory=["rusty_key"], environment_state={"door": "locked"}, current_return_values={})
[f.name, f.description, f.expected_return, f.dependencies, f.usage_constraints, f.execute(view), repr(f)]`)
      .$.toJs();
    assert.deepEqual(seen, [
      "use_key",
      "Turns the key in the lock. The key breaks off.",
      "Success!",
      [],
      { needs: ["rusty_key"], where: { door: "locked" } },
      { returns: "Success!", loses: ["rusty_key"], environment: { door: "unlocked" } },
      "<SymphonyModelFunction use_key>",
    ]);
  });

  test("the core's methods answer in Python's words", () => {
    const seen = evaluate(`${fresh}
way = quest.deduce_function_sequence()
[way, quest.analyze_narrative(), quest.validate_solution(way), quest.validate_solution(["open_door"]),
 quest.simulate_execution(way)[-1]["terminated"], quest.distance(0), list(quest.observed(1)), list(quest.callable(0)),
 quest.key(0), quest.facts, quest.level, "locked" in quest.narrative]`).$.toJs();
    assert.deepEqual(seen, [
      ["find_key", "use_key", "open_door"],
      ["find_key", "use_key", "open_door"],
      { valid: true, reason: null, efficiency: 1 },
      {
        valid: false,
        reason: "open_door() depends on use_key(), which has not succeeded",
        efficiency: 0,
      },
      true,
      3,
      [1, 0, 0, 1, 1, 0, 0],
      [0, 0, 1],
      'door="locked"',
      [
        ...['door="locked"', 'door="open"', 'door="unlocked"', 'find_key()="rusty_key"'],
        ...["item:rusty_key", 'open_door()="The door is open"', 'use_key()="Success!"'],
      ],
      "locked_door",
      true,
    ]);
  });

  test("errors name what is wrong", () => {
    const error = (code: string) =>
      evaluate(
        `${fresh}\ntry:\n    ${code}\nexcept Exception as e:\n    text = type(e).__name__ + ": " + str(e)\ntext`,
      );
    assert.match(error("q.FunctionQuest('moon')"), /There is no level called "moon"\. There are /);
    assert.equal(
      error("quest.key(9)"),
      "JsRangeError: RangeError: locked_door has states 0 to 3, not 9",
    );
    assert.match(
      error("quest.step('a')"),
      /TypeError: FunctionQuest.step\(\) argument 'action' must be int, not str$/,
    );
    assert.match(
      error("q.FunctionQuestState()"),
      /^TypeError: /,
    );
    assert.equal(
      error("q.FunctionQuest('locked_door', max_calls=2)"),
      "ValueError: max_calls must be a whole number of at least 3, the fewest calls that win locked_door, not 2",
    );
    assert.equal(
      error("quest.step(7)"),
      "ValueError: The level locked_door has no function number 7; it has open_door, use_key, find_key",
    );
    for (const method of ["reset", "simulate_execution", "validate_solution"]) {
      assert.equal(
        error(`quest.${method}(['swim'])`),
        "ValueError: The level locked_door has no function swim; it has open_door, use_key, find_key",
      );
    }
  });

  it("says in a plain CPython what it needs", async () => {
    const folder = join(ROOT, "python");
    const ran = await spawned(PYTHON, ["-c", "import symphony_quest"], {
      env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
    });
    assert.equal(
      ran.stderr.trimEnd().split("\n").at(-1),
      "ImportError: symphony_quest needs the TypeScript program that hosts it: start Python from there by " +
        "startPython() of pyduet, and call installQuest(py) of pyduet/symphony",
    );
  });
});

describe("questModule", () => {
  const hasMypy = evaluate(
    "import importlib.util as u\nu.find_spec('mypy') is not None",
  ) as boolean;

  it(`has stubs that mypy --strict takes${hasMypy ? "" : " (skipped: no mypy)"}`, {
    skip: !hasMypy,
    timeout: 120_000,
  }, () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "stubs", "_symphony_quest"), { recursive: true });
      const stub = join(folder, "stubs", "_symphony_quest", "__init__.pyi");
      writeFileSync(stub, generateStubs(questModule));
      const use = `
from typing import List
from _symphony_quest import FunctionQuest, level_names

quest = FunctionQuest("locked_door", shaping=0.5)
names: List[str] = [each.name for each in quest.functions] + level_names()
state, reward, terminated, truncated, succeeded = quest.step(0)
total: float = reward + quest.efficiency + len(quest.state.inventory)
`;
      writeFileSync(join(folder, "use.py"), use);
      const args = ["-m", "mypy", "--strict", "--no-error-summary", "use.py", stub];
      const env = { MYPYPATH: join(folder, "stubs") };
      const ran = await spawned(PYTHON, args, { cwd: folder, env, seconds: 110 });
      assert.equal(ran.stdout, "");
      assert.equal(ran.code, 0);
      assert.match(readFileSync(stub, "utf8"), /def step\(self, action: int\) -> tuple/);
    }));
});

describe("functionFromPython()", () => {
  const level = (code: string, options = {}): QuestLevel => ({
    name: "python",
    narrative: "",
    functions: [functionFromPython(py, evaluate(code), options)],
    goal: { inventory: ["key"] },
  });
  const findKey = `
def find_key(view):
    """Looks for a key."""
    if "place" in view["environment_state"]:
        raise LookupError("not here")
    return {"returns": "rusty_key", "gains": ["key"] if not view["inventory"] else []}
find_key`;

  test("makes a function of Python's, with its name and docstring", () => {
    const made = level(findKey, { expectedReturn: "rusty_key" });
    const quest = new FunctionQuest(made);
    assert.equal(made.functions[0]!.description, "Looks for a key.");
    assert.deepEqual(quest.call("find_key").call, {
      name: "find_key",
      returned: "rusty_key",
      error: null,
    });
    assert.equal(quest.efficiency, 1);
  });

  test("makes what it raises a failure of the call", () => {
    const quest = new FunctionQuest({
      ...level(findKey),
      functions: [
        ...level(findKey).functions,
        functionFromPython(py, evaluate("lambda view: 1 / 0"), { name: "divide" }),
        functionFromPython(py, evaluate("lambda view: [1]"), { name: "mistaken" }),
      ],
    });
    assert.equal(quest.call("divide").call.error, "ZeroDivisionError: division by zero");
    assert.equal(
      quest.call("mistaken").call.error,
      'mistaken() of Python must give a dict with "returns", not [1]',
    );
  });

  test("takes nothing for something else", () => {
    const said = (effect: string) => {
      const made = functionFromPython(py, evaluate(`lambda view: ${effect}`), { name: "f" });
      const view = { inventory: [], environmentState: {}, currentReturnValues: {} };
      try {
        return made.execute(view);
      } catch (error) {
        return (error as Error).message;
      }
    };
    const must = "f() of Python must give";
    assert.equal(said("None"), `${must} a dict with "returns", not None`);
    assert.equal(
      said('{"returns": 1, "gains": "key"}'),
      `${must} "gains" as a list of str, not "key"`,
    );
    assert.equal(said('{"returns": 1, "loses": [1]}'), `${must} "loses" as a list of str, not [1]`);
    assert.equal(
      said('{"returns": 1, "environment": "open"}'),
      `${must} "environment" as a dict of plain values, not "open"`,
    );
    assert.equal(
      said('{"returns": object()}'),
      `${must} "returns" as None, bool, int, float, str, list or dict, not object`,
    );
    assert.equal(
      said('{"returns": b""}'),
      `${must} "returns" as None, bool, int, float, str, list or dict, not bytes`,
    );
    assert.deepEqual(
      said(
        '{"returns": [1.5, {"a": None}], "gains": ("a", "b"), "loses": None, "environment": None}',
      ),
      { returns: [1.5, { a: null }], gains: ["a", "b"], loses: [], environment: {} },
    );
    assert.deepEqual(said('{"returns": True, "gains": {"key"}, "environment": {"door": "open"}}'), {
      returns: true,
      gains: ["key"],
      loses: [],
      environment: { door: "open" },
    });
  });
});
