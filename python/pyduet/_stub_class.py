"""Classes and functions of stub files as plain data."""

import ast
import inspect
import itertools
import re

from pyduet._stub_types import ANY, NONE, SELF, Scope, replace, union, variables_in

# Of the names with underscores those that TypeScript can use: it has no operators for objects.
_DUNDERS = set(
    "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor neg pos abs invert "
    "lt le gt ge contains len getitem setitem delitem enter exit aenter aexit fspath index int float "
    "complex bool iter next aiter anext await call round trunc floor ceil reversed array dlpack".split()
)
_PROPERTIES = {"property", "cached_property", "abstractproperty", "DynamicClassAttribute"}
_PROPERTIES |= {"_magic_enum_attr", "classproperty", "_types_DynamicClassAttribute"}
# What JavaScript's own values become in Python.
_CROSSING = (bool, int, float, str, bytes, list, dict, set)
_MOST_COMBINATIONS = 6
_NO_BASES = {("typing", "Generic"), ("typing", "Protocol"), ("builtins", "object"), ("abc", "ABC")}


class Classes:
    def __init__(self, types, supported, owners):
        self.types = types
        self.supported = supported
        self.owners = owners
        self.protocols = {}

    # --- classes --------------------------------------------------------------------

    def described(self, entry, name, runtime):
        types = self.types
        params = types.parameters(entry)
        made = {
            "kind": "class",
            "name": name,
            "home": [entry.source.name, entry.name],
            "doc": self.doc(runtime),
            "params": params,
            "bases": [],
            "construct": [],
            "call": [],
            "members": {},
            "statics": {},
            "open": False,
            "enum": self.is_enum(entry),
            "real": isinstance(runtime, type),
        }
        this = _reference(entry, params)
        self.fill(made, entry, {}, runtime, this, ())
        made["construct"] = self.constructors(entry, {}, this, ()) or [_anything(this)]
        made["members"] = list(made["members"].values())
        made["statics"] = list(made["statics"].values())
        return made

    def fill(self, made, entry, variables, runtime, this, seen):
        """Adds what the class has, and what its bases have that are not described themselves."""
        if entry in seen:
            return
        scope = Scope(entry.source, (entry,)).knowing(variables, _own(entry))
        self.protocol(entry, scope)
        for name, member in entry.names.items():
            self.add_member(made, name, member, scope, runtime, this)
        node = entry.nodes[0]
        if self.is_named_tuple(entry):
            fields = self.fields(entry, scope)
            items = [kind for _, kind, _ in fields]
            made["bases"].append({"is": "tuple", "items": items, "rest": None})
            return
        for base in node.bases:
            kind = self.types.of(base, Scope(entry.source).knowing(variables, _own(entry)))
            if kind["is"] in ("tuple", "scalar"):
                made["bases"].append(kind)
            if kind["is"] != "class" or (kind["module"], kind["name"]) in _NO_BASES:
                continue
            home = (kind["module"], kind["name"])
            parent = self.types.library.class_at(*home)
            if home in self.supported or (home in self.owners and parent is not entry):
                made["bases"].append(kind)
            if parent is not None:
                if home in self.supported or home in self.owners:
                    statics = dict(made, members={}, bases=[], call=[], open=False)
                else:
                    statics = made
                filled = dict(zip(self.types.parameters(parent), kind["args"]))
                self.fill(statics, parent, filled, runtime, this, seen + (entry,))

    def method(self, module, name, attribute):
        """The signatures of a method of a class or its bases; None where it has none."""
        entry = self.types.library.class_at(module, name)
        if entry is None:
            return None
        found = entry.names.get(attribute)
        if found is not None and found.kind == "function":
            scope = Scope(entry.source, (entry,))
            this = _reference(entry, self.types.parameters(entry))
            return replace_self(self.signatures(found.nodes, scope, "self"), this)
        for base in self.bases(entry):
            if base["is"] == "class":
                made = self.method(base["module"], base["name"], attribute)
                if made is not None:
                    return made
        return None

    def bases(self, entry):
        scope = Scope(entry.source)
        return [self.types.of(base, scope.knowing({}, _own(entry))) for base in entry.nodes[0].bases]

    def is_enum(self, entry, depth=0):
        for base in self.bases(entry):
            if base["is"] == "class" and base["module"] == "enum":
                return True
            if base["is"] == "class" and depth < 5:
                parent = self.types.library.class_at(base["module"], base["name"])
                if parent is not None and self.is_enum(parent, depth + 1):
                    return True
        return False

    def is_named_tuple(self, entry):
        names = [getattr(base, "id", getattr(base, "attr", "")) for base in entry.nodes[0].bases]
        return "NamedTuple" in names

    def fields(self, entry, scope):
        """(name, type, whether it has a default) of a class that its annotations make."""
        found = []
        for name, member in entry.names.items():
            node = member.nodes[0] if member.nodes else None
            if isinstance(node, ast.AnnAssign) and not _noted(node.annotation, "ClassVar"):
                found.append((name, self.types.of(node.annotation, scope), node.value is not None))
        return found

    # --- members --------------------------------------------------------------------

    def add_member(self, made, name, member, scope, runtime, this):
        if name.startswith("_"):
            if name in ("__getattr__", "__getattribute__"):
                made["open"] = True
            if not (name.startswith("__") and name[2:-2] in _DUNDERS):
                return
        if name in made["members"] or name in made["statics"]:
            return  # a class further down has its own
        living = getattr(runtime, name, None)
        doc = None if name.startswith("__") else self.doc(living)
        if member.kind == "class":
            at = {"is": "type", "of": _reference(member, self.types.parameters(member))}
            made["statics"][name] = _property(name, None, replace(at, _unknown(at)), False)
        elif member.kind == "function":
            self.add_function(made, name, member.nodes, scope, doc, this)
        elif member.kind == "value":
            self.add_value(made, name, member, scope, doc, this)

    def add_function(self, made, name, nodes, scope, doc, this):
        marks = set(itertools.chain.from_iterable(map(_decorators, nodes)))
        if marks & _PROPERTIES:
            returns = self.types.of(nodes[0].returns, self.of_self(nodes[0], scope))
            writable = "setter" in marks
            made["members"][name] = _property(name, doc, _known(returns, this), writable)
            return
        static, of_class = "staticmethod" in marks, "classmethod" in marks
        kept = () if static or of_class else tuple(this["args"])
        names = [each["name"] for each in kept if each["is"] == "variable"]
        first = None if static else "self"
        signatures = self.signatures(nodes, scope, first, names)
        if name == "__call__":
            made["call"] += signatures
            return
        member = {"kind": "method", "name": name, "doc": doc, "signatures": signatures}
        if static or of_class:
            found = replace_self(member, this)
            found["signatures"] = [_declared(each) for each in found["signatures"]]
            made["statics"][name] = found
        else:
            made["members"][name] = member

    def add_value(self, made, name, member, scope, doc, this):
        node = member.nodes[0]
        if made["enum"] and isinstance(node, ast.Assign):
            made["statics"][name] = _property(name, None, _known(this, {}), False)
        elif isinstance(node, ast.AnnAssign):
            kind = _known(self.types.of(node.annotation, scope), this)
            fixed = _noted(node.annotation, "Final")
            made["members"][name] = _property(name, None, kind, not fixed)
            if _noted(node.annotation, "ClassVar") or (fixed and node.value is not None):
                at = _known(replace_self(kind, this), {})
                made["statics"][name] = _property(name, None, at, True)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            target = scope.classes[-1].names.get(node.value.id)
            if target is not None and target.kind == "function":
                self.add_function(made, name, target.nodes, scope, doc, this)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            kind = {"is": "scalar", "name": type(node.value.value).__name__}
            if kind["name"] in ("int", "float", "str", "bytes", "bool"):
                made["members"][name] = _property(name, None, kind, True)

    # --- constructors -----------------------------------------------------------------

    def constructors(self, entry, variables, this, seen):
        if entry in seen:
            return None
        scope = Scope(entry.source, (entry,)).knowing(variables, _own(entry))
        if self.is_named_tuple(entry) or "dataclass" in _decorators(entry.nodes[0]):
            if "__init__" not in entry.names:
                return [_signature(this, _parameters(self.fields(entry, scope)))]
        for name in ("__init__", "__new__"):
            member = entry.names.get(name)
            if member is not None and member.kind == "function":
                made = self.signatures(member.nodes, scope, "self")
                for signature in made:
                    own = signature.pop("self")
                    if name == "__new__" and signature["returns"]["is"] in ("class", "scalar"):
                        own = signature["returns"]
                    signature["returns"] = own if own and own != SELF else this
                    _complete(signature, this)
                return [replace_self(each, this) for each in made]
        for base in entry.nodes[0].bases:
            kind = self.types.of(base, Scope(entry.source).knowing(variables, _own(entry)))
            if kind["is"] == "scalar":
                return [_anything(this)]
            if kind["is"] == "class" and (kind["module"], kind["name"]) not in _NO_BASES:
                parent = self.types.library.class_at(kind["module"], kind["name"])
                if parent is None:
                    continue
                filled = dict(zip(self.types.parameters(parent), kind["args"]))
                made = self.constructors(parent, filled, this, seen + (entry,))
                if made is not None:
                    return made
        return [_signature(this, [])] if not seen else None

    # --- functions --------------------------------------------------------------------

    def signatures(self, nodes, scope, first, kept=()):
        """Of all overloads; `kept` are the variables of the class around it."""
        overloads = [node for node in nodes if "overload" in _decorators(node)] or nodes[-1:]
        made = []
        for node in overloads:
            for signature in self.expanded(self.signature(node, scope, first), kept):
                if signature not in made:
                    made.append(signature)
        return made

    def signature(self, node, scope, first):
        scope = scope.knowing({}, _own_of(node))
        scope = self.of_self(node, scope) if first else scope
        given = node.args
        positional = list(getattr(given, "posonlyargs", [])) + given.args
        without = len(positional) - len(given.defaults)
        params, own = [], None
        for i, each in enumerate(positional):
            if i == 0 and first:
                if each.annotation is not None:
                    own = self.types.of(each.annotation, scope)
                    own = own if own["is"] == "class" else None
                continue
            hidden = each.arg.startswith("__") and not each.arg.endswith("__")
            only = i < len(getattr(given, "posonlyargs", [])) or hidden
            only = only or (first is not None and node.name[2:-2] in _DUNDERS)
            kind = "positional" if only else "both"
            params.append(self.parameter(each, kind, i >= without, scope))
        if given.vararg:
            params.append(self.parameter(given.vararg, "args", True, scope))
        for each, default in zip(given.kwonlyargs, given.kw_defaults):
            params.append(self.parameter(each, "keyword", default is not None, scope))
        if given.kwarg:
            params.append(self.parameter(given.kwarg, "kwargs", True, scope))
        returns = self.types.of(node.returns, scope)
        if isinstance(node, ast.AsyncFunctionDef):
            args = [ANY, ANY, returns]
            name = {"is": "class", "module": "collections.abc", "name": "Coroutine"}
            returns = dict(name, args=args)
        return {"params": params, "returns": returns, "variables": [], "self": own}

    def of_self(self, node, scope):
        """Where the first parameter's variable, as in `def f(self: T) -> T`, is the class itself."""
        params = list(getattr(node.args, "posonlyargs", [])) + node.args.args
        noted = params[0].annotation if params else None
        if isinstance(noted, ast.Subscript) and getattr(noted.value, "id", "") in ("type", "Type"):
            noted = getattr(noted.slice, "value", noted.slice)  # Python 3.8 has an Index there
        if not isinstance(noted, ast.Name) or noted.id in scope.variables:
            return scope
        kind = self.types.of(noted, scope)
        return scope.knowing({noted.id: SELF}) if kind["is"] == "variable" else scope

    def parameter(self, node, kind, optional, scope):
        annotation = node.annotation
        if annotation is not None and isinstance(annotation, ast.Attribute):
            if annotation.attr in ("args", "kwargs"):
                annotation = None  # of a ParamSpec
        return {
            "name": node.arg.lstrip("_") or node.arg,
            "kind": kind,
            "type": self.types.of(annotation, scope),
            "optional": optional,
        }

    def expanded(self, signature, kept):
        """One signature for each type that a constrained variable may stand for."""
        given = variables_in([each["type"] for each in signature["params"]])
        returned = variables_in([signature["returns"], signature["self"]])
        unknown = {name: ANY for name in returned if name not in given and name not in kept}
        known = self.types.variables
        choices, bound = [], []
        for name in given:
            about = known.get(name) or {"constraints": [], "bound": None}
            if name in kept:
                continue
            if about["constraints"]:
                choices.append([(name, kind) for kind in about["constraints"]])
            elif about["bound"] and _is_plain(about["bound"]):
                unknown[name] = about["bound"]
            else:
                limit = about["bound"]
                bound.append({"name": name, "bound": None if limit == ANY else limit})
        count = 1
        for each in choices:
            count *= len(each)
        if count > _MOST_COMBINATIONS:
            for each in choices:
                unknown[each[0][0]] = union([kind for _, kind in each])
            choices = []
        for chosen in itertools.product(*choices):
            made = replace(signature, dict(unknown, **dict(chosen)))
            made["variables"] = bound
            yield made

    # --- protocols and documentation ----------------------------------------------------

    def protocol(self, entry, scope):
        """What a protocol takes of JavaScript's own values."""
        key = "%s.%s" % (entry.source.name, entry.name)
        if key in self.protocols or not _is_protocol(entry):
            return
        names = [name for name in entry.names if name not in ("__slots__", "__hash__")]
        kinds = [cls.__name__ for cls in _CROSSING if all(hasattr(cls, name) for name in names)]
        plain = any(not name.startswith("__") for name in names)
        self.protocols[key] = {"kinds": kinds, "object": plain}

    def doc(self, value):
        """The first paragraph of an object's own documentation."""
        text = getattr(value, "__doc__", None)
        if not isinstance(text, str) or text == getattr(type(value), "__doc__", None):
            return None
        for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
            said = " ".join(paragraph.split())
            if said and not re.match(r"[\w.]+\(.*\)( ?->.*)?$", said):
                return said
        return None


