"""Assess (体检): reach, indicators of the four families, grades, the shortfall list, equity and explanation."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment, assess, open_assessment, run_key
    from kezhong.assess.comparison import compare
    from kezhong.assess.efficiency import floating_catchment
    from kezhong.assess.equity import gini, palma
    from kezhong.assess.explanation import Explanation
    from kezhong.assess.hours import WINDOWS, normalise
    from kezhong.assess.reasons import REACH_REASONS, REASONS

#: Public name → module; imported when first asked for.
_HOMES = {
    "Assessment": "api",
    "assess": "api",
    "open_assessment": "api",
    "run_key": "api",
    "compare": "comparison",
    "floating_catchment": "efficiency",
    "gini": "equity",
    "palma": "equity",
    "Explanation": "explanation",
    "WINDOWS": "hours",
    "normalise": "hours",
    "REACH_REASONS": "reasons",
    "REASONS": "reasons",
}

__all__ = [
    "REACH_REASONS",
    "REASONS",
    "WINDOWS",
    "Assessment",
    "Explanation",
    "assess",
    "compare",
    "floating_catchment",
    "gini",
    "normalise",
    "open_assessment",
    "palma",
    "run_key",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'kezhong.assess' has no attribute {name!r}"
        raise AttributeError(msg)

    value = getattr(import_module(f"kezhong.assess.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


class _CallableRoom(ModuleType):
    """``kezhong.assess`` is this room and, for users, the function of the same name: the room answers a call."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return __getattr__("assess")(*args, **options)


sys.modules[__name__].__class__ = _CallableRoom
