"""The requirements of a basis, applied to the demand units of one city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kezhong.assess.reach import UNREACHED, Lengths, ReachTable, limit_dm
from kezhong.assess.study import STANDARD, Study
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


def apply_rules(study: Study) -> list[Rule]:
    """Every requirement of the basis, in its order."""
    inside = built_up(study.city, study.units) if _asks_built_up(study) else np.ones(len(study.units.people), bool)
    levels = set(study.units.levels)
    return [_apply(study, requirement, inside, levels) for requirement in study.basis.requirements]


def _asks_built_up(study: Study) -> bool:
    return any(rule.required_if is not None and rule.required_if.built_up_only for rule in study.basis.requirements)


def _apply(study: Study, requirement: Requirement, inside: Flags, levels: set[str]) -> Rule:
    element = study.catalogue.element(requirement.element)
    elements = substitutes(study.basis, study.catalogue, requirement)
    threshold = requirement.threshold
    walking = threshold is not None and not requirement.in_district
    limit = limit_dm(threshold.value, threshold.unit, study.standard_pace) if threshold and walking else -1
    nearest, which = merged(study.table, requirement, elements, limit)
    if study.assignment is not None:
        nearest, which = study.assignment.units(elements, nearest, which)
    leaf, applies = _concerned(study.units, requirement)
    condition = requirement.required_if
    if condition is not None and condition.built_up_only:
        applies &= inside
    if condition is not None and condition.unless_reached is not None:
        applies &= ~_reached(study, condition.unless_reached)
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


def merged(
    table: ReachTable, requirement: Requirement, elements: tuple[str, ...], limit: int
) -> tuple[Lengths, npt.NDArray[np.int32]]:
    """Nearest of several elements: distances (demand,) and facilities (demand,)."""
    n = table.nearest_dm.shape[1]
    best = np.full(n, UNREACHED, dtype=np.uint32)
    which = np.full(n, -1, dtype=np.int32)
    for element in elements:
        row = table.row.get(element)
        if row is None:
            continue
        here = table.nearest_dm[row]
        needed = requirement.any_of_count.get(element, 1)
        if needed > 1:
            column = table.thresholds.column(element, limit) if limit >= 0 else -1
            enough = table.counts[row, column] >= needed if column >= 0 else np.zeros(n, dtype=bool)
            here = np.where(enough, here, UNREACHED).astype(np.uint32)
        nearer = here < best
        best = np.where(nearer, here, best)
        which = np.where(nearer, table.nearest_facility[row], which)
    return best, which


def places_reach(study: Study, rule: Rule) -> Lengths:
    """Decimetres from each place (P,) to what decides for it: the assigned school, else the nearest."""
    nearest = places_nearest(study.table, rule.elements, study.table.place_dm)
    return nearest if study.assignment is None else study.assignment.places(rule.elements, nearest)


def places_nearest(table: ReachTable, elements: tuple[str, ...], matrix: Lengths) -> Lengths:
    """Least over elements of a (E, P) matrix of decimetres."""
    rows = [table.row[element] for element in elements if element in table.row]
    if not rows:
        return np.full(matrix.shape[1], UNREACHED, dtype=np.uint32)
    return np.asarray(matrix[rows].min(axis=0))


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


def _reached(study: Study, element: str) -> Flags:
    """Units within the basis's own threshold of another element."""
    for requirement in study.basis.requirements:
        if requirement.element == element and requirement.threshold is not None:
            limit = limit_dm(requirement.threshold.value, requirement.threshold.unit, study.standard_pace)
            return np.asarray(merged(study.table, requirement, requirement.elements, limit)[0] <= limit)
    return np.zeros(len(study.units.people), dtype=bool)


def excused(study: Study, rule: Rule, matrix: Lengths) -> Flags:
    """Columns of a (E, places) matrix that an upper-level facility reaches, so that the rule does not concern them."""
    condition = rule.requirement.required_if
    if condition is None or condition.unless_reached is None:
        return np.zeros(matrix.shape[1], dtype=bool)
    for requirement in study.basis.requirements:
        if requirement.element == condition.unless_reached and requirement.threshold is not None:
            limit = limit_dm(requirement.threshold.value, requirement.threshold.unit, study.standard_pace)
            return np.asarray(places_nearest(study.table, requirement.elements, matrix) <= limit)
    return np.zeros(matrix.shape[1], dtype=bool)


def _unit_level(requirement: Requirement, element: Element, levels: set[str], leaf: str) -> str:
    """Level of area at which quantities are tested: the district, the life circle (15 minutes), or the community."""
    if requirement.in_district or (requirement.level or element.level) is LevelId.DISTRICT:
        return AreaLevel.DISTRICT.value if AreaLevel.DISTRICT.value in levels else AreaLevel.CITY.value
    upper = (requirement.level or element.level) is LevelId.L15
    return SetKind.LIFE_CIRCLE.value if upper and SetKind.LIFE_CIRCLE.value in levels else leaf
