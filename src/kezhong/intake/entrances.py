"""Where walkers reach a facility: entrances and gates, where streets meet its edge, or the point itself.

A park or school is never reached at its middle. All distances are metres in the city's projected system.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

#: An entrance or gate this near to the outline belongs to the site; small buildings have their doors on it.
ENTRANCE_M = 15.0
DOOR_M = 5.0
SMALL_M2 = 2000.0
#: A street this near to the outline gives access to the site where no entrance is known.
STREET_M = 20.0
#: Places on one outline are at least this far apart.
SPACING_M = 40.0
#: At most so many places on one outline; the spacing grows on very large sites.
MOST = 60

Shapes = npt.NDArray[np.object_]


def access_points(
    sites: Shapes, open_sites: npt.NDArray[np.bool_], nodes: pd.DataFrame, node_points: Shapes, streets: Shapes
) -> pd.DataFrame:
    """Places at which the sites are reached.

    Parameters
    ----------
    sites
        (n,) shapes of the facilities, metres.
    open_sites
        (n,) parks, squares and greenways: one may walk in wherever a street meets them or runs along the edge. Other
        sites are reached so only where neither an entrance nor a street that crosses the edge is known.
    nodes, node_points
        Street nodes (``node_id``, ``kind``) and their points.
    streets
        Walkable street segments.

    Returns
    -------
    DataFrame with columns ``site``, ``access_id``, ``kind``, ``geometry``; at least one row a site.
    """
    surface = shapely.get_dimensions(sites) >= 1
    points = np.flatnonzero(~surface)
    found = [_rows(points, "point", shapely.centroid(sites[points]))]
    large = np.flatnonzero(surface)
    if len(large):
        found.append(_of_sites(sites, large, open_sites, nodes, node_points, streets))
    table = pd.concat(found, ignore_index=True)
    rank = table.groupby(["site", "kind"]).cumcount() + 1
    table["access_id"] = table["access_id"].where(table["access_id"].notna(), table["kind"].str[0] + rank.astype(str))
    return table[~table.duplicated(["site", "access_id"])].reset_index(drop=True)


def _rows(site: npt.NDArray[np.int64], kind: str, shapes: Shapes, names: Shapes | None = None) -> pd.DataFrame:
    ids = np.full(len(site), None, dtype=object) if names is None else names
    return pd.DataFrame({"site": site, "access_id": ids, "kind": kind, "geometry": shapes}).astype(
        {"access_id": object}
    )


def _of_sites(
    sites: Shapes,
    large: npt.NDArray[np.int64],
    open_sites: npt.NDArray[np.bool_],
    nodes: pd.DataFrame,
    node_points: Shapes,
    streets: Shapes,
) -> pd.DataFrame:
    outline = np.array(sites, dtype=object)
    flat = shapely.get_dimensions(sites) == 2
    outline[flat] = shapely.boundary(sites[flat])
    doors = _entrances(sites, outline, large, nodes, node_points)
    if len(streets) == 0:
        bare = np.setdiff1d(large, doors["site"])
        corner = np.asarray(shapely.points(shapely.get_coordinates(outline[bare])[_first_coordinate(outline[bare])]))
        return pd.concat([doors, _rows(bare, "edge", corner)], ignore_index=True)
    tree = shapely.STRtree(streets)
    known = [doors, _crossings(outline, large[flat[large] | open_sites[large]], tree, streets)]
    reached = np.unique(np.concatenate([part["site"].to_numpy(dtype=np.int64) for part in known]))
    along = large[open_sites[large] | ~np.isin(large, reached)]
    known.append(_alongside(outline, along, tree, streets))
    reached = np.unique(np.concatenate([part["site"].to_numpy(dtype=np.int64) for part in known]))
    known.append(_nearest(outline, np.setdiff1d(large, reached), tree, streets))
    return _thinned(pd.concat(known, ignore_index=True), outline)


def _first_coordinate(shapes: Shapes) -> npt.NDArray[np.int64]:
    counts = shapely.get_num_coordinates(shapes)
    return (np.cumsum(counts) - counts).astype(np.int64)


def _entrances(
    sites: Shapes, outline: Shapes, large: npt.NDArray[np.int64], nodes: pd.DataFrame, node_points: Shapes
) -> pd.DataFrame:
    doors = np.flatnonzero(nodes["kind"].isin(("entrance", "gate")).to_numpy(dtype=bool))
    if len(doors) == 0:
        return _rows(np.empty(0, dtype=np.int64), "entrance", np.empty(0, dtype=object))
    tree = shapely.STRtree(node_points[doors])
    reach = np.where(shapely.area(sites[large]) < SMALL_M2, DOOR_M, ENTRANCE_M)
    site, door = tree.query(outline[large], predicate="dwithin", distance=reach)
    names = nodes["node_id"].to_numpy(dtype=object)[doors[door]]
    return _rows(large[site], "entrance", node_points[doors[door]], names)


def _crossings(outline: Shapes, large: npt.NDArray[np.int64], tree: shapely.STRtree, streets: Shapes) -> pd.DataFrame:
    """Where streets cross or end on the outline; a street along it counts with its ends."""
    site, street = tree.query(outline[large], predicate="intersects")
    meeting = shapely.intersection(outline[large[site]], streets[street])
    parts, which = shapely.get_parts(meeting, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    return _rows(large[site[which[part]]], "edge", np.asarray(shapely.points(xy)))


def _alongside(outline: Shapes, along: npt.NDArray[np.int64], tree: shapely.STRtree, streets: Shapes) -> pd.DataFrame:
    """Places spread over the outline that have a street nearby."""
    length = shapely.length(outline[along])
    count = np.clip(np.ceil(length / SPACING_M), 4, MOST).astype(np.int64)
    owner = np.repeat(along, count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    spots = _interpolated(outline, owner, step / np.repeat(count, count))
    site, street = tree.query_nearest(spots, max_distance=STREET_M, all_matches=False)
    # From the sample to the place on the outline that faces the street.
    facing = shapely.get_point(shapely.shortest_line(outline[owner[site]], _near_part(streets[street], spots[site])), 0)
    return _rows(owner[site], "edge", facing)


def _interpolated(outline: Shapes, owner: npt.NDArray[np.int64], share: npt.NDArray[np.float64]) -> Shapes:
    """Points at shares of the outlines' lengths; parts of a multi-line outline follow one another."""
    parts, of = shapely.get_parts(outline, return_index=True)
    length = shapely.length(parts)
    total = np.bincount(of, weights=length, minlength=len(outline))
    before = np.cumsum(length) - length
    start = np.cumsum(total) - total  # of each outline, on the line of all parts laid end to end
    at = start[owner] + share * total[owner]
    part = np.clip(np.searchsorted(before, at, side="right") - 1, 0, len(parts) - 1)
    return np.asarray(shapely.line_interpolate_point(parts[part], at - before[part]))


