"""The shortfall list of a run: its index, and its export."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kezhong import clock
from kezhong.city.results import Run
from kezhong.server.etag import Prepared
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
    from kezhong.assess.wording import clauses_en

    def make() -> ShortfallIndex:
        return ShortfallIndex(run.shortfalls, state.city_of(run).areas, clauses_en(state.assessment(run).basis))

    return state.view(run, "shortfalls", make)


def export(state: ServerState, run: Run, filters: ShortfallFilter, fmt: str) -> tuple[Prepared, str]:
    """The rows under the filters as a file, and the file's Chinese name.

    The file is made once a day for the same rows (it bears the date), so that a second download is the same bytes.
    """
    config = state.city_of(run).config
    media_type, ending = FORMATS[fmt]
    key = ("export", fmt, filters.digest, clock.today(config.timezone), config, *state.run_key(run))
    prepared = state.bodies.get(key, lambda: _file(state, run, filters, ending), media_type)
    mark = "（合成数据）" if config.synthetic else ""
    return prepared, f"{config.name}短板清单_{run.manifest['basis']}{mark}{ending}"


def _file(state: ServerState, run: Run, filters: ShortfallFilter, ending: str) -> bytes:
    from kezhong.report import write_shortfall_file

    rows = index(state, run).rows(filters)
    with tempfile.TemporaryDirectory(prefix="kezhong-export-") as folder:
        file = Path(folder) / f"shortfalls{ending}"
        write_shortfall_file(state.city_of(run), run, rows, file)
        return file.read_bytes()
