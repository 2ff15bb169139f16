"""What goes into a Conductor and comes out of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Mapping, Optional, Sequence


class ConductorStatus(enum.Enum):
    """How a Conductor is."""

    STOPPED = "Stopped"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    FAILED = "Failed"


@dataclass(frozen=True)
class DecisionContext:
    """What is to be decided."""

    context_type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.context_type, str):
            raise TypeError("context_type must be str, not %s" % type(self.context_type).__name__)
        if not isinstance(self.data, Mapping):
            raise TypeError("data must be a dict, not %s" % type(self.data).__name__)
        # Every character of a text would be an option.
        if isinstance(self.options, str) or not isinstance(self.options, Iterable):
            raise TypeError("options must be a list of str, not %r" % (self.options,))
        object.__setattr__(self, "options", tuple(self.options))
        if not all(isinstance(option, str) for option in self.options):
            raise TypeError("options must be str: %r" % (self.options,))

    def to_dict(self) -> Dict[str, Any]:
        """Plain data."""
        return {
            "context_type": self.context_type,
            "data": dict(self.data),
            "options": list(self.options),
        }


@dataclass(frozen=True)
class Choice:
    """What `decide` answers: an option, how sure, 0 to 1, and why."""

    choice: str
    confidence: float = 1.0
    reasoning: Optional[str] = None

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ValueError("confidence must be from 0 to 1, not %r" % self.confidence)


@dataclass(frozen=True)
class Decision:
    """What was decided."""

    id: str
    choice: str
    confidence: float
    reasoning: Optional[str] = None


@dataclass(frozen=True)
class DecisionRecord:
    """A decision, with what was asked, and when, in seconds since 1970."""

    id: str
    context: DecisionContext
    decision: Decision
    timestamp: float


@dataclass(frozen=True)
class Feedback:
    """How good a decision was, from -1 to 1."""

    decision_id: str
    score: float
    message: Optional[str] = None

    def __post_init__(self) -> None:
        if not -1 <= self.score <= 1:
            raise ValueError("score must be from -1 to 1, not %r" % self.score)


@dataclass(frozen=True)
class Policy:
    """Rules by which is decided.

    Of the rules the Conductor itself knows these; others are for subclasses:

    - `context_types`: for which kinds of decision it counts; without it, for all
    - `allow`: options, besides which none may be chosen
    - `deny`: options that may not be chosen
    """

    id: str
    name: str
    rules: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.rules, Mapping):
            raise TypeError("rules must be a dict, not %s" % type(self.rules).__name__)
        for name in ("context_types", "allow", "deny"):
            given = self.rules.get(name)
            # In a text every part of it would be found.
            is_list = isinstance(given, (list, tuple, set, frozenset))
            if given is not None and not (is_list and all(isinstance(each, str) for each in given)):
                raise TypeError(
                    "the rule %r of the policy %r must be a list of str, not %r" % (name, self.id, given)
                )

    def counts_for(self, context_type: str) -> bool:
        """Whether it counts for that kind of decision."""
        kinds = self.rules.get("context_types")
        return kinds is None or context_type in kinds

    def permits(self, option: str) -> bool:
        """Whether that option may be chosen."""
        allow = self.rules.get("allow")
        return (allow is None or option in allow) and option not in (self.rules.get("deny") or ())


@dataclass(frozen=True)
class LearningMetrics:
    """How well a Conductor learns."""

    total_decisions: int = 0
    average_confidence: float = 0.0
    success_rate: float = 0.0
    learning_rate: float = 0.1
