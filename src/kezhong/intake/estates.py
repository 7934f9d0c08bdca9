"""Residential estates (小区) and their gates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.workspace import City
from kezhong.intake.columns import ESTATES, GATES
from kezhong.intake.osm_layers import import_osm_estates, import_osm_gates
from kezhong.intake.osm_reader import is_osm
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.source import MappingLike, Source, geo, keys_of, open_source, store
from kezhong.intake.values import absent

_ACCESS = {
    "yes": "yes",
    "residents": "residents",
    "no": "no",
    "private": "residents",
    "public": "yes",
    "开放": "yes",
    "公共": "yes",
    "可通行": "yes",
    "是": "yes",
    "自由通行": "yes",
    "居民": "residents",
    "仅居民": "residents",
    "业主": "residents",
    "刷卡": "residents",
    "门禁": "residents",
    "本小区居民": "residents",
    "关闭": "no",
    "封闭": "no",
    "停用": "no",
    "否": "no",
    "不可通行": "no",
}
#: A gate stands on its estate's edge; surveys are good to some tens of metres.
GATE_REACH_DEG = 0.0005


def import_estates(
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
    """Import estates as polygons, with whether they are gated, households and residents."""
    if is_osm(file):
        return import_osm_estates(city, file, source=source, as_of=as_of)
    opened = open_source(
        city,
        "estates",
        file,
        ESTATES,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    shapes = opened.require_shapes("polygon")
    rows = opened.rows
    columns = {
        "estate_id": _prefixed(opened),
        "name": rows.texts("name"),
        "gated": rows.flags("gated"),
        "built_year": rows.numbers("built_year", low=1800, high=2200),
        "households": rows.numbers("households"),
        "residents": rows.numbers("residents"),
        "property_company": rows.texts("property_company"),
        **opened.common(),
    }
    keep = rows.settle(allow_rejects)
    return store(opened, {"estates": geo(columns, shapes, keep)}, taken=int(keep.sum()))


def import_gates(
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
    """Import gates of estates as points; the estate by id, code or name, else the one the gate stands at."""
    if is_osm(file):
        return import_osm_gates(city, file, source=source, as_of=as_of)
    opened = open_source(
        city,
        "gates",
        file,
        GATES,
        source=source,
        mapping=mapping,
        datum=datum,
        sheet=sheet,
        geometry="required",
        as_of=as_of,
    )
    shapes = opened.require_shapes("point")
    rows = opened.rows
    columns = {
        "gate_id": _prefixed(opened, ("name", "estate")),
        "estate_id": _estate(opened, shapes),
        "name": rows.texts("name"),
        "access": rows.choices("access", _ACCESS),
        "hours": rows.texts("hours"),
        **opened.common(),
    }
    keep = rows.settle(allow_rejects)
    return store(opened, {"gates": geo(columns, shapes, keep)}, taken=int(keep.sum()))


def _prefixed(opened: Source, also: tuple[str, ...] = ("name",)) -> npt.NDArray[np.object_]:
    keys = keys_of(opened, also=also)
    return np.array([f"{opened.name}:{key}" for key in keys], dtype=object)


def _estate(opened: Source, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Estate of each gate: as stated, else the nearest estate within about 50 m."""
    rows = opened.rows
    estates = opened.city.geo("estates")
    stated = rows.texts("estate")
    lookup: dict[str, set[str]] = {}
    for estate_id, name in zip(estates["estate_id"], estates["name"], strict=True):
        for form in (estate_id, estate_id.partition(":")[2], name):
            if isinstance(form, str):
                lookup.setdefault(form, set()).add(estate_id)
    out = np.full(len(rows), None, dtype=object)
    unknown = np.zeros(len(rows), dtype=bool)
    for at, text in enumerate(stated):
        if text is None:
            continue
        fits = lookup.get(text, set())
        if len(fits) == 1:
            out[at] = next(iter(fits))
        else:
            unknown[at] = True
    rows.reject(unknown, "intake.unknown_estate", "estate")
    free = np.flatnonzero(absent(stated) & ~shapely.is_missing(shapes))
    if len(free) and len(estates):
        tree = shapely.STRtree(np.asarray(estates.geometry.array))
        gate, hit = tree.query_nearest(shapes[free], max_distance=GATE_REACH_DEG, all_matches=False)
        out[free[gate]] = estates["estate_id"].to_numpy(dtype=object)[hit]
    alone = int((absent(out) & ~unknown).sum())
    if alone:
        opened.notes.append(Note(f"{alone} 个出入口附近没有小区", f"{alone} gates have no estate near"))
    return out
