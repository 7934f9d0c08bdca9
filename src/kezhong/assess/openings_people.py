"""Whom an opening serves: each element for its own age group, where the basis asks for it, nobody counted twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kezhong.assess.rules import apply_rules
from kezhong.assess.study import Study
from kezhong.assess.wanted import Wanted
from kezhong.city.vocabulary import AGE_GROUPS
from kezhong.network import People

Floats = npt.NDArray[np.float64]

#: Columns of people: everybody, those of 60 and older, those below 15, and those of whom no ages are known.
GROUPS = ("people", "elderly", "children", "ages_unknown")
_OF = ("all", "elderly", "children")


@dataclass(frozen=True, eq=False)
class Served:
    """People as the kernels count them, and which of :data:`GROUPS` the city knows anything of."""

    people: People
    known: npt.NDArray[np.bool_]


def served(study: Study, wanted: tuple[Wanted, ...]) -> Served:
    """People by element, clientele and group.

    Of units without ages nobody counts for an element of one age group: whether they gain is not known. They stand in
    the group ``ages_unknown`` whenever anything is gained there.
    """
    units, bands = study.units, list(AGE_GROUPS["all"])
    table = units.ages[bands].to_numpy(dtype=np.float64).T
    unknown = np.isnan(table).any(axis=0)
    # A band of its own for those without ages: every element may serve them, and no group of ages holds them.
    rows = np.vstack([np.where(unknown, 0.0, table), np.where(unknown, units.people, 0.0)])
    within = np.zeros((len(GROUPS), len(rows)), dtype=bool)
    for number, group in enumerate(_OF):
        within[number, :-1] = np.isin(bands, AGE_GROUPS[group])
    within[-1, -1] = True
    groups = np.vstack([units.people, within[1:] @ rows])
    serves = np.array([_bits(study.catalogue.element(one.element).age_group) for one in wanted], np.int64)
    given = People(groups, _applies(study, wanted), np.ones(len(wanted), dtype=bool), rows, within, serves)
    ages = not bool(unknown.all())
    return Served(given, np.array([True, ages, ages, True]))


def _bits(group: str) -> int:
    """Bands of an age group as bits, with those of unknown age; everybody is the bit above them."""
    bands = AGE_GROUPS["all"]
    if group == "all":
        return 1 << (len(bands) + 1)
    return sum(1 << bands.index(band) for band in AGE_GROUPS[group]) | 1 << len(bands)


def _applies(study: Study, wanted: tuple[Wanted, ...]) -> npt.NDArray[np.bool_]:
    """(E, D): where any requirement on the element that is tested on foot concerns the people."""
    row = {one.element: number for number, one in enumerate(wanted)}
    numbers = [n for n, rule in enumerate(study.basis.requirements) if rule.element in row]
    found = np.zeros((len(wanted), len(study.units.people)), dtype=bool)
    for rule in apply_rules(study, numbers):
        if rule.by_walking:
            found[row[rule.element.id]] |= rule.applies
    return found
