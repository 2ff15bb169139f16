/**
 * Messages: a header, what is carried, and what else is known of it.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { MessageError, shown } from "./message_error.ts";
import { duration, type HeaderFields, MessageHeader } from "./message_header.ts";
import { checkEndpointId, type EndpointId, type MessageId, parseMessageId } from "./message_id.ts";
import { fromJson, toJson } from "./message_json.ts";
import { MessageType, type MessageTypeName } from "./message_type.ts";
import { Priority } from "./priority.ts";
import { ProtocolVersion } from "./protocol_version.ts";

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/**
 * A message. It never changes: what changes something gives another message. The payload may be anything within a
 * process; as bytes it is JSON.
 *
 * @example
 * ```ts
 * import { Message, MessageType } from "pyduet/symphony";
 * const message = Message.builder()
 *   .messageType(MessageType.Request).source("editor").target("pit.pool")
 *   .payload({ model: "small", size: 2n ** 64n })
 *   .metadata("user", "ada")
 *   .build();
 * Message.fromBytes(message.toBytes()).equals(message); // true
 * ```
 */
export class Message<T = unknown> {
  /** From whom, to whom, when. */
  readonly header: MessageHeader;
  /** What it carries. */
  readonly payload: T;
  /** What else is known of it. */
  readonly metadata: ReadonlyMap<string, unknown>;

  /** Takes its parts; {@link Message.builder} is the easier way. */
  constructor(header: MessageHeader, payload: T, metadata: ReadonlyMap<string, unknown> = NOTHING) {
    this.header = header;
    this.payload = payload;
    this.metadata = metadata;
  }

  /** Makes a message step by step. */
  static builder(options: BuilderOptions = {}): MessageBuilder {
    return new MessageBuilder(options);
  }

  /** Which message: a UUID. */
  get id(): MessageId {
    return this.header.id;
  }

  /** The id by which its answer is known: that of the request to which it belongs, or its own. */
  get correlation(): MessageId {
    return this.header.correlationId ?? this.header.id;
  }

  /** The same with one thing more known of it. Throws a {@link MessageError} for an empty key. */
  withMetadata(key: string, value: unknown): Message<T> {
    const metadata = new Map(this.metadata).set(metadataKey(key), value);
    return new Message(this.header, this.payload, metadata);
  }

  /** What is known of it under that key; `undefined` where nothing is. */
  getMetadata(key: string): unknown {
    return this.metadata.get(key);
  }

  /** Whether it is older than it may be; `now` in milliseconds since 1970. */
  isExpired(now?: number): boolean {
    return this.header.isExpired(now);
  }

  /** Milliseconds since it was made; `now` in milliseconds since 1970. */
  age(now?: number): number {
    return this.header.age(now);
  }

  /** The same with another payload. */
  mapPayload<U>(change: (payload: T) => U): Message<U> {
    return new Message(this.header, change(this.payload), this.metadata);
  }

  /** Another message that says the same, with the very same payload. */
  clone(): Message<T> {
    return new Message(this.header.with({}), this.payload, new Map(this.metadata));
  }

  /** Whether both say the same. `same` compares payloads and metadata; by default deeply, as plain data. */
  equals(other: unknown, same: (a: unknown, b: unknown) => boolean = isDeepStrictEqual): boolean {
    if (other === this) return true;
    if (!(other instanceof Message) || !other.header.equals(this.header)) return false;
    if (!same(this.payload, other.payload)) return false;
    if (this.metadata.size !== other.metadata.size) return false;
    for (const [key, value] of this.metadata) {
      if (!other.metadata.has(key) || !same(value, other.metadata.get(key))) return false;
    }
    return true;
  }

  /** Its answer: a Response to whoever sent it, as urgent as it is. */
  reply<R>(payload: R, source: EndpointId = this.header.target): Message<R> {
    return this.#answer(MessageType.Response, payload, source);
  }

  /** Its answer where it failed: an Error with the error's name and text. */
  failure(error: unknown, source: EndpointId = this.header.target): Message<Failure> {
    return this.#answer(MessageType.Error, failureOf(error), source);
  }

  #answer<R>(type: MessageType, payload: R, source: EndpointId): Message<R> {
    const { source: target, priority } = this.header;
    const header = new MessageHeader(type, source, target, {
      correlationId: this.correlation,
      priority,
    });
    return new Message(header, payload);
  }

  /** JSON in UTF-8. Throws a {@link MessageError} for a payload that JSON cannot hold; see {@link toJson}. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { header: h } = this;
    const metadata = this.metadata.size === 0
      ? "{}"
      : toJson(Object.fromEntries(this.metadata), "metadata");
    const text = `{"header":{"id":"${h.id}","correlation_id":${
      h.correlationId === null ? null : `"${h.correlationId}"`
    },"message_type":"${h.messageType}","source":${JSON.stringify(h.source)},"target":${
      JSON.stringify(h.target)
    },"timestamp":${h.timestamp},"ttl":${h.ttl},"priority":${h.priority.level},"version":"${h.version}"},"payload":${
      toJson(this.payload, "payload")
    },"metadata":${metadata}}`;
    return ENCODER.encode(text);
  }

  /**
   * The message that {@link toBytes} wrote. Whatever the bytes are, nothing but a {@link MessageError} is thrown.
   * `parse` checks or converts the payload; what it throws is the error's cause.
   */
  static fromBytes<T = unknown>(
    bytes: Uint8Array,
    parse: (payload: unknown) => T = (payload) => payload as T,
  ): Message<T> {
    const parts = fields(fromJson(decoded(bytes), "the message"), "the message");
    const header = readHeader(fields(required(parts, "header"), "header"));
    const payload = required(parts, "payload");
    const metadata = Object.entries(fields(parts["metadata"] ?? {}, "metadata"));
    metadata.forEach(([key]) => metadataKey(key));
    let parsed: T;
    try {
      parsed = parse(payload);
    } catch (error) {
      if (error instanceof MessageError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      const options = { field: "payload", cause: error };
      throw new MessageError("Serialization", `payload was refused: ${why}`, options);
    }
    return new Message(header, parsed, new Map(metadata));
  }
}

