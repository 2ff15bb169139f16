import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, it } from "node:test";
import {
  FunctionQuest,
  FunctionQuestState,
  generatedLevel,
  mapOf,
  playEpisode,
  type QuestLevel,
  questLevel,
  type QuestMap,
  QuestReward,
  SymphonyModelFunction,
} from "../../src/symphony/mod.ts";

const RUNS = 25;

/** Whether some sequence of so many calls wins: all of them are tried, without any map. */
function wins(level: QuestLevel, calls: number): boolean {
  const from = (state: FunctionQuestState, left: number): boolean => {
    if (state.checkGoalCondition(level.goal)) return true;
    if (left === 0) return false;
    return level.functions.some((each) => {
      const next = state.copy();
      next.updateState(each);
      return from(next, left - 1);
    });
  };
  return from(new FunctionQuestState(level.start), calls);
}

/** The value of each state under the best policy, by value iteration. */
function bestValues(map: QuestMap, reward: QuestReward): Float64Array {
  const values = new Float64Array(map.keys.length);
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let at = 0; at < values.length; at++) {
      if (map.distance[at]! > 0) values[at] = Math.max(...worthOf(map, { reward, values, at }));
    }
  }
  return values;
}

function worthOf(
  map: QuestMap,
  { reward, values, at }: { reward: QuestReward; values: Float64Array; at: number },
): number[] {
  return [...map.leadsTo[at]!].map((to) => reward.of(at, to) + reward.discount * values[to]!);
}

const options = fc.record({
  difficulty: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe("mapOf()", () => {
  for (const name of ["locked_door", "prompt_to_code", "generated-1-5", "generated-2-9"]) {
    it(`minimum of ${name} is that of trying out every sequence`, () => {
      const level = questLevel(name);
      const fewest = mapOf(level).distance[0]!;
      assert.equal(wins(level, fewest), true);
      assert.equal(wins(level, fewest - 1), false);
    });
  }

  it("finds the shorter of two ways", () => {
    const made = (name: string, needs: string[], gains: string[]) =>
      new SymphonyModelFunction({
        name,
        usageConstraints: { needs },
        execute: () => ({ returns: 1, gains }),
      });
    const level: QuestLevel = {
      name: "two_ways",
      narrative: "",
      functions: [
        made("mine", [], ["ore"]),
        made("melt", ["ore"], ["iron"]),
        made("forge", ["iron"], ["key"]),
        made("work", [], ["coin"]),
        made("buy", ["coin"], ["key"]),
      ],
      goal: { inventory: ["key"] },
    };
    const quest = new FunctionQuest(level);
    assert.equal(quest.minimumCalls, 2);
    assert.deepEqual(quest.deduceFunctionSequence(), ["work", "buy"]);
    quest.call("mine");
    quest.call("melt");
    assert.deepEqual(quest.deduceFunctionSequence(), ["forge"]);
  });

  it("gives no way on from victory, and none from where it is out of reach", () => {
    const map = mapOf({
      name: "cursed",
      narrative: "",
      functions: ["curse", "win"].map((name) =>
        new SymphonyModelFunction({
          name,
          expectedReturn: name,
          usageConstraints: { lacks: ["curse"] },
          execute: () => ({ returns: name, gains: [name] }),
        })
      ),
      goal: { inventory: ["win"] },
    });
    assert.deepEqual([...map.distance], [1, Infinity, 0]);
    assert.deepEqual(map.leadsTo.map((to) => [...to]), [[1, 2], [1, 1], [2, 2]]);
    assert.deepEqual(map.callable.map((can) => [...can]), [[1, 1], [0, 0], [0, 0]]);
  });
});

describe("generatedLevel()", () => {
  it("needs exactly the calls that it was made of", () => {
    fc.assert(
      fc.property(options, ({ difficulty, seed }) => {
        const level = generatedLevel({ difficulty, seed });
        const quest = new FunctionQuest(level);
        assert.equal(quest.minimumCalls, difficulty + 3);
        assert.equal(level.functions.length, 2 * difficulty + 3);
        assert.equal(quest.validateSolution(quest.deduceFunctionSequence()).efficiency, 1);
      }),
      { numRuns: RUNS },
    );
  });

  it("has more than one shortest order", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { distance, leadsTo } = mapOf(generatedLevel({ difficulty: 2, seed }));
      const first = [...new Set(leadsTo[0])].filter((to) => distance[to] === distance[0]! - 1);
      assert.ok(first.length >= 2, `seed ${seed}`);
    }
  });

  it("is the same by the same seed, and another by another", () => {
    const seen = (seed: number) => {
      const { keys, leadsTo } = mapOf(generatedLevel({ difficulty: 2, seed }));
      return JSON.stringify([keys, leadsTo.map((to) => [...to])]);
    };
    assert.equal(seen(3), seen(3));
    assert.notEqual(seen(3), seen(4));
    assert.deepEqual(
      new FunctionQuest(questLevel("generated-1-1")).deduceFunctionSequence(),
      ["trace_coin", "rank_bell", "score_glass", "finish"],
    );
  });

  it("refuses what it cannot make", () => {
    assert.throws(() => generatedLevel({ difficulty: 7, seed: 0 }), {
      message: "The difficulty of a generated level must be a whole number from 1 to 6, not 7",
    });
    assert.throws(() => generatedLevel({ difficulty: 1, seed: -1 }), {
      message: "The seed of a generated level must be a whole number from 0, below 2**32, not -1",
    });
  });
});

