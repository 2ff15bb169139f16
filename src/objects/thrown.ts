/**
 * What can be said of a value that JavaScript threw. It may be anything, and nothing that it does
 * when it is asked can fail this.
 * @module
 */

import { PythonError } from "../interpreter/python_error.ts";
import { describe } from "../convert/path.ts";

/** A thrown value in the words that python/pyduet/_kinds.py takes. */
export interface ThrownFacts {
  /** The builtin class that it is. */
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Of a system error: `"ENOENT"`, and the files that it is about. */
  readonly code: string | null;
  readonly path: string | null;
  readonly dest: string | null;
  /** The errors of an AggregateError; `null` for any other. */
  readonly inner: readonly unknown[] | null;
  /** `undefined` or `null` where there is none. */
  readonly cause: unknown;
}

/** More errors than that in one AggregateError stay behind. */
const MOST_INNER = 100_000;

const KINDS: readonly [string, abstract new () => Error][] = [
  ["TypeError", TypeError],
  ["RangeError", RangeError],
  ["SyntaxError", SyntaxError],
];

/** What Python is told of anything thrown. */
export function factsOfThrown(thrown: unknown): ThrownFacts {
  if (!isError(thrown)) {
    const message = typeof thrown === "string" ? thrown : describe(thrown);
    const none = { code: null, path: null, dest: null, inner: null, cause: null };
    return { kind: "Error", name: "Error", message, stack: "", ...none };
  }
  const kind = KINDS.find(([, builtin]) => safely(() => thrown instanceof builtin))?.[0] ?? "Error";
  const system = thrown as { code?: unknown; path?: unknown; dest?: unknown };
  const code = textOr(null, () => system.code);
  return {
    kind,
    name: textOr(kind, () => thrown.name),
    message: textOr("", () => thrown.message),
    stack: stackOf(thrown),
    code,
    path: code === null ? null : textOr(null, () => system.path),
    dest: code === null ? null : textOr(null, () => system.dest),
    inner: safely(() => thrown instanceof AggregateError ? innerOf(thrown) : null) ?? null,
    cause: safely(() => thrown.cause),
  };
}

function innerOf({ errors }: AggregateError): unknown[] {
  // Not by its iterator, which a program may have made endless.
  return Array.isArray(errors) ? Array.prototype.slice.call(errors, 0, MOST_INNER) : [];
}

/** Whether a value is an error, however hostile. */
export function isError(value: unknown): value is Error {
  return safely(() => value instanceof Error) === true;
}

/** The JS stack of an error, as it was made. */
export function stackOf(error: Error): string {
  return textOr("", () => PythonError.jsStackOf(error));
}

/** What a getter gives; `undefined` where it throws. */
export function safely<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

function textOr<T>(otherwise: T, get: () => unknown): string | T {
  const value = safely(get);
  return typeof value === "string" ? value : otherwise;
}
