/**
 * Payloads as JSON, of which nothing gets lost unseen: what JSON cannot hold is refused, with its place.
 * @module
 */
import { PyConversionError } from "../../mod.ts";
import { MessageError, shown } from "./message_error.ts";

/** Deeper data is refused, and so is what contains itself. */
const DEEPEST = 1000;
/** As Python's own limit: reading longer ones takes time that grows with the square. */
const MOST_DIGITS = 4300;
const LARGE = /[0-9]{16}/;
const WHOLE = /^-?[0-9]+$/;

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * Data as JSON. Numbers keep their kind: a bigint is a whole number of any size, a number that is no safe integer has
 * a point or an exponent. Objects with `toJSON()` say themselves what they are, Python's among them. Throws a
 * {@link MessageError} for `NaN`, infinities, functions, symbols, bytes, Maps, Sets, and for what contains itself.
 * `where` names the data.
 */
export function toJson(data: unknown, where: string): string {
  const steps: (string | number)[] = [];
  const refuse: Refuse = (what, { at = "", cause } = {}) => {
    const options = { field: where, ...cause === undefined ? {} : { cause } };
    throw new MessageError("Serialization", `${where}${pathOf(steps)}${at} ${what}`, options);
  };
  return JSON.stringify(plain(data, steps, refuse));
}

/** `.users[0].name` */
function pathOf(steps: readonly (string | number)[]): string {
  const few = steps.length > 12 ? [...steps.slice(0, 6), "…", ...steps.slice(-3)] : steps;
  return few.map((step) =>
    typeof step === "number"
      ? `[${step}]`
      : /^[\p{ID_Start}$_…][\p{ID_Continue}$]*$/u.test(step)
      ? `.${step}`
      : `[${shown(step)}]`
  ).join("");
}

/** Throws the error. `at` is the place within the object that stands at this one, `cause` what it failed with. */
type Refuse = (what: string, more?: { readonly at?: string; readonly cause?: unknown }) => never;

/** The data itself, or a copy where JSON.stringify() would change something. */
function plain(data: unknown, steps: (string | number)[], refuse: Refuse): unknown {
  switch (typeof data) {
    case "string":
    case "boolean":
      return data;
    case "number":
      return plainNumber(data, refuse);
    case "bigint": {
      const digits = String(data);
      if (digits.length <= MOST_DIGITS) return rawJSON(digits);
      return refuse(`has ${digits.length} digits; JSON takes whole numbers of ${MOST_DIGITS}`);
    }
    case "undefined":
      return refuse("is undefined, which JSON has not; use null");
    case "symbol":
      return refuse("is a symbol, which JSON cannot hold");
  }
  if (data === null) return null;
  if (steps.length >= DEEPEST) {
    return refuse(`is deeper than ${DEEPEST} levels, or contains itself`);
  }
  return plainObject(data as object, steps, refuse);
}

function plainNumber(data: number, refuse: Refuse): unknown {
  if (!Number.isInteger(data)) {
    return Number.isFinite(data) ? data : refuse(`is ${data}, which JSON cannot hold`);
  }
  if (Object.is(data, -0)) return rawJSON("-0.0");
  if (Number.isSafeInteger(data)) return data;
  const text = String(data);
  return WHOLE.test(text) ? rawJSON(`${text}.0`) : data;
}

function plainObject(data: object, steps: (string | number)[], refuse: Refuse): unknown {
  const { toJSON } = data as { toJSON?: unknown };
  if (typeof toJSON === "function") return told(data, toJSON as () => unknown, steps, refuse);
  if (typeof data === "function") return refuse("is a function, which JSON cannot hold");
  if (Array.isArray(data)) return plainArray(data, steps, refuse);
  const prototype = Object.getPrototypeOf(data);
  if (prototype !== Object.prototype && prototype !== null) checkClass(data, refuse);
  const of = data as Record<string, unknown>;
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(of)) {
    const value = of[key];
    if (value === undefined) continue; // left out, as JSON.stringify() does
    if (typeof value === "string") continue;
    steps.push(key);
    const made = plain(value, steps, refuse);
    steps.pop();
    if (made === value) continue;
    copy ??= Object.fromEntries(Object.entries(of));
    Object.defineProperty(copy, key, { value: made, enumerable: true, configurable: true });
  }
  return copy ?? data;
}

/** Instances of a program's own classes are written as their fields; those of JavaScript's have what no field shows. */
function checkClass(data: object, refuse: Refuse): void {
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) {
    refuse("is bytes, which JSON cannot hold; write them as text, such as base64");
  }
  const tag = Object.prototype.toString.call(data).slice(8, -1);
  const way = tag === "Map"
    ? "; use Object.fromEntries(map), or in Python keys that are str"
    : tag === "Set"
    ? "; use [...set], or in Python a list"
    : tag === "Promise"
    ? "; await it first"
    : "";
  if (tag !== "Object") refuse(`is of the class ${tag}, which JSON cannot hold${way}`);
}

function plainArray(data: unknown[], steps: (string | number)[], refuse: Refuse): unknown {
  let copy: unknown[] | null = null;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    steps.push(i);
    const made = plain(value, steps, refuse);
    steps.pop();
    if (made === value) continue;
    copy ??= [...data];
    copy[i] = made;
  }
  return copy ?? data;
}

/** What an object says that it is. Asked once: it might say something else the second time. */
function told(
  data: object,
  toJSON: (key: string) => unknown,
  steps: (string | number)[],
  refuse: Refuse,
): unknown {
  let said: unknown;
  try {
    said = toJSON.call(data, String(steps.at(-1) ?? ""));
  } catch (error) {
    if (error instanceof MessageError) throw error;
    return unsaid(error, refuse);
  }
  if (data instanceof Date && said === null) return refuse("is an invalid Date");
  // A datetime of Python says that it is a Date, which says its text.
  if (said instanceof Date && !(data instanceof Date)) return plain(said, steps, refuse);
  // JSON.stringify() would ask again, and get another answer than was checked.
  if (typeof (said as { toJSON?: unknown } | null | undefined)?.toJSON === "function") {
    return refuse("is an object that JSON cannot hold");
  }
  return plain(said, steps, refuse);
}

/** Why an object did not say what it is. An object of Python has told its place, and how one of TypeScript goes on. */
function unsaid(cause: unknown, refuse: Refuse): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  if (!(cause instanceof PyConversionError)) {
    return refuse(`cannot be written as JSON, its toJSON() failed: ${why}`, { cause });
  }
  const at = cause.path.slice(1);
  const reason = why.slice(`Cannot convert ${cause.path}: `.length);
  const [what, way] = reason.split(" has no plain form; ");
  if (way === undefined) return refuse(`cannot be written as JSON: ${reason}`, { at, cause });
  return refuse(`is ${what}, which JSON cannot hold`, { at, cause });
}

/** The data of a JSON text: whole numbers beyond 2**53 - 1 are bigints. Throws a {@link MessageError}. */
export function fromJson(text: string, where: string): unknown {
  try {
    return LARGE.test(text) ? JSON.parse(text, withBigInts) : JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MessageError("Serialization", `${where} cannot be read as JSON: ${why}`, {
      cause: error,
    });
  }
}

function withBigInts(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source === undefined || !WHOLE.test(source)) return value;
  if (source.length <= MOST_DIGITS) return BigInt(source);
  throw new RangeError(`a number has ${source.length} digits, more than ${MOST_DIGITS}`);
}
