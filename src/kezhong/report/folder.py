"""The open-data folder: every layer and result table as GeoPackage, GeoParquet and CSV, with a dictionary.

The folder appears as a whole or not at all: it is built beside its place and renamed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from kezhong.city.files import explain, foreign_writer, write_json
from kezhong.city.results import Run
from kezhong.city.schemas import LAYERS
from kezhong.city.workspace import City
from kezhong.errors import ConflictError
from kezhong.progress import Progress, silent
from kezhong.report.context import Context, context_of
from kezhong.report.dictionary import data_dictionary, dictionary_frame, dictionary_markdown
from kezhong.report.shortfalls import shortfall_points, write_guarded_csv
from kezhong.report.workbook import fill_cell

MANIFEST = "manifest.json"
_KIND = "kezhong open data"
_LICENCE_URL = "https://opendatacommons.org/licenses/odbl/1-0/"


def export_city(city: City, run: Run, out_folder: str | Path, *, progress: Progress = silent) -> list[Path]:
    """Write everything of a city and one run.

    ``out_folder`` then holds ``data.gpkg`` (all tables), ``parquet/`` and ``csv/`` (one file a table),
    ``数据字典.xlsx``, ``data_dictionary.csv``, ``data_dictionary.md``, ``README.md`` and ``manifest.json`` with the
    SHA-256 of each file. An earlier export in that place is replaced.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ConflictError
        The folder holds something else.
    WorkspaceError
        The disk is full or the place cannot be written; what was there before is whole.
    """
    target = Path(out_folder).expanduser().resolve()
    _check_place(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as problem:
        raise explain(problem, target) from problem
    try:
        building.chmod(0o755)
        _build(city, run, building, progress)
        _put_in_place(building, target)
    except OSError as problem:
        raise explain(problem, target) from problem
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return sorted(path for path in target.rglob("*") if path.is_file())


def _put_in_place(building: Path, target: Path) -> None:
    """An earlier export goes only once the new one stands in its place."""
    if not target.exists():
        building.rename(target)
        return
    former = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.former."))
    try:
        target.rename(former / target.name)
        try:
            building.rename(target)
        except OSError:
            (former / target.name).rename(target)
            raise
    finally:
        shutil.rmtree(former, ignore_errors=True)


def _check_place(target: Path) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    manifest = target / MANIFEST
    if target.is_dir() and manifest.is_file():
        try:
            if json.loads(manifest.read_text("utf-8")).get("kind") == _KIND:
                return
        except (ValueError, AttributeError):
            pass  # somebody else's manifest
    raise ConflictError("report.not_an_export", folder=target)


def _build(city: City, run: Run, folder: Path, progress: Progress) -> None:
    context = context_of(city, run)
    (folder / "parquet").mkdir()
    (folder / "csv").mkdir()
    tables = _tables(city, run)
    for number, (name, table) in enumerate(tables.items()):
        progress(number / len(tables), "report.step_export")
        _write_table(name, table, folder)
    rows = data_dictionary(name for name in tables if name in LAYERS)
    frame = dictionary_frame(rows)
    write_guarded_csv(frame, folder / "data_dictionary.csv")
    (folder / "data_dictionary.md").write_text(dictionary_markdown(rows), "utf-8")
    _write_dictionary_book(frame, folder / "数据字典.xlsx")
    (folder / "README.md").write_text(_readme(context, tables), "utf-8")
    _write_manifest(context, run, tables, folder)
    progress(1.0, "report.step_export")


def _tables(city: City, run: Run) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {name: city.layer(name) for name in LAYERS if city.has(name)}
    tables["figures"] = run.figures
    tables["estate_figures"] = run.estate_figures
    tables["shortfalls"] = shortfall_points(run.shortfalls.reset_index(drop=True))
    tables["grades"] = run.grades
    return tables


def _write_table(name: str, table: pd.DataFrame, folder: Path) -> None:
    import pyogrio

    spatial = isinstance(table, gpd.GeoDataFrame)
    parquet = folder / "parquet" / f"{name}.parquet"
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(parquet, index=False, compression="zstd")
    else:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), parquet, compression="zstd")
    package = folder / "data.gpkg"
    ready = table.astype({column: "object" for column in table.columns if str(table[column].dtype) == "boolean"})
    ready = _without_name_clash(ready)
    kind = {"geometry_type": _geometry_type(table)} if isinstance(table, gpd.GeoDataFrame) else {}
    promote = {"promote_to_multi": True} if kind.get("geometry_type", "").startswith("Multi") else {}
    with foreign_writer(package):
        pyogrio.write_dataframe(
            _plain_bools(ready), package, layer=name, driver="GPKG", append=package.exists(), **kind, **promote
        )
    write_guarded_csv(_with_position(table) if spatial else table, folder / "csv" / f"{name}.csv")


def _without_name_clash(table: pd.DataFrame) -> pd.DataFrame:
    """GeoPackage keeps ``fid`` for itself."""
    return table.rename(columns={"fid": "fid_"})


def _plain_bools(table: pd.DataFrame) -> pd.DataFrame:
    """Flags with gaps as 0/1 numbers: GeoPackage's writer takes no missing booleans."""
    changed = table.copy()
    for column in table.columns:
        if column != "geometry" and table[column].dtype == object:
            known = table[column].dropna()
            if len(known) and known.map(type).eq(bool).all():
                changed[column] = table[column].astype("Float64").astype(float)
    return changed


