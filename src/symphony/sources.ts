/**
 * Python packages that come with this library as text, made importable.
 * @module
 */
import { type Python, t } from "../../mod.ts";

/**
 * Makes modules importable from their text, as if they lay in files. The first text under a name stays.
 *
 * @param py the Python
 * @param files texts by path: `{ "symphony_conductor/__init__.py": "…" }`
 */
export function installSources(py: Python, files: Readonly<Record<string, string>>): void {
  py.scope(() => {
    const finder = py.run(FINDER, { filename: "<pyduet/symphony/sources>", globals: {} });
    finder.add(py.toPython({ ...files }, t.dict(t.str, t.str)));
  });
}

// A finder of its own by which tracebacks, inspect.getsource() and pkgutil work: `get_source` answers.
const FINDER = `
import sys
from importlib.machinery import ModuleSpec

found = next((one for one in sys.meta_path if getattr(one, "__pyduet_sources__", False)), None)
if found is None:
    class Sources:
        __pyduet_sources__ = True

        def __init__(self):
            self.modules = {}

        def add(self, files):
            for path, text in files.items():
                parts = path[:-3].split("/")
                package = parts[-1] == "__init__"
                name = ".".join(parts[:-1] if package else parts)
                self.modules.setdefault(name, (text, package, "<pyduet>/" + path))

        def find_spec(self, name, path=None, target=None):
            known = self.modules.get(name)
            if known is None:
                return None
            spec = ModuleSpec(name, self, origin=known[2], is_package=known[1])
            if known[1]:
                spec.submodule_search_locations = []
            return spec

        def create_module(self, spec):
            return None

        def exec_module(self, module):
            text, package, path = self.modules[module.__name__]
            module.__file__ = path
            exec(compile(text, path, "exec"), module.__dict__)

        def get_source(self, name):
            return self.modules[name][0]

        def is_package(self, name):
            return self.modules[name][1]

    found = Sources()
    sys.meta_path.append(found)
found
`;
