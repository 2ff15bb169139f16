"""The Pit's components: pools, workflows, artifacts, arbitration, retention."""

import builtins
import datetime
import os
import pathlib
import types
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, type_check_only

from pyduet import JsError
from typing_extensions import Buffer, Never

__all__ = [
    "ArbitrationEngine",
    "ArtifactStore",
    "Checkpoint",
    "CheckpointStore",
    "DagTracker",
    "Execution",
    "ModelHandle",
    "PitError",
    "PoolManager",
    "ResourceExhausted",
    "StaleManager",
    "Workflow",
]

_Literal1 = Literal["Instrument", "Operator", "Control", "Input", "Output"]
_Literal2 = Literal[
    "Pending",
    "Running",
    "Paused",
    "WaitingForInput",
    "Completed",
    "Failed",
    "Cancelled",
]
_Literal3 = Literal[
    "Priority",
    "RoundRobin",
    "Collaborative",
    "Queue",
    "WeightedRandom",
]

class PoolManager:
    """Keeps models loaded, the ones used last, within a count and a size of memory.

    A model is asked for by a registered name, or by a spec, which is a dict.
    """

    def __init__(
        self,
        capacity: int = 8,
        *,
        max_memory_mb: float | None = None,
        max_allocations: int | None = None,
    ) -> None: ...
    @property
    def registered(self) -> builtins.list[str]:
        """The names that are registered."""

    def register(
        self,
        name: str,
        loader: Callable[..., Any],
        *,
        spec: dict[str, Any] | None = None,
    ) -> None:
        """Say how models of that name are loaded: by a class, a function or an async function that takes the spec as a dict. A model is a callable, or has invoke(input), and perhaps save(), release() and health_check().
        """

    def allocate(self, spec: str | dict[str, Any]) -> ModelHandle:
        """The model, loaded at once if it is not. RuntimeError where that takes time, or there is no room.
        """

    async def allocate_async(
        self,
        spec: str | dict[str, Any],
        timeout: float | None = None,
    ) -> ModelHandle:
        """The model, loaded if it is not; waits for room as long as the timeout, in seconds. RuntimeError where there is none, TimeoutError after that.
        """

    def try_allocate(self, spec: str | dict[str, Any]) -> ModelHandle | None:
        """The model if it is loaded and can be had at once, or None."""

    def get_model_status(self, handle: str | ModelHandle) -> str:
        """How an allocated model is, by its handle or the handle's id."""

    def deallocate(self, handle: str | ModelHandle) -> None:
        """Take a model back, by its handle or the handle's id."""

    async def prewarm(self, spec: str | dict[str, Any]) -> bool:
        """Load a model that is cold, if there is room; whether it is loaded."""

    async def cool(self, spec: str | dict[str, Any]) -> bool:
        """Save and release a model that nobody has; whether there was one."""

    async def evict_to_memory(self, memory_mb: float) -> builtins.list[str]:
        """Save and release what was unused for longest, until the rest takes no more megabytes; which.
        """

    def lifecycle(self, model_id: str) -> dict[str, Any] | None:
        """The state of a model such as 'gpt@1.0', and how it came to it; None if nobody asked for it.
        """

    def cache_metrics(self) -> CacheMetrics:
        """How well the pool serves."""

    def on_transition(self, listener: Callable[..., Any]) -> Callable[..., Any]:
        """Call the function with each change of any model, as a dict; the result ends that. What it raises is printed, and stops nothing.
        """

    async def check_health(self) -> builtins.list[dict[str, Any]]:
        """Look at every loaded model, and give up those that were unwell too often in a row.
        """

    async def shutdown(self, drain_timeout: float | None = None) -> ShutdownReport:
        """Wait for what runs (no longer than drain_timeout seconds), save and release all models.
        """

    def __repr__(self) -> str: ...

