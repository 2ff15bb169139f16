"""Type expressions of stub files, resolved to what they mean: a tree of plain dicts."""

import ast
import importlib

from pyduet._stub_files import Entry

ANY = {"is": "any"}
SELF = {"is": "self"}
NONE = {"is": "scalar", "name": "None"}

_TYPING = ("typing", "typing_extensions", "_typing")
_SCALARS = ("int", "float", "str", "bytes", "bool")
_FIRST = ("ClassVar", "Final", "Annotated", "Required", "NotRequired", "ReadOnly", "InitVar")
_RENAMED = {
    "typing.Buffer": "collections.abc.Buffer",
    "typing.List": "builtins.list",
    "typing.Dict": "builtins.dict",
    "typing.Set": "builtins.set",
    "typing.FrozenSet": "builtins.frozenset",
    "typing.Tuple": "builtins.tuple",
    "typing.Type": "builtins.type",
    "typing.Text": "builtins.str",
    "typing.LiteralString": "builtins.str",
    "typing.AbstractSet": "collections.abc.Set",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.Counter": "collections.Counter",
    "typing.ChainMap": "collections.ChainMap",
    "typing.Deque": "collections.deque",
    "typing.Pattern": "re.Pattern",
    "typing.Match": "re.Match",
    "typing.ContextManager": "contextlib.AbstractContextManager",
    "typing.AsyncContextManager": "contextlib.AbstractAsyncContextManager",
    "contextlib._GeneratorContextManager": "contextlib.AbstractContextManager",
    "_typeshed.SupportsKeysAndGetItem": "collections.abc.Mapping",
    "_typeshed.SupportsItems": "collections.abc.Mapping",
    "_typeshed.SupportsLenAndGetItem": "collections.abc.Sequence",
    "random.SupportsLenAndGetItem": "collections.abc.Sequence",
    "_typeshed.SupportsNext": "collections.abc.Iterator",
    "_typeshed.SupportsIter": "collections.abc.Iterable",
    "types.GeneratorType": "collections.abc.Generator",
    "types.CoroutineType": "collections.abc.Coroutine",
    "types.NoneType": "builtins.None",
    "_typeshed.structseq": "typing.Generic",
    "builtins.EllipsisType": "types.EllipsisType",
}
# Protocols of typing and typeshed for which JavaScript passes a number, or what makes one.
_NUMBERS = {"SupportsIndex": "int", "SupportsInt": "float", "SupportsFloat": "float"}
_NUMBERS.update({"SupportsComplex": "float", "ConvertibleToInt": None, "ConvertibleToFloat": None})
# Aliases of numpy for all that becomes an array, by name: spelt out they fill a page.
_ARRAY_ALIASES = ("numpy._typing._array_like", "numpy._typing._nested_sequence", "numpy._typing")


def union(types):
    """The union, flat and without doubles."""
    flat = []
    for each in types:
        for one in each["of"] if each["is"] == "union" else [each]:
            # In Python True is 1, and the two literals are not the same.
            value = type(one.get("value"))
            if not any(one == known and value is type(known.get("value")) for known in flat):
                flat.append(one)
    if any(one == ANY for one in flat):
        return ANY
    return flat[0] if len(flat) == 1 else {"is": "union", "of": flat}


def replace(kind, variables):
    """The type with variables of these names replaced."""
    if isinstance(kind, list):
        return [replace(each, variables) for each in kind]
    if not isinstance(kind, dict):
        return kind
    if kind.get("is") == "variable":
        return variables.get(kind["name"], kind)
    made = {key: replace(value, variables) for key, value in kind.items()}
    return union(made["of"]) if made.get("is") == "union" else made


def variables_in(kind, found=None):
    """The names of the variables in a type, in the order in which they come."""
    found = [] if found is None else found
    if isinstance(kind, list):
        for each in kind:
            variables_in(each, found)
    elif isinstance(kind, dict):
        if kind.get("is") == "variable":
            if kind["name"] not in found:
                found.append(kind["name"])
        else:
            for value in kind.values():
                variables_in(value, found)
    return found


class Scope:
    """Where a type stands: its module, the classes around it, and what variables mean there."""

    def __init__(self, source, classes=(), variables=None, own=()):
        self.source = source
        self.classes = tuple(classes)
        self.variables = variables or {}
        self.own = tuple(own)  # names of type parameters in brackets (Python 3.12)

    def inside(self, entry):
        return Scope(self.source, self.classes + (entry,), self.variables, self.own)

    def knowing(self, variables, own=()):
        known = dict(self.variables, **variables)
        return Scope(self.source, self.classes, known, self.own + tuple(own))


