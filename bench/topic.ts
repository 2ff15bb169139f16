/**
 * What a topic file gives: rows of work, each with its goals, and the costs that
 * its notes speak of, measured by themselves.
 * @module
 */

import type { Python } from "../mod.ts";
import type { Floor } from "./floor.ts";
import { type Contender, each, type Loop, sideBySide, type Stats } from "./measure.ts";

/** What the rows of a topic are made from. */
export interface Bench {
  readonly py: Python;
  readonly floor: Floor;
  /** A Python statement as a contender: timed inside CPython by `timeit`, with the names of `__main__`. */
  native(statement: string): Contender;
  /** Long runs too, such as 10 million calls. */
  readonly full: boolean;
}

/** The same work done in different ways; not every row has all. */
export interface Measured {
  /** The same C calls straight on the runtime's FFI, or what else stands below any library. */
  readonly floor?: Stats;
  /** The same work inside CPython. */
  readonly native?: Stats;
  readonly ours?: Stats;
  /** The same by `JSON.stringify` and `json.loads`, or by `json.dumps` and `JSON.parse`. */
  readonly json?: Stats;
  /** What a goal grants on top (see {@link Goal.plus}). */
  readonly allowance?: Stats;
}

/** `ours <= times * against + plus` */
export interface Goal {
  readonly against: "floor" | "native" | "json" | "nothing";
  readonly times: number;
  /** In the row's unit, or what the row measured as its allowance. */
  readonly plus?: number | "allowance";
}

/** One piece of work. */
export interface Row {
  readonly name: string;
  /** Default `"ns"`. */
  readonly unit?: "ns" | "ms" | "bytes" | "MB";
  readonly goals?: readonly Goal[];
  /** Where a goal is not met: which cost is left, by the pieces that show it. */
  readonly note?: string;
  measure(): Promise<Measured>;
}

/** A cost by itself: the ground that a note stands on. */
export interface Piece {
  readonly name: string;
  /** Default `"ns"`. */
  readonly unit?: Row["unit"];
  measure(): Promise<Stats>;
}

/** The rows of one file. */
export interface Topic {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly pieces?: readonly Piece[];
}

/** What a topic file exports as `topic`. */
export type TopicMaker = (bench: Bench) => Topic | Promise<Topic>;

/** At most so many times the floor. */
export function ofFloor(times: number, plus: number | "allowance" = 0): Goal {
  return { against: "floor", times, plus };
}

/** At most so many times what CPython itself takes. */
export function ofNative(times: number): Goal {
  return { against: "native", times };
}

/** So many times as fast as the JSON way. */
export function fasterThanJson(times: number): Goal {
  return { against: "json", times: 1 / times };
}

/** At most so much, whatever the floor is. */
export function atMost(limit: number): Goal {
  return { against: "nothing", times: 0, plus: limit };
}

/** A row of loops that take turns. */
export function row(
  name: string,
  ways: {
    readonly floor?: Contender;
    readonly native?: Contender;
    readonly ours?: Contender;
    readonly json?: Contender;
    readonly allowance?: Contender;
  },
  more: { readonly goals?: readonly Goal[]; readonly note?: string } = {},
): Row {
  return { name, ...more, measure: () => sideBySide(ways as Record<string, Contender>) };
}

/** So many handles are made in one scope. */
export const PER_SCOPE = 100;

/** A loop over work that makes one handle, in scopes of {@link PER_SCOPE}; the scopes are in the time. */
export function inScopes(py: Python, work: () => unknown): Loop {
  const loop = each(work);
  return (times) => {
    for (let left = times; left > 0; left -= PER_SCOPE) {
      py.scope(() => void loop(Math.min(left, PER_SCOPE)));
    }
  };
}

/** A cost by itself, as a loop. */
export function piece(name: string, work: Contender): Piece {
  return { name, measure: async () => (await sideBySide({ work })).work };
}

/** The limit that a goal sets, from the least values; `null` where what it needs was not measured. */
export function limitOf(goal: Goal, measured: Measured): number | null {
  const against = goal.against === "nothing" ? 0 : measured[goal.against]?.min;
  const plus = goal.plus === "allowance" ? measured.allowance?.min : goal.plus ?? 0;
  return against === undefined || plus === undefined ? null : goal.times * against + plus;
}

/** Whether a goal is met; `null` where it cannot be said. */
export function isMet(goal: Goal, measured: Measured): boolean | null {
  const limit = limitOf(goal, measured);
  return limit === null || !measured.ours ? null : measured.ours.min <= limit;
}

/** `"≤ 2 × floor + 30"` */
export function textOf({ against, times, plus = 0 }: Goal): string {
  const product = against === "nothing" ? "" : `${Number(times.toFixed(2))} × ${against}`;
  const added = plus === 0 ? "" : plus === "allowance" ? "one handle" : String(plus);
  return `≤ ${[product, added].filter((part) => part !== "").join(" + ")}`;
}
