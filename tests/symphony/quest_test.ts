import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addQuestLevel,
  FunctionQuest,
  FunctionQuestState,
  Mastery,
  type QuestLevel,
  questLevel,
  questLevelNames,
  SymphonyError,
  SymphonyModelFunction,
} from "../../src/symphony/mod.ts";

const door = () => new FunctionQuest(questLevel("locked_door"));

/** A level of these functions; every function gives the item of its name. */
function level(names: Record<string, object>, more: Partial<QuestLevel> = {}): QuestLevel {
  const functions = Object.entries(names).map(([name, constraints]) =>
    new SymphonyModelFunction({
      name,
      expectedReturn: name,
      usageConstraints: constraints,
      execute: () => ({ returns: name, gains: [name] }),
    })
  );
  return { name: "made", narrative: "", functions, goal: { inventory: ["win"] }, ...more };
}

function refused(act: () => unknown, message: string): void {
  assert.throws(act, (error: Error) => {
    assert.equal(error.message, message);
    return error instanceof SymphonyError || error instanceof RangeError;
  });
}

describe("FunctionQuest", () => {
  it("call() wins the toy in three calls", () => {
    const quest = door();
    const steps = ["find_key", "use_key", "open_door"].map((name) => quest.call(name));
    assert.deepEqual(steps.map(({ call }) => call), [
      { name: "find_key", returned: "rusty_key", error: null },
      { name: "use_key", returned: "Success!", error: null },
      { name: "open_door", returned: "The door is open", error: null },
    ]);
    assert.deepEqual(steps.map(({ terminated }) => terminated), [false, false, true]);
    assert.equal(quest.efficiency, 1);
    assert.equal(quest.currentState.goalAchieved, true);
    assert.deepEqual(quest.currentState.environmentState, { door: "open" });
    assert.deepEqual(quest.currentState.inventory, []);
    assert.deepEqual(quest.currentState.currentReturnValues, {
      find_key: "rusty_key",
      use_key: "Success!",
      open_door: "The door is open",
    });
  });

  it("call() wins the chain from prompt to code", () => {
    const quest = new FunctionQuest(questLevel("prompt_to_code"));
    assert.equal(quest.minimumCalls, 6);
    const chain = ["enhance_prompt", "extract_features", "create_plan", "coordinate_tasks"];
    for (const name of [...chain, "visualize_logic", "generate_code"]) {
      assert.equal(quest.call(name).call.error, null);
    }
    assert.ok(quest.currentState.inventory.includes("source_files"));
    assert.equal(quest.efficiency, 1);
  });

  it("call() that fails changes nothing but the history, and counts", () => {
    const quest = door();
    const before = quest.currentState.key();
    const step = quest.call("open_door");
    assert.deepEqual(step.call, {
      name: "open_door",
      returned: null,
      error: "open_door() depends on use_key(), which has not succeeded",
    });
    assert.equal(quest.currentState.key(), before);
    assert.equal(step.state, 0);
    assert.deepEqual(quest.executionHistory, [step.call]);
    for (const name of quest.deduceFunctionSequence()) quest.call(name);
    assert.equal(quest.efficiency, 3 / 4);
  });

  it("call() says what stands in the way", () => {
    const quest = new FunctionQuest(level({
      needing: { needs: ["lamp"] },
      lacking: { lacks: ["win"] },
      twice: { times: 2 },
      once: { times: 1 },
      elsewhere: { where: { place: "cellar" } },
      nowhere: { where: { depth: 3 } },
      win: { needs: ["twice", "once"] },
    }, { start: { environment: { place: "attic" } } }));
    const why = (name: string) => quest.call(name).call.error;
    assert.equal(why("needing"), "needing() needs lamp, which is not in the inventory");
    assert.equal(why("elsewhere"), 'elsewhere() needs place to be "cellar", not "attic"');
    assert.equal(why("nowhere"), "nowhere() needs depth to be 3, not nothing");
    assert.equal(why("lacking"), null);
    assert.deepEqual([why("once"), why("once")], [null, "once() can be called once only"]);
    assert.deepEqual([why("twice"), why("twice")], [null, null]);
    assert.equal(why("twice"), "twice() can be called 2 times only");
    const held = new FunctionQuest(level({ lacking: { lacks: ["lamp"] }, win: {} }, {
      start: { inventory: ["lamp"] },
    }));
    assert.equal(
      held.call("lacking").call.error,
      "lacking() cannot be called with lamp in the inventory",
    );
  });

  it("call() makes what throws, or returns what is not expected, a failure", () => {
    const made = (name: string, execute: () => never | { returns: string }) =>
      new SymphonyModelFunction({ name, expectedReturn: "right", execute });
    const quest = new FunctionQuest({
      ...level({ win: {} }),
      functions: [
        ...level({ win: {} }).functions,
        made("wrong", () => ({ returns: "left" })),
        made("thrower", () => {
          throw new TypeError("no model there");
        }),
      ],
    });
    assert.equal(quest.call("wrong").call.error, 'wrong() returned "left", expected "right"');
    assert.equal(quest.call("thrower").call.error, "no model there");
  });

  it("call() names the functions where there is no such one", () => {
    refused(
      () => door().call("fly"),
      "The level locked_door has no function fly; it has open_door, use_key, find_key",
    );
    refused(
      () => door().call(3),
      "The level locked_door has no function number 3; it has open_door, use_key, find_key",
    );
  });

  it("call() refuses to go on after the end", () => {
    const quest = new FunctionQuest(questLevel("locked_door"), { maxCalls: 3 });
    for (let i = 0; i < 2; i++) assert.equal(quest.call("find_key").truncated, false);
    assert.equal(quest.call("find_key").truncated, true);
    refused(
      () => quest.call("find_key"),
      "The episode of locked_door is over, its calls are used up: begin again by reset()",
    );
    quest.reset();
    for (const name of quest.deduceFunctionSequence()) quest.call(name);
    refused(
      () => quest.call(0),
      "The episode of locked_door is over, won: begin again by reset()",
    );
  });

  it("call() tells of a function that does not always do the same", () => {
    let found = "brass_key";
    const quest = new FunctionQuest({
      ...level({ win: {} }),
      functions: [
        ...level({ win: {} }).functions,
        new SymphonyModelFunction({
          name: "find",
          execute: () => ({ returns: 1, gains: [found] }),
        }),
      ],
    });
    found = "iron_key";
    refused(
      () => quest.call("find"),
      "find() of made led to a state that was not there when the level was looked through: item:iron_key, " +
        "find()=1. A function must do the same for the same view",
    );
  });

  it("callable() is what would succeed", () => {
    const quest = door();
    const seen = [quest.callable()];
    for (const name of ["find_key", "use_key", "open_door"]) {
      quest.call(name);
      seen.push(quest.callable());
    }
    assert.deepEqual(seen, [["find_key"], ["use_key"], ["open_door"], []]);
  });

  it("analyzeNarrative() finds the functions that the story names, in its order", () => {
    assert.deepEqual(door().analyzeNarrative(), ["find_key", "use_key", "open_door"]);
    assert.deepEqual(
      new FunctionQuest(questLevel("prompt_to_code")).analyzeNarrative().slice(0, 2),
      ["enhance_prompt", "extract_features"],
    );
    assert.deepEqual(new FunctionQuest(level({ win: {} })).analyzeNarrative(), []);
  });

  it("simulateExecution() and validateSolution() change nothing", () => {
    const quest = door();
    quest.call("find_key");
    const steps = quest.simulateExecution(["use_key", "open_door"]);
    assert.equal(steps.at(-1)!.terminated, true);
    assert.equal(quest.executionHistory.length, 1);
    assert.deepEqual(quest.validateSolution(["find_key", "use_key", "open_door"]), {
      valid: true,
      reason: null,
      efficiency: 1,
    });
    assert.deepEqual(quest.validateSolution(["use_key"]), {
      valid: false,
      reason: "use_key() needs rusty_key, which is not in the inventory",
      efficiency: 0,
    });
    assert.deepEqual(quest.validateSolution(["find_key"]), {
      valid: false,
      reason: "1 calls do not reach the goal of locked_door",
      efficiency: 0,
    });
    const unknown =
      "The level locked_door has no function swim; it has open_door, use_key, find_key";
    refused(() => quest.simulateExecution(["use_key", "swim"]), unknown);
    refused(() => quest.validateSolution(["find_key", "swim"]), unknown);
    assert.equal(quest.executionHistory.length, 1);
    assert.deepEqual(quest.callable(), ["use_key"]);
  });

  it("deduceFunctionSequence() says where victory is out of reach", () => {
    const quest = new FunctionQuest(level({ win: { lacks: ["curse"] }, curse: {} }));
    quest.call("curse");
    refused(
      () => quest.deduceFunctionSequence(),
      "Victory is out of reach in made after curse: begin again by reset()",
    );
  });

  it("render() shows calls and state", () => {
    const quest = door();
    quest.call("use_key");
    quest.call("find_key");
    assert.equal(
      quest.render(),
      `locked_door: 2 of 18 calls
  use_key() failed: use_key() needs rusty_key, which is not in the inventory
  find_key() -> "rusty_key"
  facts: item:rusty_key, door="locked", find_key()="rusty_key"
  callable: use_key`,
    );
  });

  it("refuses levels that make no sense", () => {
    refused(
      () => new FunctionQuest(level({ other: {} })),
      'The level made cannot be won: none of the 2 states that can be reached is its goal, {"inventory":["win"]}',
    );
    refused(
      () => new FunctionQuest(level({ win: {} }, { start: { inventory: ["win"] } })),
      "The level made is won before the first call",
    );
    refused(
      () => new FunctionQuest(questLevel("locked_door"), { maxCalls: 2 }),
      "maxCalls must be a whole number of at least 3, the fewest calls that win locked_door, not 2",
    );
    refused(
      () => new FunctionQuest(questLevel("locked_door"), { shaping: -1 }),
      "shaping must be a number from 0 up, not -1",
    );
    refused(
      () => new FunctionQuest(questLevel("locked_door"), { discount: 0 }),
      "discount must be above 0 and at most 1, not 0",
    );
    const endless = new SymphonyModelFunction({
      name: "count",
      execute: ({ currentReturnValues }) => ({
        returns: Number(currentReturnValues["count"] ?? 0) + 1,
      }),
    });
    refused(
      () => new FunctionQuest({ ...level({ win: {} }), functions: [endless] }, { maxStates: 100 }),
      "The level made has more than 100 states. Do its functions return ever new values? If it is as large as it " +
        "should be, give a larger maxStates",
    );
    const depends = (name: string, dependencies: string[]) =>
      new SymphonyModelFunction({ name, expectedReturn: 1, dependencies });
    refused(
      () => new FunctionQuest({ ...level({}), functions: [depends("a", ["b"])] }),
      "The level made has no function b, on which a depends",
    );
    refused(
      () => new FunctionQuest({ ...level({}), functions: [depends("a", []), depends("a", [])] }),
      "The level made has two functions called a",
    );
  });
});

