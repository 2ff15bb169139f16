"""Functions, classes and modules that TypeScript declares, as Python knows them.

What Python's own compiler and type() make is Python's in every detail: the errors of a wrong call,
inspect.signature(), descriptors, subclassing. Each function here ends in one call to TypeScript.
"""

import sys
from types import new_class, resolve_bases

from pyduet import JsError

# --- functions ----------------------------------------------------------------

_FILE = "<pyduet>/"


def _free(name, taken):
    while name in taken:
        name += "_"
    return name


def _parameter_text(names, roles, defaults):
    """The text between the parentheses, after `self`."""
    parts = []
    last = None
    for name, role in zip(names, roles):
        if role != "positional" and last == "positional":
            parts.append("/")
        if role == "keyword" and last not in ("keyword", "args"):
            parts.append("*")
        stars = {"args": "*", "kwargs": "**"}.get(role, "")
        parts.append(
            stars + name + ("=_defaults[%r]" % name if name in defaults else "")
        )
        last = role
    if last == "positional":
        parts.append("/")
    return ", ".join(parts)


def function(call, kind, module, qualname, doc, names, roles, defaults, annotations, refuse, is_async):
    """A Python function that ends in `call`, and awaits its result where it is async.

    kind: "function" gets the arguments; "method" the number of self before them; "init" and "class" their
    first argument as it is. names None: any arguments, as a tuple and a dict.
    refuse(self) raises for a self that TypeScript does not know.
    """
    name = qualname.rpartition(".")[2]
    variadic = names is None
    if variadic:
        names, roles = ["args", "kwargs"], ["args", "kwargs"]
    taken = set(names) | {name}
    self_name = _free("cls" if kind == "class" else "self", taken)
    js = _free("js", taken | {self_name})
    call_name = _free("call", taken | {self_name, js})
    refuse_name = _free("refuse", taken | {self_name, js, call_name})
    first = [] if kind == "function" else [self_name]
    text = _parameter_text(names, roles, defaults)
    if first and not text.startswith("/"):
        text = ", ".join(first + ([text] if text else []))
    passed = ([js] if kind == "method" else first) + list(names)
    before = ""
    after = "return "
    if kind == "method":
        before = (
            "        try:\n            {js} = {self}._pyduet\n"
            "        except AttributeError:\n            {refuse}({self})\n"
        )
        if name == "__getattr__":
            before = (
                "        if {name} == '_pyduet':\n            raise AttributeError({name})\n" + before
            ).replace("{name}", names[0])
    elif kind == "init":
        after = ""
    make_iterator = _ITERATORS.get(name) if kind == "method" else None
    if make_iterator is not None:
        after = "return _iter("
    elif is_async:
        after = "return await "
    source = (
        "def _make({call}, {refuse}, _defaults, _iter):\n"
        "    " + ("async " if is_async else "") + "def {function}({text}):\n"
        + before
        + "        {after}{call}({passed})"
        + (")" if after.endswith("(") else "")
        + "\n    return {function}\n"
    ).format(
        call=call_name,
        refuse=refuse_name,
        function=name,
        text=text,
        js=js,
        self=self_name,
        after=after,
        passed=", ".join(passed),
    )
    code = _compiled.get(source)
    if code is None:
        if len(_compiled) > 1000:
            _compiled.clear()
        code = _compiled[source] = compile(source, _FILE + name, "exec", dont_inherit=True)
    scope = {"__name__": module, "__builtins__": __builtins__}
    exec(code, scope)
    made = scope.pop("_make")(call, refuse, defaults, make_iterator)
    made.__qualname__ = qualname
    made.__doc__ = doc
    made.__annotations__ = annotations  # not in the text: from 3.14 on help() shows that as it stands there
    made.__text_signature__ = _Text(_text_signature(made))
    return made


def _iterator(value):
    """What __iter__ gives: an iterator as it is, which may be self, and that of anything else."""
    return value if hasattr(type(value), "__next__") else iter(value)


