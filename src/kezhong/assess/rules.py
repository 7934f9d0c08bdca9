"""The requirements of a basis, applied to the demand units of one city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kezhong.assess.origins import UNREACHED, Lengths, Origins
from kezhong.assess.study import STANDARD, Study
from kezhong.assess.thresholds import limit_dm
from kezhong.assess.units import Units, built_up
from kezhong.catalogue.model import Basis, Element, Kind, LevelId, Requirement
from kezhong.city.vocabulary import AreaLevel, Presence, SetKind

if TYPE_CHECKING:
    from kezhong.catalogue import Catalogue

Flags = npt.NDArray[np.bool_]

#: Requirements of these kinds gate the grade and make shortfalls.
BINDING = ("required", "conditional")
#: Levels of provision in the order in which an upper one may stand in for a lower one.
_ORDER = (LevelId.BLOCK, LevelId.VILLAGE, LevelId.L5, LevelId.L10, LevelId.TOWNSHIP, LevelId.L15, LevelId.DISTRICT)


@dataclass(frozen=True, eq=False)
class Rule:
    """One requirement with what it means in this city.

    Attributes
    ----------
    elements
        The element and the substitutes that count here.
    limit_dm
        Threshold on the network in decimetres, −1 where the requirement has none or it is not tested by walking.
    walker
        ``metres``, or the walker whose pace makes metres of a threshold in minutes.
    unit_level
        Level of area at which scale rules (and requirements without a threshold) are tested.
    presence
        What is known of the elements in the city as a whole.
    leaf_applies : bool (leaves,)
    applies : bool (demand,)
        Whom the requirement concerns.
    nearest_dm, nearest_facility : (demand,)
        To the nearest of any of the elements; what a substitute's count does not satisfy is not reached.
    covered : bool (demand,)
    serving : bool (facilities,)
    """

    requirement: Requirement
    element: Element
    elements: tuple[str, ...]
    limit_dm: int
    walker: str
    unit_level: str
    presence: Presence
    leaf_applies: Flags
    applies: Flags
    nearest_dm: Lengths
    nearest_facility: npt.NDArray[np.int32]
    serving: Flags

    @property
    def id(self) -> str:
        """The requirement's id."""
        return self.requirement.id

    @property
    def binding(self) -> bool:
        """Whether it gates the grade."""
        return self.requirement.status in BINDING

    @property
    def covered(self) -> Flags:
        """Demand units within the threshold; without one, those that reach any."""
        limit = self.limit_dm if self.limit_dm >= 0 else UNREACHED - 1
        return np.asarray(self.nearest_dm <= limit)

    @property
    def by_walking(self) -> bool:
        """Whether a distance is tested."""
        return self.limit_dm >= 0


def apply_rules(study: Study, only: Sequence[int] | None = None) -> list[Rule]:
    """Every requirement of the basis, in its order; ``only`` those of these numbers."""
    units, wanted = study.units, study.basis.requirements
    if only is not None:
        wanted = tuple(wanted[number] for number in only)
    inside = np.ones(len(units.people), dtype=bool)
    if any(rule.required_if is not None and rule.required_if.built_up_only for rule in wanted):
        inside = built_up(study.city, units, units.xy, units.leaf_of)
    levels = set(units.levels)
    return [_apply(study, requirement, inside, levels) for requirement in wanted]


def _apply(study: Study, requirement: Requirement, inside: Flags, levels: set[str]) -> Rule:
    element = study.catalogue.element(requirement.element)
    elements = substitutes(study.basis, study.catalogue, requirement)
    threshold = requirement.threshold
    walking = threshold is not None and not requirement.in_district
    limit = limit_dm(threshold.value, threshold.unit, study.standard_pace) if threshold and walking else -1
    nearest, row = study.table.people_on_foot.nearest(elements, requirement.any_of_count, limit)
    which = study.table.facility(row)
    if study.assignment is not None:
        nearest, which = study.assignment.units(elements, nearest, which)
    leaf, applies = _concerned(study.units, requirement)
    condition = requirement.required_if
    if condition is not None and condition.built_up_only:
        applies &= inside
    if condition is not None and condition.unless_reached is not None:
        applies &= ~_spared(study, condition.unless_reached, study.table.people_on_foot)
    return Rule(
        requirement=requirement,
        element=element,
        elements=elements,
        limit_dm=limit,
        walker="metres" if threshold is None or threshold.unit == "m" else STANDARD,
        unit_level=_unit_level(requirement, element, levels, study.units.leaf_level),
        presence=_presence(study, requirement, element, elements),
        leaf_applies=leaf,
        applies=applies,
        nearest_dm=nearest,
        nearest_facility=which,
        serving=study.serving(elements),
    )