class Types:
    """Resolves names and type expressions."""

    def __init__(self, library):
        self.library = library
        self.variables = {}  # what is known of each type variable, by name
        self.expanding = []  # aliases, of which some name themselves
        self.parameters_of = {}

    # --- names ------------------------------------------------------------------

    def look_up(self, module, name, seen=()):
        """(module, Entry) at home, or (module, None) for what only has a name."""
        if module in _TYPING or module in ("collections.abc", "_collections_abc", "builtins"):
            return module, self._plain(module, name)
        source = self.library.source(module)
        if source is None or (module, name) in seen:
            return module, None
        seen = seen + ((module, name),)
        entry = source.names.get(name)
        if entry is None:
            for star in reversed(source.stars):
                found = self.look_up(star, name, seen)
                if found[1] is not None:
                    return found
            return module, None
        if entry.kind == "import":
            target, attribute = entry.target
            if (target, attribute) == (module, name):
                return module, None
            found = self.look_up(target, attribute, seen)
            if found[1] is None and self.library.source("%s.%s" % (target, attribute)):
                return module, self._module_entry(source, name, "%s.%s" % (target, attribute))
            return found
        return module, entry

    def _plain(self, module, name):
        source = self.library.source("typing" if module in _TYPING else module)
        return source.names.get(name) if source and module == "builtins" else None

    def _module_entry(self, source, name, target):
        return Entry("module", source, name, target=target)

    def find(self, node, scope):
        """What a name or dotted name means: (module, name, Entry or None)."""
        if isinstance(node, ast.Name):
            for around in reversed(scope.classes):
                entry = around.names.get(node.id)
                if entry is not None and entry.kind == "class":
                    return entry.source.name, entry.name, entry
            module, entry = self.look_up(scope.source.name, node.id)
            if entry is None:
                target = self._import_of(scope.source, node.id)
                if target:
                    return target[0], target[1], None
                return "builtins", node.id, self.look_up("builtins", node.id)[1]
            return module, entry.name, entry
        if isinstance(node, ast.Attribute):
            module, name, entry = self.find(node.value, scope)
            if entry is not None and entry.kind == "class":
                inner = entry.names.get(node.attr)
                return module, "%s.%s" % (entry.name, node.attr), inner
            if entry is not None and entry.kind == "module":
                at, found = self.look_up(entry.target, node.attr)
                if found is None:
                    whole = "%s.%s" % (entry.target, node.attr)
                    if at not in _TYPING and at != "collections.abc":
                        if self.library.source(whole) is not None:
                            found = self._module_entry(scope.source, node.attr, whole)
                            return at, node.attr, found
                    return at, node.attr, None
                return at, found.name, found
        return "", "", None

    def _import_of(self, source, name, seen=()):
        """Where a name comes from that is defined nowhere we can read, such as `typing.Any`."""
        entry = source.names.get(name)
        if entry is not None and entry.kind == "import":
            further = self.library.source(entry.target[0])
            plain = entry.target[0] in _TYPING + ("collections.abc", "_collections_abc")
            if further is not None and not plain and entry.target not in seen:
                return self._import_of(further, entry.target[1], seen + (entry.target,))
            return entry.target
        if entry is None:
            for star in source.stars:
                if star in _TYPING + ("_collections_abc",):
                    return star, name
        return None

    # --- expressions --------------------------------------------------------------

    def of(self, node, scope):
        """The type that an annotation means."""
        if node is None:
            return ANY
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                try:
                    return self.of(ast.parse(node.value.strip(), mode="eval").body, scope)
                except SyntaxError:
                    return ANY
            return NONE if node.value is None else ANY
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return union([self.of(node.left, scope), self.of(node.right, scope)])
        if isinstance(node, (ast.Name, ast.Attribute)):
            return self.named(node, None, scope)
        if isinstance(node, ast.Subscript):
            inner = node.slice
            inner = getattr(inner, "value", inner) if type(inner).__name__ == "Index" else inner
            args = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
            return self.named(node.value, args, scope)
        return ANY

    def named(self, node, args, scope):
        if isinstance(node, ast.Name):
            if node.id in scope.variables:
                return scope.variables[node.id]
            if node.id in scope.own:
                return {"is": "variable", "name": node.id}
        module, name, entry = self.find(node, scope)
        if not name:
            return ANY
        if module in _TYPING:
            module = "typing"
        if module == "_collections_abc":
            module = "collections.abc"
        return self.meaning(module, name, entry, args, scope)

    def meaning(self, module, name, entry, args, scope):
        full = _RENAMED.get("%s.%s" % (module, name))
        if full is None and module == "typing" and _is_abstract(name):
            full = "collections.abc." + name
        if full is not None:
            module, name = full.rsplit(".", 1)
            entry = None
        named = module in ("typing", "builtins") or name in ("Callable", "Hashable")
        special = getattr(self, "_on_" + name, None) if named else None
        if special:
            return special(args, scope)
        if module in ("typing", "_typeshed") and name in _NUMBERS:
            number = _NUMBERS[name]
            if number:
                return {"is": "scalar", "name": number}
            return union([{"is": "scalar", "name": each} for each in ("float", "str", "bytes")])
        if module == "builtins" and name in _SCALARS + ("None",):
            return {"is": "scalar", "name": name}
        if module == "typing" and name in _FIRST or name == "InitVar":
            return self.of(args[0], scope) if args else ANY
        if module.startswith("numpy") and module in _ARRAY_ALIASES and _is_array_alias(name):
            inner = [self.of(each, scope) for each in args or []]
            return {"is": "arrays", "of": inner[-1] if inner and name == "_ArrayLike" else ANY}
        if entry is None:
            if module == "typing" and name != "Generic":
                return self.class_type(module, name, None, [], scope) if name in _FILES else ANY
            return self.class_type(module, name, None, args or [], scope)
        if entry.kind == "class":
            return self.class_type(module, name, entry, args or [], scope)
        if entry.kind == "value":
            return self.value_type(entry, args, scope)
        return ANY

    def class_type(self, module, name, entry, args, scope):
        if module == "numpy" and name == "generic":
            return ANY  # its subclasses are numbers in TypeScript, as it is none
        number = _numpy_scalar(module, name)
        if number:
            return {"is": "scalar", "name": number}
        given = [self.argument(each, scope) for each in args]
        if entry is not None and module not in ("builtins", "collections.abc"):
            wanted = self.parameters(entry)
            given = given[: len(wanted)]
            for variable in wanted[len(given) :]:
                given.append(self.default(variable, dict(zip(wanted, given))))
        return {"is": "class", "module": module, "name": name, "args": given}

    def default(self, variable, others):
        """What stands for a variable that was left out; its default may name the others."""
        kind = self.variables.get(variable, {}).get("default") or ANY
        return replace(kind, {name: others.get(name, ANY) for name in variables_in(kind)})

    def argument(self, node, scope):
        return ANY if isinstance(node, (ast.List, ast.Starred)) else self.of(node, scope)

    def parameters(self, entry):
        """The names of a class's type variables."""
        key = (entry.source.name, entry.name)
        if key not in self.parameters_of:
            self.parameters_of[key] = []  # a class that names itself in its bases
            node = entry.nodes[0]
            own = _bracketed(node)
            if own:
                self.parameters_of[key] = own
                return own
            scope = Scope(entry.source)
            found = []
            for base in node.bases:
                if isinstance(base, ast.Subscript):
                    kind = self._all_variables(base, scope)
                    if getattr(base.value, "id", getattr(base.value, "attr", "")) in (
                        "Generic",
                        "Protocol",
                    ):
                        found = kind
                        break
                    found += [each for each in kind if each not in found]
            self.parameters_of[key] = found
        return self.parameters_of[key]

    def _all_variables(self, node, scope):
        found = []
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                module, _, entry = self.find(each, scope)
                if module in _TYPING and each.id == "AnyStr" or self._is_variable(entry):
                    self.named(each, None, scope)
                    if each.id not in found:
                        found.append(each.id)
        return found

    # --- values that are types ----------------------------------------------------

    def _is_variable(self, entry):
        call = getattr(entry.nodes[0], "value", None) if entry and entry.nodes else None
        return entry is not None and entry.kind == "value" and _called(call) in _VARIABLES

    def value_type(self, entry, args, scope):
        node = entry.nodes[0]
        value = getattr(node, "value", None)
        called = _called(value)
        if called in _VARIABLES:
            return self._variable(entry, value, called)
        if called == "NewType":
            return self.of(value.args[1], Scope(entry.source))
        if value is None or not _is_type_like(value):
            return ANY
        if entry in self.expanding:
            return ANY
        own = _bracketed(node)
        home = Scope(entry.source, own=own)
        names = own or self._all_variables(value, home)
        given = [self.argument(each, scope) for each in args or []]
        fill = dict(zip(names, given))
        for name in names[len(given) :]:
            fill[name] = self.default(name, fill)
        self.expanding.append(entry)
        try:
            return self.of(value, home.knowing(fill))
        finally:
            self.expanding.pop()

    def _variable(self, entry, call, called):
        name = entry.name
        if called != "TypeVar":
            return ANY
        if name not in self.variables:
            known = self.variables[name] = {"bound": None, "constraints": [], "default": None}
            home = Scope(entry.source)
            known["constraints"] = [self.of(each, home) for each in call.args[1:]]
            for keyword in call.keywords:
                if keyword.arg in ("bound", "default"):
                    known[keyword.arg] = self.of(keyword.value, home)
        return {"is": "variable", "name": name}

    # --- special forms --------------------------------------------------------------

    def _on_Any(self, args, scope):
        return ANY

    def _on_object(self, args, scope):
        return {"is": "object"}

    _on_Hashable = _on_object

    def _on_Self(self, args, scope):
        return scope.variables.get("Self", SELF)

    def _on_NoReturn(self, args, scope):
        return {"is": "never"}

    _on_Never = _on_NoReturn

    def _on_Optional(self, args, scope):
        return union([self.of(args[0], scope), NONE]) if args else ANY

    def _on_Union(self, args, scope):
        return union([self.of(each, scope) for each in args or []] or [ANY])

    def _on_TypeGuard(self, args, scope):
        return {"is": "scalar", "name": "bool"}

    _on_TypeIs = _on_TypeGuard

    def _on_AnyStr(self, args, scope):
        texts = [{"is": "scalar", "name": "str"}, {"is": "scalar", "name": "bytes"}]
        self.variables["AnyStr"] = {"bound": None, "constraints": texts, "default": None}
        return scope.variables.get("AnyStr", {"is": "variable", "name": "AnyStr"})

    def _on_Literal(self, args, scope):
        types = []
        for each in args or []:
            value = each
            if isinstance(each, ast.UnaryOp) and isinstance(each.operand, ast.Constant):
                types.append({"is": "literal", "value": -each.operand.value})
            elif isinstance(value, ast.Constant) and isinstance(value.value, bytes):
                types.append({"is": "scalar", "name": "bytes"})
            elif isinstance(value, ast.Constant):
                none = value.value is None
                types.append(NONE if none else {"is": "literal", "value": value.value})
            elif isinstance(each, ast.Attribute):
                types.append(self.of(each.value, scope))  # a member of an enumeration
            else:
                types.append(self.of(each, scope))
        return union(types or [ANY])

    def _on_tuple(self, args, scope):
        if args is None:
            return {"is": "tuple", "items": [], "rest": ANY}
        if len(args) == 2 and isinstance(args[1], ast.Constant) and args[1].value is Ellipsis:
            return {"is": "tuple", "items": [], "rest": self.of(args[0], scope)}
        if any(isinstance(each, ast.Starred) or _called(each) == "Unpack" for each in args):
            return {"is": "tuple", "items": [], "rest": ANY}
        if len(args) == 1 and isinstance(args[0], ast.Tuple):
            args = args[0].elts  # tuple[()]
        return {"is": "tuple", "items": [self.of(each, scope) for each in args], "rest": None}

    def _on_type(self, args, scope):
        return {"is": "type", "of": self.of(args[0], scope) if args else ANY}

    def _on_Callable(self, args, scope):
        if not args or len(args) != 2:
            return {"is": "callable", "params": None, "returns": ANY}
        params = None
        if isinstance(args[0], ast.List):
            params = [self.of(each, scope) for each in args[0].elts]
        return {"is": "callable", "params": params, "returns": self.of(args[1], scope)}


