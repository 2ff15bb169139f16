/**
 * How a bus brings messages to their takers.
 * @module
 */
import { Message } from "../message.ts";
import { MessageError, shown } from "../message_error.ts";
import { type EndpointId, EVERYONE } from "../message_id.ts";
import { MessageType } from "../message_type.ts";
import type { Clock } from "../clock.ts";
import type { BusConfig } from "./config.ts";
import { Correlations } from "./correlation.ts";
import { Dispatcher, type Endpoint, tooOld } from "./dispatcher.ts";
import { BusError } from "./error.ts";
import type { HealthMonitor } from "./health.ts";
import { Counters, LatencyMeter } from "./metrics.ts";
import { PubSub } from "./pubsub.ts";
import { failureOf, type Inbound, Remote, tooLarge } from "./remote.ts";
import { PatternRouter } from "./router.ts";
import { sizeOf } from "./size.ts";
import type { Subscription } from "./subscription.ts";
import type { BusTransport, CarryMode } from "./transport.ts";

/** How a request waits. */
export interface RequestOptions {
  /** Milliseconds. Default: the bus's `correlationTimeout`. */
  readonly timeout?: number;
  /** Stops waiting; the Promise is rejected with its reason. */
  readonly signal?: AbortSignal;
}

/** What a request is told by what delivers it. */
interface Asked {
  /** The endpoint here that handles it. */
  endpoint?: EndpointId;
}

/** What a delivery is made from. */
export interface DeliveryParts {
  readonly config: BusConfig;
  readonly clock: Clock;
  readonly health: HealthMonitor;
  readonly transport: BusTransport | undefined;
}

/** Endpoints, routes, requests that wait and subscriptions of one bus, and the ways between them. */
export class Delivery {
  readonly router: PatternRouter = new PatternRouter();
  readonly endpoints: Map<EndpointId, Endpoint> = new Map();
  readonly correlations: Correlations;
  readonly pubsub: PubSub = new PubSub();
  readonly dispatcher: Dispatcher;
  readonly counters: Counters = new Counters();
  readonly latency: LatencyMeter = new LatencyMeter();
  readonly remote: Remote | null;
  readonly #config: BusConfig;
  readonly #clock: Clock;
  readonly #health: HealthMonitor;
  /** Requests that wait. */
  readonly #asking = new Set<Promise<unknown>>();
  /** No message is taken any more. */
  ending = false;

