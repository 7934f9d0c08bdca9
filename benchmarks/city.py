"""Las Palmas from its files to the shortfall list, through the commands a user types, each in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Measure

TARGET_S, TARGET_MB, TARGET_AGAIN_S = 30.0, 2_000.0, 2.0
OTHER_BASIS = "tdt1063-2021"
RUNS = 3


@dataclass
class Shell:
    """Runs ``kezhong`` in ``folder`` and keeps what each command took."""

    folder: Path
    steps: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, *arguments: object) -> str:
        """Run one command; its output. Any failure ends the measurement."""
        words = [str(argument) for argument in arguments]
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as out,
            tempfile.TemporaryFile("w+", encoding="utf-8") as err,
        ):
            begun = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "kezhong", *words], cwd=self.folder, stdout=out, stderr=err
            )
            # wait4 gives the peak of this one process; RUSAGE_CHILDREN only that of the largest so far.
            _, status, usage = os.wait4(process.pid, 0)
            took = time.perf_counter() - begun
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode:
                raise SystemExit(f"kezhong {' '.join(words)}\n{out.read()}{err.read()}")
            name = " ".join(Path(word).name for word in words)
            self.steps.append({"command": name, "seconds": took, "peak_mb": _megabytes(usage)})
            return out.read()

    @property
    def seconds(self) -> float:
        """Sum over all commands so far."""
        return float(sum(step["seconds"] for step in self.steps))

    @property
    def peak_mb(self) -> float:
        """Of the largest process."""
        return float(max(step["peak_mb"] for step in self.steps))


def data_folder() -> Path:
    """Where the real data lie (``KEZHONG_DATA``)."""
    root = Path(os.environ.get("KEZHONG_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not (root / "las_palmas" / "las_palmas.osm.pbf").is_file():
        raise SystemExit(f"no benchmark data: set KEZHONG_DATA ({root / 'las_palmas'} is absent)")
    return root


def commands(files: Path) -> list[Sequence[object]]:
    """What a user types, from the files to the list."""
    pbf = files / "las_palmas.osm.pbf"
    return [
        ("new", "lp", "--name", "拉斯帕尔马斯", "--boundary", files / "city_boundary.geojson",
         "--areas", files / "school_catchments_29_epsg5635.geojson", "--level", "community"),
        ("import", "streets", "lp", pbf),
        ("import", "facilities", "lp", pbf),
        ("import", "population", "lp", files / "population_grid_ghs2015.csv"),
        ("assess", "lp"),
        ("shortfalls", "lp", "--out", "shortfalls.xlsx"),
    ]  # fmt: skip


def build(folder: Path) -> Shell:
    """Las Palmas in ``folder/lp``, with its list beside it."""
    shell = Shell(folder)
    for command in commands(data_folder() / "las_palmas"):
        shell(*command)
    return shell


@contextmanager
def las_palmas() -> Iterator[Path]:
    """A folder of the assessed city, for measurements that need one."""
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        yield Path(folder) / "lp"


def run(_city: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure from nothing three times; medians."""
    shells, again = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            shell = build(Path(folder))
            second = Shell(Path(folder))
            summary = json.loads(second("assess", "lp", "--basis", OTHER_BASIS, "--json"))
            shells.append(shell)
            again.append(second)
    rows = [
        Measure(f"kezhong {_short(step)}", "s", _middle(shells, position), None, None, None, higher=False)
        for position, step in enumerate(shells[0].steps)
    ]
    total = statistics.median(shell.seconds for shell in shells)
    peak = max(shell.peak_mb for shell in shells)
    second_s = statistics.median(shell.seconds for shell in again)
    rows += [
        Measure("Las Palmas, files to shortfall list", "s", total, None, None, TARGET_S, higher=False),
        Measure("peak memory of the largest process", "MB", peak, None, None, TARGET_MB, higher=False),
        Measure("assess with another basis, whole process", "s", second_s, None, None, TARGET_AGAIN_S, higher=False),
    ]
    about: dict[str, object] = {
        "people": _people(summary),
        "cpus": len(os.sched_getaffinity(0)),
        "other basis": OTHER_BASIS,
        "runs": [shell.steps for shell in shells],
    }
    return rows, about


def _people(summary: dict[str, Any]) -> int:
    people = next(float(row["people"]) for row in summary["grades"] if row["area_level"] == "city")
    return round(people)


def _middle(shells: list[Shell], position: int) -> float:
    return float(statistics.median(shell.steps[position]["seconds"] for shell in shells))


def _short(step: dict[str, Any]) -> str:
    words = str(step["command"]).split()
    return " ".join(words[:2] if words[0] == "import" else words[:1])


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss * 1024 / 1e6
