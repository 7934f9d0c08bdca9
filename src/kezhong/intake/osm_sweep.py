"""One sweep over an OpenStreetMap file that feeds several collectors, so that a file is parsed once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from kezhong.errors import InputError
from kezhong.intake.osm_reader import objects, tags_of
from kezhong.progress import Progress, silent

Keys = tuple[str, ...]
#: How often the sweep looks whether it shall stop.
_STEP = 4096


class Collector(Protocol):
    """What wants to see objects. Empty keys: no objects of that kind."""

    node_keys: Keys
    way_keys: Keys
    area_keys: Keys

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """See a node."""

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """See a way, closed or not."""

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """See an assembled area (closed way or multipolygon)."""


def sweep(file: str | Path, collectors: Sequence[Collector], progress: Progress = silent) -> int:
    """Show every object of ``file`` to the collectors; returns how many objects were shown.

    A collector may see objects that carry only another collector's keys.

    Raises
    ------
    InputError
        The file cannot be read, or has nothing in it that any collector asked for.
    """
    seen = 0
    for thing in objects(
        file,
        node_keys=_keys(collectors, "node_keys"),
        way_keys=_keys(collectors, "way_keys"),
        area_keys=_keys(collectors, "area_keys"),
    ):
        tags = tags_of(thing)
        kind = "node" if thing.is_node() else "way" if thing.is_way() else "area"
        for collector in collectors:
            getattr(collector, kind)(thing, tags)
        seen += 1
        if seen % _STEP == 0:
            progress(seen / (seen + 200_000), "intake_osm.step_reading")
    if not seen:
        raise InputError("intake_osm.nothing_there", file=Path(file).name)
    return seen


def _keys(collectors: Sequence[Collector], kind: str) -> tuple[str, ...]:
    return tuple(sorted({key for collector in collectors for key in getattr(collector, kind)}))
