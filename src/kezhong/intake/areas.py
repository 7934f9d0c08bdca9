"""The area tree: districts, streets and communities from polygons or tables, each with its code and parent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Unpack

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.schemas import LAYERS
from kezhong.city.vocabulary import AreaLevel, CommunityType
from kezhong.city.workspace import City, Edit
from kezhong.errors import InputError
from kezhong.intake import derive
from kezhong.intake.columns import fields_of
from kezhong.intake.mapping import with_columns
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.report import ImportReport, Note, row_details
from kezhong.intake.source import Source
from kezhong.intake.storing import put_layers, reported
from kezhong.intake.values import absent, half_width

Objects = npt.NDArray[np.object_]

RANK = {AreaLevel.CITY.value: 0, AreaLevel.DISTRICT.value: 1, AreaLevel.STREET.value: 2, AreaLevel.COMMUNITY.value: 3}
_LEVELS = {
    **{level: level for level in RANK},
    "市": "city",
    "全市": "city",
    "地市": "city",
    "区": "district",
    "县": "district",
    "旗": "district",
    "区县": "district",
    "市辖区": "district",
    "县级": "district",
    "街道": "street",
    "镇": "street",
    "乡": "street",
    "街道(镇)": "street",
    "乡镇": "street",
    "镇街": "street",
    "township": "street",
    "社区": "community",
    "村": "community",
    "居委会": "community",
    "村委会": "community",
    "社区(村)": "community",
    "village": "community",
}
_TYPES = {
    **{kind.value: kind.value for kind in CommunityType},
    "新建": "new",
    "新": "new",
    "新建社区": "new",
    "新建小区": "new",
    "既有": "existing",
    "一般": "existing",
    "既有社区": "existing",
    "成熟": "existing",
    "城市社区": "existing",
    "老旧": "old",
    "老": "old",
    "老旧社区": "old",
    "老旧小区": "old",
    "村": "village",
    "农村": "village",
    "行政村": "village",
    "农村社区": "village",
    "嘎查": "village",
}
#: Names that say that a community is a village: a villagers' committee runs it.
VILLAGE_NAME = re.compile(r"村(?:民)?委(?:员)?会$")
_CODE_LEVELS = {4: "city", 6: "district", 9: "street", 12: "community"}


@spelled_out
def import_areas(
    city: City,
    file: str | Path,
    *,
    level: str | None = None,
    code_column: str | None = None,
    name_column: str | None = None,
    **how: Unpack[Reading],
) -> ImportReport:
    """Import areas of the tree.

    A table with columns for community, street and district at once gives all three levels. A code that another source
    brought before is taken over: this source's values win, its blanks keep what was known (so boundaries can be added
    to a tree of names).

    Parameters
    ----------
    level
        ``district``, ``street`` or ``community``; needed where neither a column nor the length of the codes
        (6, 9, 12 digits) tells it.
    code_column, name_column
        Names of these columns where they are not recognised.

    Raises
    ------
    InputError
        Duplicate code, unknown parent, no level; wrong positions.
    """
    named = with_columns(how.get("mapping"), {"code": code_column, "name": name_column})
    trust_place = city.config.crs == "" or level == AreaLevel.CITY.value
    opened = open_source(city, "areas", file, fields_of("areas"), {**how, "mapping": named}, trust_place=trust_place)
    if opened.shapes is not None:
        opened.require_shapes("polygon")
    fallback = None if level is None else _level_option(level)
    columns = _columns(opened, fallback)
    keep = opened.settle()
    shapes = opened.shapes if opened.shapes is not None else np.full(len(opened.rows), None, dtype=object)
    frame = gpd.GeoDataFrame(pd.DataFrame(columns)[keep].reset_index(drop=True), geometry=shapes[keep], crs=GEOGRAPHIC)
    frame = _with_upper(frame, opened, keep)
    notes: list[Note] = []
    with city.edit(f"import areas: {opened.name}") as edit:
        _check_circles(edit.city, frame, opened)
        frame, others = _take_over(edit.city, frame, opened.name, notes)
        frame["parent_code"] = _parents(frame, others, edit.city)
        _check_parents(frame, others, opened)
        _store_others(edit, others, frame)
        put_layers(edit, opened.name, {"areas": frame})
        derive.refresh(edit, {"areas"})
    repaired = int((~shapely.is_valid(shapes[keep]) & ~shapely.is_missing(shapes[keep])).sum())
    if repaired:
        notes.append(Note(f"{repaired} 个面自相交，已修复", f"{repaired} self-intersecting polygons were mended"))
    return reported(opened, int(keep.sum()), notes)


def _level_option(level: str) -> str:
    found = _LEVELS.get(half_width(level).lower())
    if found is None:
        raise InputError("intake.bad_option", option="level", value=level, expected="district / street / community")
    return found


def _columns(opened: Source, fallback: str | None) -> dict[str, object]:
    """Columns of the areas layer for each row of the source."""
    rows = opened.rows
    codes = rows.texts("code", required=True)
    rows.duplicates(codes, "code")
    names = rows.texts("name", required=True)
    levels = rows.choices("level", _LEVELS, default=fallback)
    if fallback is None and not rows.has("level"):
        lengths = [_CODE_LEVELS.get(_digits(code)) for code in codes]
        levels = np.array(lengths, dtype=object)
        if rows.has("street_code") or rows.has("district_code"):
            levels[:] = AreaLevel.COMMUNITY.value if rows.has("street_code") else AreaLevel.STREET.value
        if not any(levels):
            raise InputError("intake.no_level", file=rows.file)
        rows.reject(absent(levels), "intake.no_level_row", "code")
    kinds = (
        rows.choices("community_type", _TYPES) if rows.has("community_type") else np.full(len(rows), None, dtype=object)
    )
    village = np.array([bool(name and VILLAGE_NAME.search(name)) for name in names])
    village &= (levels == AreaLevel.COMMUNITY.value) & absent(kinds)
    kinds[village] = CommunityType.VILLAGE.value
    kinds[levels != AreaLevel.COMMUNITY.value] = None
    if village.any():
        opened.notes.append(
            Note(
                f"{int(village.sum())} 个名称为“村委会”的按村处理",
                f"{int(village.sum())} areas run by villagers' committees are villages",
            )
        )
    parents = rows.texts("parent_code")
    for upper in ("district_code", "street_code"):
        stated = rows.texts(upper)
        parents = np.where(absent(stated) | (stated == codes), parents, stated)
    return {
        "code": codes,
        "name": names,
        "level": levels,
        "parent_code": parents,
        "community_type": kinds,
        "households": rows.numbers("households"),
        "valid_from": rows.dates("valid_from"),
        "valid_to": rows.dates("valid_to"),
        **opened.common(),
    }


def _digits(code: str | None) -> int:
    """Length of a statistical code without the zeros that fill it up to twelve digits."""
    if code is None or not code.isdigit():
        return 0
    if len(code) == 12 and code.endswith("000000"):
        return 6
    if len(code) == 12 and code.endswith("000"):
        return 9
    return 4 if len(code) == 6 and code.endswith("00") else len(code)


def _with_upper(frame: gpd.GeoDataFrame, opened: Source, keep: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Add the streets and districts that a wide table names beside its communities."""
    rows = opened.rows
    more: list[pd.DataFrame] = []
    for level, above in (("street", "district_code"), ("district", None)):
        if not rows.has(f"{level}_code"):
            continue
        found = pd.DataFrame(
            {
                "code": rows.texts(f"{level}_code"),
                "name": rows.texts(f"{level}_name"),
                "parent_code": rows.texts(above) if above and rows.has(above) else None,
                "as_of": opened.common()["as_of"],
                "source_row": opened.common()["source_row"],
            }
        )[keep]
        found = found[found["code"].notna() & ~found["code"].isin(frame["code"])].drop_duplicates("code")
        if found.empty:
            continue
        found["name"] = found["name"].fillna(found["code"])
        more.append(found.assign(level=level, source=opened.name))
    if not more:
        return frame
    added = pd.concat(more, ignore_index=True).reindex(columns=[name for name in frame.columns if name != "geometry"])
    upper = gpd.GeoDataFrame(added, geometry=np.full(len(added), None, dtype=object), crs=GEOGRAPHIC)
    joined = pd.concat([frame.astype({"households": object}), upper.astype(object)], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=GEOGRAPHIC)


