"""Which Python exception a TypeScript error is."""

import sys

from pyduet import JsError

__name__ = "pyduet"  # what the classes made here say of where they come from


class JsTypeError(JsError, TypeError):
    """A TypeScript TypeError."""


class JsRangeError(JsError, ValueError):
    """A TypeScript RangeError."""


class JsSyntaxError(JsError, SyntaxError):
    """A TypeScript SyntaxError."""


_kinds = {
    "TypeError": JsTypeError,
    "RangeError": JsRangeError,
    "SyntaxError": JsSyntaxError,
}
_system_kinds = {}


def _system_kind(base):
    kind = _system_kinds.get(base)
    if kind is None:
        kind = _system_kinds[base] = type(
            "Js" + base.__name__,
            (JsError, base),
            {"__doc__": "A TypeScript system error.", "__str__": base.__str__},
        )
    return kind


def _cancelled_kind():
    from asyncio import CancelledError

    return _system_kind(CancelledError)


def _group_kind():
    return _system_kind(ExceptionGroup)  # noqa: F821 -- since 3.11; the caller asks the version


def _make(kind, name, message, stack, code, inner, cause):
    """The exception for a thrown TypeScript value. kind is the builtin class that it is."""
    error = None
    if code is not None:
        import errno

        number = getattr(errno, code, None)
        if type(number) is int:
            base = type(OSError(number, ""))
            error = _system_kind(base)(number, message)
    if error is None and name == "AbortError":
        error = _cancelled_kind()(message)
    if error is None and inner and sys.version_info >= (3, 11):
        error = _group_kind()(message or name, inner)
    if error is None:
        error = _kinds.get(kind, JsError)(message)
    error.name = name
    error.message = message
    error.stack = stack
    if cause is not None:
        error.__cause__ = cause
    return error


def make_error(realm, number, *parts):
    """The exception for the error of that number of a JS thread."""
    error = _make(*parts)
    error.js = realm.object(number, "<js " + error.name + ">")
    return error
