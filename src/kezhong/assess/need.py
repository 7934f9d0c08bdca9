"""How urgently residents ask for an element: the weight by which equal shortfalls are put in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NeedWeights:
    """Weights per (area code, element id); 1 wherever no residents' data (surveys, 12345 tickets) exist.

    The weight orders shortfalls of equal severity; it changes neither a verdict nor whom a shortfall affects.
    """

    weights: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def of(self, area: str, element: str) -> float:
        """Weight of an element in an area."""
        return float(self.weights.get((area, element), 1.0))