def _check_circles(city: City, frame: gpd.GeoDataFrame, opened: Source) -> None:
    clash = frame["code"].isin(city.areas.circles).to_numpy(dtype=bool)
    if clash.any():
        at = int(np.flatnonzero(clash)[0])
        raise InputError(
            "intake.code_is_circle",
            file=opened.rows.file,
            **row_details(str(frame["source_row"].iloc[at]).rpartition(":")[2]),
            column=opened.rows.heading("code"),
            value=frame["code"].iloc[at],
        )


def _take_over(
    city: City, frame: gpd.GeoDataFrame, source: str, notes: list[Note]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Merge rows whose codes other sources brought; returns (this source's rows, the other sources' rows)."""
    existing = city.geo("areas")
    others = existing[existing["source"] != source]
    shared = others[others["code"].isin(frame["code"])].set_index("code")
    if len(shared):
        for column in LAYERS["areas"].by_name:
            if column in ("code", "source"):
                continue
            known = frame["code"].map(shared[column]).astype(object)
            own = frame[column].astype(object)
            frame[column] = own.where(own.notna(), known.where(known.notna(), None))
        shapes = np.asarray(frame.geometry.array).copy()
        old = (
            frame["code"].map(dict(zip(shared.index, np.asarray(shared.geometry.array), strict=True))).to_numpy(object)
        )
        take = shapely.is_missing(shapes)
        shapes[take] = [shape if isinstance(shape, shapely.Geometry) else None for shape in old[take]]
        frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=GEOGRAPHIC, index=frame.index))
        notes.append(
            Note(
                f"{len(shared)} 个编码已由其他来源导入，以本次为准、空白沿用原值",
                f"{len(shared)} codes of other sources were taken over; blanks keep the earlier values",
            )
        )
    return frame, gpd.GeoDataFrame(others[~others["code"].isin(frame["code"])], crs=GEOGRAPHIC)


def _store_others(edit: Edit, others: gpd.GeoDataFrame, frame: gpd.GeoDataFrame) -> None:
    """Rewrite parts of other sources that lost rows to this one."""
    before = edit.city.geo("areas")
    touched = set(before.loc[before["code"].isin(frame["code"]), "source"]) - set(frame["source"])
    for name in sorted(touched):
        put_layers(edit, name, {"areas": others[others["source"] == name]})


def _parents(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame, city: City) -> Objects:
    """Parent of each area: as stated, else by code prefix, else by place, else the city itself."""
    everything = pd.concat([frame[["code", "level"]], others[["code", "level"]]], ignore_index=True)
    rank = {code: RANK[level] for code, level in zip(everything["code"], everything["level"], strict=True)}
    trimmed = {_trim(code): code for code in sorted(rank, key=lambda code: rank[code], reverse=True)}
    root = next((code for code, place in rank.items() if place == 0), None)
    located = _located(frame, others, city)
    out = np.full(len(frame), None, dtype=object)
    for at, (code, level, stated) in enumerate(zip(frame["code"], frame["level"], frame["parent_code"], strict=True)):
        if level == AreaLevel.CITY.value:
            continue
        if isinstance(stated, str) and stated:
            out[at] = stated
            continue
        short = _trim(code)
        prefixes = (short[:length] for length in range(len(short) - 1, 1, -1))
        found = next(
            (trimmed[text] for text in prefixes if text in trimmed and rank[trimmed[text]] < RANK[level]), None
        )
        out[at] = found or located[at] or root
    return out


def _trim(code: str) -> str:
    """A code without the zeros that fill it up: 150300 → 1503, 150302000000 → 150302."""
    if not code.isdigit():
        return code
    short = code.rstrip("0")
    return (
        short
        if len(short) in (2, 4, 6, 9, 12)
        else code[: next((n for n in (2, 4, 6, 9, 12) if n >= len(short)), len(code))]
    )


def _located(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame, city: City) -> Objects:
    """The lowest area above that holds each area's inner point."""
    found = np.full(len(frame), None, dtype=object)
    shapes = np.asarray(frame.geometry.array)
    has = ~shapely.is_missing(shapes)
    if not has.any():
        return found
    points = np.full(len(frame), None, dtype=object)
    points[has] = shapely.point_on_surface(shapely.make_valid(shapes[has]))
    everything = pd.concat(
        [frame[["code", "level", "geometry"]], others[["code", "level", "geometry"]]], ignore_index=True
    )
    for level in (AreaLevel.CITY.value, AreaLevel.DISTRICT.value, AreaLevel.STREET.value):
        above = everything[(everything["level"] == level) & ~everything.geometry.isna()]
        lower = has & np.array([RANK[mine] > RANK[level] for mine in frame["level"]])
        if above.empty or not lower.any():
            continue
        tree = shapely.STRtree(np.asarray(above.geometry.array))
        which, hit = tree.query(points[lower], predicate="intersects")
        found[np.flatnonzero(lower)[which]] = above["code"].to_numpy(dtype=object)[hit]
    return found


def _check_parents(frame: gpd.GeoDataFrame, others: gpd.GeoDataFrame, opened: Source) -> None:
    rank = {code: RANK[level] for code, level in zip(others["code"], others["level"], strict=True)}
    rank.update({code: RANK[level] for code, level in zip(frame["code"], frame["level"], strict=True)})
    for code, level, parent, row in zip(
        frame["code"], frame["level"], frame["parent_code"], frame["source_row"], strict=True
    ):
        if parent is None or (isinstance(parent, float) and np.isnan(parent)):
            continue
        if rank.get(parent, 99) >= RANK[level]:
            raise InputError(
                "intake.bad_parent",
                file=opened.rows.file,
                **row_details(str(row).rpartition(":")[2]),
                column=opened.rows.heading("parent_code"),
                value=parent,
                area=code,
            )
