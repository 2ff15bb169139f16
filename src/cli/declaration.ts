/**
 * The declaration file of a module, from its description.
 * @module
 */

import { classText, type FindClass } from "./class_text.ts";
import type { ClassItem, Description, Item, ModuleDescription } from "./description.ts";
import { SUPPORT_NAMES } from "./known_class.ts";
import { commentLines, declarationLines } from "./layout.ts";
import { callTexts, isFree } from "./signature_text.ts";
import { type Names, type Place, typeText } from "./type_text.ts";

/** How declarations are written. */
export interface DeclarationOptions {
  /** The name under which programs import the library's types. */
  readonly library: string;
  /** What an `int` is that comes back. */
  readonly ints: "exact" | "number";
}

/** Types of JavaScript that declarations name: a class of Python must not hide them. */
const GLOBALS: ReadonlySet<string> = new Set(
  ("Array ArrayLike Date Iterable IterableIterator Omit Promise ReadonlyMap ReadonlySet Symbol " +
    "Uint8Array object string number bigint boolean unknown never any null symbol void").split(" "),
);

const OUTSIDE: Place = { own: new Set(), self: "unknown", passed: "unknown" };

/** The file of a module: its name without a folder. */
export function fileOf(module: string): string {
  return `${module}.d.ts`;
}

/** The texts of all files, by name. */
export function declarationFiles(
  description: Description,
  options: DeclarationOptions,
): Map<string, string> {
  const classes = new Map<string, { item: ClassItem; module: string }>();
  for (const { name: module, items, foreign } of description.modules) {
    for (const item of [...items, ...foreign]) {
      if (item.kind === "class") classes.set(item.home.join(" "), { item, module });
    }
  }
  const files = new Map<string, string>();
  for (const module of description.modules) {
    const writer = new ModuleText(module, description, classes, options);
    files.set(fileOf(module.name), writer.text());
  }
  return files;
}

class ModuleText implements Names {
  readonly protocols: Description["protocols"];
  readonly int: string;
  readonly #module: ModuleDescription;
  readonly #described: ReadonlySet<string>;
  readonly #classes: ReadonlyMap<string, { item: ClassItem; module: string }>;
  readonly #options: DeclarationOptions;
  readonly #renamed: string[] = [];

  constructor(
    module: ModuleDescription,
    description: Description,
    classes: ReadonlyMap<string, { item: ClassItem; module: string }>,
    options: DeclarationOptions,
  ) {
    this.#module = module;
    this.#described = new Set(description.modules.map(({ name }) => name));
    this.#classes = classes;
    this.#options = options;
    this.protocols = description.protocols;
    this.int = options.ints === "number" ? "number" : "number | bigint";
  }

  // --- names --------------------------------------------------------------------

  support(name: string): string {
    if (!SUPPORT_NAMES.has(name)) throw new Error(`python_types.ts has no ${name}`);
    return name;
  }

  class(module: string, name: string): { text: string; protocol: boolean } | null {
    const found = this.#classes.get(`${module} ${name}`);
    if (!found) return null;
    const protocol = !found.item.real || `${module}.${name}` in this.protocols;
    if (found.module === this.#module.name) return { text: localName(found.item.name), protocol };
    return { text: `import("./${fileOf(found.module)}").${found.item.name}`, protocol };
  }

  readonly #find: FindClass = (module, name) => this.#classes.get(`${module} ${name}`)?.item;

  // --- text ---------------------------------------------------------------------