def replace_self(part, this):
    """The same with `Self` as the class itself."""
    if isinstance(part, list):
        return [replace_self(each, this) for each in part]
    if isinstance(part, dict):
        if part.get("is") == "self":
            return this
        return {key: replace_self(value, this) for key, value in part.items()}
    return part


def _reference(entry, params):
    args = [{"is": "variable", "name": name} for name in params]
    return {"is": "class", "module": entry.source.name, "name": entry.name, "args": args}


def _property(name, doc, kind, writable):
    return {"kind": "property", "name": name, "doc": doc, "type": kind, "writable": writable}


def _signature(returns, params):
    made = {"params": params, "returns": returns, "variables": []}
    return _complete(made, returns)


def _complete(signature, this):
    """The variables of the class, which a constructor chooses."""
    names = [each["name"] for each in signature["variables"]]
    for name in variables_in(signature["returns"]):
        if name not in names:
            signature["variables"].append({"name": name, "bound": None})
    return signature


def _anything(this):
    rest = {"name": "args", "kind": "args", "type": ANY, "optional": True}
    return _signature(this, [rest, dict(rest, name="kwargs", kind="kwargs")])


def _parameters(fields):
    return [
        {"name": name, "kind": "both", "type": kind, "optional": optional}
        for name, kind, optional in fields
    ]


