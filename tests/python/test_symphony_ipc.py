"""What a Python author does with symphony_ipc. tests/symphony/modules_pytest_test.ts hosts it, with the endpoint "host"."""

import asyncio
import copy
import datetime
import json
import pathlib
import threading
import uuid

import pytest

ipc = pytest.importorskip("symphony_ipc", reason="runs inside the TypeScript host alone")
pit = pytest.importorskip("symphony_pit")
bridge = pytest.importorskip("symphony_bridge")
import pyduet  # noqa: E402

DATA = json.loads((pathlib.Path(__file__).parent.parent / "fixtures" / "test_data.json").read_text(encoding="utf-8"))


@pytest.fixture
def bus():
    return ipc.IPCBus.create()


def same(one, other):
    """Equal, and of the same types all the way down: 1 == 1.0 == True."""
    if isinstance(one, dict):
        return type(other) is dict and list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return type(other) is list and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def test_json_keeps_every_kind_of_value():
    message = ipc.create_message("Request", DATA, target="x")
    again = ipc.Message.from_bytes(message.to_bytes())
    assert again == message
    assert same(again.payload, DATA)
    assert same(json.loads(message.to_bytes())["payload"], DATA)


async def test_the_host_reads_the_same_data():
    """The host compares with what it reads of the file, through the bus and out of its store, and answers with its own."""

    manager = bridge.PitManager()
    kept = manager.store_artifact(json.dumps(DATA), {"content_type": "application/json"})
    answer = await ipc.IPCBus().request(ipc.create_message("Request", {"data": DATA, "kept": kept}, target="host"))
    assert same(answer.payload["data"], DATA)
    content = manager.get_artifact(answer.payload["kept"])
    assert isinstance(content, bytes)
    assert same(json.loads(content.decode("utf-8")), DATA)


async def test_a_payload_is_the_very_object(bus):
    payload = object()
    message = ipc.create_message("Event", payload)
    assert message.payload is payload
    assert message.clone().payload is payload
    assert copy.copy(message).payload is payload

    bus.register("echo", lambda message: message.payload)
    answer = await bus.request(ipc.create_message("Request", payload, target="echo"))
    assert answer.payload is payload


def test_messages_never_change():
    message = ipc.create_message("Event", 1)
    with pytest.raises(AttributeError):
        message.payload = 2
    message.metadata["key"] = 1
    assert message.metadata == {}
    more = message.with_metadata("key", [1])
    assert more.metadata == {"key": [1]} and more.get_metadata("none", "default") == "default"


def test_headers_are_of_python_types():
    correlation = uuid.uuid4()
    header = ipc.create_message("Event", 1).header.with_correlation_id(correlation)
    header = header.with_ttl(datetime.timedelta(seconds=1.5)).with_priority(7)
    assert header.correlation_id == str(correlation)
    assert header.ttl == datetime.timedelta(seconds=1.5)
    assert isinstance(header.timestamp, datetime.datetime)
    assert header.priority == ipc.Priority.custom(7) < ipc.Priority.HIGH
    assert header.message_type is ipc.MessageType.EVENT
    assert uuid.UUID(header.id).version == 4


