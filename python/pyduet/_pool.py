"""Python functions called in threads for TypeScript (`$.inThread()`).

A thread that has nothing to do ends after a while. None keeps the program alive: TypeScript does, which waits.
"""

import os
import threading
import time
from _thread import allocate_lock, get_ident
from collections import deque
from contextvars import copy_context

from pyduet import Interrupted
from pyduet._calls import post

MOST_THREADS = min(32, (os.cpu_count() or 1) + 4)
_IDLE_SECONDS = 10


class _Job:
    """One call. It is interrupted at most once, and never after `over`."""

    def __init__(self, realm, told, function, args, kwargs, number):
        self.realm = realm
        self.told = told
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.number = number
        self.context = copy_context()
        self.unwanted = False
        self.ident = None
        self.over = False
        self.sending = self.sent = False
        self.value = self.error = None

    def perform(self):
        try:
            self._run()
            self._finish()
        except Interrupted as error:
            # At the very end of the function. There is no second one.
            if self.error is None and self.value is None:
                self.error = error
            self._finish()
        self.function = self.args = self.kwargs = self.context = None
        post(self.realm, self.told, (self.number,), {})

    def _run(self):
        self.ident = get_ident()
        if self.unwanted:
            return
        try:
            self.value = self.context.run(self.function, *self.args, **self.kwargs)
        except BaseException as error:
            trace = error.__traceback__
            error.__traceback__ = trace and trace.tb_next  # without this frame
            self.error = error

    def _finish(self):
        """After it no interruption can come, for whatever the thread does next."""
        self.over = True
        while self.sending and not self.sent:
            time.sleep(0.0001)
        if self.sending:
            from ctypes import c_ulong, py_object, pythonapi

            pythonapi.PyThreadState_SetAsyncExc(c_ulong(self.ident), py_object())

    def interrupt(self):
        """Raises Interrupted in the function, where it runs Python code."""
        from ctypes import c_ulong, py_object, pythonapi

        self.unwanted = True
        self.sending = True
        # It may have ended, or not begun; it waits for `sent` once it has seen `sending`.
        if self.ident is not None and not self.over:
            pythonapi.PyThreadState_SetAsyncExc(c_ulong(self.ident), py_object(Interrupted))
        self.sent = True


_mutex = allocate_lock()  # held for the lists alone
_waiting = deque()  # jobs for which there is no thread
_idle = []
_threads = set()


class _Worker:
    def __init__(self, job, name):
        self.job = job
        self.wake = allocate_lock()
        self.wake.acquire()
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)

    def _work(self):
        while self.job is not None:
            job, self.job = self.job, None
            job.perform()
            job = None
            self._next()

    def _next(self):
        with _mutex:
            if _waiting:
                self.job = _waiting.popleft()
                return
            _idle.append(self)
        if not self._wait():
            with _mutex:
                if self in _idle:
                    _idle.remove(self)
                    _threads.discard(self)
                    return
            self._wait()  # a job came at the last moment

    def _wait(self):
        return self.wake.acquire(True, _IDLE_SECONDS)


def start(realm, told, function, kwargs, number, *args):
    """Has a thread call it; `told(number)` is called on the JS thread when it is done."""
    job = _Job(realm, told, function, args, kwargs, number)
    if realm.contexts is not None:
        realm.contexts.enter(job.context)
    realm.jobs[number] = job
    worker = None
    with _mutex:
        if _idle:
            worker = _idle.pop()
            worker.job = job
            worker.wake.release()
            return
        if len(_threads) >= MOST_THREADS:
            _waiting.append(job)
            return
        worker = _Worker(job, _name())
        _threads.add(worker)
    try:
        worker.thread.start()
    except BaseException:
        with _mutex:
            _threads.discard(worker)
        del realm.jobs[number]
        raise


def end_idle():
    """Ends the threads that have nothing to do. Their idents."""
    with _mutex:
        ending = _idle[:]
        _idle.clear()
        _threads.difference_update(ending)
    for worker in ending:
        worker.wake.release()
    return [worker.thread.ident for worker in ending]


def _name():
    taken = {worker.thread.name for worker in _threads}
    number = 1
    while "pyduet-%d" % number in taken:
        number += 1
    return "pyduet-%d" % number


def result(realm, number):
    """The result of what is done, or its exception raised."""
    job = realm.jobs.pop(number)
    error = job.error
    if error is not None:
        try:
            raise error
        finally:
            del error, job
    return job.value


def interrupt(realm, number):
    """Nobody waits for it any more: it is not begun, or it is interrupted."""
    job = realm.jobs.pop(number, None)
    if job is None:
        return
    with _mutex:
        if job in _waiting:
            _waiting.remove(job)
            return
    job.interrupt()
