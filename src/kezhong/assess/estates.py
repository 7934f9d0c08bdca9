"""Residential estates one by one: figures of the four families, kept in the run beside those of the areas.

An estate's verdict is that of its gates, as the coverage variant ``estate`` of an area counts them: the numerators of
an area's estates add up to the area's numerator. Estates lie beside the tree of areas, may be many and may share
codes with it; their figures are a table of their own with the same columns, ``area_code`` being the estate's id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from kezhong.assess import use
from kezhong.assess.coverage import absent_rows
from kezhong.assess.figures import REASON, STATUS, FigureBook
from kezhong.assess.origins import UNREACHED, Lengths
from kezhong.assess.places import KINDS
from kezhong.assess.rules import Rule, at_places
from kezhong.assess.study import Study
from kezhong.assess.units import Units
from kezhong.city.results import FIGURE_COLUMNS, empty_table
from kezhong.city.vocabulary import FigureStatus, Presence

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment
    from kezhong.city.workspace import City

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Codes = npt.NDArray[np.int8]

#: ``area_level`` of these figures.
LEVEL = "estate"
_UNSEEN = {Presence.NOT_DETECTED: ("not_detected", "none_found"), Presence.NO_DATA: ("no_data", "no_source")}


@dataclass(frozen=True, eq=False)
class _Verdict:
    """One requirement at the estates (S,)."""

    rule: Rule
    applies: Flags
    dm: Lengths
    status: Codes
    reason: Codes


def estate_figures(study: Study, rules: list[Rule]) -> pd.DataFrame:
    """Figures of every estate (:data:`kezhong.city.results.FIGURE_COLUMNS`); empty where the city has none.

    A row that is not there says that the requirement does not concern the estate, that nobody of the group lives in
    it, or (counts and sums of facilities) that none stands in it.
    """
    chosen = np.flatnonzero(study.table.places.kind == KINDS.index("estate"))
    if not len(chosen):
        return empty_table(FIGURE_COLUMNS)
    inside = replace(study, units=_units(study, chosen))
    book = FigureBook(inside.units, basis_hash=study.basis.hash, window=study.window, quality=study.quality.score)
    _standing(inside, book)
    _distances(inside, chosen, book)
    for verdict in _verdicts(study, rules, chosen):
        _coverage(inside.units, verdict, book)
    use.catchments(inside, rules, book)
    use.operation(inside, book)
    return book.frame()


def _units(study: Study, chosen: npt.NDArray[np.intp]) -> Units:
    """The estates in the place of areas: who lives in them by demand unit, what stands in them by their shape."""
    estates = study.city.geo("estates")
    ids = estates["estate_id"].to_numpy(dtype=object)
    living = study.city.layer("demand")["estate_id"].to_numpy(dtype=object, na_value="")
    home = pd.Index(ids).get_indexer(living)
    known = np.flatnonzero(home >= 0)
    tree = shapely.STRtree(np.asarray(study.points.geometry.array))
    estate, point = tree.query(np.asarray(estates.geometry.array), predicate="intersects")
    n = len(ids)
    leaf_of = study.place_areas[1][chosen]
    return replace(
        study.units,
        codes=ids,
        levels=np.full(n, LEVEL, dtype=object),
        names=estates["name"].to_numpy(dtype=object, na_value=None),
        leaf_level=LEVEL,
        n_leaves=n,
        leaf_of=home.astype(np.intp),
        member=sparse.csr_matrix((np.ones(len(known)), (home[known], known)), shape=(n, len(home))),
        located=sparse.csr_matrix((np.ones(len(point)), (estate, point)), shape=(n, len(study.points))),
        types=_with_none(study.units.types)[leaf_of],
        households=estates["households"].to_numpy(dtype=np.float64, na_value=np.nan),
    )


def _with_none(values: Objects) -> Objects:
    """Values of the leaves, and ``None`` for row −1: outside all of them."""
    return np.array([*values, None], dtype=object)


def _standing(study: Study, book: FigureBook) -> None:
    """How many facilities of each element stand in the estates, where any does."""
    for number, name in enumerate(study.table.elements):
        if "facilities" not in study.catalogue.element(name).indicators:
            continue
        count = study.units.located @ (study.point_elements == number).astype(np.float64)
        rows = np.flatnonzero(count > 0)
        book.add(
            name, "content_scale", "facilities", count[rows], unit="count", numerator=count[rows],
            status=FigureStatus.INFORMATIVE.value, areas=rows,
        )  # fmt: skip


def _distances(study: Study, chosen: npt.NDArray[np.intp], book: FigureBook) -> None:
    """Metres from the gates to the nearest of every element, and minutes of the run's walker from people's homes."""
    units = study.units
    dm = study.table.place_dm[:, chosen]
    reached = study.walker_ds != UNREACHED
    top = units.sums(np.where(reached, study.walker_ds / 600.0, 0.0) * units.people)
    bottom = units.sums(reached * units.people)
    for number, name in enumerate(study.table.elements):
        indicators = study.catalogue.element(name).indicators
        if "nearest_m" in indicators:
            _metres(book, name, dm[number], np.arange(len(chosen)))
        rows = np.flatnonzero(bottom[number] > 0)
        if "minutes" in indicators:
            book.add(
                name, "coverage", "minutes", top[number][rows] / bottom[number][rows], unit="min",
                status=FigureStatus.INFORMATIVE.value, numerator=top[number][rows], denominator=bottom[number][rows],
                variant="population", walker=study.walker.id, areas=rows,
            )  # fmt: skip


def _metres(book: FigureBook, element: str, dm: Lengths, rows: npt.NDArray[np.intp], rule: Rule | None = None) -> None:
    threshold = rule.requirement.threshold if rule is not None else None
    stated: dict[str, Any] = {} if threshold is None or rule is None else {
        "threshold": threshold.value, "threshold_unit": threshold.unit, "requirement_id": rule.id,
    }  # fmt: skip
    here = dm[rows]
    book.add(
        element, "coverage", "nearest_m", np.where(here == UNREACHED, np.nan, here / 10.0), unit="m",
        status=FigureStatus.INFORMATIVE.value, reason=np.where(here == UNREACHED, REASON["none_reached"], 0),
        variant=LEVEL, walker="metres", areas=rows, **stated,
    )  # fmt: skip


def _verdicts(study: Study, rules: list[Rule], chosen: npt.NDArray[np.intp]) -> Iterator[_Verdict]:
    """Requirements with a walking threshold; of several with one key the first that concerns an estate decides."""
    leaf_of = study.place_areas[1][chosen]
    codes = _with_none(study.units.codes[: study.units.n_leaves])[leaf_of]
    taken: dict[tuple[str, int, str], Flags] = {}
    for rule in rules:
        if not rule.by_walking or "coverage" not in rule.element.indicators:
            continue
        here = at_places(study, rule)
        before = taken.setdefault((rule.element.id, rule.limit_dm, rule.walker), np.zeros(len(chosen), dtype=bool))
        applies = here.applies[chosen] & ~before
        before |= applies
        status, reason = _judged(study, rule, here.dm[chosen], leaf_of)
        gated = np.array([_insufficient(study, code, rule) for code in codes], dtype=bool)
        status[gated], reason[gated] = STATUS["data_insufficient"], REASON["quality_gate"]
        yield _Verdict(rule, applies, here.dm[chosen], status, reason)


def _judged(study: Study, rule: Rule, dm: Lengths, leaf_of: npt.NDArray[np.intp]) -> tuple[Codes, Codes]:
    short = dm > rule.limit_dm
    status = np.where(short, STATUS["falls_short"], STATUS["meets"]).astype(np.int8)
    reason = np.where(short, REASON["too_far"], 0).astype(np.int8)
    if rule.presence in _UNSEEN:
        unseen, why = _UNSEEN[rule.presence]
        status[:], reason[:] = STATUS[unseen], REASON[why]
        gone = np.isin(leaf_of, absent_rows(study, rule))
        status[gone], reason[gone] = STATUS["confirmed_absent"], REASON["verified_absent"]
    return status, reason


def _insufficient(study: Study, code: str | None, rule: Rule) -> bool:
    """Whether the gate lets nothing through for the estate's community (for the city where it lies in none)."""
    if not study.has_facilities:
        return True
    area = study.units.codes[study.units.city] if code is None else code
    return study.quality.insufficient(str(area), rule.element.id) is not None


