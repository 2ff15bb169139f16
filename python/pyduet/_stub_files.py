"""Finding what is written down about a module's types, and the names in it."""

import ast
import importlib
import importlib.util
import os
import sys

from pyduet._stub_text import stub_text

# Where packages carry a copy of typeshed, the standard library's stub files; the newest kind first.
_TYPESHEDS = (
    ("mypy", "typeshed/stdlib"),
    ("basedpyright", "dist/typeshed-fallback/stdlib"),
    ("jedi", "third_party/typeshed/stdlib/3"),
    ("typeshed_client", "typeshed"),
)


class Entry:
    """A name of a module or class: what defines it, and where."""

    def __init__(self, kind, source, name, nodes=(), target=None, public=False):
        self.kind = kind  # class, function, value, import, module
        self.source = source
        self.name = name  # in its module; with dots inside classes
        self.nodes = list(nodes)
        self.target = target  # of an import: (module, attribute); of a module: its name
        self.public = public  # an import that re-exports
        self.names = None  # of a class: its own names


class Source:
    """One module's names, as a stub file, annotated source or introspection tells them."""

    def __init__(self, name, package, origin, tree):
        self.name = name
        self.package = package
        self.origin = origin
        self.stars = []
        self.exported = None
        self.names = {}
        Collector(self, self.names, "").walk(tree.body)


class Collector:
    """Gathers the names that statements define; conditions are answered for this Python."""

    def __init__(self, source, names, prefix):
        self.source, self.names, self.prefix = source, names, prefix

    def walk(self, body):
        for node in body:
            visit = getattr(self, "on_" + type(node).__name__, None)
            if visit:
                visit(node)

    def put(self, name, kind, node=None, target=None, public=False):
        nodes = [] if node is None else [node]
        self.names[name] = Entry(kind, self.source, self.prefix + name, nodes, target, public)
        return self.names[name]

    def on_If(self, node):
        self.walk(node.body if _holds(node.test) else node.orelse)

    def on_Try(self, node):
        self.walk(node.body + node.orelse + node.finalbody)

    def on_With(self, node):
        self.walk(node.body)

    def on_ClassDef(self, node):
        entry = self.put(node.name, "class", node)
        entry.names = {}
        Collector(self.source, entry.names, entry.name + ".").walk(node.body)

    def on_FunctionDef(self, node):
        known = self.names.get(node.name)
        if known is not None and known.kind == "function":
            known.nodes.append(node)
        else:
            self.put(node.name, "function", node)

    on_AsyncFunctionDef = on_FunctionDef

    def on_Assign(self, node):
        for target in node.targets:
            if isinstance(target, ast.Name):
                if target.id == "__all__" and not self.prefix:
                    self.source.exported = _texts(node.value)
                self.put(target.id, "value", node)

    def on_AnnAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.put(node.target.id, "value", node)

    def on_TypeAlias(self, node):  # `type X = ...` of Python 3.12
        self.put(node.name.id, "value", node)

    def on_AugAssign(self, node):
        if isinstance(node.target, ast.Name) and node.target.id == "__all__":
            self.source.exported = (self.source.exported or []) + _texts(node.value)

    def on_Expr(self, node):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args:
            if isinstance(call.func.value, ast.Name) and call.func.value.id == "__all__":
                more = _texts(call.args[0])
                if call.func.attr == "append":
                    more = [getattr(call.args[0], "value", None)]
                self.source.exported = (self.source.exported or []) + more

    def on_Delete(self, node):
        for target in node.targets:
            self.names.pop(getattr(target, "id", None), None)

    def on_Import(self, node):
        for each in node.names:
            if each.asname:
                self.put(each.asname, "module", target=each.name, public=each.asname == each.name)
            else:
                top = each.name.split(".")[0]
                self.put(top, "module", target=top)

    def on_ImportFrom(self, node):
        module = self.absolute(node.level, node.module)
        for each in node.names:
            if each.name == "*":
                self.source.stars.append(module)
            else:
                self.put(
                    each.asname or each.name,
                    "import",
                    target=(module, each.name),
                    public=each.asname == each.name,
                )

    def absolute(self, level, module):
        if not level:
            return module
        parts = self.source.name.split(".")
        if not self.source.package:
            level += 1
        kept = parts[: len(parts) - level + 1]
        return ".".join(kept + ([module] if module else []))


