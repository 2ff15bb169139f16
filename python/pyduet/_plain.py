"""What a Python object is as plain data: asked by $.toJs() for types that it does not know."""

import sys
from operator import index
from collections.abc import Mapping, Sequence, Set


def _record(value):
    """The fields of a record, in order, or None."""
    kind = type(value)
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is not None:
        marker = sys.modules["dataclasses"]._FIELD
        return {name: getattr(value, name) for name, f in fields.items() if f._field_type is marker}
    fields = getattr(kind, "__attrs_attrs__", None)
    if fields is not None:
        return {field.name: getattr(value, field.name) for field in fields}
    fields = getattr(kind, "model_fields", None)
    if isinstance(fields, dict) and hasattr(kind, "__pydantic_core_schema__"):
        return {name: getattr(value, name) for name in fields}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, value))
    if kind is type(sys.implementation):
        return dict(vars(value))
    return None


def _known(value):
    """(kind, plain) for a value of a module that the program has imported, or None."""
    modules = sys.modules
    enum = modules.get("enum")
    if enum and isinstance(value, enum.Enum):
        return "value", value.value
    datetime = modules.get("datetime")
    if datetime:
        if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
            return "date", value
    for module, name, plain in _TEXTS:
        loaded = modules.get(module)
        if loaded and isinstance(value, getattr(loaded, name)):
            return plain(value)
    numpy = modules.get("numpy")
    if numpy and isinstance(value, (numpy.ndarray, numpy.generic)):
        items = value.tolist()
        return None if type(items) is type(value) else ("value", items)
    return None


_TEXTS = (
    ("collections", "UserString", lambda v: ("value", str(v))),
    ("decimal", "Decimal", lambda v: ("value", str(v))),
    ("uuid", "UUID", lambda v: ("value", str(v))),
    ("pathlib", "PurePath", lambda v: ("value", str(v))),
    ("fractions", "Fraction", lambda v: ("fraction", (_exact(v.numerator), _exact(v.denominator)))),
)


def _exact(value):
    return int.__int__(index(value))


_BASES = ((bool, bool), (int, int.__int__), (float, float.__float__), (str, str.__str__))


def plain(value):
    """(kind, plain) of a value that is no exact builtin, or None where it has no plain form.

    kind "value": plain stands for it; "items": a mapping as a list of pairs; "record": a dict;
    "set": a list; "date": of the datetime family, which _dates knows; "fraction": a pair of ints;
    "complex": a pair of floats.
    """
    known = _known(value)
    if known is not None:
        return known
    record = _record(value)
    if record is not None:
        return "record", record
    kind = type(value)  # and not __class__: what passes for an int is none
    for base, make in _BASES:
        if issubclass(kind, base):
            return "value", make(value)
    if issubclass(kind, (bytes, bytearray, memoryview)):
        return "value", memoryview(value).tobytes()
    if issubclass(kind, complex):
        return "complex", (float(value.real), float(value.imag))
    if isinstance(value, Mapping):
        return "items", [(key, item) for key, item in value.items()]
    if isinstance(value, Set):
        return "set", list(value)
    array = sys.modules.get("array")
    if isinstance(value, Sequence) or (array and isinstance(value, array.array)):
        return "value", list(value)
    return None
