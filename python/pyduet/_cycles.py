"""Ways from a Python object to the TypeScript values that it holds."""

import gc
import sys
from types import FunctionType, ModuleType

_MOST = 100000


def reached(start, reference_type, own):
    """[(number, path)] of the values that an object holds, but for the one that it belongs to."""
    shared = {id(vars(module)) for module in list(sys.modules.values()) if isinstance(module, ModuleType)}
    seen = {id(start): None}
    pending = [start]
    found = []
    for value in pending:
        if len(pending) > _MOST:
            break
        for part in _parts(value):
            if type(part) is reference_type:
                if int(part) != own and id(part) not in seen:
                    seen[id(part)] = value
                    found.append((int(part), _path(value, seen, pending)))
                continue
            # What a module or a class holds, it holds for everybody.
            if id(part) in seen or id(part) in shared or isinstance(part, (ModuleType, type)):
                continue
            if gc.is_tracked(part) or hasattr(part, "__dict__"):
                seen[id(part)] = value
                pending.append(part)
    return found


def _parts(value):
    """What an object holds; of a function not the names of its module, which hold everything."""
    if type(value) is FunctionType:
        parts = [value.__closure__, value.__defaults__, value.__kwdefaults__, value.__dict__]
        return [part for part in parts if part]
    return gc.get_referents(value)


def _path(value, seen, alive):
    steps = []
    while value is not None:
        before = seen[id(value)]
        steps.append((before, value))
        value = before
    steps.reverse()
    return " -> ".join(filter(None, (_step(before, each) for before, each in steps)))


def _step(before, value):
    if type(value) is dict and before is not None and getattr(before, "__dict__", None) is value:
        return ""
    name = _name_in(before, value)
    text = type(value).__name__
    try:
        label = getattr(value, "__qualname__", "") or ""
    except Exception:
        label = ""
    text = text + (" " + label if isinstance(label, str) and label else "")
    return name + " = " + text if name else text


def _name_in(before, value):
    names = before if type(before) is dict else getattr(before, "__dict__", None)
    if type(names) is dict:
        for key, each in names.items():
            if each is value and type(key) is str:
                return key
    return ""
