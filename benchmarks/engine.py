"""The engine against its peers: nearest and counts of 60 elements at 5, 10 and 15 minutes, on identical nodes.

Each side runs in a process of its own, in turns, three times; medians are compared. Results must be equal to the last
decimetre and the last facility, otherwise there is no ratio.
"""

from __future__ import annotations

import importlib.metadata
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import large
from benchmarks.engine_side import FACILITIES, compare, question, run_side
from benchmarks.measure import Measure
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.streets import largest_component, read_streets

RUNS = 3
ELEMENTS = 60


def run(_city: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure on Porto, real and tiled."""
    root = Path(os.environ.get("KEZHONG_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    file = root / "porto" / "porto.osm.pbf"
    if not file.is_file():
        raise SystemExit(f"no benchmark data: set KEZHONG_DATA ({file} is absent)")
    streets = largest_component(read_streets(file))
    python = _interpreters()
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "question.npz"
        np.savez(asked, **question(streets, ELEMENTS, 1))
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in python}
        results: dict[str, dict[str, Any]] = {}
        run_side(python["kezhong"], "kezhong", asked, "whole")  # compiles, where `make setup` has not
        for _ in range(RUNS):
            for side, interpreter in python.items():
                figures, result = run_side(interpreter, side, asked, "whole")
                runs[side].append(figures)
                results[side] = result
    compare(results)
    more, larger = large.rows(streets, python)
    about: dict[str, object] = {
        "nodes": len(streets.node_xy),
        "edges": len(streets.edge_u),
        "elements": ELEMENTS,
        "facilities": FACILITIES,
        "cpus": len(os.sched_getaffinity(0)),
        "numba": importlib.metadata.version("numba"),
        "runs": runs,
        **larger,
    }
    return [*_table(runs), *more], about


def _interpreters() -> dict[str, str]:
    """Python of each side; the peer lives in an environment of its own."""
    found = {"kezhong": sys.executable, "scipy": sys.executable}
    try:
        found["pandana"] = peer_python("pandana")
    except PeerAbsentError as absent:
        print(f"measured without the peer: {absent}", file=sys.stderr)
    return found


def _table(runs: dict[str, list[dict[str, float]]]) -> list[Measure]:
    middle = {
        side: {key: statistics.median(figures[key] for figures in several) for key in several[0]}
        for side, several in runs.items()
    }
    ours, check = middle["kezhong"], middle["scipy"]
    total = ours["prepare_s"] + ours["ask_s"]
    rows = [
        Measure("kernels loaded from the cache (as an import)", "s", ours["load_s"], None, None, None, higher=False),
        Measure("graph laid out (preparation)", "s", ours["prepare_s"], None, None, None, higher=False),
    ]
    if "pandana" in middle:
        peer = middle["pandana"]
        theirs = peer["prepare_s"] + peer["ask_s"]
        rows += [
            Measure(
                "nearest + counts, prepared",
                "s",
                ours["ask_s"],
                peer["ask_s"],
                peer["ask_s"] / ours["ask_s"],
                None,
                higher=True,
            ),
            Measure("nearest + counts with preparation, Porto", "s", total, theirs, theirs / total, 40.0, higher=True),
            Measure(
                "… and with loading the kernels",
                "s",
                total + ours["load_s"],
                theirs,
                theirs / (total + ours["load_s"]),
                None,
                higher=True,
            ),
            Measure(
                "peak memory above the imports",
                "MB",
                ours["peak_mb"],
                peer["peak_mb"],
                ours["peak_mb"] / peer["peak_mb"],
                0.5,
                higher=False,
            ),
        ]
    else:
        note = "peer absent: see benchmarks/peers.py, or set KEZHONG_PANDANA_PYTHON"
        rows += [
            Measure("nearest + counts with preparation, Porto", "s", total, None, None, 40.0, higher=True, note=note),
            Measure("peak memory above the imports", "MB", ours["peak_mb"], None, None, 0.5, higher=False, note=note),
        ]
    slower = check["prepare_s"] + check["ask_s"]
    rows.append(
        Measure(
            "check: SciPy dijkstra, nearest only",
            "s",
            total,
            slower,
            slower / total,
            None,
            higher=True,
            note="ours with counts",
        )
    )
    return rows
