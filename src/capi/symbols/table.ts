/**
 * How the symbol tables are written: the TypeScript type of a function tells
 * parameters, result, ownership and null policy; the letters beside it tell the
 * C words (ffi/backend.ts); the versions tell where it is exported.
 *
 * Null policy: `New | null` or `Borrowed | null` means that null signals a set
 * Python exception, unless the line says otherwise. An `int` result of -1
 * signals one too.
 * @module
 */

import type { NativeFunction, Signature } from "../../ffi/backend.ts";

/** One symbol of CPython. `F` is what TypeScript sees. */
export interface CSymbol<F> {
  readonly signature: Signature;
  /** The exported name, where it differs from the key. */
  readonly symbol?: string;
  readonly optional?: boolean;
  /** For the compiler only. */
  readonly type?: F;
}

/** A function exported by every Python from 3.8 on. */
export function c<F extends NativeFunction>(signature: Signature, symbol?: string): CSymbol<F> {
  return symbol === undefined ? { signature } : { signature, symbol };
}

/** A function that some versions lack; `null` there. */
export function some<F extends NativeFunction>(
  signature: Signature,
  symbol?: string,
): CSymbol<F | null> {
  return symbol === undefined
    ? { signature, optional: true }
    : { signature, symbol, optional: true };
}

/** The functions of a table, bound. */
export type Bound<T> = { readonly [K in keyof T]: T[K] extends CSymbol<infer F> ? F : never };