describe("SymphonyModelFunction", () => {
  it("refuses declarations that make no sense", () => {
    refused(
      () => new SymphonyModelFunction({ name: "find key", expectedReturn: 1 }),
      'A function\'s name must be one word of letters, digits and "_", not "find key"',
    );
    refused(
      () => new SymphonyModelFunction({ name: "find" }),
      "find needs execute, or an expectedReturn that it can return",
    );
    const usageConstraints = { times: 0 };
    refused(
      () => new SymphonyModelFunction({ name: "find", expectedReturn: 1, usageConstraints }),
      "find: usageConstraints.times must be a whole number above 0, not 0",
    );
  });
});

describe("FunctionQuestState", () => {
  it("checkGoalCondition() wants all of inventory, world and returns", () => {
    const state = new FunctionQuestState({
      inventory: ["a"],
      environment: { at: { x: 1, y: [2] } },
    });
    const goal = {
      inventory: ["a"],
      environment: { at: { y: [2], x: 1 } },
      returns: { f: null },
    };
    assert.equal(state.checkGoalCondition(goal), false);
    state.updateState(
      new SymphonyModelFunction({ name: "f", expectedReturn: null }),
    );
    assert.equal(state.checkGoalCondition(goal), true);
    assert.equal(state.goalAchieved, true);
    assert.equal(state.checkGoalCondition({ inventory: ["b"] }), false);
  });

  it("copy() has a life of its own", () => {
    const state = new FunctionQuestState({ inventory: ["a"] });
    const copy = state.copy();
    copy.updateState(
      new SymphonyModelFunction({
        name: "f",
        execute: () => ({ returns: 1, loses: ["a"], environment: { dark: true } }),
      }),
    );
    assert.deepEqual([state.inventory, state.functionCallHistory.length], [["a"], 0]);
    assert.deepEqual([copy.inventory, copy.functionCallHistory.length], [[], 1]);
    assert.equal(state.key(), "item:a");
    assert.equal(copy.key(["f"]), "dark=true, f()=1, f×1");
  });
});

