"""One side of the engine's measurement, alone in its process: ``engine_side SIDE SET IN.npz OUT.npz``.

``SET`` is ``whole`` (nearest and counts in one question) or ``large`` (one question after the other). Prints one line
of JSON: seconds of preparation and of the question, and peak memory above what stood after the imports.
"""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

Arrays = dict[str, Any]
SEED = 20_261_101
FACILITIES = 15_000
THRESHOLDS_DM = (4_167, 8_333, 12_500)
"""5, 10 and 15 minutes at 5 km/h."""


def question(streets: Any, elements: int, scale: int) -> Arrays:
    """Facilities at random nodes, ``scale`` times 15,000; the frequency of elements falls like 1/rank."""
    random = np.random.default_rng(SEED)
    share = 1.0 / np.arange(1, elements + 1)
    size = np.maximum(1, np.floor(FACILITIES * scale * elements / 60 * share / share.sum())).astype(int)
    element = np.repeat(np.arange(elements), size).astype(np.int32)
    return {
        **{name: getattr(streets, name) for name in streets.__dataclass_fields__},
        "element": element,
        "facility_node": random.integers(0, len(streets.node_xy), len(element)).astype(np.int32),
        "n_elements": np.array(elements),
        "thresholds": np.array(THRESHOLDS_DM, np.uint32),
    }


def run_side(interpreter: str, side: str, asked: Path, what: str) -> tuple[dict[str, float], Arrays]:
    """Run one side in a process of its own: its figures and its results."""
    answer = asked.with_name(f"{side}.npz")
    command = [interpreter, "-m", "benchmarks.engine_side", side, what, str(asked), str(answer)]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    with np.load(answer) as file:
        return json.loads(done.stdout.splitlines()[-1]), {name: file[name] for name in file.files}


def compare(results: dict[str, Arrays]) -> None:
    """Stop where a side's results are not ours, to the last value."""
    ours = results["kezhong"]
    for side, theirs in results.items():
        for name, values in theirs.items():
            different = int((ours[name] != values).sum())
            if different:
                raise SystemExit(f"results differ from {side}: {different} of {values.size} values of {name}")


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    # Not ``ru_maxrss``: it starts from the parent's peak, which fork and exec hand down.
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6  # type: ignore[index]


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


def kezhong_large(given: Arrays) -> tuple[dict[str, float], Arrays]:
    """Ours: nearest, nearest 3 and counts one after the other, the first with its preparation as well."""
    from kezhong import network

    network.warm_up()
    base = _resident_mb()
    clock = _Clock()
    columns = (given[name] for name in ("node_xy", "edge_u", "edge_v", "edge_xy", "edge_ptr", "edge_dm"))
    graph = network.WalkGraph.build(*columns)
    built = clock.lap()
    n, element, limit = len(given["node_xy"]), given["element"], int(given["thresholds"].max())
    demand = network.Access.of(np.arange(n), *graph.at_nodes(np.arange(n)))
    facilities = network.Access.of(np.arange(len(element)), *graph.at_nodes(given["facility_node"]))
    thresholds = np.tile(given["thresholds"], (int(given["n_elements"]), 1))
    rest = (demand, n, facilities, len(element), element, len(thresholds), limit)
    clock.lap()
    found = network.reach(graph, *rest, thresholds)
    counts_cold = built + clock.lap()
    peak = _peak_mb() - base
    clock.lap()
    hierarchy = network.Hierarchy.build(graph)
    contracted = clock.lap()
    out = network.nearest(hierarchy, graph, *rest, owners=False)
    # Whoever asks once sweeps nothing: a search from all facilities of each element is quicker than to contract first.
    cold = min(built + contracted + clock.lap(), _of(lambda: network.reach(graph, *rest)) + built)
    figures = {
        "nearest_s": _of(lambda: network.nearest(hierarchy, graph, *rest, owners=False, out=out)),
        "nearest_owners_s": _of(lambda: network.nearest(hierarchy, graph, *rest)),
        "nearest_cold_s": cold,
        "nearest_3_s": _of(lambda: network.nearest(hierarchy, graph, *rest, k=3)),
        "counts_cold_s": counts_cold,
        "peak_mb": peak,
    }
    third = network.nearest(hierarchy, graph, *rest, k=3).cost
    if not np.array_equal(out.cost[:, 0], found.nearest_dm):
        raise SystemExit("nearest from the hierarchy differs from reach")
    return figures, {"nearest": out.cost[:, 0], "nearest_3": third, "counts": found.counts}


