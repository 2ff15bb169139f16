"""Messages, the bus on which the endpoints of Python and of its host meet, and the Conductor.
"""

import datetime
import types
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Literal, TypedDict, type_check_only

from pyduet import JsError
from typing_extensions import Never

__all__ = [
    "BusError",
    "ConductorError",
    "ConductorManager",
    "ConductorStatus",
    "Decision",
    "DecisionRecord",
    "IPCBus",
    "LearningMetrics",
    "Message",
    "MessageBuilder",
    "MessageError",
    "MessageHeader",
    "MessageType",
    "PitAccess",
    "Policy",
    "Priority",
    "ProtocolVersion",
    "Subscription",
    "create_message",
]

class Message:
    """A message. It never changes: what changes something gives another message."""

    def __init__(self, header: MessageHeader, payload: Any) -> None: ...
    @property
    def header(self) -> MessageHeader:
        """From whom, to whom, when."""

    @property
    def payload(self) -> Any:
        """What it carries."""

    @property
    def id(self) -> str:
        """Which message: a UUID."""

    @property
    def metadata(self) -> dict[str, Any]:
        """What else is known of it; a copy."""

    def with_metadata(self, key: str, value: Any) -> Message:
        """The same with one thing more known of it."""

    def get_metadata(self, key: str, default: Any = None) -> Any:
        """What is known of it under that key, else the default."""

    def is_expired(self) -> bool:
        """Whether it is older than it may be."""

    def age(self) -> datetime.timedelta:
        """How old it is."""

    def map_payload(self, change: Callable[..., Any]) -> Message:
        """The same with what the function makes of its payload."""

    def clone(self) -> Message:
        """Another message that says the same, with the very same payload."""

    def reply(self, payload: Any) -> Message:
        """Its answer: a Response to whoever sent it."""

    def failure(self, error: object) -> Message:
        """Its answer where it failed: an Error with the exception's class and text."""

    def to_bytes(self) -> bytes:
        """JSON in UTF-8."""

    @classmethod
    def builder(cls) -> MessageBuilder:
        """Makes a message step by step."""

    @classmethod
    def from_bytes(cls, data: bytes) -> Message:
        """The message that to_bytes() wrote. Raises MessageError for anything else."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __copy__(self) -> Any: ...
    def __repr__(self) -> str: ...

class MessageBuilder:
    """Makes messages step by step. Where nothing else is said the source is 'python', the target '*', everyone.
    """

    def __init__(self) -> None: ...
    def message_type(self, message_type: MessageType | str) -> MessageBuilder:
        """What it is for."""

    def source(self, source: str) -> MessageBuilder:
        """Who sends it."""

    def target(self, target: str) -> MessageBuilder:
        """Who is to take it; '*' is everyone."""

    def correlation_id(self, correlation_id: str | uuid.UUID) -> MessageBuilder:
        """The request to which it belongs."""

    def ttl(self, ttl: datetime.timedelta) -> MessageBuilder:
        """For how long it is worth reading."""

    def priority(self, priority: Priority | int) -> MessageBuilder:
        """What comes first where messages wait."""

    def version(self, version: ProtocolVersion) -> MessageBuilder:
        """The form of the message."""

    def payload(self, payload: Any) -> MessageBuilder:
        """What it carries; None too is a payload."""

    def metadata(self, key: str, value: Any) -> MessageBuilder:
        """One thing more that is known of it."""

    def build(self) -> Message:
        """The message. Raises MessageError where the type or the payload was not given.
        """

class MessageHeader:
    """From whom, to whom, when: what a message says of itself. It never changes."""

    def __init__(
        self,
        message_type: MessageType | str,
        source: str = "python",
        target: str = "*",
    ) -> None: ...
    @property
    def id(self) -> str:
        """Which message: a UUID."""

    @property
    def correlation_id(self) -> str | None:
        """The request to which it belongs."""

    @property
    def message_type(self) -> MessageType:
        """What it is for."""

    @property
    def source(self) -> str:
        """Who sends it."""

    @property
    def target(self) -> str:
        """Who is to take it; '*' is everyone."""

    @property
    def priority(self) -> Priority:
        """What comes first."""

    @property
    def version(self) -> ProtocolVersion:
        """The form of the message."""

    @property
    def ttl(self) -> datetime.timedelta | None:
        """For how long it is worth reading; None: for ever."""

    @property
    def timestamp(self) -> datetime.datetime:
        """When it was made."""

    def age(self) -> datetime.timedelta:
        """How old it is."""

    def is_expired(self) -> bool:
        """Whether it is older than it may be."""

    def with_correlation_id(self, correlation_id: str | uuid.UUID) -> MessageHeader:
        """The same, as part of that request."""

    def with_ttl(self, ttl: datetime.timedelta) -> MessageHeader:
        """The same, worth reading for that long."""

    def with_priority(self, priority: Priority | int) -> MessageHeader:
        """The same with that priority."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __repr__(self) -> str: ...

