"""`import js`: globalThis."""

import sys

from pyduet import StandIn, provided
from pyduet._js import NOTHING, exact, is_own, read

__name__ = "pyduet"  # what the classes made here say of where they come from


class JsModule(type(sys), StandIn):
    """globalThis of the JS thread that asks, or of the only one where none does."""

    def stands_for(self):
        """The JsObject of globalThis."""
        return provided()

    def __getattr__(self, name):
        found = NOTHING if is_own(name) else read(provided(), exact(name))
        if found is NOTHING:
            raise AttributeError("module 'js' has no attribute %r" % name)
        return found

    def __setattr__(self, name, value):
        if is_own(name):
            return super().__setattr__(name, value)
        return setattr(provided(), name, value)

    def __delattr__(self, name):
        if is_own(name):
            return super().__delattr__(name)
        return delattr(provided(), name)

    def __dir__(self):
        return {*super().__dir__(), *dir(provided())}


class _Loader:
    @staticmethod
    def create_module(spec):
        return JsModule(spec.name, "globalThis of the TypeScript program in which Python runs.")

    @staticmethod
    def exec_module(module):
        pass


def spec():
    """What the finder of `import js` answers."""
    from importlib.machinery import ModuleSpec

    return ModuleSpec("js", _Loader, origin="globalThis")
