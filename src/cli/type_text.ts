/**
 * A type of Python as TypeScript: as what comes back, or as what may be passed.
 * @module
 */

import type { Description, TypeNode } from "./description.ts";
import { KNOWN_CLASSES } from "./known_class.ts";

/** Which way a value goes: out of Python, or into it. */
export type Way = "out" | "in";

/** What a file of declarations can name. */
export interface Names {
  /** The name of a type of python_types.ts, as imported here. */
  support(name: string): string;
  /** How a described class is named here; `null` for one that is in no file. */
  class(module: string, name: string): { text: string; protocol: boolean } | null;
  readonly protocols: Description["protocols"];
  /** An `int` that comes back. */
  readonly int: string;
}

/** How the variables of types are meant at a place. */
export interface Place {
  /** Those of the class around it: what stands for them is what comes back already. */
  readonly own: ReadonlySet<string>;
  /** What `Self` is called where it comes back, and where it is passed. */
  readonly self: string;
  readonly passed: string;
  /** Inside a container, where an array serves for a tuple. */
  readonly inside?: boolean;
  /** Inside what is passed, where a variable stands for itself. */
  readonly bare?: boolean;
}

const LIKE = { int: "IntLike", float: "FloatLike", str: "StrLike", bytes: "BytesLike" } as const;

/** The text of a type. */
export function typeText(node: TypeNode, way: Way, place: Place, names: Names): string {
  switch (node.is) {
    case "any":
    case "object":
      return "unknown";
    case "never":
      return way === "out" ? "never" : "unknown";
    case "self":
      return way === "out" && !place.bare ? place.self : place.passed;
    case "scalar":
      return scalarText(node.name, way, names);
    case "literal":
      return literalText(node.value);
    case "union":
      return unionText(node.of.map((each) => typeText(each, way, place, names)));
    case "variable":
      if (way === "in" || place.bare || place.own.has(node.name)) return node.name;
      return `${names.support("Back")}<${node.name}>`;
    case "tuple":
      return tupleText(node, way, place, names);
    case "callable":
      return callableText(node, way, place, names);
    case "type":
      return `${names.support(way === "out" ? "PyClass" : "ClassLike")}<${
        typeText(node.of, "out", { ...place, bare: way === "in" }, names)
      }>`;
    case "arrays":
      return arraysText(node.of, way, place, names);
    case "class":
      return classText(node, way, place, names);
  }
}

function scalarText(
  name: (TypeNode & { is: "scalar" })["name"],
  way: Way,
  names: Names,
): string {
  if (name === "None") return "null";
  if (name === "bool") return "boolean";
  if (way === "in") return names.support(LIKE[name]);
  return { int: names.int, float: "number", str: "string", bytes: "Uint8Array<ArrayBuffer>" }[name];
}

function literalText(value: string | number | boolean): string {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return `${BigInt(value)}n`;
  return JSON.stringify(value);
}

/** Without doubles, and without what `unknown` or `boolean` say already. */
export function unionText(texts: readonly string[]): string {
  let parts = [...new Set(texts.flatMap(splitUnion))];
  if (parts.includes("unknown")) return "unknown";
  if (parts.includes("boolean")) parts = parts.filter((each) => !/^(true|false)$/.test(each));
  if (parts.includes("string") || parts.includes("StrLike")) {
    parts = parts.filter((each) => !each.startsWith('"'));
  }
  if (parts.includes("FloatLike")) parts = parts.filter((each) => each !== "IntLike");
  if (parts.some((each) => /^(Int|Float|Str|Bytes|Buffer)Like$/.test(each))) {
    parts = parts.filter((each) => each !== "PyObject");
  }
  if (parts.some((each) => each.startsWith("(("))) parts = besideFunction(parts);
  const literals = parts.filter((each) => each !== "null");
  return (literals.length < parts.length ? [...literals, "null"] : literals).join(" | ") || "never";
}

/**
 * What stands in a union beside a function. A PyObject is a function as well, of any parameters: with it
 * those of an arrow function would have no types, and without it it may be passed all the same.
 */
function besideFunction(parts: readonly string[]): string[] {
  const plain: Record<string, string> = {
    StrLike: "string | PyStr",
    IntLike: "number | bigint | PyInt",
    FloatLike: "number | bigint | PyFloat | PyInt",
    BytesLike: "Uint8Array | ArrayBuffer | PyBuffer",
    BufferLike: "ArrayBufferView | ArrayBuffer | PyBuffer",
  };
  const texts = parts.filter((each) => each !== "PyObject").flatMap((each) =>
    splitUnion(plain[each] ?? each)
  );
  return [...new Set(texts)];
}

