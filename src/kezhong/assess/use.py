"""The families *efficiency* and *quality* as figures: capacity-limited access, hours, sharing, grade, satisfaction.

What no source states is 无数据, a row with that status; nothing is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kezhong.assess.efficiency import Decay, floating_catchment, served_share
from kezhong.assess.figures import REASON, STATUS, FigureBook
from kezhong.assess.hours import match_shares
from kezhong.assess.rules import Rule
from kezhong.assess.searching import CATCHMENT_M
from kezhong.assess.study import Study
from kezhong.catalogue.model import Element
from kezhong.city.vocabulary import AreaLevel

Floats = npt.NDArray[np.float64]

_VARIANTS: tuple[tuple[str, Decay], ...] = (("access_2sfca", "binary"), ("access_e2sfca", "banded"))
_HEADS = {"1000_target": 1000.0, "1000_people": 1000.0, "person": 1.0}


@dataclass(frozen=True, slots=True)
class Scores:
    """Capacity-limited access of one element: score (demand,), group counted, catchment in decimetres."""

    score: Floats
    members: Floats
    group: str
    catchment_dm: int


def catchments(study: Study, rules: list[Rule], book: FigureBook) -> dict[str, Scores]:
    """2SFCA and E2SFCA of every element whose facilities state a capacity; element → 2SFCA scores."""
    points, table, units = study.points, study.table, study.units
    found: dict[str, Scores] = {}
    if not len(points) or not study.has_people:
        return found
    capacity = points["capacity"].to_numpy(dtype=np.float64)
    unit = np.repeat(np.arange(len(units.people)), np.diff(table.pair_ptr))
    element_of_pair = study.point_elements[table.pair_facility]
    by_element = {rule.element.id: rule for rule in reversed(rules) if rule.by_walking}
    for name, row in table.row.items():
        element = study.catalogue.element(name)
        supply = np.where(study.point_elements == row, capacity, np.nan)
        if np.isnan(supply).all() or "access_2sfca" not in element.indicators:
            continue
        members, group = _members(study, element)
        rule = by_element.get(name)
        limit = rule.limit_dm if rule else int(CATCHMENT_M * 10)
        pairs = np.flatnonzero(element_of_pair == row)
        rows = (unit[pairs], table.pair_facility[pairs], table.pair_dm[pairs].astype(np.float64))
        for indicator, decay in _VARIANTS:
            access = floating_catchment(*rows, members, supply, float(limit), decay)
            top, bottom = units.sums(access.score * members), units.sums(members)
            areas = np.flatnonzero(bottom > 0)
            book.add(
                name, "efficiency", indicator, top[areas] / bottom[areas], unit=f"{element.capacity_unit}/person",
                status="informative", numerator=top[areas], denominator=bottom[areas], variant="target_pop",
                age_group=group, threshold=limit / 10.0, threshold_unit="m", areas=areas,
            )  # fmt: skip
            if decay == "binary":
                found[name] = Scores(access.score, members, group, limit)
        _limited(book, study, rule, found[name], name)
    return found


def _members(study: Study, element: Element) -> tuple[Floats, str]:
    """Members of the element's group; everybody where the ages of some are unknown."""
    members = study.units.group(element.age_group)
    unknown = np.isnan(members) & (study.units.people > 0)
    return (study.units.people, "all") if unknown.any() else (np.nan_to_num(members), element.age_group)


def _limited(book: FigureBook, study: Study, rule: Rule | None, scores: Scores, name: str) -> None:
    """Coverage as far as the places suffice: members for whom the reachable supply meets the norm."""
    norm = next(
        (
            scale.minimum / _HEADS[scale.per]
            for scale in (rule.requirement.scales if rule else ())
            if scale.metric == "capacity" and scale.per in _HEADS and scale.minimum > 0
        ),
        None,
    )
    if norm is None or rule is None:
        return
    top = study.units.sums(served_share(scores.score, norm) * scores.members)
    bottom = study.units.sums(scores.members)
    areas = np.flatnonzero(bottom > 0)
    book.add(
        name, "efficiency", "capacity_limited_coverage", top[areas] / bottom[areas], unit="share",
        status="informative", numerator=top[areas], denominator=bottom[areas], variant="target_pop",
        age_group=scores.group, threshold=scores.catchment_dm / 10.0, threshold_unit="m",
        requirement_id=rule.id, areas=areas,
    )  # fmt: skip


