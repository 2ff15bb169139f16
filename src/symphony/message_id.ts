/**
 * Who and which: the ids of messages and of endpoints. Both are plain text.
 * @module
 */
import { randomUUID } from "node:crypto";
import { MessageError, shown } from "./message_error.ts";

/** Which message: a UUID in lower case. */
export type MessageId = string;

/** Who sends or takes messages: `"pit.pool"`. `"*"` as a target is everyone. */
export type EndpointId = string;

/** The target that means everyone. */
export const EVERYONE: EndpointId = "*";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** No white space and no control character: an id stands in logs, in subjects of NATS, on command lines. */
// deno-lint-ignore no-control-regex -- those are what must not be there
const ENDPOINT = /^[^\s\x00-\x1f\x7f-\x9f\p{Cs}]{1,255}$/u;

/** A new id: a UUID, version 4. */
export function newMessageId(): MessageId {
  return randomUUID();
}

/** The id that a text is. Throws a {@link MessageError}. `field` says where it stands. */
export function parseMessageId(text: unknown, field = "id"): MessageId {
  if (typeof text === "string" && UUID.test(text)) return text.toLowerCase();
  throw new MessageError(
    "UuidParse",
    `${field} must be a UUID such as 6f1c2f0e-3d4b-4f6a-9c1d-2b7e8a9f0c3d, not ${shown(text)}`,
    { field },
  );
}

/** The text, if it can be an endpoint's id. Throws a {@link MessageError}. `field` says where it stands. */
export function checkEndpointId(id: unknown, field = "endpoint"): EndpointId {
  if (typeof id === "string" && ENDPOINT.test(id)) return id;
  throw new MessageError(
    "InvalidEndpointId",
    `${field} must be a text of 1 to 255 characters without white space, not ${shown(id)}`,
    { field },
  );
}
