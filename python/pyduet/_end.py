"""How a program ends."""

import io
import sys
import time

import pyduet
from pyduet._output import flush

_LONGEST = 0.5  # seconds


def _run_atexit():
    import atexit

    try:
        atexit._run_exitfuncs()
    except BaseException:
        pass  # before 3.10 the last one is raised again after it was printed


def end():
    """What a program's end does before the interpreter goes."""
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    _run_atexit()


def abandon():
    """What can be saved where the process ends without an end: exit functions, open files."""
    _run_atexit()
    flush_files()


def end_threads():
    """Ends the threads of this package. How many thread states are left that never run again, -1 where others do."""
    if len(pyduet._flags) > 1:
        return -1
    modules = sys.modules
    realm = pyduet.here()
    realm.close_bell()
    bell, pool = modules.get("pyduet._bell"), modules.get("pyduet._pool")
    if bell is None:
        return pyduet.ended
    ending = bell.running.union(pool.end_idle() if pool is not None else ())
    until = time.monotonic() + _LONGEST
    while True:
        left = ending.intersection(sys._current_frames())
        if left <= bell.hearing or time.monotonic() > until:
            return pyduet.ended + len(left & bell.hearing)
        try:
            time.sleep(0.0002)
        except KeyboardInterrupt:
            return -1  # the program ends already


def flush_files():
    """Writes out every open file."""
    import gc

    for value in gc.get_objects():
        try:
            if isinstance(value, io.IOBase):
                value.flush()
        except Exception:
            pass  # closed, read-only, its reader gone, or a class that lies about itself
    flush()


def openssl_user():
    """The file of a module that has loaded OpenSSL, if there is one."""
    for name in ("_hashlib", "_ssl"):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            return file
    return None
