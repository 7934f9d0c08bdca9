"""Suspicion of a wrong datum: everything of one source shifted the same way.

GCJ-02 and BD-09 coordinates taken for WGS 84 lie 100–700 m (BD-09 up to about 1.2 km) off, all in the same
direction. Two signs are looked for: facilities that another source knows too, all displaced alike; and a source whose
facilities come much nearer to the streets when the shift is taken back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import to_projected
from kezhong.quality.facts import Facts
from kezhong.quality.model import Check

#: A common displacement of this many metres is suspicious …
SHIFT_M = 60.0
#: … if it is shared: spread (median absolute deviation) at most this share of it.
SPREAD = 0.35
#: Pairs or places needed before anything is said.
FEW = 8
_FARTHEST_M = 1500.0


def datum(facts: Facts) -> Check:
    """Is any source shifted as a whole?"""
    zh, en = "坐标系", "datum"
    facilities = facts.city.geo("facilities")
    if facilities.empty:
        return Check("datum", zh, en, "na", None, None, "", None, "缺少设施数据，未检查", "no facilities: not checked")
    table = pd.DataFrame(
        {
            "source": facilities["source"].to_numpy(dtype=object),
            "name": facilities["name"].to_numpy(dtype=object, na_value=None),
            "osm": facilities["facility_id"].str.startswith("osm").to_numpy(dtype=bool),
        }
    )
    xy = shapely.get_coordinates(shapely.centroid(facts.projected(np.asarray(facilities.geometry.array))))
    shifts = {**_by_twins(table, xy), **_by_streets(facts, table, xy)}
    if not shifts:
        return Check(
            "datum", zh, en, "pass", 0.0, SHIFT_M, "m", 1.0,
            "没有发现整体偏移的来源", "no source is shifted as a whole",
        )  # fmt: skip
    most = max(shifts.values())
    names = "、".join(f"{source}（约 {shift:.0f} 米）" for source, shift in sorted(shifts.items()))
    names_en = ", ".join(f"{source} (about {shift:.0f} m)" for source, shift in sorted(shifts.items()))
    return Check(
        "datum", zh, en, "fail", most, SHIFT_M, "m", 0.0,
        f"下列来源整体偏移，疑为 GCJ-02 或 BD-09 坐标未转换：{names}。请注明坐标系后重新导入",
        f"shifted as a whole, probably GCJ-02 or BD-09 taken for WGS 84: {names_en}. State the datum and import again",
    )  # fmt: skip


def _by_twins(table: pd.DataFrame, xy: npt.NDArray[np.float64]) -> dict[str, float]:
    """Sources whose places lie displaced from OpenStreetMap's places of the same name."""
    named = table["name"].notna().to_numpy(dtype=bool)
    once = ~table.duplicated(["source", "name"], keep=False).to_numpy(dtype=bool)  # chains have many of one name
    usable = table[named & once].assign(row=np.flatnonzero(named & once))
    pairs = usable[~usable["osm"]].merge(usable[usable["osm"]], on="name", suffixes=("", "_osm"))
    found: dict[str, float] = {}
    for source, rows in pairs.groupby("source", sort=True):
        step = xy[rows["row"].to_numpy()] - xy[rows["row_osm"].to_numpy()]
        step = step[np.hypot(step[:, 0], step[:, 1]) < _FARTHEST_M]
        if len(step) < FEW:
            continue
        middle = np.median(step, axis=0)
        shift = float(np.hypot(*middle))
        spread = float(np.median(np.hypot(*(step - middle).T)))
        if shift >= SHIFT_M and spread <= SPREAD * shift:
            found[str(source)] = shift
    return found


def _by_streets(facts: Facts, table: pd.DataFrame, xy: npt.NDArray[np.float64]) -> dict[str, float]:
    """Sources that fit the streets clearly better once a shift of GCJ-02 or BD-09 is taken back."""
    crs = facts.city.config.crs
    if facts.edges.empty or len(xy) == 0:
        return {}
    offsets = _offsets(np.asarray(facts.city.geo("facilities").total_bounds), crs)
    found: dict[str, float] = {}
    for source in sorted(set(table.loc[~table["osm"], "source"])) if len(offsets) else []:
        mine = xy[(table["source"] == source).to_numpy(dtype=bool)]
        if len(mine) < 4 * FEW:
            continue
        now = float(np.median(facts.to_street(shapely.points(mine))))
        for offset in offsets:
            then = float(np.median(facts.to_street(shapely.points(mine - offset))))
            if now > 25.0 and then < 0.5 * now:
                found[str(source)] = float(np.hypot(*offset))
    return found


def _offsets(bounds: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.float64]:
    """Shifts (metres) of GCJ-02 and BD-09 against WGS 84 at the middle of the data; none outside China."""
    import geocoordinates_ffi as library

    lon, lat = float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2
    true = library.Wgs84(lat=lat, lon=lon)
    moved = [library.wgs84_to_gcj02(true), library.wgs84_to_bd09(true)]
    places = np.array([[lon, lat], *[[place.lon, place.lat] for place in moved]])
    xy = to_projected(places, crs)
    steps = xy[1:] - xy[0]
    return np.asarray(steps[np.hypot(steps[:, 0], steps[:, 1]) > SHIFT_M])
