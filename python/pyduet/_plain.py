"""What a Python object is as plain data: asked by $.toJs() for types that it does not know."""

import sys
from _collections_abc import Mapping, Sequence, Set, ValuesView  # see _objects.py
from operator import index

from pyduet import JsObject

_UNSET = object()
_NAMESPACE = type(sys.implementation)


def _record(value):
    """The fields of a record, in order, or None."""
    kind = type(value)
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is not None:
        marker = sys.modules["dataclasses"]._FIELD
        return _fields(value, [name for name, f in fields.items() if f._field_type is marker])
    fields = getattr(kind, "__attrs_attrs__", None)
    if fields is not None:
        return _fields(value, [field.name for field in fields])
    if _is_pydantic(kind):
        extra = getattr(value, "__pydantic_extra__", None) or {}
        return {**_fields(value, kind.model_fields), **extra}
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return dict(zip(kind._fields, value))
    if isinstance(value, _NAMESPACE):
        return dict(vars(value))
    return None


def _fields(value, names):
    """Those fields that have a value: init=False and model_construct() may leave some without."""
    found = [(name, getattr(value, name, _UNSET)) for name in names]
    return {name: field for name, field in found if field is not _UNSET}


def _is_pydantic(kind):
    fields = getattr(kind, "model_fields", None)
    return isinstance(fields, dict) and hasattr(kind, "__pydantic_core_schema__")


def _array(numpy, value):
    """("array", (array in C order, kind, bytes of an item, shape)) for plain numbers, else None."""
    kind = value.dtype
    if type(value) is not numpy.ndarray or value.ndim == 0:
        return None
    if kind.kind not in "iuf" or kind.itemsize > 8:
        return None
    data = value.astype(kind.newbyteorder("="), order="C", copy=False)
    return "array", (data, kind.kind, kind.itemsize, value.shape)


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
        return _numpy(value, numpy)
    return None


def _numpy(value, numpy):
    if value.dtype.names:
        # Not tolist(), which gives times as bare integers.
        if isinstance(value, numpy.generic):
            return "value", tuple(value[name] for name in value.dtype.names)
        return "value", list(value) if value.ndim else value[()]
    if value.dtype.kind in "mM":
        return _numpy_times(value, numpy)
    array = _array(numpy, value)
    if array is not None:
        return array
    items = value.tolist()
    if type(items) is type(value):
        return None
    # What tolist() makes of numbers and texts is nobody else's: it may cross by itself.
    return "fresh" if value.dtype.kind in "biufU" else "value", items


def _numpy_times(value, numpy):
    """Of datetime64 and timedelta64. What Python's datetime cannot hold, numpy gives as a bare int."""
    times = value
    if numpy.datetime_data(value.dtype)[0] in ("ns", "ps", "fs", "as"):
        times = value.astype(value.dtype.kind + "8[us]")
        if not numpy.all((times == value) | numpy.isnat(value)):
            times = value
    items = times.tolist()
    if not any(type(item) is int for item in times.ravel().tolist()):
        return "value", items
    return ("value", list(value)) if value.ndim else None


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

    kind "value": plain stands for it, "fresh" if nothing else refers to what is in it; "items": a
    mapping as a list of pairs; "record": a dict; "set": a list; "date": of the datetime family,
    which _dates knows; "fraction": a pair of ints; "complex": a pair of floats;
    "array": a numpy array and how its bytes are to be read.
    """
    if issubclass(type(value), JsObject):
        return None  # TypeScript's own value, which is not copied because it passes for a Mapping
    known = _known(value)
    if known is not None:
        return known
    if getattr(type(value), "__pydantic_root_model__", False) is True:
        return "value", value.root
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
    if isinstance(value, (Sequence, ValuesView)) or (array and isinstance(value, array.array)):
        return "value", list(value)
    return None
