"""Residential estates one by one, as the coverage variant ``estate`` counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from kezhong.assess.places import KINDS
from kezhong.assess.prepare import prepare
from kezhong.assess.reach import UNREACHED, Lengths
from kezhong.assess.rules import Rule, apply_rules, excused, places_nearest, places_reach
from kezhong.assess.study import Study
from kezhong.assess.units import incidences
from kezhong.progress import silent

if TYPE_CHECKING:
    from kezhong.assess.api import Assessment


def estate_results(found: Assessment, element: str) -> gpd.GeoDataFrame:
    """One row per estate; see :meth:`kezhong.assess.Assessment.estates`."""
    item = found.catalogue.element(element)
    study = prepare(found.city, found.basis, found.walker, found.run.manifest["window"], silent)
    own = [rule for rule in apply_rules(study) if rule.element.id == item.id and rule.by_walking]
    places = study.table.places
    chosen = np.flatnonzero(places.kind == KINDS.index("estate"))
    estates = found.city.geo("estates")
    nearest = places_nearest(study.table, (item.id,), study.table.place_dm)[chosen]
    status = np.full(len(chosen), "informative" if not own else "not_applicable", dtype=object)
    _, leaf_of = incidences(found.city, study.units, places.lonlat[chosen])
    for rule in own:
        applies = np.append(rule.leaf_applies, rule.requirement.applies_to(None))[leaf_of]
        applies &= ~excused(study, rule, study.table.place_dm)[chosen]
        dm = places_reach(study, rule)[chosen]
        nearest = np.where(applies, dm, nearest)
        status = np.where(applies, _verdicts(rule, dm), status)
    table = gpd.GeoDataFrame(
        {
            "estate_id": estates["estate_id"].to_numpy(dtype=object),
            "name": estates["name"].to_numpy(dtype=object, na_value=None),
            "metres": np.where(nearest == UNREACHED, np.nan, nearest / 10.0),
            "people": _people(study, estates),
            "status": status,
        },
        geometry=np.asarray(estates.geometry.array),
        crs="EPSG:4326",
    )
    table.insert(1, "area_code", np.array([*study.units.codes[: study.units.n_leaves], None], dtype=object)[leaf_of])
    return table


def _verdicts(rule: Rule, dm: Lengths) -> np.ndarray:
    unknown = {"not_detected": "not_detected", "no_data": "no_data"}.get(rule.presence.value)
    if unknown is not None:
        return np.full(len(dm), unknown, dtype=object)
    return np.where(dm <= rule.limit_dm, "meets", "falls_short").astype(object)


def _people(study: Study, estates: gpd.GeoDataFrame) -> np.ndarray:
    """Residents by the demand units of the estate, else as the estate's ledger states them; NaN where neither does."""
    demand = study.city.layer("demand")
    row = pd.Index(estates["estate_id"].to_numpy(dtype=object)).get_indexer(
        demand["estate_id"].to_numpy(dtype=object, na_value="")
    )
    inside = row >= 0
    counted = np.bincount(row[inside], minlength=len(estates))
    people = np.bincount(row[inside], weights=study.units.people[inside], minlength=len(estates))
    stated = estates["residents"].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(counted > 0, people, stated)
