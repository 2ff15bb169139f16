"""What TypeScript starts keeps the AsyncLocalStorage that was in force there. Loaded when there is a first store.

A contextvar of the library's own holds it, so that it goes wherever contextvars go: into tasks, their tasks, timers
and `to_thread()`. TypeScript reads it when Python calls a function of its (src/objects/contexts.ts).
"""

from _thread import get_ident
from contextvars import ContextVar, copy_context

DRIVEN = 17  # byte of the memory shared with the JS thread: who calls Python
BY_LOOP = 1  # the event loop, and not TypeScript of the program


class Contexts:
    """The contexts of one JS thread."""

    def __init__(self, realm, capture):
        self.realm = realm
        self.variable = ContextVar("pyduet")
        self.capture = capture  # gives what keeps the AsyncLocalStorage of the TypeScript that calls Python now

    def starts(self):
        """Whether it is TypeScript that starts something now, rather than a task or callback of the loop."""
        return self.realm.flags[DRIVEN] != BY_LOOP and get_ident() == self.realm.thread

    def enter(self, context):
        """What runs in the context belongs to the TypeScript that calls Python now."""
        context.run(self.variable.set, self.capture())
        return context

    def run(self, make, *args, **options):
        """Makes what belongs to the TypeScript that calls Python now, if it is that which does."""
        if not self.starts():
            return make(*args, **options)
        token = self.variable.set(self.capture())
        try:
            return make(*args, **options)
        finally:
            self.variable.reset(token)

    def loop_of(self, kind):
        """The class of event loop that looks at who starts what."""
        contexts = self

        class EventLoop(kind):
            __module__ = kind.__module__
            __qualname__ = kind.__qualname__

            def create_task(self, coro, **options):
                if options.get("context") is not None:
                    return _without_frames(super().create_task(coro, **options))
                return _without_frames(contexts.run(super().create_task, coro, **options), 2)

            def start(self, coroutine):
                return contexts.run(super().start, coroutine)

            def call_soon(self, callback, *args, context=None):
                return _without_frames(super().call_soon(callback, *args, context=_or_here(context)))

            def call_soon_threadsafe(self, callback, *args, context=None):
                return _without_frames(super().call_soon_threadsafe(callback, *args, context=_or_here(context)))

            def call_at(self, when, callback, *args, context=None):
                return _without_frames(super().call_at(when, callback, *args, context=_or_here(context)))

        def _or_here(context):
            if context is not None or not contexts.starts():
                return context
            return contexts.enter(copy_context())

        return EventLoop


def _without_frames(made, count=1):
    """In debug mode what was made knows its stack, which ends at the caller."""
    if getattr(made, "_source_traceback", None):
        del made._source_traceback[-count:]
    return made


def open_contexts(realm, capture):
    """The contextvar of that JS thread."""
    contexts = realm.contexts = Contexts(realm, capture)
    if realm.loop is not None:
        realm.loop.__class__ = contexts.loop_of(type(realm.loop))
    return contexts.variable