class ModelHandle:
    """An allocated model. Give it back by deallocate(), or use it in a with statement.
    """

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def id(self) -> str:
        """A UUID."""

    @property
    def spec(self) -> dict[str, Any]:
        """Which model it is."""

    def get_status(self) -> str:
        """Loading, Ready, Busy, Failed or Deallocating."""

    def invoke(self, input: object = None) -> Any:
        """Let the model work. What an asynchronous model gives is to be awaited."""

    async def invoke_async(self, input: object = None) -> Any:
        """Let the model work, and wait for it."""

    def deallocate(self) -> None:
        """Give the model back. Not twice."""

    def __enter__(self) -> ModelHandle: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
        /,
    ) -> bool | None: ...
    def __repr__(self) -> str: ...

class DagTracker:
    """Runs workflows: each node after all that it needs, as many at a time as may be, the most urgent first. With checkpoints, each node that ended is on the disk before what follows it begins, and a whole checkpoint is written after so many nodes.
    """

    def __init__(
        self,
        *,
        max_concurrency: int = 1000,
        checkpoints: CheckpointStore | None = None,
        checkpoint_every: int = 1000,
    ) -> None: ...
    def register(self, step_type: str, runner: object, *, thread: bool = False) -> None:
        """Say what runs the nodes of a type: a function, `async def` or not, of a node and its inputs, both as dicts; or an object with such a method `run`. With thread=True it is called in a thread.
        """

    def runner(self, step_type: str, *, thread: bool = False) -> Callable[..., Any]:
        """A decorator that registers a function."""

    def create_workflow(self, definition: Workflow | dict[str, Any]) -> str:
        """Take a workflow in: a Workflow, or a dict of name, version, steps and dependencies. Its id. A PitError names all that is wrong with it.
        """

    def delete_workflow(self, workflow_id: str) -> None:
        """Forget a workflow; its executions go on."""

    def start(
        self,
        workflow_id: str,
        context: dict[str, Any] | None = None,
        *,
        max_concurrency: int | None = None,
        on_event: Callable[..., Any] | None = None,
    ) -> Execution:
        """Begin an execution. The context is a dict of variables, user_id and timeout, in seconds. on_event is called with a dict of all that happens; what it raises is printed, and stops nothing.
        """

    async def execute_workflow(
        self,
        workflow_id: str,
        context: dict[str, Any] | None = None,
        *,
        max_concurrency: int | None = None,
        on_event: Callable[..., Any] | None = None,
    ) -> WorkflowResult:
        """Run a workflow to its end: a dict of workflow_id, status, data and duration. A failure is a PitError with the node's exception as its cause. It is a coroutine function: await it, or in a thread pyduet.wait(…). Cancelling the task cancels the workflow.
        """

    def resume_execution(
        self,
        workflow_id: str,
        execution_id: str,
        *,
        max_concurrency: int | None = None,
        on_event: Callable[..., Any] | None = None,
    ) -> Execution:
        """Go on with an execution from its checkpoints; what had completed does not run again.
        """

    def get_workflow_status(self, workflow_id: str) -> str:
        """Pending, Running, Paused, Completed, Failed or Cancelled: its last execution.
        """

    def execution(self, execution_id: str) -> Execution:
        """An execution that runs, or ended not long ago."""

    def resumable_executions(self) -> builtins.list[str]:
        """The executions in the checkpoints that can go on."""

