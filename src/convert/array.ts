/**
 * The numbers of numpy arrays as typed arrays.
 * @module
 */

import { arrayOf, type NumberKind, type TypedArray } from "./format.ts";

const KINDS: Record<string, NumberKind> = { i: "int", u: "uint", f: "float" };

/** How integers come: as in `$.toJs()`. */
export type Ints = "auto" | "number" | "bigint";

/** Numbers beyond the safe integers, where only safe ones are wanted: the place of the first. */
export interface Unsafe {
  readonly index: number;
  readonly value: bigint;
}

/**
 * The bytes as numbers. `kind` is numpy's letter, `i`, `u` or `f`, `size` the bytes of one.
 * With `"number"` integers of 64 bits become doubles, with `"bigint"` all integers 64 bits wide.
 */
export function numbersOf(
  bytes: ArrayBuffer,
  { kind, size, ints }: { kind: string; size: number; ints: Ints },
): TypedArray | Unsafe {
  const numbers = new (arrayOf(KINDS[kind]!, size)!)(bytes);
  if (ints === "number" && isWide(numbers)) return doubles(numbers);
  if (ints === "bigint" && kind !== "f" && size < 8) {
    const wide = Array.from(numbers as Int8Array, BigInt);
    return kind === "i" ? BigInt64Array.from(wide) : BigUint64Array.from(wide);
  }
  return numbers;
}

function doubles(numbers: BigInt64Array | BigUint64Array): TypedArray | Unsafe {
  const made = new Float64Array(numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const value = Number(numbers[index]!);
    if (!Number.isSafeInteger(value)) return { index, value: numbers[index]! };
    made[index] = value;
  }
  return made;
}

/** The numbers, in C order, as arrays in arrays. 64-bit integers are numbers where those are safe. */
export function nested(numbers: TypedArray, shape: readonly number[], ints: Ints): unknown[] {
  const items: ArrayLike<unknown> = isWide(numbers) && ints === "auto" ? short(numbers) : numbers;
  let at = 0;
  const row = (length: number): unknown[] => {
    const values = new Array(length);
    for (let i = 0; i < length; i++) values[i] = items[at++];
    return values;
  };
  const level = (axis: number): unknown[] =>
    axis === shape.length - 1
      ? row(shape[axis]!)
      : Array.from({ length: shape[axis]! }, () => level(axis + 1));
  return level(0);
}

function isWide(numbers: TypedArray): numbers is BigInt64Array | BigUint64Array {
  return numbers instanceof BigInt64Array || numbers instanceof BigUint64Array;
}

/** By halves of 32 bits: to make a bigint of each would take ten times as long. */
function short(numbers: BigInt64Array | BigUint64Array): (number | bigint)[] {
  const low = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
  const high = numbers instanceof BigInt64Array ? new Int32Array(low.buffer, low.byteOffset) : low;
  const values: (number | bigint)[] = new Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = high[i * 2 + 1]! * 4294967296 + low[i * 2]!;
    values[i] = Number.isSafeInteger(value) ? value : numbers[i]!;
  }
  return values;
}

/** The indices of the `index`th item of an array in C order. */
export function indicesOf(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let left = index;
  for (const length of [...shape].reverse()) {
    indices.unshift(left % length);
    left = Math.floor(left / length);
  }
  return indices;
}
