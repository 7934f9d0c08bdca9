"""Where a city lies and how large things in it are: its working system, its frame, areas in square metres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.crs import projected_crs_for, to_projected
from kezhong.city.workspace import City


def areas_m2(shapes: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.float64]:
    """Area of lon/lat polygons in square metres; NaN for anything else."""
    found = shapely.area(shapely.transform(shapes, lambda xy: to_projected(xy, crs)))
    kinds = shapely.get_type_id(shapes)
    return np.where(np.isin(kinds, (3, 6)), found, np.nan)


def working_crs(city: City, shapes: npt.NDArray[np.object_]) -> str:
    """The city's projected system, or the one that fits these shapes where the city has none yet."""
    if city.config.crs:
        return city.config.crs
    bounds = shapely.total_bounds(shapes)
    return projected_crs_for(float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2)


def outline(city: City) -> shapely.Geometry | None:
    """The frame of the city's areas, ``None`` where none has a geometry."""
    frame = city.geo("areas")
    known = frame.geometry[~frame.geometry.isna()]
    return shapely.box(*known.total_bounds) if len(known) else None
