/**
 * Values as JSON, without the losses of JSON: bytes, bigints, dates, Maps, Sets, `undefined`, `NaN`, `-0`.
 *
 * What JSON cannot say is an object with one key that begins with `$`.
 * @module
 */
import { SymphonyError } from "../error.ts";

/** What can be written for a value; an error names `what` and the place in it. */
export function toSaved(value: unknown, what: string): unknown {
  try {
    return save(value, { what, place: [], inside: new Set() });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SymphonyError("Serialization", `${what} cannot be kept: it is too deep`, {
      cause: error,
    });
  }
}

/** The value again. */
export function fromSaved(saved: unknown): unknown {
  if (typeof saved !== "object" || saved === null) return saved;
  if (Array.isArray(saved)) return saved.map(fromSaved);
  const [key] = Object.keys(saved);
  const tagged = key === undefined ? undefined : READ[key];
  if (tagged !== undefined) return tagged((saved as Record<string, unknown>)[key!]);
  return Object.fromEntries(Object.entries(saved).map(([key, value]) => [key, fromSaved(value)]));
}

interface Where {
  readonly what: string;
  readonly place: (string | number)[];
  readonly inside: Set<object>;
}

const READ: Readonly<Record<string, (given: unknown) => unknown>> = {
  $undefined: () => undefined,
  $number: (text) => Number(text),
  $bigint: (text) => BigInt(text as string),
  $date: (time) => new Date(time === null ? NaN : time as number),
  $bytes: (text) => Uint8Array.from(atob(text as string), (letter) => letter.charCodeAt(0)),
  $map: (pairs) => new Map(fromSaved(pairs) as [unknown, unknown][]),
  $set: (items) => new Set(fromSaved(items) as unknown[]),
  $object: (pairs) => Object.fromEntries(fromSaved(pairs) as [string, unknown][]),
};

function save(value: unknown, where: Where): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: text(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: 0 };
    case "object":
      return value === null ? null : saveObject(value, where);
    default:
      throw refused(`a ${typeof value}`, where);
  }
}

function saveObject(value: object, where: Where): unknown {
  if (where.inside.has(value)) throw refused("a cycle", where);
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $bytes: base64(value) };
  where.inside.add(value);
  try {
    if (Array.isArray(value)) return saveAll(value, where);
    if (value instanceof Map) return { $map: saveAll([...value], where) };
    if (value instanceof Set) return { $set: saveAll([...value], where) };
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw refused(`an instance of ${nameOf(prototype)}`, where);
    }
    return saveRecord(value, where);
  } finally {
    where.inside.delete(value);
  }
}

function saveRecord(value: object, where: Where): unknown {
  const pairs = Object.entries(value).map(([key, item]) =>
    [key, saveAt(key, item, where)] as const
  );
  // A key of the user's that looks like one of ours, or that an object literal would not make a property.
  const plain = pairs.every(([key]) => !key.startsWith("$") && key !== "__proto__");
  return plain ? Object.fromEntries(pairs) : { $object: pairs };
}

function saveAll(items: readonly unknown[], where: Where): unknown[] {
  return Array.from(items, (item, i) => saveAt(i, item, where));
}

function saveAt(key: string | number, value: unknown, where: Where): unknown {
  where.place.push(key);
  const saved = save(value, where);
  where.place.pop();
  return saved;
}

function text(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function base64(bytes: Uint8Array): string {
  // In pieces, since a call takes only so many arguments.
  let letters = "";
  for (let at = 0; at < bytes.length; at += 0x2000) {
    letters += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return btoa(letters);
}

function nameOf(prototype: unknown): string {
  const made: unknown = (prototype as { constructor?: unknown }).constructor;
  return typeof made === "function" && made.name !== "" ? made.name : "a class without a name";
}

function refused(kind: string, { what, place }: Where): SymphonyError {
  const at = place.map((key) => typeof key === "number" ? `[${key}]` : `.${key}`).join("");
  return new SymphonyError(
    "Serialization",
    `${what} cannot be kept: ${
      at === "" ? "it" : `$${at}`
    } is ${kind}. Give plain data: numbers, text, bytes, ` +
      `dates, arrays, Maps, Sets and plain objects of these.`,
  );
}
