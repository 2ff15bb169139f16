"""Q-learning over a table."""

from __future__ import annotations

import json
from typing import Any, Dict, Generic, Hashable, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

try:
    import numpy as np
    import numpy.typing as npt
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise ImportError("QLearner and QLearningPolicy need numpy: pip install numpy") from None

from symphony_conductor.journal import write_atomically
from symphony_conductor.policies import LearningPolicy
from symphony_conductor.records import Choice, DecisionContext

Action = TypeVar("Action", bound=Hashable)
Seed = Union[int, Sequence[int]]


class QLearner(Generic[Action]):
    """An agent that learns what each action is worth in each state.

    States and actions are hashable; to be saved, they must be of str, int, float, bool, None, tuples and frozensets
    of these.

    >>> learner = QLearner(["left", "right"], seed=7, epsilon=0.0)
    >>> error = learner.learn("start", "right", 1.0, None, done=True)
    >>> learner.choose("start")
    'right'
    """

    def __init__(
        self,
        actions: Sequence[Action],
        *,
        seed: Seed = 0,
        alpha: float = 0.1,
        gamma: float = 0.95,
        epsilon: float = 0.1,
        epsilon_decay: float = 1.0,
        epsilon_min: float = 0.0,
        initial: float = 0.0,
    ) -> None:
        """Takes the actions, the seed of what is random, and

        - alpha: how much one experience changes, above 0 to 1
        - gamma: what a reward one step later is worth, 0 to 1
        - epsilon: how often an action is drawn instead of the best one taken, 0 to 1
        - epsilon_decay, epsilon_min: what each `end_episode()` makes of epsilon
        - initial: what an action is worth that was never tried
        """
        self.actions: Tuple[Action, ...] = tuple(actions)
        if not self.actions or len(set(self.actions)) != len(self.actions):
            raise ValueError("actions must be different ones, and at least one: %r" % (actions,))
        for name, value in (("gamma", gamma), ("epsilon", epsilon), ("alpha", alpha)):
            if not 0 <= value <= 1:
                raise ValueError("%s must be from 0 to 1, not %r" % (name, value))
        self.alpha = alpha
        self.gamma = gamma
        self.epsilon = epsilon
        self.epsilon_decay = epsilon_decay
        self.epsilon_min = epsilon_min
        self.initial = initial
        self._index: Dict[Action, int] = {action: i for i, action in enumerate(self.actions)}
        self._rows: Dict[Hashable, int] = {}
        self._table: npt.NDArray[np.float64] = np.full((64, len(self.actions)), initial)
        self._random = np.random.default_rng(seed)

    @property
    def states(self) -> int:
        """How many states it has learned about."""
        return len(self._rows)

    def reseed(self, seed: Seed) -> None:
        """Begins what is random anew."""
        self._random = np.random.default_rng(seed)

    def value(self, state: Hashable, action: Action) -> float:
        """What the action is worth in that state."""
        row = self._rows.get(state)
        return self.initial if row is None else float(self._table[row, self._column(action)])

    def choose(
        self,
        state: Hashable,
        available: Optional[Sequence[Action]] = None,
        *,
        explore: bool = True,
    ) -> Action:
        """An action of those available, by default of all: mostly the best, now and then any.

        With `explore=False` always the best, the first among equals.
        """
        columns = self._columns(available)
        if explore and self.epsilon > 0 and self._random.random() < self.epsilon:
            return self.actions[columns[int(self._random.integers(len(columns)))]]
        row = self._rows.get(state)
        if row is None:
            best = columns
        else:
            values = self._table[row, columns]
            best = [columns[int(i)] for i in np.flatnonzero(values == values.max())]
        if len(best) == 1 or not explore:
            return self.actions[best[0]]
        return self.actions[best[int(self._random.integers(len(best)))]]

    def learn(
        self,
        state: Hashable,
        action: Action,
        reward: float,
        next_state: Hashable,
        next_available: Optional[Sequence[Action]] = None,
        done: bool = False,
    ) -> float:
        """Learns from one step; the result is by how much the estimate was off.

        Where the episode is `done`, or nothing is available next, the next state is worth nothing.
        """
        future = 0.0
        if not done and not (next_available is not None and len(next_available) == 0):
            next_row = self._rows.get(next_state)
            if next_row is None:
                future = self.initial
            else:
                future = float(self._table[next_row, self._columns(next_available)].max())
        row, column = self._row(state), self._column(action)
        error = reward + self.gamma * future - float(self._table[row, column])
        self._table[row, column] += self.alpha * error
        return error

    def end_episode(self) -> None:
        """Epsilon becomes smaller, as `epsilon_decay` says."""
        self.epsilon = max(self.epsilon_min, self.epsilon * self.epsilon_decay)

    def to_state(self) -> Dict[str, Any]:
        """All that it is, as JSON knows it."""
        rows = [[_plain(state), self._table[row].tolist()] for state, row in self._rows.items()]
        return {
            "version": 1,
            "actions": [_plain(action) for action in self.actions],
            "alpha": self.alpha,
            "gamma": self.gamma,
            "epsilon": self.epsilon,
            "epsilon_decay": self.epsilon_decay,
            "epsilon_min": self.epsilon_min,
            "initial": self.initial,
            "rows": rows,
            "random": self._random.bit_generator.state,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "QLearner[Any]":
        """The learner that `to_state()` described; it goes on as that one would have."""
        learner: QLearner[Any] = cls(
            [_unplain(action) for action in state["actions"]],
            alpha=float(state["alpha"]),
            gamma=float(state["gamma"]),
            epsilon=float(state["epsilon"]),
            epsilon_decay=float(state["epsilon_decay"]),
            epsilon_min=float(state["epsilon_min"]),
            initial=float(state["initial"]),
        )
        for key, values in state["rows"]:
            learner._table[learner._row(_unplain(key))] = values
        learner._random.bit_generator.state = state["random"]
        return learner

    def save(self, path: str) -> None:
        """Writes all that it is to a file, which is the old one or the new one, never half of it."""
        write_atomically(path, json.dumps(self.to_state()))

    @classmethod
    def load(cls, path: str) -> "QLearner[Any]":
        """The learner that `save()` wrote."""
        with open(path, encoding="utf-8") as file:
            return cls.from_state(json.load(file))

    def _column(self, action: Action) -> int:
        try:
            return self._index[action]
        except KeyError:
            raise ValueError("%r is not one of the actions %r" % (action, self.actions)) from None

    def _columns(self, available: Optional[Sequence[Action]]) -> List[int]:
        if available is None:
            return list(range(len(self.actions)))
        if len(available) == 0:
            raise ValueError("no action is available")
        return [self._column(action) for action in available]

    def _row(self, state: Hashable) -> int:
        row = self._rows.get(state)
        if row is None:
            row = self._rows[state] = len(self._rows)
            if row == len(self._table):
                more = np.full((row, len(self.actions)), self.initial)
                self._table = np.concatenate([self._table, more])
        return row


def _plain(value: Any) -> Any:
    """As JSON knows it, so that `_unplain` gives the same again."""
    if value is None or isinstance(value, (str, bool)) or type(value) in (int, float):
        return value
    if isinstance(value, tuple):
        return {"tuple": [_plain(item) for item in value]}
    if isinstance(value, frozenset):
        return {"set": sorted((_plain(item) for item in value), key=json.dumps)}
    raise TypeError(
        "%r cannot be saved: states and actions must be of str, int, float, bool, None, tuples and "
        "frozensets of these, not %s" % (value, type(value).__name__)
    )


def _unplain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, items),) = value.items()
    made = [_unplain(item) for item in items]
    return tuple(made) if kind == "tuple" else frozenset(made)


