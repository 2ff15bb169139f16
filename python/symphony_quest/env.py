"""The environment of gymnasium over a quest that TypeScript plays."""

from typing import Any, Dict, List, Optional, SupportsFloat, Tuple

import gymnasium
import numpy as np
from gymnasium import spaces

import symphony_quest


class FunctionQuestEnv(gymnasium.Env):
    """A level as an environment: an action is a call of a function.

    ``observations="facts"``: which single facts hold, as ``MultiBinary``; ``"state"``: the number of
    the state, as ``Discrete``. ``info["action_mask"]`` says which functions would succeed, in the form
    that ``action_space.sample(mask)`` takes. The other options are those of ``FunctionQuest``.
    """

    metadata = {"render_modes": ["ansi"], "render_fps": 4}

    def __init__(
        self,
        level: str = "locked_door",
        *,
        observations: str = "facts",
        render_mode: Optional[str] = None,
        **options: Any,
    ) -> None:
        if observations not in ("facts", "state"):
            raise ValueError("observations must be 'facts' or 'state', not %r" % (observations,))
        if render_mode not in (None, "ansi"):
            raise ValueError("render_mode must be None or 'ansi', not %r" % (render_mode,))
        self.render_mode = render_mode
        self.quest = symphony_quest.FunctionQuest(level, **options)
        self.function_names: List[str] = [each.name for each in self.quest.functions]
        self.action_space = spaces.Discrete(len(self.function_names))
        self._by_facts = observations == "facts"
        self.observation_space = (
            spaces.MultiBinary(len(self.quest.facts))
            if self._by_facts
            else spaces.Discrete(self.quest.states)
        )
        self._seen: Dict[int, Tuple[Any, np.ndarray, str]] = {}

    def reset(
        self, *, seed: Optional[int] = None, options: Optional[Dict[str, Any]] = None
    ) -> Tuple[Any, Dict[str, Any]]:
        """Begin again. ``options={"calls": [names]}`` makes these calls first.

        A level has no chance in it: the seed is that of ``np_random`` alone.
        """
        super().reset(seed=seed)
        options = options or {}
        unknown = set(options) - {"calls"}
        if unknown:
            raise ValueError(
                "reset() knows the option 'calls', not %s" % ", ".join(map(repr, sorted(unknown)))
            )
        state = self.quest.reset(list(options.get("calls", ())))
        return self._observe(state), self._info(state, None)

    def step(self, action: Any) -> Tuple[Any, SupportsFloat, bool, bool, Dict[str, Any]]:
        """Call the function of that number."""
        state, reward, terminated, truncated, succeeded = self.quest.step(int(action))
        info = self._info(state, None if succeeded else self.quest.last_error())
        if terminated or truncated:
            info["efficiency"] = self.quest.efficiency
        return self._observe(state), reward, terminated, truncated, info

    def render(self) -> Optional[str]:
        """The state as text, with ``render_mode="ansi"``."""
        return self.quest.render() if self.render_mode == "ansi" else None

    def _observe(self, state: int) -> Any:
        observation = self._known(state)[0]
        return observation.copy() if self._by_facts else observation

    def _info(self, state: int, error: Optional[str]) -> Dict[str, Any]:
        _, mask, key = self._known(state)
        return {"action_mask": mask.copy(), "state": key, "error": error}

    def _known(self, state: int) -> Tuple[Any, np.ndarray, str]:
        found = self._seen.get(state)
        if found is None:
            observation: Any = state
            if self._by_facts:
                observation = np.frombuffer(self.quest.observed(state), dtype=np.int8)
            mask = np.frombuffer(self.quest.callable(state), dtype=np.int8)
            found = self._seen[state] = (observation, mask, self.quest.key(state))
        return found