def _coverage(units: Units, verdict: _Verdict, book: FigureBook) -> None:
    """The estate by its gates, which carries the verdict, and its residents and target group by their homes."""
    rule, rows = verdict.rule, np.flatnonzero(verdict.applies)
    threshold = rule.requirement.threshold
    if threshold is None or not len(rows):
        return
    present = rule.presence is Presence.PRESENT
    common: dict[str, Any] = {
        "unit": "share", "walker": rule.walker, "threshold": threshold.value, "threshold_unit": threshold.unit,
        "requirement_id": rule.id,
    }  # fmt: skip
    within = (verdict.dm[rows] <= rule.limit_dm).astype(np.float64) if present else np.full(len(rows), np.nan)
    book.add(
        rule.element.id, "coverage", "coverage", within, numerator=within, denominator=1.0, variant=LEVEL,
        status=verdict.status[rows], reason=verdict.reason[rows], areas=rows, **common,
    )  # fmt: skip
    if not present:
        return
    _metres(book, rule.element.id, verdict.dm, rows, rule)
    for variant, group in (("population", "all"), ("target_pop", rule.element.age_group)):
        if variant == "target_pop" and group == "all":
            continue
        members = units.group(group)
        top, bottom = units.sums(members * (rule.applies & rule.covered)), units.sums(members * rule.applies)
        some = np.flatnonzero(verdict.applies & (bottom > 0))  # unknown ages are NaN and have no row
        book.add(
            rule.element.id, "coverage", "coverage", top[some] / bottom[some], numerator=top[some],
            denominator=bottom[some], variant=variant, age_group=group, status=FigureStatus.INFORMATIVE.value,
            areas=some, **common,
        )  # fmt: skip