def _async_iterator(value):
    return value if hasattr(type(value), "__anext__") else value.__aiter__()


def _awaiting(value):
    return value if hasattr(type(value), "__next__") else value.__await__()


_ITERATORS = {"__iter__": _iterator, "__aiter__": _async_iterator, "__await__": _awaiting}
_compiled = {}


class _Text(str):
    """A signature that is false: else inspect.signature() would read it, and lose the annotations."""

    __slots__ = ()

    def __bool__(self):
        return False


def _text_signature(made):
    """What inspect.signature() would say, without importing it."""
    code = made.__code__
    positional = code.co_argcount
    count = positional + code.co_kwonlyargcount
    names = list(code.co_varnames[:count])
    defaults = dict(zip(names[positional - len(made.__defaults__ or ()) : positional], made.__defaults__ or ()))
    defaults.update(made.__kwdefaults__ or {})
    texts = [name + ("=%r" % (defaults[name],) if name in defaults else "") for name in names]
    parts = texts[:positional]
    if code.co_posonlyargcount:
        parts.insert(code.co_posonlyargcount, "/")
    extra = list(code.co_varnames[count:])
    if code.co_flags & 4:
        parts.append("*" + extra.pop(0))
    elif code.co_kwonlyargcount:
        parts.append("*")
    parts += texts[positional:]
    if code.co_flags & 8:
        parts.append("**" + extra.pop(0))
    return "(" + ", ".join(parts) + ")"


# --- classes ------------------------------------------------------------------


def refuser(name, of):
    """Raises for a self that is no instance, or one whose __init__ did not run."""

    def refuse(self):
        cls = of()
        if isinstance(self, cls):
            raise RuntimeError(
                "%s.__init__() was not called: %s.__init__() must call super().__init__()"
                % (cls.__name__, type(self).__name__)
            ) from None
        raise TypeError(
            "a method of %r was called with a %r object" % (cls.__name__, type(self).__name__)
        ) from None

    return refuse


class Definition:
    """What a class is made of, before it is made."""

    def __init__(self, name, module, doc):
        self.name = name
        self.module = module
        self.namespace = {"__module__": module, "__doc__": doc}
        self.cls = None
        self.refuse = refuser(name, lambda: self.cls)

    def add(self, name, value):
        self.namespace[name] = value

    def add_static(self, name, value):
        self.namespace[name] = staticmethod(value)

    def add_class_method(self, name, value):
        self.namespace[name] = classmethod(value)

    def add_property(self, name, getter, setter, doc):
        self.namespace[name] = property(getter, setter, None, doc)

    def make(self, bases, generic):
        """The class. bases: classes, or their names."""
        bases = tuple(_named(base) if isinstance(base, str) else base for base in bases)
        written, bases = bases, resolve_bases(bases)  # Generic[T] is none yet
        for base in bases:
            if not isinstance(base, type):
                raise TypeError(
                    "%r cannot have %r as a base: bases are classes, or their names" % (self.name, base)
                )
        namespace = self.namespace
        derived = any(hasattr(base, "_pyduet") for base in bases)
        slots = () if derived else ("_pyduet",)
        if not derived and not any(base.__weakrefoffset__ for base in bases):
            slots += ("__weakref__",)
        if not any(base.__itemsize__ for base in bases):
            namespace["__slots__"] = slots
        if "__init__" not in namespace:
            namespace["__init__"] = _no_init(self)
        if not derived:
            for name, value in _COPYING.items():
                namespace.setdefault(name, value)
            if any(issubclass(base, JsError) for base in bases):
                namespace.setdefault("__str__", _error_text)
                namespace.setdefault("js", property(_itself, None, None, "The very error."))
        if generic and "__class_getitem__" not in namespace:
            namespace["__class_getitem__"] = classmethod(_generic_alias())
        self.cls = new_class(self.name, written, {}, lambda made: made.update(namespace))
        return self.cls


