/**
 * Who owns a pointer to a Python object, as types, in the words of CPython's
 * glossary. The brands exist for the compiler only.
 *
 * A function that returns {@link New} gives its caller one reference to give
 * back (`Py_DecRef`), once. One that returns {@link Borrowed} gives none: the
 * pointer is good while something else keeps the object alive. One that takes
 * {@link Stolen} gives the reference back itself, also when it fails.
 * @module
 */

import type { Pointer } from "../ffi/backend.ts";

declare const OWNERSHIP: unique symbol;

/** A reference that the holder must give back. */
export type New = Pointer & { readonly [OWNERSHIP]: "new" };

/** A pointer kept alive by somebody else. */
export type Borrowed = Pointer & { readonly [OWNERSHIP]: "borrowed" };

/** A reference about to be given away. */
export type Stolen = Pointer & { readonly [OWNERSHIP]: "stolen" };

/** Any pointer to a live object, for functions that only look at it during the call. */
export type Ref = New | Borrowed;

/** Gives a reference away: the holder must not use it any more. */
export function steal(reference: New): Stolen {
  return reference as unknown as Stolen;
}

/** Lends a reference; the holder still owns it and must outlive the use. */
export function borrow(reference: Ref): Borrowed {
  return reference as unknown as Borrowed;
}

/** Claims a pointer as a new reference, where C hands one over outside a result. */
export function unsafeNew(pointer: Pointer): New {
  return pointer as New;
}

/** Claims a pointer as borrowed, where C hands one over outside a result. */
export function unsafeBorrowed(pointer: Pointer): Borrowed {
  return pointer as Borrowed;
}
