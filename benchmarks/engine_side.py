"""One side of the engine's measurement, alone in its process: ``python -m benchmarks.engine_side SIDE IN.npz OUT.npz``.

Prints one line of JSON: seconds of preparation and of the question, and peak memory above what stood after the imports.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def kezhong(given: Arrays) -> tuple[dict[str, float], Arrays]:
    """Ours: layout of the graph is preparation, the one call is the question."""
    begin = time.perf_counter()
    from kezhong import network

    network.warm_up()
    loading = time.perf_counter() - begin
    base = _resident_mb()
    begin = time.perf_counter()
    graph = network.WalkGraph.build(
        given["node_xy"], given["edge_u"], given["edge_v"], given["edge_xy"], given["edge_ptr"], given["edge_dm"]
    )
    prepared = time.perf_counter()
    n, element = len(given["node_xy"]), given["element"]
    demand = network.Access.of(np.arange(n), *graph.at_nodes(np.arange(n)))
    facilities = network.Access.of(np.arange(len(element)), *graph.at_nodes(given["facility_node"]))
    thresholds = np.tile(given["thresholds"], (int(given["n_elements"]), 1))
    limit = int(given["thresholds"].max())
    result = network.reach(graph, demand, n, facilities, len(element), element, len(thresholds), limit, thresholds)
    end = time.perf_counter()
    figures = {"prepare_s": prepared - begin, "ask_s": end - prepared, "peak_mb": _peak_mb() - base, "load_s": loading}
    return figures, {"nearest": result.nearest_dm, "counts": result.counts}


def pandana(given: Arrays) -> tuple[dict[str, float], Arrays]:
    """The peer: hierarchy and range table are preparation, 60 nearest and 180 counts the question."""
    import pandana
    import pandas as pd

    base = _resident_mb()
    begin = time.perf_counter()
    x, y = (pd.Series(column) for column in given["node_xy"].T)
    limit = float(given["thresholds"].max())
    weights = pd.DataFrame({"dm": given["edge_dm"].astype(np.float64)})
    edges = (pd.Series(given[name].astype(np.int64)) for name in ("edge_u", "edge_v"))
    network = pandana.Network(x, y, *edges, weights, twoway=True)
    network.precompute(limit)
    prepared = time.perf_counter()
    n, n_elements = len(x), int(given["n_elements"])
    nearest = np.empty((n_elements, n), np.uint32)
    counts = np.empty((n_elements, len(given["thresholds"]), n), np.uint16)
    for e in range(n_elements):
        nodes = given["facility_node"][given["element"] == e]
        name = f"element{e}"
        # The peer writes its bound for "nothing within the bound": one decimetre more tells the two apart.
        network.set_pois(name, limit + 1.0, 1, x.iloc[nodes], y.iloc[nodes])
        found = network.nearest_pois(limit + 1.0, name, num_pois=1)[1].to_numpy()
        nearest[e] = np.where(found > limit, np.float64(0xFFFFFFFF), found)
        network.set(pd.Series(nodes), name=name)
        for k, threshold in enumerate(given["thresholds"]):
            counts[e, k] = network.aggregate(float(threshold), type="count", decay="flat", name=name).to_numpy()
    end = time.perf_counter()
    figures = {"prepare_s": prepared - begin, "ask_s": end - prepared, "peak_mb": _peak_mb() - base}
    return figures, {"nearest": nearest, "counts": counts}


def scipy(given: Arrays) -> tuple[dict[str, float], Arrays]:
    """A check: nearest only, one multi-source search of SciPy for each element."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    base = _resident_mb()
    begin = time.perf_counter()
    n, limit = len(given["node_xy"]), float(given["thresholds"].max())
    u, v, dm = given["edge_u"].astype(np.int64), given["edge_v"].astype(np.int64), given["edge_dm"]
    # Parallel edges would be added up by the sparse matrix: keep the shortest of each.
    key = np.minimum(u, v) * n + np.maximum(u, v)
    order = np.lexsort((dm, key))
    order = order[np.diff(key[order], prepend=-1) != 0]
    matrix = coo_array((dm[order].astype(np.float64), (u[order], v[order])), shape=(n, n)).tocsr()
    prepared = time.perf_counter()
    nearest = np.empty((int(given["n_elements"]), n), np.uint32)
    for e in range(len(nearest)):
        nodes = np.unique(given["facility_node"][given["element"] == e])
        found = dijkstra(matrix, directed=False, indices=nodes, min_only=True, limit=limit)
        nearest[e] = np.where(np.isfinite(found), found, np.float64(0xFFFFFFFF))
    end = time.perf_counter()
    figures = {"prepare_s": prepared - begin, "ask_s": end - prepared, "peak_mb": _peak_mb() - base}
    return figures, {"nearest": nearest}


SIDES = {"kezhong": kezhong, "pandana": pandana, "scipy": scipy}


def main() -> None:
    """Run the side named on the command line."""
    side, source, target = sys.argv[1:]
    with np.load(source) as file:
        given = {name: file[name] for name in file.files}
    # The peer prints its own progress; ours must be the last line.
    figures, result = SIDES[side](given)
    np.savez(target, **result)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
