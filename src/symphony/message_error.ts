/**
 * What can be wrong with a message.
 * @module
 */
import { SymphonyError } from "./error.ts";

/** What is wrong with a message. */
export type MessageErrorKind =
  | "InvalidMessageType"
  | "MissingField"
  | "InvalidEndpointId"
  | "InvalidPriority"
  | "TtlExpired"
  | "InvalidProtocolVersion"
  | "Serialization"
  | "UuidParse"
  | "InvalidMetadataKey";

/** The groups of these kinds. */
export type MessageErrorCategory =
  | "validation"
  | "expiration"
  | "compatibility"
  | "serialization"
  | "parsing";

const CATEGORIES: Readonly<Record<MessageErrorKind, MessageErrorCategory>> = {
  InvalidMessageType: "validation",
  MissingField: "validation",
  InvalidEndpointId: "validation",
  InvalidPriority: "validation",
  InvalidMetadataKey: "validation",
  TtlExpired: "expiration",
  InvalidProtocolVersion: "compatibility",
  Serialization: "serialization",
  UuidParse: "parsing",
};

const FINAL: readonly string[] = ["TtlExpired", "InvalidProtocolVersion", "UuidParse"];

/**
 * A message that cannot be made, read or delivered.
 *
 * @example
 * ```ts
 * import { Message, MessageError } from "pyduet/symphony";
 * try {
 *   Message.builder().messageType("Event").source("a").target("b").build();
 * } catch (error) {
 *   const { kind, field } = error as MessageError;
 *   [kind, field]; // ["MissingField", "payload"]
 * }
 * ```
 */
export class MessageError extends SymphonyError {
  /** The class's name, as printed. */
  override name = "MessageError";
  /** What is wrong. */
  declare readonly kind: MessageErrorKind;
  /** The field of the message that is meant, where it is one: `"payload"`. */
  readonly field: string | null;

  /** Takes the kind and the full text. */
  constructor(
    kind: MessageErrorKind,
    message: string,
    options: { readonly field?: string; readonly cause?: unknown } = {},
  ) {
    if (!Object.hasOwn(CATEGORIES, kind)) {
      throw new TypeError(`MessageError has no kind ${JSON.stringify(kind)}`);
    }
    super(kind, message, "cause" in options ? { cause: options.cause } : undefined);
    this.field = options.field ?? null;
  }

  /** Whether the sender can mend it and try again: not where it came too late, or from another protocol. */
  isRecoverable(): boolean {
    return !FINAL.includes(this.kind);
  }

  /** The group of the kind. */
  category(): MessageErrorCategory {
    return CATEGORIES[this.kind];
  }
}

/** A value as it stands in an error: short, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 60)}… (${value.length} characters)` : text;
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}
