"""Life circles: versioned sets of communities, which may cross streets."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.vocabulary import AreaLevel, SetKind
from kezhong.city.workspace import City
from kezhong.errors import DataMissingError, InputError
from kezhong.intake.area_names import AreaNames
from kezhong.intake.columns import fields_of
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.report import ImportReport, Note, row_details
from kezhong.intake.rows import Rows
from kezhong.intake.source import Source
from kezhong.intake.storing import store
from kezhong.intake.values import absent

_KIND = SetKind.LIFE_CIRCLE.value


@spelled_out
def import_circles(city: City, file: str | Path, *, version: str | None = None, **how: Unpack[Reading]) -> ImportReport:
    """Import life circles.

    A table has a row for each circle and community (or several communities in one cell, separated by 、), named by
    code or name; polygons may stand beside it. A polygon file without communities takes those whose inner point it
    holds. A circle without polygon gets the union of its communities.

    Raises
    ------
    InputError
        An unknown community, or a circle's code that is an area's code already.
    DataMissingError
        The city has no communities yet.
    """
    if not city.areas.communities:
        raise DataMissingError("intake.no_communities")
    opened = open_source(city, "circles", file, fields_of("circles"), how)
    if opened.shapes is not None:
        opened.require_shapes("polygon")
    rows = opened.rows
    codes, names = _codes(rows)
    _check_codes(rows, codes, city)
    members = _members(opened, codes, city)
    keep = opened.settle()
    members = members[keep[members["row"].to_numpy()]]
    table = _sets(opened, codes, names, keep, version)
    pairs = members[["set_code", "member_code"]].drop_duplicates().sort_values(["set_code", "member_code"])
    empty = sorted(set(table["code"]) - set(pairs["set_code"]))
    if empty:
        raise InputError("intake.circle_without_communities", file=rows.file, value="、".join(empty[:5]))
    table = _with_unions(table, pairs, city)
    notes = _shared(pairs, city, opened)
    links = pairs.assign(kind=_KIND, source=opened.name)
    return store(
        opened,
        {
            "area_sets": keep_other_kinds(city, "area_sets", opened.name, _KIND, table),
            "area_set_members": keep_other_kinds(city, "area_set_members", opened.name, _KIND, links),
        },
        taken=int(keep.sum()),
        notes=[
            Note(f"{len(table)} 个生活圈、{len(pairs)} 个社区", f"{len(table)} life circles, {len(pairs)} communities"),
            *notes,
        ],
    )


def keep_other_kinds(city: City, layer: str, source: str, kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    """``frame`` with what the same source brought of other kinds of sets: they share the layer's part."""
    old = city.layer(layer, source)
    old = old[old["kind"] != kind]
    if old.empty:
        return frame
    if isinstance(frame, gpd.GeoDataFrame):
        joined = pd.concat([frame.astype(object), old.astype(object)], ignore_index=True)
        return gpd.GeoDataFrame(joined, geometry="geometry", crs=GEOGRAPHIC)
    return pd.concat([frame, old], ignore_index=True)


def _codes(rows: Rows) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    codes, names = rows.texts("code"), rows.texts("name")
    if not rows.has("code"):
        codes = names.copy()
    elif not rows.has("name"):
        names = codes.copy()
    names = np.where(absent(names), codes, names)
    rows.reject(absent(codes), "intake.missing_value", "code" if rows.has("code") else "name")
    return codes, names


def _check_codes(rows: Rows, codes: npt.NDArray[np.object_], city: City) -> None:
    tree = set(city.areas.parent)
    clash = np.array([code in tree for code in codes])
    rows.reject(clash, "intake.code_is_area", "code")


