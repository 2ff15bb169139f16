/**
 * A class of Python as TypeScript: the type of its instances, and that of the class itself.
 * @module
 */

import type { ClassItem, Member, TypeNode } from "./description.ts";
import { KNOWN_CLASSES, SCALAR_BASES } from "./known_class.ts";
import { commentLines, declarationLines } from "./layout.ts";
import { callTexts, propertyName } from "./signature_text.ts";
import { type Names, type Place, typeText } from "./type_text.ts";

/** Finds the description of a class, where there is one. */
export type FindClass = (module: string, name: string) => ClassItem | undefined;

/** The declarations of a class, without `export`. */
export interface ClassText {
  readonly instance: string[];
  /** Of the class itself; empty where Python has none at run time. */
  readonly itself: string[];
}

/** Writes a class under a name. */
export function classText(
  item: ClassItem,
  local: string,
  names: Names,
  find: FindClass,
): ClassText {
  const given = item.params.length > 0 ? `<${item.params.join(", ")}>` : "";
  const place: Place = { own: new Set(item.params), self: "this", passed: `${local}${given}` };
  const generic = item.params.length > 0
    ? `<${item.params.map((name) => `${name} = unknown`).join(", ")}>`
    : "";
  return {
    instance: [
      ...commentLines(item.doc),
      ...block(`interface ${local}${generic}${extendsText(item, place, names, find)}`, [
        ...callTexts(item.call, place, names).flatMap((text) => declarationLines(`${text};`, "  ")),
        ...item.members.flatMap((member) => memberLines(member, place, names)),
        ...iteratorLines(item, place, names, find),
        ...(item.open ? ["  [name: string]: unknown;"] : []),
      ]),
    ],
    itself: item.real ? classItself(item, local, names) : [],
  };
}

function block(head: string, lines: string[]): string[] {
  return lines.length === 0 ? [`${head} {}`] : [`${head} {`, ...lines, "}"];
}

function classItself(item: ClassItem, local: string, names: Names): string[] {
  const place: Place = { own: new Set(), self: local, passed: local };
  const unknowns = item.params.length > 0 ? `<${item.params.map(() => "unknown").join(", ")}>` : "";
  const calls = callTexts(item.construct, place, names);
  const base = names.support("PyClassBase");
  return [
    `/** The class ${item.name} itself. */`,
    ...block(`interface ${local}$Class extends ${base}<${local}${unknowns}>`, [
      ...calls.flatMap((text) => declarationLines(`new ${text};`, "  ")),
      ...calls.flatMap((text) => declarationLines(`${text};`, "  ")),
      ...(item.enum ? [`  [Symbol.iterator](): IterableIterator<${local}>;`] : []),
      ...item.statics.flatMap((member) => memberLines(member, place, names)),
    ]),
  ];
}

function memberLines(member: Member, place: Place, names: Names): string[] {
  const name = propertyName(member.name);
  const comment = commentLines(member.doc, "  ");
  if (member.name === "then") return []; // JavaScript would take the object for a promise
  if (member.kind === "property") {
    const fixed = member.writable ? "" : "readonly ";
    return [...comment, `  ${fixed}${name}: ${typeText(member.type, "out", place, names)};`];
  }
  const texts = callTexts(member.signatures, place, names);
  return [...comment, ...texts.flatMap((text) => declarationLines(`${name}${text};`, "  "))];
}

// --- what it extends ------------------------------------------------------------

interface Base {
  readonly text: string;
  readonly members: ReadonlySet<string>;
  readonly iterable: boolean;
}

function baseOf(node: TypeNode, place: Place, names: Names, find: FindClass): Base | null {
  const text = (): string => typeText(node, "out", place, names);
  if (node.is === "tuple") {
    const members = new Set(["count", "index", "length", "at", "concat", "find", "values", "keys"]);
    return { text: text(), members, iterable: true };
  }
  if (node.is === "scalar") {
    const [name, members] = SCALAR_BASES[node.name] ?? ["PyInstance", ""];
    return { text: names.support(name), members: new Set(members.split(" ")), iterable: false };
  }
  if (node.is !== "class") return null;
  const known = KNOWN_CLASSES.get(`${node.module}.${node.name}`);
  if (known) return { text: text(), members: new Set(known.members), iterable: known.iterable };
  const item = find(node.module, node.name);
  if (!item || names.class(node.module, node.name) === null) return null;
  const own = namesOf(item, find, new Set());
  return {
    text: text().replace(/^\((.*) & \w+\)$/, "$1"),
    members: own,
    iterable: own.has("__iter__"),
  };
}

/** All that a described class has, of its bases as well. */
function namesOf(item: ClassItem, find: FindClass, seen: Set<ClassItem>): Set<string> {
  const found = new Set(item.members.map(({ name }) => name));
  if (seen.has(item)) return found;
  seen.add(item);
  for (const base of item.bases) {
    if (base.is !== "class") continue;
    const known = KNOWN_CLASSES.get(`${base.module}.${base.name}`);
    known?.members.forEach((name) => found.add(name));
    if (known?.iterable) found.add("__iter__");
    const described = find(base.module, base.name);
    if (!known && described) namesOf(described, find, seen).forEach((name) => found.add(name));
  }
  return found;
}

/** TypeScript lets a class change nothing of what it extends: what it has itself is left out there. */
function extendsText(item: ClassItem, place: Place, names: Names, find: FindClass): string {
  const own = new Set(item.members.map(({ name }) => name));
  const bases = item.bases.map((node) => baseOf(node, place, names, find))
    .filter((base): base is Base => base !== null);
  const texts: string[] = [];
  for (const base of bases) {
    const left = [...base.members].filter((name) => own.has(name)).sort();
    const keys = left.map((name) => JSON.stringify(name));
    if (base.iterable && left.includes("__iter__")) keys.push("typeof Symbol.iterator");
    keys.push(...texts.map((text) => `keyof ${text}`));
    // A name is wanted there, and a type of another file is none.
    if (keys.length === 0 && base.text.startsWith("import(")) keys.push("never");
    const text = keys.length > 0 ? `Omit<${base.text}, ${keys.join(" | ")}>` : base.text;
    if (!texts.includes(text)) texts.push(text);
  }
  if (texts.length === 0 && item.real) texts.push(names.support("PyInstance"));
  return texts.length > 0 ? ` extends ${texts.join(", ")}` : "";
}

function iteratorLines(item: ClassItem, place: Place, names: Names, find: FindClass): string[] {
  const returnOf = (name: string): TypeNode | undefined => {
    const member = item.members.find((each) => each.name === name);
    return member?.kind === "method" ? member.signatures[0]?.returns : undefined;
  };
  const iterator = returnOf("__iter__");
  if (!iterator) return [];
  const known = item.bases.map((node) => baseOf(node, place, names, find));
  if (known.some((base) => base?.iterable && !base.members.has("__iter__"))) return [];
  const [first] = iterator.is === "class" ? iterator.args : [];
  const element = returnOf("__next__") ?? first ?? { is: "any" };
  const text = typeText(element, "out", place, names);
  return [`  [Symbol.iterator](): IterableIterator<${text}, unknown, unknown>;`];
}
