"""What TypeScript asks of an exception."""

import linecache
import traceback

from pyduet import _instance
from pyduet._objects import name_of
from pyduet._run import sources


def describe(error):
    """(type, message): the class's name, and the line that ends a traceback."""
    name = name_of(type(error))
    try:
        text = str(error)
    except BaseException:
        text = "<exception str() failed>"
    return name, name + ": " + text if text else name


def _is_own(filename):
    """Whether a frame is the bridge's own, which tells the program nothing."""
    return filename.startswith("<pyduet>")


def _without_own(report, seen):
    """Leaves the bridge's own frames out of a TracebackException and all it refers to."""
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    report.stack[:] = [frame for frame in report.stack if not _is_own(frame.filename)]
    _without_own(report.__cause__, seen)
    _without_own(report.__context__, seen)
    for inner in getattr(report, "exceptions", None) or ():
        _without_own(inner, seen)


# A class may hide these behind properties of its own, which may do anything.
_traceback = BaseException.__traceback__.__get__
_cause = BaseException.__cause__.__get__
_context = BaseException.__context__.__get__
_suppress = BaseException.__suppress_context__.__get__


# checkcache() fails where another thread empties the cache meanwhile.
_TRIES = 3


def text(error):
    """The traceback as Python prints it, with the lines of code that came as text."""
    for _ in range(_TRIES):
        # They stay in the cache, without a time, so that nobody looks for their files (linecache.checkcache).
        for filename, code in list(sources.items()):
            linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        try:
            report = traceback.TracebackException(type(error), error, _traceback(error))
            _without_own(report, set())
            return "".join(report.format())
        except Exception as error_of_report:
            failure = error_of_report
    return "%s\n(no traceback: %s)\n" % (describe(error)[1], describe(failure)[1])


def frames(error):
    """(file, line, name) of each frame, outermost first."""
    found = []
    entry = _traceback(error)
    while entry is not None:
        code = entry.tb_frame.f_code
        if not _is_own(code.co_filename):
            found.append((code.co_filename, entry.tb_lineno, code.co_name))
        entry = entry.tb_next
    return found


def cause(error):
    """The exception that led to this one, as a traceback would tell, or None."""
    if _cause(error) is not None:
        return _cause(error)
    return None if _suppress(error) else _context(error)


def given_cause(error):
    """What an error of a declared class was raised from, or None."""
    return _cause(error) if _instance(error) is not None else None


def notes(error):
    """What add_note() added."""
    try:
        found = error.__notes__
        return [str(note) for note in found] if isinstance(found, (list, tuple)) else []
    except Exception:
        return []


def group(error):
    """The exceptions of a group, or an empty list."""
    try:
        found = error.exceptions
    except Exception:
        return []
    if isinstance(found, tuple) and all(isinstance(e, BaseException) for e in found):
        return list(found)
    return []


def make(kind, args, kwargs):
    """The exception for raise(kind, *args, **kwargs)."""
    if isinstance(kind, type) and issubclass(kind, BaseException):
        error = kind(*args, **kwargs)
        if isinstance(error, BaseException):
            return error
        raise TypeError(
            "calling %s should have returned an instance of BaseException, not %s"
            % (name_of(kind), name_of(type(error)))
        )
    if isinstance(kind, BaseException):
        if args or kwargs:
            raise TypeError("instance exception may not have a separate value")
        return kind
    what = name_of(kind) if isinstance(kind, type) else name_of(type(kind))
    raise TypeError("exceptions must derive from BaseException, not " + what)
