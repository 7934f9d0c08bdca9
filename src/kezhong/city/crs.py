"""The projected coordinate system in which a city is computed.

China: CGCS2000 / 3-degree Gauss-Kruger by central meridian (EPSG:4534 is CM 75E … EPSG:4554 is CM 135E);
elsewhere the WGS 84 / UTM zone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer

GEOGRAPHIC = "EPSG:4326"
_CHINA = (73.0, 17.0, 136.0, 54.0)  # a rough frame; UTM and Gauss-Kruger differ by a scale factor only


def projected_crs_for(lon: float, lat: float) -> str:
    """Choose the city's projected CRS, e.g. ``EPSG:4545`` for Wuhai (106.8 E, 39.7 N)."""
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        meridian = min(max(round(lon / 3) * 3, 75), 135)  # the series has no other meridians
        return f"EPSG:{4534 + (meridian - 75) // 3}"
    zone = min(int((lon + 180) // 6) + 1, 60)  # 180 E belongs to the last zone
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


@cache
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


def to_projected(lonlat: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.float64]:
    """Project an (n, 2) array of lon, lat (degrees) to metres, (n, 2)."""
    x, y = _transformer(GEOGRAPHIC, crs).transform(lonlat[:, 0], lonlat[:, 1])
    return np.column_stack([x, y])


def to_geographic(xy: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.float64]:
    """The inverse of :func:`to_projected`."""
    lon, lat = _transformer(crs, GEOGRAPHIC).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([lon, lat])
