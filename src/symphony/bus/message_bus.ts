/**
 * The bus: endpoints, requests and answers, topics.
 * @module
 */
import type { Message } from "../message.ts";
import { MessageError, shown } from "../message_error.ts";
import { checkEndpointId, type EndpointId, EVERYONE } from "../message_id.ts";
import { MessageType } from "../message_type.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { type BusConfig, busConfig } from "./config.ts";
import { checkMessage, Delivery, noRoute, type RequestOptions } from "./delivery.ts";
import type { Handler } from "./dispatcher.ts";
import { BusError } from "./error.ts";
import { type HealthCheck, type HealthConfig, HealthMonitor } from "./health.ts";
import type { BusMetrics } from "./metrics.ts";
import type { Route } from "./router.ts";
import { Subscription, type SubscriptionOptions } from "./subscription.ts";
import type { BusTransport } from "./transport.ts";
import { Waiting } from "./waiting.ts";

/** What a bus may be told. */
export interface BusOptions extends Partial<BusConfig> {
  /** When an endpoint is left alone. */
  readonly health?: Partial<HealthConfig>;
  /** What carries messages to other buses. Default: none, the bus is alone. */
  readonly transport?: BusTransport;
  /** The time. Default: the runtime's. */
  readonly clock?: Clock;
}

/** What an endpoint may be told. */
export interface EndpointOptions {
  /** How many messages it handles at the same time; 1: one after the other. Default: as many as the bus does. */
  readonly concurrency?: number;
  /** It answers requests by `bus.respond()` alone, maybe long after its handler returned. Default: `false`. */
  readonly manual?: boolean;
  /** Says from time to time whether the endpoint is well, once `bus.startHealthChecks()` was called. */
  readonly check?: HealthCheck;
}

/** Milliseconds that shutdown() waits for handlers and answers. */
const GRACE = 10_000;

/**
 * A bus for messages. An endpoint is a handler under an id; a message goes to the endpoint that is its target, or to
 * which a route leads from there. What is sent in one turn of the event loop is handed out by priority.
 *
 * @example
 * ```ts
 * import { Message, MessageBus } from "pyduet/symphony";
 * const bus = new MessageBus();
 * bus.register("doubler", ({ payload }) => (payload as number) * 2);
 * bus.registerRoute("math.*", "doubler");
 * const ask = Message.builder()
 *   .messageType("Request").source("me").target("math.double").payload(21).build();
 * (await bus.request(ask)).payload; // 42
 * await bus.shutdown();
 * ```
 */
export class MessageBus {
  /** The settings. */
  readonly config: BusConfig;
  /** How the endpoints are. */
  readonly health: HealthMonitor;
  readonly #clock: Clock;
  readonly #delivery: Delivery;
  #ending: Promise<void> | null = null;

  /** Throws a BusError of kind `Configuration` for settings that make no sense. */
  constructor({ health, transport, clock = SYSTEM_CLOCK, ...settings }: BusOptions = {}) {
    this.config = busConfig(settings);
    this.#clock = clock;
    this.health = new HealthMonitor(clock, health);
    this.#delivery = new Delivery({ config: this.config, clock, health: this.health, transport });
  }

  // --- endpoints and routes ---------------------------------------------------