class Execution:
    """One execution of a workflow."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def id(self) -> str:
        """Its id."""

    @property
    def workflow_id(self) -> str:
        """The id of its workflow."""

    @property
    def state(self) -> str:
        """Pending, Running, Paused, WaitingForInput, Completed, Failed or Cancelled."""

    @property
    def error(self) -> Any:
        """Why it failed or was cancelled."""

    @property
    def waiting_for(self) -> builtins.list[str]:
        """The inputs that it waits for."""

    def node_state(self, name: str) -> str:
        """How a node is: Pending, Queued, Running, Completed, Failed or Skipped."""

    def node_states(self) -> dict[str, str]:
        """How all nodes are."""

    def outputs(self) -> dict[str, Any]:
        """The outputs that there are."""

    def pause(self) -> None:
        """Let no further node begin; those that run go on."""

    def resume(self) -> None:
        """Go on after a pause."""

    def cancel(self) -> None:
        """End it. Coroutines that run are cancelled."""

    def provide_input(self, name: str, value: Any) -> None:
        """Give the value of an input, waited for or not yet."""

    def checkpoint(self) -> Checkpoint:
        """Write a checkpoint now."""

    async def wait(self) -> WorkflowResult:
        """The result, as a dict. A failure is a PitError with the node's exception as its cause.
        """

    async def idle(self) -> None:
        """Wait until nothing of it runs any more, the nodes included that were told to stop.
        """

    def __repr__(self) -> str: ...

class Workflow:
    """A workflow: nodes, and edges between them. The timeout is in seconds, pauses not counted.
    """

    def __init__(
        self,
        name: str,
        version: str = "1.0",
        *,
        timeout: float | None = None,
    ) -> None: ...
    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    def add_node(
        self,
        name: str,
        kind: _Literal1 = "Instrument",
        *,
        step_type: str | None = None,
        configuration: dict[str, Any] | None = None,
        control: Literal["Branch", "Merge", "Loop", "Parallel", "Join"] | None = None,
        priority: float = 0.0,
        timeout: float | None = None,
        recovery: dict[str, Any] | None = None,
    ) -> Workflow:
        """Add a node; the workflow itself. 'step_type' says which runner runs it, 'control' how a control node leads the way, 'recovery' what happens when it fails: a dict with 'kind', such as {'kind': 'Retry', 'max_attempts': 3}. The timeout is in seconds.
        """

    def add_edge(
        self,
        source: str,
        target: str,
        *,
        kind: Literal["Data", "Control", "Conditional"] = "Data",
        dependency_type: Literal["Hard", "Soft", "Optional", "Parallel"] = "Hard",
        when: Any = None,
        input: str | None = None,
    ) -> Workflow:
        """Add an edge; the workflow itself. A 'Data' edge brings the output as an input called 'input', or by the name of the node that it comes from; a 'Control' edge the order alone; a 'Conditional' one is taken when 'when' equals the output, or, called with it, is true.
        """

    def problems(self) -> builtins.list[str]:
        """All that is wrong with it, in words."""

    def validate(self) -> None:
        """Raise a PitError that names all that is wrong."""

    def topological_order(self) -> builtins.list[str]:
        """The names in an order in which each comes after all that it needs."""

    def __repr__(self) -> str: ...

class CheckpointStore:
    """Checkpoints of workflows in a folder. With durable=False what was saved survives the end of the process, but not that of the machine.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        durable: bool = True,
    ) -> None: ...
    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint: whole, or not at all."""

    def load(self, checkpoint_id: str) -> Checkpoint | None:
        """The checkpoint of that id."""

    def latest(self, execution_id: str) -> Checkpoint | None:
        """The newest checkpoint of an execution."""

    def list(self, execution_id: str) -> builtins.list[str]:
        """The ids of an execution's checkpoints, the oldest first."""

    def delete(self, checkpoint_id: str) -> bool:
        """Remove a checkpoint; whether it was there."""

    def executions(self) -> builtins.list[str]:
        """The executions that have checkpoints."""

@dataclass
class Checkpoint:
    """How far an execution had come. The timestamp is in seconds since 1970."""

    id: str
    execution_id: str
    timestamp: float
    completed_nodes: builtins.list[str]
    node_outputs: dict[str, Any]
    execution_state: _Literal2
    workflow: str | None = None
    variables: dict[str, Any] | None = None
    user_id: str | None = None
    skipped_nodes: builtins.list[str] | None = None
    failed_nodes: dict[str, str] | None = None

