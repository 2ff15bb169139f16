/**
 * Requests that wait.
 * @module
 */

/** What can wait. */
export interface Waiting {
  /** Its id. */
  readonly id: string;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
}

/** What a queue is made with. */
export interface QueueOptions {
  /** Milliseconds after which a request has waited long enough. Default: without limit. */
  readonly timeout?: number;
  /** Milliseconds that what was granted is kept, as long as nothing is known of it. Default: 1000. */
  readonly usualHold?: number;
}

/** Requests that wait, in the order in which they were asked. */
export class RequestQueue<R extends Waiting> {
  readonly #waiting = new Map<string, R>();
  readonly #timeout: number;
  #hold: number;

  /** An empty queue. */
  constructor({ timeout = Infinity, usualHold = 1000 }: QueueOptions = {}) {
    this.#timeout = timeout;
    this.#hold = usualHold;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Who waits, the first one first. */
  get all(): R[] {
    return [...this.#waiting.values()].sort((a, b) => a.since - b.since);
  }

  /** The request of that id, if it waits. */
  get(id: string): R | undefined {
    return this.#waiting.get(id);
  }

  /** Lets it wait. */
  add(request: R): void {
    this.#waiting.set(request.id, request);
  }

  /** Lets it wait no more; whether it did. */
  remove(id: string): boolean {
    return this.#waiting.delete(id);
  }

  /** Whether it has waited long enough to be told no. */
  isOver({ since }: Waiting, now: number): boolean {
    return now - since >= this.#timeout;
  }

  /** Notes how long something granted was kept: newer times weigh more. */
  noteHold(milliseconds: number): void {
    this.#hold = 0.8 * this.#hold + 0.2 * milliseconds;
  }

  /** Milliseconds that the request at that place will probably wait, where so many are served at a time. */
  estimate(place: number, atATime: number): number {
    return Math.ceil((place + 1) / Math.max(1, atATime)) * this.#hold;
  }
}
