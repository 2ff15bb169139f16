/**
 * `pyduet types`: declaration files for Python modules.
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { PythonNotFoundError, PythonStartError, startPython } from "../../mod.ts";
import { type Command, CommandError, type Console, UsageError } from "./command.ts";
import type { DeclarationOptions } from "./declaration.ts";
import { type Described, describeModules } from "./describe.ts";

const HELP = `pyduet types MODULE… --out FOLDER

Writes a declaration file (.d.ts) for each Python module, from its stub files, annotations,
signatures and documentation. The modules are imported, so their code runs.

  --out FOLDER       where the files go (default: types)
  --python PYTHON    a venv folder, a python executable, a libpython path or a version
  --stubs FOLDER     a folder of stub files (.pyi) to look into first; may be given several times
  --ints KIND        exact: an int that comes back is number | bigint (default);
                     number: it is number, for programs whose integers are small
  --library NAME     the name under which programs import this library (default: as it was started)
  --help             this text

With the files a program says which module it means:

  const py = startPython();
  const statistics = py.import<typeof import("./types/statistics.d.ts")>("statistics");

Stub files of the standard library come with mypy, basedpyright or jedi: one of them in the Python
that runs makes the declarations much better.
Exit code: 0 done, 1 a module or folder cannot be used, 2 wrong use.`;

/** The command. */
export const typesCommand: Command = {
  name: "types",
  summary: "declaration files for Python modules",
  help: HELP,
  run: runTypes,
};

interface Request {
  readonly modules: string[];
  readonly out: string;
  readonly python: string | undefined;
  readonly stubs: string[];
  readonly options: DeclarationOptions;
}

function runTypes(args: readonly string[], console: Console): number {
  const request = readRequest(args);
  const described = describe(request);
  for (const [module, error] of Object.entries(described.failed)) {
    console.note(`pyduet types: cannot import ${module}: ${error}`);
  }
  write(request.out, described.files, console);
  for (const note of described.notes) console.note(`pyduet types: ${note}`);
  return Object.keys(described.failed).length > 0 ? 1 : 0;
}

function readRequest(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: "string", default: "types" },
      python: { type: "string" },
      stubs: { type: "string", multiple: true, default: [] },
      ints: { type: "string", default: "exact" },
      library: { type: "string" },
    },
  });
  if (positionals.length === 0) throw new UsageError("name at least one Python module");
  for (const module of positionals) {
    if (
      !/^[\p{ID_Start}_][\p{ID_Continue}]*(\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u.test(module)
    ) {
      throw new UsageError(`${JSON.stringify(module)} is no name of a module, such as os.path`);
    }
  }
  if (values.ints !== "exact" && values.ints !== "number") {
    throw new UsageError(`--ints is exact or number, not ${JSON.stringify(values.ints)}`);
  }
  const options = { library: values.library ?? libraryName(import.meta.url), ints: values.ints };
  const { out, python, stubs } = values;
  return { modules: positionals, out, python, stubs, options } as Request;
}

/** What runs from an address of its own bears the name that it has there. */
function libraryName(url: string): string {
  return url.startsWith("http") ? "@pyduet/pyduet" : "pyduet";
}

function describe({ modules, python, stubs, options }: Request): Described {
  try {
    // Modules beside the program are found, as by `python program.py`.
    const py = startPython({ ...(python === undefined ? {} : { python }), path: [process.cwd()] });
    return describeModules(py, modules, { ...options, stubs });
  } catch (error) {
    if (error instanceof PythonNotFoundError || error instanceof PythonStartError) {
      throw new CommandError(error.message);
    }
    throw error;
  }
}

function write(folder: string, files: ReadonlyMap<string, string>, console: Console): void {
  try {
    if (files.size > 0) mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) {
      const path = join(folder, name);
      writeFileSync(path, text);
      console.say(path);
    }
  } catch (error) {
    throw new CommandError(`cannot write to ${folder}: ${(error as Error).message}`);
  }
}
