"""A stub file's text for a module that has none, by looking at the living module."""

import ast
import enum
import inspect
import keyword
import re
import sys
import typing

_NOT_SHOWN = {"__module__", "__qualname__", "__dict__", "__weakref__", "__doc__", "__slots__"}
_EMPTY = inspect.Parameter.empty
_SCALARS = (bool, int, float, str, bytes, type(None))


def stub_text(module):
    """The text; every type in it is named in full, and its module is imported."""
    return _Writer(module).text()


class _Writer:
    def __init__(self, module):
        self.module = module
        self.name = module.__name__
        self.imports = set()
        self.variables = {}

    def text(self):
        lines = []
        for name in _public_names(self.module):
            try:
                value = getattr(self.module, name)
            except Exception:
                continue
            if hasattr(self.module, "__all__") or self.is_own(value):
                lines += self.member(name, value)
        head = ["import %s" % name for name in sorted(self.imports)]
        head += ["%s = typing.TypeVar(%r)" % (name, name) for name in sorted(self.variables)]
        if isinstance(getattr(self.module, "__all__", None), (list, tuple)):
            lines.append("__all__ = %r" % list(map(str, self.module.__all__)))
        return "\n".join(["import typing"] + head + lines) + "\n"

    def is_own(self, value):
        """Whether the module shows it rather than only uses it."""
        inside = self.name.split(".")[0]
        if inspect.ismodule(value):
            return value.__name__.startswith(self.name + ".")
        home = getattr(value, "__module__", None)
        if not isinstance(home, str) or self.name == "builtins":
            return True
        return home.lstrip("_").split(".")[0] == inside.lstrip("_") or not _is_importable(value)

    def member(self, name, value):
        if inspect.ismodule(value):
            return ["import %s as %s" % (value.__name__, name)] if value.__name__ else []
        home = getattr(value, "__module__", None)
        if isinstance(value, type):
            if home != self.name and _is_there(value):
                return ["from %s import %s as %s" % (home, value.__name__, name)]
            return self.class_text(name, value)
        if callable(value) and not isinstance(value, typing.TypeVar):
            return self.function_text(name, value)
        return ["%s: %s" % (name, self.type_text(type(value)))]

    # --- classes ----------------------------------------------------------------

    def class_text(self, name, cls):
        lines = []
        hints = _hints(cls)
        own = vars(cls).get("__annotations__", {})
        own = own if isinstance(own, dict) else {}
        bases = getattr(cls, "__orig_bases__", cls.__bases__)
        shown = [self.type_text(base) for base in bases if base is not object]
        defaults = ()
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            shown = ["typing.NamedTuple"]
            defaults = getattr(cls, "_field_defaults", ())
            own = {field: hints.get(field, typing.Any) for field in cls._fields}
        members = cls.__members__ if isinstance(cls, enum.EnumMeta) else {}
        for attribute in own:
            shape = "%s: %s = ..." if attribute in defaults else "%s: %s"
            lines.append(shape % (attribute, self.type_text(hints.get(attribute, typing.Any))))
        for attribute in members:
            lines.append("%s = 0" % attribute)
        for attribute, value in vars(cls).items():
            if attribute in _NOT_SHOWN or attribute in own or attribute in members:
                continue
            if not _is_name(attribute) or (_is_private(attribute) and attribute != "__init__"):
                if not (attribute.startswith("__") and callable(value)):
                    continue
            lines += self.class_member(attribute, value, cls)
        if not any(line.startswith(("def __init__(", "def __new__(")) for line in lines):
            lines += self.constructor(cls)
        lines = lines or ["..."]
        return ["class %s(%s):" % (name, ", ".join(shown))] + ["    " + line for line in lines]

    def class_member(self, name, value, cls):
        if isinstance(value, staticmethod):
            return ["@staticmethod"] + self.function_text(name, value.__func__)
        if isinstance(value, classmethod):
            return ["@classmethod"] + self.function_text(name, value.__func__, "cls")
        if isinstance(value, property):
            returns = self.type_text(_hints(value.fget).get("return", typing.Any))
            lines = ["@property", "def %s(self) -> %s: ..." % (name, returns)]
            if value.fset:
                lines += ["@%s.setter" % name, "def %s(self, value): ..." % name]
            return lines
        if isinstance(value, type):
            if value.__qualname__ == "%s.%s" % (cls.__qualname__, name):
                return self.class_text(name, value)
            return ["%s: typing.Type[%s]" % (name, self.type_text(value))]
        if inspect.isroutine(value):
            return self.function_text(name, value, "self")
        if inspect.isdatadescriptor(value):
            return ["%s: typing.Any" % name]
        if isinstance(value, _SCALARS):
            return ["%s: %s" % (name, self.type_text(type(value)))]
        return [] if name.startswith("__") else ["%s: typing.Any" % name]

    def constructor(self, cls):
        if cls.__init__ is not object.__init__ or cls.__new__ is not object.__new__:
            try:
                parameters = inspect.signature(cls).parameters.values()
            except (TypeError, ValueError):
                return []
            return self.signature_text("__init__", "self", parameters, {}, "None")
        return []

    # --- functions --------------------------------------------------------------

    def function_text(self, name, function, first=None):
        hints = _hints(function)
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError):
            return [self.documented(name, function, first)]
        parameters = list(signature.parameters.values())
        if first and parameters:
            first = None  # it is among them
        returns = hints.get("return", signature.return_annotation)
        shown = None if returns is _EMPTY else self.type_text(returns)
        marks = "async " if inspect.iscoroutinefunction(function) else ""
        return self.signature_text(name, first, parameters, hints, shown, marks)

    def signature_text(self, name, first, parameters, hints, returns, marks=""):
        texts = [first] if first else []
        before = None
        for parameter in parameters:
            if before == parameter.POSITIONAL_ONLY != parameter.kind:
                texts.append("/")
            if parameter.kind == parameter.KEYWORD_ONLY and before not in (
                parameter.KEYWORD_ONLY,
                parameter.VAR_POSITIONAL,
            ):
                texts.append("*")
            texts.append(self.parameter_text(parameter, hints))
            before = parameter.kind
        if before == inspect.Parameter.POSITIONAL_ONLY:
            texts.append("/")
        arrow = " -> %s" % returns if returns else ""
        return ["%sdef %s(%s)%s: ..." % (marks, name, ", ".join(texts), arrow)]

    def parameter_text(self, parameter, hints):
        name = parameter.name
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        annotation = hints.get(name, parameter.annotation)
        text = stars.get(parameter.kind, "") + name
        if annotation is not _EMPTY:
            text += ": " + self.type_text(annotation)
        return text + (" = ..." if parameter.default is not _EMPTY else "")

    def documented(self, name, function, first):
        """A signature that only the documentation has, as compiled extensions write it."""
        first_line = (getattr(function, "__doc__", None) or "").strip().split("\n")[0]
        match = re.match(r"%s(\(.*\)(?: -> .+)?)$" % re.escape(name), first_line)
        if match:
            line = "def %s%s: ..." % (name, match.group(1).rstrip(":"))
            try:
                ast.parse(line)
            except SyntaxError:
                match = None
            if match:
                return line
        return "def %s(%s*args, **kwargs): ..." % (name, first + ", " if first else "")

    # --- types ------------------------------------------------------------------

    def type_text(self, kind):
        if kind is None or kind is type(None):
            return "None"
        if kind is Ellipsis:
            return "..."
        if isinstance(kind, typing.TypeVar):
            if not _is_name(kind.__name__):
                return "typing.Any"
            self.variables[kind.__name__] = kind
            return kind.__name__
        origin = typing.get_origin(kind)
        if origin is not None and origin is not kind:
            return self.generic_text(origin, typing.get_args(kind))
        if hasattr(kind, "__supertype__"):
            return self.type_text(kind.__supertype__)
        if isinstance(kind, type):
            return self.class_name(kind)
        special = getattr(kind, "_name", None) or getattr(kind, "__name__", None)
        if getattr(kind, "__module__", None) == "typing" and special and hasattr(typing, special):
            return "typing." + special
        return "typing.Any"

    def generic_text(self, origin, args):
        if origin is typing.Union or type(origin).__name__ == "UnionType":
            return "typing.Union[%s]" % ", ".join(map(self.type_text, args))
        if origin.__class__.__name__ == "type" and origin.__name__ in ("UnionType", "Union"):
            return "typing.Union[%s]" % ", ".join(map(self.type_text, args))
        if origin is getattr(typing, "Literal", None):
            if all(isinstance(value, _SCALARS) for value in args):
                return "typing.Literal[%s]" % ", ".join(map(repr, args))
            return "typing.Any"
        if origin is getattr(typing, "Annotated", None):
            return self.type_text(args[0])
        if getattr(origin, "__name__", "") == "Callable":
            parameters, returns = (args[0], args[-1]) if args else (Ellipsis, typing.Any)
            shown = "..."
            if isinstance(parameters, list):
                shown = "[%s]" % ", ".join(map(self.type_text, parameters))
            return "typing.Callable[%s, %s]" % (shown, self.type_text(returns))
        base = self.type_text(origin)
        if not args or base == "typing.Any":
            return base
        return "%s[%s]" % (base, ", ".join(map(self.type_text, args)))

    def class_name(self, cls):
        module, name = cls.__module__, cls.__qualname__
        if "<locals>" in name or not all(map(_is_name, name.split("."))):
            return "typing.Any"
        if module in ("builtins", self.name):
            return name
        if not _is_there(cls):
            return "typing.Any"
        self.imports.add(module)
        return "%s.%s" % (module, name)


def _public_names(module):
    names = getattr(module, "__all__", None)
    if not isinstance(names, (list, tuple)):
        names = [name for name in dir(module) if not _is_private(name)]
    return sorted(name for name in set(names) if isinstance(name, str) and _is_name(name))


def _hints(value):
    try:
        return typing.get_type_hints(value)
    except Exception:
        return {}  # a name that only a type checker sees


def _is_there(cls):
    """Whether the class is found where it says that it is."""
    found = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def _is_importable(value):
    """Whether it may have come by an import: a class or function that is at home elsewhere."""
    found = sys.modules.get(getattr(value, "__module__", None))
    name = getattr(value, "__qualname__", None) or getattr(value, "_name", None)
    return getattr(found, name or " ", None) is value


def _is_name(text):
    return text.isidentifier() and not keyword.iskeyword(text)


def _is_private(name):
    return name.startswith("_")
