"""Verdicts per requirement, and the grade: the four families weighted, the binding requirements as a gate.

Weights and grades are the basis's own, a proposal unless it cites them. A family without figures is left out and the
others weighted up; what is unknown neither raises nor lowers a score, but it is counted (``required_unknown``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.coverage import Coverage, absent_rows, gate_failed
from kezhong.assess.figures import REASON, STATUS, FigureBook
from kezhong.assess.rules import Rule
from kezhong.assess.scale import ScaleTest
from kezhong.assess.study import Study
from kezhong.city.results import GRADE_COLUMNS, typed_table
from kezhong.city.vocabulary import FigureStatus, Presence

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

INSUFFICIENT = "insufficient"
_UNKNOWN = ("not_detected", "no_data", "data_insufficient")
#: Indicators that make up the scores of the last two families; each is a share.
EFFICIENCY = ("capacity_limited_coverage", "open_hours_match")
QUALITY = ("grade", "barrier_free", "satisfaction")


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Whether each requirement is met in each area; arrays (areas, rules), numbers as in the figures."""

    status: Codes
    reason: Codes


def verdicts(study: Study, rules: list[Rule], coverage: Coverage, tests: list[ScaleTest]) -> Verdicts:
    """Join walking distance and scale: met where neither falls short and one of them could be tested."""
    status, reason = coverage.status.copy(), coverage.reason.copy()
    for column, rule in enumerate(rules):
        if not rule.by_walking and not rule.requirement.scales:
            _present(study, rule, status[:, column], reason[:, column])
        elif not rule.by_walking:
            status[:, column], reason[:, column] = STATUS["not_applicable"], REASON["shown_only"]
    for test in tests:
        column = test.rule
        here_status, here_reason = status[test.areas, column], reason[test.areas, column]
        walking = rules[column].by_walking
        settled = np.isin(here_status, [STATUS["falls_short"], STATUS["data_insufficient"], STATUS["confirmed_absent"]])
        # A requirement with a threshold is decided by it; an unknown size does not undo that.
        worse = test.status == STATUS["falls_short"]
        take = ~settled & (
            worse | ((here_status == STATUS["not_applicable"]) if not walking else np.zeros(len(worse), bool))
        )
        status[test.areas, column] = np.where(take, test.status, here_status)
        reason[test.areas, column] = np.where(take, test.reason, here_reason)
    gate_failed(study, rules, status, reason)
    return Verdicts(status, reason)


def _present(study: Study, rule: Rule, status: Codes, reason: Codes) -> None:
    """Requirements without any figure: is there one in the area (or within anybody's reach)?"""
    units = study.units
    asked = units.sums(rule.applies.astype(np.float64)) > 0
    if rule.presence is Presence.PRESENT:
        here = units.located @ rule.serving.astype(np.float64) > 0
        status[:] = np.where(here, STATUS["meets"], STATUS["falls_short"])
        reason[:] = np.where(here, 0, REASON["absent"])
    else:
        missing = rule.presence is Presence.NOT_DETECTED
        status[:] = STATUS["not_detected" if missing else "no_data"]
        reason[:] = REASON["none_found" if missing else "no_source"]
        rows = absent_rows(study, rule)
        status[rows], reason[rows] = STATUS["confirmed_absent"], REASON["verified_absent"]
    status[~asked], reason[~asked] = STATUS["not_applicable"], REASON["not_required"]


def add_verdicts(study: Study, rules: list[Rule], found: Verdicts, book: FigureBook) -> None:
    """One row per area and binding or recommended requirement: 1 met, 0 not met."""
    for column, rule in enumerate(rules):
        status = found.status[:, column]
        rows = np.flatnonzero(status != STATUS["not_applicable"])
        value = np.where(status == STATUS["meets"], 1.0, np.where(status == STATUS["falls_short"], 0.0, np.nan))
        book.add(
            rule.element.id, "grade", "requirement_met", value[rows], unit="flag",
            status=status[rows], reason=found.reason[rows, column], requirement_id=rule.id, areas=rows,
            walker=rule.walker, variant=rule.id,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Graded:
    """The grades of all areas; arrays (areas,).

    ``content_scale``, ``coverage``, ``efficiency`` and ``quality_family`` are the scores of the families, NaN where one
    has no figures; ``total``, ``met`` and ``unknown`` count binding requirements.
    """

    grade: list[str]
    score: Floats
    content_scale: Floats
    coverage: Floats
    efficiency: Floats
    quality_family: Floats
    total: npt.NDArray[np.int64]
    met: npt.NDArray[np.int64]
    unknown: npt.NDArray[np.int64]
    insufficient: npt.NDArray[np.bool_]


def grades(
    study: Study, rules: list[Rule], coverage: Coverage, tests: list[ScaleTest], found: Verdicts, figures: pd.DataFrame
) -> pd.DataFrame:
    """The table of grades (:data:`kezhong.city.results.GRADE_COLUMNS`)."""
    units = study.units
    own = graded(
        study, rules, coverage, tests, found,
        _shares(figures, study, "efficiency", EFFICIENCY), _shares(figures, study, "quality", QUALITY),
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "area_code": units.codes,
            "area_level": units.levels,
            "grade": own.grade,
            "score": own.score,
            "content_scale": own.content_scale,
            "coverage": own.coverage,
            "efficiency": own.efficiency,
            "quality_family": own.quality_family,
            "required_total": own.total,
            "required_met": own.met,
            "required_unknown": own.unknown,
            "failing_elements": _failing(rules, coverage, found, len(units.codes)),
            "people": units.residents,
            "status": [
                FigureStatus.DATA_INSUFFICIENT.value if bad else FigureStatus.INFORMATIVE.value
                for bad in own.insufficient
            ],
        }
    )
    return typed_table(table[list(GRADE_COLUMNS)], GRADE_COLUMNS)


