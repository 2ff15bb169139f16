/**
 * Keys that JavaScript has no literal for.
 * @module
 */

/** A Python slice, made by {@link slice}. */
export class Slice {
  /** First index, `null` for the beginning. */
  readonly start: unknown;
  /** Index before which it ends, `null` for the end. */
  readonly stop: unknown;
  /** Distance of two items, `null` for 1. */
  readonly step: unknown;
  /** Use {@link slice}. */
  constructor(start: unknown, stop: unknown, step: unknown) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }
}

/**
 * `slice(stop)` or `slice(start, stop, step?)`, as Python's own; `null` leaves one open.
 *
 * @example
 * ```ts
 * import { slice, startPython } from "pyduet";
 * const py = startPython();
 * const letters = py.builtins.list("abcdef");
 * letters.$.get(slice(1, 3)).$.toJs(); // [ "b", "c" ]
 * letters.$.get(slice(null, null, -1)).$.toJs(); // [ "f", "e", "d", "c", "b", "a" ]
 * ```
 */
export function slice(...bounds: [unknown] | [unknown, unknown, unknown?]): Slice {
  return bounds.length === 1
    ? new Slice(null, bounds[0], null)
    : new Slice(bounds[0], bounds[1], bounds[2] ?? null);
}

/** Python's `...`, as in `a[..., 0]`: `a.$.get([ellipsis, 0])`. */
export const ellipsis: unique symbol = Symbol("ellipsis");
