"""Writing workbooks and GIS files so that the same content gives the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from kezhong.city.files import foreign_writer

_STAMP = (2026, 1, 1, 0, 0, 0)


def write_workbook(
    file: Path, title: str, heading: Sequence[str], rows: Sequence[Sequence[object]], *, sheet: str, note: str
) -> None:
    """One sheet as departments keep them: a merged title, a line about the data, then heading and rows."""
    book = openpyxl.Workbook()
    page = book.active
    if page is None:  # pragma: no cover - a new workbook always has a sheet
        return
    page.title = sheet
    page.append([title])
    page.append([note])
    page.append(list(heading))
    for row in rows:
        page.append(list(row))
    last = get_column_letter(len(heading))
    page.merge_cells(f"A1:{last}1")
    page.merge_cells(f"A2:{last}2")
    page["A1"].font = Font(bold=True, size=14)
    for cell in page[3]:
        cell.font = Font(bold=True)
    page.freeze_panes = "A4"
    raw = io.BytesIO()
    book.save(raw)
    file.write_bytes(_without_times(raw.getvalue()))


def _without_times(data: bytes) -> bytes:
    """The same workbook with one fixed moment instead of the moment of saving."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return out.getvalue()


def write_layer(frame: gpd.GeoDataFrame, file: Path, layer: str) -> None:
    """A GeoPackage without the moment of writing in it."""
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": moment})
    try:
        file.unlink(missing_ok=True)
        with foreign_writer(file):
            pyogrio.write_dataframe(frame, file, layer=layer, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
