"""Eight walkers × 168 hours of Las Palmas (and 24 of a public holiday): coverage of every element, by community.

Everything from an empty cache: each walker's costs of the streets, for every set of hours with the same gates and the
same light, the search, and the sums by area. The comparison of walkers without hours is measured beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.city import Shell, data_folder, las_palmas
from benchmarks.measure import Measure

TARGET_S = 60.0


def run(city_folder: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure in this process; kernels are compiled, as set-up leaves them."""
    if city_folder is not None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "city"
            shutil.copytree(city_folder, copy)
            return _measure(copy)
    with las_palmas() as folder:
        Shell(folder.parent)("import", "gtfs", folder, data_folder() / "las_palmas" / "gtfs_bus.zip")
        return _measure(folder)


def _measure(folder: Path) -> tuple[list[Measure], dict[str, object]]:
    from kezhong.assess.by_hour import city_hours
    from kezhong.assess.lived_access import lived_access
    from kezhong.assess.walking import costs_by_hour, is_plain, rules_of
    from kezhong.catalogue import load_catalogue
    from kezhong.city.workspace import City
    from kezhong.network import warm_up

    warm_up()
    for file in City.open(folder).cache_file("").glob("*"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    city = City.open(folder)
    before_mb = _peak_mb()
    rows, total = [], 0.0
    for person in load_catalogue().walkers.values():
        begun = time.perf_counter()
        found = city_hours(city, walker=person.id)
        took = time.perf_counter() - begun
        total += took
        # The standard walker knows no gates and no light: his hours are searched in metres.
        plain = is_plain(rules_of(person, load_catalogue().crossings))
        note = "" if plain else f"{len(costs_by_hour(city, person))} classes of hours"
        rows.append(Measure(f"{person.id} × 192 hours", "s", took, None, None, None, higher=False, note=note))
    rows.append(Measure("eight walkers × 168 hours", "s", total, None, None, TARGET_S, higher=False))
    for name in ("eight walkers, one moment, empty cache", "eight walkers, one moment, again"):
        begun = time.perf_counter()
        lived = lived_access(city)
        rows.append(Measure(name, "s", time.perf_counter() - begun, None, None, None, higher=False))
    rows.append(Measure("memory beyond the imports", "MB", _peak_mb() - before_mb, None, None, None, higher=False))
    about: dict[str, object] = {
        "people": round(float(found.coverage.people.sum())),
        "elements by hour": len(found.coverage.elements),
        "elements by walker": lived.table["element"].nunique(),
        "demand units": len(found.people),
        "edges": len(city.layer("street_edges")),
        "cpus": len(os.sched_getaffinity(0)),
    }
    return rows, about


def _peak_mb() -> float:
    # Not ``ru_maxrss``: it starts from the parent's peak, which fork and exec hand down.
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]
