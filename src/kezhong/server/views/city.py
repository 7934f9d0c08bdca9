"""The city at its present snapshot."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from kezhong.city.areas import ROLL_UP
from kezhong.city.changes import change_text
from kezhong.city.snapshots import Snapshot
from kezhong.city.workspace import City
from kezhong.server.etag import Prepared
from kezhong.server.state import ServerState


def prepared(state: ServerState) -> Prepared:
    """The body of ``GET /city``."""
    city = state.city()
    known = sum(1 for _ in (city.folder / "snapshots").glob("s-*.json"))
    return state.bodies.get(("city", city.snapshot.id, known, city.config), lambda: _body(city))


def _body(city: City) -> dict[str, Any]:
    config, history = city.config, city.history()
    present = next((found for found in history if found.id == city.snapshot.id), None)
    bounds = _bounds(city)
    levels = city.areas.level.values()
    points = city.layer("service_points")
    demand = city.layer("demand")
    counts = {level: sum(1 for found in levels if found == level) for level in ROLL_UP}
    asset = city.asset("basemap")
    return {
        "name": config.name,
        "name_en": config.name_en,
        "code": config.code,
        "synthetic": config.synthetic,
        "attribution": list(config.attribution),
        "snapshot": _snapshot(present) if present else None,
        "snapshots": [_snapshot(found) for found in history],
        "bounds": bounds,
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] if bounds else None,
        "crs": config.crs,
        "basemap": asset is not None and asset.is_file(),
        "quality": _quality(city) if present else None,
        "counts": {
            "areas": counts,
            "facilities": int(points["facility_id"].nunique()),
            "people": float(demand["people"].sum()),
            "demand": len(demand),
        },
        "default_basis": config.basis,
        "levels": [level for level in ROLL_UP if counts[level]],
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    text = {"zh": change_text(snapshot.message), "en": change_text(snapshot.message, "en")}
    return {"id": snapshot.id, "created": snapshot.created, "message": snapshot.message, "text": text}


def _bounds(city: City) -> list[float] | None:
    """Extent of the areas, else of the people, else of the streets."""
    for layer in ("areas", "demand", "street_nodes", "service_points"):
        shapes = np.asarray(city.geo(layer).geometry.array)
        if shapely.is_missing(shapes).all():
            continue
        box = shapely.total_bounds(shapes)
        if not np.isnan(box).any():
            return [round(float(value), 6) for value in box]
    return None


def _quality(city: City) -> dict[str, Any]:
    from kezhong.quality import gate

    report = gate(city)
    return {
        "score": report.score,
        "threshold": report.threshold,
        "insufficient": not report.sufficient,
        "checks": [
            {
                "id": check.id,
                "zh": check.zh,
                "en": check.en,
                "status": check.status,
                "value": check.value,
                "detail_zh": check.detail_zh,
                "detail_en": check.detail_en,
            }
            for check in report.checks
        ],
    }
