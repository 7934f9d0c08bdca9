"""Where the rows of a source lie: shapes, WKT or coordinates brought to WGS 84, and whether that can be true."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.errors import InputError
from kezhong.intake import datum as datums
from kezhong.intake import values
from kezhong.intake.extent import outline
from kezhong.intake.report import Note, row_details
from kezhong.intake.rows import Rows
from kezhong.intake.source import Source
from kezhong.intake.values import absent

#: The frame outside which GCJ-02 and BD-09 are defined to be WGS 84 (lon and lat, west/south to east/north).
SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)


def place(opened: Source, stated: str | None, *, required: bool) -> None:
    """Give a source its shapes in WGS 84 and their datum, from whatever its rows have.

    Parameters
    ----------
    stated
        Datum that the user (or the remembered mapping) states.
    required
        Whether a row without position is a fault.

    Raises
    ------
    InputError
        No datum, two of them mixed, or coordinates that cannot be of the stated one.
    """
    rows = opened.rows
    if rows.table.shapes is not None:
        tag = datums.file_datum(rows.table.crs, stated, rows.file)
        shapes = rows.table.shapes.copy()
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        shapes[empty] = None
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
        rows.reject(~empty & ~finite, "intake.bad_coordinates", None, value="∞/NaN")
        shapes[~finite] = None
        if required:
            rows.reject(empty, "intake.empty_geometry")
        opened.shapes = datums.shapes_to_wgs84(shapes, tag)
        opened.datum = np.full(len(rows), tag, dtype=object)
        opened.mapping = replace(opened.mapping, datum=stated and tag)
        _check_range(opened)
        return
    if rows.has("wkt") and not (rows.has("lon") and rows.has("lat")):
        texts = rows.texts("wkt")
        shapes = shapely.from_wkt(texts, on_invalid="ignore")
        rows.reject(shapely.is_missing(shapes) & ~absent(texts), "intake.bad_wkt", "wkt")
        if required:
            rows.reject(absent(texts), "intake.empty_geometry", "wkt")
        ends = shapely.get_coordinates(shapely.centroid(shapes[~shapely.is_missing(shapes)]))
        tag = _one_datum(opened, stated, ends)
        opened.shapes = datums.shapes_to_wgs84(shapes, tag)
        opened.datum = np.full(len(rows), tag, dtype=object)
        opened.mapping = replace(opened.mapping, datum=tag)
        _check_range(opened)
        return
    pair = _pair(opened)
    if pair is None:
        if required:
            raise InputError("intake.no_coordinates", file=rows.file, columns="、".join(rows.table.columns[:12]))
        return
    xy, which = pair
    zero = (xy == 0).all(axis=1)
    missing = np.isnan(xy).any(axis=1) | zero
    for side, name in enumerate(which):
        rows.reject((np.isnan(xy[:, side]) | zero) & np.full(len(rows), required), "intake.missing_coordinate", name)
    xy[missing] = np.nan
    tags = _row_datums(opened, stated, xy)
    _check_magnitude(rows, xy, tags, which)
    out = np.full(xy.shape, np.nan)
    for tag in sorted({str(tag) for tag in tags[~missing]}):
        chosen = (tags == tag) & ~missing
        out[chosen] = datums.to_wgs84(xy[chosen], tag)
    rows.reject(~missing & ~np.isfinite(out).all(axis=1), "intake.bad_coordinates", which[0])
    good = np.isfinite(out).all(axis=1)
    shapes = np.full(len(rows), None, dtype=object)
    shapes[good] = shapely.points(out[good])
    opened.shapes, opened.datum = shapes, tags
    single = sorted({str(tag) for tag in tags})
    opened.mapping = replace(
        opened.mapping, datum=single[0] if len(single) == 1 and "datum" not in rows.columns else None
    )


def _pair(opened: Source) -> tuple[npt.NDArray[np.float64], tuple[str, str]] | None:
    rows = opened.rows
    for first, second in (("lon", "lat"), ("x", "y")):
        if rows.has(first) and rows.has(second):
            east = rows.numbers(first, low=None)
            north = rows.numbers(second, low=None)
            return np.column_stack([east, north]), (first, second)
    if rows.has("lonlat"):
        texts = rows.texts("lonlat")
        split = pd.Series(texts, dtype="string").str.extract(
            r"^[(\uff08]?\s*(-?[\d.]+)\s*[,\uff0c;\s]\s*(-?[\d.]+)\s*[)\uff09]?$"
        )
        xy = split.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        rows.reject(np.isnan(xy).any(axis=1) & ~absent(texts), "intake.bad_pair", "lonlat")
        return xy, ("lonlat", "lonlat")
    return None


def _row_datums(opened: Source, stated: str | None, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """Datum of each row: a column of the table, else what was stated."""
    rows = opened.rows
    if stated is None and rows.has("datum"):
        words = rows.texts("datum")
        placed = ~np.isnan(xy).any(axis=1)
        names = {word: datums.parse_datum(word) for word in {word for word in words if word is not None}}
        unsaid = absent(words) & placed
        if names and unsaid.any():
            at = int(np.flatnonzero(unsaid)[0])
            raise InputError(
                "intake.mixed_datum",
                file=rows.file,
                **row_details(rows.table.labels[at]),
                column=rows.heading("datum"),
                value="、".join(sorted(set(names.values()))),
            )
        if names:
            return np.array([names.get(word) for word in words], dtype=object)
    return np.full(len(rows), _one_datum(opened, stated, xy[~np.isnan(xy).any(axis=1)]), dtype=object)


def _one_datum(opened: Source, stated: str | None, xy: npt.NDArray[np.float64]) -> str:
    if stated is not None:
        return datums.parse_datum(stated)
    west, south, east, north = SHIFTED
    degrees = (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 180)
    china = (xy[:, 0] >= west) & (xy[:, 0] <= east) & (xy[:, 1] >= south) & (xy[:, 1] <= north)
    swapped = (xy[:, 1] >= west) & (xy[:, 1] <= east) & (xy[:, 0] >= south) & (xy[:, 0] <= north)
    if len(xy) and degrees.all() and not (china | swapped).any():
        opened.notes.append(
            Note(
                "未说明坐标系；数据在中国境外，各坐标系一致，按 WGS 84 处理",
                "no datum was stated; outside China the datums agree: taken as WGS 84",
            )
        )
        return "wgs84"
    raise InputError("intake.datum_missing", file=opened.rows.file)


def _check_magnitude(
    rows: Rows, xy: npt.NDArray[np.float64], tags: npt.NDArray[np.object_], which: tuple[str, str]
) -> None:
    """Refuse degrees and metres in one source, and either where the datum says the other."""
    known = ~np.isnan(xy).any(axis=1)
    if not known.any():
        return
    degrees = np.asarray((np.abs(xy) <= 180).all(axis=1))
    if len({str(tag) for tag in tags[known]}) == 1 and degrees[known].any() and not degrees[known].all():
        few = degrees if degrees[known].mean() < 0.5 else ~degrees
        at = int(np.flatnonzero(few & known)[0])
        raise InputError(
            "intake.mixed_coordinates",
            file=rows.file,
            **row_details(rows.table.labels[at]),
            column=rows.heading(which[0]),
            value=f"{xy[at, 0]:g}, {xy[at, 1]:g}",
            count=int((few & known).sum()),
        )
    for tag in sorted({str(tag) for tag in tags[known]}):
        mine = known & (tags == tag)
        at = int(np.flatnonzero(mine)[0])
        place = {
            "file": rows.file,
            **row_details(rows.table.labels[at]),
            "column": rows.heading(which[0]),
            "datum": tag,
        }
        shown = f"{xy[at, 0]:g}, {xy[at, 1]:g}"
        if datums.is_degrees(tag) and not degrees[mine].any():
            raise InputError("intake.not_degrees", value=shown, **place)
        if not datums.is_degrees(tag) and degrees[mine].all():
            raise InputError("intake.not_projected", value=shown, **place)
        if datums.is_degrees(tag):
            tall = mine & (np.abs(xy[:, 1]) > 90)
            if tall.sum() > mine.sum() / 2:
                raise InputError("intake.swapped", value=shown, **place)
            rows.reject(np.asarray(tall), "intake.bad_coordinates", which[1])


def _check_range(opened: Source) -> None:
    """Shapes that are no longitudes and latitudes after conversion are faults (or a wrong datum)."""
    assert opened.shapes is not None  # noqa: S101  # set by the caller
    bounds = shapely.bounds(opened.shapes)
    with np.errstate(invalid="ignore"):
        wrong = (np.abs(bounds[:, [0, 2]]) > 180).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90).any(axis=1)
    wrong |= np.isinf(bounds).any(axis=1)
    if wrong.any() and wrong.sum() > (~np.isnan(bounds[:, 0])).sum() / 2:
        at = int(np.flatnonzero(wrong)[0])
        tag = opened.datum[at] if opened.datum is not None else "–"
        raise InputError(
            "intake.not_degrees",
            file=opened.rows.file,
            **row_details(opened.rows.table.labels[at]),
            column="geometry",
            value=", ".join(f"{number:g}" for number in bounds[at, :2]),
            datum=tag,
        )
    opened.rows.reject(np.asarray(wrong), "intake.bad_coordinates", None, value="–")
    opened.shapes[wrong] = None


def check_place(opened: Source) -> None:
    """Refuse a source most of which lies outside the city: wrong datum, swapped columns, or another city's data.

    Raises
    ------
    InputError
        With the reason that fits best.
    """
    frame = outline(opened.city)
    if frame is None or opened.shapes is None:
        return
    placed = ~shapely.is_missing(opened.shapes)
    middle = shapely.get_coordinates(shapely.centroid(opened.shapes[placed]))
    raw, tag = _raw(opened, placed, middle)
    found = datums.suspect(raw, tag, frame)
    if found is not None:
        at = int(np.flatnonzero(placed)[0])
        west, south, east, north = shapely.bounds(frame)
        raise InputError(
            "intake.outside_city",
            file=opened.rows.file,
            **row_details(opened.rows.table.labels[at]),
            column=opened.rows.heading("lon"),
            value=f"{raw[0, 0]:g}, {raw[0, 1]:g}",
            share=f"{found.outside:.0%}",
            frame=f"{west:.3f}–{east:.3f} E, {south:.3f}–{north:.3f} N",
            likely_zh=found.likely_zh,
            likely_en=found.likely_en,
        )
    inside = shapely.contains_xy(shapely.buffer(frame, 0.02), middle[:, 0], middle[:, 1])
    if not inside.all():
        n = int((~inside).sum())
        opened.notes.append(Note(f"有 {n} 条位于市域之外", f"{n} rows lie outside the city"))


def _raw(
    opened: Source, placed: npt.NDArray[np.bool_], middle: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], str]:
    """Coordinates as the source gave them, where it gave one pair a row in one datum; else the converted ones."""
    rows = opened.rows
    tags = {str(tag) for tag in opened.datum[placed]} if opened.datum is not None else set()
    for first, second in (("lon", "lat"), ("x", "y")):
        if rows.table.shapes is None and rows.has(first) and rows.has(second) and len(tags) == 1:
            east, _, _ = values.numbers(rows.series(first))
            north, _, _ = values.numbers(rows.series(second))
            return np.column_stack([east, north])[placed], tags.pop()
    return middle, "wgs84"
