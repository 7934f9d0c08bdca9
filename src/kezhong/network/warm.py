"""Compile every kernel once, at set-up, so that no user waits for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from kezhong.network._prepare import NARROW_LIMIT_DM
from kezhong.network.access import Access
from kezhong.network.graph import WalkGraph
from kezhong.network.reach import pairs, reach
from kezhong.network.route import route
from kezhong.network.snapping import snap


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
        del graph, here
