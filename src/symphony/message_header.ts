/**
 * What a message says of itself.
 * @module
 */
import { MessageError, shown } from "./message_error.ts";
import {
  checkEndpointId,
  type EndpointId,
  type MessageId,
  newMessageId,
  parseMessageId,
} from "./message_id.ts";
import { MessageType, type MessageTypeName } from "./message_type.ts";
import { Priority } from "./priority.ts";
import { ProtocolVersion } from "./protocol_version.ts";

/** What a header may say beside what it must. */
export interface HeaderFields {
  /** Default: a new one. */
  readonly id?: MessageId;
  /** The request to which the message belongs. */
  readonly correlationId?: MessageId | null;
  /** Milliseconds since 1970. Default: now. */
  readonly timestamp?: number;
  /** Milliseconds for which the message is worth reading. Default: for ever. */
  readonly ttl?: number | null;
  /** Default: {@link Priority.NORMAL}. */
  readonly priority?: Priority | number;
  /** Default: {@link ProtocolVersion.CURRENT}. */
  readonly version?: ProtocolVersion;
}

/** From whom, to whom, when: what a message says of itself. It never changes; `with…()` gives another one. */
export class MessageHeader {
  /** Which message: a UUID. */
  readonly id: MessageId;
  /** The request to which it belongs. */
  readonly correlationId: MessageId | null;
  /** What it is for. */
  readonly messageType: MessageType;
  /** Who sends it. */
  readonly source: EndpointId;
  /** Who is to take it; `"*"` is everyone. */
  readonly target: EndpointId;
  /** When it was made, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Milliseconds for which it is worth reading; `null`: for ever. */
  readonly ttl: number | null;
  /** What comes first where messages wait. */
  readonly priority: Priority;
  /** The form of the message. */
  readonly version: ProtocolVersion;

  /** Takes what every header has, and the rest by name. Throws a {@link MessageError}. */
  constructor(
    messageType: MessageType | MessageTypeName,
    source: EndpointId,
    target: EndpointId,
    fields: HeaderFields = {},
  ) {
    const { id, correlationId = null, timestamp, ttl = null, priority, version } = fields;
    this.id = id === undefined ? newMessageId() : parseMessageId(id);
    this.correlationId = correlationId === null
      ? null
      : parseMessageId(correlationId, "correlation_id");
    this.messageType = MessageType.of(messageType);
    this.source = checkEndpointId(source, "source");
    this.target = checkEndpointId(target, "target");
    this.timestamp = timestamp === undefined ? Date.now() : wholeTime(timestamp);
    this.ttl = ttl === null ? null : duration(ttl);
    this.priority = priority === undefined ? Priority.NORMAL : Priority.of(priority);
    this.version = version ?? ProtocolVersion.CURRENT;
  }

  /** When it was made. */
  get date(): Date {
    return new Date(this.timestamp);
  }

  /** Milliseconds since it was made; `now` in milliseconds since 1970. */
  age(now: number = Date.now()): number {
    return Math.max(0, now - this.timestamp);
  }

  /** Whether it is older than it may be. */
  isExpired(now: number = Date.now()): boolean {
    return this.ttl !== null && this.age(now) > this.ttl;
  }

  /** The same, as part of that request. */
  withCorrelationId(correlationId: MessageId | null): MessageHeader {
    return this.with({ correlationId });
  }

  /** The same, worth reading for so many milliseconds. */
  withTtl(ttl: number | null): MessageHeader {
    return this.with({ ttl });
  }

  /** The same with that priority. */
  withPriority(priority: Priority | number): MessageHeader {
    return this.with({ priority });
  }

  /** The same but for these fields. */
  with(fields: HeaderFields): MessageHeader {
    return new MessageHeader(this.messageType, this.source, this.target, { ...this, ...fields });
  }

  /** Whether both say the same in every field. */
  equals(other: unknown): boolean {
    return other instanceof MessageHeader && this.id === other.id &&
      this.correlationId === other.correlationId && this.messageType === other.messageType &&
      this.source === other.source && this.target === other.target &&
      this.timestamp === other.timestamp && this.ttl === other.ttl &&
      this.priority.equals(other.priority) && this.version.equals(other.version);
  }
}

/** The range of a Date. */
const LATEST = 8.64e15;

function wholeTime(timestamp: number): number {
  if (Number.isInteger(timestamp) && Math.abs(timestamp) <= LATEST) return timestamp;
  throw new MessageError(
    "Serialization",
    `timestamp must be a whole number of milliseconds since 1970, not ${shown(timestamp)}`,
    { field: "timestamp" },
  );
}

/** The milliseconds, if they can be a `ttl`. Throws a {@link MessageError}. */
export function duration(ttl: number): number {
  if (Number.isFinite(ttl) && ttl >= 0) return ttl;
  throw new MessageError(
    "Serialization",
    `ttl must be a number of milliseconds from 0, not ${shown(ttl)}`,
    { field: "ttl" },
  );
}
