/**
 * Asks Python about modules and writes declarations of the answer.
 * @module
 */

import describing from "../../python/pyduet/_describe.py" with { type: "text" };
import classes from "../../python/pyduet/_stub_class.py" with { type: "text" };
import files from "../../python/pyduet/_stub_files.py" with { type: "text" };
import text from "../../python/pyduet/_stub_text.py" with { type: "text" };
import types from "../../python/pyduet/_stub_types.py" with { type: "text" };
import type { Python } from "../../mod.ts";
import { declarationFiles, type DeclarationOptions } from "./declaration.ts";
import type { Description } from "./description.ts";
import { KNOWN_CLASSES } from "./known_class.ts";

/** In the order in which they need one another. */
const SOURCES: readonly (readonly [string, string])[] = [
  ["_stub_text", text],
  ["_stub_files", files],
  ["_stub_types", types],
  ["_stub_class", classes],
  ["_describe", describing],
];

const LOAD = `
import sys
def load(name, text):
    full = "pyduet." + name
    if full not in sys.modules:
        module = type(sys)(full)
        exec(compile(text, "<pyduet>/%s.py" % name, "exec", dont_inherit=True), module.__dict__)
        sys.modules[full] = module
    return sys.modules[full]
load
`;

/** How modules are described. */
export interface DescribeOptions extends DeclarationOptions {
  /** Folders of stub files to look into first. */
  readonly stubs?: readonly string[];
}

/** Declarations, and what is to be said about them. */
export interface Described {
  /** The files' texts, by name. */
  readonly files: Map<string, string>;
  /** Modules that cannot be imported, with Python's error. */
  readonly failed: Readonly<Record<string, string>>;
  /** What would make them better. */
  readonly notes: string[];
}

/** The declaration files of modules. Imports them. */
export function describeModules(
  py: Python,
  modules: readonly string[],
  options: DescribeOptions,
): Described {
  const json: string = py.scope(() => {
    const load = py.run(LOAD, { globals: {} });
    let last = null;
    for (const [name, source] of SOURCES) last = load(name, source);
    const known = [...KNOWN_CLASSES.keys()].map((name) => {
      const at = name.lastIndexOf(".");
      return `${name.slice(0, at)} ${name.slice(at + 1)}`;
    });
    return last.describe([...modules], [...options.stubs ?? []], known);
  });
  const description = JSON.parse(json) as Description;
  return {
    files: declarationFiles(description, options),
    failed: description.failed,
    notes: notesOn(description),
  };
}

function notesOn({ modules }: Description): string[] {
  const looked = modules.filter(({ origin }) => origin === "introspection").map(({ name }) => name);
  if (looked.length === 0) return [];
  return [
    `no stub files for ${looked.join(", ")}: described by looking at what is there. ` +
    "For the standard library, mypy in this Python brings them; others have packages NAME-stubs",
  ];
}