  text(): string {
    const { name, origin, version, doc, items, foreign } = this.#module;
    const body: string[] = [];
    for (const item of [...items, ...foreign]) {
      if (item.name !== "__doc__" && item.name !== "__name__") body.push("", ...this.#item(item));
    }
    const dollar = this.support("Dollar");
    // What a union was made of may be gone from it: the text tells what is used.
    const code = body.filter((line) => !/^\s*(\/\*\*|\*)/.test(line)).join("\n");
    const words = new Set(code.match(/[\w$]+/g));
    const used = [...SUPPORT_NAMES].filter((name) => words.has(name) || name === dollar).sort();
    return [
      `// Types of the Python module ${name} (${version}), from ${origin}.`,
      "// Written by `pyduet types`: do not edit, run it again.",
      "",
      ...importLines(used, this.#options.library),
      "",
      ...commentLines("What the bridge adds to every Python object, this module as well."),
      `export const $: ${dollar};`,
      ...(doc ? commentLines("The module's documentation.") : []),
      "export const __doc__: string | null;",
      "export const __name__: string;",
      ...body,
      "",
      this.#renamed.length > 0 ? `export { ${this.#renamed.join(", ")} };` : "export {};",
      "",
    ].join("\n");
  }

  /** `export …`, or a declaration that is exported under the name that it could not have. */
  #exported(name: string, keyword: string): string {
    const local = localName(name);
    if (local === name) return `export ${keyword}`;
    const text = `${local} as ${name}`;
    if (!this.#renamed.includes(text)) this.#renamed.push(text);
    return keyword === "interface" || keyword === "type" ? keyword : `declare ${keyword}`;
  }

  #item(item: Item): string[] {
    const local = localName(item.name);
    switch (item.kind) {
      case "function": {
        const head = `${this.#exported(item.name, "function")} ${local}`;
        const texts = callTexts(item.signatures, OUTSIDE, this);
        return [
          ...commentLines(item.doc),
          ...texts.flatMap((text) => declarationLines(`${head}${text};`)),
        ];
      }
      case "value":
        return this.#constant(item.name, typeText(item.type, "out", OUTSIDE, this));
      case "module":
        return this.#constant(
          item.name,
          this.#described.has(item.module)
            ? `typeof import("./${fileOf(item.module)}")`
            : this.support("PyObject"),
        );
      case "alias":
        return this.#alias(item);
      case "class":
        return this.#class(item, local);
    }
  }

  #constant(name: string, type: string): string[] {
    return [`${this.#exported(name, "const")} ${localName(name)}: ${type};`];
  }

  #class(item: ClassItem, local: string): string[] {
    const { instance, itself } = classText(item, local, this, this.#find);
    const keyword = this.#exported(item.name, "interface");
    const exporting = (lines: string[], word: string): string[] =>
      lines.map((line) => line.startsWith("interface ") ? word + line.slice(9) : line);
    if (itself.length === 0 || !this.#module.items.includes(item)) {
      return exporting(instance, keyword);
    }
    return [
      ...exporting(instance, keyword),
      ...exporting(itself, "export interface"),
      ...this.#constant(item.name, `${local}$Class`),
    ];
  }

  /** A class that another file describes, or this one under another name. */
  #alias(item: Item & { kind: "alias" }): string[] {
    const owner = [...this.#classes.values()].find((each) =>
      each.module === item.module && each.item.name === item.of
    );
    if (!owner) return this.#constant(item.name, this.support("PyObject"));
    const { params, real } = owner.item;
    const file = item.module === this.#module.name ? "" : `import("./${fileOf(item.module)}").`;
    const of = file === "" ? localName(item.of) : item.of;
    const given = params.length > 0 ? `<${params.join(", ")}>` : "";
    const taken = params.length > 0
      ? `<${params.map((name) => `${name} = unknown`).join(", ")}>`
      : "";
    const itself = file === "" ? `${of}$Class` : `${file}${localName(of)}$Class`;
    return [
      `${this.#exported(item.name, "type")} ${
        localName(item.name)
      }${taken} = ${file}${of}${given};`,
      ...(real ? this.#constant(item.name, itself) : []),
    ];
  }
}

function localName(name: string): string {
  return isFree(name) && !GLOBALS.has(name) && !SUPPORT_NAMES.has(name) ? name : `${name}$`;
}

function importLines(names: readonly string[], library: string): string[] {
  const line = `import type { ${names.join(", ")} } from "${library}/types";`;
  if (line.length <= 100) return [line];
  return ["import type {", ...names.map((name) => `  ${name},`), `} from "${library}/types";`];
}
