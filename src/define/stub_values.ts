/**
 * Values in stubs: defaults as literals, and the types of constants.
 * @module
 */

import { isPlain } from "../convert/plain.ts";
import { Passed } from "../objects/by.ts";
import { isPyObject } from "../objects/py_object.ts";
import { declarationOf, nearestDeclaration, PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { PyFunction } from "./function.ts";
import { PyModule } from "./module.ts";
import { alternatives, literalText, type StubTypes } from "./stub_types.ts";
import { floatText, intText, stringText } from "./stub_text.ts";
import type { Type } from "./types.ts";

/** More kinds of items than this say nothing. */
const MOST_KINDS = 4;

/** A default as Python's text; `...` for what has no literal that is the very same value. */
export function defaultText(type: Type): string {
  return valueText(type, type.fallback!.value) ?? "...";
}

function valueText(type: Type, value: unknown): string | null {
  if (value === null || value === undefined) return "None";
  switch (type.kind) {
    case "any":
    case "object":
      return plainText(value);
    case "bool":
      return typeof value === "boolean" ? plainText(value) : null;
    case "int":
    case "bigint":
      return isWhole(value) ? intText(value) : null;
    case "float":
      return typeof value === "number" ? floatText(value) : null;
    case "str":
      return typeof value === "string" ? stringText(value) : null;
    case "literal":
      return literalText(value);
    case "union": {
      // The first type that fits makes the value.
      for (const part of type.parts) {
        const text = valueText(part, value);
        if (text !== null) return text;
        if (!SIMPLE.includes(part.kind)) return null;
      }
      return null;
    }
    default:
      return null;
  }
}

const SIMPLE: readonly string[] = ["none", "bool", "int", "bigint", "float", "str", "literal"];

function isWhole(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** A scalar as it crosses by itself. */
function plainText(value: unknown): string | null {
  switch (typeof value) {
    case "boolean":
      return value ? "True" : "False";
    case "string":
      return stringText(value);
    case "bigint":
      return intText(value);
    case "number":
      return isPythonInt(value) ? intText(value) : floatText(value);
    default:
      return null;
  }
}

function isPythonInt(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** An enum member's value as Python's text. */
export function memberText(value: string | number | bigint): string {
  return plainText(value) ?? "...";
}

/** The type that a value has once it has crossed. */
export function constantType(
  value: unknown,
  types: StubTypes,
  above: readonly object[] = [],
): string {
  const { names } = types;
  switch (typeof value) {
    case "boolean":
      return names.builtin("bool");
    case "string":
      return names.builtin("str");
    case "bigint":
      return names.builtin("int");
    case "number":
      return names.builtin(isPythonInt(value) ? "int" : "float");
    case "undefined":
      return "None";
    case "symbol":
      return names.from("pyduet", "JsObject");
    case "function":
    case "object":
      if (value === null) return "None";
      return above.includes(value) ? types.any : objectType(value, types, [...above, value]);
  }
}

function objectType(value: object, types: StubTypes, above: readonly object[]): string {
  const { names } = types;
  if (isPyObject(value)) {
    return types.pythonClass(value.$.attr("__class__"));
  }
  if (value instanceof PyClass || value instanceof PyEnum || value instanceof PyRecord) {
    return `${names.builtin("type")}[${types.classText(value)}]`;
  }
  if (value instanceof PyFunction) {
    return `${names.from("collections.abc", "Callable")}[..., ${types.any}]`;
  }
  if (value instanceof PyModule) return `${names.module("types")}.ModuleType`;
  if (value instanceof Passed) return types.any;
  if (typeof value === "function") {
    const declared = value.prototype ? declarationOf(value.prototype) : undefined;
    if (declared) return objectType(declared, types, above);
    return `${names.from("collections.abc", "Callable")}[..., ${types.any}]`;
  }
  return containerType(value, types, above) ?? instanceType(value, types);
}

function containerType(value: object, types: StubTypes, above: readonly object[]): string | null {
  const { names } = types;
  const of = (items: Iterable<unknown>): string => {
    const kinds = [
      ...new Set(
        [...items].flatMap((item) => alternatives(constantType(item, types, above))),
      ),
    ];
    return kinds.length === 0 || kinds.length > MOST_KINDS ? types.any : kinds.join(" | ");
  };
  if (Array.isArray(value)) return `${names.builtin("list")}[${of(value)}]`;
  if (value instanceof Set) return `${names.builtin("set")}[${of(value)}]`;
  if (value instanceof Map) {
    return `${names.builtin("dict")}[${of(value.keys())}, ${of(value.values())}]`;
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return names.builtin("bytes");
  if (ArrayBuffer.isView(value)) return names.builtin("memoryview");
  if (isPlain(value)) {
    return `${names.builtin("dict")}[${names.builtin("str")}, ${of(Object.values(value))}]`;
  }
  return null;
}

function instanceType(value: object, types: StubTypes): string {
  const { names } = types;
  const declared = nearestDeclaration(Object.getPrototypeOf(value));
  if (declared) return types.classText(declared);
  if (value instanceof Date) return `${names.module("datetime")}.datetime`;
  // Temporal and Promise have types of Python that depend on more than the class.
  const tag = Object.prototype.toString.call(value);
  if (/Temporal\.|Promise/.test(tag)) return types.any;
  return names.from("pyduet", value instanceof Error ? "JsError" : "JsObject");
}
