"""JsObject alive: what Python's operations mean for a TypeScript value.

What a value can do is decided when it crosses (src/objects/js_object.ts) and is the class of its
JsObject, so that callable(), isinstance(x, Sequence) and the like answer truly. Each operation is a
function of TypeScript, found at the number of the JsObject (src/objects/js_operations.ts).
"""

from _thread import get_ident

from pyduet import JsObject, module

__name__ = "pyduet"  # what the classes made here say of where they come from


NOTHING = object()  # an operation's answer where there is nothing, since None is a value

# What Python has under such a name where TypeScript has nothing: each gives a method of a value, or NOTHING.
extras = {}


def is_own(name):
    """Whether a name is one of Python's own, which TypeScript is never asked for."""
    return name[:2] == "__" and name[-2:] == "__"


def exact(name):
    """A str of exactly that type, which crosses as a string."""
    return name if type(name) is str else str.__str__(name)


def read(owner, key):
    """A property, or NOTHING; a function is a method of its owner."""
    ref = owner.__js__
    found = ref.get(ref, key)
    if type(found) is JsMethod:
        _set_self(found, owner)
    return found


class Live(JsObject):
    """What every JsObject can do: attributes, and identity in place of equality."""

    __slots__ = ()
    __eq__ = object.__eq__
    __ne__ = object.__ne__
    __hash__ = object.__hash__

    def __getattr__(self, name):
        if name[:2] != "__" or name[-2:] != "__":  # and no calls: most of what is done to a JsObject
            ref = self.__js__
            found = ref.get(ref, name if type(name) is str else exact(name))
            if type(found) is JsMethod:
                _set_self(found, self)
            if found is NOTHING and name in extras:
                found = extras[name](self)
            if found is not NOTHING:
                return found
            raise AttributeError("'JsObject' object has no attribute %r: %r" % (name, self))
        raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))

    def __setattr__(self, name, value):
        if is_own(name):
            raise AttributeError("a JsObject has no attribute %r to set: the name is Python's" % name)
        ref = self.__js__
        if not ref.set(ref, exact(name), value):
            raise AttributeError("'JsObject' object attribute %r is read-only: %r" % (name, self))

    def __delattr__(self, name):
        ref = self.__js__
        deleted = NOTHING if is_own(name) else ref.delete(ref, exact(name))
        if deleted is NOTHING:
            raise AttributeError("'JsObject' object has no attribute %r: %r" % (name, self))
        if not deleted:
            raise AttributeError("'JsObject' object attribute %r is read-only: %r" % (name, self))

    def __dir__(self):
        ref = self.__js__
        return {*object.__dir__(self), *ref.names(ref)}


class JsMethod(Live):
    """A function that was read from a JsObject: its calls have that object as their `this`."""

    __slots__ = ("__self__",)

    def __call__(self, /, *args, **kwargs):
        ref = self.__js__
        return ref.call(ref, self.__self__.__js__, *args, **kwargs)

    def __repr__(self):
        return "<js method of %r>" % (self.__self__,)

    def __eq__(self, other):
        if type(other) is not JsMethod or other.__self__ is not self.__self__:
            return NotImplemented
        ref = self.__js__
        return ref.same(ref, other.__js__)

    def __hash__(self):
        return hash(self.__self__)

    @property
    def __name__(self):
        return self.name


_set_self = JsMethod.__dict__["__self__"].__set__


# --- what a value may be able to do -------------------------------------------


def _key(key):
    """A property's key as TypeScript has it; None for what names no property."""
    kind = type(key)
    if issubclass(kind, str):
        return exact(key)
    if issubclass(kind, int) and kind is not bool:
        return int.__repr__(key)
    return key if issubclass(kind, Symbol) else None


def _key_or_throw(owner, key):
    found = _key(key)
    if found is None:
        name = type(key).__name__
        raise TypeError(
            "a property of %r is named by a str, an int or a symbol, not %s" % (owner, name)
        )
    return found


class Keyed:
    """Properties as items: of every object that is no Array, Map or Set."""

    __slots__ = ()

    def __getitem__(self, key):
        found = read(self, _key_or_throw(self, key))
        if found is NOTHING:
            raise KeyError(key)
        return found

    def __setitem__(self, key, value):
        ref = self.__js__
        if not ref.set(ref, _key_or_throw(self, key), value):
            raise TypeError("the item %r of %r is read-only" % (key, self))

    def __delitem__(self, key):
        ref = self.__js__
        deleted = ref.delete(ref, _key_or_throw(self, key))
        if deleted is NOTHING:
            raise KeyError(key)
        if not deleted:
            raise TypeError("the item %r of %r is read-only" % (key, self))

    def __contains__(self, key):
        ref = self.__js__
        name = _key(key)
        return name is not None and ref.has(ref, name)


class Symbol:
    """Names a property and does nothing else."""

    __slots__ = ()


class Iterable:
    """Symbol.iterator"""

    __slots__ = ()

    def __iter__(self):
        ref = self.__js__
        return ref.iterate(ref)


class Iterator(Iterable):
    """Symbol.iterator and next()"""

    __slots__ = ()

    def __next__(self):
        ref = self.__js__
        item = ref.next(ref)
        if item is NOTHING:
            raise StopIteration
        if type(item) is list and item and item[0] is NOTHING:
            raise StopIteration(item[1])  # what a generator returned
        return item


class Closing:
    """return(): an iterator made for one loop, which is told when the loop was left early."""

    __slots__ = ()

    def __del__(self):
        ref = self.__js__
        realm = ref.realm
        if realm.live:
            if realm.thread == get_ident():
                ref.close(ref)
            else:  # in a finaliser nobody may wait
                module("_calls").post(realm, type(ref).close, (ref,), {})


class Disposable:
    """Symbol.dispose"""

    __slots__ = ()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        ref = self.__js__
        ref.dispose(ref)


class Awaitable:
    """then(): a Promise, or what behaves like one"""

    __slots__ = ()

    def __await__(self):
        from pyduet._tasks import wait  # asyncio is imported with the first

        Awaitable.__await__ = wait
        return wait(self)


class Constructor:
    """A class: calling it does `new`."""

    __slots__ = ()

    def __call__(self, /, *args, **kwargs):
        ref = self.__js__
        return ref.construct(ref, *args, **kwargs)

    def __instancecheck__(self, value):
        ref = self.__js__
        return ref.is_instance(ref, value)

    def __subclasscheck__(self, kind):
        ref = self.__js__
        return ref.is_subclass(ref, kind)


abilities = {
    each.__name__: each
    for each in (Keyed, Symbol, Iterable, Iterator, Closing, Disposable, Awaitable, Constructor)
}
_classes = {}


def class_of(words):
    """The class of JsObjects that have all the abilities named."""
    kind = _classes.get(words)
    if kind is None:
        parts = [abilities[word] for word in words.split()]
        names = {
            "__slots__": (),
            "__doc__": JsObject.__doc__,
            "__module__": __name__,
        }
        if Keyed in parts and not any(issubclass(part, Iterable) for part in parts):
            # Else Python would take items for those of a sequence, and iterate.
            names["__iter__"] = names["__reversed__"] = None
        kind = _classes.setdefault(words, type("JsObject", (Live, *parts), names))
    return kind
