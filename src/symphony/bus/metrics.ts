/**
 * What a bus counts.
 * @module
 */

/** What a bus has counted since it was made; times in milliseconds. */
export interface BusMetrics {
  /** Messages that were accepted: by send(), request() and publish(). */
  readonly sent: number;
  /** What endpoints and subscriptions took; one message may count several times. */
  readonly delivered: number;
  /** What handlers failed at. */
  readonly failed: number;
  /** Messages for which a subscription had no room. */
  readonly dropped: number;
  /** Messages that were too old when their turn came. */
  readonly expired: number;
  /** Messages that came in from elsewhere and could not be read. */
  readonly malformed: number;
  /** Messages that came in from elsewhere. */
  readonly received: number;
  /** Messages that were given to the transport. */
  readonly carried: number;
  /** Requests. */
  readonly requests: number;
  /** Requests that were answered. */
  readonly answered: number;
  /** Requests that were given up. */
  readonly timedOut: number;
  /** Requests that wait for an answer. */
  readonly pending: number;
  /** Messages that wait for a handler. */
  readonly waiting: number;
  /** Handlers that run. */
  readonly running: number;
  /** How often finding a route took longer than `routingLatencyThreshold`. */
  readonly slowRoutings: number;
  /** From the acceptance of a message to the end of its handler. */
  readonly latency: Latency;
}

/** Times; of the last 1000, but for `count`, `mean` and `max`. */
export interface Latency {
  /** How many were measured. */
  readonly count: number;
  /** The mean of all. */
  readonly mean: number;
  /** Half took no longer. */
  readonly median: number;
  /** 99 of 100 took no longer. */
  readonly p99: number;
  /** The longest of all. */
  readonly max: number;
}

const KEPT = 1000;

/** Collects times. */
export class LatencyMeter {
  readonly #times = new Float64Array(KEPT);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** One more. */
  add(milliseconds: number): void {
    this.#times[this.#count++ % KEPT] = milliseconds;
    this.#sum += milliseconds;
    if (milliseconds > this.#max) this.#max = milliseconds;
  }

  /** What they come to. */
  summary(): Latency {
    const count = this.#count;
    const sorted = this.#times.slice(0, Math.min(count, KEPT)).sort();
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return {
      count,
      mean: count === 0 ? 0 : this.#sum / count,
      median: at(0.5),
      p99: at(0.99),
      max: this.#max,
    };
  }
}

/** The counts of a bus. */
export class Counters {
  sent = 0;
  delivered = 0;
  failed = 0;
  dropped = 0;
  expired = 0;
  malformed = 0;
  received = 0;
  carried = 0;
  requests = 0;
  answered = 0;
  timedOut = 0;
  slowRoutings = 0;
}
