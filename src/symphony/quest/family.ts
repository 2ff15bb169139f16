/**
 * Levels made by a seed: a partial order of calls, so that several orders win, with functions among them that lead
 * nowhere, fail, or set back.
 * @module
 */
import { SymphonyError } from "../error.ts";
import { SymphonyModelFunction } from "./function.ts";
import type { QuestLevel } from "./level.ts";
import { QuestRandom } from "./random.ts";

/** Which level is made. */
export interface GeneratedOptions {
  /** 1 to 6. One more is one more call that is needed, and one more function that is not. */
  readonly difficulty: number;
  /** A whole number from 0 up: the same one gives the same level. */
  readonly seed: number;
}

const VERBS = ["fetch", "parse", "rank", "merge", "trace", "score", "split", "align", "label"];
const THINGS = ["map", "lens", "rope", "coin", "seal", "lamp", "gear", "bell", "note", "glass"];

/** The options in a name such as `"generated-2-7"`; `null` if it is no such name. */
export function parseGenerated(name: string): GeneratedOptions | null {
  const found = /^generated-(\d+)-(\d+)$/.exec(name);
  return found && { difficulty: Number(found[1]), seed: Number(found[2]) };
}

/**
 * A level of the family. Of difficulty `d` it needs `d + 2` calls to make things and one to finish; `d` further functions
 * are of three kinds in turn: one that loses a thing again, one that does nothing, one that always fails.
 */
export function generatedLevel({ difficulty, seed }: GeneratedOptions): QuestLevel {
  if (!Number.isSafeInteger(difficulty) || difficulty < 1 || difficulty > 6) {
    throw new SymphonyError(
      "Validation",
      `The difficulty of a generated level must be a whole number from 1 to 6, not ${difficulty}`,
    );
  }
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new SymphonyError(
      "Validation",
      `The seed of a generated level must be a whole number from 0, below 2**32, not ${seed}`,
    );
  }
  const random = new QuestRandom(seed ^ Math.imul(difficulty, 0x9E3779B1));
  const things = random.shuffled(THINGS).slice(0, difficulty + 2);
  const verbs = random.shuffled(VERBS);
  const makers = things.map((thing, i) => `${verbs[i % verbs.length]}_${thing}`);
  const used = new Set<number>();
  const functions = things.map((thing, i) => {
    // The first two need nothing, so there are several orders from the beginning.
    const needed = i < 2 ? [] : random.shuffled(range(i)).slice(0, 1 + random.below(2));
    needed.forEach((each) => used.add(each));
    // A need is a thing that is held, or a function that was called.
    const byCall = new Set(needed.filter(() => random.next() < 0.5));
    return new SymphonyModelFunction({
      name: makers[i]!,
      description: `Makes the ${thing}.`,
      expectedReturn: thing,
      dependencies: needed.filter((each) => byCall.has(each)).map((each) => makers[each]!),
      usageConstraints: {
        needs: needed.filter((each) => !byCall.has(each)).map((each) => things[each]!),
      },
      execute: () => ({ returns: thing, gains: [thing] }),
    });
  });
  // What nothing else needs, the end needs: so every call is necessary.
  const ends = range(things.length).filter((i) => !used.has(i));
  functions.push(
    new SymphonyModelFunction({
      name: "finish",
      description: "Puts together what was made.",
      expectedReturn: "done",
      usageConstraints: { needs: ends.map((i) => things[i]!) },
      execute: () => ({ returns: "done", environment: { finished: true } }),
    }),
    ...range(difficulty).map((i) => distractor(i, random.pick(things))),
  );
  return {
    name: `generated-${difficulty}-${seed}`,
    narrative: `Make ${ends.map((i) => `the ${things[i]}`).join(" and ")}, then finish.`,
    functions: random.shuffled(functions),
    start: { environment: { finished: false } },
    goal: { environment: { finished: true } },
  };
}

function distractor(i: number, thing: string): SymphonyModelFunction {
  switch (i % 3) {
    case 0:
      return new SymphonyModelFunction({
        name: `lend_${thing}_${i}`,
        description: `Gives the ${thing} away.`,
        usageConstraints: { needs: [thing] },
        execute: () => ({ returns: null, loses: [thing] }),
      });
    case 1:
      return new SymphonyModelFunction({
        name: `admire_${thing}_${i}`,
        description: "Does nothing of use.",
        expectedReturn: "How nice",
      });
    default:
      return new SymphonyModelFunction({
        name: `sharpen_${thing}_${i}`,
        description: "Needs what nobody has.",
        expectedReturn: "sharp",
        usageConstraints: { needs: ["whetstone"] },
      });
  }
}

function range(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}
