/**
 * Subscriptions by topic.
 * @module
 */
import type { Message } from "../message.ts";
import { BusError } from "./error.ts";
import type { Subscription } from "./subscription.ts";

/** The subscriptions of a bus. */
export class PubSub {
  readonly #all = new Map<number, Subscription>();
  #latest = 0;

  /** The number of the next subscription. */
  nextId(): number {
    return ++this.#latest;
  }

  /** Messages go there from now on. */
  add(subscription: Subscription): void {
    this.#all.set(subscription.id, subscription);
  }

  /** Forgets a subscription that has ended. */
  forget(subscription: Subscription): void {
    this.#all.delete(subscription.id);
  }

  /** Ends the subscription of that number. Throws a BusError where there is none. */
  unsubscribe(id: number): void {
    const found = this.#all.get(id);
    if (found) return found.close();
    throw new BusError("PubSub", `there is no subscription ${id}`, {
      reason: "SubscriptionNotFound",
    });
  }

  /** The subscriptions that take a topic; all without one. */
  of(topic?: string): Subscription[] {
    const all = [...this.#all.values()];
    return topic === undefined ? all : all.filter((each) => each.matches(topic));
  }

  /** Hands a message to subscriptions; how many took it. Waits for those that make a publisher wait. */
  async offer(message: Message, subscriptions: readonly Subscription[]): Promise<number> {
    // All get it before any failure is told.
    const offers = subscriptions.map((each) => {
      try {
        return each.offer(message);
      } catch (error) {
        return Promise.reject(error);
      }
    });
    let taken = 0;
    const failures: unknown[] = [];
    for (const outcome of await Promise.allSettled(offers)) {
      if (outcome.status === "rejected") failures.push(outcome.reason);
      else if (outcome.value) taken++;
    }
    if (failures.length > 0) throw failures[0];
    return taken;
  }

  /** Ends all; what waits may still be taken. */
  end(): void {
    for (const each of this.of()) each.end();
  }
}
