/**
 * Rules by which is decided.
 * @module
 */
import { PortError, SymphonyError } from "../error.ts";
import type { Decision, DecisionContext, Policy } from "../ports.ts";
import { STRATEGIES, type Strategy } from "./arbitration_strategy.ts";
import { SeededRandom } from "./seeded_random.ts";

/** The rules that the engine understands; others are kept for whoever does. */
export interface PolicyRules {
  /** How conflicts are resolved, and choices made: `WeightedRandom` draws, any other takes the best. */
  readonly strategy?: Strategy;
  /** Users who get nothing. */
  readonly deniedUsers?: readonly string[];
  /** How many grants one user gets within so many milliseconds. */
  readonly rateLimit?: { readonly count: number; readonly window: number };
  /** What one request may cost. */
  readonly maxCost?: number;
  /** Options that may not be chosen. */
  readonly forbidden?: readonly string[];
  /** How good options are; 1 where nothing is said. */
  readonly scores?: Readonly<Record<string, number>>;
}

/** The policy in force where nobody set one. */
export const DEFAULT_POLICY: Policy = { id: "default", name: "Default", rules: {} };

/** The rules of a policy, checked; a `SymphonyError` names what is wrong. */
export function rulesOf({ id, rules }: Policy): PolicyRules {
  const wrong = (name: string, wanted: string): never => {
    const given = JSON.stringify(rules[name]);
    throw new SymphonyError("Validation", `Policy ${id}: ${name} must be ${wanted}, not ${given}`);
  };
  const check = (name: string, wanted: string, fits: (value: unknown) => boolean): void => {
    if (rules[name] !== undefined && !fits(rules[name])) wrong(name, wanted);
  };
  check("strategy", STRATEGIES.join(" or "), (v) => STRATEGIES.includes(v as Strategy));
  check("deniedUsers", "a list of texts", isTexts);
  check("forbidden", "a list of texts", isTexts);
  check("maxCost", "a number of at least 0", isAmount);
  check("rateLimit", "{ count, window } of numbers of at least 0", (v) => {
    const { count, window } = Object(v) as Record<string, unknown>;
    return isAmount(count) && isAmount(window);
  });
  check(
    "scores",
    "numbers of at least 0 by options",
    (v) => typeof v === "object" && v !== null && Object.values(v).every(isAmount),
  );
  return rules as PolicyRules;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

/** What a choice is made with. */
export interface ChoiceContext {
  /** For chance. */
  readonly seed: number;
  /** The decision's id. */
  readonly id: string;
}

/**
 * A choice among options by a policy. An option's score is what `data.scores` says of it times what the policy says;
 * the confidence is the chosen one's share of all scores.
 */
export function choose(
  context: DecisionContext,
  policy: Policy,
  { seed, id }: ChoiceContext,
): Decision {
  const rules = rulesOf(policy);
  const fail = (reason: string): never => {
    throw new PortError("PitOperationFailed", "submit_decision", reason);
  };
  if (context.options.length === 0) fail("no options were given");
  const allowed = context.options.filter((option) => !rules.forbidden?.includes(option));
  if (allowed.length === 0) {
    fail(`policy ${policy.id} allows none of ${context.options.join(", ")}`);
  }
  const told = Object(context.data["scores"]) as Record<string, unknown>;
  const scored = allowed.map((option) => {
    const own = isAmount(told[option]) ? told[option] : 1;
    return { option, score: own * (rules.scores?.[option] ?? 1) };
  });
  const all = scored.reduce((sum, { score }) => sum + score, 0);
  const drawn = rules.strategy === "WeightedRandom" && all > 0;
  const chosen = drawn ? draw(scored, all, `${seed} ${JSON.stringify(context)}`) : best(scored);
  const way = drawn ? `drawn with seed ${seed}` : "the best";
  return {
    id,
    choice: chosen.option,
    confidence: all === 0 ? 1 / allowed.length : chosen.score / all,
    reasoning: `${way} of ${allowed.length} by policy ${policy.id}: ` +
      `${chosen.option} scores ${chosen.score} of ${all}`,
  };
}

type Scored = { readonly option: string; readonly score: number };

/** The first of the best. */
function best(scored: readonly Scored[]): Scored {
  return scored.reduce((found, each) => each.score > found.score ? each : found);
}

function draw(scored: readonly Scored[], all: number, seed: string): Scored {
  let at = new SeededRandom(seed).next() * all;
  return scored.find(({ score }) => (at -= score) < 0) ?? best(scored);
}
