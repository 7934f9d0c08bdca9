"""Building footprints, with use, storeys and dwellings: where people of larger areas are placed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from kezhong.city.workspace import City
from kezhong.intake.columns import BUILDINGS
from kezhong.intake.osm_layers import import_osm_buildings
from kezhong.intake.osm_reader import is_osm
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.source import MappingLike, areas_m2, geo, keys_of, open_source, store, working_crs
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


def import_buildings(
    city: City,
    file: str | Path,
    *,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    as_of: str | None = None,
    allow_rejects: bool = False,
) -> ImportReport:
    """Import buildings as polygons.

    Whether a building counts as dwelling is taken from its own column, else from its use. Its floor area is the stated
    one, else footprint × storeys; without storeys it stays unknown.
    """
    if is_osm(file):
        return import_osm_buildings(city, file, source=source, as_of=as_of)
    opened = open_source(
        city,
        "buildings",
        file,
        BUILDINGS,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    shapes = opened.require_shapes("polygon")
    rows = opened.rows
    uses = rows.texts("use")
    uses = np.where(absent(uses), "yes", uses)
    stated = rows.flags("residential")
    dwelling = np.array(
        [_is_dwelling(use) if flag is None else bool(flag) for use, flag in zip(uses, stated, strict=True)]
    )
    floors = rows.numbers("floors", high=200)
    floor_area = rows.numbers("floor_area_m2")
    footprint = areas_m2(shapes, working_crs(city, shapes))
    columns = {
        "building_id": np.array([f"{opened.name}:{key}" for key in keys_of(opened, also=("use",))], dtype=object),
        "use": uses,
        "residential": dwelling,
        "floors": floors,
        "dwellings": rows.numbers("dwellings"),
        "floor_area_m2": np.where(np.isnan(floor_area), footprint * floors, floor_area),
        **opened.common(),
    }
    keep = rows.settle(allow_rejects)
    n = int(dwelling[keep].sum())
    note = Note(f"其中 {n} 栋为住宅", f"{n} of them are dwellings")
    return store(opened, {"buildings": geo(columns, shapes, keep)}, taken=int(keep.sum()), notes=[note])


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