def estate_results(found: Assessment, element: str) -> gpd.GeoDataFrame:
    """One row per estate, read from the run; see :meth:`kezhong.assess.Assessment.estates`."""
    item = found.catalogue.element(element)
    estates = found.city.geo("estates")
    rows = found.estate_figures
    rows = rows[(rows["element"] == item.id) & (rows["variant"] == LEVEL)]
    metres, verdicts = rows[rows["indicator"] == "nearest_m"], rows[rows["indicator"] == "coverage"]
    # What decides for a requirement (the assigned school, a substitute) goes before the nearest of the element.
    metres = metres.sort_values("requirement_id", ascending=False, kind="stable").drop_duplicates("area_code")
    verdicts = verdicts.drop_duplicates("area_code", keep="last")
    asked = any(
        rule.element == item.id and rule.threshold and not rule.in_district for rule in found.basis.requirements
    )
    nothing = FigureStatus.NOT_APPLICABLE if asked else FigureStatus.INFORMATIVE
    ids = estates["estate_id"].astype(object)
    known = pd.Series(dict(zip(verdicts["area_code"], verdicts["status"], strict=True)), dtype=object)
    places = found.city.areas.locate(shapely.point_on_surface(np.asarray(estates.geometry.array)))
    return gpd.GeoDataFrame(
        {
            "estate_id": ids.to_numpy(dtype=object),
            "area_code": places,
            "name": estates["name"].to_numpy(dtype=object, na_value=None),
            "metres": ids.map(dict(zip(metres["area_code"], metres["value"], strict=True))).to_numpy(dtype=np.float64),
            "people": _people(found.city, estates),
            "status": known.reindex(ids, fill_value=nothing.value).to_numpy(dtype=object),
        },
        geometry=np.asarray(estates.geometry.array),
        crs="EPSG:4326",
    )


def _people(city: City, estates: gpd.GeoDataFrame) -> Floats:
    """Residents by the demand units of the estate, else as the estate's ledger states them; NaN where neither does."""
    demand = city.layer("demand")
    row = pd.Index(estates["estate_id"].to_numpy(dtype=object)).get_indexer(
        demand["estate_id"].to_numpy(dtype=object, na_value="")
    )
    inside = row >= 0
    counted = np.bincount(row[inside], minlength=len(estates))
    weights = demand["people"].to_numpy(dtype=np.float64)[inside]
    people = np.bincount(row[inside], weights=weights, minlength=len(estates))
    stated = estates["residents"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(counted > 0, people, stated)
