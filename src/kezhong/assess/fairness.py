"""Equity as figures: how evenly the required elements are within reach, and gaps between age groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kezhong.assess.equity import gini, group_gap, palma
from kezhong.assess.figures import FigureBook
from kezhong.assess.rules import Rule
from kezhong.assess.study import Study
from kezhong.assess.use import Scores
from kezhong.city.vocabulary import AreaLevel

Floats = npt.NDArray[np.float64]

GROUPS = ("children", "elderly", "elderly_70")


def reached_count(rules: list[Rule], n_demand: int) -> Floats:
    """Binding requirements within the threshold of each demand unit, as a share of those that concern it."""
    met, asked = np.zeros(n_demand), np.zeros(n_demand)
    for rule in rules:
        if rule.binding and rule.by_walking:
            met += rule.covered & rule.applies
            asked += rule.applies
    share: Floats = np.divide(met, asked, out=np.full(n_demand, np.nan), where=asked > 0)
    return share


def add_equity(study: Study, rules: list[Rule], scores: dict[str, Scores], book: FigureBook) -> None:
    """Gini and Palma of the share of required elements within reach (element ``*``) and of capacity-limited access."""
    if not study.has_people or not study.has_facilities:
        return
    units = study.units
    share = reached_count(rules, len(units.people))
    every = np.arange(len(units.codes))
    _inequality(study, book, "*", share, units.people, "all", every)
    upper = np.flatnonzero(np.isin(units.levels, [AreaLevel.DISTRICT.value, AreaLevel.CITY.value]))
    for element, found in scores.items():
        _inequality(study, book, element, found.score, found.members, found.group, upper)
    nobody = units.sums(((np.nan_to_num(share) <= 0) & ~np.isnan(share)) * units.people)
    rows = np.flatnonzero(units.residents > 0)
    book.add(
        "*", "coverage", "blind_spot", nobody[rows] / units.residents[rows], unit="share", status="informative",
        numerator=nobody[rows], denominator=units.residents[rows], variant="population", areas=rows,
    )  # fmt: skip
    _complete(study, rules, book)
    _gaps(study, rules, book)


def _complete(study: Study, rules: list[Rule], book: FigureBook) -> None:
    """People who reach everything that is required of walking where they live: the *access coverage* of a programme.

    Elements that were found nowhere in the city are left out – nobody can be said not to reach what was not looked
    for – and so are people of whom nothing is asked.
    """
    units = study.units
    share = reached_count([rule for rule in rules if rule.serving.any()], len(units.people))
    asked = units.sums(~np.isnan(share) * units.people)
    complete = units.sums((share >= 1.0) * units.people)
    rows = np.flatnonzero(asked > 0)
    book.add(
        "*", "coverage", "complete_access", complete[rows] / asked[rows], unit="share", status="informative",
        numerator=complete[rows], denominator=asked[rows], variant="population", areas=rows,
    )  # fmt: skip


def _inequality(
    study: Study, book: FigureBook, element: str, values: Floats, weights: Floats, group: str,
    areas: npt.NDArray[np.intp],
) -> None:  # fmt: skip
    member = study.units.member
    pairs = []
    for row in areas:
        inside = member.indices[member.indptr[row] : member.indptr[row + 1]]
        x, w = values[inside], weights[inside]
        pairs.append((gini(x, w), palma(x, w)))
    for position, indicator in enumerate(("gini", "palma")):
        value = np.array([pair[position] for pair in pairs], dtype=np.float64)
        known = np.flatnonzero(~np.isnan(value))
        book.add(
            element, "equity", indicator, value[known], unit="", status="informative", variant="target_pop",
            age_group=group, areas=areas[known],
        )  # fmt: skip


def _gaps(study: Study, rules: list[Rule], book: FigureBook) -> None:
    """Coverage of children and of older people, minus that of everybody, for circles and above."""
    units = study.units
    rows = np.flatnonzero((np.arange(len(units.codes)) >= units.n_leaves) & units.ages_known)
    seen: set[tuple[str, int]] = set()
    for rule in rules:
        threshold = rule.requirement.threshold
        key = (rule.element.id, rule.limit_dm)
        if not (rule.binding and rule.by_walking and rule.serving.any()) or threshold is None or key in seen:
            continue
        seen.add(key)
        concerned = rule.applies.astype(np.float64)
        within = concerned * rule.covered
        all_top, all_bottom = units.sums(within * units.people)[rows], units.sums(concerned * units.people)[rows]
        for group in GROUPS:
            members = np.nan_to_num(units.group(group))
            top, bottom = units.sums(within * members)[rows], units.sums(concerned * members)[rows]
            gap = group_gap(top, bottom, all_top, all_bottom)
            known = np.flatnonzero(~np.isnan(gap))
            book.add(
                rule.element.id, "equity", "age_gap", gap[known], unit="share", status="informative",
                numerator=top[known], denominator=bottom[known], variant="target_pop", age_group=group,
                walker=rule.walker, threshold=threshold.value, threshold_unit=threshold.unit,
                requirement_id=rule.id, areas=rows[known],
            )  # fmt: skip
