"""Gates of residential estates: by them people leave a gated estate."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np
import numpy.typing as npt
import shapely

from kezhong.city.workspace import City
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.osm_layers import import_osm_gates
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.shapes import Shapes, import_shapes
from kezhong.intake.source import Source
from kezhong.intake.storing import ids_of
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


@spelled_out
def import_gates(city: City, file: str | Path, **how: Unpack[Reading]) -> ImportReport:
    """Import gates of estates as points; the estate by id, code or name, else the one the gate stands at."""
    return import_shapes(city, "gates", file, how, _columns, family="point", from_osm=import_osm_gates)


def _columns(opened: Source, shapes: Shapes) -> dict[str, object]:
    rows = opened.rows
    return {
        "gate_id": ids_of(opened, also=("name", "estate")),
        "estate_id": _estate(opened, shapes),
        "name": rows.texts("name"),
        "access": rows.choices("access", _ACCESS),
        "hours": rows.texts("hours"),
    }


def _estate(opened: Source, shapes: Shapes) -> npt.NDArray[np.object_]:
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
