"""The standard streams, whose output comes in the order in which the program made it."""

import io
import sys
from _thread import get_ident

from pyduet import _flags, _threads

_OUTPUT = 0  # byte of each JS thread's memory: output is waiting


def _mark(value):
    for flags in _flags[:]:
        flags[_OUTPUT] = value


class _Output(io.BufferedWriter):
    """Buffers while Python runs; the host flushes before TypeScript goes on."""

    def write(self, data):
        written = super().write(data)
        _mark(1)
        if get_ident() not in _threads and b"\n" in bytes(data):
            self.flush()  # no host waits for this thread
        return written


def take():
    """Puts the standard streams under the host's flushing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is not io.TextIOWrapper or type(stream.buffer) is not io.BufferedWriter:
            continue
        encoding, errors, lines = stream.encoding, stream.errors, stream.line_buffering
        stream.flush()
        raw = stream.detach().detach()
        stream = io.TextIOWrapper(
            _Output(raw), encoding, errors, None, line_buffering=lines, write_through=True
        )
        stream.mode = "w"
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


def flush():
    """Writes out what the standard streams hold."""
    _mark(0)
    for stream in (sys.__stdout__, sys.__stderr__, sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # no stream, a closed one, or a reader that has gone: nobody can be told