_VARIABLES = ("TypeVar", "ParamSpec", "TypeVarTuple")
_FILES = ("IO", "TextIO", "BinaryIO")


def _called(node):
    if isinstance(node, ast.Subscript):
        node = ast.Call(func=node.value, args=[], keywords=[])
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _bracketed(node):
    return [each.name for each in getattr(node, "type_params", None) or []]


def _is_type_like(node):
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) or node.value is None
    return isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))


def _is_abstract(name):
    return hasattr(importlib.import_module("collections.abc"), name) and name not in (
        "Callable",
        "Hashable",
    )


def _is_array_alias(name):
    plain = name.lstrip("_")
    return plain.startswith(("ArrayLike", "DualArrayLike", "NestedSequence", "FiniteNested"))


def _numpy_scalar(module, name):
    """What numpy's own numbers cross as; None for every other class."""
    if not module.startswith("numpy"):
        return None
    try:
        numpy = importlib.import_module("numpy")
        cls = getattr(numpy, name)
        kinds = ((numpy.bool_, "bool"), (numpy.integer, "int"), (numpy.floating, "float"))
        if name in ("number", "inexact"):
            return "float"
        return next((kind for base, kind in kinds if issubclass(cls, base)), None)
    except (ImportError, AttributeError, TypeError):
        return None
