"""Building footprints, with use, storeys and dwellings: where people of larger areas are placed."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from kezhong.city.workspace import City
from kezhong.intake.extent import areas_m2, working_crs
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.osm_layers import import_osm_buildings
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.shapes import Shapes, import_shapes
from kezhong.intake.source import Source
from kezhong.intake.storing import ids_of
from kezhong.intake.values import absent

_DWELLING = frozenset(
    {
        "residential",
        "apartments",
        "house",
        "detached",
        "semidetached_house",
        "terrace",
        "dormitory",
        "bungalow",
        "farm",
        "static_caravan",
    }
)
_DWELLING_WORDS = ("住宅", "居住", "居民楼", "住房", "公寓", "宿舍", "民房", "平房", "别墅", "农房", "商住")


@spelled_out
def import_buildings(city: City, file: str | Path, **how: Unpack[Reading]) -> ImportReport:
    """Import buildings as polygons.

    Whether a building counts as dwelling is taken from its own column, else from its use. Its floor area is the stated
    one, else footprint × storeys; without storeys it stays unknown.
    """
    return import_shapes(city, "buildings", file, how, _columns, notes=_notes, from_osm=import_osm_buildings)


def _columns(opened: Source, shapes: Shapes) -> dict[str, object]:
    rows = opened.rows
    uses = rows.texts("use")
    uses = np.where(absent(uses), "yes", uses)
    stated = rows.flags("residential")
    floors = rows.numbers("floors", high=200)
    floor_area = rows.numbers("floor_area_m2")
    footprint = areas_m2(shapes, working_crs(opened.city, shapes))
    return {
        "building_id": ids_of(opened, also=("use",)),
        "use": uses,
        "residential": np.array(
            [_is_dwelling(use) if flag is None else bool(flag) for use, flag in zip(uses, stated, strict=True)]
        ),
        "floors": floors,
        "dwellings": rows.numbers("dwellings"),
        "floor_area_m2": np.where(np.isnan(floor_area), footprint * floors, floor_area),
    }


def _notes(frame: gpd.GeoDataFrame) -> list[Note]:
    n = int(frame["residential"].sum())
    return [Note(f"其中 {n} 栋为住宅", f"{n} of them are dwellings")]


def _is_dwelling(use: str) -> bool:
    lowered = use.lower()
    return lowered in _DWELLING or any(word in use for word in _DWELLING_WORDS)


def weights(
    floor_area: npt.NDArray[np.float64], dwellings: npt.NDArray[np.float64], footprint: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How many people a building takes in proportion to the others: floor area, else its footprint.

    Where dwellings are known for all of them these weigh instead: they are nearer to households.
    """
    if len(dwellings) and np.isfinite(dwellings).all() and dwellings.sum() > 0:
        return dwellings
    return np.where(np.isfinite(floor_area) & (floor_area > 0), floor_area, footprint)
