"""The Python side of pyduet: what TypeScript values are when Python holds them.

This package is made by the host at start-up; it cannot be installed by itself.
"""

import sys
from _collections import deque
from _thread import get_ident, get_native_id
from _weakref import ref as weakref

__all__ = ["Interrupted", "JsError", "JsObject", "wait"]
__path__ = []  # its modules are in sys.modules when they are needed


class JsObject:
    """A live view of a TypeScript value that has no counterpart in Python.

    Passed back to TypeScript it is the very same value.
    """

    # Named so that no property of a TypeScript value is hidden. What it can do: _js.py.
    __slots__ = ("__js__", "__weakref__", "__text__")

    def __init__(self, *_):
        raise TypeError("a JsObject is made by TypeScript alone")

    def __repr__(self):
        return self.__text__

    def __reduce__(self):
        raise TypeError("a live TypeScript value cannot be pickled or copied: " + repr(self))


_set_number = JsObject.__dict__["__js__"].__set__
_set_text = JsObject.__dict__["__text__"].__set__
_number_of = JsObject.__dict__["__js__"].__get__
_new = object.__new__


class JsError(Exception):
    """An error thrown by TypeScript.

    name, message, stack: what the error says of itself.
    js: the very error that was thrown.
    errors: of an AggregateError alone, the exceptions of its errors.
    """

    name = "Error"
    message = ""
    stack = ""
    js = None

    def __str__(self):
        if self.js is None:  # raised by Python
            return super().__str__()
        return self.message if self.name == "Error" else self.name + ": " + self.message


class StandIn:
    """What is no JsObject and yet crosses as one: `stands_for()` gives it."""

    __slots__ = ()


# A metaclass may hide these behind properties of its own, which may do anything.
_mro = type.__dict__["__mro__"].__get__
_flags_of = type.__dict__["__flags__"].__get__
_dict_of = BaseException.__dict__["__dict__"].__get__


def _instance(value):
    """What an object of a declared class has of TypeScript, or None."""
    try:
        return object.__getattribute__(value, "_pyduet")
    except AttributeError:
        return None


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


_COLLECTED = 1 << 14  # Py_TPFLAGS_HAVE_GC
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

# Each JS thread's memory: byte 0 output is waiting, 1 references were dropped, 2 garbage was collected, 3 asyncio is there or has something to do,
# 7 interrupts are not to be raised, from byte 8 the address of the function that gives its globalThis.
_flags = []  # of those that use Python: one that was terminated still counts
ended = 0  # how many do no more
_threads = {}
_DROPPED, _GARBAGE, _TURN, _SHIELDED, _GLOBAL = 1, 2, 3, 7, 8


def _refusal(live):
    if not live:
        return "a TypeScript function was called after its JS thread had ended"
    return (
        "a TypeScript function was called from another JS thread than the one that passed it to Python; "
        "a JS thread never waits for another one: send it a message instead"
    )


_sources = {}


def offer(name, text):
    """The text of a module that a thread may need while TypeScript cannot give it."""
    _sources[name] = text


def module(name):
    """A module of this package of which the text is there, made by the first thread that needs it."""
    full = "pyduet." + name
    found = sys.modules.get(full)
    if found is None:
        made = type(sys)(full)
        made.__file__ = "<pyduet>/%s.py" % name
        exec(compile(_sources[name], made.__file__, "exec", dont_inherit=True), vars(made))
        found = sys.modules.setdefault(full, made)
    return found


class Interrupted(BaseException):
    """Raised in a thread of `$.inThread()` when the signal of that call was aborted."""


def wait(awaitable, timeout=None):
    """The result of a Promise, a coroutine or a Task of the JS thread's event loop, for any other thread.

    timeout: seconds, after which TimeoutError is raised; a coroutine or Task is cancelled then.
    """
    held = [awaitable]
    del awaitable  # an error keeps this frame (_tasks.py, _wait_for)
    return module("_calls").wait(held, timeout)


