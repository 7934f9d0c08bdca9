"""What a basis asks of each element by walking, where one figure an element is wanted: its widest requirement.

The verdict tests every requirement by itself, for whom it concerns. Figures that compare walkers or hours need one
threshold an element: that of the requirement which lets people walk farthest, with the substitutes that count for it
(:func:`kezhong.assess.rules.substitutes`), so that what is lacking here is lacking for every requirement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kezhong.assess.rules import substitutes
from kezhong.assess.study import STANDARD
from kezhong.assess.thresholds import limit_dm
from kezhong.catalogue import Catalogue
from kezhong.catalogue.model import Basis, Requirement
from kezhong.city.workspace import City


@dataclass(frozen=True, slots=True)
class Wanted:
    """One element's widest requirement.

    Attributes
    ----------
    elements
        The element and the substitutes that count.
    counts
        How many of a substitute it takes, where more than one.
    limit_dm
        The threshold in decimetres; minutes at the standard walker's pace.
    minutes
        The threshold in minutes; metres at the standard walker's pace.
    """

    requirement: Requirement
    elements: tuple[str, ...]
    counts: Mapping[str, int]
    limit_dm: int
    minutes: float

    @property
    def element(self) -> str:
        """The element that is asked for."""
        return self.requirement.element

    def singly(self) -> tuple[str, ...]:
        """Elements of which one is enough."""
        return tuple(element for element in self.elements if self.counts.get(element, 1) <= 1)

    def severally(self) -> tuple[tuple[str, int], ...]:
        """Elements of which more than one is needed, with the number."""
        return tuple((element, self.counts[element]) for element in self.elements if self.counts.get(element, 1) > 1)


def community_types(city: City) -> frozenset[str | None]:
    """Types of the city's communities, ``None`` where one states none; that alone where there are no communities."""
    areas = city.areas
    return frozenset(areas.community_type.get(code) for code in areas.communities) or frozenset({None})


def wanted_of(
    basis: Basis,
    catalogue: Catalogue,
    present: Collection[str],
    only: Collection[str] | None = None,
    kinds: Collection[str | None] | None = None,
) -> dict[str, Wanted]:
    """Element → its widest requirement, in the catalogue's order, where anything that counts is present.

    Parameters
    ----------
    present
        Elements that have a facility.
    only
        Elements asked for; default: all.
    kinds
        Community types: requirements that concern none of them (villages, in a city without any) are left out.
    """
    pace = catalogue.walker(STANDARD).m_per_min
    found: dict[str, Wanted] = {}
    for rule in basis.requirements:
        if rule.threshold is None or rule.in_district or (only is not None and rule.element not in only):
            continue
        if kinds is not None and not any(rule.applies_to(kind) for kind in kinds):
            continue
        value, unit = rule.threshold.value, rule.threshold.unit
        limit = limit_dm(value, unit, pace)
        elements = substitutes(basis, catalogue, rule)
        known = rule.element in found and found[rule.element].limit_dm >= limit
        if known or not set(elements) & set(present):
            continue
        counts = {name: number for name, number in rule.any_of_count.items() if number > 1 and name in elements}
        minutes = value if unit == "min" else value / pace
        found[rule.element] = Wanted(rule, elements, counts, limit, minutes)
    return {element: found[element] for element in catalogue.elements if element in found}
