"""The Conductor: decides among options, learns from feedback, and keeps what it learned.

It needs Python alone; the learning policies and QLearner need numpy, which is imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from symphony_conductor.conductor import Conductor
from symphony_conductor.errors import ConductorError, DecisionNotFound
from symphony_conductor.policies import LearningPolicy, MockPolicy, make_policy
from symphony_conductor.records import (
    Choice,
    ConductorStatus,
    Decision,
    DecisionContext,
    DecisionRecord,
    Feedback,
    LearningMetrics,
    Policy,
)

if TYPE_CHECKING:
    from symphony_conductor.bandit import LinUcb, Thompson
    from symphony_conductor.qlearning import QLearner, QLearningPolicy

__all__ = [
    "Choice",
    "Conductor",
    "ConductorError",
    "ConductorStatus",
    "Decision",
    "DecisionContext",
    "DecisionNotFound",
    "DecisionRecord",
    "Feedback",
    "LearningMetrics",
    "LearningPolicy",
    "LinUcb",
    "MockPolicy",
    "Policy",
    "QLearner",
    "QLearningPolicy",
    "Thompson",
    "make_policy",
]

_LATE = {
    "LinUcb": "bandit",
    "Thompson": "bandit",
    "QLearner": "qlearning",
    "QLearningPolicy": "qlearning",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError("module 'symphony_conductor' has no attribute %r" % name)
    import importlib

    return getattr(importlib.import_module("symphony_conductor." + _LATE[name]), name)


def __dir__() -> List[str]:
    return sorted({*globals(), *_LATE})
