"""What an assessment would say of an edited city: evaluated anew only where an edit matters, by the same functions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess import composite, coverage, scale, shortfalls, use
from kezhong.assess.composite import Verdicts
from kezhong.assess.coverage import Coverage
from kezhong.assess.figures import FigureBook
from kezhong.assess.rules import Rule, apply_rules
from kezhong.assess.scale import ScaleTest
from kezhong.assess.study import Study
from kezhong.assess.units import Units
from kezhong.assess.whatif_town import EVERYTHING

#: A row of the shortfall list with what the comparison shows of it.
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Picture:
    """The results that are compared; arrays and rows that an edit does not touch are shared with the one before.

    Attributes
    ----------
    near
        Element → (D,) decimetres, of elements that have a facility.
    tests, rows
        Scale tests and shortfalls of each requirement.
    shares
        Element → figures of its efficiency and quality.
    """

    units: Units
    rules: list[Rule]
    coverage: Coverage
    verdicts: Verdicts
    tests: list[list[ScaleTest]]
    grades: pd.DataFrame
    rows: list[dict[str, Row]]
    near: dict[str, npt.NDArray[np.uint32]]
    shares: dict[str, tuple[pd.DataFrame, pd.DataFrame]]
    has_facilities: bool


def picture(study: Study, before: Picture | None = None, touched: Iterable[str] = (EVERYTHING,)) -> Picture:
    """Evaluate a study.

    Parameters
    ----------
    before, touched
        The picture before an edit, and the elements that the edit concerns.
    """
    changed = set(touched)
    whole = before is None or EVERYTHING in changed or before.has_facilities != study.has_facilities
    requirements = study.basis.requirements
    if before is None or whole:
        only = list(range(len(requirements)))
        near = dict(zip(study.table.elements, study.table.nearest_dm, strict=True))
        shares: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    else:
        only = [number for number, one in enumerate(requirements) if _concerns(study, one, changed)]
        near = {name: before.near.get(name) for name in study.table.elements}
        near.update({name: study.table.nearest_dm[study.table.row[name]] for name in changed & set(study.table.row)})
        shares = dict(before.shares)
    fresh = _evaluated(study, only)
    for name in study.table.elements if whole else changed & set(study.table.elements):
        shares[name] = _shares(study, name, fresh.rules)
    if before is None or whole:
        rules, covered, verdicts, tests, rows = fresh.rules, fresh.coverage, fresh.verdicts, fresh.tests, fresh.rows
    else:
        rules, tests, rows = list(before.rules), list(before.tests), list(before.rows)
        for place, number in enumerate(only):
            rules[number], rows[number] = fresh.rules[place], fresh.rows[place]
            tests[number] = [replace(test, rule=number) for test in fresh.tests[place]]
        covered = _joined(before.coverage, fresh.coverage, only)
        verdicts = _joined(before.verdicts, fresh.verdicts, only)
    parts = [shares[name][kind] for kind in (0, 1) for name in study.table.elements]
    parts = [part for part in parts if len(part)]
    figures = pd.concat(parts, ignore_index=True) if parts else _book(study).frame()
    flat = [test for own in tests for test in own]
    graded = composite.grades(study, rules, covered, flat, verdicts, figures)
    return Picture(study.units, rules, covered, verdicts, tests, graded, rows, near, shares, study.has_facilities)


@dataclass(frozen=True, eq=False)
class _Fresh:
    rules: list[Rule]
    coverage: Coverage
    verdicts: Verdicts
    tests: list[list[ScaleTest]]
    rows: list[dict[str, Row]]


def _evaluated(study: Study, only: list[int]) -> _Fresh:
    """Some requirements by the functions of an assessment; what goes into the table of figures is not kept."""
    book = _book(study)
    rules = apply_rules(study, only)
    covered = coverage.measure(study, rules, book)
    tests = scale.check_scales(study, rules, book)
    verdicts = composite.verdicts(study, rules, covered, tests)
    by_rule: list[list[ScaleTest]] = [[] for _ in rules]
    for test in tests:
        by_rule[test.rule].append(test)
    rows: list[dict[str, Row]] = [{} for _ in rules]
    if study.has_people and study.has_facilities and rules:
        counts = shortfalls.affected(study, rules)
        for row, column, failed in shortfalls.candidates(study, rules, covered, tests, verdicts):
            found = _row(study, rules, covered, counts, row, column, failed)
            if found["target"] > 0 or found["people"] > 0:
                rows[column][found["id"]] = found
    return _Fresh(rules, covered, verdicts, by_rule, rows)


def _row(
    study: Study, rules: list[Rule], covered: Coverage, counts: shortfalls.Affected, row: int, column: int,
    test: ScaleTest | None,
) -> Row:  # fmt: skip
    finding = shortfalls.findings(study, rules, covered, counts, row, column, test)
    rule, areas, code = rules[column], study.city.areas, str(study.units.codes[row])
    total = float(counts.target_total[row, column])
    element, requirement = rule.element, rule.requirement
    return {
        "id": shortfalls.shortfall_id(study.basis.id, code, element.id, requirement.id),
        "area_code": code,
        "area_name": areas.full_name(code) if code in areas.level else str(study.units.names[row]),
        "element": element.id,
        "element_zh": element.zh,
        "element_en": element.en,
        "circle": element.circle.value,
        "requirement": requirement.id,
        "people": finding.people,
        "elderly": finding.elderly,
        "children": finding.children,
        "target": finding.group_affected,
        "share": finding.group_affected / total if total > 0 else float("nan"),
        "nearest_m": finding.nearest_m,
    }


def _concerns(study: Study, requirement: Any, changed: set[str]) -> bool:
    """Whether a requirement can change with some elements: its own, its substitutes, what makes it unnecessary."""
    names = {requirement.element, *requirement.elements}
    condition = requirement.required_if
    if condition is not None and condition.unless_reached is not None:
        names.add(condition.unless_reached)
        for other in study.basis.requirements:
            if other.element == condition.unless_reached:
                names.update(other.elements)
    return bool(names & changed)


def _shares(study: Study, name: str, rules: list[Rule]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Figures of one element's efficiency and quality: those of its capacity, and those of its operation."""
    narrow = _narrow(study, name)
    capacity, operation = _book(study), _book(study)
    use.catchments(narrow, rules, capacity)
    use.operation(narrow, operation)
    columns = ["family", "indicator", "value", "area_code"]
    return capacity.frame()[columns], operation.frame()[columns]


