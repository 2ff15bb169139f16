"""Whether the JS thread can ever answer: it cannot while it waits for the very thread that asks it.

A thread that waits is known by its innermost frame: the call that it is in the middle of. Only waits without a
timeout for locks count, and what is built on them (threading, queue, concurrent.futures).
"""

import sys
import threading
import time
from _thread import get_ident

from pyduet import _threads
from pyduet._calls import _begin, gone, name_of

# So many looks in a row have to show the same, since a thread may just have been woken.
_ENOUGH = 4
_HOME = "<pyduet>/"


class Looks:
    """Looks of one waiting caller."""

    def __init__(self, realm, entry):
        self.realm = realm
        self.entry = entry
        self.before = None
        self.same = 0

    def look(self):
        """Raises a RuntimeError where the answer cannot come."""
        frames = sys._current_frames()
        me = get_ident()
        there = frames.get(self.realm.thread)
        try:
            if there is None or not _is_stuck(there):
                self.same = 0
                return
            if _waits_for(there, me, frames[me]):
                raise self.error(there, "that thread waits for this one")
            state = self.state(frames, me)
            self.same = self.same + 1 if state is not None and state == self.before else 0
            self.before = state
            if self.same >= _ENOUGH:
                raise self.error(there, "that thread waits, and every other thread waits as well")
        finally:
            del frames, there

    def state(self, frames, me):
        """Where every thread waits and what it has done; None where one of them may go on."""
        ended = set()
        for realm in list(_threads.values()):
            if gone(realm):
                ended.add(realm.thread)
            elif realm is not self.realm:
                return None  # another JS thread may
        state = []
        for ident, frame in frames.items():
            if ident == me or ident in ended or _is_own(frame):
                continue
            if _is_caller(frame, self.realm):
                # Looks as well, which takes time: it waits as long as its call is the same.
                state.append((ident, frame.f_locals["entry"]))
            elif _is_stuck(frame):
                state.append((ident, id(frame), frame.f_lasti, _clock(ident)))
            else:
                return None
        return state

    def error(self, there, why):
        function, args = self.entry.function, self.entry.args
        if function is _begin or function is None and not args:
            what = "waits for an awaitable"
        else:
            what = "called the TypeScript function %r" % (name_of(self.entry),)
        caller = threading.current_thread().name
        return RuntimeError(
            "deadlock: thread %r %s, which the JS thread has to answer, and %s: it is at %s. "
            "Let it await instead, for example by asyncio.to_thread(), an awaited Future, or $.inThread()"
            % (caller, what, why, _place(there))
        )


def _place(frame):
    """File and line of the program's own innermost frame."""
    at = frame
    while at.f_back is not None and _is_library(at.f_code.co_filename):
        at = at.f_back
    if _is_library(at.f_code.co_filename):
        at = frame
    return "%s:%d" % (at.f_code.co_filename, at.f_lineno)


def _is_library(name):
    return name.startswith((_HOME, "<frozen importlib")) or name.replace("\\", "/").endswith(
        ("/threading.py", "/queue.py", "/concurrent/futures/thread.py", "/concurrent/futures/_base.py")
    )


def _clock(ident):
    """What the thread has computed: one that waits computes nothing."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident))
    except (AttributeError, OSError):
        return 0


def _is_own(frame):
    """A thread of this package, which waits for work and holds nothing."""
    while frame.f_back is not None and not frame.f_code.co_filename.startswith(_HOME):
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(_HOME) and frame.f_code.co_name in ("_serve", "_wait", "hear")


def _is_caller(frame, realm):
    """A thread that waits for the same JS thread."""
    code = frame.f_code
    return (
        code.co_filename == _HOME + "_calls.py"
        and code.co_name == "_wait_for"
        and frame.f_locals.get("realm") is realm
        and frame.f_locals.get("end") is None
    )


def _waits_for(frame, me, mine):
    """Whether the frames of the JS thread wait for the end of the calling thread, or of what runs in it."""
    while frame is not None:
        code = frame.f_code
        name = code.co_filename.replace("\\", "/")
        if name.endswith("/threading.py") and code.co_name in ("join", "_wait_for_tstate_lock"):
            thread = frame.f_locals.get("self")
            if not frame.f_locals.get("block", True):
                return False  # is_alive(), which only looks
            if isinstance(thread, threading.Thread) and thread.ident == me:
                return True
        elif name.endswith("/concurrent/futures/_base.py") and code.co_name in ("result", "exception"):
            if _runs(mine, frame.f_locals.get("self")):
                return True
        frame = frame.f_back
    return False


def _runs(frame, future):
    while frame is not None:
        if frame.f_code.co_name == "run":
            item = frame.f_locals.get("self")
            if future is not None and getattr(item, "future", None) is future:
                return True
        frame = frame.f_back
    return False


# --- what a frame waits for -----------------------------------------------------


def _is_stuck(frame):
    """Whether it waits for a lock, without a timeout."""
    code = frame.f_code
    if code.co_filename.replace("\\", "/").endswith("/threading.py"):
        if code.co_name == "_wait_for_tstate_lock":
            return frame.f_locals.get("timeout") == -1 and frame.f_locals.get("block", True)
        if code.co_name == "join":
            return frame.f_locals.get("timeout") is None
    name = _waits(code, frame.f_lasti)
    if name in ("acquire", "__enter__") and not _is_library(code.co_filename):
        # A lock of multiprocessing, which no frame tells from another, may be given back by another process.
        return not getattr(sys.modules.get("multiprocessing.process"), "_children", None)
    return name is not None


_NAMES = ("acquire", "get", "join", "__enter__")
_PASSED = ("LOAD_CONST", "LOAD_FAST", "LOAD_SMALL_INT", "KW_NAMES", "PRECALL", "PUSH_NULL", "CACHE", "EXTENDED_ARG")


def _waits(code, lasti):
    """The method that the instruction there calls: `with`, lock.acquire() or queue.get(block=True); else None."""
    import dis

    before = []
    for each in dis.get_instructions(code):
        if each.offset >= lasti:
            break
        before.append(each)
    else:
        return None
    name = each.opname
    if each.offset != lasti:
        return None
    if name in ("BEFORE_WITH", "SETUP_WITH"):
        return "__enter__"
    if not name.startswith("CALL") or (each.arg or 0) > 1:
        return None
    for each in reversed(before[-8:]):
        if each.opname in ("LOAD_METHOD", "LOAD_ATTR", "LOAD_SPECIAL"):
            if each.opname == "LOAD_SPECIAL":
                return "__enter__"
            return each.argval if each.argval in _NAMES else None
        if each.opname == "LOAD_CONST" and each.argval == ("timeout",):
            return None
        if each.opname == "KW_NAMES" and "timeout" in str(each.argrepr) + str(each.argval):
            return None
        if not each.opname.startswith(_PASSED):
            return None
    return None
