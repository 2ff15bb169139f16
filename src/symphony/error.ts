/**
 * Symphony's errors. Each has a `kind`, by which programs choose, and names in its message what was wrong, where,
 * and what can be done.
 * @module
 */

/** What went wrong, in Symphony's own words. */
export type SymphonyErrorKind =
  | "Validation"
  | "Io"
  | "Serialization"
  | "Configuration"
  | "Generic";

/** Base of all errors of Symphony. */
export class SymphonyError extends Error {
  /** The class's name, as printed. */
  override name = "SymphonyError";
  /** What went wrong. */
  readonly kind: string;

  /** Takes a kind and the full text; `cause` is the error behind it. */
  constructor(kind: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

/** The operations of the ports that can fail. */
export type PortErrorKind =
  | "PitOperationFailed"
  | "ConductorOperationFailed"
  | "DataAccessFailed"
  | "ProcessCommunicationFailed"
  | "SynchronizationError"
  | "PreValidationError"
  | "AuthoritativeValidationError"
  | "ResourceExhausted"
  | "Timeout";

/** An operation of a port that failed. */
export class PortError extends SymphonyError {
  /** The class's name, as printed. */
  override name = "PortError";
  /** The operation in the port's words: `"retrieve_artifact"`. */
  readonly operation: string;

  /** Takes the kind, the operation and the reason; the message names both. */
  constructor(
    kind: PortErrorKind,
    operation: string,
    reason: string,
    options?: { cause?: unknown },
  ) {
    super(kind, `${operation}: ${reason}`, options);
    this.operation = operation;
  }
}
