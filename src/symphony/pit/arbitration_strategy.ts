/**
 * Five ways to say who comes first. Each gives an order and its reason; that nobody gets more than there is, and
 * that nobody starves, is not theirs to see to.
 * @module
 */
import type { Resources } from "./arbitration_request.ts";
import { RESOURCE_NAMES } from "./arbitration_request.ts";
import { byText, type PriorityRouter, type Routed } from "./arbitration_router.ts";
import { SeededRandom } from "./seeded_random.ts";

/** How conflicts are resolved. */
export type Strategy = "Priority" | "RoundRobin" | "Collaborative" | "Queue" | "WeightedRandom";

/** All of them. */
export const STRATEGIES: readonly Strategy[] = [
  "Priority",
  "RoundRobin",
  "Collaborative",
  "Queue",
  "WeightedRandom",
];

/** A request as strategies see it. */
export interface Candidate extends Routed {
  /** For whom. */
  readonly userId: string;
  /** What it needs. */
  readonly needs: Resources;
  /** What it is worth, 0 to 1. */
  readonly score: number;
}

/** What a strategy may know besides the requests. */
export interface StrategyContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** For chance. */
  readonly seed: number;
  /** Orders by urgency. */
  readonly router: PriorityRouter;
  /** How often each user was granted something. */
  readonly grants: ReadonlyMap<string, number>;
}

/** An order, and why. */
export interface Ordered {
  /** Who comes first. */
  readonly order: Candidate[];
  /** In words. */
  readonly rationale: string;
}

type Order = (candidates: readonly Candidate[], context: StrategyContext) => Ordered;

const ORDERS: Readonly<Record<Strategy, Order>> = {
  Priority: (candidates, { router, now }) => ({
    order: router.route(candidates, now),
    rationale: "the most urgent first, waiting included; then who waits longest",
  }),
  Queue: (candidates) => ({
    order: [...candidates].sort(byArrival),
    rationale: "who asked first comes first, and nobody passes",
  }),
  RoundRobin: (candidates, { grants }) => ({
    order: inTurns(candidates, grants, byArrival),
    rationale: "users take turns, beginning with who was granted least",
  }),
  Collaborative: (candidates, { grants }) => ({
    order: inTurns(candidates, grants, (a, b) => sizeOf(a) - sizeOf(b) || byArrival(a, b), false),
    rationale: "everyone gives way: small needs first, users in turns, so that most are served",
  }),
  WeightedRandom: (candidates, context) => ({
    order: drawn(candidates, context),
    rationale: `drawn by value and urgency with seed ${context.seed}`,
  }),
};

/** The order by a strategy: the same for the same requests and context, however they are listed. */
export function orderBy(
  strategy: Strategy,
  candidates: readonly Candidate[],
  context: StrategyContext,
): Ordered {
  const same = [...candidates].sort((a, b) => byText(a.id, b.id));
  return ORDERS[strategy](same, context);
}

function byArrival(a: Candidate, b: Candidate): number {
  return a.since - b.since || byText(a.id, b.id);
}

/** The sum of shares is no measure of anything, but orders what is larger in all after what is smaller. */
function sizeOf({ needs }: Candidate): number {
  return RESOURCE_NAMES.reduce((sum, name) => sum + Math.log1p(needs[name] ?? 0), 0);
}

/** One of each user in turn. The first turn begins with who was granted least, or with the smallest request. */
function inTurns(
  candidates: readonly Candidate[],
  grants: ReadonlyMap<string, number>,
  first: (a: Candidate, b: Candidate) => number,
  byGrants = true,
): Candidate[] {
  const byUser = new Map<string, Candidate[]>();
  for (const each of [...candidates].sort(first)) {
    byUser.set(each.userId, [...byUser.get(each.userId) ?? [], each]);
  }
  const given = (user: string): number => grants.get(user) ?? 0;
  const turn = [...byUser].flatMap(([user, own]) =>
    own.map((each, i) => ({ each, round: byGrants ? given(user) + i : i }))
  );
  turn.sort((a, b) =>
    a.round - b.round ||
    (byGrants ? byText(a.each.userId, b.each.userId) : first(a.each, b.each))
  );
  return turn.map(({ each }) => each);
}

/** Drawn one after the other, each with a chance by its weight. */
function drawn(
  candidates: readonly Candidate[],
  { seed, now, router }: StrategyContext,
): Candidate[] {
  const random = new SeededRandom(`${seed} ${candidates.map(({ id }) => id).join(" ")}`);
  const left = candidates.map((each) => ({ each, weight: weightOf(each, router, now) }));
  const order: Candidate[] = [];
  while (left.length > 0) {
    const all = left.reduce((sum, { weight }) => sum + weight, 0);
    let at = random.next() * all;
    let i = 0;
    while (i < left.length - 1 && at >= left[i]!.weight) at -= left[i++]!.weight;
    order.push(left.splice(i, 1)[0]!.each);
  }
  return order;
}

/** A level doubles the chance. */
function weightOf(each: Candidate, router: PriorityRouter, now: number): number {
  const level = Math.max(-10, Math.min(10, router.effective(each, now) / 100));
  return (0.05 + each.score) * 2 ** level;
}
