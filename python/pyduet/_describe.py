"""A description of modules, as plain data: what `pyduet types` writes down."""

import ast
import importlib
import inspect
import json
import platform
import re
import sys

from pyduet._stub_class import Classes
from pyduet._stub_files import Entry, Library
from pyduet._stub_types import ANY, Scope, Types, replace, variables_in


def describe(names, folders, supported):
    """JSON of the modules' descriptions; `supported` are the classes that TypeScript knows itself."""
    return json.dumps(_Description(names, folders, {tuple(each.split(" ")) for each in supported}).made(), ensure_ascii=False)


class _Description:
    def __init__(self, names, folders, supported):
        self.library = Library(folders)
        self.types = Types(self.library)
        self.names = sorted(set(names))
        self.failed = {}
        self.owners = {}  # home of a class: (module that shows it, its name there)
        self.classes = Classes(self.types, supported, self.owners)
        self.tops = {name.split(".")[0] for name in self.names}
        self.supported = supported

    def made(self):
        shown = {}
        for name in self.names:
            names = self.exports(name)
            if names is not None:
                shown[name] = names
        for direct in (True, False):  # the module in which a class is at home comes first
            for name, entries in shown.items():
                for export, entry in entries:
                    if entry.kind == "class" and (entry.source.name == name) == direct:
                        self.owners.setdefault(_home(entry), (name, export))
        modules = [self.module(name, entries) for name, entries in shown.items()]
        self.add_foreign(modules)
        return {"modules": modules, "failed": self.failed, "protocols": self.classes.protocols}

    # --- modules ------------------------------------------------------------------

    def exports(self, name):
        """[(name, Entry)] of what the module shows; None where it cannot be imported."""
        try:
            runtime = importlib.import_module(name)
        except BaseException as error:
            self.failed[name] = "%s: %s" % (type(error).__name__, error)
            return None
        source = self.library.source(name)
        wanted = set(source.exported or ())
        for each, entry in source.names.items():
            own = entry.kind in ("class", "function", "value") or entry.public
            if (not each.startswith("_") or each == "__version__") and own:
                wanted.add(each)
        for star in source.stars:
            wanted |= self.star_names(star)
        found = []
        for each in sorted(wanted):
            if not hasattr(runtime, each):
                continue
            entry = source.names.get(each)
            if entry is None or entry.kind == "import":
                home, found_entry = self.types.look_up(name, each)
                if found_entry is None:
                    found_entry = Entry("value", source, each)
                entry = found_entry
            found.append((each, entry))
        return found

    def star_names(self, module, seen=()):
        source = self.library.source(module)
        if source is None or module in seen:
            return set()
        if source.exported is not None:
            return set(source.exported)
        names = {each for each in source.names if not each.startswith("_")}
        for star in source.stars:
            names |= self.star_names(star, seen + (module,))
        return names

    def module(self, name, entries):
        runtime = sys.modules[name]
        source = self.library.source(name)
        items = []
        for export, entry in entries:
            item = self.item(name, export, entry, getattr(runtime, export))
            if item is not None:
                items.append(item)
        return {
            "name": name,
            "origin": source.origin,
            "version": _version(runtime),
            "doc": self.classes.doc(runtime),
            "items": items,
            "foreign": [],
        }

    def item(self, module, export, entry, runtime):
        if inspect.ismodule(runtime):
            inner = "%s.%s" % (module, export)
            known = inner if inner in self.names else runtime.__name__
            return {"kind": "module", "name": export, "module": known}
        if entry.kind == "class":
            owner = self.owners.get(_home(entry))
            if owner != (module, export):
                return {"kind": "alias", "name": export, "module": owner[0], "of": owner[1]}
            return self.classes.described(entry, export, runtime)
        if entry.kind == "function":
            signatures = self.classes.signatures(entry.nodes, Scope(entry.source), None)
            return {
                "kind": "function",
                "name": export,
                "doc": self.classes.doc(runtime),
                "signatures": signatures,
            }
        return self.value(export, entry, runtime)

    def value(self, export, entry, runtime):
        node = entry.nodes[0] if entry.nodes else None
        scope = Scope(entry.source)
        kind = None
        if isinstance(node, ast.AnnAssign):
            noted = getattr(node.annotation, "id", getattr(node.annotation, "attr", ""))
            if noted == "Final" and isinstance(node.value, ast.Constant):
                return self.constant(export, node.value.value)
            if noted != "TypeAlias":
                kind = self.types.of(node.annotation, scope)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
            home, _, target = self.types.find(node.value, scope)
            if target is not None and target.kind in ("class", "function", "module"):
                if target.kind == "class" and _home(target) not in self.owners:
                    self.owners[_home(target)] = (entry.source.name, export)
                return self.item(entry.source.name, export, target, runtime)
            method = self.method(node.value, scope)
            if method is not None:
                doc = self.classes.doc(runtime)
                return {"kind": "function", "name": export, "doc": doc, "signatures": method}
        if isinstance(runtime, type):
            alias = self.types.value_type(entry, None, scope) if entry.nodes else ANY
            kind = {"is": "type", "of": replace(alias, {name: ANY for name in variables_in(alias)})}
        if kind is None or kind == ANY:
            kind = self.living(runtime)
        return {"kind": "value", "name": export, "doc": None, "type": kind}

    def method(self, node, scope):
        """The signatures of `choice = _inst.choice`, where it is known what `_inst` is."""
        if not isinstance(node, ast.Attribute):
            return None
        _, _, holder = self.types.find(node.value, scope)
        noted = getattr(holder.nodes[0], "annotation", None) if holder and holder.nodes else None
        kind = self.types.of(noted, Scope(holder.source)) if noted is not None else ANY
        if kind["is"] != "class":
            return None
        return self.classes.method(kind["module"], kind["name"], node.attr)

    def constant(self, export, value):
        if value is None or isinstance(value, (bytes, float)) or value is Ellipsis:
            kind = {"is": "scalar", "name": type(value).__name__.replace("NoneType", "None")}
            kind = ANY if value is Ellipsis else kind
        else:
            kind = {"is": "literal", "value": value}
        return {"kind": "value", "name": export, "doc": None, "type": kind}

    def living(self, value):
        """The type of a value of which nothing but itself tells."""
        if type(value) in (bool, int, float, str, bytes, type(None)):
            name = type(value).__name__
            return {"is": "scalar", "name": "None" if value is None else name}
        home = (type(value).__module__, type(value).__qualname__)
        entry = self.library.class_at(*home)
        if entry is None or inspect.isroutine(value) or inspect.isclass(value):
            return ANY
        args = [ANY for _ in self.types.parameters(entry)]
        return {"is": "class", "module": home[0], "name": home[1], "args": args}

    # --- classes that no module shows -----------------------------------------------

    def add_foreign(self, modules):
        """Classes that signatures name but no module shows go with the first that needs them."""
        for module in modules:
            taken = {item["name"] for item in module["items"]}
            waiting = [module["items"]]
            while waiting:
                part = waiting.pop()
                for home in _classes_in(part):
                    if home in self.owners or home in self.supported:
                        continue
                    entry = self.entry_of(home, module["name"])
                    if entry is None:
                        continue
                    local = entry.name.replace(".", "$")
                    while local in taken:
                        local += "$"
                    taken.add(local)
                    self.owners[home] = (module["name"], local)
                    made = self.classes.described(entry, local, _runtime_of(entry))
                    module["foreign"].append(made)
                    waiting.append(made)
            module["foreign"].sort(key=lambda each: each["name"])

    def entry_of(self, home, module):
        where, name = home
        private = any(part.startswith("_") for part in where.split("."))
        if not private and where.split(".")[0] not in self.tops:
            return None
        if where in ("typing", "_typeshed") and where not in self.names:
            return None
        return self.library.class_at(where, name)


def _home(entry):
    return entry.source.name, entry.name


def _classes_in(part, found=None):
    found = [] if found is None else found
    if isinstance(part, dict):
        if part.get("is") == "class":
            home = (part["module"], part["name"])
            if home not in found:
                found.append(home)
        for value in part.values():
            _classes_in(value, found)
    elif isinstance(part, list):
        for each in part:
            _classes_in(each, found)
    return found


def _runtime_of(entry):
    found = sys.modules.get(entry.source.name)
    for part in entry.name.split("."):
        found = getattr(found, part, None)
    return found


def _version(module):
    name = module.__name__.split(".")[0]
    if name in getattr(sys, "stdlib_module_names", ()) or name in sys.builtin_module_names:
        return "Python " + platform.python_version()
    version = getattr(sys.modules[name], "__version__", None)
    if isinstance(version, str) and re.match(r"\d", version):
        return "%s %s, Python %s" % (name, version, platform.python_version())
    return "Python " + platform.python_version()
