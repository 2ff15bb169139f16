/**
 * What a message is for.
 * @module
 */
import { MessageError, shown } from "./message_error.ts";

/** The names of the types. */
export type MessageTypeName = "Request" | "Response" | "Event" | "Error" | "Heartbeat";

/**
 * What a message is for. There are five, each one object, so that `===` compares them.
 *
 * @example
 * ```ts
 * import { MessageType } from "pyduet/symphony";
 * MessageType.Request.expectsResponse; // true
 * MessageType.of("Event") === MessageType.Event; // true
 * ```
 */
export class MessageType {
  /** Asks for an answer. */
  static readonly Request: MessageType = new MessageType("Request", "Asks for an answer");
  /** The answer to a request. */
  static readonly Response: MessageType = new MessageType("Response", "Answers a request");
  /** Tells what happened; nobody answers. */
  static readonly Event: MessageType = new MessageType("Event", "Tells what happened");
  /** Tells what went wrong: the answer to a request that failed. */
  static readonly Error: MessageType = new MessageType("Error", "Tells what went wrong");
  /** Tells that the sender lives. */
  static readonly Heartbeat: MessageType = new MessageType(
    "Heartbeat",
    "Tells that the sender lives",
  );

  /** Its name. */
  readonly name: MessageTypeName;
  /** What it is for, in a few words. */
  readonly description: string;

  private constructor(name: MessageTypeName, description: string) {
    this.name = name;
    this.description = description;
    Object.freeze(this);
  }

  /** Whether its sender waits for an answer: a request's alone. */
  get expectsResponse(): boolean {
    return this === MessageType.Request;
  }

  /** The type of that name, or the type itself. Throws a {@link MessageError}. */
  static of(type: MessageType | MessageTypeName | string): MessageType {
    if (type instanceof MessageType) return type;
    const found = BY_NAME.get(type);
    if (found) return found;
    throw new MessageError(
      "InvalidMessageType",
      `there is no message type ${shown(type)}; there are ${[...BY_NAME.keys()].join(", ")}`,
      { field: "message_type" },
    );
  }

  /** All five. */
  static all(): MessageType[] {
    return [...BY_NAME.values()];
  }

  /** Its name. */
  toString(): string {
    return this.name;
  }

  /** Its name. */
  toJSON(): string {
    return this.name;
  }
}

const { Request, Response, Event, Error: Failure, Heartbeat } = MessageType;
const BY_NAME: ReadonlyMap<string, MessageType> = new Map(
  [Request, Response, Event, Failure, Heartbeat].map((type) => [type.name, type]),
);