  constructor({ config, clock, health, transport }: DeliveryParts) {
    this.#config = config;
    this.#clock = clock;
    this.#health = health;
    this.correlations = new Correlations(clock, config.correlationCleanupInterval);
    this.dispatcher = new Dispatcher({
      most: config.maxConcurrentDeliveries,
      batch: config.batchSize,
      now: () => clock.now(),
    });
    const { maxMessageSize } = config;
    this.remote = transport
      ? new Remote(transport, this.#inbound(), { maxMessageSize, counters: this.counters })
      : null;
  }

  /** Throws a BusError where the bus is ending. */
  checkOpen(): void {
    if (this.ending) throw shuttingDown();
  }

  /** Throws what keeps the bus from taking a message. */
  admit(message: Message): void {
    checkMessage(message);
    this.checkOpen();
    if (message.isExpired(this.#clock.now())) {
      this.counters.expired++;
      throw tooOld(message);
    }
    this.#measure(message);
    this.counters.sent++;
  }

  #measure(message: Message): Message {
    const { maxMessageSize } = this.#config;
    const size = sizeOf(message.payload, maxMessageSize);
    if (size > maxMessageSize) throw tooLarge(size, maxMessageSize);
    return message;
  }

  /** Resolves when no handler runs and no request waits. */
  async quiet(): Promise<void> {
    while (this.#asking.size > 0 || this.dispatcher.running + this.dispatcher.waiting > 0) {
      await this.dispatcher.idle();
      await Promise.allSettled([...this.#asking]);
    }
  }

  /** Gives up what still waits, and closes. */
  async close(): Promise<void> {
    this.dispatcher.giveUp(shuttingDown);
    this.correlations.rejectAll(shuttingDown);
    this.pubsub.end();
    await this.remote?.close();
  }

  /** The endpoints that a target leads to, preferred ones first. */
  #endpointsOf(target: string, routes: "candidates" | "findAll"): EndpointId[] {
    const began = performance.now();
    const found = this.router[routes](target).map(({ endpoint }) => endpoint);
    if (this.endpoints.has(target)) found.unshift(target);
    const took = (performance.now() - began) * 1e6;
    if (took > this.#config.routingLatencyThreshold) this.counters.slowRoutings++;
    return found.length > 1 ? [...new Set(found)] : found;
  }

  /** Has a request delivered, and waits for its answer. */
  async ask(
    message: Message,
    { timeout = this.#config.correlationTimeout, signal }: RequestOptions,
    deliver: (asked: Asked) => Promise<unknown>,
  ): Promise<Message> {
    signal?.throwIfAborted();
    if (!(timeout >= 0)) {
      const text = `timeout must be a number of milliseconds from 0, not ${shown(timeout)}`;
      throw new BusError("Configuration", text);
    }
    const id = message.correlation;
    const answer = this.correlations.register(id, timeout);
    this.counters.requests++;
    const abort = (): void => void this.correlations.reject(id, signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#asking.add(answer);
    const asked: Asked = {};
    deliver(asked).catch((error) => this.correlations.reject(id, error));
    try {
      const reply = await answer;
      if (asked.endpoint !== undefined) this.#health.alive(asked.endpoint);
      if (reply.header.messageType === MessageType.Error) throw failureOf(reply);
      this.counters.answered++;
      return reply;
    } catch (error) {
      if (error instanceof BusError && error.reason === "RequestTimeout") {
        this.counters.timedOut++;
        if (asked.endpoint !== undefined) this.#health.failed(asked.endpoint);
      } else if (asked.endpoint !== undefined) this.#health.undecided(asked.endpoint);
      throw error;
    } finally {
      this.#asking.delete(answer);
      signal?.removeEventListener("abort", abort);
    }
  }

  /** To the one endpoint that is preferred among those that are well, else to subscribers, else to elsewhere. */
  async toOne(message: Message, { asked, ...options }: ToOneOptions = {}): Promise<void> {
    const mode = asked ? "request" : "send";
    const { target } = message.header;
    const found = target === EVERYONE
      ? [...this.endpoints.keys()].filter((id) => id !== message.header.source)
      : this.#endpointsOf(target, "candidates");
    let ill: string | null = null;
    let absent: string | null = null;
    for (const id of found) {
      if (!this.#health.admit(id)) {
        ill = id;
        continue;
      }
      const endpoint = this.endpoints.get(id);
      if (endpoint) {
        return await this.#handle(endpoint, message, asked);
      }
      if (await this.#carryToOne(id, message, mode, options)) return;
      absent = id;
    }
    if (ill !== null) throw this.#unhealthy(ill);
    if (absent !== null) {
      throw new BusError(
        "EndpointNotFound",
        `a route leads from ${shown(target)} to ${absent}, which is no endpoint`,
      );
    }
    if (await this.publishHere(target, message) > 0) return;
    if (target !== EVERYONE && await this.#carryToOne(target, message, mode, options)) return;
    throw noRoute(target);
  }

  #unhealthy(id: EndpointId): BusError {
    const { failureThreshold, circuitBreakerTimeout } = this.#health.config;
    return new BusError(
      "EndpointUnhealthy",
      `${id} failed ${failureThreshold} times in a row, and is left alone for ${circuitBreakerTimeout} ms`,
    );
  }

  async #handle(endpoint: Endpoint, message: Message, asked?: Asked): Promise<void> {
    const began = performance.now();
    const { id } = endpoint;
    if (asked) asked.endpoint = id;
    let result: unknown;
    try {
      result = await this.dispatcher.dispatch(endpoint, message);
    } catch (error) {
      if (error instanceof MessageError && error.kind === "TtlExpired") {
        this.counters.expired++;
        this.#health.undecided(id);
        throw error;
      }
      if (error instanceof BusError && error.kind === "BusShuttingDown") throw error;
      this.counters.failed++;
      this.#health.failed(id);
      throw new BusError("DeliveryFailed", `${id} failed: ${textOf(error)}`, { cause: error });
    }
    const took = performance.now() - began;
    this.latency.add(took);
    this.counters.delivered++;
    // Who answers later shows only then how it is.
    if (!asked || !endpoint.manual) this.#health.succeeded(id, took);
    if (!asked || endpoint.manual) return;
    // Who answered by respond() while it ran, or whose asker waits no more, has nothing to answer.
    const { correlation } = message;
    if (!this.correlations.has(correlation)) return;
    this.correlations.resolve(correlation, this.#measure(answerTo(message, result, id)));
  }

  /** Answers a request: to who waits for it, else as a message of its own. */
  async respond(request: Message, answer: unknown): Promise<void> {
    checkMessage(request);
    const reply = this.#measure(answerTo(request, answer, request.header.target));
    if (!this.correlations.has(request.correlation)) await this.toAsker(reply);
    else this.correlations.resolve(request.correlation, reply);
  }

  /** A Response or an Error, to who waits for it, else to its target. */
  async toAsker(message: Message): Promise<number> {
    const { correlationId, target } = message.header;
    if (correlationId !== null && this.correlations.has(correlationId)) {
      this.correlations.resolve(correlationId, message);
      this.counters.delivered++;
      return 1;
    }
    if (target === EVERYONE) {
      return await this.toEveryone(message);
    }
    const known = this.#endpointsOf(target, "candidates").length > 0;
    if (known || this.pubsub.of(target).length > 0) {
      await this.toOne(message);
      return 1;
    }
    if (correlationId === null) {
      throw new BusError(
        "MissingCorrelationId",
        `the ${message.header.messageType} ${message.id} says by no correlation_id which request it answers, ` +
          `and there is no endpoint ${target}`,
      );
    }
    if (await this.#carryToOne(target, message, "send", {})) return 1;
    this.correlations.resolve(correlationId, message); // throws: nobody waits
    return 0;
  }

  /** To every endpoint that its target leads to, and an Event to subscribers. */
  async toAll(message: Message): Promise<number> {
    const { target, messageType } = message.header;
    const ids = this.#endpointsOf(target, "findAll").filter((id) => this.#health.admit(id));
    const isEvent = messageType === MessageType.Event;
    const deliveries = ids.map(async (id): Promise<number> => {
      const endpoint = this.endpoints.get(id);
      if (!endpoint) return await this.#carryToOne(id, message, "send", {}) ? 1 : 0;
      await this.#handle(endpoint, message);
      return 1;
    });
    if (isEvent) {
      deliveries.push(this.publishHere(target, message));
      deliveries.push(this.carryToAll("publish", target, message));
    }
    if (!this.endpoints.has(target) && ids.length === 0) {
      deliveries.push(this.#carryToOne(target, message, "send", {}).then(Number));
    }
    return await sumOf(deliveries);
  }

  /** To everyone, here and elsewhere, but its source; how many here took it. */
  async toEveryone(message: Message): Promise<number> {
    const here = await this.#broadcast(message);
    await this.carryToAll("broadcast", EVERYONE, message);
    return here;
  }

  /** To everyone here but its source. */
  async #broadcast(message: Message): Promise<number> {
    const { source } = message.header;
    const endpoints = [...this.endpoints.values()].filter(({ id }) =>
      id !== source && this.#health.admit(id)
    );
    const deliveries = endpoints.map(async (endpoint) => {
      await this.#handle(endpoint, message);
      return 1;
    });
    return await sumOf([...deliveries, this.#offer(message, this.pubsub.of())]);
  }

  /** To subscribers here; how many took it. */
  async publishHere(topic: string, message: Message): Promise<number> {
    return await this.#offer(message, this.pubsub.of(topic));
  }

  async #offer(message: Message, subscriptions: readonly Subscription[]): Promise<number> {
    if (subscriptions.length === 0) return 0;
    const taken = await this.pubsub.offer(message, subscriptions);
    this.counters.delivered += taken;
    return taken;
  }

  /** Whether somebody elsewhere took it. The answer of a request goes to who waits for it. */
  async #carryToOne(
    id: EndpointId,
    message: Message,
    mode: "send" | "request",
    { timeout = this.#config.correlationTimeout, signal }: RequestOptions,
  ): Promise<boolean> {
    const options = signal ? { timeout, signal } : { timeout };
    const answer = await this.remote?.carry(mode, id, message, options);
    if (!answer) return false;
    this.counters.delivered++;
    if (mode === "request") {
      if (this.correlations.has(message.correlation)) {
        this.correlations.resolve(message.correlation, answer);
      }
    } else if (answer.header.messageType === MessageType.Error) throw failureOf(answer);
    return true;
  }

  /** To all who are meant elsewhere. */
  async carryToAll(mode: CarryMode, name: string, message: Message): Promise<number> {
    await this.remote?.carry(mode, name, message, { timeout: this.#config.correlationTimeout });
    return 0;
  }

  #inbound(): Inbound {
    const admitted = (id: string, message: Message): Endpoint => {
      this.admit(message);
      if (this.#health.admit(id)) return this.endpoints.get(id)!;
      throw this.#unhealthy(id);
    };
    return {
      has: (id) => this.endpoints.has(id),
      send: async (id, message) => await this.#handle(admitted(id, message), message),
      request: async (id, message) => {
        const endpoint = admitted(id, message);
        return await this.ask(message, {}, (asked) => this.#handle(endpoint, message, asked));
      },
      publish: async (topic, message) => {
        this.admit(message);
        await this.publishHere(topic, message);
      },
      broadcast: async (message) => {
        this.admit(message);
        await this.#broadcast(message);
      },
    };
  }
}

interface ToOneOptions extends RequestOptions {
  /** The answer is waited for. */
  readonly asked?: Asked;
}

/** `"RangeError: too far"` */
function textOf(error: unknown): string {
  // What Python raised says its own class in its text.
  const told = error instanceof Error && error.name === "PythonError";
  try {
    return told ? error.message : String(error);
  } catch {
    return shown(error); // it has no text, such as Object.create(null)
  }
}

/** The sum of all, when all have ended; what failed is thrown then. */
async function sumOf(deliveries: readonly Promise<number>[]): Promise<number> {
  const outcomes = await Promise.allSettled(deliveries);
  const failed = outcomes.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  if (failed.length === 1) throw failed[0];
  if (failed.length > 1) {
    const texts = failed.map((error) => error instanceof Error ? error.message : String(error));
    const cause = new AggregateError(failed, `${failed.length} deliveries failed`);
    throw new BusError("DeliveryFailed", texts.join("; "), { cause });
  }
  return outcomes.reduce((sum, each) => sum + (each as PromiseFulfilledResult<number>).value, 0);
}

function answerTo(request: Message, answer: unknown, source: EndpointId): Message {
  const isAnswer = answer instanceof Message && answer !== request &&
    (answer.header.messageType === MessageType.Response ||
      answer.header.messageType === MessageType.Error);
  if (!isAnswer) return request.reply(answer === undefined ? null : answer, source);
  if (answer.header.correlationId === request.correlation) return answer;
  const header = answer.header.withCorrelationId(request.correlation);
  return new Message(header, answer.payload, answer.metadata);
}

/** The error where nobody takes a message. */
export function noRoute(target: string): BusError {
  return new BusError(
    "NoRouteFound",
    `nobody takes messages for ${shown(target)}: no endpoint, no route and no subscription`,
  );
}

/** Throws a BusError for what is no message. */
export function checkMessage(value: unknown): asserts value is Message {
  if (value instanceof Message) return;
  throw new BusError("Configuration", `the bus takes Messages, not ${shown(value)}`);
}

function shuttingDown(): BusError {
  return new BusError("BusShuttingDown", "the bus is shutting down, and takes no more messages");
}
