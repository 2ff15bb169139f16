/**
 * What `$.toJs()` may be told.
 * @module
 */

import { describe } from "./path.ts";

/** How `$.toJs()` converts. */
export interface ToJsOptions {
  /** Containers deeper than this stay PyObjects. Default: no limit. */
  depth?: number;
  /** `"auto"`: a plain object where every key is a `str`, else a `Map`; `"object"` throws on other keys. */
  dicts?: "auto" | "object" | "map";
  /**
   * `"date"`: `datetime` as a `Date` (milliseconds; naive ones as local time), `"iso"` as text.
   * `"temporal"`: `datetime`, `date`, `time` and `timedelta` as the Temporal types, without loss.
   */
  dates?: "date" | "iso" | "temporal";
  /** `"number"` throws on an integer beyond 2**53 - 1. */
  ints?: "auto" | "number" | "bigint";
  /**
   * numpy arrays of numbers with several dimensions: `"nested"` arrays, or `"typed"`, `{ data, shape }`
   * with a typed array in C order. With one dimension they are typed arrays in any case.
   */
  arrays?: "nested" | "typed";
  /** What has no plain form stays a PyObject, or is an error with its path. */
  unknown?: "keep" | "throw";
}

/** For `JSON.stringify`, to which a typed array is an object: numpy's arrays become arrays. */
export const FOR_JSON: ToJsOptions = Object.freeze({
  unknown: "throw",
  arrays: "lists" as "nested", // users have `array.tolist()`
});

/** `null`: a number. */
const ALLOWED: Record<keyof ToJsOptions, readonly string[] | null> = {
  depth: null,
  dicts: ["auto", "object", "map"],
  dates: ["date", "iso", "temporal"],
  ints: ["auto", "number", "bigint"],
  arrays: ["nested", "typed"],
  unknown: ["keep", "throw"],
};

/** Throws a TypeError for an option or a value that does not exist; `undefined` is the default. */
export function checkOptions(options: unknown): asserts options is ToJsOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `$.toJs() takes an object of options or a schema, not ${describe(options)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(ALLOWED, name)) {
      throw new TypeError(
        `$.toJs() has no option ${JSON.stringify(name)}; there are ${listed(Object.keys(ALLOWED))}`,
      );
    }
    const allowed = ALLOWED[name as keyof ToJsOptions];
    if (value === undefined || (allowed ? allowed.includes(value) : isDepth(value))) continue;
    const ways = allowed
      ? listed(allowed.map((each) => JSON.stringify(each)), "or")
      : "a whole number from 0 on, or Infinity";
    throw new TypeError(`$.toJs(): ${name} may be ${ways}, not ${describe(value)}`);
  }
}

function isDepth(value: unknown): boolean {
  return value === Infinity || (Number.isInteger(value) && (value as number) >= 0);
}

function listed(words: readonly string[], last = "and"): string {
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
