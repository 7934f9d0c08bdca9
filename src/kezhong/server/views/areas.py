"""Areas with their grades, as GeoJSON: shapes simplified for the screen, properties from the run."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pydantic_core import to_json

from kezhong.city.areas import AreaTree
from kezhong.city.results import Run
from kezhong.city.vocabulary import SetKind
from kezhong.city.workspace import City

#: Tolerance of simplification in degrees (1e-5 is about a metre): below one pixel where the level is looked at.
_TOLERANCE = {"community": 2e-5, "life_circle": 3e-5, "street": 4e-5, "district": 1e-4, "city": 2e-4}
#: Failing elements named per area.
_WORST = 5


def collection(city: City, run: Run, level: str) -> bytes:
    """The body of ``GET /runs/{run}/areas``."""
    codes, shapes = graded_areas(city, run, level)
    drawn = geojson(shapes, _TOLERANCE[level])
    properties = _properties(city, run, codes, level)
    features = [
        b'{"type":"Feature","id":' + to_json(code) + b',"geometry":' + shape + b',"properties":' + to_json(
            properties[code], inf_nan_mode="null"
        ) + b"}"
        for code, shape in zip(codes, drawn, strict=True)
    ]  # fmt: skip
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def level_shapes(areas: AreaTree, level: str) -> gpd.GeoDataFrame:
    """Areas of a level, sorted by code; a life circle without a shape has that of its communities."""
    if level != SetKind.LIFE_CIRCLE.value:
        found = areas.frame[areas.frame["level"] == level]
        return found.sort_values("code").reset_index(drop=True)
    circles = areas.sets[areas.sets["kind"] == level].sort_values("code").reset_index(drop=True)
    shapes = np.asarray(circles.geometry.array).copy()
    own = dict(zip(areas.frame["code"], areas.frame.geometry, strict=True))
    for place in np.flatnonzero(shapely.is_missing(shapes)):
        members = [own.get(code) for code in areas.circle_members.get(circles["code"].iloc[place], [])]
        if any(member is not None for member in members):
            shapes[place] = shapely.union_all([member for member in members if member is not None])
    return circles.set_geometry(gpd.GeoSeries(shapes, crs=circles.crs))


def graded_areas(city: City, run: Run, level: str) -> tuple[list[str], npt.NDArray[np.object_]]:
    """Codes and shapes of a level's areas, and of those that only the run knows (a city loaded without areas)."""
    shapes = level_shapes(city.areas, level)
    codes = [str(code) for code in shapes["code"]]
    known = set(codes)
    graded = run.grades.loc[run.grades["area_level"] == level, "area_code"].astype(str)
    more = sorted(code for code in set(graded) if code not in known)
    return codes + more, np.concatenate([np.asarray(shapes.geometry.array), np.full(len(more), None, dtype=object)])


def place_names(city: City, code: str) -> dict[str, Any]:
    """Name, full name and type of an area; a city loaded without areas goes by its own name."""
    areas = city.areas
    return {
        "name": areas.name.get(code, city.config.name),
        "full_name": areas.full_name(code) if code in areas.level else city.config.name,
        "community_type": areas.community_type.get(code),
    }


def geojson(shapes: npt.NDArray[np.object_], tolerance: float = 0.0) -> list[bytes]:
    """GeoJSON texts of geometries, coordinates with six decimals (0.1 m); ``null`` where there is none."""
    if tolerance:
        shapes = shapely.simplify(shapes, tolerance, preserve_topology=True)
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, 6))
    return [b"null" if text is None else text.encode() for text in shapely.to_geojson(rounded)]


def _properties(city: City, run: Run, codes: list[str], level: str) -> dict[str, dict[str, Any]]:
    grades = run.grades[run.grades["area_level"] == level].set_index("area_code")
    gaps = _gaps(run, codes)
    found: dict[str, dict[str, Any]] = {}
    for code in codes:
        entry: dict[str, Any] = {
            "code": code,
            "level": level,
            **place_names(city, code),
        }
        names = ("grade", "score", "status", "people", "required_total", "required_met", "required_unknown")
        if code in grades.index:
            row = grades.loc[code]
            entry.update({name: _plain(row[name]) for name in names})
            failing = [name for name in str(_plain(row["failing_elements"]) or "").split(";") if name]
        else:
            entry.update(dict.fromkeys(names))
            failing = []
        entry["failing"] = [_failing(name, gaps.get((code, name))) for name in failing[:_WORST]]
        found[code] = entry
    return found


def _gaps(run: Run, codes: list[str]) -> dict[tuple[str, str], tuple[str, str]]:
    rows = run.shortfalls
    rows = rows[rows["area_code"].isin(codes)]
    columns = (rows[name].fillna("") for name in ("area_code", "element", "gap_zh", "gap_en"))
    return {(code, element): (zh, en) for code, element, zh, en in zip(*columns, strict=True)}


def _failing(element: str, gap: tuple[str, str] | None) -> dict[str, str]:
    from kezhong.catalogue import load_catalogue

    known = load_catalogue().elements.get(element)
    zh, en = gap or ("", "")
    return {
        "element": element,
        "zh": known.zh if known else element,
        "en": known.en if known else element,
        "gap_zh": zh,
        "gap_en": en,
    }


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
