/**
 * How models do: the time they take, the memory they use, how often they fail.
 * @module
 */

/** What a check looks at; `Custom` is what the model says of itself. */
export type HealthCheckKind = "ResponseTime" | "MemoryUsage" | "ErrorRate" | "Custom";

/** From where on a model is unwell. */
export interface HealthThresholds {
  /** Milliseconds that an invocation may take, in the mean of the last ones. Default: 1000. */
  readonly maxResponseTime?: number;
  /** Megabytes that it may use; by default what its spec says. Where it tells none, there is no check. */
  readonly maxMemoryMb?: number;
  /** The share of the last invocations that may fail. Default: 0.5. */
  readonly maxErrorRate?: number;
  /** How many checks in a row must be bad before the model is given up. Default: 3. */
  readonly consecutiveFailures?: number;
  /** How many of the last invocations count. Default: 20. */
  readonly window?: number;
}

/** What one check found. */
export interface HealthCheckResult {
  /** What it looked at. */
  readonly kind: HealthCheckKind;
  /** Whether it is well. */
  readonly healthy: boolean;
  /** What was measured. */
  readonly value: number;
  /** What would still be well. */
  readonly limit: number;
  /** In words, where the model said something. */
  readonly message?: string;
}

/** How a model is. */
export interface HealthReport {
  /** Name and version. */
  readonly modelId: string;
  /** Whether all checks were good. */
  readonly healthy: boolean;
  /** The checks. */
  readonly checks: readonly HealthCheckResult[];
  /** How many bad reports there were in a row, this one included. */
  readonly consecutiveFailures: number;
  /** Whether the model was given up for it. */
  readonly gaveUp: boolean;
}

/** The last invocations of one model. */
export class HealthRecord {
  /** Bad reports in a row. */
  consecutiveFailures = 0;
  readonly #window: number;
  readonly #times: number[] = [];
  readonly #failed: boolean[] = [];

  /** Keeps so many invocations. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Notes one invocation. */
  note(milliseconds: number, failed: boolean): void {
    this.#times.push(milliseconds);
    this.#failed.push(failed);
    if (this.#times.length > this.#window) {
      this.#times.shift();
      this.#failed.shift();
    }
  }

  /** Forgets all: the model was loaded anew. */
  clear(): void {
    this.#times.length = 0;
    this.#failed.length = 0;
    this.consecutiveFailures = 0;
  }

  /** The mean of the last ones, in milliseconds; 0 before the first. */
  get responseTime(): number {
    const { length } = this.#times;
    return length === 0 ? 0 : this.#times.reduce((sum, each) => sum + each, 0) / length;
  }

  /** The share of the last ones that failed. */
  get errorRate(): number {
    const { length } = this.#failed;
    return length === 0 ? 0 : this.#failed.filter(Boolean).length / length;
  }
}

/** All checks of one model. `said` is what its own `healthCheck()` gave or threw, `memoryMb` what its spec allows. */
export function checksOf(
  record: HealthRecord,
  thresholds: HealthThresholds,
  about: { readonly said?: unknown; readonly threw?: unknown; readonly memoryMb: number },
): HealthCheckResult[] {
  const checks: HealthCheckResult[] = [
    upTo("ResponseTime", record.responseTime, thresholds.maxResponseTime ?? 1000),
    upTo("ErrorRate", record.errorRate, thresholds.maxErrorRate ?? 0.5),
  ];
  const { said, threw } = about;
  const told = typeof said === "object" && said !== null ? said as Record<string, unknown> : {};
  const used = told["memoryMb"] ?? told["memory_mb"];
  if (typeof used === "number") {
    checks.push(upTo("MemoryUsage", used, thresholds.maxMemoryMb ?? about.memoryMb));
  }
  if (threw !== undefined) {
    const message = threw instanceof Error ? threw.message : String(threw);
    checks.push({ kind: "Custom", healthy: false, value: 0, limit: 1, message });
  } else if (said === false || told["healthy"] === false) {
    const message = typeof told["message"] === "string" ? { message: told["message"] } : {};
    checks.push({ kind: "Custom", healthy: false, value: 0, limit: 1, ...message });
  } else if (said !== undefined) {
    checks.push({ kind: "Custom", healthy: true, value: 1, limit: 1 });
  }
  return checks;
}

function upTo(kind: HealthCheckKind, value: number, limit: number): HealthCheckResult {
  return { kind, healthy: value <= limit, value, limit };
}
