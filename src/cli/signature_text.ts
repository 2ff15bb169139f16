/**
 * The ways to call a function of Python, as the overloads of TypeScript. Arguments that Python takes
 * by position or by name may come either way, so one signature of Python is several here.
 * @module
 */

import type { Parameter, Signature, TypeNode } from "./description.ts";
import { inBrackets, type Names, type Place, typeText, unionText } from "./type_text.ts";

/** Names that TypeScript keeps for itself. */
const RESERVED: ReadonlySet<string> = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval " +
    "export extends false finally for function if implements import in instanceof interface let new " +
    "null package private protected public return static super switch this throw true try typeof " +
    "undefined var void while with yield").split(" "),
);

/** Whether a name can be declared as it is. */
export function isFree(name: string): boolean {
  return isIdentifier(name) && !RESERVED.has(name);
}

/** A name as a property. */
export function propertyName(name: string): string {
  return isIdentifier(name) && name !== "constructor" ? name : JSON.stringify(name);
}

function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}

/** `(a: number): string`, each with its type parameters before it. */
export function callTexts(
  signatures: readonly Signature[],
  place: Place,
  names: Names,
  returned = ": ",
): string[] {
  const results = new Map<string, string[]>();
  for (const signature of signatures) {
    const returns = typeText(signature.returns, "out", place, names);
    const generic = genericText(signature, place, names);
    for (const params of paramTexts(signature, place, names, signatures.length === 1)) {
      const head = `${generic}(${params.join(", ")})`;
      const known = results.get(head);
      if (known) known.push(returns);
      else results.set(head, [returns]);
    }
  }
  return [...results].map(([head, returns]) => head + returned + unionText(returns));
}

function genericText({ variables }: Signature, place: Place, names: Names): string {
  const texts = variables.filter(({ name }) => !place.own.has(name)).map(({ name, bound }) => {
    const limit = bound ? typeText(bound, "in", place, names) : "unknown";
    return limit === "unknown" ? name : `${name} extends ${limit}`;
  });
  return texts.length > 0 ? `<${texts.join(", ")}>` : "";
}

interface Sorted {
  readonly positional: Parameter[];
  /** How many of them cannot be named, and how many must be there. */
  readonly unnamed: number;
  readonly required: number;
  readonly rest: Parameter | undefined;
  readonly named: Parameter[];
  readonly open: boolean;
}

function sorted(params: readonly Parameter[]): Sorted {
  const positional = params.filter(({ kind }) => kind === "positional" || kind === "both");
  return {
    positional,
    unnamed: positional.filter(({ kind }) => kind === "positional").length,
    required: positional.filter(({ optional }) => !optional).length,
    rest: params.find(({ kind }) => kind === "args"),
    named: params.filter(({ kind }) => kind === "keyword"),
    open: params.some(({ kind }) => kind === "kwargs"),
  };
}

/** The lists of parameters: everything by position, then names from some position on. */
function paramTexts(
  signature: Signature,
  place: Place,
  names: Names,
  alone: boolean,
): string[][] {
  const all = sorted(signature.params);
  const { positional, unnamed, required, rest, named, open } = all;
  const type = (node: TypeNode): string => typeText(node, "in", place, names);
  // The type `this` is not allowed inside an object type.
  const inObject: Place = { ...place, self: place.passed };
  const plain = (count: number, optional: boolean): string[] =>
    unique(positional.slice(0, count).map(({ name }) => name)).map((name, i) => {
      const mark = optional && positional.slice(i, count).every((each) => each.optional) ? "?" : "";
      return `${name}${mark}: ${type(positional[i]!.type)}`;
    });
  const keywords = (from: number): string => {
    const fields = [...positional.slice(from).filter(({ kind }) => kind === "both"), ...named]
      .map(({ name, optional, type: node }) =>
        `${propertyName(name)}${optional ? "?" : ""}: ${typeText(node, "in", inObject, names)}`
      );
    if (open) fields.push("[name: string]: unknown");
    return `${names.support("KeywordArguments")}<{ ${fields.join("; ")} }>`;
  };

  const lists: string[][] = [];
  const count = positional.length;
  const mustName = named.some(({ optional }) => !optional);
  const canName = named.length > 0 || open;
  const element = rest && type(rest.type);
  if (!mustName) {
    if (element !== undefined) {
      lists.push([...plain(count, true), `...args: ${inBrackets(element)}[]`]);
    } else if (canName) lists.push([...plain(count, true), `kw?: ${keywords(count)}`]);
    else lists.push(plain(count, true));
  } else if (element === undefined) lists.push([...plain(count, false), `kw: ${keywords(count)}`]);
  if (element !== undefined && canName) {
    lists.push([
      ...plain(count, false),
      `...args: [...${inBrackets(element)}[], ${keywords(count)}]`,
    ]);
  }
  const splits = new Set<number>();
  const first = Math.min(unnamed, required);
  if (required < count && count > unnamed) splits.add(Math.max(required, first));
  if (alone && required > unnamed) {
    splits.add(unnamed);
    if (required - unnamed <= 3) { for (let i = unnamed + 1; i < required; i++) splits.add(i); }
  }
  for (const split of [...splits].sort((a, b) => b - a)) {
    lists.push([...plain(split, false), `kw: ${keywords(split)}`]);
  }
  const between = count - Math.max(required, unnamed);
  if (alone && between >= 2) {
    const start = count - between;
    const more = positional.slice(start + 1, count - 1).map((each) => type(each.type));
    const kw = keywords(start + 1);
    const middle = more.length > 0
      ? [`...args: [...${inBrackets(unionText(more))}[], ${kw}]`]
      : [`kw: ${kw}`];
    lists.push([...plain(start + 1, false), ...middle]);
  }
  return lists;
}

/** Names that can be declared, each once. */
function unique(names: readonly string[]): string[] {
  const used = new Set<string>(["kw", "args"]);
  return names.map((name) => {
    let free = isFree(name) ? name : `${name.replace(/[^\p{ID_Continue}$]/gu, "_")}_`;
    while (used.has(free)) free += "_";
    used.add(free);
    return free;
  });
}
