/**
 * The bus for Python: `IPCBus`, `Subscription` and `BusError` of `symphony_ipc`.
 * @module
 */
import { type PyClass, pyClass, type PyValue, t } from "../../../mod.ts";
import { BusError } from "../bus/error.ts";
import type { EndpointOptions } from "../bus/message_bus.ts";
import { MessageBus } from "../bus/message_bus.ts";
import { sharedBus } from "../bus/shared.ts";
import { type Overflow, Subscription } from "../bus/subscription.ts";
import { Message } from "../message.ts";
import { pythonTypeOf } from "./dict_reader.ts";
import { refuse } from "./error_face.ts";

/** `BusError` of Python. */
export const PyBusError: PyClass<BusError> = pyClass(BusError, {
  doc: "What a bus could not do. What a handler raised is the __cause__ of 'DeliveryFailed'.",
  init: { kind: t.str, message: t.str },
  dunders: { __str__: (self) => self.message },
  properties: {
    kind: { type: t.str, doc: "What went wrong: 'NoRouteFound' and so on.", readonly: true },
    reason: {
      type: t.optional(t.str),
      doc:
        "What went wrong more exactly, such as 'RequestTimeout', where the kind is a part of the bus.",
      readonly: true,
    },
  },
});

const OVERFLOWS: Readonly<Record<string, Overflow>> = {
  block: "block",
  drop_oldest: "dropOldest",
  drop_newest: "dropNewest",
  error: "error",
};

/** `Subscription` of Python. */
export const PySubscription: PyClass<Subscription> = pyClass(Subscription, {
  doc:
    "The messages of a topic, the most urgent of those that wait first: for `async for` and `async with`.",
  init: false,
  properties: {
    id: { type: t.int, doc: "Its number on its bus.", readonly: true },
    pattern: { type: t.str, doc: "A topic, or a pattern of topics.", readonly: true },
    capacity: { type: t.int, doc: "How many messages may wait.", readonly: true },
    size: { type: t.int, doc: "How many messages wait.", readonly: true },
    lagged: {
      type: t.int,
      doc: "How many messages were dropped since there was no room.",
      readonly: true,
    },
    closed: {
      type: t.bool,
      doc: "Whether no more come in. Those that wait may still be taken.",
      readonly: true,
    },
  },
  methods: {
    next: {
      name: "recv",
      doc: "The next message; None when the subscription has ended.",
      params: {},
      returns: t.awaitable(t.optional(t.instance(Message))),
      signal: true,
      async call(this: Subscription, { signal }: { readonly signal: AbortSignal }) {
        return (await this.next({ signal, returnable: true })).value ?? null;
      },
    },
    tryNext: {
      name: "try_recv",
      doc: "The next message, if one waits.",
      params: {},
      returns: t.optional(t.instance(Message)),
    },
    close: { doc: "Ends it and forgets what waits.", params: {}, returns: t.none },
  },
  dunders: {
    __aiter__: {
      params: {},
      returns: t.instance(Subscription),
      call(this: Subscription) {
        return this;
      },
    },
    __anext__: {
      params: {},
      returns: t.awaitable(t.instance(Message)),
      signal: true,
      call(this: Subscription, { signal }: { readonly signal: AbortSignal }) {
        return this.next({ signal, returnable: true });
      },
    },
    __aenter__: {
      params: {},
      returns: t.awaitable(t.instance(Subscription)),
      // deno-lint-ignore require-await -- Python awaits it
      async call(this: Subscription) {
        return this;
      },
    },
    // deno-lint-ignore require-await -- Python awaits it
    async __aexit__(...raised: PyValue[]) {
      for (const part of raised) part?.$.release();
      this.close();
      return false;
    },
    __repr__: (self) => `<Subscription ${self.id} to ${self.pattern}>`,
  },
});

/** A bus as Python has it. Hand it to Python where it is to have another bus than {@link sharedBus}. */
export class IpcBus {
  /** The bus. */
  readonly bus: MessageBus;

  /** Default: the one that this process shares. */
  constructor(bus: MessageBus = sharedBus()) {
    this.bus = bus;
  }

  /** A bus of its own. Times in seconds; `null`: the default. */
  static create(
    maxMessageSize: number | null,
    correlationTimeout: number | null,
    ...[maxConcurrentDeliveries, pubsubChannelCapacity, failureThreshold, breaker]:
      (number | null)[]
  ): IpcBus {
    // In the names and units of whoever gave them.
    const asked = {
      ...{ max_message_size: maxMessageSize, correlation_timeout: correlationTimeout },
      max_concurrent_deliveries: maxConcurrentDeliveries,
      pubsub_channel_capacity: pubsubChannelCapacity,
      ...{ failure_threshold: failureThreshold, circuit_breaker_timeout: breaker },
    };
    for (const [name, value] of Object.entries(asked)) {
      if (value == null || value > 0) continue;
      throw new BusError("Configuration", `${name} must be a number above 0, not ${value}`);
    }
    const seconds = (value: number | null | undefined) => value == null ? null : value * 1000;
    const settings = given({
      maxMessageSize,
      correlationTimeout: seconds(correlationTimeout),
      maxConcurrentDeliveries,
      pubsubChannelCapacity,
    });
    const health = given({ failureThreshold, circuitBreakerTimeout: seconds(breaker) });
    return new IpcBus(new MessageBus({ ...settings, health }));
  }

