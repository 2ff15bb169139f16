"""A crew of Dask's workers, on the event loop that asks."""

from typing import Any, List, Optional, Tuple

try:
    import dask.config
    from distributed import Client, LocalCluster
    from distributed.scheduler import KilledWorker
except ModuleNotFoundError as error:
    if error.name not in ("dask", "distributed"):
        raise
    raise ImportError("dask() needs Dask: pip install 'dask[distributed]'") from None


def there(text: str, name: str, *args: Any) -> Any:
    """Calls a function of a text on a worker, where the text becomes a module once."""
    import sys
    import types

    module = sys.modules.get("symphony_dask_worker")
    if module is None:
        made = types.ModuleType("symphony_dask_worker")
        exec(compile(text, "<symphony_dask_worker>", "exec"), made.__dict__)
        module = sys.modules.setdefault(made.__name__, made)
    return getattr(module, name)(*args)


async def there_async(there: Any, *args: Any) -> Any:
    """The same for a function that is asynchronous."""
    return await there(*args)


# No worker can import this module: what is said to be of __main__ goes by value.
there.__module__ = there_async.__module__ = "__main__"


class Crew:
    """Workers of a cluster of one's own, or of one that runs already."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cluster: Any = None
        self.client: Any = None

    async def open(self, address: Optional[str], workers: int, processes: bool, seconds: float) -> int:
        """How many runs it can make at the same time."""
        if address is None:
            self.cluster = await LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=processes,
                dashboard_address=None,
                asynchronous=True,
            )
        self.client = await Client(self.cluster or address, asynchronous=True, timeout=seconds)
        await self.client.wait_for_workers(1, timeout=seconds)
        threads = await self.client.nthreads()
        return sum(threads.values())

    async def run(self, setup: Any, line: str) -> List[Optional[str]]:
        """The outcome as a line; or what failed, and how."""
        try:
            future = self.client.submit(there, self.text, "run_task", setup, line, pure=False)
            answer: Tuple[Optional[str], ...] = await future
            return list(answer)
        except KilledWorker as error:
            return [None, "run", str(error)]

    async def end(self, job: str, kill: bool) -> None:
        """Ends the runtimes of a job."""
        if self.client is not None:
            await self.client.run(there_async, there, self.text, "end_children", job, kill)

    async def close(self) -> None:
        """Leaves the scheduler; ends a cluster of one's own."""
        if self.client is not None:
            await self.client.close()
        if self.cluster is not None:
            # For a lost worker it would look again later, and keep the program alive until then.
            with dask.config.set({"distributed.deploy.lost-worker-timeout": 0}):
                await self.cluster.close()
