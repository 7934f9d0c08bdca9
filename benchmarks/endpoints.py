"""How long every endpoint of the two pages takes on a city: one client, warm, over a real socket.

``python -m benchmarks.endpoints CITY_FOLDER`` (or ``KEZHONG_BENCH_CITY``). Explanations, searches and filters are asked
with other values each time, so that no prepared body answers them; what a page loads as it is, is asked again.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import httpx
import numpy as np

from benchmarks.measure import Measure, show, write
from benchmarks.paint import first_paint

#: Milliseconds at the 95th percentile.
TARGET_MS = 100.0
WARM, MEASURED = 3, 60
API = "/api/v1"


def run(city_folder: Path | None = None) -> tuple[list[Measure], dict[str, object]]:
    """Measure every endpoint; p50 is in the note."""
    folder = city_folder or _from_environment()
    run_id = _assess(folder)
    measures = []
    with _server(folder) as base, httpx.Client(base_url=base, timeout=120) as client:
        for name, address in _requests(client, run_id):
            middle, late, size = _time(client, address)
            note = f"p50 {middle:.1f} ms, {size / 1024:.0f} KiB"
            measures.append(Measure(f"p95 {name}", "ms", late, None, None, TARGET_MS, higher=False, note=note))
        measures.append(first_paint(f"{base}/"))
    return measures, {"city": folder.name, "run": run_id, "requests": MEASURED}


def _from_environment() -> Path:
    value = os.environ.get("KEZHONG_BENCH_CITY")
    if not value:
        msg = "name a city folder: python -m benchmarks.endpoints CITY_FOLDER, or KEZHONG_BENCH_CITY"
        raise SystemExit(msg)
    return Path(value)


def _assess(folder: Path) -> str:
    from kezhong.assess import assess
    from kezhong.city.workspace import City

    return assess(City.open(folder)).run.id


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder, port), daemon=True)
    process.start()
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{base}/health/ready").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.join(20)


def _serve(folder: Path, port: int) -> None:
    import uvicorn

    from kezhong.server import create_app

    uvicorn.run(create_app(folder), host="127.0.0.1", port=port, log_level="warning", access_log=False)


def _requests(client: httpx.Client, run_id: str) -> list[tuple[str, Callable[[], str]]]:
    """Name and a maker of addresses for each endpoint."""
    base = f"{API}/runs/{run_id}"
    elements = client.get(base).json()["elements"]
    element = elements[0]
    levels = [level for level in ("community", "street", "district", "city") if _has(client, base, level)]
    level = levels[0] if levels else "city"
    cells = client.get(f"{base}/cells", params={"element": element}).json()
    places = cycle(list(zip(cells["lon"], cells["lat"], strict=True))[:: max(cells["n"] // 500, 1)])
    areas = [row["area_code"] for row in client.get(f"{base}/coverage?level={level}").json()["rows"]]
    pairs = cycle([(area, one) for area in areas[:40] for one in elements])
    words = cycle(["a", "pa", "esc", "幼儿园", "park", "yey", "farm", "cs", "和平", "calle"])
    sorts = cycle(["rank", "-people_affected", "-target_share", "certainty", "-nearest_m", "area_name"])
    of = cycle(elements)
    fixed = {
        "city": f"{API}/city",
        "catalogue": f"{API}/catalogue",
        "bases": f"{API}/bases",
        "runs": f"{API}/runs",
        "runs/resolve": f"{API}/runs/resolve",
        "run": base,
        "areas": f"{base}/areas?level={level}",
        "areas city": f"{base}/areas?level=city",
        "coverage": f"{base}/coverage?element={element}&level={level}",
        "coverage *": f"{base}/coverage?level={level}",
        "cells": f"{base}/cells?element={element}",
        "cells *": f"{base}/cells?element=*",
        "facilities": f"{base}/facilities?element={element}",
        "facilities *": f"{base}/facilities?element=*",
        "export xlsx": f"{base}/shortfalls/export?format=xlsx",
        "export csv": f"{base}/shortfalls/export?format=csv",
        "jobs": f"{API}/jobs",
        "session": f"{API}/session",
        "page": "/",
    }
    found: list[tuple[str, Callable[[], str]]] = [(name, lambda path=path: path) for name, path in fixed.items()]  # type: ignore[misc]
    found += [
        ("shortfalls", lambda: f"{base}/shortfalls?limit=100&sort={next(sorts)}"),
        ("shortfalls filtered", lambda: f"{base}/shortfalls?q={quote(next(words))}&sort={next(sorts)}"),
        ("cells, another element each time", lambda: f"{base}/cells?element={next(of)}"),
        ("explain, another area each time", lambda: "{}/explain?area={}&element={}".format(base, *next(pairs))),
        ("explain-point, another each time", lambda: "{}/explain-point?lon={}&lat={}&element={}".format(
            base, *next(places), next(of))),
        ("search", lambda: f"{API}/search?q={quote(next(words))}&run={run_id}"),
    ]  # fmt: skip
    if client.get(f"{API}/city").json()["basemap"]:
        offset = iter(range(0, 10**9, 4096))

        def part() -> str:
            start = next(offset) % 262_144
            client.headers["Range"] = f"bytes={start}-{start + 16383}"
            return f"{API}/basemap.pmtiles"

        found.append(("basemap range", part))
    return found


def _has(client: httpx.Client, base: str, level: str) -> bool:
    return bool(client.get(f"{base}/areas", params={"level": level}).json()["features"])


def _time(client: httpx.Client, address: Callable[[], str]) -> tuple[float, float, int]:
    """Median, 95th percentile (ms) and size of the last body."""
    client.headers.pop("Range", None)
    times, size = [], 0
    for number in range(WARM + MEASURED):
        path = address()
        begun = time.perf_counter()
        response = client.get(path)
        took = (time.perf_counter() - begun) * 1000
        if response.status_code >= 400 and path != "/":
            msg = f"{path}: {response.text[:300]}"
            raise RuntimeError(msg)
        size = len(response.content)
        if number >= WARM:
            times.append(took)
    return float(np.percentile(times, 50)), float(np.percentile(times, 95)), size


if __name__ == "__main__":
    rows, about = run(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(show(rows))
    print(f"written to {write('endpoints', rows, about)}")
    sys.exit(int(any(row.met is False for row in rows)))
