/**
 * A bus that spans machines, by a connection to NATS that the program made with `@nats-io/transport-node`.
 * @module
 */
import { randomUUID } from "node:crypto";
import { LONGEST } from "../clock.ts";
import { BusError } from "./error.ts";
import type { BusTransport, CarryOptions, Interest, Parcel, Receive } from "./transport.ts";

/** A message of NATS, as far as it is used. */
export interface NatsMessage {
  /** Where it was sent. */
  readonly subject: string;
  /** Its bytes. */
  readonly data: Uint8Array;
  /** Where its sender takes answers; what is published has its number there. */
  readonly reply?: string;
  /** Answers it. */
  respond(payload: Uint8Array): boolean;
}

/** A subscription of NATS, as far as it is used. */
export interface NatsSubscription {
  /** No more of it. */
  unsubscribe(): void;
}

/** What is used of a connection; that of `@nats-io/transport-node` is one. */
export interface NatsConnection {
  /** Sends. */
  publish(subject: string, payload: Uint8Array, options?: { reply?: string }): void;
  /** Sends and waits for one answer. */
  request(subject: string, payload: Uint8Array, options: { timeout: number }): Promise<NatsMessage>;
  /** Receives. */
  subscribe(
    subject: string,
    options: {
      queue?: string;
      callback: (error: Error | null, message: NatsMessage) => void;
    },
  ): NatsSubscription;
  /** Resolves when the server has all that was sent before. */
  flush(): Promise<void>;
}

/** How a bus stands on NATS. */
export interface NatsOptions {
  /** The first part of all its subjects. Default: `"symphony"`. Buses with another one do not see each other. */
  readonly prefix?: string;
}

/**
 * Buses on several machines as one. Requests to an endpoint that several buses have go to one of them in turn. The
 * connection stays the program's: shutting the bus down ends its subscriptions and sends what waits, no more.
 *
 * Subjects: `<prefix>.send.<endpoint>`, `<prefix>.request.<endpoint>`, `<prefix>.publish.<bus>.<topic>` and
 * `<prefix>.broadcast.<bus>`. The dots of a name part its tokens; what NATS does not take is written as `%2A`. What is
 * published names `<prefix>.number.<n>` as the subject for answers, where nobody listens: by that number a bus knows
 * what several of its subscriptions bring.
 *
 * @example
 * ```ts no-run: it needs a server
 * import { connect } from "@nats-io/transport-node";
 * import { MessageBus, natsTransport } from "pyduet/symphony";
 * const connection = await connect({ servers: "127.0.0.1:4222" });
 * const bus = new MessageBus({ transport: natsTransport(connection) });
 * bus.register("pit", () => "here");
 * await bus.ready();
 * ```
 */
export function natsTransport(
  connection: NatsConnection,
  { prefix = "symphony" }: NatsOptions = {},
): BusTransport {
  if (!/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(prefix)) {
    throw new BusError(
      "Configuration",
      `the prefix of subjects must be names with dots between them, not ${JSON.stringify(prefix)}`,
    );
  }
  return new NatsTransport(connection, prefix);
}

/** Buses that have an endpoint share its parcels. */
const QUEUE = "symphony";
const NO_ANSWER = new Uint8Array(0);
/** Parcels that are remembered: the copies of one come one after the other, but for those of other senders between. */
const REMEMBERED = 1000;

class NatsTransport implements BusTransport {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #id = randomUUID();
  readonly #subscriptions = new Set<NatsSubscription>();
  /** What was published of late, by its sender and number. */
  readonly #seen = new Set<string>();
  #published = 0;
  #receive: Receive | null = null;
  /** What is being handed in. */
  readonly #running = new Set<Promise<unknown>>();

  constructor(connection: NatsConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async open(receive: Receive): Promise<void> {
    this.#receive = receive;
    this.#subscribe(`${this.#prefix}.broadcast.*`, (subject, message) => {
      if (!subject.endsWith(this.#id)) {
        this.#handIn({ mode: "broadcast", name: "*", bytes: message.data });
      }
    });
    await this.#connection.flush();
  }

