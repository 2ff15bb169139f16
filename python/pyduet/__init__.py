"""The Python side of pyduet: what TypeScript values are when Python holds them.

This package is made by the host at start-up; it cannot be installed by itself.
"""

import io
import sys
from _collections import deque
from _thread import get_ident
from _weakref import ref as weakref

__all__ = ["JsError", "JsObject"]
__path__ = []  # its modules are in sys.modules when they are needed


class JsObject:
    """A TypeScript value that has no counterpart in Python, kept as it is.

    Passed back to TypeScript it is the very same value.
    """

    __slots__ = ("_ref", "__weakref__", "_repr")

    def __init__(self, *_):
        raise TypeError("a JsObject is made by TypeScript alone")

    def __repr__(self):
        return self._repr

    def __reduce__(self):
        raise TypeError("a live TypeScript value cannot be pickled or copied: " + self._repr)


class JsError(Exception):
    """An error thrown by TypeScript.

    name, message, stack: what the error says of itself.
    js: the very error that was thrown.
    """

    name = "Error"
    message = ""
    stack = ""
    js = None

    def __str__(self):
        return self.message if self.name == "Error" else self.name + ": " + self.message


# A metaclass may hide these behind properties of its own, which may do anything.
_mro = type.__dict__["__mro__"].__get__
_flags_of = type.__dict__["__flags__"].__get__


def _bases(kind):
    """The class and its bases; some types of C code were never made ready and have none."""
    return _mro(kind) or ()


def _named(name):
    """The object of a dotted name, if its module was imported; a bare name is the program's own."""
    parts = name.split(".")
    if len(parts) == 1:
        parts = ["__main__" if name in vars(sys.modules["__main__"]) else "builtins", name]
    for end in range(len(parts) - 1, 0, -1):
        found = sys.modules.get(".".join(parts[:end]))
        if found is not None:
            for part in parts[end:]:
                # Not getattr(): that might import what nobody asked for.
                found = getattr(found, "__dict__", {}).get(part)
            return found
    return None


def _is_being_imported(name):
    module = sys.modules.get(name.split(".")[0])
    return getattr(getattr(module, "__spec__", None), "_initializing", False) is True


_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement, not by numpy itself


def _number_kind(kind):
    """Which number a numpy scalar type holds exactly: "int", "float", "bool", or "" for none."""
    numpy = sys.modules.get("numpy")
    generic = getattr(numpy, "generic", None)
    if generic is None or generic not in _bases(kind) or _flags_of(kind) & _HEAP:
        return ""
    if issubclass(kind, numpy.bool_):
        return "bool"
    if issubclass(kind, numpy.timedelta64):
        return ""
    if issubclass(kind, numpy.integer):
        return "int"
    if kind in (numpy.float16, numpy.float32, numpy.float64):
        return "float"
    return ""


# --- JS threads ---------------------------------------------------------------

_flags = []  # each JS thread's memory: byte 0 output is waiting, byte 1 references were dropped
_threads = set()
_OUTPUT, _DROPPED = 0, 1


