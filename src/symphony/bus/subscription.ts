/**
 * What a subscriber has of a topic: messages that wait for it.
 * @module
 */
import type { Message } from "../message.ts";
import { BusError } from "./error.ts";
import { checkPattern, Glob } from "./glob.ts";
import { Waiting } from "./waiting.ts";

/** What happens to a message for which there is no room. */
export type Overflow = "block" | "dropOldest" | "dropNewest" | "error";

const OVERFLOWS: readonly string[] = [
  "block",
  "dropOldest",
  "dropNewest",
  "error",
] satisfies Overflow[];

/** How a subscription keeps messages. */
export interface SubscriptionOptions {
  /** How many may wait. Default: the bus's `pubsubChannelCapacity`. */
  readonly capacity?: number;
  /**
   * What happens to a message for which there is no room: its publisher waits (`"block"`), the oldest of the least
   * urgent is dropped (`"dropOldest"`, the default), the new one is (`"dropNewest"`), or its publisher gets a BusError
   * (`"error"`).
   */
  readonly overflow?: Overflow;
}

/** What a subscription asks of its bus. */
export interface SubscriptionOwner {
  /** Milliseconds since 1970. */
  now(): number;
  /** A message was dropped, or was too old when its turn came. */
  lost(message: Message, why: "dropped" | "expired"): void;
  /** The subscription takes no more. */
  closed(subscription: Subscription): void;
}

/** How {@link Subscription.next} asks. */
export interface NextOptions {
  /** Takes the question back. */
  readonly signal?: AbortSignal;
  /**
   * Aborting means that whoever asked never got a message, even where the Promise is resolved: it goes to the next who
   * asks. For callers in another language, which may be cancelled on the way.
   */
  readonly returnable?: boolean;
}

/** A publisher that waits for room. */
interface Sender {
  readonly message: Message;
  resolve(taken: boolean): void;
}

/** Who waits for a message; `null`: there will be none. */
interface Receiver {
  resolve(message: Message | null): void;
  reject(reason: unknown): void;
}

/**
 * The messages of a topic, the most urgent of those that wait first. `for await` takes them; leaving the loop ends the
 * subscription. Made by `bus.subscribe()`.
 *
 * @example
 * ```ts
 * import { Message, MessageBus } from "pyduet/symphony";
 * const bus = new MessageBus();
 * const prices = bus.subscribe("prices.*");
 * const price = Message.builder().messageType("Event").source("a").target("prices.oil").payload(81).build();
 * await bus.send(price); // 1
 * for await (const message of prices) {
 *   message.payload; // 81
 *   break;
 * }
 * ```
 */
export class Subscription implements AsyncIterableIterator<Message, undefined>, AsyncDisposable {
  /** Its number on its bus. */
  readonly id: number;
  /** A topic, or a pattern of topics. */
  readonly pattern: string;
  /** How many messages may wait. */
  readonly capacity: number;
  /** What happens to a message for which there is no room. */
  readonly overflow: Overflow;
  readonly #glob: Glob | null;
  readonly #owner: SubscriptionOwner;
  readonly #waiting = new Waiting<Message>();
  readonly #receivers: Receiver[] = [];
  /** Publishers that wait for room. */
  readonly #senders = new Waiting<Sender>();
  #lagged = 0;
  #ended = false;

