"""Street layers of the bureau (centre lines, footways): from lines as drawn to a network with nodes.

Lines are joined where they share a vertex, where one ends on another, and where they cross on the same level.
Draughtsmen's ends that miss each other by less than :data:`TOLERANCE_M` are one node.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kezhong.city.crs import GEOGRAPHIC, projected_crs_for, to_geographic, to_projected
from kezhong.errors import InputError
from kezhong.intake.columns import fields_of
from kezhong.intake.datum import file_datum, shapes_to_wgs84
from kezhong.intake.geofiles import read_geofile
from kezhong.intake.mapping import Mapping, resolve
from kezhong.intake.osm_reader import metres, slope
from kezhong.intake.osm_walk import WALKED, walkable
from kezhong.intake.polylines import ellipsoidal_lengths
from kezhong.intake.report import Note
from kezhong.progress import Progress, silent

#: Ends of lines closer than this are the same node.
TOLERANCE_M = 0.5
_SAME_NODE_M = 0.05  # ends of pieces this close come from one cut
_SAME_M = 0.001  # places along a line closer than this are one

#: Classes of the bureau's layers on which nobody walks.
_CLOSED_CLASSES = ("高速", "快速路", "motorway", "expressway", "铁路", "railway")
_TRUE = frozenset({"1", "1.0", "true", "t", "y", "yes", "是", "有"})
_FALSE = frozenset({"", "0", "0.0", "false", "f", "n", "no", "否", "无", "none", "nan"})


@dataclass(frozen=True, slots=True)
class Lines:
    """A noded line layer, without the ``source`` column, and the mapping to remember."""

    edges: gpd.GeoDataFrame
    nodes: gpd.GeoDataFrame
    read: int
    notes: list[Note]
    mapping: Mapping


def read_lines(path: Path, mapping: Mapping, datum: str | None, progress: Progress = silent) -> Lines:
    """Read a line layer and make a network of it.

    Raises
    ------
    InputError
        Not readable, no lines, no datum, or the mapping names columns that are not there.
    """
    table = read_geofile(path, mapping.sheet)
    if table.shapes is None:
        raise InputError("intake_osm.no_lines", file=path.name, found="–")
    where = file_datum(table.crs, datum or mapping.datum, path.name)
    progress(0.3, "intake_osm.step_reading")
    shapes = shapes_to_wgs84(table.shapes, where)
    parts, row = shapely.get_parts(shapes, return_index=True)
    straight = np.isin(shapely.get_type_id(parts), (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING))
    straight &= ~shapely.is_empty(parts)
    if not straight.any():
        found = sorted({shape.geom_type for shape in parts if shape is not None}) or ["–"]
        raise InputError("intake_osm.no_lines", file=path.name, found="、".join(found))
    columns = resolve(table.columns, fields_of("streets"), mapping, path.name)
    attributes = _attributes(table.frame, columns).take(row[straight]).reset_index(drop=True)
    walked = attributes.pop("walked").to_numpy(dtype=bool)
    if not walked.any():
        raise InputError("intake_osm.no_streets", file=path.name, ways=len(walked))
    attributes = attributes[walked].reset_index(drop=True)
    progress(0.6, "intake_osm.step_network")
    edges, nodes = noded(parts[straight][walked], attributes)
    recognised = ";".join(f"{ours}←{theirs}" for ours, theirs in columns.items()) or "–"
    notes = [Note(f"坐标系：{where}；列对应：{recognised}", f"datum: {where}; columns: {recognised}")]
    if not walked.all():
        left = int((~walked).sum())
        notes.append(Note(f"有 {left} 条不可步行的道路未导入", f"{left} lines that nobody may walk on were left out"))
    return Lines(edges, nodes, len(table.frame), notes, replace(mapping, columns=columns, datum=where))


def noded(lines: np.ndarray, attributes: pd.DataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Split lines (lon/lat) where they meet and give nodes and edges their stable ids.

    ``attributes`` has one row a line and a column ``level``: lines of different levels cross without meeting
    unless one of them ends there.
    """
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    centre = lonlat.mean(axis=0)
    crs = projected_crs_for(float(centre[0]), float(centre[1]))
    xy = _joined_ends(to_projected(lonlat, crs), line)
    flat = np.asarray(shapely.linestrings(xy, indices=line))
    cuts = _meetings(flat, xy, line, attributes["level"].to_numpy(dtype=float))
    edge, points, parent = _cut(flat, xy, line, cuts)
    back = np.round(to_geographic(points, crs), 7)
    return _tables(back, points, edge, attributes.take(parent).reset_index(drop=True))


