"""Walking networks for measurements and tests, straight from an OpenStreetMap file.

Deliberately independent of ``kezhong.intake``: what is measured here is the engine alone, on networks that any reader
of this file can reproduce.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NOT_WALKED = {"motorway", "motorway_link", "trunk", "trunk_link", "construction", "proposed", "raceway", "abandoned"}
"""``highway`` values that nobody walks on; everything else is taken unless ``foot`` or ``access`` forbids it."""

EARTH_M = 6_371_008.8


@dataclass(frozen=True)
class Streets:
    """Arrays for ``WalkGraph.build``: junctions and dead ends as nodes, ways cut there as edges."""

    node_xy: NDArray[np.float64]
    edge_u: NDArray[np.int32]
    edge_v: NDArray[np.int32]
    edge_xy: NDArray[np.float64]
    edge_ptr: NDArray[np.int64]
    edge_dm: NDArray[np.uint32]


def read_streets(file: Path) -> Streets:
    """Walkable ways of an OSM file, cut at junctions, in metres of a local equirectangular projection."""
    ids, xy, ptr = _walkable_ways(file)
    metres = to_metres(xy, np.radians(xy).mean(axis=0))
    names, index, uses = np.unique(ids, return_inverse=True, return_counts=True)
    ends = np.zeros(len(ids), np.bool_)
    ends[ptr[:-1]] = ends[ptr[1:] - 1] = True
    junction = ends | (uses[index] > 1)
    position = np.empty((len(names), 2))
    position[index] = metres
    # An edge runs from one junction to the next of the same way.
    stops = np.flatnonzero(junction)
    way = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    same = way[stops[:-1]] == way[stops[1:]]
    first, last = stops[:-1][same], stops[1:][same]
    length = last - first + 1
    edge_ptr = np.concatenate([[0], np.cumsum(length)])
    take = np.repeat(first - edge_ptr[:-1], length) + np.arange(edge_ptr[-1])
    edge_xy = metres[take]
    step = np.hypot(*np.diff(edge_xy, axis=0, prepend=edge_xy[:1]).T)
    step[edge_ptr[:-1]] = 0.0
    edge_dm = np.rint(np.add.reduceat(step, edge_ptr[:-1]) * 10.0).astype(np.uint32)
    used, ends_of = np.unique(np.concatenate([index[first], index[last]]), return_inverse=True)
    u, v = ends_of.reshape(2, -1).astype(np.int32)
    return Streets(position[used], u, v, edge_xy, edge_ptr.astype(np.int64), edge_dm)


def centre_of(file: Path) -> NDArray[np.float64]:
    """Longitude and latitude (radians) about which :func:`read_streets` projects the file."""
    _, xy, _ = _walkable_ways(file)
    return np.asarray(np.radians(xy).mean(axis=0))


def to_metres(lonlat: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees (n, 2) as metres of that projection."""
    scale = EARTH_M * np.array([np.cos(centre[1]), 1.0])
    return np.asarray((np.radians(lonlat) - centre) * scale)


def to_degrees(xy: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of :func:`to_metres`."""
    scale = EARTH_M * np.array([np.cos(centre[1]), 1.0])
    return np.asarray(np.degrees(xy / scale + centre))


def largest_component(streets: Streets) -> Streets:
    """The part of the network with most nodes, renumbered."""
    n = len(streets.node_xy)
    links = coo_array((np.ones(len(streets.edge_u)), (streets.edge_u, streets.edge_v)), shape=(n, n))
    _, label = connected_components(links, directed=False)
    return select_nodes(streets, label == np.bincount(label).argmax())


def tiled(streets: Streets, across: int) -> Streets:
    """Copies of a network side by side, joined by a street between the nodes nearest to the seam. Synthetic."""
    n, m, k = len(streets.node_xy), len(streets.edge_u), len(streets.edge_xy)
    span = streets.node_xy.max(axis=0) - streets.node_xy.min(axis=0) + 50.0
    shifts = np.array([(i, j) for j in range(across) for i in range(across)]) * span
    copies = np.arange(len(shifts))
    east, west = int(streets.node_xy[:, 0].argmax()), int(streets.node_xy[:, 0].argmin())
    north, south = int(streets.node_xy[:, 1].argmax()), int(streets.node_xy[:, 1].argmin())
    right = [c for c in copies if (c + 1) % across]
    upper = [c for c in copies if c + across < len(copies)]
    u = np.concatenate([[c * n + east for c in right], [c * n + north for c in upper]]).astype(np.int32)
    v = np.concatenate([[(c + 1) * n + west for c in right], [(c + across) * n + south for c in upper]]).astype(
        np.int32
    )
    node_xy = np.concatenate([streets.node_xy + shift for shift in shifts])
    seams = np.stack([node_xy[u], node_xy[v]], axis=1)
    seam_dm = np.rint(np.hypot(*(seams[:, 1] - seams[:, 0]).T) * 10.0).astype(np.uint32)
    return (
        Streets(
            node_xy,
            np.concatenate([(streets.edge_u + copies[:, None] * n).ravel(), u]).astype(np.int32),
            np.concatenate([(streets.edge_v + copies[:, None] * n).ravel(), v]).astype(np.int32),
            np.concatenate([*(streets.edge_xy + shift for shift in shifts), seams.reshape(-1, 2)]),
            np.concatenate(
                [(streets.edge_ptr[:-1] + copies[:, None] * k).ravel(), len(copies) * k + 2 * np.arange(len(u) + 1)]
            ),
            np.concatenate([np.tile(streets.edge_dm, len(copies)), seam_dm]),
        )
        if m
        else streets
    )


def select_nodes(streets: Streets, keep: NDArray[np.bool_]) -> Streets:
    """The part of the network whose edges have both ends among the nodes ``keep``, renumbered."""
    number = np.cumsum(keep) - 1
    edges = keep[streets.edge_u]
    length = np.diff(streets.edge_ptr)
    return Streets(
        streets.node_xy[keep],
        number[streets.edge_u[edges]].astype(np.int32),
        number[streets.edge_v[edges]].astype(np.int32),
        streets.edge_xy[np.repeat(edges, length)],
        np.concatenate([[0], np.cumsum(length[edges])]).astype(np.int64),
        streets.edge_dm[edges],
    )


def _walkable_ways(file: Path) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Node ids and positions of all walkable ways, flat, with offsets, without nodes that a clipped file lacks."""
    ids: list[int] = []
    xy: list[tuple[float, float]] = []
    ptr = [0]
    source = osmium.FileProcessor(str(file)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
    for item in source:
        if not isinstance(item, osmium.osm.Way) or not _walkable(item.tags):
            continue
        places = [(node.ref, node.lon, node.lat) for node in item.nodes if node.location.valid()]
        if len(places) < 2:
            continue
        ids.extend(place[0] for place in places)
        xy.extend(place[1:] for place in places)
        ptr.append(len(ids))
    return np.array(ids, np.int64), np.array(xy), np.array(ptr, np.int64)


def _walkable(tags: osmium.osm.TagList) -> bool:
    if tags.get("highway") in NOT_WALKED or tags.get("area") == "yes":
        return False
    foot = tags.get("foot")
    return foot != "no" and not (tags.get("access") in {"no", "private"} and foot is None)