def _unknown(kind):
    return {name: ANY for name in variables_in(kind)}


def _declared(signature):
    """The same with nothing known of variables that the class around it has alone."""
    names = [each["name"] for each in signature["variables"]]
    left = {name: ANY for name in variables_in(signature) if name not in names}
    return replace(signature, left)


def _known(kind, this):
    """A type without variables that are not the class's: a stub may name some of `self` alone."""
    own = variables_in(this)
    return replace(kind, {name: ANY for name in variables_in(kind) if name not in own})


def _own(entry):
    return _own_of(entry.nodes[0])


def _own_of(node):
    return [each.name for each in getattr(node, "type_params", None) or []]


def _decorators(node):
    found = set()
    for each in node.decorator_list:
        each = each.func if isinstance(each, ast.Call) else each
        found.add(getattr(each, "id", getattr(each, "attr", "")))
    return found


def _noted(annotation, word):
    outer = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return getattr(outer, "id", getattr(outer, "attr", "")) == word


def _is_protocol(entry):
    for base in entry.nodes[0].bases:
        outer = base.value if isinstance(base, ast.Subscript) else base
        if getattr(outer, "id", getattr(outer, "attr", "")) == "Protocol":
            return True
    return False


def _is_plain(kind):
    """Whether a bound names no class: it then says all that is known of the variable."""
    if kind["is"] == "union":
        return all(map(_is_plain, kind["of"]))
    return kind["is"] in ("scalar", "literal") or kind == NONE
