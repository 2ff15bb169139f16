"""Values by the types that TypeScript declares: annotations, enums, dataclasses, checks.

Each as_…() gives the value, or None where it is of another type.
"""

import sys
from _operator import index

# --- annotations --------------------------------------------------------------

_BUILTINS = {
    "none": None,
    "bool": bool,
    "int": int,
    "bigint": int,
    "float": float,
    "str": str,
    "bytes": bytes,
    "object": object,
}
_NAMED = {
    "datetime": ("datetime", "datetime"),
    "timedelta": ("datetime", "timedelta"),
    "decimal": ("decimal", "Decimal"),
    "uuid": ("uuid", "UUID"),
    "callable": ("typing", "Callable"),
}


def _from(module, name):
    __import__(module)
    return getattr(sys.modules[module], name)


def _generic(kind, parts):
    if sys.version_info >= (3, 9):
        base = getattr(sys.modules["builtins"], kind)
    else:
        base = _from("typing", kind.capitalize())
    return base[parts if len(parts) != 1 else parts[0]]


def annotation(kind, parts, detail):
    """What a declared type is among Python's annotations; `...` for any."""
    parts = tuple(_from("typing", "Any") if part is ... else part for part in parts)
    if kind in _BUILTINS:
        return _BUILTINS[kind]
    if kind in _NAMED:
        return _from(*_NAMED[kind])
    if kind in ("list", "dict", "set"):
        return _generic(kind, parts)
    if kind == "tuple":
        return _generic(kind, parts or ((),))
    if kind == "union":
        return _from("typing", "Union")[parts]
    if kind == "literal":
        return _from("typing", "Literal")[tuple(detail)]
    if kind == "path":
        return _from("typing", "Union")[str, _from("os", "PathLike")]
    if kind == "record":
        return _generic("dict", (str, _from("typing", "Any")))
    if kind == "awaitable":
        return _from("typing", "Awaitable")[parts]
    if kind == "asyncIterator":
        return _from("typing", "AsyncIterable")[parts]
    return detail if kind == "instance" else ...


# --- enums and records --------------------------------------------------------


def make_enum(kind, name, module, doc, members):
    base = _from("enum", kind)
    made = base(name, [tuple(pair) for pair in members], module=module, qualname=name)
    made.__doc__ = doc if doc is not None else made.__doc__
    return made


def make_dataclass(name, module, doc, names, annotations, defaults, frozen):
    from dataclasses import field, make_dataclass

    fields = []
    for each in names:
        kind = annotations.get(each, _from("typing", "Any"))
        if each not in defaults:
            fields.append((each, kind))
        elif defaults[each].__class__.__hash__ is None:
            fields.append((each, kind, field(default_factory=_copier(defaults[each]))))
        else:
            fields.append((each, kind, field(default=defaults[each])))
    made = make_dataclass(name, fields, frozen=frozen, namespace={"__module__": module})
    made.__module__ = module
    if doc is not None:
        made.__doc__ = doc
    return made


def _copier(value):
    from copy import deepcopy

    return lambda: deepcopy(value)


def make_record(cls, fields):
    return cls(**fields)


def make_member(cls, value):
    return cls(value)


def value_of(member):
    return member.value


# --- values by their types ----------------------------------------------------


def as_int(value):
    if isinstance(value, int):
        return int(value)
    return int(index(value)) if hasattr(type(value), "__index__") else None


def as_float(value):
    # complex has a __float__ that refuses, up to Python 3.9.
    if isinstance(value, (str, bytes, bytearray, complex)) or not hasattr(type(value), "__float__"):
        return float(index(value)) if hasattr(type(value), "__index__") else None
    return float(value)


def pairs(value):
    return list(dict.items(value))


def elements(value):
    return list(value)


def holds_only(value, kind):
    """Whether it is a list, and its items are exactly of that type."""
    return type(value) is list and set(map(type, value)) == {kind}


def is_set(value):
    return isinstance(value, (set, frozenset))


def is_buffer(value):
    try:
        memoryview(value).release()
        return True
    except TypeError:
        return False


def is_awaitable(value):
    from inspect import isawaitable

    return isawaitable(value)


class Box:
    """Holds a result, so that it is read by its type."""

    __slots__ = ("value",)


async def boxed(awaitable):
    box = Box()
    box.value = await awaitable
    return box


def is_async_iterable(value):
    return hasattr(type(value), "__aiter__")


def _as(value, module, name):
    return value if isinstance(value, _from(module, name)) else None


def as_datetime(value):
    return _as(value, "datetime", "datetime")


def as_timedelta(value):
    return _as(value, "datetime", "timedelta")


def as_decimal(value):
    return _as(value, "decimal", "Decimal")


def as_uuid(value):
    return _as(value, "uuid", "UUID")


def as_path(value):
    from os import PathLike, fspath

    if not isinstance(value, (str, PathLike)):
        return None
    path = fspath(value)
    return path if isinstance(path, str) else None


def make_timedelta(milliseconds):
    return _from("datetime", "timedelta")(milliseconds=milliseconds)


def make_decimal(value):
    return _from("decimal", "Decimal")(value)


def make_uuid(text):
    return _from("uuid", "UUID")(text)


def make_path(text):
    return _from("pathlib", "Path")(text)