/** The payload of an answer of type Error. */
export interface Failure {
  /** The error's name: `"TypeError"`. */
  readonly name: string;
  /** Its text. */
  readonly message: string;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  return { name: error.name, message: error.message };
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array): string {
  if (!(bytes instanceof Uint8Array)) {
    throw new MessageError("Serialization", `a message is read from bytes, not ${shown(bytes)}`);
  }
  try {
    return DECODER.decode(bytes);
  } catch (cause) {
    throw new MessageError("Serialization", "the message is no UTF-8", { cause });
  }
}

function fields(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new MessageError("Serialization", `${where} must be a JSON object, not ${shown(value)}`);
}

function required(parts: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(parts, name)) return parts[name];
  throw missing(name);
}

function missing(name: string): MessageError {
  return new MessageError("MissingField", `the message has no ${name}`, { field: name });
}

function readHeader(given: Record<string, unknown>): MessageHeader {
  const own = (name: string): unknown => Object.hasOwn(given, name) ? given[name] : undefined;
  const version = ProtocolVersion.parse(required(given, "version") as string);
  if (!version.isCompatible(ProtocolVersion.CURRENT)) {
    throw new MessageError(
      "InvalidProtocolVersion",
      `the message speaks version ${version}, this program ${ProtocolVersion.CURRENT}`,
      { field: "version" },
    );
  }
  return new MessageHeader(
    required(given, "message_type") as MessageTypeName,
    required(given, "source") as string,
    required(given, "target") as string,
    {
      id: required(given, "id") as string,
      correlationId: (own("correlation_id") ?? null) as string | null,
      timestamp: required(given, "timestamp") as number,
      ttl: readTtl(own("ttl")),
      priority: (own("priority") ?? 0) as number,
      version,
    },
  );
}

/** A large whole number is read as a bigint. */
function readTtl(given: unknown): number | null {
  return typeof given === "bigint" ? Number(given) : (given ?? null) as number | null;
}

function metadataKey(key: unknown): string {
  if (typeof key === "string" && key !== "") return key;
  throw new MessageError(
    "InvalidMetadataKey",
    `a key of metadata must be a text that is not empty, not ${shown(key)}`,
    { field: "metadata" },
  );
}

/** What a builder may be told. */
export interface BuilderOptions {
  /** The time of the messages, in milliseconds since 1970. Default: the clock's. */
  readonly now?: () => number;
}

/**
 * Makes messages step by step. Each step checks what it is given; {@link MessageBuilder.build} throws a
 * {@link MessageError} of kind `MissingField` where type, source, target or payload was not given. Every `build()`
 * gives a message of its own.
 */
export class MessageBuilder<T = unknown> {
  readonly #now: (() => number) | undefined;
  #type: MessageType | undefined;
  #source: EndpointId | undefined;
  #target: EndpointId | undefined;
  #payload: { readonly value: T } | undefined;
  #fields: HeaderFields = {};
  #metadata: Map<string, unknown> | undefined;

  /** See {@link Message.builder}. */
  constructor(options: BuilderOptions = {}) {
    this.#now = options.now;
  }

  /** What it is for. */
  messageType(type: MessageType | MessageTypeName | string): this {
    this.#type = MessageType.of(type);
    return this;
  }

  /** Who sends it. */
  source(id: EndpointId): this {
    this.#source = checkEndpointId(id, "source");
    return this;
  }

  /** Who is to take it; `"*"` is everyone. */
  target(id: EndpointId): this {
    this.#target = checkEndpointId(id, "target");
    return this;
  }

  /** The request to which it belongs. */
  correlationId(id: MessageId): this {
    return this.#set({ correlationId: parseMessageId(id, "correlation_id") });
  }

  /** Milliseconds for which it is worth reading. */
  ttl(milliseconds: number): this {
    return this.#set({ ttl: duration(milliseconds) });
  }

  /** What comes first where messages wait. */
  priority(priority: Priority | number): this {
    return this.#set({ priority: Priority.of(priority) });
  }

  /** The form of the message. */
  version(version: ProtocolVersion): this {
    if (!(version instanceof ProtocolVersion)) {
      const text = `version must be a ProtocolVersion, not ${shown(version)}`;
      throw new MessageError("InvalidProtocolVersion", text, { field: "version" });
    }
    return this.#set({ version });
  }

  /** What it carries; `null` too is a payload. */
  payload<U>(value: U): MessageBuilder<U> {
    const typed = this as unknown as MessageBuilder<U>;
    typed.#payload = { value };
    return typed;
  }

  /** One thing more that is known of it. */
  metadata(key: string, value: unknown): this {
    (this.#metadata ??= new Map()).set(metadataKey(key), value);
    return this;
  }

  /** The message. */
  build(): Message<T> {
    if (this.#type === undefined) throw missing("message_type");
    if (this.#source === undefined) throw missing("source");
    if (this.#target === undefined) throw missing("target");
    if (this.#payload === undefined) throw missing("payload");
    const fields = this.#now ? { ...this.#fields, timestamp: this.#now() } : this.#fields;
    const header = new MessageHeader(this.#type, this.#source, this.#target, fields);
    return new Message(header, this.#payload.value, new Map(this.#metadata));
  }

  #set(fields: HeaderFields): this {
    this.#fields = { ...this.#fields, ...fields };
    return this;
  }
}
