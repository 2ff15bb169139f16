"""Context managers entered by TypeScript: the two halves of a `with` and of an `async with`."""


def kind_of(manager):
    """"async" for what `async with` takes, "sync" for what `with` takes, "" for neither."""
    kind = type(manager)
    if hasattr(kind, "__aenter__") and hasattr(kind, "__aexit__"):
        return "async"
    return "sync" if hasattr(kind, "__enter__") and hasattr(kind, "__exit__") else ""


def enter(manager):
    return type(manager).__enter__(manager)


def leave(manager, error):
    """Whether the manager suppresses the error, which is None where there was none."""
    return bool(type(manager).__exit__(manager, *_parts(error)))


class Held:
    """One `async with`, entered and left by one task, as TaskGroup and timeout() ask for."""

    def __init__(self, manager):
        self.manager = manager
        self.entered = self.left = self.error = None

    async def run(self, entered):
        """entered(): told when `take()` has a value. The error, or None, comes by `leave()`; whether it was suppressed."""
        from asyncio import get_running_loop

        manager = self.manager
        kind = type(manager)
        self.entered = await kind.__aenter__(manager)
        self.left = get_running_loop().create_future()
        entered()
        try:
            await self.left
        except BaseException as error:  # cancelled: by a timeout(), a TaskGroup, the program's end
            if not await kind.__aexit__(manager, *_parts(error)):
                raise
            return True
        error, self.error = self.error, None
        try:
            return bool(await kind.__aexit__(manager, *_parts(error)))
        finally:
            del error

    def take(self):
        """What `__aenter__` gave."""
        value, self.entered = self.entered, None
        return value

    def leave(self, error):
        self.error = error
        if not self.left.done():
            self.left.set_result(None)


def _parts(error):
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)
