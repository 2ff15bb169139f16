"""TypeScript's async iterables and disposables as Python's: async for, async with."""

from _thread import get_ident
from types import MethodType

from pyduet._js import NOTHING, abilities, extras


class AsyncIterable:
    """Symbol.asyncIterator"""

    __slots__ = ()

    def __aiter__(self):
        ref = self.__js__
        return ref.iterate_async(ref)


class AsyncIterator(AsyncIterable):
    """Symbol.asyncIterator and next(): told when Python began to iterate and went away before the end."""

    __slots__ = ()

    async def __anext__(self):
        ref = self.__js__
        item = await ref.next_async(ref)
        if item is NOTHING:
            raise StopAsyncIteration
        return item

    def __del__(self):
        ref = self.__js__
        realm = ref.realm
        if not realm.live or realm.loop is None:
            return
        if get_ident() != realm.thread or ref.is_under_way(ref):
            realm.loop.call_soon_threadsafe(_leave, ref)


class AsyncLoop(AsyncIterator):
    """An iterator that was made for one loop."""

    __slots__ = ()

    def __aiter__(self):
        return self


class AsyncDisposable:
    """Symbol.asyncDispose"""

    __slots__ = ()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        ref = self.__js__
        await ref.dispose_async(ref)


def _leave(ref):
    if ref.is_under_way(ref):
        ref.realm.loop.create_task(_close(ref))


async def _close(ref):
    await ref.return_async(ref)


# --- what an async generator of Python has besides ----------------------------------


async def asend(self, value):
    """Goes on, with the value of the `yield` at which it stands; the next item."""
    ref = self.__js__
    item = await ref.next_async(ref, value)
    if item is NOTHING:
        raise StopAsyncIteration
    return item


async def athrow(self, kind, value=None, traceback=None):
    """Raises an exception where it stands; the next item."""
    error = kind if value is None else value
    if isinstance(error, type):
        error = error()
    elif not isinstance(error, BaseException):
        error = kind(error)
    if traceback is not None:
        error = error.with_traceback(traceback)
    ref = self.__js__
    item = await ref.throw_async(ref, error)
    if item is NOTHING:
        raise StopAsyncIteration
    return item


async def aclose(self):
    """Ends it."""
    await _close(self.__js__)


def _method(function, needed):
    def find(value):
        ref = value.__js__
        return MethodType(function, value) if isinstance(value, AsyncIterator) and ref.has(ref, needed) else NOTHING

    return find


extras.update(asend=_method(asend, "next"), athrow=_method(athrow, "throw"), aclose=_method(aclose, "return"))
abilities.update(
    AsyncIterable=AsyncIterable, AsyncIterator=AsyncIterator, AsyncLoop=AsyncLoop, AsyncDisposable=AsyncDisposable
)
