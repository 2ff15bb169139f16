"""Python's async iterators and generators, driven by TypeScript.

All steps of one iteration are taken by one task, as those of an `async for` are: what a generator opens around
its `yield`, a TaskGroup, a timeout or a contextvar, belongs to the task and stays in force from one item to the next.
"""

import asyncio
from asyncio import tasks

from pyduet._loop import open_loop

PENDING = object()  # the answer is still to come: await `later()`, then `take()`
DONE = object()  # there is no further item


class Iteration:
    """The steps of one async iterator, one at a time."""

    # What a task asks of the future that it waits for: this one waits for the next step to be wanted.
    _asyncio_future_blocking = False

    def __init__(self, iterator):
        self._iterator = iterator
        self._loop = open_loop()
        self._task = self._wake = self._context = None
        self._method = self._argument = None
        self._answer = PENDING
        self._error = self._future = None
        self._cancelled = self._closing = False
        self.is_generator = hasattr(type(iterator), "asend")

    # --- steps: an item, DONE, or PENDING; an error is raised ------------------------

    def next(self):
        return self._step(type(self._iterator).__anext__)

    def send(self, value):
        return self._step(type(self._iterator).asend, value)

    def throw(self, error):
        return self._step(type(self._iterator).athrow, error)

    def close(self):
        if self._task is not None and self._task.done():
            return DONE
        self._closing = True
        if self.is_generator:
            return self._step(type(self._iterator).aclose)
        # One that is no generator is not told that its loop was left, as in Python.
        return DONE if self._task is None else self._step(_nothing)

    def later(self):
        """A future that is done when the answer has come."""
        future = self._future = self._loop.create_future()
        if self._answer is not PENDING or self._error is not None:
            future.set_result(None)
        return future

    def take(self):
        """The answer that was PENDING."""
        answer, error = self._answer, self._error
        self._answer, self._error = PENDING, None
        if error is None:
            return answer
        try:
            raise error
        finally:
            error = None

    def _step(self, method, *argument):
        loop = self._loop
        if self._task is not None and self._task.done():  # it ended between two items
            return DONE if self._error is None else self.take()
        self._method, self._argument = method, argument
        if self._task is None:
            self._start()
        elif self._wake is not None:
            wake, self._wake = self._wake, None
            # asyncio has one place for the task that runs.
            if tasks.current_task(loop) is None:
                self._context.run(wake, self)
            else:
                loop.call_soon(wake, self, context=self._context)
        return self.take()

    def _start(self):
        task = self._task = self._loop.start(self._drive())
        task._log_destroy_pending = False  # an iteration that nobody goes on with is no mistake

    # --- the task -----------------------------------------------------------------

    async def _drive(self):
        iterator = self._iterator
        goes_on = True
        while goes_on:
            method, argument = self._method, self._argument
            self._method = self._argument = None
            try:
                answer = await method(iterator, *argument)
                goes_on = not self._closing
                self._answer = answer if goes_on else DONE
                answer = None  # it is TypeScript's alone
            except StopAsyncIteration:
                self._answer = DONE
                goes_on = False
            except BaseException as error:
                self._error = error
                goes_on = False
            argument = None
            if self._future is not None:
                future, self._future = self._future, None
                if not (future.done() or self._loop.is_closed()):
                    future.set_result(None)
            if goes_on:
                try:
                    await self
                except asyncio.CancelledError as error:
                    # Between two items, by a program that cancels every task.
                    self._error = error
                    goes_on = False
                    if self.is_generator:
                        await iterator.aclose()

    # --- the future that the task waits for -------------------------------------------

    def __await__(self):
        self._asyncio_future_blocking = True
        yield self

    def get_loop(self):
        return self._loop

    def add_done_callback(self, wake, *, context=None):
        self._wake, self._context = wake, context

    def cancel(self, msg=None):
        wake, self._wake = self._wake, None
        if wake is None:
            return False
        self._cancelled = True
        self._loop.call_soon(wake, self, context=self._context)
        return True

    def result(self):
        if self._cancelled:
            self._cancelled = False
            raise asyncio.CancelledError


async def _nothing(iterator):
    pass


step_next, step_send, step_throw, step_close = Iteration.next, Iteration.send, Iteration.throw, Iteration.close
later, take = Iteration.later, Iteration.take


def iterate(value):
    """The iteration that `async for` makes of an object."""
    kind = type(value)
    make = getattr(kind, "__aiter__", None)
    if make is None:
        raise TypeError("'async for' requires an object with __aiter__ method, got %s" % kind.__name__)
    iterator = make(value)
    if not hasattr(type(iterator), "__anext__"):
        raise TypeError(
            "'async for' received an object from __aiter__ that does not implement __anext__: %s"
            % type(iterator).__name__
        )
    return Iteration(iterator)
