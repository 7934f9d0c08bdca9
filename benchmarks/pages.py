"""The suite ``http``: every endpoint of the pages, and the first paint, on Las Palmas (or on ``--city FOLDER``)."""

from __future__ import annotations

from pathlib import Path

from benchmarks import endpoints
from benchmarks.city import las_palmas
from benchmarks.measure import Measure


def run(city: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure on the folder named, else on a Las Palmas made for the purpose."""
    if city is not None:
        return endpoints.run(city)
    with las_palmas() as folder:
        return endpoints.run(folder)
