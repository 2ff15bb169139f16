"""What a Python author does with symphony_pit. tests/symphony/modules_pytest_test.ts hosts it."""

import asyncio
import threading

import pytest

pit = pytest.importorskip("symphony_pit", reason="runs inside the TypeScript host alone")
import pyduet  # noqa: E402

SPEC = {
    "name": "model",
    "version": "1.0",
    "model_type": "Custom",
    "resource_requirements": {"memory_mb": 1, "cpu_cores": 1},
}


def spec(**fields):
    return {**SPEC, **fields}


def without(name):
    return {key: value for key, value in SPEC.items() if key != name}


@pytest.fixture
def pool():
    pool = pit.PoolManager(2)
    pool.register("model", lambda spec: lambda value: value)
    return pool


@pytest.fixture
def tracker():
    return pit.DagTracker()


def steps(*types):
    made = [{"name": "n%d" % i, "step_type": kind, "configuration": {}} for i, kind in enumerate(types)]
    return {"name": "w", "version": "1", "steps": made}


@pytest.mark.parametrize(
    "wanted, error, text",
    [
        (without("version"), KeyError, "Missing 'version' field"),
        (spec(name=5), TypeError, "'name' must be str, not int"),
        (spec(model_type="No"), ValueError, "'model_type' must be one of 'Language', 'Vision', 'Audio', 'Multimodal', 'Custom', not 'No'"),
        (spec(resource_requirements={"memory_mb": "much", "cpu_cores": 1}), TypeError, "memory_mb' must be int, not str"),
        (5, TypeError, "must be .*, not int"),
    ],
)
def test_wrong_specs_are_errors_of_python(pool, wanted, error, text):
    with pytest.raises(error, match=text):
        pool.allocate(wanted)


def test_constructors_check_what_they_take():
    with pytest.raises(ValueError, match="capacity must be at least 1, not 0"):
        pit.PoolManager(0)
    with pytest.raises(TypeError, match=r"PoolManager.__init__\(\) argument 'capacity' must be int, not str"):
        pit.PoolManager("many")
    with pytest.raises(TypeError, match="cannot create 'symphony_pit.ModelHandle' instances"):
        pit.ModelHandle()


def test_models_take_and_give_the_very_object(pool):
    value = object()
    with pool.allocate(SPEC) as handle:
        assert handle.invoke(value) is value
        assert handle.spec["name"] == "model" and handle.get_status() == "Ready"
    with pytest.raises(pit.PitError, match="deallocate_model: Model model@1.0 not found; it was deallocated") as caught:
        handle.deallocate()
    assert (caught.value.kind, caught.value.operation) == ("PitOperationFailed", "deallocate_model")
    assert isinstance(caught.value, RuntimeError)
    metrics = pool.cache_metrics()
    assert metrics["size"] == 1 and isinstance(metrics["size"], int) and isinstance(metrics["hit_rate"], float)


def test_what_a_loader_or_model_raises_is_kept(pool):
    missing = OSError("no file")

    def broken(spec):
        raise missing

    pool.register("broken", broken)
    with pytest.raises(pit.PitError, match="allocate_model: Model broken@1.0 could not be loaded: OSError: no file") as caught:
        pool.allocate("broken")
    assert caught.value.__cause__ is missing
    pool.register("divides", lambda spec: lambda value: 1 / value)
    with pool.allocate("divides") as handle, pytest.raises(ZeroDivisionError):
        handle.invoke(0)


async def test_a_full_pool_is_waited_for(pool):
    only = pit.PoolManager(1, max_allocations=1)
    only.register("model", lambda spec: str)
    held = only.allocate("model")
    with pytest.raises(pit.ResourceExhausted) as caught:
        only.allocate("model")
    assert isinstance(caught.value, pit.PitError)
    with pytest.raises(TimeoutError):
        await only.allocate_async("model", timeout=0.001)
    waiting = asyncio.ensure_future(only.allocate_async("model", timeout=60))
    cancelled = asyncio.ensure_future(only.allocate_async("model", timeout=60))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    held.deallocate()
    with await waiting as handle:
        assert handle.invoke(5) == "5"
    report = await only.shutdown()
    assert report["drained"] is True and report["failed"] == []


