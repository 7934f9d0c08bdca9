"""Coverage: shares of people, land, buildings and estates within the thresholds, and lived access in minutes.

Each variant is a figure of its own with numerator and denominator. One of them carries the verdict: the basis's
variant, and where the city lacks what it needs (ages, residential land …) the population, which the reason then says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kezhong.assess.certainty import Bounds, Sampler, coverage_bounds, lived_bounds
from kezhong.assess.certainty.sampling import stretched
from kezhong.assess.figures import REASON, STATUS, FigureBook
from kezhong.assess.origins import UNREACHED
from kezhong.assess.places import KINDS
from kezhong.assess.rules import Rule, at_places
from kezhong.assess.study import LIVED_MINUTES, Study
from kezhong.catalogue.model import Threshold
from kezhong.city.vocabulary import FigureStatus, Presence

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

VARIANTS = ("population", "target_pop", "land", "building", "estate", "buffer")
#: Shares are compared with the basis's pass share with this tolerance: sums of fractions of people are not exact.
EPSILON = 1e-9
_ABSENT = {Presence.NOT_DETECTED: "not_detected", Presence.NO_DATA: "no_data"}
_WHY = {Presence.NOT_DETECTED: "none_found", Presence.NO_DATA: "no_source"}


@dataclass(frozen=True, eq=False)
class Coverage:
    """The verdict on walking distance, per area and requirement; arrays (areas, rules).

    ``numerator``, ``denominator`` and ``share`` are those of ``variant`` (number in :data:`VARIANTS`); ``status`` and
    ``reason`` as in the figures. Where a requirement has no threshold, ``status`` is *not applicable*.
    """

    numerator: Floats
    denominator: Floats
    share: Floats
    variant: Codes
    status: Codes
    reason: Codes
    pass_share: Floats


def measure(study: Study, rules: list[Rule], book: FigureBook | None, sampler: Sampler | None = None) -> Coverage:
    """Measure all variants, add them to the figures where there is a book, and return the verdicts.

    With a sampler the figures get the ends of their intervals, which costs more than the figures themselves.
    """
    counted = _all_variants(study, rules)
    verdict = _verdicts(study, rules, counted)
    if book is not None:
        bounds = None if sampler is None else coverage_bounds(sampler, rules, _same_key(rules))
        _add_rows(study, rules, counted, verdict, book, bounds)
    return verdict


Counted = dict[str, tuple[Floats, Floats]]


def _all_variants(study: Study, rules: list[Rule]) -> Counted:
    """Variant → numerators and denominators, each (areas, rules); NaN where a variant cannot be counted."""
    units = study.units
    applies = np.stack([rule.applies for rule in rules]) if rules else np.empty((0, len(units.people)), bool)
    covered = np.stack([rule.covered for rule in rules]) if rules else applies
    people: Floats = np.asarray(applies * units.people)
    found: Counted = {"population": (units.sums(people * covered).T, units.sums(people).T)}
    groups = np.stack([units.group(rule.element.age_group) for rule in rules]) if rules else people
    unknown = units.sums(np.where(np.isnan(groups), people, 0.0)).T > 0
    members: Floats = np.asarray(applies * np.nan_to_num(groups))
    top, bottom = units.sums(members * covered).T, units.sums(members).T
    own = np.array([rule.element.age_group != "all" for rule in rules], dtype=bool)
    known = own[None, :] & ~unknown
    found["target_pop"] = (np.where(known, top, np.nan), np.where(known, bottom, np.nan))
    found.update(_by_place(study, rules))
    if np.isnan(found["buffer"][0]).all():
        rows = _straight(study, rules)
        found["buffer"] = (units.sums(people * rows).T, found["population"][1])
    return found


def _straight(study: Study, rules: list[Rule]) -> npt.NDArray[np.bool_]:
    """(rules, demand): within the threshold as the crow flies."""
    origins = study.table.people_straight
    rows = [
        origins.nearest(rule.elements, rule.requirement.any_of_count, rule.limit_dm)[0] <= max(rule.limit_dm, 0)
        for rule in rules
    ]
    return np.stack(rows) if rows else np.empty((0, len(study.units.people)), dtype=bool)


def _by_place(study: Study, rules: list[Rule]) -> Counted:
    """The variants land, building, estate and buffer from the places of the city."""
    empty = np.full((len(study.units.codes), len(rules)), np.nan)
    found: Counted = {name: (empty.copy(), empty.copy()) for name in ("land", "building", "estate", "buffer")}
    places = study.table.places
    if not len(places.kind) or not rules:
        return found
    member, _ = study.place_areas
    kinds = [
        (name, chosen, member[:, chosen] @ sparse.diags(places.weight[chosen]))
        for number, name in enumerate(KINDS)
        if len(chosen := np.flatnonzero(places.kind == number))
    ]
    here = [at_places(study, rule) for rule in rules]
    limits = np.array([[max(rule.limit_dm, 0)] for rule in rules])
    applies = np.stack([one.applies for one in here])
    within = applies & (np.stack([one.dm for one in here]) <= limits)
    straight = applies & (np.stack([one.straight_dm for one in here]) <= limits)
    for name, chosen, weighted in kinds:
        # All rules at once: of one rule after the other the same sums, at several times the cost.
        found[name] = (weighted @ within[:, chosen].T, weighted @ applies[:, chosen].T)
        if name == "land":
            found["buffer"] = (weighted @ straight[:, chosen].T, found["land"][1].copy())
    return found


def _verdicts(study: Study, rules: list[Rule], counted: Counted) -> Coverage:
    wanted = study.basis.variant
    numerator, denominator = (array.copy() for array in counted["population"])
    variant = np.zeros(numerator.shape, dtype=np.int8)
    reason = np.zeros(numerator.shape, dtype=np.int8)
    own = np.array([rule.element.age_group != "all" for rule in rules], dtype=bool)
    if wanted != "population":
        top, bottom = counted[wanted]
        usable = ~np.isnan(bottom) & (bottom > 0)
        # Nobody of the target group lives here: that is an answer, not a gap to be filled with everybody.
        if wanted == "target_pop":
            usable = ~np.isnan(bottom)
        numerator, denominator = np.where(usable, top, numerator), np.where(usable, bottom, denominator)
        variant[usable] = VARIANTS.index(wanted)
        if wanted == "target_pop":
            reason[~usable & own[None, :]] = REASON["ages_unknown"]
        else:
            reason[~usable] = REASON["weight_population"]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = numerator / denominator
    passing = np.array([rule.requirement.pass_share or study.basis.pass_share for rule in rules], dtype=np.float64)
    short = share + EPSILON < passing[None, :]
    status = np.where(short, STATUS["falls_short"], STATUS["meets"]).astype(np.int8)
    reason = np.where(short & (reason == 0), REASON["too_far"], reason).astype(np.int8)
    _exceptions(study, rules, status, reason, denominator)
    return Coverage(numerator, denominator, share, variant, status, reason, passing)


def _exceptions(study: Study, rules: list[Rule], status: Codes, reason: Codes, denominator: Floats) -> None:
    """Everything that is neither met nor missed: nobody, nothing known, gate not passed, confirmed absent."""
    asked = [study.units.sums(rule.applies.astype(np.float64)) for rule in rules]
    for column, rule in enumerate(rules):
        if not rule.by_walking:
            status[:, column] = STATUS["not_applicable"]
            reason[:, column] = REASON["shown_only"]
            continue
        if rule.presence is not Presence.PRESENT:
            status[:, column] = STATUS[_ABSENT[rule.presence]]
            reason[:, column] = REASON[_WHY[rule.presence]]
            for row in absent_rows(study, rule):
                status[row, column] = STATUS["confirmed_absent"]
                reason[row, column] = REASON["verified_absent"]
        nobody = ~(denominator[:, column] > 0)
        status[nobody, column] = STATUS["not_applicable"]
        conditional = rule.requirement.required_if is not None and rule.requirement.required_if.unless_reached
        excluded = "reached_by_upper" if conditional else "not_required"
        reason[nobody, column] = np.where(asked[column][nobody] > 0, REASON["no_people"], REASON[excluded])
    gate_failed(study, rules, status, reason)


def absent_rows(study: Study, rule: Rule) -> list[int]:
    """Leaves where every element of the rule was confirmed absent on the ground."""
    confirmed = sorted(study.ground.confirmed_absent(rule.elements))
    rows = [study.units.row[code] for code in confirmed if code in study.units.row]
    return [row for row in rows if row < study.units.n_leaves]


def gate_failed(study: Study, rules: list[Rule], status: Codes, reason: Codes) -> None:
    """Mark what the data-quality gate does not let through; nothing of it is a shortfall."""
    judged = (STATUS["meets"], STATUS["falls_short"], STATUS["not_detected"], STATUS["no_data"])
    if not study.has_facilities:
        fits = np.isin(status, judged)
        status[fits], reason[fits] = STATUS["data_insufficient"], REASON["quality_gate"]
        return
    if not study.has_people:
        status[:], reason[:] = STATUS["no_data"], REASON["no_population"]
        return
    codes = [str(code) for code in study.units.codes]
    for column, rule in enumerate(rules):
        for row, (code, own) in enumerate(zip(codes, status[:, column].tolist(), strict=True)):
            if own in judged and study.quality.insufficient(code, rule.element.id):
                status[row, column] = STATUS["data_insufficient"]
                reason[row, column] = REASON["quality_gate"]


def _add_rows(
    study: Study, rules: list[Rule], counted: Counted, verdict: Coverage, book: FigureBook, bounds: Bounds | None
) -> None:
    for columns in _same_key(rules):
        rule = rules[columns[0]]
        threshold = rule.requirement.threshold
        if threshold is None or not rule.by_walking or "coverage" not in rule.element.indicators:
            continue
        for variant in VARIANTS:
            if variant == "target_pop" and rule.element.age_group == "all":
                continue
            asked = np.nan_to_num(counted[variant][1][:, columns]) > 0
            for place, column in enumerate(columns):
                # The first requirement that concerns an area names its row, though several may be summed up in it.
                rows = np.flatnonzero(asked[:, place] & ~asked[:, :place].any(axis=1))
                _add_variant(rules, columns, rules[column], variant, (counted, verdict, bounds), rows, book)
        _not_applicable(rule, threshold, columns, verdict, book)


def _add_variant(
    rules: list[Rule], columns: list[int], rule: Rule, variant: str, found: tuple[Counted, Coverage, Bounds | None],
    rows: npt.NDArray[np.intp], book: FigureBook,
) -> None:  # fmt: skip
    """The rows of one variant that carry the id of ``rule``."""
    counted, verdict, bounds = found
    threshold = rule.requirement.threshold
    if threshold is None or not len(rows):
        return
    top, bottom = (_summed(array, columns)[rows] for array in counted[variant])
    present = np.array([rules[column].presence is Presence.PRESENT for column in columns])
    seen = (np.nan_to_num(counted[variant][1][rows][:, columns]) > 0) @ present
    status, reason = _row_status(verdict, columns, VARIANTS.index(variant), rows)
    known = np.where(np.isin(status, _VALUED) & (seen > 0), top, np.nan)
    share = known / bottom
    low, high = (np.nan, np.nan) if bounds is None else bounds.of(variant, columns[0], rows, share)
    book.add(
        rule.element.id, "coverage", "coverage", share,
        unit="share", status=status, reason=reason, numerator=known, denominator=bottom, low=low, high=high,
        variant=variant, age_group=rule.element.age_group if variant == "target_pop" else "all",
        walker=rule.walker, threshold=threshold.value, threshold_unit=threshold.unit,
        requirement_id=rule.id, areas=rows,
    )  # fmt: skip


_DECIDED = [STATUS[name] for name in ("meets", "falls_short", "not_applicable")]
_VALUED = [STATUS[name] for name in ("meets", "falls_short", "informative", "data_insufficient")]


def _row_status(verdict: Coverage, columns: list[int], variant: int, rows: npt.NDArray[np.intp]) -> tuple[Codes, Codes]:
    """Status and reason of a variant's rows: the verdict's where this variant carries it, else informative."""
    status = np.full(len(rows), STATUS["informative"], dtype=np.int8)
    reason = np.zeros(len(rows), dtype=np.int8)
    for column in columns:
        here = verdict.denominator[rows, column] > 0
        carries = here & (verdict.variant[rows, column] == variant)
        unknown = here & ~np.isin(verdict.status[rows, column], _DECIDED)
        status[carries | unknown] = verdict.status[rows, column][carries | unknown]
        reason[carries | unknown] = verdict.reason[rows, column][carries | unknown]
    return status, reason


def _not_applicable(rule: Rule, threshold: Threshold, columns: list[int], verdict: Coverage, book: FigureBook) -> None:
    """Rows that say why a requirement has no figure in an area, under the variant that would have carried it."""
    nobody = ~(np.nan_to_num(verdict.denominator[:, columns]).sum(axis=1) > 0)
    for number, variant in enumerate(VARIANTS):
        rows = np.flatnonzero(nobody & (verdict.variant[:, columns[0]] == number))
        group = rule.element.age_group if variant == "target_pop" else "all"
        if variant == "target_pop" and group == "all":
            variant = "population"
        book.add(
            rule.element.id, "coverage", "coverage", np.nan,
            unit="share", status=verdict.status[rows, columns[0]], reason=verdict.reason[rows, columns[0]],
            numerator=0.0, denominator=0.0, variant=variant, age_group=group, walker=rule.walker,
            threshold=threshold.value, threshold_unit=threshold.unit, requirement_id=rule.id, areas=rows,
        )  # fmt: skip


def _same_key(rules: list[Rule]) -> list[list[int]]:
    """Requirements whose figures share a key (same element and threshold, for different community types)."""
    found: dict[tuple[str, int, str], list[int]] = {}
    for number, rule in enumerate(rules):
        found.setdefault((rule.element.id, rule.limit_dm, rule.walker), []).append(number)
    return list(found.values())


def _summed(array: Floats, columns: list[int]) -> Floats:
    part = array[:, columns]
    return np.where(np.isnan(part).all(axis=1), np.nan, np.nansum(part, axis=1))


def lived(study: Study, book: FigureBook, sampler: Sampler | None = None) -> None:
    """Distances and minutes of every element there is, beside the verdict: no threshold of the basis enters here.

    With a sampler the shares within some minutes get the ends of their intervals.
    """
    units, table = study.units, study.table
    if not study.has_people or not len(table.elements):
        return
    people = units.people
    reached = table.nearest_dm != UNREACHED
    metres = np.where(reached, table.nearest_dm / 10.0, 0.0)
    minutes_reached = study.walker_ds != UNREACHED
    minutes = np.where(minutes_reached, study.walker_ds / 600.0, 0.0)
    sums: dict[str, Any] = {
        "m": (units.sums(metres * people), units.sums(reached * people)),
        "min": (units.sums(minutes * people), units.sums(minutes_reached * people)),
    }
    near = {limit: units.sums((study.walker_ds <= limit * 600.0) * people) for limit in LIVED_MINUTES}
    residents = units.residents
    rows = np.flatnonzero(residents > 0)
    bounds = None if sampler is None else lived_bounds(sampler)
    for number, element_id in enumerate(table.elements):
        names = study.catalogue.element(element_id).indicators
        for name, key, walker in (("nearest_m", "m", "metres"), ("minutes", "min", study.walker.id)):
            if name not in names:
                continue
            top, bottom = sums[key][0][number][rows], sums[key][1][number][rows]
            value = np.divide(top, bottom, out=np.full(len(rows), np.nan), where=bottom > 0)
            book.add(
                element_id, "coverage", name, value, unit=key, status=FigureStatus.INFORMATIVE.value,
                reason=np.where(bottom > 0, 0, REASON["none_reached"]), numerator=top, denominator=bottom,
                variant="population", walker=walker, areas=rows,
            )  # fmt: skip
        if "lived_access" not in names:
            continue
        for column, (limit, counted) in enumerate(near.items()):
            share = counted[number][rows] / residents[rows]
            low: npt.ArrayLike = np.nan
            high: npt.ArrayLike = np.nan
            if bounds is not None:
                low, high = stretched(bounds[0][number, column, rows], bounds[1][number, column, rows], share)
            book.add(
                element_id, "coverage", "lived_access", share, unit="share", low=low, high=high,
                status=FigureStatus.INFORMATIVE.value, numerator=counted[number][rows], denominator=residents[rows],
                variant="population", walker=study.walker.id, threshold=limit, threshold_unit="min", areas=rows,
            )  # fmt: skip


def choice(study: Study, rules: list[Rule], book: FigureBook) -> None:
    """How many facilities people can choose from within the threshold, on average."""
    units = study.units
    rows = np.flatnonzero(units.residents > 0)
    seen: set[tuple[str, int]] = set()
    for rule in rules:
        threshold = rule.requirement.threshold
        row = study.table.row.get(rule.element.id)
        key = (rule.element.id, rule.limit_dm)
        if threshold is None or row is None or key in seen or "choice" not in rule.element.indicators:
            continue
        column = study.table.thresholds.column(rule.element.id, rule.limit_dm)
        if column < 0:
            continue
        seen.add(key)
        top = units.sums(study.table.counts[row, column] * units.people)[rows]
        book.add(
            rule.element.id, "coverage", "choice", top / units.residents[rows], unit="count",
            status=FigureStatus.INFORMATIVE.value, numerator=top, denominator=units.residents[rows],
            variant="population", walker=rule.walker, threshold=threshold.value, threshold_unit=threshold.unit,
            requirement_id=rule.id, areas=rows,
        )  # fmt: skip