class MessageType:
    """What a message is for. There are five, each one object."""

    REQUEST: ClassVar[MessageType]
    RESPONSE: ClassVar[MessageType]
    EVENT: ClassVar[MessageType]
    ERROR: ClassVar[MessageType]
    HEARTBEAT: ClassVar[MessageType]

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def name(self) -> str:
        """'Request', 'Response', …"""

    @property
    def description(self) -> str:
        """What it is for, in a few words."""

    def expects_response(self) -> bool:
        """Whether its sender waits for an answer."""

    @staticmethod
    def of(name: str) -> MessageType:
        """The type of that name."""

    @staticmethod
    def all() -> list[MessageType]:
        """All five."""

    def __str__(self) -> str: ...
    def __repr__(self) -> str: ...

class Priority:
    """What comes first where messages wait: a level, of which five have names. Higher is earlier.
    """

    CRITICAL: ClassVar[Priority]
    HIGH: ClassVar[Priority]
    NORMAL: ClassVar[Priority]
    LOW: ClassVar[Priority]
    BACKGROUND: ClassVar[Priority]

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def level(self) -> int:
        """The number."""

    def is_system_level(self) -> bool:
        """Whether it is one of the five that have names."""

    @staticmethod
    def custom(level: int) -> Priority:
        """The priority of a level: a whole number of 32 bits."""

    @staticmethod
    def all() -> list[Priority]:
        """The five that have names, the highest first."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __lt__(self, other: Priority, /) -> bool: ...
    def __le__(self, other: Priority, /) -> bool: ...
    def __gt__(self, other: Priority, /) -> bool: ...
    def __ge__(self, other: Priority, /) -> bool: ...
    def __int__(self) -> int: ...
    def __str__(self) -> str: ...
    def __repr__(self) -> str: ...

class ProtocolVersion:
    """Which form of messages a program speaks."""

    CURRENT: ClassVar[ProtocolVersion]

    def __init__(self, major: int, minor: int) -> None: ...
    @property
    def major(self) -> int:
        """Another one means another form."""

    @property
    def minor(self) -> int:
        """Counts what was added."""

    def is_compatible(self, other: ProtocolVersion) -> bool:
        """Whether both have the same first number."""

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __str__(self) -> str: ...
    def __repr__(self) -> str: ...

class MessageError(JsError):
    """A message that cannot be made, read or delivered."""

    def __init__(self, kind: str, message: str) -> None: ...
    @property
    def kind(self) -> str:
        """What is wrong: 'MissingField', 'TtlExpired' and so on."""

    @property
    def field(self) -> str | None:
        """The field of the message that is meant, where it is one."""

    def is_recoverable(self) -> bool:
        """Whether the sender can mend it and try again."""

    def category(self) -> str:
        """The group of the kind: validation, expiration, compatibility, serialization or parsing.
        """

    def __str__(self) -> str: ...

class IPCBus:
    """The bus of this process, on which the endpoints of Python and of its host meet.
    """

    def __init__(self) -> None: ...
    @property
    def is_shut_down(self) -> bool:
        """Whether it takes no more messages."""

    async def send(self, message: Message) -> int:
        """Sends a message, and waits until its handlers are done; how many took it. It is no error if nobody is there for the target '*', everyone.
        """

    async def request(
        self,
        message: Message,
        *,
        timeout: float | None = None,
    ) -> Message:
        """Sends a Request and waits for its answer. timeout: seconds."""

    async def publish(self, topic: str, message: Message) -> int:
        """Gives a topic's subscribers a message; how many took it."""

    async def respond(self, request: Message, answer: Any) -> None:
        """Answers a request: with a Message of type Response or Error, or with anything else as the payload of a Response.
        """

    def subscribe(
        self,
        topic: str,
        *,
        capacity: int | None = None,
        overflow: Literal[
            "block",
            "drop_oldest",
            "drop_newest",
            "error",
        ] = "drop_oldest",
    ) -> Subscription:
        """The messages of a topic, or of a pattern of topics (*, ?, [a-z]), from now on.
        """

    def register(
        self,
        endpoint: str,
        handler: Callable[..., Any],
        *,
        concurrency: int | None = None,
        manual: bool = False,
        check: Callable[..., Any] | None = None,
    ) -> None:
        """Makes a function, async or not, an endpoint. concurrency: how many messages it handles at the same time. manual: it answers by respond() alone. check: says whether it is well; asked once start_health_checks() was called.
        """

    def handle(
        self,
        endpoint: str,
        *,
        concurrency: int | None = None,
        manual: bool = False,
        check: Callable[..., Any] | None = None,
    ) -> Callable[..., Any]:
        """A decorator that makes a function an endpoint. concurrency: how many messages it handles at the same time. manual: it answers by respond() alone. check: says whether it is well; asked once start_health_checks() was called.
        """

    def unregister(self, endpoint: str) -> None:
        """Takes an endpoint away, and the routes to it."""

    def endpoints(self) -> list[str]:
        """The ids of the endpoints here."""

    def register_route(self, pattern: str, endpoint: str, priority: int = 0) -> None:
        """Has targets lead to an endpoint: a name, or a pattern (*, ?, [a-z])."""

    def remove_route(self, pattern: str, endpoint: str | None = None) -> None:
        """Takes the routes of a pattern away, or the one to that endpoint."""

    def metrics(self) -> dict[str, float]:
        """What it has counted; times in milliseconds."""

    def health(self, endpoint: str) -> EndpointHealth:
        """How an endpoint is."""

    def start_health_checks(self) -> None:
        """Asks the checks of the endpoints every 5 seconds, until the bus ends."""

    async def shutdown(self, *, grace: float | None = None) -> None:
        """Takes no more messages, waits for handlers and answers, at most for so many seconds (10), and closes. Coroutines that take longer are cancelled.
        """

    @classmethod
    def create(
        cls,
        *,
        max_message_size: int | None = None,
        correlation_timeout: float | None = None,
        max_concurrent_deliveries: int | None = None,
        pubsub_channel_capacity: int | None = None,
        failure_threshold: int | None = None,
        circuit_breaker_timeout: float | None = None,
    ) -> IPCBus:
        """A bus of its own, which nobody has who is not given it. Times in seconds, sizes in bytes.
        """

    def __repr__(self) -> str: ...

