"""Modules that TypeScript declares."""

import sys
from _thread import get_ident
from types import ModuleType

from pyduet import _threads


class Module(ModuleType):
    """A module that TypeScript declares."""

    def __reduce__(self):
        return __import__, (self.__name__,)


_registered = {}
_implied = set()  # packages that stand only because something below them is registered


class _Finder:
    """Finds registered modules: for importlib.reload(), and once a program took one out of sys.modules."""

    def find_spec(self, name, path=None, target=None):
        made = _registered.get(name)
        return None if made is None else made.__spec__

    def create_module(self, spec):
        return _registered.get(spec.name)

    def exec_module(self, made):
        """A module has its members already."""


_finder = _Finder()


def module(name, doc):
    """The module of that name, new or registered before."""
    known = sys.modules.get(name)
    if known is not None and not isinstance(known, Module):
        raise ImportError(
            "Python has imported a module %r of its own; give the one of TypeScript another name" % name,
            name=name,
        )
    if known is None:
        known = Module(name)
    elif known.__thread__ != get_ident() and known.__thread__ in _threads:
        raise ImportError(
            "another JS thread has registered the module %r, whose functions are its own; give this one "
            "another name" % name,
            name=name,
        )
    known.__thread__ = get_ident()
    for key in [key for key in vars(known) if not (key.startswith("__") and key.endswith("__"))]:
        del known.__dict__[key]
    from importlib.machinery import ModuleSpec

    known.__doc__ = doc
    known.__spec__ = ModuleSpec(name, _finder, origin="TypeScript")
    known.__package__ = name.rpartition(".")[0]
    known.__dict__.pop("__path__", None)
    known.__dict__.pop("__getattr__", None)
    known.__dict__.pop("__dir__", None)
    return known


def build(name, doc, members, lazy):
    """The module with these members, importable. lazy: functions that make one."""
    made = module(name, doc)
    fill(made, members, lazy)
    enter(made)
    return made


def fill(made, members, lazy):
    """Gives a module its members."""
    names = made.__dict__
    names.update(members)
    made.__all__ = [name for name in list(members) + list(lazy) if not name.startswith("_")]
    if lazy:

        def __getattr__(name):
            make = lazy.get(name)
            if make is None:
                raise AttributeError("module %r has no attribute %r" % (made.__name__, name))
            names[name] = value = make()
            return value

        names["__getattr__"] = __getattr__
        names["__dir__"] = lambda: sorted(set(names) | set(lazy))


def enter(made):
    """Makes a module importable, and its parents packages that have it."""
    name = made.__name__
    parent, _, last = name.rpartition(".")
    package = _package(parent) if parent else None
    sys.modules[name] = _registered[name] = made
    _implied.discard(name)
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)
    if package is not None:
        as_package(package)
        setattr(package, last, made)


def _package(name):
    """What stands under that name, or a new package."""
    try:
        return __import__(name, fromlist=["__name__"])
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise
        package = module(name, None)
        enter(package)
        _implied.add(name)
        return package


def as_package(made):
    """Lets the import system look for submodules."""
    if not hasattr(made, "__path__"):
        made.__path__ = []
        made.__package__ = made.__name__
        if getattr(made, "__spec__", None) is not None:
            made.__spec__.submodule_search_locations = []


def leave(made):
    """Takes a module out again."""
    name = made.__name__
    if _registered.get(name) is made:
        del _registered[name]
    if sys.modules.get(name) is made:
        del sys.modules[name]
    parent, _, last = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and package.__dict__.get(last) is made:
        delattr(package, last)
    if parent in _implied and not any(each.startswith(parent + ".") for each in _registered):
        _implied.discard(parent)
        leave(package)
