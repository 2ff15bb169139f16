"""Function Quest, in TypeScript. Import symphony_quest, which stands on it."""

from typing import Any, TypedDict, type_check_only

from typing_extensions import Never

__all__ = [
    "FunctionQuest",
    "FunctionQuestState",
    "SymphonyModelFunction",
    "level_names",
]

class FunctionQuest:
    """A level in play. Functions and states have numbers; 0 is the state at the beginning.
    """

    def __init__(
        self,
        level: str,
        *,
        max_calls: int | None = None,
        shaping: float = 1.0,
        discount: float = 0.99,
    ) -> None: ...
    @property
    def level(self) -> str:
        """The level's name."""

    @property
    def narrative(self) -> str:
        """The story."""

    @property
    def functions(self) -> list[SymphonyModelFunction]:
        """What can be called."""

    @property
    def state(self) -> FunctionQuestState:
        """Where it stands."""

    @property
    def facts(self) -> list[str]:
        """The single facts that hold in some state."""

    @property
    def states(self) -> int:
        """How many states can be reached."""

    @property
    def minimum_calls(self) -> int:
        """The fewest calls that win."""

    @property
    def max_calls(self) -> int:
        """After so many calls an episode is over."""

    @property
    def efficiency(self) -> float:
        """The fewest calls that win, divided by the calls used; 0 before victory."""

    def reset(self, calls: list[str] = ...) -> int:
        """Begin again, with these calls made; the number of the state."""

    def step(self, action: int) -> tuple[int, float, bool, bool, bool]:
        """Call a function by its number: (state, reward, terminated, truncated, succeeded).
        """

    def last_error(self, *args: Any, **kwargs: Any) -> str | None:
        """Why the last call failed, or None."""

    def observed(self, state: int) -> bytes:
        """Which facts hold in a state: a byte of 0 or 1 for each."""

    def callable(self, state: int) -> bytes:
        """Which functions would succeed in a state: a byte of 0 or 1 for each."""

    def key(self, state: int) -> str:
        """The text of a state."""

    def distance(self, state: int) -> float:
        """The fewest calls from a state to victory."""

    def analyze_narrative(self, *args: Any, **kwargs: Any) -> list[str]:
        """The functions of which the story speaks, in its order."""

    def deduce_function_sequence(self, *args: Any, **kwargs: Any) -> list[str]:
        """The fewest calls from here to victory."""

    def simulate_execution(self, sequence: list[str]) -> list[QuestStep]:
        """What calls would come to from here; nothing changes."""

    def validate_solution(self, sequence: list[str]) -> QuestVerdict:
        """Whether a sequence of calls wins from the beginning."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The state as text, for people."""

    def __repr__(self) -> str: ...

class FunctionQuestState:
    """Where a quest stands."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def inventory(self) -> list[str]:
        """What is held."""

    @property
    def environment_state(self) -> dict[str, Any]:
        """How the world is."""

    @property
    def function_call_history(self) -> list[QuestCall]:
        """Every call, failures included."""

    @property
    def current_return_values(self) -> dict[str, Any]:
        """What each function returned when it last succeeded."""

    @property
    def goal_achieved(self) -> bool:
        """Whether the goal is reached."""

    def facts(self, *args: Any, **kwargs: Any) -> list[str]:
        """Single facts that hold, as texts."""

    def __repr__(self) -> str: ...

class SymphonyModelFunction:
    """One model, as a function that the Conductor calls."""

    def __init__(self, made_by_typescript_alone: Never, /) -> None: ...
    @property
    def name(self) -> str:
        """What it is called by."""

    @property
    def description(self) -> str:
        """What it does."""

    @property
    def expected_return(self) -> Any:
        """What it returns when all is well; None: anything."""

    @property
    def dependencies(self) -> list[str]:
        """Functions that must have succeeded before."""

    @property
    def usage_constraints(self) -> Any:
        """When it may be called."""

    def execute(self, view: QuestView) -> Any:
        """What calling it does: a dict with returns, gains, loses, environment."""

    def __repr__(self) -> str: ...

@type_check_only
class QuestStep(TypedDict):
    call: QuestCall
    state: int
    reward: float
    terminated: bool
    truncated: bool

@type_check_only
class QuestVerdict(TypedDict):
    valid: bool
    reason: str | None
    efficiency: float

@type_check_only
class QuestCall(TypedDict):
    name: str
    returned: Any
    error: str | None

@type_check_only
class QuestView(TypedDict):
    inventory: list[str]
    environment_state: dict[str, Any]
    current_return_values: dict[str, Any]

def level_names() -> list[str]:
    """The names of the levels that are known. generated-<difficulty>-<seed> is one as well.
    """
