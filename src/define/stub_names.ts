/**
 * The names that a stub uses, and the imports that they need.
 * @module
 */

import { fitted, listed, stringText } from "./stub_text.ts";

/** Modules of Python's own that stubs import from; formatters keep them apart from others. */
const STANDARD = new Set(
  ("builtins collections.abc dataclasses datetime decimal enum os pathlib types typing uuid").split(
    " ",
  ),
);

/**
 * Gives every name that a stub uses a spelling that nothing in it hides: a module may have a function called
 * `list`, and a class a property called `str`.
 */
export class StubNames {
  /** Names of the module, and of all members of its classes. */
  readonly #taken: ReadonlySet<string>;
  readonly #inClasses: ReadonlySet<string>;
  /** What is bound to each imported name: `typing.Any`, `datetime`. */
  readonly #bound = new Map<string, string>();
  readonly #from = new Map<string, Map<string, string>>();
  readonly #modules = new Map<string, string>();
  readonly #siblings = new Set<string>();
  /** Names of the module that are another module's: `ModelHandle` to `models`. */
  readonly #shared = new Map<string, string>();
  readonly #aliases = new Map<string, string>();
  readonly #variables = new Set<string>();
  readonly #literals = new Map<string, string>();

  /** Names of the module, and names of members of its classes. */
  constructor(inModule: Iterable<string>, inClasses: ReadonlySet<string>) {
    this.#taken = new Set([...inModule, ...inClasses]);
    this.#inClasses = inClasses;
  }

  /** A name of `builtins`. */
  builtin(name: string): string {
    return this.#taken.has(name) ? `${this.module("builtins")}.${name}` : name;
  }

  /** `name` of `from module import name`. */
  from(module: string, name: string): string {
    const names = this.#from.get(module) ?? new Map<string, string>();
    this.#from.set(module, names);
    const spelled = names.get(name) ?? this.#bind(name, `${module}.${name}`);
    names.set(name, spelled);
    return spelled;
  }

  /** `module` of `import module`. */
  module(name: string): string {
    const spelled = this.#modules.get(name) ??
      (name.includes(".") && !this.#taken.has(name.split(".")[0]!)
        ? name
        : this.#bind(name.replaceAll(".", "_"), name));
    this.#modules.set(name, spelled);
    return spelled;
  }

  /** A submodule, which everybody sees. */
  sibling(name: string): void {
    this.#siblings.add(name);
  }

  /** A name of the module that another module declares. */
  shared(module: string, name: string): void {
    this.#shared.set(name, module);
  }

  /** A name of the module itself, seen from wherever a type may stand. */
  local(name: string): string {
    if (!this.#inClasses.has(name)) return name;
    const alias = this.#aliases.get(name) ?? this.#bind(`_${name}`, name);
    this.#aliases.set(name, alias);
    return alias;
  }

  /** A type variable. Private, since the module itself has none of that name. */
  typeVariable(name: string): string {
    const spelled = name.startsWith("_") ? name : `_${name}`;
    this.#variables.add(spelled);
    return spelled;
  }

  /** A `Literal[…]` too long to stand where it is used, where formatters disagree on how to break it. */
  literal(text: string): string {
    const spelled = this.#literals.get(text) ??
      this.#bind(`_Literal${this.#literals.size + 1}`, text);
    this.#literals.set(text, spelled);
    return spelled;
  }

  /** The lines that make the type variables and long literals. */
  typeVariables(): string[] {
    return [
      ...sorted([...this.#variables]).map((name) =>
        `${name} = ${this.from("typing", "TypeVar")}(${stringText(name)})`
      ),
      ...[...this.#literals].flatMap(([text, name]) => fitted("", `${name} = ${text}`)),
    ];
  }

  /** Free of everything that the module has. */
  isFree(name: string): boolean {
    return !this.#taken.has(name) && !this.#bound.has(name);
  }

  #bind(name: string, meaning: string): string {
    let spelled = name;
    // Not two underscores: Python changes such names inside of classes.
    for (let i = 1; this.#isAnother(spelled, meaning); i++) {
      spelled = `_${name.replace(/^_+/, "")}${i > 1 ? i : ""}`;
    }
    this.#bound.set(spelled, meaning);
    return spelled;
  }

  #isAnother(spelled: string, meaning: string): boolean {
    return this.#taken.has(spelled) || (this.#bound.get(spelled) ?? meaning) !== meaning;
  }

  /** The lines that import what was used. */
  imports(): string[] {
    const plain = [...this.#modules].map(([name, spelled]) => ({
      standard: STANDARD.has(name),
      lines: [`import ${name === spelled ? name : `${name} as ${spelled}`}`],
    }));
    const modules = new Set([...this.#from.keys(), ...this.#shared.values()]);
    const from = sorted([...modules]).map((module) => ({
      standard: STANDARD.has(module),
      lines: [...fromLines(module, this.#from.get(module) ?? new Map()), ...this.#sharedOf(module)],
    }));
    plain.sort((a, b) => a.lines[0]! < b.lines[0]! ? -1 : 1);
    const all = [...plain, ...from];
    const groups = [
      all.filter((each) => each.standard).flatMap((each) => each.lines),
      all.filter((each) => !each.standard).flatMap((each) => each.lines),
      sorted([...this.#siblings]).map((name) => `from . import ${name} as ${name}`),
    ];
    return groups.filter((group) => group.length > 0).flatMap((group, i) =>
      i === 0 ? group : ["", ...group]
    );
  }

  /** Each under its own name once more: such a name is the stub's own, private ones too. */
  #sharedOf(module: string): string[] {
    const names = [...this.#shared.keys()].filter((name) => this.#shared.get(name) === module);
    return sorted(names).map((name) => `from ${module} import ${name} as ${name}`);
  }

  /** The lines that give names of the module a second one, where a member of a class hides the first. */
  aliases(): string[] {
    return [...this.#aliases].map(([name, alias]) => `${alias} = ${name}`).sort();
  }
}

/** A name under another one has a line of its own. */
function fromLines(module: string, names: ReadonlyMap<string, string>): string[] {
  const all = sorted([...names.keys()]);
  const plain = all.filter((name) => names.get(name) === name);
  const renamed = all.filter((name) => names.get(name) !== name)
    .map((name) => `from ${module} import ${name} as ${names.get(name)}`);
  if (plain.length === 0) return renamed;
  const [line, ...more] = listed("", `from ${module} import `, plain, "");
  const lines = more.length === 0
    ? [line!]
    : [`from ${module} import (`, ...more.slice(0, -1), ")"];
  return [...lines, ...renamed];
}

/** As import sorters do: CONSTANTS, Classes, functions. */
function sorted(names: string[]): string[] {
  const key = (name: string): string => {
    const rank = /^[A-Z\d_]{2,}$/.test(name) ? 0 : /^[A-Z]/.test(name) ? 1 : 2;
    return `${rank} ${name.toLowerCase()} ${name}`;
  };
  return names.sort((a, b) => key(a) < key(b) ? -1 : 1);
}
