/**
 * Where the items of an array with a shape and strides lie.
 * @module
 */

/** The places of an array's items, in bytes from its first item. */
export interface Extent {
  /** The lowest byte; zero or less. */
  readonly low: number;
  /** One more than the highest byte. */
  readonly high: number;
}

/** The bytes that the items cover; nothing where there are none. */
export function extentOf(
  shape: readonly number[],
  strides: readonly number[],
  itemsize: number,
): Extent {
  if (shape.includes(0)) return { low: 0, high: 0 };
  let low = 0;
  let high = itemsize;
  shape.forEach((length, i) => {
    const reach = (length - 1) * strides[i]!;
    if (reach < 0) low += reach;
    else high += reach;
  });
  return { low, high };
}

/** The strides in bytes of items that lie in C order without gaps. */
export function stridesInOrder(shape: readonly number[], itemsize: number): number[] {
  const strides: number[] = [];
  let stride = itemsize;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Whether the items lie in C order without gaps. A dimension of one item has any stride. */
export function isContiguous(
  shape: readonly number[],
  strides: readonly number[],
  itemsize: number,
): boolean {
  if (shape.includes(0)) return true;
  const inOrder = stridesInOrder(shape, itemsize);
  return shape.every((length, i) => length === 1 || strides[i] === inOrder[i]);
}