@pytest.mark.parametrize(
    "make, error, text",
    [
        (lambda: ipc.create_message(5), TypeError, r"create_message\(\) argument 'message_type' must be MessageType or str, not int"),
        (lambda: ipc.create_message(), TypeError, "missing 1 required positional argument: 'message_type'"),
        (lambda: ipc.Message.builder().ttl(5), TypeError, r"MessageBuilder.ttl\(\) argument 'ttl' must be datetime.timedelta, not int"),
        (lambda: ipc.MessageType(), TypeError, "cannot create 'symphony_ipc.MessageType' instances"),
        (
            lambda: ipc.IPCBus().subscribe("a", overflow="drop"),
            ValueError,
            r"argument 'overflow' must be 'block' or 'drop_oldest' or 'drop_newest' or 'error', not 'drop'",
        ),
    ],
)
def test_wrong_arguments_are_errors_of_python(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    "make, kind, field, category, recoverable",
    [
        (lambda: ipc.Message.builder().build(), "MissingField", "message_type", "validation", True),
        (lambda: ipc.Message.builder().message_type("Event").build(), "MissingField", "payload", "validation", True),
        (lambda: ipc.create_message("Nope"), "InvalidMessageType", "message_type", "validation", True),
        (lambda: ipc.Message.builder().source(""), "InvalidEndpointId", "source", "validation", True),
        (lambda: ipc.Priority.custom(2**40), "InvalidPriority", "priority", "validation", True),
        (lambda: ipc.create_message("Event", float("nan")).to_bytes(), "Serialization", "payload", "serialization", True),
    ],
)
def test_message_errors_say_what_is_wrong(make, kind, field, category, recoverable):
    with pytest.raises(ipc.MessageError) as caught:
        make()
    error = caught.value
    assert (error.kind, error.field, error.category(), error.is_recoverable()) == (kind, field, category, recoverable)
    assert isinstance(error, pyduet.JsError) and str(error) == error.message


async def test_what_a_handler_raises_is_the_cause(bus):
    raised = KeyError("why")

    def fails(message):
        raise raised

    bus.register("fails", fails)
    for ask in (bus.send, bus.request):
        with pytest.raises(ipc.BusError, match="fails failed: KeyError: 'why'") as caught:
            await ask(ipc.create_message("Request", 1, target="fails"))
        assert caught.value.kind == "DeliveryFailed"
        assert caught.value.__cause__ is raised
    with pytest.raises(ipc.BusError, match='nobody takes messages for "nobody"') as caught:
        await bus.send(ipc.create_message("Request", 1, target="nobody"))
    assert (caught.value.kind, caught.value.reason) == ("NoRouteFound", None)


async def test_requests_are_gathered_cancelled_and_time_out(bus):
    arrived, released = asyncio.Event(), asyncio.Event()

    @bus.handle("slow", concurrency=3)
    async def slow(message):
        arrived.set()
        await released.wait()

    bus.register("double", lambda message: 2 * message.payload)
    asked = [bus.request(ipc.create_message("Request", n, target="double")) for n in range(5)]
    assert [answer.payload for answer in await asyncio.gather(*asked)] == [0, 2, 4, 6, 8]

    task = asyncio.ensure_future(bus.request(ipc.create_message("Request", "task", target="slow")))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ipc.BusError, match="timed out: no answer came within 1 ms") as caught:
        await bus.request(ipc.create_message("Request", "late", target="slow"), timeout=0.001)
    assert (caught.value.kind, caught.value.reason) == ("Correlation", "RequestTimeout")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(bus.request(ipc.create_message("Request", "wait_for", target="slow")), 0.001)
    released.set()
    await bus.shutdown()
    assert bus.is_shut_down


async def test_subscriptions_are_iterated(bus):
    async with bus.subscribe("topic.*", capacity=2) as subscription:
        for n in range(3):
            await bus.publish("topic.a", ipc.create_message("Event", n))
        assert (subscription.size, subscription.lagged) == (2, 1)
        assert (await subscription.recv()).payload == 1
        async for message in subscription:
            assert message.payload == 2
            break
        assert subscription.try_recv() is None
        waiting = asyncio.ensure_future(subscription.recv())
        await bus.publish("topic.b", ipc.create_message("Event", "woken"))
        assert (await waiting).payload == "woken"
    assert subscription.closed and await subscription.recv() is None


async def test_threads_wait_for_answers(bus):
    """A thread waits by pyduet.wait(); the event loop goes on meanwhile."""
    answers = []

    def work(n):
        request = bus.request(ipc.create_message("Request", n, target="thread_name"))
        answers.append(pyduet.wait(request).payload)

    home = threading.current_thread().name
    bus.register("thread_name", lambda message: [message.payload, threading.current_thread().name])
    loop = asyncio.get_running_loop()
    await asyncio.gather(*[loop.run_in_executor(None, work, n) for n in range(4)])
    assert sorted(answers) == [[n, home] for n in range(4)]
