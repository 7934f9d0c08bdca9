"""From a study to the tables of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kezhong.assess import composite, coverage, fairness, scale, shortfalls, use
from kezhong.assess.certainty import Sampler
from kezhong.assess.estates import estate_figures
from kezhong.assess.figures import FigureBook
from kezhong.assess.hours import unread
from kezhong.assess.origins import UNREACHED
from kezhong.assess.reach import reasons
from kezhong.assess.reasons import REACH_CODES
from kezhong.assess.rules import Rule, apply_rules
from kezhong.assess.study import Study
from kezhong.city.vocabulary import Presence
from kezhong.progress import Progress


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a run holds, before it is written."""

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    arrays: dict[str, npt.NDArray[Any]]
    facility_ids: list[str]


def evaluate(study: Study, progress: Progress) -> Result:
    """Compute all figures, grades and shortfalls of a study."""
    book = FigureBook(study.units, basis_hash=study.basis.hash, window=study.window, quality=study.quality.score)
    rules = apply_rules(study)
    sampler = Sampler.of(study)
    covered = coverage.measure(study, rules, book, sampler)
    coverage.lived(study, book, sampler)
    coverage.choice(study, rules, book)
    progress(0.3, "assess.step_figures")
    scale.located(study, book)
    scale.absent_elements(study, rules, book)
    tests = scale.check_scales(study, rules, book)
    scale.ratios(study, rules, book)
    scores = use.catchments(study, rules, book)
    use.operation(study, book)
    fairness.add_equity(study, rules, scores, book)
    progress(0.6, "assess.step_figures")
    found = composite.verdicts(study, rules, covered, tests)
    composite.add_verdicts(study, rules, found, book)
    figures = book.frame()
    grades = composite.grades(study, rules, covered, tests, found, figures)
    progress(0.8, "assess.step_list")
    listed = shortfalls.list_shortfalls(study, rules, covered, tests, found)
    demand = pd.DataFrame({"demand_id": study.city.layer("demand")["demand_id"]})
    return Result(
        manifest=_manifest(study, rules, grades, listed),
        tables={
            "figures": figures,
            "estate_figures": estate_figures(study, rules),
            "shortfalls": listed,
            "grades": grades,
            "demand": demand,
        },
        arrays=_arrays(study),
        facility_ids=study.points["facility_id"].astype(str).tolist(),
    )


def _arrays(study: Study) -> dict[str, npt.NDArray[Any]]:
    table = study.table
    stopped = (study.walker_ds == UNREACHED) & (table.nearest_dm != UNREACHED)
    why = reasons(table.nearest_dm, table.snap_reason)
    return {
        "nearest_dm": table.nearest_dm,
        "nearest_facility": table.nearest_facility,
        "walker_ds": study.walker_ds,
        "reason": np.where(stopped, REACH_CODES.index("barred"), why).astype(np.uint8),
        "counts": table.counts,
    }


def _manifest(study: Study, rules: list[Rule], grades: pd.DataFrame, listed: pd.DataFrame) -> dict[str, Any]:
    units = study.units
    city = grades.iloc[units.city]
    notes = []
    if not study.has_people:
        notes.append("no_population")
    if not study.has_facilities:
        notes.append("no_facilities")
    insufficient = not study.quality.sufficient or not study.has_facilities or not study.has_people
    return {
        "basis_document": study.basis.model_dump(mode="json"),
        "quality": float(study.quality.score),
        "insufficient": bool(insufficient),
        "notes": notes,
        "cell_elements": list(study.table.elements),
        "thresholds_dm": study.table.thresholds.dm.tolist(),
        "bound_m": study.table.thresholds.bound_dm / 10.0,
        "reason_codes": list(REACH_CODES),
        "leaf_level": units.leaf_level,
        "layers": {layer: dict(sorted(parts.items())) for layer, parts in sorted(study.city.snapshot.parts.items())},
        "enrolment": _enrolment(study),
        "to_verify": _to_verify(rules),
        "unread_hours": unread(study.points["hours"])[:100],
        "totals": {
            "people": float(units.residents[units.city]),
            "people_outside_leaves": float(units.people[units.leaf_of < 0].sum()),
            "facilities": int(study.points["facility_id"].nunique()),
            "demand_units": len(units.people),
            "required_total": int(city["required_total"]),
            "required_met": int(city["required_met"]),
            "required_unknown": int(city["required_unknown"]),
            "shortfalls": len(listed),
            "shortfalls_by_circle": {
                str(circle): int((listed["circle"] == str(circle)).sum()) for circle in study.catalogue.circles
            },
        },
    }


def _enrolment(study: Study) -> dict[str, Any]:
    """Elements for which the assigned school decides, and enrolment areas whose school is not known."""
    found = study.assignment
    if found is None:
        return {"elements": [], "unmatched": []}
    return {"elements": list(found.elements), "unmatched": list(found.unmatched)}


def _to_verify(rules: list[Rule]) -> list[dict[str, Any]]:
    """Required elements that the city shows nowhere: for the verification ledger, not for the shortfall list."""
    return [
        {"element": rule.element.id, "zh": rule.element.zh, "en": rule.element.en, "presence": rule.presence.value,
         "requirement": rule.id}
        for rule in rules
        if rule.binding and rule.presence is not Presence.PRESENT and rule.applies.any()
    ]  # fmt: skip
