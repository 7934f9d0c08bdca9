"""What-if edits of Las Palmas through HTTP: each kind at the 95th percentile, and a scenario of 50 mixed edits at once.

A server process of its own, one client over a real socket. Every answer carries the coverage and the grades of the
areas that changed. Edits are spread over the whole city, and each is taken back before the next.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.city import las_palmas
from benchmarks.endpoints import API, _server
from benchmarks.measure import Measure

TARGET_MS, SCENARIO_S = 100.0, 1.0
ELEMENT = "kindergarten"
EDITS_OF_SCENARIO = 50
#: Measured edits of each kind; street edits are fewer while they take a second and more.
MANY, FEW = 20, 8
Edit = dict[str, Any]


def run(city_folder: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure on a copy of a city, or on Las Palmas."""
    if city_folder is not None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "city"
            shutil.copytree(city_folder, copy)
            return _measure(copy)
    with las_palmas() as folder:
        return _measure(folder)


def _measure(folder: Path) -> tuple[list[Measure], dict[str, object]]:
    with _server(folder) as base, httpx.Client(base_url=base, timeout=600) as client:
        rows = []
        for name in ("first session", "another session"):
            begun = time.perf_counter()
            session = _post(client, f"{API}/what-if", {})["session"]
            took = time.perf_counter() - begun
            rows.append(Measure(name, "s", took, None, None, None, higher=False))
        kinds, scenario = _edits(client, session)
        undone: list[float] = []
        for kind, edits in kinds.items():
            rows.append(_late(kind, _times(client, session, edits, undone)))
        rows.append(_late("undo", undone))
        begun = time.perf_counter()
        state = _post(client, f"{API}/what-if", {"edits": scenario})
        took = time.perf_counter() - begun
        name = f"scenario of {len(state['edits'])} mixed edits"
        rows.append(Measure(name, "s", took, None, None, SCENARIO_S, higher=False))
    return rows, {"city": folder.name, "element": ELEMENT, "cpus": len(os.sched_getaffinity(0))}


def _edits(client: httpx.Client, session: str) -> tuple[dict[str, list[Edit]], list[Edit]]:
    """Edits by kind, and a scenario that mixes them without touching one object twice."""
    address = f"{API}/what-if/{session}"
    places = client.get(f"{address}/facilities", params={"element": ELEMENT}).raise_for_status().json()["features"]
    places = places[:: max(len(places) // 60, 1)]
    points = [(*place["geometry"]["coordinates"][:2], place["properties"]["id"]) for place in places]
    edges, nodes = [], []
    for lon, lat, _ in points:
        around = client.get(f"{address}/near", params={"lon": lon, "lat": lat, "metres": 50}).raise_for_status().json()
        edges += [edge["id"] for edge in around["edges"][:1]]
        nodes += [node["id"] for node in around["nodes"][:1]]
    edges, nodes = list(dict.fromkeys(edges)), list(dict.fromkeys(nodes))
    kinds: dict[str, list[Edit]] = {
        "add facility": [
            {"kind": "add_facility", "elements": [ELEMENT], "lon": x + 0.001, "lat": y, "capacity": 180}
            for x, y, _ in points
        ],
        "move facility": [
            {"kind": "move_facility", "facility": id_, "lon": x, "lat": y + 0.001} for x, y, id_ in points
        ],
        "close facility": [{"kind": "close_facility", "facility": id_, "element": ELEMENT} for _, _, id_ in points],
        "resize facility": [
            {"kind": "resize_facility", "facility": id_, "capacity": 90, "element": ELEMENT} for _, _, id_ in points
        ],
        "close edge": [{"kind": "close_edge", "edge": edge} for edge in edges],
        "close gate": [{"kind": "close_gate", "node": node} for node in nodes],
        "open link": [
            {"kind": "open_link", "from": [x, y], "to": [x + 0.001, y + 0.0005], "link": "street"} for x, y, _ in points
        ],
    }
    turns = [iter(kinds[kind]) for kind in ("add facility", "close edge", "open link")]
    # Existing places are moved or closed or resized, each once.
    own = (kinds[("move facility", "close facility", "resize facility")[n % 3]][n] for n in range(len(points)))
    mixed = itertools.chain.from_iterable(zip(*turns, own, strict=False))
    return kinds, list(itertools.islice(mixed, EDITS_OF_SCENARIO))


def _times(client: httpx.Client, session: str, edits: list[Edit], undone: list[float]) -> list[float]:
    """Milliseconds of each edit that is accepted; those of taking it back go to ``undone``."""
    found: list[float] = []
    few = edits and edits[0]["kind"] in {"close_edge", "close_gate", "open_link"}
    for edit in edits:
        begun = time.perf_counter()
        answer = client.post(f"{API}/what-if/{session}/edits", json=edit)
        took = (time.perf_counter() - begun) * 1000
        if answer.status_code >= 500:
            answer.raise_for_status()
        if answer.status_code >= 400:  # no street within reach of a made-up place: refused by design
            continue
        found.append(took)
        begun = time.perf_counter()
        _post(client, f"{API}/what-if/{session}/undo", None)
        undone.append((time.perf_counter() - begun) * 1000)
        if len(found) >= (FEW if few else MANY):
            break
    return found


def _late(name: str, times: list[float]) -> Measure:
    if not times:
        return Measure(f"p95 {name}", "ms", None, None, None, TARGET_MS, higher=False, note="no edit accepted")
    middle, late = np.percentile(times, [50, 95])
    note = f"p50 {middle:.0f} ms, {len(times)} edits"
    return Measure(f"p95 {name}", "ms", float(late), None, None, TARGET_MS, higher=False, note=note)


def _post(client: httpx.Client, address: str, body: Any) -> Any:
    answer = client.post(address, json=body)
    if answer.status_code >= 400:
        msg = f"{address}: {answer.text[:300]}"
        raise RuntimeError(msg)
    return answer.json()
