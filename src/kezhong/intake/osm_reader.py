"""Reading OpenStreetMap files: objects in one pass, tags, shapes, and what goes wrong with such files.

Both extracts (``.osm.pbf``) and XML (``.osm``, ``.osm.gz``, ``.osm.bz2``) are read by the same library; a file
that is clipped (ways whose nodes lie outside it) is read as far as it goes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import osmium.filter
import osmium.geom
import shapely

from kezhong.errors import InputError, KezhongError

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".o5m")
ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
#: Kinds of objects in ids and source rows, by pyosmium's letter.
_LETTERS = {"n": "n", "w": "w", "r": "r"}
_NUMBER = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)\s*([^\d\s]*)")


def is_osm(file: str | Path) -> bool:
    """Whether the name of ``file`` says that it is an OpenStreetMap file."""
    return Path(file).name.lower().endswith(SUFFIXES)


def objects(
    file: str | Path,
    *,
    node_keys: tuple[str, ...] = (),
    way_keys: tuple[str, ...] = (),
    area_keys: tuple[str, ...] = (),
) -> Iterator[Any]:
    """Objects of ``file`` that carry one of the keys: nodes, ways (with locations) and assembled areas.

    Closed ways come twice, as a way and as an area, if the keys of both ask for it; ``area_keys`` empty leaves areas
    out and saves the second pass. The objects live for one step of the iteration only.

    Raises
    ------
    InputError
        The file is missing, no OpenStreetMap file, damaged or cut short, or its objects are in a wrong order.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError("intake_osm.no_file", file=path)
    witness = _Witness()
    reader = osmium.FileProcessor(str(path), osmium.osm.ALL).with_locations()
    if area_keys:
        reader.with_areas(osmium.filter.KeyFilter(*area_keys))
    reader.with_filter(witness)
    # A filter never sees what another one has dropped: each kind of object has its own list of keys.
    for kind, keys in ((osmium.osm.NODE, node_keys), (osmium.osm.WAY, way_keys), (osmium.osm.AREA, area_keys)):
        if keys:
            wanted = osmium.filter.KeyFilter(*keys)
            wanted.enable_for(kind)
            reader.with_filter(wanted)
        else:
            reader.with_filter(osmium.filter.EntityFilter(osmium.osm.ALL & ~kind))
    reader.with_filter(osmium.filter.EntityFilter(osmium.osm.NODE | osmium.osm.WAY | osmium.osm.AREA))
    try:
        yield from reader
        witness.testify(path)
    except KezhongError:
        raise
    except RuntimeError as problem:
        code = "intake_osm.unsorted" if "out of order" in str(problem) else "intake_osm.broken_file"
        raise InputError(code, file=path.name, problem=str(problem)) from problem
    except (UnicodeDecodeError, MemoryError, ValueError) as problem:
        raise InputError("intake_osm.broken_file", file=path.name, problem=str(problem)) from problem


def relations(file: str | Path, *, keys: tuple[str, ...]) -> Iterator[Any]:
    """Relations of ``file`` that carry one of the keys; nothing else is decoded.

    Raises
    ------
    InputError
        The file is missing, no OpenStreetMap file, damaged or cut short.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError("intake_osm.no_file", file=path)
    reader = osmium.FileProcessor(str(path), osmium.osm.RELATION).with_filter(osmium.filter.KeyFilter(*keys))
    try:
        yield from reader
    except (RuntimeError, UnicodeDecodeError, MemoryError) as problem:
        raise InputError("intake_osm.broken_file", file=path.name, problem=str(problem)) from problem


class _Witness:
    """Sees every way before the filters do, and remembers nodes that ways name and that were not there yet.

    They lie outside a clipped file, or further down in one whose ways stand before their nodes: read to its end,
    such a file would give a network with holes and nobody would know.
    """

    def __init__(self) -> None:
        self._way_of: dict[int, int] = {}

    def way(self, way: Any) -> bool:
        """Look at the way's first node; the way is never dropped."""
        nodes = way.nodes
        if len(nodes) and not nodes[0].location.valid():
            self._way_of.setdefault(nodes[0].ref, way.id)
        return False

    def testify(self, path: Path) -> None:
        """Refuse the file if it holds a node that was missing when its way came."""
        if not self._way_of:
            return
        late = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.IdFilter(list(self._way_of)))
        for node in late:
            problem = f"w{self._way_of[node.id]} < n{node.id}"
            raise InputError("intake_osm.unsorted", file=path.name, problem=problem)