  /** Made by `bus.subscribe()`. */
  constructor(
    { id, pattern }: { readonly id: number; readonly pattern: string },
    owner: SubscriptionOwner,
    options: Required<SubscriptionOptions>,
  ) {
    const { capacity, overflow } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new BusError("PubSub", `capacity must be a whole number from 1, not ${capacity}`);
    }
    if (!OVERFLOWS.includes(overflow)) {
      throw new BusError(
        "PubSub",
        `overflow may be ${OVERFLOWS.join(", ")}, not ${JSON.stringify(overflow)}`,
      );
    }
    this.id = id;
    this.pattern = checkPattern(pattern);
    this.#glob = Glob.isGlob(pattern) ? new Glob(pattern) : null;
    this.#owner = owner;
    this.capacity = capacity;
    this.overflow = overflow;
  }

  /** Whether it takes messages of that topic. */
  matches(topic: string): boolean {
    return this.#glob ? this.#glob.matches(topic) : this.pattern === topic;
  }

  /** How many messages wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** How many messages were dropped since there was no room. */
  get lagged(): number {
    return this.#lagged;
  }

  /** Whether no more messages come in. Those that wait may still be taken. */
  get closed(): boolean {
    return this.#ended;
  }

  /**
   * A message comes in: whether it is taken. A Promise of that where its publisher must wait. Called by the bus.
   * Throws a BusError where the subscription is full, and was told to.
   */
  offer(message: Message): boolean | Promise<boolean> {
    if (this.#ended) return false;
    const receiver = this.#receivers.shift();
    if (receiver) {
      receiver.resolve(message);
      return true;
    }
    if (this.#waiting.size < this.capacity) {
      this.#waiting.push(message, message.header.priority.level);
      return true;
    }
    return this.#full(message);
  }

  #full(message: Message): boolean | Promise<boolean> {
    const { level } = message.header.priority;
    switch (this.overflow) {
      case "block":
        return new Promise((resolve) => this.#senders.push({ message, resolve }, level));
      case "dropNewest":
        this.#drop(message);
        return false;
      case "dropOldest":
        this.#waiting.push(message, level);
        this.#drop(this.#waiting.dropOldest()!);
        return true;
      case "error":
        throw new BusError(
          "PubSub",
          `subscription ${this.id} to ${
            JSON.stringify(this.pattern)
          } is full: ${this.capacity} wait`,
          { reason: "SubscriptionFull" },
        );
    }
  }

  #drop(message: Message): void {
    this.#lagged++;
    this.#owner.lost(message, "dropped");
  }

  /** The next message, if one waits; does not wait for one. */
  tryNext(): Message | null {
    for (;;) {
      const message = this.#waiting.pop();
      if (message === undefined) return null;
      const sender = this.#senders.pop();
      if (sender) {
        this.#waiting.push(sender.message, sender.message.header.priority.level);
        sender.resolve(true);
      }
      if (!message.isExpired(this.#owner.now())) return message;
      this.#owner.lost(message, "expired");
    }
  }

  /**
   * The next message; done when the subscription has ended. Aborting the signal takes the question back, and no message
   * is lost: the Promise is rejected with the signal's reason.
   */
  next({ signal, returnable = false }: NextOptions = {}): Promise<
    IteratorResult<Message, undefined>
  > {
    if (signal?.aborted) return Promise.reject(signal.reason);
    let given: Message | null = null;
    const receiver: Receiver = { resolve() {}, reject() {} };
    const abort = (): void => {
      if (given) return this.#takeBack(given);
      const at = this.#receivers.indexOf(receiver);
      if (at >= 0) this.#receivers.splice(at, 1);
      receiver.reject(signal!.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
    return new Promise((resolve, reject) => {
      receiver.reject = reject;
      receiver.resolve = (message) => {
        if (returnable) given = message;
        else signal?.removeEventListener("abort", abort);
        resolve(message ? { done: false, value: message } : { done: true, value: undefined });
      };
      const message = this.tryNext();
      if (message || this.#ended) receiver.resolve(message);
      else this.#receivers.push(receiver);
    });
  }

  /** A message that its receiver did not take after all. */
  #takeBack(message: Message): void {
    const receiver = this.#receivers.shift();
    if (receiver) receiver.resolve(message);
    else this.#waiting.pushBack(message, message.header.priority.level);
  }

  /** Takes no more messages in; those that wait may still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#owner.closed(this);
    for (const { resolve } of this.#senders.clear()) resolve(false);
    for (const receiver of this.#receivers.splice(0)) receiver.resolve(null);
  }

  /** Ends it and forgets what waits. */
  close(): void {
    this.end();
    this.#waiting.clear();
  }

  /** What `for await` calls when it is left. */
  return(): Promise<IteratorResult<Message, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What `await using` calls. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}
