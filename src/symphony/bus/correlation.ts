/**
 * Requests that wait for their answers.
 * @module
 */
import type { Message } from "../message.ts";
import type { MessageId } from "../message_id.ts";
import type { Clock } from "../clock.ts";
import { BusError } from "./error.ts";

interface Pending {
  resolve(answer: Message): void;
  reject(error: unknown): void;
  readonly callOff: () => void;
}

/** Requests that wait for their answers. Who comes too late is told so for a while, then that nobody waits. */
export class Correlations {
  readonly #clock: Clock;
  readonly #keep: number;
  readonly #pending = new Map<MessageId, Pending>();
  /** When each was given up. */
  readonly #late = new Map<MessageId, number>();
  #cleaned = 0;

  /** `keep`: milliseconds for which a request that was given up is known. */
  constructor(clock: Clock, keep: number) {
    this.#clock = clock;
    this.#keep = keep;
  }

  /** Begins to wait: the answer, or a BusError of reason `RequestTimeout`. Throws where that id waits already. */
  register(id: MessageId, timeout: number): Promise<Message> {
    if (this.#pending.has(id)) {
      throw new BusError("Correlation", `the request ${id} waits for its answer already`, {
        reason: "CorrelationAlreadyExists",
      });
    }
    if (this.#clock.now() - this.#cleaned >= this.#keep) this.cleanupExpired();
    this.#late.delete(id);
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(timeout, () => {
        this.#late.set(id, this.#clock.now());
        this.reject(id, timedOut(id, `no answer came within ${timeout} ms`));
      });
      this.#pending.set(id, { resolve, reject, callOff });
    });
  }

  /** Gives the answer to whoever waits. Throws a BusError where nobody does, or does no more. */
  resolve(id: MessageId, answer: Message): void {
    const pending = this.#take(id);
    if (pending) return pending.resolve(answer);
    if (this.#late.has(id)) throw timedOut(id, "its answer comes too late");
    throw new BusError("Correlation", `nobody waits for an answer to ${id}`, {
      reason: "CorrelationNotFound",
    });
  }

  /** Tells whoever waits that no answer will come; whether anybody did. */
  reject(id: MessageId, error: unknown): boolean {
    const pending = this.#take(id);
    pending?.reject(error);
    return pending !== undefined;
  }

  /** The same for all. */
  rejectAll(errorOf: (id: MessageId) => unknown): void {
    for (const id of [...this.#pending.keys()]) this.reject(id, errorOf(id));
  }

  /** Whether that request waits. */
  has(id: MessageId): boolean {
    return this.#pending.has(id);
  }

  /** How many requests wait. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Forgets requests that were given up long ago; how many. Happens by itself from time to time. */
  cleanupExpired(): number {
    const now = this.#cleaned = this.#clock.now();
    let count = 0;
    for (const [id, at] of this.#late) {
      if (now - at < this.#keep) break; // the rest is later
      this.#late.delete(id);
      count++;
    }
    return count;
  }

  #take(id: MessageId): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.callOff();
    return pending;
  }
}

function timedOut(id: MessageId, what: string): BusError {
  return new BusError("Correlation", `the request ${id} timed out: ${what}`, {
    reason: "RequestTimeout",
  });
}