describe("questLevel()", () => {
  it("names the levels where there is no such one", () => {
    const added = questLevelNames().slice(2).map((name) => `${name}, `).join("");
    refused(
      () => questLevel("moon"),
      `There is no level called "moon". There are locked_door, prompt_to_code, ${added}and ` +
        "generated-<difficulty>-<seed>, such as generated-2-7",
    );
  });

  it("knows what addQuestLevel() added, once", () => {
    const mine = level({ win: {} }, { name: "added_by_quest_test" });
    addQuestLevel(mine);
    assert.equal(questLevel("added_by_quest_test"), mine);
    assert.ok(questLevelNames().includes("added_by_quest_test"));
    refused(() => addQuestLevel(mine), "There is a level called added_by_quest_test already");
    refused(
      () => addQuestLevel({ ...mine, name: "generated-1-1" }),
      "There is a level called generated-1-1 already",
    );
  });
});

describe("Mastery", () => {
  const episode = (success: boolean, efficiency: number) => ({
    success,
    efficiency,
    calls: 1,
    reward: 0,
  });
  const good = episode(true, 0.8);

  it("is reached by ten good ones in a row, and 95 % of the last twenty", () => {
    const mastery = new Mastery();
    const reached = Array.from({ length: 21 }, () => mastery.add(good));
    assert.deepEqual(reached, [...Array(19).fill(false), true, true]);
    assert.equal(mastery.streak, 21);
  });

  it("is not reached while too many of the last twenty were lost", () => {
    const mastery = new Mastery();
    for (let i = 0; i < 8; i++) mastery.add(good);
    for (let i = 0; i < 2; i++) mastery.add(episode(false, 0));
    // 10 in a row, but 18 of 20; one of the lost ones goes out with the 29th, which leaves 19 of 20.
    const reached = Array.from({ length: 19 }, () => mastery.add(good));
    assert.equal(reached.indexOf(true), 18);
    assert.equal(mastery.successRate, 0.95);
  });

  it("is lost by one that was won with many calls", () => {
    const mastery = new Mastery();
    for (let i = 0; i < 20; i++) mastery.add(good);
    assert.equal(mastery.add(episode(true, 0.79)), false);
    assert.equal(mastery.streak, 0);
    assert.equal(mastery.successRate, 1);
    assert.ok(Math.abs(mastery.efficiency - (0.8 * 19 + 0.79) / 20) < 1e-12);
  });

  it("refuses figures that make no sense", () => {
    refused(() => new Mastery({ efficiency: 2 }), "efficiency must be from 0 to 1, not 2");
    refused(() => new Mastery({ inARow: 0 }), "inARow must be a whole number above 0, not 0");
  });
});
