"""Questions about objects that the C API answers only in many steps."""

import sys

# Not from collections.abc: 3.13 puts another module in its place while it is imported (Lib/collections/abc.py), and a
# thread that imports it meanwhile has the first, in which there is nothing. This one is there from Python's start.
from _collections_abc import Mapping, Sequence, Set


def type_name(value):
    """The type's name, with its module unless that is builtins or __main__."""
    return name_of(type(value))


def name_of(kind):
    """The name of a class, with its module unless that is builtins or __main__."""
    try:
        module = getattr(kind, "__module__", None)
        name = str(kind.__qualname__)
    except Exception:  # a metaclass may do anything
        return type.__repr__(kind)
    if module in ("builtins", "__main__") or not isinstance(module, str):
        return name
    return module + "." + name


def is_iterable(value):
    """Whether iter(value) is meant to work."""
    kind = type(value)
    if getattr(kind, "__iter__", None) is not None:
        return True
    return not hasattr(kind, "__iter__") and hasattr(kind, "__getitem__")


def is_sequence(value):
    """Whether integer keys and a length are meant to work, as in a list."""
    if isinstance(value, (Sequence, Mapping, Set)):
        return isinstance(value, Sequence)
    kind = type(value)
    return hasattr(kind, "__getitem__") and hasattr(kind, "__len__") and not hasattr(kind, "keys")


def own_names(value):
    """The names in the object's own dictionary."""
    try:
        return [name for name in vars(value) if type(name) is str]
    except TypeError:
        return []


def send(generator, value):
    """(done, value): the next item of a generator that was sent a value."""
    try:
        return False, generator.send(value)
    except StopIteration as stop:
        return True, stop.value


def throw(generator, error):
    """(done, value): the next item of a generator in which an error was raised."""
    try:
        return False, generator.throw(error)
    except StopIteration as stop:
        return True, stop.value


def number(value):
    """float(value), for JavaScript's unary plus."""
    if hasattr(type(value), "__float__"):
        return float(value)
    return float(int(value))


def is_number(value):
    """Whether value is a number rather than a text in an addition."""
    numbers = sys.modules.get("numbers")
    return isinstance(value, (int, float)) or (
        numbers is not None and isinstance(value, numbers.Number)
    )


def hash_of(value):
    """hash(value)"""
    return hash(value)


def iterator_kind(value):
    """"generator" where values can be sent in, "iterator" where next() works, else ""; with "async " before it."""
    kind = type(value)
    if hasattr(kind, "__next__"):
        return "generator" if hasattr(kind, "send") and hasattr(kind, "throw") else "iterator"
    if hasattr(kind, "__anext__"):
        is_generator = hasattr(kind, "asend") and hasattr(kind, "athrow") and hasattr(kind, "aclose")
        return "async generator" if is_generator else "async iterator"
    return ""


def is_async_iterable(value):
    """Whether `async for` is meant to work."""
    return getattr(type(value), "__aiter__", None) is not None


def close(iterator):
    """Ends an iteration early: generators run their finally."""
    end = getattr(iterator, "close", None)
    if end is not None and hasattr(type(iterator), "send"):
        end()


def deep_copy(value):
    """copy.deepcopy(value)"""
    from copy import deepcopy

    return deepcopy(value)


def safe_repr(value):
    """repr(value), cut at 100 characters, whatever it does."""
    try:
        text = repr(value)
    except Exception as error:
        text = "<repr() raised %s>" % type(error).__name__
    return text if len(text) <= 100 else text[:99] + "\u2026"


def awaitable_sort(value):
    """Whether values of this type can be awaited: 1 yes, 0 no, 2 each must be asked itself."""
    kind = type(value)
    if kind.__name__ == "generator":
        return 2
    return int(hasattr(kind, "__await__"))


def is_awaitable(value):
    """Whether a generator is an old-style coroutine (types.coroutine)."""
    return bool(value.gi_code.co_flags & 0x100)  # inspect.CO_ITERABLE_COROUTINE
