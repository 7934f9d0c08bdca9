"""The offline base map: vector tiles made from the city's own OpenStreetMap file.

One PMTiles archive (Mapbox vector tiles, zoom 0–14, overzoomed beyond) with these layers and attributes:

========== ======= ======================================================================================
layer      from z  attributes
========== ======= ======================================================================================
landuse    8       kind: residential, commercial, industrial, education, medical, military, railway, farmland, sand
green      6       kind, name
water      0       kind, name (polygons and, for rivers and canals, lines)
building   13      (none)
rail       8       kind: rail, light_rail, subway, monorail …; tunnel: 0 or 1
road       5       class: motorway, trunk, primary, secondary, tertiary; name, link, bridge, tunnel
street     11      class: minor, service, pedestrian; name, bridge, tunnel
path       13      class: path, steps, track; name
place      3       kind: city, town, suburb, quarter, neighbourhood, village …; name
label      13      kind: park, water, school, hospital, station …; name
========== ======= ======================================================================================
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.city.files import foreign_writer
from kezhong.errors import InputError, KezhongError
from kezhong.intake.landscape import GREEN, RAILWAYS, WATER, one_of
from kezhong.intake.osm_reader import ShapeMaker, label
from kezhong.intake.osm_sweep import Keys, sweep

MAX_ZOOM = 14
#: Layer → lowest zoom at which it is drawn, in the order in which the layers are written.
LAYERS: dict[str, int] = {
    "landuse": 8,
    "green": 6,
    "water": 0,
    "building": 13,
    "rail": 8,
    "road": 5,
    "street": 11,
    "path": 13,
    "place": 3,
    "label": 13,
}
_MAIN = ("motorway", "trunk", "primary", "secondary", "tertiary")
_STREETS = {
    "unclassified": "minor", "residential": "minor", "living_street": "minor", "road": "minor",
    "service": "service", "busway": "service", "pedestrian": "pedestrian",
}  # fmt: skip
_PATHS = {
    "footway": "path",
    "path": "path",
    "cycleway": "path",
    "bridleway": "path",
    "steps": "steps",
    "track": "track",
}
_LANDUSE = {
    "residential": "residential", "commercial": "commercial", "retail": "commercial", "industrial": "industrial",
    "railway": "railway", "military": "military", "farmland": "farmland", "education": "education",
}  # fmt: skip
_CAMPUS = {**dict.fromkeys(("school", "university", "college", "kindergarten"), "education"), "hospital": "medical"}
_PLACES = frozenset(
    {"city", "town", "borough", "suburb", "quarter", "neighbourhood", "village", "hamlet", "island", "locality"}
)
_STATIONS = frozenset({"station", "halt"})


@dataclass(slots=True)
class _Layer:
    shapes: ShapeMaker = field(default_factory=ShapeMaker)
    rows: list[dict[str, object]] = field(default_factory=list)

    def frame(self) -> gpd.GeoDataFrame:
        table = pd.DataFrame(self.rows)
        for name in table.columns:
            if table[name].dtype == object or pd.api.types.is_string_dtype(table[name]):
                table[name] = table[name].fillna("")
        return gpd.GeoDataFrame(table, geometry=self.shapes.shapes(), crs=GEOGRAPHIC)


class BasemapCollector:
    """Collects what the base map shows."""

    node_keys: Keys = ("place", "railway")
    way_keys: Keys = ("highway", "railway", "waterway")
    area_keys: Keys = ("natural", "waterway", "landuse", "leisure", "building", "amenity")

    def __init__(self) -> None:
        self.layers = {name: _Layer() for name in LAYERS}

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """Names of places and stations."""
        name = label(tags)
        if name is None:
            return
        if tags.get("place") in _PLACES:
            self._point("place", thing, tags["place"], name)
        elif tags.get("railway") in _STATIONS:
            self._point("label", thing, "station", name)

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """Roads, railways, rivers."""
        layer, row = _line(tags)
        if layer and self.layers[layer].shapes.line(thing):
            self.layers[layer].rows.append(row)

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Surfaces."""
        layer, row = _surface(tags)
        if layer and self.layers[layer].shapes.area(thing):
            self.layers[layer].rows.append(row)

    def frames(self) -> dict[str, gpd.GeoDataFrame]:
        """Layers that have anything in them; names of surfaces become points of ``label``."""
        frames = {name: layer.frame() for name, layer in self.layers.items() if layer.rows}
        labels = [frames["label"]] if "label" in frames else []
        for name in ("green", "water", "landuse"):
            if name in frames:
                named = frames[name][frames[name].get("name", pd.Series("", index=frames[name].index)) != ""]
                named = named[named.geometry.geom_type.isin(("Polygon", "MultiPolygon"))]
                spots = gpd.GeoSeries(shapely.point_on_surface(np.asarray(named.geometry.array)), crs=GEOGRAPHIC)
                labels.append(gpd.GeoDataFrame(named[["kind", "name"]].reset_index(drop=True), geometry=spots))
        labels = [frame for frame in labels if len(frame)]
        if labels:
            frames["label"] = gpd.GeoDataFrame(pd.concat(labels, ignore_index=True), crs=GEOGRAPHIC)
        return frames

    def write(self, target: Path) -> Path:
        """Write the tiles.

            Raises
            ------
            InputError
                Nothing to draw, or the tiler fails.
        WorkspaceError
            The disk is full.
        """
        import freestiler

        frames = self.frames()
        if not frames:
            raise InputError("intake_osm.no_basemap", problem="no features / 没有可绘制的要素")
        inputs = {
            name: freestiler.freestile_layer(frames[name], min_zoom=low, max_zoom=MAX_ZOOM)
            for name, low in LAYERS.items()
            if name in frames
        }
        try:
            with foreign_writer(target):
                return Path(freestiler.freestile(inputs, target, tile_format="mvt", max_zoom=MAX_ZOOM, quiet=True))
        except KezhongError:
            raise
        except (RuntimeError, ValueError, OSError) as problem:
            raise InputError("intake_osm.no_basemap", problem=str(problem)) from problem

    def _point(self, layer: str, thing: Any, kind: str, name: str) -> None:
        if self.layers[layer].shapes.point(thing):
            self.layers[layer].rows.append({"kind": kind, "name": name})


