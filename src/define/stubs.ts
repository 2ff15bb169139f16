/**
 * `generateStubs()`: a declared module as the text of a `.pyi` file.
 * @module
 */

import { describe } from "../convert/path.ts";
import { declarationOf, PyClass } from "./class.ts";
import { PyEnum, PyRecord } from "./enum.ts";
import { PyFunction } from "./function.ts";
import { homeOf, type Member, PyModule } from "./module.ts";
import { classLines, memberNames } from "./stub_classes.ts";
import { StubNames } from "./stub_names.ts";
import { definitionLines, spaced } from "./stub_signatures.ts";
import { docLines, fitted, listed, stringText } from "./stub_text.ts";
import { hasClassStatement, StubTypes } from "./stub_types.ts";
import { constantType } from "./stub_values.ts";
import { t } from "./types.ts";

/**
 * The stub of a module: what type checkers and editors are told of it, as the text of a `.pyi` file. The
 * same declarations give the same text. Needs no Python, unless a declaration names a Python class by a
 * PyObject. Submodules have stubs of their own.
 *
 * @example
 * ```ts
 * import { generateStubs, pyFunction, pyModule, t } from "pyduet";
 * const greet = pyFunction("greet", { params: { name: t.str }, returns: t.str }, (name) => `Hi ${name}`);
 * generateStubs(pyModule("greetings", { members: [greet] }));
 * // '__all__ = ["greet"]\n\ndef greet(name: str) -> str: ...\n'
 * ```
 */
export function generateStubs(module: PyModule): string {
  if (!(module instanceof PyModule)) {
    throw new TypeError(
      `generateStubs() takes a module made by pyModule(), not ${describe(module)}`,
    );
  }
  const own = [
    ...module.members.keys(),
    ...Object.keys(module.constants),
    ...Object.keys(module.lazy),
  ];
  const inModule = new Set(own);
  let inClasses = new Set<string>();
  // Names that are met on the way may hide some that were written before: it is then written anew.
  for (;;) {
    const names = new StubNames(inModule, inClasses);
    const types = new StubTypes(module, names);
    const met = new Set<string>();
    const blocks = blocksOf(module, types, met);
    const all = new Set([...inClasses, ...met]);
    if (all.size === inClasses.size) return textOf(module, own, names, blocks);
    inClasses = all;
  }
}

/** Lines that belong together. Variables come first, then classes, then functions. */
interface Block {
  readonly kind: "variable" | "function" | "class";
  readonly lines: readonly string[];
}

function blocksOf(module: PyModule, types: StubTypes, met: Set<string>): Block[] {
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(module.constants)) {
    blocks.push({ kind: "variable", lines: fitted("", `${name}: ${constantType(value, types)}`) });
  }
  for (const name of Object.keys(module.lazy)) {
    blocks.push({ kind: "variable", lines: [`${name}: ${types.any}`] });
  }
  for (const [name, member] of module.members) {
    const home = ownerOf(member)?.fullName ?? module.fullName;
    if (member instanceof PyModule || home === module.fullName) {
      blocks.push(...memberBlocks(name, member, types, met));
    } else types.names.shared(home, name);
  }
  // Writing one may meet others.
  for (let i = 0; i < types.unlisted.length; i++) {
    const { name, declared } = types.unlisted[i]!;
    memberNames(declared).forEach((each) => met.add(each));
    const lines = classLines(types, name, declared);
    if (hasClassStatement(declared)) {
      lines.unshift(`@${types.names.from("typing", "type_check_only")}`);
    }
    blocks.push({ kind: "class", lines });
  }
  return blocks;
}

/** The module that declares a member, also where that has the class, and this one what pyClass() made of it. */
function ownerOf(member: Member): PyModule | undefined {
  const raw = typeof member === "function" && !(member instanceof PyFunction);
  const declared = raw ? declarationOf((member.prototype ?? {}) as object) : undefined;
  return (declared && homeOf(declared)) ?? homeOf(member);
}

function memberBlocks(name: string, member: Member, types: StubTypes, met: Set<string>): Block[] {
  if (member instanceof PyModule) {
    types.names.sibling(name);
    return [];
  }
  if (member instanceof PyFunction) {
    const { signature: callable, implementation } = member;
    return [{
      kind: "function",
      lines: definitionLines(types, "", { name, callable, implementation }),
    }];
  }
  const known = member instanceof PyClass || member instanceof PyEnum || member instanceof PyRecord;
  const declared = known ? member : declarationOf(member.prototype);
  if (declared) {
    memberNames(declared).forEach((each) => met.add(each));
    return [{ kind: "class", lines: classLines(types, name, declared) }];
  }
  if (!known && isClass(member)) return [{ kind: "variable", lines: [`${name}: ${types.any}`] }];
  const callable = { doc: undefined, params: undefined, returns: t.any, overloads: [] };
  return [{ kind: "function", lines: definitionLines(types, "", { name, callable }) }];
}

/** Whether it was written as a class: the prototype of a function can be replaced. */
function isClass(member: object): boolean {
  return Object.getOwnPropertyDescriptor(member, "prototype")?.writable === false;
}

function textOf(
  module: PyModule,
  own: readonly string[],
  names: StubNames,
  blocks: readonly Block[],
): string {
  const of = (kind: Block["kind"]): Block["lines"][] =>
    blocks.filter((each) => each.kind === kind).map((each) => each.lines);
  const shown = own.filter((name) =>
    !name.startsWith("_") && !(module.members.get(name) instanceof PyModule)
  );
  const all = shown.length > 0
    ? listed("", "__all__ = [", shown.toSorted().map(stringText), "]")
    : [`__all__: ${names.builtin("list")}[${names.builtin("str")}] = []`];
  const variables = names.typeVariables();
  const parts = [
    ...[docLines(module.doc, ""), names.imports(), all, variables],
    ...[of("variable").flat(), ...of("class"), spaced(of("function")), names.aliases()],
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n") +
    "\n";
}
