"""Isochrones as a GeoJSON feature collection, the same for the command and the interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
import shapely.geometry

from kezhong.assess.barriers import KINDS
from kezhong.assess.barriers import STATES as BARRIER_STATES
from kezhong.assess.isochrones import Reachable
from kezhong.assess.walker_wording import STATES, SWITCHES


def feature_collection(
    found: Reachable, *, names: Sequence[str] | None = None, streets: bool = False, cells: bool = False
) -> dict[str, Any]:
    """One feature an area (``kind: area``), the largest threshold first so that maps draw the smaller ones on top.

    Parameters
    ----------
    names
        What the points are called; by default their numbers from 1.
    streets
        Also one feature a point and threshold with the reached streets (``kind: streets``).
    cells
        Also the reached population units of each point, with what it takes to get there.
    """
    labels = [str(number + 1) for number in range(len(found.lonlat))] if names is None else list(names)
    square = found.areas.square_metres() / 1e6
    metres = found.streets.length_dm() / 10.0
    polygons, lines = found.polygons(), found.lines() if streets else None
    order = sorted(range(len(found.thresholds)), key=lambda t: -found.thresholds[t])
    features = []
    for p, label in enumerate(labels):
        for t in order:
            facts = {
                "point": label,
                "threshold": found.thresholds[t],
                "unit": found.unit,
                "walker": found.walker,
                "people": round(float(found.people[p, t]), 1),
                "area_km2": round(float(square[p, t]), 4),
                "streets_m": round(float(metres[p, t]), 1),
            }
            features.append(_feature(polygons[p, t], {"kind": "area", **facts}))
            if lines is not None:
                features.append(_feature(lines[p, t], {"kind": "streets", **facts}))
    return {
        "type": "FeatureCollection",
        "thresholds": list(found.thresholds),
        "unit": found.unit,
        "walker": found.walker,
        "hour": found.moment.hour,
        "dark": found.moment.dark,
        "points": [_point(found, p, label, cells=cells) for p, label in enumerate(labels)],
        "barriers": [
            {
                "id": one.kind, "zh": KINDS[one.kind][0], "en": KINDS[one.kind][1], "count": one.count,
                "state": one.state, "state_text": dict(zip(("zh", "en"), BARRIER_STATES[one.state], strict=True)),
            }
            for one in found.barriers
        ],
        "switches": [
            {
                "id": one.name, "zh": SWITCHES[one.name][0], "en": SWITCHES[one.name][1], "state": one.state,
                "state_text": dict(zip(("zh", "en"), STATES[one.state], strict=True)),
                "known": one.known, "of": one.of, "closed": one.closed,
            }
            for one in found.switches
        ],
        "features": features,
    }  # fmt: skip


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Nothing reached is no geometry."""
    geometry = None if shapely.is_empty(shape) else shapely.geometry.mapping(shape)
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _point(found: Reachable, p: int, label: str, *, cells: bool) -> dict[str, Any]:
    lon, lat = np.round(found.lonlat[p], 6).tolist()
    facts = {
        "point": label,
        "lon": lon,
        "lat": lat,
        "gap_m": round(float(found.gap_m[p]), 1),
        "island": bool(found.island[p]),
        "stuck": bool(found.stuck[p]),
    }
    if not cells:
        return {**facts, "cells": None}
    return {**facts, "cells": [{"demand_id": name, "cost": cost} for name, cost in found.reached_cells(p)]}
