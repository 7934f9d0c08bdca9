"""Compile every kernel once, at set-up, so that no user waits for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from kezhong.network._prepare import NARROW_LIMIT_DM
from kezhong.network.access import Access
from kezhong.network.follow import Follower, Scene
from kezhong.network.footing import Footing
from kezhong.network.graph import WalkGraph
from kezhong.network.hierarchy import Hierarchy, nearest
from kezhong.network.hours import coverage_by_hour
from kezhong.network.isochrone import Barriers, Isochrones
from kezhong.network.live import Live
from kezhong.network.reach import pairs, reach
from kezhong.network.route import route
from kezhong.network.snapping import snap
from kezhong.network.weights import Weights
from kezhong.network.within import covers, sums


def warm_up() -> None:
    """Run everything on a street of three nodes, in each type of array that real questions bring.

    Compiled code goes to the cache folder (``KEZHONG_CACHE`` or the user's), named by the sources' hash: a second call
    takes well under a second.
    """
    node_xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0]])
    course = node_xy[[0, 1, 1, 2]]
    graph = WalkGraph.build(node_xy, [0, 1], [1, 2], course, [0, 2, 4])
    with tempfile.TemporaryDirectory() as folder:
        # A graph from the cache is what most runs work on; its arrays must not make other signatures.
        graph.save(Path(folder))
        graph = WalkGraph.load(Path(folder))
        here = snap(graph, [[10.0, 1.0], [100.0, 40.0]], 50.0, edge_mask=np.array([True, True]))
        places = Access.of([0, 1], here.edge, here.offset_dm, here.gap_dm)
        open_edges = np.zeros(2, np.bool_)
        for limit in (2_000, NARROW_LIMIT_DM + 1):
            reach(graph, places, 2, places, 2, [0, 0], 1, limit, [[limit]], barred=open_edges)
            reach(graph, places, 2, places, 2, [0, 0], 1, limit)
            pairs(graph, places, 2, places, 2, limit)
        route(graph, places, places, barred=open_edges)
        hierarchy = Hierarchy.build(graph)
        hierarchy.save(Path(folder) / "hierarchy")
        hierarchy = Hierarchy.load(Path(folder) / "hierarchy")
        for limit in (2_000, NARROW_LIMIT_DM + 1):
            for k in (1, 2):
                nearest(hierarchy, graph, places, 2, places, 2, [0, 0], 1, limit, k=k)
            nearest(hierarchy, graph, places, 2, places, 2, [0, 0], 1, limit, owners=False)
        sums(graph, places, 2, places, 2, [0, 0], 1, [[2_000]], [1, 1])
        covers(graph, places, 2, places, 2, [0, 0], 1, [[2_000]], np.ones((2, 3), np.uint64))
        coverage_by_hour(np.ones((1, 2, 3), np.uint64), [1.0, 1.0], [0, 0], 1)
        live = Live(graph, places, 2, places, 2, [0, 0], 1, 2_000, [[2_000]])
        number, _ = live.add(0, Access.of([0], here.edge[:1], here.offset_dm[:1], here.gap_dm[:1]))
        live.remove(number)
        live.close_edges([0])
        live.link((0, 10), (1, 10))
        # Many who lose their nearest facility are served by another kernel than few.
        crowd = Access.of(np.arange(65), np.zeros(65, np.int32), np.arange(65))
        busy = Live(graph, crowd, 65, places, 2, [0, 0], 1, 2_000, [[2_000]])
        busy.remove(0)
        busy.remove(1)
        feet = Footing.of(graph, open_edges, node_xy, 50.0).on(graph, ~open_edges, [0, 1])
        follower = Follower(Scene(graph, open_edges, places, places, np.zeros(2, np.int32)), 2, 1, 2_000)
        for shut in (~open_edges, open_edges):
            follower.follow(Scene(graph, shut, places, places, np.zeros(2, np.int32)), [0, 1], np.zeros(0, np.int64))
        for weights in (None, Weights(graph.edge_dm.copy(), graph.edge_dm.copy())):
            iso = Isochrones.build(graph, weights=weights, barriers=Barriers.of([[50.0, 10.0], [60.0, 10.0]], [0, 2]))
            iso.streets(places, 2, [500]).courses(graph)
            iso.areas(places, 2, [500])
            iso.places(places, 2, places, 2, 500)
        del hierarchy, live, busy, iso, feet, follower
        del graph, here
