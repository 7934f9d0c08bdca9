"""A disk that fills up while a library writes that hides the reason: GDAL a GeoPackage, the tiler the base map."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kezhong.city.files import foreign_writer
from kezhong.errors import KezhongError, WorkspaceError

from .osm_text import OsmText, block

_LIMITED = """
import resource, sys
sys.dont_write_bytecode = True
from pathlib import Path
{imports}
from kezhong.errors import WorkspaceError
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    {call}
except WorkspaceError as problem:
    print(problem.code, Path(problem.details["file"]).name)
"""


def limited(folder: Path, imports: str, call: str, limit: int) -> str:
    """What a program says that may write files of ``limit`` bytes only; the imports come before the limit."""
    code = _LIMITED.format(imports=imports, call=call, limit=limit)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("limit", [600, 60_000, 120_000])
def test_a_geopackage(tmp_path: Path, limit: int) -> None:
    imports = (
        "import geopandas as gpd, numpy as np, shapely\n"
        "from kezhong.demo.sheets import write_layer\n"
        "spots = shapely.points(np.arange(9000.0), np.arange(9000.0))\n"
        "frame = gpd.GeoDataFrame({'name': ['x' * 30] * 9000}, geometry=spots, crs='EPSG:4545')"
    )
    assert limited(tmp_path, imports, "write_layer(frame, Path('a.gpkg'), 'a')", limit) == "city.disk_full a.gpkg"


def test_the_base_map(tmp_path: Path) -> None:
    text = OsmText()
    block(text)
    file = text.write(tmp_path / "a.osm")
    imports = "from kezhong.intake.basemap import build\nimport freestiler"
    said = limited(tmp_path, imports, f"build({str(file)!r}, 'b.pmtiles')", 200)
    assert said == "city.disk_full basemap.pmtiles"


def test_other_failures_are_passed_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such layer"), foreign_writer(tmp_path / "a"):
        raise RuntimeError("no such layer")
    with pytest.raises(KezhongError, match="no_rows"), foreign_writer(tmp_path / "a"):
        raise KezhongError("intake.no_rows")
    with pytest.raises(WorkspaceError, match="disk_full"), foreign_writer(tmp_path / "a"):
        raise RuntimeError("sqlite3_exec failed: database or disk is full")
    assert list(tmp_path.iterdir()) == []
