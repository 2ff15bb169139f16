"""The Conductor's own process: its end, its limits, and its pipes."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from typing import Optional

_MIB = 1024 * 1024


def tie_to_parent(lifeline: int, answers: int, parent: int) -> None:
    """Ends this process and all that it started when the parent ends, whatever Python does meanwhile.

    `lifeline` is the pipe from the parent, which is only looked at, never read.
    """
    for pipe in (lifeline, answers):
        os.set_inheritable(pipe, False)
    if not hasattr(select, "poll"):
        return  # Windows: the host sees the pipe's end
    if sys.platform == "linux":
        _end_with_parent(parent)
    watch = threading.Thread(target=_watch, args=(lifeline,), name="symphony-lifeline", daemon=True)
    watch.start()


def _end_with_parent(parent: int) -> None:
    """The kernel ends this process with the parent's: also where C code holds the GIL for good."""
    import ctypes

    death_signal = 1  # PR_SET_PDEATHSIG
    try:
        ctypes.CDLL(None).prctl(death_signal, int(signal.SIGKILL), 0, 0, 0)
    except (OSError, AttributeError):
        return  # a C library without it: the thread that watches is enough
    if os.getppid() != parent:
        _end()  # it ended before it was asked about


def _watch(lifeline: int) -> None:
    poll = select.poll()
    poll.register(lifeline, getattr(select, "POLLRDHUP", 0))  # POLLHUP and POLLERR come unasked
    while not poll.poll():
        pass
    _end()


def _end() -> None:
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def limit(memory_mb: Optional[float], cpu_seconds: Optional[float]) -> None:
    """Limits what may be taken from now on, beyond what has been taken."""
    if memory_mb is None and cpu_seconds is None:
        return
    import resource

    if memory_mb is not None:
        # Not the address space: JavaScript's engines reserve far more of that than they use.
        most = _data_bytes() + int(memory_mb * _MIB)
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    if cpu_seconds is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime + cpu_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _data_bytes() -> int:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmData:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
