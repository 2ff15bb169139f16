/**
 * Formats of the `struct` module, and numpy's complex ones, as typed arrays.
 * @module
 */

/** Every array that can lie over Python's memory. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Array
  | Float32Array
  | Float64Array;

/** A constructor of one of them. */
export interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): TypedArray;
}

/** What a number is made of. */
export type NumberKind = "int" | "uint" | "float";

const HALF: TypedArrayConstructor = globalThis.Float16Array ?? Uint16Array;

const ARRAYS: Record<NumberKind, Partial<Record<number, TypedArrayConstructor>>> = {
  int: { 1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array },
  uint: { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array },
  float: { 2: HALF, 4: Float32Array, 8: Float64Array },
};

/** The array whose elements are numbers of that kind and size in bytes; `null` where there is none. */
export function arrayOf(kind: NumberKind, size: number): TypedArrayConstructor | null {
  return ARRAYS[kind][size] ?? null;
}

/** How the items of a format lie in a typed array. */
export interface Elements {
  readonly array: TypedArrayConstructor;
  /** False for items of the other byte order, which come as bytes. */
  readonly littleEndian: boolean;
}

const KINDS: Record<string, NumberKind> = {
  ...letters("bhilqn", "int"),
  ...letters("Bc?HILQNP", "uint"),
  ...letters("efd", "float"),
};

function letters(text: string, kind: NumberKind): Record<string, NumberKind> {
  return Object.fromEntries([...text].map((letter) => [letter, kind]));
}

/** An order mark, Z for a complex number, one letter: what numbers have. */
const NUMBER = /^([@=<>!^]?)(Z?)([a-zA-Z?])$/;

/**
 * The typed array for a format. The sizes of `l`, `n` and their like follow from the item's size.
 * What no typed array can show as numbers (other byte order, structs, text, long doubles) is raw bytes.
 */
export function elementsOf(format: string, itemsize: number): Elements {
  const [, order, complex, letter] = NUMBER.exec(format) ?? [];
  const swapped = order === ">" || order === "!";
  const size = complex ? itemsize / 2 : itemsize; // a complex number is two elements
  const kind = letter === undefined ? undefined : KINDS[letter];
  const array = kind && (!complex || kind === "float") ? arrayOf(kind, size) : null;
  const wrongSize = kind === "float" && size !== { e: 2, f: 4, d: 8 }[letter!];
  if (!array || wrongSize || (swapped && size > 1)) {
    return { array: Uint8Array, littleEndian: !swapped };
  }
  return { array, littleEndian: true };
}