class ArtifactStore:
    """Artifacts in a folder, by the SHA-256 of their bytes. One process has the folder at a time. A key of 32 bytes, or a passphrase, encrypts all that is kept.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        key: bytes | None = None,
        passphrase: str | None = None,
        cold_folder: str | os.PathLike[str] | None = None,
        durable: bool = True,
        repair: bool = False,
    ) -> None: ...
    @property
    def folder(self) -> pathlib.Path:
        """Where it lies."""

    def list(self) -> builtins.list[str]:
        """The ids of all artifacts, the oldest first."""

    def delete(self, artifact_id: str) -> None:
        """Remove an artifact, however often it was stored."""

    def release(self, artifact_id: str) -> int:
        """Give one reference back; with the last one the artifact is removed. How many are left.
        """

    def dedup_stats(self) -> DedupStats:
        """What storing each content once has saved."""

    def archive(self, artifact_id: str) -> None:
        """Move the content to the cold folder; it can be retrieved as before."""

    def restore(self, artifact_id: str) -> None:
        """Move the content back."""

    def version_names(self) -> builtins.list[str]:
        """The names that have versions."""

    def delete_versions(self, name: str) -> None:
        """Forget the versions of a name; the artifacts stay."""

    def diff(self, name: str, before: int, after: int) -> builtins.list[DiffPart]:
        """What changed from one version of a text to another, line by line."""

    def rate(self, artifact_id: str, rating: float) -> None:
        """Say how good an artifact is, 0 to 1."""

    def quality(self, artifact_id: str) -> ArtifactQuality:
        """How good an artifact is."""

    def link(self, parent: str, child: str) -> None:
        """Note that one was made of the other. A cycle is refused."""

    def unlink(self, parent: str, child: str) -> None:
        """Take a link back."""

    def parents(self, artifact_id: str) -> builtins.list[str]:
        """Of what it was made."""

    def children(self, artifact_id: str) -> builtins.list[str]:
        """What was made of it."""

    def ancestors(self, artifact_id: str) -> builtins.list[str]:
        """Of what it was made, however many steps back; the nearest first."""

    def descendants(self, artifact_id: str) -> builtins.list[str]:
        """What was made of it, however many steps on; the nearest first."""

    async def verify(self, artifact_id: str) -> ArtifactDamage | None:
        """Read an artifact to its end; what is wrong with it, None where nothing is."""

    async def check(self, *, repair: bool = False) -> StoreReport:
        """Read everything and report what is wrong. With repair=True, files that belong to no artifact are removed.
        """

    def close(self) -> None:
        """Give the folder back."""

    def store(
        self,
        content: str | Buffer,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Keep a content; its id. A str is kept in UTF-8, anything with a buffer as its bytes. The metadata may have content_type, created_by, tags, custom and parents; what else it has is kept as custom.
        """

    def store_artifact(
        self,
        content: str | Buffer,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """The same as store()."""

    def store_dedup(
        self,
        content: str | Buffer,
        metadata: dict[str, Any] | None = None,
    ) -> tuple[str, bool]:
        """Keep a content; its id, and whether it is new."""

    async def store_stream(
        self,
        chunks: AsyncIterable[bytes],
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Keep a content that comes in pieces, of any length; its id."""

    async def store_file(
        self,
        path: str | os.PathLike[str],
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Keep the content of a file; its id."""

    def retrieve(self, artifact_id: str) -> bytes | None:
        """A content; None where it is not known."""

    def retrieve_artifact(self, artifact_id: str) -> bytes | None:
        """The same as retrieve()."""

    def retrieve_view(self, artifact_id: str) -> Any:
        """A content as a memoryview, without a copy; None where it is not known."""

    def retrieve_stream(self, artifact_id: str) -> AsyncIterator[bytes]:
        """A content in pieces, for `async for`."""

    async def retrieve_to_file(
        self,
        artifact_id: str,
        path: str | os.PathLike[str],
    ) -> None:
        """Write a content to a file, which is whole or not there."""

    def metadata(self, artifact_id: str) -> ArtifactMetadata | None:
        """What is known of an artifact; None where it is not known."""

    def update_metadata(
        self,
        artifact_id: str,
        metadata: dict[str, Any],
    ) -> ArtifactMetadata:
        """Change what is told of an artifact."""

    def exists(self, artifact_id: str) -> bool:
        """Whether an artifact is known."""

    def create_version(
        self,
        name: str,
        content: str | Buffer | None = None,
        *,
        hash: str | None = None,
        message: str | None = None,
        parent: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> ArtifactVersion:
        """Keep a content, or an artifact that is there already, as the next version under a name.
        """

    def get_version(self, name: str, version: int) -> ArtifactVersion:
        """A version of a name."""

    def get_latest(self, name: str) -> ArtifactVersion | None:
        """The last version of a name; None where there is none."""

    def list_versions(self, name: str) -> builtins.list[ArtifactVersion]:
        """All versions of a name, the oldest first."""

    def search(
        self,
        text: str | None = None,
        *,
        tags: builtins.list[str] | None = None,
        content_type: str | None = None,
        created_after: datetime.datetime | None = None,
        created_before: datetime.datetime | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> ArtifactSearchResult:
        """The artifacts that fit, the best first, and how many there are without the limit. All words of the text must be in the tags, the content type, what is told, or a text's content.
        """

    def __enter__(self) -> ArtifactStore: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: types.TracebackType | None,
        /,
    ) -> bool | None: ...
    def __len__(self) -> int: ...
    def __contains__(self, artifact_id: str) -> bool: ...
    def __repr__(self) -> str: ...

class ArbitrationEngine:
    """Decides who gets what there is too little of: models, memory_mb, cpu_cores and cost.
    """

    def __init__(
        self,
        capacity: dict[str, Any],
        strategy: _Literal3 = "Priority",
        *,
        seed: int = 0,
        otherwise: Literal["defer", "deny"] = "defer",
        queue_timeout: float | None = None,
        starving_after: float | None = None,
        audit_limit: int = 10000,
    ) -> None: ...
    @property
    def waiting(self) -> builtins.list[str]:
        """The ids of the requests that wait."""

    @property
    def held(self) -> builtins.list[str]:
        """The ids of the requests that have what they want."""

    @property
    def policies(self) -> builtins.list[dict[str, Any]]:
        """All policies."""

    def arbitrate(self, requests: builtins.list[dict[str, Any]]) -> ResolutionDecision:
        """Decide about these requests, and about all that wait. A request is a dict with id, user_id, needs, and perhaps priority, requested_at and value.
        """

    def conflicts(
        self,
        requests: builtins.list[dict[str, Any]],
    ) -> builtins.list[dict[str, Any]]:
        """What more is wanted of than there is."""

    def release(self, id: str) -> None:
        """Give back what was granted."""

    def cancel(self, id: str) -> bool:
        """Wait no more; whether it did."""

    def submit_decision(self, context: dict[str, Any]) -> ChosenOption:
        """A choice among the options of a context, by a policy."""

    def get_policy(self, id: str) -> dict[str, Any]:
        """The policy of that id."""

    def update_policy(self, policy: dict[str, Any]) -> None:
        """Set the policy of that id: a dict with id, name and rules."""

    def fairness(self) -> dict[str, Any]:
        """How fairly was shared until now."""

    def audit(
        self,
        *,
        user_id: str | None = None,
        request_id: str | None = None,
        outcome: Literal["granted", "denied", "deferred", "released"] | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
    ) -> builtins.list[dict[str, Any]]:
        """What was decided, line by line, the oldest first."""

    def audit_json_lines(
        self,
        *,
        user_id: str | None = None,
        request_id: str | None = None,
        outcome: Literal["granted", "denied", "deferred", "released"] | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int | None = None,
    ) -> str:
        """The same as JSON Lines."""

class StaleManager:
    """Says what of a store is to be kept, archived or deleted, and does it.

    The store has list(), metadata(id), archive(id), delete(id) and restore(id, removed); each may be async. A rule is a dict with kind: MaxAge (max_age), MinAccessCount (count), MinQualityScore (score), PreserveTrainingData, MaxTotalSize (bytes) or KeepTagged (tags).
    """

    def __init__(
        self,
        store: Any,
        rules: builtins.list[dict[str, Any]] = ...,
        *,
        local_retention: float | None = None,
        high_value: float | None = None,
        archive_above: float | None = None,
    ) -> None: ...
    def mark_stale(self, id: str) -> None:
        """Say that it is not wanted any more."""

    def unmark_stale(self, id: str) -> bool:
        """Say that it is wanted after all; whether it was marked."""

    def stale_since(self, id: str) -> float | None:
        """Since when it is marked, in seconds since 1970; None if it is not."""

    async def evaluate(self) -> builtins.list[dict[str, Any]]:
        """What is to become of everything, and why: dicts with id, value, decision and reason.
        """

    async def tier(self, id: str) -> str:
        """How warm it is: hot, warm or cold."""

    async def cleanup(
        self,
        mode: Literal["safe", "batch", "rollback"] = "safe",
        *,
        dry_run: bool = False,
        batch_size: int = 32,
    ) -> CleanupReport:
        """Archive and delete by the rules; a report."""

    async def cleanup_stale(
        self,
        age: float,
        mode: Literal["safe", "batch", "rollback"] = "safe",
        *,
        dry_run: bool = False,
        batch_size: int = 32,
    ) -> CleanupReport:
        """Remove what has been marked for longer than so many seconds; a report."""

class PitError(JsError, RuntimeError):
    """An operation of the Pit failed."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def kind(self) -> str:
        """What went wrong, in one word."""

    @property
    def operation(self) -> str:
        """The operation that failed."""

class ResourceExhausted(PitError):
    """The Pit has no room."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...

@type_check_only
class CacheMetrics(TypedDict):
    hits: int
    misses: int
    insertions: int
    evictions: int
    size: int
    memory: float
    hit_rate: float

@type_check_only
class ShutdownReport(TypedDict):
    drained: bool
    saved: builtins.list[str]
    released: builtins.list[str]
    failed: builtins.list[FailedModel]

@type_check_only
class WorkflowResult(TypedDict):
    workflow_id: str
    status: str
    data: dict[str, Any]
    duration: float

@type_check_only
class DedupStats(TypedDict):
    artifacts: int
    references: int
    stored_bytes: int
    logical_bytes: int
    saved_share: float

@type_check_only
class DiffPart(TypedDict):
    kind: Literal["same", "added", "removed"]
    lines: builtins.list[str]

@type_check_only
class ArtifactQuality(TypedDict):
    score: float
    description: float
    usage: float
    influence: float
    rating: float | None

@type_check_only
class ArtifactDamage(TypedDict):
    id: str
    problem: Literal["missing", "damaged"]
    message: str

@type_check_only
class StoreReport(TypedDict):
    checked: int
    damage: builtins.list[ArtifactDamage]
    orphans: builtins.list[str]
    misplaced: builtins.list[str]

@type_check_only
class ArtifactMetadata(TypedDict):
    id: str
    content_type: str
    size: int
    created_at: datetime.datetime
    created_by: str | None
    tags: builtins.list[str]
    custom: dict[str, Any]
    tier: Literal["hot", "cold"]
    references: int
    accesses: int
    last_access: datetime.datetime
    rating: float | None

@type_check_only
class ArtifactVersion(TypedDict):
    version: int
    hash: str
    created_at: datetime.datetime
    message: str | None
    parent: int | None

@type_check_only
class ArtifactSearchResult(TypedDict):
    total: int
    found: builtins.list[ArtifactMetadata]

@type_check_only
class ResolutionDecision(TypedDict):
    granted: builtins.list[str]
    denied: builtins.list[tuple[str, str]]
    deferred: builtins.list[tuple[str, float]]
    strategy_used: str
    rationale: str

@type_check_only
class ChosenOption(TypedDict):
    id: str
    choice: str
    confidence: float
    reasoning: str | None

@type_check_only
class CleanupReport(TypedDict):
    items_cleaned: int
    bytes_freed: int
    duration: float
    mode: Literal["safe", "batch", "rollback"]
    dry_run: bool
    kept: builtins.list[str]
    archived: builtins.list[str]
    deleted: builtins.list[DeletedItem]
    failed: builtins.list[FailedItem]

@type_check_only
class FailedModel(TypedDict):
    model_id: str
    error: Any

@type_check_only
class DeletedItem(TypedDict):
    id: str
    reason: str

@type_check_only
class FailedItem(TypedDict):
    id: str
    error: Any