def _generic_alias():
    if sys.version_info >= (3, 9):
        from types import GenericAlias

        return GenericAlias
    return lambda cls, item: cls


def _named(name):
    module, _, qualname = name.rpartition(".")
    if not module:
        return getattr(sys.modules["builtins"], name)
    return getattr(__import__(module, fromlist=[qualname]), qualname)


def _no_init(definition):
    def __init__(self, *args, **kwargs):
        raise TypeError("cannot create '%s.%s' instances" % (definition.module, definition.name))

    __init__.__qualname__ = definition.name + ".__init__"
    return __init__


def _error_text(self):
    """The message, as TypeScript says it: the arguments may be anything."""
    try:
        return str(self.message)
    except Exception:  # there is no instance, or nobody who could say it any more
        return Exception.__str__(self)


_error_text.__name__ = "__str__"


def _itself(self):
    return self


def _reduce_ex(self, protocol):
    if not isinstance(type(self).__reduce__, _BuiltinMethod):  # those know nothing of TypeScript
        return self.__reduce__()
    raise TypeError(
        "cannot pickle or copy %r object: its state is in TypeScript; declare __reduce__, __copy__ or "
        "__deepcopy__ for it" % type(self).__name__
    )


_reduce_ex.__name__ = "__reduce_ex__"
_COPYING = {"__reduce_ex__": _reduce_ex}
_BuiltinMethod = type(object.__reduce__)


def adopt(cls, reference, message):
    """The Python object of an instance that TypeScript made. message: of an error, else None."""
    made = cls.__new__(cls) if message is None else cls.__new__(cls, message)
    _set(made, "_pyduet", reference)
    return made


_set = object.__setattr__


def link(made, reference):
    """Tells a new Python object its instance in TypeScript."""
    _set(made, "_pyduet", reference)


def is_linked(value):
    """Whether the object has an instance in TypeScript already."""
    try:
        object.__getattribute__(value, "_pyduet")
        return True
    except AttributeError:
        return False


def is_bare(value):
    """Whether the object is of a declared class and has no instance yet."""
    return hasattr(type(value), "_pyduet") and not is_linked(value)


def has_state(cls):
    """Whether instances of the class keep something in Python."""
    if issubclass(cls, BaseException):
        return False  # what an exception was raised with may be lost with it
    if cls.__dictoffset__:
        return True
    slots = [name for base in cls.__mro__ for name in _slots_of(base)]
    return any(name not in ("_pyduet", "__weakref__") for name in slots)


def _slots_of(cls):
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def class_reference(cls):
    """Under which number TypeScript knows the subclass, or None."""
    return cls.__dict__.get("_pyduet_class")


def set_class_reference(cls, reference):
    type.__setattr__(cls, "_pyduet_class", reference)


def overridden(cls, names):
    """Those of the names that a class of Python's own defines before the declared one does."""
    found = []
    for name in names:
        for base in cls.__mro__:
            if name in base.__dict__:
                if base.__dict__.get("_pyduet_declared") is not base:
                    found.append(name)
                break
    return found


def declared_base(cls):
    """The first of its classes that TypeScript declared."""
    for base in cls.__mro__:
        if base.__dict__.get("_pyduet_declared") is base:
            return base
    return None


def is_class(value):
    return isinstance(value, type)


def takes_init(cls):
    """Whether what a class is called with is for its __init__ as well: not where its __new__ alone takes it."""
    return cls.__init__ is not object.__init__ or cls.__new__ is object.__new__


def inherited(value, name):
    """The attribute that TypeScript's classes inherit from Python."""
    for base in type(value).__mro__:
        if base.__dict__.get("_pyduet_declared") is base:
            return getattr(super(base, value), name)
    return getattr(value, name)


def declare(cls):
    """Marks a class as TypeScript's own."""
    cls._pyduet_declared = cls


def not_implemented():
    return NotImplemented


def stop_iteration(value):
    return StopIteration() if value is None else StopIteration(value)


def stop_async_iteration():
    return StopAsyncIteration()
