"""What a Python author does with symphony_bridge. tests/symphony/modules_pytest_test.ts hosts it."""

import asyncio
import dataclasses
import enum
import inspect
import logging
import os
import pydoc

import pytest

bridge = pytest.importorskip("symphony_bridge", reason="runs inside the TypeScript host alone")
ipc = pytest.importorskip("symphony_ipc")
pit = pytest.importorskip("symphony_pit")
import pyduet  # noqa: E402

MODULES = [ipc, pit, bridge]
SPEC = {
    "name": "bridged",
    "version": "1.0",
    "model_type": "Custom",
    "resource_requirements": {"memory_mb": 1, "cpu_cores": 1},
}


@pytest.fixture
def manager():
    return bridge.PitManager()


def members(module):
    for name in module.__all__:
        member = getattr(module, name)
        if callable(member):
            yield name, member
        if inspect.isclass(member) and not dataclasses.is_dataclass(member) and not issubclass(member, enum.Enum):
            for key, value in vars(member).items():
                if key.startswith("_"):
                    continue
                if isinstance(value, (classmethod, staticmethod)):
                    value = value.__func__
                if callable(value) or isinstance(value, property):
                    yield name + "." + key, value


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_everything_is_documented(module):
    assert inspect.getdoc(module)
    found = dict(members(module))
    assert len(found) > 30
    assert [name for name, member in found.items() if not inspect.getdoc(member)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_signatures_and_help_answer(module):
    for name, member in members(module):
        if inspect.isfunction(member):
            assert "args" not in inspect.signature(member).parameters, name
    shown = pydoc.plain(pydoc.render_doc(module))
    for name in module.__all__:
        assert name in shown


def test_help_shows_what_a_method_takes(manager):
    shown = pydoc.plain(pydoc.render_doc(bridge.PitManager.allocate_model_async))
    assert "allocate_model_async(self, spec, timeout" in shown
    assert "The same for a model that takes time; the timeout is in seconds." in shown
    parameters = inspect.signature(ipc.create_message).parameters
    assert list(parameters) == ["message_type", "payload", "source", "target", "priority"]
    assert parameters["source"].default == "python"
    assert parameters["target"].kind is inspect.Parameter.KEYWORD_ONLY
    assert inspect.iscoroutinefunction(bridge.PitManager.execute_workflow_async)


def test_a_class_of_two_modules_is_one():
    assert bridge.ModelHandle is pit.ModelHandle and bridge.ArtifactStore is pit.ArtifactStore
    assert bridge.ModelHandle.__module__ == "symphony_pit"
    assert isinstance(bridge.PitManager().pool, pit.PoolManager)


def test_managers_share_the_pit_of_the_process(manager):
    kept = manager.store_artifact(b"shared")
    assert bridge.create_pit_manager().get_artifact(kept) == b"shared"
    assert manager.retrieve_artifact("0" * 64) is None


def test_a_model_by_its_spec_that_is_not_loaded_yet(manager):
    loaded = []

    def load(spec):
        loaded.append(spec["name"])
        return lambda value: value

    manager.pool.register("bridged", load)
    value = {"live": object()}
    for _ in range(2):
        with manager.allocate_model(dict(SPEC)) as model:
            assert model.invoke(value) is value
    assert loaded == ["bridged"]


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda m: m.allocate_model({"name": "x"}), KeyError, "Missing 'version' field"),
        (lambda m: m.allocate_model({**SPEC, "model_type": "No"}), ValueError, "'model_type' must be one of"),
        (lambda m: m.store_artifact(5), TypeError, r"store_artifact\(\) argument 'content' must be .*, not int"),
        (lambda m: m.retrieve_artifact(None), TypeError, r"retrieve_artifact\(\) argument 'id' must be str, not None"),
        (lambda m: bridge.setup_logging("loud"), ValueError, "level must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'loud'"),
        (lambda m: bridge.ConductorManager("remote"), ValueError, "argument 'mode' must be 'embedded' or 'subprocess', not 'remote'"),
        (lambda m: bridge.PitManager(5), TypeError, "takes 1 positional argument but 2 were given"),
    ],
)
def test_wrong_arguments_are_errors_of_python(manager, call, error, text):
    with pytest.raises(error, match=text):
        call(manager)


def test_pit_errors_tell_the_operation(manager):
    with pytest.raises(pit.PitError, match="^Port operation failed: allocate_model: Model nobody not found; register it first$") as caught:
        manager.allocate_model("nobody")
    error = caught.value
    assert (error.kind, error.operation) == ("PitOperationFailed", "allocate_model")
    assert isinstance(error, (RuntimeError, pyduet.JsError)) and isinstance(error.__cause__, pyduet.JsError)


async def test_workflows_are_dicts_or_workflows(manager):
    manager.workflows.register("bridged", lambda node, inputs: node["configuration"]["value"] * 2)
    made = pit.Workflow("made").add_node("a", step_type="bridged", configuration={"value": "x"})
    definition = {"name": "w", "version": "1", "steps": [{"name": "a", "step_type": "bridged", "configuration": {"value": 2}}]}
    results = await asyncio.gather(
        asyncio.ensure_future(manager.execute_workflow_async(made)),
        bridge.WorkflowExecutor(manager).execute(definition, {"variables": {}}),
        manager.execute_workflow(definition),
    )
    assert [result["data"]["a"] for result in results] == ["xx", 4, 4]
    report = await manager.run_cleanup()
    assert isinstance(report["items_cleaned"], int) and report["mode"] == "safe"


async def test_a_conductor_decides_and_learns():
    conductor = bridge.ConductorManager("embedded", policy="mock")
    assert await conductor.status() is bridge.ConductorStatus.STOPPED
    with pytest.raises(bridge.ConductorError, match="submit_decision: it does not run") as caught:
        await conductor.submit_decision("route", ["a"])
    assert (caught.value.kind, caught.value.operation) == ("ConductorOperationFailed", "submit_decision")
    await conductor.start_conductor()
    try:
        decision = await conductor.submit_decision("route", ["only"], {"x": [1, None]})
        assert dataclasses.asdict(decision)["choice"] == "only"
        await conductor.submit_feedback(decision.id, 1.0)
        history = await conductor.get_decision_history(limit=1)
        assert history[0].decision == decision
        assert (await conductor.get_learning_metrics()).total_decisions == 1
    finally:
        await conductor.stop()
    assert await conductor.status() is bridge.ConductorStatus.STOPPED


async def test_threads_use_the_pit(manager):
    def work(n):
        kept = manager.store_artifact(b"thread %d" % n)
        report = pyduet.wait(manager.run_cleanup(), timeout=60)
        return manager.get_artifact(kept), report["dry_run"]

    loop = asyncio.get_running_loop()
    told = await asyncio.gather(*[loop.run_in_executor(None, work, n) for n in range(4)])
    assert told == [(b"thread %d" % n, False) for n in range(4)]


def test_it_tells_of_the_system():
    info = bridge.get_system_info()
    assert info["process_id"] == os.getpid() and info["version"] == bridge.VERSION
    assert bridge.BUILD_INFO["native_code"] is False
    logger = logging.getLogger("symphony")
    before = logger.level, list(logger.handlers)
    try:
        bridge.setup_logging("debug")
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before[0])
        logger.handlers[:] = before[1]
