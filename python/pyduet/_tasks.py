"""Awaiting across the boundary: TypeScript awaits what Python has, Python awaits Promises."""

import asyncio
import functools
import inspect
import weakref
from _thread import get_ident
from asyncio import Future, get_running_loop
from types import CoroutineType

from pyduet import here, module
from pyduet._loop import open_loop

_FEW = 1000


class Awaits:
    """What one JS thread's TypeScript awaits of Python, and its Python of TypeScript."""

    PENDING = object()  # an answer that is still to come

    def __init__(self, realm):
        self.realm = realm
        self.loop = open_loop()
        self.running = {}  # tasks and futures for which TypeScript waits, by its numbers
        self.waiting = {}  # futures that wait for a Promise, by numbers of this side
        self.latest = 0
        self.most = _FEW
        self.interrupted = weakref.WeakSet()  # what Ctrl-C has cancelled

    # --- TypeScript awaits ------------------------------------------------------

    def begin(self, awaitable, number):
        """Starts it: its result, or PENDING until `settle(number)` is called."""
        if type(awaitable) is CoroutineType or inspect.iscoroutine(awaitable):
            task = self._start(awaitable)
        elif asyncio.isfuture(awaitable):
            task = self._mine(awaitable)
        elif inspect.isawaitable(awaitable):
            task = self.loop.start(_wait_for([awaitable]))
        else:
            raise TypeError("object %s can't be used in 'await' expression" % type(awaitable).__name__)
        if task.done():
            return self._result(task)
        self.running[number] = task
        task.add_done_callback(functools.partial(self._done, number))
        return self.PENDING

    def _start(self, coroutine):
        """The task that runs it. One that has begun has its own: a second would break into what that awaits."""
        if coroutine.cr_await is None:
            return self.loop.start(coroutine)
        for task in asyncio.all_tasks(self.loop):
            if task.get_coro() is coroutine:
                return task
        raise RuntimeError("coroutine is being awaited already")

    def refuse(self, awaitable):
        """It was cancelled before it was begun: a coroutine never runs, and nobody is warned of it."""
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        elif asyncio.isfuture(awaitable):
            self._mine(awaitable).cancel()

    def _mine(self, future):
        if future.get_loop() is not self.loop:
            raise RuntimeError(
                "%r belongs to another event loop: await it there, and hand its result over" % (future,)
            )
        return future

    def _result(self, task):
        try:
            return task.result()
        except asyncio.CancelledError:
            if task in self.interrupted:
                raise KeyboardInterrupt from None
            raise
        except (SystemExit, KeyboardInterrupt) as error:
            self.loop.received(error)
            raise

    def _done(self, number, task):
        if self.running.get(number) is task:
            self.settle(number)

    def result(self, number):
        """The result of what is done, or its exception raised."""
        return self._result(self.running.pop(number))

    def tell(self, awaitable, answer):
        """Has `answer(value, error)` called when it is done. The task to cancel, where one was made for it."""
        made = None
        if asyncio.isfuture(awaitable):
            task = self._mine(awaitable)
        else:
            coroutine = awaitable if inspect.iscoroutine(awaitable) else _wait_for([awaitable])
            begins = coroutine.cr_await is None
            task = self._start(coroutine)
            made = task if begins else None

        def done(task):
            try:
                value, error = self._result(task), None
            except BaseException as raised:
                value, error = None, raised
            answer(value, error)

        if task.done():
            done(task)
        else:
            task.add_done_callback(done)
        return made

    def cancel(self, number):
        """Asks what TypeScript awaits to end; TypeScript goes on to wait for that end."""
        task = self.running.get(number)
        if task is not None:
            task.cancel()

    def interrupt(self):
        """Ctrl-C: cancels what TypeScript awaits. Whether there was anything that was not cancelled so before."""
        found = [task for task in self.running.values() if task not in self.interrupted and not task.done()]
        for task in found:
            self.interrupted.add(task)
            task.cancel()
        return bool(found)

    # --- Python awaits ------------------------------------------------------------

    def wait(self, promise):
        """What `await promise` does: an iterator, as __await__ has to give."""
        waiting = self.waiting
        self.latest = number = self.latest + 1
        if promise.wait(promise, number):
            answer = _Answer(loop=self.loop)
            answer.left = promise, number
        else:
            answer = Future(loop=self.loop)
        waiting[number] = answer
        if len(waiting) > self.most:
            self._sweep()
        return answer.__await__()

    def _sweep(self):
        """Drops what was cancelled while its Promise goes on: that may be for ever."""
        for number, answer in list(self.waiting.items()):
            if answer.done():
                del self.waiting[number]
        self.most = _FEW + 2 * len(self.waiting)

    def fulfil(self, number, value):
        future = self.waiting.pop(number, None)
        if future is not None and not future.done():
            future.set_result(value)

    def fulfil_and_turn(self, number, value):
        """The same, and what follows from it; the answer is that of the loop's turn()."""
        loop = self.loop
        future = self.waiting.pop(number, None)
        if future is not None and not future.done():
            loop.answer(future, value)
        return loop.turn()

    def reject(self, number, error):
        future = self.waiting.pop(number, None)
        if future is not None and not future.done():
            if isinstance(error, asyncio.CancelledError):
                future.cancel()
            elif isinstance(error, StopIteration):
                future.set_exception(_in_runtime_error(error))
            else:
                future.set_exception(error)


class _Answer(Future):
    """What a Promise will answer that wants to know when it is left, as it is by a cancellation."""

    def cancel(self, *args, **kwargs):
        if not super().cancel(*args, **kwargs):
            return False
        promise, number = self.left
        promise.realm.awaits.waiting.pop(number, None)
        promise.abandon(promise)
        return True

    def __await__(self):
        try:
            return (yield from super().__await__())
        except BaseException:
            # Left between the answer and its taking: what came is lost to who awaited it.
            if self.done() and not self.cancelled() and self.exception() is None:
                promise, _ = self.left
                promise.abandon(promise)
            raise


async def _wait_for(held):
    # In no variable of this frame, which an error keeps: a Promise that is kept keeps the error that it was rejected
    # with, and through that Python's, which neither collector could see to be garbage.
    return await held.pop()


def _in_runtime_error(error):
    """A Future takes no StopIteration; as a generator does, which may not raise one either."""
    wrapped = RuntimeError("a Promise was rejected with StopIteration")
    wrapped.__cause__ = error
    return wrapped


def open_awaits(settle):
    """settle(number): tells TypeScript that what it awaits is done."""
    realm = here()
    awaits = realm.awaits = Awaits(realm)
    awaits.settle = settle
    return awaits


def wait(promise):
    """Awaits a Promise on the event loop that runs."""
    ref = promise.__js__
    realm = ref.realm
    loop = get_running_loop()
    if realm.loop is loop:
        return realm.awaits.wait(ref)
    if realm.thread == get_ident():
        raise RuntimeError(
            "a Promise cannot be awaited on %r: while that loop runs, JavaScript waits for it, and no Promise "
            "is ever settled; await it on the loop of the JS thread, or run this loop in another thread" % (loop,)
        )
    return module("_calls").wait_on_loop(realm, _Numbered(ref), loop)


class _Numbered:
    """The Promise of a number, to be awaited on the JS thread."""

    def __init__(self, ref):
        self.ref = ref

    def __await__(self):
        return self.ref.realm.awaits.wait(self.ref)
