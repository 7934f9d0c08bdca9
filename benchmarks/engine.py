"""The engine against its peers: nearest and counts of 60 elements at 5, 10 and 15 minutes, on identical nodes.

Each side runs in a process of its own, in turns, three times; medians are compared. Results must be equal to the last
decimetre and the last facility, otherwise there is no ratio.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Measure
from benchmarks.peers import PeerAbsentError, peer_python
from benchmarks.streets import Streets, largest_component, read_streets

RUNS = 3
SEED = 20_261_101
ELEMENTS = 60
FACILITIES = 15_000
THRESHOLDS_DM = (4_167, 8_333, 12_500)
"""5, 10 and 15 minutes at 5 km/h."""


def run(_city: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure on Porto."""
    root = Path(os.environ.get("KEZHONG_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    file = root / "porto" / "porto.osm.pbf"
    if not file.is_file():
        raise SystemExit(f"no benchmark data: set KEZHONG_DATA ({file} is absent)")
    streets = largest_component(read_streets(file))
    python = _interpreters()
    with tempfile.TemporaryDirectory() as folder:
        question = Path(folder) / "question.npz"
        np.savez(question, **_question(streets))
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in python}
        results: dict[str, dict[str, Any]] = {}
        _side(python["kezhong"], "kezhong", question)  # compiles, where `make setup` has not
        for _ in range(RUNS):
            for side, interpreter in python.items():
                figures, result = _side(interpreter, side, question)
                runs[side].append(figures)
                results[side] = result
    _check_equal(results)
    about: dict[str, object] = {
        "nodes": len(streets.node_xy),
        "edges": len(streets.edge_u),
        "elements": ELEMENTS,
        "facilities": FACILITIES,
        "cpus": len(os.sched_getaffinity(0)),
        "numba": importlib.metadata.version("numba"),
        "runs": runs,
    }
    return _table(runs), about


def _question(streets: Streets) -> dict[str, Any]:
    """Facilities at random nodes; the frequency of elements falls like 1/rank, from some 3,200 to some 50."""
    random = np.random.default_rng(SEED)
    share = 1.0 / np.arange(1, ELEMENTS + 1)
    size = np.maximum(1, np.floor(FACILITIES * share / share.sum())).astype(int)
    element = np.repeat(np.arange(ELEMENTS), size).astype(np.int32)
    return {
        **{name: getattr(streets, name) for name in Streets.__dataclass_fields__},
        "element": element,
        "facility_node": random.integers(0, len(streets.node_xy), len(element)).astype(np.int32),
        "n_elements": np.array(ELEMENTS),
        "thresholds": np.array(THRESHOLDS_DM, np.uint32),
    }


def _interpreters() -> dict[str, str]:
    """Python of each side; the peer lives in an environment of its own."""
    found = {"kezhong": sys.executable, "scipy": sys.executable}
    try:
        found["pandana"] = peer_python("pandana")
    except PeerAbsentError as absent:
        print(f"measured without the peer: {absent}", file=sys.stderr)
    return found


def _side(interpreter: str, side: str, question: Path) -> tuple[dict[str, float], dict[str, Any]]:
    answer = question.with_name(f"{side}.npz")
    command = [interpreter, "-m", "benchmarks.engine_side", side, str(question), str(answer)]
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{side} failed:\n{done.stderr}")
    with np.load(answer) as file:
        return json.loads(done.stdout.splitlines()[-1]), {name: file[name] for name in file.files}


def _check_equal(results: dict[str, dict[str, Any]]) -> None:
    ours = results["kezhong"]
    for side, theirs in results.items():
        for name, values in theirs.items():
            different = int((ours[name] != values).sum())
            if different:
                raise SystemExit(f"results differ from {side}: {different} of {values.size} values of {name}")


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
