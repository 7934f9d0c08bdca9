"""Facilities of one element, as GeoJSON points."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic_core import to_json

from kezhong.catalogue import load_catalogue
from kezhong.city.workspace import City
from kezhong.server.views.areas import geojson

_COLUMNS = ("facility_id", "name", "status", "capacity", "capacity_unit", "floor_area_m2", "hours", "source")


def collection(city: City, element: str) -> bytes:
    """The body of ``GET /runs/{run}/facilities``; ``*`` gives every facility once.

    Raises
    ------
    NotFoundError
        The catalogue has no such element.
    """
    if element != "*":
        load_catalogue().element(element)
    points = city.geo("service_points")
    points = points.drop_duplicates("facility_id") if element == "*" else points[points["element"] == element]
    shapes = geojson(np.asarray(points.geometry.array))
    columns = [points[name].astype(object).where(points[name].notna(), None).tolist() for name in _COLUMNS]
    rows = zip(*columns, strict=True)
    features = [_feature(dict(zip(_COLUMNS, row, strict=True)), shape) for row, shape in zip(rows, shapes, strict=True)]
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def _feature(values: dict[str, Any], shape: bytes) -> bytes:
    head = b'{"type":"Feature","id":' + to_json(values["facility_id"]) + b',"geometry":' + shape
    return head + b',"properties":' + to_json(values, inf_nan_mode="null") + b"}"