def _members(opened: Source, codes: npt.NDArray[np.object_], city: City) -> pd.DataFrame:
    """Rows (row, set_code, member_code)."""
    rows = opened.rows
    if not rows.has("community"):
        if opened.shapes is None:
            raise InputError(
                "intake.no_column", file=rows.file, column="community", near="、".join(rows.table.columns[:12])
            )
        return _members_by_place(opened, codes, city)
    names = AreaNames(city.areas, AreaLevel.COMMUNITY.value)
    cells = rows.texts("community", required=True)
    found: list[tuple[int, str, str]] = []
    for at, text in enumerate(cells):
        if text is None or codes[at] is None:
            continue
        for one in names.split(text):
            code = names.find(one)
            if code is None:
                mask = np.zeros(len(rows), dtype=bool)
                mask[at] = True
                rows.reject(mask, "intake.unknown_area", "community", value=one, near=names.near(one))
            else:
                found.append((at, codes[at], code))
    return pd.DataFrame(found, columns=["row", "set_code", "member_code"])


def _members_by_place(opened: Source, codes: npt.NDArray[np.object_], city: City) -> pd.DataFrame:
    assert opened.shapes is not None  # noqa: S101  # checked by the caller
    frame = city.areas.frame
    communities = frame[(frame["level"] == AreaLevel.COMMUNITY.value) & ~frame.geometry.isna()]
    points = shapely.point_on_surface(np.asarray(communities.geometry.array))
    polygon, hit = shapely.STRtree(points).query(opened.shapes, predicate="intersects")
    opened.notes.append(Note("成员社区按其内部点落在哪个生活圈确定", "communities were assigned by their inner point"))
    return pd.DataFrame(
        {"row": polygon, "set_code": codes[polygon], "member_code": communities["code"].to_numpy(object)[hit]}
    )


def _sets(
    opened: Source,
    codes: npt.NDArray[np.object_],
    names: npt.NDArray[np.object_],
    keep: npt.NDArray[np.bool_],
    version: str | None,
) -> gpd.GeoDataFrame:
    rows = opened.rows
    shapes = opened.shapes if opened.shapes is not None else np.full(len(rows), None, dtype=object)
    versions = rows.texts("version")
    frame = pd.DataFrame(
        {
            "kind": _KIND,
            "code": codes,
            "name": names,
            "version": [version if text is None else text for text in versions],
            "valid_from": rows.dates("valid_from"),
            **opened.common(),
        }
    )
    table = gpd.GeoDataFrame(frame, geometry=shapes, crs=GEOGRAPHIC)[keep]
    differ = table.groupby("code")["name"].nunique()
    if (differ > 1).any():
        code = str(differ.index[differ > 1][0])
        both = "、".join(table.loc[table["code"] == code, "name"].unique())
        row = str(table.loc[table["code"] == code, "source_row"].iloc[-1]).rpartition(":")[2]
        raise InputError(
            "intake.one_code_two_names",
            file=rows.file,
            **row_details(row),
            column=rows.heading("code"),
            value=code,
            near=both,
        )
    return gpd.GeoDataFrame(table.drop_duplicates("code").reset_index(drop=True), crs=GEOGRAPHIC)


def _with_unions(table: gpd.GeoDataFrame, pairs: pd.DataFrame, city: City) -> gpd.GeoDataFrame:
    """Give circles without polygon the union of their communities', where all of these have one."""
    shapes = dict(zip(city.areas.frame["code"], np.asarray(city.areas.frame.geometry.array), strict=True))
    groups = pairs.groupby("set_code")["member_code"].agg(list)
    out = np.asarray(table.geometry.array).copy()
    for at, code in enumerate(table["code"]):
        parts = [shapes.get(member) for member in groups[code]]
        if out[at] is None and all(part is not None for part in parts):
            out[at] = shapely.union_all(parts)
    return table.set_geometry(gpd.GeoSeries(out, crs=GEOGRAPHIC, index=table.index))


def _shared(pairs: pd.DataFrame, city: City, opened: Source) -> list[Note]:
    twice = pairs.loc[pairs["member_code"].duplicated(), "member_code"].unique()
    if len(twice) == 0:
        return []
    named = "、".join(city.areas.name[code] for code in twice[:5])
    return [
        Note(f"{len(twice)} 个社区同属多个生活圈：{named}", f"{len(twice)} communities are in several circles: {named}")
    ]