describe("QuestReward", () => {
  it("is best for the shortest solution, whatever the weight and the discount", () => {
    fc.assert(
      fc.property(
        options,
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.constantFrom(0.8, 0.95, 0.99, 1),
        ({ difficulty, seed }, shaping, discount) => {
          const map = mapOf(generatedLevel({ difficulty, seed }));
          const reward = new QuestReward(map, { shaping, discount });
          const values = bestValues(map, reward);
          for (let at = 0; at < values.length; at++) {
            if (map.distance[at] === 0) continue;
            const worth = worthOf(map, { reward, values, at });
            const best = Math.max(...worth);
            for (const [i, to] of map.leadsTo[at]!.entries()) {
              const nearer = map.distance[to] === map.distance[at]! - 1;
              assert.equal(worth[i]! > best - 1e-9, nearer, `state ${at}, function ${i}`);
            }
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("adds up to the bare reward and the potential of the beginning, on every way to victory", () => {
    const quest = new FunctionQuest(questLevel("prompt_to_code"), { shaping: 2, discount: 1 });
    const way = ["enhance_prompt", "generate_code", "enhance_prompt", "extract_features"];
    const steps = way.map((name) => quest.call(name));
    for (const name of quest.deduceFunctionSequence()) steps.push(quest.call(name));
    const sum = steps.reduce((total, { reward }) => total + reward, 0);
    assert.ok(Math.abs(sum - (10 - steps.length + 2 * 6)) < 1e-9);
  });

  it("without shaping costs 1 a call and gives 10 at the end", () => {
    const quest = new FunctionQuest(questLevel("locked_door"), { shaping: 0 });
    const rewards = ["use_key", "find_key", "use_key", "open_door"].map((name) =>
      quest.call(name).reward
    );
    assert.deepEqual(rewards, [-1, -1, -1, 9]);
  });
});

describe("playEpisode()", () => {
  it("ends where nothing can be called, and says that nothing comes after", () => {
    const quest = new FunctionQuest({
      name: "cursed",
      narrative: "",
      functions: ["curse", "win"].map((name) =>
        new SymphonyModelFunction({
          name,
          expectedReturn: name,
          usageConstraints: { lacks: ["curse"] },
          execute: () => ({ returns: name, gains: [name] }),
        })
      ),
      goal: { inventory: ["win"] },
    });
    const told: boolean[] = [];
    const episode = playEpisode(quest, {
      predictNextFunction: (_, available) => available[0]!,
      learnFromExperience: ({ done }) => void told.push(done),
      evaluateStateValue: () => 0,
    }, { learn: true });
    assert.deepEqual([episode.success, episode.calls, episode.efficiency], [false, 1, 0]);
    assert.deepEqual(told, [true]);
  });
});