def _narrow(study: Study, name: str) -> Study:
    """The study with one element's facilities only."""
    row, table = study.table.row[name], study.table
    own = np.flatnonzero(study.point_elements == row)
    slot = np.full(len(study.points), -1, dtype=np.int32)
    slot[own] = np.arange(len(own), dtype=np.int32)
    kept = slot[table.pair_facility] >= 0 if len(slot) else np.zeros(0, dtype=bool)
    unit = np.repeat(np.arange(len(study.units.people)), np.diff(table.pair_ptr))[kept]
    ptr = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=len(study.units.people)))]).astype(np.int64)
    units = replace(study.units, located=study.units.located[:, own])
    for derived in ("row", "residents", "_groups", "ages_known"):
        units.__dict__[derived] = getattr(study.units, derived)
    narrow = replace(
        table, elements=(name,), nearest_dm=table.nearest_dm[[row]], nearest_facility=table.nearest_facility[[row]],
        pair_ptr=ptr, pair_facility=slot[table.pair_facility[kept]], pair_dm=table.pair_dm[kept],
    )  # fmt: skip
    return replace(study, units=units, points=study.points.iloc[own].reset_index(drop=True), table=narrow)


def _book(study: Study) -> FigureBook:
    return FigureBook(study.units, basis_hash=study.basis.hash, window=study.window, quality=study.quality.score)


def _joined(old: Any, new: Any, only: list[int]) -> Any:
    """Arrays (areas, rules) with some rules' columns replaced; one-dimensional arrays are by rule."""
    fields: dict[str, Any] = {}
    for name in old.__dataclass_fields__:
        past, fresh = getattr(old, name), getattr(new, name)
        if isinstance(past, np.ndarray):
            past = past.copy()
            past[..., only] = fresh
        fields[name] = past
    return type(old)(**fields)
