"""The Pit of this process, and the Conductor."""

from typing import Any, Literal, TypedDict, type_check_only

from symphony_ipc import ConductorError as ConductorError
from symphony_ipc import ConductorManager as ConductorManager
from symphony_ipc import ConductorStatus as ConductorStatus
from symphony_ipc import Decision as Decision
from symphony_ipc import DecisionRecord as DecisionRecord
from symphony_ipc import LearningMetrics as LearningMetrics
from symphony_ipc import PitAccess as PitAccess
from symphony_ipc import Policy as Policy
from symphony_pit import (
    ArbitrationEngine,
    DagTracker,
    PoolManager,
    StaleManager,
    Workflow,
)
from symphony_pit import ArtifactStore as ArtifactStore
from symphony_pit import ModelHandle as ModelHandle
from typing_extensions import Buffer

__all__ = [
    "ArtifactStore",
    "BUILD_INFO",
    "ConductorError",
    "ConductorManager",
    "ConductorStatus",
    "Decision",
    "DecisionRecord",
    "LearningMetrics",
    "ModelHandle",
    "PitAccess",
    "PitManager",
    "Policy",
    "VERSION",
    "WorkflowExecutor",
    "create_pit_manager",
    "get_system_info",
    "setup_logging",
]

VERSION: str
BUILD_INFO: dict[str, str | bool]

class PitManager:
    """The Pit of this process: pools, workflows, artifacts, arbitration, retention.

    What takes time is awaited; a thread waits by pyduet.wait(…).
    """

    def __init__(self) -> None: ...
    @property
    def pool(self) -> PoolManager:
        """Models."""

    @property
    def workflows(self) -> DagTracker:
        """Workflows."""

    @property
    def artifacts(self) -> ArtifactStore:
        """Content."""

    @property
    def arbitration(self) -> ArbitrationEngine:
        """Who gets what."""

    @property
    def stale(self) -> StaleManager:
        """What nobody wants any more."""

    def allocate_model(self, spec: str | dict[str, Any]) -> ModelHandle:
        """The model, by a spec or a registered name; loaded at once if it is not."""

    async def allocate_model_async(
        self,
        spec: str | dict[str, Any],
        timeout: float | None = None,
    ) -> ModelHandle:
        """The same for a model that takes time; the timeout is in seconds."""

    async def execute_workflow(
        self,
        definition: Workflow | dict[str, Any],
        context: dict[str, Any] | None = None,
    ) -> WorkflowResult:
        """Run a workflow to its end; a dict of workflow_id, status, data and duration.

        It is a coroutine function: await pit.execute_workflow(…), or in a thread pyduet.wait(pit.execute_workflow(…)). A failure is a PitError with the node's exception as its cause. Cancelling the task cancels the workflow.
        """

    async def execute_workflow_async(
        self,
        definition: Workflow | dict[str, Any],
        context: dict[str, Any] | None = None,
    ) -> WorkflowResult:
        """The same as execute_workflow(), which is a coroutine function as well."""

    def store_artifact(
        self,
        content: str | Buffer,
        metadata: dict[str, Any] | None = None,
    ) -> str:
        """Keep content; its id is the SHA-256 of the bytes, in 64 hexadecimal digits.
        """

    def retrieve_artifact(self, id: str) -> bytes | None:
        """Content that was kept, or None."""

    def get_artifact(self, id: str) -> bytes | None:
        """The same as retrieve_artifact()."""

    def arbitrate(self, requests: list[dict[str, Any]]) -> ResolutionDecision:
        """Decide who gets what."""

    def submit_decision(self, context: dict[str, Any]) -> ChosenOption:
        """A choice among options."""

    async def run_cleanup(self) -> CleanupReport:
        """Remove what the rules give up; a report."""

    async def close(self) -> None:
        """Let models go and close the store."""

class WorkflowExecutor:
    """Runs workflows in a Pit."""

    def __init__(self, manager: PitManager | None = None) -> None: ...
    def register(self, step_type: str, runner: object) -> None:
        """Say what runs the steps of a type: a function or an async function."""

    async def execute(
        self,
        definition: Workflow | dict[str, Any],
        context: dict[str, Any] | None = None,
    ) -> WorkflowResult:
        """Run a workflow to its end; a dict of workflow_id, status, data and duration.

        It is a coroutine function: await executor.execute(…), or in a thread pyduet.wait(executor.execute(…)). A failure is a PitError with the node's exception as its cause. Cancelling the task cancels the workflow.
        """

@type_check_only
class WorkflowResult(TypedDict):
    workflow_id: str
    status: str
    data: dict[str, Any]
    duration: float

@type_check_only
class ResolutionDecision(TypedDict):
    granted: list[str]
    denied: list[tuple[str, str]]
    deferred: list[tuple[str, float]]
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
    kept: list[str]
    archived: list[str]
    deleted: list[DeletedItem]
    failed: list[FailedItem]

@type_check_only
class SystemInfo(TypedDict):
    version: str
    python_version: str
    platform: str
    architecture: str
    cpu_count: int
    memory_bytes: int
    process_id: int

@type_check_only
class DeletedItem(TypedDict):
    id: str
    reason: str

@type_check_only
class FailedItem(TypedDict):
    id: str
    error: Any

def create_pit_manager() -> PitManager:
    """The manager of the Pit of this process."""

def get_system_info() -> SystemInfo:
    """What this runs on: versions, platform, cores, bytes of memory."""

def setup_logging(level: str = "INFO") -> None:
    """Let the logger 'symphony' write lines of this level and above to the standard error.
    """
