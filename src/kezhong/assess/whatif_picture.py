"""What an assessment would say of an edited city: evaluated anew only where an edit matters, by the same functions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kezhong.assess import composite, coverage, scale, shortfalls
from kezhong.assess.composite import Graded, Verdicts
from kezhong.assess.coverage import Coverage
from kezhong.assess.rules import Rule, apply_rules
from kezhong.assess.scale import ScaleTest
from kezhong.assess.study import Study
from kezhong.assess.units import Units
from kezhong.assess.whatif_shares import Block, mean, operation, supply
from kezhong.assess.whatif_town import Touched, Town

#: A row of the shortfall list with what the comparison shows of it.
Row = dict[str, Any]
#: Decimetres to an element from homes and places (origins,), and from homes its nearest facility.
Answer = tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]


@dataclass(frozen=True, eq=False)
class Picture:
    """The results that are compared; arrays and rows that an edit does not touch are shared with the one before.

    Attributes
    ----------
    answers
        Element → what was found from homes and, behind them, from places; of elements that have a facility.
    tests, rows
        Scale tests and shortfalls of each requirement.
    supply, operation
        Element → shares of its capacity and of its operation that count towards the grade.
    """

    units: Units
    rules: list[Rule]
    coverage: Coverage
    verdicts: Verdicts
    tests: list[list[ScaleTest]]
    graded: Graded
    rows: list[dict[str, Row]]
    answers: dict[str, Answer]
    supply: dict[str, list[Block]]
    operation: dict[str, list[Block]]
    has_facilities: bool

    def near(self, element: str) -> npt.NDArray[np.uint32]:
        """Decimetres (D,) from homes to an element; unreached where the city has none."""
        n = len(self.units.people)
        found = self.answers.get(element)
        return np.full(n, np.uint32(0xFFFFFFFF)) if found is None else found[0][:n]


def picture(town: Town, before: Picture | None = None, touched: Touched | None = None) -> Picture:
    """Settle the town and evaluate it.

    Parameters
    ----------
    before, touched
        An earlier picture of the same town, and what the edits since then touched; without them all is evaluated.
    """
    looked, study = town.settle(), town.study()
    if before is None or touched is None or before.has_facilities != study.has_facilities:
        return _joined(town, study, None, Touched(), frozenset(), _answers(town, study, None, looked))
    answers = _answers(town, study, before, looked)
    changed = {name for name in looked if answers.get(name) is not before.answers.get(name)}
    return _joined(town, study, before, touched, frozenset(changed | touched.elements), answers)


def _answers(town: Town, study: Study, before: Picture | None, looked: frozenset[str]) -> dict[str, Answer]:
    """What was found for each element; the arrays of the picture before where they are the same."""
    network, found = town.network, {}
    n = network.n_demand
    for name, row in study.table.row.items():
        old = None if before is None else before.answers.get(name)
        near, which = network.near[row], network.which[row, :n]
        if old is not None and (name not in looked or (np.array_equal(old[0], near) and np.array_equal(old[1], which))):
            found[name] = old
        else:
            found[name] = (near.copy(), which.copy())
    return found


def _joined(
    town: Town, study: Study, before: Picture | None, touched: Touched, changed: frozenset[str],
    answers: dict[str, Answer],
) -> Picture:  # fmt: skip
    """The picture before with what changed in it evaluated anew."""
    requirements = study.basis.requirements
    if before is None or touched.people:
        only = list(range(len(requirements)))
    else:
        schools = set(() if study.assignment is None or not touched.streets else study.assignment.elements)
        only = [number for number, one in enumerate(requirements) if _concerns(study, one, changed | schools)]
    fresh = _evaluated(study, only)
    if before is None:
        rules, covered, verdicts, tests, rows = fresh.rules, fresh.coverage, fresh.verdicts, fresh.tests, fresh.rows
    else:
        rules, tests, rows = list(before.rules), list(before.tests), list(before.rows)
        for place, number in enumerate(only):
            rules[number], rows[number] = fresh.rules[place], fresh.rows[place]
            tests[number] = [replace(test, rule=number) for test in fresh.tests[place]]
        covered = _with_columns(before.coverage, fresh.coverage, only)
        verdicts = _with_columns(before.verdicts, fresh.verdicts, only)
    supplied, operated = _shares(town, study, before, touched, rules)
    n = len(study.units.codes)
    flat = [test for own in tests for test in own]
    blocks = [part[name] for part in (supplied, operated) for name in study.table.elements if name in part]
    shares = (mean((one for own in blocks for one in own), family, n) for family in ("efficiency", "quality"))
    graded = composite.graded(study, rules, covered, flat, verdicts, *shares)
    return Picture(
        study.units, rules, covered, verdicts, tests, graded, rows, answers, supplied, operated, study.has_facilities
    )


def _shares(
    town: Town, study: Study, before: Picture | None, touched: Touched, rules: list[Rule]
) -> tuple[dict[str, list[Block]], dict[str, list[Block]]]:
    """Shares of capacity, which streets, people and sizes alter, and of operation, which only facilities alter."""
    there, row = town.weighed & set(town.pairs) & set(study.table.row), study.table.row
    if before is None:
        return {name: supply(study, rules, name, town.pairs[name]) for name in there}, operation(study, town.facilities)
    whole = touched.streets or touched.people
    supplied = {name: own for name, own in before.supply.items() if name in there}
    operated = {name: own for name, own in before.operation.items() if name in row}
    for name in there if whole else there & touched.elements:
        supplied[name] = supply(study, rules, name, town.pairs[name])
    for name in touched.elements & set(row):
        operated[name] = operation(study, town.facilities, name).get(name, [])
    return supplied, operated


@dataclass(frozen=True, eq=False)
class _Fresh:
    rules: list[Rule]
    coverage: Coverage
    verdicts: Verdicts
    tests: list[list[ScaleTest]]
    rows: list[dict[str, Row]]


def _evaluated(study: Study, only: list[int]) -> _Fresh:
    """Some requirements by the functions of an assessment, without its table of figures."""
    rules = apply_rules(study, only)
    covered = coverage.measure(study, rules, None)
    tests = scale.check_scales(study, rules, None)
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


def _concerns(study: Study, requirement: Any, changed: set[str] | frozenset[str]) -> bool:
    """Whether a requirement can change with some elements: its own, its substitutes, what makes it unnecessary."""
    names = {requirement.element, *requirement.elements}
    condition = requirement.required_if
    if condition is not None and condition.unless_reached is not None:
        names.add(condition.unless_reached)
        for other in study.basis.requirements:
            if other.element == condition.unless_reached:
                names.update(other.elements)
    return bool(names & changed)


def _with_columns(old: Any, new: Any, only: list[int]) -> Any:
    """Arrays (areas, rules) with some rules' columns replaced; one-dimensional arrays are by rule."""
    fields: dict[str, Any] = {}
    for name in old.__dataclass_fields__:
        past, fresh = getattr(old, name), getattr(new, name)
        if isinstance(past, np.ndarray):
            # In the memory order of a whole run: sums over rules are then rounded alike.
            past = past.copy(order="K")
            past[..., only] = fresh
        fields[name] = past
    return type(old)(**fields)
