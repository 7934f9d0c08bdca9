"""Walking across squares: straight lines between the places where streets meet a walkable surface.

People do not follow a square's outline. Two junctions on it are joined where they see each other, and street ends
that lie loose inside the square are tied to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

#: More junctions than this on one square are thinned evenly: lines grow with the square of their number.
MOST = 16


@dataclass(slots=True)
class Chords:
    """Lines across surfaces: (number of the surface, node, node, shape), smaller node first."""

    rows: list[tuple[int, int, int, np.ndarray]] = field(default_factory=list)

    def refs(self) -> npt.NDArray[np.int64]:
        """All nodes at which a line begins or ends."""
        return np.unique(np.array([(a, b) for _, a, b, _ in self.rows], dtype=np.int64).reshape(-1))


def crossings(
    surfaces: np.ndarray,
    ring_of: npt.NDArray[np.int64],
    ref: npt.NDArray[np.int64],
    lonlat: npt.NDArray[np.float64],
    shared: npt.NDArray[np.bool_],
    loose: npt.NDArray[np.int64],
) -> Chords:
    """Straight lines within each surface between its junctions.

    Parameters
    ----------
    surfaces
        Polygons, lon/lat.
    ring_of
        Surface each vertex bounds, -1 for none.
    ref, lonlat
        Node and position of each vertex.
    shared
        Vertices used by several ways.
    loose
        Positions of vertices that end a way and touch nothing else.
    """
    found = Chords()
    if len(surfaces) == 0:
        return found
    usable = shapely.is_valid(surfaces)
    inside = _loose_ends(surfaces, ring_of, lonlat, loose)
    starts: list[int] = []
    ends: list[int] = []
    owner: list[int] = []
    rings = [np.flatnonzero(ring_of == -2)] * len(surfaces)
    on_ring = np.flatnonzero(ring_of >= 0)
    for part in np.split(on_ring, np.flatnonzero(np.diff(ring_of[on_ring])) + 1):
        rings[ring_of[part[0]]] = part[:-1]  # the last vertex repeats the first
    for surface in np.flatnonzero(usable).tolist():
        ring = rings[surface]
        places = ring[shared[ring]]
        if len(places) > MOST:
            places = places[np.linspace(0, len(places) - 1, MOST).astype(np.int64)]
        ends_inside = inside.get(surface, [])
        for end in ends_inside:  # always tie a loose end to the nearest corner of the outline
            nearest = ring[np.argmin(((lonlat[ring] - lonlat[end]) ** 2).sum(axis=1))]
            places = np.union1d(places, [nearest])
        places = np.concatenate([places, np.array(ends_inside, dtype=np.int64)])
        one, two = np.triu_indices(len(places), k=1)
        starts += places[one].tolist()
        ends += places[two].tolist()
        owner += [surface] * len(one)
    return _visible(found, surfaces, ref, lonlat, np.array([starts, ends, owner], dtype=np.int64))


def _loose_ends(
    surfaces: np.ndarray, ring_of: npt.NDArray[np.int64], lonlat: npt.NDArray[np.float64], loose: npt.NDArray[np.int64]
) -> dict[int, list[int]]:
    ends = loose[ring_of[loose] < 0]
    tree = shapely.STRtree(np.asarray(shapely.points(lonlat[ends])))
    surface, end = tree.query(surfaces, predicate="contains_properly")
    found: dict[int, list[int]] = {}
    for which, at in zip(surface.tolist(), ends[end].tolist(), strict=True):
        found.setdefault(which, []).append(at)
    return {which: places[:MOST] for which, places in found.items()}


def _visible(
    found: Chords,
    surfaces: np.ndarray,
    ref: npt.NDArray[np.int64],
    lonlat: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.int64],
) -> Chords:
    """Keep the pairs that see each other within their surface, unless they lie side by side on its outline."""
    one, two, owner = pairs
    different = ref[one] != ref[two]
    one, two, owner = one[different], two[different], owner[different]
    if len(one) == 0:
        return found
    lines = np.asarray(shapely.linestrings(np.stack([lonlat[one], lonlat[two]], axis=1)))
    shapely.prepare(surfaces)
    seen = shapely.covers(surfaces[owner], lines) & ~shapely.covers(shapely.boundary(surfaces)[owner], lines)
    u, v = ref[one[seen]].tolist(), ref[two[seen]].tolist()
    for a, b, surface, line in zip(u, v, owner[seen].tolist(), lines[seen], strict=True):
        found.rows.append((surface, min(a, b), max(a, b), line if a < b else line.reverse()))
    return found
