"""The thresholds of all bases in decimetres: how far the search goes and what it counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kezhong.assess.origins import Lengths, Several
from kezhong.catalogue.model import Basis

#: The search goes at least this far, whatever the bases ask (metres).
LEAST_BOUND_M = 2000.0


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Thresholds in use, per element, over all bases.

    ``dm`` (elements, T) ascending, 0 unused; ``bound_dm`` how far the search goes; ``several`` the substitutes of
    which more than one must lie within a threshold.
    """

    elements: tuple[str, ...]
    dm: Lengths
    bound_dm: int
    several: tuple[Several, ...] = ()

    @cached_property
    def row(self) -> dict[str, int]:
        """Row of each element."""
        return {element: number for number, element in enumerate(self.elements)}

    def column(self, element: str, limit_dm: int) -> int:
        """Column of ``counts`` that counts within ``limit_dm``, −1 where it was not asked for."""
        found = np.flatnonzero(self.dm[self.row[element]] == limit_dm)
        return int(found[0]) if len(found) else -1


def limit_dm(value: float, unit: str, m_per_min: float) -> int:
    """Decimetres that a threshold allows; minutes count at the standard walker's pace."""
    metres = value if unit == "m" else value * m_per_min
    return int(np.floor(metres * 10.0 + 1e-6))


def thresholds_of(bases: Mapping[str, Basis], elements: tuple[str, ...], m_per_min: float) -> Thresholds:
    """Collect the thresholds of all bases for the given elements."""
    wanted: dict[str, set[int]] = {element: set() for element in elements}
    several: set[Several] = set()
    farthest = int(LEAST_BOUND_M * 10)
    for basis in bases.values():
        for rule in basis.requirements:
            if rule.threshold is None:
                continue
            limit = limit_dm(rule.threshold.value, rule.threshold.unit, m_per_min)
            farthest = max(farthest, limit)
            for element in rule.elements:
                if element not in wanted:
                    continue
                wanted[element].add(limit)
                if (needed := rule.any_of_count.get(element, 1)) > 1:
                    several.add((element, limit, needed))
    width = max((len(limits) for limits in wanted.values()), default=0)
    table = np.zeros((len(elements), max(width, 1)), dtype=np.uint32)
    for number, element in enumerate(elements):
        limits = sorted(wanted[element])
        table[number, : len(limits)] = limits
    return Thresholds(elements, table, farthest, tuple(sorted(several)))