def _presence(study: Study, requirement: Requirement, element: Element, elements: tuple[str, ...]) -> Presence:
    """What is known of a requirement's elements in the whole city.

    The element whose reach makes the requirement unnecessary proves nothing here: only those it does not reach are
    concerned, so a city in which nobody ever found the element itself has it 未检出.
    """
    if element.kind not in (Kind.POINT, Kind.AREA):
        return _other(study, elements)
    condition = requirement.required_if
    spared = condition.unless_reached if condition is not None else None
    return study.presence(tuple(name for name in elements if name != spared) or elements)


def _other(study: Study, elements: tuple[str, ...]) -> Presence:
    """Presence of a statistic or mechanism: the ledger says something, or nothing is known."""
    stated = any(element in elements for _, element in study.ratios)
    return Presence.PRESENT if stated or any(e in study.table.row for e in elements) else Presence.NO_DATA


def substitutes(basis: Basis, catalogue: Catalogue, requirement: Requirement) -> tuple[str, ...]:
    """Elements that count; under the non-inclusion rule no facility of an upper level stands in for a lower one."""
    if not basis.non_inclusive:
        return requirement.elements
    own = requirement.level or catalogue.element(requirement.element).level
    kept = [e for e in requirement.any_of if _ORDER.index(catalogue.element(e).level) <= _ORDER.index(own)]
    return (requirement.element, *kept)


@dataclass(frozen=True, eq=False)
class AtPlaces:
    """One requirement at estates, buildings and land (P places).

    Attributes
    ----------
    applies : bool (P,)
        Which places it concerns.
    dm, straight_dm : uint32 (P,)
        Decimetres to what decides, on foot (the assigned school, else the nearest) and in a straight line.
    """

    applies: Flags
    dm: Lengths
    straight_dm: Lengths


def at_places(study: Study, rule: Rule) -> AtPlaces:
    """What a requirement means at places: whom it concerns and what counts are as for people."""
    table, counts = study.table, rule.requirement.any_of_count
    _, leaf_of = study.place_areas
    applies = np.append(rule.leaf_applies, rule.requirement.applies_to(None))[leaf_of]
    condition = rule.requirement.required_if
    if condition is not None and condition.built_up_only:
        applies = applies & built_up(study.city, study.units, table.places.lonlat, leaf_of)
    if condition is not None and condition.unless_reached is not None:
        applies = applies & ~_spared(study, condition.unless_reached, table.places_on_foot)
    dm, _ = table.places_on_foot.nearest(rule.elements, counts, rule.limit_dm)
    if study.assignment is not None:
        dm = study.assignment.places(rule.elements, dm)
    return AtPlaces(applies, dm, table.places_straight.nearest(rule.elements, counts, rule.limit_dm)[0])


def _concerned(units: Units, requirement: Requirement) -> tuple[Flags, Flags]:
    """Leaves and demand units to which a requirement applies by community type and population."""
    leaf = np.array(
        [
            requirement.applies_to(kind, people)
            for kind, people in zip(units.types, units.residents[: units.n_leaves], strict=True)
        ],
        dtype=bool,
    )
    outside = requirement.applies_to(None)
    return leaf, np.append(leaf, outside)[units.leaf_of]


def _spared(study: Study, element: str, origins: Origins) -> Flags:
    """Origins within the basis's own threshold of another element, whose reach makes a requirement unnecessary."""
    for requirement in study.basis.requirements:
        if requirement.element == element and requirement.threshold is not None:
            limit = limit_dm(requirement.threshold.value, requirement.threshold.unit, study.standard_pace)
            elements = substitutes(study.basis, study.catalogue, requirement)
            return np.asarray(origins.nearest(elements, requirement.any_of_count, limit)[0] <= limit)
    return np.zeros(len(origins), dtype=bool)


def _unit_level(requirement: Requirement, element: Element, levels: set[str], leaf: str) -> str:
    """Level of area at which quantities are tested: the district, the life circle (15 minutes), or the community."""
    if requirement.in_district or (requirement.level or element.level) is LevelId.DISTRICT:
        return AreaLevel.DISTRICT.value if AreaLevel.DISTRICT.value in levels else AreaLevel.CITY.value
    upper = (requirement.level or element.level) is LevelId.L15
    return SetKind.LIFE_CIRCLE.value if upper and SetKind.LIFE_CIRCLE.value in levels else leaf
