"""People: points, rasters, polygons, or counts by area code, with ages where the source has them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import Unpack

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.vocabulary import AGE_COLUMNS, AgeBasis
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.intake import derive, overlap
from kezhong.intake.ages import Bands, bands, find_groups, read_shares
from kezhong.intake.area_names import AreaNames
from kezhong.intake.columns import fields_of
from kezhong.intake.extent import outline
from kezhong.intake.mapping import with_columns
from kezhong.intake.opening import open_source
from kezhong.intake.options import Reading, spelled_out
from kezhong.intake.rasters import read_raster
from kezhong.intake.report import ImportReport, Note
from kezhong.intake.source import Source
from kezhong.intake.storing import keys_of, put_layers, reported
from kezhong.intake.values import absent

_RASTERS = frozenset({".tif", ".tiff"})
Objects = npt.NDArray[np.object_]


@spelled_out
def import_population(
    city: City,
    file: str | Path,
    *,
    age_shares: str | Path | Dict[str, float] | None = None,
    people_column: str | None = None,
    band: int = 1,
    allow_overlap: bool = False,
    **how: Unpack[Reading],
) -> ImportReport:
    """Import people.

    Points (``lon``, ``lat``, ``pop``), a GeoTIFF, polygons with counts, or a table of counts by area code or name
    whose areas have boundaries. Age groups are recognised by their headings (``0-2岁``, ``65岁及以上``); groups that
    cross the city's bands are split by ``age_shares``, else by a stated estimate, and marked so.

    Parameters
    ----------
    age_shares
        Shares of the eight bands in the total (mapping, or TOML file with ``[shares]``), used where the source has no
        ages, and to split coarse groups.
    people_column
        Name of the column with the people where it is not recognised.
    band
        Band of a raster.
    allow_overlap
        Add to people that another source already placed in the same parts of the city. Without it such an import is
        refused: the same people would count twice.

    Raises
    ------
    InputError
        Negative or missing people, ages that contradict one another, unknown areas, or people counted twice.
    """
    shares = read_shares(age_shares)
    path = Path(file).expanduser()
    if path.suffix.lower() in _RASTERS:
        return _raster(city, path, how, shares, band, allow_overlap)
    named = with_columns(how.get("mapping"), {"people": people_column})
    fields = fields_of("population")
    opened = open_source(city, "population", path, fields, {**how, "mapping": named})
    rows = opened.rows
    if opened.mapping.age_shares and not shares:
        shares = read_shares(opened.mapping.age_shares)
    groups = find_groups([name for name in rows.table.columns if name not in rows.columns.values()])
    for group in groups:
        rows.columns[group.column] = group.column
    counts = np.column_stack([rows.numbers(group.column) for group in groups]) if groups else np.empty((len(rows), 0))
    people = _people(opened, counts, [(group.low, group.high) for group in groups])
    found = bands(people, groups, counts, shares)
    if groups:
        rows.reject(found.contradiction, "intake.ages_contradict", groups[0].column)
        sums = np.nansum(found.people, axis=1)
        rows.reject(
            sums > people * 1.02 + 2, "intake.ages_exceed", "people" if rows.has("people") else groups[0].column
        )
    shapes, kinds, ids = _places(opened, city)
    keep = opened.settle()
    common = opened.common()
    frame = _frame(ids, people, found, kinds, common, shapes, keep)
    notes = _notes(people[keep], found, groups != [], bool(shares))
    overlaps = _store(city, opened.name, frame, allow_overlap)
    if shares:
        opened.mapping.age_shares = shares
    opened.mapping.columns = {which: name for which, name in opened.mapping.columns.items() if which in fields}
    return reported(opened, int(keep.sum()), (*notes, *overlaps))


def _people(opened: Source, counts: npt.NDArray[np.float64], spans: list[tuple[int, int]]) -> npt.NDArray[np.float64]:
    """The total column, else the sum of the age groups where these cover every age once."""
    rows = opened.rows
    if rows.has("people"):
        return rows.numbers("people", required=True)
    ordered = sorted(spans)
    whole = bool(ordered) and ordered[0][0] == 0 and ordered[-1][1] >= 100
    if not whole or any(high != low for (_, high), (low, _) in itertools.pairwise(ordered)):
        raise InputError("intake.no_people", file=rows.file, near="、".join(rows.table.columns[:12]))
    total: npt.NDArray[np.float64] = counts.sum(axis=1)
    return total


def _places(opened: Source, city: City) -> tuple[Objects, Objects, Objects]:
    """Shapes, kinds and ids of the rows: their own position, else the area they name."""
    rows = opened.rows
    if opened.shapes is not None:
        shapes = opened.shapes
        missing = shapely.is_missing(shapes)
        rows.reject(
            missing,
            "intake.missing_coordinate",
            "lon" if rows.has("lon") else None,
            **({} if rows.has("lon") else {"value": ""}),
        )
        kinds = np.where(np.isin(shapely.get_type_id(shapes), (3, 6)), "polygon", "point").astype(object)
        rows.reject(
            np.isin(shapely.get_type_id(shapes), (1, 2, 5, 7)),
            "intake.wrong_geometry",
            None,
            value="–",
            expected="point / polygon",
        )
        which = "key" if rows.has("key") else "code"
        ids = keys_of(opened, which, ("area",)) if rows.has(which) else _positions(len(rows))
        return shapes, kinds, _ids(opened, ids)
    column = "code" if rows.has("code") else "area"
    if not rows.has(column):
        raise InputError("intake.no_coordinates", file=rows.file, columns="、".join(rows.table.columns[:12]))
    texts = rows.texts(column)
    if column == "code" and rows.has("area"):
        texts = np.where(absent(texts), rows.texts("area"), texts)
    rows.reject(absent(texts), "intake.missing_value", column)
    names = AreaNames(city.areas)
    codes = np.array(names.find_all(texts), dtype=object)
    _reject_unknown(opened, codes, texts, column, names)
    rows.duplicates(codes, column)
    _reject_nested(opened, codes, column, city)
    known = dict(zip(city.areas.frame["code"], np.asarray(city.areas.frame.geometry.array), strict=True))
    known.update(zip(city.areas.sets["code"], np.asarray(city.areas.sets.geometry.array), strict=True))
    shapes = np.array([known.get(code) for code in codes] + [None], dtype=object)[:-1]
    rows.reject(shapely.is_missing(shapes) & ~absent(codes), "intake.area_without_boundary", column)
    opened.datum = np.full(len(rows), "wgs84", dtype=object)
    return shapes, np.full(len(rows), "polygon", dtype=object), _ids(opened, codes)


def _reject_unknown(opened: Source, codes: Objects, texts: Objects, column: str, names: AreaNames) -> None:
    for at in np.flatnonzero(absent(codes) & ~absent(texts)).tolist():
        mask = np.zeros(len(opened.rows), dtype=bool)
        mask[at] = True
        opened.rows.reject(mask, "intake.unknown_area", column, value=texts[at], near=names.near(texts[at]))


def _reject_nested(opened: Source, codes: Objects, column: str, city: City) -> None:
    """An area and its parts in one table would count people twice."""
    listed = {code for code in codes if code is not None}
    above: set[str] = set()
    for code in listed:
        parts = city.areas.circle_members.get(code)
        if parts is not None and listed & set(parts):
            above.add(code)
        above |= set(city.areas.path(code)[1:]) & listed
    opened.rows.reject(np.array([code in above for code in codes]), "intake.nested_areas", column)


def _positions(n: int) -> Objects:
    return np.char.add("n", np.arange(1, n + 1).astype(str)).astype(object)


def _ids(opened: Source, keys: Objects) -> Objects:
    return np.array([f"{opened.name}:{key}" for key in keys], dtype=object)


def _frame(
    ids: Objects,
    people: npt.NDArray[np.float64],
    found: Bands,
    kinds: Objects,
    common: dict[str, object],
    shapes: Objects,
    keep: npt.NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    columns: dict[str, object] = {
        "population_id": ids,
        "people": people,
        "kind": kinds,
        **common,
        "age_basis": found.basis,
    }
    for place, band in enumerate(AGE_COLUMNS):
        columns[band] = found.people[:, place]
    frame = pd.DataFrame(columns)[keep].reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry=shapes[keep], crs=GEOGRAPHIC)


def _raster(
    city: City, path: Path, how: Reading, shares: Dict[str, float], band: int, allow_overlap: bool
) -> ImportReport:
    if not path.is_file():
        raise InputError("intake.no_file", file=path)
    cells = read_raster(path, how.get("datum"), outline(city), band)
    name = how.get("source") or path.stem
    n = len(cells.people)
    found = bands(cells.people, [], np.empty((n, 0)), shares)
    kind = "point" if cells.shapes[0].geom_type == "Point" else "polygon"
    common: dict[str, object] = {
        "source": name,
        "as_of": how.get("as_of"),
        "source_datum": cells.datum,
        "source_row": np.array([f"{path.name}:{key}" for key in cells.keys], dtype=object),
    }
    ids = np.array([f"{name}:{key}" for key in cells.keys], dtype=object)
    kinds = np.full(n, "raster_cell" if kind == "point" else "polygon", dtype=object)
    frame = _frame(ids, cells.people, found, kinds, common, cells.shapes, np.ones(n, dtype=bool))
    notes = _notes(cells.people, found, False, bool(shares))
    notes.append(Note(f"栅格约 {cells.size_m:.0f} m", f"raster cells of about {cells.size_m:.0f} m"))
    extra = _store(city, name, frame, allow_overlap)
    return ImportReport("population", name, cells.read, n, (), (*notes, *extra), city.refresh().snapshot.id)


def _store(city: City, name: str, frame: gpd.GeoDataFrame, allow_overlap: bool) -> list[Note]:
    with city.edit(f"import population: {name}") as edit:
        put_layers(edit, name, {"population": frame})
        derive.refresh(edit, {"population"})
        return overlap.check(edit.city, name, allow_overlap)


def _notes(people: npt.NDArray[np.float64], found: Bands, has_groups: bool, has_shares: bool) -> list[Note]:
    total = f"{people.sum():,.0f}"
    notes = [Note(f"共 {total} 人", f"{total} people in all")]
    if AgeBasis.STATED_SHARE.value in found.basis:
        listed = "、".join(found.estimated)
        by_zh = "所给比例" if has_shares else "估计比例（见文档）"
        by_en = "the given shares" if has_shares else "an estimate (see the documentation)"
        notes.append(Note(f"年龄段 {listed} 按{by_zh}推算", f"age bands {listed} follow {by_en}"))
    elif not has_groups:
        notes.append(Note("来源没有年龄；分年龄的指标将显示无数据", "no ages: figures by age will show no data"))
    return notes
