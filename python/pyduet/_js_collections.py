"""Arrays, Maps and Sets of TypeScript as Python's list, dict and set."""

from _collections_abc import MutableMapping, MutableSequence, MutableSet  # see _objects.py
from operator import index

from pyduet._js import NOTHING, abilities


class Array(MutableSequence):
    """An Array, with what a list has for reading and changing it."""

    __slots__ = ()

    def __len__(self):
        ref = self.__js__
        return ref.length(ref)

    def __iter__(self):
        ref = self.__js__
        return ref.iterate(ref)

    def __contains__(self, value):
        ref = self.__js__
        return ref.includes(ref, value)

    def __getitem__(self, key):
        ref = self.__js__
        if type(key) is slice:
            return [self[at] for at in range(*key.indices(len(self)))]
        item = ref.item(ref, _position(key))
        if item is NOTHING:
            raise IndexError("array index out of range")
        return item

    def __setitem__(self, key, value):
        ref = self.__js__
        _check(self, ref.put(ref, _one_position(key), value))

    def __delitem__(self, key):
        ref = self.__js__
        _check(self, ref.remove(ref, _one_position(key)))

    def insert(self, key, value):
        """As list.insert()."""
        ref = self.__js__
        _check(self, ref.insert(ref, _position(key), value))


def _position(key):
    try:
        return int.__int__(index(key))
    except TypeError:
        name = type(key).__name__
        raise TypeError("array indices must be integers or slices, not " + name) from None


def _one_position(key):
    if type(key) is slice:
        raise TypeError("slices of an array of TypeScript can be read only; use its splice()")
    return _position(key)


def _check(array, done):
    if done is NOTHING:
        raise IndexError("array index out of range")
    if not done:
        raise TypeError("%r is frozen or sealed" % (array,))


class Map(MutableMapping):
    """A Map, with what a dict has."""

    __slots__ = ()

    def __len__(self):
        ref = self.__js__
        return ref.size(ref)

    def __iter__(self):
        ref = self.__js__
        return ref.iterate_keys(ref)

    def __contains__(self, key):
        ref = self.__js__
        return ref.holds(ref, key)

    def __getitem__(self, key):
        ref = self.__js__
        value = ref.look_up(ref, key)
        if value is NOTHING:
            raise KeyError(key)
        return value

    def __setitem__(self, key, value):
        ref = self.__js__
        ref.store(ref, key, value)

    def __delitem__(self, key):
        ref = self.__js__
        if not ref.discard(ref, key):
            raise KeyError(key)


class Set(MutableSet):
    """A Set, with what a set has. Operators such as | give a Python set."""

    __slots__ = ()

    @classmethod
    def _from_iterable(cls, values):
        return set(values)

    def __len__(self):
        ref = self.__js__
        return ref.size(ref)

    def __iter__(self):
        ref = self.__js__
        return ref.iterate(ref)

    def __contains__(self, value):
        ref = self.__js__
        return ref.holds(ref, value)

    def add(self, value):
        """As set.add()."""
        ref = self.__js__
        ref.add(ref, value)

    def discard(self, value):
        """As set.discard()."""
        ref = self.__js__
        ref.discard(ref, value)


abilities.update(Array=Array, Map=Map, Set=Set)
