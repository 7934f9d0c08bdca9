"""Isochrones of 1,000 points of Porto: areas within 5, 10 and 15 minutes, beside Valhalla's.

Both sides ask the same points at 5 km/h, on one thread each and in turns; ours also with all threads and in one call.
Valhalla reads the same file into tiles of its own, knows other costs of crossings and its own raster: areas are
compared in size, to show that like is compared with like, not for equality.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks.measure import Measure
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.streets import Streets, centre_of, largest_component, read_streets, to_degrees, to_metres
from kezhong.network import Access, Barriers, Isochrones, Outlines, WalkGraph, warm_up

RUNS = 3
POINTS = 1_000
SEED = 20_261_124
MINUTES = (5, 10, 15)
LIMITS_DM = (4_167, 8_333, 12_500)
"""The same at 5 km/h."""
TARGET_MS = 1.0


def run(_city: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure on Porto, in this process and in one of the peer's."""
    root = Path(os.environ.get("KEZHONG_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    file = root / "porto" / "porto.osm.pbf"
    if not file.is_file():
        raise SystemExit(f"no benchmark data: set KEZHONG_DATA ({file} is absent)")
    warm_up()
    streets, centre = largest_component(read_streets(file)), centre_of(file)
    graph = WalkGraph.build(*(getattr(streets, name) for name in Streets.__dataclass_fields__))
    node = np.random.default_rng(SEED).integers(0, graph.n_nodes, POINTS)
    edge, offset = graph.at_nodes(node)
    origins = Access.of(np.arange(POINTS), edge, offset)
    barriers = _barriers(file, centre)
    begun = time.perf_counter()
    walled = Isochrones.build(graph, barriers=barriers)
    prepared = time.perf_counter() - begun
    networks = {"walled": walled, "open": Isochrones.build(graph)}
    peer = _Peer.of(file, to_degrees(streets.node_xy[node], centre))
    runs: dict[str, list[float]] = {}
    areas: Outlines = walled.areas(origins, POINTS, LIMITS_DM)
    for _ in range(RUNS):
        for name, threads in (("walled", None), ("walled", 1), ("open", 1)):
            begun = time.perf_counter()
            areas = networks[name].areas(origins, POINTS, LIMITS_DM, threads=threads)
            runs.setdefault(f"{name} {threads or 'all'}", []).append(1e3 * (time.perf_counter() - begun) / POINTS)
        begun = time.perf_counter()
        walled.streets(origins, POINTS, LIMITS_DM)
        runs.setdefault("streets", []).append(1e3 * (time.perf_counter() - begun) / POINTS)
        if peer is not None:
            runs.setdefault("valhalla", []).append(peer.ask())
    about: dict[str, object] = {
        "nodes": graph.n_nodes,
        "edges": graph.n_edges,
        "points": POINTS,
        "barrier segments": len(barriers.xy) - len(barriers.ptr) + 1,
        "cpus": len(os.sched_getaffinity(0)),
        "numba": importlib.metadata.version("numba"),
        "valhalla": "absent" if peer is None else peer.version,
        "our mean km2": (areas.square_metres().mean(axis=0) / 1e6).round(3).tolist(),
        "valhalla's mean km2": None if peer is None else peer.mean_km2,
        "runs": runs,
    }
    return _table({key: statistics.median(several) for key, several in runs.items()}, prepared), about


def _table(ms: dict[str, float], prepared: float) -> list[Measure]:
    theirs = ms.get("valhalla")
    beside = None if theirs is None else theirs / ms["walled 1"]
    note = "peer absent" if theirs is None else "peer: Valhalla in its own process, through its Python actor"
    return [
        Measure("network and barriers prepared", "s", prepared, None, None, None, higher=False),
        Measure("5, 10, 15 minutes, all threads, a point", "ms", ms["walled all"], None, None, TARGET_MS, higher=False),
        Measure(
            "5, 10, 15 minutes, one thread, a point", "ms", ms["walled 1"], theirs, beside, 1.0, higher=True, note=note
        ),
        Measure("… without barriers, one thread", "ms", ms["open 1"], None, None, None, higher=False),
        Measure("reached streets only, all threads, a point", "ms", ms["streets"], None, None, None, higher=False),
    ]


def _barriers(file: Path, centre: Any) -> Barriers:
    """Water, rivers, railways and walls of the file."""
    from kezhong.intake.landscape import LandscapeCollector
    from kezhong.intake.osm_sweep import sweep

    landscape = LandscapeCollector()
    sweep(file, [landscape])
    found = landscape.frame()
    shapes = np.asarray(found.geometry.array)[found["kind"].isin(("water", "river", "railway", "wall")).to_numpy()]
    parts = shapely.get_parts(shapes)
    kind = shapely.get_type_id(parts)
    rings = shapely.get_rings(parts[kind == shapely.GeometryType.POLYGON])
    lines = np.concatenate([rings, parts[kind == shapely.GeometryType.LINESTRING]])
    lonlat, which = shapely.get_coordinates(lines, return_index=True)
    ptr = np.concatenate([[0], np.cumsum(np.bincount(which, minlength=len(lines)))])
    return Barriers.of(to_metres(lonlat, centre), ptr)


class _Peer:
    """Valhalla with its tiles, waiting in a process of its own."""

    def __init__(self, python: str, file: Path, lonlat: Any) -> None:
        self.folder = tempfile.TemporaryDirectory()
        question = Path(self.folder.name) / "points.json"
        question.write_text(json.dumps({"points": lonlat.tolist(), "minutes": MINUTES, "km_h": 5.0}), "utf-8")
        command = [python, str(Path(__file__).with_name("isochrone_peer.py")), str(file), str(question)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self._read()
        self.version, self.mean_km2 = ready["version"], ready["mean_km2"]

    @classmethod
    def of(cls, file: Path, lonlat: Any) -> _Peer | None:
        """The peer, where it can be had."""
        try:
            return cls(peer_python("pyvalhalla"), file, lonlat)
        except PeerAbsentError as absent:
            print(f"measured without the peer: {absent}", file=sys.stderr)
            return None

    def ask(self) -> float:
        """All points once; milliseconds a point."""
        assert self.process.stdin is not None
        self.process.stdin.write("ask\n")
        self.process.stdin.flush()
        return float(self._read()["ms"])

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return dict(json.loads(line))
        raise SystemExit("Valhalla ended without an answer")
