"""Calls of TypeScript by threads that are not the JS thread: queued there, answered here.

The caller waits on a lock of its own, without the GIL. The JS thread, woken by the bell, makes the calls in the
order of the queue, each as Python makes any other.
"""

import os
import sys
from _thread import allocate_lock, get_ident
from contextvars import copy_context
from itertools import chain, repeat
from time import monotonic

from pyduet import JsObject, _threads, is_js_thread, module

CALLS = 6  # byte of the memory that is shared with the JS thread: calls wait

# Seconds from one look at what the JS thread does to the next, while it does not answer.
_LOOKS = (0.002, 0.02, 0.1, 0.1, 0.2, 0.25)

_ENDING = "a TypeScript function was called while its JS thread was ending"
_ENDED = "a TypeScript function was called after its JS thread had ended"


class Call:
    """One call that waits for its turn."""

    __slots__ = ("function", "args", "kwargs", "context", "claim", "done", "value", "error")

    def __init__(self, function, args, kwargs, done):
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.context = copy_context()
        self.claim = [True]  # popped by the JS thread, which runs it, or by the caller, who does not want it any more
        self.done = done
        self.value = self.error = None

    def take(self):
        """Whether the call is the taker's: one of all who ask is told so."""
        try:
            return self.claim.pop()
        except IndexError:
            return False

    def answer(self, value, error):
        self.value = value
        self.error = error
        if self.done is not None:
            self.done.release()


def _queue(realm, entry):
    realm.calls.append(entry)
    if not realm.open and entry.take():
        raise RuntimeError(_ENDING if realm.live else _ENDED)
    flags = realm.flags
    if not flags[CALLS]:
        flags[CALLS] = 1
        if realm.bell is not None:
            realm.bell.ring()


def call(realm, function, args, kwargs):
    """Makes the call on the JS thread: its result, or its exception raised."""
    entry = Call(function, args, kwargs, _locked())
    try:
        _queue(realm, entry)
        if not entry.done.acquire(True, _LOOKS[0]):  # nearly always that is enough
            _wait_for(realm, entry)
    except BaseException:
        entry.take()
        raise
    return _result(entry)


def _locked():
    lock = allocate_lock()
    lock.acquire()
    return lock


def _result(entry):
    error = entry.error
    if error is not None:
        entry.error = None
        try:
            raise error
        finally:
            del error, entry
    return entry.value


def _wait_for(realm, entry, timeout=None):
    """Waits for the answer, and looks whether it can ever come. Whether it came in that many seconds."""
    end = None if timeout is None else monotonic() + timeout
    looks = None
    for seconds in chain(_LOOKS, repeat(_LOOKS[-1])):
        if end is not None:
            seconds = max(0, min(seconds, end - monotonic()))
        if entry.done.acquire(True, seconds):
            return True
        if gone(realm):
            raise RuntimeError(_ENDED)
        if end is not None:
            if monotonic() >= end:
                return False
            continue  # it ends by itself
        if looks is None:
            looks = module("_deadlock").Looks(realm, entry)
        looks.look()


def gone(realm):
    """Whether the JS thread ended without saying so, as a worker does that is terminated."""
    if not realm.live:
        return True
    task = "/proc/self/task/"
    return os.path.isdir(task) and not os.path.isdir(task + str(realm.native))


def post(realm, function, args, kwargs):
    """Has the call made soon, without waiting for it."""
    try:
        _queue(realm, Call(function, args, kwargs, None))
    except RuntimeError:
        pass  # nobody is there to make it, nor to be told


def posting(realm, function):
    """What has a function called soon, from any thread, the JS thread too."""

    def call(*args):
        post(realm, function, args, {})

    return call


def serve(realm, again):
    """Makes the calls that wait now, on the JS thread. Whether there are more.

    again(number, *args) calls the function of TypeScript that has that number.
    """
    calls = realm.calls
    realm.flags[CALLS] = 0
    for _ in range(len(calls)):
        try:
            entry = calls.popleft()
        except IndexError:
            break
        if entry.take():
            _make(entry, again)
        entry = None
    if calls:
        realm.flags[CALLS] = 1
        return True
    return False


def _make(entry, again):
    done = entry.done
    try:
        value = entry.context.run(entry.function or again, *entry.args, **entry.kwargs)
    except BaseException as error:
        trace = error.__traceback__
        error.__traceback__ = trace and trace.tb_next  # without this frame
        broken_off = _broken_off(error)
        entry.error = RuntimeError(_ENDING) if broken_off else error
        if done is None:
            if not broken_off:
                _report(error, entry)
            entry.error = None
    else:
        entry.value = value
        if done is not None and isinstance(value, JsObject) and hasattr(type(value), "__await__"):
            value.__js__.realm.expect(value)
    entry.args = entry.kwargs = entry.context = None
    # What was raised in the call keeps this frame, by way of those that were above it.
    entry = value = None
    if done is not None:
        done.release()


def _broken_off(error):
    """Whether TypeScript was stopped in the middle, as in a worker that is terminated: any other end sets an error."""
    return type(error) is SystemError and error.__traceback__ is None and " without setting an e" in str(error)