async def test_workflows_run_python(tracker):
    @tracker.runner("one")
    def one(node, inputs):
        return [1, {"a": (2, 3)}]

    @tracker.runner("count")
    async def count(node, inputs):
        await asyncio.sleep(0)
        return len(inputs["n0"])

    definition = steps("one", "count")
    definition["dependencies"] = [{"from": "n0", "to": "n1", "dependency_type": "Hard"}]
    workflow = tracker.create_workflow(definition)
    first, second = await asyncio.gather(tracker.execute_workflow(workflow), tracker.execute_workflow(workflow))
    assert first["data"] == second["data"] == {"n0": [1, {"a": [2, 3]}], "n1": 2}
    assert first["status"] == "Completed" and isinstance(first["duration"], float)


async def test_a_workflow_fails_with_the_cause(tracker):
    boom = ValueError("boom")

    def fails(node, inputs):
        raise boom

    tracker.register("fails", fails)
    with pytest.raises(pit.PitError, match='execute_workflow: workflow "w" failed: ValueError: boom') as caught:
        await tracker.execute_workflow(tracker.create_workflow(steps("fails")))
    assert caught.value.__cause__ is boom
    with pytest.raises(KeyError, match="Missing 'version' field"):
        tracker.create_workflow({"name": "w"})
    with pytest.raises(pit.PitError, match="get_workflow_status: Workflow nobody not found"):
        tracker.get_workflow_status("nobody")


async def test_cancelling_the_task_cancels_the_coroutine(tracker):
    ended = []

    arrived = asyncio.Event()

    @tracker.runner("hangs")
    async def hangs(node, inputs):
        arrived.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(node["name"])

    workflow = tracker.create_workflow(steps("hangs"))
    task = asyncio.ensure_future(tracker.execute_workflow(workflow))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tracker.get_workflow_status(workflow) == "Cancelled"
    # The coroutine is told in a turn of its own.
    while not ended:
        await asyncio.sleep(0)
    assert ended == ["n0"]


def test_artifacts_are_bytes(tmp_path):
    with pit.ArtifactStore(tmp_path / "store", durable=False) as store:
        text = store.store("grün", {"tags": ["a"], "colour": 1})
        assert store.store("grün".encode("utf-8")) == text == store.store(bytearray("grün".encode("utf-8")))
        assert store.retrieve(text) == "grün".encode("utf-8")
        assert bytes(store.retrieve_view(text)) == store.retrieve(text)
        assert store.metadata(text)["custom"] == {"colour": 1}
        assert store.retrieve("0" * 64) is None and ("0" * 64) not in store and text in store
        with pytest.raises(TypeError, match="'tags' must be list, not str"):
            store.store(b"x", {"tags": "a"})
        with pytest.raises(pit.PitError, match="not found"):
            store.delete("0" * 64)


async def test_streams_are_asynchronous_iterators(tmp_path):
    async def chunks():
        for n in range(3):
            yield bytes([n]) * 1000

    with pit.ArtifactStore(tmp_path / "store", durable=False) as store:
        kept = await store.store_stream(chunks())
        parts = [part async for part in store.retrieve_stream(kept)]
        assert b"".join(parts) == bytes(1000) + b"\1" * 1000 + b"\2" * 1000


async def test_threads_wait_for_models(pool):
    async def load_later(spec):
        await asyncio.sleep(0)
        return lambda value: threading.current_thread().name

    def work():
        with pyduet.wait(pool.allocate_async("late")) as handle:
            return handle.invoke()

    pool.register("late", load_later)
    with pytest.raises(pit.PitError, match=r"takes time to be loaded: await pool.allocate_async\(...\)") as caught:
        pool.allocate("late")
    assert caught.value.kind == "SynchronizationError"
    loop = asyncio.get_running_loop()
    # A model is run on the thread of the event loop, whoever asks.
    assert await loop.run_in_executor(None, work) == threading.current_thread().name


def test_arbitration_decides():
    engine = pit.ArbitrationEngine({"models": 1}, "Priority")
    requests = [
        {"id": name, "user_id": name, "needs": {"models": 1}, "priority": priority}
        for name, priority in (("low", 1), ("high", 9))
    ]
    decided = engine.arbitrate(requests)
    assert decided["granted"] == ["high"] and [name for name, _ in decided["deferred"]] == ["low"]
    assert engine.waiting == ["low"] and engine.held == ["high"]
    with pytest.raises(KeyError, match="user_id"):
        engine.arbitrate([{"id": "x"}])
    with pytest.raises(pit.PitError, match="get_policy: Policy nobody not found"):
        engine.get_policy("nobody")
