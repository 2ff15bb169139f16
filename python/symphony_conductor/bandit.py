"""Contextual bandits: each option has a linear model of its reward, kept as a ridge regression."""

from __future__ import annotations

import math
from typing import Any, Dict, Mapping, Sequence, Tuple

try:
    import numpy as np
    import numpy.typing as npt
except ModuleNotFoundError as error:
    if error.name != "numpy":
        raise
    raise ImportError("LinUcb and Thompson need numpy: pip install numpy") from None

from symphony_conductor.features import features
from symphony_conductor.policies import LearningPolicy
from symphony_conductor.records import Choice, DecisionContext

Vector = npt.NDArray[np.float64]


class _Arm:
    """The regression of one option: the inverse of A = I + sum(x x'), and b = sum(reward x)."""

    def __init__(self, inverse: Vector, b: Vector, pulls: int) -> None:
        self.inverse = inverse
        self.b = b
        self.pulls = pulls
        self.theta: Vector = inverse @ b

    def estimate(self, x: Vector) -> Tuple[float, float]:
        """The reward expected, and how far it may be off."""
        return float(x @ self.theta), math.sqrt(max(0.0, float(x @ self.inverse @ x)))

    def learn(self, x: Vector, reward: float) -> None:
        # Sherman and Morrison: the inverse after A += x x'.
        image = self.inverse @ x
        self.inverse -= np.outer(image, image) / (1.0 + x @ image)
        self.b += reward * x
        self.theta = self.inverse @ self.b
        self.pulls += 1


class _LinearBandit(LearningPolicy):
    """What both ways of exploring share."""

    def __init__(self, seed: int = 0, size: int = 32) -> None:
        if size < 2:
            raise ValueError("size must be at least 2, not %r" % size)
        self.seed = seed
        self.size = size
        self._arms: Dict[str, _Arm] = {}

    def learn(self, context: DecisionContext, choice: str, reward: float) -> None:
        """Moves the choice's model."""
        arm = self._arms.get(choice)
        if arm is None:
            arm = self._arms[choice] = self._new()
        arm.learn(features(context, self.size), reward)

    def to_state(self) -> Dict[str, Any]:
        """The models, as JSON knows them."""
        arms = {
            option: {"inverse": arm.inverse.tolist(), "b": arm.b.tolist(), "pulls": arm.pulls}
            for option, arm in self._arms.items()
        }
        return {"size": self.size, "arms": arms}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes the models."""
        self.size = int(state["size"])
        self._arms = {
            option: _Arm(np.array(arm["inverse"]), np.array(arm["b"]), int(arm["pulls"]))
            for option, arm in state["arms"].items()
        }

    def _new(self) -> _Arm:
        return _Arm(np.eye(self.size), np.zeros(self.size), 0)

    def _arm(self, option: str) -> _Arm:
        return self._arms.get(option) or self._new()

    def _random(self, count: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, count])

    def _choice(self, option: str, estimate: Tuple[float, float], among: int) -> Choice:
        mean, width = estimate
        pulls = self._arm(option).pulls
        reasoning = "%s expects %.3f, give or take %.3f, of %r among %d, after %d times of feedback" % (
            self.name,
            mean,
            width,
            option,
            among,
            pulls,
        )
        return Choice(option, 1.0 / (1.0 + width), reasoning)


class LinUcb(_LinearBandit):
    """The option that may be best: its expected reward and `alpha` times how far that may be off (LinUCB).

    Among equals one is drawn. The confidence is 1 / (1 + how far the estimate may be off).
    """

    name = "linucb"

    def __init__(self, seed: int = 0, alpha: float = 1.0, size: int = 32) -> None:
        super().__init__(seed, size)
        self.alpha = alpha

    def choose(self, context: DecisionContext, options: Sequence[str], count: int) -> Choice:
        """The option with the highest upper bound."""
        x = features(context, self.size)
        estimates = [self._arm(option).estimate(x) for option in options]
        bounds = [mean + self.alpha * width for mean, width in estimates]
        highest = max(bounds)
        best = [i for i, bound in enumerate(bounds) if bound >= highest - 1e-12]
        i = best[0] if len(best) == 1 else best[int(self._random(count).integers(len(best)))]
        return self._choice(options[i], estimates[i], len(options))


class Thompson(_LinearBandit):
    """The option that is best in one draw of what each may be worth (Thompson sampling)."""

    name = "thompson"

    def __init__(self, seed: int = 0, scale: float = 0.5, size: int = 32) -> None:
        super().__init__(seed, size)
        self.scale = scale

    def choose(self, context: DecisionContext, options: Sequence[str], count: int) -> Choice:
        """The option with the highest draw."""
        x = features(context, self.size)
        estimates = [self._arm(option).estimate(x) for option in options]
        draws = self._random(count).standard_normal(len(options))
        # x' theta of a normal theta is normal itself, with the estimate's mean and width.
        values = [mean + self.scale * width * draws[i] for i, (mean, width) in enumerate(estimates)]
        i = int(np.argmax(values))
        return self._choice(options[i], estimates[i], len(options))
