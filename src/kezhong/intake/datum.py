"""Datums: where a source's coordinates are measured, and how they become WGS 84/CGCS2000.

Stored coordinates are WGS 84/CGCS2000 degrees (the two agree within centimetres at the scale of a walk). GCJ-02 and
BD-09 are converted by ``geocoordinates``, whose inverse of the published forward formula leaves less than a
micrometre; projected coordinates by PROJ. A datum is stated or carried by the file; it is never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from kezhong.city.crs import to_geographic
from kezhong.city.vocabulary import Datum
from kezhong.errors import InputError

Floats = npt.NDArray[np.float64]

_NAMES = {
    "wgs84": Datum.WGS84,
    "wgs": Datum.WGS84,
    "gps": Datum.WGS84,
    "epsg4326": Datum.WGS84,
    "cgcs2000": Datum.CGCS2000,
    "国家2000": Datum.CGCS2000,
    "2000国家大地坐标系": Datum.CGCS2000,
    "大地2000": Datum.CGCS2000,
    "epsg4490": Datum.CGCS2000,
    "gcj02": Datum.GCJ02,
    "gcj": Datum.GCJ02,
    "火星坐标": Datum.GCJ02,
    "火星坐标系": Datum.GCJ02,
    "高德": Datum.GCJ02,
    "腾讯": Datum.GCJ02,
    "amap": Datum.GCJ02,
    "bd09": Datum.BD09,
    "bd09ll": Datum.BD09,
    "百度": Datum.BD09,
    "百度坐标": Datum.BD09,
    "baidu": Datum.BD09,
}
_GEOGRAPHIC = frozenset({Datum.WGS84.value, Datum.CGCS2000.value, Datum.GCJ02.value, Datum.BD09.value})


def parse_datum(text: str) -> str:
    """The datum's own name: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09`` or ``EPSG:<code>``.

    Raises
    ------
    InputError
        Neither a known name nor a coordinate system PROJ knows.
    """
    plain = re.sub(r"[\s_\-:]", "", text).lower()
    if plain in _NAMES:
        return _NAMES[plain].value
    match = re.fullmatch(r"(?:epsg)?(\d{4,6})", plain)
    if match:
        try:
            CRS.from_epsg(int(match[1]))
            return f"EPSG:{match[1]}"
        except CRSError:
            pass
    raise InputError("intake.unknown_datum", value=text)


def is_degrees(datum: str) -> bool:
    """Whether coordinates in ``datum`` are longitudes and latitudes."""
    return datum in _GEOGRAPHIC or CRS.from_user_input(datum).is_geographic


def to_wgs84(xy: Floats, datum: str) -> Floats:
    """Convert (n, 2) coordinates (lon, lat or x, y) to WGS 84 longitudes and latitudes.

    NaN rows stay NaN. Outside China GCJ-02 and BD-09 are defined as the identity.
    """
    if datum in (Datum.WGS84.value, Datum.CGCS2000.value):
        return xy.copy()
    if datum in (Datum.GCJ02.value, Datum.BD09.value):
        return _unshift(xy, datum)
    return to_geographic(xy, datum)


def shapes_to_wgs84(shapes: npt.NDArray[np.object_], datum: str) -> npt.NDArray[np.object_]:
    """:func:`to_wgs84` for every vertex of shapely geometries; missing ones stay missing."""
    if datum in (Datum.WGS84.value, Datum.CGCS2000.value):
        return shapely.force_2d(shapes)
    return np.asarray(shapely.transform(shapely.force_2d(shapes), lambda xy: to_wgs84(xy, datum)))


def file_datum(crs: object, stated: str | None, file: str) -> str:
    """Datum of a GIS file from its own CRS and what the user stated.

    Raises
    ------
    InputError
        Neither is given, or they contradict each other.
    """
    told = parse_datum(stated) if stated else None
    if crs is None:
        if told is None:
            raise InputError("intake.datum_missing", file=file)
        return told
    own = CRS.from_user_input(crs)
    code = own.to_epsg()
    if told in (Datum.GCJ02.value, Datum.BD09.value):
        # Such files claim WGS 84 or CGCS2000 because GIS programs know nothing else.
        if not own.is_geographic:
            raise InputError("intake.datum_conflict", file=file, found=own.name, stated=told)
        return told
    if told is not None and told.startswith("EPSG:") and CRS.from_user_input(told) != own:
        raise InputError("intake.datum_conflict", file=file, found=own.name, stated=told)
    if code == 4326 or own.name in ("WGS 84 (CRS84)", "WGS 84"):
        return told or Datum.WGS84.value
    if code == 4490:
        return Datum.CGCS2000.value
    return f"EPSG:{code}" if code else own.to_wkt()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is odd about coordinates and what would explain it."""

    outside: float  # share of the points outside
    likely_zh: str
    likely_en: str