def source_name(file: str | Path) -> str:
    """Name of the source a file becomes unless the user gives one: always ``osm``, so that a newer extract replaces."""
    return "osm" if is_osm(file) else re.sub(r"\W+", "_", Path(file).stem).strip("_").lower() or "streets"


def tags_of(thing: Any) -> dict[str, str]:
    """Tags of a pyosmium object as a dictionary that outlives it."""
    return dict(thing.tags)


def object_id(thing: Any) -> str:
    """``n123``, ``w123`` or ``r123``; an area has the id of the way or relation it was made from."""
    if thing.is_area():
        return f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
    return f"{_LETTERS[thing.type_str()]}{thing.id}"


def label(tags: Mapping[str, str]) -> str | None:
    """The name people use: ``name``, else a Chinese, official or brand name."""
    for key in ("name", "name:zh", "official_name", "brand"):
        if tags.get(key):
            return tags[key]
    return None


class ShapeMaker:
    """Shapes of pyosmium objects as WKB, parsed together at the end (one call instead of thousands)."""

    def __init__(self) -> None:
        self._factory = osmium.geom.WKBFactory()
        self._blobs: list[str] = []

    def area(self, thing: Any) -> bool:
        """Keep the polygon of an area; False where it cannot be built."""
        return self._keep(self._factory.create_multipolygon, thing)

    def line(self, thing: Any) -> bool:
        """Keep the line of a way, over the nodes that are in the file; False where fewer than two are."""
        if self._keep(self._factory.create_linestring, thing):
            return True
        spots = [(node.lon, node.lat) for node in thing.nodes if node.location.valid()]
        if len(set(spots)) < 2:
            return False
        self._blobs.append(shapely.to_wkb(shapely.LineString(spots), hex=True))
        return True

    def point(self, thing: Any) -> bool:
        """Keep the position of a node."""
        return self._keep(self._factory.create_point, thing)

    def shapes(self) -> np.ndarray:
        """All shapes kept, in order; polygons of one part are plain polygons."""
        shapes = np.asarray(shapely.from_wkb(np.array(self._blobs, dtype=object)), dtype=object)
        single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
            shapely.get_num_geometries(shapes) == 1
        )
        shapes[single] = shapely.get_geometry(shapes[single], 0)
        return shapes

    def _keep(self, make: Any, thing: Any) -> bool:
        try:
            self._blobs.append(make(thing))
        except (RuntimeError, osmium.InvalidLocationError):
            return False  # a clipped or broken object: the caller counts it
        return True


def metres(text: str | None) -> float:
    """A width or length of OSM (``2.5``, ``2,5 m``, ``6'``) in metres; NaN where it says nothing usable."""
    match = _NUMBER.match(text or "")
    if match is None:
        return math.nan
    value, unit = float(match[1].replace(",", ".")), match[2].lower()
    factor = {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "km": 1000.0, "'": 0.3048, "ft": 0.3048}.get(unit)
    return math.nan if factor is None or value < 0 else value * factor


def slope(text: str | None) -> float:
    """An ``incline`` in per cent along the way; NaN for ``up``, ``down`` and anything unusable."""
    match = _NUMBER.match(text or "")
    if match is None:
        return math.nan
    value = float(match[1].replace(",", "."))
    if match[2].startswith("°"):
        return math.tan(math.radians(value)) * 100 if abs(value) < 60 else math.nan
    return value if match[2] in ("", "%") and abs(value) <= 150 else math.nan
