/**
 * What happens when a node of a workflow fails.
 * @module
 */

/** How long to wait before the next attempt, in milliseconds. */
export type Backoff =
  | { readonly kind: "Constant"; readonly delay: number }
  | { readonly kind: "Linear"; readonly initial: number; readonly increment: number }
  | {
    readonly kind: "Exponential";
    readonly initial: number;
    readonly multiplier: number;
    readonly max: number;
  };

/** What happens when a node fails. */
export type RecoveryStrategy =
  /** It runs again, `maxAttempts` times at most with the first one; then what `then` says. Default: `Fail`. */
  | {
    readonly kind: "Retry";
    readonly maxAttempts: number;
    readonly backoff?: Backoff;
    readonly then?: RecoveryStrategy;
  }
  /** Another node runs with its inputs, or a value stands for its output. */
  | { readonly kind: "Fallback"; readonly node?: string; readonly value?: unknown }
  /** The workflow goes on without it; with a default, that stands for its output. */
  | { readonly kind: "Skip"; readonly default?: unknown }
  /** The execution fails. */
  | { readonly kind: "Fail" }
  /** The execution goes back to its last checkpoint, `maxRestarts` times at most. Default: once. */
  | { readonly kind: "RestartFromCheckpoint"; readonly maxRestarts?: number };

/** Milliseconds to wait after the attempt of that number, the first being 1. */
export function delayAfter(attempt: number, backoff: Backoff | undefined): number {
  if (backoff === undefined) return 0;
  switch (backoff.kind) {
    case "Constant":
      return backoff.delay;
    case "Linear":
      return backoff.initial + backoff.increment * (attempt - 1);
    case "Exponential":
      return Math.min(backoff.max, backoff.initial * backoff.multiplier ** (attempt - 1));
  }
}

/** What is wrong with a strategy, in words; empty where nothing is. */
export function recoveryProblems(strategy: RecoveryStrategy): string[] {
  switch (strategy?.kind) {
    case "Retry":
      return [
        ...(Number.isSafeInteger(strategy.maxAttempts) && strategy.maxAttempts > 0
          ? []
          : [`maxAttempts must be a whole number above 0, not ${strategy.maxAttempts}`]),
        ...backoffProblems(strategy.backoff),
        ...(strategy.then === undefined ? [] : recoveryProblems(strategy.then)),
      ];
    case "Fallback":
      return strategy.node === undefined && !("value" in strategy)
        ? ["a Fallback needs a node or a value"]
        : [];
    case "RestartFromCheckpoint": {
      const { maxRestarts = 1 } = strategy;
      return Number.isSafeInteger(maxRestarts) && maxRestarts > 0
        ? []
        : [`maxRestarts must be a whole number above 0, not ${maxRestarts}`];
    }
    case "Skip":
    case "Fail":
      return [];
    default:
      return [
        `its recovery must be Retry, Fallback, Skip, Fail or RestartFromCheckpoint, not ` +
        JSON.stringify((strategy as { kind?: unknown } | undefined)?.kind),
      ];
  }
}

function backoffProblems(backoff: Backoff | undefined): string[] {
  if (backoff === undefined) return [];
  const { kind, ...numbers } = backoff;
  const names = NUMBERS[kind];
  if (names === undefined) {
    return [`its backoff must be Constant, Linear or Exponential, not ${JSON.stringify(kind)}`];
  }
  const given = numbers as Readonly<Record<string, unknown>>;
  return names.filter((name) => !isTime(given[name])).map((name) =>
    `${name} of its backoff must be a number, 0 or above, not ${String(given[name])}`
  );
}

const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  Constant: ["delay"],
  Linear: ["initial", "increment"],
  Exponential: ["initial", "multiplier", "max"],
};

function isTime(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && !Number.isNaN(value);
}
