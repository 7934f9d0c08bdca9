"""Gathering what one question needs: facilities, areas, quality, and the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kezhong.assess.enrolment import assignment
from kezhong.assess.lived import run_seconds
from kezhong.assess.reach import reach_table
from kezhong.assess.study import STANDARD, Study, assessed_points, element_order
from kezhong.assess.thresholds import thresholds_of
from kezhong.assess.units import build_units
from kezhong.catalogue import load_basis, load_catalogue
from kezhong.progress import Progress, span

if TYPE_CHECKING:
    from kezhong.catalogue.model import Basis, Walker
    from kezhong.city.workspace import City


def prepare(city: City, basis: Basis, walker: Walker, window: str, progress: Progress) -> Study:
    """Gather everything the indicators read; searches only where the cache has no answer."""
    from kezhong.quality import gate

    catalogue = load_catalogue()
    progress(0.0, "assess.step_gate")
    quality = gate(city)
    progress(0.03, "assess.step_gate")
    points = assessed_points(city, catalogue, window)
    units = build_units(city, points)
    progress(0.06, "assess.step_gate")
    # One search serves every basis, whatever the next question will be; the city's overlay included.
    bases = {name: load_basis(name, city.folder) for name in catalogue.bases}
    bases[basis.id] = basis
    thresholds = thresholds_of(bases, element_order(points, catalogue), catalogue.walker(STANDARD).m_per_min)
    table = reach_table(city, points, thresholds, window=window, progress=span(progress, 0.1, 0.9))
    walker_ds = run_seconds(city, walker, table.nearest_dm, window, span(progress, 0.9, 1.0))
    return Study(
        city=city,
        catalogue=catalogue,
        basis=basis,
        walker=walker,
        window=window,
        quality=quality,
        units=units,
        points=points,
        table=table,
        walker_ds=walker_ds,
        assignment=assignment(city, points, window),
    )
