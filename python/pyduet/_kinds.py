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
_set = BaseException.__setattr__  # a program's class may refuse new attributes


def _system_kind(base):
    kind = _system_kinds.get(base)
    if kind is None:
        kind = _system_kinds[base] = type(
            "Js" + base.__name__,
            (JsError, base),
            {"__doc__": "A TypeScript system error.", "__str__": base.__str__},
        )
    return kind


def _of_code(code, message, path, dest):
    """The OSError of a system error's code; None for a code that the system does not have."""
    import errno

    number = getattr(errno, code, None)
    if type(number) is not int:
        return None
    kind = _system_kind(type(OSError(number, "")))
    if path is None:
        return kind(number, message)
    if message.startswith(code + ":"):  # the runtime's own words, which name the files again
        import os

        message = os.strerror(number)
    if dest is None:
        return kind(number, message, path)
    return kind(number, message, path, None, dest)


def _of_name(name, message):
    """The exception for an error that is known by its name alone."""
    if name == "AbortError":
        from asyncio import CancelledError

        return _system_kind(CancelledError)(message)
    if name == "TimeoutError":
        return _system_kind(TimeoutError)(message)
    if name == "NotCapable":  # a permission of the runtime, which has no code
        return _of_code("EACCES", message, None, None)
    return None


def _group(message, inner):
    """The exception for an AggregateError; None where Python can have no such group."""
    if not inner or sys.version_info < (3, 11):
        return None
    if not all(isinstance(each, Exception) for each in inner):
        return None
    return _system_kind(ExceptionGroup)(message, inner)  # noqa: F821 -- since 3.11


def _plain(kind, name, message, code, path, dest, inner):
    """The exception for a TypeScript error whose class is not tied to one of Python's."""
    error = None
    if code is not None:
        error = _of_code(code, message, path, dest)
    if error is None:
        error = _of_name(name, message)
    if error is None and inner is not None:
        error = _group(message or name, inner)
    if error is None:
        error = _kinds.get(kind, JsError)(message)
    return error


def make_error(
    realm, reference, held, kind, name, message, stack, code, path, dest, inner, cause, error
):
    """The exception for an error of a JS thread.

    held: the class of its JsObject. kind: the builtin class that it is. error: the exception, if a tie has made it.
    """
    if error is None:
        error = _plain(kind, name, message, code, path, dest, inner)
    _set(error, "name", name)
    _set(error, "message", message)
    _set(error, "stack", stack)
    if inner is not None:
        _set(error, "errors", tuple(inner))
    if cause is not None:
        _link(error, cause)
    _set(error, "js", realm.object(reference, "<js " + name + ">", held))
    return error


# A class may hide this behind a property of its own, which may do anything.
_cause = BaseException.__cause__.__get__
_link = BaseException.__cause__.__set__


def link(error, cause):
    """Makes one the cause of the other, unless it has one already."""
    if _cause(error) is None:
        _link(error, cause)
