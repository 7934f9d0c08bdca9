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
from benchmarks.endpoints import API, _assess, _server
from benchmarks.measure import Measure
from kezhong.city.workspace import City

TARGET_MS, SCENARIO_S, SESSION_S = 100.0, 1.0, 2.0
ELEMENT = "kindergarten"
EDITS_OF_SCENARIO = 50
#: Measured edits of each kind.
EDITS = 40
#: A drag: so many positions of one facility, each in place of the one before.
STEPS = 20
Edit = dict[str, Any]
Spot = tuple[float, float]


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
    run_id = _assess(folder)
    with _server(folder) as base, httpx.Client(base_url=base, timeout=600) as client:
        rows = []
        _page(client, run_id)
        for name, target in (("first session", SESSION_S), ("another session", None)):
            begun = time.perf_counter()
            session = _post(client, f"{API}/what-if", {})["session"]
            took = time.perf_counter() - begun
            rows.append(Measure(name, "s", took, None, None, target, higher=False))
        kinds, scenario = _edits(client, session, City.open(folder).areas.communities)
        undone: list[float] = []
        for kind, edits in kinds.items():
            found, again = _times(client, session, edits, undone)
            rows.append(_late(kind, found))
            if again:
                rows.append(_late(f"{kind}: open it again", again))
        rows.append(_late("undo", undone))
        rows.append(_late("a step of dragging a facility", _dragged(client, session, kinds["move facility"][0])))
        begun = time.perf_counter()
        state = _post(client, f"{API}/what-if", {"edits": scenario})
        took = time.perf_counter() - begun
        name = f"scenario of {len(state['edits'])} mixed edits"
        rows.append(Measure(name, "s", took, None, None, SCENARIO_S, higher=False))
        address = f"{API}/what-if/{state['session']}"
        rows.append(_late("one more edit after these", [_timed(client, f"{address}/edits", kinds["add facility"][-1])]))
        rows.append(_late("undo after these", [_timed(client, f"{address}/undo", None) for _ in range(20)]))
    return rows, {"city": folder.name, "element": ELEMENT, "cpus": len(os.sched_getaffinity(0))}


def _page(client: httpx.Client, run_id: str) -> None:
    """What the application asks before anybody can open a session: the city, its run, the areas on the map."""
    for name in ("session", "city", "catalogue", "bases"):
        client.get(f"{API}/{name}").raise_for_status()
    client.get(f"{API}/runs/{run_id}/areas", params={"level": "community"}).raise_for_status()


def _edits(client: httpx.Client, session: str, areas: list[str]) -> tuple[dict[str, list[Edit]], list[Edit]]:
    """Edits by kind, and a scenario that mixes them without touching one object twice."""
    address = f"{API}/what-if/{session}"
    places = client.get(f"{address}/facilities", params={"element": ELEMENT}).raise_for_status().json()["features"]
    places = places[:: max(len(places) // 60, 1)]
    points = [(*place["geometry"]["coordinates"][:2], place["properties"]["id"]) for place in places]
    edges, nodes, ends = [], [], []
    for lon, lat, _ in points:
        around = _near(client, address, (lon, lat), 200)
        edges += [edge["id"] for edge in around["edges"][:1]]
        nodes += [node["id"] for node in around["nodes"][:1]]
        # From one street to another: what a planner draws between two of them.
        corners = [tuple(edge["geometry"]["coordinates"][0]) for edge in around["edges"]]
        if len(set(corners)) > 1:
            ends.append((corners[0], next(corner for corner in reversed(corners) if corner != corners[0])))
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
        "close street": [{"kind": "close_edge", "edge": edge} for edge in edges],
        "close gate": [{"kind": "close_gate", "node": node} for node in nodes],
        "draw link": [{"kind": "open_link", "from": begin, "to": end, "link": "street"} for begin, end in ends],
        "draw link with bends": [
            {"kind": "open_link", "from": begin, "to": end, "via": _bends(begin, end), "link": "bridge"}
            for begin, end in ends
        ],
        "change people": [{"kind": "change_people", "area": area, "factor": 1.5} for area in areas],
    }
    turns = [iter(kinds[kind]) for kind in ("add facility", "close street", "draw link")]
    # Existing places are moved or closed or resized, each once.
    own = (kinds[("move facility", "close facility", "resize facility")[n % 3]][n] for n in range(len(points)))
    mixed = itertools.chain.from_iterable(zip(*turns, own, strict=False))
    return kinds, list(itertools.islice(mixed, EDITS_OF_SCENARIO))


def _near(client: httpx.Client, address: str, spot: Spot, metres: int) -> Any:
    question = {"lon": spot[0], "lat": spot[1], "metres": metres}
    return client.get(f"{address}/near", params=question).raise_for_status().json()


def _bends(begin: Spot, end: Spot) -> list[Spot]:
    """A course that is no straight line."""
    (x, y), (x2, y2) = begin, end
    return [(x + (x2 - x) / 3 + 0.0001, y + (y2 - y) / 3), (x + 2 * (x2 - x) / 3, y + 2 * (y2 - y) / 3 + 0.0001)]


def _times(
    client: httpx.Client, session: str, edits: list[Edit], undone: list[float]
) -> tuple[list[float], list[float]]:
    """Milliseconds of each edit that is accepted, by kind; those of taking it back go to ``undone``.

    What was closed is also opened again, and measured.
    """
    address = f"{API}/what-if/{session}"
    found: list[float] = []
    again: list[float] = []
    for edit in edits:
        begun = time.perf_counter()
        answer = client.post(f"{address}/edits", json=edit)
        took = (time.perf_counter() - begun) * 1000
        if answer.status_code >= 500:
            answer.raise_for_status()
        if answer.status_code >= 400:  # a made-up place outside the city: refused by design
            continue
        found.append(took)
        back = _opposite(edit)
        if back is not None:
            again.append(_timed(client, f"{address}/edits", back))
            _post(client, f"{address}/undo", None)
        undone.append(_timed(client, f"{address}/undo", None))
        if len(found) >= EDITS:
            break
    return found, again


def _opposite(edit: Edit) -> Edit | None:
    pairs = {"close_edge": "open_edge", "close_gate": "open_gate"}
    return {**edit, "kind": pairs[edit["kind"]]} if edit["kind"] in pairs else None


def _dragged(client: httpx.Client, session: str, move: Edit) -> list[float]:
    """Milliseconds of each step while one facility is dragged."""
    address = f"{API}/what-if/{session}"
    _post(client, f"{address}/edits", move)
    steps = [{**move, "lon": move["lon"] + 0.0001 * step} for step in range(1, STEPS + 1)]
    found = [_timed(client, f"{address}/edits?replace=true", step) for step in steps]
    _post(client, f"{address}/undo", None)
    return found


def _timed(client: httpx.Client, address: str, body: Any) -> float:
    begun = time.perf_counter()
    _post(client, address, body)
    return (time.perf_counter() - begun) * 1000


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