class Subscription:
    """The messages of a topic, the most urgent of those that wait first: for `async for` and `async with`.
    """

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def id(self) -> int:
        """Its number on its bus."""

    @property
    def pattern(self) -> str:
        """A topic, or a pattern of topics."""

    @property
    def capacity(self) -> int:
        """How many messages may wait."""

    @property
    def size(self) -> int:
        """How many messages wait."""

    @property
    def lagged(self) -> int:
        """How many messages were dropped since there was no room."""

    @property
    def closed(self) -> bool:
        """Whether no more come in. Those that wait may still be taken."""

    async def recv(self) -> Message | None:
        """The next message; None when the subscription has ended."""

    def try_recv(self) -> Message | None:
        """The next message, if one waits."""

    def close(self) -> None:
        """Ends it and forgets what waits."""

    def __aiter__(self) -> Subscription: ...
    def __anext__(self) -> Awaitable[Message]: ...
    async def __aenter__(self) -> Subscription: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
        /,
    ) -> bool | None: ...
    def __repr__(self) -> str: ...

class BusError(JsError):
    """What a bus could not do. What a handler raised is the __cause__ of 'DeliveryFailed'.
    """

    def __init__(self, kind: str, message: str) -> None: ...
    @property
    def kind(self) -> str:
        """What went wrong: 'NoRouteFound' and so on."""

    @property
    def reason(self) -> str | None:
        """What went wrong more exactly, such as 'RequestTimeout', where the kind is a part of the bus.
        """

    def __str__(self) -> str: ...

