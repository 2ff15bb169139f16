/**
 * Levels that come with Function Quest, and those that a program adds.
 * @module
 */
import { SymphonyError } from "../error.ts";
import { generatedLevel, parseGenerated } from "./family.ts";
import { SymphonyModelFunction } from "./function.ts";
import type { QuestLevel } from "./level.ts";

/** The toy: a key, a lock, a door. */
const LOCKED_DOOR: QuestLevel = {
  name: "locked_door",
  narrative:
    "The door is locked. Somewhere in this room lies a key: find the key, use the key in the lock, and open the door.",
  functions: [
    new SymphonyModelFunction({
      name: "open_door",
      description: "Opens the door, once it is unlocked.",
      expectedReturn: "The door is open",
      dependencies: ["use_key"],
      usageConstraints: { where: { door: "unlocked" } },
      execute: () => ({ returns: "The door is open", environment: { door: "open" } }),
    }),
    new SymphonyModelFunction({
      name: "use_key",
      description: "Turns the key in the lock. The key breaks off.",
      expectedReturn: "Success!",
      usageConstraints: { needs: ["rusty_key"], where: { door: "locked" } },
      execute: () => ({
        returns: "Success!",
        loses: ["rusty_key"],
        environment: { door: "unlocked" },
      }),
    }),
    new SymphonyModelFunction({
      name: "find_key",
      description: "Looks for a key.",
      expectedReturn: "rusty_key",
      usageConstraints: { times: 1 },
      execute: () => ({ returns: "rusty_key", gains: ["rusty_key"] }),
    }),
  ],
  start: { environment: { door: "locked" } },
  goal: { environment: { door: "open" } },
};

/** From a prompt to code: each model works on what the one before it made. */
const CHAIN = [
  ["enhance_prompt", "enhanced_prompt", "Says precisely what is wanted"],
  ["extract_features", "backlog.csv", "Makes a list of features of it"],
  ["create_plan", "plan.json", "Puts the features in an order"],
  ["coordinate_tasks", "instructions.json", "Writes instructions for every step"],
  ["visualize_logic", "pseudocode", "Draws the logic of each step"],
  ["generate_code", "source_files", "Writes the code"],
] as const;

const PROMPT_TO_CODE: QuestLevel = {
  name: "prompt_to_code",
  narrative:
    "A prompt is to become code. First enhance the prompt, then extract features, create the plan, coordinate tasks, " +
    "visualize the logic, and at last generate code.",
  // In another order than that of the solution, so that the first function is not the right one by chance.
  functions: [4, 1, 5, 0, 3, 2].map((i) => {
    const [name, makes, description] = CHAIN[i]!;
    const before = CHAIN[i - 1];
    return new SymphonyModelFunction({
      name,
      description: `${description}.`,
      expectedReturn: makes,
      dependencies: before === undefined ? [] : [before[0]],
      usageConstraints: { needs: before === undefined ? [] : [before[1]] },
      execute: () => ({ returns: makes, gains: [makes] }),
    });
  }),
  goal: { inventory: ["source_files"] },
};

const levels = new Map([LOCKED_DOOR, PROMPT_TO_CODE].map((level) => [level.name, level]));

/** Makes a level known by its name, to Python too. */
export function addQuestLevel(level: QuestLevel): void {
  if (levels.has(level.name) || parseGenerated(level.name) !== null) {
    throw new SymphonyError("Validation", `There is a level called ${level.name} already`);
  }
  levels.set(level.name, level);
}

/** The names of the levels that are known; those of `generatedLevel()` are so without being listed. */
export function questLevelNames(): string[] {
  return [...levels.keys()];
}

/**
 * A level by its name: `"locked_door"`, `"prompt_to_code"`, what {@link addQuestLevel} added, or one of the generated
 * family, `"generated-3-7"`, of difficulty 3 by seed 7.
 */
export function questLevel(name: string): QuestLevel {
  const known = levels.get(name);
  if (known !== undefined) return known;
  const generated = parseGenerated(name);
  if (generated !== null) return generatedLevel(generated);
  throw new SymphonyError(
    "Validation",
    `There is no level called ${JSON.stringify(name)}. There are ${
      questLevelNames().join(", ")
    }, and ` +
      `generated-<difficulty>-<seed>, such as generated-2-7`,
  );
}
