"""From OSM ways to the walkable network: collecting, splitting at shared nodes, lengths, squares.

Everything after the collecting is arrays: no loop over vertices.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import GEOGRAPHIC
from kezhong.intake import osm_walk
from kezhong.intake.osm_reader import metres, slope
from kezhong.intake.osm_sweep import Keys
from kezhong.intake.polylines import ellipsoidal_lengths
from kezhong.intake.squares import crossings

_SCALE = 1e-7  # OSM coordinates are whole numbers of this many degrees

#: Column of ``street_edges`` → OSM key, for values taken over as they are.
_PLAIN = {
    "name": "name",
    "surface": "surface",
    "lit": "lit",
    "wheelchair": "wheelchair",
}
_NODE_PLAIN = {
    "barrier": "barrier",
    "crossing": "crossing",
    "kerb": "kerb",
    "hours": "opening_hours",
    "wheelchair": "wheelchair",
}


class StreetCollector:
    """Collects walkable ways, the surfaces among them, and the nodes that matter to walkers."""

    node_keys: Keys = ("barrier", "entrance", "highway", "railway")
    way_keys: Keys = ("highway", "public_transport", "railway")
    area_keys: Keys = ("highway", "public_transport", "railway")

    def __init__(self) -> None:
        self.refs = array("q")
        self.x = array("i")
        self.y = array("i")
        self.ends = array("q")  # end position of each way in the arrays above
        self.way_ids: list[str] = []
        self.ways: list[dict[str, object]] = []
        self.surface: list[bool] = []
        self.nodes: dict[int, tuple[str, dict[str, str]]] = {}
        self.signals: set[int] = set()
        self.highways_seen = 0

    def node(self, thing: Any, tags: dict[str, str]) -> None:
        kind = osm_walk.node_kind(tags)
        if kind is not None:
            self.nodes[thing.id] = (kind, tags)
        if osm_walk.has_signals(tags):
            self.signals.add(thing.id)

    def way(self, thing: Any, tags: dict[str, str]) -> None:
        self.highways_seen += "highway" in tags
        kind = osm_walk.walkable(tags)
        if kind is None:
            return
        surface = thing.is_closed() and (osm_walk.is_area(tags) or kind == "platform")
        self._add(f"w{thing.id}", thing.nodes, kind, tags, surface=surface)

    def area(self, thing: Any, tags: dict[str, str]) -> None:
        """Surfaces mapped as multipolygons: walk along their rings (closed ways were seen as ways)."""
        if thing.from_way():
            return
        kind = osm_walk.walkable(tags)
        if kind is None:
            return
        for outer in thing.outer_rings():
            self._add(f"r{thing.orig_id()}", outer, kind, tags, surface=True)
            for inner in thing.inner_rings(outer):
                self._add(f"r{thing.orig_id()}", inner, kind, tags, surface=False)

    def _add(self, name: str, nodes: Any, kind: str, tags: dict[str, str], *, surface: bool) -> None:
        refs, x, y = self.refs, self.x, self.y
        for node in nodes:
            spot = node.location
            refs.append(node.ref)
            x.append(spot.x)
            y.append(spot.y)
        self.ends.append(len(refs))
        self.way_ids.append(name)
        self.ways.append(_way(kind, tags))
        self.surface.append(surface)

    def frames(self) -> Streets:
        """Split everything collected into edges and nodes."""
        return _split(self)


@dataclass(frozen=True, slots=True)
class Streets:
    """The network as tables ready for the city, without their ``source`` column."""

    edges: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    cut_ways: int  # ways some of whose nodes are not in the file
    doubled: int  # stretches mapped by two ways, taken once
    pointless: int  # stretches without length: two nodes at one place, which they keep together


@dataclass(frozen=True, slots=True)
class _Vertices:
    """Vertices that are in the file; ``run`` is a stretch of one way without a gap."""

    ref: npt.NDArray[np.int64]
    lonlat: npt.NDArray[np.float64]
    way: npt.NDArray[np.int64]
    run: npt.NDArray[np.int64]


def _way(kind: str, tags: dict[str, str]) -> dict[str, object]:
    is_crossing = tags.get("footway") == "crossing" or kind == "crossing" or "crossing" in tags
    return {
        "highway": kind,
        **{column: tags.get(key) for column, key in _PLAIN.items()},
        "steps": kind == "steps",
        "sidewalk": osm_walk.sidewalk(tags),
        "width_m": metres(tags.get("width")),
        "incline_pct": slope(tags.get("incline")),
        "incline": osm_walk.rising(tags),
        "step_count": metres(tags.get("step_count")),
        "ramp": osm_walk.ramp(tags),
        "kerb": tags.get("kerb") if is_crossing else None,
        "oneway": osm_walk.one_way(tags),
        "layer": osm_walk.layer(tags),
        "crossing": (tags.get("crossing") or "yes") if is_crossing else None,
        "bridge": tags.get("bridge", "no") != "no",
        "tunnel": tags.get("tunnel", "no") != "no",
        "access": osm_walk.permission(tags),
    }


def _split(found: StreetCollector) -> Streets:
    vertices, cut = _vertices(found)
    names, position, uses = np.unique(vertices.ref, return_inverse=True, return_counts=True)
    special = np.isin(names, np.fromiter(found.nodes, dtype=np.int64, count=len(found.nodes)))
    is_node = ((uses > 1) | special)[position]
    n = len(vertices.ref)
    first = np.ones(n, dtype=bool)
    first[1:] = vertices.run[1:] != vertices.run[:-1]
    last = np.ones(n, dtype=bool)
    last[:-1] = first[1:]
    is_node |= first | last
    surfaces, ring_of = _surfaces(found, vertices)
    closed = vertices.ref[first] == vertices.ref[last]  # the node that closes a ring was counted twice
    meeting = (uses - np.bincount(position[first][closed], minlength=len(uses)))[position]
    loose = np.flatnonzero(is_node & (meeting == 1))
    chords = crossings(surfaces, ring_of, vertices.ref, vertices.lonlat, meeting > 1, loose)
    is_node |= np.isin(vertices.ref, chords.refs())
    start, end = _pieces(vertices.run, is_node)
    loop = vertices.ref[start] == vertices.ref[end]
    if loop.any():  # a closed way without junctions: its far side becomes a node, for no edge may join a node to itself
        is_node[(start[loop] + end[loop]) // 2] = True
        start, end = _pieces(vertices.run, is_node)
    edges, doubled = _edge_table(found, vertices, start, end)
    edges = pd.concat([edges, _chord_table(found, chords.rows)], ignore_index=True) if chords.rows else edges
    frame = gpd.GeoDataFrame(edges, geometry="geometry", crs=GEOGRAPHIC)
    pointless = int((frame["length_m"] == 0).sum())
    return Streets(frame, _node_table(found, vertices, frame), cut, doubled, pointless)


def _vertices(found: StreetCollector) -> tuple[_Vertices, int]:
    ends = np.frombuffer(found.ends, dtype=np.int64) if found.ends else np.empty(0, dtype=np.int64)
    ref = np.frombuffer(found.refs, dtype=np.int64) if found.refs else np.empty(0, dtype=np.int64)
    x = np.frombuffer(found.x, dtype=np.int32) if found.x else np.empty(0, dtype=np.int32)
    y = np.frombuffer(found.y, dtype=np.int32) if found.y else np.empty(0, dtype=np.int32)
    way = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    there = (np.abs(x.astype(np.int64)) <= 1_800_000_000) & (np.abs(y.astype(np.int64)) <= 900_000_000)
    cut = len(np.unique(way[~there]))
    gap = np.cumsum(~there)  # a missing node in between starts a new run
    ref, x, y, way, gap = ref[there], x[there], y[there], way[there], gap[there]
    run = np.cumsum((np.diff(way, prepend=-1) != 0) | (np.diff(gap, prepend=-1) != 0))
    repeated = np.zeros(len(ref), dtype=bool)
    repeated[1:] = (ref[1:] == ref[:-1]) & (run[1:] == run[:-1])
    keep = ~repeated & (np.bincount(run[~repeated], minlength=run.max(initial=0) + 1) > 1)[run]
    lonlat = np.column_stack([x[keep] * _SCALE, y[keep] * _SCALE])
    return _Vertices(ref[keep], lonlat, way[keep], run[keep]), cut


def _pieces(run: npt.NDArray[np.int64], is_node: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], ...]:
    """First and last vertex of every edge."""
    at = np.flatnonzero(is_node)
    same = run[at[1:]] == run[at[:-1]]
    return at[:-1][same], at[1:][same]


def _surfaces(found: StreetCollector, vertices: _Vertices) -> tuple[np.ndarray, npt.NDArray[np.int64]]:
    """Polygons of the walkable surfaces, and for each vertex which of them it bounds (-1: none)."""
    wanted = np.array(found.surface, dtype=bool)
    size = np.bincount(vertices.way, minlength=len(wanted))
    starts = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64)
    ways = np.flatnonzero(wanted & (size >= 4))
    closed = vertices.ref[starts[ways]] == vertices.ref[starts[ways] + size[ways] - 1]
    ways = ways[closed]
    number = np.full(len(wanted), -1, dtype=np.int64)
    number[ways] = np.arange(len(ways))
    ring_of = number[vertices.way] if len(vertices.way) else np.empty(0, dtype=np.int64)
    rings = ring_of >= 0
    if len(ways) == 0:
        return np.array([], dtype=object), ring_of
    polygons = shapely.polygons(shapely.linearrings(vertices.lonlat[rings], indices=ring_of[rings]))
    return np.asarray(polygons, dtype=object), ring_of


def _edge_table(
    found: StreetCollector, vertices: _Vertices, start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> tuple[pd.DataFrame, int]:
    """Edges between nodes, and how many were left out because another way maps the same stretch."""
    size = end - start + 1
    edge = np.repeat(np.arange(len(start)), size)
    at = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)
    lonlat = vertices.lonlat[at]
    u, v, way = vertices.ref[start], vertices.ref[end], vertices.way[start]
    table = pd.DataFrame({"way": way, "u": u, "v": v, "length_m": ellipsoidal_lengths(lonlat, edge, len(start))})
    table["geometry"] = shapely.linestrings(lonlat, indices=edge) if len(start) else []
    # The same stretch mapped by two ways (a ring and its members, doubled ways) is one street.
    # (The two halves of a round ring have ends and length in common, but not their middles.)
    shapes = table["geometry"].to_numpy(dtype=object)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(shapes, 0.5, normalized=True)).round(6)
    key = pd.DataFrame(
        {"a": np.minimum(u, v), "b": np.maximum(u, v), "mm": (table["length_m"] * 1000).round(), "x": middle[:, 0]}
    ).assign(y=middle[:, 1])
    doubled = key.duplicated().to_numpy()
    table = table[~doubled].reset_index(drop=True)
    names = np.array(found.way_ids, dtype=object)[table["way"]] if len(table) else np.array([], dtype=object)
    ids = [f"{name}:{a}-{b}" for name, a, b in zip(names, table["u"], table["v"], strict=True)]
    table["edge_id"] = np.array(ids, dtype=object)
    again = table.groupby("edge_id").cumcount()
    table.loc[again > 0, "edge_id"] += "#" + (again[again > 0] + 1).astype(str)
    attributes = pd.DataFrame(found.ways).take(table["way"]).reset_index(drop=True)
    return pd.concat([_ends(table), attributes], axis=1), int(doubled.sum())


def _ends(table: pd.DataFrame) -> pd.DataFrame:
    table["from_node"] = "n" + table["u"].astype(str)
    table["to_node"] = "n" + table["v"].astype(str)
    return table[["edge_id", "from_node", "to_node", "length_m", "geometry", "way"]]


def _chord_table(found: StreetCollector, rows: list[tuple[int, int, int, np.ndarray]]) -> pd.DataFrame:
    """Straight lines across squares, with the square's own attributes."""
    surfaces = [way for way, wanted in enumerate(found.surface) if wanted]
    table = pd.DataFrame(rows, columns=["way", "u", "v", "geometry"])
    table["way"] = np.array(surfaces, dtype=np.int64)[table["way"]]
    shapes = table["geometry"].to_numpy()
    lonlat, edge = shapely.get_coordinates(shapes, return_index=True)
    table["length_m"] = ellipsoidal_lengths(lonlat, edge, len(table))
    names = np.array(found.way_ids, dtype=object)[table["way"]]
    table["edge_id"] = [f"{name}:x{a}-{b}" for name, a, b in zip(names, table["u"], table["v"], strict=True)]
    table = table[(table["length_m"] > 0) & ~table["edge_id"].duplicated()].reset_index(drop=True)
    attributes = pd.DataFrame(found.ways).take(table["way"]).reset_index(drop=True)
    return pd.concat([_ends(table), attributes], axis=1)


