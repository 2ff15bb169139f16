"""Exception classes of a program that TypeScript has tied to error classes of its own."""

from pyduet import JsError, _bases, _named
from pyduet._objects import name_of


class Tie:
    """One mapError() of a JS thread: of a class, or of a dotted name that may have none yet."""

    __slots__ = ("_named", "_base", "_made")

    def __init__(self, named):
        self._named = named
        self._base = self._made = None

    def current(self):
        """The class, or None."""
        found = _named(self._named) if isinstance(self._named, str) else self._named
        return found if _is_exception_class(found) else None

    def made(self):
        """The class of TypeScript's errors of that kind, made once; None while there is none."""
        base = self.current()
        if base is not self._base:
            self._made = None if base is None else _made_of(base)
            self._base = base
        return self._made


def _is_exception_class(found):
    # By type(): what an object says of its class may be a lie.
    return issubclass(type(found), type) and BaseException in _bases(found)


def _made_of(base):
    if JsError in _bases(base):
        bases = (base,)
    else:
        bases = (JsError, base)
    names = {
        "__doc__": "A TypeScript error of this class.",
        "__module__": base.__module__,
        "__qualname__": base.__qualname__,
        "__str__": base.__str__,
    }
    return type(base.__name__, bases, names)


def refusal(named):
    """Why it cannot be tied, or None. A name that names nothing yet may do so later."""
    found = _named(named) if isinstance(named, str) else named
    if _is_exception_class(found) or found is None and isinstance(named, str):
        return None
    what = name_of(found) if isinstance(found, type) else "an object of type " + name_of(type(found))
    if isinstance(named, str) and named != what:
        what = named + ", " + what + ","
    return what + " is no exception class of Python"


def find(error, ties):
    """The place of the tie for an exception: of the nearest class above its own, the first of several."""
    classes = [each.current() for each in ties]
    for base in _bases(type(error)):
        for place, tied in enumerate(classes):
            if tied is base:
                return place
    return -1


def build(tied, args, kwargs):
    """(exception, why): an exception of the tied class; None while there is no such class, or why it fails."""
    try:
        kind = tied.made()
        if kind is None:
            return None, None
        error = kind(*args, **kwargs)
        if type(error) is kind:
            return error, None
        return None, "%s gave %s" % (name_of(kind), name_of(type(error)))
    except Exception as failure:
        text = "%s(%s) raised %s" % (name_of(tied.current()), _shown(args, kwargs), _line(failure))
    return None, text + "; toPython of mapError() gives the arguments that it takes"


def _shown(args, kwargs):
    try:
        shown = [repr(each) for each in args]
        return ", ".join(shown + ["%s=%r" % each for each in kwargs.items()])
    except Exception:
        return "..."


def _line(error):
    try:
        return "%s: %s" % (name_of(type(error)), error)
    except Exception:
        return name_of(type(error))


def refuse(reason, plain):
    """What is raised in place of an error that could not be made: the plain one is its cause."""
    error = TypeError("a TypeScript error could not be raised as its tied class: " + reason)
    error.__cause__ = plain
    return error