class QLearningPolicy(LearningPolicy):
    """A Conductor's policy by Q-learning: the state is the whole context, each decision an episode of one step."""

    name = "q_learning"

    def __init__(self, seed: int = 0, alpha: float = 0.2, epsilon: float = 0.1) -> None:
        self.seed = seed
        self.alpha = alpha
        self.epsilon = epsilon
        self._learner: QLearner[str] = self._make(["?"])
        self._tries: Dict[str, int] = {}

    def choose(self, context: DecisionContext, options: Sequence[str], count: int) -> Choice:
        """Mostly the option that was worth most in this very context."""
        learner = self._knowing(options)
        learner.reseed([self.seed, count])
        state = _state_of(context)
        option = learner.choose(state, options)
        tries = self._tries.get(state, 0)
        worth = learner.value(state, option)
        reasoning = "%s expects %.3f of %r among %d, after %d times of feedback in this context" % (
            self.name,
            worth,
            option,
            len(options),
            tries,
        )
        return Choice(option, (tries + 1) / (tries + 2), reasoning)

    def learn(self, context: DecisionContext, choice: str, reward: float) -> None:
        """Moves what the choice is worth in this context."""
        state = _state_of(context)
        self._knowing([choice]).learn(state, choice, reward, None, done=True)
        self._tries[state] = self._tries.get(state, 0) + 1

    def to_state(self) -> Dict[str, Any]:
        """The table, as JSON knows it."""
        return {"learner": self._learner.to_state(), "tries": self._tries}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes the table."""
        self._learner = QLearner.from_state(state["learner"])
        self._tries = dict(state["tries"])

    def _make(self, actions: Sequence[str]) -> "QLearner[str]":
        return QLearner(actions, seed=self.seed, alpha=self.alpha, gamma=0.0, epsilon=self.epsilon)

    def _knowing(self, options: Sequence[str]) -> "QLearner[str]":
        known = self._learner.actions
        new = [option for option in dict.fromkeys(options) if option not in known]
        if new:
            wider = self._make([*known, *new])
            for state, row in self._learner._rows.items():
                wider._table[wider._row(state), : len(known)] = self._learner._table[row]
            self._learner = wider
        return self._learner


def _state_of(context: DecisionContext) -> str:
    return json.dumps([context.context_type, context.data], sort_keys=True, default=str)
