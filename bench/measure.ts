/**
 * Measuring side by side: the ways of doing one piece of work take turns, so that
 * whatever else the machine does falls on all of them alike.
 * @module
 */

import { measure } from "mitata";

/** Does the work `times` times; may be asynchronous. */
export type Loop = (times: number) => unknown;

/** Work that takes its own time: gives the nanoseconds that `times` of it took. */
export interface SelfTimed {
  nanoseconds(times: number): number | Promise<number>;
}

/**
 * A loop over work done once. Each loop is code of its own, because the compilers learn from
 * every caller of a piece of code at once. The work is a function of its own too: V8 compiles a
 * function that is called often sooner than the inside of one that runs long.
 */
export function each(work: () => unknown): Loop {
  return new Function(
    "work",
    "return (times) => { let last; for (let i = 0; i < times; i++) last = work(); return last; }",
  )(work);
}

/** One way of doing the work. */
export type Contender = Loop | SelfTimed;

/** What came out, for one time of the work. */
export interface Stats {
  readonly min: number;
  readonly median: number;
  readonly samples: number;
}

/** How long to look. */
export interface Effort {
  /** Turns that each contender takes. */
  readonly rounds: number;
  /** Samples in one turn. */
  readonly samples: number;
}

/** A sample is about this long: far above the clock's step, far below a time slice. */
const SAMPLE_NS = 1e6;
const MOST_TIMES = 1e6;
/**
 * Before anything counts, each contender runs at least this long, and half of it without
 * becoming faster. V8 makes fast FFI calls from its last compiler's code alone, ten times
 * faster than before, and on a busy machine that compiler is late.
 */
const WARM_UP_NS = 400e6;
const LONGEST_WARM_UP_NS = 3e9;

/** The usual effort; half a second to two seconds for a row. */
export const USUAL: Effort = { rounds: 12, samples: 10 };

/** Measures all contenders in turns. The result is in nanoseconds for one time of the work. */
export async function sideBySide<Name extends string>(
  contenders: Readonly<Record<Name, Contender>>,
  { rounds, samples }: Effort = USUAL,
): Promise<Record<Name, Stats>> {
  const names = Object.keys(contenders) as Name[];
  const times = {} as Record<Name, number>;
  const taken = {} as Record<Name, number[]>;
  for (const name of names) {
    times[name] = await timesFor(contenders[name]);
    taken[name] = [];
  }
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another one: what follows a contender is not always the same.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length]!;
      const turn = await takeTurn(contenders[name], times[name], samples);
      taken[name].push(...turn.map((total) => total / times[name]));
    }
  }
  return Object.fromEntries(names.map((name) => [name, statsOf(taken[name])])) as Record<
    Name,
    Stats
  >;
}

/** Least, middle and number of the values. */
export function statsOf(values: readonly number[]): Stats {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    min: sorted[0] ?? NaN,
    median: sorted[sorted.length >> 1] ?? NaN,
    samples: sorted.length,
  };
}

/** mitata runs the work once without counting it. */
async function takeTurn(contender: Contender, times: number, samples: number): Promise<number[]> {
  const options = {
    min_samples: samples,
    max_samples: samples,
    min_cpu_time: 0,
    // A collection before each turn would throw compiled code away.
    gc: false as const,
    // mitata's own repeating, which would be in the way of ours.
    warmup_threshold: 0,
    batch_threshold: -1,
    // No sample is left out.
    samples_threshold: samples,
  };
  if (typeof contender === "function") {
    return (await measure(() => contender(times), options)).samples;
  }
  const values: number[] = [];
  for (let i = 0; i < samples; i++) values.push(await contender.nanoseconds(times));
  return values;
}

/** How many times make a sample, found while warming up. */
async function timesFor(contender: Contender): Promise<number> {
  let times = 1;
  let spent = 0;
  let best = Infinity;
  /** How much was spent when the best time was found. */
  let found = 0;
  while (spent < LONGEST_WARM_UP_NS && (spent < WARM_UP_NS || spent - found < WARM_UP_NS / 2)) {
    const took = await timeOf(contender, times);
    spent += took;
    const each = took / times;
    if (each < best * 0.95) {
      best = each;
      found = spent;
    }
    if (took < SAMPLE_NS / 2) times = Math.min(times * 2, MOST_TIMES);
  }
  return Math.max(1, Math.min(MOST_TIMES, Math.round(SAMPLE_NS / best)));
}

async function timeOf(contender: Contender, times: number): Promise<number> {
  if (typeof contender !== "function") return contender.nanoseconds(times);
  const begun = performance.now();
  await contender(times);
  return (performance.now() - begun) * 1e6;
}