def pandana_large(given: Arrays) -> tuple[dict[str, float], Arrays]:
    """The peer, the same questions: its hierarchy is preparation of all, its range table of the counts."""
    import pandana
    import pandas as pd

    base = _resident_mb()
    clock = _Clock()
    # The peer finds nodes by coordinates, which bridges share: numbers in their stead tell all apart.
    n = len(given["node_xy"])
    x, y = pd.Series(np.arange(n, dtype=float)), pd.Series(np.zeros(n))
    limit = float(given["thresholds"].max())
    weights = pd.DataFrame({"dm": given["edge_dm"].astype(np.float64)})
    edges = (pd.Series(given[name].astype(np.int64)) for name in ("edge_u", "edge_v"))
    network = pandana.Network(x, y, *edges, weights, twoway=True)
    built = clock.lap()
    n_elements = int(given["n_elements"])
    nodes = [given["facility_node"][given["element"] == e] for e in range(n_elements)]

    def nearest(k: int, owners: bool = False) -> Any:
        found = np.empty((n_elements, k, n), np.uint32)
        for e in range(n_elements):
            # The peer writes its bound for "nothing within the bound": one decimetre more tells the two apart.
            network.set_pois(f"element{e}", limit + 1.0, k, x.iloc[nodes[e]], y.iloc[nodes[e]])
            table = network.nearest_pois(limit + 1.0, f"element{e}", num_pois=k, include_poi_ids=owners)
            cost = table[list(range(1, k + 1))].to_numpy(np.float64).T
            found[e] = np.where(cost > limit, np.float64(0xFFFFFFFF), cost)
        return found

    clock.lap()
    one = nearest(1)
    figures = {"nearest_s": clock.lap()}
    figures["nearest_cold_s"] = built + figures["nearest_s"]
    network.precompute(limit)
    counts = np.empty((n_elements, len(given["thresholds"]), n), np.uint16)
    for e in range(n_elements):
        network.set(pd.Series(nodes[e]), name=f"element{e}")
        for k, threshold in enumerate(given["thresholds"]):
            found = network.aggregate(float(threshold), type="count", decay="flat", name=f"element{e}")
            counts[e, k] = found.to_numpy()
    # Ours gives the nearest with the counts; so the peer's cost of both stands beside it.
    figures["counts_cold_s"] = built + clock.lap() + figures["nearest_s"]
    figures["peak_mb"] = _peak_mb() - base
    clock.lap()
    nearest(1, owners=True)
    figures["nearest_owners_s"] = clock.lap()
    three = nearest(3)
    figures["nearest_3_s"] = clock.lap()
    return figures, {"nearest": one[:, 0], "nearest_3": three, "counts": counts}


class _Clock:
    def __init__(self) -> None:
        self.last = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last call."""
        before, self.last = self.last, time.perf_counter()
        return self.last - before


def _of(ask: Any) -> float:
    """Median seconds of seven calls."""
    seconds = []
    for _ in range(7):
        clock = _Clock()
        ask()
        seconds.append(clock.lap())
    return statistics.median(seconds)


SIDES = {
    ("kezhong", "whole"): kezhong,
    ("pandana", "whole"): pandana,
    ("scipy", "whole"): scipy,
    ("kezhong", "large"): kezhong_large,
    ("pandana", "large"): pandana_large,
}


def main() -> None:
    """Run the side named on the command line."""
    side, what, source, target = sys.argv[1:]
    with np.load(source) as file:
        given = {name: file[name] for name in file.files}
    # The peer prints its own progress; ours must be the last line.
    figures, result = SIDES[side, what](given)
    np.savez(target, **result)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