def _geometry_type(table: gpd.GeoDataFrame) -> str:
    kinds = set(table.geometry.dropna().geom_type)
    for simple in ("Point", "LineString", "Polygon"):
        if kinds <= {simple}:
            return simple if kinds else "Unknown"
        if kinds <= {simple, f"Multi{simple}"}:
            return f"Multi{simple}"
    return "Unknown"


def _with_position(table: pd.DataFrame) -> pd.DataFrame:
    """Points as ``lon`` and ``lat``, other shapes as well-known text."""
    frame = gpd.GeoDataFrame(table)
    shapes = np.asarray(frame.geometry.array)
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    kinds = set(shapely.get_type_id(shapes).tolist()) - {-1}
    if kinds <= {0}:
        plain["lon"], plain["lat"] = shapely.get_x(shapes), shapely.get_y(shapes)
    else:
        plain["wkt"] = shapely.to_wkt(shapes, rounding_precision=7)
    return plain


def _write_dictionary_book(frame: pd.DataFrame, file: Path) -> None:
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        msg = "a new workbook has one worksheet"
        raise TypeError(msg)
    sheet.title = "数据字典"
    for row, values in enumerate([tuple(frame.columns), *frame.itertuples(index=False)], start=1):
        for column, value in enumerate(values, start=1):
            fill_cell(sheet.cell(row, column), value)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", (16, 16, 30, 20, 10, 8, 40, 50, 30), strict=True):
        sheet.column_dimensions[letter].width = width
    book.save(file)


def _readme(context: Context, tables: dict[str, pd.DataFrame]) -> str:
    synthetic = "\n> **合成数据**：本数据为程序生成，不反映任何真实地方。Synthetic data: generated, of no real place.\n"
    lines = [
        f"# {context.city} 一刻钟社区生活圈数据 / 15-minute life circle data",
        synthetic if context.synthetic else "",
        *(f"- {label}:{value}" for label, value in context.lines()),
        "",
        "坐标为 WGS 84 经纬度(EPSG:4326)。各表字段见“数据字典.xlsx”。",
        "CSV 为 UTF-8（带 BOM）；以 = + - @ 开头的文本前加了单引号。",
        "Coordinates are longitude and latitude in WGS 84 (EPSG:4326). Columns are explained in data_dictionary.md.",
        "",
        "| 表 / table | 行数 / rows |",
        "|---|---:|",
        *(f"| {name} | {len(table)} |" for name, table in tables.items()),
        "",
        "## 许可 / Licence",
        "",
        "凡含 OpenStreetMap 内容的部分，按开放数据库许可(ODbL 1.0)提供：须署名，衍生数据库须以同样许可提供。",
        "其他来源按各自的许可。",
        f"Whatever contains OpenStreetMap data is under the Open Database License 1.0 ({_LICENCE_URL}):",
        "attribute, and share derived databases alike. Other sources keep their own terms.",
        "",
        *(f"- {entry}" for entry in context.attribution),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _write_manifest(context: Context, run: Run, tables: dict[str, pd.DataFrame], folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    write_json(
        folder / MANIFEST,
        {
            "kind": _KIND,
            "city": context.city,
            "synthetic": context.synthetic,
            "snapshot": context.snapshot,
            "run": run.manifest,
            "exported": context.exported,
            "attribution": list(context.attribution),
            "tables": {name: len(table) for name, table in tables.items()},
            "files": {
                path.relative_to(folder).as_posix(): {"sha256": _sha256(path), "bytes": path.stat().st_size}
                for path in files
            },
        },
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
