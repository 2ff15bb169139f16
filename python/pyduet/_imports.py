"""Modules whose import needs something of this package."""

import sys
from _thread import get_ident

import pyduet
from pyduet import _TURN


class _Finder:
    """The first of all finders: it sees those modules being imported, and finds none itself."""

    watched = {"asyncio", "uvloop", "pyuv"}

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in cls.watched:
            return None
        cls.watched.discard(name)
        for finder in sys.meta_path:
            spec = None if finder is cls else finder.find_spec(name, path, target)
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return spec

        def execute_watched(module):
            del loader.exec_module
            (_execute_asyncio if name == "asyncio" else _execute_bound)(execute, module)

        try:
            loader.exec_module = execute_watched
        except AttributeError:
            pass  # an unusual loader: the loop is there with the first await
        return spec


def _execute_asyncio(execute, asyncio):
    """A JS thread has an event loop from now on."""
    execute(asyncio)
    for flags in pyduet._flags[:]:
        flags[_TURN] = 1
    realm = pyduet._threads.get(get_ident())
    if realm is not None and not realm.aside:
        pyduet.module("_loop").open_loop()


def _execute_bound(execute, module):
    """Its C code brings its own libuv: it must not be bound to the one in the runtime's executable."""
    try:
        from os import RTLD_DEEPBIND
    except ImportError:  # no glibc
        return execute(module)
    before = sys.getdlopenflags()
    sys.setdlopenflags(before | RTLD_DEEPBIND)
    try:
        execute(module)
    finally:
        sys.setdlopenflags(before)


def watch():
    """From now on. Once a process."""
    sys.meta_path.insert(0, _Finder)
