"""Running code that TypeScript gives as text or as a file."""

import sys
from _ast import PyCF_ALLOW_TOP_LEVEL_AWAIT, PyCF_ONLY_AST, Expr, Expression
from _signal import default_int_handler

import pyduet

sources = {}  # the latest texts, for tracebacks
_MOST_SOURCES = 64
_COROUTINE = 0x80  # inspect.CO_COROUTINE
_runs = 0


class _Scope(dict):
    """Local names before global ones, also inside functions and comprehensions."""

    def __init__(self, outer, inner):
        super().__init__(inner)
        self.outer = outer

    def __missing__(self, name):
        return self.outer[name]


def _namespace(value, option):
    if value is None:
        return sys.modules["__main__"].__dict__
    if isinstance(value, dict):
        return value
    if isinstance(value, type(sys)):
        return value.__dict__
    raise TypeError("%s must be a dict or a module, not %s" % (option, type(value).__name__))


class _Run:
    """What the text of a program runs in, and afterwards the local names that it leaves."""

    def __init__(self, code, global_names, local_names, filename):
        self.scope = _namespace(global_names, "globals")
        self.locals = None if local_names is None else _namespace(local_names, "locals")
        if self.locals is not None:
            self.scope = _Scope(self.scope, self.locals)
        self.code = code
        self.filename = _remember(code, filename)

    def parts(self, flags):
        """The code of the statements, and that of the last expression or None."""
        tree = compile(self.code, self.filename, "exec", PyCF_ONLY_AST | flags, dont_inherit=True)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], Expr) else None
        yield compile(tree, self.filename, "exec", flags, dont_inherit=True)
        yield last and compile(Expression(last.value), self.filename, "eval", flags, dont_inherit=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.locals is not None:
            self.scope.pop("__builtins__", None)
            self.locals.clear()
            self.locals.update(self.scope)


def _remember(code, filename):
    """Keeps the text for tracebacks; the name that it has there."""
    if filename is None:
        global _runs
        _runs += 1
        filename = "<py.run %d>" % _runs
    sources.pop(filename, None)
    sources[filename] = code
    if len(sources) > _MOST_SOURCES:
        oldest = next(iter(sources))
        sources.pop(oldest, None)  # another JS thread may be here as well
        if "linecache" in sys.modules:
            sys.modules["linecache"].cache.pop(oldest, None)
    return filename


def run(*args):
    """Runs statements; the value of the last expression, else None."""
    with _Run(*args) as work:
        statements, last = work.parts(0)
        exec(statements, work.scope)
        return last and eval(last, work.scope)


async def run_async(*args):
    """The same, where `await` may stand outside of functions."""
    with _Run(*args) as work:
        result = None
        for code in work.parts(PyCF_ALLOW_TOP_LEVEL_AWAIT):
            if code is not None:
                result = eval(code, work.scope)
                if code.co_flags & _COROUTINE:
                    result = await result
        return code and result


def run_file(path, argv):
    """As `python path argv…` would; afterwards everything is as it was before."""
    import io
    import os

    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    main = type(sys)("__main__")
    main.__file__ = path
    main.__builtins__ = sys.modules["builtins"]
    before = sys.modules["__main__"], sys.argv, sys.path[:]
    sys.modules["__main__"] = main
    sys.argv = [path] + argv
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        with _Alone():
            exec(code, main.__dict__)
    finally:
        sys.modules["__main__"], sys.argv, sys.path[:] = before


class _Alone:
    """Within it Ctrl-C and asyncio do what they do in a program of Python alone."""

    def __enter__(self):
        self.realm = realm = pyduet.here()
        self.interrupt, self.aside = pyduet.interrupt, realm.aside
        self.loop = None
        if realm.loop is not None and not realm.aside:
            self.loop = pyduet.module("_loop").SetAside(realm.loop)
            self.loop.__enter__()
        realm.aside = True
        pyduet.interrupt = default_int_handler

    def __exit__(self, *_):
        pyduet.interrupt, self.realm.aside = self.interrupt, self.aside
        if self.loop is not None:
            self.loop.__exit__()
        elif not self.aside and "asyncio" in sys.modules:
            pyduet.module("_loop").open_loop()
