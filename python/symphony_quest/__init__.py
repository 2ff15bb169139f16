"""Function Quest: levels whose functions are TypeScript, for Python's reinforcement learning.

Importing it registers ``FunctionQuest-v0`` where gymnasium is installed::

    import gymnasium, symphony_quest

    env = gymnasium.make("FunctionQuest-v0", level="locked_door")
"""

import importlib
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from _symphony_quest import FunctionQuest, FunctionQuestState, SymphonyModelFunction, level_names

    from .env import FunctionQuestEnv as FunctionQuestEnv


def _host() -> Any:
    """The module of TypeScript, as it is now: another JS thread may have taken it over."""
    try:
        return importlib.import_module("_symphony_quest")
    except ModuleNotFoundError as error:
        if error.name != "_symphony_quest":
            raise
        raise ImportError(
            "symphony_quest needs the TypeScript program that hosts it: start Python from there by "
            "startPython() of pyduet, and call installQuest(py) of pyduet/symphony"
        ) from None


_host()

# Without FunctionQuestEnv, for which `import *` would need gymnasium.
__all__ = ["FunctionQuest", "FunctionQuestState", "SymphonyModelFunction", "level_names"]
_HOSTED = tuple(__all__)


def __getattr__(name: str) -> Any:
    """What TypeScript declared, and FunctionQuestEnv: only who uses that needs gymnasium."""
    if name in _HOSTED:
        return getattr(_host(), name)
    if name != "FunctionQuestEnv":
        raise AttributeError("module 'symphony_quest' has no attribute %r" % name)
    try:
        import gymnasium  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "gymnasium":
            raise
        raise ImportError(
            "FunctionQuestEnv needs gymnasium: pip install gymnasium. "
            "FunctionQuest plays without it"
        ) from None
    from .env import FunctionQuestEnv

    return FunctionQuestEnv


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, "FunctionQuestEnv"})


def _register() -> None:
    try:
        from gymnasium import register, registry
    except ImportError:
        return
    if "FunctionQuest-v0" not in registry:
        register("FunctionQuest-v0", entry_point="symphony_quest.env:FunctionQuestEnv")


_register()
