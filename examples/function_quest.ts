/**
 * A Conductor learns in which order to call the models of a project. Levels and rewards are TypeScript, the learner is
 * Python's (numpy), the pictures are matplotlib's. The same file runs on Deno and on Bun.
 *
 * It asks whether it helps to be told at once, by a potential, which call led nearer, on three levels, ten times each.
 * What was run stays in `examples/out/function_quest`: started again, only what is missing is run.
 * @module
 */
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { startPython } from "pyduet";
import {
  experiment,
  FunctionQuest,
  playEpisode,
  processes,
  qLearner,
  questLevel,
  trainConductor,
} from "pyduet/symphony";

const OUT = fileURLToPath(new URL("out/", import.meta.url));
const EPISODES = 150;

const result = await experiment({
  name: "Does shaping help?",
  grid: { level: ["prompt_to_code", "generated-2-2", "generated-3-3"], shaping: [0, 1] },
  seeds: 10,
  out: `${OUT}function_quest`,
  async run({ params: { level, shaping }, seed }) {
    const py = startPython();
    const quest = new FunctionQuest(questLevel(level), { shaping });
    const learning = { seed, alpha: 0.5, epsilon: 0.3, epsilonDecay: 0.97 };
    using model = qLearner(py, quest.functionNames, learning);
    const { episodes, masteredAfter } = await trainConductor(quest, model, {
      episodes: EPISODES,
      beyondMastery: true,
    });
    return {
      mastered: masteredAfter !== null,
      "episodes to mastery": masteredAfter,
      "final efficiency": playEpisode(quest, model).efficiency,
      efficiency: episodes.map((episode) => episode.efficiency),
    };
  },
}, { executor: processes() });

for (const { params, seed, error } of result.failed) {
  console.error(`level ${params["level"]}, seed ${seed} failed: ${error!.message}`);
}

const table = new Table({
  head: ["level", "reward", "mastered", "efficiency after training (95 %)"],
  style: { head: [], border: [] },
});
for (const { params, figure, mean, low, high } of result.summary()) {
  if (figure !== "final efficiency") continue;
  const { level, shaping } = params;
  const runs = result.rows.filter(({ params }) =>
    params["level"] === level && params["shaping"] === shaping
  );
  const mastered = runs.filter(({ result }) => result["mastered"] === true).length;
  table.push([
    String(level),
    shaping === 0 ? "bare" : "with a potential",
    `${mastered} of ${runs.length}`,
    `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`,
  ]);
}
console.log(`\n${table.toString()}`);

const picture = `${OUT}function_quest.png`;
await result.plotCurves(picture, {
  series: "efficiency",
  by: ["shaping"],
  label: ({ shaping }) => shaping === 0 ? "bare reward" : "with a potential",
  window: 5,
  title: "A Conductor learns the shortest order of calls (three levels)",
  x: "episode",
  y: "efficiency (fewest calls / calls used)",
  limits: [0, 1.03],
  threshold: 0.8,
  thresholdLabel: "mastery: 0.8",
});
await result.plotComparison(`${OUT}function_quest_levels.png`, {
  figure: "final efficiency",
  label: ({ level, shaping }) => `${level}, ${shaping === 0 ? "bare reward" : "with a potential"}`,
  title: "After training",
  x: "efficiency (fewest calls / calls used)",
});
console.log(`\nThe learning curve is in ${picture}`);
