"""Which objects only TypeScript holds, of those that are one half of a pair."""

import gc
import sys
from sys import getrefcount
from types import ModuleType

_MOST_PARTS = 200  # of one object
_MOST_ALL = 20000  # looked at in one go


def unreferenced(objects):
    """The places of those that nothing in Python needs: not even what they hold holds them from outside."""
    found = []
    rest = []
    for index in range(len(objects)):
        (found if getrefcount(objects[index]) <= _ALONE else rest).append(index)
    shared = None
    looked = 0
    for index in rest:
        if looked > _MOST_ALL:
            break
        if shared is None:
            modules = [each for each in list(sys.modules.values()) if isinstance(each, ModuleType)]
            shared = {id(vars(module)) for module in modules}
        alone, count = _holds_itself_alone(objects, index, shared)
        looked += count
        if alone:
            found.append(index)
    return found


def _count_alone():
    objects = [object()]
    return getrefcount(objects[0])


_ALONE = _count_alone() + 1  # and TypeScript


def _holds_itself_alone(objects, index, shared):
    """(whether only a cycle of its own and TypeScript hold the object, how many were looked at).

    As CPython's collector does: what is referred to more often than the parts of the whole refer to it is held
    from outside, and so is all that it reaches. What is left out here counts as outside, which errs on the safe side.
    """
    found = [objects[index]]
    places = {id(found[0]): 0}
    inside = [0]
    reaches = []
    for value in found:
        parts = []
        for part in gc.get_referents(value):
            if not gc.is_tracked(part) or isinstance(part, (type, ModuleType)) or id(part) in shared:
                continue
            place = places.get(id(part))
            if place is None:
                if len(found) == _MOST_PARTS:
                    return False, len(found)
                place = places[id(part)] = len(found)
                found.append(part)
                inside.append(0)
            inside[place] += 1
            parts.append(place)
        reaches.append(parts)
    del value, part, parts
    outside = [
        place
        for place in range(len(found))
        # `objects` and TypeScript hold the first one as well.
        if getrefcount(found[place]) > _ALONE - 1 + inside[place] + (2 if place == 0 else 0)
    ]
    seen = set(outside)
    for place in outside:
        for part in reaches[place]:
            if part not in seen:
                seen.add(part)
                outside.append(part)
    return 0 not in seen, len(found)
