"""Waking the event loop of a JS thread from any other thread."""

import os
from _thread import get_ident, start_new_thread

from pyduet import here

try:
    from _socket import socketpair
except ImportError:  # Windows has no such call; the module makes a pair over the loopback address
    from socket import socketpair


def _raw(inside):
    try:
        from posix import close, read
    except ImportError:  # Windows, where a socket is no file
        return inside, lambda each, size: each.recv(size), lambda each: each.close()
    return inside.detach(), read, close


# Byte of the memory shared with a JS thread that looks at it.
RUNG = 16

# Said in place of a signal's number by the thread that reads: the runtime may take the socket over. Often enough
# that it pays, since a ring costs some 30 µs more by way of that thread, and what the runtime needs 50 ms.
OFFER = -1
_OFTEN = 1000


running = set()  # idents of the threads of this package that end with their JS thread
hearing = set()  # of those that wait until a JS thread has heard them, which at the end it never will


class Bell:
    """A pair of sockets: what is written at one end wakes the JS thread at the other.

    A zero byte says that there is work; any other is the number of a signal (signal.set_wakeup_fd).
    """

    def __init__(self):
        self._inside, self._outside = socketpair()
        self._outside.setblocking(False)
        self._hear = None
        self._flags = None
        self._offered = None

    def fileno(self):
        """The end to write to."""
        return self._outside.fileno()

    def ring(self):
        """Wakes the JS thread soon; never waits."""
        if self._flags is not None:
            self._flags[RUNG] = 1
            return
        try:
            self._outside.send(b"\0")
        except OSError:
            pass  # full, so it rings already; or closed, and nobody is there to hear

    def ring_signal(self, number):
        """As if that signal had come."""
        try:
            self._outside.send(bytes((number,)))
        except OSError:
            pass

    def lend(self):
        """The end to read from, for a runtime that reads sockets itself: it will close it."""
        self._inside.setblocking(False)
        return self._inside.detach()

    def serve(self, address):
        """A thread that reads, for a runtime that is entered by a call from outside.

        address: a C function of an int, which returns when the JS thread has heard it; it must be called
        without the GIL.
        """
        running.add(start_new_thread(self._serve, (address,)))

    def hear(self, signal=0):
        """Wakes the JS thread and waits until it has heard; on a thread of this package alone."""
        if self._hear is None:
            self.ring()
            return
        hearing.add(get_ident())
        self._hear(signal)
        hearing.discard(get_ident())

    def be_looked_at(self, flags):
        """For a JS thread that looks at a byte of the shared memory: nothing else is left of it when it ends."""
        self._flags = flags

    def _serve(self, address):
        # Without an object that would complain at the end, when this thread cannot close it any more.
        descriptor, receive, close = _raw(self._inside)
        rings = 0
        while True:
            data = receive(descriptor, 64)
            if not data:
                return close(descriptor)
            if self._hear is None:
                from ctypes import CFUNCTYPE, c_int  # not before the first ring: it takes milliseconds

                self._hear = CFUNCTYPE(None, c_int)(address)
            if 0 in data:
                self.hear()
            for signal in data.replace(b"\0", b""):
                self.hear(signal)
            rings += 1
            if rings % _OFTEN == 0 and type(descriptor) is int:
                self._offered = descriptor
                self.hear(OFFER)
                if self._offered is None:
                    return None
                os.set_blocking(descriptor, True)

    def offered(self):
        """The end to read from, which the thread that reads it would leave to the runtime; it waits meanwhile."""
        os.set_blocking(self._offered, False)
        return self._offered

    def taken(self):
        """The runtime reads it from now on."""
        self._offered = None

    def close(self):
        """Ends the thread. From now on nobody is woken."""
        self._outside.close()


def bell_of(realm):
    """The bell of a JS thread, made when it is first asked for."""
    if realm.bell is None:
        realm.bell = Bell()
    return realm.bell


def serve(address):
    bell_of(here()).serve(address)


def lend():
    return bell_of(here()).lend()


def offered():
    return bell_of(here()).offered()


def taken():
    bell_of(here()).taken()


def be_looked_at():
    realm = here()
    bell_of(realm).be_looked_at(realm.flags)
