/**
 * Where the stubs of modules stand in a folder, so that type checkers find them.
 * @module
 */

import { generateStubs, PyModule } from "../../mod.ts";
import pyduetStub from "../../python/pyduet/__init__.pyi" with { type: "text" };

/**
 * The files of modules and their submodules, by their paths. Every module of the top is a folder with
 * `__init__.pyi` and `py.typed`: the one form that is found in a folder of stubs (mypy_path, stubPath) as
 * well as where Python's packages are installed (PEP 561).
 */
export function stubFiles(modules: Iterable<PyModule>): Map<string, string> {
  const files = new Map<string, string>();
  const put = (module: PyModule, path: string): void => {
    const children = [...module.members.values()].filter((each) => each instanceof PyModule);
    const isPackage = children.length > 0 || !path.includes("/");
    files.set(isPackage ? `${path}/__init__.pyi` : `${path}.pyi`, generateStubs(module));
    for (const child of children) put(child, `${path}/${child.name}`);
  };
  for (const module of modules) put(module, module.fullName.replaceAll(".", "/"));
  for (const path of [...files.keys()]) addParents(files, path);
  if ([...files.values()].some((text) => /^(from|import) pyduet\b/m.test(text))) {
    files.set("pyduet/__init__.pyi", pyduetStub);
  }
  for (const path of [...files.keys()]) files.set(`${path.split("/")[0]}/py.typed`, "");
  return new Map([...files].sort(([a], [b]) => a < b ? -1 : 1));
}

/** The packages in which a module called `a.b` stands. */
function addParents(files: Map<string, string>, path: string): void {
  const folders = path.split("/").slice(0, -1);
  for (let length = folders.length; length > 0; length--) {
    const init = [...folders.slice(0, length), "__init__.pyi"].join("/");
    if (!files.has(init)) files.set(init, "");
  }
}