def _node_table(found: StreetCollector, vertices: _Vertices, edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    names, degree = np.unique(
        np.concatenate([edges["from_node"].to_numpy(dtype=object), edges["to_node"].to_numpy(dtype=object)]).astype(str)
        if len(edges)
        else np.array([], dtype=str),
        return_counts=True,
    )
    ids = np.array([int(name[1:]) for name in names.tolist()], dtype=np.int64)
    known, first = np.unique(vertices.ref, return_index=True)
    lonlat = vertices.lonlat[first[np.searchsorted(known, ids)]] if len(ids) else np.empty((0, 2))
    table = pd.DataFrame({"node_id": names.astype(object), "kind": np.where(degree == 1, "end", "junction")})
    tagged = [found.nodes.get(ref) for ref in ids.tolist()]
    table["kind"] = [item[0] if item else kind for item, kind in zip(tagged, table["kind"], strict=True)]
    for column, key in _NODE_PLAIN.items():
        table[column] = [item[1].get(key) if item else None for item in tagged]
    signals = np.fromiter(found.signals, dtype=np.int64, count=len(found.signals))
    table["signals"] = np.isin(ids, signals)
    table["access"] = [(item[1].get("foot") or item[1].get("access")) if item else None for item in tagged]
    return gpd.GeoDataFrame(table, geometry=shapely.points(lonlat), crs=GEOGRAPHIC)
