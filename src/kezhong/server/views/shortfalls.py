"""The shortfall list of a run: its index, and its export."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kezhong.city.results import Run
from kezhong.server.etag import Prepared, prepare
from kezhong.server.shortfalls import ShortfallFilter, ShortfallIndex
from kezhong.server.state import ServerState

#: format → media type, ending
FORMATS = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "csv": ("text/csv; charset=utf-8", ".csv"),
    "geojson": ("application/geo+json", ".geojson"),
    "gpkg": ("application/geopackage+sqlite3", ".gpkg"),
}


def index(state: ServerState, run: Run) -> ShortfallIndex:
    """The run's list, kept between requests."""
    return state.view(run, "shortfalls", lambda: ShortfallIndex(run.shortfalls, state.city_of(run).areas.root))


def export(state: ServerState, run: Run, filters: ShortfallFilter, fmt: str) -> tuple[Prepared, str]:
    """The rows under the filters as a file, and the file's Chinese name."""
    from kezhong.report import write_shortfall_file

    city = state.city_of(run)
    rows = index(state, run).rows(filters)
    media_type, ending = FORMATS[fmt]
    with tempfile.TemporaryDirectory(prefix="kezhong-export-") as folder:
        file = Path(folder) / f"shortfalls{ending}"
        write_shortfall_file(city, run, rows, file)
        body = file.read_bytes()
    mark = "(合成数据)" if city.config.synthetic else ""
    return prepare(body, media_type), f"{city.config.name}短板清单_{run.manifest['basis']}{mark}{ending}"