def _holds(test):
    names = {"sys": sys, "os": os, "TYPE_CHECKING": True, "__builtins__": {}}
    if isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING":
        return True
    try:
        return bool(eval(compile(ast.Expression(test), "<condition>", "eval"), names))
    except Exception:
        return True  # a condition that no type checker knows either


def _texts(node):
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [value for value in (getattr(each, "value", None) for each in node.elts) if value]
    return []


class Library:
    """Every module that was read, by name."""

    def __init__(self, folders=()):
        self.folders = list(folders)
        self.sources = {}
        self.typesheds = _find_typesheds()

    def source(self, name):
        """The module's Source, or None where nothing at all is known of it."""
        if name not in self.sources:
            self.sources[name] = None  # modules that import one another end here
            self.sources[name] = self._read(name)
        return self.sources[name]

    def class_at(self, module, name):
        """The entry of a class by its dotted name in a module, or None."""
        source = self.source(module)
        names = source.names if source else {}
        entry = None
        for part in name.split("."):
            entry = names.get(part)
            if entry is None or entry.kind != "class":
                return None
            names = entry.names
        return entry

    def _read(self, name):
        for path, package, origin in self._files(name):
            try:
                with open(path, encoding="utf-8") as file:
                    return Source(name, package, origin, ast.parse(file.read()))
            except (SyntaxError, UnicodeDecodeError, OSError):
                continue  # written for a later Python
        try:
            module = importlib.import_module(name)
        except BaseException:
            return None
        text = stub_text(module)
        return Source(name, hasattr(module, "__path__"), "introspection", ast.parse(text))

    def _files(self, name):
        parts = name.split(".")
        for folder in self.folders:
            yield from _in_folder(folder, parts, "stub files")
        for folder in sys.path:
            stubs = os.path.join(folder or ".", parts[0] + "-stubs")
            if os.path.isdir(stubs):
                yield from _in_folder(stubs, parts[1:], "the package %s-stubs" % parts[0])
        origin, package = _file_of(name)
        if origin:
            stem = os.path.join(os.path.dirname(origin), os.path.basename(origin).split(".")[0])
            yield from _existing(stem + ".pyi", package, "its stub file")
        for folder, owner in self.typesheds:
            yield from _in_folder(folder, parts, "typeshed, as %s has it" % owner)
        if origin and origin.endswith(".py") and _is_typed(parts[0]):
            yield from _existing(origin, package, "its annotated source")


def _existing(path, package, origin):
    if os.path.isfile(path):
        yield path, package, origin


def _in_folder(folder, parts, origin):
    path = os.path.join(folder, *parts)
    yield from _existing(os.path.join(path, "__init__.pyi"), True, origin)
    if parts:
        yield from _existing(path + ".pyi", False, origin)


def _spec(name):
    try:
        return importlib.util.find_spec(name)
    except BaseException:
        return None  # a parent that cannot be imported, a name that is none


def _file_of(name):
    spec = _spec(name)
    if spec is None or not spec.origin or not os.path.isabs(spec.origin):
        return None, False
    return spec.origin, spec.submodule_search_locations is not None


def _is_typed(package):
    """Whether its source says that its annotations are for everybody (PEP 561)."""
    origin, is_package = _file_of(package)
    return is_package and os.path.isfile(os.path.join(os.path.dirname(origin), "py.typed"))


def _find_typesheds():
    found = []
    for package, inside in _TYPESHEDS:
        spec = _spec(package)
        for place in (spec.submodule_search_locations if spec else None) or ():
            folder = os.path.join(place, *inside.split("/"))
            if os.path.isdir(folder):
                found.append((folder, package + _version_of(package)))
    return found


def _version_of(package):
    try:
        from importlib.metadata import version

        return " " + version(package)
    except Exception:
        return ""
