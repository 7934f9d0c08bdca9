"""Small files and cities for the intake tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from kezhong.city.workspace import City
from kezhong.intake import import_areas, new_city

WEST, SOUTH = 106.80, 39.60
STEP = 0.02


def square(column: int, row: int, size: int = 1) -> shapely.Polygon:
    """A square of the test city's lattice of communities (about 1.7 × 2.2 km)."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return shapely.box(west, south, west + size * STEP, south + size * STEP)


CODES = ("150302001001", "150302001002", "150302002001", "150302002202")
NAMES = ("东社区居委会", "西社区居委会", "北社区居委会", "南村委会")


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a city of four communities in two streets, two by two."""
    folder = tmp_path_factory.mktemp("pattern")
    frame = gpd.GeoDataFrame(
        {"code": CODES, "name": NAMES},
        geometry=[square(0, 0), square(1, 0), square(0, 1), square(1, 1)],
        crs="EPSG:4326",
    )
    frame.to_file(folder / "communities.geojson")
    upper = folder / "upper.csv"
    upper.write_text("编码,名称,层级\n150302,东区,区\n150302001,一街道,街道\n150302002,二镇,街道\n", encoding="utf-8")
    made = new_city(folder / "city", "试验市", code="150300")
    import_areas(made, upper)
    import_areas(made.refresh(), folder / "communities.geojson", level="community")
    return folder / "city"


@pytest.fixture
def city(pattern: Path, tmp_path: Path) -> City:
    """A fresh copy of the pattern."""
    shutil.copytree(pattern, tmp_path / "city")
    return City.open(tmp_path / "city")


@pytest.fixture
def write_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook of one sheet; ``merges`` are ranges like ``A1:D1``."""

    def write(rows: Sequence[Sequence[object]], name: str = "ledger.xlsx", merges: Sequence[str] = ()) -> Path:
        book = openpyxl.Workbook()
        page = book.worksheets[0]
        page.title = "台账"
        for row in rows:
            page.append(list(row))
        for area in merges:
            page.merge_cells(area)
        book.save(tmp_path / name)
        return tmp_path / name

    return write