def _near_part(streets: Shapes, spots: Shapes) -> Shapes:
    """The place on each street nearest to each spot."""
    return np.asarray(shapely.get_point(shapely.shortest_line(streets, spots), 0))


def _nearest(outline: Shapes, bare: npt.NDArray[np.int64], tree: shapely.STRtree, streets: Shapes) -> pd.DataFrame:
    site, street = tree.query_nearest(outline[bare], all_matches=False)
    spots = shapely.get_point(shapely.shortest_line(outline[bare[site]], streets[street]), 0)
    return _rows(bare[site], "edge", spots)


def _thinned(table: pd.DataFrame, outline: Shapes) -> pd.DataFrame:
    """Keep one place per stretch of outline; entrances always stay, crossings come before samples."""
    site = table["site"].to_numpy(dtype=np.int64)
    spots = table["geometry"].to_numpy(dtype=object)
    spacing = np.maximum(SPACING_M, shapely.length(outline) / MOST)
    xy = shapely.get_coordinates(spots)
    cell = np.floor(xy / spacing[site][:, None]).astype(np.int64)
    entrance = (table["kind"] == "entrance").to_numpy(dtype=bool)
    key = pd.DataFrame({"site": site, "x": cell[:, 0], "y": cell[:, 1]})
    return table[entrance | ~key.duplicated(keep="first").to_numpy()].reset_index(drop=True)