def suspect(raw: Floats, datum: str, boundary: shapely.Geometry, margin_deg: float = 0.02) -> Suspicion | None:
    """Look whether points lie where the city is.

    Parameters
    ----------
    raw
        Coordinates as the source gave them, shape (n, 2), without NaN.
    boundary
        The city in WGS 84 degrees.
    margin_deg
        What still counts as inside the city's frame (about 2 km): ledgers list places across the border.

    Returns
    -------
    Suspicion, or None when at least half of the points lie in the city's frame.
    """
    frame = shapely.box(*shapely.bounds(boundary)).buffer(margin_deg, join_style="mitre")
    if len(raw) == 0:
        return None
    inside = _share(to_wgs84(raw, datum), frame)
    if inside >= 0.5:
        return None
    guesses: list[tuple[str, str]] = []
    if is_degrees(datum) and _share(raw[:, ::-1], frame) >= 0.5:
        guesses.append(("经度、纬度两列颠倒", "longitude and latitude are swapped"))
    if not is_degrees(datum) and _share(to_wgs84(raw[:, ::-1].copy(), datum), frame) >= 0.5:
        guesses.append(("X、Y 两列颠倒（测绘习惯 X 为北）", "x and y are swapped (surveyors call north x)"))
    kind = _looks_like_degrees(raw)
    guesses += [
        (f"实际坐标系为 {other}", f"the datum is {other}")
        for other in (*sorted(_GEOGRAPHIC), *_gauss_kruger(boundary))
        if other != datum and is_degrees(other) == kind and _share(to_wgs84(raw, other), frame) >= 0.5
    ]
    zh = "、".join(zh for zh, _ in guesses[:4]) or "不是本市的数据，或坐标系写错"
    en = "; ".join(en for _, en in guesses[:4]) or "these are not this city's data, or the datum is wrong"
    return Suspicion(1 - inside, zh, en)


def _looks_like_degrees(raw: Floats) -> bool:
    return bool((np.abs(raw[:, 0]) <= 180).all() and (np.abs(raw[:, 1]) <= 180).all())


def _gauss_kruger(boundary: shapely.Geometry) -> list[str]:
    """Projected systems in use around the city: CGCS2000 3-degree zones with and without zone number."""
    lon = float(shapely.centroid(boundary).x)
    meridian = round(lon / 3)
    if not 25 <= meridian <= 45:
        return []
    return [
        f"EPSG:{base + zone - 25}"
        for zone in (meridian, meridian - 1, meridian + 1)
        if 25 <= zone <= 45
        for base in (4534, 4513)
    ]


def _share(lonlat: Floats, frame: shapely.Geometry) -> float:
    with np.errstate(invalid="ignore"):
        west, south, east, north = shapely.bounds(frame)
        hit = (lonlat[:, 0] >= west) & (lonlat[:, 0] <= east) & (lonlat[:, 1] >= south) & (lonlat[:, 1] <= north)
    return float(hit.mean())


def _unshift(xy: Floats, datum: str) -> Floats:
    import geocoordinates_ffi as library

    out = np.full(xy.shape, np.nan)
    if datum == Datum.GCJ02.value:
        make, convert = library.Gcj02, library.gcj02_to_wgs84_refined
    else:
        make, convert = library.Bd09, library.bd09_to_wgs84_refined
    for position, (lon, lat) in enumerate(xy.tolist()):
        if abs(lon) <= 180 and abs(lat) <= 90:  # False for NaN
            found = convert(make(lat=lat, lon=lon))
            out[position] = found.lon, found.lat
    return out
