"""Shares of efficiency and quality that count towards the grade, element by element, without a table of figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kezhong.assess import use
from kezhong.assess.composite import EFFICIENCY, QUALITY
from kezhong.assess.figures import FigureBook
from kezhong.assess.rules import Rule
from kezhong.assess.study import Study
from kezhong.assess.units import Units
from kezhong.assess.whatif_facilities import Facilities
from kezhong.catalogue.model import Basis, Element

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
#: Demand units, facilities and decimetres between them.
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.uint32]]

_FAMILY = {**dict.fromkeys(EFFICIENCY, "efficiency"), **dict.fromkeys(QUALITY, "quality")}


class Block(NamedTuple):
    """One indicator of one element: areas and their values."""

    family: str
    areas: Rows
    value: Floats


Blocks = dict[str, list[Block]]


class Sheet(FigureBook):
    """Takes the place of the book of figures and keeps only the shares that count towards the grade, by element."""

    def __init__(self, study: Study) -> None:
        super().__init__(
            study.units, basis_hash=study.basis.hash, window=study.window, quality=study.quality.score
        )  # fmt: skip
        self.blocks: Blocks = {}

    def add(
        self,
        element: str,
        family: str,
        indicator: str,
        value: npt.ArrayLike,
        *,
        areas: Rows | None = None,
        **_: Any,
    ) -> None:
        """Keep one block, if it counts."""
        if _FAMILY.get(indicator) != family:
            return
        rows = np.arange(len(self.units.codes)) if areas is None else areas
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), (len(rows),))
        self.blocks.setdefault(element, []).append(Block(family, rows, values))


def weighed(basis: Basis, elements: Iterable[Element]) -> frozenset[str]:
    """Elements of which it counts whether the places suffice: a norm of places a head is set for them."""
    normed = {
        one.element
        for one in basis.requirements
        if any(scale.metric == "capacity" and scale.minimum > 0 for scale in one.scales)
    }
    return frozenset(one.id for one in elements if one.id in normed and "access_2sfca" in one.indicators)


def supply(study: Study, rules: list[Rule], name: str, pairs: Pairs) -> list[Block]:
    """Shares of one element's capacity."""
    unit, facility, dm = pairs
    ptr = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=len(study.units.people)))]).astype(np.int64)
    table = replace(study.table, elements=(name,), pair_ptr=ptr, pair_facility=facility, pair_dm=dm)
    table.__dict__["row"] = {name: study.table.row[name]}
    alone, sheet = _with(study, table=table), Sheet(study)
    use.catchments(alone, rules, sheet)
    return sheet.blocks.get(name, [])


def operation(study: Study, facilities: Facilities, name: str | None = None) -> Blocks:
    """Shares of operation by element: of one, from its facilities alone, or of all."""
    if name is None:
        every = _with(study, points=facilities.operation(np.arange(len(facilities))))
    else:
        own = np.flatnonzero(study.point_elements == study.table.row[name])
        units = kept(study.units, replace(study.units, located=study.units.located[:, own]))
        every = _with(
            study, table=replace(study.table, elements=(name,)), units=units, points=facilities.operation(own)
        )  # fmt: skip
        every.__dict__["point_elements"] = np.zeros(len(own), dtype=np.intp)
    sheet = Sheet(every)
    use.operation(every, sheet)
    return sheet.blocks


def mean(blocks: Iterable[Block], family: str, n: int) -> Floats:
    """Mean over a family's blocks in each area, times 100; NaN where there is none.

    Summed with Kahan's compensation, as pandas sums the groups of a table: both agree to the last bit.
    """
    total, lost, count = np.zeros(n), np.zeros(n), np.zeros(n)
    for block in blocks:
        if block.family != family:
            continue
        known = ~np.isnan(block.value)
        rows, value = block.areas[known], block.value[known]
        step = value - lost[rows]
        summed = total[rows] + step
        lost[rows] = summed - total[rows] - step
        total[rows] = summed
        count[rows] += 1.0
    found: Floats = 100.0 * np.divide(total, count, out=np.full(n, np.nan), where=count > 0)
    return found


def kept(old: Units, new: Units) -> Units:
    """Carry over what is derived from people and areas alone."""
    for name in ("row", "residents", "_groups", "ages_known"):
        new.__dict__[name] = getattr(old, name)
    return new


def _with(study: Study, **changes: Any) -> Study:
    """A study with other parts, and what was derived from those that stay."""
    made = replace(study, **changes)
    for name in ("point_elements", "has_people", "has_facilities"):
        made.__dict__[name] = getattr(study, name)
    return made
