"""What divides a city's ground: banks, railways, walls and the edges of gated estates, as lines in metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.assess.streets import project
from kezhong.city.workspace import City
from kezhong.network import Barriers

#: Layers that barriers come from.
LAYERS = ("landscape", "estates")
#: Kinds of barrier with their names; those of the landscape are its kinds.
KINDS = {
    "water": ("水面", "water"),
    "river": ("河渠", "rivers and canals"),
    "railway": ("铁路", "railways"),
    "wall": ("围墙、围栏", "walls and fences"),
    "gated_estate": ("封闭小区围合", "edges of gated estates"),
}
State = Literal["used", "none", "no_data"]
STATES = {
    "used": ("已计入", "used"),
    "none": ("数据中没有", "none in the data"),
    "no_data": ("无数据，未计入", "no data, not considered"),
}


@dataclass(frozen=True, slots=True)
class BarrierState:
    """One kind of barrier: how many there are, and whether the city has data at all."""

    kind: str
    count: int
    state: State


def barriers_of(city: City) -> tuple[Barriers, tuple[BarrierState, ...]]:
    """The city's barriers, and which data they came from.

    An estate without a statement of whether it is gated counts as open.
    """
    shapes: list[npt.NDArray[Any]] = []
    states = []
    for kind in KINDS:
        found = _shapes(city, kind)
        if found is None:
            states.append(BarrierState(kind, 0, "no_data"))
            continue
        states.append(BarrierState(kind, len(found), "used" if len(found) else "none"))
        shapes.append(found)
    parts = shapely.get_parts(np.concatenate(shapes)) if shapes else np.empty(0, dtype=object)
    kind_of = shapely.get_type_id(parts)
    rings = shapely.get_rings(parts[kind_of == shapely.GeometryType.POLYGON])
    lines = np.concatenate([rings, parts[kind_of == shapely.GeometryType.LINESTRING]])
    xy, which = shapely.get_coordinates(lines, return_index=True)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(lines)))])
    return Barriers.of(project(xy, city.config.crs), ptr), tuple(states)


def _shapes(city: City, kind: str) -> npt.NDArray[Any] | None:
    layer = "estates" if kind == "gated_estate" else "landscape"
    if not city.has(layer):
        return None
    frame = city.geo(layer)
    if layer == "landscape":
        chosen = frame["kind"] == kind
    else:
        if not frame["gated"].notna().any():
            return None
        chosen = frame["gated"].fillna(value=False).astype(bool)
    shapes = np.asarray(frame.geometry.array)[chosen.to_numpy(dtype=bool)]
    return np.asarray(shapes[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)])
