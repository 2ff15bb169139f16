import assert from "node:assert/strict";
import { describe } from "node:test";
import { installQuest } from "../../src/symphony/mod.ts";
import { evaluate, forGood, py, test, testWith } from "../fixtures/python.ts";

const hasGymnasium = evaluate(
  "import importlib.util as u\nu.find_spec('gymnasium') is not None",
) as boolean;

const head =
  "import gymnasium, symphony_quest\nfrom gymnasium.utils.env_checker import check_env\n";

// Gymnasium and numpy keep what they make at first use.
forGood(() => {
  installQuest(py);
  if (hasGymnasium) {
    evaluate(`${head}
env = gymnasium.make("FunctionQuest-v0", render_mode="ansi")
env.reset(seed=1)
env.step(2), env.render()
env.close()`);
  } else {
    evaluate("import symphony_quest");
  }
});

describe("FunctionQuestEnv", () => {
  for (const level of ["locked_door", "prompt_to_code", "generated-3-1"]) {
    for (const observations of ["facts", "state"]) {
      testWith(["gymnasium"], `check_env() passes for ${level} by ${observations}`, () => {
        const warnings = evaluate(`${head}
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    made = gymnasium.make("FunctionQuest-v0", level="${level}", observations="${observations}")
    check_env(made.unwrapped)
    made.close()
[str(each.message) for each in caught]`).$.toJs();
        assert.deepEqual(warnings, []);
      });
    }
  }

  testWith(["gymnasium"], "an episode by masks ends in victory, with its efficiency", () => {
    const seen = evaluate(`${head}
env = gymnasium.make("FunctionQuest-v0", level="locked_door", render_mode="ansi")
observation, info = env.reset(seed=7)
seen = [(observation.tolist(), str(observation.dtype), info["state"], info["action_mask"].tolist())]
env.action_space.seed(3)
terminated = truncated = False
while not (terminated or truncated):
    action = env.action_space.sample(info["action_mask"])
    observation, reward, terminated, truncated, info = env.step(action)
    assert env.observation_space.contains(observation)
    seen.append((int(action), terminated, truncated, info["error"], info["action_mask"].tolist()))
text = env.render()
env.close()
[seen, info["efficiency"], text]`).$.toJs();
    assert.deepEqual(seen[0], [
      [[1, 0, 0, 0, 0, 0, 0], "int8", 'door="locked"', [0, 0, 1]],
      [2, false, false, null, [0, 1, 0]],
      [1, false, false, null, [1, 0, 0]],
      [0, true, false, null, [0, 0, 0]],
    ]);
    assert.equal(seen[1], 1);
    assert.match(seen[2], /^locked_door: 3 of 18 calls, won, efficiency 1\.00\n/);
  });

  testWith(["gymnasium"], "a failed call is told, and an episode is truncated", () => {
    const seen = evaluate(`${head}
env = gymnasium.make("FunctionQuest-v0", level="locked_door", max_calls=3, shaping=0.0)
env.reset(seed=1)
[env.step(0)[1:4] + (env.unwrapped.quest.last_error(),) for _ in range(2)] + [env.step(0)[1:]]`).$
      .toJs();
    const error = "open_door() depends on use_key(), which has not succeeded";
    assert.deepEqual(seen.slice(0, 2), Array(2).fill([-1, false, false, error]));
    const [reward, terminated, truncated, info] = seen[2];
    assert.deepEqual([reward, terminated, truncated], [-1, false, true]);
    assert.deepEqual([info.error, info.efficiency, info.state], [error, 0, 'door="locked"']);
  });

  testWith(["gymnasium"], "reset() makes calls first, by options", () => {
    const seen = evaluate(`${head}
env = gymnasium.make("FunctionQuest-v0", level="locked_door", observations="state")
first = env.reset(seed=1, options={"calls": ["find_key"]})[0]
second, info = env.reset()
try:
    env.reset(options={"color": 1, "calls": []})
except ValueError as error:
    text = str(error)
[int(first), int(second), text]`).$.toJs();
    assert.deepEqual(seen, [1, 0, "reset() knows the option 'calls', not 'color'"]);
  });

  testWith(["gymnasium"], "many environments play side by side, each its own quest", () => {
    const seen = evaluate(`${head}
envs = gymnasium.make_vec("FunctionQuest-v0", num_envs=3, vectorization_mode="sync", level="locked_door",
    vector_kwargs={"autoreset_mode": gymnasium.vector.AutoresetMode.DISABLED})
envs.reset(seed=1)
import numpy as np
_, rewards, _, _, infos = envs.step(np.array([2, 1, 0]))
result = [infos["state"].tolist(), rewards.round(9).tolist()]
envs.close()
result`).$.toJs();
    assert.deepEqual(seen, [
      [
        'item:rusty_key, door="locked", find_key()="rusty_key", find_key×1',
        ...['door="locked"', 'door="locked"'],
      ],
      [0.02, -0.97, -0.97],
    ]);
  });

  testWith(["gymnasium"], "refuses options that make no sense", () => {
    const error = (options: string) =>
      evaluate(`${head}
try:
    symphony_quest.FunctionQuestEnv("locked_door", ${options})
except Exception as e:
    text = type(e).__name__ + ": " + str(e)
text`);
    assert.equal(
      error("observations='pixels'"),
      "ValueError: observations must be 'facts' or 'state', not 'pixels'",
    );
    assert.equal(
      error("render_mode='human'"),
      "ValueError: render_mode must be None or 'ansi', not 'human'",
    );
    assert.match(error("colour=1"), /^TypeError: .*colour/);
  });

  if (!hasGymnasium) {
    test("says what to install where Python has no gymnasium", () => {
      assert.equal(
        evaluate(`
import symphony_quest
try:
    symphony_quest.FunctionQuestEnv
except ImportError as error:
    text = str(error)
text`),
        "FunctionQuestEnv needs gymnasium: pip install gymnasium. FunctionQuest plays without it",
      );
    });
  }
});
