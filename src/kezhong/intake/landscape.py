"""What shapes and divides a city: water, rivers, railways, motorways, green, walls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from kezhong.city.crs import GEOGRAPHIC
from kezhong.intake.osm_reader import ShapeMaker, label, object_id
from kezhong.intake.osm_sweep import Keys
from kezhong.intake.osm_walk import walkable

WATER = {
    "natural": frozenset({"water", "bay"}),
    "waterway": frozenset({"riverbank", "dock"}),
    "landuse": frozenset({"reservoir", "basin"}),
}
GREEN = {
    "leisure": frozenset({"park", "garden", "nature_reserve", "dog_park", "golf_course"}),
    "landuse": frozenset({"forest", "grass", "recreation_ground", "village_green", "meadow", "orchard", "cemetery"}),
    "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
}
_RIVERS = frozenset({"river", "canal"})
RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge", "subway", "monorail"})
_WALLS = frozenset({"wall", "city_wall", "fence"})
_FAST = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})


def one_of(tags: Mapping[str, str], wanted: Mapping[str, frozenset[str]]) -> str | None:
    """The first value of ``tags`` that ``wanted`` lists."""
    for key, values in wanted.items():
        if tags.get(key) in values:
            return tags[key]
    return None


class LandscapeCollector:
    """Collects the ``landscape`` layer."""

    node_keys: Keys = ()
    way_keys: Keys = ("waterway", "railway", "highway", "barrier")
    area_keys: Keys = ("natural", "waterway", "landuse", "leisure")

    def __init__(self) -> None:
        self._shapes = ShapeMaker()
        self._rows: list[tuple[str, str, str | None]] = []

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        """Nodes shape no landscape."""

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        """Lines; what lies in a tunnel divides nothing."""
        kind = _line_kind(tags)
        if kind is not None and tags.get("tunnel", "no") == "no" and self._shapes.line(thing):
            self._rows.append((object_id(thing), kind, label(tags)))

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Surfaces."""
        kind = "water" if one_of(tags, WATER) else "green" if one_of(tags, GREEN) else None
        if kind is not None and self._shapes.area(thing):
            self._rows.append((f"{object_id(thing)}-{kind}", kind, label(tags)))

    def frame(self) -> gpd.GeoDataFrame:
        """The layer, without its ``source`` column."""
        table = pd.DataFrame(self._rows, columns=["feature_id", "kind", "name"])
        return gpd.GeoDataFrame(table, geometry=self._shapes.shapes(), crs=GEOGRAPHIC)


def _line_kind(tags: Mapping[str, str]) -> str | None:
    if tags.get("waterway") in _RIVERS:
        return "river"
    if tags.get("railway") in RAILWAYS:
        return "railway"
    if tags.get("highway") in _FAST and walkable(tags) is None:
        return "motorway"
    return "wall" if tags.get("barrier") in _WALLS else None
