/**
 * A value that its declared type refuses, and the type in words.
 * @module
 */

import { describe } from "../convert/path.ts";
import { facadeOf } from "../objects/facade.ts";
import { PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import type { Type } from "./types.ts";

/** The Python exception that a mismatch becomes. */
export type MismatchKind = "TypeError" | "ValueError" | "OverflowError";

/** Why a value does not fit its type; the place is added by whoever knows it. */
export class Mismatch extends Error {
  /** The exception of Python. */
  readonly kind: MismatchKind;
  /** Where inside the value: `[3].name`. */
  path = "";
  readonly #brand = true;

  /** Whether anything thrown is one: asks the value no question that a Proxy could answer. */
  static is(thrown: unknown): thrown is Mismatch {
    return typeof thrown === "object" && thrown !== null && #brand in thrown;
  }

  /** `message` follows the name of the parameter: "must be str, not int". */
  constructor(message: string, kind: MismatchKind = "TypeError") {
    super(message);
    this.kind = kind;
  }

  /** The same, seen from outside of one more container. */
  within(step: string): this {
    this.path = step + this.path;
    return this;
  }
}

/** `must be str, not int` */
export function mustBe(type: Type, actual: string): Mismatch {
  return new Mismatch(`must be ${wordsOf(type)}, not ${actual}`);
}

/** A type as Python's messages write it: `list[int]`, `str or None`. */
export function wordsOf(type: Type): string {
  const [first, second] = type.parts;
  switch (type.kind) {
    case "any":
    case "object":
      return "object";
    case "none":
      return "None";
    case "bigint":
      return "int";
    case "callable":
      return "callable";
    case "list":
    case "set":
      return `${type.kind}[${wordsOf(first!)}]`;
    case "tuple":
      return `tuple[${type.parts.map(wordsOf).join(", ") || "()"}]`;
    case "dict":
      return `dict[${wordsOf(first!)}, ${wordsOf(second!)}]`;
    case "union":
      return type.parts.map(wordsOf).join(" or ");
    case "literal":
      return (type.detail as unknown[]).map(literalWords).join(" or ");
    case "instance":
      return className(type.detail);
    case "record":
      return `dict ${(type.detail as { name: string }).name}`;
    case "buffer":
      return type.detail === undefined
        ? "a bytes-like object"
        : `a buffer of format '${String(type.detail)}'`;
    case "awaitable":
      return "awaitable";
    case "asyncIterator":
      return "asynchronous iterable";
    case "datetime":
      return "datetime.datetime";
    case "timedelta":
      return "datetime.timedelta";
    case "path":
      return "str or os.PathLike";
    case "decimal":
      return "decimal.Decimal";
    case "uuid":
      return "uuid.UUID";
    default:
      return type.kind;
  }
}

function literalWords(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Uint8Array) return `b'${Array.from(value, byteWords).join("")}'`;
  return typeof value === "string" ? `'${value}'` : String(value);
}

function byteWords(byte: number): string {
  const plain = byte >= 32 && byte < 127 && byte !== 39 && byte !== 92;
  return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Whether a value is one of `t.literal()`: numbers by their value, bytes by what is in them. */
export function isLiteral(value: unknown, literal: unknown): boolean {
  if (value instanceof Uint8Array && literal instanceof Uint8Array) {
    return value.length === literal.length && value.every((byte, i) => byte === literal[i]);
  }
  const number = (each: unknown): boolean => typeof each === "number" || typeof each === "bigint";
  // deno-lint-ignore eqeqeq -- 2 and 2n
  return value === literal || number(value) && number(literal) && value == literal;
}

/** The name of what `t.instance()` was given. */
export function className(detail: unknown): string {
  if (detail instanceof PyEnum || detail instanceof PyRecord || detail instanceof PyClass) {
    return detail.name;
  }
  const facade = facadeOf(detail);
  if (facade) {
    const { python, rules } = facade.parts;
    return rules.toJs(python.call("_objects", "name_of", facade.pointer())) as string;
  }
  const cls = classOf(detail);
  return typeof cls === "function" && cls.name ? cls.name : describe(cls);
}

/** The class itself, where a function was given that tells it. */
export function classOf(detail: unknown): unknown {
  if (typeof detail !== "function" || detail.prototype !== undefined) return detail;
  return (detail as () => unknown)();
}
