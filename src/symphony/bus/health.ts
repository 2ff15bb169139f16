/**
 * How endpoints are, and which are left alone for a while.
 * @module
 */
import type { Clock } from "../clock.ts";
import { BusError } from "./error.ts";

/** How an endpoint is: `Unknown` until it was used, `Down` while it is left alone. */
export type HealthStatus = "Healthy" | "Unhealthy" | "Down" | "Unknown";

/** The settings; times in milliseconds. */
export interface HealthConfig {
  /** How long a check may take. Default: 1 s. */
  readonly checkTimeout: number;
  /** Failures in a row after which an endpoint is left alone. Default: 3. */
  readonly failureThreshold: number;
  /** For how long it is; then one message tries it. Default: 30 s. */
  readonly circuitBreakerTimeout: number;
  /** Above this mean an endpoint that answers is `Unhealthy`. Default: 1 s. */
  readonly slowResponse: number;
}

/** What holds where nothing else is said. */
export const HEALTH_DEFAULTS: HealthConfig = Object.freeze({
  checkTimeout: 1_000,
  failureThreshold: 3,
  circuitBreakerTimeout: 30_000,
  slowResponse: 1_000,
});

/** How an endpoint is. */
export interface EndpointHealth {
  /** Which. */
  readonly endpoint: string;
  /** In a word. */
  readonly status: HealthStatus;
  /** Failures since the last success. */
  readonly consecutiveFailures: number;
  /** The mean of the last ten, in milliseconds; `null` before the first. */
  readonly averageResponseTime: number | null;
  /** When it was last heard of, in milliseconds since 1970. */
  readonly lastSeen: number | null;
}

/** Says whether an endpoint is well: what it throws, `false`, and silence are failures. */
export type HealthCheck = () => unknown;

interface State {
  readonly endpoint: string;
  readonly check: HealthCheck | null;
  readonly times: number[];
  failures: number;
  lastSeen: number | null;
  /** When the breaker opened. */
  openedAt: number | null;
  /** A message tries it at this moment. */
  trying: boolean;
}

/** Times that are averaged. */
const KEPT = 10;

/** How endpoints are, by what their messages came to and by checks of their own. */
export class HealthMonitor {
  /** The settings. */
  readonly config: HealthConfig;
  readonly #clock: Clock;
  readonly #states = new Map<string, State>();
  #callOff: (() => void) | null = null;

  /** Takes the settings that are not the defaults. */
  constructor(clock: Clock, config: Partial<HealthConfig> = {}) {
    this.#clock = clock;
    this.config = { ...HEALTH_DEFAULTS, ...config };
    for (const [name, value] of Object.entries(this.config)) {
      if (!Object.hasOwn(HEALTH_DEFAULTS, name) || typeof value !== "number" || !(value > 0)) {
        throw new BusError("Configuration", `health: ${name} cannot be ${String(value)}`);
      }
    }
  }

  /** Watches an endpoint, unknown at first. */
  register(endpoint: string, check: HealthCheck | null = null): void {
    this.#states.set(endpoint, {
      ...{ endpoint, check, times: [], failures: 0 },
      ...{ lastSeen: null, openedAt: null, trying: false },
    });
  }

  /** Forgets an endpoint. */
  unregister(endpoint: string): void {
    this.#states.delete(endpoint);
  }

  /**
   * Whether a message may go there now. Where an endpoint was left alone long enough, the first one that asks may,
   * and the others when that went well.
   */
  admit(endpoint: string): boolean {
    const state = this.#states.get(endpoint);
    if (!state || state.openedAt === null) return true;
    if (state.trying || this.#isOpen(state)) return false;
    state.trying = true;
    return true;
  }

  /** It did what was asked, in so many milliseconds. */
  succeeded(endpoint: string, milliseconds: number): void {
    const state = this.#states.get(endpoint);
    if (!state) return;
    state.times.push(milliseconds);
    if (state.times.length > KEPT) state.times.shift();
    this.#alive(state);
  }

  /** It was heard of. */
  alive(endpoint: string): void {
    const state = this.#states.get(endpoint);
    if (state) this.#alive(state);
  }

  #alive(state: State): void {
    state.failures = 0;
    state.openedAt = null;
    state.trying = false;
    state.lastSeen = this.#clock.now();
  }

  /** It failed. */
  failed(endpoint: string): void {
    const state = this.#states.get(endpoint);
    if (!state) return;
    state.failures++;
    state.trying = false;
    if (state.failures >= this.config.failureThreshold) state.openedAt = this.#clock.now();
  }

  /** What tried it came to nothing that says how it is. */
  undecided(endpoint: string): void {
    const state = this.#states.get(endpoint);
    if (state) state.trying = false;
  }

  /** Whether it is neither down nor unhealthy. */
  isHealthy(endpoint: string): boolean {
    const { status } = this.of(endpoint);
    return status === "Healthy" || status === "Unknown";
  }

  /** How an endpoint is. Throws a BusError for one that is not watched. */
  of(endpoint: string): EndpointHealth {
    const state = this.#states.get(endpoint);
    if (!state) throw new BusError("Health", `the endpoint ${endpoint} is not watched`);
    const { times, failures, lastSeen } = state;
    const sum = times.reduce((a, b) => a + b, 0);
    const average = times.length === 0 ? null : sum / times.length;
    return {
      endpoint,
      status: this.#statusOf(state, average),
      consecutiveFailures: failures,
      averageResponseTime: average,
      lastSeen,
    };
  }

  #statusOf(state: State, average: number | null): HealthStatus {
    if (this.#isOpen(state)) return "Down";
    if (state.failures > 0) return "Unhealthy";
    if (state.lastSeen === null) return "Unknown";
    return average !== null && average > this.config.slowResponse ? "Unhealthy" : "Healthy";
  }

  #isOpen({ openedAt }: State): boolean {
    return openedAt !== null && this.#clock.now() - openedAt < this.config.circuitBreakerTimeout;
  }

  /** How all are. */
  all(): EndpointHealth[] {
    return [...this.#states.keys()].map((endpoint) => this.of(endpoint));
  }

  /** Asks an endpoint's own check, and how it is then. Without a check: how it is. */
  async check(endpoint: string): Promise<EndpointHealth> {
    const state = this.#states.get(endpoint);
    if (state?.check) {
      const began = this.#clock.now();
      const fine = await this.#ask(state.check);
      if (this.#states.get(endpoint) !== state) return this.of(endpoint);
      if (fine) this.succeeded(endpoint, this.#clock.now() - began);
      else this.failed(endpoint);
    }
    return this.of(endpoint);
  }

  async #ask(check: HealthCheck): Promise<boolean> {
    let callOff = (): void => {};
    const silence = new Promise<boolean>((resolve) => {
      callOff = this.#clock.after(this.config.checkTimeout, () => resolve(false));
    });
    try {
      const said = Promise.resolve(check()).then((answer) => answer !== false);
      return await Promise.race([said, silence]);
    } catch {
      return false;
    } finally {
      callOff();
    }
  }

  /** Asks every check again and again, until {@link stop}. */
  start(interval: number): void {
    this.stop();
    const round = (): void => {
      for (const { endpoint, check } of this.#states.values()) {
        if (check) void this.check(endpoint).catch(() => {}); // forgotten meanwhile
      }
      this.#callOff = this.#clock.after(interval, round);
    };
    this.#callOff = this.#clock.after(interval, round);
  }

  /** Asks no more. */
  stop(): void {
    this.#callOff?.();
    this.#callOff = null;
  }
}
