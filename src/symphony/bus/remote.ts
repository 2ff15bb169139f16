/**
 * The part of a bus that reaches beyond it: what is carried away, and what comes in.
 * @module
 */
import { type Failure, Message } from "../message.ts";
import { MessageError } from "../message_error.ts";
import { EVERYONE } from "../message_id.ts";
import { MessageType } from "../message_type.ts";
import { BusError, isBusErrorKind } from "./error.ts";
import type { Counters } from "./metrics.ts";
import type { BusTransport, CarryMode, Interest, Parcel } from "./transport.ts";

/** What the bus does with what comes in. */
export interface Inbound {
  /** Whether that endpoint is here. */
  has(endpoint: string): boolean;
  /** Hands a message to an endpoint here. */
  send(endpoint: string, message: Message): Promise<unknown>;
  /** The same, and gives the answer. */
  request(endpoint: string, message: Message): Promise<Message>;
  /** To those here who listen to the topic. */
  publish(topic: string, message: Message): Promise<unknown>;
  /** To all here. */
  broadcast(message: Message): Promise<unknown>;
}

/** The payload of a failure that came from a bus. */
interface BusFailure extends Failure {
  readonly kind?: string;
  readonly reason?: string | null;
}

/** What a bus may change about its other side. */
export interface RemoteOptions {
  /** Bytes of a whole message. */
  readonly maxMessageSize: number;
  readonly counters: Counters;
}

/** The other side of a bus. */
export class Remote {
  readonly #transport: BusTransport;
  readonly #inbound: Inbound;
  readonly #options: RemoteOptions;
  readonly #interests = new Map<string, { count: number; ready: Promise<() => void> }>();
  readonly #opened: Promise<void>;

  /** Opens the transport. */
  constructor(transport: BusTransport, inbound: Inbound, options: RemoteOptions) {
    this.#transport = transport;
    this.#inbound = inbound;
    this.#options = options;
    this.#opened = (async () => await transport.open((parcel) => this.#receive(parcel)))();
    this.#opened.catch(() => {}); // ready() tells it
  }

  /** Resolves when all that was asked for is in force. */
  async ready(): Promise<void> {
    await this.#opened;
    await Promise.all([...this.#interests.values()].map(({ ready }) => ready));
  }

  /** Parcels of that name are wanted. */
  listen(interest: Interest): void {
    const key = `${interest.kind} ${interest.name}`;
    const known = this.#interests.get(key);
    if (known) {
      known.count++;
      return;
    }
    const ready = this.#opened.then(() => this.#transport.listen(interest));
    ready.catch(() => {}); // ready() tells it
    this.#interests.set(key, { count: 1, ready });
  }

  /** They are wanted no more, unless somebody else wants them. */
  forget({ kind, name }: Interest): void {
    const key = `${kind} ${name}`;
    const known = this.#interests.get(key);
    if (!known || --known.count > 0) return;
    this.#interests.delete(key);
    known.ready.then((end) => end(), () => {});
  }

  /**
   * Takes a message to whoever it is for elsewhere. The answer; `null` where nobody is there. Throws what failed there
   * as a BusError.
   */
  async carry(
    mode: CarryMode,
    name: string,
    message: Message,
    options: { readonly timeout: number; readonly signal?: AbortSignal },
  ): Promise<Message | null> {
    await this.#opened;
    const bytes = this.#sized(message.toBytes());
    this.#options.counters.carried++;
    const answer = await this.#transport.carry({ mode, name, bytes }, options).catch((cause) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new BusError("DeliveryFailed", `the transport failed: ${why}`, { cause });
    });
    if (answer === null) return null;
    if (answer === undefined) {
      throw new BusError(
        "Correlation",
        `the request ${message.id} timed out: no answer came within ${options.timeout} ms`,
        { reason: "RequestTimeout" },
      );
    }
    return Message.fromBytes(answer);
  }

  /** Lets what is on its way arrive, and closes. */
  async close(): Promise<void> {
    await this.#opened.catch(() => {});
    await this.#transport.close();
  }

  #sized(bytes: Uint8Array): Uint8Array {
    const { maxMessageSize } = this.#options;
    if (bytes.byteLength <= maxMessageSize) return bytes;
    throw tooLarge(bytes.byteLength, maxMessageSize);
  }

  async #receive({ mode, name, bytes }: Parcel): Promise<Uint8Array | null> {
    const { counters } = this.#options;
    counters.received++;
    let message: Message;
    try {
      message = Message.fromBytes(this.#sized(bytes));
    } catch (error) {
      counters.malformed++;
      return mode === "send" || mode === "request" ? failureBytes(NOBODY, error) : null;
    }
    try {
      if (mode === "publish") await this.#inbound.publish(name, message);
      else if (mode === "broadcast") await this.#inbound.broadcast(message);
      else if (!this.#inbound.has(name)) return null;
      else if (mode === "send") {
        await this.#inbound.send(name, message);
        return message.reply(null, name).toBytes();
      } else return this.#sized((await this.#inbound.request(name, message)).toBytes());
      return null;
    } catch (error) {
      return mode === "send" || mode === "request" ? failureBytes(message, error, name) : null;
    }
  }
}

/** Where the message itself could not be read. */
const NOBODY: Message = Message.builder()
  .messageType(MessageType.Event).source("bus").target(EVERYONE).payload(null).build();

function failureBytes(message: Message, error: unknown, source?: string): Uint8Array {
  const failed = message.failure(error, source);
  return failed.mapPayload((payload) => ({ ...payload, ...kindOf(error) })).toBytes();
}

function kindOf(error: unknown): Partial<BusFailure> {
  if (error instanceof BusError) return { kind: error.kind, reason: error.reason };
  return error instanceof MessageError ? { kind: error.kind } : {};
}

/** The error that an answer of type Error tells. */
export function failureOf(answer: Message): BusError {
  const { payload } = answer as Message<{ toJSON?: () => unknown } | null | undefined>;
  // What another language made says itself what it is.
  const plain = typeof payload?.toJSON === "function" ? payload.toJSON() : payload;
  const { name, message, kind, reason } = Object(plain) as Partial<BusFailure>;
  if (name === "BusError" && isBusErrorKind(kind) && typeof message === "string") {
    return new BusError(kind, message, { reason: (reason ?? null) as BusError["reason"] });
  }
  const text = typeof message === "string" ? `${String(name ?? "Error")}: ${message}` : "";
  return new BusError(
    "DeliveryFailed",
    `${answer.header.source} failed${text === "" ? "" : `: ${text}`}`,
    { cause: answer },
  );
}

/** The error of a message that is too large. */
export function tooLarge(size: number, most: number): BusError {
  return new BusError(
    "MessageTooLarge",
    `the message has ${size} bytes, of which the bus takes ${most} (maxMessageSize, in Python max_message_size)`,
  );
}