def _attributes(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """Columns of ``street_edges`` for every row of the file, and whether people may walk there."""

    def texts(ours: str) -> list[str | None]:
        if ours not in columns:
            return [None] * len(frame)
        cells = frame[columns[ours]]
        return [None if pd.isna(value) or not str(value).strip() else str(value).strip() for value in cells]

    def flags(ours: str) -> list[bool]:
        return [(value or "").lower() not in _FALSE for value in texts(ours)]

    classes, access = texts("highway"), texts("access")
    table = pd.DataFrame({name: texts(name) for name in ("name", "sidewalk", "surface", "lit", "wheelchair")})
    kinds = [_class(value) for value in classes]
    table["highway"] = kinds
    table["width_m"] = [metres(value) for value in texts("width_m")]
    table["incline_pct"] = [slope(value) for value in texts("incline_pct")]
    table["steps"] = np.array(flags("steps")) | (table["highway"] == "steps").to_numpy()
    table["bridge"], table["tunnel"] = flags("bridge"), flags("tunnel")
    table["access"] = [None if value in ("yes", "no") else value for value in access]
    level = [_level(value) for value in texts("level")]
    above = table["bridge"].to_numpy(dtype=float) - table["tunnel"].to_numpy(dtype=float)
    table["level"] = np.where(np.isnan(level), above, level)
    table["walked"] = [kind is not None and may not in ("no", "禁止") for kind, may in zip(kinds, access, strict=True)]
    return table


def _class(value: str | None) -> str | None:
    """OSM values stay (if walkable); the bureau's own classes become ``street``, closed ones ``None``."""
    if value is None:
        return "street"
    if any(word in value.lower() for word in _CLOSED_CLASSES):
        return None
    if value in WALKED or value in ("trunk", "trunk_link", "busway", "construction", "proposed"):
        return walkable({"highway": value})
    return "street"


def _level(value: str | None) -> float:
    try:
        return float(value) if value is not None else math.nan
    except ValueError:
        return math.nan


def _joined_ends(xy: npt.NDArray[np.float64], line: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Move ends that lie within the tolerance of one another onto one place."""
    ends = _tips(line)
    moved = xy.copy()
    moved[ends] = xy[ends[_clusters(xy[ends], TOLERANCE_M)]]
    return moved


def _tips(line: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Positions of the first and last vertices of all lines."""
    change = line[1:] != line[:-1]
    return np.flatnonzero(np.r_[True, change] | np.r_[change, True])


def _meetings(
    flat: np.ndarray, xy: npt.NDArray[np.float64], line: npt.NDArray[np.int64], level: npt.NDArray[np.float64]
) -> pd.DataFrame:
    """Places where lines are to be cut: rows (line, x, y)."""
    tree = shapely.STRtree(flat)
    found: list[pd.DataFrame] = []
    # A line that ends on another one (or just beside it) is joined to it, whatever their levels.
    ends = _tips(line)
    tips = shapely.points(xy[ends])
    tip, other = tree.query(tips, predicate="dwithin", distance=TOLERANCE_M)
    found.append(pd.DataFrame({"line": other, "x": xy[ends[tip], 0], "y": xy[ends[tip], 1]}))
    # Lines of one level that cross or share a vertex.
    one, two = tree.query(flat, predicate="intersects")
    pair = (one < two) & (level[one] == level[two])
    one, two = one[pair], two[pair]
    spots, which = shapely.get_parts(shapely.intersection(flat[one], flat[two]), return_index=True)
    corners, part = shapely.get_coordinates(spots, return_index=True)  # an overlap counts with its two ends
    found += [pd.DataFrame({"line": side[which[part]], "x": corners[:, 0], "y": corners[:, 1]}) for side in (one, two)]
    rings = np.flatnonzero(shapely.is_closed(flat))  # no edge may join a node to itself
    far = shapely.get_coordinates(shapely.line_interpolate_point(flat[rings], 0.5, normalized=True))
    found.append(pd.DataFrame({"line": rings, "x": far[:, 0], "y": far[:, 1]}))
    return pd.concat(found, ignore_index=True)


def _cut(
    flat: np.ndarray, xy: npt.NDArray[np.float64], line: npt.NDArray[np.int64], cuts: pd.DataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Cut every line at its places; returns edge of each vertex, vertices (metres), and line of each edge."""
    step = np.hypot(*np.diff(xy, axis=0).T) if len(xy) > 1 else np.array([])
    first = np.r_[True, line[1:] != line[:-1]]
    step = np.r_[0.0, step]
    step[first] = 0.0
    total = np.cumsum(step)
    along = total - np.repeat(total[first], np.diff(np.r_[np.flatnonzero(first), len(line)]))
    own = cuts["line"].to_numpy(dtype=np.int64)
    where = shapely.line_locate_point(flat[own], shapely.points(cuts[["x", "y"]].to_numpy()))
    last = np.r_[first[1:], True]
    table = pd.DataFrame(
        {
            "line": np.r_[line, own],
            "at": np.r_[along, where],
            "x": np.r_[xy[:, 0], cuts["x"]],
            "y": np.r_[xy[:, 1], cuts["y"]],
            "node": np.r_[first | last, np.ones(len(own), dtype=bool)],
        }
    )
    table["key"] = (table["at"] / _SAME_M).round().astype(np.int64)
    table = table.sort_values(["line", "at", "node"], ascending=[True, True, False], kind="stable")
    # The same place several times (vertex and crossing): one vertex, which is a node if any of them is; its position
    # is that of a node, so that both lines of a crossing get identical coordinates.
    group = table.groupby(["line", "key"], sort=False)
    merged = group.agg(at=("at", "first"), x=("x", "first"), y=("y", "first"), node=("node", "max")).reset_index()
    is_node = merged["node"].to_numpy(dtype=bool)
    owner = merged["line"].to_numpy(dtype=np.int64)
    at = np.flatnonzero(is_node)
    same = owner[at[1:]] == owner[at[:-1]]
    start, end = at[:-1][same], at[1:][same]
    size = end - start + 1
    index = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start, size)
    return np.repeat(np.arange(len(start)), size), merged[["x", "y"]].to_numpy()[index], owner[start]


def _tables(
    lonlat: npt.NDArray[np.float64],
    xy: npt.NDArray[np.float64],
    edge: npt.NDArray[np.int64],
    attributes: pd.DataFrame,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Edges and nodes with ids that depend on nothing but the geometry."""
    shapes = np.asarray(shapely.linestrings(lonlat, indices=edge))
    first = np.r_[True, edge[1:] != edge[:-1]]
    ends = np.r_[np.flatnonzero(first), np.flatnonzero(np.r_[first[1:], True])]
    leader = ends[_clusters(xy[ends], _SAME_NODE_M)]
    keys, number = np.unique(leader, return_inverse=True)
    places = lonlat[keys]
    names = np.array([f"p{_digest(f'{lon:.6f},{lat:.6f}'.encode())}" for lon, lat in places.tolist()], dtype=object)
    table = attributes.drop(columns="level")
    table["from_node"], table["to_node"] = np.split(names[number], 2)
    table["length_m"] = ellipsoidal_lengths(lonlat, edge, len(shapes))
    table["edge_id"] = [f"g{_digest(blob)}" for blob in np.asarray(shapely.to_wkb(shapely.normalize(shapes)))]
    table["geometry"] = shapes
    table["crossing"] = None
    usable = (table["from_node"] != table["to_node"]) & (table["length_m"] > 0) & ~table["edge_id"].duplicated()
    table = table[usable].reset_index(drop=True)
    used, degree = np.unique(
        np.r_[table["from_node"].to_numpy(dtype=str), table["to_node"].to_numpy(dtype=str)], return_counts=True
    )
    spot = pd.DataFrame(places, index=names)[lambda frame: ~frame.index.duplicated()].loc[used].to_numpy()
    nodes = pd.DataFrame({"node_id": used.astype(object), "kind": np.where(degree == 1, "end", "junction")})
    return (
        gpd.GeoDataFrame(table, geometry="geometry", crs=GEOGRAPHIC),
        gpd.GeoDataFrame(nodes, geometry=shapely.points(spot), crs=GEOGRAPHIC),
    )


def _clusters(xy: npt.NDArray[np.float64], distance: float) -> npt.NDArray[np.int64]:
    """For each place the westernmost place of its cluster (chains of places nearer than ``distance``)."""
    points = np.asarray(shapely.points(xy))
    one, two = shapely.STRtree(points).query(points, predicate="dwithin", distance=distance)
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, two)), shape=(len(xy), len(xy)))
    count, cluster = connected_components(graph, directed=False)
    order = np.lexsort((xy[:, 1], xy[:, 0]))[::-1]
    leader = np.zeros(count, dtype=np.int64)
    leader[cluster[order]] = order  # written last: the westernmost
    return np.asarray(leader[cluster])


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=7).hexdigest()
