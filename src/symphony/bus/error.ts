/**
 * What can go wrong on a bus.
 * @module
 */
import { SymphonyError } from "../error.ts";

/** What went wrong. */
export type BusErrorKind =
  | "NoRouteFound"
  | "EndpointNotFound"
  | "EndpointUnhealthy"
  | "DeliveryFailed"
  | "MissingCorrelationId"
  | "MessageTooLarge"
  | "BusShuttingDown"
  | "Router"
  | "Correlation"
  | "PubSub"
  | "Health"
  | "Configuration"
  | "Internal";

/** What went wrong more exactly, for the kinds that are the name of a part of the bus. */
export type BusErrorReason =
  | "RouteAlreadyExists"
  | "RouteNotFound"
  | "InvalidPattern"
  | "CorrelationAlreadyExists"
  | "CorrelationNotFound"
  | "RequestTimeout"
  | "SubscriptionNotFound"
  | "SubscriptionFull";

const KINDS: readonly string[] = "NoRouteFound EndpointNotFound EndpointUnhealthy DeliveryFailed "
  .concat("MissingCorrelationId MessageTooLarge BusShuttingDown Router Correlation PubSub Health ")
  .concat("Configuration Internal").split(" ");

/** Whether a text, such as one of another machine, is a kind. */
export function isBusErrorKind(text: unknown): text is BusErrorKind {
  return typeof text === "string" && KINDS.includes(text);
}

/**
 * What a bus could not do. A handler's own error is the `cause` of `DeliveryFailed`, as the very same object.
 *
 * @example
 * ```ts
 * import { BusError, Message, MessageBus } from "pyduet/symphony";
 * const bus = new MessageBus();
 * const message = Message.builder().messageType("Request").source("a").target("b").payload(1).build();
 * await bus.send(message).catch((error: BusError) => error.kind); // "NoRouteFound"
 * ```
 */
export class BusError extends SymphonyError {
  /** The class's name, as printed. */
  override name = "BusError";
  /** What went wrong. */
  declare readonly kind: BusErrorKind;
  /** What went wrong more exactly, where the kind is the name of a part of the bus. */
  readonly reason: BusErrorReason | null;

  /** Takes the kind and the full text. */
  constructor(
    kind: BusErrorKind,
    message: string,
    options: { readonly reason?: BusErrorReason | null; readonly cause?: unknown } = {},
  ) {
    if (!isBusErrorKind(kind)) {
      throw new TypeError(`BusError has no kind ${JSON.stringify(kind)}`);
    }
    super(kind, message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? null;
  }
}