def operation(study: Study, book: FigureBook) -> None:
    """Hours, sharing, utilisation, grade, barrier-free share and satisfaction of the facilities in each area."""
    points = study.points
    if not len(points):
        return
    yes = points["wheelchair"].isin(["yes", "designated"]).to_numpy(dtype=bool)
    known_wheelchair = points["wheelchair"].notna().to_numpy(dtype=bool)
    shared = points["shared"].fillna(value=False).to_numpy(dtype=bool)
    known_shared = points["shared"].notna().to_numpy(dtype=bool)
    graded = points["grade"].notna().to_numpy(dtype=bool)
    used, capacity = (points[name].to_numpy(dtype=np.float64) for name in ("used", "capacity"))
    satisfaction = points["satisfaction"].to_numpy(dtype=np.float64)
    both = ~np.isnan(used) & (np.nan_to_num(capacity) > 0)
    asked = ~np.isnan(satisfaction)
    # indicator → family, what is added up, by what it is divided
    measures: dict[str, tuple[str, Floats, Floats]] = {
        "sharing": ("efficiency", (shared & known_shared).astype(np.float64), known_shared.astype(np.float64)),
        "utilisation": ("efficiency", np.where(both, used, 0.0), np.where(both, capacity, 0.0)),
        "grade": ("quality", (graded & ~_lowest(points["grade"].tolist())).astype(np.float64), graded.astype(float)),
        "barrier_free": ("quality", (yes & known_wheelchair).astype(np.float64), known_wheelchair.astype(np.float64)),
        "satisfaction": ("quality", np.where(asked, satisfaction, 0.0), asked.astype(np.float64)),
    }
    for name, row in study.table.row.items():
        element = study.catalogue.element(name)
        own = (study.point_elements == row).astype(np.float64)
        here = study.units.located @ own
        areas = np.flatnonzero(here > 0)
        for indicator, (family, top, bottom) in measures.items():
            if indicator in element.indicators:
                _add(book, study, name, family, indicator, own * top, own * bottom, areas)
        if "open_hours_match" in element.indicators and element.hours:
            shares = match_shares(points["hours"].where(own > 0), element.hours)
            known = ~np.isnan(shares)
            _add(book, study, name, "efficiency", "open_hours_match", np.nan_to_num(shares), known.astype(float), areas)


#: Grades that say a facility is only basic; every other stated grade counts as reached.
_BASIC = ("基础", "基本", "不达标", "不合格", "未评", "无", "d", "e")


def _lowest(grades: list[object]) -> npt.NDArray[np.bool_]:
    return np.array([isinstance(g, str) and g.strip().lower().startswith(_BASIC) for g in grades], dtype=bool)


def _add(
    book: FigureBook, study: Study, element: str, family: str, indicator: str, top: Floats, bottom: Floats,
    areas: npt.NDArray[np.intp],
) -> None:  # fmt: skip
    above, below = (study.units.located @ values for values in (top, bottom))
    above, below = above[areas], below[areas]
    known = below > 0
    if not known.any() and indicator != "satisfaction" and not (study.units.located @ bottom).any():
        # Nothing is known of it anywhere: one row for the city says so.
        areas = areas[study.units.levels[areas] == AreaLevel.CITY.value]
        above, below, known = above[-len(areas) :], below[-len(areas) :], known[-len(areas) :]
        if not len(areas):
            return
    book.add(
        element, family, indicator, np.divide(above, below, out=np.full(len(areas), np.nan), where=known),
        unit="share", status=np.where(known, STATUS["informative"], STATUS["no_data"]),
        reason=np.where(known, 0, REASON["no_value"]), numerator=np.where(known, above, np.nan),
        denominator=np.where(known, below, np.nan), areas=areas,
    )  # fmt: skip