class _Realm:
    """What one JS thread has in Python."""

    def __init__(self, flags):
        self.flags = flags
        self.live = True
        self.thread = get_ident()
        self.dropped = deque()
        self.taken = deque()
        self.types = {}
        self.dropped_types = deque()
        self.taken_types = deque()
        self.taking = False
        self.converters = []
        _flags.append(flags)
        _threads.add(self.thread)
        realm = self

        class js(int):
            """The number under which TypeScript knows a value. Dropping it drops the value."""

            __slots__ = ()
            __qualname__ = "js"

            def __del__(self):
                realm.dropped.append(int(self))
                realm.flags[_DROPPED] = 1

            def __call__(self, *args, **kwargs):
                raise RuntimeError(realm.refusal())

        self.ref = js

    def refusal(self):
        """Why a function of this JS thread cannot be entered from the calling thread."""
        if not self.live:
            return "a TypeScript function was called after its JS thread had ended"
        return (
            "a TypeScript function was called from another thread than the JS thread that "
            "passed it to Python; hand the work to that thread, for example by a queue.Queue"
        )

    def take_dropped(self):
        """(numbers, types): what was dropped since the last call."""
        if self.taking:  # a finaliser that came here in the middle: the flag stays, somebody asks again
            return [], []
        self.taking = True
        try:
            return self._take_dropped()
        except RuntimeError:  # another thread's late drop changed what was being copied
            self.flags[_DROPPED] = 1
            return [], []
        except MemoryError:
            self.flags[_DROPPED] = 1
            raise
        finally:
            self.taking = False

    def _take_dropped(self):
        self.flags[_DROPPED] = 0
        # What is dropped from here on, also by a thread in the middle of a drop, is for the next call.
        self.dropped, self.taken = self.taken, self.dropped
        self.dropped_types, self.taken_types = self.taken_types, self.dropped_types
        answer = list(self.taken), list(self.taken_types)
        numbers, types = map(iter, answer)
        # Nothing is allocated from here on, so nothing is taken and then lost.
        for _ in numbers:
            self.taken.popleft()
        for _ in types:
            self.taken_types.popleft()
        return answer

    def object(self, number, text):
        """A JsObject for the value of that number."""
        made = JsObject.__new__(JsObject)
        made._ref = self.ref(number)
        made._repr = text
        return made

    def number_of(self, value):
        """The number of a JsObject or JsError of this JS thread, else -1."""
        held = value.__dict__.get("js") if issubclass(type(value), JsError) else value
        if type(held) is JsObject and type(held._ref) is self.ref:
            return int(held._ref)
        return -1

    def sort(self, kind, key):
        """How values of a type cross: "host" where TypeScript may get its own value back.

        "convert" where a converter of the program takes it, "later" while a type that has one
        may just be in the making. An ordinary type ("") is watched: its end is reported under its key.
        """
        bases = _bases(kind)
        if JsObject in bases or JsError in bases:
            return "host"
        if self.converters:
            if self._converters_of(bases):
                return "convert"
            if any(_is_being_imported(name) for _, name in self.converters):
                return "later"
        word = _number_kind(kind)
        if not word:
            self.types[key] = weakref(kind, lambda _: self._forget(key))
        return word

    def convert(self, converters):
        """Types have converters: lines of numbers and names in turn, the latest first."""
        lines = converters.splitlines()
        self.converters = list(zip(map(int, lines[::2]), lines[1::2]))

    def matching(self, value):
        """The numbers of the converters for an object, the latest first."""
        return self._converters_of(_bases(type(value)))

    def _converters_of(self, bases):
        # By identity: a metaclass may make classes equal as it likes.
        found = [(number, _named(name)) for number, name in self.converters]
        return [number for number, kind in found if any(kind is base for base in bases)]

    def _forget(self, key):
        self.types.pop(key, None)
        self.dropped_types.append(key)
        self.flags[_DROPPED] = 1

    def guard(self, function):
        """The function for Python where no native code keeps other threads out."""
        realm = self

        def guarded(*args, **kwargs):
            if get_ident() == realm.thread and realm.live:
                return function(*args, **kwargs)
            raise RuntimeError(realm.refusal())

        guarded.__name__ = guarded.__qualname__ = function.__name__
        guarded.__doc__ = function.__doc__
        guarded.__wrapped__ = function
        return guarded

    def end(self):
        """The JS thread ends: its functions must not be entered any more."""
        flags = self.flags
        self.live = False
        self.flags = bytearray(2)
        _flags[:] = [each for each in _flags if each is not flags]  # equal ones are not the same
        _threads.discard(self.thread)


# --- output -------------------------------------------------------------------


def _mark(value):
    for flags in _flags[:]:
        flags[_OUTPUT] = value


class _Output(io.BufferedWriter):
    """Buffers while Python runs; the host flushes before TypeScript goes on."""

    def write(self, data):
        written = super().write(data)
        _mark(1)
        if get_ident() not in _threads and b"\n" in bytes(data):
            self.flush()  # no host waits for this thread
        return written


def _take_output():
    """Puts the standard streams under the host's flushing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is not io.TextIOWrapper or type(stream.buffer) is not io.BufferedWriter:
            continue
        encoding, errors, lines = stream.encoding, stream.errors, stream.line_buffering
        stream.flush()
        raw = stream.detach().detach()
        stream = io.TextIOWrapper(
            _Output(raw), encoding, errors, None, line_buffering=lines, write_through=True
        )
        stream.mode = "w"
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


def flush():
    """Writes out what the standard streams hold."""
    _mark(0)
    for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # no stream, a closed one, or a reader that has gone: nobody can be told


def alone():
    """Whether one JS thread at most uses Python: one that was terminated still counts."""
    return len(_flags) <= 1


def attach(flags):
    """Begins a JS thread's use of Python. flags: two writable bytes of its memory."""
    return _Realm(flags)


# --- the program --------------------------------------------------------------


def begin(argv, path):
    """What a program's start sets. Once a process."""
    if argv is not None:
        sys.argv = argv
    sys.path[0:0] = path
    import _signal

    # Else the first `import signal` would take Ctrl-C from the program (signalmodule.c).
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    _take_output()