class ConductorManager:
    """Starts, stops and asks a Conductor: in this process ('embedded'), or in one of its own ('subprocess').
    """

    def __init__(
        self,
        mode: Literal["embedded", "subprocess"] = "embedded",
        policy: Literal["linucb", "thompson", "q_learning", "mock"] = "linucb",
        seed: int = 0,
        path: str | None = None,
        startup_timeout: float = 30.0,
        max_restarts: int = 5,
    ) -> None: ...
    async def start_conductor(self) -> None:
        """Starts it; ready when awaited."""

    async def stop(self) -> None:
        """Stops it."""

    async def restart(self) -> None:
        """Stops it and starts it again."""

    async def status(self) -> ConductorStatus:
        """How it is."""

    def get_pit_access(self) -> PitAccess:
        """The Pit beside it."""

    async def submit_decision(
        self,
        context_type: str,
        options: list[str],
        data: dict[str, Any] = ...,
    ) -> Decision:
        """A choice among options."""

    async def submit_feedback(
        self,
        decision_id: str,
        score: float,
        message: str | None = None,
    ) -> None:
        """Tells how good a decision was, from -1 to 1."""

    async def get_decision_history(self, limit: int = 100) -> list[DecisionRecord]:
        """The last decisions, the newest first."""

    async def update_policy(self, id: str, name: str, rules: dict[str, Any]) -> None:
        """Sets a policy's rules."""

    async def get_active_policies(self) -> list[Policy]:
        """The policies in force."""

    async def get_learning_metrics(self) -> LearningMetrics:
        """How well it learns."""

class ConductorError(JsError, RuntimeError):
    """An operation of the Conductor failed."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def kind(self) -> str:
        """What went wrong, in one word."""

    @property
    def operation(self) -> str:
        """The operation that failed."""

class ConductorStatus(Enum):
    """How a Conductor is."""

    STOPPED = "Stopped"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    FAILED = "Failed"

class PitAccess:
    """The Pit beside a Conductor. Dicts have the port's names in snake_case; times are in seconds.
    """

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    async def allocate_model(self, spec: dict[str, Any]) -> str:
        """A model, loaded and ready; its handle."""

    async def deallocate_model(self, handle: str) -> None:
        """Gives a model back."""

    async def get_model_status(self, handle: str) -> str:
        """How an allocated model is."""

    async def create_workflow(self, definition: dict[str, Any]) -> str:
        """Takes a workflow in; its id."""

    async def execute_workflow(
        self,
        id: str,
        context: dict[str, Any] = ...,
    ) -> dict[str, Any]:
        """Runs a workflow to its end."""

    async def get_workflow_status(self, id: str) -> str:
        """How a workflow's last execution is."""

    async def store_artifact(
        self,
        content: bytes,
        content_type: str = "application/octet-stream",
        metadata: dict[str, Any] = ...,
    ) -> str:
        """Keeps content; its id is its SHA-256."""

    async def retrieve_artifact(self, id: str) -> dict[str, Any]:
        """Content that was kept."""

    async def delete_artifact(self, id: str) -> None:
        """Forgets content."""

    async def submit_decision(self, context: dict[str, Any]) -> dict[str, Any]:
        """A choice among options."""

    async def get_policy(self, id: str) -> dict[str, Any]:
        """The rules of that id."""

    async def mark_stale(self, resource_id: str) -> None:
        """Marks a resource as no longer wanted."""

    async def cleanup_stale(self, age: float) -> dict[str, Any]:
        """Removes what has been stale for that long."""

@dataclass
class Decision:
    """What was decided."""

    id: str
    choice: str
    confidence: float
    reasoning: str | None

@dataclass
class DecisionRecord:
    """A decision, with what was asked, and when, in seconds since 1970."""

    id: str
    context: dict[str, Any]
    decision: Decision
    timestamp: float

@dataclass
class Policy:
    """Rules by which is decided."""

    id: str
    name: str
    rules: dict[str, Any]

@dataclass
class LearningMetrics:
    """How well a Conductor learns."""

    total_decisions: int
    average_confidence: float
    success_rate: float
    learning_rate: float

@type_check_only
class EndpointHealth(TypedDict):
    endpoint: str
    status: Literal["Healthy", "Unhealthy", "Down", "Unknown"]
    consecutive_failures: int
    average_response_time: float | None

def create_message(
    message_type: MessageType | str,
    payload: Any = None,
    *,
    source: str = "python",
    target: str = "*",
    priority: Priority | int | None = None,
) -> Message:
    """A message in one call."""
