"""From street, demand and facility layers to the network room's arrays, in projected metres."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from kezhong.city.crs import to_projected
from kezhong.city.workspace import City
from kezhong.errors import NotFoundError

if TYPE_CHECKING:
    from kezhong.network import Access, WalkGraph

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Farthest a street may be from a place; beyond it the place is not on the network (in metres).
SNAP_M = 300.0
_KEPT_GRAPHS = 2
_graphs: OrderedDict[str, WalkGraph] = OrderedDict()


def layers_key(city: City, layers: tuple[str, ...], *more: object) -> str:
    """16 hexadecimal digits of the content of some layers and of further values."""
    parts = {layer: sorted(city.snapshot.hashes(layer).items()) for layer in layers}
    text = repr((parts, city.config.crs, more))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def street_graph(city: City) -> WalkGraph:
    """The walking graph of a city: from this process, from the city's cache, or built and cached."""
    from kezhong.network import WalkGraph

    key = layers_key(city, ("street_nodes", "street_edges"), "graph-1")
    if key in _graphs:
        _graphs.move_to_end(key)
        return _graphs[key]
    folder = city.cache_file(f"graph-{key}")
    try:
        graph = WalkGraph.load(folder)
    except NotFoundError:
        graph = _build(city)
        _keep(graph, folder)
    _graphs[key] = graph
    while len(_graphs) > _KEPT_GRAPHS:
        _graphs.popitem(last=False)
    return graph


def _keep(graph: WalkGraph, folder: Path) -> None:
    """Write the graph so that its folder appears only when it is whole; a full disk costs no assessment."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        graph.save(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    except OSError:  # the cache is a convenience: without room for it the graph is built anew next time
        shutil.rmtree(temporary, ignore_errors=True)


def _build(city: City) -> WalkGraph:
    from kezhong.network import WalkGraph

    nodes = city.geo("street_nodes")
    edges = city.geo("street_edges")
    number = pd.Index(nodes["node_id"].to_numpy(dtype=object))
    u = number.get_indexer(edges["from_node"].to_numpy(dtype=object))
    v = number.get_indexer(edges["to_node"].to_numpy(dtype=object))
    lines = np.asarray(edges.geometry.array)
    course, which = shapely.get_coordinates(lines, return_index=True)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(lines)))]).astype(np.int64)
    length = np.rint(edges["length_m"].to_numpy(dtype=np.float64) * 10.0).astype(np.uint32)
    return WalkGraph.build(
        project(lonlat(nodes), city.config.crs),
        u.astype(np.int32),
        v.astype(np.int32),
        project(course, city.config.crs),
        ptr,
        length,
    )


def lonlat(frame: gpd.GeoDataFrame) -> Floats:
    """Longitude and latitude of a layer of points, (n, 2)."""
    shapes = np.asarray(frame.geometry.array)
    return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)]).reshape(-1, 2)


def project(points: Floats, crs: str) -> Floats:
    """Metres of lon/lat points; an empty array stays empty."""
    return to_projected(points, crs) if len(points) else points.reshape(0, 2)


def attach(
    graph: WalkGraph, xy: Floats, place: npt.NDArray[Any], inside_m: Floats, n_places: int, barred: Flags | None
) -> tuple[Access, npt.NDArray[np.uint8]]:
    """Put points on the streets.

    Parameters
    ----------
    xy
        Points in metres, one a row of the access table.
    place, inside_m
        Place each row belongs to, and metres walked before the point (inside an estate).

    Returns
    -------
    access
        Rows for the kernels.
    reason : uint8 (n_places,)
        The best of each place's rows, numbered as in the network room: 0 snapped, 1 no street, 2 island, 3 barred.
    """
    from kezhong.network import Access, snap

    found = snap(graph, xy, SNAP_M, edge_mask=None if barred is None else ~barred)
    extra = found.gap_dm.astype(np.int64) + np.rint(inside_m * 10.0).astype(np.int64)
    reason = np.full(n_places, 255, dtype=np.uint8)
    # Snapped beats island beats barred beats no street.
    order = np.array([0, 3, 1, 2], dtype=np.uint8)[found.reason]
    np.minimum.at(reason, place, order)
    reason = np.array([0, 2, 3, 1], dtype=np.uint8)[np.minimum(reason, 3)]
    return Access.of(place.astype(np.int32), found.edge, found.offset_dm, extra.astype(np.uint32)), reason


def demand_rows(city: City) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Where people start: gates of gated estates, else the unit's own point. Points (lon/lat), unit, metres inside."""
    demand, exits = city.geo("demand"), city.geo("demand_exits")
    number = pd.Index(demand["demand_id"].to_numpy(dtype=object))
    unit = number.get_indexer(exits["demand_id"].to_numpy(dtype=object))
    known = unit >= 0
    own = np.setdiff1d(np.arange(len(demand)), unit[known])
    points = np.concatenate([lonlat(exits)[known], lonlat(demand)[own]])
    inside = np.concatenate([exits["extra_m"].to_numpy(dtype=np.float64)[known], np.zeros(len(own))])
    return points, np.concatenate([unit[known], own]).astype(np.int64), inside


def facility_rows(city: City, points: gpd.GeoDataFrame) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Where facilities are entered: their access points, else their own point. Points (lon/lat), row of ``points``."""
    doors = city.geo("access_points")
    ids = points["facility_id"].to_numpy(dtype=object)
    order = np.argsort(ids.astype(str), kind="stable")
    sorted_ids = ids[order].astype(str)
    wanted = doors["facility_id"].to_numpy(dtype=object).astype(str)
    first = np.searchsorted(sorted_ids, wanted, side="left")
    count = np.searchsorted(sorted_ids, wanted, side="right") - first
    # A facility that serves several elements is entered by the same doors for each of them.
    door = np.repeat(np.arange(len(wanted)), count)
    within = np.arange(len(door)) - np.repeat(np.cumsum(count) - count, count)
    place = order[np.repeat(first, count) + within]
    bare = np.setdiff1d(np.arange(len(ids)), place)
    where = np.concatenate([lonlat(doors)[door], lonlat(points)[bare]])
    return where, np.concatenate([place, bare]).astype(np.int64)