def graded(
    study: Study, rules: list[Rule], coverage: Coverage, tests: list[ScaleTest], found: Verdicts, efficiency: Floats,
    quality: Floats,
) -> Graded:  # fmt: skip
    """The grades from verdicts, and from the shares (areas,) of the last two families, 0 to 100, NaN where none."""
    n = len(study.units.codes)
    binding = np.array([rule.binding for rule in rules], dtype=bool)
    status = found.status[:, binding] if len(rules) else np.empty((n, 0), np.int8)
    total = (status != STATUS["not_applicable"]).sum(axis=1)
    met = (status == STATUS["meets"]).sum(axis=1)
    unknown = np.isin(status, [STATUS[name] for name in _UNKNOWN]).sum(axis=1)
    families = (_content(rules, tests, found, n), _coverage(rules, coverage, n), efficiency, quality)
    weights = study.basis.weights
    shares = np.array([weights.content_scale, weights.coverage, weights.efficiency, weights.quality])
    values = np.column_stack(families)
    weight = np.where(np.isnan(values), 0.0, shares)
    with np.errstate(invalid="ignore"):
        score = np.nansum(values * weight, axis=1) / weight.sum(axis=1)
    unmet = total - met - unknown
    insufficient = _insufficient(study, total, unknown)
    grade = [_grade(study, s, int(u), bool(bad)) for s, u, bad in zip(score, unmet, insufficient, strict=True)]
    return Graded(grade, score, *families, total, met, unknown, insufficient)


def _insufficient(study: Study, total: npt.NDArray[np.int64], unknown: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Areas without a grade: the gate failed, nobody lives there, or more than half of what is required is unknown."""
    if not study.has_facilities or not study.has_people:
        return np.ones(len(total), dtype=bool)
    gate = np.array([study.quality.insufficient(str(code), "*") is not None for code in study.units.codes], dtype=bool)
    return gate | (study.units.residents <= 0) | (2 * unknown > total)


def _grade(study: Study, score: float, unmet: int, insufficient: bool) -> str:
    if insufficient or np.isnan(score):
        return INSUFFICIENT
    for grade in study.basis.grades:
        if score + 1e-9 >= grade.min_score and unmet <= grade.max_unmet:
            return grade.id
    return study.basis.grades[-1].id


def _content(rules: list[Rule], tests: list[ScaleTest], found: Verdicts, n: int) -> Floats:
    """Mean of: binding elements there at all, and how far each scale rule is fulfilled (at most 1); times 100."""
    top, bottom = np.zeros(n), np.zeros(n)
    for column, rule in enumerate(rules):
        if not rule.binding:
            continue
        status = found.status[:, column]
        known = np.isin(status, [STATUS["meets"], STATUS["falls_short"], STATUS["confirmed_absent"]])
        bottom += known
        top += known & (status != STATUS["confirmed_absent"]) & ~_none_here(rule, status)
    for test in tests:
        if not rules[test.rule].binding:
            continue
        known = np.isin(test.status, [STATUS["meets"], STATUS["falls_short"]])
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(test.need > 0, np.minimum(1.0, test.have / test.need), 1.0)
        top[test.areas[known]] += part[known]
        bottom[test.areas[known]] += 1
    score: Floats = np.divide(100.0 * top, bottom, out=np.full(n, np.nan), where=bottom > 0)
    return score


def _none_here(rule: Rule, status: Codes) -> npt.NDArray[np.bool_]:
    """Areas where nobody is served: a verdict of *falls short* with no facility in use by anyone."""
    return np.asarray((status == STATUS["falls_short"]) & (not rule.serving.any()))


def _coverage(rules: list[Rule], coverage: Coverage, n: int) -> Floats:
    """Mean share of the binding requirements that could be tested, times 100."""
    columns = [column for column, rule in enumerate(rules) if rule.binding and rule.by_walking]
    if not columns:
        return np.full(n, np.nan)
    known = np.isin(coverage.status[:, columns], [STATUS["meets"], STATUS["falls_short"]])
    share = np.where(known, np.nan_to_num(coverage.share[:, columns]), 0.0)
    count = known.sum(axis=1)
    score: Floats = np.divide(100.0 * share.sum(axis=1), count, out=np.full(n, np.nan), where=count > 0)
    return score


def _shares(figures: pd.DataFrame, study: Study, family: str, indicators: tuple[str, ...]) -> Floats:
    """Mean of a family's shares over elements with figures, times 100."""
    rows = figures[(figures["family"] == family) & figures["indicator"].isin(indicators) & figures["value"].notna()]
    mean = rows.groupby("area_code", observed=True)["value"].mean()
    values = pd.Series(study.units.codes, dtype="object").map(mean.to_dict()).to_numpy(dtype=np.float64)
    return np.asarray(100.0 * values)


def _failing(rules: list[Rule], coverage: Coverage, found: Verdicts, n: int) -> list[str]:
    """Ids of the binding elements not met, the least covered first."""
    texts: list[str] = []
    columns = np.array([column for column, rule in enumerate(rules) if rule.binding], dtype=int)
    failed = (STATUS["falls_short"], STATUS["confirmed_absent"])
    for row in range(n):
        bad = columns[np.isin(found.status[row, columns], failed)] if len(columns) else columns
        share = np.nan_to_num(coverage.share[row, bad], nan=1.0)
        order = bad[np.argsort(share, kind="stable")]
        texts.append(";".join(dict.fromkeys(rules[column].element.id for column in order)))
    return texts
