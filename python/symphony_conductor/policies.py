"""How is chosen among options: the base of all ways, and the one that learns nothing."""

from __future__ import annotations

import importlib
from typing import Any, Dict, Mapping, Sequence

from symphony_conductor.records import Choice, DecisionContext


class LearningPolicy:
    """Chooses, and learns from feedback.

    `choose` must not change what was learned: what is random in it follows from the seed and `count`, so that a
    Conductor that is loaded again goes on as it would have.
    """

    name = "policy"

    def choose(self, context: DecisionContext, options: Sequence[str], count: int) -> Choice:
        """One of the options; `count` decisions were made before."""
        raise NotImplementedError

    def learn(self, context: DecisionContext, choice: str, reward: float) -> None:
        """That choice was worth so much, from -1 to 1."""

    def to_state(self) -> Dict[str, Any]:
        """What was learned, as JSON knows it."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes what was learned."""


class MockPolicy(LearningPolicy):
    """Always the first option, with a confidence of 0.85."""

    name = "mock"

    def choose(self, context: DecisionContext, options: Sequence[str], count: int) -> Choice:
        """The first."""
        return Choice(options[0], 0.85)


_KNOWN = {
    "linucb": ("symphony_conductor.bandit", "LinUcb"),
    "thompson": ("symphony_conductor.bandit", "Thompson"),
    "q_learning": ("symphony_conductor.qlearning", "QLearningPolicy"),
}


def make_policy(name: str, seed: int = 0) -> LearningPolicy:
    """The policy of that name: "linucb", "thompson", "q_learning" or "mock"."""
    if name == "mock":
        return MockPolicy()
    if name not in _KNOWN:
        known = ", ".join(sorted([*_KNOWN, "mock"]))
        raise ValueError("there is no policy %r; there are %s" % (name, known))
    module, class_name = _KNOWN[name]
    made = getattr(importlib.import_module(module), class_name)(seed=seed)
    assert isinstance(made, LearningPolicy)
    return made
