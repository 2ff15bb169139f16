/**
 * `pyduet stubs`: stub files for modules that TypeScript declares.
 * @module
 */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { PyModule } from "../../mod.ts";
import { type Command, CommandError, type Console, UsageError } from "./command.ts";
import { stubFiles } from "./stub_layout.ts";

const HELP = `pyduet stubs FILE… --out FOLDER

Writes the stub files (.pyi) of every module that a TypeScript file exports: what pyModule() made,
under any name or as the default. The file is imported, so its code runs; Python is not started.

  --out FOLDER       where the stubs go (default: python)
  --help             this text

Each module becomes a folder: NAME/__init__.pyi, NAME/py.typed, and a file for each submodule.
Type checkers find them by the folder's name:

  mypy               MYPYPATH=python, or mypy_path = "python" in its configuration
  pyright            "stubPath": "python"

Exit code: 0 done, 1 a file or folder cannot be used, 2 wrong use.`;

/** The command. */
export const stubsCommand: Command = {
  name: "stubs",
  summary: "stub files for modules that TypeScript declares",
  help: HELP,
  run: runStubs,
};

async function runStubs(args: readonly string[], console: Console): Promise<number> {
  const { values: { out }, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { out: { type: "string", default: "python" } },
  });
  if (positionals.length === 0) throw new UsageError("name the TypeScript file of a module");
  const modules: PyModule[] = [];
  for (const file of positionals) modules.push(...await modulesOf(file));
  write(out, stubFiles(new Set(modules)), console);
  return 0;
}

async function modulesOf(file: string): Promise<PyModule[]> {
  const path = resolve(file);
  if (!existsSync(path)) throw new CommandError(`there is no file ${file}`);
  const values = Object.values(await load(file, path));
  const modules = values.filter((value) => value instanceof PyModule);
  if (modules.length > 0) return modules;
  if (values.some((value) => Object(value).constructor?.name === "PyModule")) {
    throw new CommandError(
      `the module of ${file} was made by another copy of this library; run the command of that copy`,
    );
  }
  throw new CommandError(
    `${file} exports no module; say: export const myModule = pyModule("my_module", …)`,
  );
}

async function load(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const text = error instanceof Error ? error.stack ?? error.message : String(error);
    throw new CommandError(`cannot import ${file}: ${text}`);
  }
}

function write(folder: string, files: ReadonlyMap<string, string>, console: Console): void {
  try {
    for (const [name, text] of files) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      console.say(path);
    }
  } catch (error) {
    throw new CommandError(`cannot write to ${folder}: ${(error as Error).message}`);
  }
}
