/**
 * Steps of Function Quest: an environment of gymnasium whose level is TypeScript, beside the same one written in Python,
 * and a loop of TypeScript whose learner is Python's, beside the same loop in Python.
 * @module
 */

import {
  FunctionQuest,
  installQuest,
  playEpisode,
  qLearner,
  questLevel,
} from "../src/symphony/mod.ts";
import type { SelfTimed } from "./measure.ts";
import { type Bench, row, type Topic } from "./topic.ts";

const LEVEL = "prompt_to_code";

/** The chain of `prompt_to_code`, with states, masks and rewards as those of TypeScript. */
const CODE = `
from time import perf_counter_ns
import gymnasium, numpy as np
from gymnasium import spaces
import symphony_quest
from symphony_conductor import QLearner

NAMES = ["visualize_logic", "extract_features", "generate_code", "enhance_prompt", "coordinate_tasks", "create_plan"]
CHAIN = ["enhance_prompt", "extract_features", "create_plan", "coordinate_tasks", "visualize_logic", "generate_code"]
ITEMS = ["enhanced_prompt", "backlog.csv", "plan.json", "instructions.json", "pseudocode", "source_files"]

class PythonQuest:
    def __init__(self, max_calls=30):
        self.max_calls = max_calls
        self.order = [CHAIN.index(name) for name in NAMES]
        facts = sorted(["item:" + i for i in ITEMS] + ["%s()" % n for n in CHAIN])
        self.numbers = {}
        self.keys, self.observed, self.masks = [], [], []
        for made in range(7):
            self.numbers[self._key(set(ITEMS[:made]), dict(zip(CHAIN[:made], ITEMS)))] = made
            held = {"item:" + i for i in ITEMS[:made]} | {"%s()" % n for n in CHAIN[:made]}
            self.observed.append(np.array([fact in held for fact in facts], dtype=np.int8))
            self.masks.append(np.array([made < 6 and at <= made for at in self.order], dtype=np.int8))
        self.keys = list(self.numbers)
        self.facts = len(facts)
        self.reset()

    def _key(self, inventory, returns):
        return ", ".join(["item:" + i for i in sorted(inventory)] + ["%s()=%s" % e for e in sorted(returns.items())])

    def reset(self):
        self.inventory, self.returns, self.history, self.number = set(), {}, [], 0
        return 0

    def callable(self):
        return [name for name, can in zip(NAMES, self.masks[self.number]) if can]

    def step(self, action):
        name, at = NAMES[action], self.order[action]
        error = None
        if at > 0 and CHAIN[at - 1] not in self.returns:
            error = "%s() depends on %s(), which has not succeeded" % (name, CHAIN[at - 1])
        elif at > 0 and ITEMS[at - 1] not in self.inventory:
            error = "%s() needs %s, which is not in the inventory" % (name, ITEMS[at - 1])
        before = self.number
        if error is None:
            self.inventory.add(ITEMS[at])
            self.returns[name] = ITEMS[at]
            self.number = self.numbers[self._key(self.inventory, self.returns)]
        self.history.append((name, None if error else ITEMS[at], error))
        won = "source_files" in self.inventory
        reward = (9 if won else -1) + 0.99 * (self.number - 6) - (before - 6)
        return self.number, reward, won, not won and len(self.history) >= self.max_calls, error is None

class PythonEnv(gymnasium.Env):
    metadata = {"render_modes": []}
    def __init__(self):
        self.quest = PythonQuest()
        self.action_space = spaces.Discrete(6)
        self.observation_space = spaces.MultiBinary(self.quest.facts)
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        state = self.quest.reset()
        return self.quest.observed[state].copy(), self._info(state, None)
    def step(self, action):
        state, reward, terminated, truncated, succeeded = self.quest.step(int(action))
        info = self._info(state, None if succeeded else self.quest.history[-1][2])
        return self.quest.observed[state].copy(), reward, terminated, truncated, info
    def _info(self, state, error):
        return {"action_mask": self.quest.masks[state].copy(), "state": self.quest.keys[state], "error": error}

def steps(env, times):
    way = [NAMES.index(name) for name in CHAIN]
    step = env.step
    start = perf_counter_ns()
    for i in range(0, times, 6):
        env.reset()
        for action in way:
            step(action)
    return (perf_counter_ns() - start) / (-(-times // 6) * 6) * times

def learning(quest, times):
    learner = QLearner(NAMES, seed=1, alpha=0.5, gamma=0.99, epsilon=0.3)
    index = {name: i for i, name in enumerate(NAMES)}
    start, done = perf_counter_ns(), 0
    while done < times:
        quest.reset()
        available = quest.callable()
        over = False
        while not over:
            state = quest.keys[quest.number]
            action = learner.choose(state, available)
            number, reward, terminated, truncated, _ = quest.step(index[action])
            available = quest.callable()
            learner.learn(state, action, reward, quest.keys[number], available, terminated)
            over = terminated or truncated
            done += 1
        learner.end_episode()
    return (perf_counter_ns() - start) / done * times

env_of_typescript = symphony_quest.FunctionQuestEnv("${LEVEL}")
env_of_python = PythonEnv()
for action in (NAMES.index(name) for name in CHAIN):
    one, other = env_of_typescript.step(action), env_of_python.step(action)
    assert abs(one[1] - other[1]) < 1e-9 and one[2:4] == other[2:4], (one, other)
    assert (one[4]["action_mask"] == other[4]["action_mask"]).all()
`;

/** Rows of experiments. */
export function topic({ py }: Bench): Topic {
  installQuest(py);
  const quest = new FunctionQuest(questLevel(LEVEL));
  const model = qLearner(py, quest.functionNames, { seed: 1, alpha: 0.5, epsilon: 0.3 });
  py.run(CODE);
  const { steps, learning, PythonQuest, env_of_typescript, env_of_python } = py.globals;
  const pythonQuest = PythonQuest();

  const inPython = (work: (times: number) => number): SelfTimed => ({ nanoseconds: work });
  const inTypeScript: SelfTimed = {
    nanoseconds(times) {
      const began = performance.now();
      let done = 0;
      while (done < times) done += playEpisode(quest, model, { learn: true }).calls;
      return (performance.now() - began) * 1e6 / done * times;
    },
  };
  return {
    title: "Function Quest, per step; native is the same in Python alone",
    rows: [
      row("step() of the environment in Python, the level in TypeScript", {
        native: inPython((times) => steps(env_of_python, times)),
        ours: inPython((times) => steps(env_of_typescript, times)),
      }),
      row("a call of a quest by TypeScript, chosen and learned of by Python", {
        native: inPython((times) => learning(pythonQuest, times)),
        ours: inTypeScript,
      }),
    ],
  };
}