class _Realm:
    """What one JS thread has in Python."""

    def __init__(self, flags):
        self.flags = flags
        self.live = True
        self.thread = get_ident()
        self.native = get_native_id()
        self.calls = deque()  # of other threads, in their order (_calls.py)
        self.open = True
        self.jobs = {}  # of this thread, in others (_pool.py)
        self.answers = set()  # functions that wait for an answer of this thread
        self.dropped = dropped = deque()  # numbers, and below zero the keys of types
        self.types = {}
        self.converters = []
        self.declared = set()
        self.globals = None
        self.bell = self.loop = self.awaits = None
        self.contexts = None  # where they follow (_contexts.py)
        self.aside = False  # a file runs that may have an event loop of its own (_run.py)
        if "asyncio" in sys.modules:
            flags[_TURN] = 1
        _flags.append(flags)
        _threads[self.thread] = self
        realm = self
        bit = _DROPPED  # at the very end a module's names are None

        class js(int):
            """The number under which TypeScript knows a value. Dropping it drops the value."""

            __slots__ = ()
            __qualname__ = "js"
            realm = self

            def __del__(self):
                dropped.append(+self)
                realm.flags[bit] = 1

            def __call__(self, *args, **kwargs):
                return realm.call(None, (self,) + args, kwargs)

        self.ref = js
        self.tracked = _flags_of(js) & _COLLECTED != 0

    def refuse(self, *_):
        """Says why a function of this JS thread cannot be entered from the calling thread."""
        raise RuntimeError(_refusal(self.live))

    def call(self, function, args, kwargs):
        """Calls a function of TypeScript from another thread. Without one the first argument is its number."""
        if not self.live or is_js_thread():
            self.refuse()
        calls = sys.modules.get("pyduet._calls") or module("_calls")
        return calls.call(self, function, args, kwargs)

    def object(self, reference, text, kind):
        """A JsObject of a class of _js.py for the value that a reference keeps."""
        made = _new(kind)
        _set_text(made, text)
        _set_number(made, reference)
        return made

    def number_of(self, value):
        """The number of a JsObject or JsError of this JS thread, else -1."""
        if self.declared and not self.declared.isdisjoint(_bases(type(value))):
            held = _instance(value)
            return int(held) if type(held) is self.ref else -1
        held = value
        kind = type(value)
        if not issubclass(kind, JsObject):
            if issubclass(kind, JsError):
                held = _dict_of(value).get("js")
            elif issubclass(kind, StandIn):
                held = value.stands_for()
            if not issubclass(type(held), JsObject):
                return -1
        try:
            number = _number_of(held)
        except AttributeError:  # not made by TypeScript
            return -1
        return int(number) if type(number) is self.ref else -1

    def provide(self):
        """The JsObject of this JS thread's globalThis; pyduet._js_module is there after it."""
        if self.globals is None:
            address = int.from_bytes(self.flags[_GLOBAL : _GLOBAL + 8], sys.byteorder)
            if not address or self.thread != get_ident():
                raise RuntimeError(_refusal(address))
            from ctypes import PYFUNCTYPE, c_int, c_void_p, py_object

            # The parameters of a function of TypeScript's, whose guard may call `refuse` instead.
            kind = PYFUNCTYPE(py_object, py_object, c_void_p, c_int, c_void_p)
            self.globals = kind(address)(self.refuse, None, 0, None)
        return self.globals

    def equip(self, name, function):
        """Gives the numbers, and so every JsObject, an operation."""
        setattr(self.ref, name, staticmethod(function))

    def sort(self, kind, key):
        """How values of a type cross: "live" and "host" where TypeScript may get its own value back.

        "instance" for those of a declared class, "convert" where a converter of the program takes it,
        "later" while a type that has one may just be in the making. Ordinary types ("") and the first three
        are watched: their end is reported under their key.
        """
        bases = _bases(kind)
        if self.declared and not self.declared.isdisjoint(bases):
            return self._watched(kind, key, "instance")
        if JsObject in bases:
            return self._watched(kind, key, "live")
        if JsError in bases or StandIn in bases:
            return self._watched(kind, key, "host")
        if self.converters:
            if self._converters_of(bases):
                return "convert"
            if any(_is_being_imported(name) for _, name in self.converters):
                return "later"
        return _number_kind(kind) or self._watched(kind, key, "")

    def _watched(self, kind, key, word):
        self.types[key] = weakref(kind, lambda _: self._forget(key))
        return word

    def declare(self, kind):
        """The class is made for one of TypeScript's."""
        self.declared.add(kind)

    def watch_garbage(self):
        """From now on each whole search for garbage cycles is told."""
        import gc

        flags = weakref(self)

        def tell(phase, info):
            realm = flags()
            if realm is None:
                gc.callbacks.remove(tell)
            elif phase == "stop" and info["generation"] == 2:
                realm.flags[_GARBAGE] = 1

        gc.callbacks.append(tell)

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

    def _forget(self, key, bit=_DROPPED):
        self.types.pop(key, None)
        self.dropped.append(-key)
        self.flags[bit] = 1

    def guard(self, function):
        """The function for Python where no native code keeps other threads out."""
        realm = self

        def guarded(*args, **kwargs):
            if get_ident() == realm.thread and realm.live:
                return function(*args, **kwargs)
            return realm.call(function, args, kwargs)

        guarded.__name__ = guarded.__qualname__ = function.__name__
        guarded.__doc__ = function.__doc__
        guarded.__wrapped__ = function
        return guarded

    def close_calls(self):
        """No call of another thread is taken any more; those that wait are told."""
        self.open = False
        if self.calls or self.answers:
            module("_calls").refuse(self)

    def close_bell(self):
        """Nothing wakes the JS thread any more."""
        if self.bell is None:
            return
        interrupts = sys.modules.get("pyduet._interrupts")
        if interrupts is not None:
            interrupts.end(self)
        self.bell.close()

    def end(self):
        """The JS thread ends: its functions must not be entered any more."""
        flags = self.flags
        self.live = False
        self.close_calls()
        self.flags = bytearray(24)
        _flags[:] = [each for each in _flags if each is not flags]  # equal ones are not the same
        global ended
        ended += 1
        self.globals = None
        self.close_bell()
        if _threads.get(self.thread) is self:
            del _threads[self.thread]