  async listen({ kind, name }: Interest): Promise<() => void> {
    const ends = kind === "endpoint"
      ? [this.#listenTo("send", name), this.#listenTo("request", name)]
      : [this.#listenToTopic(name)];
    await this.#connection.flush();
    return () => ends.forEach((end) => end());
  }

  #listenTo(mode: "send" | "request", name: string): () => void {
    const subject = `${this.#prefix}.${mode}.${encode(name)}`;
    return this.#subscribe(subject, (_, message) => {
      this.#handIn({ mode, name, bytes: message.data }, message);
    }, QUEUE);
  }

  #listenToTopic(pattern: string): () => void {
    const head = `${this.#prefix}.publish.`;
    return this.#subscribe(
      `${head}*.${subjectOf(pattern)}`,
      (subject, message) => {
        const [bus, ...topic] = subject.slice(head.length).split(".");
        if (bus === this.#id) return;
        const name = decode(topic);
        if (name !== null && this.#isNew(bus!, message.reply)) {
          this.#handIn({ mode: "publish", name, bytes: message.data });
        }
      },
    );
  }

  /** Whether a parcel comes for the first time: a topic that several subscriptions of NATS fit comes by each. */
  #isNew(bus: string, number: string | undefined): boolean {
    if (!number) return true; // of somebody else
    const parcel = `${bus} ${number}`;
    if (this.#seen.has(parcel)) return false;
    this.#seen.add(parcel);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value!);
    return true;
  }

  #subscribe(
    subject: string,
    take: (subject: string, message: NatsMessage) => void,
    queue?: string,
  ): () => void {
    const subscription = this.#connection.subscribe(subject, {
      ...queue === undefined ? {} : { queue },
      callback: (error, message) => {
        if (!error) take(message.subject, message);
      },
    });
    this.#subscriptions.add(subscription);
    return () => {
      if (this.#subscriptions.delete(subscription)) subscription.unsubscribe();
    };
  }

  #handIn(parcel: Parcel, from?: NatsMessage): void {
    const handed = this.#receive!(parcel).then((answer) => from?.respond(answer ?? NO_ANSWER));
    this.#running.add(handed);
    handed.finally(() => this.#running.delete(handed)).catch(() => {}); // the connection is closed
  }

  async carry(
    { mode, name, bytes }: Parcel,
    { timeout, signal }: CarryOptions,
  ): Promise<Uint8Array | null | undefined> {
    if (signal?.aborted) return undefined;
    if (mode === "publish" || mode === "broadcast") {
      const end = mode === "publish" ? `.${encode(name)}` : "";
      const reply = `${this.#prefix}.number.${++this.#published}`;
      this.#connection.publish(`${this.#prefix}.${mode}.${this.#id}${end}`, bytes, { reply });
      await this.#connection.flush();
      return null;
    }
    try {
      const subject = `${this.#prefix}.${mode}.${encode(name)}`;
      const { data } = await this.#connection.request(subject, bytes, {
        timeout: Math.min(Math.max(timeout, 1), LONGEST), // NATS takes none shorter than 1 ms
      });
      return data.byteLength === 0 ? null : data;
    } catch (error) {
      if (named(error, "NoResponders")) return null;
      if (named(error, "TimeoutError")) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions.clear();
    await Promise.allSettled([...this.#running]);
    await this.#connection.flush().catch(() => {}); // closed by the program already
  }
}

/** Whether an error, or what is behind it, has that name. */
function named(error: unknown, name: string): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at.name === name) return true;
  return false;
}

/** A name as tokens of a subject; an empty one is written as `%`. */
function encode(name: string): string {
  return name.split(".").map(encodeToken).join(".");
}

function encodeToken(token: string): string {
  if (token === "") return "%";
  return token.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    // A half of a pair has no UTF-8.
    encodeURIComponent(character.isWellFormed() ? character : "\ufffd").replace(
      /[!'()*~]/g,
      (each) => "%" + each.charCodeAt(0).toString(16).toUpperCase(),
    ));
}

/** The name of tokens; `null` for what no bus writes. */
function decode(tokens: readonly string[]): string | null {
  try {
    return tokens.map((token) => token === "%" ? "" : decodeURIComponent(token)).join(".");
  } catch {
    return null;
  }
}

/** The subject of all topics that may fit a pattern: the tokens before the first special character, then any. */
function subjectOf(pattern: string): string {
  const tokens = pattern.split(".");
  const first = tokens.findIndex((token) => /[*?[]/.test(token));
  if (first < 0) return encode(pattern);
  return [...tokens.slice(0, first).map(encodeToken), ">"].join(".");
}
