"""The open-data folder: everything is in it, in three formats, and described."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

from kezhong.city.results import TABLES
from kezhong.city.schemas import LAYERS
from kezhong.errors import ConflictError, WorkspaceError
from kezhong.report import data_dictionary, export_city
from kezhong.report.words import RESULT_COLUMNS_ZH
from small_city import SmallCity


@pytest.fixture(scope="module")
def folder(small: SmallCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export."""
    out = tmp_path_factory.mktemp("out") / "data"
    files = export_city(small.city, small.run, out)
    assert all(file.is_file() for file in files)
    return out


def _tables(small: SmallCity) -> set[str]:
    return {name for name in LAYERS if small.city.has(name)} | set(TABLES)


def test_every_table_in_three_formats(small: SmallCity, folder: Path) -> None:
    wanted = _tables(small)
    assert {file.stem for file in (folder / "parquet").iterdir()} == wanted
    assert {file.stem for file in (folder / "csv").iterdir()} == wanted
    assert set(pyogrio.list_layers(folder / "data.gpkg")[:, 0]) == wanted


def test_tables_come_back_as_they_were(small: SmallCity, folder: Path) -> None:
    demand = small.city.geo("demand")
    parquet = gpd.read_parquet(folder / "parquet" / "demand.parquet")
    assert parquet.geometry.geom_equals(demand.geometry).all()
    pd.testing.assert_series_equal(parquet["people"], demand["people"])
    package = pyogrio.read_dataframe(folder / "data.gpkg", layer="demand")
    assert list(package["demand_id"]) == list(demand["demand_id"])
    table = pd.read_csv(folder / "csv" / "demand.csv")
    assert table["lon"].to_numpy() == pytest.approx(demand.geometry.x.to_numpy())
    figures = pyogrio.read_dataframe(folder / "data.gpkg", layer="figures")
    pd.testing.assert_series_equal(figures["value"], small.run.figures["value"])


def test_dictionary_explains_every_column_of_every_file(folder: Path) -> None:
    sheet = openpyxl.load_workbook(folder / "数据字典.xlsx").active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))[1:]
    explained = {(row[0], row[3]) for row in rows}
    for file in (folder / "parquet").iterdir():
        for column in pd.read_parquet(file).columns:
            if (file.stem, column) != ("shortfalls", "geometry"):  # made from lon and lat
                assert (file.stem, column) in explained
    text = (folder / "data_dictionary.md").read_text("utf-8")
    assert "服务设施（合并）" in text
    assert len(pd.read_csv(folder / "data_dictionary.csv")) == len(rows)


def test_dictionary_has_words_for_all_layers_and_results() -> None:
    rows = data_dictionary(LAYERS)
    assert all(row.zh and row.en and row.null_rule for row in rows)
    columns = {name for table in TABLES.values() for name in table}
    assert columns == set(RESULT_COLUMNS_ZH)


def test_manifest_has_the_hash_of_every_other_file(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    files = {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()} - {"manifest.json"}
    assert set(manifest["files"]) == files
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == entry["sha256"]
    assert manifest["run"]["id"].startswith("r-")
    assert manifest["synthetic"] is True


def test_readme_names_licence_and_synthetic_data(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    assert "合成数据" in text
    assert "ODbL" in text
    assert "© OpenStreetMap contributors" in text


def test_an_earlier_export_is_replaced_and_other_folders_are_not(small: SmallCity, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export_city(small.city, small.run, out)
    (out / "stray.txt").write_text("x")
    export_city(small.city, small.run, out)
    assert not (out / "stray.txt").exists()
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.docx").write_text("x")
    with pytest.raises(ConflictError, match="other"):
        export_city(small.city, small.run, other)
    assert [file.name for file in other.iterdir()] == ["thesis.docx"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def test_progress_can_stop_it_and_leaves_nothing(small: SmallCity, tmp_path: Path) -> None:
    def stop(share: float, step: str) -> None:
        if share > 0.3:
            raise ConflictError("jobs.closing")

    with pytest.raises(ConflictError):
        export_city(small.city, small.run, tmp_path / "out", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_exchange_leaves_the_earlier_export(
    small: SmallCity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "data"
    export_city(small.city, small.run, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if target == out and self.name.startswith(".data.") and self.parent == tmp_path:
            raise OSError(errno.EACCES, "refused")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(WorkspaceError):
        export_city(small.city, small.run, out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert list(tmp_path.iterdir()) == [out]
    monkeypatch.undo()
    export_city(small.city, small.run, out)
    assert list(tmp_path.iterdir()) == [out]
