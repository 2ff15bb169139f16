/**
 * Standard Schema, version 1: the part of it that is needed to validate.
 * Its specification asks implementers to copy the interface.
 * @module
 */

import { PyConversionError } from "../errors.ts";
import { stepOf } from "./path.ts";

/** A schema of any library that follows the standard. */
export interface StandardSchema<Output> {
  /** The standard's own properties. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** What validating gives: a value, or issues. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One reason against a value. */
export interface SchemaIssue {
  /** What is wrong. */
  readonly message: string;
  /** Where, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The validated value; a {@link PyConversionError} with the path of the first issue. */
export function validate<Output>(schema: StandardSchema<Output>, value: unknown): Output {
  const standard = schema["~standard"];
  const result = standard.validate(value);
  if ("then" in result) {
    // Nobody waits for it any more: what it throws must not end the process.
    result.then(undefined, () => {});
    const { vendor } = standard;
    throw new TypeError(
      `This ${vendor} schema validates asynchronously; use $.toJs() and validate its result`,
    );
  }
  if (!result.issues) return result.value;
  const lines = result.issues.map(({ message, path = [] }) => `${pathText(path)}: ${message}`);
  throw new PyConversionError(pathText(result.issues[0]?.path ?? []), lines.join("; "));
}

function pathText(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return "$" + path.map((part) => stepOf(typeof part === "object" ? part.key : part)).join("");
}
