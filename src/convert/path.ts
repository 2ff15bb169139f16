/**
 * Where a value stands in what is being converted, for error messages.
 * @module
 */

/** A place: a key in a parent, or the root. Made once for each container, not for each value. */
export interface Place {
  readonly parent: Place | null;
  /** As written after the parent's path: `.users`, `[3]`. */
  readonly step: string;
}

/** The value itself. */
export const ROOT: Place = { parent: null, step: "$" };

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** The step to a property, an index or a Map's key. */
export function stepOf(key: unknown): string {
  if (typeof key === "number") return `[${key}]`;
  if (typeof key === "string") return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  return `[${describe(key)}]`;
}

/** In a key's place: the value stands at the place itself. A key may be `undefined`, in a Map. */
export const NO_KEY: unique symbol = Symbol("no key");

/** `$.users[3].tags` */
export function pathOf(place: Place, key: unknown): string {
  let path = key === NO_KEY ? "" : stepOf(key);
  const steps: string[] = [];
  for (let at: Place | null = place; at; at = at.parent) steps.push(at.step);
  // A path of 100,000 steps helps nobody.
  if (steps.length > 40) steps.splice(20, steps.length - 40, "…");
  for (const step of steps) path = step + path;
  return path;
}

/** Why a value cannot cross; the place is added by whoever knows it. */
export class Reason extends Error {}

/** A value in a few words, whatever it is; never runs the value's own code. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > 40 ? JSON.stringify(value.slice(0, 40)) + "…" : JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return value.toString();
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : kindOf(value);
    default:
      return String(value);
  }
}

function kindOf(value: object): string {
  try {
    if (Array.isArray(value)) return "an Array";
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "" ? `a value of class ${name}` : "an object";
  } catch {
    return "a revoked Proxy";
  }
}
