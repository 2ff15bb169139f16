/**
 * The settings of a bus.
 * @module
 */
import { BusError } from "./error.ts";

/** The settings of a bus; times in milliseconds. */
export interface BusConfig {
  /** Bytes of a payload, and of a whole message where it leaves the process. Default: 1 MiB. */
  readonly maxMessageSize: number;
  /** How long a request waits for its answer. Default: 30 s. */
  readonly correlationTimeout: number;
  /** For how long a late answer is known as late. Default: 30 s. */
  readonly correlationCleanupInterval: number;
  /** Between two checks of the endpoints that have one. Default: 5 s. */
  readonly healthCheckInterval: number;
  /** Messages that are handed out before other work of the program has its turn. Default: 100. */
  readonly batchSize: number;
  /** Handlers that run at the same time; what comes then waits, the most urgent first. Default: 1000. */
  readonly maxConcurrentDeliveries: number;
  /** Messages that wait in a subscription that says nothing else. Default: 1000. */
  readonly pubsubChannelCapacity: number;
  /** Nanoseconds after which finding a route counts as slow. Default: 100 000. */
  readonly routingLatencyThreshold: number;
}

/** What holds where nothing else is said. */
export const BUS_DEFAULTS: BusConfig = Object.freeze({
  maxMessageSize: 1024 * 1024,
  correlationTimeout: 30_000,
  correlationCleanupInterval: 30_000,
  healthCheckInterval: 5_000,
  batchSize: 100,
  maxConcurrentDeliveries: 1000,
  pubsubChannelCapacity: 1000,
  routingLatencyThreshold: 100_000,
});

/** The settings with the defaults for what is missing. Throws a BusError of kind `Configuration`. */
export function busConfig(given: Partial<BusConfig> = {}): BusConfig {
  const config: Record<string, number> = { ...BUS_DEFAULTS };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(BUS_DEFAULTS, name)) {
      const known = Object.keys(BUS_DEFAULTS).join(", ");
      throw new BusError("Configuration", `a bus has no setting ${name}; there are ${known}`);
    }
    if (typeof value !== "number" || !(value > 0)) {
      throw new BusError("Configuration", `${name} must be a number above 0, not ${String(value)}`);
    }
    config[name] = value;
  }
  return config as unknown as BusConfig;
}
