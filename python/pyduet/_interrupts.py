"""Ctrl-C and other signals: what they interrupt, and who is told of them."""

import os
import sys
from _signal import SIGINT, default_int_handler, getsignal, set_wakeup_fd, signal
from _thread import get_ident, interrupt_main, start_new_thread

import pyduet
from pyduet import here
from pyduet._bell import bell_of

try:
    from _signal import pthread_kill
except ImportError:  # Windows
    pthread_kill = None

# Byte of the JS thread's memory: TypeScript is known to listen to SIGINT.
_LISTENS = 5

# Modules of this package that do what the program's own code asks for: they may be interrupted as it may.
_OPEN = frozenset(
    "pyduet." + name
    for name in ("_run", "_js", "_js_collections", "_js_module", "_objects", "_plain", "_define", "_typed", "_with")
)

_LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
_INSTALLED = tuple(_LIBRARY + name + os.sep for name in ("site-packages", "dist-packages"))

_realm = None
_repeated = 0  # interrupts that TypeScript has heard of already


def _keeps_books(frame):
    """Whether an exception raised there would leave half done what the program's code relies on."""
    name = frame.f_globals.get("__name__")
    if type(name) is not str:
        return False
    top = name.partition(".")[0]
    return top == "asyncio" or (top == "pyduet" and name not in _OPEN)


def _serves(frame):
    """Whether it does the work of its caller: asyncio keeps its tasks in a set of the standard library, say."""
    file = frame.f_code.co_filename
    return file.startswith("<frozen ") or (file.startswith(_LIBRARY) and not file.startswith(_INSTALLED))


def _interrupted(number, frame):
    """Raises KeyboardInterrupt in the program's code; in any other notes that it came."""
    keeping = None  # as the innermost frame says that does not merely serve
    in_turn = in_program = False
    while frame is not None:
        if _keeps_books(frame):
            if keeping is None:
                keeping = True
            in_turn = in_turn or frame.f_globals["__name__"] in ("pyduet._loop", "pyduet._tasks")
        elif not _serves(frame):
            if keeping is None:
                keeping = False
            in_program = True
        frame = frame.f_back
    if keeping:
        if in_turn and not in_program:
            pyduet.noted = True
        else:
            _again()
    elif in_turn and not pyduet.noted and _realm.flags[_LISTENS]:
        pyduet.noted = True
    else:
        raise KeyboardInterrupt


def _again():
    """The same interrupt a moment later, until it comes in the program's code, or TypeScript waits."""
    # By another thread: here it would come at once, in the middle of this.
    start_new_thread(_repeat, ())


def _repeat():
    global _repeated
    if _realm is None:
        return
    _repeated += 1
    if pthread_kill is None:
        interrupt_main()
    else:
        pthread_kill(_realm.thread, SIGINT)  # a call that blocks is interrupted too


def begin():
    """Signals wake the calling JS thread from now on. Whether an interrupt came before."""
    global _realm
    _realm = here()
    pyduet.interrupt = _interrupted
    restore()
    try:
        from posix import register_at_fork
        register_at_fork(after_in_child=_in_child)
    except ImportError:
        pass  # Windows does not fork
    return pyduet.came


def end(realm):
    """That JS thread is woken no more."""
    global _realm
    if realm is _realm:
        _realm = None
        set_wakeup_fd(-1)
        pyduet.interrupt = default_int_handler


def restore(number=None):
    """Signals wake the JS thread, and that one does what it did at the start, whatever asyncio made of them."""
    if _realm is None or _realm.thread != get_ident():
        return
    set_wakeup_fd(bell_of(_realm).fileno(), warn_on_full_buffer=False)
    if number == SIGINT and getsignal(SIGINT) is default_int_handler:
        signal(SIGINT, pyduet._interrupted)


def _in_child():
    # No TypeScript runs there: a process of Python alone.
    pyduet.interrupt = default_int_handler
    try:
        set_wakeup_fd(-1)
    except ValueError:
        pass  # forked by another thread, which may not


def note(error):
    """An interrupt that was raised where nobody waited for it."""
    if _realm is None or not isinstance(error, KeyboardInterrupt):
        return False
    pyduet.noted = True
    _realm.bell.ring_signal(SIGINT)
    return True


def heard(number):
    """The JS thread heard a signal. 1: an interrupt that nothing of Python's has got; 2: one to tell the program."""
    global _repeated
    loop = sys.modules.get("pyduet._loop")
    if loop is not None:
        loop.signalled(number)
    tell = number == SIGINT
    if tell and _repeated:
        _repeated -= 1
        tell = False
    noted, pyduet.noted = pyduet.noted, False
    return noted + 2 * tell


def exit_code(error):
    """What a process says that ends by SystemExit."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFFFFFFFF
    print(code, file=sys.stderr)
    return 1
