/**
 * The parameters of what is declared: their order and kinds, checked as Python's compiler would.
 * @module
 */

import { describe } from "../convert/path.ts";
import { type JsOf, type Role, Type } from "./types.ts";

/** Parameters by their Python names, in their order. */
export type Parameters = Readonly<Record<string, Type>>;

/** One parameter. */
export interface Parameter {
  /** Its name in Python. */
  readonly name: string;
  /** Its type. */
  readonly type: Type;
  /** How it may be given. */
  readonly role: Role;
}

/** The intersection of a union's types. */
export type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends
  (i: infer I) => void ? I : never;
/** The last one of a union. */
export type LastOf<U> = UnionToIntersection<U extends unknown ? () => U : never> extends
  () => infer L ? L
  : never;
/** A union as a tuple, in the union's own order. */
export type InOrder<U, Found extends unknown[] = []> = [U] extends [never] ? Found
  : LastOf<U> extends infer L ? InOrder<Exclude<U, L>, [L, ...Found]>
  : never;

/**
 * The members of an object in the order in which they are written. A union of their names would have another
 * order: that in which the program first mentions each name. A union of types made here has the order in
 * which they are made, and that of an index signature's inference is the order of the members.
 */
export type Members<P> = { [K in keyof P]: { readonly of: [K, JsOf<P[K]>] } } extends
  Readonly<Record<string, infer M>> ? InOrder<M> : never;
/** The types of members. */
export type JsOfMembers<M> = {
  [I in keyof M]: M[I] extends { readonly of: [unknown, infer Js] } ? Js : never;
};

/**
 * What an implementation gets: one argument for each parameter, in their order; `*args` as an array,
 * `**kwargs` as an object.
 */
export type ArgumentsOf<P> = string extends keyof P
  // deno-lint-ignore no-explicit-any -- nothing is known of parameters that were not written out
  ? any[]
  // deno-lint-ignore no-explicit-any -- the compiler cannot see that the members make an array
  : JsOfMembers<Members<P>> extends infer A extends any[] ? A
  : never;

/** A name that Python takes: an identifier, and no keyword. */
export function checkName(name: unknown, what: string): asserts name is string {
  if (isIdentifier(name)) return;
  throw new TypeError(`${what} must be a name of Python, not ${describe(name)}`);
}

/** Whether Python takes it for a name. */
export function isIdentifier(name: unknown): name is string {
  return typeof name === "string" && IDENTIFIER.test(name) && !KEYWORDS.has(name);
}

const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}_]*$/u;
const KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally " +
    "for from global if import in is lambda nonlocal not or pass raise return try while with yield")
    .split(" "),
);

/** `HTTPServer` and `maxSize2` as Python writes them: `http_server`, `max_size2`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .toLowerCase();
}

/** The parameters as a list. Throws a TypeError for what Python's compiler would refuse. */
export function parameterList(parameters: Parameters, what: string): Parameter[] {
  if (typeof parameters !== "object" || parameters === null) {
    throw new TypeError(
      `${what}: params takes an object of names and types, not ${describe(parameters)}`,
    );
  }
  const list: Parameter[] = [];
  let stage = 0;
  let optional: string | undefined;
  let positional = 0;
  for (const [name, type] of Object.entries(parameters)) {
    checkName(name, `${what}: a parameter`);
    if (!(type instanceof Type)) {
      throw new TypeError(
        `${what}: the type of parameter '${name}' must be one of t, not ${describe(type)}`,
      );
    }
    const afterArgs = stage >= STAGES.indexOf("args");
    const role = type.role === "" && afterArgs ? "keyword" : type.role;
    const next = STAGES.indexOf(role);
    if (next < stage || (next === stage && (role === "args" || role === "kwargs"))) {
      throw new TypeError(
        `${what}: parameter '${name}' (${WORDS[role]}) cannot follow one that is ${
          WORDS[STAGES[stage]!]
        }`,
      );
    }
    stage = next;
    const byPosition = role === "" || role === "positional";
    if (byPosition) positional++;
    if (byPosition && type.fallback) optional = name;
    else if (byPosition && optional !== undefined) {
      throw new TypeError(
        `${what}: parameter '${name}' without a default follows '${optional}', which has one`,
      );
    }
    list.push({ name, type, role });
  }
  if (positional + list.length > MOST) throw new TypeError(`${what}: more than ${MOST} parameters`);
  return list;
}

/** The order of the kinds. */
const STAGES: readonly Role[] = ["positional", "", "args", "keyword", "kwargs"];
const WORDS: Record<Role, string> = {
  positional: "positional-only",
  "": "positional or keyword",
  args: "*args",
  keyword: "keyword-only",
  kwargs: "**kwargs",
};
const MOST = 255;
