"""What every import has in common: open the file, place its rows in WGS 84, store the result, report."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC, projected_crs_for, to_projected
from kezhong.city.workspace import City, Edit
from kezhong.errors import InputError
from kezhong.intake import datum as datums
from kezhong.intake import values
from kezhong.intake.columns import Fields
from kezhong.intake.mapping import Mapping, read_mapping, recall, recognise, remember, resolve
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.rows import Rows, write_rejects
from kezhong.intake.tables import read_table
from kezhong.intake.values import absent

Geometry = Literal["none", "optional", "required"]
MappingLike = Mapping | str | Path | None
#: The frame outside which GCJ-02 and BD-09 are defined to be WGS 84 (lon and lat, west/south to east/north).
SHIFTED = (72.004, 0.8293, 137.8347, 55.8271)


@dataclass(slots=True)
class Source:
    """An opened source: rows under examination, shapes in WGS 84 (or ``None``), and the datum they came in."""

    city: City
    kind: str
    name: str
    rows: Rows
    mapping: Mapping
    shapes: npt.NDArray[np.object_] | None = None
    datum: npt.NDArray[np.object_] | None = None
    as_of: str | None = None
    notes: list[Note] = field(default_factory=list)

    def common(self) -> dict[str, object]:
        """Columns that every layer has: ``source``, ``as_of``, ``source_datum`` and ``source_row`` for messages."""
        rows = self.rows
        days = rows.dates("as_of")
        if self.as_of is not None:
            days = np.array([self.as_of if day is None else day for day in days], dtype=object)
        return {
            "source": np.full(len(rows), self.name, dtype=object),
            "as_of": days,
            "source_datum": self.datum if self.datum is not None else np.full(len(rows), None, dtype=object),
            "source_row": np.array([f"{rows.file}:{label}" for label in rows.table.labels], dtype=object),
        }

    def require_shapes(self, family: str) -> npt.NDArray[np.object_]:
        """The shapes, which must be of ``point`` or ``polygon`` kind (``any`` for both)."""
        if self.shapes is None:
            raise InputError("intake.no_geometry", file=self.rows.file, columns="、".join(self.rows.table.columns[:12]))
        kinds = shapely.get_type_id(self.shapes)
        fits = {"point": (0, 4), "polygon": (3, 6), "any": (0, 1, 2, 3, 4, 5, 6, 7)}[family]
        self.rows.reject((kinds >= 0) & ~np.isin(kinds, fits), "intake.wrong_geometry", None, expected=family)
        return self.shapes


def open_source(
    city: City,
    kind: str,
    file: str | Path,
    fields: Fields,
    *,
    source: str | None = None,
    mapping: MappingLike = None,
    datum: str | None = None,
    sheet: str | None = None,
    geometry: Geometry = "optional",
    as_of: str | None = None,
    trust_place: bool = False,
) -> Source:
    """Open a file for import: find its heading and columns, read its positions.

    Parameters
    ----------
    fields
        Which columns are wanted, with their synonyms.
    source
        Name of the source (default: the file's name without suffix).
    mapping
        A mapping file; by default what the city remembers of this source, then recognised names.
    datum
        Datum of the coordinates; needed for tables whose coordinates lie in China and for GIS files without one.
    geometry
        Whether positions are not read, read where there are any, or required in each row.
    trust_place
        Do not ask whether the positions lie in the city (they define it).

    Raises
    ------
    InputError
        Anything that makes the file unreadable as a whole.
    """
    path = Path(file).expanduser()
    name = source or path.stem
    if isinstance(mapping, Mapping):
        chosen = mapping
    elif mapping is not None:
        chosen = read_mapping(mapping)
    else:
        chosen = recall(city.folder, kind, name)
    named = set(chosen.columns.values()) | {str(entry.get("when")) for entry in chosen.services}

    def score(columns: object) -> int:
        names = [str(column) for column in columns]  # type: ignore[attr-defined]
        return len(recognise(names, fields)) + 3 * len(named & set(names))

    table = read_table(path, score, sheet=sheet or chosen.sheet)
    notes = list(table.notes)
    if mapping is None and not set(chosen.columns.values()) <= set(table.columns):
        missing = "、".join(sorted(set(chosen.columns.values()) - set(table.columns)))
        notes.append(
            Note(
                f"上次的列 {missing} 已不在文件中，重新识别列名",
                f"columns {missing} of last time are gone; columns were recognised anew",
            )
        )
        chosen = replace(chosen, columns={})
    if mapping is None and datum is None and chosen.datum:
        notes.append(
            Note(
                f"坐标系沿用该来源上次的 {chosen.datum}",
                f"datum {chosen.datum} taken over from this source's last import",
            )
        )
    columns = resolve(table.columns, fields, chosen, path.name)
    rows = Rows(table, columns, chosen)
    day = None
    if as_of is not None:
        parsed, bad = values.dates(pd.Series([as_of]))
        if bad[0]:
            raise InputError("intake.bad_option", option="as_of", value=as_of, expected="2024-12-31")
        day = parsed[0]
    opened = Source(city, kind, name, rows, replace(chosen, columns=columns), as_of=day, notes=notes)
    if geometry != "none":
        _place(opened, datum or chosen.datum, required=geometry == "required")
        if not trust_place:
            _check_place(opened)
    shown = ";".join(f"{which}←{column}" for which, column in columns.items())
    opened.notes.append(Note(f"列对应：{shown or '无'}", f"columns: {shown or 'none'}"))
    return opened


def store(
    opened: Source,
    layers: Dict[str, pd.DataFrame],
    *,
    taken: int,
    keep: npt.NDArray[np.bool_] | None = None,
    notes: list[Note] | None = None,
    message: str | None = None,
) -> ImportReport:
    """Put the layers into the city as one snapshot, with the derived layers that depend on them.

    A frame without rows removes this source's part. Rejected rows are written out, the mapping is remembered.
    """
    from kezhong.intake import derive

    with opened.city.edit(message or f"import {opened.kind}: {opened.name}") as edit:
        put_layers(edit, opened.name, layers)
        derive.refresh(edit, set(layers))
    rejects = write_rejects(opened.rows, opened.city.folder, opened.name) if opened.rows.faults else None
    remember(opened.city.folder, opened.kind, opened.name, opened.mapping)
    return ImportReport(
        kind=opened.kind,
        source=opened.name,
        read=len(opened.rows) + len(opened.rows.table.skipped),
        taken=taken,
        skipped=opened.rows.skipped,
        notes=(*opened.notes, *opened.rows.notes, *(notes or ())),
        snapshot_id=opened.city.refresh().snapshot.id,
        rejects=str(rejects) if rejects else None,
    )


def put_layers(edit: Edit, source: str, layers: Dict[str, pd.DataFrame]) -> None:
    """Put frames as the parts of ``source``; choose the city's projected system with the first geometry."""
    for layer, frame in layers.items():
        if isinstance(frame, gpd.GeoDataFrame) and not edit.city.config.crs:
            bounds = frame.total_bounds
            if np.isfinite(bounds).all():
                crs = projected_crs_for(float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2)
                edit.configure(crs=crs)
        if frame.empty:
            edit.remove(layer, source)
        else:
            edit.put(layer, source, frame)


def geo(columns: dict[str, object], shapes: npt.NDArray[np.object_], keep: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """A GeoDataFrame (EPSG:4326) of the kept rows."""
    frame = pd.DataFrame(columns)
    return gpd.GeoDataFrame(frame[keep].reset_index(drop=True), geometry=shapes[keep], crs=GEOGRAPHIC)


def keys_of(opened: Source, which: str = "key", also: tuple[str, ...] = ("name",)) -> npt.NDArray[np.object_]:
    """A key for each row that a re-import of the same source gives again: its code, else a digest of what it is.

    Repeated codes are faults; rows that are alike in everything the digest sees are counted up (``-2``, ``-3``).
    """
    import hashlib

    codes = opened.rows.texts(which)
    opened.rows.duplicates(codes, which)
    blank = np.flatnonzero(absent(codes))
    if len(blank) == 0:
        return codes
    parts = [opened.rows.texts(name) for name in also]
    wkb = np.array([b""] * len(codes), dtype=object)
    if opened.shapes is not None:
        wkb = shapely.to_wkb(shapely.set_precision(opened.shapes[:], 1e-6, mode="pointwise"), byte_order=1)
    seen: dict[str, int] = {}
    for at in blank.tolist():
        digest = hashlib.blake2b(digest_size=6)
        for part in parts:
            digest.update((part[at] or "").encode() + b"\x00")
        digest.update(wkb[at] or b"")
        key = digest.hexdigest()
        seen[key] = seen.get(key, 0) + 1
        codes[at] = key if seen[key] == 1 else f"{key}-{seen[key]}"
    return codes


def areas_m2(shapes: npt.NDArray[np.object_], crs: str) -> npt.NDArray[np.float64]:
    """Area of lon/lat polygons in square metres; NaN for anything else."""
    found = shapely.area(shapely.transform(shapes, lambda xy: to_projected(xy, crs)))
    kinds = shapely.get_type_id(shapes)
    return np.where(np.isin(kinds, (3, 6)), found, np.nan)


def working_crs(city: City, shapes: npt.NDArray[np.object_]) -> str:
    """The city's projected system, or the one that fits these shapes where the city has none yet."""
    if city.config.crs:
        return city.config.crs
    bounds = shapely.total_bounds(shapes)
    return projected_crs_for(float(bounds[0] + bounds[2]) / 2, float(bounds[1] + bounds[3]) / 2)


def outline(city: City) -> shapely.Geometry | None:
    """The frame of the city's areas, ``None`` where none has a geometry."""
    frame = city.geo("areas")
    known = frame.geometry[~frame.geometry.isna()]
    return shapely.box(*known.total_bounds) if len(known) else None


# ---- positions ---------------------------------------------------------------------------------------------


def _place(opened: Source, stated: str | None, *, required: bool) -> None:
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
                row=rows.table.labels[at],
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
            row=rows.table.labels[at],
            column=rows.heading(which[0]),
            value=f"{xy[at, 0]:g}, {xy[at, 1]:g}",
            count=int((few & known).sum()),
        )
    for tag in sorted({str(tag) for tag in tags[known]}):
        mine = known & (tags == tag)
        at = int(np.flatnonzero(mine)[0])
        place = {"file": rows.file, "row": rows.table.labels[at], "column": rows.heading(which[0]), "datum": tag}
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
            row=opened.rows.table.labels[at],
            column="geometry",
            value=", ".join(f"{number:g}" for number in bounds[at, :2]),
            datum=tag,
        )
    opened.rows.reject(np.asarray(wrong), "intake.bad_coordinates", None, value="–")
    opened.shapes[wrong] = None


def _check_place(opened: Source) -> None:
    """Refuse a source most of which lies outside the city: wrong datum, swapped columns, or another city's data."""
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
            row=opened.rows.table.labels[at],
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
