"""Running code that TypeScript gives as text or as a file."""

import sys
from _ast import Expr, Expression, PyCF_ONLY_AST

sources = {}  # the latest texts, for tracebacks
_MOST_SOURCES = 64
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


def run(code, global_names, local_names, filename):
    """Runs statements; the value of the last expression, else None."""
    names = _namespace(global_names, "globals")
    if filename is None:
        global _runs
        _runs += 1
        filename = "<py.run %d>" % _runs
    sources.pop(filename, None)
    sources[filename] = code
    if len(sources) > _MOST_SOURCES:
        del sources[next(iter(sources))]
    scope = names
    if local_names is not None:
        local_names = _namespace(local_names, "locals")
        scope = _Scope(names, local_names)
    try:
        return _evaluate(code, filename, scope)
    finally:
        if local_names is not None:
            scope.pop("__builtins__", None)
            local_names.clear()
            local_names.update(scope)


def _evaluate(code, filename, scope):
    tree = compile(code, filename, "exec", PyCF_ONLY_AST, dont_inherit=True)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], Expr) else None
    exec(compile(tree, filename, "exec", dont_inherit=True), scope)
    if last is None:
        return None
    return eval(compile(Expression(last.value), filename, "eval", dont_inherit=True), scope)


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
        exec(code, main.__dict__)
    finally:
        sys.modules["__main__"], sys.argv, sys.path[:] = before
