"""Content and scale: how many, how large, how many places, against the scale rules of the basis.

*Located* quantities add up what stands in an area. Scale rules by population are tested on *apportioned* supply: a
facility within reach of several communities is shared among them in proportion to the people for whom it is the
nearest, so that it counts once in any roll-up and a neighbour's school is not mistaken for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kezhong.assess.figures import REASON, STATUS, FigureBook
from kezhong.assess.rules import Rule
from kezhong.assess.study import Study
from kezhong.catalogue.model import Kind, Scale
from kezhong.city.vocabulary import AreaLevel, FigureStatus, Presence

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

METRICS = ("floor_area_m2", "site_area_m2", "capacity")
_EPSILON = 1e-9
_INDICATOR = {"floor_area_m2": "floor_area", "site_area_m2": "site_area", "capacity": "capacity"}
_UNIT = {"floor_area_m2": "m²", "site_area_m2": "m²"}


@dataclass(frozen=True, eq=False)
class ScaleTest:
    """One scale rule (or a group of alternatives) of one requirement over the areas where it is tested.

    ``have`` and ``need`` in ``unit`` (NaN where unknown), ``status`` and ``reason`` as in figures, shape (areas,);
    ``by_area`` is true where the need follows from the population.
    """

    rule: int
    scale: Scale
    areas: npt.NDArray[np.intp]
    have: Floats
    need: Floats
    status: Codes
    reason: Codes
    by_area: bool


def located(study: Study, book: FigureBook) -> None:
    """Counts and sums of what stands in each area, for every element there is."""
    units, points = study.units, study.points
    if not len(points):
        return
    n_elements = len(study.table.elements)
    which = sparse.csr_matrix(
        (np.ones(len(points)), (np.arange(len(points)), study.point_elements)), shape=(len(points), n_elements)
    )
    counts = (units.located @ which).toarray()
    sums, stated = {}, {}
    for metric in METRICS:
        values = points[metric].to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        sums[metric] = (units.located @ which.multiply(np.nan_to_num(values)[:, None]).tocsr()).toarray()
        stated[metric] = (units.located @ which.multiply(known[:, None]).tocsr()).toarray()
    for number, name in enumerate(study.table.elements):
        element = study.catalogue.element(name)
        if "facilities" in element.indicators:
            book.add(
                name, "content_scale", "facilities", counts[:, number], unit="count",
                status=FigureStatus.INFORMATIVE.value, numerator=counts[:, number],
            )  # fmt: skip
        for metric in METRICS:
            if _INDICATOR[metric] not in element.indicators or not stated[metric][:, number].any():
                continue
            _add_sum(book, element.id, element.capacity_unit, metric, counts[:, number], stated[metric][:, number],
                     sums[metric][:, number])  # fmt: skip


def _add_sum(
    book: FigureBook, element: str, capacity_unit: str, metric: str, counts: Floats, stated: Floats, total: Floats
) -> None:
    unknown = (counts > 0) & (stated == 0)
    reason = np.where(unknown, REASON["no_value"], np.where(stated < counts, REASON["partly_known"], 0))
    book.add(
        element, "content_scale", _INDICATOR[metric], np.where(unknown, np.nan, total),
        unit=_UNIT.get(metric, capacity_unit), reason=reason,
        status=np.where(unknown, STATUS["no_data"], STATUS["informative"]),
    )  # fmt: skip


def absent_elements(study: Study, rules: list[Rule], book: FigureBook) -> None:
    """Rows for elements the basis asks for of which the city shows none: not detected, or no data."""
    done: set[str] = set()
    for rule in rules:
        element = rule.element
        if element.id in study.table.row or element.id in done or "facilities" not in element.indicators:
            continue
        done.add(element.id)
        presence = study.presence((element.id,))
        detected = presence is Presence.NOT_DETECTED
        status = np.full(len(study.units.codes), STATUS["not_detected" if detected else "no_data"], dtype=np.int8)
        reason = np.full(len(status), REASON["none_found" if detected else "no_source"], dtype=np.int8)
        for code in study.ground.confirmed_absent((element.id,)):
            row = study.units.row.get(code)
            if row is not None:
                status[row], reason[row] = STATUS["confirmed_absent"], REASON["verified_absent"]
        book.add(element.id, "content_scale", "facilities", np.nan, unit="count", status=status, reason=reason)


def users(study: Study, rule: Rule) -> Any:
    """Areas × facilities: people for whom a facility is the nearest within the threshold."""
    covered = rule.covered & (rule.nearest_facility >= 0)
    rows = np.flatnonzero(covered)
    people = study.units.people[rows]
    assigned = sparse.csr_matrix((people, (rows, rule.nearest_facility[rows])), shape=(len(covered), len(study.points)))
    return (study.units.member @ assigned).tocsr()


def check_scales(study: Study, rules: list[Rule], book: FigureBook | None) -> list[ScaleTest]:
    """Test every scale rule at its level of area, add the figures where there is a book, and return the tests."""
    tests: list[ScaleTest] = []
    for number, rule in enumerate(rules):
        scales = rule.requirement.scales
        if not scales:
            continue
        asked = study.units.sums(rule.applies.astype(np.float64)) > 0
        served = users(study, rule) if study.has_facilities else None
        groups: dict[str, list[Scale]] = {}
        for position, scale in enumerate(scales):
            groups.setdefault(scale.choice or str(position), []).append(scale)
        for group in groups.values():
            options = [_one(study, rule, number, scale, served, asked) for scale in group]
            tests.append(_best(options))
    if book is not None:
        for test in tests:
            _add_test(study, rules[test.rule], test, book)
    return tests


def _one(study: Study, rule: Rule, number: int, scale: Scale, served: Any, asked: npt.NDArray[np.bool_]) -> ScaleTest:
    units = study.units
    rows = np.flatnonzero(asked & (units.levels == _level(rule, scale, units.leaf_level)))
    if scale.metric == "ratio":
        have, need, why = _ratio(study, rule, scale, rows)
    elif rule.presence is not Presence.PRESENT or served is None:
        have, need = np.full(len(rows), np.nan), np.full(len(rows), scale.minimum)
        why = REASON["none_found" if rule.presence is Presence.NOT_DETECTED else "no_source"]
    elif scale.per == "facility":
        have, need, why = _largest(study, rule, scale, rows, served)
    else:
        have, need, why = _supply(study, rule, scale, rows, served)
    unknown = np.isnan(have) | np.isnan(need)
    short = have + _EPSILON < need
    unseen = STATUS["not_detected" if rule.presence is Presence.NOT_DETECTED else "no_data"]
    status = np.where(unknown, unseen, np.where(short, STATUS["falls_short"], STATUS["meets"])).astype(np.int8)
    cause = REASON["too_small" if scale.per == "facility" else "too_few"]
    reason = np.where(unknown, why, np.where(short, cause, 0)).astype(np.int8)
    nobody = ~(need > 0) & ~unknown if scale.per not in ("facility", "area") else np.zeros(len(rows), bool)
    status[nobody], reason[nobody] = STATUS["not_applicable"], REASON["no_people"]
    return ScaleTest(number, scale, rows, have, need, status, reason, scale.per not in ("facility", "area"))


def _level(rule: Rule, scale: Scale, leaf: str) -> str:
    """Sizes of single facilities are tested where people live; quantities where the element is provided for."""
    if scale.metric == "ratio" or (scale.per == "facility" and not rule.requirement.in_district):
        return leaf
    return rule.unit_level


def _ratio(study: Study, rule: Rule, scale: Scale, rows: npt.NDArray[np.intp]) -> tuple[Floats, Floats, int]:
    codes = study.units.codes[rows]
    have = np.array([study.ratios.get((str(code), rule.element.id), (np.nan,))[0] for code in codes], dtype=np.float64)
    return have, np.full(len(rows), scale.minimum), REASON["no_source"]


def _largest(
    study: Study, rule: Rule, scale: Scale, rows: npt.NDArray[np.intp], served: Any
) -> tuple[Floats, Floats, int]:
    """The largest facility that serves each area; NaN where none states its size or none serves it."""
    values = study.points[scale.metric].to_numpy(dtype=np.float64)
    usable = rule.serving & ~np.isnan(values)
    # Area × facility: its people use it, or it stands here.
    linked = (served + study.units.located).tocsr()[rows].multiply(usable[None, :]).tocsr()
    linked.eliminate_zeros()
    linked = linked.tocoo()
    have = np.full(len(rows), -np.inf)
    np.maximum.at(have, linked.row, values[linked.col])
    have[np.isinf(have)] = np.nan
    return have, np.full(len(rows), scale.minimum), REASON["no_value"]


def _supply(
    study: Study, rule: Rule, scale: Scale, rows: npt.NDArray[np.intp], served: Any
) -> tuple[Floats, Floats, int]:
    """Supply apportioned to each area, and what its population needs."""
    units = study.units
    if scale.metric == "count":
        values = np.ones(len(study.points))
    else:
        values = study.points[scale.metric].to_numpy(dtype=np.float64)
    known = rule.serving & ~np.isnan(values)
    n = len(rows)
    if not known.any():
        return np.full(n, np.nan), np.full(n, scale.minimum), REASON["no_value"]
    usable = np.where(known, np.nan_to_num(values), 0.0)
    by_radius = rule.by_walking and scale.per != "area" and rule.unit_level != AreaLevel.DISTRICT.value
    have = np.asarray((apportioned(study, served) if by_radius else units.located)[rows] @ usable)
    # Facilities that state nothing leave the sum open: what is short may only look so.
    silent = rule.serving & ~known & np.isin(np.arange(len(values)), study.units.located[rows].indices)
    open_rows = np.asarray(units.located[rows] @ silent.astype(np.float64)) > 0
    need = scale.minimum * _heads(study, rule, scale, rows)
    have = np.where(open_rows & (have < need), np.nan, have)
    return have, need, REASON["no_value"]


def apportioned(study: Study, served: Any) -> Any:
    """Areas × facilities: share of each facility that an area's people have; columns of one level sum to at most 1.

    A facility nobody is nearest to belongs to the area it stands in.
    """
    total = np.asarray(served[study.units.city].todense()).ravel()
    used = total > 0
    shares = served @ sparse.diags(np.divide(1.0, total, out=np.zeros(len(total)), where=used))
    return (shares + study.units.located @ sparse.diags((~used).astype(np.float64))).tocsr()


def _heads(study: Study, rule: Rule, scale: Scale, rows: npt.NDArray[np.intp]) -> Floats:
    """By what the minimum is multiplied in each area."""
    units = study.units
    if scale.per == "area":
        return np.ones(len(rows))
    if scale.per == "100_households":
        return units.households[rows] / 100.0
    if scale.per == "1000_target" and rule.element.age_group != "all":
        members = units.group(rule.element.age_group)
        known = units.sums(np.where(np.isnan(members), units.people * rule.applies, 0.0))[rows] <= 0
        return np.where(known, units.sums(np.nan_to_num(members) * rule.applies)[rows], np.nan) / 1000.0
    people = units.sums(units.people * rule.applies)[rows]
    return people if scale.per == "person" else people / 1000.0


def _best(options: list[ScaleTest]) -> ScaleTest:
    """Alternatives: any one that is met suffices; else the one that is nearest to it."""
    best = options[0]
    for other in options[1:]:
        with np.errstate(invalid="ignore", divide="ignore"):
            nearer = np.nan_to_num(other.have / other.need) > np.nan_to_num(best.have / best.need)
        met = other.status == STATUS["meets"]
        take = met | ((best.status != STATUS["meets"]) & nearer)
        best = ScaleTest(
            best.rule,
            best.scale,
            best.areas,
            np.where(take, other.have, best.have),
            np.where(take, other.need, best.need),
            np.where(take, other.status, best.status).astype(np.int8),
            np.where(take, other.reason, best.reason).astype(np.int8),
            best.by_area,
        )
    return best


def _add_test(study: Study, rule: Rule, test: ScaleTest, book: FigureBook) -> None:
    names = {
        ("capacity", True): "capacity_per_1000",
        ("floor_area_m2", True): "floor_area_per_100hh",
        ("site_area_m2", True): "site_area_per_person",
    }
    metric, per = test.scale.metric, test.scale.per
    factor = {"1000_people": 1000.0, "1000_target": 1000.0, "100_households": 100.0, "person": 1.0}.get(per)
    if metric == "ratio":
        indicator, value = "ratio", test.have
    elif factor is not None:
        indicator = names.get((metric, True), f"{metric}_per_{per}")
        heads = test.need / test.scale.minimum if test.scale.minimum > 0 else np.full(len(test.need), np.nan)
        value = np.divide(test.have, heads, out=np.full(len(heads), np.nan), where=heads > 0)
    else:
        indicator, value = f"{_INDICATOR.get(metric, metric)}_per_{per}", test.have
    status, reason = test.status.copy(), test.reason.copy()
    _gate(study, rule, test, status, reason)
    book.add(
        rule.element.id, "content_scale", indicator, value, unit=test.scale.unit, status=status, reason=reason,
        numerator=test.have, denominator=test.need, threshold=test.scale.minimum, threshold_unit=test.scale.unit,
        requirement_id=rule.id, areas=test.areas,
    )  # fmt: skip
    if metric == "capacity" and test.by_area:
        gap = np.where(np.isnan(test.have), np.nan, np.maximum(0.0, test.need - test.have))
        book.add(
            rule.element.id, "content_scale", "capacity_gap", gap, unit=test.scale.unit, status=status, reason=reason,
            numerator=test.have, denominator=test.need, requirement_id=rule.id, areas=test.areas,
        )  # fmt: skip


def _gate(study: Study, rule: Rule, test: ScaleTest, status: Codes, reason: Codes) -> None:
    if study.has_facilities and not study.has_people:
        status[:], reason[:] = STATUS["no_data"], REASON["no_population"]
        return
    for position, row in enumerate(test.areas):
        if not study.has_facilities or study.quality.insufficient(str(study.units.codes[row]), rule.element.id):
            status[position], reason[position] = STATUS["data_insufficient"], REASON["quality_gate"]


def ratios(study: Study, rules: list[Rule], book: FigureBook) -> None:
    """Ledger ratios of every element that is a statistic, and whether a mechanism is provided."""
    tested = {rule.element.id for rule in rules if any(scale.metric == "ratio" for scale in rule.requirement.scales)}
    for element in study.catalogue.elements.values():
        if element.kind not in (Kind.RATIO, Kind.PROGRAM, Kind.LINE):
            continue
        rows = np.array([n for n, code in enumerate(study.units.codes) if (str(code), element.id) in study.ratios], int)
        if element.id in tested:
            leaf = study.units.levels[rows] == study.units.leaf_level
            rows = rows[~leaf]
        found = [study.ratios[(str(study.units.codes[row]), element.id)] for row in rows]
        if not found:
            continue
        value, top, bottom = (np.array([entry[i] for entry in found], dtype=np.float64) for i in range(3))
        book.add(
            element.id, "content_scale", "ratio" if "ratio" in element.indicators else "provided", value,
            unit=found[0][3] or "share", status=FigureStatus.INFORMATIVE.value, numerator=top, denominator=bottom,
            areas=rows,
        )  # fmt: skip
