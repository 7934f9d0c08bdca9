"""Outlines of a level's areas for maps that show no result: shapes simplified, and never more than a screen can use."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pydantic_core import to_json

from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City
from kezhong.server.etag import Prepared
from kezhong.server.state import ServerState
from kezhong.server.views.areas import geojson, level_shapes

#: Points of all outlines of a level together: about half a megabyte of text, a hundred kilobytes on the wire.
MAX_POINTS = 24_000
#: Tolerance of simplification to begin with, in degrees (1e-5 is about a metre).
_FINEST = {"community": 5e-5, "life_circle": 5e-5, "street": 8e-5, "district": 1.5e-4, "city": 3e-4}


def prepared(state: ServerState, level: str) -> Prepared:
    """The body of ``GET /city/outlines``."""
    city = state.city()
    return state.bodies.get(("outlines", level, city.snapshot.id), lambda: collection(city, level))


def collection(city: City, level: str) -> bytes:
    """Outlines as GeoJSON, by code; areas without a shape are there with ``null``."""
    areas = city.areas
    frame = level_shapes(areas, level)
    codes = [str(code) for code in frame["code"]]
    drawn = geojson(bounded(np.asarray(frame.geometry.array), level))
    circle = level == SetKind.LIFE_CIRCLE.value
    features = []
    for code, shape in zip(codes, drawn, strict=True):
        properties: dict[str, Any] = {
            "code": code, "name": areas.name[code], "full_name": areas.full_name(code), "level": level,
            "parent": None if circle else areas.parent.get(code),
        }  # fmt: skip
        features.append(b'{"type":"Feature","geometry":' + shape + b',"properties":' + to_json(properties) + b"}")
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def bounded(shapes: npt.NDArray[np.object_], level: str, most: int = MAX_POINTS) -> npt.NDArray[np.object_]:
    """Shapes simplified until they have at most ``most`` points together, or are as coarse as makes sense (5 km).

    Neighbours keep their common boundary, so that no slit opens between two fills. Life circles may overlap and are
    simplified one by one.
    """
    found = shapes.copy()
    here = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    found[np.setdiff1d(np.arange(len(shapes)), here)] = None
    whole = shapes[here]
    tiled = level != SetKind.LIFE_CIRCLE.value and bool(np.isin(shapely.get_type_id(whole), (3, 6)).all())
    simple, tolerance = whole, _FINEST[level]
    for _ in range(11):
        simple = shapely.coverage_simplify(simple, tolerance) if tiled else shapely.simplify(simple, tolerance)
        if shapely.get_num_coordinates(simple).sum() <= most:
            break
        tolerance *= 2
    found[here] = simple
    return found
