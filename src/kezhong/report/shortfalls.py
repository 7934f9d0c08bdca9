"""The shortfall list as a file: exactly the given rows, in their order, with the context in it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.files import foreign_writer, write_atomically
from kezhong.city.results import SHORTFALL_COLUMNS, Run
from kezhong.city.workspace import City
from kezhong.errors import InputError
from kezhong.report.context import Context, context_of
from kezhong.report.official import official_table
from kezhong.report.workbook import write_workbook

if TYPE_CHECKING:
    from kezhong.assess import Assessment

#: Endings that can be written.
FORMATS = (".xlsx", ".csv", ".geojson", ".gpkg")
#: Ids that the official columns lack, appended to them in the .csv.
_IDS = ("shortfall_id", "area_code", "element", "requirement_id", "gap", "gap_unit", "lon", "lat")


def write_shortfalls(assessment: Assessment, rows: pd.DataFrame, file: str | Path) -> Path:
    """Write rows of ``assessment.shortfalls`` to ``file``; see :func:`write_shortfall_file`."""
    return write_shortfall_file(assessment.city, assessment.run, rows, file)


def write_shortfall_file(city: City, run: Run, rows: pd.DataFrame, file: str | Path) -> Path:
    """Write rows of a run's list; the file's ending says how.

    Parameters
    ----------
    rows
        Some or all rows of ``run.shortfalls`` in the order wanted.

    Raises
    ------
    InputError
        Another ending than those of :data:`FORMATS`.
    WorkspaceError
        The file cannot be written; an older file of that name is whole.
    """
    target = Path(file)
    writers: dict[str, Callable[[Path], None]] = {
        ".xlsx": lambda path: write_workbook(context, official_table(city, run, rows), rows, path),
        ".csv": lambda path: _write_csv(city, run, rows, context, path),
        ".geojson": lambda path: _write_geojson(rows, context, path),
        ".gpkg": lambda path: _write_gpkg(rows, context, path),
    }
    writer = writers.get(target.suffix.lower())
    if writer is None:
        raise InputError("report.unknown_format", value=target.suffix or target.name, expected=" ".join(FORMATS))
    context = context_of(city, run)
    rows = rows[list(SHORTFALL_COLUMNS)].reset_index(drop=True)
    write_atomically(target, writer)
    return target


def guard(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe before it; anything else stays."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def write_guarded_csv(frame: pd.DataFrame, path: Path) -> None:
    """A .csv that Excel opens rightly: UTF-8 with mark, text guarded against formulas, missing values empty."""
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow([guard(str(name)) for name in frame.columns])
        writer.writerows([guard(value) for value in row] for row in plain_rows(frame))


def plain_rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Rows of plain values, ``None`` where there is none."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns]
    return list(zip(*columns, strict=True))


def shortfall_points(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """The rows as points; a row without a position has no geometry."""
    lon, lat = rows["lon"].to_numpy(dtype=float), rows["lat"].to_numpy(dtype=float)
    points = np.full(len(rows), None, dtype=object)
    known = ~(np.isnan(lon) | np.isnan(lat))
    points[known] = shapely.points(lon[known], lat[known])
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(points, index=rows.index, crs=GEOGRAPHIC), crs=GEOGRAPHIC)


def _write_csv(city: City, run: Run, rows: pd.DataFrame, context: Context, path: Path) -> None:
    table = official_table(city, run, rows)
    for name in _IDS:
        table[name] = rows[name].to_numpy(dtype=object)
    # A row torn from its table still says what it is.
    table["城市"] = context.city
    table["数据说明"] = "合成数据" if context.synthetic else "数据不足" if context.insufficient else ""
    table["快照"], table["口径"], table["步行者"] = context.snapshot, context.basis_id, context.walker
    table["评估编号"], table["数据质量得分"], table["导出日期"] = context.run, context.quality, context.exported
    write_guarded_csv(table, path)


def _write_geojson(rows: pd.DataFrame, context: Context, path: Path) -> None:
    names = list(rows.columns)
    features = []
    for values in plain_rows(rows):
        properties = dict(zip(names, values, strict=True))
        lon, lat = properties["lon"], properties["lat"]
        geometry = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
        features.append(
            {"type": "Feature", "id": properties["shortfall_id"], "geometry": geometry, "properties": properties}
        )
    document = {
        "type": "FeatureCollection",
        "name": f"{context.city}短板清单",
        "metadata": dict(context.lines()),
        "features": features,
    }
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False), "utf-8")


def _write_gpkg(rows: pd.DataFrame, context: Context, path: Path) -> None:
    import pyogrio

    # GDAL makes the file itself and wants its usual ending.
    own = path.with_suffix(".gpkg")
    try:
        with foreign_writer(own):
            pyogrio.write_dataframe(
                shortfall_points(rows), own, layer="shortfalls", driver="GPKG", geometry_type="Point"
            )
            lines = pd.DataFrame(context.lines(), columns=["item", "value"])
            pyogrio.write_dataframe(lines, own, layer="context", driver="GPKG", append=True)
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)
