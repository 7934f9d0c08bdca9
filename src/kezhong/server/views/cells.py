"""How far people walk, by cell of the analysis grid: demand units gathered into cells, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.catalogue import load_catalogue
from kezhong.catalogue.model import Basis, Requirement
from kezhong.city.grid import SIZE_M, cell_polygons
from kezhong.city.results import Run
from kezhong.city.workspace import City
from kezhong.server.state import ServerState

Floats = npt.NDArray[np.float64]

#: Cells with fewer people than this (but some) publish no number: nobody is to be recognised.
SMALL_COUNT = 5
_UNREACHED = 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class Grid:
    """Demand units of a run (D, in the arrays' order) and the cells (C) they stand in."""

    ids: npt.NDArray[np.object_]  # (C,) names of cells
    lonlat: Floats  # (C, 2) centres
    cell: npt.NDArray[np.intp]  # (D,) cell of each unit
    people: Floats  # (D,)
    weight: Floats  # (D,) people, or 1 where nobody lives in the whole cell
    community_type: npt.NDArray[np.object_]  # (D,)
    unit_lonlat: Floats  # (D, 2)
    community: npt.NDArray[np.object_]  # (D,)

    def total(self, values: Floats) -> Floats:
        """Sum over the units of each cell."""
        return np.bincount(self.cell, weights=values, minlength=len(self.ids)).astype(np.float64)


def grid_of(state: ServerState, run: Run) -> Grid:
    """The run's grid, kept between requests."""
    return state.view(run, "grid", lambda: _grid(state.city_of(run), run))


def columns(state: ServerState, run: Run, element: str) -> dict[str, Any]:
    """The body of ``GET /runs/{run}/cells``.

    Raises
    ------
    NotFoundError
        The catalogue has no such element.
    """
    from kezhong.assess.reasons import REACH_REASONS

    grid = grid_of(state, run)
    basis = state.assessment(run).basis
    if element == "*":
        ratio, which = _worst(run, grid, basis)
        metres, minutes, reason = _of_worst(run, which)
    else:
        metres, minutes, reason = _of_element(run, element, len(grid.cell))
        ratio, which = None, None
    people = grid.total(grid.people)
    cell_m, cell_reason = _gather(grid, metres, reason)
    cell_min, walker_reason = _gather(grid, minutes, reason)
    # Metres know no walker: where he alone is barred, his reason is told.
    cell_reason = np.where((cell_reason == 0) & np.isnan(cell_min), walker_reason, cell_reason)
    body: dict[str, Any] = {
        "element": element,
        "size_m": SIZE_M,
        "small_count": SMALL_COUNT,
        "n": len(grid.ids),
        "lon": _listed(grid.lonlat[:, 0], 6),
        "lat": _listed(grid.lonlat[:, 1], 6),
        "m": _listed(cell_m, 1),
        "min": _listed(cell_min, 2),
        "people": _listed(np.where((people > 0) & (people < SMALL_COUNT), np.nan, people), 1),
        "reason": cell_reason.tolist(),
        "reasons": {str(n): {"zh": w.zh, "en": w.en} for n, w in enumerate(REACH_REASONS.values())},
        "threshold_m": None if element == "*" else _threshold_m(basis, element),
        "ratio": None,
        "worst": None,
    }
    if ratio is not None and which is not None:
        body["ratio"], body["worst"] = _worst_by_cell(run, grid, ratio, which)
    return body


def _grid(city: City, run: Run) -> Grid:
    demand = city.geo("demand").set_index("demand_id").loc[run.demand_ids]
    ids, cell = np.unique(demand["cell_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
    people = demand["people"].to_numpy(dtype=np.float64)
    inhabited = np.bincount(cell, weights=people, minlength=len(ids)) > 0
    points = np.asarray(demand.geometry.array)
    centres = shapely.centroid(cell_polygons(ids.astype(object)))
    kinds = city.areas.community_type
    community = demand["community_code"].astype(object).where(demand["community_code"].notna(), None)
    return Grid(
        ids=ids.astype(object),
        lonlat=np.column_stack([shapely.get_x(centres), shapely.get_y(centres)]),
        cell=cell,
        people=people,
        weight=np.where(inhabited[cell], people, 1.0),
        community_type=np.array([kinds.get(code) if code else None for code in community], dtype=object),
        unit_lonlat=np.column_stack([shapely.get_x(points), shapely.get_y(points)]),
        community=community.to_numpy(dtype=object),
    )


def _of_element(run: Run, element: str, n: int) -> tuple[Floats, Floats, npt.NDArray[Any]]:
    """Metres, minutes and reason of each unit; an element that the city shows nowhere is beyond everybody's reach."""
    from kezhong.assess.reasons import REACH_CODES

    load_catalogue().element(element)
    if element not in run.elements:
        nothing = np.full(n, np.nan)
        return nothing, nothing, np.full(n, REACH_CODES.index("beyond"))
    row = run.elements.index(element)
    return _lengths(run, row), _minutes(run, row), np.asarray(run.array("reason")[row])


def _lengths(run: Run, row: int) -> Floats:
    dm = np.asarray(run.array("nearest_dm")[row])
    return np.where(dm == _UNREACHED, np.nan, dm / 10.0)


def _minutes(run: Run, row: int) -> Floats:
    ds = np.asarray(run.array("walker_ds")[row])
    return np.where(ds == _UNREACHED, np.nan, ds / 600.0)


def _gather(grid: Grid, values: Floats, reason: npt.NDArray[Any]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Mean over the people of a cell who reach; no value where those who do not are more, with their reason."""
    reached = ~np.isnan(values)
    with_value = grid.total(np.where(reached, grid.weight, 0.0))
    without = grid.total(np.where(reached, 0.0, grid.weight))
    weighted = grid.total(np.where(reached, values, 0.0) * grid.weight)
    enough = (with_value > 0) & (with_value >= without)
    mean = np.full(len(grid.ids), np.nan)
    np.divide(weighted, with_value, out=mean, where=enough)
    why = np.zeros(len(grid.ids), dtype=np.int64)
    order = np.argsort(np.where(reached, -1.0, grid.weight), kind="stable")  # written last: the heaviest unreached
    why[grid.cell[order]] = np.asarray(reason, dtype=np.int64)[order]
    return mean, np.where(enough, 0, why)


def _limits(basis: Basis, community_type: str | None) -> list[tuple[Requirement, float]]:
    """Required elements with their thresholds in metres (minutes at the standard walker's pace)."""
    pace = load_catalogue().walker("standard").m_per_min
    return [
        (rule, rule.threshold.value * (1.0 if rule.threshold.unit == "m" else pace))
        for rule in basis.requirements_for(community_type)
        if rule.status == "required" and rule.threshold is not None
    ]


def _threshold_m(basis: Basis, element: str) -> float | None:
    """The strictest threshold in metres that the basis sets for an element."""
    values = [
        rule.threshold.value
        for rule in basis.requirements
        if rule.element == element and rule.threshold is not None and rule.threshold.unit == "m"
    ]
    return min(values, default=None)


def _worst(run: Run, grid: Grid, basis: Basis) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Largest metres ÷ threshold over the required elements of each unit, and the element's row; infinite: none."""
    nearest = run.array("nearest_dm")
    ratio = np.full(len(grid.cell), np.nan)
    which = np.full(len(grid.cell), -1, dtype=np.int64)
    rows = {element: number for number, element in enumerate(run.elements)}
    kinds = pd.unique(grid.community_type)
    for kind in kinds:
        units = np.flatnonzero(grid.community_type == kind) if kind else np.flatnonzero(grid.community_type == None)  # noqa: E711
        for rule, limit in _limits(basis, kind):
            known = [rows[element] for element in rule.elements if element in rows]
            if not known:
                continue
            dm = np.asarray(nearest[known][:, units])
            best = dm.min(axis=0)
            share = np.where(best == _UNREACHED, np.inf, best / (limit * 10.0))
            worse = ~(share <= ratio[units])
            ratio[units[worse]] = share[worse]
            which[units[worse]] = np.asarray(known)[dm.argmin(axis=0)][worse]
    return ratio, which


def _of_worst(run: Run, which: npt.NDArray[np.int64]) -> tuple[Floats, Floats, npt.NDArray[Any]]:
    """Metres, minutes and reason of each unit's worst element."""
    units = np.arange(len(which))
    row = np.maximum(which, 0)
    nothing = which < 0
    if not run.elements:
        empty = np.full(len(which), np.nan)
        return empty, empty, np.zeros(len(which), dtype=np.uint8)
    dm = np.asarray(run.array("nearest_dm"))[row, units]
    ds = np.asarray(run.array("walker_ds"))[row, units]
    metres = np.where(nothing | (dm == _UNREACHED), np.nan, dm / 10.0)
    minutes = np.where(nothing | (ds == _UNREACHED), np.nan, ds / 600.0)
    return metres, minutes, np.where(nothing, 0, np.asarray(run.array("reason"))[row, units])


def _worst_by_cell(
    run: Run, grid: Grid, ratio: Floats, which: npt.NDArray[np.int64]
) -> tuple[list[float | None], list[str | None]]:
    """The heaviest unit of a cell speaks for it: a mean over different elements would mean nothing."""
    order = np.argsort(grid.weight, kind="stable")
    speaker = np.zeros(len(grid.ids), dtype=np.int64)
    speaker[grid.cell[order]] = order
    values = np.where(np.isinf(ratio), np.nan, ratio)[speaker]
    names = [*run.elements, None]
    return _listed(values, 3), [names[number] for number in which[speaker]]


def _listed(values: Floats, digits: int) -> list[float | None]:
    """Rounded numbers; ``None`` for NaN."""
    rounded = np.round(values, digits)
    return [None if value != value else value for value in rounded.tolist()]
