/**
 * What carries messages between buses: to another process, or to other machines.
 *
 * A bus first looks for a taker of its own. What it has none for, and what is for everyone, it gives to its transport as
 * a parcel: bytes of a message, how they are to be handed over, and a name. The transport takes it to a bus that
 * listens to that name, hands it in there by the {@link Receive} that the bus gave it, and brings the answer back.
 * It never looks into the bytes. For two buses on the ends of one pipe, a transport is a few lines: each parcel is one
 * request of JSON-RPC (`bytes` as text, since a message is JSON in UTF-8), each answer its result; what the other side
 * listens to comes by a notification.
 *
 * | mode | who gets it | answer |
 * |---|---|---|
 * | `send` | one bus that listens to the endpoint `name` | a message of type Response when its handler is done, or of type Error |
 * | `request` | the same | the handler's answer, of type Response or Error |
 * | `publish` | every other bus that listens to a topic or pattern that fits `name` | none: `null` |
 * | `broadcast` | every other bus | none: `null` |
 *
 * Promises that a bus relies on: a parcel is handed over at most once to each bus, and never to the bus that sent it;
 * parcels of one sender for one name arrive in their order. What a transport delivers beyond that (a topic that does
 * not fit, an endpoint that has gone) does no harm.
 * @module
 */

/** How a parcel is handed over. */
export type CarryMode = "send" | "request" | "publish" | "broadcast";

/** What is carried. */
export interface Parcel {
  /** How it is handed over. */
  readonly mode: CarryMode;
  /** The endpoint, or the topic; `"*"` where it goes to everyone. */
  readonly name: string;
  /** A message, as `Message.toBytes()` writes it. */
  readonly bytes: Uint8Array;
}

/**
 * Hands a parcel in. The answer's bytes; `null` where there is none: for `publish` and `broadcast` always, else where
 * the bus has no such endpoint. Never rejected: what fails is an answer of type Error.
 */
export type Receive = (parcel: Parcel) => Promise<Uint8Array | null>;

/** What a bus listens to. */
export interface Interest {
  /** Whether parcels for an endpoint are meant, or what is published. */
  readonly kind: "endpoint" | "topic";
  /** The endpoint's id, or a topic or pattern of topics (see `Glob`). */
  readonly name: string;
}

/** How a parcel is carried. */
export interface CarryOptions {
  /** Milliseconds to wait for the answer. */
  readonly timeout: number;
  /** Aborted where nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** What carries messages between buses. See the module's text for what each mode means. */
export interface BusTransport {
  /** Called once, by the bus that it belongs to; broadcasts come in from then on. */
  open(receive: Receive): void | Promise<void>;
  /**
   * Parcels of that name are wanted from now on; resolves when others see it. The result's call ends that. A bus
   * asks for each interest once.
   */
  listen(interest: Interest): (() => void) | Promise<() => void>;
  /**
   * Takes a parcel to whom it is for. The answer's bytes, `null` where nobody listens to that name, or where no answer
   * belongs to the mode. Rejected where the way itself fails; `undefined` where no answer came in time.
   */
  carry(parcel: Parcel, options: CarryOptions): Promise<Uint8Array | null | undefined>;
  /** Lets what is on its way arrive, and closes. The bus calls it once, last. */
  close(): void | Promise<void>;
}