class _Unheard:
    """Raises what nobody can receive where Python tells sys.unraisablehook: at the end of an object."""

    def __init__(self, error, name):
        self.error = error
        self.name = name

    def __call__(self):
        raise self.error

    def __repr__(self):
        return "<TypeScript function %r>" % (self.name,)


def _report(error, entry):
    type("Unheard", (), {"__slots__": (), "__del__": _Unheard(error, name_of(entry))})()


def refuse(realm):
    """Answers every call that waits: the JS thread makes no more."""
    while realm.calls:
        try:
            entry = realm.calls.popleft()
        except IndexError:
            break
        if entry.take() and entry.done is not None:
            entry.answer(None, RuntimeError(_ENDING))
    for answer in list(realm.answers):
        realm.answers.discard(answer)
        answer(None, RuntimeError(_ENDING))


# --- waiting for what is asynchronous -----------------------------------------


def wait(held, timeout):
    """pyduet.wait() of what is in a list, which is emptied: an error keeps every frame that it comes through."""
    if is_js_thread():
        raise RuntimeError(
            "pyduet.wait() on the JS thread would wait for ever: its event loop goes on only when Python returns. "
            "Use await"
        )
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        raise RuntimeError("pyduet.wait() would block the event loop that runs in this thread. Use await")
    realm = _realm_of(held[0], asyncio)
    entry = Call(None, (), {}, _locked())
    named = None if timeout is None else repr(held[0])
    begun = call(realm, _begin, (realm, held, entry.answer), {})
    try:
        if _wait_for(realm, entry, timeout):
            return _result(entry)
    except BaseException:
        _give_up(realm, begun, entry)
        raise
    _give_up(realm, begun, entry)
    raise TimeoutError("%s was not done in %s seconds" % (named, timeout))


def _give_up(realm, begun, entry):
    realm.answers.discard(entry.answer)
    if begun is not None:
        post(realm, begun.cancel, (), {})


def _realm_of(awaitable, asyncio):
    if isinstance(awaitable, JsObject):
        return awaitable.__js__.realm
    realms = [realm for realm in list(_threads.values()) if not gone(realm)]
    if asyncio is not None and asyncio.isfuture(awaitable):
        loop = awaitable.get_loop()
        realms = [realm for realm in realms if realm.loop is loop]
        if not realms:
            raise RuntimeError("%r belongs to an event loop that is not JavaScript's" % (awaitable,))
    if not realms:
        raise RuntimeError(_ENDED)
    return realms[0]  # the first that used Python


def _begin(realm, held, answer):
    """On the JS thread: has the answer given when it is done. What may be cancelled."""
    realm.prepare()
    realm.answers.add(answer)
    try:
        return realm.awaits.tell(held.pop(), lambda value, error: _told(realm, answer, value, error))
    except BaseException:
        realm.answers.discard(answer)
        raise


def _told(realm, answer, value, error):
    if answer in realm.answers:
        realm.answers.discard(answer)
        answer(value, error)


def wait_on_loop(realm, promise, loop):
    """What `await promise` does on an event loop of another thread; a generator."""
    future = loop.create_future()

    def settle(value, error):
        if not future.done():
            if error is None:
                future.set_result(value)
            elif isinstance(error, StopIteration):
                wrapped = RuntimeError("a Promise was rejected with StopIteration")
                wrapped.__cause__ = error
                future.set_exception(wrapped)
            else:
                future.set_exception(error)

    def answer(value, error):
        try:
            loop.call_soon_threadsafe(settle, value, error)
        except RuntimeError:
            pass  # the loop was closed: nobody waits any more

    def begin():
        try:
            begun.append(_begin(realm, held, answer))
        except BaseException as error:
            answer(None, error)

    held = [promise]
    del promise
    begun = []
    _queue(realm, Call(begin, (), {}, None))
    try:
        return (yield from future)
    finally:
        if not future.done() or future.cancelled():
            post(realm, _abandon, (realm, answer, begun), {})


def _abandon(realm, answer, begun):
    realm.answers.discard(answer)
    for each in begun:
        if each is not None:
            each.cancel()


# --- names ----------------------------------------------------------------------


def name_of(entry):
    """What the called function is named, for messages; found where it is kept, since only TypeScript knows."""
    import gc

    function = entry.function
    if function is None:
        number = entry.args[0]
        found = [each for each in gc.get_referrers(number) if type(each) is type(len) and each.__self__ is number]
        if not found:
            return "anonymous"
        function = found[0]
    name = getattr(function, "__name__", "anonymous")
    if name == "call":
        # A declared function is called by one of Python that bears its name, some closures away.
        around = [function]
        for _ in range(6):
            around = [
                each
                for each in gc.get_referrers(*around)
                if isinstance(each, (type(name_of), tuple)) or type(each).__name__ == "cell"
            ]
            for each in around:
                if isinstance(each, type(name_of)) and each.__code__.co_filename != __file__:
                    return each.__qualname__
    return name