  /** Makes a handler an endpoint. Throws a BusError where there is one of that id. */
  register(id: EndpointId, handler: Handler, options: EndpointOptions = {}): void {
    this.#delivery.checkOpen();
    checkEndpointId(id);
    if (id === EVERYONE) {
      throw new BusError("Router", '"*" is everyone, and can be no endpoint');
    }
    if (typeof handler !== "function") {
      throw new BusError("Configuration", `the handler of ${id} must be a function`);
    }
    const { concurrency = Infinity, manual = false, check } = options;
    if (!(concurrency >= 1)) {
      throw new BusError("Configuration", `concurrency must be 1 or more, not ${concurrency}`);
    }
    if (this.#delivery.endpoints.has(id)) {
      throw new BusError("Router", `there is an endpoint ${id} already`, {
        reason: "RouteAlreadyExists",
      });
    }
    this.#delivery.endpoints.set(id, {
      ...{ id, handler, concurrency, manual },
      ...{ running: 0, waiting: new Waiting() },
    });
    this.health.register(id, check ?? null);
    this.#delivery.remote?.listen({ kind: "endpoint", name: id });
  }

  /** Takes an endpoint away, and the routes to it. Messages that were sent before still reach it. */
  unregister(id: EndpointId): void {
    if (!this.#delivery.endpoints.delete(id)) {
      throw new BusError("EndpointNotFound", `there is no endpoint ${id} here`);
    }
    this.#delivery.router.removeEndpoint(id);
    this.health.unregister(id);
    this.#delivery.remote?.forget({ kind: "endpoint", name: id });
  }

  /** The ids of the endpoints here. */
  endpoints(): EndpointId[] {
    return [...this.#delivery.endpoints.keys()];
  }

  /** Has targets lead to an endpoint, here or elsewhere: a name, or a pattern (`*`, `?`, `[a-z]`). */
  registerRoute(pattern: string, endpoint: EndpointId, priority = 0): void {
    this.#delivery.router.add(pattern, checkEndpointId(endpoint), priority);
  }

  /** Takes the routes of a pattern away, or the one to that endpoint. */
  removeRoute(pattern: string, endpoint?: EndpointId): void {
    this.#delivery.router.remove(pattern, endpoint);
  }

  /** The routes, beside those from each endpoint's id to it. */
  routes(): Route[] {
    return this.#delivery.router.routes();
  }

  /** Resolves when what was registered and subscribed here is known to the other buses of the transport. */
  async ready(): Promise<void> {
    await this.#delivery.remote?.ready();
  }

  // --- sending ----------------------------------------------------------------

  /**
   * Sends a message, and waits until its handlers are done; how many took it.
   *
   * A Request goes to one endpoint, or else to those who subscribed to its target. A Response or an Error goes to
   * whoever waits for it, or else to its target. An Event or a Heartbeat goes to every endpoint that its target leads
   * to; an Event to subscribers as well. Whatever is sent to `"*"` goes to everyone but its source, and it is no error
   * if nobody is there. Throws a BusError, or a MessageError of kind `TtlExpired`.
   */
  async send(message: Message): Promise<number> {
    this.#delivery.admit(message);
    const { messageType, target, source } = message.header;
    if (messageType === MessageType.Heartbeat) this.health.alive(source);
    if (messageType === MessageType.Response || messageType === MessageType.Error) {
      return await this.#delivery.toAsker(message);
    }
    if (target === EVERYONE) return await this.#delivery.toEveryone(message);
    if (messageType === MessageType.Request) {
      await this.#delivery.toOne(message);
      return 1;
    }
    const taken = await this.#delivery.toAll(message);
    if (taken > 0 || messageType === MessageType.Event) return taken;
    throw noRoute(target);
  }

  /** Sends a Request and waits for its answer. Throws a BusError; of reason `RequestTimeout` where none came. */
  async request(message: Message, options: RequestOptions = {}): Promise<Message> {
    checkMessage(message);
    const { messageType } = message.header;
    if (!messageType.expectsResponse) {
      throw new MessageError(
        "InvalidMessageType",
        `request() takes a message of type Request, not ${messageType}`,
        { field: "message_type" },
      );
    }
    this.#delivery.admit(message);
    return await this.#delivery.ask(
      message,
      options,
      (asked) => this.#delivery.toOne(message, { ...options, asked }),
    );
  }

  /** Gives a topic's subscribers a message, here and elsewhere; how many here took it. */
  async publish(topic: string, message: Message): Promise<number> {
    if (typeof topic !== "string" || topic === "") {
      throw new BusError("PubSub", `a topic must be a text that is not empty, not ${shown(topic)}`);
    }
    this.#delivery.admit(message);
    const taken = await this.#delivery.publishHere(topic, message);
    await this.#delivery.carryToAll("publish", topic, message);
    return taken;
  }

  /**
   * Answers a request, once: with a Message of type Response or Error, or with anything else as the payload of a
   * Response. Throws a BusError where nobody waits, or does no more.
   */
  async respond(request: Message, answer: unknown): Promise<void> {
    await this.#delivery.respond(request, answer);
  }

  /** The messages of a topic, or of a pattern of topics, from now on. */
  subscribe(pattern: string, options: SubscriptionOptions = {}): Subscription {
    this.#delivery.checkOpen();
    const { capacity = this.config.pubsubChannelCapacity, overflow = "dropOldest" } = options;
    const interest = { kind: "topic", name: pattern } as const;
    const owner = {
      now: () => this.#clock.now(),
      lost: (_: Message, why: "dropped" | "expired") => void this.#delivery.counters[why]++,
      closed: (ended: Subscription) => {
        this.#delivery.pubsub.forget(ended);
        this.#delivery.remote?.forget(interest);
      },
    };
    const numbered = { id: this.#delivery.pubsub.nextId(), pattern };
    const subscription = new Subscription(numbered, owner, { capacity, overflow });
    this.#delivery.pubsub.add(subscription);
    this.#delivery.remote?.listen(interest);
    return subscription;
  }

  /** Ends the subscription of that number. */
  unsubscribe(id: number): void {
    this.#delivery.pubsub.unsubscribe(id);
  }

  /** How many subscriptions take a topic; how many there are without one. */
  subscriberCount(topic?: string): number {
    return this.#delivery.pubsub.of(topic).length;
  }

  // --- the bus itself -----------------------------------------------------------

  /** Asks the checks of endpoints every `healthCheckInterval`, until the bus ends. */
  startHealthChecks(): void {
    this.#delivery.checkOpen();
    this.health.start(this.config.healthCheckInterval);
  }

  /** What it has counted. */
  metrics(): BusMetrics {
    return {
      ...this.#delivery.counters,
      pending: this.#delivery.correlations.pendingCount,
      waiting: this.#delivery.dispatcher.waiting,
      running: this.#delivery.dispatcher.running,
      latency: this.#delivery.latency.summary(),
    };
  }

  /** Whether it takes no more messages. */
  get isShutDown(): boolean {
    return this.#ending !== null;
  }

  /**
   * Takes no more messages, lets handlers end and requests be answered, for `grace` milliseconds at most (10 s), and
   * closes. What was sent to handlers that take longer fails, and those of them that are coroutines of Python are
   * cancelled. What subscribers have not taken yet stays for them. A second call waits for the same end.
   */
  shutdown({ grace = GRACE }: { readonly grace?: number } = {}): Promise<void> {
    return this.#ending ??= this.#shutDown(grace);
  }

  /** What `await using` calls. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #shutDown(grace: number): Promise<void> {
    this.#delivery.ending = true;
    this.health.stop();
    let callOff = (): void => {};
    const late = new Promise<void>((resolve) => callOff = this.#clock.after(grace, resolve));
    await Promise.race([this.#delivery.quiet(), late]);
    callOff();
    await this.#delivery.close();
  }
}
