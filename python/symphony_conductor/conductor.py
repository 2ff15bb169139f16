"""The Conductor itself."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import asdict, replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Union

from symphony_conductor.errors import ConductorError, DecisionNotFound
from symphony_conductor.journal import Journal
from symphony_conductor.policies import LearningPolicy, make_policy
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

_SNAPSHOT_AFTER = 5000


class Conductor:
    """Decides among options, learns from feedback, and keeps what it learned.

    A subclass may decide itself:

    >>> class Cautious(Conductor):
    ...     def decide(self, context, options):
    ...         return "wait" if "wait" in options else super().decide(context, options)

    With a `path`, a decision, feedback or a policy is in that folder's files before the method returns: a process
    that is killed loses nothing that it answered.
    """

    def __init__(
        self,
        *,
        policy: Union[str, LearningPolicy] = "linucb",
        seed: int = 0,
        path: Optional[str] = None,
        history_limit: int = 10_000,
        learning_rate: float = 0.1,
        durable: bool = False,
        clock: Callable[[], float] = time.time,
        pit: Any = None,
    ) -> None:
        """Takes the policy, by its name or itself, and

        - seed: of what is random in a policy that is named
        - path: a folder for what is learned; without one it is kept in memory alone
        - history_limit: how many decisions are remembered, and can be given feedback
        - learning_rate: as `get_learning_metrics()` tells it
        - durable: what is kept outlives a loss of power as well, and takes longer
        - clock: gives seconds since 1970
        - pit: the Pit, where there is one
        """
        if history_limit < 1:
            raise ValueError("history_limit must be at least 1, not %r" % history_limit)
        self.policy = make_policy(policy, seed) if isinstance(policy, str) else policy
        self.pit = pit
        self.status = ConductorStatus.STOPPED
        self._path = path
        self._limit = history_limit
        self._durable = durable
        self._clock = clock
        self._lock = threading.RLock()
        self._journal: Optional[Journal] = None
        self._history: "OrderedDict[str, DecisionRecord]" = OrderedDict()
        self._policies: Dict[str, Policy] = {}
        self._metrics = LearningMetrics(learning_rate=learning_rate)

    def start(self) -> None:
        """Takes up what was learned before."""
        with self._lock:
            if self.status is ConductorStatus.RUNNING:
                return
            self.status = ConductorStatus.STARTING
            try:
                if self._path is not None:
                    self._load(self._path)
            except BaseException:
                self.status = ConductorStatus.FAILED
                if self._journal is not None:
                    self._journal.close()
                    self._journal = None
                raise
            self.status = ConductorStatus.RUNNING

    def stop(self) -> None:
        """Writes down what was learned, and leaves the folder."""
        with self._lock:
            if self.status is not ConductorStatus.RUNNING:
                return
            self.status = ConductorStatus.STOPPING
            try:
                if self._journal is not None:
                    self._journal.snapshot(self._to_state())
            finally:
                if self._journal is not None:
                    self._journal.close()
                    self._journal = None
                self.status = ConductorStatus.STOPPED

    def __enter__(self) -> "Conductor":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def get_conductor_status(self) -> ConductorStatus:
        """How it is."""
        return self.status

    def decide(self, context: DecisionContext, options: List[str]) -> Union[str, Choice]:
        """One of the options, which are those that the active policies permit. Subclasses may override it."""
        return self.policy.choose(context, options, self._metrics.total_decisions)

    def submit_decision(self, context: DecisionContext) -> Decision:
        """Decides, and keeps the decision."""
        with self._lock:
            self._must_run()
            options = self._permitted(context)
            answer = self.decide(context, options)
            choice = Choice(answer) if isinstance(answer, str) else answer
            if not isinstance(choice, Choice):
                raise ConductorError("decide() must return an option or a Choice, not %r" % (choice,))
            if choice.choice not in options:
                raise ConductorError("decide() chose %r, which is not one of %r" % (choice.choice, options))
            decision = Decision(str(uuid.uuid4()), **asdict(choice))
            self._keep(
                {
                    "kind": "decision",
                    "context": context.to_dict(),
                    "decision": asdict(decision),
                    "timestamp": self._clock(),
                }
            )
            return decision

    def get_decision_history(self, limit: int = 100) -> List[DecisionRecord]:
        """The last decisions, the newest first."""
        if limit < 0:
            raise ValueError("limit must not be negative: %r" % limit)
        with self._lock:
            newest = reversed(list(self._history.values()))
            return [record for record, _ in zip(newest, range(limit))]

    def update_policy(self, policy: Policy) -> None:
        """Sets a policy's rules."""
        with self._lock:
            self._must_run()
            record = {"id": policy.id, "name": policy.name, "rules": dict(policy.rules)}
            self._keep({"kind": "policy", "policy": record})

    def get_active_policies(self) -> List[Policy]:
        """The policies in force, in the order in which they came."""
        with self._lock:
            return list(self._policies.values())

    def submit_feedback(self, feedback: Feedback) -> None:
        """Learns how good a decision was."""
        with self._lock:
            self._must_run()
            if feedback.decision_id not in self._history:
                raise DecisionNotFound("Decision not found")
            self._keep({"kind": "feedback", "feedback": asdict(feedback)})

    def get_learning_metrics(self) -> LearningMetrics:
        """How well it learns."""
        with self._lock:
            return self._metrics

    def _must_run(self) -> None:
        if self.status is not ConductorStatus.RUNNING:
            raise ConductorError("the Conductor does not run (%s); call start() first" % self.status.value)

    def _permitted(self, context: DecisionContext) -> List[str]:
        if not context.options:
            raise ConductorError("no options were given")
        options = list(context.options)
        for policy in self._policies.values():
            if policy.counts_for(context.context_type):
                options = [option for option in options if policy.permits(option)]
                if not options:
                    raise ConductorError(
                        "policy %r permits none of %r" % (policy.id, list(context.options))
                    )
        return options

    def _keep(self, record: Mapping[str, Any]) -> None:
        """Into the file first: memory never knows more than what a later process will find."""
        if self._journal is not None:
            self._journal.append(record)
        self._apply(record)
        if self._journal is not None and self._journal.records >= _SNAPSHOT_AFTER:
            self._journal.snapshot(self._to_state())

    def _apply(self, record: Mapping[str, Any]) -> None:
        kind = record["kind"]
        if kind == "decision":
            self._apply_decision(_record_of(record))
        elif kind == "feedback":
            self._apply_feedback(Feedback(**record["feedback"]))
        elif kind == "policy":
            policy = Policy(**record["policy"])
            self._policies[policy.id] = policy
        else:
            raise ConductorError("a record of kind %r is not known: it is of a newer version" % kind)

    def _apply_decision(self, record: DecisionRecord) -> None:
        self._history[record.id] = record
        while len(self._history) > self._limit:
            self._history.popitem(last=False)
        total = self._metrics.total_decisions + 1
        average = self._metrics.average_confidence
        average += (record.decision.confidence - average) / total
        self._metrics = replace(self._metrics, total_decisions=total, average_confidence=average)

    def _apply_feedback(self, feedback: Feedback) -> None:
        if feedback.score > 0:
            success = 0.9 * self._metrics.success_rate + 0.1 * feedback.score
            self._metrics = replace(self._metrics, success_rate=success)
        known = self._history.get(feedback.decision_id)
        if known is not None:
            self.policy.learn(known.context, known.decision.choice, feedback.score)

    def _to_state(self) -> Dict[str, Any]:
        return {
            "version": 1,
            "policy": self.policy.name,
            "learned": self.policy.to_state(),
            "metrics": asdict(self._metrics),
            "policies": [
                {"id": p.id, "name": p.name, "rules": dict(p.rules)} for p in self._policies.values()
            ],
            "history": [
                {
                    "context": record.context.to_dict(),
                    "decision": asdict(record.decision),
                    "timestamp": record.timestamp,
                }
                for record in self._history.values()
            ],
        }

    def _load(self, path: str) -> None:
        self._journal = Journal(path, durable=self._durable)
        snapshot, records = self._journal.load()
        self._history.clear()
        self._policies.clear()
        self._metrics = LearningMetrics(learning_rate=self._metrics.learning_rate)
        if snapshot is not None:
            if snapshot["policy"] != self.policy.name:
                raise ConductorError(
                    "%s was learned by the policy %r, not %r; give each policy a folder of its own"
                    % (path, snapshot["policy"], self.policy.name)
                )
            self.policy.load_state(snapshot["learned"])
            self._metrics = LearningMetrics(**snapshot["metrics"])
            for known in snapshot["policies"]:
                self._policies[known["id"]] = Policy(**known)
            for known in snapshot["history"]:
                record = _record_of(known)
                self._history[record.id] = record
        for kept in records:
            self._apply(kept)


def _record_of(record: Mapping[str, Any]) -> DecisionRecord:
    decision = Decision(**record["decision"])
    context = DecisionContext(**record["context"])
    return DecisionRecord(decision.id, context, decision, float(record["timestamp"]))
