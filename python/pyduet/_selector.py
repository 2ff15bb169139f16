"""Waiting for sockets and pipes in a thread, on behalf of a loop that must not wait itself."""

import selectors
from collections import deque
from threading import Lock, Thread

from pyduet import module

# Byte of the memory shared with the JS thread: the loop has something to do.
TURN = 3

# Files that are served in one iteration, which nothing can interrupt; the others are next.
_MOST_FILES = 32


class Selector(selectors.BaseSelector):
    """Waits for files in a thread, and only while the loop has nothing else to do."""

    def __init__(self, host, real=None):
        self._host = host
        self._real = selectors.DefaultSelector() if real is None else real
        # Whether a file registered during a wait belongs to it at once.
        self._live = not isinstance(self._real, (selectors.SelectSelector, getattr(selectors, "PollSelector", ())))
        self._watched = self._real  # by the thread
        self._selecting = Lock()
        self._wanted = Lock()
        self._wanted.acquire()
        self._waiting = False
        self._thread = None
        self._closed = False
        self._knock = None
        self.busy = 0  # files watched for the program
        self.unserved = deque()  # files that select() has found ready

    def register(self, fileobj, events, data=None):
        key = self._real.register(fileobj, events, data)
        self.busy += 1
        self._changed()
        return key

    def unregister(self, fileobj):
        key = self._real.unregister(fileobj)
        self.busy -= 1
        self._changed()
        if not self._live and self._waiting:
            # It may be closed next, but would stay open as long as the thread selects it.
            with self._selecting:
                pass
        return key

    def modify(self, fileobj, events, data=None):
        key = self._real.modify(fileobj, events, data)
        self._changed()
        return key

    def get_map(self):
        return self._real.get_map()

    def _copy(self):
        """The files as they are now, for selectors that must not change during a wait."""
        copy = type(self._real)()
        for key in list(self._real.get_map().values()):
            try:
                copy.register(key.fd, key.events)
            except (OSError, ValueError):
                pass  # closed meanwhile
        return copy

    def _changed(self):
        self._host.changed()
        if not self._waiting:  # the end of a turn begins a wait; TypeScript may have come here between two
            self._host.flags[TURN] = 1
        if not self._live and self._waiting:
            self._wake()

    def _wake(self):
        """Ends a wait of the thread."""
        try:
            self._knock[1].send(b"\0")
        except OSError:
            pass  # full, so it wakes already; or the thread has ended

    def select(self, timeout=None):
        """What is ready now, whatever the timeout: JavaScript does the waiting."""
        if self.busy == 0:
            self.unserved.clear()
            return ()
        ready = self.unserved
        if ready:
            # Not what is watched no more, or for something else.
            files = self._real.get_map()
            first = [ready.popleft() for _ in range(min(_MOST_FILES, len(ready)))]
            return [each for each in first if files.get(each[0].fd) is each[0]]
        found = self._real.select(0)
        if self._knock is not None:
            found = [each for each in found if each[0].fileobj is not self._knock[0]]
        if len(found) > _MOST_FILES:
            ready.extend(found[_MOST_FILES:])
            del found[_MOST_FILES:]
        return found

    def wait(self):
        """Begins to wait, in the thread; the JS thread is woken when a file is ready."""
        if self._waiting or self._closed:
            return
        if self._thread is None:
            import socket

            self._knock = socket.socketpair()
            for each in self._knock:
                each.setblocking(False)
            self._real.register(self._knock[0], selectors.EVENT_READ, None)
            self._thread = Thread(target=self._wait, name="pyduet-io", daemon=True)
            self._thread.start()
            module("_bell").running.add(self._thread.ident)
        if not self._live:
            self._watched = self._copy()
        self._waiting = True
        self._wanted.release()

    def _wait(self):
        while True:
            self._wanted.acquire()
            try:
                with self._selecting:
                    self._watched.select()
                self._knock[0].recv(4096)
            except (OSError, ValueError):
                pass  # no knock; or a file was closed while it was watched, which the loop's own select() finds
            if self._closed:
                break
            self._waiting = False
            self._host.bell.hear()
            if self._closed:
                break
        self._end()

    def _end(self):
        self._real.close()
        for each in self._knock or ():
            each.close()

    def close(self):
        if self._closed:
            return
        self._closed = True
        if self._thread is None:
            self._end()
            return
        # Without waiting for it: it may itself be waiting until this thread hears the bell.
        self._wake()
        if not self._waiting:
            self._waiting = True
            self._wanted.release()
