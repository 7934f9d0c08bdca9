"""The ``kezhong`` command in a process of its own, and a small city of files to feed it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import shapely

from kezhong.city.workspace import City

WEST, SOUTH, STEP = 106.80, 39.60, 0.004
SIZE = 5
CODES = ("150302001001", "150302001002")


@dataclass(frozen=True)
class Command:
    """Calls ``kezhong`` as a user would."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object, limit_file_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
        code = "from kezhong.cli import main; main()"
        if limit_file_bytes is not None:
            size = f"({limit_file_bytes}, {limit_file_bytes})"
            # Python 3.11 writes a cut-off .pyc where a write comes up short: none is written under the limit.
            code = f"import sys; sys.dont_write_bytecode = True; {code}"
            code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, {size}); {code}"
        return subprocess.run(
            [sys.executable, "-c", code, *(str(argument) for argument in arguments)],
            capture_output=True, text=True, cwd=self.folder, timeout=300, check=False,
            env={**os.environ, "KEZHONG_LANG": "zh", **self.environment},
        )  # fmt: skip

    def done(self, *arguments: object) -> str:
        """Output of a command that succeeds."""
        result = self(*arguments)
        assert result.returncode == 0, f"{arguments}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def refused(self, *arguments: object, says: tuple[object, ...] = (), limit_file_bytes: int | None = None) -> str:
        """Errors of a command that must fail by saying why, in two languages, without a traceback."""
        result = self(*arguments, limit_file_bytes=limit_file_bytes)
        said = result.stderr
        assert result.returncode == 2, f"{arguments} → {result.returncode}\n{result.stdout}\n{said}"
        assert "错误: " in said
        assert "error: " in said
        assert "处理办法: " in said
        assert "what to do: " in said
        assert "Traceback" not in said
        for text in says:
            assert str(text) in said, f"{text!r} is missing in\n{said}"
        return said


def write_files(folder: Path) -> None:
    """``communities.geojson``, ``streets.geojson``, ``people.csv`` and ``ledger.csv`` of a city of two communities."""
    middle, far = WEST + STEP * (SIZE - 1) / 2, WEST + STEP * SIZE
    shapes = [
        shapely.box(WEST - STEP, SOUTH - STEP, middle, SOUTH + STEP * SIZE),
        shapely.box(middle, SOUTH - STEP, far, SOUTH + STEP * SIZE),
    ]
    frame = gpd.GeoDataFrame({"code": CODES, "name": ["东社区", "西社区"]}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(folder / "communities.geojson")
    end = STEP * (SIZE - 1)
    lines = []
    for step in range(SIZE):
        lines.append(shapely.LineString([(WEST, SOUTH + step * STEP), (WEST + end, SOUTH + step * STEP)]))
        lines.append(shapely.LineString([(WEST + step * STEP, SOUTH), (WEST + step * STEP, SOUTH + end)]))
    gpd.GeoDataFrame({"highway": ["residential"] * len(lines)}, geometry=lines, crs="EPSG:4326").to_file(
        folder / "streets.geojson"
    )
    spots = [(WEST + i * STEP, SOUTH + j * STEP) for i in range(SIZE) for j in range(SIZE)]
    (folder / "people.csv").write_text(
        "lon,lat,pop\n" + "".join(f"{lon:.6f},{lat:.6f},80\n" for lon, lat in spots), "utf-8"
    )
    rows = []
    for number, (lon, lat) in enumerate(spots):
        element = ("幼儿园", "菜市场或生鲜超市", "公共厕所", "小学", "药店")[number % 5]
        rows.append(f"设施{number},{element},{lon + 0.0004:.6f},{lat + 0.0003:.6f}\n")
    (folder / "ledger.csv").write_text("名称,服务要素,经度,纬度\n" + "".join(rows), "utf-8")


def make_city(command: Command, name: str = "city") -> None:
    """The city of :func:`write_files`, through the commands."""
    command.done("new", name, "--name", "试验市", "--code", "150302", "--areas", "communities.geojson")
    command.done("import", "streets", name, "streets.geojson")
    command.done("import", "facilities", name, "ledger.csv", "--datum", "wgs84")
    command.done("import", "population", name, "people.csv", "--datum", "wgs84")


def whole(folder: Path) -> str:
    """Read every layer and asset of a city; returns its snapshot."""
    city = City.open(folder)
    for layer in city.snapshot.parts:
        city.layer(layer)
    for role in city.snapshot.assets:
        found = city.asset(role)
        assert found is not None
        assert found.stat().st_size
    return city.snapshot.id
