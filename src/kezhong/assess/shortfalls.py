"""The shortfall list (短板清单): one row per area and binding requirement that is not met.

Rows stand at the lowest level of area; what is provided for in a life circle or district as a whole stands there.
Within each of the eight circles rows are ranked by **severity = affected members of the element's target group × their
share of the group in the area**, so that a nursery which all toddlers of a community lack is not buried under toilets;
ties by need weight, then tier (basic first), then code. The list runs circle by circle.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess.composite import Verdicts
from kezhong.assess.coverage import Coverage
from kezhong.assess.figures import STATUS
from kezhong.assess.need import NeedWeights
from kezhong.assess.origins import UNREACHED
from kezhong.assess.remedies import Remedies
from kezhong.assess.rules import Rule
from kezhong.assess.scale import ScaleTest
from kezhong.assess.study import Study
from kezhong.assess.wording import (
    CERTAINTY,
    Finding,
    citation_text,
    statement,
    wording_of,
)
from kezhong.catalogue import requirement_text
from kezhong.catalogue.model import Citation, TierId
from kezhong.city.results import SHORTFALL_COLUMNS, empty_table, typed_table
from kezhong.city.vocabulary import Presence

Floats = npt.NDArray[np.float64]

_TIER = {TierId.BASIC: 0, TierId.QUALITY: 1, TierId.CHARACTERISTIC: 2}
_NAN = float("nan")
#: Where nobody was asked everything weighs the same.
NO_RESIDENTS_DATA = NeedWeights()


@dataclass(frozen=True, eq=False)
class Affected:
    """People a requirement fails, per area and rule; arrays (areas, rules). NaN where ages are unknown."""

    people: Floats
    children: Floats
    elderly: Floats
    target: Floats
    target_total: Floats
    concerned: Floats
    concerned_children: Floats
    concerned_elderly: Floats
    standing: Floats  # facilities in the area
    metres: Floats  # mean network distance of the affected who reach one; NaN: none does
    ages_known: npt.NDArray[np.bool_]


def affected(study: Study, rules: list[Rule]) -> Affected:
    """Count the affected of every requirement in every area."""
    units = study.units
    n = len(units.people)
    applies = np.stack([rule.applies for rule in rules]) if rules else np.empty((0, n), bool)
    beyond = applies & ~np.stack([rule.covered for rule in rules]) if rules else applies
    groups = np.stack([units.group(rule.element.age_group) for rule in rules]) if rules else beyond.astype(float)
    nearest = np.stack([rule.nearest_dm for rule in rules]) if rules else np.empty((0, n), np.uint32)
    reached = beyond & (nearest != UNREACHED)
    distance = units.sums(np.where(reached, nearest / 10.0, 0.0) * units.people).T
    weight = units.sums(reached * units.people).T
    known = units.ages_known
    serving = np.stack([rule.serving for rule in rules]).astype(np.float64) if rules else np.empty((0, 0))

    def counted(mask: Any, values: Floats) -> Floats:
        total: Floats = units.sums(mask * np.nan_to_num(values)).T
        return np.where(known[:, None], total, np.nan)

    people, concerned = units.sums(beyond * units.people).T, units.sums(applies * units.people).T
    target, target_total = units.sums(beyond * np.nan_to_num(groups)).T, units.sums(applies * np.nan_to_num(groups)).T
    own = np.array([rule.element.age_group != "all" for rule in rules], dtype=bool)
    unknown = own[None, :] & ~known[:, None]
    return Affected(
        people=people,
        children=counted(beyond, units.group("children")),
        elderly=counted(beyond, units.group("elderly")),
        target=np.where(unknown, people, target),
        target_total=np.where(unknown, concerned, target_total),
        concerned=concerned,
        concerned_children=counted(applies, units.group("children")),
        concerned_elderly=counted(applies, units.group("elderly")),
        standing=np.asarray(units.located @ serving.T),
        metres=np.divide(distance, weight, out=np.full(distance.shape, np.nan), where=weight > 0),
        ages_known=known,
    )


def shortfall_id(basis_id: str, area: str, element: str, requirement: str) -> str:
    """Stable over re-runs and new snapshots: basis + area + element + requirement."""
    text = f"{basis_id}\x1f{area}\x1f{element}\x1f{requirement}"
    return "s-" + hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def candidates(
    study: Study, rules: list[Rule], coverage: Coverage, tests: list[ScaleTest], found: Verdicts
) -> list[tuple[int, int, ScaleTest | None]]:
    """(Area row, rule, failed scale test or ``None``) of every requirement not met, each once."""
    chosen: dict[tuple[int, int], ScaleTest | None] = {}
    failed = (STATUS["falls_short"], STATUS["confirmed_absent"])
    by_cell = {
        (int(area), test.rule): test
        for test in reversed(tests)
        for area, status in zip(test.areas, test.status, strict=True)
        if status == STATUS["falls_short"]
    }
    for column, rule in enumerate(rules):
        if not rule.binding:
            continue
        for row in range(len(study.units.codes)):
            if found.status[row, column] not in failed:
                continue
            test = by_cell.get((row, column))
            walking = rule.by_walking and coverage.status[row, column] in failed
            leaf = row < study.units.n_leaves
            if leaf and (walking or test is None):
                chosen[row, column] = None
            elif test is not None:
                chosen[row, column] = test
    return [(row, column, test) for (row, column), test in sorted(chosen.items(), key=lambda item: item[0])]


def findings(
    study: Study, rules: list[Rule], coverage: Coverage, counts: Affected, row: int, column: int, test: ScaleTest | None
) -> Finding:
    """What there is to say about one requirement in one area."""
    rule = rules[column]
    threshold = rule.requirement.threshold
    metres = float(counts.metres[row, column])
    ages = bool(counts.ages_known[row])
    common: dict[str, Any] = {
        "element_zh": rule.element.zh,
        "element_en": rule.element.en,
        "threshold": threshold.value if threshold else _NAN,
        "threshold_unit": threshold.unit if threshold else "",
        "nearest_m": metres,
        "minutes": metres / study.standard_pace,
        "bound_m": study.table.thresholds.bound_dm / 10.0,
        "share": float(coverage.share[row, column]),
        "covered": float(coverage.numerator[row, column]),
        "total": float(coverage.denominator[row, column]),
        "group": rule.element.age_group if ages else "all",
    }
    if test is None:
        return Finding(
            cause="distance" if rule.by_walking else "absent",
            people=float(counts.people[row, column] if rule.by_walking else counts.concerned[row, column]),
            elderly=float(counts.elderly[row, column] if rule.by_walking else counts.concerned_elderly[row, column]),
            children=float(counts.children[row, column] if rule.by_walking else counts.concerned_children[row, column]),
            group_affected=float(counts.target[row, column] if rule.by_walking else counts.target_total[row, column]),
            **common,
        )
    position = int(np.flatnonzero(test.areas == row)[0])
    have, need = float(test.have[position]), float(test.need[position])
    lack = max(0.0, min(1.0, 1.0 - have / need)) if need > 0 else 1.0
    return Finding(
        cause="scale",
        people=float(counts.concerned[row, column]) * lack,
        elderly=float(counts.concerned_elderly[row, column]) * lack,
        children=float(counts.concerned_children[row, column]) * lack,
        group_affected=float(counts.target_total[row, column]) * lack,
        scale=test.scale,
        have=have,
        need=need,
        **common,
    )


def gap_of(finding: Finding) -> tuple[float, str]:
    """The gap as a number with its unit."""
    if finding.cause == "scale" and finding.scale is not None:
        return finding.need - finding.have, finding.scale.unit
    value = finding.nearest_m if finding.threshold_unit == "m" else finding.minutes
    if finding.cause == "absent" or np.isnan(value):
        return 1.0, "facilities"
    return value - finding.threshold, finding.threshold_unit


def presence_of(study: Study, rule: Rule, code: str, standing: float) -> Presence:
    """What is known of the requirement in the area, where ``standing`` facilities that count stand."""
    if study.ground.is_absent(rule.elements, code):
        return Presence.CONFIRMED_ABSENT
    return Presence.PRESENT if standing > 0 else Presence.NOT_DETECTED


def list_shortfalls(
    study: Study,
    rules: list[Rule],
    coverage: Coverage,
    tests: list[ScaleTest],
    found: Verdicts,
    need: NeedWeights = NO_RESIDENTS_DATA,
) -> pd.DataFrame:
    """The ranked list (:data:`kezhong.city.results.SHORTFALL_COLUMNS`)."""
    if not study.has_people or not study.has_facilities:
        return empty_table(SHORTFALL_COLUMNS)
    counts = affected(study, rules)
    remedies = Remedies(study)
    rows = [
        _row(study, rules, coverage, counts, (remedies, need), row, column, test)
        for row, column, test in candidates(study, rules, coverage, tests, found)
    ]
    rows = [row for row in rows if row["target_affected"] > 0 or row["people_affected"] > 0]
    if not rows:
        return empty_table(SHORTFALL_COLUMNS)
    return typed_table(_ranked(study, pd.DataFrame(rows)), SHORTFALL_COLUMNS)


def _ranked(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    order = {str(circle): number for number, circle in enumerate(study.catalogue.circles)}
    table["_circle"] = table["circle"].map(order)
    table["_severity"] = -severity(table).round(6)
    table["_need"] = -table["need_weight"]
    table["_tier"] = table["tier"].map({str(tier.value): number for tier, number in _TIER.items()})
    keys = ["_circle", "_severity", "_need", "_tier", "area_code", "element", "requirement_id"]
    table = table.sort_values(keys, kind="stable").reset_index(drop=True)
    table["rank"] = np.arange(1, len(table) + 1)
    table["rank_in_circle"] = table.groupby("_circle").cumcount() + 1
    return table[list(SHORTFALL_COLUMNS)]


def severity(table: pd.DataFrame) -> pd.Series:
    """Affected members of the target group × their share of it."""
    return table["target_affected"] * table["target_share"].fillna(0.0)


def _row(
    study: Study, rules: list[Rule], coverage: Coverage, counts: Affected, hints: tuple[Remedies, NeedWeights],
    row: int, column: int, test: ScaleTest | None,
) -> dict[str, Any]:  # fmt: skip
    rule, units, areas = rules[column], study.units, study.city.areas
    remedies, need = hints
    element, requirement = rule.element, rule.requirement
    code = str(units.codes[row])
    finding = findings(study, rules, coverage, counts, row, column, test)
    gap, unit = gap_of(finding)
    total = float(counts.target_total[row, column])
    cite = citation(rule, test)
    certainty = study.ground.certainty(rule.elements, code)
    kind = units.types[row] if row < units.n_leaves else None
    lon, lat = _point(study, rule, row)
    in_tree = code in areas.parent
    names = study.catalogue.department_name
    worded = wording_of(study.basis, kind)
    zh = statement(finding, citation_text(cite, study.basis), worded)
    en = statement(finding, citation_text(cite, study.basis, "en"), worded, "en")
    return {
        "shortfall_id": shortfall_id(study.basis.id, code, element.id, requirement.id),
        "rank": 0,
        "rank_in_circle": 0,
        "circle": element.circle.value,
        "area_code": code,
        "area_level": str(units.levels[row]),
        "area_name": areas.full_name(code) if code in areas.level else str(units.names[row]),
        "life_circle": code if code in areas.circle_members else areas.circle_of.get(code),
        "district_code": areas.district_of(code) if in_tree else None,
        "street_code": next((up for up in areas.path(code) if areas.level.get(up) == "street"), None)
        if in_tree
        else None,
        "element": element.id,
        "element_zh": element.zh,
        "element_en": element.en,
        "aspect": element.aspect.value,
        "tier": element.tier.value,
        "level": (requirement.level or element.level).value,
        "requirement_id": requirement.id,
        "requirement_zh": requirement_text(requirement),
        "requirement_en": requirement_text(requirement, "en"),
        "clause": zh.clause,
        "evidence": cite.evidence.value if cite else "proposal",
        "wording": zh.wording,
        "present_zh": zh.present,
        "present_en": en.present,
        "presence": presence_of(study, rule, code, float(counts.standing[row, column])).value,
        "gap": gap,
        "gap_unit": unit,
        "gap_zh": zh.gap,
        "gap_en": en.gap,
        "nearest_m": finding.nearest_m,
        "people_affected": finding.people,
        "children_affected": finding.children,
        "elderly_affected": finding.elderly,
        "target_group": finding.group,
        "target_affected": finding.group_affected,
        "target_total": total,
        "target_share": finding.group_affected / total if total > 0 else _NAN,
        "need_weight": need.of(code, element.id),
        "tickets_12345": _NAN,
        "certainty": certainty,
        "certainty_zh": CERTAINTY[certainty][0],
        "remedies": ";".join(remedies.fitting(rule, row, test)),
        "lead_department": names(element.lead_department),
        "responsible_department": names(element.responsible_department),
        "status": "open",
        "quality": study.quality.score,
        "lon": lon,
        "lat": lat,
    }


def citation(rule: Rule, test: ScaleTest | None) -> Citation | None:
    """Where the figure that was missed comes from."""
    if test is not None:
        return test.scale.cite
    threshold = rule.requirement.threshold
    return threshold.cite if threshold else rule.requirement.cite


def _point(study: Study, rule: Rule, row: int) -> tuple[float, float]:
    """The affected demand unit with most people, as a point within the affected part."""
    member = study.units.member
    inside = member.indices[member.indptr[row] : member.indptr[row + 1]]
    concerned = inside[rule.applies[inside] & ~rule.covered[inside]]
    if not len(concerned):
        concerned = inside[rule.applies[inside]] if rule.applies[inside].any() else inside
    if not len(concerned):
        return _NAN, _NAN
    best = concerned[int(np.argmax(study.units.people[concerned]))]
    return float(study.units.xy[best, 0]), float(study.units.xy[best, 1])
