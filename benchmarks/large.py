"""The engine on a large network: Porto tiled 2 × 2 against the peer, growth to 4 × 4, and change in place.

The tiling is synthetic and said to be so: copies of a real network side by side, joined by streets across the seams, so
that caches are exceeded while streets stay what streets are.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine_side import compare, question, run_side
from benchmarks.measure import Measure
from benchmarks.streets import Streets
from kezhong import network

RUNS = 3
ELEMENTS = 60
TARGET_EDIT_MS, TARGET_LINK_MS = 1.0, 20.0


def rows(porto: Streets, python: dict[str, str]) -> tuple[list[Measure], dict[str, object]]:
    """All measures on the tiled network."""
    twice = tiled(porto, 2)
    found, runs = _against_peer(twice, python)
    return [*found, *_growth(porto, twice), *_edits(twice)], {"nodes 2x2": len(twice.node_xy), "runs 2x2": runs}


def tiled(streets: Streets, times: int) -> Streets:
    """``times`` × ``times`` copies side by side, neighbours joined by fifty streets across each seam."""
    low, high = streets.node_xy.min(axis=0), streets.node_xy.max(axis=0)
    step, n = high - low + 50.0, len(streets.node_xy)
    shift = [(i, j) for i in range(times) for j in range(times)]
    copies = len(shift)
    offset = np.array(shift, np.float64) * step
    node_xy = (streets.node_xy[None] + offset[:, None]).reshape(-1, 2)
    edge_xy = (streets.edge_xy[None] + offset[:, None]).reshape(-1, 2)
    number = np.arange(copies)[:, None] * n
    u = (streets.edge_u[None] + number).ravel()
    v = (streets.edge_v[None] + number).ravel()
    length = np.tile(np.diff(streets.edge_ptr), copies)
    dm = np.tile(streets.edge_dm, copies)
    ends = _seams(streets, shift, n)
    course = node_xy[ends].reshape(-1, 2)
    seam_dm = np.rint(np.hypot(*(course[::2] - course[1::2]).T) * 10.0)
    ptr = np.concatenate([[0], np.cumsum(np.concatenate([length, np.full(len(ends), 2)]))])
    return Streets(
        node_xy, np.concatenate([u, ends[:, 0]]).astype(np.int32), np.concatenate([v, ends[:, 1]]).astype(np.int32),
        np.concatenate([edge_xy, course]), ptr.astype(np.int64), np.concatenate([dm, seam_dm]).astype(np.uint32),
    )  # fmt: skip


def _seams(streets: Streets, shift: list[tuple[int, int]], n: int) -> Any:
    """Pairs of nodes (outermost of each of fifty bands) that join a copy to the next in each direction."""
    number = {place: k for k, place in enumerate(shift)}
    pairs = []
    for axis, ahead in ((0, (1, 0)), (1, (0, 1))):
        across = streets.node_xy[:, axis]
        band = np.floor(50 * (streets.node_xy[:, 1 - axis] - streets.node_xy[:, 1 - axis].min()) / (
            np.ptp(streets.node_xy[:, 1 - axis]) + 1e-9
        ))  # fmt: skip
        order = np.lexsort((across, band))
        first = np.flatnonzero(np.diff(band[order], prepend=-1.0))
        least, greatest = order[first], order[np.append(first[1:], len(order)) - 1]
        for (i, j), k in number.items():
            other = number.get((i + ahead[0], j + ahead[1]))
            if other is not None:
                pairs.append(np.stack([greatest + k * n, least + other * n], axis=1))
    return np.concatenate(pairs)


def _against_peer(streets: Streets, python: dict[str, str]) -> tuple[list[Measure], Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "question.npz"
        np.savez(file, **question(streets, ELEMENTS, 4))
        sides = {side: python[side] for side in ("kezhong", "pandana") if side in python}
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
        results: dict[str, dict[str, Any]] = {}
        for _ in range(RUNS):
            for side, interpreter in sides.items():
                figures, results[side] = run_side(interpreter, side, file, "large")
                runs[side].append(figures)
    compare(results)
    middle = {
        side: {key: statistics.median(one[key] for one in several) for key in several[0]}
        for side, several in runs.items()
    }
    ours, peer = middle["kezhong"], middle.get("pandana", {})
    wanted = (
        ("nearest of all elements, prepared", "nearest_s", 300.0),
        ("… with which facility it is", "nearest_owners_s", None),
        ("nearest of all elements, cold with every preparation", "nearest_cold_s", 30.0),
        ("nearest 3, prepared", "nearest_3_s", 60.0),
        ("counts for three thresholds and nearest, with preparation", "counts_cold_s", 40.0),
    )
    absent = "peer absent: see benchmarks/peers.py"
    found = []
    for name, key, target in wanted:
        theirs = peer.get(key)
        ratio = None if theirs is None else theirs / ours[key]
        note = "" if theirs is not None else absent
        found.append(Measure(f"2 × 2: {name}", "s", ours[key], theirs, ratio, target, higher=True, note=note))
    theirs = peer.get("peak_mb")
    ratio = None if theirs is None else ours["peak_mb"] / theirs
    note = "counts and nearest, a process of its own" if theirs is not None else absent
    found.append(
        Measure(
            "2 × 2: peak memory above the imports", "MB", ours["peak_mb"], theirs, ratio, 0.2, higher=False, note=note
        )
    )
    return found, runs


def _growth(small: Streets, twice: Streets) -> list[Measure]:
    """Cost per demand point at 70,000, 275,000 and 1,100,000 nodes, and by the number of elements."""
    per_point: dict[str, list[float]] = {"nearest, prepared": [], "nearest and counts": []}
    sizes = []
    for streets, scale in ((small, 1), (twice, 4), (tiled(small, 4), 16)):
        asked = _Asked(streets, ELEMENTS, scale)
        sizes.append(asked.n)
        per_point["nearest, prepared"].append(_median(asked.nearest) / asked.n)
        per_point["nearest and counts"].append(_median(asked.counts) / asked.n)
    found = [
        Measure(
            f"cost per demand point, {sizes[-1]:,} nodes ÷ {sizes[0]:,}: {name}", "µs", cost[-1] * 1e6, cost[0] * 1e6,
            cost[-1] / cost[0], 1.5, higher=False, note="peer: the same on the small network",
        )
        for name, cost in per_point.items()
    ]  # fmt: skip
    few, many = _Asked(twice, 15, 4), _Asked(twice, 60, 4)
    for name in ("nearest", "counts"):
        one, four = _median(getattr(few, name)) / 15, _median(getattr(many, name)) / 60
        found.append(
            Measure(
                f"2 × 2: {name}, cost per element, 60 ÷ 15 elements", "ms", four * 1e3, one * 1e3, four / one, 1.1,
                higher=False, note="peer: the same with fewer elements",
            )
        )  # fmt: skip
    return found


class _Asked:
    """A question to a network, prepared."""

    def __init__(self, streets: Streets, elements: int, scale: int) -> None:
        given = question(streets, elements, scale)
        columns = (given[name] for name in ("node_xy", "edge_u", "edge_v", "edge_xy", "edge_ptr", "edge_dm"))
        self.graph = network.WalkGraph.build(*columns)
        self.n, self.elements, self.element = self.graph.n_nodes, elements, given["element"]
        self.hierarchy = network.Hierarchy.build(self.graph)
        self.demand = network.Access.of(np.arange(self.n), *self.graph.at_nodes(np.arange(self.n)))
        n_facilities = len(self.element)
        self.facilities = network.Access.of(np.arange(n_facilities), *self.graph.at_nodes(given["facility_node"]))
        self.limit = int(given["thresholds"].max())
        self.thresholds = np.tile(given["thresholds"], (elements, 1))
        self.kept: network.Nearest | None = None

    def nearest(self) -> None:
        """Costs to the nearest of every element, into memory that is there."""
        self.kept = network.nearest(
            self.hierarchy, self.graph, self.demand, self.n, self.facilities, len(self.element), self.element,
            self.elements, self.limit, owners=False, out=self.kept,
        )  # fmt: skip

    def counts(self) -> None:
        """Nearest and counts."""
        network.reach(
            self.graph, self.demand, self.n, self.facilities, len(self.element), self.element, self.elements,
            self.limit, self.thresholds,
        )  # fmt: skip


def _median(ask: Any) -> float:
    ask()
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def _edits(streets: Streets) -> list[Measure]:
    """Change in place: one facility, one link, one edge at a time, each equal to a full run at the end."""
    asked = _Asked(streets, ELEMENTS, 4)
    random = np.random.default_rng(20_261_124)
    live = network.Live(
        asked.graph, asked.demand, asked.n, asked.facilities, len(asked.element), asked.element, asked.elements,
        asked.limit, asked.thresholds,
    )  # fmt: skip
    graph = asked.graph

    def spot() -> tuple[int, int]:
        edge = int(random.integers(graph.n_edges))
        return edge, int(random.integers(int(graph.edge_dm[edge]) + 1))

    def add(_: int) -> None:
        edge, offset = spot()
        live.add(int(random.integers(asked.elements)), network.Access.of([0], [edge], [offset]))

    gone = random.permutation(len(asked.element))
    links = [_near(graph, random) for _ in range(60)]
    shut = random.permutation(graph.n_edges)
    timed = {
        "facility added": _times(add, 300),
        "facility removed": _times(lambda i: live.remove(int(gone[i])), 300),
        "edge closed": _times(lambda i: live.close_edges(shut[i : i + 1]), 100),
        "edge opened": _times(
            lambda i: live.set_edges(shut[i : i + 1], graph.edge_dm[shut[i : i + 1]], graph.edge_dm[shut[i : i + 1]]),
            100,
        ),
        "link opened": _times(lambda i: live.link(*links[i]), 60),
    }
    full = live.full()
    if not (np.array_equal(live.near, full.nearest_dm) and np.array_equal(live.counts, full.counts)):
        raise SystemExit("change in place differs from a full run")
    return [
        Measure(
            f"2 × 2: {name}, median", "ms", middle, None, None,
            TARGET_EDIT_MS if name.startswith("facility") else TARGET_LINK_MS, higher=False,
            note=f"95th percentile {late:.2g} ms",
        )
        for name, (middle, late) in timed.items()
    ]  # fmt: skip


def _near(graph: network.WalkGraph, random: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    """A link between the middles of two streets less than 250 m apart."""
    while True:
        first = int(random.integers(graph.n_edges))
        gap = np.abs(graph.node_xy[graph.edge_u] - graph.node_xy[graph.edge_u[first]]).max(axis=1)
        close = np.flatnonzero((gap < 250.0) & (np.arange(graph.n_edges) != first))
        if len(close):
            second = int(random.choice(close))
            return (first, int(graph.edge_dm[first]) // 2), (second, int(graph.edge_dm[second]) // 2)


def _times(edit: Any, times: int) -> tuple[float, float]:
    seconds = []
    for i in range(times):
        begin = time.perf_counter()
        edit(i)
        seconds.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(seconds), float(np.quantile(seconds, 0.95))
