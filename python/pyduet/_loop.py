"""asyncio on the event loop of a JS thread.

JavaScript calls `turn()` when there is something to do; the loop says what it waits for: more to do at once,
a timer, or nothing. Sockets and pipes are waited for by a thread of their own, which wakes JavaScript. So the
JS thread is never blocked, and every transport, stream and subprocess of asyncio works as it is.
"""

import asyncio
import functools
import heapq
import sys
import weakref
from asyncio import events, tasks
from asyncio.tasks import current_task
from threading import get_ident
from time import monotonic

from pyduet import here, module

_selector = module("_selector")
TURN = _selector.TURN

# Byte of the memory shared with the JS thread: the program's end has to wait for something.
KEEP = 4

# Iterations without JavaScript in between: fewer cost time, more make its timers late.
_MOST_ITERATIONS = 32
_LONGEST = 0.0003  # seconds

_EAGER = sys.version_info >= (3, 12)  # a task may begin while it is made

_MOST_AT_END = 1000  # iterations when the program ends

_IDLE = -1
_AT_ONCE = 0
_LONGEST_TIMER = 2**31 - 1  # milliseconds that a JS timer can wait


class EventLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop that a JS thread's event loop drives.

    host: what joins it to JavaScript: `flags`, the memory that they share; `bell`, which wakes the JS thread;
    `changed()`, called when the loop began or ended to wait for something.
    """

    def __init__(self, host, selector=None):
        self._host = host
        self._flags = host.flags
        self._held = set()  # what the program's end has to wait for
        self._escaped = None
        self._first = ()  # while it is None, what is to be called soon is kept here
        self._starting = False
        super().__init__(_selector.Selector(host, selector))
        self._make_handle = events.Handle

    # No pipe to itself: the bell wakes the loop.

    def _make_self_pipe(self):
        self._csock = self._host.bell
        self._ssock = None
        self._internal_fds += 1

    def _close_self_pipe(self):
        self._csock = None
        self._internal_fds -= 1

    def _write_to_self(self):
        if get_ident() == self._thread_id:
            self._flags[TURN] = 1
        else:
            self._host.bell.ring()

    # --- what asks for a turn ---------------------------------------------------

    def call_soon(self, callback, *args, context=None):
        # One frame, where BaseEventLoop takes two: every step of every task comes here.
        if self._first is None:  # see start() and answer()
            self._first = callback, args, context
            return None
        if self._closed:
            self._check_closed()
        if self._debug:
            self._check_thread()
            self._check_callback(callback, "call_soon")
        handle = self._make_handle(callback, args, self, context)
        if handle._source_traceback:
            del handle._source_traceback[-1]
        self._ready.append(handle)
        self._flags[TURN] = 1
        return handle

    def call_at(self, when, callback, *args, context=None):
        timer = super().call_at(when, callback, *args, context=context)
        if timer._source_traceback:
            del timer._source_traceback[-1]
        self._flags[TURN] = 1
        return timer

    def call_later(self, delay, callback, *args, context=None):
        if delay is None:
            raise TypeError("delay must not be None")
        timer = self.call_at(self.time() + delay, callback, *args, context=context)
        if timer._source_traceback:
            del timer._source_traceback[-1]
        return timer

    # --- what need not wait for a turn --------------------------------------------

    def start(self, coroutine):
        """A task whose first step runs now, as that of an async function in TypeScript."""
        # Not while another task runs, since asyncio has one place for the task that runs. A task factory of the
        # program's decides itself when its tasks begin.
        if current_task(self) is not None or self._task_factory is not None:
            return self.create_task(coroutine)
        if _EAGER:
            self._starting = True
            try:
                return tasks.Task(coroutine, loop=self, eager_start=True)
            finally:
                self._starting = False
        self._first = None
        try:
            task = tasks.Task(coroutine, loop=self)
        finally:
            first, self._first = self._first, ()
        if first:
            callback, args, context = first
            if getattr(callback, "__self__", None) is not task:  # of a finaliser that just ran
                self.call_soon(callback, *args, context=context)
                return task
            try:
                context.run(callback, *args)
            except (SystemExit, KeyboardInterrupt):
                if not task.done():
                    raise
        return task

    def call_exception_handler(self, context):
        # What ends a program comes out of start(), which has no task to ask for it.
        if not self._starting or not isinstance(context.get("exception"), (SystemExit, KeyboardInterrupt)):
            super().call_exception_handler(context)

    def answer(self, future, value):
        """Gives a future its result, and takes the step of the task that waits for it."""
        if self._ready or self._debug:
            future.set_result(value)
            return
        self._first = None
        try:
            future.set_result(value)
        finally:
            first, self._first = self._first, ()
        if first:
            callback, args, context = first
            if context is None:
                self.call_soon(callback, *args)
                return
            try:
                context.run(callback, *args)
            except (SystemExit, KeyboardInterrupt) as error:
                self._escape(error)
            except BaseException as error:
                self.call_exception_handler({"message": "Exception in callback %r" % (callback,), "exception": error})

    # --- turns --------------------------------------------------------------------

    def join(self):
        """The calling thread is the one that takes turns from now on."""
        self._thread_id = get_ident()
        self._set_coroutine_origin_tracking(self._debug)
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        events._set_running_loop(self)

    def leave(self):
        """It takes none any more."""
        events._set_running_loop(None)
        sys.set_asyncgen_hooks(None, None)
        self._set_coroutine_origin_tracking(False)
        self._thread_id = None

    def turn(self):
        """Runs what is to be run now. The milliseconds until the next timer, or _AT_ONCE, or _IDLE."""
        ready = self._ready
        selector = self._selector
        if not ready and not self._scheduled and not selector.busy and self._escaped is None:
            self._flags[TURN] = 0
            return _IDLE
        latest = 0
        for _ in range(_MOST_ITERATIONS):
            try:
                if self._scheduled or selector.busy or self._debug:
                    self._run_once()
                else:  # the same where there is nothing to look for
                    for _ in range(len(ready)):
                        handle = ready.popleft()
                        if not handle._cancelled:
                            handle._run()
                    handle = None
            except (SystemExit, KeyboardInterrupt) as error:
                self._escape(error)
            if not ready and not selector.unserved:
                break
            now = monotonic()
            if not latest:
                latest = now + _LONGEST
            elif now > latest:
                break
        self._flags[TURN] = 0
        if ready or selector.unserved:
            return _AT_ONCE
        if self._escaped is not None:
            self._report_escaped()
        if selector.busy:
            selector.wait()
        return self._delay() if self._scheduled else _IDLE

    def _delay(self):
        timers = self._scheduled
        while timers and timers[0]._cancelled:
            self._timer_cancelled_count -= 1
            heapq.heappop(timers)._scheduled = False
        if not timers:
            return _IDLE
        # Rounded up: what comes too early would have to come again.
        return max(1, min(-int((self.time() - timers[0]._when) * 1000 // 1), _LONGEST_TIMER))

    # --- what ends a program elsewhere ----------------------------------------

    def _escape(self, error):
        # The task keeps it as well: whoever awaits that task will be told in the next iteration.
        if self._escaped is not None:
            self._report_escaped()
        self._escaped = error

    def received(self, error):
        """Somebody was given the exception."""
        if error is self._escaped:
            self._escaped = None

    def _report_escaped(self):
        error, self._escaped = self._escaped, None
        interrupts = sys.modules.get("pyduet._interrupts")
        if interrupts is not None and interrupts.note(error):
            return
        self.call_exception_handler(
            {"message": "%s in a callback of the event loop" % type(error).__name__, "exception": error}
        )

    # --- what the program's end waits for ----------------------------------------

    def hold(self, what):
        """The program goes on until `let_go()`."""
        self._held.add(what)
        self._host.changed()
        self._flags[TURN] = 1  # after which JavaScript looks

    def let_go(self, what):
        self._held.discard(what)
        self._host.changed()

    @property
    def holds(self):
        return bool(self._held) or self._selector.busy > 0

    def run_in_executor(self, executor, func, *args):
        future = super().run_in_executor(executor, func, *args)
        self.hold(future)
        future.add_done_callback(self.let_go)
        return future

    async def _make_subprocess_transport(self, *args, **kwargs):
        transport = await super()._make_subprocess_transport(*args, **kwargs)
        if transport.get_returncode() is None:
            self.hold(transport)
            self.create_task(self._let_go_after(transport))
        return transport

    async def _let_go_after(self, transport):
        try:
            await transport._wait()
        finally:
            self.let_go(transport)

    # --- signals ----------------------------------------------------------------------

    def add_signal_handler(self, sig, callback, *args):
        super().add_signal_handler(sig, callback, *args)
        _keep_waking(None)

    def remove_signal_handler(self, sig):
        removed = super().remove_signal_handler(sig)
        if removed:
            _keep_waking(sig)
        return removed

    # --- what makes no sense here ----------------------------------------------------

    def run_forever(self):
        raise RuntimeError(_RUNS)

    def run_until_complete(self, future):
        if asyncio.iscoroutine(future):
            future.close()
        raise RuntimeError(_RUNS)

    def stop(self):
        raise RuntimeError("this event loop is JavaScript's as well: it ends with its program")


_RUNS = (
    "the event loop of this thread runs already: it is JavaScript's. Await what you have, in Python, in TypeScript, "
    "or by py.runAsync(); or run a loop of your own in another thread, by asyncio.to_thread(asyncio.run, main())"
)


def _keep_waking(removed):
    """asyncio takes the place that says who is woken by a signal, and leaves it empty."""
    interrupts = sys.modules.get("pyduet._interrupts")
    if interrupts is not None:
        interrupts.restore(removed)


def signalled(number):
    """A signal came."""
    loop = here().loop
    if loop is not None and number in loop._signal_handlers:
        loop._handle_signal(number)


class _Host:
    """Joins the loop of a JS thread to it."""

    def __init__(self, realm):
        self.flags = realm.flags
        self.bell = module("_bell").bell_of(realm)
        self.loop = None

    def changed(self):
        loop = self.loop() if self.loop is not None else None
        if loop is not None and self.flags[KEEP] != loop.holds:
            self.flags[KEEP] = loop.holds
            self.flags[TURN] = 1  # at its end JavaScript looks


def open_loop():
    """The event loop of the calling JS thread, made when it is first asked for."""
    realm = here()
    loop = realm.loop
    if loop is None:
        host = _Host(realm)
        kind = EventLoop if realm.contexts is None else realm.contexts.loop_of(EventLoop)
        loop = realm.loop = kind(host)
        host.loop = weakref.ref(loop)
        loop.join()
        _look_at_policy()
        events.set_event_loop(loop)
        _refuse_run()
        _watch_policy()
    return loop


def _look_at_policy():
    """The program may have asked for other loops, as uvloop.install() does."""
    policy = type(events._get_event_loop_policy() if sys.version_info >= (3, 14) else events.get_event_loop_policy())
    name = policy.__module__.partition(".")[0]
    if name in ("uvloop", "winloop", "trio", "trio_asyncio"):
        import warnings

        warnings.warn(
            "%s cannot drive the event loop of a JS thread, which is JavaScript's; it serves the loops "
            "of other threads" % name,
            RuntimeWarning,
            stacklevel=3,
        )


def _refuse_run():
    """asyncio.run() says, where the loop of a JS thread runs, what to do instead."""
    run = asyncio.run
    if getattr(run, "_pyduet", False):
        return

    @functools.wraps(run)
    def run_here(main, *args, **kwargs):
        if isinstance(events._get_running_loop(), EventLoop):
            if asyncio.iscoroutine(main):
                main.close()
            raise RuntimeError("asyncio.run() cannot be called from a running event loop: " + _RUNS)
        return run(main, *args, **kwargs)

    run_here._pyduet = True
    asyncio.run = asyncio.runners.run = run_here


def _watch_policy():
    """asyncio.set_event_loop_policy() says, where the loop of a JS thread runs, that it is not for that one."""
    set_policy = asyncio.set_event_loop_policy
    if getattr(set_policy, "_pyduet", False):
        return

    @functools.wraps(set_policy)
    def set_and_look(policy):
        set_policy(policy)
        if isinstance(events._get_running_loop(), EventLoop):
            _look_at_policy()

    set_and_look._pyduet = True
    asyncio.set_event_loop_policy = events.set_event_loop_policy = set_and_look


class SetAside:
    """Within it the calling JS thread has no event loop, as a thread of Python alone."""

    def __init__(self, loop):
        self.loop = loop

    def __enter__(self):
        if self.loop is None:
            return
        self.loop.leave()
        self.policy = events.get_event_loop_policy()
        events.set_event_loop_policy(None)

    def __exit__(self, *_):
        if self.loop is None:
            return
        events.set_event_loop_policy(self.policy)
        self.loop.join()


def close_loop(nested):
    """What asyncio.run() does at its end, as far as it can be done without waiting.

    nested: a frame of Python's lies below, which may be one of the loop's own.
    """
    realm = here()
    loop, realm.loop = realm.loop, None
    if loop is None:
        return
    tasks = asyncio.all_tasks(loop)
    if not nested:
        _cancel(loop, tasks)
        # Those that clean up already would have to be waited for.
        for generator in list(loop._asyncgens):
            if generator.ag_running:
                loop._asyncgens.discard(generator)
        loop.create_task(loop.shutdown_asyncgens())
        _finish(loop)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # elsewhere the program would have waited for it
    if nested:
        return
    if loop._default_executor is not None:
        # What runs in its threads is waited for at the interpreter's end; what does not yet never will.
        options = {"cancel_futures": True} if sys.version_info >= (3, 9) else {}
        loop._default_executor.shutdown(wait=False, **options)
    loop._selector.close()
    loop.leave()
    events.set_event_loop(None)
    loop.close()


def _cancel(loop, tasks):
    for task in tasks:
        task.cancel()
    _finish(loop)
    for task in tasks:
        if not task.done() or task.cancelled() or not getattr(task, "_log_traceback", True):
            continue
        error = task.exception()
        if error is not None:
            loop.call_exception_handler(
                {"message": "unhandled exception at the end of the program", "exception": error, "task": task}
            )


def _finish(loop):
    """Runs what is ready; not what will be later."""
    for _ in range(_MOST_AT_END):
        if not loop._ready:
            break
        try:
            loop._run_once()
        except (SystemExit, KeyboardInterrupt):
            pass  # the program ends already