def is_js_thread():
    """Whether the calling thread is a JS thread; a later one may have the ident of one that ended."""
    realm = _threads.get(get_ident())
    return realm is not None and realm.native == get_native_id()


def here():
    """What the calling thread has in Python; a RuntimeError where it is no JS thread."""
    realm = _threads.get(get_ident())
    if realm is None:
        raise RuntimeError(_refusal(bool(_threads)))
    return realm


def provided():
    """globalThis for the calling thread: a thread of Python has that of the only JS thread."""
    if is_js_thread():
        return here().provide()
    realms = [realm for realm in list(_threads.values()) if realm.live]
    if len(realms) != 1:
        raise RuntimeError("the module js is globalThis of a JS thread, of which there are %d" % len(realms))
    return realms[0].globals or module("_calls").call(realms[0], realms[0].provide, (), {})


# --- the program --------------------------------------------------------------


def attach(flags):
    """Begins a JS thread's use of Python. flags: writable bytes of its memory."""
    return _Realm(flags)


class _Finder:
    """Finds `import js`. The last of all finders: a module js of the program's own comes first."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "js":
            return None
        provided()
        return sys.modules["pyduet._js_module"].spec()


interrupt = None  # what is done about one where it may be raised: default_int_handler, and later _interrupts.py
came = False  # whether there was an interrupt
noted = False  # whether there was one that nothing of the program's in Python has got


def _interrupted(number, frame):
    global came, noted
    came = True
    realm = _threads.get(get_ident())
    if realm is not None and realm.flags[_SHIELDED]:
        noted = True
    else:
        interrupt(number, frame)


def take_interrupts():
    """Ctrl-C raises KeyboardInterrupt; from the event loop's first turn on _interrupts.py says where."""
    global interrupt
    import _signal

    interrupt = _signal.default_int_handler
    _signal.signal(_signal.SIGINT, _interrupted)


def begin(argv, path, js):
    """What a program's start sets. Once a process."""
    if js:
        sys.meta_path.append(_Finder)
    if argv is not None:
        sys.argv = argv
    sys.path[0:0] = path
    import _signal

    # Else the first `import signal` would take Ctrl-C from the program (signalmodule.c).
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