def build(file: str | Path, target: str | Path) -> Path:
    """Make the base map of an OpenStreetMap file.

    Parameters
    ----------
    file
        ``.osm.pbf``, ``.osm`` or ``.osm.gz``.
    target
        The ``.pmtiles`` file to write.

    Raises
    ------
    InputError
        The file cannot be read, or holds nothing to draw.
    """
    collector = BasemapCollector()
    sweep(file, [collector])
    with tempfile.TemporaryDirectory() as folder:  # the tiler chooses the format by the name's ending
        made = collector.write(Path(folder) / "basemap.pmtiles")
        shutil.move(made, target)
    return Path(target)


def asset_name(file: Path) -> str:
    """Name under which tiles are kept in a city: it changes with their content."""
    digest = hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()
    return f"basemap-{digest}.pmtiles"


def _flag(tags: dict[str, str], key: str) -> int:
    return int(tags.get(key, "no") != "no")


def _line(tags: dict[str, str]) -> tuple[str | None, dict[str, object]]:
    kind = tags.get("highway", "")
    row: dict[str, object] = {"name": label(tags), "bridge": _flag(tags, "bridge"), "tunnel": _flag(tags, "tunnel")}
    main = kind.removesuffix("_link")
    if main in _MAIN:
        return "road", {"class": main, **row, "link": int(kind.endswith("_link"))}
    if kind in _STREETS:
        return "street", {"class": _STREETS[kind], **row}
    if kind in _PATHS:
        return "path", {"class": _PATHS[kind], "name": label(tags)}
    if tags.get("railway") in RAILWAYS:
        return "rail", {"kind": tags["railway"], "tunnel": _flag(tags, "tunnel")}
    if tags.get("waterway") in ("river", "canal") and not _flag(tags, "tunnel"):
        return "water", {"kind": tags["waterway"], "name": label(tags)}
    return None, {}


def _surface(tags: dict[str, str]) -> tuple[str | None, dict[str, object]]:
    if "building" in tags:
        return ("building", {"kind": "building"}) if tags["building"] != "no" else (None, {})
    if found := one_of(tags, WATER):
        return "water", {"kind": found, "name": label(tags)}
    if found := one_of(tags, GREEN):
        return "green", {"kind": found, "name": label(tags)}
    if tags.get("natural") in ("beach", "sand"):
        return "landuse", {"kind": "sand", "name": label(tags)}
    kind = _CAMPUS.get(tags.get("amenity", "")) or _LANDUSE.get(tags.get("landuse", ""))
    return ("landuse", {"kind": kind, "name": label(tags)}) if kind else (None, {})
