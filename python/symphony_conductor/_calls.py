"""The Conductor as TypeScript calls it: plain values in, plain values out."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from symphony_conductor.conductor import Conductor
from symphony_conductor.records import Decision, DecisionContext, DecisionRecord, Feedback, Policy


def make(settings: Mapping[str, Any], pit: Any) -> Conductor:
    """A Conductor by its settings."""
    settings = dict(settings)
    factory: Callable[..., Conductor] = _named(settings.pop("factory", None))
    return factory(pit=pit, **settings)


def _named(name: Optional[str]) -> Any:
    if name is None:
        return Conductor
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ValueError("factory must be 'module:Class', not %r" % name)
    return getattr(importlib.import_module(module), attribute)


def submit_decision(
    conductor: Conductor, context_type: str, data: Dict[str, Any], options: List[str]
) -> Tuple[str, str, float, Optional[str]]:
    """Decides."""
    decision = conductor.submit_decision(DecisionContext(context_type, data, tuple(options)))
    return _decision(decision)


def submit_feedback(
    conductor: Conductor, decision_id: str, score: float, message: Optional[str]
) -> None:
    """Learns."""
    conductor.submit_feedback(Feedback(decision_id, score, message))


def get_decision_history(conductor: Conductor, limit: int) -> List[Tuple[Any, ...]]:
    """The last decisions."""
    return [_record(record) for record in conductor.get_decision_history(limit)]


def update_policy(conductor: Conductor, id: str, name: str, rules: Dict[str, Any]) -> None:
    """Sets a policy."""
    conductor.update_policy(Policy(id, name, rules))


def get_active_policies(conductor: Conductor) -> List[Dict[str, Any]]:
    """The policies in force."""
    policies = conductor.get_active_policies()
    return [{"id": p.id, "name": p.name, "rules": dict(p.rules)} for p in policies]


def get_learning_metrics(conductor: Conductor) -> Tuple[int, float, float, float]:
    """How well it learns."""
    metrics = conductor.get_learning_metrics()
    return (
        metrics.total_decisions,
        metrics.average_confidence,
        metrics.success_rate,
        metrics.learning_rate,
    )


def get_status(conductor: Conductor) -> str:
    """How it is."""
    return conductor.status.value


def _decision(decision: Decision) -> Tuple[str, str, float, Optional[str]]:
    return (decision.id, decision.choice, decision.confidence, decision.reasoning)


def _record(record: DecisionRecord) -> Tuple[Any, ...]:
    context = record.context
    asked = (context.context_type, dict(context.data), list(context.options))
    return (asked, _decision(record.decision), record.timestamp)