  /** Whether it takes no more messages. */
  get isShutDown(): boolean {
    return this.bus.isShutDown;
  }

  /** See {@link MessageBus.send}. */
  async send(message: Message): Promise<number> {
    return await this.bus.send(message);
  }

  /** See {@link MessageBus.request}; the timeout in seconds. */
  async request(
    message: Message,
    timeout: number | null,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Message> {
    if (timeout !== null && !(timeout >= 0)) {
      const text = `timeout must be a number of seconds from 0, not ${timeout}`;
      throw new BusError("Configuration", text);
    }
    const given = timeout === null ? {} : { timeout: timeout * 1000 };
    return await this.bus.request(message, { ...given, signal });
  }

  /** See {@link MessageBus.publish}. */
  async publish(topic: string, message: Message): Promise<number> {
    return await this.bus.publish(topic, message);
  }

  /** See {@link MessageBus.respond}. */
  async respond(request: Message, answer: unknown): Promise<void> {
    await this.bus.respond(request, answer);
  }

  /** See {@link MessageBus.subscribe}. */
  subscribe(topic: string, capacity: number | null, overflow: string): Subscription {
    return this.bus.subscribe(topic, {
      ...capacity === null ? {} : { capacity },
      overflow: OVERFLOWS[overflow]!,
    });
  }

  /** See {@link MessageBus.register}. */
  register(
    endpoint: string,
    handler: (message: Message) => unknown,
    ...[concurrency, manual, check]: EndpointArguments
  ): void {
    const options: EndpointOptions = {
      manual,
      ...concurrency === null ? {} : { concurrency },
      ...check === null ? {} : { check: () => check() },
    };
    this.bus.register(endpoint, (message) => handler(message), options);
  }

  /** A decorator: what it decorates is registered, and stays what it is. */
  handle(endpoint: string, ...options: EndpointArguments): (handler: PyValue) => PyValue {
    return (handler) => {
      if (typeof handler !== "function") {
        refuse("TypeError", `IPCBus.handle() decorates a function, not ${pythonTypeOf(handler)}`);
      }
      this.register(endpoint, handler, ...options);
      return handler;
    };
  }

  /** See {@link MessageBus.unregister}. */
  unregister(endpoint: string): void {
    this.bus.unregister(endpoint);
  }

  /** See {@link MessageBus.endpoints}. */
  endpoints(): string[] {
    return this.bus.endpoints();
  }

  /** See {@link MessageBus.registerRoute}. */
  registerRoute(pattern: string, endpoint: string, priority: number): void {
    this.bus.registerRoute(pattern, endpoint, priority);
  }

  /** See {@link MessageBus.removeRoute}. */
  removeRoute(pattern: string, endpoint: string | null): void {
    this.bus.removeRoute(pattern, endpoint ?? undefined);
  }

  /** What it has counted, flat and in Python's names. */
  metrics(): Record<string, number> {
    const { latency, ...counts } = this.bus.metrics();
    const all = [
      ...Object.entries(counts),
      ...Object.entries(latency).map(([key, value]) => [`latency_${key}`, value] as const),
    ];
    return Object.fromEntries(
      all.map(([key, value]) => [key.replace(/[A-Z]/g, (a) => `_${a.toLowerCase()}`), value]),
    );
  }

  /** How an endpoint is. */
  health(endpoint: string): Record<string, unknown> {
    const health = this.bus.health.of(endpoint);
    return {
      endpoint,
      status: health.status,
      consecutive_failures: health.consecutiveFailures,
      average_response_time: health.averageResponseTime === null
        ? null
        : health.averageResponseTime / 1000,
    };
  }

  /** See {@link MessageBus.startHealthChecks}. */
  startHealthChecks(): void {
    this.bus.startHealthChecks();
  }

  /** See {@link MessageBus.shutdown}; the grace in seconds. */
  async shutdown(grace: number | null): Promise<void> {
    await this.bus.shutdown(grace === null ? {} : { grace: grace * 1000 });
  }
}

/** Without what was not given. */
function given<T extends Record<string, number | null | undefined>>(
  settings: T,
): { [K in keyof T]?: number } {
  const said = Object.entries(settings).filter(([, value]) => value != null);
  return Object.fromEntries(said) as { [K in keyof T]?: number };
}

/** What Python may say of an endpoint; `null`: nothing. */
export type EndpointArguments = [
  concurrency: number | null,
  manual: boolean,
  check: (() => unknown) | null,
];

const endpointOptions = {
  concurrency: t.int.default(null).keywordOnly(),
  manual: t.bool.default(false).keywordOnly(),
  check: t.callable.default(null).keywordOnly(),
};
const ENDPOINT_DOC =
  "concurrency: how many messages it handles at the same time. manual: it answers by respond() alone. " +
  "check: says whether it is well; asked once start_health_checks() was called.";

/** `IPCBus` of Python. */
export const PyIpcBus: PyClass<IpcBus> = pyClass(IpcBus, {
  name: "IPCBus",
  doc: "The bus of this process, on which the endpoints of Python and of its host meet.",
  init: {},
  properties: {
    isShutDown: { type: t.bool, doc: "Whether it takes no more messages.", readonly: true },
  },
  methods: {
    send: {
      doc:
        "Sends a message, and waits until its handlers are done; how many took it. It is no error if nobody is " +
        "there for the target '*', everyone.",
      params: { message: t.instance(Message) },
      returns: t.awaitable(t.int),
    },
    request: {
      doc: "Sends a Request and waits for its answer. timeout: seconds.",
      params: { message: t.instance(Message), timeout: t.float.default(null).keywordOnly() },
      returns: t.awaitable(t.instance(Message)),
      signal: true,
    },
    publish: {
      doc: "Gives a topic's subscribers a message; how many took it.",
      params: { topic: t.str, message: t.instance(Message) },
      returns: t.awaitable(t.int),
    },
    respond: {
      doc:
        "Answers a request: with a Message of type Response or Error, or with anything else as the payload of a " +
        "Response.",
      params: { request: t.instance(Message), answer: t.any },
      returns: t.awaitable(t.none),
    },
    subscribe: {
      doc: "The messages of a topic, or of a pattern of topics (*, ?, [a-z]), from now on.",
      params: {
        topic: t.str,
        capacity: t.int.default(null).keywordOnly(),
        overflow: t.literal("block", "drop_oldest", "drop_newest", "error")
          .default("drop_oldest").keywordOnly(),
      },
      returns: t.instance(Subscription),
    },
    register: {
      doc: `Makes a function, async or not, an endpoint. ${ENDPOINT_DOC}`,
      params: { endpoint: t.str, handler: t.callable, ...endpointOptions },
      returns: t.none,
    },
    handle: {
      doc: `A decorator that makes a function an endpoint. ${ENDPOINT_DOC}`,
      params: { endpoint: t.str, ...endpointOptions },
      returns: t.callable,
    },
    unregister: {
      doc: "Takes an endpoint away, and the routes to it.",
      params: { endpoint: t.str },
      returns: t.none,
    },
    endpoints: { doc: "The ids of the endpoints here.", params: {}, returns: t.list(t.str) },
    registerRoute: {
      doc: "Has targets lead to an endpoint: a name, or a pattern (*, ?, [a-z]).",
      params: { pattern: t.str, endpoint: t.str, priority: t.int.default(0) },
      returns: t.none,
    },
    removeRoute: {
      doc: "Takes the routes of a pattern away, or the one to that endpoint.",
      params: { pattern: t.str, endpoint: t.str.default(null) },
      returns: t.none,
    },
    metrics: {
      doc: "What it has counted; times in milliseconds.",
      params: {},
      returns: t.dict(t.str, t.float),
    },
    health: {
      doc: "How an endpoint is.",
      params: { endpoint: t.str },
      returns: t.record("EndpointHealth", {
        endpoint: t.str,
        status: t.literal("Healthy", "Unhealthy", "Down", "Unknown"),
        consecutive_failures: t.int,
        average_response_time: t.optional(t.float),
      }),
    },
    startHealthChecks: {
      doc: "Asks the checks of the endpoints every 5 seconds, until the bus ends.",
      params: {},
      returns: t.none,
    },
    shutdown: {
      doc:
        "Takes no more messages, waits for handlers and answers, at most for so many seconds (10), and closes. " +
        "Coroutines that take longer are cancelled.",
      params: { grace: t.float.default(null).keywordOnly() },
      returns: t.awaitable(t.none),
    },
  },
  classMethods: {
    create: {
      doc:
        "A bus of its own, which nobody has who is not given it. Times in seconds, sizes in bytes.",
      params: {
        max_message_size: t.int.default(null).keywordOnly(),
        correlation_timeout: t.float.default(null).keywordOnly(),
        max_concurrent_deliveries: t.int.default(null).keywordOnly(),
        pubsub_channel_capacity: t.int.default(null).keywordOnly(),
        failure_threshold: t.int.default(null).keywordOnly(),
        circuit_breaker_timeout: t.float.default(null).keywordOnly(),
      },
      returns: t.instance(IpcBus),
    },
  },
  dunders: {
    __repr__: (self) => `<IPCBus of ${self.bus.endpoints().length} endpoints>`,
  },
});
