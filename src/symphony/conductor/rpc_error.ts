/**
 * Errors on their way through JSON-RPC: what of one is sent, and what is made of it on the other side.
 * @module
 */
import { PortError, type PortErrorKind } from "../error.ts";

/** JSON-RPC's own numbers, and those of the Language Server Protocol for what JSON-RPC leaves open. */
export const RPC_CODES = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  failed: -32000,
  cancelled: -32800,
} as const;

/** The `error` of a JSON-RPC answer. */
export interface RpcErrorObject {
  /** One of {@link RPC_CODES}, or another. */
  readonly code: number;
  /** The error's message. */
  readonly message: string;
  /** What else is known of it. */
  readonly data?: unknown;
}

/** What is known of an error in another process. */
export interface RemoteCause {
  /** JSON-RPC's number. */
  readonly code: number;
  /** The class's name: `"PythonError"`. */
  readonly name?: string;
  /** Of one of Python's: `"ValueError"`. */
  readonly type?: string;
  /** Of one of Python's: its traceback. */
  readonly traceback?: string;
  /** Its stack in the other process. */
  readonly stack?: string;
}

/** A call that failed in the other process. */
export class RemoteError extends PortError {
  /** The class's name, as printed. */
  override name = "RemoteError";
  /** What is known of the error there. */
  readonly remote: RemoteCause;

  /** Takes the method, the message of the error there, and what else is known of it. */
  constructor(method: string, message: string, remote: RemoteCause) {
    super("ConductorOperationFailed", method, message);
    this.remote = remote;
  }
}

const TEXTS = ["name", "kind", "operation", "type", "traceback", "stack"] as const;

/** What of an error is sent. */
export function describeError(error: unknown, code: number = RPC_CODES.failed): RpcErrorObject {
  if (typeof error !== "object" || error === null) return { code, message: String(error) };
  const { message } = error as Error;
  const data: Record<string, string | boolean> = {};
  for (const key of TEXTS) {
    const value = (error as Record<string, unknown>)[key];
    if (typeof value === "string") data[key] = value;
  }
  // Whatever its class: who calls goes by its kind. One that came from a third process is told as of this one.
  if (error instanceof PortError && !(error instanceof RemoteError)) data["port"] = true;
  return { code, message: typeof message === "string" ? message : String(error), data };
}

/** The error that a caller gets. */
export function errorOf(method: string, sent: unknown): Error {
  const { code, message, data } = fieldsOf(sent);
  const text = typeof message === "string" ? message : "failed without a message";
  const known: Record<string, string> = {};
  for (const key of TEXTS) {
    const value = fieldsOf(data)[key];
    if (typeof value === "string") known[key] = value;
  }
  const { kind, operation, ...rest } = known;
  if (fieldsOf(data)["port"] === true && kind !== undefined && operation !== undefined) {
    return new PortError(kind as PortErrorKind, operation, text.replace(`${operation}: `, ""));
  }
  return new RemoteError(method, text, { code: typeof code === "number" ? code : 0, ...rest });
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
