"""How a program ends."""

import io
import sys

from pyduet import flush


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
