"""The generated analysis grid: 100 m cells in the city's projected CRS.

Its names start with ``AG`` and carry the EPSG code and the cell's south-west corner in units of the cell size, e.g.
``AG100-4545-E4837-N43925``: nobody can take them for a code of the city's official grid.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.crs import to_geographic, to_projected

SIZE_M = 100
_NAME = re.compile(r"^AG(\d+)-(\d+)-E(-?\d+)-N(-?\d+)$")


def cell_ids(lonlat: npt.NDArray[np.float64], crs: str, size_m: int = SIZE_M) -> npt.NDArray[np.object_]:
    """Name of the cell each (lon, lat) falls into."""
    steps = np.floor(to_projected(lonlat, crs) / size_m).astype(np.int64)
    epsg = crs.rpartition(":")[2]
    return np.array([f"AG{size_m}-{epsg}-E{east}-N{north}" for east, north in steps.tolist()], dtype=object)


def cell_polygons(ids: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Squares (lon/lat polygons) of named cells, all of one CRS and size."""
    if len(ids) == 0:
        return np.array([], dtype=object)
    parsed = [_NAME.match(str(name)) for name in ids]
    if any(match is None for match in parsed):
        msg = "not names of analysis cells"
        raise ValueError(msg)
    numbers = np.array([[int(part) for part in match.groups()] for match in parsed if match], dtype=np.int64)
    if (numbers[:, :2] != numbers[0, :2]).any():
        msg = "analysis cells of different sizes or coordinate systems"
        raise ValueError(msg)
    size, epsg = int(numbers[0, 0]), int(numbers[0, 1])
    east, north = numbers[:, 2] * size, numbers[:, 3] * size
    corners = np.stack(
        [np.column_stack([east + dx * size, north + dy * size]) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=1
    ).astype(np.float64)
    lonlat = to_geographic(corners.reshape(-1, 2), f"EPSG:{epsg}").reshape(-1, 4, 2)
    return np.asarray(shapely.polygons(lonlat))