/** The members of a union at the top of a text. */
function splitUnion(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"' && text[i - 1] !== "\\") quoted = !quoted;
    if (quoted) continue;
    if ("<([{".includes(char)) depth++;
    else if (">)]}".includes(char) && text[i - 1] !== "=") depth--;
    else if (depth === 0 && text.startsWith(" | ", i)) {
      parts.push(text.slice(from, i));
      from = i + 3;
    }
  }
  return [...parts, text.slice(from)];
}

function tupleText(
  node: TypeNode & { is: "tuple" },
  way: Way,
  place: Place,
  names: Names,
): string {
  const inner = { ...place, inside: true };
  const items = node.rest
    ? `${inBrackets(typeText(node.rest, way, inner, names))}[]`
    : `[${node.items.map((each) => typeText(each, way, inner, names)).join(", ")}]`;
  if (way === "in" && place.inside) return `readonly ${items}`;
  const tuple = `${names.support("PyTuple")}<${items}>`;
  return way === "out" ? tuple : `${tuple} | ${names.support("PyObject")}`;
}

/** An element type before `[]`. */
export function inBrackets(text: string): string {
  return splitUnion(text).length > 1 || /^readonly |^\(/.test(text) ? `(${text})` : text;
}

function callableText(
  node: TypeNode & { is: "callable" },
  way: Way,
  place: Place,
  names: Names,
): string {
  const other = way === "in" ? "out" : "in";
  const outer = { ...place, inside: false, bare: false };
  const rest = way === "in" ? "never[]" : "unknown[]";
  const params = node.params
    ? node.params.map((each, i) =>
      `${"abcdefghijklmnop"[i] ?? `p${i}`}: ${typeText(each, other, outer, names)}`
    )
    : [`...args: ${rest}`];
  return `((${params.join(", ")}) => ${typeText(node.returns, way, outer, names)})`;
}

function arraysText(of: TypeNode, way: Way, place: Place, names: Names): string {
  if (way === "out") return names.support("PyObject");
  if (of.is !== "variable") return names.support("NumpyArrayLike");
  return `${names.support("NumpyArrayOf")}<${typeText(of, way, place, names)}>`;
}

function classText(
  node: TypeNode & { is: "class" },
  way: Way,
  place: Place,
  names: Names,
): string {
  const full = `${node.module}.${node.name}`;
  const inner = { ...place, inside: true };
  const known = KNOWN_CLASSES.get(full);
  if (known) {
    const args = ["A", "B", "C"].map((_, i) => {
      const arg = node.args[i];
      return arg ? typeText(arg, way, inner, names) : "unknown";
    });
    return known[way].replace(
      /\b([ABC]|Py\w+|\w+Like)\b/g,
      (word) => args["ABC".indexOf(word)] ?? (word === "ArrayLike" ? word : names.support(word)),
    );
  }
  const described = names.class(node.module, node.name);
  const protocol = names.protocols[full];
  if (way === "in" && protocol && !(described && protocol.object)) {
    return protocolText(protocol, names);
  }
  if (full === "datetime.datetime" && way === "in") {
    return unionText([
      described?.text ?? names.support("PyInstance"),
      "Date",
      names.support("PyObject"),
    ]);
  }
  if (!described) {
    return way === "out"
      ? names.support("PyObject")
      : `${names.support("PyInstance")} | ${names.support("PyObject")}`;
  }
  const bare = { ...inner, bare: way === "in" };
  const args = node.args.map((each) => typeText(each, "out", bare, names));
  const text = described.text + (args.length > 0 ? `<${args.join(", ")}>` : "");
  if (way === "in") return `${text} | ${names.support("PyObject")}`;
  return described.protocol ? `(${text} & ${names.support("PyInstance")})` : text;
}

/** What of JavaScript's own values has all that a protocol asks for, and every Python object. */
function protocolText(protocol: { kinds: string[]; object: boolean }, names: Names): string {
  const { kinds, object } = protocol;
  if (kinds.length > 6) return "unknown";
  const values: Record<string, string> = {
    ...{ bool: "boolean", int: "number | bigint", float: "number", str: "string" },
    ...{ bytes: "Uint8Array", list: "readonly unknown[]", dict: "object", set: "object" },
  };
  const texts = kinds.map((kind) => values[kind]!);
  if (object) texts.push("object");
  return unionText([...texts, names.support("PyInstance"), names.support("PyObject")]);
}
